//! The promise under options: whatever they ask for, a run that is cut at any step leaves the destination as it
//! was before the switch and as it is to be after it, and the next run brings it there.

use std::fs;
use std::path::Path;
use std::process::Command;

use filetime::{FileTime, set_file_times};

use crate::generations::small;
use crate::run::{End, Run, command, is_root, scratch};
use crate::tree::Tree;

/// Options of one run, and what about the sources is not there for a plain user.
struct Asked {
    options: &'static [&'static str],
    needs_root: bool,
}

const fn asked(options: &'static [&'static str]) -> Asked {
    Asked {
        options,
        needs_root: false,
    }
}

const TABLE: &[Asked] = &[
    asked(&["-aHAX", "--delete-before"]),
    asked(&["-aHAX", "--delete-delay"]),
    asked(&["-aHAX", "--delete-after", "--force"]),
    asked(&["-aHX", "--delete-excluded", "--exclude=*.o", "--exclude=c"]),
    asked(&["-a", "--chmod=Dg+w,Fo-r", "--delete"]),
    asked(&["-rlE", "--delete"]),
    asked(&["-aH", "--delete", "--link-dest=../base"]),
    asked(&["-a", "--delete", "--copy-dest=../base"]),
    asked(&["-aO", "--max-delete=100", "--delete"]),
    asked(&["-a", "--fake-super", "--delete"]),
    Asked {
        options: &["-aH", "--chown=7:8", "--delete"],
        needs_root: true,
    },
];

/// What is at hand for one attempt: a destination that holds an older tree, with attributes of its own.
struct Place<'p> {
    root: &'p Path,
}

impl Place<'_> {
    fn dest(&self) -> std::path::PathBuf {
        self.root.join("dest")
    }

    /// A fresh copy of the old tree.
    fn reset(&self, old: &Path) {
        for name in fs::read_dir(self.root).expect("the place").flatten() {
            remove(&name.path());
        }
        copy(old, &self.dest());
        copy(old, &self.root.join("base"));
    }

    fn mirror(&self, options: &[&str], method: &str, source: &Path) -> Run {
        let source = format!("{}/", source.display());
        let dest = self.dest().display().to_string();
        let method = format!("--commit={method}");
        let own = ["--threads=1", &method, &source, &dest];
        Run::new(options.iter().copied().chain(own))
    }
}

fn copy(from: &Path, to: &Path) {
    let done = Command::new("cp").arg("-a").args([from, to]).status();
    assert!(done.expect("cp").success());
}

fn remove(path: &Path) {
    let done = Command::new("rm").arg("-rf").arg(path).status();
    assert!(done.expect("rm").success());
}

/// Times of a run differ from those of another.
fn settled(tree: Option<Tree>) -> Option<Tree> {
    tree.map(|mut tree| {
        tree.0
            .values_mut()
            .for_each(crate::tree::Entry::forget_recent_time);
        tree
    })
}

fn play(asked: &Asked, method: &str) {
    if asked.needs_root && !is_root() {
        return println!("skipped: {:?} needs root", asked.options);
    }
    let dir = scratch();
    let generation = |n| small(&dir.path().join(format!("generation-{n}")), n);
    let (old, new) = (generation(1), generation(2));
    for (name, value) in [("user.one", "1"), ("user.two", "a longer value")] {
        // Where the file system has no attributes there are none to lose.
        let _ = xattr::set(&new.path, name, value.as_bytes());
    }
    let late = FileTime::from_unix_time(1_234_567_890, 5);
    set_file_times(&new.path, late, late).expect("a time");
    let place = Place {
        root: &dir.path().join("place"),
    };
    fs::create_dir(place.root).expect("a directory");

    place.reset(&old.path);
    let before = settled(Tree::find(&place.dest()));
    let whole = place.mirror(asked.options, method, &new.path).run();
    let whole_end = whole.end;
    assert!(matches!(whole_end, End::Code(0)), "an uncut run: {whole}");
    let after = settled(Tree::find(&place.dest()));
    assert!(before != after, "{:?} changes nothing", asked.options);

    let mut seen = [0, 0];
    for n in 1.. {
        place.reset(&old.path);
        let ran = place.mirror(asked.options, method, &new.path).cut(n).run();
        if !ran.was_cut() {
            assert_eq!(ran.end, whole_end, "{ran}");
            break;
        }
        if method == "journal" {
            // A plan that was begun is carried to its end by whoever comes first.
            command("recover", &place.dest()).run().expect_success();
        }
        let found = settled(Tree::find(&place.dest()));
        let side = match &found {
            found if *found == before => 0,
            found if *found == after => 1,
            _ => panic!("neither old nor new, cut at step {n}: {ran}"),
        };
        seen[side] += 1;
        let again = place.mirror(asked.options, method, &new.path).run();
        assert!(matches!(again.end, End::Code(0)), "{again}");
        if side == 0 {
            let found = settled(Tree::find(&place.dest()));
            assert!(found == after, "the run after a cut at step {n}: {again}");
        }
    }
    println!(
        "{:?} by {method}: {} cuts before the switch, {} after it",
        asked.options, seen[0], seen[1]
    );
    assert!(seen[0] > 0 && seen[1] > 0, "{seen:?}");
}

#[test]
fn every_cut_by_swap() {
    TABLE.iter().for_each(|asked| play(asked, "swap"));
}

#[test]
fn every_cut_by_journal() {
    TABLE.iter().for_each(|asked| play(asked, "journal"));
}
