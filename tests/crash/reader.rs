//! Readers that pass over a destination all the while, and the proof that they notice what must not be.

use std::fmt::Write as _;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::fs::{CWD, Mode, OFlags, openat};

use crate::tree::Tree;

/// What readers have seen.
#[derive(Debug, Default)]
pub struct Seen {
    /// Whole passes that saw the one generation, and the other.
    pub passes: [AtomicU64; 2],
    /// Times that the destination was opened by its path.
    pub probes: AtomicU64,
    /// Opens that found nothing there.
    pub gaps: AtomicU64,
    /// Passes that saw neither the one generation nor the other.
    pub torn: AtomicU64,
    /// What was torn or missing, for the first few.
    pub complaints: Mutex<Vec<String>>,
    /// The generation that the last whole pass saw.
    last: AtomicUsize,
    /// Passes begun, and passes ended.
    begun: AtomicU64,
    ended: AtomicU64,
}

impl Seen {
    fn complain(&self, text: String) {
        let mut complaints = self
            .complaints
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if complaints.len() < 5 {
            complaints.push(text);
        }
    }

    /// A line for people.
    pub fn summary(&self) -> String {
        let count = |number: &AtomicU64| number.load(Ordering::SeqCst);
        let mut text = format!(
            "passes that saw the one generation {}, the other {}, torn {}; opened by path {}, not there {}",
            count(&self.passes[0]),
            count(&self.passes[1]),
            count(&self.torn),
            count(&self.probes),
            count(&self.gaps)
        );
        for complaint in &*self
            .complaints
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
        {
            let _ = write!(text, "\n{complaint}");
        }
        text
    }

    /// Whether nothing was seen that must not be.
    pub fn is_clean(&self) -> bool {
        self.gaps.load(Ordering::SeqCst) == 0 && self.torn.load(Ordering::SeqCst) == 0
    }
}

/// Two threads: one passes over the whole destination by one handle, again and again; the other opens it by
/// its path as often as it can.
pub struct Readers {
    pub seen: Arc<Seen>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    pub fn start(dest: &Path, generations: [Tree; 2]) -> Readers {
        let seen = Arc::new(Seen::default());
        let stop = Arc::new(AtomicBool::new(false));
        let watch = |work: Box<dyn Fn(&Seen) + Send>| {
            let (seen, stop) = (Arc::clone(&seen), Arc::clone(&stop));
            std::thread::spawn(move || {
                while !stop.load(Ordering::SeqCst) {
                    work(&seen);
                }
            })
        };
        let (here, there) = (dest.to_owned(), dest.to_owned());
        let threads = vec![
            watch(Box::new(move |seen| pass(seen, &here, &generations))),
            watch(Box::new(move |seen| probe(seen, &there))),
        ];
        Readers {
            seen,
            stop,
            threads,
        }
    }

    /// Waits for a pass that begins after this call, and returns which generation it saw. No older pass is
    /// under way then: a former tree is kept for one more switch, so a pass may outlast one run, not two.
    #[track_caller]
    pub fn next_pass(&self) -> usize {
        let next = self.seen.begun.load(Ordering::SeqCst) + 1;
        while self.seen.ended.load(Ordering::SeqCst) < next {
            std::thread::sleep(Duration::from_micros(200));
        }
        assert!(self.seen.is_clean(), "{}", self.seen.summary());
        self.seen.last.load(Ordering::SeqCst)
    }

    /// Ends the readers.
    pub fn stop(mut self) -> Arc<Seen> {
        self.halt();
        Arc::clone(&self.seen)
    }

    fn halt(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.halt();
    }
}

fn open(dest: &Path) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
    openat(CWD, dest, flags, Mode::empty())
}

/// One pass over the whole tree by one handle.
fn pass(seen: &Seen, dest: &Path, generations: &[Tree; 2]) {
    seen.begun.fetch_add(1, Ordering::SeqCst);
    match open(dest) {
        Err(e) => {
            seen.gaps.fetch_add(1, Ordering::SeqCst);
            seen.complain(format!("a pass could not open the destination: {e}"));
        }
        Ok(root) => match Tree::read_at(&root) {
            Ok(tree) => match generations.iter().position(|g| *g == tree) {
                Some(which) => {
                    seen.passes[which].fetch_add(1, Ordering::SeqCst);
                    seen.last.store(which, Ordering::SeqCst);
                }
                None => {
                    seen.torn.fetch_add(1, Ordering::SeqCst);
                    let to = |g: &Tree| g.differences(&tree);
                    let (one, other) = (to(&generations[0]), to(&generations[1]));
                    let (which, nearer) = match one.len() <= other.len() {
                        true => ("one", &one),
                        false => ("other", &other),
                    };
                    seen.complain(format!(
                        "a torn pass: {} entries differ from the one generation, {} from the other; from the {which}:\n{}",
                        one.len(),
                        other.len(),
                        nearer[..nearer.len().min(6)].join("\n")
                    ));
                }
            },
            Err(e) => {
                seen.torn.fetch_add(1, Ordering::SeqCst);
                seen.complain(format!("a torn pass: an entry went away: {e}"));
            }
        },
    }
    seen.ended.fetch_add(1, Ordering::SeqCst);
}

/// A row of looks at the path.
fn probe(seen: &Seen, dest: &Path) {
    for _ in 0..32 {
        seen.probes.fetch_add(1, Ordering::SeqCst);
        if let Err(e) = open(dest) {
            seen.gaps.fetch_add(1, Ordering::SeqCst);
            seen.complain(format!("the path led nowhere: {e}"));
        }
    }
    std::thread::sleep(Duration::from_micros(500));
}

mod proof {
    //! The readers must be seen to fail.

    use std::process::Command;
    use std::time::Instant;

    use super::*;
    use crate::generations::big;
    use crate::run::{mirror, scratch, standing_of};

    fn shell(script: &str, args: &[&Path]) {
        let status = Command::new("sh")
            .arg("-ec")
            .arg(script)
            .arg("sh")
            .args(args)
            .status();
        assert!(status.expect("a shell").success(), "{script}");
    }

    fn patience() -> impl Fn() -> bool {
        let begin = Instant::now();
        move || begin.elapsed() < Duration::from_secs(30)
    }

    #[test]
    fn two_renames_leave_a_gap_that_is_seen() {
        let scratch = scratch();
        let [dest, other, away] = ["dest", "other", "away"].map(|name| scratch.path().join(name));
        let one = big(&dest, 1, 4, 8);
        let two = big(&other, 2, 4, 8);
        let readers = Readers::start(&dest, [one.tree, two.tree]);
        let patient = patience();
        while readers.seen.gaps.load(Ordering::SeqCst) == 0 && patient() {
            let script = "mv -T \"$1\" \"$3\"; mv -T \"$2\" \"$1\"; mv -T \"$3\" \"$2\"";
            shell(script, &[&dest, &other, &away]);
        }
        let seen = readers.stop();
        assert!(!seen.is_clean(), "{}", seen.summary());
    }

    #[test]
    fn a_copy_in_place_is_seen_torn() {
        let scratch = scratch();
        let [dest, one, two] = ["dest", "one", "two"].map(|name| scratch.path().join(name));
        let one = big(&one, 1, 12, 32);
        let two = big(&two, 2, 12, 32);
        mirror("direct", &one.path, &dest).run().expect_success();
        let readers = Readers::start(&dest, [one.tree.clone(), two.tree.clone()]);
        let patient = patience();
        let mut sources = [&two, &one].into_iter().cycle();
        while readers.seen.torn.load(Ordering::SeqCst) == 0 && patient() {
            let source = sources.next().expect("a cycle");
            mirror("direct", &source.path, &dest).run().expect_success();
        }
        let seen = readers.stop();
        assert!(seen.torn.load(Ordering::SeqCst) > 0, "{}", seen.summary());
    }

    /// The real program, with its exchange replaced by two renames and nothing else changed.
    #[test]
    fn an_exchange_made_of_two_renames_is_seen() {
        let scratch = scratch();
        let [dest, one, two, away] =
            ["dest", "one", "two", "away"].map(|name| scratch.path().join(name));
        let one = big(&one, 1, 4, 8);
        let two = big(&two, 2, 4, 8);
        mirror("swap", &one.path, &dest).run().expect_success();
        let standing = standing_of(&dest);
        let script = format!(
            "mv -T {d} {a}; mv -T {s} {d}; mv -T {a} {s}; kill -9 $PPID",
            d = dest.display(),
            s = standing.display(),
            a = away.display()
        );
        let readers = Readers::start(&dest, [one.tree.clone(), two.tree.clone()]);
        let patient = patience();
        let mut sources = [&two, &one].into_iter().cycle();
        let mut exchanges = 0;
        while readers.seen.gaps.load(Ordering::SeqCst) == 0 && patient() {
            let source = sources.next().expect("a cycle");
            let run = mirror("swap", &source.path, &dest)
                .cut("switch.exchange")
                .instead(&script);
            let ran = run.run();
            assert_eq!(ran.end, crate::run::End::Signal(9), "{ran}");
            exchanges += 1;
            source
                .tree
                .expect_equal(&Tree::read(&dest), "after two renames");
        }
        let seen = readers.stop();
        println!(
            "{exchanges} exchanges made of two renames: {}",
            seen.summary()
        );
        assert!(seen.gaps.load(Ordering::SeqCst) > 0, "{}", seen.summary());
    }
}
