//! Where the command line meets the rooms below: one function per command.

use std::io::{self, Write};
use std::path::Path;

use super::completion;
use super::exit::{Code, Refusal};
use super::manual;
use super::options::{Filter, Sync};
use super::subcommand::Subcommand;
use crate::engine::{self, Event, Outcome, Report, Severity};
use crate::report::Text;
use crate::stage;
use crate::tree::Rules;

/// A mirror run, told on the terminal; gives the exit code.
pub fn sync(sync: &Sync) -> u8 {
    let report = Text::new(sync.style);
    report.begin();
    let code = match run_engine(sync, &report) {
        Ok(outcome) => {
            report.finish(&outcome);
            Code::of(&outcome)
        }
        Err((text, code)) => {
            let severity = match code {
                Code::FileSelect if text.starts_with("ERROR: ") => Severity::Plain,
                _ => Severity::Error,
            };
            report.event(Event::Message { severity, text });
            code
        }
    };
    if let Some(line) = code.last_line() {
        report.last_word(&line);
    }
    code.number()
}

/// Carries out a subcommand; gives the exit code.
pub fn carry_out(subcommand: Subcommand) -> Result<u8, Refusal> {
    match subcommand {
        Subcommand::Undo {
            dest,
            force,
            dry_run,
        } => undo(&dest, force, dry_run),
        Subcommand::Recover { dest } => recover(&dest),
        Subcommand::Tidy { dest, dry_run } => tidy(&dest, dry_run),
        Subcommand::Status { dest, json } => status(&dest, json),
        Subcommand::Doctor { dest } => doctor(&dest),
        Subcommand::Completions(shell) => Ok(print(&completion::script(shell))),
        Subcommand::Man => Ok(print(&manual::page())),
        Subcommand::Help(text) => Ok(print(text.as_bytes())),
    }
}

/// A reader that went away is no error.
fn print(bytes: &[u8]) -> u8 {
    let _ = io::stdout().write_all(bytes);
    Code::Success.number()
}

// From here on: the joints to rooms that are not there yet. Each refuses; nothing is pretended.

/// The filter rules in the order given.
pub fn rules(filters: &[Filter]) -> Result<Rules, Refusal> {
    let mut rules = Rules::default();
    for filter in filters {
        let pushed = if filter.include {
            rules.push_include(&filter.pattern)
        } else {
            rules.push_exclude(&filter.pattern)
        };
        match pushed {
            Err(e) if e.is_fatal() => return Err(Refusal::usage(e)),
            _ => {}
        }
    }
    Ok(rules)
}

fn run_engine(sync: &Sync, report: &Text) -> Result<Outcome, (String, Code)> {
    engine::run(&sync.options, report).map_err(|e| (e.to_string(), code_of(&e)))
}

fn code_of(error: &engine::Error) -> Code {
    match error {
        engine::Error::Select(_) => Code::FileSelect,
        engine::Error::Interrupted => Code::Signal,
        engine::Error::Stage(e) => code_of_stage(e),
        _ => Code::FileIo,
    }
}

fn code_of_stage(error: &stage::Error) -> Code {
    match error {
        stage::Error::Busy { .. } => Code::Held,
        stage::Error::GateRefused { .. }
        | stage::Error::GuardRefused { .. }
        | stage::Error::Incomplete { .. } => Code::Refused,
        stage::Error::SwapImpossible { .. } => Code::Unsupported,
        _ => Code::FileIo,
    }
}

fn undo(_dest: &Path, _force: bool, _dry_run: bool) -> Result<u8, Refusal> {
    Err(missing("undo"))
}

fn recover(_dest: &Path) -> Result<u8, Refusal> {
    Err(missing("recover"))
}

fn tidy(_dest: &Path, _dry_run: bool) -> Result<u8, Refusal> {
    Err(missing("tidy"))
}

fn status(_dest: &Path, _json: bool) -> Result<u8, Refusal> {
    Err(missing("status"))
}

fn doctor(_dest: &Path) -> Result<u8, Refusal> {
    Err(missing("doctor"))
}

fn missing(what: &str) -> Refusal {
    Refusal::unsupported(format_args!("{what} is not there yet"))
}
