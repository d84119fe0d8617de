//! Runs killed with SIGKILL at random moments, under the eyes of readers.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::generations::{Generation, big};
use crate::reader::Readers;
use crate::run::{command, mirror, scratch};
use crate::tree::Tree;

/// Runs to kill where `RESILVER_KILLS` does not say,
const KILLS: usize = 200;
/// as long as it takes no more than this.
const PATIENCE: Duration = Duration::from_secs(75);

/// Random numbers (splitmix64): the same row every time, unless `RESILVER_SEED` asks for another.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit.max(1)
    }
}

/// When a run is killed.
enum Moment {
    Never,
    /// So long after its start.
    After(Duration),
    /// So long after it passed the step of this name.
    Past(String, Duration),
}

struct Ground {
    dest: PathBuf,
    log: PathBuf,
    generations: [Generation; 2],
    dice: Dice,
    /// What an undisturbed run takes, and the steps it passes.
    typical: Duration,
    steps: Vec<String>,
}

/// How often runs were killed just past each step, in the order in which the steps come.
#[derive(Default)]
struct Tally {
    killed: BTreeMap<String, usize>,
    ended: usize,
    before_switch: usize,
    after_switch: usize,
}

/// A log that is read as it grows.
struct Tail<'a> {
    path: &'a Path,
    file: Option<File>,
    text: String,
}

impl Tail<'_> {
    fn new(path: &Path) -> Tail<'_> {
        Tail {
            path,
            file: None,
            text: String::new(),
        }
    }

    /// Whether a line was written since the last look.
    fn shows(&mut self, line: &str) -> bool {
        self.file = self.file.take().or_else(|| File::open(self.path).ok());
        let Some(file) = &mut self.file else {
            return false;
        };
        self.text.clear();
        file.read_to_string(&mut self.text).is_ok() && self.text.contains(line)
    }
}

impl Ground {
    fn new(scratch: &Path) -> Ground {
        let seed = std::env::var("RESILVER_SEED").ok();
        let mut ground = Ground {
            dest: scratch.join("dest"),
            log: scratch.join("log"),
            generations: [1, 2].map(|n| big(&scratch.join(n.to_string()), n, 60, 48)),
            dice: Dice(seed.and_then(|s| s.parse().ok()).unwrap_or(1)),
            typical: Duration::ZERO,
            steps: Vec::new(),
        };
        for which in [0, 1, 0] {
            let begin = Instant::now();
            let ran = ground.to(which).log(&ground.log).run();
            ran.expect_success();
            ground.typical = begin.elapsed();
            let now = Tree::read(&ground.dest);
            ground.generations[which]
                .tree
                .expect_equal(&now, "a run that was not killed");
            ground.steps = ground.passed();
        }
        let mut known = std::collections::BTreeSet::new();
        ground.steps.retain(|step| known.insert(step.clone()));
        ground
    }

    fn to(&self, which: usize) -> crate::run::Run {
        mirror("swap", &self.generations[which].path, &self.dest)
    }

    /// The steps of the last run, from its log, which is taken away. The journal is written several times
    /// in a run: it is named with the step before it.
    fn passed(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let _ = std::fs::remove_file(&self.log);
        let mut before = "";
        let mut steps = Vec::new();
        for line in text.lines() {
            match line {
                "journal.replace" => steps.push(format!("{before}, journal")),
                _ => steps.push(line.to_owned()),
            }
            before = line;
        }
        steps
    }

    fn moment(&mut self) -> Moment {
        match self.dice.below(16) {
            0 => Moment::Never,
            1..=7 => {
                let most = self.typical.as_micros() as u64 * 11 / 10;
                Moment::After(Duration::from_micros(self.dice.below(most)))
            }
            _ => {
                let step = self.dice.below(self.steps.len() as u64) as usize;
                let later = Duration::from_micros(self.dice.below(600));
                let name = self.steps[step].split(',').next().unwrap_or_default();
                Moment::Past(name.to_owned(), later)
            }
        }
    }

    /// Runs towards a generation and kills the run at that moment; whether it ended by itself.
    fn kill(&self, which: usize, moment: &Moment) -> bool {
        let mut child = self
            .to(which)
            .log(&self.log)
            .into_command()
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("resilver starts");
        match moment {
            Moment::Never => {}
            Moment::After(time) => std::thread::sleep(*time),
            Moment::Past(step, later) => {
                let mut log = Tail::new(&self.log);
                while !log.shows(step) && child.try_wait().expect("a child").is_none() {
                    std::thread::sleep(Duration::from_micros(20));
                }
                std::thread::sleep(*later);
            }
        }
        if !matches!(moment, Moment::Never) {
            child.kill().expect("a child to kill");
        }
        let status = child.wait().expect("a child");
        if let Some(code) = status.code() {
            assert_eq!(code, 0, "a run that was not killed succeeds");
        }
        status.code().is_some()
    }

    /// The generation that the destination is.
    #[track_caller]
    fn state(&self) -> usize {
        let now = Tree::read(&self.dest);
        match self.generations.iter().position(|g| g.tree == now) {
            Some(which) => which,
            None => {
                self.generations[0]
                    .tree
                    .expect_equal(&now, "neither the one");
                unreachable!("it is equal to one of them")
            }
        }
    }
}

impl Tally {
    fn print(&self, steps: &[String]) {
        println!("killed past step                times");
        for (step, times) in steps.iter().filter_map(|s| self.killed.get_key_value(s)) {
            println!("  {step:<28} {times:>6}");
        }
        for (step, times) in self.killed.iter().filter(|(s, _)| !steps.contains(s)) {
            println!("  {step:<28} {times:>6}");
        }
        println!(
            "killed before the switch {}, after it {}; ended by itself {}",
            self.before_switch, self.after_switch, self.ended
        );
    }
}

#[test]
fn runs_killed_at_random_moments_show_one_tree_or_the_other() {
    let scratch = scratch();
    let mut ground = Ground::new(scratch.path());
    let wanted = std::env::var("RESILVER_KILLS")
        .ok()
        .and_then(|n| n.parse().ok());
    let trees = [0, 1].map(|which| ground.generations[which].tree.clone());
    let entries = trees[0].0.len();
    let readers = Readers::start(&ground.dest, trees);
    let mut tally = Tally::default();
    let (begin, mut made) = (Instant::now(), 0);
    let (mut now, mut target) = (0, 1);
    while made < wanted.unwrap_or(KILLS) && (wanted.is_some() || begin.elapsed() < PATIENCE) {
        readers.outlast();
        let moment = ground.moment();
        let ended = ground.kill(target, &moment);
        made += 1;
        let before = std::mem::replace(&mut now, ground.state());
        let steps = ground.passed();
        if ended {
            assert_eq!(now, target, "a run without a kill ends at the new state");
            tally.ended += 1;
        } else {
            let step = steps.last().map_or("(before the first)", String::as_str);
            *tally.killed.entry(step.to_owned()).or_default() += 1;
            match now == target && before != target {
                true => tally.after_switch += 1,
                false => tally.before_switch += 1,
            }
        }
        // Mostly the run is repeated until it is through; now and then another one goes over what it left.
        if now == target || ground.dice.below(4) == 0 {
            target = 1 - target;
        }
    }
    println!(
        "{made} runs in {:.1} s (one alone {:.0} ms) over {entries} entries, killed {}",
        begin.elapsed().as_secs_f64(),
        ground.typical.as_secs_f64() * 1000.0,
        made - tally.ended
    );
    tally.print(&ground.steps);
    readers.outlast();
    let last = 1 - ground.state();
    ground.to(last).run().expect_success();
    assert_eq!(
        ground.state(),
        last,
        "a run without a kill ends at the new state"
    );
    readers.outlast();
    command("undo", &ground.dest).run().expect_success();
    assert_eq!(ground.state(), 1 - last, "undo brings the other state back");
    let seen = readers.stop();
    println!("{}", seen.summary());
    assert!(seen.is_clean(), "{}", seen.summary());
}
