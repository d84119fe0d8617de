//! Entries that are not directories: looked at on both sides and decided on.

mod carry_out;

use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use crate::sys::{Dir, Kind, Object, Stat, Time, as_path};
use crate::tree::is_unsafe_link;

use super::basis::Match;
use super::compare::{read_through, same_bytes};
use super::decide::Decision;
use super::detail::About;
use super::error::Error;
use super::event::{Changes, Event, Severity, Skip};
use super::extended::{Sides, Unlike};
use super::fake_super::{Claim, read_target};
use super::node::Node;
use super::run::{STAT, failed_to};
use super::sides::Places;
use super::sources::{Holder, Origin, Seat, Seen, Unseen};
use super::worker::Worker;

pub(super) use carry_out::foreseen;

/// An entry of the source and what the destination has in its place.
#[derive(Clone)]
pub(super) struct Leaf {
    /// The name at the source.
    pub name: Box<[u8]>,
    /// The name at the destination.
    pub target_name: Box<[u8]>,
    /// Path within the transfer.
    pub path: PathBuf,
    /// At the source.
    pub stat: Stat,
    /// At the destination, whatever its type.
    pub live: Option<Stat>,
    /// What that claims to be, under `--fake-super`.
    pub claim: Option<Box<Claim>>,
    /// A link's target.
    pub link: Option<Vec<u8>>,
    /// ACLs and extended attributes, where they are kept.
    pub sides: Option<Box<Sides>>,
    /// What the alternate directories have.
    pub basis: Option<Match>,
    /// At the source it is a symbolic link, and what that leads to takes its place.
    pub followed: bool,
    /// Which of the directory's sources has it.
    pub source: usize,
}

impl Leaf {
    /// What is at the destination, or claims to be.
    pub(super) fn seen(&self) -> Option<&Stat> {
        match &self.claim {
            Some(claim) => Some(&claim.stat),
            None => self.live.as_ref(),
        }
    }

    /// The same, if it is of the source's family.
    pub(super) fn same_kind(&self) -> Option<&Stat> {
        self.seen().filter(|live| live.kind.is_like(self.stat.kind))
    }
}

impl Origin {
    /// Opens a file of the source for reading.
    pub(super) fn open(&self, leaf: &Leaf) -> io::Result<File> {
        match &self.seat {
            Seat::Here(dir) if leaf.followed => dir.open_target_file(&leaf.name),
            Seat::Here(dir) => dir.open_file(&leaf.name),
            Seat::There(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

impl Worker<'_> {
    /// Deals with one name that is not a directory.
    pub(super) fn leaf(
        &mut self,
        node: &Arc<Node>,
        name: &[u8],
        source: usize,
    ) -> Result<(), Error> {
        let origin = &node.sources[source];
        self.about = About::of(origin);
        if self.run.wants.progress {
            self.run.tally.pass(1);
        }
        let Some(leaf) = self.look(node, name, source)? else {
            return Ok(());
        };
        if leaf.stat.nlink > 1
            && let Some(links) = &self.run.links
        {
            return match links.turn(&leaf.stat) {
                Some(group) => self.member(node, leaf, source, group),
                None => self.single(node, &leaf, origin).map(|_| ()),
            };
        }
        self.single(node, &leaf, origin).map(|_| ())
    }

    /// Looks at both sides of a name.
    fn look(&mut self, node: &Node, name: &[u8], source: usize) -> Result<Option<Leaf>, Error> {
        let origin = &node.sources[source];
        let path = node.child(name);
        let Seen { stat, followed } = match self.run.lister.see(origin, name, &path) {
            Ok(seen) => seen,
            Err(Unseen::NoReferent) => {
                self.no_referent(origin.operand, &path);
                return Ok(None);
            }
            Err(Unseen::Error(e)) => {
                let shown = self.run.source_path(origin.operand, &path);
                if e.kind() == io::ErrorKind::NotFound {
                    self.vanished("file", &shown);
                } else {
                    self.run.tally.set_list_error();
                    let (path, reason) = (super::error::shown(&shown), crate::sys::reason(&e));
                    self.tell(Event::Message {
                        severity: Severity::Error,
                        text: format!("readlink_stat(\"{path}\") failed: {reason}"),
                    });
                }
                return Ok(None);
            }
        };
        let stat = match self.run.options.content.copy_devices && stat.kind.is_device() {
            true => match &origin.seat {
                Seat::Here(dir) => content_of_device(dir, (name, followed), stat),
                Seat::There(_) => stat,
            },
            false => stat,
        };
        let real = stat;
        let shown = || self.run.source_path(origin.operand, &path);
        let opened = match &origin.seat {
            // Attributes are those of what the link leads to.
            Seat::Here(dir) if followed && self.run.planner.keeping.any() => {
                dir.open_target_file(name).ok()
            }
            _ => None,
        };
        let object = match &opened {
            Some(file) => Some(Object::Open(file)),
            None => origin.seat.object_of(name),
        };
        let claim = match object {
            Some(object) => self.claim(object, real, shown)?,
            None => Claim::none(real),
        };
        let stat = self.run.planner.adjust(claim.stat);
        self.run.tally.listed(stat.kind, stat.size);
        if self.run.options.select.list_only {
            let is_file = real.kind == Kind::File;
            let lister = self.run.lister;
            let link = || lister.target(&origin.seat, name, is_file);
            self.list(path, &stat, link);
            return Ok(None);
        }
        if !self.run.planner.takes(stat.kind) {
            self.skipped(&path, stat.kind, Skip::NonRegular);
            return Ok(None);
        }
        let target_name: Box<[u8]> = self.target_name(node, name).into();
        let link = if stat.kind == Kind::Symlink {
            let is_file = real.kind == Kind::File;
            match self.run.lister.target(&origin.seat, name, is_file) {
                Ok(target) if self.leaves_out(&target, &path) => return Ok(None),
                Ok(target) => Some(target),
                Err(e) => {
                    self.report_failure(
                        "readlink",
                        &self.run.source_path(origin.operand, &path),
                        &e,
                    );
                    return Ok(None);
                }
            }
        } else {
            None
        };
        if let Some(barred) = node.barred {
            self.tell_barred(&path, link.as_deref(), barred);
            return Ok(None);
        }
        let live = match node
            .live
            .as_ref()
            .map_or(Ok(None), |live| live.try_stat(&target_name))
        {
            Ok(live) => live.map(|found| match &node.live {
                Some(dir)
                    if self.run.options.content.write_devices
                        && stat.kind == Kind::File
                        && found.kind.is_device() =>
                {
                    device_as_file(dir, (&target_name, false), found)
                }
                _ => found,
            }),
            Err(e) => {
                let event = failed_to(STAT, &self.run.dest_path(&path), &e);
                self.report_event(event);
                return Ok(None);
            }
        };
        let claim = match (&node.live, live) {
            (Some(dir), Some(live)) if self.run.planner.keeping.is_fake() => {
                let shown = || self.run.dest_path(&path);
                let claim = self.claim(Object::Name(dir, &target_name), live, shown)?;
                Some(Box::new(claim))
            }
            _ => None,
        };
        let seen = claim.as_ref().map(|claim| claim.stat).or(live);
        let same_kind = seen.filter(|live| live.kind.is_like(stat.kind));
        let live_object = node.live.as_ref().zip(same_kind.as_ref());
        let holder = match &opened {
            Some(file) => Holder::Here(Object::Open(file)),
            None => origin.seat.holder_of(name),
        };
        let places = Places {
            source: (holder, &stat),
            live: live_object.map(|(dir, stat)| (Object::Name(dir, &target_name), stat)),
            operand: origin.operand,
            path: &path,
        };
        let Some(sides) = self.read_sides(places) else {
            return Ok(None);
        };
        let mut leaf = Leaf {
            name: name.into(),
            target_name,
            path,
            stat,
            live,
            claim,
            link,
            sides,
            basis: None,
            followed,
            source,
        };
        leaf.basis = self.find_basis(node, &leaf, origin);
        Ok(Some(leaf))
    }

    /// With `--safe-links`, whether a link is left out because of where it leads.
    fn leaves_out(&mut self, target: &[u8], path: &Path) -> bool {
        let leaves = self.run.options.symlinks.leave_unsafe
            && is_unsafe_link(target, path.as_os_str().as_bytes());
        if leaves {
            self.tell(Event::UnsafeLink {
                path: path.to_owned(),
                target: as_path(target).to_owned(),
                copied: false,
            });
        }
        leaves
    }

    /// Decides on a leaf; failures to compare are reported and count as different.
    pub(super) fn decide(&mut self, node: &Node, leaf: &Leaf, origin: &Origin) -> Decision {
        match &origin.seat {
            Seat::Here(_) => self.sum_compared(leaf.stat.kind, || origin.open(leaf)),
            Seat::There(listed) => self.sum_told(listed.checksum(&leaf.name)),
        }
        let same_content = || match (leaf.stat.kind, &node.live) {
            (Kind::Symlink, Some(live)) => {
                let is_file = leaf.live.is_some_and(|live| live.kind == Kind::File);
                let target = read_target(live, &leaf.target_name, is_file)?;
                Ok(Some(target) == leaf.link)
            }
            (Kind::File, Some(live)) => {
                self.same_file_content(origin, leaf, &live.open_file(&leaf.target_name)?)
            }
            _ => Ok(false),
        };
        let same_content = || Ok(same_content().unwrap_or(false));
        let decision =
            self.run
                .planner
                .decide(&leaf.stat, leaf.seen(), self.unlike(leaf), same_content);
        let decision = decision.unwrap_or(Decision::Make(Changes {
            value: true,
            ..Changes::default()
        }));
        match &leaf.basis {
            Some(found) => decision.or_by(|| self.decide_by(found, leaf)),
            None => decision,
        }
    }

    /// Whether a file has the content that the source has (`--checksum`); a peer tells only its sum.
    pub(super) fn same_file_content(
        &self,
        origin: &Origin,
        leaf: &Leaf,
        file: &File,
    ) -> io::Result<bool> {
        match (&origin.seat, &self.run.far) {
            (Seat::There(listed), Some(far)) => {
                let told = listed.checksum(&leaf.name);
                let mut own = far.listed_sums.file();
                read_through(file, |piece| own.update(piece))?;
                Ok(told.as_deref() == Some(own.finish().as_bytes()))
            }
            _ => same_bytes(&origin.open(leaf)?, file),
        }
    }

    /// What differs of ACLs and extended attributes.
    pub(super) fn unlike(&self, leaf: &Leaf) -> Unlike {
        let keeping = self.run.planner.keeping;
        let sides = leaf.sides.as_deref();
        sides.map_or_else(Unlike::default, |sides| {
            sides.unlike(keeping, leaf.stat.kind)
        })
    }

    /// Deals with an entry on its own; true if the destination has it then.
    pub(super) fn single(
        &mut self,
        node: &Arc<Node>,
        leaf: &Leaf,
        origin: &Origin,
    ) -> Result<bool, Error> {
        let decision = self.decide(node, leaf, origin);
        self.carry_out(node, leaf, origin, decision)
    }
}

/// A device as the file that its content makes; what keeps it from being opened is told when it is read. Its own time
/// says nothing about its content, whose time is now.
pub(super) fn content_of_device(dir: &Dir, name: (&[u8], bool), stat: Stat) -> Stat {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Stat {
        mode: stat.mode & 0o777,
        mtime: Time {
            sec: now.map_or(0, |now| now.as_secs().cast_signed()),
            nsec: 0,
        },
        ..device_as_file(dir, name, stat)
    }
}

/// A device as a file of its size.
fn device_as_file(dir: &Dir, (name, followed): (&[u8], bool), stat: Stat) -> Stat {
    let opened = match followed {
        true => dir.open_target_file(name),
        false => dir.open_file(name),
    };
    Stat {
        kind: Kind::File,
        size: opened.map_or(0, |file| crate::sys::sparse::device_size(&file)),
        rdev: (0, 0),
        ..stat
    }
}
