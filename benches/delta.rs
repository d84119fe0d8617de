//! Speeds of the delta room, in MB/s: `cargo bench --bench delta`. Temporary files go to `/dev/shm` where that is,
//! `DELTA_MIB` sets their size (default 1024), and a stock `rsync` beside it gives the ratios.

use std::fs::{self, File};
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use resilver::delta::{
    BlockLimit, Known, Matcher, Shape, Signature, Strong, Tuning, rebuild, weak_sum,
};

const ROUNDS: usize = 5;

fn main() {
    let mib: usize = std::env::var("DELTA_MIB")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(1024);
    parts(64 << 20);
    files(mib << 20);
}

/// Single parts, in memory.
fn parts(len: usize) {
    let basis = random(len, 1);
    let other = random(len, 2);
    let shape = Shape::for_basis(len as u64, BlockLimit::Modern, 16);
    let block = shape.block_len() as usize;
    rate("weak", len, || {
        basis.chunks(block).map(weak_sum).fold(0, u32::wrapping_add)
    });
    let sign = || Signature::of(&basis, shape, Strong::Xxh128.into()).expect("in memory");
    rate("signature, on all cores", len, sign);
    let signature = sign();
    let matcher = Matcher::new(&signature);
    let search = |source: &[u8]| {
        matcher
            .search(source, |_| Ok::<(), ()>(()))
            .expect("in memory")
            .matched
    };
    rate("search, all matches", len, || search(&basis));
    rate("search, nothing matches", len, || search(&other));
}

/// The local driver and rsync on the same files, in turn.
fn files(len: usize) {
    let parent = if Path::new("/dev/shm").is_dir() {
        "/dev/shm".into()
    } else {
        std::env::temp_dir()
    };
    let dir = tempfile::tempdir_in(parent).expect("a directory for files");
    let at = |name: &str| dir.path().join(name);
    let basis = random(len, 3);
    fs::write(at("basis"), &basis).expect("written");
    let mut edited = basis;
    for i in 0..200 {
        let place = (i * 2_654_435_761usize) % (len - 32);
        edited[place..place + 20].fill(b'#');
    }
    fs::write(at("edited"), &edited).expect("written");
    drop(edited);
    fs::write(at("unrelated"), random(len, 4)).expect("written");

    for (name, rounds) in [("edited", ROUNDS), ("unrelated", 3)] {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            ours.push(time(|| local(&at("basis"), &at(name), &at("out"))));
            assert!(same(&at(name), &at("out")), "the new file is the source");
            fs::remove_file(at("out")).expect("removed");
            theirs.extend(rsync(&at("basis"), &at(name), &at("out")));
            let _ = fs::remove_file(at("out"));
        }
        let ours = median(ours).as_secs_f64();
        print!("{name}: {ours:.3} s, {:.0} MB/s", len as f64 / ours / 1e6);
        if !theirs.is_empty() {
            let theirs = median(theirs).as_secs_f64();
            print!(", rsync {theirs:.3} s, ratio {:.3}", ours / theirs);
        }
        println!();
    }
}

fn local(basis: &Path, source: &Path, out: &Path) {
    let [basis, source] = [basis, source].map(|path| File::open(path).expect("opened"));
    let out = File::create_new(out).expect("made");
    let len = |file: &File| file.metadata().expect("a size").len();
    let basis = Known {
        len: len(&basis),
        file: &basis,
    };
    let source = Known {
        len: len(&source),
        file: &source,
    };
    rebuild(basis, source, &out, &Tuning::default()).expect("rebuilt");
}

/// Lets rsync update a copy of the basis. `None` where there is no rsync.
fn rsync(basis: &Path, source: &Path, out: &Path) -> Option<Duration> {
    fs::copy(basis, out).expect("copied");
    let mut command = Command::new("rsync");
    command
        .args(["-a", "--ignore-times", "--no-whole-file"])
        .args([source, out])
        .stderr(Stdio::null());
    let start = Instant::now();
    let ok = command.status().is_ok_and(|status| status.success());
    ok.then(|| start.elapsed())
}

fn same(a: &Path, b: &Path) -> bool {
    Command::new("cmp")
        .args([a, b])
        .status()
        .is_ok_and(|status| status.success())
}

fn rate<T>(name: &str, len: usize, mut work: impl FnMut() -> T) {
    let times = (0..ROUNDS)
        .map(|_| time(|| drop(black_box(work()))))
        .collect();
    println!(
        "{name}: {:.0} MB/s",
        len as f64 / median(times).as_secs_f64() / 1e6
    );
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// xorshift64*: enough for bytes that share nothing.
fn random(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        bytes.extend_from_slice(&state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}
