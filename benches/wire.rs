//! Whole runs between two machines that are one: a stock rsync at both ends, resilver at the near end, resilver at both
//! ends, and for a file alone `cat` through the same shell, which shows what the way itself takes; interleaved, as
//! medians and ratios.
//!
//! `cargo bench --bench wire` runs all rows; words after `--` choose some of them by name. `BENCH_RSH` names the remote
//! shell, for example `ssh -p 2222`, whose host is `localhost`; without it there is only a pipe between the ends.
//! `BENCH_DIR` and `BENCH_RUNS` are as for `--bench mirror`.

mod harness;
#[path = "harness/relay.rs"]
mod relay;

use std::fs;
use std::path::{Path, PathBuf};

use harness::{Bench, GIB, Measure, RESILVER, Row, edit, make_tree, random_file};

const ROWS: &[Row] = &[
    row("pull-first", "pull of 20,000 small files", |bench| {
        small(bench);
        run(bench, Way::Pull, &["-a"], Before::Removed)
    }),
    row(
        "pull-unchanged",
        "pull, nothing changed, 20,000 files",
        |bench| {
            small(bench);
            run(bench, Way::Pull, &["-a"], Before::Kept)
        },
    ),
    row("pull-whole", "pull of a 1 GiB file", |bench| {
        large(bench);
        run(bench, Way::Pull, &["-a"], Before::Removed)
    }),
    row(
        "pull-edits",
        "pull of a 1 GiB file with 200 edits",
        |bench| {
            large(bench);
            run(bench, Way::Pull, &["-aI"], Before::Edited)
        },
    ),
    row("pull-text", "pull of /usr/share/doc, -z", |bench| {
        text(bench);
        run(bench, Way::Pull, &["-az"], Before::Removed)
    }),
    row("push-first", "push of 20,000 small files", |bench| {
        small(bench);
        run(bench, Way::Push, &["-a"], Before::Removed)
    }),
    row(
        "push-unchanged",
        "push, nothing changed, 20,000 files",
        |bench| {
            small(bench);
            run(bench, Way::Push, &["-a"], Before::Kept)
        },
    ),
    row("push-whole", "push of a 1 GiB file", |bench| {
        large(bench);
        run(bench, Way::Push, &["-a"], Before::Removed)
    }),
    row(
        "push-edits",
        "push of a 1 GiB file with 200 edits",
        |bench| {
            large(bench);
            run(bench, Way::Push, &["-aI"], Before::Edited)
        },
    ),
    row(
        "push-unrelated",
        "push of 1 GiB on a basis that shares nothing",
        |bench| {
            large(bench);
            run(bench, Way::Push, &["-aI"], Before::Unrelated)
        },
    ),
    row("push-text", "push of /usr/share/doc, -z", |bench| {
        text(bench);
        run(bench, Way::Push, &["-az"], Before::Removed)
    }),
    row(
        "far-pull",
        "pull, 1 % of 20,000 files changed, 25 ms and 100 Mbit away",
        |bench| {
            small(bench);
            run(bench, Way::PullFromAfar, &["-a"], Before::Percent)
        },
    ),
    row(
        "far-push",
        "push, 1 % of 20,000 files changed, 25 ms and 100 Mbit away",
        |bench| {
            small(bench);
            run(bench, Way::PushAfar, &["-a"], Before::Percent)
        },
    ),
];

const fn row(name: &'static str, what: &'static str, run: fn(&Bench) -> Vec<Measure>) -> Row {
    Row { name, what, run }
}

/// The word that makes this program the remote shell of a slow line.
const RELAY: &str = "--relay";

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.split_first() {
        Some((first, rest)) if first == RELAY => relay::run(rest),
        _ => harness::run(ROWS, &[]),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Pull,
    Push,
    PullFromAfar,
    PushAfar,
}

/// What is at the destination before each run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Nothing.
    Removed,
    /// What the run before brought.
    Kept,
    /// The same, and the source has 200 edits more.
    Edited,
    /// The same, and one in a hundred files of the source is another.
    Percent,
    /// A file of the same size, in which nothing is the same.
    Unrelated,
}

/// Who is at the near end and at the far end, and where its files are.
const PROGRAMS: [(&str, &str, &str, &str); 3] = [
    ("rsync", "rsync", "rsync", "a"),
    ("resilver", RESILVER, "rsync", "b"),
    ("resilver at both ends", RESILVER, RESILVER, "c"),
];

/// The remote shell: this machine's, without a network between, or the one that `BENCH_RSH` names.
fn shell(way: Way) -> String {
    if matches!(way, Way::PullFromAfar | Way::PushAfar) {
        let own = std::env::current_exe().expect("this program");
        return format!("{} {RELAY}", own.display());
    }
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/remote-shell");
    std::env::var("BENCH_RSH").unwrap_or_else(|_| own.into())
}

fn run(bench: &Bench, way: Way, options: &[&str], before: Before) -> Vec<Measure> {
    let mut all = PROGRAMS.map(|(name, ..)| Measure::new(name));
    let mut cat = Measure::new("cat through the shell");
    let shell = shell(way);
    let file = bench.path("src/file");
    let is_file_alone = way == Way::Pull && before == Before::Removed && Path::new(&file).is_file();
    for round in 0..=bench.runs {
        for (measure, (_, near, far, dst)) in all.iter_mut().zip(PROGRAMS) {
            prepare(bench, before, dst);
            let far = format!("--rsync-path={far}");
            let host = |path: String| format!("localhost:{path}");
            let (src, dst) = (bench.path("src/"), bench.path(dst));
            let (src, dst) = match way {
                Way::Pull | Way::PullFromAfar => (host(src), dst),
                Way::Push | Way::PushAfar => (src, host(dst)),
            };
            measure.take(&[&[near], options, &["-e", &shell, &far, &src, &dst]].concat());
        }
        if is_file_alone {
            let command = format!("{shell} localhost cat {file} > {}", bench.path("d"));
            cat.take(&["sh", "-c", &command]);
            fs::remove_file(bench.path("d")).expect("a file to remove");
        }
        // The first round makes the trees and warms what there is to warm.
        if round == 0 {
            all.iter_mut().for_each(|measure| measure.seconds.clear());
            cat.seconds.clear();
        }
        change(bench, before, round);
    }
    let mut all = Vec::from(all);
    all.extend(is_file_alone.then_some(cat));
    all
}

fn prepare(bench: &Bench, before: Before, dst: &str) {
    match before {
        Before::Removed => bench.remove(dst),
        Before::Kept | Before::Edited | Before::Percent => {}
        Before::Unrelated => {
            bench.remove(dst);
            fs::create_dir_all(bench.path(dst)).expect("a directory");
            random_file(&bench.path(&format!("{dst}/file")), GIB, 2);
        }
    }
}

/// Changes the source between two rounds.
fn change(bench: &Bench, before: Before, round: usize) {
    match before {
        Before::Edited => edit(&bench.path("src/file"), round as u64),
        Before::Percent => {
            let root = PathBuf::from(bench.path("src"));
            for d in 0..200 {
                let dir = root.join(format!("group{:03}/dir{:02}", d / 10, d % 10));
                let file = dir.join(format!("file{:04}.txt", (round * 7 + d) % 100));
                fs::write(file, format!("changed in round {round}")).expect("a file");
            }
        }
        Before::Removed | Before::Kept | Before::Unrelated => {}
    }
}

fn small(bench: &Bench) {
    make_tree(Path::new(&bench.path("src")), 200, 100);
}

fn large(bench: &Bench) {
    fs::create_dir_all(bench.path("src")).expect("a directory");
    random_file(&bench.path("src/file"), GIB, 1);
}

fn text(bench: &Bench) {
    std::os::unix::fs::symlink("/usr/share/doc", bench.path("src")).expect("a link");
}
