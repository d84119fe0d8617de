//! What levelling must not throw away: files that an interrupted run staged, and what others wrote into
//! a generation that had its time.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use twox_hash::XxHash3_128;

use super::changes::{Ident, Record, Recorder};
use super::error::{Doing, Error};
use super::home::Home;
use super::journal::{Journal, Next, is_born_since};
use super::layout::{CHANGES, CHANGES_BEFORE, KEPT, SALVAGE, make_beneath};
use super::level::Keeper;
use super::staged::{self, StagedFile};
use crate::sys::{Dir, Kind, Stat, lock, process};

const HALF: &[u8] = b".half";

/// The name in `salvage/` of what was staged under a path.
pub(super) fn salvage_name(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    let hash = XxHash3_128::oneshot(path.as_os_str().as_bytes());
    format!("{hash:032x}").into_bytes()
}

/// The same for a part of a file, or for one that nobody vouches for.
pub(super) fn half_name(path: &Path) -> Vec<u8> {
    let mut name = salvage_name(path);
    name.extend_from_slice(HALF);
    name
}

/// Whether a name in `salvage/` is that of a part.
pub(super) fn is_half(name: &[u8]) -> bool {
    name.ends_with(HALF)
}

/// Moves to `salvage/` what an interrupted run staged.
struct Salvager {
    files: HashMap<Vec<u8>, StagedFile>,
    same_boot: bool,
    to: Dir,
}

impl Salvager {
    fn take(&self, dir: &Dir, name: &[u8], path: &Path) -> io::Result<()> {
        use std::os::unix::ffi::OsStrExt;
        let stat = dir.stat(name)?;
        if stat.kind != Kind::File || stat.size == 0 {
            return Ok(());
        }
        let logged = self.files.get(path.as_os_str().as_bytes());
        let complete = logged.is_some_and(|file| {
            (file.size, file.mtime) == (stat.size, stat.mtime) && (self.same_boot || file.durable)
        });
        if complete {
            crate::sys::cut::point("begin.salvage");
            dir.rename(name, &self.to, &salvage_name(path))
        } else if stat.nlink == 1 {
            crate::sys::cut::point("begin.salvage-half");
            dir.rename(name, &self.to, &half_name(path))
        } else {
            Ok(())
        }
    }
}

/// Keeps what others wrote into a former generation after it was switched away.
struct Heir {
    record: Record,
    /// When it was switched away, nanoseconds since 1970.
    since: i64,
    kept: PathBuf,
    home: Dir,
    named: Mutex<Vec<PathBuf>>,
}

impl Heir {
    fn take(&self, dir: &Dir, name: &[u8], path: &Path) -> io::Result<()> {
        let stat = dir.stat(name)?;
        // What has another name elsewhere is not lost.
        if stat.kind != Kind::File || stat.nlink > 1 {
            return Ok(());
        }
        let by_others = match self.record.get(path) {
            Some((Some(old), _)) => old != Ident::of(&stat),
            Some((None, _)) | None => is_born_since(&stat, self.since),
        };
        if !by_others {
            return Ok(());
        }
        let parent = path.parent().unwrap_or(Path::new(""));
        let to = make_beneath(&self.home, &self.kept.join(parent))?;
        crate::sys::cut::point("level.keep");
        dir.rename(name, &to, super::survey::file_name(path))?;
        let mut named = lock(&self.named);
        named.push(self.kept.join(path));
        Ok(())
    }
}

/// The keeper for what `next/` holds, with the record that copies go into.
pub(super) struct Keep<'a> {
    what: What,
    recorder: Option<&'a Recorder>,
}

enum What {
    Nothing,
    Staged(Salvager),
    Former(Heir),
}

impl<'a> Keep<'a> {
    /// As the journal says.
    pub fn new(
        home: &Home,
        journal: &Journal,
        recorder: Option<&'a Recorder>,
    ) -> Result<Keep<'a>, Error> {
        let what = match journal.next {
            Next::Level => What::Nothing,
            Next::Staged => match home.sub_or_make(SALVAGE) {
                Ok(to) => What::Staged(Salvager {
                    files: staged::read(home)?,
                    same_boot: journal.staged_boot == process::boot_id(),
                    to,
                }),
                // Not even room for a directory: what was staged goes, since nothing else may.
                Err(e) if is_full(&e) => What::Nothing,
                Err(e) => return Err(e),
            },
            Next::Former => {
                let dropped = journal.last.as_ref().is_some_and(|last| last.dropped);
                let age = if dropped { Age::Last } else { Age::Before };
                What::Former(heir(home, journal, age)?)
            }
        };
        Ok(Keep { what, recorder })
    }

    /// For a generation that goes whole, whatever the journal says of `next/`.
    pub fn former(home: &Home, journal: &Journal, age: Age) -> Result<Keep<'static>, Error> {
        Ok(Keep {
            what: What::Former(heir(home, journal, age)?),
            recorder: None,
        })
    }

    /// Where things of others are kept now, relative to the state.
    pub fn kept(self) -> Vec<PathBuf> {
        match self.what {
            What::Former(heir) => heir
                .named
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner),
            _ => Vec::new(),
        }
    }
}

/// Which switch took a generation out of its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Age {
    Last,
    /// The one before the last.
    Before,
}

fn is_full(e: &Error) -> bool {
    use io::ErrorKind::{QuotaExceeded, StorageFull};
    e.io()
        .is_some_and(|e| matches!(e.kind(), StorageFull | QuotaExceeded))
}

fn heir(home: &Home, journal: &Journal, age: Age) -> Result<Heir, Error> {
    let stamp = jiff::Timestamp::now().strftime("%Y%m%d-%H%M%S").to_string();
    let kept = Path::new(crate::sys::as_path(KEPT)).join(stamp);
    let last = journal.last.as_ref();
    let (name, since) = match age {
        Age::Last => (CHANGES, last.map(|last| last.at)),
        Age::Before => (CHANGES_BEFORE, last.and_then(|last| last.before_at)),
    };
    Ok(Heir {
        record: Record::load(home, name)?,
        since: since.unwrap_or(i64::MAX),
        kept,
        home: home.dir.reopen().doing("open the state", &home.path)?,
        named: Mutex::new(Vec::new()),
    })
}

impl Keeper for Keep<'_> {
    fn leftover(&self, dir: &Dir, name: &[u8], path: &Path) -> io::Result<()> {
        match &self.what {
            What::Nothing => Ok(()),
            What::Staged(salvager) => salvager.take(dir, name, path),
            What::Former(heir) => heir.take(dir, name, path),
        }
    }

    fn copied(&self, path: &Path, live: &Stat, copy: &Stat) -> io::Result<()> {
        match self.recorder {
            Some(recorder) => recorder.add(path, Some(Ident::of(live)), Some(Ident::of(copy))),
            None => Ok(()),
        }
    }
}

/// After another boot nothing that was salvaged before is vouched for any more.
pub(super) fn demote(salvage: &Dir) -> io::Result<()> {
    for item in salvage.list()?.iter() {
        if !is_half(item.name) {
            let half = [item.name, HALF].concat();
            salvage.rename(item.name, salvage, &half)?;
        }
    }
    Ok(())
}
