//! The local delta against the real rsync: what is literal and what matched, for the usual ways in which files
//! change. Skipped, with a word, where there is no rsync.

use std::fs::{self, File};
use std::process::Command;

use resilver::delta::{Known, Origin, Tuning, rebuild};

/// Bytes without any repetition to speak of.
fn random(len: usize, mut state: u64) -> Vec<u8> {
    let step = |state: &mut u64| {
        *state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (*state >> 33) as u8
    };
    (0..len).map(|_| step(&mut state)).collect()
}

/// Lines of text with many repetitions of all lengths.
fn lines(count: usize) -> Vec<u8> {
    (0..count)
        .flat_map(|i| format!("{} is the number {}\n", i % 97, i / 50).into_bytes())
        .collect()
}

/// Name, old file, new file.
fn pairs() -> Vec<(&'static str, Vec<u8>, Vec<u8>)> {
    let old = random(3_000_000, 1);
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut new = old.clone();
        change(&mut new);
        new
    };
    let insert =
        |at: usize, bytes: &[u8]| with(&|new| drop(new.splice(at..at, bytes.iter().copied())));
    let text = lines(60_000);
    let mut text_new = text[..700_001].to_vec();
    text_new.extend(b"a new line\n");
    text_new.extend(&text[650_000..]);
    vec![
        ("unchanged", old.clone(), old.clone()),
        (
            "a byte changed",
            old.clone(),
            with(&|new| new[1_000_000] ^= 1),
        ),
        (
            "edits in place",
            old.clone(),
            with(&|new| (0..50).for_each(|i| new[i * 59_999] ^= 0x55)),
        ),
        (
            "insertion in the middle",
            old.clone(),
            insert(1_234_567, b"some new words"),
        ),
        ("insertion at the start", old.clone(), insert(0, b"x")),
        (
            "removal",
            old.clone(),
            with(&|new| drop(new.drain(500_000..600_123))),
        ),
        (
            "append",
            old.clone(),
            with(&|new| new.extend(random(100_000, 2))),
        ),
        (
            "append of old parts",
            old.clone(),
            with(&|new| new.extend_from_within(777..400_777)),
        ),
        ("truncation", old.clone(), old[..1_999_999].to_vec()),
        (
            "truncation at a block",
            old.clone(),
            old[..1728 * 100].to_vec(),
        ),
        ("nothing shared", old.clone(), random(2_500_000, 3)),
        (
            "the end kept",
            old.clone(),
            [&b"new"[..], &old[2_990_000..]].concat(),
        ),
        (
            "halves swapped",
            old.clone(),
            [&old[1_500_001..], &old[..1_500_001]].concat(),
        ),
        ("zeros", vec![0; 1_000_000], vec![0; 1_300_001]),
        ("zeros with a hole of ones", vec![0; 1_000_000], {
            let mut new = vec![0; 1_000_000];
            new[400_000..400_100].fill(1);
            new
        }),
        ("text", text, text_new),
        (
            "shorter than a block",
            b"hello, rsync".to_vec(),
            b"hello, rsync".to_vec(),
        ),
        (
            "short, appended",
            b"hello, rsync".to_vec(),
            b"hello, rsync and others".to_vec(),
        ),
        (
            "short, prepended",
            b"hello, rsync".to_vec(),
            b"oh, hello, rsync".to_vec(),
        ),
        ("from nothing", Vec::new(), b"something".to_vec()),
        ("to nothing", b"something".to_vec(), Vec::new()),
    ]
}

#[test]
fn literal_and_matched_bytes_are_those_of_rsync() {
    if Command::new("rsync").arg("--version").output().is_err() {
        eprintln!("skipped: there is no rsync to compare with");
        return;
    }
    for (name, old, new) in pairs() {
        let dir = tempfile::tempdir().expect("a directory for files");
        let at = |name: &str| dir.path().join(name);
        fs::write(at("old"), &old).expect("written");
        fs::write(at("new"), &new).expect("written");
        let ours = local(&at("old"), &at("new"), &at("out"));
        assert!(
            fs::read(at("out")).expect("read") == new,
            "{name}: the new file is the source"
        );
        assert_eq!(ours, rsync(&at("old"), &at("new")), "{name}");
    }
}

fn local(old: &std::path::Path, new: &std::path::Path, out: &std::path::Path) -> Origin {
    let [old, new] = [old, new].map(|path| File::open(path).expect("opened"));
    let known = |file| Known {
        file,
        len: File::metadata(file).expect("a size").len(),
    };
    let out = File::create_new(out).expect("made");
    rebuild(known(&old), known(&new), &out, &Tuning::default()).expect("rebuilt")
}

fn rsync(old: &std::path::Path, new: &std::path::Path) -> Origin {
    let options = [
        "-a",
        "--ignore-times",
        "--no-whole-file",
        "--stats",
        "--no-human-readable",
    ];
    let output = Command::new("rsync")
        .args(options)
        .args([new, old])
        .output()
        .expect("run");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).expect("text");
    let number = |label: &str| {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(label))
            .expect("a line of --stats");
        let digits: String = line.chars().filter(char::is_ascii_digit).collect();
        digits.parse().expect("a number")
    };
    Origin {
        literal: number("Literal data:"),
        matched: number("Matched data:"),
    }
}
