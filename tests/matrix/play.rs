//! Plays cells.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

use crate::cells::{Cell, Pair, Through, Way, all, cover};
use crate::place::{Templates, differences};
use crate::sshd::Sshd;
use crate::{PIPES, RESILVER, STOCK};

/// How many cells are played at a time.
const WORKERS: usize = 4;

/// What one run printed, without the name of its directory, and how it ended.
struct Said {
    out: String,
    errors: String,
    code: Option<i32>,
}

/// Two runs in one place.
struct Played {
    place: tempfile::TempDir,
    first: Said,
    second: Said,
}

/// What came of a cell.
enum Verdict {
    Same,
    /// Stock refuses it, resilver with the same code.
    RefusedAlike,
    /// Resilver refuses it by name.
    NotYet(String),
    Differs(String),
}

struct Stage {
    templates: Templates,
    sshd: Option<Sshd>,
    /// What two stock rsyncs made of cells, by what they are told.
    expected: Mutex<HashMap<String, Arc<OnceLock<Played>>>>,
}

impl Stage {
    fn command(
        &self,
        cell: &Cell,
        client: &str,
        far: &str,
        through: Through,
        at: &Path,
    ) -> Command {
        let mut command = Command::new(client);
        command
            .args(cell.options())
            .arg(format!("--rsync-path={far}"))
            .current_dir(at)
            .stdin(Stdio::null())
            .env_remove("RSYNC_RSH");
        match (through, &self.sshd) {
            (Through::Pipes, _) => command.args(["-e", PIPES]),
            (Through::Ssh, Some(sshd)) => command.arg("-e").arg(sshd.shell()),
            #[cfg(feature = "ssh")]
            (Through::BuiltIn, Some(sshd)) => command
                .arg("--ssh=builtin")
                .env("HOME", sshd.home())
                .env("PATH", at.join("programs"))
                .env_remove("SSH_AUTH_SOCK"),
            _ => panic!("no sshd"),
        };
        let there = |name: &str| format!("here:{}/{name}", at.display());
        match cell.way {
            Way::Pull => command.arg(there("s/")).arg("d"),
            Way::Push => command.arg("s/").arg(there("d")),
        };
        command
    }

    fn play(&self, cell: &Cell, client: &str, far: &str, through: Through) -> Played {
        let place = self.templates.place(cell.scene);
        let once = || {
            let mut command = self.command(cell, client, far, through, place.path());
            said(&command.output().expect("a program"), place.path())
        };
        let (first, second) = (once(), once());
        Played {
            place,
            first,
            second,
        }
    }

    fn judge(&self, cell: &Cell) -> Verdict {
        let key = format!("{:?}{:?}{:?}", cell.way, cell.scene, cell.options());
        let expected = self
            .expected
            .lock()
            .expect("whole")
            .entry(key)
            .or_default()
            .clone();
        let expected = expected.get_or_init(|| self.play(cell, STOCK, STOCK, Through::Pipes));
        let (client, far) = match cell.pair {
            Pair::ResilverAndStock => (RESILVER, STOCK),
            Pair::ResilverAndResilver => (RESILVER, RESILVER),
            Pair::StockAndResilver => (STOCK, RESILVER),
        };
        let got = self.play(cell, client, far, cell.through);
        let refusal = got
            .first
            .errors
            .lines()
            .find(|l| l.contains("not supported"));
        if let Some(line) = refusal.filter(|_| got.first.code != expected.first.code) {
            return Verdict::NotYet(line.to_owned());
        }
        let mut found = String::new();
        let runs = [
            ("first", &expected.first, &got.first),
            ("second", &expected.second, &got.second),
        ];
        for (name, expected, got) in runs {
            if expected.code != got.code {
                let (wanted, code) = (expected.code, got.code);
                let _ = writeln!(
                    found,
                    "{name} run: code {code:?}, not {wanted:?}: {}{}",
                    got.errors, expected.errors
                );
            }
            if !same_lines(cell, &expected.out, &got.out) {
                let _ = writeln!(
                    found,
                    "{name} run printed\n{}and not\n{}",
                    got.out, expected.out
                );
            }
        }
        if got.second.code == Some(0) && !got.second.out.is_empty() {
            let _ = writeln!(found, "the second run was not idle:\n{}", got.second.out);
        }
        found += &differences(expected.place.path(), got.place.path());
        match (found.is_empty(), expected.first.code) {
            (false, _) => Verdict::Differs(found),
            (true, Some(0)) => Verdict::Same,
            (true, _) => Verdict::RefusedAlike,
        }
    }
}

fn said(output: &Output, at: &Path) -> Said {
    let at = at.to_str().expect("a name");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(at, "PLACE");
    Said {
        out: text(&output.stdout),
        errors: text(&output.stderr),
        code: output.status.code(),
    }
}

/// Before protocol 29 nothing is said of an entry but its index, and lists have another order: rsync shows `?` where it
/// does not know any more what differed, resilver knows, and asks for files in an order of its own.
fn same_lines(cell: &Cell, expected: &str, got: &str) -> bool {
    if cell.protocol >= 29 {
        return expected == got;
    }
    let lines = |text: &str| {
        let mut lines: Vec<(String, String)> = text
            .lines()
            .map(|line| line.split_once(' ').unwrap_or((line, "")))
            .map(|(flags, name)| (name.to_owned(), flags.to_owned()))
            .collect();
        lines.sort();
        lines
    };
    let (expected, got) = (lines(expected), lines(got));
    let matches = |a: &str, b: &str| {
        let same = |(a, b): (char, char)| a == b || a == '?';
        a.len() == b.len() && a.chars().zip(b.chars()).all(same)
    };
    expected.len() == got.len()
        && expected
            .iter()
            .zip(&got)
            .all(|((name, flags), (other, others))| name == other && matches(flags, others))
}

/// Plays them, and fails when any differs; says how many were played, refused and skipped.
fn play(cells: &[Cell]) {
    let needs_sshd = cells.iter().any(|cell| cell.through != Through::Pipes);
    let stage = Stage {
        templates: Templates::new(),
        sshd: needs_sshd.then(Sshd::start),
        expected: Mutex::default(),
    };
    let (next, verdicts) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(cell) = cells.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let verdict = stage.judge(cell);
                    verdicts.lock().expect("whole").push((*cell, verdict));
                }
            });
        }
    });
    let (mut same, mut refused, mut differ) = (0, 0, Vec::new());
    let mut not_yet: HashMap<String, usize> = HashMap::new();
    for (cell, verdict) in verdicts.into_inner().expect("whole") {
        match verdict {
            Verdict::Same => same += 1,
            Verdict::RefusedAlike => refused += 1,
            Verdict::NotYet(line) => *not_yet.entry(line).or_default() += 1,
            Verdict::Differs(what) => differ.push(format!("{cell:?}\n{what}")),
        }
    }
    println!(
        "{} cells: {same} the same, {refused} refused alike, {} differ; skipped: {not_yet:?}",
        cells.len(),
        differ.len()
    );
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

#[test]
fn each_pair_of_values_as_two_stock_rsyncs() {
    play(&cover());
}

#[test]
#[ignore = "minutes; each_pair_of_values_as_two_stock_rsyncs is a part of it"]
fn all_cells_as_two_stock_rsyncs() {
    play(&all(Through::Pipes));
}

#[test]
#[ignore = "half an hour; each_pair_of_values_as_two_stock_rsyncs is a part of it"]
fn all_cells_through_ssh_as_two_stock_rsyncs() {
    play(&all(Through::Ssh));
}

/// All that the built-in client can play: resilver is the client, and the newest protocol is spoken.
#[cfg(feature = "ssh")]
fn built_in() -> Vec<Cell> {
    let mut cells = all(Through::BuiltIn);
    cells.retain(|cell| cell.protocol == 32 && cell.pair != Pair::StockAndResilver);
    cells
}

#[cfg(feature = "ssh")]
#[test]
#[ignore = "minutes; the_built_in_ssh_client_as_two_stock_rsyncs is a part of it"]
fn all_cells_of_the_built_in_ssh_client_as_two_stock_rsyncs() {
    play(&built_in());
}

#[cfg(feature = "ssh")]
#[test]
fn the_built_in_ssh_client_as_two_stock_rsyncs() {
    let mut cells = built_in();
    // Each scene both ways with both sets of options; compressions and far ends by turns.
    let mut turn = 0;
    cells.retain(|_| {
        turn += 1;
        turn % 7 == 1
    });
    play(&cells);
}
