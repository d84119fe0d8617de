//! What a person types: rsync's options with rsync's grammar, our own options and subcommands, and the
//! exit codes.
//!
//! [`run`] is the whole program but for the process around it. The way of a command line: `rows`
//! defines every option once, part by part; `grammar` builds clap's commands of it, from which help,
//! manual page and completions are made as well; `arguments` turns words into options in the order given;
//! `options` has their meaning, part by part, and folds them into [`crate::engine::Options`]; `commands` calls the rooms below.

mod arguments;
mod beside;
mod commands;
mod completion;
mod daemon;
mod exit;
mod far;
mod flags;
mod grammar;
mod job;
mod manual;
mod name_list;
mod number;
mod operands;
mod options;
mod person;
mod prose;
mod push_back;
#[cfg(feature = "rdiff")]
mod rdiff;
mod rows;
mod server;
mod server_args;
mod size;
mod stop;
mod subcommand;
mod table;
mod time_points;
mod unsupported;
mod values;
mod verify;
mod why;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::io::{self, Write};

pub use exit::Code;
use exit::Refusal;
use options::Request;

/// Carries out a command line, the program's name first, and gives the code to exit with.
pub fn run(words: impl IntoIterator<Item = OsString>) -> u8 {
    let words: Vec<OsString> = words.into_iter().skip(1).collect();
    if server::is_wanted(&words) {
        return server::serve(&words);
    }
    match dispatch(&words) {
        Ok(code) => code,
        Err(refusal) => {
            let _ = write!(io::stderr(), "{refusal}");
            refusal.code().number()
        }
    }
}

fn dispatch(words: &[OsString]) -> Result<u8, Refusal> {
    if let Some(subcommand) = subcommand::parse(words)? {
        return commands::carry_out(subcommand);
    }
    match options::parse(words)? {
        Request::Help => Ok(tell(&grammar::help())),
        Request::Version => Ok(tell(&grammar::version())),
        Request::VersionJson => Ok(tell(&grammar::version_json())),
        Request::Answer(text) => Ok(tell(&text)),
        Request::Usage => {
            let _ = io::stderr().write_all(grammar::help().as_bytes());
            Ok(Code::Syntax.number())
        }
        Request::Sync(sync) if sync.guards_edits => push_back::guarded(words, &sync),
        Request::Sync(sync) => Ok(commands::sync(&sync)),
    }
}

/// Prints a text that was asked for. A reader that went away is no error.
fn tell(text: &str) -> u8 {
    let _ = io::stdout().write_all(text.as_bytes());
    Code::Success.number()
}
