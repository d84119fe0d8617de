//! Mirroring by swap: what stands afterwards, what is shared, what is kept.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use resilver::stage::{CommitChoice, Method, Names, Policy, Root, Stage, Summary, undo};
use resilver::tree::MetaChange;

use crate::driver::{MIRROR, Moment, mirror, mirror_with};
use crate::trees::{grow, picture, read, still};

pub struct Bench {
    _tmp: tempfile::TempDir,
    pub src: PathBuf,
    pub dst: PathBuf,
    pub state: PathBuf,
}

pub fn bench() -> Bench {
    bench_on(tempfile::tempdir().unwrap())
}

/// The same in memory, where that can be had: for tests with very many runs.
pub fn quick_bench() -> Bench {
    bench_on(tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap()))
}

fn bench_on(tmp: tempfile::TempDir) -> Bench {
    let root = fs::canonicalize(tmp.path()).unwrap();
    Bench {
        src: root.join("src"),
        dst: root.join("dst"),
        state: root.join(".dst.resilver"),
        _tmp: tmp,
    }
}

pub fn swap() -> Policy {
    Policy {
        commit: CommitChoice::Only(Method::Swap),
        no_fsync: true,
        ..Policy::default()
    }
}

const FIRST: &[&str] = &[
    "a = one",
    "b = two",
    "d/c = three",
    "d/e/f = four",
    "l -> a",
    "h == b",
    "empty",
];

/// The first tree and a second one that differs in every way.
pub fn two_states(bench: &Bench) -> (String, String) {
    grow(&bench.src, FIRST);
    mirror(&bench.src, &bench.dst, &swap(), MIRROR).unwrap();
    let first = picture(&bench.src);
    assert_eq!(picture(&bench.dst), first);
    change(&bench.src);
    // Births are told apart by a clock that may stand still for some milliseconds.
    std::thread::sleep(std::time::Duration::from_millis(15));
    (first, picture(&bench.src))
}

/// Changes a first tree: content, mode, a directory for a file and back, links, new and removed entries.
pub fn change(src: &Path) {
    fs::write(src.join("a"), "one more").unwrap();
    fs::set_permissions(src.join("d/c"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::remove_dir_all(src.join("d/e")).unwrap();
    fs::write(src.join("d/e"), "a file now").unwrap();
    fs::remove_file(src.join("h")).unwrap();
    grow(src, &["h/now/a = dir", "n/m = new", "k == d/c"]);
    fs::remove_dir(src.join("empty")).unwrap();
    fs::set_permissions(src.join("n"), fs::Permissions::from_mode(0o750)).unwrap();
    still(src);
    let later = filetime::FileTime::from_unix_time(1_600_000_000, 5);
    filetime::set_file_mtime(src.join("a"), later).unwrap();
    filetime::set_file_mtime(src.join("d"), later).unwrap();
}

#[test]
fn a_mirror_equals_its_source_and_a_second_run_touches_nothing() {
    let bench = bench();
    let (_, second) = two_states(&bench);
    let ran = mirror(&bench.src, &bench.dst, &swap(), MIRROR).unwrap();
    assert_eq!(ran.commit.unwrap().method, Method::Swap);
    assert_eq!(picture(&bench.dst), second);
    let before = fs::metadata(&bench.dst).unwrap();
    let ran = mirror(&bench.src, &bench.dst, &swap(), MIRROR).unwrap();
    assert!(ran.commit.is_none(), "nothing differs");
    let after = fs::metadata(&bench.dst).unwrap();
    assert_eq!(
        (before.ino(), before.ctime_nsec()),
        (after.ino(), after.ctime_nsec())
    );
}

#[test]
fn unchanged_files_are_shared_and_the_state_is_private() {
    let bench = bench();
    two_states(&bench);
    mirror(&bench.src, &bench.dst, &swap(), MIRROR).unwrap();
    let ino = |path: PathBuf| fs::metadata(path).unwrap().ino();
    assert_eq!(
        ino(bench.dst.join("b")),
        ino(bench.state.join("previous/b"))
    );
    assert_ne!(
        ino(bench.dst.join("a")),
        ino(bench.state.join("previous/a"))
    );
    let mode = fs::metadata(&bench.state).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o700);
}

#[test]
fn a_touched_file_is_copied_up_and_its_group_stays_one() {
    let bench = bench();
    grow(&bench.src, &["a = one", "b == a", "c = x"]);
    mirror(&bench.src, &bench.dst, &swap(), MIRROR).unwrap();
    let old = fs::metadata(bench.dst.join("a")).unwrap();
    fs::set_permissions(bench.src.join("a"), fs::Permissions::from_mode(0o640)).unwrap();
    mirror(&bench.src, &bench.dst, &swap(), MIRROR).unwrap();
    assert_eq!(picture(&bench.dst), picture(&bench.src));
    let kept = fs::metadata(bench.state.join("previous/a")).unwrap();
    assert_eq!((kept.ino(), kept.mode()), (old.ino(), old.mode()));
}

#[test]
fn all_names_of_a_touched_file_follow_it() {
    let bench = bench();
    grow(&bench.src, &["d/c = x", "a = one", "d/b == a"]);
    mirror(&bench.src, &bench.dst, &swap(), MIRROR).unwrap();
    let root = Root {
        path: &bench.dst,
        single: None,
    };
    let stage = Stage::open(root, &swap()).unwrap();
    stage.begin(true).unwrap();
    let place = stage.place("".as_ref(), false).unwrap();
    let old = stage.live().unwrap().stat(b"a").unwrap();
    let change = MetaChange {
        mode: Some(0o600),
        ..MetaChange::default()
    };
    stage
        .touch(&place, b"a", &old, &change, Names::All)
        .unwrap();
    stage.commit(&Summary::default()).unwrap();
    let now = |path: &str| fs::metadata(bench.dst.join(path)).unwrap();
    assert_eq!(now("a").ino(), now("d/b").ino());
    assert_eq!(now("d/b").mode() & 0o7777, 0o600);
    assert_ne!(now("a").ino(), old.ino);
    drop(stage);
    undo(&bench.dst, &swap(), false, false).unwrap();
    assert_eq!(picture(&bench.dst), picture(&bench.src));
}

#[test]
fn undo_brings_all_back_and_undo_of_it_does_it_again() {
    let bench = bench();
    let (first, second) = two_states(&bench);
    mirror(&bench.src, &bench.dst, &swap(), MIRROR).unwrap();
    let shown = undo(&bench.dst, &swap(), false, true).unwrap();
    assert_eq!(picture(&bench.dst), second, "a dry run changes nothing");
    let undone = undo(&bench.dst, &swap(), false, false).unwrap();
    assert_eq!(undone, shown);
    assert!(undone.restored > 5 && undone.kept.is_empty());
    assert_eq!(picture(&bench.dst), first);
    assert!(undo(&bench.dst, &swap(), false, false).unwrap().redo);
    assert_eq!(picture(&bench.dst), second);
}

#[test]
fn undo_keeps_what_people_did_since() {
    let bench = bench();
    let (first, _) = two_states(&bench);
    mirror(&bench.src, &bench.dst, &swap(), MIRROR).unwrap();
    // An edit of a file that resilver changed, of one that it did not, a new file, a removed one.
    fs::write(bench.dst.join("a"), "edited").unwrap();
    fs::remove_file(bench.dst.join("b")).unwrap();
    fs::write(bench.dst.join("mine"), "mine").unwrap();
    let undone = undo(&bench.dst, &swap(), false, false).unwrap();
    assert_eq!(undone.kept, [PathBuf::from("a"), "b".into(), "mine".into()]);
    assert_eq!(read(bench.dst.join("a")), "edited");
    assert_eq!(read(bench.dst.join("mine")), "mine");
    assert!(!bench.dst.join("b").exists());
    assert_eq!(read(bench.dst.join("d/e/f")), "four");
    drop(first);
}

#[test]
fn undo_by_force_takes_the_old_tree_whole() {
    let bench = bench();
    let (first, _) = two_states(&bench);
    mirror(&bench.src, &bench.dst, &swap(), MIRROR).unwrap();
    fs::write(bench.dst.join("mine"), "mine").unwrap();
    undo(&bench.dst, &swap(), true, false).unwrap();
    assert_eq!(picture(&bench.dst), first);
    assert_eq!(read(bench.state.join("previous/mine")), "mine");
}

#[test]
fn undo_works_after_an_interrupted_run() {
    let bench = bench();
    let (first, _) = two_states(&bench);
    mirror(&bench.src, &bench.dst, &swap(), MIRROR).unwrap();
    grow(&bench.src, &["later = x"]);
    let refusing = Policy {
        gates: vec!["exit 3".into()],
        ..swap()
    };
    mirror(&bench.src, &bench.dst, &refusing, MIRROR).unwrap_err();
    undo(&bench.dst, &swap(), false, false).unwrap();
    assert_eq!(picture(&bench.dst), first);
    mirror(&bench.src, &bench.dst, &swap(), MIRROR).unwrap();
    assert_eq!(picture(&bench.dst), picture(&bench.src));
}

#[test]
fn what_others_do_before_the_switch_is_there_afterwards() {
    let bench = bench();
    two_states(&bench);
    let dst = bench.dst.clone();
    let ran = mirror_with(&bench.src, &bench.dst, &swap(), MIRROR, &mut |moment| {
        if moment == Moment::Staged {
            fs::write(dst.join("new"), "new").unwrap();
            fs::write(dst.join("d/e/late"), "in a directory that goes").unwrap();
            fs::remove_file(dst.join("a")).unwrap();
            fs::write(dst.join("a"), "edited meanwhile").unwrap();
            fs::create_dir(dst.join("made")).unwrap();
            fs::write(dst.join("made/x"), "x").unwrap();
            fs::remove_file(dst.join("l")).unwrap();
        }
    })
    .unwrap();
    let kept = ran.commit.unwrap().kept;
    let named = |path: &str| kept.contains(&PathBuf::from(path));
    assert!(
        named("new") && named("a") && named("made") && named("d/e/late"),
        "{kept:?}"
    );
    assert_eq!(read(bench.dst.join("new")), "new");
    assert_eq!(read(bench.dst.join("d/e/late")), "in a directory that goes");
    assert_eq!(read(bench.dst.join("a")), "edited meanwhile");
    assert_eq!(read(bench.dst.join("made/x")), "x");
    assert!(!bench.dst.join("l").is_symlink());
    assert_eq!(read(bench.dst.join("h/now/a")), "dir");
}

#[test]
fn what_is_written_through_an_old_handle_is_kept_and_named() {
    use std::io::Write;
    let bench = bench();
    two_states(&bench);
    let mut handle = fs::OpenOptions::new()
        .append(true)
        .open(bench.dst.join("a"))
        .unwrap();
    let ran = mirror_with(&bench.src, &bench.dst, &swap(), MIRROR, &mut |moment| {
        if moment == Moment::Committed {
            handle.write_all(b", through a handle").unwrap();
        }
    })
    .unwrap();
    assert_eq!(
        read(bench.state.join("previous/a")),
        "one, through a handle"
    );
    assert!(
        ran.notes.iter().any(|note| note.contains("previous/a")),
        "{:?}",
        ran.notes
    );
    // Later still: the next runs keep it, out of the way.
    handle.write_all(b" again").unwrap();
    grow(&bench.src, &["other = 1"]);
    let ran = mirror(&bench.src, &bench.dst, &swap(), MIRROR).unwrap();
    let note = ran.notes.iter().find(|note| note.contains("kept/"));
    let path = note.unwrap().split('"').nth(1).unwrap();
    assert_eq!(read(path), "one, through a handle again");
}

#[test]
fn an_interrupted_run_is_taken_up_again() {
    let bench = bench();
    grow(&bench.src, &["a = one", "d/b = two", "d/c = three"]);
    let refusing = Policy {
        gates: vec!["test -e \"$RESILVER_STAGE/nothing\"".into()],
        ..swap()
    };
    mirror(&bench.src, &bench.dst, &refusing, MIRROR).unwrap_err();
    assert!(!bench.dst.exists());
    fs::write(bench.src.join("a"), "changed").unwrap();
    let ran = mirror(&bench.src, &bench.dst, &swap(), MIRROR).unwrap();
    assert_eq!((ran.salvaged, ran.copied), (2, 1));
    assert_eq!(picture(&bench.dst), picture(&bench.src));
    assert!(!bench.state.join("salvage").exists());
}

#[test]
fn a_root_of_any_mode_is_switched() {
    let bench = bench();
    two_states(&bench);
    fs::set_permissions(&bench.src, fs::Permissions::from_mode(0o555)).unwrap();
    mirror(&bench.src, &bench.dst, &swap(), MIRROR).unwrap();
    assert_eq!(picture(&bench.dst), picture(&bench.src));
    undo(&bench.dst, &swap(), false, false).unwrap();
    let mode = fs::metadata(&bench.dst).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o755);
}

#[test]
fn a_reader_sees_one_generation_or_the_other() {
    use resilver::sys::Dir;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    let bench = quick_bench();
    grow(&bench.src, &["a = 0", "d/b = 0"]);
    mirror(&bench.src, &bench.dst, &swap(), MIRROR).unwrap();
    let (stop, passes) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let dir = Dir::open(&bench.dst).expect("the destination is always there");
                let text = |dir: &Dir, name: &[u8]| {
                    std::io::read_to_string(dir.open_file(name).unwrap()).unwrap()
                };
                let first = text(&dir, b"a");
                let second = text(&dir.open_dir(b"d").unwrap(), b"b");
                assert_eq!(first, second, "one pass over one handle");
                passes.fetch_add(1, Ordering::Relaxed);
            }
        });
        for n in 1..=60 {
            for path in ["a", "d/b"] {
                fs::write(bench.src.join(path), "x".repeat(n)).unwrap();
            }
            // A pass may last from one switch to the next, not over two: then its tree is gone.
            let seen = passes.load(Ordering::Relaxed);
            while !reader.is_finished() && passes.load(Ordering::Relaxed) < seen + 2 {
                std::thread::yield_now();
            }
            mirror(&bench.src, &bench.dst, &swap(), MIRROR).unwrap();
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert!(passes.load(Ordering::Relaxed) > 60);
}
