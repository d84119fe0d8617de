//! What lists say of each entry.

use std::io::Write;
use std::path::Path;

use rayon::prelude::*;

use super::outflow::Outflow;
use super::shelf::Place;
use super::walk::{Walk, take};
use crate::delta::Digest;
use crate::engine::batch::Batch;
use crate::engine::compare::read_through;
use crate::engine::error::Error;
use crate::engine::extended::Sent;
use crate::engine::fake_super::Claim;
use crate::engine::leaf::content_of_device;
use crate::engine::sources::{Note, Origin, Seat, Unseen, Want};
use crate::sys::{Dir, Kind, Object, Stat, as_path, process, users};
use crate::wire::flist::{Device, DirKind, Entry, IdKind, Link, Name, NameIds};
use crate::wire::{Protocol, Sums};

impl Walk<'_> {
    /// Sums all regular files of a directory, where lists carry that.
    pub(super) fn sums(
        &self,
        path: &Path,
        sources: &[Origin],
        batch: &Batch,
    ) -> Vec<Option<Digest>> {
        if !self.fields.checksums {
            return Vec::new();
        }
        let sums = Sums::of_listings(self.dialect);
        let lister = self.lister.telling_nobody();
        let copies = self.lister.options.content.copy_devices;
        let sum = |at: usize| -> Option<Digest> {
            let named = batch.get(at);
            let origin = &sources[named.source];
            let dir = origin.seat.here()?;
            let path = path.join(as_path(named.name));
            let seen = lister.see(origin, named.name, &path).ok()?;
            let file = match seen.stat.kind {
                kind if kind != Kind::File && !(copies && kind.is_device()) => return None,
                _ if seen.followed => dir.open_target_file(named.name),
                _ => dir.open_file(named.name),
            };
            let mut sum = sums.file();
            read_through(&file.ok()?, |data| sum.update(data)).ok()?;
            Some(sum.finish())
        };
        (0..batch.leaves).into_par_iter().map(sum).collect()
    }

    /// Whether this is a device whose content is sent.
    fn copies(&self, kind: Kind) -> bool {
        self.lister.options.content.copy_devices && kind.is_device()
    }

    /// Writes an entry that is no directory.
    pub(super) fn leaf<W: Write>(
        &mut self,
        origin: &Origin,
        name: Name<'_>,
        path: &Path,
        sum: Option<Digest>,
        to: &mut Outflow<W>,
    ) -> Result<(), Error> {
        let path = path.join(as_path(name.base));
        let seen = match self.lister.see(origin, name.base, &path) {
            Ok(seen) => seen,
            Err(Unseen::NoReferent) => {
                let operand = origin.operand;
                take(
                    Note::NoReferent { operand, path },
                    self.teller,
                    &mut self.fatal,
                );
                return Ok(());
            }
            Err(Unseen::Error(e)) => {
                self.teller.unseen(origin.operand, &path, &e);
                return Ok(());
            }
        };
        let seen_stat = match &origin.seat {
            Seat::Here(dir) if self.copies(seen.stat.kind) => {
                content_of_device(dir, (name.base, seen.followed), seen.stat)
            }
            _ => seen.stat,
        };
        let opened = match &origin.seat {
            // Attributes are those of what the link leads to.
            Seat::Here(dir) if seen.followed && self.keeping.reads() => {
                dir.open_target_file(name.base).ok()
            }
            _ => None,
        };
        let object = match &opened {
            Some(file) => Some(Object::Open(file)),
            None => origin.seat.object_of(name.base),
        };
        let stat = self.claimed(object, seen_stat, origin.operand, &path)?;
        let mut target = None;
        if stat.kind == Kind::Symlink {
            let is_file = seen.stat.kind == Kind::File;
            match self.lister.target(&origin.seat, name.base, is_file) {
                Ok(to) if !self.writer.can_tell_target(&to) => {
                    self.teller.unspoken_target(origin.operand, &path);
                    return Ok(());
                }
                Ok(to) => target = Some(to),
                Err(e) => {
                    self.teller.unread_link(origin.operand, &path, &e);
                    return Ok(());
                }
            }
        }
        let link = self.fields.hard_links
            && (stat.nlink > 1
                // Where every file tells its numbers, zeros would make links of all that are alone.
                || (self.dialect.protocol.number() < 28 && stat.kind == Kind::File));
        let entry = Entry {
            size: match stat.kind {
                Kind::File | Kind::Symlink => stat.size,
                _ => 0,
            },
            device: stat.kind.is_device().then_some(Device {
                major: stat.rdev.0,
                minor: stat.rdev.1,
            }),
            target: target.as_deref(),
            link: match link {
                true => Link::Inode {
                    dev: u64::from(stat.dev.0) << 32 | u64::from(stat.dev.1),
                    ino: stat.ino,
                },
                false => Link::Alone,
            },
            checksum: sum.as_ref().map(Digest::as_bytes),
            ..self.plain(name, &stat)
        };
        let Some(sent) = self.attributes(object, &stat, origin.operand, &path) else {
            return Ok(());
        };
        if self.write(&entry, &sent, place(origin.operand, seen.followed)?, to)? {
            self.teller.tally.listed(stat.kind, stat.size);
        }
        Ok(())
    }

    /// Writes what a directory is, without entering it; false if it takes no part, or has no name on the way.
    pub(super) fn outlook<W: Write>(
        &mut self,
        path: &Path,
        sources: &[Origin],
        name: Name<'_>,
        to: &mut Outflow<W>,
    ) -> Result<bool, Error> {
        let path = path.join(as_path(name.base));
        match self.lister.outlook(&path, sources, name.base) {
            Ok((stat, kind)) => {
                // Before protocol 30 there is no way to tell that nothing but the name counts.
                let passes = kind == DirKind::Implied
                    && self.lister.options.select.no_implied_dirs
                    && self.dialect.protocol < Protocol::V30;
                if passes {
                    return Ok(true);
                }
                let operand = sources[0].operand;
                let is_link = |dir: &Dir| dir.stat(name.base).is_ok_and(|stat| !stat.is_dir());
                let followed = match &sources[0].seat {
                    Seat::Here(dir) if self.keeping.reads() && is_link(dir) => {
                        dir.open_target_dir(name.base).ok()
                    }
                    _ => None,
                };
                let object = match &followed {
                    Some(dir) => Some(Object::Open(dir.as_file())),
                    None => sources[0].seat.object_of(name.base),
                };
                let stat = self.claimed(object, stat, operand, &path)?;
                let Some(sent) = self.attributes(object, &stat, operand, &path) else {
                    return Ok(false);
                };
                self.directory(name, &stat, (kind, &sent), place(operand, false)?, to)
            }
            Err(Unseen::NoReferent) => Ok(false),
            Err(Unseen::Error(e)) => {
                let want = self.lister.missing(&sources[0], name.base);
                if want.itself {
                    let place = place(0, false)?;
                    let _ = self.write(&Entry::new(name, 0), &Sent::default(), place, to)?;
                }
                // Where lists come one by one there is none to hang what is below it on.
                let is_lost = want.below && self.dialect.incremental();
                if want == Want::default() || is_lost {
                    self.teller.unseen(sources[0].operand, &path, &e);
                }
                Ok(want.below && !is_lost)
            }
        }
    }

    /// False if it has no name on the way.
    pub(super) fn directory<W: Write>(
        &mut self,
        name: Name<'_>,
        stat: &Stat,
        (kind, sent): (DirKind, &Sent),
        place: Place,
        to: &mut Outflow<W>,
    ) -> Result<bool, Error> {
        let entry = Entry {
            dir: kind,
            size: stat.size,
            ..self.plain(name, stat)
        };
        let is_written = self.write(&entry, sent, place, to)?;
        if is_written {
            self.teller.tally.listed(Kind::Dir, 0);
        }
        Ok(is_written)
    }

    /// What an object claims to be, where notes of that count, and whose it is said to be.
    pub(super) fn claimed(
        &self,
        object: Option<Object<'_>>,
        stat: Stat,
        operand: usize,
        path: &Path,
    ) -> Result<Stat, Error> {
        let mut stat = match object.filter(|_| self.keeping.is_fake()) {
            Some(object) => {
                let shown = || self.teller.source_path(operand, path);
                Claim::of(object, stat, shown)?.stat
            }
            None => stat,
        };
        if let Some(owner) = self.lister.options.adjust.owned.get(path) {
            (stat.uid, stat.gid) = *owner;
        }
        Ok(stat)
    }

    /// The ACLs and extended attributes of an entry. `None` where they could not be read: that is told, and the entry
    /// is left out.
    pub(super) fn attributes(
        &self,
        object: Option<Object<'_>>,
        stat: &Stat,
        operand: usize,
        path: &Path,
    ) -> Option<Sent> {
        let Some(object) = object.filter(|_| self.keeping.any()) else {
            return Some(Sent::default());
        };
        let rules = &self.lister.options.rules;
        match self.keeping.read_sent(object, stat, rules) {
            Ok(sent) => Some(sent),
            Err((name, e)) => {
                self.teller.unreadable(operand, path, &name, &e);
                None
            }
        }
    }

    /// What every entry tells.
    fn plain<'n>(&self, name: Name<'n>, stat: &Stat) -> Entry<'n> {
        let chmod = &self.lister.options.adjust.chmod;
        let changed = match stat.kind {
            Kind::Symlink => stat.mode,
            _ => chmod.apply(stat.mode, stat.is_dir(), process::take_umask()),
        };
        let mode = kind_bits(stat.kind) | (changed & 0o7777) as u16;
        Entry {
            mtime: stat.mtime.sec,
            nsec: stat.mtime.nsec,
            atime: stat.atime.sec,
            uid: stat.uid,
            gid: stat.gid,
            ..Entry::new(name, mode)
        }
    }

    /// Writes an entry; false, which is told, if its name has no form on the way (`--iconv`).
    pub(super) fn write<W: Write>(
        &mut self,
        entry: &Entry<'_>,
        sent: &Sent,
        place: Place,
        to: &mut Outflow<W>,
    ) -> Result<bool, Error> {
        let attached = sent.attached();
        let is_written = self.writer.write(entry, attached, &mut LocalNames, to)?;
        match is_written {
            true => self.places.push(place),
            false => self.teller.unspoken(&entry.name.to_vec()),
        }
        Ok(is_written)
    }
}

/// The type as it travels in modes.
fn kind_bits(kind: Kind) -> u16 {
    match kind {
        Kind::File => 0o100_000,
        Kind::Dir => 0o040_000,
        Kind::Symlink => 0o120_000,
        Kind::CharDevice => 0o020_000,
        Kind::BlockDevice => 0o060_000,
        Kind::Fifo => 0o010_000,
        Kind::Socket => 0o140_000,
    }
}

pub(super) fn place(operand: usize, followed: bool) -> Result<Place, Error> {
    let too_many = |_| Error::Select("more source operands than a session can hold".into());
    let operand = u16::try_from(operand).map_err(too_many)?;
    Ok(Place { operand, followed })
}

/// Names of ids as this system has them.
pub(super) struct LocalNames;

impl NameIds for LocalNames {
    fn name(&mut self, kind: IdKind, id: u32) -> Option<Vec<u8>> {
        match kind {
            IdKind::User => users::user_name(id),
            IdKind::Group => users::group_name(id),
        }
    }
}
