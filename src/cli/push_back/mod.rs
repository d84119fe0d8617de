//! `resilver push` and `resilver diff`: what was changed in a mirror since its pull goes back to where it came from,
//! and nothing that was changed there meanwhile is lost.
//!
//! ```text
//! words     the subcommands as they are typed
//! past      the catalogue of the mirror, and what its pull's command line says of the way back
//! lists     two runs that only list: the mirror, its origin
//! removals  how entries are removed
//! owners    what is sent by the owners that it has there
//! sessions  ordinary runs with exactly the names that the plan has: removals, what is sent, what is fetched
//! guard     the same for a plain push with --guard-edits
//! ```

mod guard;
mod lists;
mod options;
mod owners;
mod past;
mod removals;
mod sessions;
mod words;

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

pub use guard::push as guarded;
pub use words::{DIFF, PUSH, asked, commands};

use super::arguments::{self, Arguments, Given, Read};
use super::commands::{print, refused};
use super::exit::{Code, Refusal};
use super::options::{Request, of_arguments};
use crate::engine::Severity;
use crate::engine::edits::{Plan, Settlement};
use crate::report::pushed::{self, Pushing};
use crate::report::{Style, edits as told};
use crate::stage::{self, Policy};
use crate::transport::Operand;
use lists::Lists;
use past::Past;
use sessions::{Sessions, is_through};

/// The part of an origin that a push may remove unless it is told otherwise, in percent.
const MOST_REMOVED: u8 = 50;

/// What is asked about a mirror and its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushBack {
    mirror: PathBuf,
    errand: Errand,
    /// The way there, over what the pull's command line says of it.
    ways: Vec<OsString>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Errand {
    Diff { json: bool },
    Push(Push),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Push {
    settlement: Settlement,
    /// The part of the origin that may be removed at most, in percent.
    delete_guard: u8,
    dry_run: bool,
    quiet: bool,
    json: bool,
    /// How runs are told.
    manner: Vec<OsString>,
}

impl PushBack {
    /// The mirror.
    #[must_use]
    pub fn mirror(&self) -> &Path {
        &self.mirror
    }

    /// Does what was asked; gives the exit code.
    pub fn carry_out(&self) -> Result<u8, Refusal> {
        refuse_elsewhere(&self.mirror)?;
        match &self.errand {
            Errand::Diff { json } => self.diff(*json),
            Errand::Push(push) if push.json => self.push_in_objects(push),
            Errand::Push(push) => self.push(push, None),
        }
    }

    fn diff(&self, json: bool) -> Result<u8, Refusal> {
        let holder = stage::holder(&self.mirror).map_err(refused)?;
        if let Some(holder) = holder {
            let text = told::in_use(&self.mirror, &holder);
            let _ = std::io::stderr().write_all(&text);
        }
        let mut past = Past::of(&self.mirror)?;
        past.ways.extend(given(&self.ways)?);
        let lists = Lists::of(&past, None)?;
        let states = lists.edits.states();
        let differences = told::Differences::of(&states, lists.unknown);
        let text = match json {
            true => differences.as_json(),
            false => differences.as_text(),
        };
        print(&text);
        let code = match (differences.conflicts(), differences.corrupt()) {
            _ if lists.unknown > 0 => lists.code,
            (0, 0) => lists.code,
            (0, _) => Code::Differs,
            _ => Code::Conflicts,
        };
        Ok(code.number())
    }

    fn push(&self, push: &Push, json: Option<&Pushing>) -> Result<u8, Refusal> {
        let mut past = Past::held(&self.mirror, &Policy::default(), json)?;
        past.ways.extend(given(&self.ways)?);
        let lists = Lists::of(&past, json)?;
        let sessions = Sessions {
            past: &past,
            manner: given(&push.manner)?,
            dry_run: push.dry_run,
            json,
        };
        let wish = (push.settlement, true);
        carry_out(lists, &sessions, wish, push.delete_guard, push.quiet)
    }

    /// The same told as objects, errors among them.
    fn push_in_objects(&self, push: &Push) -> Result<u8, Refusal> {
        let json = Pushing::new(&push.style()?);
        json.begin();
        let code = self.push(push, Some(&json)).unwrap_or_else(|refusal| {
            let text = refusal.text();
            let text = text.strip_prefix("resilver: ").unwrap_or(text);
            json.message(Severity::Error, text);
            refusal.code().number()
        });
        let last_line = Code::from_number(code).and_then(Code::last_line);
        json.close(code, last_line.as_deref());
        Ok(code)
    }
}

impl Push {
    /// The style of a run that is told as objects.
    fn style(&self) -> Result<Style, Refusal> {
        let mut options = given(&self.manner)?;
        options.extend(given(&["--json"])?);
        let operands = vec!["./".into(), "./".into()];
        match of_arguments(Arguments { options, operands })? {
            Request::Sync(sync) => Ok(sync.style),
            _ => Err(Refusal::usage("what was asked for is no run")),
        }
    }
}

/// Plans by the lists and carries that out; gives the exit code.
fn carry_out(
    mut lists: Lists,
    sessions: &Sessions<'_>,
    wish: (Settlement, bool),
    delete_guard: u8,
    quiet: bool,
) -> Result<u8, Refusal> {
    let dry_run = sessions.dry_run;
    let wanted = lists.plan(sessions.past, wish, dry_run)?;
    let spared = check_removals(&lists, &wanted, delete_guard);
    if !dry_run {
        spared.clone()?;
    }
    let mut done = wanted.clone();
    let code = sessions.carry_out(&lists, &mut done)?;
    match sessions.json {
        Some(json) => json.entries(&lists.edits.states(), (&wanted, &done), is_through(code)),
        None => drop(print(&pushed::as_text(
            &done,
            dry_run,
            quiet || !is_through(code),
        ))),
    }
    spared?;
    end(code, &done)
}

/// Refuses what is the name of another machine, unless something here has that name.
fn refuse_elsewhere(mirror: &Path) -> Result<(), Refusal> {
    match Operand::parse(mirror.as_os_str()) {
        Ok(Operand::Shell { .. } | Operand::Daemon(_)) if !mirror.exists() => {
            Err(Refusal::usage(format_args!(
                "{} is on another machine: push and diff are told a mirror on this one",
                mirror.display()
            )))
        }
        _ => Ok(()),
    }
}

/// Refuses to empty an origin, for when the mirror itself has gone.
fn check_removals(lists: &Lists, plan: &Plan, percent: u8) -> Result<(), Refusal> {
    let removed = plan.remove_there.difference(&plan.send).count();
    let all = lists.edits.count_there();
    if removed * 100 <= usize::from(percent) * all {
        return Ok(());
    }
    let text = format!(
        "{removed} of {all} entries there would be removed, more than {percent} %: --delete-guard=100 lets them go"
    );
    Err(Refusal::failed(text, Code::Refused))
}

/// The exit code, what is left to be settled being told last.
fn end(code: Code, plan: &Plan) -> Result<u8, Refusal> {
    let left = match (plan.conflicts.is_empty(), plan.corrupt.is_empty()) {
        (true, true) => None,
        (true, false) => Some(Code::Differs),
        (false, _) => Some(Code::Conflicts),
    };
    match (code, left) {
        (Code::Success, Some(left)) => Err(Refusal::failed(told::advice(plan), left)),
        _ => Ok(code.number()),
    }
}

/// Words of ours as options.
fn given(words: &[impl Clone + Into<OsString>]) -> Result<Vec<Given>, Refusal> {
    let words: Vec<OsString> = words.iter().cloned().map(Into::into).collect();
    match arguments::read(&words)? {
        Read::Arguments(Arguments { options, .. }) => Ok(options),
        Read::Help => Ok(Vec::new()),
    }
}
