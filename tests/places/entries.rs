//! A tree that holds every kind of entry and attribute goes through its life under every method and on
//! several file systems: copied, left alone, changed, taken back, done again, deleted.
//!
//! What it has to be is read by a walker of the tests' own, and asked of the real rsync.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{FileExt, PermissionsExt, lchown, symlink};
use std::path::PathBuf;

use filetime::FileTime;
use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};

use crate::kit::{Mount, Room, assert_same, can_mount, is_root, kernel_tool, skip_unless};

const METHODS: [&str; 3] = ["direct", "journal", "swap"];

/// An ACL as the system stores it: tag, permissions, id of every entry.
fn acl(entries: &[(u16, u16, u32)]) -> Vec<u8> {
    let entry = |(tag, perms, id): &(u16, u16, u32)| {
        [
            &tag.to_le_bytes()[..],
            &perms.to_le_bytes(),
            &id.to_le_bytes(),
        ]
        .concat()
    };
    [vec![2, 0, 0, 0], entries.iter().flat_map(entry).collect()].concat()
}

/// `u::OWNER,u:USER:NAMED,g::GROUP,m::MASK,o::0`.
fn acl_of(owner: u16, user: u32, named: u16, group: u16, mask: u16) -> Vec<u8> {
    const NONE: u32 = u32::MAX;
    acl(&[
        (1, owner, NONE),
        (2, named, user),
        (4, group, NONE),
        (16, mask, NONE),
        (32, 0, NONE),
    ])
}

const ACCESS: &str = "system.posix_acl_access";
const DEFAULT: &str = "system.posix_acl_default";

/// Makes entries below a directory, with attributes that only the super-user can give where that is who runs.
struct Maker {
    root: PathBuf,
    is_super: bool,
}

impl Maker {
    fn at(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    fn file(&self, name: &str, content: &str) {
        let _ = fs::remove_file(self.at(name));
        fs::write(self.at(name), content).expect("a file");
    }

    fn dir(&self, name: &str) {
        fs::create_dir_all(self.at(name)).expect("a directory");
    }

    fn link(&self, name: &str, to: &str) {
        let _ = fs::remove_file(self.at(name));
        symlink(to, self.at(name)).expect("a link");
    }

    fn node(&self, name: &str, kind: FileType, mode: u32, numbers: (u32, u32)) {
        let device = makedev(numbers.0, numbers.1);
        let mode = Mode::from_raw_mode(mode);
        mknodat(CWD, self.at(name), kind, mode, device).expect("a node");
    }

    fn mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.at(name), fs::Permissions::from_mode(mode)).expect("a mode");
    }

    fn owner(&self, name: &str, user: u32, group: u32) {
        if self.is_super {
            lchown(self.at(name), Some(user), Some(group)).expect("an owner");
        }
    }

    fn attribute(&self, name: &str, attribute: &str, value: &[u8]) {
        if self.is_super || attribute.starts_with("user.") || attribute.starts_with("system.") {
            xattr::set(self.at(name), attribute, value).expect(attribute);
        }
    }

    fn drop_attribute(&self, name: &str, attribute: &str) {
        if self.is_super || attribute.starts_with("user.") || attribute.starts_with("system.") {
            xattr::remove(self.at(name), attribute).expect(attribute);
        }
    }

    fn time(&self, name: &str, sec: i64, nsec: u32) {
        let time = FileTime::from_unix_time(sec, nsec);
        filetime::set_symlink_file_times(self.at(name), time, time).expect("a time");
    }

    /// Every byte that a name can hold, alone and among others.
    fn names(&self) {
        self.dir("names");
        for byte in (1..=255).filter(|byte| *byte != b'/') {
            let named = |name: Vec<u8>| self.at("names").join(std::ffi::OsString::from_vec(name));
            if byte != b'.' {
                fs::write(named(vec![byte]), [byte]).expect("a file");
            }
            fs::create_dir(named(vec![b'd', byte, b'x'])).expect("a directory");
        }
        let long = "n".repeat(255);
        self.file(&format!("names/{long}"), "long");
        let wide = "\u{1F980}".repeat(63);
        self.dir(&format!("names/{wide}"));
        let mut deep = String::from("names");
        for _ in 0..12 {
            deep = format!("{deep}/{}", "p".repeat(200));
        }
        self.dir(&deep);
        self.file(&format!("{deep}/bottom"), "deep");
    }

    /// The first state of the tree.
    fn first(&self) {
        self.names();
        self.file("empty", "");
        self.file("text", "some text\n");
        let holes = File::create(self.at("holes")).expect("a file");
        holes.set_len(3 << 20).expect("a size");
        holes.write_all_at(b"in between", 1 << 20).expect("data");
        let mut large = File::create(self.at("large")).expect("a file");
        for block in 0..300u32 {
            large
                .write_all(&block.to_le_bytes().repeat(2048))
                .expect("data");
        }
        for (name, mode) in [
            ("m4711", 0o4711),
            ("m2750", 0o2750),
            ("m1644", 0o1644),
            ("m0400", 0o400),
        ] {
            self.file(name, name);
            self.owner(name, 11, 12);
            self.mode(name, mode);
        }
        for (name, mode) in [
            ("d2770", 0o2770),
            ("d1777", 0o1777),
            ("d0555", 0o555),
            ("d0700", 0o700),
        ] {
            self.dir(name);
            self.file(&format!("{name}/in"), name);
            self.owner(name, 13, 14);
            self.mode(name, mode);
        }
        self.links();
        self.nodes();
        self.attributes();
        for (name, sec) in [
            ("text", -1_234_567),
            ("empty", 0),
            ("holes", 4_102_444_800),
            ("m4711", 2_147_483_648),
        ] {
            self.time(name, sec, 123_456_789);
        }
        self.time("soft", 1_000_000_001, 5);
        self.time("d0700", -5, 999_999_999);
    }

    fn links(&self) {
        self.link("soft", "text");
        self.link("dangling", "/no/where/\u{e9}");
        self.owner("dangling", 21, 22);
        self.file("one", "one file");
        self.dir("links");
        for name in ["two", "links/three"] {
            fs::hard_link(self.at("one"), self.at(name)).expect("a hard link");
        }
        fs::hard_link(self.at("soft"), self.at("links/soft")).expect("a hard link");
    }

    fn nodes(&self) {
        self.node("pipe", FileType::Fifo, 0o640, (0, 0));
        self.node("socket", FileType::Socket, 0o600, (0, 0));
        if self.is_super {
            self.node("char", FileType::CharacterDevice, 0o666, (1, 3));
            self.node("block", FileType::BlockDevice, 0o660, (7, 200));
            self.owner("pipe", 31, 32);
            self.owner("char", 33, 34);
        }
    }

    fn attributes(&self) {
        for name in ["a-file", "a-dir/in"] {
            self.dir("a-dir");
            self.file(name, "with attributes");
        }
        for name in ["a-file", "a-dir", "one", "large"] {
            self.attribute(name, "user.plain", name.as_bytes());
            self.attribute(name, "user.empty", b"");
            self.attribute(name, "trusted.t", &[0, 255, 10]);
            self.attribute(name, "security.s", b"label");
        }
        self.attribute("a-file", "user.large", &[5; 2000]);
        let capability = b"\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
        self.owner("text", 15, 16);
        self.attribute("text", "security.capability", capability);
        for name in ["soft", "dangling", "pipe", "char", "block"]
            .iter()
            .filter(|_| self.is_super)
        {
            self.attribute(name, "trusted.t", name.as_bytes());
        }
        self.attribute("a-file", ACCESS, &acl_of(6, 1000, 4, 4, 6));
        self.attribute("one", ACCESS, &acl_of(7, 5, 1, 0, 5));
        self.attribute("a-dir", ACCESS, &acl_of(7, 1000, 5, 5, 5));
        self.attribute("a-dir", DEFAULT, &acl_of(7, 2000, 6, 1, 7));
        self.attribute("pipe", ACCESS, &acl_of(6, 1000, 6, 0, 6));
        // What the directory hands on does not reach what it was given before; this it does.
        self.file("a-dir/heir", "heir");
    }

    /// What changes then; times that follow from it are long ago, too.
    fn second(&self) {
        // Attributes only, of all kinds of entry.
        self.attribute("a-file", "user.plain", b"changed");
        self.attribute("a-file", "user.new", b"new");
        self.drop_attribute("a-file", "user.empty");
        self.attribute("a-file", ACCESS, &acl_of(6, 1000, 6, 0, 6));
        self.attribute("a-dir", "user.plain", b"changed too");
        self.attribute("a-dir", DEFAULT, &acl_of(7, 3000, 4, 5, 5));
        self.drop_attribute("a-dir/heir", ACCESS);
        self.attribute("one", "user.more", b"of all three names");
        self.drop_attribute("one", ACCESS);
        self.attribute("large", "user.plain", b"of a file that is not worth a copy");
        self.attribute("text", ACCESS, &acl_of(6, 9, 4, 4, 4));
        if self.is_super {
            self.attribute("soft", "trusted.t", b"links have them");
            self.drop_attribute("char", "trusted.t");
            self.attribute("a-dir", "security.s", b"other label");
        }
        // Metadata.
        self.owner("m2750", 41, 42);
        self.mode("m2750", 0o6755);
        self.mode("d0555", 0o1511);
        self.owner("dangling", 51, 52);
        self.time("empty", -2_000_000_000, 1);
        // Content, kinds, links.
        self.file("m0400", "more content");
        self.mode("m0400", 0o400);
        fs::remove_file(self.at("soft")).expect("removed");
        self.dir("soft");
        self.file("soft/in", "in");
        self.attribute("soft", "user.new", b"1");
        fs::remove_dir_all(self.at("d1777")).expect("removed");
        self.file("d1777", "a file now");
        fs::remove_file(self.at("two")).expect("removed");
        self.file("two", "one file");
        fs::hard_link(self.at("text"), self.at("links/text")).expect("a hard link");
        fs::remove_file(self.at("socket")).expect("removed");
        fs::remove_dir_all(self.at("names/d\u{1}x")).expect("removed");
        self.file("names/d new", "new");
    }

    /// Nothing is dated now: the quick check sees whole seconds.
    fn age(&self, sec: i64) {
        for entry in walkdir::WalkDir::new(&self.root).contents_first(true) {
            let entry = entry.expect("an entry");
            let meta = entry.path().symlink_metadata().expect("its metadata");
            let recent = FileTime::from_last_modification_time(&meta).seconds() > 1_700_000_000
                && entry.file_name() != "holes"
                && entry.file_name() != "m4711";
            if recent {
                let time = FileTime::from_unix_time(sec, 250_000_000);
                filetime::set_symlink_file_times(entry.path(), time, time).expect("a time");
            }
        }
    }
}

/// The tree's life by one method, source and destination below `base`.
fn lives(room: &Room, base: &str, method: &str, run: &dyn Fn(&str) -> crate::kit::Said) {
    let (source, dest) = (&format!("{base}s"), &format!("{base}d"));
    let maker = Maker {
        root: room.at(source),
        is_super: is_root() && room.exists("super"),
    };
    fs::create_dir(&maker.root).expect("a directory");
    maker.first();
    maker.age(1_000_000_000);
    let given = |room: &Room| {
        if !maker.is_super {
            room.sh(&format!("chown -hR 65534:65534 {source}"));
        }
    };
    given(room);
    let options = format!("-aHAX --delete --commit={method}");
    let agrees = || {
        assert_same(&room.tree(source), &room.tree(dest));
        // What needs no stage needs none of its state either.
        let rsync = format!("rsync -aHAXni --delete --exclude=.resilver {source}/ {dest}/");
        let said = room.sh(&rsync);
        assert_eq!(said.text(), "", "{said}");
    };
    run(&format!("{options} {source}/ {dest}/")).ok();
    agrees();
    run(&format!("{options} -i {source}/ {dest}/"))
        .ok()
        .silent();
    agrees();
    let before = room.tree(source);
    maker.second();
    maker.age(1_100_000_000);
    given(room);
    run(&format!("{options} {source}/ {dest}/")).ok();
    agrees();
    let after = room.tree(source);
    assert_ne!(before, after);
    run(&format!("{options} -i {source}/ {dest}/"))
        .ok()
        .silent();
    if method != "direct" {
        run(&format!("undo {dest}")).ok();
        assert_same(&before, &room.tree(dest));
        run(&format!("undo {dest}")).ok();
        assert_same(&after, &room.tree(dest));
    }
    room.sh(&format!(
        "mkdir none; chown --reference={source} none; touch -d @1 none"
    ));
    run(&format!("{options} none/ {dest}/")).ok();
    assert_eq!(room.tree(dest).len(), 1);
}

fn everywhere(room: &Room, base: &str, method: &str) {
    room.sh("touch super");
    lives(room, base, method, &|args| room.resilver(args));
}

#[test]
fn every_entry_on_tmpfs() {
    skip_unless!(
        is_root(),
        "needs root: devices, owners, attributes in trusted."
    );
    for method in METHODS {
        everywhere(&Room::new(), "", method);
    }
}

/// One's own entries, attributes and ACLs are kept by everybody.
#[test]
fn every_entry_of_a_plain_user() {
    skip_unless!(
        is_root() && kernel_tool("setpriv"),
        "needs root and setpriv"
    );
    for method in METHODS {
        let room = Room::new();
        room.sh("mkdir w; chown 65534:65534 . w");
        lives(&room, "w/", method, &|args| room.resilver_as_nobody(args));
    }
}

fn on_image(size: u64, make: &[&str]) {
    skip_unless!(can_mount(), "mounting needs root");
    for method in METHODS {
        let room = Room::new();
        let volume = Mount::image(room.at("m"), size, make, "");
        skip_unless!(volume.is_some(), "this file system is not to be had");
        // The source lies there as well: what can be kept, and how it is shown, differs.
        everywhere(&room, "m/", method);
    }
}

#[test]
fn every_entry_on_ext4() {
    on_image(64 << 20, &["mkfs.ext4", "-q", "-b", "4096"]);
}

#[test]
fn every_entry_on_xfs() {
    on_image(320 << 20, &["mkfs.xfs", "-q"]);
}

/// Attributes only: cut before each step that changes them, and taken up by the next run.
#[test]
fn changes_of_attributes_survive_cuts() {
    skip_unless!(is_root(), "needs root: attributes in trusted.");
    for (method, points) in [
        (
            "journal",
            &[
                "execute.touch:1",
                "execute.touch:3",
                "execute.dir:1",
                "switch.idle:1",
            ][..],
        ),
        (
            "swap",
            &[
                "stage.copy-up:1",
                "stage.copy-up:3",
                "switch.exchange:1",
                "rotate.old:1",
            ],
        ),
    ] {
        for point in points {
            cut(method, point);
        }
    }
}

fn cut(method: &str, point: &str) {
    let room = Room::new();
    let maker = Maker {
        root: room.at("s"),
        is_super: true,
    };
    fs::create_dir(&maker.root).expect("a directory");
    maker.links();
    maker.nodes();
    maker.file("text", "text");
    maker.file("large", &"large".repeat(500_000));
    maker.attributes();
    maker.age(1_000_000_000);
    let run = format!("-aHAX --commit={method} s/ d/");
    room.resilver(&run).ok();
    let before = room.tree("s");
    for (name, value) in [
        ("a-file", "1"),
        ("large", "2"),
        ("a-dir", "3"),
        ("one", "4"),
    ] {
        maker.attribute(name, "user.plain", value.as_bytes());
    }
    maker.attribute("soft", "trusted.t", b"changed");
    maker.attribute("a-file", ACCESS, &acl_of(6, 7, 6, 0, 6));
    maker.attribute("a-dir", DEFAULT, &acl_of(7, 7, 4, 5, 5));
    maker.drop_attribute("pipe", ACCESS);
    room.set("RESILVER_CUT", point);
    let died = room.resilver(&run);
    assert!(
        !(0..100).contains(&died.code),
        "{point} is never passed: {died}"
    );
    room.unset();
    if method == "swap" && point.starts_with("stage") {
        assert_same(&before, &room.tree("d"));
    }
    room.resilver(&run).ok();
    assert_same(&room.tree("s"), &room.tree("d"));
    room.resilver(&format!("-i {run}")).ok().silent();
}

/// What others do to a directory's attributes until the switch is there afterwards.
#[test]
fn late_attributes_of_directories_are_carried_over() {
    let room = Room::with(
        "mkdir -p s/dir s/ours s/far; echo x > s/dir/x; touch -d @1 s/dir s/ours s/far s",
    );
    let set = |path: &str, name: &str| xattr::set(room.at(path), name, b"1");
    skip_unless!(
        set("s/ours", "user.k").is_ok(),
        "attributes are not to be had"
    );
    room.resilver("-aAX --commit=swap s/ d/").ok();
    room.sh("echo y > s/y; touch -d @2 s");
    set("s/ours", "user.k2").expect("an attribute");
    let late = "cd d; setfattr -n user.late -v 1 dir; setfattr -n user.late -v 1 .; setfacl -d -m u:7:r far";
    skip_unless!(
        kernel_tool("setfattr") && kernel_tool("setfacl"),
        "needs setfattr and setfacl"
    );
    room.set("RESILVER_CUT", "commit.look");
    room.set("RESILVER_CUT_RUN", late);
    room.resilver("-aAX --commit=swap s/ d/").ok();
    room.unset();
    for (path, name) in [
        ("d/dir", "user.late"),
        ("d", "user.late"),
        ("d/far", DEFAULT),
        ("d/ours", "user.k2"),
        ("d/ours", "user.k"),
    ] {
        assert!(
            xattr::get(room.at(path), name).expect("a look").is_some(),
            "{path} {name}"
        );
    }
    assert!(room.exists("d/y"));
    room.resilver("undo d").ok();
    for (path, name, there) in [
        ("d/dir", "user.late", true),
        ("d/ours", "user.k2", false),
        ("d/ours", "user.k", true),
    ] {
        let found = xattr::get(room.at(path), name).expect("a look").is_some();
        assert_eq!(found, there, "{path} {name} after undo");
    }
}

/// What a run staged before it was cut has no more than the source has by now.
#[test]
fn staged_files_lose_what_the_source_lost() {
    for method in ["swap", "journal"] {
        let room = Room::with("mkdir s; echo one > s/one; echo two > s/two; touch -d @1 s/*");
        let set = |name: &str| xattr::set(room.at("s/one"), name, b"1");
        skip_unless!(set("user.gone").is_ok(), "attributes are not to be had");
        set("user.stays").expect("an attribute");
        set_acl(&room.at("s/two"));
        let run = format!("-aAX --commit={method} s/ d/");
        room.set("RESILVER_CUT", "commit.sync");
        let died = room.resilver(&run);
        assert!(!(0..100).contains(&died.code), "{died}");
        room.unset();
        xattr::remove(room.at("s/one"), "user.gone").expect("removed");
        xattr::remove(room.at("s/two"), ACCESS).expect("removed");
        room.sh("chmod 644 s/two");
        room.resilver(&run).ok();
        assert_same(&room.tree("s"), &room.tree("d"));
    }
}

fn set_acl(path: &std::path::Path) {
    xattr::set(path, ACCESS, &acl_of(6, 7, 6, 0, 6)).expect("an ACL");
}

/// The walker sees what makes the difference.
#[test]
fn attributes_are_seen_apart() {
    let room = Room::with("mkdir a b; echo x > a/f; echo x > b/f; touch -d @1 a/f b/f a b");
    let same = |room: &Room| room.tree("a") == room.tree("b");
    assert!(same(&room));
    let set = |path: &str, name: &str, value: &[u8]| xattr::set(room.at(path), name, value);
    skip_unless!(
        set("b/f", "user.k", b"1").is_ok(),
        "attributes are not to be had"
    );
    assert!(!same(&room));
    set("a/f", "user.k", b"1").expect("an attribute");
    assert!(same(&room));
    if set("a", DEFAULT, &acl_of(7, 5, 5, 5, 7)).is_ok() {
        assert!(!same(&room));
    }
}
