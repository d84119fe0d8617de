//! What benches share: rows, measures, trees.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

pub const RESILVER: &str = env!("CARGO_BIN_EXE_resilver");
pub const GIB: u64 = 1 << 30;

/// One line of the table.
pub struct Row {
    pub name: &'static str,
    pub what: &'static str,
    pub run: fn(&Bench) -> Vec<Measure>,
}

/// The runs of one program.
pub struct Measure {
    program: String,
    pub seconds: Vec<f64>,
    peak_kib: u64,
}

pub struct Bench {
    pub dir: PathBuf,
    pub runs: usize,
}

/// Carries out the rows that the command line chooses, or all but those `on_request`.
pub fn run(rows: &[Row], on_request: &[&str]) {
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
    for row in rows {
        let is_chosen = wanted.iter().any(|w| w == row.name);
        if is_chosen || (wanted.is_empty() && !on_request.contains(&row.name)) {
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
    pub fn new(program: &str) -> Measure {
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
    pub fn take(&mut self, command: &[&str]) {
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
    pub fn path(&self, name: &str) -> String {
        self.dir
            .join(name)
            .to_str()
            .expect("a plain path")
            .to_owned()
    }

    pub fn remove(&self, name: &str) {
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
pub fn make_tree(root: &Path, dirs: usize, files: usize) {
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

/// A file of random bytes, the same for the same seed.
pub fn random_file(path: &str, len: u64, mut seed: u64) {
    let mut file = std::io::BufWriter::with_capacity(1 << 20, File::create(path).expect("a file"));
    for _ in 0..len / 8 {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        file.write_all(&seed.to_le_bytes())
            .expect("room for the file");
    }
}

/// Writes 200 short texts into a file, at places that depend on `salt`.
pub fn edit(path: &str, salt: u64) {
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
