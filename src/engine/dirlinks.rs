//! Links to directories at the destination that stand for the directory they lead to: with `-K`, and on
//! the way to what is wanted where the way is no part of the transfer (`--no-implied-dirs`).
//!
//! A link is followed only if its text leads to somewhere below the destination's root. Work then goes on
//! at the place that it leads to; the link stays as it is, under a stage as well. Names are told by the
//! way through the link.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::event::{Event, Severity};
use super::node::Node;
use super::run::{Run, STAT, failed, failed_to, not_linked};
use super::target::Place;
use super::worker::Worker;
use crate::sys::{Dir, Stat, as_path, lock};

/// A link that was followed.
pub(super) struct Followed {
    told: PathBuf,
    real: PathBuf,
}

/// What a link at the destination stands for.
pub(super) enum Stands {
    /// A directory below the root, at this path.
    For(Dir, Stat, PathBuf),
    /// A directory outside, or at the end of too many links.
    Outside,
    /// Itself: it leads to nothing, or to no directory.
    Itself,
}

impl Run<'_> {
    /// The path at the destination of what is told as `path`.
    pub(super) fn at_target(&self, path: &Path) -> PathBuf {
        let linked = lock(&self.linked);
        let nearest = linked
            .iter()
            .filter_map(|link| Some((link, path.strip_prefix(&link.told).ok()?)))
            .max_by_key(|(link, _)| link.told.as_os_str().len());
        match nearest {
            Some((link, rest)) => link.real.join(rest),
            None => path.to_owned(),
        }
    }

    fn root_of(node: &Node) -> &Node {
        let mut root = node;
        while let Some(parent) = &root.parent {
            root = parent;
        }
        root
    }
}

impl Worker<'_> {
    /// What the link `name` in a directory of the destination stands for.
    pub(super) fn stands_for(&mut self, parent: &Node, name: &[u8]) -> Stands {
        let root = Run::root_of(parent);
        let (Some(live), Some(dir)) = (&root.live, &parent.live) else {
            return Stands::Itself;
        };
        if !dir.stat_target(name).is_ok_and(|stat| stat.is_dir()) {
            return Stands::Itself;
        }
        let opened = live
            .resolve_beneath(&parent.target_child(name))
            .and_then(|real| Ok((live.open_beneath(&real)?, real)))
            .and_then(|(dir, real)| Ok((dir.stat_self()?, dir, real)));
        match opened {
            Ok((stat, dir, real)) => Stands::For(dir, stat, real),
            Err(_) => Stands::Outside,
        }
    }

    /// Remembers that a link is followed; false where, under a stage, two directories of the source would
    /// meet in one.
    pub(super) fn follow_to(&mut self, parent: &Node, name: &[u8], real: &Path) -> bool {
        let told = parent.child(name);
        let mut linked = lock(&self.run.linked);
        let sources = &Run::root_of(parent).sources;
        let comes = |path: &Path| sources.iter().any(|origin| origin.seat.has_dir(path));
        // What comes below one link ends where the other one leads.
        let meet = |link: &Followed| {
            let below = |path: &Path, base: &Path, told: &Path| {
                path.strip_prefix(base)
                    .is_ok_and(|rest| comes(&told.join(rest)))
            };
            below(real, &link.real, &link.told) || below(&link.real, real, &told)
        };
        let meets = comes(real) || linked.iter().any(meet);
        let staged = self.run.target.is_some_and(|target| target.is_private());
        if !(meets && staged) {
            let real = real.to_owned();
            linked.push(Followed { told, real });
            return true;
        }
        drop(linked);
        self.run.tally.set_partial();
        let text = format!(
            "{} leads to {}, which this transfer writes to as well: passed over (--commit=direct follows it)",
            crate::tree::shown(&told),
            crate::tree::shown(real)
        );
        self.tell(Event::Message {
            severity: Severity::Error,
            text,
        });
        false
    }

    /// Tells that an entry cannot be where no link may be followed.
    pub(super) fn tell_barred(&mut self, path: &Path, link: Option<&[u8]>, why: Errno) {
        let dest = self.run.dest_path(path);
        let event = match link.map(as_path) {
            Some(to) => {
                let other = format!("-> \"{}\"", crate::tree::shown(to));
                not_linked("symlink", &dest, &other, &why.into())
            }
            None => failed_to(STAT, &dest, &Errno::LOOP.into()),
        };
        self.report_event(event);
    }

    /// Tells that a directory cannot be made where no link may be followed.
    pub(super) fn tell_barred_directory(&mut self, path: &Path, why: Errno) {
        let dest = self.run.dest_path(path);
        self.report_event(failed("recv_generator: mkdir", &dest, &why.into()));
    }

    /// Makes a directory that is only on the way to something, now that this is made.
    pub(super) fn make_on_the_way(&self, node: &Node) -> Result<(), super::target::Fault> {
        let (Some(target), Some(parent)) = (self.run.target, &node.parent) else {
            return Ok(());
        };
        let place: std::sync::Arc<Place> = self.place(parent)?;
        let name = node.path.file_name().unwrap_or_default().as_bytes();
        target.make_dir(&place, name, None)?;
        parent
            .names_changed
            .store(true, std::sync::atomic::Ordering::Relaxed);
        Ok(())
    }
}
