//! `--remove-source-files`: what arrived is removed from the source; directories stay.
//!
//! What may go is written down, and looked at once more on both sides when the run is at its end: with a
//! stage, when the switch is made. A crash in between leaves files on both sides, never on none; the next run
//! finds them up to date and removes them. A directory of the source is not entered through a symbolic link.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::sys::{Dir, Kind, Stat, as_path, lock};

use super::decide::Decision;
use super::error::Error;
use super::event::{Event, Severity};
use super::leaf::Leaf;
use super::node::Node;
use super::options::SourceRemoval;
use super::run::Run;
use super::sources::Origin;
use super::worker::Worker;

/// Bytes of the list that are kept in memory.
const BUFFER: usize = 256 * 1024;

/// What may be removed once the switch is made.
#[derive(Default)]
pub(super) struct Departures(Mutex<List>);

#[derive(Default)]
struct List {
    buffer: Vec<u8>,
    spilled: Option<File>,
}

/// A file of the source that has arrived.
struct Departure {
    operand: u32,
    /// Whether the destination must have it by then: not so where an alternate directory does.
    arrives: bool,
    /// What a symbolic link of the source leads to is what was read.
    followed: bool,
    id: Identity,
    /// Within the transfer, as the source has it and as the destination does.
    path: PathBuf,
    target: PathBuf,
}

/// What tells that a name still stands for the file that was read.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Identity {
    dev: (u32, u32),
    ino: u64,
    size: u64,
    mtime: (i64, u32),
}

impl Identity {
    fn of(stat: &Stat) -> Identity {
        Identity {
            dev: stat.dev,
            ino: stat.ino,
            size: stat.size,
            mtime: (stat.mtime.sec, stat.mtime.nsec),
        }
    }
}

impl Departure {
    fn encode(&self, out: &mut Vec<u8>) {
        let id = &self.id;
        out.extend_from_slice(&self.operand.to_le_bytes());
        out.push(u8::from(self.arrives) | u8::from(self.followed) << 1);
        for word in [id.dev.0, id.dev.1, id.mtime.1] {
            out.extend_from_slice(&word.to_le_bytes());
        }
        for word in [id.ino, id.size, id.mtime.0.cast_unsigned()] {
            out.extend_from_slice(&word.to_le_bytes());
        }
        for path in [&self.path, &self.target] {
            let bytes = path.as_os_str().as_bytes();
            out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
            out.extend_from_slice(bytes);
        }
    }

    fn read(from: &mut dyn Read) -> io::Result<Option<Departure>> {
        let mut head = [0; 5];
        match from.read_exact(&mut head) {
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            other => other?,
        }
        let [dev0, dev1, nsec] = [u32_of(from)?, u32_of(from)?, u32_of(from)?];
        let [ino, size, sec] = [u64_of(from)?, u64_of(from)?, u64_of(from)?];
        let mut path = || -> io::Result<PathBuf> {
            let mut bytes = Vec::new();
            let len = u64_of(from)?;
            (&mut *from).take(len).read_to_end(&mut bytes)?;
            Ok(as_path(&bytes).to_owned())
        };
        Ok(Some(Departure {
            operand: u32::from_le_bytes([head[0], head[1], head[2], head[3]]),
            arrives: head[4] & 1 != 0,
            followed: head[4] & 2 != 0,
            id: Identity {
                dev: (dev0, dev1),
                ino,
                size,
                mtime: (sec.cast_signed(), nsec),
            },
            path: path()?,
            target: path()?,
        }))
    }
}

fn u32_of(from: &mut dyn Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    from.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

fn u64_of(from: &mut dyn Read) -> io::Result<u64> {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

impl Departures {
    fn add(&self, departure: &Departure) -> io::Result<()> {
        let mut list = lock(&self.0);
        departure.encode(&mut list.buffer);
        if list.buffer.len() < BUFFER {
            return Ok(());
        }
        let mut file = match list.spilled.take() {
            Some(file) => file,
            None => Dir::open(&std::env::temp_dir())?.create_unnamed()?,
        };
        file.write_all(&list.buffer)?;
        list.buffer.clear();
        list.spilled = Some(file);
        Ok(())
    }
}

impl Worker<'_> {
    /// An entry is dealt with, as was decided; where it has `arrived`, its source may go.
    pub(super) fn depart(
        &mut self,
        leaf: &Leaf,
        node: &Node,
        origin: &Origin,
        decision: Decision,
        arrived: bool,
    ) -> Result<(), Error> {
        let Some(removal) = self.run.options.remove_source else {
            return Ok(());
        };
        let kind = leaf.stat.kind;
        let goes = match (decision, removal) {
            (Decision::Skip(_), _) => false,
            (Decision::Make(_), SourceRemoval::Sent) => {
                arrived && matches!(kind, Kind::File | Kind::Symlink)
            }
            (_, SourceRemoval::Sent) => false,
            (Decision::LeaveOut, _) => kind == Kind::File,
            // What is made anew by that directory's word goes, a link to what is in it does not.
            (Decision::Adopt(_), _) => {
                arrived && (kind == Kind::File || self.linked_basis(leaf).is_none())
            }
            _ => arrived,
        };
        // What was asked for goes when it has come.
        let is_awaited =
            self.run.far.is_some() && kind == Kind::File && matches!(decision, Decision::Make(_));
        match goes && !is_awaited {
            true => self.let_go(leaf, node, origin, decision != Decision::LeaveOut),
            false => Ok(()),
        }
    }

    /// A name became a link to a file that has arrived.
    pub(super) fn depart_link(&mut self, leaf: &Leaf, node: &Node) -> Result<(), Error> {
        match self.run.options.remove_source {
            Some(SourceRemoval::Synced) => {
                self.let_go(leaf, node, &node.sources[leaf.source], true)
            }
            _ => Ok(()),
        }
    }

    fn let_go(
        &mut self,
        leaf: &Leaf,
        node: &Node,
        origin: &Origin,
        arrives: bool,
    ) -> Result<(), Error> {
        if self.run.target.is_none() {
            return Ok(());
        }
        if let Some(far) = self.run.far {
            let index = origin
                .seat
                .there()
                .and_then(|listed| listed.index(&leaf.name));
            if let Some((ndx, _)) = index {
                self.has_come(far, ndx, node, leaf);
            }
            return Ok(());
        }
        let departure = Departure {
            operand: u32::try_from(origin.operand).unwrap_or(u32::MAX),
            arrives,
            followed: leaf.followed,
            id: Identity::of(&leaf.stat),
            path: leaf.path.clone(),
            target: node.child(&leaf.target_name),
        };
        let noted = self.run.departures.add(&departure);
        noted.map_err(|source| Error::File {
            action: "write the list of sources in",
            path: std::env::temp_dir(),
            source,
        })
    }
}

impl Run<'_> {
    /// Removes what was written down, now that the switch is made. What was to come to these `others` is not there:
    /// its source stays, and so do those of all that is below.
    pub(super) fn remove_sources(
        &self,
        others: &HashSet<&Path>,
        tell: &mut dyn FnMut(Event),
    ) -> io::Result<()> {
        let stays = |path: &Path| path.ancestors().any(|path| others.contains(path));
        if let Some(far) = self.far {
            let held = far.requests.hold_back(stays);
            held.iter()
                .for_each(|path| tell(self.not_removed_as("of file that is not there", path)));
            return Ok(());
        }
        let list = std::mem::take(&mut *lock(&self.departures.0));
        let (mut spilled, buffer) = (list.spilled, list.buffer);
        if let Some(file) = &mut spilled {
            file.seek(SeekFrom::Start(0))?;
        }
        let spilled: Box<dyn Read> = match spilled {
            Some(file) => Box::new(io::BufReader::new(file)),
            None => Box::new(io::empty()),
        };
        let mut from = spilled.chain(&buffer[..]);
        let (mut sources, mut targets) = (Handle::default(), Handle::default());
        while let Some(departure) = Departure::read(&mut from)? {
            let base = self.source_path(departure.operand as usize, Path::new(""));
            let found = sources.find(&base, &departure.path);
            let (dir, name) = match found {
                Ok(found) => found,
                Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
                Err(e) => {
                    tell(self.not_removed("secure-open-parent", &departure, &e));
                    continue;
                }
            };
            let there = targets.find(&self.destination.root, &departure.target);
            let there = there.and_then(|(dir, name)| dir.stat(name)).ok();
            let there = there.filter(|_| !stays(&self.at_target(&departure.target)));
            let events = self.remove_source(&departure, dir, name, there);
            events.into_iter().for_each(&mut *tell);
        }
        Ok(())
    }

    /// Removes one file of the source, if it is as it was and `there` tells that it has arrived.
    fn remove_source(
        &self,
        departure: &Departure,
        dir: &Dir,
        name: &[u8],
        there: Option<Stat>,
    ) -> Option<Event> {
        let refused = |why: &str| Some(self.not_removed_as(why, &departure.path));
        let seen = dir.look_up(as_path(name), departure.followed);
        // Somebody else removed it.
        let Ok(now) = seen else { return None };
        if Identity::of(&now) != departure.id {
            return refused("for changed file");
        }
        if there.is_some_and(|there| there.same_object(&now)) {
            return refused("of destination file");
        }
        let as_sent = |there: Stat| {
            there.kind.is_like(now.kind) && (now.kind != Kind::File || there.size == now.size)
        };
        if departure.arrives && !there.is_some_and(as_sent) {
            return refused("of file that is not there");
        }
        crate::sys::cut::point("source.remove");
        match dir.unlink(name) {
            Ok(()) => self
                .wants
                .source_removals
                .then(|| Event::SourceRemoved(departure.path.clone())),
            Err(e) => Some(self.not_removed("remove", departure, &e)),
        }
    }

    fn not_removed_as(&self, why: &str, path: &Path) -> Event {
        self.tally.set_partial();
        let shown = crate::tree::shown(path);
        let text = format!("ERROR: Skipping sender remove {why}: {shown}");
        let severity = Severity::Plain;
        Event::Message { severity, text }
    }

    fn not_removed(&self, what: &str, departure: &Departure, e: &io::Error) -> Event {
        self.tally.set_partial();
        let path = crate::tree::shown(&departure.path);
        let reason = crate::sys::reason(e);
        Event::Message {
            severity: Severity::Error,
            text: format!("sender failed to {what} {path}: {reason}"),
        }
    }
}

/// The directory that was asked for last.
#[derive(Default)]
struct Handle(Option<(PathBuf, Dir)>);

impl Handle {
    /// The directory below `base` that holds a path, and the name in it; no link leads there.
    fn find<'h>(&'h mut self, base: &Path, path: &'h Path) -> io::Result<(&'h Dir, &'h [u8])> {
        let parent = path.parent().unwrap_or(Path::new(""));
        let name = path.file_name().unwrap_or_default().as_bytes();
        let whole = base.join(parent);
        if self.0.as_ref().is_none_or(|(last, _)| *last != whole) {
            let dir = Dir::open(base)?.open_beneath(parent)?;
            self.0 = Some((whole, dir));
        }
        match &self.0 {
            Some((_, dir)) => Ok((dir, name)),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }
}
