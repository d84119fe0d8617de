//! An interrupted run, a live tree that others change meanwhile, and the run that goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use filetime::{FileTime, set_symlink_file_times};

use crate::generations::{Builder, Generation, big, small};
use crate::run::{End, Run, mirror, scratch, standing_of, state_of};
use crate::tree::Tree;

/// What others do to the live tree while no run is on.
struct Edit {
    name: &'static str,
    make: fn(&Path),
}

fn write(at: &Path, content: &str) {
    fs::write(at, content).expect("a file");
}

fn mode(at: &Path, mode: u32) {
    fs::set_permissions(at, fs::Permissions::from_mode(mode)).expect("a mode");
}

fn rename(live: &Path, from: &str, to: &str) {
    fs::rename(live.join(from), live.join(to)).expect("a rename");
}

/// Replaces by rename, as editors do.
fn replace(at: &Path, content: &str) {
    let draft = at.with_extension("draft");
    write(&draft, content);
    fs::rename(draft, at).expect("a rename");
}

/// Each a thing that people do. The run goes from generation 1 to 2, so `changes/` and `types/` are what it
/// is about, `same/` is what it leaves alone, and `*.keep` is excluded.
const EDITS: &[Edit] = &[
    Edit {
        name: "nothing",
        make: |_| {},
    },
    Edit {
        name: "delete an unchanged file",
        make: |l| fs::remove_file(l.join("same/file")).expect("gone"),
    },
    Edit {
        name: "delete a changed file",
        make: |l| fs::remove_file(l.join("changes/content")).expect("gone"),
    },
    Edit {
        name: "delete a file that the run deletes",
        make: |l| fs::remove_file(l.join("changes/only-1")).expect("gone"),
    },
    Edit {
        name: "delete a directory",
        make: |l| fs::remove_dir_all(l.join("same")).expect("gone"),
    },
    Edit {
        name: "replace an unchanged file",
        make: |l| replace(&l.join("same/file"), "replaced"),
    },
    Edit {
        name: "replace a changed file",
        make: |l| replace(&l.join("changes/content"), "replaced"),
    },
    Edit {
        name: "replace a changed file by what is coming",
        make: |l| {
            let at = l.join("changes/content");
            replace(&at, "content of generation 2");
            let time = FileTime::from_unix_time(1_500_000_000, 0);
            set_symlink_file_times(&at, time, time).expect("a time");
        },
    },
    Edit {
        name: "edit an unchanged file in place",
        make: |l| write(&l.join("same/hard"), "edited in place"),
    },
    Edit {
        name: "edit a changed file in place",
        make: |l| write(&l.join("changes/large"), "edited in place"),
    },
    Edit {
        name: "edit in place, size and time kept",
        make: |l| {
            let at = l.join("same/file");
            let time = FileTime::from_last_modification_time(&fs::metadata(&at).expect("a file"));
            write(&at, "UNCHANGED");
            set_symlink_file_times(&at, time, time).expect("a time");
        },
    },
    Edit {
        name: "create a file",
        make: |l| write(&l.join("same/created"), "new"),
    },
    Edit {
        name: "create a file whose name is coming",
        make: |l| write(&l.join("changes/only-2"), "too early"),
    },
    Edit {
        name: "create a directory whose name is coming",
        make: |l| {
            fs::create_dir_all(l.join("comes-2/below/deeper")).expect("a directory");
            write(&l.join("comes-2/below/file"), "too early");
        },
    },
    Edit {
        name: "create a file where a directory is coming",
        make: |l| write(&l.join("comes-2"), "in the way"),
    },
    Edit {
        name: "chmod files and directories",
        make: |l| {
            mode(&l.join("same/file"), 0o600);
            mode(&l.join("changes/mode"), 0o604);
            mode(&l.join("modes"), 0o700);
            mode(&l.join("same"), 0o711);
        },
    },
    Edit {
        name: "rename an unchanged directory",
        make: |l| rename(l, "same", "renamed"),
    },
    Edit {
        name: "rename a changed directory",
        make: |l| rename(l, "changes", "renamed"),
    },
    Edit {
        name: "swap two directories",
        make: |l| {
            rename(l, "same", "third");
            rename(l, "changes", "same");
            rename(l, "third", "changes");
        },
    },
    Edit {
        name: "link and unlink",
        make: |l| {
            fs::hard_link(l.join("same/file"), l.join("same/linked.keep")).expect("a link");
            fs::remove_file(l.join("groups/b")).expect("gone");
        },
    },
    Edit {
        name: "create, edit, delete and rename what is excluded",
        make: |l| {
            write(&l.join("same/made.keep"), "excluded");
            write(&l.join("same/a.keep"), "edited");
            fs::remove_file(l.join("changes/b.keep")).expect("gone");
            rename(l, "changes/c.keep", "same/moved.keep");
            fs::create_dir(l.join("dir.keep")).expect("a directory");
            write(&l.join("dir.keep/below"), "excluded");
        },
    },
    Edit {
        name: "rename a directory that holds what is excluded",
        make: |l| rename(l, "comes-1", "renamed"),
    },
];

/// Steps at which the run is interrupted: early, in the midst, staged, sealed.
const SWAP: &[&str] = &[
    "stage.clear:3",
    "stage.finish-dir:4",
    "commit.look",
    "switch.exchange",
];
const JOURNAL: &[&str] = &["stage.finish-dir:4", "commit.seal"];

struct Ground {
    one: Generation,
    two: Generation,
}

fn excluding(run: Run) -> Run {
    run.option("--exclude=*.keep")
}

impl Ground {
    /// A mirror of the first generation with excluded files in it, and a run to the second that was cut.
    fn interrupted(&self, method: &str, step: &str, dir: &Path) -> PathBuf {
        fs::create_dir(dir).expect("a directory");
        let dest = dir.join("dest");
        mirror(method, &self.one.path, &dest).run().expect_success();
        for name in [
            "same/a.keep",
            "changes/b.keep",
            "changes/c.keep",
            "comes-1/d.keep",
        ] {
            write(&dest.join(name), "excluded");
        }
        let ran = excluding(mirror(method, &self.two.path, &dest))
            .cut(step)
            .run();
        assert!(ran.was_cut(), "{step}: {ran}");
        dest
    }

    /// What the same command makes of the same live tree where nothing was ever interrupted.
    fn uninterrupted(&self, method: &str, live: &Path, dir: &Path) -> (End, Tree) {
        let dest = dir.join("scratch");
        let status = Command::new("cp").arg("-a").arg(live).arg(&dest).status();
        assert!(status.expect("cp").success());
        let ran = excluding(mirror(method, &self.two.path, &dest)).run();
        (ran.end, Tree::read(&dest))
    }

    fn resume(&self, method: &str, step: &str, edit: &Edit, dir: &Path) {
        let dest = self.interrupted(method, step, dir);
        (edit.make)(&dest);
        let (end, expected) = self.uninterrupted(method, &dest, dir);
        let ran = excluding(mirror(method, &self.two.path, &dest)).run();
        let what = format!("{method}, interrupted at {step}, {}", edit.name);
        assert_eq!(ran.end, end, "{what}: {ran}");
        forget_times(&expected).expect_equal(&forget_times(&Tree::read(&dest)), what);
        let _ = fs::remove_dir_all(dir);
    }
}

/// Times that are "now" differ from run to run: those of directories that the source does not have.
fn forget_times(tree: &Tree) -> Tree {
    let mut tree = tree.clone();
    for entry in tree.0.values_mut() {
        entry.forget_recent_time();
    }
    tree
}

fn play(method: &str, steps: &[&str]) {
    let scratch = scratch();
    let source = |n: u32| small(&scratch.path().join(n.to_string()), n);
    let ground = Ground {
        one: source(1),
        two: source(2),
    };
    for (at, edit) in EDITS.iter().enumerate() {
        for (s, step) in steps.iter().enumerate() {
            ground.resume(
                method,
                step,
                edit,
                &scratch.path().join(format!("{at}-{s}")),
            );
        }
    }
    println!(
        "{method}: {} edits, each after an interruption at {}",
        EDITS.len(),
        steps.join(", ")
    );
}

#[test]
fn a_resumed_swap_equals_an_uninterrupted_run() {
    play("swap", SWAP);
}

#[test]
fn a_resumed_journal_equals_an_uninterrupted_run() {
    play("journal", JOURNAL);
}

/// Inodes of the files below a directory, by content.
fn inodes(dir: &Path, found: &mut BTreeMap<u64, Vec<u8>>) {
    for entry in fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        let meta = path.symlink_metadata().expect("an entry");
        if meta.is_dir() {
            inodes(&path, found);
        } else if meta.is_file() {
            found.insert(meta.ino(), fs::read(&path).expect("a file"));
        }
    }
}

/// Of the files that only the second generation has, how many the interrupted run had staged whole, and
/// how many of those very files the resumed run put into place.
fn reused(how: impl Fn(Run) -> Run, end: End) -> (usize, usize) {
    let scratch = scratch();
    let source = |n: u32| big(&scratch.path().join(n.to_string()), n, 15, 64);
    let (one, two) = (source(1), source(2));
    let dest = scratch.path().join("dest");
    mirror("swap", &one.path, &dest).run().expect_success();
    let ran = how(mirror("swap", &two.path, &dest)).run();
    assert_eq!(ran.end, end, "{ran}");
    one.tree
        .expect_equal(&Tree::read(&dest), "an interrupted run changes nothing");
    let (mut live, mut state, mut new) = Default::default();
    inodes(&dest, &mut live);
    for tree in [state_of(&dest), standing_of(&dest)] {
        if tree.exists() {
            inodes(&tree, &mut state);
        }
    }
    inodes(&two.path, &mut new);
    let wanted: BTreeSet<&Vec<u8>> = new.values().collect();
    state.retain(|ino, content| !live.contains_key(ino) && wanted.contains(content));
    mirror("swap", &two.path, &dest).run().expect_success();
    two.tree.expect_equal(&Tree::read(&dest), "the resumed run");
    let mut now = BTreeMap::new();
    inodes(&dest, &mut now);
    let kept = state.keys().filter(|ino| now.contains_key(ino)).count();
    (state.len(), kept)
}

/// A run that could end in order wrote down all that it had staged.
#[test]
fn what_was_staged_before_a_signal_is_not_copied_again() {
    let stop = "kill -TERM $PPID; sleep 0.05";
    let (staged, kept) = reused(|run| run.cut("stage.clear:60").instead(stop), End::Code(20));
    println!("stopped by SIGTERM: {staged} files staged, {kept} of them put into place");
    assert!(staged > 30, "the run was in the midst: {staged}");
    assert_eq!(kept, staged);
}

/// A run that was killed wrote down all but the last few, which it collects before it writes.
#[test]
fn what_was_staged_before_a_kill_is_not_copied_again() {
    for step in ["stage.clear:60", "commit.look", "switch.exchange"] {
        let (staged, kept) = reused(|run| run.cut(step), End::Signal(6));
        println!("killed at {step}: {staged} files staged, {kept} of them put into place");
        assert!(staged > 30, "the run was in the midst: {staged}");
        assert!(kept + 64 >= staged, "{kept} of {staged}");
        let all = step != "stage.clear:60";
        assert!(
            !all || kept == staged,
            "a whole stage is used whole: {kept} of {staged}"
        );
    }
}

/// A half file is a basis; its content is judged, not believed.
#[test]
fn half_a_file_is_made_whole() {
    let scratch = scratch();
    let source = scratch.path().join("source");
    let mut b = Builder::new(&source);
    b.directory("d", 0o755, 1);
    b.file("d/file", vec![7; 300_000], 0o644);
    b.file("d/other", vec![8; 200_000], 0o644);
    let source = b.finish();
    let dest = scratch.path().join("dest");
    let ran = mirror("swap", &source.path, &dest).cut("commit.sync").run();
    assert!(ran.was_cut(), "{ran}");
    // What a crash of the machine may leave of files that were written and not synced.
    let staged = state_of(&dest).join("next/d");
    let file = fs::File::options()
        .write(true)
        .open(staged.join("file"))
        .expect("a file");
    file.set_len(1000).expect("a size");
    let time =
        FileTime::from_last_modification_time(&fs::metadata(staged.join("other")).expect("a file"));
    write(&staged.join("other"), &"\0".repeat(200_000));
    set_symlink_file_times(staged.join("other"), time, time).expect("a time");
    let next = mirror("swap", &source.path, &dest);
    if crate::run::is_root() {
        next.run_after_boot(scratch.path()).expect_success();
        source.tree.expect_equal(&Tree::read(&dest), "after a boot");
    } else {
        println!("skipped: another boot can only be played by root");
    }
}
