//! Whole runs of resilver, rsync and `cp -a` on the same trees, interleaved, as medians and ratios.
//!
//! `cargo bench --bench mirror` runs all rows; words after `--` choose some of them by name, for example
//! `cargo bench --bench mirror -- first unchanged`. `BENCH_DIR` names the directory to work in (a tmpfs;
//! `/dev/shm` if not given), `BENCH_RUNS` the number of counted runs (5).

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

const RESILVER: &str = env!("CARGO_BIN_EXE_resilver");
const GIB: u64 = 1 << 30;

/// One line of the table.
struct Row {
    name: &'static str,
    what: &'static str,
    run: fn(&Bench) -> Vec<Measure>,
}

/// The runs of one program.
struct Measure {
    program: String,
    seconds: Vec<f64>,
    peak_kib: u64,
}

struct Bench {
    dir: PathBuf,
    runs: usize,
}

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
        name: "pull-first",
        what: "pull of 20,000 small files from a stock rsync",
        run: pull_first,
    },
    Row {
        name: "pull-unchanged",
        what: "pull, nothing changed, 20,000 files",
        run: pull_unchanged,
    },
    Row {
        name: "pull-edits",
        what: "pull of a 1 GiB file with 200 edits",
        run: pull_edits,
    },
    Row {
        name: "pull-text",
        what: "pull of /usr/share/doc, -z",
        run: pull_text,
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
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with('-'))
        .collect();
    let base =
        std::env::var_os("BENCH_DIR").map_or_else(|| PathBuf::from("/dev/shm"), PathBuf::from);
    let runs = std::env::var("BENCH_RUNS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(5);
    let scratch = tempfile::Builder::new()
        .prefix("bench")
        .tempdir_in(base)
        .expect("a directory to work in");
    let bench = Bench {
        dir: scratch.path().to_owned(),
        runs,
    };
    println!("medians of {runs} interleaved runs; ratios are to rsync");
    for row in ROWS {
        let on_request = matches!(row.name, "wide");
        if (wanted.is_empty() && !on_request) || wanted.iter().any(|w| w == row.name) {
            println!("\n{}: {}", row.name, row.what);
            print(&(row.run)(&bench));
            bench.clear();
        }
    }
}

fn print(measures: &[Measure]) {
    let reference = measures
        .iter()
        .find(|m| m.program == "rsync")
        .map(Measure::median);
    for m in measures {
        let ratio = reference.map_or(String::new(), |r| format!("{:6.2}", m.median() / r));
        let (min, max) = (
            m.seconds.iter().copied().fold(f64::MAX, f64::min),
            m.seconds.iter().copied().fold(0.0, f64::max),
        );
        println!(
            "  {:<24} {:7.3} s {ratio}   ({min:.3} to {max:.3}; peak {:.1} MiB)",
            m.program,
            m.median(),
            m.peak_kib as f64 / 1024.0
        );
    }
}

impl Measure {
    fn new(program: &str) -> Measure {
        Measure {
            program: program.to_owned(),
            seconds: Vec::new(),
            peak_kib: 0,
        }
    }

    fn median(&self) -> f64 {
        let mut sorted = self.seconds.clone();
        sorted.sort_by(f64::total_cmp);
        sorted[sorted.len() / 2]
    }

    /// Runs a command and takes its time and peak memory.
    fn take(&mut self, command: &[&str]) {
        let began = Instant::now();
        let output = Command::new("/usr/bin/time")
            .args(["-f", "%M"])
            .args(command)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .output()
            .expect("GNU time runs the command");
        self.seconds.push(began.elapsed().as_secs_f64());
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command:?} failed: {text}");
        let peak = text
            .lines()
            .last()
            .and_then(|line| line.trim().parse().ok())
            .unwrap_or(0);
        self.peak_kib = self.peak_kib.max(peak);
    }
}

impl Bench {
    fn path(&self, name: &str) -> String {
        self.dir
            .join(name)
            .to_str()
            .expect("a plain path")
            .to_owned()
    }

    fn remove(&self, name: &str) {
        let _ = fs::remove_dir_all(self.path(name));
        let _ = fs::remove_dir_all(self.path(&format!(".{name}.resilver")));
    }

    fn clear(&self) {
        for entry in fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            let path = entry.path();
            let _ = if path.is_dir() {
                fs::remove_dir_all(path)
            } else {
                fs::remove_file(path)
            };
        }
    }
}

/// `dirs` directories of `files` small files, 200 to 3,200 bytes each.
fn make_tree(root: &Path, dirs: usize, files: usize) {
    let bytes = [b'x'; 3200];
    for d in 0..dirs {
        let dir = root.join(format!("group{:03}/dir{:02}", d / 10, d % 10));
        fs::create_dir_all(&dir).expect("a directory");
        for f in 0..files {
            let len = 200 + ((d * files + f) * 37) % 3000;
            fs::write(dir.join(format!("file{f:04}.txt")), &bytes[..len]).expect("a file");
        }
    }
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

/// A file of random bytes, the same for the same seed.
fn random_file(path: &str, len: u64, mut seed: u64) {
    let mut file = std::io::BufWriter::with_capacity(1 << 20, File::create(path).expect("a file"));
    for _ in 0..len / 8 {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        file.write_all(&seed.to_le_bytes())
            .expect("room for the file");
    }
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

/// The remote shell of pulls: this machine's, without a network between; `BENCH_RSH` names another one, whose host is
/// `localhost`.
fn shell() -> String {
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/remote-shell");
    std::env::var("BENCH_RSH").unwrap_or_else(|_| own.into())
}

/// Both programs pull `src` from a stock rsync, each into a tree of its own; `anew` removes those before each run.
fn pull(bench: &Bench, options: &[&str], src: &str, anew: bool) -> Vec<Measure> {
    let (shell, src) = (shell(), format!("localhost:{src}"));
    let mut all = [Measure::new("rsync"), Measure::new("resilver")];
    for run in 0..=bench.runs {
        for (measure, (program, dst)) in all.iter_mut().zip([("rsync", "a"), (RESILVER, "b")]) {
            if anew {
                bench.remove(dst);
            }
            let dst = bench.path(dst);
            let command = [&[program], options, &["-e", &shell, &src, &dst]].concat();
            measure.take(&command);
        }
        if run == 0 {
            all.iter_mut().for_each(|measure| measure.seconds.clear());
        }
    }
    all.into()
}

fn pull_first(bench: &Bench) -> Vec<Measure> {
    make_tree(Path::new(&bench.path("src")), 200, 100);
    pull(bench, &["-a"], &bench.path("src/"), true)
}

fn pull_unchanged(bench: &Bench) -> Vec<Measure> {
    make_tree(Path::new(&bench.path("src")), 200, 100);
    pull(bench, &["-a"], &bench.path("src/"), false)
}

fn pull_text(bench: &Bench) -> Vec<Measure> {
    pull(bench, &["-az"], "/usr/share/doc/", true)
}

fn pull_edits(bench: &Bench) -> Vec<Measure> {
    fs::create_dir_all(bench.path("src")).expect("a directory");
    random_file(&bench.path("src/file"), GIB, 1);
    let (shell, src) = (shell(), format!("localhost:{}", bench.path("src/")));
    let mut all = [Measure::new("rsync"), Measure::new("resilver")];
    for run in 0..=bench.runs {
        for (measure, (program, dst)) in all.iter_mut().zip([("rsync", "a"), (RESILVER, "b")]) {
            // -I: the second program finds an equally old file.
            measure.take(&[program, "-aI", "-e", &shell, &src, &bench.path(dst)]);
        }
        if run == 0 {
            all.iter_mut().for_each(|measure| measure.seconds.clear());
        }
        edit(&bench.path("src/file"), run as u64);
    }
    all.into()
}

/// Writes 200 short texts into a file, at places that depend on `salt`.
fn edit(path: &str, salt: u64) {
    let file = File::options().write(true).open(path).expect("the file");
    for n in 0..200_u64 {
        let at = (n + salt * 200).wrapping_mul(0x9E37_79B9_7F4A_7C15) % (GIB - 64);
        file.write_all_at(
            format!("edit {salt} of a few dozen bytes, here").as_bytes(),
            at,
        )
        .expect("an edit");
    }
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
