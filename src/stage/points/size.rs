//! How much room points take, together and each by itself.

use std::collections::HashMap;

use super::manifest::Manifest;
use super::series::{Series, walk};
use super::stamp::Stamp;
use crate::stage::error::Error;

/// A point and the room that it takes.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Sized {
    /// Its name.
    pub name: Stamp,
    /// Whether its source could be read whole; none where nobody wrote it down.
    pub complete: Option<bool>,
    /// `latest` names it.
    pub latest: bool,
    /// Names below it.
    pub entries: u64,
    /// Bytes on the disk of all that is in it.
    pub bytes: u64,
    /// Bytes that its deletion would free: what no other point has, nor anybody else.
    pub own_bytes: u64,
}

/// An inode of the points.
struct Shared {
    bytes: u64,
    names: u32,
    seen: u32,
    /// The point that it was seen in last; the only one, if `is_of_many` is not set.
    point: usize,
    is_of_many: bool,
}

/// The points of a directory with the room that they take, oldest first.
///
/// # Errors
/// [`Error::Io`].
pub fn sizes(series: &Series) -> Result<Vec<Sized>, Error> {
    let latest = series.latest()?;
    let mut sized = Vec::new();
    let mut inodes: HashMap<(u64, (u32, u32)), Shared> = HashMap::new();
    for (number, point) in series.points()?.iter().enumerate() {
        let path = series.path_of(point.stamp);
        let mut this = Sized {
            name: point.stamp,
            complete: point.complete,
            latest: latest == Some(point.stamp),
            entries: 0,
            bytes: 0,
            own_bytes: 0,
        };
        let tree = series.tree(point.stamp)?;
        walk(&tree, &path, &Manifest::default(), &mut |_, stat| {
            this.entries += 1;
            let bytes = stat.allocated();
            if stat.is_dir() || stat.nlink <= 1 {
                this.bytes += bytes;
                this.own_bytes += bytes;
                return;
            }
            let shared = inodes.entry((stat.ino, stat.dev)).or_insert(Shared {
                bytes,
                names: stat.nlink,
                seen: 0,
                point: usize::MAX,
                is_of_many: false,
            });
            if shared.point != number {
                shared.is_of_many = shared.seen > 0;
                shared.point = number;
                this.bytes += bytes;
            }
            shared.seen += 1;
        })?;
        sized.push(this);
    }
    for shared in inodes.values() {
        if !shared.is_of_many && shared.seen >= shared.names {
            sized[shared.point].own_bytes += shared.bytes;
        }
    }
    Ok(sized)
}
