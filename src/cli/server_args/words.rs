//! The options that have a word of their own, in rsync's order.

use std::ffi::{OsStr, OsString};

use super::super::options::Wire;
use super::ForReceiver;
use crate::engine::{Missing, Options, Partial, Privilege, SourceRemoval, When, Writing};
use crate::transport::{Quoting, option_value};
use crate::wire::{Compression, Named};

/// Words under way.
struct Words {
    words: Vec<OsString>,
    quoting: Quoting,
}

impl Words {
    fn add(&mut self, on: bool, word: &str) {
        if on {
            self.words.push(word.into());
        }
    }

    /// An option with its value in a word of its own.
    fn pair(&mut self, option: &str, value: &OsStr) {
        self.words.push(option.into());
        self.words.push(option_value(value, self.quoting));
    }

    /// An option with its value in the same word; `option` ends with `=`.
    fn joined(&mut self, option: &str, value: &OsStr) {
        let mut word = OsString::from(option);
        word.push(option_value(value, self.quoting));
        self.words.push(word);
    }
}

/// All words for a sender, or for a `receiver`.
pub(super) fn words(
    options: &Options,
    wire: &Wire,
    receiver: Option<&ForReceiver>,
) -> Vec<OsString> {
    let mut words = Words {
        words: Vec::new(),
        quoting: wire.quoting(),
    };
    listing(&mut words, options, wire, receiver);
    if let Some(receiver) = receiver {
        deletion(&mut words, options, receiver);
        words.add(options.privilege == Privilege::Super, "--super");
        words.add(options.compare.size_only, "--size-only");
        words.add(receiver.stats, "--stats");
    }
    if let (None, Some(list)) = (receiver, &wire.skip_compress) {
        words.joined("--skip-compress=", list);
    }
    words.add(
        options.select.missing == Missing::Delete,
        "--delete-missing-args",
    );
    words.add(
        receiver.is_none() && options.select.missing == Missing::Ignore,
        "--ignore-missing-args",
    );
    let window = options.compare.modify_window;
    if receiver.is_some() && window > 0 {
        words.add(true, &format!("--modify-window={window}"));
    } else if receiver.is_some() && window < 0 {
        words.add(true, &format!("-@{window}"));
    }
    if wire.seed != 0 {
        words.add(true, &format!("--checksum-seed={}", wire.seed));
    }
    if let Some(receiver) = receiver {
        half_files(&mut words, options, receiver);
    }
    words.add(options.deletion.ignore_errors, "--ignore-errors");
    words.add(options.symlinks.follow_unsafe, "--copy-unsafe-links");
    words.add(options.symlinks.leave_unsafe, "--safe-links");
    words.add(options.adjust.users.is_numeric(), "--numeric-ids");
    if let Some(receiver) = receiver {
        destination(&mut words, options, receiver);
    }
    writing(&mut words, options, receiver);
    names(&mut words, options, wire, receiver.is_some());
    words.add(
        receiver.is_some() && options.content.write_devices,
        "--write-devices",
    );
    match options.remove_source {
        None => {}
        Some(SourceRemoval::Synced) => words.add(true, "--remove-source-files"),
        Some(SourceRemoval::Sent) => words.add(true, "--remove-sent-files"),
    }
    words.add(
        receiver.is_none() && options.content.copy_devices,
        "--copy-devices",
    );
    words.add(
        receiver.is_some() && options.content.preallocate,
        "--preallocate",
    );
    words.add(options.open_noatime, "--open-noatime");
    words.add(receiver.is_some() && options.select.mkpath, "--mkpath");
    for option in &wire.remote_options {
        words.words.push(match wire.quoting() {
            Quoting::All => option_value(option, Quoting::All),
            _ => option.clone(),
        });
    }
    words.words
}

fn listing(words: &mut Words, options: &Options, wire: &Wire, receiver: Option<&ForReceiver>) {
    let keep = &options.preserve;
    words.add(options.select.list_only, "--list-only");
    words.add(
        receiver.is_some() && options.deletion.enabled && options.select.dirs && !options.recursive,
        "--no-r",
    );
    if let Some(level) = wire.level {
        words.add(true, &format!("--compress-level={level}"));
    }
    words.add(keep.devices && !keep.specials, "--no-specials");
    words.add(!keep.devices && keep.specials, "--specials");
    if let Some(format) = receiver.and_then(|receiver| receiver.log_format) {
        words.add(true, &format!("--log-format={format}"));
    }
    if options.content.block_len != 0 {
        words.add(true, &format!("-B{}", options.content.block_len));
    }
    if let Some(timeout) = wire.timeout {
        words.add(true, &format!("--timeout={}", timeout.as_secs()));
    }
    if let Some(rate) = options.content.rate {
        words.add(true, &format!("--bwlimit={}", rate.get().div_ceil(1024)));
    }
    if let Some(backups) = &options.backups {
        if let Some(dir) = &backups.dir {
            words.pair("--backup-dir", dir.as_os_str());
        }
        let default = if backups.dir.is_some() { "" } else { "~" };
        if backups.suffix != default {
            words.joined("--suffix=", &backups.suffix);
        }
    }
    if let Some(choice) = &wire.checksum_choice {
        words.joined("--checksum-choice=", choice);
    }
    match wire.compression {
        None => {}
        Some(Compression::Zlibx) => words.add(true, "--new-compress"),
        Some(Compression::Zlib) => words.add(true, "--old-compress"),
        Some(other) => words.add(true, &format!("--compress-choice={}", other.name())),
    }
}

fn deletion(words: &mut Words, options: &Options, receiver: &ForReceiver) {
    let deletion = &options.deletion;
    match deletion.max {
        None => {}
        Some(0) => words.add(true, "--max-delete=-1"),
        Some(max) => words.add(true, &format!("--max-delete={max}")),
    }
    for (size, option) in [
        (options.compare.min_size, "--min-size"),
        (options.compare.max_size, "--max-size"),
    ] {
        if let Some(size) = size {
            words.add(true, &format!("{option}={size}"));
        }
    }
    if deletion.enabled {
        let when = match deletion.when {
            When::Before => "--delete-before",
            When::During => "--delete-during",
            When::Delay => "--delete-delay",
            When::After => "--delete-after",
        };
        words.add(receiver.says_when, when);
        words.add(!receiver.says_when && !receiver.delete_excluded, "--delete");
    }
    words.add(receiver.delete_excluded, "--delete-excluded");
    words.add(deletion.force, "--force");
}

fn half_files(words: &mut Words, options: &Options, receiver: &ForReceiver) {
    if let Some(dir) = &receiver.partial_dir {
        words.pair("--partial-dir", dir);
    }
    words.add(options.content.delay_updates, "--delay-updates");
    let keeps = options.content.partial == Partial::Keep;
    words.add(keeps, "--partial");
}

fn destination(words: &mut Words, options: &Options, receiver: &ForReceiver) {
    let compare = &options.compare;
    for (option, map) in &receiver.maps {
        words.joined(option, map);
    }
    words.add(compare.ignore_existing, "--ignore-existing");
    words.add(compare.existing, "--existing");
    if let Some(dir) = &options.content.temp_dir {
        words.pair("--temp-dir", dir.as_os_str());
    }
    words.add(receiver.fsync, "--fsync");
    if let Some(alternates) = &options.alternates {
        let option = format!("--{}", alternates.how.option());
        for dir in &alternates.dirs {
            words.pair(&option, dir.as_os_str());
        }
    }
    for info in &receiver.info {
        words.add(true, info);
    }
}

fn writing(words: &mut Words, options: &Options, receiver: Option<&ForReceiver>) {
    let content = &options.content;
    match content.writing {
        Writing::Anew => {}
        Writing::Append { verify } => {
            words.add(true, "--append");
            words.add(verify, "--append");
        }
        Writing::InPlace => {
            words.add(true, "--inplace");
            let by_blocks = receiver.is_some_and(|receiver| receiver.by_blocks);
            words.add(by_blocks && content.sparse, "--no-W");
        }
    }
}

fn names(words: &mut Words, options: &Options, wire: &Wire, pushes: bool) {
    if let Some(list) = &wire.far_list {
        words.pair("--files-from", list);
    }
    let is_told = options.select.files_from.is_some() && !pushes;
    let is_there = wire.far_list.is_some();
    words.add(is_told, "--files-from=-");
    words.add(is_told || (is_there && wire.from0), "--from0");
    words.add(
        (is_told || is_there) && !options.select.relative,
        "--no-relative",
    );
    words.add(
        options.select.relative && options.select.no_implied_dirs,
        "--no-implied-dirs",
    );
}
