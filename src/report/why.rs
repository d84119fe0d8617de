//! Why an entry is treated as it is: what a run says of some paths, put together for each of them.
//!
//! [`Why`] listens to a trial run, so every answer is what the run itself decides. An event counts for a path
//! where it is about the path, or about a directory on the way to it that takes no part.

mod answer;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use crate::sys::lock;

pub use answer::Answer;
pub(super) use answer::differing;
use answer::{Destination, Named, Source, is_equal, passed_over};

use super::{Style, Telling};
use crate::engine::{Action, Compare, Event, Item, Report, Severity, Skip, Verdict, Wants};
use crate::tree::RuleName;

/// What a run was asked, as far as answers depend on it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asking {
    /// The quick check.
    pub compare: Compare,
    /// Whether names are deleted.
    pub deletes: bool,
}

/// A listener of a trial run that gathers what is said of some paths.
pub struct Why {
    asking: Asking,
    paths: Vec<PathBuf>,
    gathered: Mutex<Vec<Gathered>>,
    /// Tells what goes wrong meanwhile.
    telling: Telling,
}

/// What was said of one path; where a directory on the way may have decided, with the one that did.
#[derive(Default)]
struct Gathered {
    hidden: Option<(PathBuf, RuleName)>,
    shown: Option<RuleName>,
    skipped: Option<(PathBuf, Skip)>,
    protected: Option<(PathBuf, RuleName)>,
    item: Option<Item>,
    deleted: bool,
}

impl Why {
    /// A listener for these paths, as they are within the transfer.
    #[must_use]
    pub fn new(asking: Asking, paths: Vec<PathBuf>) -> Why {
        let gathered = paths.iter().map(|_| Gathered::default()).collect();
        Why {
            asking,
            paths,
            gathered: Mutex::new(gathered),
            telling: Telling::new(Style::default()),
        }
    }

    /// What the run decides about each path. `exists` says whether the destination has a path now.
    #[must_use]
    pub fn answers(&self, exists: impl Fn(&Path) -> bool) -> Vec<Answer> {
        let gathered = self.gathered();
        let both = self.paths.iter().zip(gathered.iter());
        both.map(|(path, said)| Answer {
            path: crate::tree::shown(path),
            source: said.source(),
            destination: said.destination(&self.asking, || exists(path)),
        })
        .collect()
    }

    fn gathered(&self) -> MutexGuard<'_, Vec<Gathered>> {
        lock(&self.gathered)
    }

    /// Notes something said of `at` for each path that is it, or lies below where that counts too.
    fn note(&self, at: &Path, below: bool, note: impl Fn(&mut Gathered)) {
        let mut gathered = self.gathered();
        for (path, said) in self.paths.iter().zip(gathered.iter_mut()) {
            if path == at || (below && path.starts_with(at)) {
                note(said);
            }
        }
    }

    fn filtered(&self, at: &Path, verdict: Verdict, rule: &RuleName) {
        let told = || Some((at.to_owned(), rule.clone()));
        match verdict {
            Verdict::Hide => self.note(at, true, |said| said.hidden = told()),
            Verdict::Protect => self.note(at, true, |said| said.protected = told()),
            Verdict::Show => self.note(at, false, |said| said.shown = Some(rule.clone())),
            Verdict::Risk => {}
        }
    }
}

impl Report for Why {
    fn event(&self, event: Event) {
        match event {
            Event::Filtered {
                path,
                verdict,
                rule,
                ..
            } => self.filtered(&path, verdict, &rule),
            Event::Skipped { path, why, .. } => {
                self.note(&path, true, |said| said.skipped = Some((path.clone(), why)));
            }
            Event::Item(item) => {
                self.note(&item.path, false, |said| said.item = Some(item.clone()));
            }
            Event::Deleted { path, .. } => self.note(&path, false, |said| said.deleted = true),
            Event::Message { severity, .. } if severity != Severity::Notice => {
                self.telling.event(event);
            }
            _ => {}
        }
    }

    fn wants(&self) -> Wants {
        Wants {
            items: true,
            unchanged: true,
            deletions: true,
            skips: true,
            ..Wants::default()
        }
    }
}

impl Gathered {
    fn source(&self) -> Source {
        let rule = self.shown.as_ref().map(Named::of);
        if self.item.is_some() {
            return Source::TakesPart { rule };
        }
        if let Some((at, rule)) = &self.hidden {
            return Source::Hidden {
                at: crate::tree::shown(at),
                rule: Named::of(rule),
            };
        }
        match &self.skipped {
            Some((at, why)) if passed_over(*why) => Source::PassedOver {
                at: crate::tree::shown(at),
                why: answer::reason(*why),
            },
            Some(_) => Source::TakesPart { rule },
            None => Source::Absent,
        }
    }

    fn destination(&self, asking: &Asking, exists: impl FnOnce() -> bool) -> Destination {
        if let Some(item) = &self.item {
            return changed(item, &asking.compare);
        }
        match &self.skipped {
            Some((_, Skip::UpToDate)) => {
                return Destination::Equal {
                    by: is_equal(None, &asking.compare),
                };
            }
            Some((at, why)) if !passed_over(*why) => {
                return Destination::Left {
                    at: crate::tree::shown(at),
                    why: answer::reason(*why),
                };
            }
            _ => {}
        }
        if self.deleted {
            return Destination::Deleted;
        }
        if let Some((at, rule)) = &self.protected {
            return Destination::Protected {
                at: crate::tree::shown(at),
                rule: Named::of(rule),
            };
        }
        match (exists(), asking.deletes) {
            (false, _) => Destination::Absent,
            (true, false) => Destination::Kept {
                why: "nothing is deleted without --delete",
            },
            (true, true) => Destination::Kept {
                why: "it lies in no directory whose content is transferred, or deletion was held back",
            },
        }
    }
}

/// What a run does about an entry that takes part.
fn changed(item: &Item, compare: &Compare) -> Destination {
    let differs = differing(&item.changes);
    match item.action {
        _ if item.changes.new => Destination::Made,
        Action::HardLink { leader: Some(_) } | Action::Create if differs.is_empty() => {
            Destination::Made
        }
        Action::Transfer => Destination::Updated {
            differs: match differs.is_empty() {
                true => vec!["not compared (--ignore-times)"],
                false => differs,
            },
        },
        _ if differs.is_empty() => Destination::Equal {
            by: is_equal(Some(item.kind), compare),
        },
        _ => Destination::Touched { differs },
    }
}
