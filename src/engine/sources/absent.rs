//! Directories that are not there although something below them was named (`--delete-missing-args`).

use std::sync::Arc;

use super::lister::{Lister, wish};
use super::wanted::{Found, Wanted, Wish};
use super::{Descent, Origin, Part};

impl Lister<'_> {
    /// What was named below a directory that is not there: the destination may have it. `None` where nothing
    /// was, or where the list is told along the way: then rsync has no directory to hang it on.
    pub(super) fn below_absent(&self, origin: &Origin, name: &[u8]) -> Option<Descent> {
        if self.options.recursive && !self.options.whole_list {
            return None;
        }
        let below = wish(origin, name)?.below.as_ref()?.missing()?;
        let around = Origin {
            seat: origin.seat.reopen().ok()?,
            operand: origin.operand,
            part: Part::Absent(Arc::new(below)),
            dev: origin.dev,
            scope: origin.scope.clone(),
            links: origin.links,
        };
        // It takes no part itself: nobody looks at these.
        let stat = around.seat.stat_self().ok()?;
        let mut descent = Descent::of(stat);
        descent.sources.push(around);
        Some(descent)
    }
}

impl Wanted {
    /// The names that stand for nothing, and the way to them; `None` where there are none.
    fn missing(&self) -> Option<Wanted> {
        let absent = self
            .iter()
            .filter_map(|(name, wish)| Some((name.into(), wish.missing()?)));
        let absent: Wanted = absent.collect();
        let found_any = absent.iter().next().is_some();
        found_any.then_some(absent)
    }
}

impl Wish {
    /// Whether something below it was named that is missing.
    pub(super) fn leads_to_missing(&self) -> bool {
        self.below
            .as_ref()
            .is_some_and(|below| below.missing().is_some())
    }

    fn missing(&self) -> Option<Self> {
        let named = self.named.filter(|found| *found == Found::Missing);
        let below = self
            .below
            .as_ref()
            .and_then(|below| below.missing())
            .map(Arc::new);
        (named.is_some() || below.is_some()).then_some(Self {
            named,
            below,
            ..Self::default()
        })
    }
}

/// What is to be done about a directory that is not there itself, names below which are missing.
pub(in crate::engine) enum Absence {
    /// It was named, too: the destination's is to go.
    Named,
    /// It was not, and names right in it were.
    Unnamed,
}

impl Absence {
    /// What it is for a directory with these sources, `around` being those of the directory around it.
    pub(in crate::engine) fn of(
        sources: &[Origin],
        around: &[Origin],
        name: &[u8],
    ) -> Option<Absence> {
        let listed = |origin: &Origin| origin.seat.there().cloned();
        if let Some(at) = sources.iter().find_map(listed) {
            let right_in_it = at.holds_missing_only()?;
            let mut around = around.iter().filter_map(listed);
            return match around.any(|around| around.is_missing(name)) {
                true => Some(Absence::Named),
                false => right_in_it.then_some(Absence::Unnamed),
            };
        }
        let absent = |origin: &Origin| match &origin.part {
            Part::Absent(names) => Some(Arc::clone(names)),
            _ => None,
        };
        let names = sources.iter().find_map(absent)?;
        let is_missing = |wish: &Wish| wish.named == Some(Found::Missing);
        if around
            .iter()
            .any(|origin| wish(origin, name).is_some_and(is_missing))
        {
            return Some(Absence::Named);
        }
        let holds_any = names.iter().any(|(_, wish)| is_missing(wish));
        holds_any.then_some(Absence::Unnamed)
    }
}
