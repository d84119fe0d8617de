//! Runs and commands aborted at their n-th step, for every n until one comes through uncut.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::generations::{Generation, small};
use crate::run::{End, Ran, Run, command, mirror, scratch};
use crate::tree::Tree;

/// What a person does.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// Mirrors the generation of this number.
    Mirror(usize),
    /// The same, aborted at this cut point.
    MirrorCut(usize, &'static str),
    Undo,
    Recover,
    Tidy,
}

/// What is cut, after which history.
struct Scenario {
    method: &'static str,
    history: &'static [Act],
    act: Act,
    /// Generations that the destination may show afterwards: before the switch, and after it.
    old: usize,
    new: usize,
    /// What undo brings back after a last run towards `last`.
    last: usize,
    undone: usize,
}

/// No destination.
const NOTHING: usize = 0;

struct Sources {
    generations: Vec<Generation>,
}

impl Sources {
    fn new(dir: &Path) -> Sources {
        let make = |n: u32| small(&dir.join(format!("generation-{n}")), n);
        Sources {
            generations: (1..=3).map(make).collect(),
        }
    }

    fn get(&self, number: usize) -> &Generation {
        &self.generations[number - 1]
    }

    /// Which generation a destination shows; none if it is no whole one.
    fn recognise(&self, dest: &Path) -> Option<usize> {
        match Tree::find(dest) {
            None => Some(NOTHING),
            // A plan needs a directory to be carried out in: an empty one shows as little as none.
            Some(tree) if tree.0.len() == 1 => Some(NOTHING),
            Some(tree) => self
                .generations
                .iter()
                .position(|g| g.tree == tree)
                .map(|at| at + 1),
        }
    }
}

/// One destination for one attempt.
struct Attempt<'a> {
    sources: &'a Sources,
    scenario: &'a Scenario,
    dir: PathBuf,
    dest: PathBuf,
    log: PathBuf,
}

impl Attempt<'_> {
    fn run(&self, act: Act) -> Run {
        match act {
            Act::Mirror(n) | Act::MirrorCut(n, _) => {
                mirror(self.scenario.method, &self.sources.get(n).path, &self.dest)
            }
            Act::Undo => command("undo", &self.dest),
            Act::Recover => command("recover", &self.dest),
            Act::Tidy => command("tidy", &self.dest),
        }
    }

    fn live_through(&self, history: &[Act]) {
        for act in history {
            match *act {
                Act::MirrorCut(_, at) => {
                    let ran = self.run(*act).cut(at).run();
                    assert!(ran.was_cut(), "{ran}");
                }
                _ => drop(self.run(*act).run().expect_success()),
            }
        }
    }

    /// Aborts at step `n`; the step's name, or none when the run came through.
    fn cut(&self, n: usize) -> (Ran, Option<String>) {
        let ran = self.run(self.scenario.act).cut(n).log(&self.log).run();
        let step = fs::read_to_string(&self.log).unwrap_or_default();
        let step = step.lines().last().unwrap_or_default().to_owned();
        match ran.end {
            End::Code(0) => (ran, None),
            _ => {
                assert!(ran.was_cut(), "at step {n}, {step}: {ran}");
                (ran, Some(step))
            }
        }
    }

    fn is(&self, number: usize, when: &str) {
        let none = || Tree::default();
        let tree = |n: usize| match n {
            NOTHING => none(),
            n => self.sources.get(n).tree.clone(),
        };
        let now = Tree::find(&self.dest).unwrap_or_default();
        tree(number).expect_equal(&now, format_args!("{when}, generation {number} expected"));
    }

    /// Whatever was cut: the tree is whole, the next runs come through, and undo works.
    fn check(&self, n: usize, step: &str) -> Saw {
        let s = self.scenario;
        let when = |what: &str| format!("cut at step {n}, {step}: {what}");
        let at_once = self.sources.recognise(&self.dest);
        let saw = match at_once {
            Some(g) if g == s.new => Saw::New,
            Some(g) if g == s.old => Saw::Old,
            // A plan is carried out entry by entry; what follows must bring it to its end.
            _ if s.method == "journal" => Saw::Between,
            Some(g) => panic!("{}", when(&format!("generation {g} is there"))),
            None => {
                self.is(s.old, &when("not the new, and not the old:"));
                unreachable!("it is the old")
            }
        };
        // Half of the attempts go on with `recover`, half with the next run.
        if n.is_multiple_of(2) {
            let recovered = self.run(Act::Recover).run().expect_success();
            let now = self.sources.recognise(&self.dest);
            let expected = match saw {
                Saw::Old => now == Some(s.old) || s.method == "journal" && now == Some(s.new),
                Saw::New | Saw::Between => now == Some(s.new),
            };
            let text = || when(&format!("recovered from {saw:?} to {now:?}: {recovered}"));
            assert!(expected, "{}", text());
        }
        self.run(Act::Mirror(s.last)).run().expect_success();
        self.is(s.last, &when("the next run"));
        self.nothing_lies_about(&when("the next run"));
        let again = self.run(Act::Mirror(s.last)).run().expect_success();
        assert_eq!(again.out, "", "{}", when("nothing is left to do"));
        self.undo(&when("undo"));
        saw
    }

    fn undo(&self, when: &str) {
        if self.scenario.undone != NOTHING {
            self.run(Act::Undo).run().expect_success();
            self.is(self.scenario.undone, when);
        }
    }

    fn nothing_lies_about(&self, when: &str) {
        let names = fs::read_dir(&self.dir).expect("a directory").map(|entry| {
            let name = entry.expect("an entry").file_name();
            name.to_string_lossy().into_owned()
        });
        let mut names: Vec<String> = names.filter(|name| name != "log").collect();
        names.sort();
        assert_eq!(names, [".dest.resilver", "dest"], "{when}");
    }
}

/// What a destination showed after an abort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Saw {
    Old,
    Between,
    New,
}

impl Scenario {
    /// Cuts at every step, two attempts at a time.
    fn play(&self) {
        let scratch = scratch();
        let sources = Sources::new(scratch.path());
        let (next, done) = (AtomicUsize::new(1), AtomicBool::new(false));
        let table: Mutex<BTreeMap<usize, (String, Saw)>> = Mutex::default();
        let work = || {
            while !done.load(Ordering::SeqCst) {
                let n = next.fetch_add(1, Ordering::SeqCst);
                match self.attempt(&sources, scratch.path(), n) {
                    Some(row) => drop(table.lock().expect("no panic").insert(n, row)),
                    None => done.store(true, Ordering::SeqCst),
                }
            }
        };
        std::thread::scope(|scope| {
            let other = scope.spawn(work);
            work();
            if let Err(panic) = other.join() {
                std::panic::resume_unwind(panic);
            }
        });
        self.report(&table.into_inner().expect("no panic"));
    }

    fn attempt(&self, sources: &Sources, scratch: &Path, n: usize) -> Option<(String, Saw)> {
        let dir = scratch.join(format!("attempt-{n}"));
        fs::create_dir(&dir).expect("a directory");
        let attempt = Attempt {
            sources,
            scenario: self,
            dest: dir.join("dest"),
            log: dir.join("log"),
            dir,
        };
        attempt.live_through(self.history);
        let (ran, step) = attempt.cut(n);
        let row = match step {
            Some(step) => {
                let saw = attempt.check(n, &step);
                Some((step, saw))
            }
            None => {
                attempt.is(self.new, &format!("uncut: {ran}"));
                None
            }
        };
        let _ = fs::remove_dir_all(&attempt.dir);
        row
    }

    /// Prints what was hit, and holds that the steps turn old into new once, never back.
    fn report(&self, table: &BTreeMap<usize, (String, Saw)>) {
        println!(
            "{} {:?} after {:?}: {} steps cut",
            self.method,
            self.act,
            self.history,
            table.len()
        );
        let mut steps: Vec<(String, [usize; 3])> = Vec::new();
        for (step, saw) in table.values() {
            let at = steps.iter().position(|(s, _)| s == step);
            let at = at.unwrap_or_else(|| {
                steps.push((step.clone(), [0; 3]));
                steps.len() - 1
            });
            steps[at].1[*saw as usize] += 1;
        }
        println!(
            "  {:<24} {:>5} {:>8} {:>5}",
            "step", "old", "between", "new"
        );
        for (step, [old, between, new]) in &steps {
            println!("  {step:<24} {old:>5} {between:>8} {new:>5}");
        }
        assert!(!table.is_empty(), "there are steps to cut");
        let saws: Vec<Saw> = table.values().map(|(_, saw)| *saw).collect();
        assert!(saws.is_sorted(), "old turns into new once: {saws:?}");
    }
}

/// A test for each row: method, history, what is cut, what it may show, the next run, what undo gives then.
macro_rules! cut {
    ($($name:ident: $method:literal, $history:expr, $act:expr, $old:expr => $new:expr, then $last:expr, undone $undone:expr;)*) => {
        $(#[test]
        fn $name() {
            Scenario {
                method: $method,
                history: &$history,
                act: $act,
                old: $old,
                new: $new,
                last: $last,
                undone: $undone,
            }
            .play();
        })*
    };
}

use Act::{Mirror, MirrorCut, Recover, Tidy, Undo};

cut! {
    first_by_swap: "swap", [], Mirror(1), NOTHING => 1, then 1, undone NOTHING;
    first_by_journal: "journal", [], Mirror(1), NOTHING => 1, then 1, undone NOTHING;
    update_by_swap: "swap", [Mirror(1)], Mirror(2), 1 => 2, then 2, undone 1;
    update_by_journal: "journal", [Mirror(1)], Mirror(2), 1 => 2, then 2, undone 1;
    update_with_undo_by_swap: "swap", [Mirror(3), Mirror(1)], Mirror(2), 1 => 2, then 2, undone 1;
    update_with_undo_by_journal: "journal", [Mirror(3), Mirror(1)], Mirror(2), 1 => 2, then 2, undone 1;
    update_of_an_interrupted_one_by_swap: "swap", [Mirror(1), MirrorCut(3, "switch.exchange")], Mirror(2), 1 => 2, then 2, undone 1;
    undo_by_swap: "swap", [Mirror(1), Mirror(2)], Undo, 2 => 1, then 3, undone NOTHING;
    undo_by_journal: "journal", [Mirror(1), Mirror(2)], Undo, 2 => 1, then 3, undone NOTHING;
    tidy_by_swap: "swap", [Mirror(1), Mirror(2)], Tidy, 2 => 2, then 3, undone 2;
    tidy_by_journal: "journal", [Mirror(1), Mirror(2)], Tidy, 2 => 2, then 3, undone 2;
    recover_before_the_exchange: "swap", [Mirror(1), MirrorCut(2, "switch.exchange")], Recover, 1 => 1, then 2, undone 1;
    recover_after_the_exchange: "swap", [Mirror(1), MirrorCut(2, "switch.sync")], Recover, 2 => 2, then 3, undone 2;
    recover_in_the_plan: "journal", [Mirror(1), MirrorCut(2, "execute.install:3")], Recover, 2 => 2, then 3, undone 2;
}
