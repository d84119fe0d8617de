//! Filter rules in the run: what holds in a directory on each side, and what is told of their verdicts.

use std::path::Path;

use super::batch::rule_path;
use super::error::Error;
use super::event::{Event, Severity, Verdict};
use super::options::Options;
use super::sources::Origin;
use crate::sys::{Dir, Kind};
use crate::tree::{Perishable, Rule, Rules, Scope, Side};

/// The rules of a run, and whom to tell.
#[derive(Clone, Copy)]
pub(super) struct Filter<'f> {
    rules: &'f Rules,
    /// Whether verdicts are of interest (`-vv`).
    tells: bool,
}

impl<'f> Filter<'f> {
    pub(super) fn new(options: &'f Options, tells: bool) -> Filter<'f> {
        Filter {
            rules: &options.rules,
            tells,
        }
    }

    /// The same, telling nobody.
    pub(super) fn quiet(self) -> Filter<'f> {
        Filter {
            tells: false,
            ..self
        }
    }

    /// What holds around a source with this root. Files of rules above it are looked for on behalf of the
    /// `first` operand only, as rsync does.
    pub(super) fn around(&self, root: &Path, first: bool) -> Scope {
        self.rules.around(Side::Sender, root, first)
    }

    /// What holds around the destination.
    pub(super) fn around_destination(&self, root: &Path) -> Scope {
        self.rules.around(Side::Receiver, root, true)
    }

    /// What holds in a directory, `outer` being what holds around it.
    ///
    /// # Errors
    /// A file of rules there makes no sense.
    pub(super) fn enter(
        &self,
        outer: &Scope,
        dir: &Dir,
        path: &Path,
        events: &mut Vec<Event>,
    ) -> Result<Scope, Error> {
        let note = &mut |note: crate::tree::RuleNote| events.push(noted(&note));
        Ok(self.rules.enter(outer, dir, path_bytes(path), note)?)
    }

    /// What will hold in a directory of the destination once the transfer is over: what comes from the
    /// sources replaces what is there.
    ///
    /// # Errors
    /// A file of rules there makes no sense.
    pub(super) fn enter_next<'d>(
        &self,
        outer: &Scope,
        live: Option<&'d Dir>,
        sources: &'d [Origin],
        path: &Path,
        events: &mut Vec<Event>,
    ) -> Result<Scope, Error> {
        let comes = |origin: &Origin, name: &[u8]| {
            let asked = Asked::of_sender(&origin.scope);
            let hidden = self
                .quiet()
                .excludes(asked, path, name, false, &mut Vec::new());
            !hidden && origin.seat.has(name)
        };
        let find = |name: &[u8]| -> Option<&'d Dir> {
            let there = sources.iter().filter(|origin| !origin.part.is_absent());
            let coming = there.clone().find(|origin| comes(origin, name));
            coming.and_then(|origin| origin.seat.here()).or(live)
        };
        let note = &mut |note: crate::tree::RuleNote| events.push(noted(&note));
        Ok(self
            .rules
            .enter_among(outer, &find, path_bytes(path), note)?)
    }

    /// What holds in a directory of the destination when the transfer is over, what waits in `next` counting first.
    ///
    /// # Errors
    /// A file of rules there makes no sense.
    pub(super) fn enter_by_now<'d>(
        &self,
        outer: &Scope,
        (next, live): (Option<&'d Dir>, &'d Dir),
        path: &Path,
        events: &mut Vec<Event>,
    ) -> Result<Scope, Error> {
        let waits = |dir: &&Dir, name: &[u8]| dir.try_stat(name).is_ok_and(|stat| stat.is_some());
        let find = |name: &[u8]| -> Option<&'d Dir> {
            Some(next.filter(|dir| waits(dir, name)).unwrap_or(live))
        };
        let note = &mut |note: crate::tree::RuleNote| events.push(noted(&note));
        Ok(self
            .rules
            .enter_among(outer, &find, path_bytes(path), note)?)
    }

    /// Whether a name of the directory `parent` is left out: hidden at the sender, protected at the receiver.
    pub(super) fn excludes(
        &self,
        asked: Asked<'_>,
        parent: &Path,
        name: &[u8],
        is_dir: bool,
        events: &mut Vec<Event>,
    ) -> bool {
        if self.rules.is_empty() {
            return false;
        }
        let path = rule_path(parent, name);
        let Asked {
            scope,
            side,
            perishable,
        } = asked;
        let Some(rule) = self.rules.deciding(scope, side, perishable, &path, is_dir) else {
            return false;
        };
        if self.tells {
            events.push(verdict(rule, side, &path, is_dir));
        }
        rule.excludes()
    }
}

/// Which rules are asked.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    scope: &'a Scope,
    side: Side,
    perishable: Perishable,
}

impl<'a> Asked<'a> {
    /// Those that hide names of a directory of the source.
    pub(super) fn of_sender(scope: &'a Scope) -> Asked<'a> {
        Asked {
            scope,
            side: Side::Sender,
            perishable: Perishable::Counts,
        }
    }

    /// Those that protect names of a directory of the destination.
    pub(super) fn of_receiver(scope: &'a Scope, perishable: Perishable) -> Asked<'a> {
        Asked {
            scope,
            side: Side::Receiver,
            perishable,
        }
    }
}

fn verdict(rule: &Rule, side: Side, path: &[u8], is_dir: bool) -> Event {
    let verdict = match (side, rule.excludes()) {
        (Side::Sender, true) => Verdict::Hide,
        (Side::Sender, false) => Verdict::Show,
        (Side::Receiver, true) => Verdict::Protect,
        (Side::Receiver, false) => Verdict::Risk,
    };
    Event::Filtered {
        path: crate::sys::as_path(path).to_owned(),
        kind: if is_dir { Kind::Dir } else { Kind::File },
        verdict,
        rule: rule.name(),
    }
}

fn noted(note: &crate::tree::RuleNote) -> Event {
    Event::Message {
        severity: Severity::Plain,
        text: note.to_string(),
    }
}

fn path_bytes(path: &Path) -> &[u8] {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes()
}
