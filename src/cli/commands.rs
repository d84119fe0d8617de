//! Where the command line meets the rooms below: one function per command.

use std::io::{self, Write};
use std::path::Path;

use super::completion;
use super::exit::{Code, Refusal};
use super::manual;
use super::options::{Filter, Sync};
use super::subcommand::Subcommand;
use crate::engine::{Event, Outcome, Report, Severity};
use crate::report::Text;
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
            let severity = Severity::Error;
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
    match filters.first() {
        None => Ok(Rules::default()),
        Some(filter) => {
            let name = if filter.include { "include" } else { "exclude" };
            Err(missing(&format!("--{name}")))
        }
    }
}

fn run_engine(sync: &Sync, _report: &Text) -> Result<Outcome, (String, Code)> {
    let dest = sync.options.dest.display();
    Err((
        format!("mirroring to {dest} is not there yet"),
        Code::Unsupported,
    ))
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
