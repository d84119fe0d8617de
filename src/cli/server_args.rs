//! The command line of the program at the other end, in the order and spelling that rsync has.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::sync::Arc;
use std::time::Duration;

use super::options::Wire;
use crate::engine::{AskedNames, Boundary, Missing, Names, Options, SourceRemoval, Writing};
use crate::transport::{
    Address, Family, Program, Quoting, RemoteShell, option_value, path_argument,
};
use crate::tree::KeepXattrs;
use crate::wire::flist::Fields;
use crate::wire::handshake::Offer;
use crate::wire::{Capabilities, Compression, Converter, Named};

/// A sender to be started on another machine.
#[derive(Clone, Debug)]
pub struct Sender {
    /// The way there.
    pub shell: RemoteShell,
    /// Where.
    pub address: Address,
    /// By which kind of address.
    pub family: Family,
    /// What is run there.
    pub program: OsString,
    /// Its arguments, as the far shell is to see them.
    pub args: Vec<OsString>,
    /// Arguments that it is told past its shell.
    pub secluded: Option<Vec<OsString>>,
    /// The newest version of the protocol that is spoken.
    pub version: i32,
    /// What is offered in the handshake.
    pub offer: Offer,
    /// Whether lists may come directory by directory.
    pub incremental: bool,
    /// What the lists tell.
    pub fields: Fields,
    /// The rules that it goes by.
    pub rules: Vec<Vec<u8>>,
    /// The names that it is told (`--files-from`).
    pub names: Option<Arc<Names>>,
    /// The names that it may list.
    pub asked: AskedNames,
    /// The charset of names here (`--iconv`).
    pub charset: Option<Converter>,
    /// How long it may be silent.
    pub timeout: Option<Duration>,
}

impl Sender {
    /// The whole command.
    pub fn command(&self) -> Vec<OsString> {
        let program = Program {
            path: self.program.clone(),
            args: self.args.clone(),
        };
        self.shell.command(&self.address, self.family, &program)
    }
}

/// What goes into the bundle of letters besides the engine's options.
#[derive(Clone, Debug)]
pub struct Letters {
    pub verbose: u8,
    pub quiet: bool,
    pub backup: bool,
    /// `-W` was given.
    pub whole_file: bool,
    /// Directories are listed by themselves.
    pub dirs: bool,
    pub cvs: bool,
    /// `-z` without a choice.
    pub compress: bool,
    pub capabilities: Option<Capabilities>,
}

/// The most `-v` that are passed on.
const MOST_VERBOSE: u8 = 9;

/// The arguments of a sender, and those that it is told past its shell (`--secluded-args`).
pub fn for_sender(
    options: &Options,
    wire: &Wire,
    letters: &Letters,
    paths: &[OsString],
) -> (Vec<OsString>, Option<Vec<OsString>>) {
    let mut args: Vec<OsString> = vec!["--server".into(), "--sender".into()];
    args.extend(bundle(options, wire, letters));
    let quoting = wire.quoting();
    if let Some(charset) = wire.far_charset() {
        args.push(joined("--iconv=", charset, quoting));
    }
    let mut rest = words(options, wire, quoting);
    rest.push(".".into());
    rest.extend(paths.iter().map(|path| remote_path(path, options, quoting)));
    if wire.is_secluded() {
        return (args, Some(rest));
    }
    args.extend(rest);
    (args, None)
}

fn bundle(options: &Options, wire: &Wire, letters: &Letters) -> Option<OsString> {
    let keep = &options.preserve;
    let select = &options.select;
    let compare = &options.compare;
    let mut bundle = vec![b'-'];
    let mut add = |on: bool, letter: u8| bundle.extend(on.then_some(letter));
    add(wire.is_secluded(), b's');
    for _ in 0..letters.verbose.min(MOST_VERBOSE) {
        add(true, b'v');
    }
    add(letters.quiet, b'q');
    add(letters.backup, b'b');
    add(compare.update, b'u');
    add(options.dry_run, b'n');
    add(keep.links, b'l');
    add(letters.dirs, b'd');
    add(options.symlinks.follow, b'L');
    add(options.symlinks.follow_dirs, b'k');
    add(letters.whole_file, b'W');
    add(keep.hard_links, b'H');
    add(keep.owner, b'o');
    add(keep.group, b'g');
    add(keep.devices, b'D');
    add(keep.times, b't');
    add(keep.atimes, b'U');
    add(keep.perms, b'p');
    add(keep.acls, b'A');
    add(keep.xattrs != KeepXattrs::No, b'X');
    add(keep.xattrs == KeepXattrs::WithNotes, b'X');
    add(options.recursive, b'r');
    add(compare.checksum, b'c');
    add(letters.cvs, b'C');
    add(compare.ignore_times, b'I');
    add(select.relative, b'R');
    add(select.boundary != Boundary::None, b'x');
    add(select.boundary == Boundary::BeforeMounts, b'x');
    add(options.content.sparse, b'S');
    add(letters.compress, b'z');
    if let Some(capabilities) = &letters.capabilities {
        bundle.push(b'e');
        bundle.extend_from_slice(capabilities.value());
    }
    (bundle.len() > 1).then(|| OsString::from_vec(bundle))
}

fn words(options: &Options, wire: &Wire, quoting: Quoting) -> Vec<OsString> {
    let keep = &options.preserve;
    let mut words: Vec<OsString> = Vec::new();
    let mut add = |on: bool, word: &str| words.extend(on.then(|| OsString::from(word)));
    add(options.select.list_only, "--list-only");
    if let Some(level) = wire.level {
        add(true, &format!("--compress-level={level}"));
    }
    add(keep.devices && !keep.specials, "--no-specials");
    add(!keep.devices && keep.specials, "--specials");
    if options.content.block_len != 0 {
        add(true, &format!("-B{}", options.content.block_len));
    }
    if let Some(timeout) = wire.timeout {
        add(true, &format!("--timeout={}", timeout.as_secs()));
    }
    if let Some(rate) = options.content.rate {
        add(true, &format!("--bwlimit={}", rate.get().div_ceil(1024)));
    }
    if let Some(backups) = &options.backups {
        if let Some(dir) = &backups.dir {
            words.push("--backup-dir".into());
            words.push(option_value(dir.as_os_str(), quoting));
        }
        let default = if backups.dir.is_some() { "" } else { "~" };
        if backups.suffix != default {
            words.push(joined("--suffix=", &backups.suffix, quoting));
        }
    }
    if let Some(choice) = &wire.checksum_choice {
        words.push(joined("--checksum-choice=", choice, quoting));
    }
    let mut add = |on: bool, word: &str| words.extend(on.then(|| OsString::from(word)));
    match wire.compression {
        None => {}
        Some(Compression::Zlibx) => add(true, "--new-compress"),
        Some(Compression::Zlib) => add(true, "--old-compress"),
        Some(other) => add(true, &format!("--compress-choice={}", other.name())),
    }
    add(
        options.select.missing == Missing::Delete,
        "--delete-missing-args",
    );
    add(
        options.select.missing == Missing::Ignore,
        "--ignore-missing-args",
    );
    if wire.seed != 0 {
        add(true, &format!("--checksum-seed={}", wire.seed));
    }
    add(options.deletion.ignore_errors, "--ignore-errors");
    add(options.symlinks.follow_unsafe, "--copy-unsafe-links");
    add(options.symlinks.leave_unsafe, "--safe-links");
    add(options.adjust.users.is_numeric(), "--numeric-ids");
    match options.content.writing {
        Writing::Anew => {}
        Writing::InPlace => add(true, "--inplace"),
        Writing::Append { verify } => {
            add(true, "--append");
            add(verify, "--append");
        }
    }
    if let Some(list) = &wire.far_list {
        words.push("--files-from".into());
        words.push(option_value(list, quoting));
    }
    let is_listed = options.select.files_from.is_some();
    let mut add = |on: bool, word: &str| words.extend(on.then(|| OsString::from(word)));
    add(is_listed, "--files-from=-");
    add(
        is_listed || (wire.far_list.is_some() && wire.from0),
        "--from0",
    );
    add(
        (is_listed || wire.far_list.is_some()) && !options.select.relative,
        "--no-relative",
    );
    add(
        options.select.relative && options.select.no_implied_dirs,
        "--no-implied-dirs",
    );
    match options.remove_source {
        None => {}
        Some(SourceRemoval::Synced) => add(true, "--remove-source-files"),
        Some(SourceRemoval::Sent) => add(true, "--remove-sent-files"),
    }
    add(options.content.copy_devices, "--copy-devices");
    add(options.open_noatime, "--open-noatime");
    let told = |option: &OsString| match quoting {
        Quoting::All => option_value(option, quoting),
        _ => option.clone(),
    };
    words.extend(wire.remote_options.iter().map(told));
    words
}

fn joined(option: &str, value: &OsStr, quoting: Quoting) -> OsString {
    let mut word = OsString::from(option);
    word.push(option_value(value, quoting));
    word
}

/// A path there. A tilde that would be a name within the directory of the login is kept from the shell.
fn remote_path(path: &OsStr, options: &Options, quoting: Quoting) -> OsString {
    let bytes = path.as_bytes();
    let argument = path_argument(path, quoting);
    let is_kept = options.select.relative && !bytes.windows(3).any(|part| part == b"/./");
    let guards = bytes.starts_with(b"~") && (is_kept || !bytes.contains(&b'/'));
    match guards && quoting == Quoting::All {
        true => OsString::from_vec([b"\\", argument.as_bytes()].concat()),
        false => argument,
    }
}
