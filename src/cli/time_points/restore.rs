//! A time point, or some of it, as it was.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::cli::commands::{code_of, refused, sync};
use crate::cli::exit::{Code, Refusal};
use crate::cli::options::{self, Request, Sync};
use crate::engine::{self, Event, Report, Wants};
use crate::stage::Policy;
use crate::stage::Told;
use crate::stage::points::{self, Series, Stamp, WholeTree};
use crate::sys::lock;
use crate::tree::shown;

/// What is restored, and where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Restore {
    pub point: String,
    pub to: PathBuf,
    /// Below the point; none for all of it.
    pub paths: Vec<PathBuf>,
    pub delete: bool,
    pub verbose: bool,
    pub dry_run: bool,
}

/// The options of the mirror run that a restore is: everything that a point holds, holes as holes.
const KEPT: &str = "-aHAXS";
/// Wrong files that are named; the others are counted.
const NAMED: usize = 10;

impl Restore {
    /// Mirrors, then looks whether all of it is there.
    pub fn carry_out(&self, series: &Series) -> Result<u8, Refusal> {
        let stamp = series.named(&self.point).map_err(refused)?;
        // A point with deltas is made whole out of sight first.
        let whole = WholeTree::of(series, stamp, &Policy::default()).map_err(refused)?;
        let tree = whole.path();
        let mut words: Vec<OsString> = vec![KEPT.into(), "--numeric-ids".into()];
        for (given, word) in [
            (self.verbose, "-v"),
            (self.delete, "--delete"),
            (self.dry_run, "-n"),
            (!self.paths.is_empty(), "-R"),
        ] {
            words.extend(given.then(|| word.into()));
        }
        let run = self.run(&words, &tree)?;
        let code = sync(&run);
        if code != Code::Success.number() || self.dry_run {
            return Ok(code);
        }
        words.extend(["-n".into(), "-c".into()]);
        let code = verify(&self.run(&words, &tree)?)?;
        // To judge takes the lock where sums are to be recorded.
        drop(whole);
        match code {
            code if code == Code::Success.number() => self.judge(series, stamp),
            code => Ok(code),
        }
    }

    /// Whether the point still is what it was when it was made: a copy of it is no better.
    fn judge(&self, series: &Series, stamp: Stamp) -> Result<u8, Refusal> {
        let point = PathBuf::from(stamp.to_string());
        let is_wanted = |path: &Path| {
            let Ok(below) = path.strip_prefix(&point) else {
                return false;
            };
            // A dot in front stands for no name.
            let names = |one: &PathBuf| -> PathBuf {
                let parts = one.components();
                parts
                    .filter(|part| matches!(part, Component::Normal(_)))
                    .collect()
            };
            let asked = |one: &PathBuf| below.starts_with(names(one));
            self.paths.is_empty() || self.paths.iter().any(asked)
        };
        let (mut wrong, mut failed) = (Vec::new(), None);
        points::verify(series, Some(stamp), &mut |told| match told {
            Told::Finding(finding) if is_wanted(&finding.path) => wrong.push(finding.path),
            Told::Finding(_) => {}
            Told::Failed(e) => failed = failed.take().or(Some(e)),
        })
        .map_err(refused)?;
        match (wrong.is_empty(), failed) {
            (true, None) => Ok(Code::Success.number()),
            (true, Some(e)) => Err(Refusal::failed(e, Code::Partial)),
            (false, _) => Err(Refusal::failed(
                format!(
                    "restored, but the time point is not what it was when it was made: {}",
                    named(&wrong)
                ),
                Code::Differs,
            )),
        }
    }

    /// The run of these options.
    fn run(&self, words: &[OsString], tree: &Path) -> Result<Sync, Refusal> {
        let mut words = words.to_vec();
        words.push("--".into());
        if self.paths.is_empty() {
            words.push(tree.join("").into());
        }
        for path in &self.paths {
            if path.components().any(|part| part == Component::ParentDir) {
                return Err(Refusal::usage(format_args!(
                    "{}: a path below the time point has no \"..\"",
                    shown(path)
                )));
            }
            // What is behind the dot is made at the destination.
            let below = path.strip_prefix("/").unwrap_or(path);
            words.push(tree.join(".").join(below).into());
        }
        // Never taken for the name of another machine.
        let to = std::path::absolute(&self.to).unwrap_or_else(|_| self.to.clone());
        words.push(to.join("").into());
        match options::parse(&words)? {
            Request::Sync(sync) => Ok(*sync),
            other => unreachable!("a restore is a run, not {other:?}"),
        }
    }
}

/// Compares by checksum, and says what is not as the point has it.
fn verify(run: &Sync) -> Result<u8, Refusal> {
    let wrong = Wrong::default();
    let compared = engine::run(&run.options, &wrong);
    let outcome = compared.map_err(|e| Refusal::failed(&e, code_of(&e)))?;
    let wrong = wrong.0.into_inner().unwrap_or_else(PoisonError::into_inner);
    if wrong.is_empty() {
        return Ok(Code::of(&outcome).number());
    }
    Err(Refusal::failed(
        format!(
            "what was restored is not as the time point has it: {}",
            named(&wrong)
        ),
        Code::Partial,
    ))
}

/// The first of these paths, and how many there are beyond.
fn named(paths: &[PathBuf]) -> String {
    let named: Vec<String> = paths.iter().take(NAMED).map(|path| shown(path)).collect();
    let more = match paths.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", named.join(", "))
}

/// Collects what a further run would change.
#[derive(Default)]
struct Wrong(Mutex<Vec<PathBuf>>);

impl Report for Wrong {
    fn event(&self, event: Event) {
        if let Event::Item(item) = event
            && item.changes.any()
        {
            let mut wrong = lock(&self.0);
            wrong.push(item.path);
        }
    }

    fn wants(&self) -> Wants {
        Wants {
            items: true,
            ..Wants::default()
        }
    }
}
