//! How content is written, as it shows on disk: holes, inodes, devices, and what an interrupted run leaves.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

/// The program under test.
const RESILVER: &str = env!("CARGO_BIN_EXE_resilver");

fn resilver(dir: &Path, args: &[&str]) -> std::process::Output {
    let output = Command::new(RESILVER)
        .args(args)
        .current_dir(dir)
        .output()
        .expect("resilver");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {told}");
    output
}

fn room() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory")
}

/// Bytes that a file takes on disk.
fn allocated(path: &Path) -> u64 {
    fs::metadata(path).expect("a file").blocks() * 512
}

fn same(a: &Path, b: &Path) {
    let read = |path: &Path| fs::read(path).expect("a file");
    assert!(read(a) == read(b), "{} is not {}", a.display(), b.display());
}

/// A file of zeros, none of them on disk but for a little data in the middle.
fn holey(path: &Path, size: u64) {
    let file = File::create(path).expect("a file");
    file.set_len(size).expect("a size");
    file.write_all_at(&[7; 5000], size / 2).expect("room");
}

#[test]
fn zeros_become_holes_by_every_method() {
    for method in ["swap", "journal", "direct"] {
        let dir = room();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir(at("s")).expect("a directory");
        // Zeros that are there: a plain copy takes them for what they are.
        let mut zeros = vec![0; 4 << 20];
        zeros[100] = 1;
        fs::write(at("s/zeros"), &zeros).expect("a file");
        holey(&at("s/hole"), 16 << 20);
        let commit = format!("--commit={method}");
        resilver(dir.path(), &["-a", "-S", &commit, "s/", "d"]);
        for name in ["zeros", "hole"] {
            same(&at(&format!("s/{name}")), &at(&format!("d/{name}")));
            let taken = allocated(&at(&format!("d/{name}")));
            assert!(taken < 256 << 10, "{method}: {name} takes {taken}");
        }
        resilver(dir.path(), &["-a", &commit, "s/", "e"]);
        assert!(
            allocated(&at("e/zeros")) >= 4 << 20,
            "without -S zeros stay"
        );
    }
}

#[test]
fn room_is_reserved_before_it_is_written() {
    let dir = room();
    let at = |name: &str| dir.path().join(name);
    fs::create_dir(at("s")).expect("a directory");
    holey(&at("s/hole"), 4 << 20);
    resilver(dir.path(), &["-a", "--preallocate", "s/", "d"]);
    same(&at("s/hole"), &at("d/hole"));
    assert!(allocated(&at("d/hole")) >= 4 << 20);
}

#[test]
fn in_place_and_append_keep_the_inode() {
    for options in [
        &["--inplace"][..],
        &["--append"],
        &["--append-verify"],
        &["--inplace", "--no-W"],
    ] {
        let dir = room();
        let at = |name: &str| dir.path().join(name);
        for tree in ["s", "d"] {
            fs::create_dir(at(tree)).expect("a directory");
        }
        fs::write(at("d/f"), [3; 100_000]).expect("a file");
        let mut longer = vec![3; 100_000];
        longer.extend([4; 50_000]);
        fs::write(at("s/f"), &longer).expect("a file");
        let inode = fs::metadata(at("d/f")).expect("a file").ino();
        let args: Vec<&str> = ["-a"]
            .iter()
            .chain(options)
            .copied()
            .chain(["s/", "d"])
            .collect();
        let output = resilver(dir.path(), &args);
        assert_eq!(
            fs::metadata(at("d/f")).expect("a file").ino(),
            inode,
            "{options:?}"
        );
        same(&at("s/f"), &at("d/f"));
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains("committing directly"), "{options:?}: {told}");
    }
}

/// A loop device over an image, gone when dropped.
struct Volume(PathBuf);

impl Volume {
    fn over(image: &Path) -> Option<Volume> {
        let output = Command::new("losetup")
            .args(["-f", "--show"])
            .arg(image)
            .output()
            .ok()?;
        let name = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| Volume(name.trim().into()))
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        let _ = Command::new("losetup").arg("-d").arg(&self.0).status();
    }
}

/// An ext4 image with something in it.
fn image(path: &Path, size: u64) {
    File::create(path)
        .expect("a file")
        .set_len(size)
        .expect("a size");
    let done = Command::new("mkfs.ext4")
        .args(["-q", "-F"])
        .arg(path)
        .status();
    assert!(done.expect("mkfs.ext4").success());
    let file = OpenOptions::new()
        .write(true)
        .open(path)
        .expect("the image");
    // Data far into it, as files would be.
    for n in 0..64_u64 {
        let at = size / 2 + n * (64 << 10);
        file.write_all_at(&[n as u8 | 1; 16 << 10], at)
            .expect("room");
    }
}

#[test]
fn a_volume_goes_to_a_file_and_back_and_only_changes_are_written() {
    if !rustix::process::geteuid().is_root() {
        return println!("skipped: loop devices need root");
    }
    const SIZE: u64 = 256 << 20;
    let dir = room();
    let at = |name: &str| dir.path().join(name);
    image(&at("volume"), SIZE);
    let Some(volume) = Volume::over(&at("volume")) else {
        return println!("skipped: no loop device is to be had");
    };
    let device = volume.0.display().to_string();
    resilver(dir.path(), &["--copy-devices", "-S", &device, "image"]);
    same(&volume.0, &at("image"));
    assert_eq!(fs::metadata(at("image")).expect("the image").len(), SIZE);
    let taken = allocated(&at("image"));
    assert!(taken < SIZE / 8, "{taken} of {SIZE}");

    let open = OpenOptions::new()
        .write(true)
        .open(&volume.0)
        .expect("the device");
    open.write_all_at(b"a small change", SIZE / 2 + 70_000)
        .expect("room");
    open.sync_all().expect("a flush");
    let again = [
        "--copy-devices",
        "--inplace",
        "--no-whole-file",
        "-I",
        "--stats",
        "-S",
    ];
    let args: Vec<&str> = again.into_iter().chain([&device[..], "image"]).collect();
    let told = resilver(dir.path(), &args);
    same(&volume.0, &at("image"));
    let text = String::from_utf8_lossy(&told.stdout);
    let literal = text
        .lines()
        .find_map(|line| line.strip_prefix("Literal data: "))
        .expect("statistics");
    let bytes: u64 = literal
        .replace(',', "")
        .trim_end_matches(" bytes")
        .parse()
        .expect("a number");
    assert!(bytes < 1 << 20, "{literal}");
    assert!(allocated(&at("image")) < SIZE / 8);

    // And back, onto another volume.
    image(&at("second"), SIZE);
    let second = Volume::over(&at("second")).expect("a loop device");
    let device = second.0.display().to_string();
    resilver(
        dir.path(),
        &["--write-devices", "--no-whole-file", "image", &device],
    );
    same(&second.0, &at("image"));
}

#[test]
fn a_volume_goes_to_another_machine_and_comes_from_it() {
    if !rustix::process::geteuid().is_root() {
        return println!("skipped: loop devices need root");
    }
    const SIZE: u64 = 4 << 20;
    const SHELL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/remote-shell");
    let dir = room();
    let at = |name: &str| dir.path().join(name);
    image(&at("volume"), SIZE);
    let Some(volume) = Volume::over(&at("volume")) else {
        return println!("skipped: no loop device is to be had");
    };
    let device = volume.0.display().to_string();
    resilver(
        dir.path(),
        &["--copy-devices", "-e", SHELL, &device, "h:sent"],
    );
    same(&volume.0, &at("sent"));
    let by_blocks = [
        "--copy-devices",
        "--no-whole-file",
        "-e",
        SHELL,
        &device,
        "h:sent",
    ];
    resilver(dir.path(), &by_blocks);
    same(&volume.0, &at("sent"));
    let far = format!("--rsync-path={RESILVER}");
    let there = format!("h:{device}");
    let pulled = Command::new("rsync")
        .args(["--copy-devices", "-e", SHELL, &far, &there, "come"])
        .current_dir(dir.path())
        .status()
        .expect("rsync");
    assert!(pulled.success());
    same(&volume.0, &at("come"));
}

/// A source that is slow to read: the run is broken off in the middle of it.
fn broken_off(options: &[&str]) -> tempfile::TempDir {
    let dir = room();
    let at = |name: &str| dir.path().join(name);
    fs::create_dir(at("s")).expect("a directory");
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    fs::write(at("s/big"), bytes).expect("a file");
    let mut child = Command::new(RESILVER)
        .args(["-a", "--bwlimit=500k"])
        .args(options)
        .args(["s/", "d"])
        .current_dir(dir.path())
        .spawn()
        .expect("resilver");
    thread::sleep(Duration::from_millis(1500));
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("a signal");
    let status = child.wait().expect("its end");
    assert_eq!(status.code(), Some(20), "{options:?}");
    dir
}

#[test]
fn a_broken_off_run_leaves_what_rsync_leaves() {
    let names = |dir: &Path| {
        let mut names: Vec<String> = fs::read_dir(dir)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    };
    let dir = broken_off(&["--commit=direct"]);
    assert!(names(&dir.path().join("d")).is_empty());

    let dir = broken_off(&["--commit=direct", "--partial"]);
    let half = fs::metadata(dir.path().join("d/big")).expect("half the file");
    assert!(half.len() > 0 && half.len() < 3_000_000);
    assert_eq!(half.mtime(), 0, "-u must not take it for the newer one");

    let dir = broken_off(&["--commit=direct", "--partial-dir=.rp"]);
    assert_eq!(names(&dir.path().join("d")), [".rp"]);
    assert_eq!(names(&dir.path().join("d/.rp")), ["big"]);
    let mode = fs::metadata(dir.path().join("d/.rp"))
        .expect("a directory")
        .mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_broken_off_staged_run_shows_nothing_and_the_next_goes_on() {
    for options in [&["--commit=swap"][..], &["--commit=journal"]] {
        let dir = broken_off(options);
        let shown = fs::read_dir(dir.path().join("d"))
            .into_iter()
            .flatten()
            .count();
        assert_eq!(shown, 0, "{options:?}");
        resilver(dir.path(), &["-a", "s/", "d"]);
        same(&dir.path().join("s/big"), &dir.path().join("d/big"));
    }
}

#[test]
fn a_rate_is_kept() {
    let dir = room();
    let at = |name: &str| dir.path().join(name);
    fs::create_dir(at("s")).expect("a directory");
    fs::write(at("s/f"), vec![1; 1 << 20]).expect("a file");
    let began = std::time::Instant::now();
    resilver(dir.path(), &["-a", "--bwlimit=1m", "s/", "d"]);
    // A lower bound only: how slow a machine is proves nothing.
    assert!(began.elapsed() > Duration::from_millis(500));
}
