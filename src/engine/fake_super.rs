//! `--fake-super`: what only the super-user could give to an object is noted in an extended attribute of
//! it, and read from there. A link's target is the content of a file then, other specials are empty files.
//!
//! The note reads `MODE MAJOR,MINOR UID:GID`, the mode in octal with the bits of its type, the rest in
//! decimal. There is none where the object itself says as much.

use std::io::{self, Read, Write};
use std::path::PathBuf;

use rustix::fs::FileType;

use super::error::{Error, shown};
use super::worker::Worker;
use crate::sys::xattrs::Edit;
use crate::sys::{Dir, Kind, Object, Stat, process};
use crate::tree::MetaChange;

/// The attribute that holds the note.
const NOTE: &[u8] = b"user.rsync.%stat";
/// The longest target of a link, in bytes (`PATH_MAX`).
const LONGEST_TARGET: u64 = 4096;

/// What an object says that it is.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    pub stat: Stat,
    note: Option<Box<[u8]>>,
}

impl Claim {
    /// What the object itself is.
    pub(super) fn none(stat: Stat) -> Claim {
        Claim { stat, note: None }
    }

    /// What an object says that it is.
    ///
    /// # Errors
    /// Its note makes no sense.
    pub(super) fn of(
        object: Object<'_>,
        stat: Stat,
        path: impl Fn() -> PathBuf,
    ) -> Result<Claim, Error> {
        Claim::read(object, stat).map_err(|value| Error::CorruptNote {
            path: shown(&path()),
            value,
        })
    }

    /// Reads an object's note, if it has one.
    fn read(object: Object<'_>, stat: Stat) -> Result<Claim, String> {
        if !matches!(stat.kind, Kind::File | Kind::Dir) {
            return Ok(Claim::none(stat));
        }
        // What may not be read is as it is.
        let Ok(Some(note)) = object.get(NOTE) else {
            return Ok(Claim::none(stat));
        };
        match decode(&note, &stat) {
            Some(claimed) => Ok(Claim {
                stat: claimed,
                note: Some(note),
            }),
            None => Err(crate::tree::shown(crate::sys::as_path(&note)).to_string()),
        }
    }
}

fn decode(note: &[u8], stat: &Stat) -> Option<Stat> {
    let text = std::str::from_utf8(note).ok()?;
    let mut words = text.split(' ');
    let (mode, rdev, owner) = (words.next()?, words.next()?, words.next()?);
    let mode = u32::from_str_radix(mode, 8).ok()?;
    let pair = |text: &str, between: char| -> Option<(u32, u32)> {
        let (a, b) = text.split_once(between)?;
        Some((a.parse().ok()?, b.parse().ok()?))
    };
    let (uid, gid) = pair(owner, ':')?;
    words.next().is_none().then_some(Stat {
        kind: Kind::from_file_type(FileType::from_raw_mode(mode))?,
        mode: mode & 0o7777,
        uid,
        gid,
        rdev: pair(rdev, ',')?,
        ..*stat
    })
}

fn encode(stat: &Stat) -> Box<[u8]> {
    let kind = match stat.kind {
        Kind::File => FileType::RegularFile,
        Kind::Dir => FileType::Directory,
        Kind::Symlink => FileType::Symlink,
        Kind::CharDevice => FileType::CharacterDevice,
        Kind::BlockDevice => FileType::BlockDevice,
        Kind::Fifo => FileType::Fifo,
        Kind::Socket => FileType::Socket,
    };
    let mode = kind.as_raw_mode() | stat.mode;
    let (major, minor) = match stat.kind.is_device() {
        true => stat.rdev,
        false => (0, 0),
    };
    let (uid, gid) = (stat.uid, stat.gid);
    format!("{mode:o} {major},{minor} {uid}:{gid}")
        .into_bytes()
        .into()
}

/// The permission bits that an object really gets: its owner can always work with it.
fn real_mode(stat: &Stat) -> u32 {
    let owner = if stat.is_dir() { 0o700 } else { 0o600 };
    stat.mode & 0o777 | owner
}

/// Turns a change to what `source` is into what can be done without privileges. `live` is what is there, as
/// it claims to be and as it is; none where the object is made.
pub(super) fn noted(
    change: MetaChange,
    source: &Stat,
    live: Option<(&Claim, &Stat)>,
) -> MetaChange {
    if change.mode.is_none() && change.uid.is_none() && change.gid.is_none() {
        return change;
    }
    let (before, owner) = match live {
        Some((claim, real)) => (claim.stat, (real.uid, real.gid)),
        None => {
            let (uid, gid) = (process::uid(), process::gid());
            (
                Stat {
                    uid,
                    gid,
                    ..*source
                },
                (uid, gid),
            )
        }
    };
    let claimed = Stat {
        mode: change.mode.unwrap_or(before.mode),
        uid: change.uid.unwrap_or(before.uid),
        gid: change.gid.unwrap_or(before.gid),
        ..before
    };
    let mode = real_mode(&claimed);
    let is_so = matches!(claimed.kind, Kind::File | Kind::Dir)
        && mode == claimed.mode
        && owner == (claimed.uid, claimed.gid);
    let edit = Edit {
        name: NOTE.into(),
        old: live.and_then(|(claim, _)| claim.note.clone()),
        new: (!is_so).then(|| encode(&claimed)),
    };
    let mut edits = change.xattrs.map(Vec::from).unwrap_or_default();
    if edit.old != edit.new {
        edits.push(edit);
    }
    MetaChange {
        mode: Some(mode),
        uid: None,
        gid: None,
        xattrs: (!edits.is_empty()).then(|| edits.into()),
        ..change
    }
}

/// Makes what stands for a special object: a file with a link's target, else an empty one.
pub(super) fn make(dir: &Dir, name: &[u8], link: Option<&[u8]>) -> io::Result<()> {
    let mut file = dir.create_file(name, 0o600)?;
    file.write_all(link.unwrap_or_default())
}

/// The target of a link, which may be one by its claim only.
pub(super) fn read_target(dir: &Dir, name: &[u8], is_file: bool) -> io::Result<Vec<u8>> {
    if !is_file {
        return dir.read_link(name);
    }
    let mut target = Vec::new();
    let file = dir.open_file(name)?;
    file.take(LONGEST_TARGET).read_to_end(&mut target)?;
    Ok(target)
}

impl Worker<'_> {
    /// What an object claims to be; what it is, without `--fake-super`.
    ///
    /// # Errors
    /// The note makes no sense.
    pub(super) fn claim(
        &self,
        object: Object<'_>,
        stat: Stat,
        path: impl Fn() -> PathBuf,
    ) -> Result<Claim, Error> {
        match self.run.planner.keeping.is_fake() {
            true => Claim::of(object, stat, path),
            false => Ok(Claim::none(stat)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(mode: u32) -> Stat {
        let dir = Dir::open(std::path::Path::new(".")).expect("a directory");
        let stat = dir.stat_self().expect("its metadata");
        let (uid, gid) = (process::uid(), process::gid());
        Stat {
            kind: Kind::File,
            mode,
            uid,
            gid,
            rdev: (1, 3),
            ..stat
        }
    }

    /// Notes as rsync 3.5.0 writes them.
    #[test]
    fn notes_are_rsyncs() {
        let base = Stat {
            uid: 1234,
            gid: 4321,
            ..file(0o4755)
        };
        let device = Stat {
            kind: Kind::CharDevice,
            mode: 0o600,
            uid: 0,
            gid: 0,
            ..base
        };
        for (stat, note) in [
            (base, "104755 0,0 1234:4321"),
            (device, "20600 1,3 0:0"),
            (
                Stat {
                    kind: Kind::Fifo,
                    mode: 0o644,
                    ..device
                },
                "10644 0,0 0:0",
            ),
            (
                Stat {
                    kind: Kind::Symlink,
                    mode: 0o777,
                    ..device
                },
                "120777 0,0 0:0",
            ),
        ] {
            assert_eq!(&*encode(&stat), note.as_bytes());
            let read = decode(note.as_bytes(), &base).expect(note);
            assert_eq!((read.kind, read.mode), (stat.kind, stat.mode));
            assert_eq!((read.uid, read.gid), (stat.uid, stat.gid));
        }
        for damaged in ["zork", "100644 0,0", "100644 0,0 0:0 1", "9 0,0 0:0", ""] {
            assert!(decode(damaged.as_bytes(), &base).is_none(), "{damaged}");
        }
    }

    #[test]
    fn what_needs_no_note_gets_none() {
        let change = |mode, uid| MetaChange {
            mode: Some(mode),
            uid,
            ..MetaChange::default()
        };
        let plain = noted(change(0o644, None), &file(0o644), None);
        assert_eq!((plain.mode, plain.xattrs), (Some(0o644), None));
        let closed = noted(change(0o400, Some(7)), &file(0o400), None);
        assert_eq!((closed.mode, closed.uid), (Some(0o600), None));
        let edits = closed.xattrs.expect("a note");
        assert!(
            edits[0]
                .new
                .as_ref()
                .is_some_and(|note| note.starts_with(b"100400 0,0 7:"))
        );
    }
}
