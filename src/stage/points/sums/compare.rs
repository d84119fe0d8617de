//! One entry as it was, and as it is.

use super::coding::Entry;
use crate::stage::finding::Wrong;

/// What is wrong with an entry, if anything is; `is_other` says that its content was read and is another.
pub(super) fn wrong(was: &Entry, is: &Entry, is_other: bool) -> Option<Wrong> {
    if was.kind != is.kind {
        return Some(Wrong::Type(is.kind));
    }
    let is_resized = was.size != is.size;
    if (is_other || is_resized) && was.mtime == is.mtime {
        return Some(Wrong::Corrupt { is_resized });
    }
    let differs: Vec<&'static str> = [
        (is_other || is_resized, "content"),
        (was.target != is.target, "target"),
        (was.rdev != is.rdev, "device"),
        (is_resized, "size"),
        (was.mtime != is.mtime, "time"),
        (was.mode != is.mode, "permissions"),
        (was.uid != is.uid, "owner"),
        (was.gid != is.gid, "group"),
    ]
    .into_iter()
    .filter_map(|(is_other, word)| is_other.then_some(word))
    .collect();
    match differs.first()? {
        &("content" | "target" | "device") => Some(Wrong::Changed(differs)),
        _ => Some(Wrong::Attributes(differs)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::{Kind, Time};

    #[test]
    fn what_shows_is_no_corruption() {
        let was = Entry {
            name: b"a".as_slice().into(),
            kind: Kind::File,
            mode: 0o644,
            uid: 1,
            gid: 2,
            mtime: Time { sec: 5, nsec: 6 },
            size: 7,
            target: Box::default(),
            rdev: (0, 0),
            sum: Some([1; 16]),
        };
        let with = |change: fn(&mut Entry)| {
            let mut is = was.clone();
            change(&mut is);
            is
        };
        let corrupt = |is_resized| Some(Wrong::Corrupt { is_resized });
        let changed = |words: &[&'static str]| Some(Wrong::Changed(words.to_vec()));
        for (is, is_other, expected) in [
            (with(|_| {}), false, None),
            (with(|_| {}), true, corrupt(false)),
            (with(|is| is.mode = 0o600), true, corrupt(false)),
            (
                with(|is| is.mtime.nsec = 0),
                true,
                changed(&["content", "time"]),
            ),
            (with(|is| is.size = 8), false, corrupt(true)),
            (
                with(|is| (is.size, is.mtime.nsec) = (8, 0)),
                false,
                changed(&["content", "size", "time"]),
            ),
            (
                with(|is| (is.uid, is.gid) = (3, 4)),
                false,
                Some(Wrong::Attributes(vec!["owner", "group"])),
            ),
            (
                with(|is| is.kind = Kind::Fifo),
                false,
                Some(Wrong::Type(Kind::Fifo)),
            ),
        ] {
            assert_eq!(wrong(&was, &is, is_other), expected);
        }
    }
}
