//! Files that are there as deltas, made whole again.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use digest::Digest;
use sha2::Sha256;

use super::coding;
use super::manifest::{Manifest, SUFFIX, Sum, Whole};
use super::series::{Series, WHOLE, hidden_name};
use super::stamp::Stamp;
use crate::stage::attrs::finish_copy;
use crate::stage::error::{Doing, Error};
use crate::stage::layout::TMP;
use crate::stage::level::{Keeper, Obstacle, level};
use crate::stage::lock::Locks;
use crate::stage::policy::Policy;
use crate::stage::reading::read_through;
use crate::stage::site::Site;
use crate::stage::survey::file_name;
use crate::sys::sparse::{Ground, set_len, write_with_holes};
use crate::sys::{self, Dir, Stat, as_path};

/// Bytes that are moved at a time.
pub(super) const STEP: usize = 256 << 10;

/// A file of a point, or what was made of its deltas.
pub(super) struct Content {
    pub file: File,
    /// Its name in [`TMP`], if it had to be made.
    pub made: Option<Vec<u8>>,
}

/// A file, and deltas with what each gives.
type Chain = (File, Vec<(File, Whole)>);

fn not_whole(path: PathBuf) -> Error {
    Error::Damaged {
        path,
        what: "what its delta gives does not have the right checksum".to_owned(),
    }
}

/// The name of the delta in the place of a file.
pub(super) fn delta_name(name: &[u8]) -> Vec<u8> {
    [name, SUFFIX].concat()
}

impl Series {
    /// What the content of a file in the point number `at` of `all` is made of: a file, and deltas to be applied to
    /// it, the last first.
    fn chain(&self, all: &[Stamp], at: usize, path: &Path) -> Result<Chain, Error> {
        let (parent, name) = (path.parent().unwrap_or(Path::new("")), file_name(path));
        let mut chain: Vec<(File, Whole)> = Vec::new();
        let mut last: Option<Stat> = None;
        let mut basis = None;
        for stamp in &all[at..] {
            let told = self.path_of(*stamp).join(path);
            let Ok(dir) = self.tree(*stamp)?.open_beneath(parent) else {
                break;
            };
            match dir.open_file(name) {
                Ok(file) => {
                    basis = Some(file);
                    break;
                }
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => return Err(e).doing("open", told),
            }
            let delta = dir.open_file(&delta_name(name)).doing("open", &told)?;
            let stat = sys::stat_file(&delta).doing("look at", &told)?;
            if last.is_none_or(|last| !last.same_object(&stat)) {
                let manifest = Manifest::read(self.home.as_ref(), *stamp)?;
                let Some(whole) = manifest.0.get(path) else {
                    break;
                };
                chain.push((delta, *whole));
            }
            last = Some(stat);
        }
        match basis {
            Some(basis) => Ok((basis, chain)),
            None => Err(Error::Damaged {
                path: self.path_of(all[at]).join(path),
                what: "the file that its delta is against is missing".to_owned(),
            }),
        }
    }

    /// The content of a file as the point number `at` of `all` has it: itself, or made of its delta, of the
    /// file that this is against in the next point, and so on, verified by checksum.
    pub(super) fn content(&self, all: &[Stamp], at: usize, path: &Path) -> Result<Content, Error> {
        let (mut file, chain) = self.chain(all, at, path)?;
        let mut made = None;
        for (delta, whole) in chain.into_iter().rev() {
            let (next, name) = self.temporary()?;
            let told = self.path_of(all[at]).join(path);
            let sum = patch(&mut file, &delta, Some(&next)).doing("make whole", &told)?;
            let size = sys::stat_file(&next).doing("look at", &told)?.size;
            if (sum, size) != (whole.sum, whole.size) {
                return Err(not_whole(told));
            }
            if let Some(before) = made.replace(name) {
                self.forget(&before)?;
            }
            file = next;
        }
        Ok(Content { file, made })
    }

    /// The checksum of what the delta of a file gives in the point number `at` of `all`. On the way the deltas of
    /// later points are given back as well, and told of. It leaves nothing behind and needs no lock.
    pub(super) fn sum_of_delta(
        &self,
        all: &[Stamp],
        at: usize,
        path: &Path,
        tell: &mut dyn FnMut(&Stat, Sum),
    ) -> Result<Sum, Error> {
        let told = self.path_of(all[at]).join(path);
        let (mut file, mut chain) = self.chain(all, at, path)?;
        let first = match chain.is_empty() {
            // It was made whole meanwhile.
            true => return sum_of(&mut file).doing("read", &told),
            false => chain.remove(0),
        };
        let wrong = |e: io::Error| match e.raw_os_error() {
            Some(_) => Err::<(), _>(e).doing("make whole", &told).unwrap_err(),
            None => not_whole(told.clone()),
        };
        for (delta, whole) in chain.into_iter().rev() {
            let next = self.unnamed(path)?;
            let sum = patch(&mut file, &delta, Some(&next)).map_err(wrong)?;
            if sum != whole.sum {
                return Err(not_whole(told));
            }
            tell(&sys::stat_file(&delta).doing("look at", &told)?, sum);
            file = next;
        }
        let (delta, whole) = first;
        let sum = patch(&mut file, &delta, None).map_err(wrong)?;
        match sum == whole.sum {
            true => Ok(sum),
            false => Err(not_whole(told)),
        }
    }

    /// A file that nobody else sees, for what a file of this path is made of.
    fn unnamed(&self, path: &Path) -> Result<File, Error> {
        let home = self.home()?;
        let thread = std::thread::current().id();
        let name = format!(".sum-{}-{thread:?}", std::process::id()).into_bytes();
        let make = || {
            home.dir.remove_all(&name)?;
            let file = home.dir.create_file(&name, 0o600)?;
            home.dir.unlink(&name)?;
            Ok(file)
        };
        make().doing("make a file for", path)
    }

    /// A new file among the temporary ones.
    pub(super) fn temporary(&self) -> Result<(File, Vec<u8>), Error> {
        let tmp = self.home()?.sub_or_make(TMP)?;
        for number in 0.. {
            let name = number.to_string().into_bytes();
            match tmp.create_file(&name, 0o600) {
                Ok(file) => {
                    drop(file);
                    let file = tmp.open_file_rw(&name);
                    return Ok((file.doing("open a file in", &self.home()?.path)?, name));
                }
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(e).doing("make a file in", &self.home()?.path),
            }
        }
        unreachable!("the range has no end")
    }

    /// Removes a temporary file.
    pub(super) fn forget(&self, name: &[u8]) -> Result<(), Error> {
        let tmp = self.home()?.sub_or_make(TMP)?;
        tmp.remove_all(name)
            .doing("remove from", &self.home()?.path)
    }

    /// Puts whole files in the place of a delta, in the point number `at` of `all` and in those before it that
    /// have the same.
    pub(super) fn make_whole(
        &self,
        all: &[Stamp],
        at: usize,
        path: &Path,
        no_fsync: bool,
    ) -> Result<(), Error> {
        let (parent, name) = (path.parent().unwrap_or(Path::new("")), file_name(path));
        let told = self.path_of(all[at]).join(path);
        let dir = self.tree(all[at])?.open_beneath(parent);
        let delta = dir.and_then(|dir| dir.open_file(&delta_name(name)));
        let delta = delta.doing("open", &told)?;
        let stat = sys::stat_file(&delta).doing("look at", &told)?;
        let content = self.content(all, at, path)?;
        let Some(made) = content.made else {
            return Ok(());
        };
        finish_copy(&delta, &stat, &content.file).doing("set the attributes of", &told)?;
        if !no_fsync {
            content.file.sync_all().doing("make durable", &told)?;
        }
        let tmp = self.home()?.sub_or_make(TMP)?;
        let mut first = at;
        for before in (0..at).rev() {
            let dir = self.tree(all[before])?.open_beneath(parent);
            let there = dir.and_then(|dir| dir.try_stat(&delta_name(name)));
            if !matches!(there, Ok(Some(there)) if there.same_object(&stat)) {
                break;
            }
            first = before;
        }
        // The oldest first: what is a delta still is against what the next point has.
        for stamp in &all[first..=at] {
            let dir = self.tree(*stamp)?.open_beneath(parent);
            let dir = dir.doing("open the directory of", &told)?;
            sys::cut::point("points.whole");
            let put = within(&dir, |dir| {
                dir.remove_all(name)?;
                tmp.link(&made, dir, name)?;
                dir.unlink(&delta_name(name))
            });
            put.doing("put the whole file in place of", &told)?;
            let mut manifest = Manifest::read(self.home.as_ref(), *stamp)?;
            manifest.0.remove(path);
            manifest.write(self.home()?, *stamp, no_fsync)?;
        }
        self.forget(&made)
    }

    /// Makes a tree out of sight that is the point with all its files whole; other files are shared.
    fn make_whole_tree(&self, stamp: Stamp) -> Result<(), Error> {
        let hidden = hidden_name(stamp, WHOLE);
        let told = self.path.join(as_path(&hidden));
        let make = || {
            self.dir.remove_all(&hidden)?;
            self.dir.make_dir(&hidden, 0o700)?;
            self.dir.open_dir(&hidden)
        };
        let tree = make().doing("make", &told)?;
        let levelled =
            level(&self.tree(stamp)?, &tree, &Nobody).map_err(|obstacle| match obstacle {
                Obstacle::Failed(_, e) => e,
                Obstacle::Impossible(why) => io::Error::other(why),
                Obstacle::Stopped => io::ErrorKind::Interrupted.into(),
            });
        levelled.doing("make", &told)?;
        let all = self.stamps()?;
        let at = all.iter().position(|other| *other == stamp).unwrap_or(0);
        for path in Manifest::read(self.home.as_ref(), stamp)?.0.keys() {
            let (parent, name) = (path.parent().unwrap_or(Path::new("")), file_name(path));
            let dir = tree.open_beneath(parent).doing("open", &told)?;
            let there = dir.try_stat(name).doing("look at", &told)?;
            if there.is_none() {
                let content = self.content(&all, at, path)?;
                let delta = dir.open_file(&delta_name(name)).doing("open", &told)?;
                let stat = sys::stat_file(&delta).doing("look at", &told)?;
                finish_copy(&delta, &stat, &content.file).doing("make", &told)?;
                if let Some(made) = content.made {
                    let tmp = self.home()?.sub_or_make(TMP)?;
                    let put = within(&dir, |dir| tmp.rename(&made, dir, name));
                    put.doing("make", &told)?;
                }
            }
            let gone = within(&dir, |dir| dir.remove_all(&delta_name(name)));
            gone.doing("make", &told)?;
        }
        Ok(())
    }
}

/// A point to be read with all its files whole. Runs and deletions are kept away as long as there is this: they make
/// deltas of files of a point, or remove it, which a reader would take for what the point has.
#[derive(Debug)]
pub struct WholeTree<'s> {
    series: &'s Series,
    stamp: Stamp,
    /// It is out of sight beside the point, and gone with this; else the point itself is whole.
    is_made: bool,
    _locks: Locks,
}

impl<'s> WholeTree<'s> {
    /// Makes one, which takes room for the files that are there as deltas, if there are such files.
    ///
    /// # Errors
    /// [`Error::Busy`], [`Error::Damaged`] where a delta does not give what it should, [`Error::Io`].
    pub fn of(series: &'s Series, stamp: Stamp, policy: &Policy) -> Result<Self, Error> {
        let _locks = Locks::take(&mut Site::resolve(&series.path, None)?, policy)?;
        // Asked behind the lock only: a run makes a whole point one with deltas.
        let is_made = !Manifest::read(series.home.as_ref(), stamp)?.0.is_empty();
        let tree = WholeTree {
            series,
            stamp,
            is_made,
            _locks,
        };
        if is_made {
            series.make_whole_tree(stamp)?;
        }
        Ok(tree)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        if !self.is_made {
            return self.series.path_of(self.stamp);
        }
        let name = hidden_name(self.stamp, WHOLE);
        self.series.path.join(as_path(&name))
    }
}

impl Drop for WholeTree<'_> {
    fn drop(&mut self) {
        if !self.is_made {
            return;
        }
        // What stays, the next run removes.
        let _ = self.series.dir.remove_all(&hidden_name(self.stamp, WHOLE));
        if let Some(home) = &self.series.home {
            let _ = home.drop(TMP);
        }
    }
}

/// What levelling finds in a new tree is nobody's.
struct Nobody;

impl Keeper for Nobody {
    fn leftover(&self, _dir: &Dir, _name: &[u8], _path: &Path) -> io::Result<()> {
        Ok(())
    }

    fn copied(&self, _path: &Path, _live: &Stat, _copy: &Stat) -> io::Result<()> {
        Ok(())
    }
}

/// Changes names in a directory, which looks as before afterwards.
pub(super) fn within(dir: &Dir, change: impl FnOnce(&Dir) -> io::Result<()>) -> io::Result<()> {
    let before = dir.stat_self()?;
    let is_closed = !dir.is_writable();
    if is_closed {
        dir.set_own_mode(before.mode | 0o700)?;
    }
    let changed = change(dir);
    if is_closed {
        dir.set_own_mode(before.mode)?;
    }
    sys::set_mtime(dir.as_file(), before.mtime)?;
    changed
}

/// Makes of a basis and a delta the file that they stand for, with holes; gives its checksum.
pub(super) fn patch(basis: &mut File, delta: &File, to: Option<&File>) -> io::Result<Sum> {
    let out = Out {
        to,
        at: 0,
        sum: Sha256::new(),
    };
    let mut out = BufWriter::with_capacity(STEP, out);
    coding::patch(basis, delta, &mut out)?;
    let out = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    if let Some(to) = to {
        set_len(to, out.at)?;
    }
    Ok(out.sum.finalize().into())
}

/// The checksum of a file.
pub(super) fn sum_of(file: &mut File) -> io::Result<Sum> {
    file.seek(SeekFrom::Start(0))?;
    sum_with(file, &mut vec![0; STEP])
}

/// The checksum of what is left, read by way of a buffer.
pub(super) fn sum_with(file: impl Read, buffer: &mut [u8]) -> io::Result<Sum> {
    let mut sum = Sha256::new();
    read_through(file, buffer, |bytes| sum.update(bytes))?;
    Ok(sum.finalize().into())
}

/// Writes a file, leaving zeros out, and sums it up.
struct Out<'t> {
    to: Option<&'t File>,
    at: u64,
    sum: Sha256,
}

impl Write for Out<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(to) = self.to {
            write_with_holes(to, bytes, self.at, Ground::Empty)?;
        }
        self.sum.update(bytes);
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
