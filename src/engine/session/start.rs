//! What a transfer begins with: the planner, the root, and what was counted beforehand.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use crate::sys::{Dir, Object, process};
use crate::tree::{Owners, Powers, Scope};

use super::Session;
use crate::engine::basis::Handles;
use crate::engine::decide::Planner;
use crate::engine::error::Error;
use crate::engine::event::Event;
use crate::engine::extended::Keeping;
use crate::engine::fake_super::Claim;
use crate::engine::filter::Filter;
use crate::engine::links::Links;
use crate::engine::node::Node;
use crate::engine::options::Privilege;
use crate::engine::removal::{self};
use crate::engine::sources::{self, Lister, Origin, Seat, Source};
use crate::engine::survey::{Surveyor, Totals};

/// What a transfer begins with.
pub(super) struct Start<'s> {
    /// The destination's root.
    pub root: Arc<Node>,
    pub links: Option<Links>,
    /// What the whole list holds, where it was counted.
    pub total: OnceLock<Totals>,
    /// Some directory of the list could not be read, as far as it was looked through.
    pub incomplete: bool,
    /// Where they are to be counted beside the transfer, and whether the root is one of them.
    pub uncounted: Option<(Surveyor<'s>, Vec<Origin>, bool)>,
}

impl<'s> Session<'s, '_> {
    pub(super) fn planner(&self) -> Planner {
        let options = self.options;
        let (is_super, is_fake) = match options.privilege {
            Privilege::AsIs => (process::is_root(), false),
            Privilege::Super => (true, false),
            Privilege::Plain => (false, false),
            Privilege::Fake => (true, true),
        };
        let powers = if is_super {
            Powers::Any
        } else {
            Powers::Groups(process::groups())
        };
        let adjust = &options.adjust;
        Planner {
            preserve: options.preserve,
            compare: options.compare,
            powers,
            umask: process::take_umask(),
            chmod: adjust.chmod.clone(),
            owners: Owners::new(adjust.users.clone(), adjust.groups.clone()),
            keeping: Keeping::new(&options.preserve, is_super, is_fake),
        }
    }

    /// The node of the destination's root, and what a survey of the sources found where one is needed.
    pub(super) fn start(
        &self,
        found: &[Source],
        live: Option<&Dir>,
        lister: Lister<'s>,
        planner: &Planner,
    ) -> Result<Start<'s>, Error> {
        let failed = |source| Error::File {
            action: "open",
            path: self.destination.root.clone(),
            source,
        };
        let origins = || -> Result<Vec<Origin>, Error> {
            let numbered = found.iter().enumerate();
            numbered
                .map(|(operand, source)| Ok(source.origin(operand, self.open_source(source)?)))
                .collect()
        };
        let top = found.iter().find_map(|source| source.top);
        let hard_links = self.options.preserve.hard_links;
        let wants = self.report.wants();
        let surveyor = Surveyor {
            lister: lister.telling_nobody(),
            files: hard_links || wants.sizes,
        };
        let (mut links, total) = (None, OnceLock::new());
        let (mut uncounted, mut incomplete) = (None, false);
        // Only what goes by the whole list, or is told of it, is worth a pass of its own.
        let whole_list =
            self.options.whole_list && (wants.list || self.options.deletion.needs_whole_list());
        // A list that comes piece by piece cannot be looked through beforehand.
        let is_there = self.peer.is_none_or(|peer| !peer.is_incremental());
        if is_there && (hard_links || wants.in_step || whole_list) {
            let survey = surveyor.survey(&origins()?, top.is_some(), &AtomicBool::new(false));
            let _ = total.set(survey.totals);
            incomplete = survey.incomplete;
            if self.options.whole_list {
                self.report.event(Event::Listed(survey.totals.entries));
            }
            links = hard_links.then(|| Links::new(survey.names));
        } else if wants.progress && is_there {
            uncounted = Some((surveyor, origins()?, top.is_some()));
        }
        let live = match live {
            Some(dir) => {
                let stat = dir.stat_self().map_err(failed)?;
                Some((dir.reopen().map_err(failed)?, stat))
            }
            None => None,
        };
        let mut top = top;
        let mut claim = None;
        if planner.keeping.is_fake() {
            if let Some((stat, source)) = top.as_mut().zip(found.iter().find(|s| s.top.is_some()))
                && let Some(object) = source.seat.object()
            {
                *stat = Claim::of(object, *stat, || source.path.clone())?.stat;
            }
            if let Some((dir, stat)) = &live {
                let path = || self.destination.root.clone();
                claim = Some(Claim::of(Object::Open(dir.as_file()), *stat, path)?);
            }
        }
        let top = top.map(|stat| planner.adjust(stat));
        let mut node = Node::new(None, Path::new("").to_owned(), origins()?, live, top);
        node.content = found.iter().any(|source| source.part.is_content());
        node.guard = self.guard(&node, found)?;
        if let Some(claim) = claim {
            let _ = node.claim.set(Box::new(claim));
        }
        if node.fresh() {
            node.gives_group = gives_group_around(&self.destination.root);
        }
        let basis = Handles::open(
            self.options.alternates.as_ref(),
            self.destination,
            self.report,
        );
        let node = node.with_basis(basis);
        Ok(Start {
            root: Arc::new(node),
            links,
            total,
            incomplete,
            uncounted,
        })
    }

    /// The rules that hold in the root at the destination; around it where its content is not transferred.
    fn guard(&self, root: &Node, found: &[Source]) -> Result<Scope, Error> {
        let filter = Filter::new(self.options, false);
        let around = filter.around_destination(&self.destination.root);
        let mirrored =
            self.options.deletion.enabled && found.iter().any(|source| source.part.is_content());
        let Some(live) = root.live.as_ref().filter(|_| mirrored) else {
            return Ok(around);
        };
        let (mut events, top) = (Vec::new(), Path::new(""));
        let private = self.stage.is_some() || self.options.dry_run;
        let guard = if removal::asks_next_rules(self.options, private) {
            filter.enter_next(&around, Some(live), &root.sources, top, &mut events)
        } else {
            filter.enter(&around, live, top, &mut events)
        };
        events
            .into_iter()
            .for_each(|event| self.report.event(event));
        guard
    }

    /// A handle on the directory of an operand, through which reading is seen or not.
    fn open_source(&self, source: &Source) -> Result<Seat, Error> {
        let opened = match &source.seat {
            Seat::Here(dir) if self.options.open_noatime => dir.reopen_unseen().map(Seat::Here),
            seat => seat.reopen(),
        };
        opened.map_err(|e| Error::File {
            action: "opendir",
            path: source.path.clone(),
            source: e,
        })
    }
}

/// Whether the directory around a root that is still to be made gives it its group.
fn gives_group_around(root: &Path) -> bool {
    let parent = sources::trimmed(root).parent();
    let parent = match parent {
        Some(path) if !path.as_os_str().is_empty() => path,
        _ => Path::new("."),
    };
    Dir::open(parent)
        .and_then(|dir| dir.stat_self())
        .is_ok_and(|stat| stat.mode & 0o2000 != 0)
}
