//! The command line of the program at the other end, in the order and spelling that rsync has.

mod words;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::sync::Arc;
use std::time::Duration;

use super::far::Far;
use super::options::Wire;
use crate::engine::{AskedNames, Boundary, Fuzzy, Names, Options};
use crate::transport::{Quoting, option_value, path_argument};
use crate::tree::KeepXattrs;
use crate::wire::flist::Fields;
use crate::wire::handshake::Offer;
use crate::wire::{Capabilities, Converter};

/// The program to be started on another machine.
#[derive(Clone, Debug)]
pub struct OtherEnd {
    /// Where it is and what is run there.
    pub far: Far,
    /// What is offered in the handshake.
    pub offer: Offer,
    /// Whether lists may come directory by directory.
    pub incremental: bool,
    /// What the lists tell.
    pub fields: Fields,
    /// The charset of names here (`--iconv`).
    pub charset: Option<Converter>,
    /// How long it may be silent.
    pub timeout: Option<Duration>,
    /// What it is there for.
    pub task: Task,
}

/// What the other end is there for.
#[derive(Clone, Debug)]
pub enum Task {
    /// It has the source.
    Sends {
        /// The rules that it goes by.
        rules: Vec<Vec<u8>>,
        /// The names that it is told (`--files-from`).
        names: Option<Arc<Names>>,
        /// The names that it may list.
        asked: AskedNames,
    },
    /// It has the destination.
    Receives {
        /// The rules that it goes by, where it needs any.
        rules: Option<Vec<Vec<u8>>>,
        /// Whether a person is told how it changes its files.
        tells_manner: bool,
        /// Whether it is to make a time point.
        wants_point: bool,
        /// Whether the names of `--files-from` are there.
        tells_names: bool,
    },
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

/// What of the command line only matters to a receiver at the other end.
#[derive(Clone, Debug, Default)]
pub struct ForReceiver {
    /// What it is to tell of entries (`--log-format`).
    pub log_format: Option<&'static str>,
    /// `--info`, as it goes to the other end.
    pub info: Vec<String>,
    /// `--stats`.
    pub stats: bool,
    /// `--fsync` was given.
    pub fsync: bool,
    /// `--delete-WHEN` was given.
    pub says_when: bool,
    /// `--delete-excluded`.
    pub delete_excluded: bool,
    /// `--partial-dir` or `--delay-updates` chose the directory of half files.
    pub partial_dir: Option<OsString>,
    /// `--usermap=` and `--groupmap=`, as typed or as `--chown` means them.
    pub maps: Vec<(&'static str, OsString)>,
    /// `--no-whole-file` was given.
    pub by_blocks: bool,
}

/// The arguments of a sender, and those that it is told past its shell (`--secluded-args`).
pub fn for_sender(
    options: &Options,
    wire: &Wire,
    letters: &Letters,
    paths: &[OsString],
) -> (Vec<OsString>, Option<Vec<OsString>>) {
    let quoting = wire.quoting();
    let paths = paths.iter().map(|path| match &wire.module {
        Some(module) => module_path(path, module, quoting),
        None => remote_path(path, options, quoting),
    });
    arguments(options, wire, letters, None, paths.collect())
}

/// The same for a receiver.
pub fn for_receiver(
    options: &Options,
    wire: &Wire,
    letters: &Letters,
    receiver: &ForReceiver,
    path: &OsStr,
) -> (Vec<OsString>, Option<Vec<OsString>>) {
    let quoting = wire.quoting();
    let path = match &wire.module {
        Some(module) => module_path(path, module, quoting),
        None => path_argument(path, quoting),
    };
    arguments(options, wire, letters, Some(receiver), vec![path])
}

fn arguments(
    options: &Options,
    wire: &Wire,
    letters: &Letters,
    receiver: Option<&ForReceiver>,
    paths: Vec<OsString>,
) -> (Vec<OsString>, Option<Vec<OsString>>) {
    let mut args: Vec<OsString> = vec!["--server".into()];
    if receiver.is_none() {
        args.push("--sender".into());
    }
    args.extend(bundle(options, wire, letters, receiver));
    if let Some(charset) = wire.far_charset() {
        let mut word = OsString::from("--iconv=");
        word.push(option_value(charset, wire.quoting()));
        args.push(word);
    }
    let mut rest = words::words(options, wire, receiver);
    rest.push(".".into());
    rest.extend(paths);
    if wire.is_secluded() {
        return (args, Some(rest));
    }
    args.extend(rest);
    (args, None)
}

fn bundle(
    options: &Options,
    wire: &Wire,
    letters: &Letters,
    receiver: Option<&ForReceiver>,
) -> Option<OsString> {
    let keep = &options.preserve;
    let select = &options.select;
    let compare = &options.compare;
    let pushes = receiver.is_some();
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
    add(pushes && options.symlinks.keep_dirs, b'K');
    add(pushes && select.prune_empty, b'm');
    // Backups beside the files imply it on both sides.
    let is_implied = matches!(&options.backups, Some(backups) if backups.dir.is_none());
    add(pushes && keep.omit_dir_times && !is_implied, b'O');
    add(pushes && keep.omit_link_times, b'J');
    let fuzzy = options.content.fuzzy;
    add(pushes && fuzzy != Fuzzy::No, b'y');
    let looks_in_others = fuzzy == Fuzzy::Alternates && options.alternates.is_some();
    add(pushes && looks_in_others, b'y');
    add(!pushes && options.symlinks.follow, b'L');
    add(!pushes && options.symlinks.follow_dirs, b'k');
    add(letters.whole_file, b'W');
    add(keep.hard_links, b'H');
    add(keep.owner, b'o');
    add(keep.group, b'g');
    add(keep.devices, b'D');
    add(keep.times, b't');
    add(keep.atimes, b'U');
    add(keep.perms, b'p');
    add(pushes && keep.executability && !keep.perms, b'E');
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

/// A path in a daemon's module. A word in it that would begin another path there is kept from doing so.
fn module_path(path: &OsStr, module: &OsStr, quoting: Quoting) -> OsString {
    let argument = match path == module {
        true => {
            let mut whole = path.to_owned();
            whole.push("/");
            whole
        }
        false => path_argument(path, quoting),
    };
    if quoting != Quoting::Daemon {
        return argument;
    }
    let begins = [b" ", module.as_bytes(), b"/"].concat();
    let mut kept = Vec::new();
    let mut rest = argument.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        match rest.starts_with(&begins) {
            true => kept.extend_from_slice(b"[ ]"),
            false => kept.push(*byte),
        }
        rest = after;
    }
    OsString::from_vec(kept)
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
