//! What becomes of each path.

use std::collections::BTreeMap;
use std::path::Path;

use super::tree::{Edits, Entry};
use crate::sys::Kind;

/// What one side did since the base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Made it.
    Created,
    /// Changed it.
    Changed,
    /// Made something of another type of it.
    Retyped,
    /// Removed it.
    Deleted,
}

/// Where a path stands that differs from the base on some side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Only here: it is sent.
    Send(Change),
    /// Only there: it is left as it is.
    Keep(Change),
    /// Both sides came to the same.
    Agree,
    /// Both sides did something, or one that the other took the directory from.
    Conflict {
        /// What was done here.
        here: Change,
        /// What was done there.
        there: Change,
    },
    /// A file here is damaged, which is no edit: it is left as it is.
    Corrupt {
        /// What was done there, if anything.
        there: Option<Change>,
    },
    /// It goes with a conflict in the directory above or below it.
    Wait {
        /// What was done here, if anything.
        here: Option<Change>,
        /// What was done there, if anything.
        there: Option<Change>,
    },
}

/// The state of each path that has one.
pub type States<'e> = BTreeMap<&'e Path, State>;

impl Edits {
    /// The state of each path that is not on both sides as in the base.
    #[must_use]
    pub fn states(&self) -> States<'_> {
        let mut states = States::new();
        for (path, entry) in &self.entries {
            if let Some(state) = self.state(path, entry, &states) {
                states.insert(path, state);
            }
        }
        self.hold_back_directories(&mut states);
        self.hold_back_contents(&mut states);
        states
    }

    /// The state of a path, as far as it and what is above it tell.
    fn state(&self, path: &Path, entry: &Entry, states: &States<'_>) -> Option<State> {
        match entry.changes() {
            (_, there) if entry.is_corrupt() => Some(match entry.agrees(self.sense()) {
                true => State::Agree,
                false => State::Corrupt { there },
            }),
            (None, None) => None,
            (Some(Change::Created), None) => Some(match self.taken_there(path, states) {
                Some(there) => State::Conflict {
                    here: Change::Created,
                    there,
                },
                None => State::Send(Change::Created),
            }),
            (None, Some(Change::Created)) => Some(match self.taken_here(path, states) {
                Some(here) => State::Conflict {
                    here,
                    there: Change::Created,
                },
                None => State::Keep(Change::Created),
            }),
            (Some(here), None) => Some(State::Send(here)),
            (None, Some(there)) => Some(State::Keep(there)),
            (Some(_), Some(_)) if entry.agrees(self.sense()) => Some(State::Agree),
            (Some(here), Some(there)) => Some(State::Conflict { here, there }),
        }
    }

    /// What was done there to the directory of something that was made here, so that it has no place.
    fn taken_there(&self, path: &Path, states: &States<'_>) -> Option<Change> {
        let parent = parent(path)?;
        let is_sent = matches!(states.get(parent), Some(State::Send(_)));
        match self.entries.get(parent).map(Entry::there)? {
            Some(record) if record.kind == Kind::Dir => None,
            _ if is_sent => None,
            Some(_) => Some(Change::Retyped),
            None => Some(Change::Deleted),
        }
    }

    /// The same the other way: what was done here to the directory of something that was made there.
    fn taken_here(&self, path: &Path, states: &States<'_>) -> Option<Change> {
        let parent = parent(path)?;
        let is_kept = matches!(states.get(parent), Some(State::Keep(_)));
        match self.entries.get(parent).map(Entry::here)? {
            Some(record) if record.kind == Kind::Dir => None,
            _ if is_kept => None,
            Some(_) => Some(Change::Retyped),
            None => Some(Change::Deleted),
        }
    }

    /// A directory that is gone here stays there as long as something in it is a conflict.
    fn hold_back_directories(&self, states: &mut States<'_>) {
        let conflicts: Vec<&Path> = states
            .iter()
            .filter(|(_, state)| matches!(state, State::Conflict { .. }))
            .map(|(path, _)| *path)
            .collect();
        for above in conflicts.iter().flat_map(|path| path.ancestors().skip(1)) {
            if let Some(state) = states.get_mut(above) {
                *state = match *state {
                    State::Send(Change::Deleted) => State::Wait {
                        here: Some(Change::Deleted),
                        there: None,
                    },
                    State::Send(Change::Retyped) => State::Conflict {
                        here: Change::Retyped,
                        there: Change::Changed,
                    },
                    other => other,
                };
            }
        }
    }

    /// Where a directory itself is a conflict that one side ended, what was in it waits for that.
    fn hold_back_contents(&self, states: &mut States<'_>) {
        let ends = |change| matches!(change, Change::Deleted | Change::Retyped);
        let was_dir = |path: &Path| {
            let base = self.entries.get(path).and_then(|entry| entry.base.as_ref());
            base.is_some_and(|base| base.kind == Kind::Dir)
        };
        let ended: Vec<(&Path, bool, bool)> = states
            .iter()
            .filter(|(path, _)| was_dir(path))
            .filter_map(|(path, state)| match state {
                State::Conflict { here, there } => Some((*path, ends(*here), ends(*there))),
                _ => None,
            })
            .collect();
        for (dir, here, there) in ended {
            for (path, _) in self.below(dir) {
                let Some(state) = states.get_mut(path.as_path()) else {
                    continue;
                };
                *state = match *state {
                    State::Send(Change::Deleted) if here => State::Wait {
                        here: Some(Change::Deleted),
                        there: None,
                    },
                    State::Keep(Change::Deleted) if there => State::Wait {
                        here: None,
                        there: Some(Change::Deleted),
                    },
                    other => other,
                };
            }
        }
    }
}

/// The directory of a path, unless that is the root.
pub(super) fn parent(path: &Path) -> Option<&Path> {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
}
