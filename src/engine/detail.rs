//! What only some reports want to know of an entry: found out only for them.

use std::fs::File;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::delta::{BlockLimit, Checksum, Digest, Shape};
use crate::sys::{Kind, Stat};

use super::compare::read_through;
use super::event::{Action, Changes, Details, Event, Item};
use super::sources::Origin;
use super::worker::Worker;

/// The entry that a worker deals with, as far as its events cannot tell.
#[derive(Clone, Default)]
pub(super) struct About {
    /// The source operand that it belongs to.
    pub operand: usize,
    /// The checksum of its content, where it was found out.
    pub checksum: Option<String>,
}

impl About {
    /// An entry of this source of which nothing else is known yet.
    pub(super) fn of(origin: &Origin) -> About {
        About {
            operand: origin.operand,
            checksum: None,
        }
    }
}

/// What the transfer of a file took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Traffic {
    /// Bytes of content that were read from the source and not found in an old file.
    pub moved: u64,
    /// Size of the old file in which blocks were looked for; 0 where none was.
    pub basis: u64,
    /// Whether there was a transfer at all.
    pub any: bool,
}

impl Traffic {
    /// Bytes of the block sums that rsync's generator sends for such a transfer: four numbers, and a weak
    /// and a strong sum of each block.
    fn sums(self, checksum: Checksum) -> u64 {
        if !self.any {
            return 0;
        }
        let shape = Shape::for_basis(self.basis, BlockLimit::Modern, checksum.digest_len());
        16 + u64::from(shape.count()) * (4 + shape.strong_len() as u64)
    }
}

impl Worker<'_> {
    /// Details of an entry, where somebody wants them.
    pub(super) fn details(
        &self,
        path: &Path,
        stat: &Stat,
        traffic: Traffic,
    ) -> Option<Box<Details>> {
        if !self.run.wants.details {
            return None;
        }
        let keep = &self.run.options.preserve;
        Some(Box::new(Details {
            source: match &self.run.far {
                // Nobody told where it lies there.
                Some(_) => path.to_owned(),
                None => long_name(&self.run.source_path(self.about.operand, path)),
            },
            mode: stat.mode,
            mtime: stat.mtime,
            owner: keep.owner.then_some(stat.uid),
            group: keep.group.then_some(stat.gid),
            moved: traffic.moved,
            sums: traffic.sums(self.run.options.compare.sums.transfer),
            checksum: self.about.checksum.clone(),
        }))
    }

    /// Tells that a file's content is in place.
    pub(super) fn arrived(&mut self, path: &Path, stat: &Stat, changes: Changes, traffic: Traffic) {
        if !self.run.wants.arrivals {
            return;
        }
        let details = self.details(path, stat, traffic);
        self.tell(Event::Arrived(Item {
            path: path.to_owned(),
            kind: stat.kind,
            action: Action::Transfer,
            changes,
            size: stat.size,
            link: None,
            details,
        }));
    }

    /// The checksum that `-c` compares by, of a file that is looked at, where somebody wants it.
    pub(super) fn sum_compared(&mut self, kind: Kind, file: impl FnOnce() -> io::Result<File>) {
        let compare = &self.run.options.compare;
        if self.run.wants.checksum && compare.checksum && kind == Kind::File {
            self.sum_up(compare.sums.compare, file);
        }
    }

    /// The checksum that a peer tells of a file.
    pub(super) fn sum_told(&mut self, sum: Option<Vec<u8>>) {
        let Some(far) = self.run.far.filter(|_| self.run.wants.checksum) else {
            return;
        };
        let digest = sum.as_deref().and_then(Digest::from_bytes);
        let checksum = far.dialect.checksums.listing;
        if let Some(digest) = digest {
            self.about.checksum = Some(checksum.hex(&digest));
        }
    }

    /// The checksum of a file whose content was transferred, or in a dry run would be, where somebody wants
    /// it.
    pub(super) fn sum_transferred(&mut self, file: Option<&File>) {
        let compare = &self.run.options.compare;
        if !self.run.wants.checksum || compare.checksum {
            return;
        }
        match file {
            Some(file) => self.sum_up(compare.sums.transfer, || file.try_clone()),
            None => {
                let digits = compare.sums.transfer.digest_len() * 2;
                self.about.checksum = Some("0".repeat(digits));
            }
        }
    }

    /// A failure leaves the checksum unknown, and shows elsewhere.
    fn sum_up(&mut self, checksum: Checksum, file: impl FnOnce() -> io::Result<File>) {
        let summed = file().and_then(|file| sum(checksum, &file));
        self.about.checksum = summed.ok().flatten();
    }
}

/// The checksum of all of a file.
fn sum(checksum: Checksum, file: &File) -> io::Result<Option<String>> {
    let Some(mut sum) = checksum.stream() else {
        return Ok(None);
    };
    read_through(file, |piece| sum.update(piece))?;
    Ok(Some(checksum.hex(&sum.finish())))
}

/// rsync's long form of a name: no slash in front and no `./`; a directory's content is `DIR/.`.
pub(super) fn long_name(path: &Path) -> PathBuf {
    let inner: PathBuf = path
        .components()
        .filter(|part| !matches!(part, Component::RootDir | Component::CurDir))
        .collect();
    let bytes = path.as_os_str().as_encoded_bytes();
    let content = bytes.ends_with(b"/") || bytes.ends_with(b"/.");
    match (inner.as_os_str().is_empty(), content) {
        (true, _) => PathBuf::from("."),
        (_, true) => inner.join("."),
        _ => inner,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_rsyncs() {
        for (path, name) in [
            ("s/b/x", "s/b/x"),
            ("s/", "s/."),
            ("s/.", "s/."),
            ("./s/a", "s/a"),
            ("/tmp/s/a", "tmp/s/a"),
            ("../s/a", "../s/a"),
            ("s/./b/x", "s/b/x"),
            ("./", "."),
        ] {
            assert_eq!(long_name(Path::new(path)), PathBuf::from(name), "{path}");
        }
    }
}
