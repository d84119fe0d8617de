//! What all workers of one run share.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use crate::stage::catalogue::Draft;
use crate::sys::content::Abilities;
use crate::sys::lock;

use super::backup::Backup;
use super::decide::Planner;
use super::dirlinks::Followed;
use super::error::Error;
use super::event::{Event, Position, Severity, Wants};
use super::filter::Filter;
use super::links::{Late, Links};
use super::options::Options;
use super::order::Frontier;
use super::pace::Pace;
use super::remote::Far;
use super::removal::{Later, Swept};
use super::remove_source::Departures;
use super::sources::{Destination, Lister};
use super::survey::Totals;
use super::tally::Tally;
use super::target::Target;
use super::worker::Work;

/// The shared part of a run.
pub(super) struct Run<'r> {
    pub options: &'r Options,
    pub destination: &'r Destination,
    pub planner: Planner,
    pub filter: Filter<'r>,
    /// `None` in a dry run.
    pub target: Option<&'r dyn Target>,
    pub frontier: &'r Frontier<'r, Work>,
    pub tally: &'r Tally,
    /// The sender at the other end, if the source is there.
    pub far: Option<Far<'r>>,
    pub wants: Wants,
    pub links: Option<Links>,
    /// Chooses what takes part.
    pub lister: Lister<'r>,
    /// Top names that are told with a slash in front, having come from absolute paths.
    pub rooted: Vec<Box<[u8]>>,
    /// Directories that links of the destination lead to (`-K`).
    pub linked: Mutex<Vec<Followed>>,
    /// What the whole list holds, where that was counted.
    pub total: OnceLock<Totals>,
    pub abilities: Abilities,
    /// `--bwlimit`.
    pub pace: Option<Pace>,
    /// Paths of the first source operands, for messages about files below them.
    pub source_paths: Vec<PathBuf>,
    /// What goes from the source once the switch is made.
    pub departures: Departures,
    /// Where backups go, if any are made.
    pub backup: Option<Backup>,
    /// What is written down of a pull.
    pub catalogue: Option<Draft>,
    /// Tops of what was removed, in case it has to come back.
    pub removed: Mutex<Vec<PathBuf>>,
    /// Deletions that wait for the end.
    pub later: Later,
    /// What a sweep before the transfer did.
    pub swept: Swept,
    /// Events that are told when all else is done, as rsync does with links to a file that came late.
    pub late: Mutex<Vec<Late>>,
    /// Why the run ends early.
    pub failure: Mutex<Option<Error>>,
}

impl Run<'_> {
    /// Ends the run with this error; the first one counts.
    pub(super) fn fail(&self, error: Error) {
        let code = self.far.map(|far| (far.code_of)(&error));
        let mut failure = lock(&self.failure);
        failure.get_or_insert(error);
        drop(failure);
        self.frontier.stop();
        if let Some(far) = &self.far {
            far.requests.end(code);
            (far.hang_up)();
        }
    }

    /// Why the run ends early.
    pub(super) fn take_failure(&self) -> Option<Error> {
        let mut failure = lock(&self.failure);
        failure.take()
    }

    /// Whether the run ends early.
    pub(super) fn has_failed(&self) -> bool {
        let failure = lock(&self.failure);
        failure.is_some()
    }

    /// Room for what is told late of the links to one file; gives its number.
    pub(super) fn begin_late(&self) -> usize {
        let mut late = lock(&self.late);
        late.push(Late::default());
        late.len() - 1
    }

    /// Keeps events until the end.
    pub(super) fn tell_late(
        &self,
        number: usize,
        mut events: Vec<Event>,
        among: fn(&mut Late) -> &mut Vec<Event>,
    ) {
        let mut late = lock(&self.late);
        among(&mut late[number]).append(&mut events);
    }

    /// How far the run is; `at` is how many entries of the list are dealt with, where somebody knows better.
    pub(super) fn position(&self, at: Option<u64>) -> Position {
        let so_far = self.tally.known();
        // rsync numbers a list that is whole in depth-first order, one that grows directory by directory.
        let passed = match (at, self.options.whole_list) {
            (Some(at), _) => at,
            (None, true) => so_far.entries,
            (None, false) => self.tally.passed(),
        };
        let total = self.total.get().copied();
        let known = total.unwrap_or(so_far);
        Position {
            number: self.tally.transfers(),
            to_check: known.entries.saturating_sub(passed),
            known: known.entries,
            known_bytes: known.bytes.max(so_far.bytes),
            growing: total.is_none(),
        }
    }

    /// The path of an entry at its source, as messages show it.
    pub(super) fn source_path(&self, source: usize, path: &Path) -> PathBuf {
        let base = self.source_paths.get(source).or(self.source_paths.first());
        base.map_or_else(|| path.to_owned(), |base| base.join(path))
    }

    /// The path of an entry as it is told: `.` for the root, and what came from an absolute path has its
    /// slash again.
    pub(super) fn told(&self, path: &Path) -> PathBuf {
        let Some(Component::Normal(top)) = path.components().next() else {
            return PathBuf::from(".");
        };
        let top = top.as_bytes();
        if self.rooted.iter().any(|rooted| &**rooted == top) {
            return Path::new("/").join(path);
        }
        path.to_owned()
    }

    /// The path of an entry at the destination, as messages show it.
    pub(super) fn dest_path(&self, path: &Path) -> PathBuf {
        match path.as_os_str().is_empty() {
            true => self.destination.root.clone(),
            false => self.destination.root.join(path),
        }
    }
}

/// What rsync says where the destination's entry cannot be looked at.
pub(super) const STAT: &str = "recv_generator: failed to stat";

/// An event about a failed call on a path, in rsync's words.
pub(super) fn failed(what: &str, path: &Path, e: &io::Error) -> Event {
    error(format!(
        "{what} \"{}\" failed: {}",
        super::error::shown(path),
        crate::sys::reason(e)
    ))
}

/// The same where rsync's words say already that it failed.
pub(super) fn failed_to(what: &str, path: &Path, e: &io::Error) -> Event {
    error(format!(
        "{what} \"{}\": {}",
        super::error::shown(path),
        crate::sys::reason(e)
    ))
}

/// The same for links, `other` being what they lead to with rsync's arrow in front.
pub(super) fn not_linked(what: &str, path: &Path, other: &str, e: &io::Error) -> Event {
    error(format!(
        "{what} \"{}\" {other} failed: {}",
        super::error::shown(path),
        crate::sys::reason(e)
    ))
}

/// An event about a failed deletion; rsync names the path within the transfer.
pub(super) fn not_deleted(path: &Path, is_dir: bool, e: &io::Error) -> Event {
    let call = if is_dir { "rmdir" } else { "unlink" };
    let path = crate::tree::shown(path);
    error(format!(
        "delete_file: {call}({path}) failed: {}",
        crate::sys::reason(e)
    ))
}

fn error(text: String) -> Event {
    Event::Message {
        severity: Severity::Error,
        text,
    }
}
