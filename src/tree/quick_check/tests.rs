//! Windows as recorded, and attributes against what the real rsync itemizes.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, lchown, symlink};
use std::path::Path;
use std::process::Command;

use filetime::{FileTime, set_symlink_file_times};
use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};

use super::*;

const SOURCE: Time = Time {
    sec: 1_000_000_000,
    nsec: 500_000_000,
};

/// A time that many tenths of a second from 1,000,000,000.
fn tenths(n: i64) -> Time {
    Time {
        sec: 1_000_000_000 + n.div_euclid(10),
        nsec: u32::try_from(n.rem_euclid(10)).expect("a digit") * 100_000_000,
    }
}

/// Recorded with rsync: window, time at the destination, the same, left alone by `-u`.
#[test]
fn windows_are_as_in_rsync() {
    for (window, n, same, newer) in [
        (0, -1, false, false),
        (0, 0, true, false),
        (0, 4, true, false),
        (0, 5, true, false),
        (0, 9, true, false),
        (0, 10, false, true),
        (1, -20, false, false),
        (1, -10, true, false),
        (1, 0, true, true),
        (2, -21, false, false),
        (2, -11, true, false),
        (2, -1, true, true),
        (2, 29, true, true),
        (2, 30, false, true),
        (-1, 4, false, false),
        (-1, 5, true, false),
        (-1, 6, false, false),
        (-1, 10, false, false),
        (-1, 29, false, true),
        (-3, 30, false, false),
        (-3, 40, false, true),
    ] {
        let tolerance = Tolerance::new(window);
        let dest = tenths(n);
        assert_eq!(tolerance.same(SOURCE, dest), same, "{window} {n}");
        assert_eq!(tolerance.same(dest, SOURCE), same, "{window} {n}");
        assert_eq!(tolerance.newer(dest, SOURCE), newer, "{window} {n}");
    }
}

#[test]
fn the_ends_of_time_do_not_overflow() {
    let at = |sec| Time { sec, nsec: 0 };
    let (first, last) = (at(i64::MIN), at(i64::MAX));
    for window in [i64::MIN, -1, 0, 1] {
        assert!(!Tolerance::new(window).same(first, last));
    }
    assert!(Tolerance::new(0).newer(last, first));
    assert!(Tolerance::new(1).newer(first, first));
    assert!(!Tolerance::new(i64::MAX).newer(first, last));
}

#[test]
fn a_user_without_privileges_gives_only_own_groups() {
    let source = stat(Path::new("/"));
    let dest = Stat {
        uid: source.uid + 1,
        gid: source.gid + 1,
        ..source
    };
    let told = |powers: &Powers| {
        let found = differences(&source, &dest, &everything(), Tolerance::default(), powers);
        (found.owner, found.group)
    };
    assert_eq!(told(&Powers::Any), (true, true));
    assert_eq!(told(&Powers::Groups(vec![7, source.gid])), (false, true));
    assert_eq!(told(&Powers::Groups(vec![source.gid + 1])), (false, false));
}

/// Some file systems keep permissions of a link; they mean nothing and cannot be set.
#[test]
fn a_link_has_no_permissions() {
    let told = |kind| {
        let source = Stat {
            kind,
            mode: 0o755,
            ..stat(Path::new("/"))
        };
        let dest = Stat {
            mode: 0o777,
            ..source
        };
        differences(
            &source,
            &dest,
            &everything(),
            Tolerance::default(),
            &Powers::Any,
        )
        .perms
    };
    assert!(!told(Kind::Symlink));
    assert!(told(Kind::File) && told(Kind::Dir) && told(Kind::Fifo));
}

fn everything() -> Preserve {
    Preserve {
        links: true,
        perms: true,
        owner: true,
        group: true,
        times: true,
        devices: true,
        specials: true,
        ..Preserve::default()
    }
}

fn stat(path: &Path) -> Stat {
    let meta = fs::symlink_metadata(path).expect("an object");
    let kind = match meta.file_type() {
        t if t.is_dir() => Kind::Dir,
        t if t.is_symlink() => Kind::Symlink,
        t if t.is_fifo() => Kind::Fifo,
        t if t.is_socket() => Kind::Socket,
        t if t.is_char_device() => Kind::CharDevice,
        t if t.is_block_device() => Kind::BlockDevice,
        _ => Kind::File,
    };
    Stat {
        kind,
        mode: meta.mode() & 0o7777,
        uid: meta.uid(),
        gid: meta.gid(),
        size: meta.size(),
        mtime: Time {
            sec: meta.mtime(),
            nsec: u32::try_from(meta.mtime_nsec()).expect("below 1e9"),
        },
        atime: Time::default(),
        ctime: Time::default(),
        btime: Time::default(),
        rdev: (0, 0),
        dev: (0, 0),
        ino: meta.ino(),
        nlink: 1,
        blocks: 0,
    }
}

fn powers() -> Powers {
    if rustix::process::geteuid().is_root() {
        return Powers::Any;
    }
    let mut groups: Vec<u32> = rustix::process::getgroups()
        .expect("groups")
        .iter()
        .map(|gid| gid.as_raw())
        .collect();
    groups.push(rustix::process::getegid().as_raw());
    Powers::Groups(groups)
}

/// What differs between the objects that a name has in the two trees.
const VARIANTS: [&str; 6] = ["same", "time", "nanos", "perms", "owner", "group"];

/// Makes `kind-variant` below `dir`; `changed` gives it its variant. What needs privileges is left as it is.
fn make(dir: &Path, kind: &str, variant: &str, changed: bool) {
    let path = dir.join(format!("{kind}-{variant}"));
    let node = |kind, device| {
        let mode = Mode::from_raw_mode(0o640);
        mknodat(CWD, &path, kind, mode, device).is_ok()
    };
    let made = match kind {
        "file" => fs::write(&path, b"equal").is_ok(),
        "dir" => fs::create_dir(&path).is_ok(),
        "link" => symlink("nowhere", &path).is_ok(),
        "fifo" => node(FileType::Fifo, 0),
        "socket" => node(FileType::Socket, 0),
        "char" => node(FileType::CharacterDevice, makedev(1, 3)),
        _ => node(FileType::BlockDevice, makedev(7, 9)),
    };
    if !made {
        assert!(!rustix::process::geteuid().is_root(), "{}", path.display());
        return;
    }
    if changed && (variant == "owner" || variant == "group") {
        let (uid, gid) = (variant == "owner", variant == "group");
        let done = lchown(&path, uid.then_some(4321), gid.then_some(4321)).is_ok();
        assert!(done || !rustix::process::geteuid().is_root());
    }
    if kind != "link" {
        let mode = if changed && variant == "perms" {
            0o1755
        } else {
            0o750
        };
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(mode))
            .expect("a mode");
    }
    let time = match (changed, variant) {
        (true, "time") => FileTime::from_unix_time(1_000_000_007, 5),
        (true, "nanos") => FileTime::from_unix_time(1_000_000_000, 6),
        _ => FileTime::from_unix_time(1_000_000_000, 5),
    };
    set_symlink_file_times(&path, time, time).expect("a time");
}

/// The names that rsync would change, each with its `t`, `p`, `o` and `g`.
fn itemized(options: &[&str], from: &Path, to: &Path) -> BTreeMap<String, Differences> {
    let out = Command::new("rsync")
        .args(["-rlDin", "--out-format=%i %n"])
        .args(options)
        .args([from.join(""), to.join("")])
        .output()
        .expect("these tests need rsync");
    assert!(out.status.success(), "{out:?}");
    let text = String::from_utf8(out.stdout).expect("plain names");
    let read = |line: &str| {
        let (flags, name) = line.split_once(' ').expect("flags and a name");
        let flag = |c| flags[2..].contains(c);
        let found = Differences {
            time: flag('t'),
            atime: flag('u'),
            perms: flag('p'),
            owner: flag('o'),
            group: flag('g'),
        };
        (name.trim_end_matches('/').to_string(), found)
    };
    text.lines()
        .map(read)
        .filter(|(name, found)| name != "." && found.any())
        .collect()
}

#[test]
fn attributes_differ_where_rsync_itemizes_them() {
    let scratch = tempfile::tempdir().expect("a directory");
    let [from, to] = ["from", "to"].map(|name| scratch.path().join(name));
    for (dir, changed) in [(&from, false), (&to, true)] {
        fs::create_dir(dir).expect("a directory");
        for kind in ["file", "dir", "link", "fifo", "socket", "char", "block"] {
            VARIANTS
                .iter()
                .for_each(|variant| make(dir, kind, variant, changed));
        }
    }
    let off = Preserve {
        perms: false,
        owner: false,
        group: false,
        times: false,
        ..everything()
    };
    let every = everything();
    for (options, preserve, window) in [
        (&["-ptog"][..], every, 0),
        (&["-ptog", "-@-1"], every, -1),
        (&["-ptog", "-@6"], every, 6),
        (&["-ptog", "-@7"], every, 7),
        (&["-p"], Preserve { perms: true, ..off }, 0),
        (&["-t"], Preserve { times: true, ..off }, 0),
        (&["-o"], Preserve { owner: true, ..off }, 0),
        (&["-g"], Preserve { group: true, ..off }, 0),
        (&[], off, 0),
    ] {
        let theirs = itemized(options, &from, &to);
        let mut ours = BTreeMap::new();
        for entry in fs::read_dir(&from).expect("a directory") {
            let name = entry.expect("an entry").file_name();
            let [source, dest] = [&from, &to].map(|dir| stat(&dir.join(&name)));
            let found = differences(&source, &dest, &preserve, Tolerance::new(window), &powers());
            if found.any() {
                ours.insert(name.into_string().expect("a plain name"), found);
            }
        }
        assert_eq!(ours, theirs, "{options:?}");
        assert!(options.is_empty() == ours.is_empty() || !rustix::process::geteuid().is_root());
    }
}
