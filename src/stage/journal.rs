//! The journal: one small file that says what the rest of the state means. It is replaced as a whole,
//! so that a crash leaves the old one or the new one.
//!
//! Format 1: a line `resilver journal 1 CHECKSUM`, then one JSON object. The checksum is XXH3 (64 bit,
//! hexadecimal) of all that follows the first line.

use std::io::{self, Read};

use serde::{Deserialize, Serialize};

use super::error::{Doing, Error};
use super::home::{Home, replace};
use super::layout::JOURNAL;
use super::policy::Method;
use crate::sys::{Stat, Time, process};

const HEAD: &str = "resilver journal ";
const VERSION: u32 = 1;
const DRAFT: &[u8] = b"journal.new";
const CLOCK: &[u8] = b"clock";

/// What the state is about, and how far a run has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Journal {
    /// The live root that this state belongs to; none before the first switch made one.
    pub root: Option<RootId>,
    /// The boot in which this was written.
    pub boot: String,
    /// The boot in which was made what `next/` and `salvage/` hold of an interrupted run.
    pub staged_boot: String,
    pub phase: Phase,
    pub next: Next,
    pub last: Option<Last>,
    /// An undo put the destination on hold for jobs.
    pub hold: bool,
}

/// How far a run has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Phase {
    /// At rest.
    Idle,
    /// A run is making its stage, or moving it to the switch's place.
    Staging,
    /// `previous` is being moved to the switch's place.
    Undoing,
    /// The tree at the switch's place is about to be exchanged with the live root.
    SealedSwap(Swap),
    /// The plan is being carried out; where it displaces a generation, that is rotated afterwards.
    SealedPlan { direction: Direction, rotate: bool },
}

/// A sealed switch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Swap {
    /// The live root before.
    pub old: Option<RootId>,
    /// The live root after.
    pub new: RootId,
    /// Where the tree came from, and goes back to if the exchange was not made.
    pub from: Origin,
    /// When it was sealed, in nanoseconds since 1970.
    pub at: i64,
    /// When the old tree was looked through for the last time before.
    #[serde(default)]
    pub looked: Option<i64>,
    /// Permission bits that the old root had, should they have to be widened to move it.
    pub old_mode: Option<u32>,
    /// A plan of metadata changes follows the exchange.
    pub plan: Option<Direction>,
    /// Keep no previous generation.
    pub drop_old: bool,
}

/// Where the tree at the switch's place came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Origin {
    /// A run's stage.
    Next,
    /// An undo.
    Previous,
}

/// Which way a plan is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Direction {
    /// As planned.
    Forward,
    /// An undo.
    Backward,
}

/// What `next/` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Next {
    /// Names only, or nothing.
    Level,
    /// What a run staged.
    Staged,
    /// A generation that had its time: before it is levelled, what others wrote into it is kept.
    Former,
}

/// The last switch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Last {
    pub method: Method,
    /// When it was sealed, in nanoseconds since 1970.
    pub at: i64,
    /// It was an undo.
    pub undo: bool,
    /// Permission bits of the root in `previous`, which had to be widened to move it.
    pub previous_mode: Option<u32>,
    /// The old generation was not kept: `next/` is that one.
    #[serde(default)]
    pub dropped: bool,
    /// When the switch before it was made.
    pub before_at: Option<i64>,
}

/// What tells a directory from another one that takes its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RootId {
    pub ino: u64,
    /// Birth time; zero where the file system keeps none.
    pub born: (i64, u32),
    /// File system; its number may be another after a boot.
    pub dev: (u32, u32),
}

impl RootId {
    pub fn of(stat: &Stat) -> RootId {
        RootId {
            ino: stat.ino,
            born: (stat.btime.sec, stat.btime.nsec),
            dev: stat.dev,
        }
    }
}

impl Journal {
    /// The journal of state that was just made.
    pub fn new(root: Option<RootId>) -> Journal {
        Journal {
            root,
            boot: process::boot_id(),
            staged_boot: process::boot_id(),
            phase: Phase::Idle,
            next: Next::Level,
            last: None,
            hold: false,
        }
    }

    /// Whether `live` is the root that `id` names.
    pub fn is_root(&self, id: &Option<RootId>, live: &Option<Stat>) -> bool {
        match (id, live) {
            (None, None) => true,
            (Some(id), Some(live)) => {
                let live = RootId::of(live);
                // The number of a device may change with every mount; a time of birth, where there is one, tells enough.
                let same_dev =
                    id.dev == live.dev || id.born != (0, 0) || self.boot != process::boot_id();
                id.ino == live.ino && id.born == live.born && same_dev
            }
            _ => false,
        }
    }

    /// Reads the journal of a state directory; `None` when there is none.
    pub fn read(home: &Home) -> Result<Option<Journal>, Error> {
        let path = home.join(JOURNAL);
        let damaged = |what: &str| Error::Damaged {
            path: path.clone(),
            what: what.to_owned(),
        };
        let mut bytes = Vec::new();
        match home.dir.open_file(JOURNAL) {
            Ok(mut file) => file.read_to_end(&mut bytes).doing("read", &path)?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) if rustix::io::Errno::from_io_error(&e) == Some(rustix::io::Errno::LOOP) => {
                return Err(damaged("it is a symbolic link"));
            }
            Err(e) => return Err(e).doing("read", &path),
        };
        let text = String::from_utf8(bytes).map_err(|_| damaged("it is no text"))?;
        let (head, body) = text.split_once('\n').ok_or_else(|| damaged("it is cut"))?;
        let mut words = head
            .strip_prefix(HEAD)
            .ok_or_else(|| damaged("it is no journal"))?
            .split(' ');
        match words.next().and_then(|word| word.parse::<u32>().ok()) {
            Some(VERSION) => {}
            Some(newer) => {
                return Err(Error::Foreign {
                    path: home.path.clone(),
                    why: format!(
                        "has a journal of a newer resilver (format {newer}): use that one"
                    ),
                });
            }
            None => return Err(damaged("it is no journal")),
        }
        if words.next() != Some(checksum(body).as_str()) {
            return Err(damaged("its checksum does not agree"));
        }
        serde_json::from_str(body)
            .map(Some)
            .map_err(|e| damaged(&e.to_string()))
    }

    /// Replaces the journal of a state directory; durable on return unless `no_fsync`.
    pub fn write(&mut self, home: &Home, no_fsync: bool) -> Result<(), Error> {
        let path = home.join(JOURNAL);
        self.boot = process::boot_id();
        let body = serde_json::to_string(self).map_err(|e| Error::Damaged {
            path: path.clone(),
            what: e.to_string(),
        })?;
        let text = format!("{HEAD}{VERSION} {}\n{body}", checksum(&body));
        let names = (DRAFT, JOURNAL);
        let written = replace(
            &home.dir,
            names,
            text.as_bytes(),
            no_fsync,
            "journal.replace",
        );
        written.doing("write", &path)
    }
}

fn checksum(body: &str) -> String {
    format!("{:016x}", twox_hash::XxHash3_64::oneshot(body.as_bytes()))
}

/// The moment by the clock that the file system stamps births with, in nanoseconds since 1970.
pub(super) fn now(home: &Home) -> Result<i64, Error> {
    let look = || {
        home.dir.remove_all(CLOCK)?;
        drop(home.dir.create_file(CLOCK, 0o600)?);
        let stat = home.dir.stat(CLOCK)?;
        home.dir.unlink(CLOCK)?;
        Ok(nanos(stat.mtime))
    };
    look().doing("make a file in", &home.path)
}

/// Whether an object was made after a moment of [`now`]; in doubt it was.
pub(super) fn is_born_since(stat: &Stat, moment: i64) -> bool {
    nanos(stat.btime) >= moment
}

/// A time in nanoseconds since 1970.
pub(super) fn nanos(time: Time) -> i64 {
    time.sec
        .saturating_mul(1_000_000_000)
        .saturating_add(time.nsec.into())
}
