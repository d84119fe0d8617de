//! The eleven columns of `-i` and the lines that name an entry.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::style::Way;
use crate::engine::{Action, Item};
use crate::sys::Kind;
use crate::tree::{Charset, push_escaped};

/// The columns `YXcstpoguax` of one entry.
pub fn columns(item: &Item, way: Way) -> [u8; 11] {
    let c = &item.changes;
    let mut text = *b"...........";
    text[0] = match item.action {
        Action::Transfer if way == Way::Sends => b'<',
        Action::Transfer => b'>',
        Action::Create | Action::Adopt => b'c',
        Action::HardLink { .. } => b'h',
        Action::Attributes => b'.',
    };
    text[1] = letter(item.kind);
    if c.unknown {
        text[2..].fill(b'?');
    } else if c.new {
        text[2..].fill(b'+');
    } else if !c.any() && item.action != Action::Transfer {
        text[2..].fill(b' ');
    } else {
        let marks = [
            (c.value, b'c'),
            (c.size, b's'),
            (c.time || c.time_now, if c.time_now { b'T' } else { b't' }),
            (c.perms, b'p'),
            (c.owner, b'o'),
            (c.group, b'g'),
            (c.atime, b'u'),
            (c.acl, b'a'),
            (c.xattrs, b'x'),
        ];
        for (column, (set, mark)) in text[2..].iter_mut().zip(marks) {
            if set {
                *column = mark;
            }
        }
    }
    text
}

fn letter(kind: Kind) -> u8 {
    match kind {
        Kind::File => b'f',
        Kind::Dir => b'd',
        Kind::Symlink => b'L',
        Kind::CharDevice | Kind::BlockDevice => b'D',
        Kind::Fifo | Kind::Socket => b'S',
    }
}

/// Appends a path, with a slash behind it when it is a directory.
pub fn push_name(line: &mut Vec<u8>, path: &Path, kind: Kind, charset: Charset) {
    push_escaped(line, path.as_os_str().as_bytes(), charset);
    if kind == Kind::Dir {
        line.push(b'/');
    }
}

/// The arrow and the path of a symbolic link's target or of the leader of a hard link that was made or changed.
pub fn tail(item: &Item) -> Option<(&'static [u8], &Path)> {
    match (&item.action, &item.link) {
        (
            Action::HardLink {
                leader: Some(leader),
            },
            _,
        ) => Some((b" => ", leader)),
        (_, Some(target)) => Some((b" -> ", target)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Changes;

    fn item(kind: Kind, action: Action, changes: Changes) -> String {
        let item = Item {
            path: "x".into(),
            kind,
            action,
            changes,
            size: 0,
            link: None,
            details: None,
        };
        String::from_utf8(columns(&item, Way::Local).to_vec()).expect("columns are ASCII")
    }

    /// Situations and the columns that `rsync -i` printed for them.
    #[test]
    fn columns_are_rsyncs() {
        let none = Changes::default();
        let new = Changes { new: true, ..none };
        let value = Changes {
            value: true,
            ..none
        };
        let time = Changes { time: true, ..none };
        let size_time = Changes { size: true, ..time };
        let size_now = Changes {
            size: true,
            time_now: true,
            ..none
        };
        let perms = Changes {
            perms: true,
            ..none
        };
        let owner_group = Changes {
            owner: true,
            group: true,
            ..none
        };
        let link = Action::HardLink {
            leader: Some("y".into()),
        };
        use Action::{Attributes, Create, Transfer};
        for (kind, action, changes, text) in [
            (Kind::File, Transfer, new, ">f+++++++++"),
            (Kind::Dir, Create, new, "cd+++++++++"),
            (Kind::Symlink, Create, new, "cL+++++++++"),
            (Kind::Fifo, Create, new, "cS+++++++++"),
            (Kind::Socket, Create, new, "cS+++++++++"),
            (Kind::CharDevice, Create, new, "cD+++++++++"),
            (Kind::BlockDevice, Create, new, "cD+++++++++"),
            (Kind::File, link.clone(), new, "hf+++++++++"),
            (Kind::File, link.clone(), none, "hf         "),
            (Kind::File, link, time, "hf..t......"),
            (Kind::File, Transfer, size_time, ">f.st......"),
            (Kind::File, Transfer, time, ">f..t......"),
            (Kind::File, Transfer, none, ">f........."),
            (Kind::File, Transfer, value, ">fc........"),
            (Kind::File, Transfer, size_now, ">f.sT......"),
            (Kind::File, Attributes, perms, ".f...p....."),
            (Kind::File, Attributes, owner_group, ".f....og..."),
            (Kind::Dir, Attributes, time, ".d..t......"),
            (Kind::Symlink, Create, value, "cLc........"),
            (Kind::Symlink, Attributes, time, ".L..t......"),
            (Kind::File, Attributes, none, ".f         "),
            (Kind::Dir, Attributes, none, ".d         "),
        ] {
            assert_eq!(item(kind, action, changes), text);
        }
    }
}
