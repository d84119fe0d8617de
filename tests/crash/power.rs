//! Simulated power cuts: the disk of a mounted image is copied at a chosen step, mounted as after a boot, and judged.
//!
//! The copy is taken from the image's backing file, so it holds what the filesystem had sent to its disk by then and
//! nothing else. Each step is tried plainly and rudely: after an `fsync` of another file and of the stage's own log,
//! which on ext4 and XFS takes all metadata along while data is still in memory. That is what empties the files of
//! careless programs. On btrfs it takes nothing along, so there it is not tried.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::generations::{Builder, Generation, small};
use crate::image::{Image, Kind};
use crate::run::{command, mirror, scratch, state_of};
use crate::tree::Tree;

/// What may be found after a cut at a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hope {
    Old,
    Either,
    New,
    /// A plan is under way: recovering brings the new state.
    Forward,
}

/// Steps of a switch, in their order, and what a disk then holds.
const SWAP: &[(&str, Hope)] = &[
    ("stage.finish-dir:3", Hope::Old),
    ("commit.sync", Hope::Old),
    ("commit.look", Hope::Old),
    ("switch.move-out", Hope::Old),
    ("switch.seal", Hope::Old),
    ("switch.exchange", Hope::Old),
    ("switch.sync", Hope::Either),
    ("rotate.previous", Hope::New),
    ("rotate.old", Hope::New),
    ("rotate.changes", Hope::New),
    ("switch.idle", Hope::New),
    ("settle.journal", Hope::New),
];

/// Steps of a plan.
const JOURNAL: &[(&str, Hope)] = &[
    ("stage.finish-dir:3", Hope::Old),
    ("commit.sync", Hope::Old),
    ("commit.seal", Hope::Old),
    ("execute.install:2", Hope::Forward),
    ("execute.remove:1", Hope::Forward),
    ("execute.dir:1", Hope::Forward),
    ("rotate.displaced", Hope::New),
    ("rotate.changes", Hope::New),
    ("switch.idle", Hope::New),
];

struct Ground {
    image: Image,
    scratch: PathBuf,
    dest: PathBuf,
    copy: PathBuf,
    sources: [Generation; 2],
    table: Vec<String>,
}

impl Ground {
    fn new(kind: Kind, scratch: &Path) -> Option<Ground> {
        let image = Image::make(kind, scratch)?;
        let source = |n: u32| {
            let path = scratch.join(format!("generation-{n}"));
            large(&path, n);
            small(&path, n)
        };
        Some(Ground {
            dest: image.root.join("dest"),
            image,
            scratch: scratch.to_owned(),
            copy: scratch.join("copy"),
            sources: [source(1), source(2)],
            table: Vec::new(),
        })
    }

    /// Updates the destination; the disk as it was at the step is mounted afterwards.
    fn cut_power(&mut self, method: &str, extra: &str, to: usize, step: &str, rude: bool) {
        let other = self.image.root.join("other");
        let staged = state_of(&self.dest).join("staged");
        let rude_sync = match rude {
            true => format!(
                "echo other > {0}; sync {0}; test ! -e {1} || sync {1}; ",
                other.display(),
                staged.display()
            ),
            false => String::new(),
        };
        let shell = format!("{rude_sync}{}", self.image.snapshot(&self.copy));
        let mut run = mirror(method, &self.sources[to].path, &self.dest);
        if !extra.is_empty() {
            run = run.option(extra);
        }
        let ran = run.cut(step).instead(shell).run().expect_success();
        assert!(self.copy.exists(), "{step} was passed: {ran}");
        self.image.sync();
        self.image.swap_disk(Some(&self.copy));
    }

    /// Back to the disk that never lost power.
    fn restore_power(&mut self) {
        self.image.swap_disk(None);
        fs::remove_file(&self.copy).expect("a copy");
    }

    /// One step: cut, judge, go on, undo.
    fn step(&mut self, method: &str, to: usize, step: &str, hope: Hope, rude: bool) {
        let when = format!("{method} {step} rude={rude}");
        self.cut_power(method, "", to, step, rude);
        let found = self.judge(to, hope, &when);
        let (old, new) = (&self.sources[1 - to].tree, &self.sources[to].tree);
        let recovered = command("recover", &self.dest)
            .run_after_boot(&self.scratch)
            .expect_success();
        let now = Tree::read(&self.dest);
        match (hope, found) {
            (Hope::Old, _) | (Hope::Either, Found::Old) => {
                old.expect_equal(&now, format_args!("{when}: recovered {recovered}"));
            }
            _ => new.expect_equal(&now, format_args!("{when}: recovered {recovered}")),
        }
        let run = mirror(method, &self.sources[to].path, &self.dest);
        run.run_after_boot(&self.scratch).expect_success();
        new.expect_equal(
            &Tree::read(&self.dest),
            format_args!("{when}: the next run"),
        );
        let undo = command("undo", &self.dest);
        undo.run_after_boot(&self.scratch).expect_success();
        old.expect_equal(&Tree::read(&self.dest), format_args!("{when}: undo"));
        self.restore_power();
        self.table.push(format!(
            "  {method:<8} {step:<20} {:<6} {found:?}",
            if rude { "rude" } else { "plain" }
        ));
    }

    /// What the disk holds, and whether that may be.
    fn judge(&self, to: usize, hope: Hope, when: &str) -> Found {
        let now = Tree::read(&self.dest);
        let (old, new) = (&self.sources[1 - to].tree, &self.sources[to].tree);
        let damaged = damaged(old, new, &now);
        assert!(damaged.is_empty(), "{when}: {}", damaged.join("\n"));
        match hope {
            Hope::Old => old.expect_equal(&now, format_args!("{when}: whole old")),
            Hope::New => new.expect_equal(&now, format_args!("{when}: whole new")),
            Hope::Either if *old != now => {
                new.expect_equal(&now, format_args!("{when}: neither the old nor the new"));
            }
            Hope::Either | Hope::Forward => {}
        }
        match (*old == now, *new == now) {
            (true, _) => Found::Old,
            (_, true) => Found::New,
            _ => Found::Between,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Old,
    New,
    Between,
}

/// Files that are neither the old one nor the new one of their name.
fn damaged(old: &Tree, new: &Tree, now: &Tree) -> Vec<String> {
    let is_of = |tree: &Tree, path: &Vec<u8>| {
        let is = |e: &crate::tree::Entry| e.has_content_of(&now.0[path]);
        tree.0.get(path).is_some_and(is)
    };
    let stray = |path: &&Vec<u8>| !is_of(old, path) && !is_of(new, path);
    let line = |path: &Vec<u8>| {
        let (name, entry) = (String::from_utf8_lossy(path), &now.0[path]);
        let how = match (entry.is_empty(), entry.is_zeros()) {
            (true, _) => "emptied",
            (_, true) => "filled with zeros",
            _ => "neither old nor new",
        };
        format!("{name}: {how}: {entry}")
    };
    now.0.keys().filter(stray).map(line).collect()
}

/// Files that lose most easily: with holes, with room taken in advance, and larger ones.
fn large(root: &Path, n: u32) {
    let b = Builder::new(root);
    let byte = n as u8 | 0x40;
    fs::create_dir_all(b.at(b"large")).expect("a directory");
    let sparse = fs::File::create(b.at(b"large/holes")).expect("a file");
    sparse.set_len(6 << 20).expect("a size");
    for at in [0, 1 << 20, 5 << 20] {
        sparse.write_all_at(&[byte; 10_000], at).expect("bytes");
    }
    let taken = b.at(b"large/taken");
    let status = Command::new("fallocate")
        .args(["-l", "3M"])
        .arg(&taken)
        .status();
    assert!(status.expect("fallocate").success());
    let taken = fs::File::options().write(true).open(taken).expect("a file");
    taken.write_all_at(&[byte; 50_000], 1 << 20).expect("bytes");
    for name in [&b"large/holes"[..], b"large/taken"] {
        b.age(&b.at(name), i64::from(n));
    }
    for i in 0..6 {
        b.file(format!("large/file-{i}"), vec![byte + i; 700_000], 0o644);
    }
    // Enough for the log of what was staged to be written before the run ends.
    for i in 0..80 {
        b.file(format!("large/small-{i}"), format!("{i} of {n}"), 0o644);
    }
    b.age(&b.at(b"large"), i64::from(n));
}

fn steps(kind: Kind, method: &'static str, steps: &[(&str, Hope)]) {
    let scratch = scratch();
    let Some(mut ground) = Ground::new(kind, scratch.path()) else {
        return;
    };
    for first in [0, 1] {
        // The second run makes a former tree, so that every step of the rotation is passed.
        mirror(method, &ground.sources[first].path, &ground.dest)
            .run()
            .expect_success();
    }
    ground.image.sync();
    let mut to = 0;
    for (step, hope) in steps {
        for rude in [false, true] {
            if rude && kind == Kind::Btrfs {
                continue;
            }
            ground.step(method, to, step, *hope, rude);
            to = 1 - to;
        }
    }
    println!("{kind:?}: step at which power was cut, and what the disk showed");
    println!("{}", ground.table.join("\n"));
}

#[test]
fn ext4_swap() {
    steps(Kind::Ext4, "swap", SWAP);
}

#[test]
fn xfs_swap() {
    steps(Kind::Xfs, "swap", SWAP);
}

#[test]
fn btrfs_swap() {
    steps(Kind::Btrfs, "swap", SWAP);
}

#[test]
fn ext4_journal() {
    steps(Kind::Ext4, "journal", JOURNAL);
}

#[test]
fn xfs_journal() {
    steps(Kind::Xfs, "journal", JOURNAL);
}

#[test]
fn btrfs_journal() {
    steps(Kind::Btrfs, "journal", JOURNAL);
}

/// The same cut with `--no-fsync`: what durability is for, and proof that these tests can fail.
fn without_durability(kind: Kind) {
    let scratch = scratch();
    let Some(mut ground) = Ground::new(kind, scratch.path()) else {
        return;
    };
    mirror("swap", &ground.sources[0].path, &ground.dest)
        .run()
        .expect_success();
    ground.image.sync();
    ground.cut_power("swap", "--no-fsync", 1, "settle.journal", true);
    let now = Tree::read(&ground.dest);
    let damaged = damaged(&ground.sources[0].tree, &ground.sources[1].tree, &now);
    println!(
        "{kind:?}, --no-fsync, power cut after the switch: {} files lost",
        damaged.len()
    );
    for line in damaged.iter().take(5) {
        println!("  {line}");
    }
    assert!(!damaged.is_empty(), "unsynced files are lost");
    ground.restore_power();
}

#[test]
fn ext4_without_durability_loses_files() {
    without_durability(Kind::Ext4);
}

#[test]
fn xfs_without_durability_loses_files() {
    without_durability(Kind::Xfs);
}
