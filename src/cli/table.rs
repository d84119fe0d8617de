//! What an option of a mirror run is: meaning, names, value, heading and the sentence that help prints.
//! The options themselves are in [`super::rows`].

use clap::{Arg, ArgAction, value_parser};
use std::ffi::OsString;

/// What an option means, after aliases and negations are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opt {
    /// `-a`.
    Archive,
    /// `-r`, `--no-r`.
    Recursive(bool),
    /// `-l`, `--no-l`.
    Links(bool),
    /// `-H`, `--no-H`.
    HardLinks(bool),
    /// `-p`, `--no-p`.
    Perms(bool),
    /// `-t`, `--no-t`.
    Times(bool),
    /// `-o`, `--no-o`.
    Owner(bool),
    /// `-g`, `--no-g`.
    Group(bool),
    /// `--devices`, `--no-devices`.
    Devices(bool),
    /// `--specials`, `--no-specials`.
    Specials(bool),
    /// `-D`, `--no-D`.
    DevicesAndSpecials(bool),
    /// `--numeric-ids`, `--no-numeric-ids`.
    NumericIds(bool),
    /// `-c`, `--no-c`.
    Checksum(bool),
    /// `-I`.
    IgnoreTimes,
    /// `--size-only`.
    SizeOnly,
    /// `-u`.
    Update,
    /// `--existing`.
    Existing,
    /// `--ignore-existing`.
    IgnoreExisting,
    /// `--modify-window`.
    ModifyWindow,
    /// `-W`, `--no-W`.
    WholeFile(bool),
    /// `--delete` and its names.
    Delete,
    /// `--max-delete`.
    MaxDelete,
    /// `--force`, `--no-force`.
    Force(bool),
    /// `--include`.
    Include,
    /// `--exclude`.
    Exclude,
    /// `-v`.
    Verbose,
    /// `--no-v`.
    NoVerbose,
    /// `-q`.
    Quiet,
    /// `-i`.
    Itemize,
    /// `--no-i`.
    NoItemize,
    /// `-h`.
    Human,
    /// `--no-h`.
    NoHuman,
    /// `--progress`, `--no-progress`.
    Progress(bool),
    /// `--stats`.
    Stats,
    /// `-n`.
    DryRun,
    /// `--commit`.
    Commit,
    /// `--wait`.
    Wait,
    /// `--previous`.
    Previous,
    /// `--fsync`, `--no-fsync`.
    Fsync(bool),
    /// `--gate`.
    Gate,
    /// `--require-file`.
    RequireFile,
    /// `--delete-guard`.
    DeleteGuard,
    /// `--commit-only-complete`.
    CommitOnlyComplete,
    /// `--threads`.
    Threads,
    /// `-V`.
    Version,
}

/// The value that goes with an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    /// None.
    Flag,
    /// One, by this name.
    Needed(&'static str),
    /// One after `=`, by this name, or none.
    Optional(&'static str),
}

/// One option.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// Its meaning.
    pub opt: Opt,
    long: Option<&'static str>,
    short: Option<char>,
    aliases: &'static [&'static str],
    value: Value,
    heading: &'static str,
    /// Empty for what help does not list: negations.
    help: &'static str,
}

impl Definition {
    /// The name under which clap knows it.
    pub fn id(&self) -> &'static str {
        self.long.unwrap_or("D")
    }

    /// Whether it takes no value and is called `name`, without the dashes.
    pub fn is_flag(&self, name: &str) -> bool {
        self.value == Value::Flag && (self.long == Some(name) || self.aliases.contains(&name))
    }

    /// Whether a bundle of letters ends in this option's, with or without `=`.
    pub fn ends_in_letter(&self, bundle: &[u8]) -> bool {
        let bundle = bundle.strip_suffix(b"=").unwrap_or(bundle);
        self.short
            .is_some_and(|letter| bundle.last().copied().map(char::from) == Some(letter))
    }

    /// The option for clap. Every occurrence is kept with its position, so that the later one wins.
    pub fn arg(&self) -> Arg {
        let mut arg = Arg::new(self.id())
            .action(ArgAction::Append)
            .value_parser(value_parser!(OsString))
            .help_heading(self.heading)
            .aliases(self.aliases)
            .hide(self.help.is_empty())
            .help(self.help);
        if let Some(long) = self.long {
            arg = arg.long(long);
        }
        if let Some(short) = self.short {
            arg = arg.short(short);
        }
        match self.value {
            Value::Flag => arg.num_args(0).default_missing_value(""),
            Value::Needed(name) => arg.num_args(1).value_name(name).allow_hyphen_values(true),
            Value::Optional(name) => arg
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("")
                .value_name(name),
        }
    }
}

/// An option without a value.
pub const fn flag(
    opt: Opt,
    short: Option<char>,
    long: &'static str,
    heading: &'static str,
    help: &'static str,
) -> Definition {
    Definition {
        opt,
        long: Some(long),
        short,
        aliases: &[],
        value: Value::Flag,
        heading,
        help,
    }
}

/// A negation, which help does not list.
pub const fn hidden(opt: Opt, long: &'static str, aliases: &'static [&'static str]) -> Definition {
    let definition = flag(opt, None, long, "", "");
    Definition {
        aliases,
        ..definition
    }
}

/// An option whose value is called `name`.
pub const fn valued(
    opt: Opt,
    short: Option<char>,
    long: &'static str,
    name: &'static str,
    heading: &'static str,
    help: &'static str,
) -> Definition {
    let definition = flag(opt, short, long, heading, help);
    Definition {
        value: Value::Needed(name),
        ..definition
    }
}

/// The same under further long names.
pub const fn also(definition: Definition, aliases: &'static [&'static str]) -> Definition {
    Definition {
        aliases,
        ..definition
    }
}

/// The same with a value behind `=`, called `name`, that may be left out.
pub const fn optional(definition: Definition, name: &'static str) -> Definition {
    Definition {
        value: Value::Optional(name),
        ..definition
    }
}

/// The same without its long name.
pub const fn short_only(definition: Definition) -> Definition {
    Definition {
        long: None,
        ..definition
    }
}
