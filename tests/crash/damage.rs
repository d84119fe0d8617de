//! State directories that were broken by others, and what each command makes of them.
//!
//! A row of the matrix is a thing that is wrong, a column is a command. Whatever is wrong: a command ends with an exit
//! code of its own and says what is the matter, the live tree stays whole, and the next mirror run comes through, or
//! says what to do, and comes through when that was done.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::generations::{Generation, small};
use crate::run::{End, Ran, command, mirror, scratch, standing_of, state_of};
use crate::tree::Tree;

/// What had been done before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Past {
    /// Two mirror runs: at rest, undo is possible.
    Rest,
    /// A third was aborted while it staged.
    Staging,
    /// A third was aborted in the midst of its switch: swap after the exchange, journal in its plan.
    Switching,
}

/// A thing that is wrong.
struct Damage {
    name: &'static str,
    past: Past,
    make: fn(&Place),
}

/// The paths of one attempt.
struct Place {
    dir: PathBuf,
    dest: PathBuf,
    state: PathBuf,
}

const GARBAGE: &str = "\u{1}\u{2}garbage \u{fffd}\n{\"not\": \"ours\"}\n";

fn overwrite(at: &Path, content: &str) {
    let _ = fs::remove_dir_all(at);
    fs::write(at, content).expect("a file");
}

fn truncate(at: &Path) {
    let len = fs::metadata(at).expect("a file").len();
    let file = fs::File::options().write(true).open(at).expect("a file");
    file.set_len(len / 2).expect("a length");
}

fn remove(at: &Path) {
    if at.is_dir() {
        fs::remove_dir_all(at).expect("gone");
    } else {
        let _ = fs::remove_file(at);
    }
}

const DAMAGES: &[Damage] = &[
    Damage {
        name: "nothing",
        past: Past::Rest,
        make: |_| {},
    },
    Damage {
        name: "journal cut short",
        past: Past::Rest,
        make: |p| truncate(&p.state.join("journal")),
    },
    Damage {
        name: "journal empty",
        past: Past::Rest,
        make: |p| overwrite(&p.state.join("journal"), ""),
    },
    Damage {
        name: "journal garbage",
        past: Past::Rest,
        make: |p| overwrite(&p.state.join("journal"), GARBAGE),
    },
    Damage {
        name: "journal missing",
        past: Past::Rest,
        make: |p| remove(&p.state.join("journal")),
    },
    Damage {
        name: "journal a directory",
        past: Past::Rest,
        make: |p| {
            remove(&p.state.join("journal"));
            fs::create_dir(p.state.join("journal")).expect("a directory");
        },
    },
    Damage {
        name: "next missing",
        past: Past::Rest,
        make: |p| remove(&p.state.join("next")),
    },
    Damage {
        name: "next a file",
        past: Past::Rest,
        make: |p| overwrite(&p.state.join("next"), GARBAGE),
    },
    Damage {
        name: "previous missing",
        past: Past::Rest,
        make: |p| remove(&p.state.join("previous")),
    },
    Damage {
        name: "previous a file",
        past: Past::Rest,
        make: |p| overwrite(&p.state.join("previous"), GARBAGE),
    },
    Damage {
        name: "changes garbage",
        past: Past::Rest,
        make: |p| overwrite(&p.state.join("changes"), GARBAGE),
    },
    Damage {
        name: "changes missing",
        past: Past::Rest,
        make: |p| remove(&p.state.join("changes")),
    },
    Damage {
        name: "changes cut short",
        past: Past::Rest,
        make: |p| overwrite(&p.state.join("changes"), ""),
    },
    Damage {
        name: "plan.done garbage",
        past: Past::Rest,
        make: |p| overwrite(&p.state.join("plan.done"), GARBAGE),
    },
    Damage {
        name: "staged garbage",
        past: Past::Staging,
        make: |p| overwrite(&p.state.join("staged"), GARBAGE),
    },
    Damage {
        name: "staged missing",
        past: Past::Staging,
        make: |p| remove(&p.state.join("staged")),
    },
    Damage {
        name: "staged a directory",
        past: Past::Staging,
        make: |p| {
            remove(&p.state.join("staged"));
            fs::create_dir(p.state.join("staged")).expect("a directory");
        },
    },
    Damage {
        name: "next missing, staging",
        past: Past::Staging,
        make: |p| remove(&p.state.join("next")),
    },
    Damage {
        name: "journal cut short, staging",
        past: Past::Staging,
        make: |p| truncate(&p.state.join("journal")),
    },
    Damage {
        name: "a file in next",
        past: Past::Staging,
        make: |p| {
            fs::create_dir_all(p.state.join("next/same")).expect("a directory");
            fs::write(p.state.join("next/same/stranger"), "x").expect("a file");
        },
    },
    Damage {
        name: "lock of another machine",
        past: Past::Rest,
        make: |p| {
            overwrite(
                &p.state.join("lock"),
                "pid 1\nhost elsewhere\nsince yesterday\ncommand resilver -a x y\n",
            )
        },
    },
    Damage {
        name: "lock garbage",
        past: Past::Rest,
        make: |p| overwrite(&p.state.join("lock"), GARBAGE),
    },
    Damage {
        name: "signature of a newer version",
        past: Past::Rest,
        make: |p| overwrite(&p.state.join("signature"), "resilver state 2\n"),
    },
    Damage {
        name: "signature missing",
        past: Past::Rest,
        make: |p| remove(&p.state.join("signature")),
    },
    Damage {
        name: "signature garbage",
        past: Past::Rest,
        make: |p| overwrite(&p.state.join("signature"), GARBAGE),
    },
    Damage {
        name: "another directory is live",
        past: Past::Rest,
        make: |p| {
            fs::rename(&p.dest, p.dir.join("moved")).expect("a rename");
            let status = std::process::Command::new("cp")
                .arg("-a")
                .arg(p.dir.join("moved"))
                .arg(&p.dest)
                .status();
            assert!(status.expect("cp").success());
        },
    },
    Damage {
        name: "state is a file",
        past: Past::Rest,
        make: |p| {
            remove(&p.state);
            overwrite(&p.state, GARBAGE);
        },
    },
    Damage {
        name: "state is a link to elsewhere",
        past: Past::Rest,
        make: |p| {
            remove(&p.state);
            fs::create_dir(p.dir.join("elsewhere")).expect("a directory");
            symlink("elsewhere", &p.state).expect("a link");
        },
    },
    Damage {
        name: "state missing",
        past: Past::Rest,
        make: |p| remove(&p.state),
    },
    Damage {
        name: "somebody's directory at the switch's place",
        past: Past::Rest,
        make: |p| {
            fs::create_dir(standing_of(&p.dest)).expect("a directory");
            fs::write(standing_of(&p.dest).join("theirs"), "precious").expect("a file");
        },
    },
    Damage {
        name: "journal cut short, switching",
        past: Past::Switching,
        make: |p| truncate(&p.state.join("journal")),
    },
    Damage {
        name: "journal missing, switching",
        past: Past::Switching,
        make: |p| remove(&p.state.join("journal")),
    },
    Damage {
        name: "plan missing, switching",
        past: Past::Switching,
        make: |p| remove(&p.state.join("plan")),
    },
    Damage {
        name: "plan garbage, switching",
        past: Past::Switching,
        make: |p| overwrite(&p.state.join("plan"), GARBAGE),
    },
    Damage {
        name: "plan cut short, switching",
        past: Past::Switching,
        make: |p| {
            if p.state.join("plan").exists() {
                truncate(&p.state.join("plan"));
            }
        },
    },
    Damage {
        name: "next missing, switching",
        past: Past::Switching,
        make: |p| remove(&p.state.join("next")),
    },
    Damage {
        name: "previous missing, switching",
        past: Past::Switching,
        make: |p| remove(&p.state.join("previous")),
    },
    Damage {
        name: "changes.next missing, switching",
        past: Past::Switching,
        make: |p| remove(&p.state.join("changes.next")),
    },
    Damage {
        name: "old tree missing, switching",
        past: Past::Switching,
        make: |p| remove(&standing_of(&p.dest)),
    },
];

const COMMANDS: &[&str] = &["mirror", "undo", "recover", "tidy", "status", "doctor"];

struct Ground<'a> {
    method: &'static str,
    sources: &'a [Generation],
    scratch: &'a Path,
}

impl Ground<'_> {
    fn mirror(&self, number: usize, dest: &Path) -> crate::run::Run {
        mirror(self.method, &self.sources[number - 1].path, dest)
    }

    fn place(&self, past: Past, name: &str) -> Place {
        let dir = self.scratch.join(name);
        fs::create_dir(&dir).expect("a directory");
        let dest = dir.join("dest");
        for number in [1, 2] {
            self.mirror(number, &dest).run().expect_success();
        }
        let step = match (past, self.method) {
            (Past::Rest, _) => None,
            (Past::Staging, _) => Some("stage.finish-dir:4"),
            (Past::Switching, "swap") => Some("switch.sync"),
            (Past::Switching, _) => Some("execute.install:3"),
        };
        if let Some(step) = step {
            let ran = self.mirror(3, &dest).cut(step).run();
            assert!(ran.was_cut(), "{ran}");
        }
        Place {
            state: state_of(&dest),
            dest,
            dir,
        }
    }

    /// One cell of the matrix; a letter for the table.
    fn cell(&self, damage: &Damage, name: &str) -> String {
        let place = self.place(damage.past, "attempt");
        (damage.make)(&place);
        let before = Tree::read(&place.dest);
        let run = match name {
            "mirror" => self.mirror(3, &place.dest),
            _ => command(name, &place.dest),
        };
        let ran = run.run();
        let what = format!("{}, {}, {name}: {ran}", self.method, damage.name);
        let after = Tree::read(&place.dest);
        self.judge(damage, name, &ran, &before, &after, &what);
        let next = self.go_on(&place, &what);
        let _ = fs::remove_dir_all(&place.dir);
        format!("{}{next}", letter(ran.end))
    }

    /// The live tree after a command: whole, and what the command says of it is true.
    fn judge(
        &self,
        damage: &Damage,
        name: &str,
        ran: &Ran,
        before: &Tree,
        after: &Tree,
        what: &str,
    ) {
        let End::Code(code) = ran.end else {
            panic!("a command ends by itself: {what}");
        };
        assert_ne!(code, 101, "a command does not crash: {what}");
        let said = ran.err.lines().next().unwrap_or_default().len();
        assert!(code == 0 || said > 20, "an error is told: {what}");
        let whole = self.sources.iter().any(|g| g.tree == *after);
        let between = damage.past == Past::Switching && self.method == "journal";
        assert!(
            whole || between && before == after,
            "the live tree is whole: {what}"
        );
        match (name, code) {
            ("mirror", 0) => self.sources[2].tree.expect_equal(after, what),
            ("tidy" | "status" | "doctor", _) if damage.past != Past::Switching => {
                before.expect_equal(after, what);
            }
            (_, 0) | ("status" | "doctor", _) => {}
            _ if damage.past == Past::Switching => {}
            _ => before.expect_equal(after, what),
        }
    }

    /// The next run comes through, or says what to do; then undo takes it back.
    fn go_on(&self, place: &Place, what: &str) -> &'static str {
        let ran = self.mirror(1, &place.dest).run();
        let advised = ran.end != End::Code(0);
        if advised {
            let advice = ["remove", "move", "use that one", "run "];
            let names = ran.err.contains(".dest.resilver");
            assert!(
                names && advice.iter().any(|word| ran.err.contains(word)),
                "the next run says what to do: {ran}\nafter {what}"
            );
            // What is advised, as one who knows no better does it.
            remove(&place.state);
            let _ = fs::remove_file(&place.state);
            if standing_of(&place.dest).exists() {
                remove(&standing_of(&place.dest));
            }
            self.mirror(1, &place.dest).run().expect_success();
        }
        let now = Tree::read(&place.dest);
        self.sources[0]
            .tree
            .expect_equal(&now, format_args!("the next run after {what}"));
        self.mirror(2, &place.dest).run().expect_success();
        command("undo", &place.dest).run().expect_success();
        let now = Tree::read(&place.dest);
        self.sources[0]
            .tree
            .expect_equal(&now, format_args!("undo, after {what}"));
        if advised { " !" } else { "" }
    }
}

fn letter(end: End) -> String {
    match end {
        End::Code(0) => "ok".to_owned(),
        End::Code(code) => code.to_string(),
        End::Signal(signal) => format!("-{signal}"),
    }
}

fn matrix(method: &'static str) {
    let scratch = scratch();
    let source = |n: u32| small(&scratch.path().join(n.to_string()), n);
    let sources: Vec<Generation> = (1..=3).map(source).collect();
    let ground = Ground {
        method,
        sources: &sources,
        scratch: scratch.path(),
    };
    println!("exit codes; ! where the next run asked for something to be removed first");
    println!("{method:<44}{}", COMMANDS.map_padded());
    let mut failures = Vec::new();
    for damage in DAMAGES {
        let cells: Vec<String> = COMMANDS
            .iter()
            .map(|name| {
                let cell = std::panic::AssertUnwindSafe(|| ground.cell(damage, name));
                std::panic::catch_unwind(cell).unwrap_or_else(|_| {
                    failures.push(format!("{}: {name}", damage.name));
                    let _ = fs::remove_dir_all(scratch.path().join("attempt"));
                    "FAILED".to_owned()
                })
            })
            .collect();
        let cells: String = cells.iter().map(|cell| format!("{cell:<9}")).collect();
        println!("{:<44}{cells}", damage.name);
    }
    assert!(
        failures.is_empty(),
        "{method}: {} cells: {failures:?}",
        failures.len()
    );
}

trait Padded {
    fn map_padded(&self) -> String;
}

impl Padded for [&str] {
    fn map_padded(&self) -> String {
        self.iter().map(|name| format!("{name:<9}")).collect()
    }
}

#[test]
fn broken_state_of_swap() {
    matrix("swap");
}

#[test]
fn broken_state_of_journal() {
    matrix("journal");
}
