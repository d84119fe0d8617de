//! Sessions over a real sshd that are cut: the old tree or the new one, and the next run goes on from what came.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crate::cells::{Pair, Way};
use crate::place::noise;
use crate::sshd::Sshd;
use crate::{RESILVER, STOCK};

const FILES: u32 = 30;
const LEN: usize = 60_000;

/// What two sessions that carry the same may differ by: padding, pings and acknowledgements of ssh.
const SLACK: u64 = 3_000;

/// Passes connections on to an sshd, counts the bytes of both ways, and cuts after so many.
struct Relay {
    port: u16,
    passed: Arc<AtomicU64>,
    limit: Arc<AtomicU64>,
}

impl Relay {
    fn start(to: u16) -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let relay = Relay {
            port: listener.local_addr().expect("an address").port(),
            passed: Arc::default(),
            limit: Arc::new(AtomicU64::new(u64::MAX)),
        };
        let (passed, limit) = (relay.passed.clone(), relay.limit.clone());
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let far = TcpStream::connect(("127.0.0.1", to)).expect("sshd");
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let from = from.try_clone().expect("a socket");
                    let to = to.try_clone().expect("a socket");
                    let (passed, limit) = (passed.clone(), limit.clone());
                    thread::spawn(move || pass(from, to, &passed, &limit));
                }
            }
        });
        relay
    }

    /// Counts from nothing, and cuts after so many bytes.
    fn reset(&self, limit: u64) {
        self.passed.store(0, Ordering::SeqCst);
        self.limit.store(limit, Ordering::SeqCst);
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, passed: &AtomicU64, limit: &AtomicU64) {
    let mut buffer = vec![0; 4096];
    while let Ok(got @ 1..) = from.read(&mut buffer) {
        let before = passed.fetch_add(got as u64, Ordering::SeqCst);
        let room = limit.load(Ordering::SeqCst).saturating_sub(before);
        let part = (got as u64).min(room) as usize;
        if to.write_all(&buffer[..part]).is_err() || part < got {
            break;
        }
    }
    // What was passed arrives: a socket closed before it was read to its end would take that back.
    let _ = to.shutdown(Shutdown::Write);
    while let Ok(1..) = from.read(&mut buffer) {}
}

struct Ground {
    dir: tempfile::TempDir,
    sshd: Sshd,
    relay: Relay,
}

impl Ground {
    fn new() -> Ground {
        let sshd = Sshd::start();
        let relay = Relay::start(sshd.port());
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        let dir = dir.expect("a directory");
        let at = dir.path();
        fs::create_dir_all(at.join("s/k")).expect("a directory");
        for number in 0..FILES {
            fs::write(at.join(file("s", number)), content(number)).expect("a file");
        }
        // Tells when the far end is over: it may outlive the connection.
        for (name, program) in [("stock", STOCK), ("far", RESILVER)] {
            let ended = at.join("ended");
            let script = format!(
                "#!/bin/sh\ntrap '' HUP PIPE\n{program} \"$@\"\ncode=$?\n: > {}\nexit $code\n",
                ended.display()
            );
            fs::write(at.join(name), script).expect("a script");
            fs::set_permissions(at.join(name), PermissionsExt::from_mode(0o755)).expect("a mode");
        }
        Ground { dir, sshd, relay }
    }

    fn at(&self) -> &Path {
        self.dir.path()
    }

    /// The destination as it was before.
    fn restore(&self) {
        for name in ["d", ".d.resilver", ".d.resilver~"] {
            let _ = fs::remove_dir_all(self.at().join(name));
        }
        fs::create_dir_all(self.at().join("d/k")).expect("a directory");
        fs::write(self.at().join(file("d", 0)), "old").expect("a file");
        fs::write(self.at().join("d/gone"), "gone").expect("a file");
    }

    fn run(&self, way: Way, pair: Pair) -> Output {
        let at = self.at();
        let (client, far) = match pair {
            Pair::ResilverAndStock => (RESILVER, "stock"),
            Pair::ResilverAndResilver => (RESILVER, "far"),
            Pair::StockAndResilver => (STOCK, "far"),
        };
        let shell = format!(
            "{} -p {} -o HostKeyAlias=[127.0.0.1]:{}",
            self.sshd.shell().to_string_lossy(),
            self.relay.port,
            self.sshd.port()
        );
        let there = |name: &str| format!("here:{}/{name}", at.display());
        let operands = match way {
            Way::Pull => [there("s/"), "d".into()],
            Way::Push => ["s/".into(), there("d")],
        };
        let ended = at.join("ended");
        let _ = fs::remove_file(&ended);
        let output = Command::new("timeout")
            .args(["60", client, "-a", "--delete", "-e", &shell])
            .arg(format!("--rsync-path={}/{far}", at.display()))
            .args(operands)
            .current_dir(at)
            .stdin(Stdio::null())
            .output()
            .expect("a program");
        // A session cut while ssh logs in has no far end.
        for _ in 0..150 {
            if ended.exists() {
                break;
            }
            thread::sleep(Duration::from_millis(20));
        }
        output
    }

    /// Whether the destination is as it was (`Some(false)`), the source (`Some(true)`), or neither.
    fn is_new(&self) -> Option<bool> {
        let read = |name: &str| fs::read(self.at().join(name)).ok();
        let count = walkdir::WalkDir::new(self.at().join("d"))
            .into_iter()
            .flatten()
            .filter(|entry| entry.file_type().is_file())
            .count();
        let old = count == 2
            && read(&file("d", 0)).as_deref() == Some(b"old")
            && read("d/gone").is_some();
        let new = count == FILES as usize
            && (0..FILES).all(|n| read(&file("d", n)).as_deref() == Some(&content(n)[..]));
        (old || new).then_some(new)
    }

    /// Bytes of the source that are staged for the destination.
    fn staged(&self) -> u64 {
        let wanted: Vec<Vec<u8>> = (0..FILES).map(content).collect();
        let mut staged = 0;
        for entry in walkdir::WalkDir::new(self.at().join(".d.resilver"))
            .into_iter()
            .flatten()
            .filter(|entry| entry.file_type().is_file())
        {
            let Ok(bytes) = fs::read(entry.path()) else {
                continue;
            };
            let same = |all: &Vec<u8>| all.iter().zip(&bytes).take_while(|(a, b)| a == b).count();
            let most = wanted.iter().map(same).max().unwrap_or(0);
            // A few equal bytes are chance.
            staged += if most > 64 { most as u64 } else { 0 };
        }
        staged
    }
}

fn file(dir: &str, number: u32) -> String {
    format!(
        "{dir}/{}f{number}",
        if number.is_multiple_of(2) { "" } else { "k/" }
    )
}

fn content(number: u32) -> Vec<u8> {
    noise(LEN, 77 + number * 2)
}

/// Cuts so many sessions of each kind at places drawn all over their length.
fn cut(positions: u64) {
    let ground = Ground::new();
    let kinds = [
        (Way::Pull, Pair::ResilverAndStock),
        (Way::Push, Pair::ResilverAndResilver),
        (Way::Push, Pair::StockAndResilver),
    ];
    let mut dice = 88_172_645_463_325_252_u64;
    for (way, pair) in kinds {
        ground.restore();
        ground.relay.reset(u64::MAX);
        let output = ground.run(way, pair);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{way:?} {pair:?}: {said}");
        assert_eq!(ground.is_new(), Some(true), "{way:?} {pair:?}");
        let fresh = ground.relay.passed.load(Ordering::SeqCst);
        let (mut new, mut most_staged) = (0, 0);
        for _ in 0..positions {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            let limit = dice % fresh;
            let what = format!("{way:?} {pair:?} cut at {limit} of {fresh}");
            ground.restore();
            ground.relay.reset(limit);
            let output = ground.run(way, pair);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let is_new = ground.is_new();
            assert!(is_new.is_some(), "{what}: a mixture: {said}");
            assert!(!output.status.success() || is_new == Some(true), "{what}");
            let staged = ground.staged();
            most_staged = most_staged.max(staged);
            new += u64::from(is_new == Some(true));
            ground.relay.reset(u64::MAX);
            let output = ground.run(way, pair);
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{what}, next run: {said}");
            assert_eq!(ground.is_new(), Some(true), "{what}, next run");
            let moved = ground.relay.passed.load(Ordering::SeqCst);
            let most = fresh.saturating_sub(staged * 95 / 100);
            println!("{what}: {staged} staged, the next run moved {moved}");
            assert!(
                moved <= most + SLACK,
                "{what}: {staged} were staged, and {moved} bytes moved, more than {most}"
            );
        }
        println!(
            "{way:?} {pair:?}: {positions} cut, {new} done all the same, {most_staged} staged at most"
        );
        assert!(most_staged > LEN as u64, "nothing is staged when cut");
    }
}

#[test]
fn a_cut_session_leaves_one_tree_and_is_taken_up() {
    cut(3);
}

#[test]
#[ignore = "minutes; a_cut_session_leaves_one_tree_and_is_taken_up is the same at fewer places"]
fn a_session_cut_at_fifty_places_leaves_one_tree_and_is_taken_up() {
    cut(50);
}
