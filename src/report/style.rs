//! What a person asked to be told, and how.

use std::path::PathBuf;

use super::format::{Format, Setting};
use super::levels::{Debug, Info, Levels};
use super::numbers::Human;
use super::screen::{Buffering, Target};
use crate::engine::Wants;
use crate::tree::Charset;

/// What a person asked to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// `-v`, `--info` and `--debug`, `--stats` and `--progress`.
    pub levels: Levels,
    /// `--out-format`, or what `-i` or `-v` mean: the line of an entry. `None` tells of none.
    pub format: Option<Format>,
    /// `-ii`: unchanged entries too, where the line tells what changed.
    pub unchanged: bool,
    /// `-q`: nothing on standard output.
    pub quiet: bool,
    /// `-h`.
    pub human: Human,
    /// `--log-file`.
    pub log: Option<Log>,
    /// `--json`: objects for programs instead of text.
    pub json: bool,
    /// `--summary-file`: the summary as an object, for programs.
    pub summary_file: Option<PathBuf>,
    /// `-8`: bytes that are no text in the locale are printed as they are.
    pub eight_bit: bool,
    /// `--outbuf`.
    pub buffering: Option<Buffering>,
    /// `--stderr`.
    pub target: Target,
    /// What is told of.
    pub run: Run,
}

/// What a report has to know of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// `-n`.
    pub dry: bool,
    /// Where files come from and go to.
    pub way: Way,
    /// Somebody else has the lines of entries: the client of a server.
    pub is_served: bool,
    /// How the list is announced.
    pub list: List,
    /// `-W`: whether content travels whole.
    pub whole_file: bool,
    /// Hexadecimal digits of a checksum.
    pub digest_width: usize,
}

/// Where files come from and go to, as seen from here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// Both ends are on this machine.
    #[default]
    Local,
    /// They come from another machine.
    Receives,
    /// They go to another machine.
    Sends,
}

impl Way {
    /// Whether files come from another machine.
    #[must_use]
    pub fn receives(self) -> bool {
        self == Way::Receives
    }
}

/// How the list of what is transferred comes to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum List {
    /// Only files are named: there is nothing to announce.
    #[default]
    Untold,
    /// As the run goes on.
    Incremental,
    /// Whole, before the first transfer.
    Whole,
}

/// A log file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// Where it is.
    pub path: PathBuf,
    /// The line of an entry.
    pub format: Format,
}

impl Style {
    /// How loud a piece of information is.
    pub(super) fn info(&self, flag: Info) -> u8 {
        self.levels.info(flag)
    }

    /// Whether the line of an entry tells what changed about it.
    pub(super) fn itemizes(&self) -> bool {
        self.format.as_ref().is_some_and(Format::tells_changes)
    }

    /// Whether entries without a change have a line.
    pub(super) fn tells_unchanged(&self) -> bool {
        self.itemizes() && (self.unchanged || self.info(Info::Name) > 1)
    }

    /// Whether deletions have a line.
    pub(super) fn tells_deletions(&self) -> bool {
        self.format.is_some() || self.info(Info::Del) > 0
    }

    /// Which bytes of names are text.
    pub(super) fn charset(&self) -> Charset {
        if self.eight_bit {
            Charset::Any
        } else {
            Charset::from_env()
        }
    }

    /// What surrounds the values of a line.
    pub(super) fn setting(&self, charset: Charset) -> Setting {
        Setting {
            charset,
            digest_width: self.run.digest_width,
            way: self.run.way,
        }
    }

    /// The events that lead to text on the terminal.
    pub(super) fn wants(&self) -> Wants {
        if self.quiet {
            return Wants::default();
        }
        let progress = self.info(Info::Progress);
        let format = |fits: fn(&Format) -> bool| self.format.as_ref().is_some_and(fits);
        Wants {
            records: false,
            items: self.format.is_some() || self.info(Info::Name) > 1,
            unchanged: self.tells_unchanged(),
            deletions: self.tells_deletions(),
            skips: self.info(Info::Skip) > 0 || self.info(Info::Name) > 1,
            backups: self.info(Info::Backup) > 0,
            source_removals: self.info(Info::Remove) > 0,
            progress: progress > 0 && !self.run.dry,
            in_step: progress == 1,
            sizes: progress > 1,
            list: self.info(Info::Flist) > 0,
            search: self.levels.debug(Debug::Deltasum) > 0,
            repeats: self.info(Info::Name) > 0 || self.itemizes(),
            details: format(Format::tells_details),
            arrivals: format(Format::waits),
            checksum: format(Format::tells_checksum),
        }
    }
}
