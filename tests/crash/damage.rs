//! State directories that were broken by others, and what each command makes of them.
//!
//! A row of the matrix is a thing that is wrong, a column is a command. Whatever is wrong: a command ends with an exit
//! code of its own and says what is the matter, the live tree stays whole, and the next mirror run comes through, or
//! says what to do, and comes through when that was done.

use std::fs;
use std::path::Path;

use crate::damages::{DAMAGES, Damage, Past, Place, remove};
use crate::generations::{Generation, small};
use crate::run::{End, Ran, command, mirror, scratch, standing_of, state_of};
use crate::tree::Tree;

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
        if matches!(name, "mirror" | "undo") {
            self.undo_after(&place, &what);
        }
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
        let by = usize::from(self.method == "journal");
        let expected = match name {
            "mirror" => damage.mirror[by],
            "undo" => damage.undo[by],
            // What is only looked at may be unreadable.
            "status" if damage.name.contains(" a ") && code == 11 => 11,
            _ if damage.mirror[by] == 4 && damage.undo[by] == 4 && by_signature(damage) => 4,
            _ => 0,
        };
        assert_eq!(code, expected, "{what}");
        let told = ran.err.contains(damage.says) || !self.notices(damage);
        assert!(
            name != "mirror" || told,
            "{:?} is told: {what}",
            damage.says
        );
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

    /// Whether this method meets what is wrong at all.
    fn notices(&self, damage: &Damage) -> bool {
        match self.method {
            "swap" => !damage.name.ends_with(", switching") || damage.name.starts_with("journal"),
            _ => !damage.name.contains("the switch's place"),
        }
    }

    /// The next run comes through, or says what to do.
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
        if advised { " !" } else { "" }
    }

    /// Whatever happened before, the run after next can be undone.
    fn undo_after(&self, place: &Place, what: &str) {
        self.mirror(2, &place.dest).run().expect_success();
        command("undo", &place.dest).run().expect_success();
        let now = Tree::read(&place.dest);
        self.sources[0]
            .tree
            .expect_equal(&now, format_args!("undo, after {what}"));
    }
}

/// State of a newer version is refused by every command.
fn by_signature(damage: &Damage) -> bool {
    damage.name.starts_with("signature of")
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
