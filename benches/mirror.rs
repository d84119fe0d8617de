//! Whole runs of resilver, rsync and `cp -a` on the same trees, interleaved, as medians and ratios.
//!
//! `cargo bench --bench mirror` runs all rows; words after `--` choose some of them by name, for example
//! `cargo bench --bench mirror -- first unchanged`. `BENCH_DIR` names the directory to work in (a tmpfs;
//! `/dev/shm` if not given), `BENCH_RUNS` the number of counted runs (5).

mod harness;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use harness::{Bench, GIB, Measure, RESILVER, Row, edit, make_tree, random_file};

const ROWS: &[Row] = &[
    Row {
        name: "first",
        what: "first mirror, 100,000 small files",
        run: first,
    },
    Row {
        name: "unchanged",
        what: "nothing changed, 100,000 files",
        run: unchanged,
    },
    Row {
        name: "link",
        what: "new snapshot of 100,000 unchanged files, --link-dest",
        run: link,
    },
    Row {
        name: "percent",
        what: "1 % changed, --delete, from the second run on",
        run: percent,
    },
    Row {
        name: "edits",
        what: "1 GiB file, 200 edits, --no-whole-file",
        run: edits,
    },
    Row {
        name: "shared-nothing",
        what: "1 GiB file, basis shares nothing, --no-whole-file",
        run: shared_nothing,
    },
    Row {
        name: "memory",
        what: "first mirror of 100 and of 1,000 directories of 1,000 files",
        run: memory,
    },
    Row {
        name: "wide",
        what: "first mirror of one directory of 1,000,000 files",
        run: wide,
    },
];

fn main() {
    harness::run(ROWS, &["wide"]);
}

fn first(bench: &Bench) -> Vec<Measure> {
    make_tree(Path::new(&bench.path("src")), 1000, 100);
    let (src, dst) = (bench.path("src/"), bench.path("dst"));
    let mut all = [
        Measure::new("rsync"),
        Measure::new("cp -a"),
        Measure::new("resilver"),
        Measure::new("resilver --no-fsync"),
    ];
    for _ in 0..bench.runs {
        bench.remove("dst");
        all[0].take(&["rsync", "-a", &src, &dst]);
        bench.remove("dst");
        all[1].take(&["cp", "-a", src.trim_end_matches('/'), &dst]);
        bench.remove("dst");
        all[2].take(&[RESILVER, "-a", &src, &dst]);
        bench.remove("dst");
        all[3].take(&[RESILVER, "-a", "--no-fsync", &src, &dst]);
    }
    all.into()
}

fn unchanged(bench: &Bench) -> Vec<Measure> {
    make_tree(Path::new(&bench.path("src")), 1000, 100);
    let (src, a, b) = (bench.path("src/"), bench.path("a"), bench.path("b"));
    let mut all = [Measure::new("rsync"), Measure::new("resilver")];
    all[0].take(&["rsync", "-a", &src, &a]);
    all[1].take(&[RESILVER, "-a", &src, &b]);
    all.iter_mut().for_each(|m| m.seconds.clear());
    for _ in 0..bench.runs {
        all[0].take(&["rsync", "-a", &src, &a]);
        all[1].take(&[RESILVER, "-a", &src, &b]);
    }
    all.into()
}

/// A snapshot beside the one before, all of whose files are linked.
fn link(bench: &Bench) -> Vec<Measure> {
    make_tree(Path::new(&bench.path("src")), 1000, 100);
    let (src, before, dst) = (bench.path("src/"), bench.path("before"), bench.path("dst"));
    let mut all = [Measure::new("rsync"), Measure::new("resilver")];
    all[0].take(&["rsync", "-a", &src, &before]);
    all[0].seconds.clear();
    for _ in 0..bench.runs {
        bench.remove("dst");
        all[0].take(&["rsync", "-a", "--link-dest=../before", &src, &dst]);
        bench.remove("dst");
        all[1].take(&[RESILVER, "-a", "--link-dest=../before", &src, &dst]);
    }
    all.into()
}

/// Every run finds other files changed, removed and made: 1 % in all.
fn percent(bench: &Bench) -> Vec<Measure> {
    let root = PathBuf::from(bench.path("src"));
    make_tree(&root, 1000, 100);
    let (src, a, b) = (bench.path("src/"), bench.path("a"), bench.path("b"));
    let mut all = [Measure::new("rsync"), Measure::new("resilver")];
    for round in 0..=bench.runs {
        all[0].take(&["rsync", "-a", "--delete", &src, &a]);
        all[1].take(&[RESILVER, "-a", "--delete", &src, &b]);
        if round == 0 {
            all.iter_mut().for_each(|m| m.seconds.clear());
        }
        for d in 0..1000 {
            let dir = root.join(format!("group{:03}/dir{:02}", d / 10, d % 10));
            let name = format!("file{:04}.txt", (round * 7 + d) % 100);
            match d % 10 {
                0 => drop(fs::remove_file(dir.join(name))),
                1 => fs::write(dir.join(format!("new{round}.txt")), b"new").expect("a file"),
                _ => fs::write(dir.join(name), format!("changed {round}")).expect("a file"),
            }
        }
    }
    all.into()
}

fn delta(bench: &Bench, prepare: fn(&str, &str)) -> Vec<Measure> {
    fs::create_dir_all(bench.path("src")).expect("a directory");
    fs::create_dir_all(bench.path("basis")).expect("a directory");
    let (new, basis) = (bench.path("src/file"), bench.path("basis/file"));
    random_file(&basis, GIB, 0x9E37_79B9_7F4A_7C15);
    prepare(&basis, &new);
    let (src, dst) = (bench.path("src/"), bench.path("dst"));
    let mut all = [Measure::new("rsync"), Measure::new("resilver")];
    for _ in 0..bench.runs {
        for (number, measure) in all.iter_mut().enumerate() {
            bench.remove("dst");
            fs::create_dir_all(&dst).expect("a directory");
            let old = bench.path("dst/file");
            fs::copy(&basis, &old).expect("a copy");
            // Of another second than the new file's, whose size is the same.
            filetime::set_file_mtime(&old, filetime::FileTime::from_unix_time(1_000_000_000, 0))
                .expect("a time");
            let program = if number == 0 { "rsync" } else { RESILVER };
            measure.take(&[program, "-a", "--no-whole-file", &src, &dst]);
        }
    }
    all.into()
}

fn edits(bench: &Bench) -> Vec<Measure> {
    delta(bench, |basis, new| {
        fs::copy(basis, new).expect("a copy");
        edit(new, 0);
    })
}

fn shared_nothing(bench: &Bench) -> Vec<Measure> {
    delta(bench, |_, new| random_file(new, GIB, 0x2545_F491_4F6C_DD1D))
}

fn memory(bench: &Bench) -> Vec<Measure> {
    let mut all = Vec::new();
    for (name, dirs) in [("small", 100), ("large", 1000)] {
        make_tree(Path::new(&bench.path(name)), dirs, 1000);
        let mut measure = Measure::new(&format!("resilver, {dirs} x 1,000"));
        let src = bench.path(&format!("{name}/"));
        bench.remove("dst");
        measure.take(&[RESILVER, "-a", "--no-fsync", &src, &bench.path("dst")]);
        all.push(measure);
        let mut measure = Measure::new(&format!("the same, unchanged, {dirs} x 1,000"));
        measure.take(&[RESILVER, "-a", "--no-fsync", &src, &bench.path("dst")]);
        all.push(measure);
        bench.remove(name);
    }
    all
}

fn wide(bench: &Bench) -> Vec<Measure> {
    let dir = bench.path("src");
    fs::create_dir_all(&dir).expect("a directory");
    for n in 0..1_000_000 {
        File::create(format!("{dir}/file{n:07}")).expect("a file");
    }
    let mut all = [Measure::new("rsync"), Measure::new("resilver")];
    all[0].take(&["rsync", "-a", &bench.path("src/"), &bench.path("a")]);
    // A tmpfs has inodes for two such trees, seldom for three.
    bench.remove("a");
    all[1].take(&[
        RESILVER,
        "-a",
        "--no-fsync",
        &bench.path("src/"),
        &bench.path("b"),
    ]);
    all.into()
}
