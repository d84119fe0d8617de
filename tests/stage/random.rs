//! Many random histories: mirrors by both methods, refusals, undo and redo, people who edit. After every
//! mirror the destination equals the source, after every undo what it was.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use filetime::{FileTime, set_symlink_file_times};
use resilver::stage::{Policy, undo};

use crate::driver::{How, MIRROR, mirror};
use crate::journal::journal;
use crate::swap::{quick_bench, swap};
use crate::trees::picture;

/// A small generator (xorshift), so that a seed tells the whole history.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }
}

/// Paths that changes are made at: few, so that files, directories and links take each other's place.
fn any_path(dice: &mut Dice, root: &Path) -> PathBuf {
    let mut path = root.to_owned();
    for _ in 0..=dice.below(3) {
        path.push(["a", "b", "c", "d"][dice.below(4)]);
    }
    path
}

fn remove(path: &Path) {
    if path.is_dir() && !path.is_symlink() {
        fs::remove_dir_all(path).unwrap();
    } else if path.is_symlink() || path.exists() {
        fs::remove_file(path).unwrap();
    }
}

/// Makes room for something at a path: no non-directory above it, nothing at it.
fn clear(root: &Path, path: &Path) {
    for above in path.ancestors().skip(1).take_while(|p| *p != root) {
        if above.is_symlink() || above.is_file() {
            fs::remove_file(above).unwrap();
        }
    }
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    remove(path);
}

fn change(dice: &mut Dice, root: &Path, clock: &mut i64) {
    *clock += 1;
    let time = FileTime::from_unix_time(*clock, 5);
    let path = any_path(dice, root);
    match dice.below(8) {
        0..=2 => {
            clear(root, &path);
            fs::write(&path, format!("{clock}")).unwrap();
        }
        3 => {
            clear(root, &path);
            fs::create_dir(&path).unwrap();
        }
        4 => {
            clear(root, &path);
            symlink(format!("to-{clock}"), &path).unwrap();
        }
        5 => {
            if path.symlink_metadata().is_err() {
                return;
            }
            remove(&path);
            return;
        }
        6 => {
            if path.is_symlink() || !path.exists() {
                return;
            }
            let mode = [0o644, 0o755, 0o700, 0o750][dice.below(4)];
            fs::set_permissions(&path, fs::Permissions::from_mode(mode | 0o700)).unwrap();
        }
        _ => {
            let other = any_path(dice, root);
            if !other.is_file()
                || other.is_symlink()
                || other.starts_with(&path)
                || path.starts_with(&other)
            {
                return;
            }
            clear(root, &path);
            fs::hard_link(&other, &path).unwrap();
        }
    }
    set_symlink_file_times(&path, time, time).unwrap();
}

fn history(seed: u64) {
    let mut dice = Dice(seed * 7919 + 1);
    let bench = quick_bench();
    fs::create_dir(&bench.src).unwrap();
    let mut clock = 1_000_000_000;
    let mut before = None;
    for step in 0..10 {
        for _ in 0..=dice.below(12) {
            change(&mut dice, &bench.src, &mut clock);
        }
        let policy = if dice.below(2) == 0 {
            swap()
        } else {
            journal()
        };
        let told = format!("seed {seed}, step {step}, {:?}", policy.commit);
        if dice.below(4) == 0 {
            let refusing = Policy {
                gates: vec!["false".into()],
                ..policy.clone()
            };
            let _ = mirror(&bench.src, &bench.dst, &refusing, MIRROR);
        }
        let how = How {
            settle: dice.below(4) > 0,
            ..MIRROR
        };
        let ran =
            mirror(&bench.src, &bench.dst, &policy, how).unwrap_or_else(|e| panic!("{told}: {e}"));
        let want = picture(&bench.src);
        assert_eq!(picture(&bench.dst), want, "{told}");
        if let Some(commit) = ran.commit {
            assert!(commit.kept.is_empty(), "{told}: {:?}", commit.kept);
            if let Some(before) = before.filter(|_| dice.below(2) == 0) {
                let undone = undo(&bench.dst, &policy, false, false);
                let undone = undone.unwrap_or_else(|e| panic!("{told}: {e}"));
                assert!(undone.kept.is_empty(), "{told}: {undone:?}");
                assert_eq!(picture(&bench.dst), before, "{told}, undone");
                let redone = undo(&bench.dst, &policy, false, false).unwrap();
                assert!(redone.kept.is_empty(), "{told}: {redone:?}");
                assert_eq!(picture(&bench.dst), want, "{told}, done again");
            }
            before = Some(want);
        } else {
            before = None;
        }
        if dice.below(5) == 0 {
            // Somebody edits the destination between runs.
            for _ in 0..3 {
                change(&mut dice, &bench.dst, &mut clock);
            }
            before = None;
        }
    }
}

#[test]
fn random_histories_end_as_they_should() {
    let first = std::env::var("RESILVER_SEED")
        .ok()
        .and_then(|s| s.parse().ok());
    for seed in first.map_or(1..25, |seed: u64| seed..seed + 1) {
        history(seed);
    }
}
