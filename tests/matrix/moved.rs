//! `--remove-source-files` killed with all its processes: each file is on at least one side.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::cells::{PAIRS, Pair, WAYS, Way};
use crate::{PIPES, RESILVER, STOCK};

/// When a run is killed.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// At so many hundredths of what a whole run takes.
    Hundredth(u32),
    /// So long after the first file is seen in the destination: the switch, where resilver receives.
    Arrival(Duration),
    /// So long after the first file is missed in the source.
    Removal(Duration),
}

fn millis(number: u64) -> Duration {
    Duration::from_millis(number)
}

fn name(dir: &str, number: usize) -> String {
    format!("{dir}/k{}/f{number}", number % 10)
}

fn fill(at: &Path, files: usize) {
    let _ = fs::remove_dir_all(at.join("s"));
    let _ = fs::remove_dir_all(at.join("d"));
    fs::create_dir(at.join("d")).expect("a directory");
    fs::write(at.join("d/old"), "old").expect("a file");
    for number in 0..10.min(files) {
        fs::create_dir_all(at.join(format!("s/k{number}"))).expect("a directory");
    }
    for number in 0..files {
        fs::write(at.join(name("s", number)), number.to_string()).expect("a file");
    }
}

fn command(at: &Path, way: Way, pair: Pair) -> Command {
    let (client, far) = match pair {
        Pair::ResilverAndStock => (RESILVER, STOCK),
        Pair::ResilverAndResilver => (RESILVER, RESILVER),
        Pair::StockAndResilver => (STOCK, RESILVER),
    };
    let operands = match way {
        Way::Pull => ["h:s/", "d"],
        Way::Push => ["s/", "h:d"],
    };
    let mut command = Command::new(client);
    command
        .args(["-a", "--remove-source-files", "-e", PIPES])
        .arg(format!("--rsync-path={far}"))
        .args(operands)
        .current_dir(at)
        .stdin(Stdio::null());
    command
}

/// Starts a run and kills it at the moment, with all that it started; whether it was still running.
fn kill_at(at: &Path, mut command: Command, moment: Moment, whole: Duration) -> bool {
    let began = Instant::now();
    let mut run = command
        .process_group(0)
        .stderr(Stdio::null())
        .spawn()
        .expect("a program");
    let group = Pid::from_child(&run);
    let mut seen = None;
    loop {
        let now = Instant::now();
        let due = match moment {
            Moment::Hundredth(part) => now - began >= whole * part / 100,
            Moment::Arrival(after) | Moment::Removal(after) => {
                let is_there = match moment {
                    Moment::Arrival(_) => at.join(name("d", 0)).exists(),
                    _ => !at.join(name("s", 0)).exists(),
                };
                if is_there {
                    seen.get_or_insert(now);
                }
                seen.is_some_and(|seen| now - seen >= after)
            }
        };
        let ended = run.try_wait().expect("a child").is_some();
        if due || ended {
            // Those that it started may outlive it.
            let _ = kill_process_group(group, Signal::KILL);
            let _ = run.wait();
            while rustix::process::test_kill_process_group(group).is_ok() {
                thread::sleep(millis(2));
            }
            return !ended;
        }
        thread::sleep(Duration::from_micros(200));
    }
}

fn has(at: &Path, dir: &str, number: usize) -> bool {
    fs::read(at.join(name(dir, number))).is_ok_and(|text| text == number.to_string().as_bytes())
}

fn moves_killed_at(moments: &[Moment], files: usize) {
    let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
    let dir = dir.expect("a directory");
    let at = dir.path();
    for way in WAYS {
        for pair in PAIRS {
            fill(at, files);
            let began = Instant::now();
            let output = command(at, way, pair).output().expect("a program");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{way:?} {pair:?}: {said}");
            let whole = began.elapsed();
            let mut kills = 0;
            for &moment in moments {
                let what = format!("{way:?} {pair:?} {moment:?}");
                fill(at, files);
                let killed = kill_at(at, command(at, way, pair), moment, whole);
                kills += usize::from(killed);
                let (mut both, mut moved) = (0, 0);
                for number in 0..files {
                    match (has(at, "s", number), has(at, "d", number)) {
                        (true, true) => both += 1,
                        (false, true) => moved += 1,
                        (true, false) => {}
                        (false, false) => panic!("{what}: {} is gone", name("s", number)),
                    }
                }
                println!("{what}: killed {killed}, {both} on both sides, {moved} moved of {files}");
                let output = command(at, way, pair).output().expect("a program");
                let said = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{what}: {said}");
                for number in 0..files {
                    let done = has(at, "d", number) && !at.join(name("s", number)).exists();
                    assert!(done, "{what}: {} is not moved", name("s", number));
                }
            }
            assert!(kills > 0, "{way:?} {pair:?}: all runs were over before");
        }
    }
}

#[test]
fn a_move_that_is_killed_has_each_file_on_a_side() {
    let moments = [
        Moment::Hundredth(60),
        Moment::Arrival(millis(0)),
        Moment::Removal(millis(1)),
    ];
    moves_killed_at(&moments, 400);
}

#[test]
#[ignore = "minutes; a_move_that_is_killed_has_each_file_on_a_side is the same with few files"]
fn a_large_move_that_is_killed_has_each_file_on_a_side() {
    let moments = [
        Moment::Hundredth(50),
        Moment::Arrival(millis(0)),
        Moment::Arrival(millis(40)),
        Moment::Removal(millis(0)),
        Moment::Removal(millis(100)),
    ];
    moves_killed_at(&moments, 30_000);
}
