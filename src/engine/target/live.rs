//! The live destination as a target (`--commit=direct`): rsync's classic way, a temporary name and a
//! rename for every file.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

mod temporary;
mod waiting;

use super::{Fault, Ground, NewFile, Place, Target, ends_the_run, out_of_room};
use crate::engine::backup::Old;
use crate::engine::error::Error;
use crate::engine::node::Node;
use crate::engine::options::Partial;
use crate::stage::{self, Names, Salvage};
use crate::sys::{Dir, Kind, Object, Stat, Time, process};
use crate::tree::{Lack, MetaChange, give};

use waiting::Waiting;

pub(in crate::engine) use temporary::TempDir;

/// Longest name that the systems at hand allow, in bytes.
const NAME_MAX: usize = 255;

/// What an owner needs to work in a directory.
const OWNER: u32 = 0o700;

/// Whether this process may not work in a directory for want of permission.
fn lacks(stat: &Stat) -> bool {
    stat.mode & OWNER != OWNER && !process::is_root()
}

/// Writes straight into the destination.
pub(in crate::engine) struct Live {
    /// The destination's root; it exists.
    pub root: Dir,
    ways: Ways,
    waiting: Waiting,
    serial: AtomicU64,
}

/// The ways of a classic run with files on their way to their names.
#[derive(Default)]
pub(in crate::engine) struct Ways {
    /// A new file is written under its own name.
    pub in_place: bool,
    /// What becomes of half a file.
    pub partial: Partial,
    /// Whole files wait in the partial directory until the end.
    pub delay: bool,
    /// Where files are written, instead of the directory that they belong to.
    pub temp_dir: Option<TempDir>,
    /// Directories keep the times that they were given.
    pub keeps_times: bool,
}

impl Live {
    pub(in crate::engine) fn new(root: Dir, ways: Ways) -> Live {
        let seed = u64::from(std::process::id()) << 32;
        Live {
            root,
            ways,
            waiting: Waiting::default(),
            serial: AtomicU64::new(seed),
        }
    }

    /// A name like rsync's `.NAME.XXXXXX` that nobody else uses.
    fn temporary(&self, name: &[u8]) -> Vec<u8> {
        self.temporary_in(name, !name.starts_with(b"."))
    }

    fn temporary_in(&self, name: &[u8], hidden: bool) -> Vec<u8> {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        let now = std::time::UNIX_EPOCH
            .elapsed()
            .map_or(0, |d| d.as_nanos() as u64);
        let mut bits = twox_hash::XxHash64::oneshot(now, &serial.to_le_bytes());
        let mut temporary = Vec::with_capacity(name.len() + 8);
        if hidden {
            temporary.push(b'.');
        }
        temporary.extend_from_slice(name);
        temporary.truncate(NAME_MAX - 7);
        temporary.push(b'.');
        for _ in 0..6 {
            temporary.push(LETTERS[(bits % LETTERS.len() as u64) as usize]);
            bits /= LETTERS.len() as u64;
        }
        temporary
    }

    /// Makes an object under a temporary name and moves it over `name`.
    fn replace(
        &self,
        dir: &Dir,
        name: &[u8],
        old: Option<&Stat>,
        make: impl Fn(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let Some(old) = old else { return make(name) };
        let temporary = self.temporary(name);
        make(&temporary)?;
        self.put(dir, &temporary, name, Some(old)).inspect_err(|_| {
            let _ = dir.unlink(&temporary);
        })
    }

    fn put(&self, dir: &Dir, temporary: &[u8], name: &[u8], old: Option<&Stat>) -> io::Result<()> {
        if old.is_some_and(Stat::is_dir) {
            dir.remove_dir(name)?;
        }
        dir.rename(temporary, dir, name)
    }
}

impl Target for Live {
    fn begin(&self) -> Result<(), Error> {
        Ok(())
    }

    fn has_begun(&self) -> bool {
        true
    }

    fn is_private(&self) -> bool {
        false
    }

    fn place(&self, node: &Node) -> Result<Place, Fault> {
        let dir = match &node.live {
            Some(dir) => {
                if let Some(stat) = node.live_stat.filter(lacks) {
                    dir.set_own_mode(stat.mode | OWNER)?;
                }
                dir.reopen()?
            }
            None => self.root.open_beneath(node.target_path())?,
        };
        Ok(Place::new(Ground::Live(dir, node.path.clone()))?)
    }

    fn next_dir(&self, _path: &Path) -> Option<Dir> {
        None
    }

    fn open_live(&self, parent: &Dir, name: &[u8], stat: &Stat) -> io::Result<Dir> {
        if lacks(stat) {
            parent.set_mode(name, stat.mode | OWNER)?;
        }
        parent.open_dir(name)
    }

    fn make_dir(&self, parent: &Place, name: &[u8], old: Option<&Stat>) -> Result<(), Fault> {
        if old.is_some() {
            parent.dir().unlink(name)?;
        }
        match parent.dir().make_dir(name, 0o700) {
            // It came meanwhile, for backups.
            Err(e)
                if e.kind() == io::ErrorKind::AlreadyExists
                    && parent.dir().stat(name).is_ok_and(|stat| stat.is_dir()) =>
            {
                Ok(())
            }
            made => Ok(made?),
        }
    }

    fn new_file(
        &self,
        place: &Place,
        name: &[u8],
        mode: u32,
        old: Option<&Stat>,
    ) -> Result<NewFile, Fault> {
        if self.ways.in_place && old.is_none() {
            let file = place.dir().create_file(name, mode)?;
            let temporary = None;
            return Ok(NewFile { file, temporary });
        }
        if let Some(temp_dir) = &self.ways.temp_dir {
            return temp_dir.new_file(self.temporary_in(name, false), mode);
        }
        let temporary = self.temporary(name);
        match place.dir().create_file(&temporary, mode) {
            Ok(file) => Ok(NewFile {
                file,
                temporary: Some(temporary),
            }),
            Err(source) => Err(Fault::Temporary {
                name: temporary,
                source,
            }),
        }
    }

    fn salvage(
        &self,
        _place: &Place,
        _name: &[u8],
        _size: u64,
        _mtime: Time,
    ) -> Result<Salvage, Fault> {
        Ok(Salvage::None)
    }

    fn abandon(
        &self,
        place: &Place,
        name: &[u8],
        new: NewFile,
        old: Option<&Stat>,
        change: &MetaChange,
        why: &io::Error,
    ) {
        // Written in place, it stays as it is.
        let Some(temporary) = &new.temporary else {
            return;
        };
        let ends = ends_the_run(why) || out_of_room(why);
        if ends && self.keep_part(place, name, &new, old, change) {
            return;
        }
        let _ = match &self.ways.temp_dir {
            Some(temp_dir) => temp_dir.dir.unlink(temporary),
            None => place.dir().unlink(temporary),
        };
    }

    fn conclude(&self) -> Vec<(PathBuf, io::Error)> {
        self.end_waiting()
    }

    fn finish_file(
        &self,
        place: &Place,
        name: &[u8],
        temporary: Option<&[u8]>,
        _new: Option<&Stat>,
        old: Option<&Stat>,
    ) -> Result<(), Fault> {
        let Some(temporary) = temporary else {
            return Ok(());
        };
        if self.ways.delay {
            return Ok(self.wait(place, temporary, name)?);
        }
        let here = self.fetch(place, temporary, name)?;
        Ok(self.put(place.dir(), &here, name, old)?)
    }

    fn make_node(
        &self,
        place: &Place,
        name: &[u8],
        _new: Option<&Stat>,
        old: Option<&Stat>,
        make: &dyn Fn(&Dir, &[u8]) -> io::Result<bool>,
    ) -> Result<(), Fault> {
        Ok(self.replace(place.dir(), name, old, |name| {
            make(place.dir(), name).map(drop)
        })?)
    }

    fn link(
        &self,
        leader: &Path,
        place: &Place,
        name: &[u8],
        old: Option<&Stat>,
    ) -> Result<(), Fault> {
        use std::os::unix::ffi::OsStrExt;
        let parent = self
            .root
            .open_beneath(leader.parent().unwrap_or(Path::new("")))?;
        let from = leader.file_name().unwrap_or_default().as_bytes();
        if self.waits(leader) {
            return Ok(self.wait_as_link(&parent, from, place, name)?);
        }
        Ok(self.replace(place.dir(), name, old, |name| {
            parent.link(from, place.dir(), name)
        })?)
    }

    fn link_from(
        &self,
        from: &Dir,
        place: &Place,
        name: &[u8],
        _new: &Stat,
        old: Option<&Stat>,
    ) -> Result<bool, Fault> {
        let linked = self.replace(place.dir(), name, old, |temporary| {
            from.link(name, place.dir(), temporary)
        });
        match linked {
            Err(e) if stage::may_be_copied(&e) => Ok(false),
            other => Ok(other.map(|()| true)?),
        }
    }

    fn keep(
        &self,
        old: Old<'_>,
        place: &Place,
        name: &[u8],
        there: Option<&Stat>,
    ) -> Result<(), Fault> {
        if there.is_some_and(|there| there.same_object(old.stat)) {
            return Ok(());
        }
        let object = (old.dir, old.name, old.stat);
        let keep = |as_name: &[u8]| match old.written_over {
            true => stage::second_copy(object, place.dir(), as_name),
            false => stage::second_name(object, place.dir(), as_name),
        };
        Ok(self.replace(place.dir(), name, there, keep)?)
    }

    fn keep_outside(
        &self,
        _base: &stage::BackupPlace,
        _path: &Path,
        _to: &Path,
    ) -> Result<bool, Fault> {
        Ok(false)
    }

    fn touch(
        &self,
        place: &Place,
        name: &[u8],
        old: &Stat,
        change: &MetaChange,
        _names: Names,
    ) -> Result<Vec<Lack>, Fault> {
        Ok(give(Object::Name(place.dir(), name), old.kind, change)?)
    }

    fn remove_entry(&self, dir: &Dir, path: &Path, old: &Stat) -> Result<(), Fault> {
        use std::os::unix::ffi::OsStrExt;
        let name = path.file_name().unwrap_or_default().as_bytes();
        let remove = || match old.is_dir() {
            true => dir.remove_dir(name),
            false => dir.unlink(name),
        };
        match remove() {
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
                let mode = dir.stat_self()?.mode | OWNER;
                dir.set_own_mode(mode).map_err(|_| e)?;
                Ok(remove()?)
            }
            done => Ok(done?),
        }
    }

    fn removed_whole(&self, _parent: &Path, _name: &[u8], _old: &Stat) -> Result<(), Fault> {
        Ok(())
    }

    fn spare(&self, _removed: &[PathBuf]) -> Result<(), Error> {
        Ok(())
    }

    fn finish_dir(
        &self,
        node: &Node,
        place: Option<&Place>,
        change: &MetaChange,
    ) -> Result<Vec<Lack>, Fault> {
        let own;
        let dir = match (place, &node.live) {
            (Some(place), _) => place.dir(),
            (None, Some(live)) => live,
            (None, None) => {
                own = self.root.open_beneath(node.target_path())?;
                &own
            }
        };
        // What was lent to the owner for the work is taken back.
        let lent = node.live_stat.filter(|stat| place.is_some() && lacks(stat));
        let mut change = MetaChange {
            mode: change.mode.or(lent.map(|stat| stat.mode)),
            ..change.clone()
        };
        // What failed left the time as it was: then there is nothing to put back.
        if let Some(mtime) = change.mtime
            && dir.stat_self()?.mtime == mtime
        {
            change.mtime = None;
        }
        Ok(give(Object::Open(dir.as_file()), Kind::Dir, &change)?)
    }
}
