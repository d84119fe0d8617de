//! Where the command line meets the rooms below: one function per command.

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::beside;
use super::completion;
use super::exit::{Code, Refusal};
use super::far::{FarError, Opened, Talk};
use super::job;
use super::manual;
use super::options::Sync;
use super::server_args::{OtherEnd, Task};
use super::subcommand::Subcommand;
use super::why;
use crate::engine::{self, Event, Report, Severity};
use crate::report::{Telling, state};
use crate::stage::{self, Policy};
use crate::transport::Status;
use crate::tree::RuleError;
use crate::wire;
use crate::wire::handshake::Versions;

/// A mirror run, told on the terminal; gives the exit code.
pub fn sync(sync: &Sync) -> u8 {
    let mut report = Telling::new(sync.style.clone());
    let (ended, status) = match &sync.other_end {
        None => {
            report.begin();
            (engine::run(&sync.options, &report), None)
        }
        Some(end) => match meet(sync, end, &report) {
            Ok(Some(met)) => {
                if let Some(retold) = &met.retold {
                    report = Telling::new(retold.style.clone());
                }
                talk(sync, end, met, &report)
            }
            Ok(None) => {
                report.close(Code::Success.number());
                return Code::Success.number();
            }
            Err(FarError::Stopped) => (Err(engine::Error::Interrupted), None),
            Err(e) => {
                let (severity, text) = (e.severity(), e.to_string());
                report.event(Event::Message { severity, text });
                report.last_word(&e.code().last_line().unwrap_or_default());
                report.close(e.code().number());
                return e.code().number();
            }
        },
    };
    let code = match ended {
        Ok(outcome) => {
            let code = match &sync.beside {
                Some(beside) => beside::make_point(sync, beside, &outcome, &report),
                None => Code::of(&outcome),
            };
            report.finish(&outcome);
            worse(code, status)
        }
        // What started the other end knows better why nothing came.
        Err(engine::Error::Closed { .. }) if shell_failed(status).is_some() => {
            shell_failed(status).unwrap_or(Code::StreamIo)
        }
        // It has told why itself, and what it ends with.
        Err(engine::Error::Left { code }) => {
            let code = Code::from_number(code).unwrap_or(Code::StreamIo).number();
            report.close(code);
            return code;
        }
        Err(e) => {
            tell_error(&e, &report);
            code_of(&e)
        }
    };
    if let Some(line) = code.last_line() {
        report.last_word(&line);
    }
    report.close(code.number());
    code.number()
}

/// A run that is listened to and not told by itself; gives the exit code, and whether it came to its end.
pub fn listen(sync: &Sync, report: &dyn Report) -> (Code, bool) {
    let (ended, status) = match &sync.other_end {
        None => (engine::run(&sync.options, report), None),
        Some(end) => match meet(sync, end, report) {
            Ok(Some(met)) => talk(sync, end, met, report),
            Ok(None) => return (Code::Success, false),
            Err(FarError::Stopped) => (Err(engine::Error::Interrupted), None),
            Err(e) => {
                let (severity, text) = (e.severity(), e.to_string());
                report.event(Event::Message { severity, text });
                return (e.code(), false);
            }
        },
    };
    match ended {
        Ok(outcome) => (worse(Code::of(&outcome), status), true),
        // One that was told to stop there is a link that broke here: only who stops this end means it.
        Err(engine::Error::Closed { .. })
            if shell_failed(status).is_some_and(|code| code != Code::Signal) =>
        {
            (shell_failed(status).unwrap_or(Code::StreamIo), false)
        }
        Err(e) => {
            if !matches!(e, engine::Error::Left { .. }) {
                tell_error(&e, report);
            }
            (code_of(&e), false)
        }
    }
}

/// Tells why a run ended.
pub fn tell_error(error: &engine::Error, report: &dyn Report) {
    let severity = match error {
        engine::Error::Syntax(_) => Severity::Plain,
        engine::Error::Select(text) if text.starts_with("ERROR: ") => Severity::Plain,
        // It carries the program's name where rsync says it.
        engine::Error::Unusable(_)
        | engine::Error::Rules(_)
        | engine::Error::CorruptNote { .. }
        | engine::Error::TempDir { .. }
        | engine::Error::Silent { .. }
        | engine::Error::TooOld { .. }
        | engine::Error::Unasked { .. }
        | engine::Error::Excluded { .. }
        | engine::Error::Deadline { .. } => Severity::Plain,
        _ => Severity::Error,
    };
    let text = error.to_string();
    report.event(Event::Message { severity, text });
}

/// How a run ended, and what was the end of the program that it talked with.
type Ended = (Result<engine::Outcome, engine::Error>, Option<Status>);

/// An other end that is ready to begin.
struct Met {
    talk: Talk,
    versions: Versions,
    /// The run as the older protocol of a daemon changes it.
    retold: Option<Sync>,
}

/// Starts the program at the other end, or is let in by its daemon; none where that was a list of modules.
fn meet(sync: &Sync, end: &OtherEnd, report: &dyn Report) -> Result<Option<Met>, FarError> {
    let mut talk = match end.far.open(report, &sync.style.levels)? {
        Opened::Talk(talk) => talk,
        Opened::Listed => return Ok(None),
    };
    // A daemon tells its protocol before it is told anything.
    let older = talk.settled.filter(|p| p.number() < end.far.version);
    let retold = older.map(|protocol| sync.at_protocol(protocol)).transpose();
    let retold = retold.map_err(FarError::Options)?.flatten();
    let retold_end = retold.as_ref().and_then(|sync| sync.other_end.as_ref());
    let versions = retold_end.unwrap_or(end).far.begin(&mut talk)?;
    Ok(Some(Met {
        talk,
        versions,
        retold,
    }))
}

/// Mirrors from the other end or to it.
fn talk(sync: &Sync, end: &OtherEnd, met: Met, report: &dyn Report) -> Ended {
    let Met {
        talk,
        versions,
        retold,
    } = met;
    let sync = retold.as_ref().unwrap_or(sync);
    let end = sync.other_end.as_ref().unwrap_or(end);
    let Talk { from, to, hold, .. } = talk;
    let ends = hold.clone();
    let hang_up = Arc::new(move || ends.hang_up());
    let secluded = end.far.secluded();
    let (offer, fields, timeout) = (end.offer.clone(), end.fields, end.timeout);
    let opening = |rules| {
        engine::Opening::Client(engine::Client {
            versions,
            incremental: end.incremental,
            rules,
            secluded,
        })
    };
    let code_of: Arc<engine::CodeOf> = Arc::new(|e| code_of(e).number());
    let ended = match end.task.clone() {
        Task::Sends {
            rules,
            names,
            asked,
        } => {
            let sender = engine::Sender {
                from,
                to,
                offer,
                fields,
                timeout,
                code_of,
                hang_up,
                opening: opening(Some(rules)),
                names,
                asked,
                charset: end.charset,
            };
            engine::pull(&sync.options, report, sender)
        }
        Task::Receives {
            rules,
            tells_manner,
            wants_point,
            tells_names,
        } => {
            let receiver = engine::Receiver {
                from,
                to,
                offer,
                fields,
                timeout,
                tells_manner,
                wants_point,
                hears_names: tells_names,
                charset: end.charset,
                code_of,
                hang_up,
                opening: opening(rules),
            };
            engine::push(&sync.options, report, receiver)
        }
    };
    (ended, hold.finish())
}

/// The code of a run whose other end ended like this.
fn worse(code: Code, status: Option<Status>) -> Code {
    match (code, status) {
        (Code::Success, Some(Status::Exited(number))) if number != 0 => {
            Code::from_number(number).unwrap_or(Code::Partial)
        }
        (Code::Success, Some(Status::Killed(_))) => Code::Crashed,
        // As rsync: where one end was stopped by a limit and the other one lacks something, what is there tells.
        (Code::Partial | Code::Vanished, Some(Status::Exited(25))) => Code::DeleteLimit,
        (Code::DeleteLimit, Some(Status::Exited(23))) => Code::Partial,
        (code, _) => code,
    }
}

/// The code of a remote shell, or of the program there, that ended by itself or by somebody else.
fn shell_failed(status: Option<Status>) -> Option<Code> {
    match status {
        Some(Status::Exited(0)) | None => None,
        Some(Status::Exited(255)) => Some(Code::Unexplained),
        Some(Status::Exited(number @ (20 | 124..=127))) => Code::from_number(number),
        Some(Status::Exited(_) | Status::Killed(_)) => None,
    }
}

/// Carries out a subcommand; gives the exit code.
pub fn carry_out(subcommand: Subcommand) -> Result<u8, Refusal> {
    if let Some(dest) = subcommand.dest() {
        stage::refuse_inside_state(dest).map_err(refused)?;
    }
    match subcommand {
        Subcommand::Undo {
            dest,
            force,
            dry_run,
        } => undo(&dest, force, dry_run),
        Subcommand::Release { dest } => release(&dest),
        Subcommand::Recover { dest } => recover(&dest),
        Subcommand::Tidy { dest, dry_run } => tidy(&dest, dry_run),
        Subcommand::Status { dest, json } => status(&dest, json),
        Subcommand::Doctor { dest } => doctor(&dest),
        Subcommand::TimePoints(points) => points.carry_out(),
        Subcommand::Verify(verify) => verify.carry_out(),
        Subcommand::PushBack(push) => push.carry_out(),
        Subcommand::Job(action) => job::carry_out(action),
        Subcommand::Why(question) => {
            let (text, code) = why::answer(&question)?;
            print(text.as_bytes());
            Ok(code.number())
        }
        #[cfg(feature = "rdiff")]
        Subcommand::Rdiff(rdiff) => rdiff.carry_out().map(|()| Code::Success.number()),
        Subcommand::Completions(shell) => Ok(print(&completion::script(shell))),
        Subcommand::Man => Ok(print(&manual::page())),
        Subcommand::Help(text) => Ok(print(text.as_bytes())),
    }
}

/// A reader that went away is no error.
pub fn print(bytes: &[u8]) -> u8 {
    let _ = io::stdout().write_all(bytes);
    Code::Success.number()
}

/// What a run ends with that this error ended.
pub fn code_of(error: &engine::Error) -> Code {
    match error {
        engine::Error::Rules(e) => code_of_rules(e),
        engine::Error::Select(_) | engine::Error::Destination { .. } => Code::FileSelect,
        engine::Error::Syntax(_) => Code::Syntax,
        engine::Error::Interrupted => Code::Signal,
        engine::Error::TempDir { .. } => Code::Syntax,
        engine::Error::Deadline { .. } => Code::Timeout,
        engine::Error::Stage(e) => code_of_stage(e),
        engine::Error::Worker | engine::Error::Thread { .. } => Code::Ipc,
        engine::Error::Unusable(_) => Code::Syntax,
        engine::Error::Wire(e) => match e.fault() {
            Some(wire::Fault::Protocol) => Code::Protocol,
            Some(wire::Fault::Refused) => Code::Unsupported,
            Some(wire::Fault::TooLarge) => Code::Memory,
            Some(wire::Fault::Stream) | None => Code::StreamIo,
        },
        engine::Error::Closed { .. } => Code::StreamIo,
        engine::Error::Silent { .. } => Code::Timeout,
        engine::Error::Stray { .. } | engine::Error::TooOld { .. } => Code::Protocol,
        engine::Error::Unasked { .. }
        | engine::Error::Excluded { .. }
        | engine::Error::NoPoints => Code::Unsupported,
        engine::Error::Left { code } => Code::from_number(*code).unwrap_or(Code::StreamIo),
        _ => Code::FileIo,
    }
}

/// What rules cannot be used ends with.
pub fn code_of_rules(error: &RuleError) -> Code {
    if error.is_of_file() {
        Code::FileIo
    } else {
        Code::Syntax
    }
}

fn code_of_stage(error: &stage::Error) -> Code {
    match error {
        stage::Error::Busy { .. } => Code::Held,
        stage::Error::Stopped { .. } => Code::Signal,
        stage::Error::GateRefused { .. }
        | stage::Error::GuardRefused { .. }
        | stage::Error::Incomplete { .. } => Code::Refused,
        stage::Error::SwapImpossible { .. } | stage::Error::Foreign { .. } => Code::Unsupported,
        stage::Error::NothingToUndo { .. }
        | stage::Error::Replaced { .. }
        | stage::Error::InsideState { .. }
        | stage::Error::Series { .. } => Code::FileSelect,
        _ => Code::FileIo,
    }
}

fn undo(dest: &Path, force: bool, dry_run: bool) -> Result<u8, Refusal> {
    let undone = stage::undo(dest, &Policy::default(), force, dry_run).map_err(refused)?;
    let printed = print(state::undone(&undone, dry_run).as_bytes());
    Ok(match undone.refused.is_empty() {
        true => printed,
        false => Code::Partial.number(),
    })
}

fn release(dest: &Path) -> Result<u8, Refusal> {
    let was_held = stage::release(dest, &Policy::default()).map_err(refused)?;
    Ok(print(state::released(was_held).as_bytes()))
}

fn recover(dest: &Path) -> Result<u8, Refusal> {
    let recovered = stage::recover(dest, &Policy::default()).map_err(refused)?;
    Ok(print(state::recovered(&recovered).as_bytes()))
}

fn tidy(dest: &Path, dry_run: bool) -> Result<u8, Refusal> {
    let freed = stage::tidy(dest, &Policy::default(), dry_run).map_err(refused)?;
    Ok(print(state::freed(&freed, dry_run).as_bytes()))
}

fn status(dest: &Path, json: bool) -> Result<u8, Refusal> {
    let status = stage::status(dest).map_err(refused)?;
    let text = match serde_json::to_string_pretty(&status) {
        Ok(text) if json => text + "\n",
        Err(e) if json => return Err(Refusal::failed(e, Code::FileIo)),
        _ => state::status(&status, TimeZone::system()),
    };
    Ok(print(text.as_bytes()))
}

fn doctor(dest: &Path) -> Result<u8, Refusal> {
    let diagnosis = stage::doctor(dest, &Policy::default()).map_err(refused)?;
    Ok(print(state::diagnosis(&diagnosis).as_bytes()))
}

/// An error of the staging area, as what the program ends with.
pub fn refused(error: stage::Error) -> Refusal {
    Refusal::failed(&error, code_of_stage(&error))
}
