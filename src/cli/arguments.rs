//! Words into options, in the order given. clap does the reading; what it finds wrong is told in the
//! words of rsync's parser.

use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgMatches, Command};

use super::exit::Refusal;
use super::grammar;
use super::rows;
use super::table::{Definition, Opt, Part};
use super::unsupported;

/// One option as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Which.
    pub opt: Opt,
    /// The part it falls into.
    pub part: Part,
    /// Its name as clap has it, for messages.
    pub name: &'static str,
    /// Its value; empty for a flag.
    pub value: OsString,
    /// The word of the command line that the value stands in.
    pub word: OsString,
}

/// A command line, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arguments {
    /// The options, in order.
    pub options: Vec<Given>,
    /// Everything else, in order.
    pub operands: Vec<OsString>,
}

/// What reading gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// `--help` stood before any mistake.
    Help,
    /// A command line without mistakes of grammar.
    Arguments(Arguments),
}

/// Reads the words after the program's name.
pub fn read(words: &[OsString]) -> Result<Read, Refusal> {
    let mut command = grammar::sync_command();
    if env::var_os("POSIXLY_CORRECT").is_some() || env::var_os("POSIX_ME_HARDER").is_some() {
        command = grammar::stop_at_first_operand(command);
    }
    match matches(command, words) {
        Ok(matches) => Ok(Read::Arguments(Arguments {
            options: in_order(&matches, words),
            operands: operands(&matches),
        })),
        Err(error) if error.kind() == ErrorKind::DisplayHelp => Ok(Read::Help),
        Err(error) => Err(refusal(&error, words)),
    }
}

fn matches(command: Command, words: &[OsString]) -> Result<ArgMatches, clap::Error> {
    let name = OsString::from(grammar::NAME);
    command.try_get_matches_from(std::iter::once(&name).chain(words))
}

fn operands(matches: &ArgMatches) -> Vec<OsString> {
    matches
        .get_many::<OsString>(grammar::OPERANDS)
        .map(|values| values.cloned().collect())
        .unwrap_or_default()
}

/// Every occurrence of every option, by its place on the command line.
fn in_order(matches: &ArgMatches, words: &[OsString]) -> Vec<Given> {
    let mut placed: Vec<(usize, Given)> = rows::all()
        .flat_map(|definition| occurrences(matches, definition, words))
        .collect();
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, given)| given).collect()
}

fn occurrences(
    matches: &ArgMatches,
    definition: &Definition,
    words: &[OsString],
) -> Vec<(usize, Given)> {
    let places = matches.indices_of(definition.id()).into_iter().flatten();
    let values = matches.get_many::<OsString>(definition.id());
    places
        .zip(values.into_iter().flatten())
        .map(|(place, value)| {
            let given = Given {
                opt: definition.opt,
                part: definition.part,
                name: definition.id(),
                value: value.clone(),
                word: word_of(definition, value, words),
            };
            (place, given)
        })
        .collect()
}

/// The word in which a value was given: behind `=`, behind a letter, or alone.
fn word_of(definition: &Definition, value: &OsStr, words: &[OsString]) -> OsString {
    let value = value.as_bytes();
    let long = format!("--{}=", definition.id());
    let holds = |word: &&OsString| {
        let Some(start) = word.as_bytes().strip_suffix(value) else {
            return false;
        };
        start == long.as_bytes() || (is_bundle(start) && definition.ends_in_letter(start))
    };
    let found = words.iter().find(holds).map(OsString::as_os_str);
    found.unwrap_or(OsStr::from_bytes(value)).to_owned()
}

/// A mistake of grammar in rsync's words, which name the word of the command line as it was typed.
fn refusal(error: &clap::Error, words: &[OsString]) -> Refusal {
    let culprit = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(text)) => text.as_str(),
        _ => "",
    };
    match error.kind() {
        ErrorKind::UnknownArgument if culprit == "-=" => {
            let word = word_with(words, |w| is_bundle(w) && w.contains(&b'='));
            Refusal::usage(format_args!("{word}: option does not take an argument"))
        }
        ErrorKind::UnknownArgument => unknown(culprit, words),
        ErrorKind::InvalidValue | ErrorKind::WrongNumberOfValues => {
            let word = words.last().map_or("".into(), |w| w.to_string_lossy());
            Refusal::usage(format_args!("{word}: missing argument"))
        }
        ErrorKind::TooManyValues => {
            let word = word_with(words, is_flag_with_value);
            Refusal::usage(format_args!("{word}: option does not take an argument"))
        }
        _ => Refusal::usage(error.to_string().trim_end()),
    }
}

fn unknown(culprit: &str, words: &[OsString]) -> Refusal {
    let name = culprit.split('=').next().unwrap_or(culprit);
    if unsupported::is_known(name) {
        return Refusal::usage(format_args!("{name}: not supported yet"));
    }
    let word = match name.strip_prefix("--") {
        Some(_) => word_with(words, |w| w.starts_with(name.as_bytes())),
        None => {
            let letter = name.trim_start_matches('-').as_bytes();
            word_with(words, |w| {
                is_bundle(w) && w.windows(letter.len()).any(|p| p == letter)
            })
        }
    };
    let word = if word.is_empty() { culprit } else { &word };
    Refusal::usage(format_args!("{word}: unknown option"))
}

fn is_flag_with_value(word: &[u8]) -> bool {
    let word = String::from_utf8_lossy(word);
    let Some((name, _)) = word.strip_prefix("--").and_then(|w| w.split_once('=')) else {
        return false;
    };
    rows::all().any(|definition| definition.is_flag(name))
}

fn is_bundle(word: &[u8]) -> bool {
    word.len() > 1 && word[0] == b'-' && word[1] != b'-'
}

fn word_with(words: &[OsString], fits: impl Fn(&[u8]) -> bool) -> String {
    let options = words
        .iter()
        .take_while(|w| w.as_os_str() != OsStr::new("--"));
    options
        .map(|w| w.as_os_str())
        .find(|w| fits(w.as_bytes()))
        .map(|w| w.to_string_lossy().into_owned())
        .unwrap_or_default()
}
