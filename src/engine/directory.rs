//! Directories of the source: opened on both sides, decided on, made.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use rustix::io::Errno;

use crate::sys::{Dir, Kind, Object, Stat, as_path, process};
use crate::tree::Scope;

use super::basis::Handles;
use super::decide::NEW;
use super::detail::About;
use super::dirlinks::Stands;
use super::error::Error;
use super::event::{Action, Changes, Event, Severity, Skip};
use super::extended::Sides;
use super::fake_super::Claim;
use super::node::Node;
use super::run::{STAT, failed_to};
use super::sides::Places;
use super::sources::{Descent, Note, Origin, Part};
use super::survey::Surveyor;
use super::worker::{Worker, check_stop};

impl Worker<'_> {
    /// Deals with a directory of the source and everything in it.
    pub(super) fn directory(
        &mut self,
        parent: &Arc<Node>,
        name: &[u8],
        source: usize,
    ) -> Result<(), Error> {
        check_stop()?;
        let Some(descent) = self.descend(parent, name, source)? else {
            return Ok(());
        };
        let peer = descent.peer();
        let entered = self.enter_directory(parent, name, source, descent)?;
        if let Some(listed) = peer.filter(|_| !entered) {
            listed.pass_over();
        }
        Ok(())
    }

    /// Deals with a directory as it was found; false where it and what is in it are passed over.
    fn enter_directory(
        &mut self,
        parent: &Arc<Node>,
        name: &[u8],
        source: usize,
        descent: Descent,
    ) -> Result<bool, Error> {
        let path = parent.child(name);
        if descent.listed {
            self.run.tally.listed(Kind::Dir, 0);
        }
        if self.absent_directory(parent, name, &descent.sources)? {
            return Ok(false);
        }
        self.about = About::of(&parent.sources[source]);
        let target_name = self.target_name(parent, name).to_vec();
        let live = match self.look_at_directory(parent, &target_name, descent.listed) {
            Ok(live) => live,
            Err(e) => {
                let event = failed_to(STAT, &self.run.dest_path(&path), &e);
                self.report_event(event);
                return Ok(false);
            }
        };
        if !descent.listed {
            return self.on_the_way(parent, descent, &target_name, live);
        }
        let stat = descent.stat;
        if let Some(why) = parent.barred {
            self.tell_barred_directory(&path, why);
            self.pass_over();
            let ndx = self.index_of(&descent);
            self.item(ndx, &path, &stat, Action::Create, NEW, None);
            return Ok(false);
        }
        let Some(sides) = self.read_dir_sides(parent, name, source, &descent, &live) else {
            return Ok(false);
        };
        let basis = parent.basis.child(&target_name);
        let claim = match &live {
            Live::Dir(dir, live) | Live::Linked(dir, live, _)
                if self.run.planner.keeping.is_fake() =>
            {
                let shown = || self.run.dest_path(&path);
                Some(self.claim(Object::Open(dir.as_file()), *live, shown)?)
            }
            _ => None,
        };
        let seen = claim.as_ref().map(|claim| claim.stat);
        let model = (seen, sides.as_deref(), &basis);
        let Some((live, changes)) = self.decide_directory(&path, &stat, live, model) else {
            self.count_below(&descent.sources, &path);
            return Ok(false);
        };
        let is_made = matches!(live, Live::Other(_) | Live::Missing);
        // A client is asked with what it is told.
        if self.listener().is_none() && (is_made || changes.xattrs) {
            let listed = descent.sources.first().and_then(|o| o.seat.there());
            self.ask_values(sides.as_deref(), || listed?.index_of_self())?;
        }
        if let Live::Other(_) | Live::Missing = live
            && !self.run.options.select.list_only
        {
            let old = if let Live::Other(old) = &live {
                Some(old)
            } else {
                None
            };
            if changes.new {
                self.run.tally.created(Kind::Dir);
            }
            self.back_up(parent, &target_name, old)?;
            if !self.make_directory(parent, &path, &target_name, old)? {
                self.pass_over();
                let ndx = self.index_of(&descent);
                self.item(ndx, &path, &stat, Action::Create, changes, None);
                return Ok(false);
            }
        }
        let known = Known {
            sides,
            claim,
            basis,
            told: Some((path, changes)),
        };
        self.go_into(parent, descent, &target_name, live, known)
    }

    /// Deals with a directory that takes no part itself, but something below it does.
    fn on_the_way(
        &mut self,
        parent: &Arc<Node>,
        descent: Descent,
        name: &[u8],
        live: Live,
    ) -> Result<bool, Error> {
        let live = match live {
            Live::Other(_) => Live::Barred(Errno::NOTDIR),
            other => other,
        };
        let barred = match live {
            Live::Barred(why) => Some(why),
            _ => parent.barred,
        };
        let wanted_in_it = descent.sources.iter().any(|origin| match &origin.part {
            Part::Content => true,
            Part::Listed { content } => *content,
            Part::Names(names) => names.iter().any(|(_, wish)| wish.named.is_some()),
            // Nothing is made of it.
            Part::Absent(_) => false,
        });
        if let Some(why) = barred
            && wanted_in_it
        {
            self.tell_barred_directory(&parent.child(name), why);
        }
        let live = match barred {
            Some(why) => Live::Barred(why),
            None => live,
        };
        let known = Known {
            sides: None,
            claim: None,
            basis: parent.basis.child(name),
            told: None,
        };
        self.go_into(parent, descent, name, live, known)
    }

    /// Deals with everything in a directory; false where it is passed over.
    fn go_into(
        &mut self,
        parent: &Arc<Node>,
        descent: Descent,
        name: &[u8],
        live: Live,
        known: Known,
    ) -> Result<bool, Error> {
        let mut real = parent.real.as_ref().map(|real| real.join(as_path(name)));
        let mut barred = None;
        let live = match live {
            Live::Dir(dir, stat) => Some((dir, stat)),
            Live::Linked(dir, stat, to) => {
                if !self.follow_to(parent, name, &to) {
                    return Ok(false);
                }
                real = Some(to);
                Some((dir, stat))
            }
            Live::Barred(why) => {
                barred = Some(why);
                None
            }
            Live::Missing | Live::Other(_) => None,
        };
        let live_dir = live.as_ref().map(|(dir, _)| dir);
        let guard = self.guard(
            &parent.guard,
            live_dir,
            &descent.sources,
            &parent.child(name),
        )?;
        parent.hold();
        let mut node = Node::new(
            Some(Arc::clone(parent)),
            parent.child(name),
            descent.sources,
            live,
            descent.listed.then_some(descent.stat),
        );
        node.content = descent.content;
        node.real = real;
        node.barred = barred;
        node.guard = guard;
        if let Some(sides) = known.sides {
            let _ = node.sides.set(sides);
        }
        if let Some(claim) = known.claim {
            let _ = node.claim.set(Box::new(claim));
        }
        let node = Arc::new(node.with_basis(known.basis));
        let swept = self.run.swept.has(&node.path);
        node.names_changed.store(swept, Relaxed);
        let made = node.fresh() && !node.is_lazy() && barred.is_none();
        if made || self.lent(&node) || swept {
            node.touched.store(true, Relaxed);
        }
        node.hold();
        match known.told {
            Some((path, changes)) => self.content(&node, &path, Some(changes))?,
            None => self.content(&node, &node.path, None)?,
        }
        self.release(&node)?;
        Ok(true)
    }

    /// Opens a directory in every source that has it, its metadata as they are to be; `None` where it takes
    /// no part.
    fn descend(
        &mut self,
        parent: &Node,
        name: &[u8],
        source: usize,
    ) -> Result<Option<Descent>, Error> {
        let path = parent.child(name);
        let lister = self.run.lister;
        let mut notes = Vec::new();
        let sources = &parent.sources[source..];
        let mut descent = lister.descend(&path, sources, name, &mut |note| notes.push(note));
        if let Some(descent) = &mut descent {
            if let Some(origin) = descent.sources.first() {
                let shown = || self.run.source_path(origin.operand, &path);
                if let Some(object) = origin.seat.object() {
                    descent.stat = self.claim(object, descent.stat, shown)?.stat;
                }
            }
            descent.stat = self.run.planner.adjust(descent.stat);
            let closed = notes.iter().any(|note| matches!(note, Note::Closed { .. }));
            // As rsync: what it has beyond its metadata is read first, or it takes no part.
            if closed {
                let none = &Live::Missing;
                if self
                    .read_dir_sides(parent, name, source, descent, none)
                    .is_none()
                {
                    return Ok(None);
                }
            }
        }
        notes.into_iter().for_each(|note| self.note(note));
        Ok(descent)
    }

    /// The rules that hold in a directory, `outer` being those that hold around it.
    pub(super) fn enter(&mut self, outer: &Scope, dir: &Dir, path: &Path) -> Result<Scope, Error> {
        let filter = self.run.filter;
        let mut events = Vec::new();
        let scope = filter.enter(outer, dir, path, &mut events);
        events.into_iter().for_each(|event| self.tell(event));
        scope
    }

    /// The rules that hold in a directory of the destination when all files are there, those that wait in `next` first.
    pub(super) fn enter_by_now(
        &mut self,
        outer: &Scope,
        (next, live): (Option<&Dir>, &Dir),
        path: &Path,
    ) -> Result<Scope, Error> {
        let mut events = Vec::new();
        let scope = self
            .run
            .filter
            .enter_by_now(outer, (next, live), path, &mut events);
        events.into_iter().for_each(|event| self.tell(event));
        scope
    }

    /// ACLs and extended attributes of both sides; the outer `None` where the directory is left out.
    #[allow(clippy::option_option)]
    fn read_dir_sides(
        &mut self,
        parent: &Node,
        name: &[u8],
        source: usize,
        descent: &Descent,
        live: &Live,
    ) -> Option<Option<Box<Sides>>> {
        let path = parent.child(name);
        let (origin, holder) = match descent.sources.first() {
            Some(origin) => (origin, origin.seat.holder()),
            None => {
                let origin = &parent.sources[source];
                (origin, origin.seat.holder_of(name))
            }
        };
        let live = match live {
            Live::Dir(dir, stat) | Live::Linked(dir, stat, _) => {
                Some((Object::Open(dir.as_file()), stat))
            }
            Live::Missing | Live::Other(_) | Live::Barred(_) => None,
        };
        self.read_sides(Places {
            source: (holder, &descent.stat),
            live,
            operand: origin.operand,
            path: &path,
        })
    }

    /// Decides on the directory itself; `None` where it and its content are passed over.
    fn decide_directory(
        &mut self,
        path: &Path,
        stat: &Stat,
        live: Live,
        (seen, sides, basis): (Option<Stat>, Option<&Sides>, &Handles),
    ) -> Option<(Live, Changes)> {
        let changes = match &live {
            Live::Dir(_, live) | Live::Linked(_, live, _) => {
                self.directory_changes(path, stat, seen.as_ref().unwrap_or(live), sides)
            }
            Live::Barred(_) => Changes::default(),
            Live::Missing if self.run.options.compare.existing => {
                self.skipped(path, Kind::Dir, Skip::NotCreating);
                return None;
            }
            Live::Other(_) if self.run.options.compare.ignore_existing => {
                self.skipped(path, Kind::Dir, Skip::Exists);
                return None;
            }
            Live::Missing | Live::Other(_) => self.new_directory(stat, sides, basis),
        };
        Some((live, changes))
    }

    /// The index by which a client knows a directory that is not entered: that of a whole list, which stays.
    fn index_of(&self, descent: &Descent) -> Option<u32> {
        let far = self.listener()?;
        let listed = descent.peer().filter(|_| !far.dialect.incremental())?;
        listed.own_index()
    }

    /// What lies below a directory that is passed over is part of the list all the same.
    fn count_below(&self, sources: &[Origin], path: &Path) {
        let surveyor = Surveyor {
            lister: self.run.lister.telling_nobody(),
            files: true,
        };
        let survey = surveyor.below(sources, path, &AtomicBool::new(false));
        let tally = &self.run.tally;
        tally.listed_unseen(&survey.kinds, survey.totals.bytes);
    }

    /// What differs about a directory. One in which a sweep removed names has another time by now, also
    /// where nobody sees that yet.
    pub(super) fn directory_changes(
        &self,
        path: &Path,
        stat: &Stat,
        live: &Stat,
        sides: Option<&Sides>,
    ) -> Changes {
        let mut changes = self.dir_changes(stat, live, sides);
        if self.run.swept.has(path) && self.run.planner.preserve.keeps_mtime(stat.kind) {
            changes.time = true;
        }
        changes
    }

    /// Makes a directory that is not there; false if it could not be made.
    fn make_directory(
        &mut self,
        parent: &Arc<Node>,
        path: &Path,
        name: &[u8],
        old: Option<&Stat>,
    ) -> Result<bool, Error> {
        let Some(target) = self.run.target else {
            return Ok(true);
        };
        let made = self
            .place(parent)
            .and_then(|place| target.make_dir(&place, name, old));
        match made {
            Ok(()) => {
                parent.names_changed.store(true, Relaxed);
                Ok(true)
            }
            Err(fault) => {
                self.settle("recv_generator: mkdir", &self.run.dest_path(path), fault)?;
                Ok(false)
            }
        }
    }

    /// Says that nothing in a directory is transferred that could not be made.
    fn pass_over(&mut self) {
        self.tell(Event::Message {
            severity: Severity::Plain,
            text: "*** Skipping any contents from this failed directory ***".to_owned(),
        });
    }

    /// Whether the directory was opened only because its owner was lent permission.
    fn lent(&self, node: &Node) -> bool {
        let closed = node
            .live_stat
            .is_some_and(|stat| stat.mode & 0o500 != 0o500);
        closed && self.run.target.is_some() && !process::is_root()
    }

    /// Opens a directory of the destination, through a link where such are followed.
    fn look_at_directory(&mut self, parent: &Node, name: &[u8], listed: bool) -> io::Result<Live> {
        let live = self.open_live(parent.live.as_ref(), name)?;
        let follows = !listed || self.run.options.symlinks.keep_dirs;
        match live {
            Live::Other(stat) if follows && stat.kind == Kind::Symlink => {
                Ok(match self.stands_for(parent, name) {
                    Stands::For(dir, stat, real) => Live::Linked(dir, stat, real),
                    Stands::Outside => Live::Barred(Errno::LOOP),
                    Stands::Itself => Live::Other(stat),
                })
            }
            live => Ok(live),
        }
    }

    /// Opens a directory of the destination, which lends its owner the permission that it lacks.
    fn open_live(&self, parent: Option<&Dir>, name: &[u8]) -> io::Result<Live> {
        let Some(parent) = parent else {
            return Ok(Live::Missing);
        };
        match parent.open_dir(name) {
            Ok(dir) => {
                let stat = dir.stat_self()?;
                match self.run.target {
                    Some(target) if stat.mode & 0o500 != 0o500 => {
                        Ok(Live::Dir(target.open_live(parent, name, &stat)?, stat))
                    }
                    _ => Ok(Live::Dir(dir, stat)),
                }
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Live::Missing),
            Err(e) => match (parent.try_stat(name)?, self.run.target) {
                (None, _) => Ok(Live::Missing),
                (Some(stat), Some(target)) if stat.is_dir() => {
                    Ok(Live::Dir(target.open_live(parent, name, &stat)?, stat))
                }
                (Some(stat), None) if stat.is_dir() => Err(e),
                (Some(stat), _) => Ok(Live::Other(stat)),
            },
        }
    }
}

/// What was found out about a directory before it is gone into.
struct Known {
    sides: Option<Box<Sides>>,
    claim: Option<Claim>,
    basis: Handles,
    /// How the directory itself is told of, if it is.
    told: Option<(PathBuf, Changes)>,
}

/// What the destination has under the name of a directory.
enum Live {
    Missing,
    Dir(Dir, Stat),
    /// A link that stands for a directory at this path.
    Linked(Dir, Stat, PathBuf),
    /// A link that leads out, or something else that nothing can be made in.
    Barred(Errno),
    Other(Stat),
}
