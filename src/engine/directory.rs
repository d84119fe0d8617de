//! Directories of the source: opened on both sides, decided on, made.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::sys::{Dir, Kind, Object, Stat, process};
use crate::tree::Scope;

use super::basis::Handles;
use super::detail::About;
use super::error::Error;
use super::event::{Action, Changes, Event, Severity, Skip};
use super::extended::Sides;
use super::node::{Node, Origin, Part};
use super::run::{STAT, failed_to};
use super::sides::Places;
use super::survey::{Surveyor, file_id};
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
        let Some((sources, stat)) = self.open_sources(parent, name, source)? else {
            return Ok(());
        };
        if self.run.own_root == Some(file_id(&stat)) {
            return Ok(());
        }
        self.run.tally.listed(Kind::Dir, 0);
        self.about = About {
            operand: sources.first().map_or(0, |origin| origin.operand),
            checksum: None,
        };
        let target_name = self.target_name(parent, name).to_vec();
        let path = parent.child(name);
        let live = match self.open_live(parent.live.as_ref(), &target_name) {
            Ok(live) => live,
            Err(e) => {
                let event = failed_to(STAT, &self.run.dest_path(&path), &e);
                self.report_event(event);
                return Ok(());
            }
        };
        let Some(sides) = self.read_dir_sides(parent, name, (&sources, &stat), &live) else {
            return Ok(());
        };
        let basis = parent.basis.child(&target_name);
        let claim = match &live {
            Live::Dir(dir, live) if self.run.planner.keeping.is_fake() => {
                let shown = || self.run.dest_path(&path);
                Some(self.claim(Object::Open(dir.as_file()), *live, shown)?)
            }
            _ => None,
        };
        let seen = claim.as_ref().map(|claim| claim.stat);
        let model = (seen, sides.as_deref(), &basis);
        let Some((live, changes)) = self.decide_directory(&path, &stat, live, model) else {
            self.count_below(&sources, &path);
            return Ok(());
        };
        if let Live::Other(_) | Live::Missing = live {
            let old = if let Live::Other(old) = &live {
                Some(old)
            } else {
                None
            };
            if changes.new {
                self.run.tally.created(Kind::Dir);
            }
            if !self.make_directory(parent, &path, &target_name, old)? {
                self.pass_over();
                self.item(&path, &stat, Action::Create, changes, None);
                return Ok(());
            }
        }
        let live = if let Live::Dir(dir, stat) = live {
            Some((dir, stat))
        } else {
            None
        };
        let live_dir = live.as_ref().map(|(dir, _)| dir);
        let guard = self.guard(&parent.guard, live_dir, &sources, &path)?;
        parent.hold();
        let mut node = Node::new(
            Some(Arc::clone(parent)),
            parent.child(&target_name),
            sources,
            live,
            Some(stat),
        );
        node.guard = guard;
        if let Some(sides) = sides {
            let _ = node.sides.set(sides);
        }
        if let Some(claim) = claim {
            let _ = node.claim.set(Box::new(claim));
        }
        let node = Arc::new(node.with_basis(basis));
        let swept = self.run.swept.has(&node.path);
        node.names_changed.store(swept, Relaxed);
        if node.fresh() || self.lent(&node) || swept {
            node.touched.store(true, Relaxed);
        }
        node.hold();
        self.content(&node, &path, Some(changes))?;
        self.release(&node)
    }

    /// Opens a directory in every source that has it. What cannot be opened is reported; the directory
    /// itself is made all the same when its metadata is known.
    fn open_sources(
        &mut self,
        parent: &Node,
        name: &[u8],
        first: usize,
    ) -> Result<Option<(Vec<Origin>, Stat)>, Error> {
        let mut sources = Vec::with_capacity(1);
        let mut stat = None;
        for origin in &parent.sources[first..] {
            if !origin.part.takes(name) {
                continue;
            }
            match open_source(&origin.dir, name) {
                Ok((dir, own)) => {
                    if stat.is_none() {
                        let shown = || self.run.source_path(origin.operand, &parent.child(name));
                        let claim = self.claim(Object::Open(dir.as_file()), own, shown)?;
                        stat = Some(claim.stat);
                    }
                    let scope = self.enter(&origin.scope, &dir, &parent.child(name))?;
                    sources.push(Origin {
                        dir,
                        operand: origin.operand,
                        part: Part::Content,
                        scope,
                    });
                }
                Err(_) if stat.is_some() => {}
                Err(e) => {
                    let path = self.run.source_path(origin.operand, &parent.child(name));
                    if e.kind() == io::ErrorKind::NotFound {
                        self.vanished("directory", &path);
                        return Ok(None);
                    }
                    stat = origin.dir.stat(name).ok();
                    // As rsync: what it has beyond its metadata is read first, or it takes no part.
                    if let Some(stat) = &stat {
                        let places = Places {
                            source: (Object::Name(&origin.dir, name), stat),
                            live: None,
                            operand: origin.operand,
                            path: &parent.child(name),
                        };
                        if self.read_sides(&places).is_none() {
                            return Ok(None);
                        }
                    }
                    self.list_error("opendir", &path, &e);
                }
            }
        }
        Ok(stat.map(|stat| (sources, self.run.planner.adjust(stat))))
    }

    /// The rules that hold in a directory, `outer` being those that hold around it.
    pub(super) fn enter(&mut self, outer: &Scope, dir: &Dir, path: &Path) -> Result<Scope, Error> {
        let filter = self.run.filter;
        let mut events = Vec::new();
        let scope = filter.enter(outer, dir, path, &mut events);
        events.into_iter().for_each(|event| self.tell(event));
        scope
    }

    /// ACLs and extended attributes of both sides; the outer `None` where the directory is left out.
    #[allow(clippy::option_option)]
    fn read_dir_sides(
        &mut self,
        parent: &Node,
        name: &[u8],
        (sources, stat): (&[Origin], &Stat),
        live: &Live,
    ) -> Option<Option<Box<Sides>>> {
        let path = parent.child(name);
        let (origin, source) = match sources.first() {
            Some(origin) => (origin, Object::Open(origin.dir.as_file())),
            None => {
                let origin = parent.sources.first()?;
                (origin, Object::Name(&origin.dir, name))
            }
        };
        let live = match live {
            Live::Dir(dir, stat) => Some((Object::Open(dir.as_file()), stat)),
            Live::Missing | Live::Other(_) => None,
        };
        self.read_sides(&Places {
            source: (source, stat),
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
            Live::Dir(_, live) => {
                self.directory_changes(path, stat, seen.as_ref().unwrap_or(live), sides)
            }
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

    /// What lies below a directory that is passed over is part of the list all the same.
    fn count_below(&self, sources: &[Origin], path: &Path) {
        let surveyor = Surveyor {
            recursive: self.run.options.recursive,
            own_root: self.run.own_root,
            filter: self.run.filter.quiet(),
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

/// What the destination has under the name of a directory.
enum Live {
    Missing,
    Dir(Dir, Stat),
    Other(Stat),
}

/// Opens a directory of the source. One that can be listed but not searched has nothing to give.
pub(super) fn open_source(parent: &Dir, name: &[u8]) -> io::Result<(Dir, Stat)> {
    let dir = parent.open_dir(name)?;
    let stat = dir.stat_self()?;
    if stat.mode & 0o111 != 0o111 && !process::is_root() {
        dir.reopen()?;
    }
    Ok((dir, stat))
}
