//! Subcommands: what to do with a destination that resilver keeps.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};
use clap_complete::Shell;

use super::exit::Refusal;
use super::grammar;
use super::job;
use super::push_back::{self, PushBack};
#[cfg(feature = "rdiff")]
use super::rdiff::{self, Rdiff};
use super::time_points::{self, TimePoints};
use super::verify::{self, Verify};
use super::why::Question;

/// A subcommand as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subcommand {
    /// Take back the last switch.
    Undo {
        /// The destination.
        dest: PathBuf,
        /// Take the old tree whole, also over what people changed since.
        force: bool,
        /// Tell only.
        dry_run: bool,
    },
    /// End the hold of an undo.
    Release {
        /// The destination.
        dest: PathBuf,
    },
    /// Bring an interrupted switch to its end.
    Recover {
        /// The destination.
        dest: PathBuf,
    },
    /// Free what is kept.
    Tidy {
        /// The destination.
        dest: PathBuf,
        /// Tell only.
        dry_run: bool,
    },
    /// Tell what is kept.
    Status {
        /// The destination.
        dest: PathBuf,
        /// For programs.
        json: bool,
    },
    /// Tell which guarantee a destination can have.
    Doctor {
        /// The destination.
        dest: PathBuf,
    },
    /// Look at time points, restore or delete them.
    TimePoints(TimePoints),
    /// Send back what was changed in a mirror, or tell it.
    PushBack(PushBack),
    /// Something about jobs.
    Job(job::Action),
    /// Tell what is not as it should be.
    Verify(Box<Verify>),
    /// Explain what a run would do about some paths.
    Why(Question),
    /// Make or use a signature or a delta.
    #[cfg(feature = "rdiff")]
    Rdiff(Rdiff),
    /// Print completions.
    Completions(Shell),
    /// Print the manual page.
    Man,
    /// Print the help of a subcommand.
    Help(String),
}

impl Subcommand {
    /// The destination that it is about.
    #[must_use]
    pub fn dest(&self) -> Option<&Path> {
        match self {
            Subcommand::Undo { dest, .. }
            | Subcommand::Release { dest }
            | Subcommand::Recover { dest }
            | Subcommand::Tidy { dest, .. }
            | Subcommand::Status { dest, .. }
            | Subcommand::Doctor { dest } => Some(dest),
            Subcommand::TimePoints(points) => Some(points.dest()),
            Subcommand::Verify(verify) => Some(verify.dest()),
            Subcommand::PushBack(push) => Some(push.mirror()),
            #[cfg(feature = "rdiff")]
            Subcommand::Rdiff(_) => None,
            Subcommand::Job(_)
            | Subcommand::Why(_)
            | Subcommand::Completions(_)
            | Subcommand::Man
            | Subcommand::Help(_) => None,
        }
    }
}

/// The subcommands for clap.
pub fn commands() -> Vec<Command> {
    let dry_run = || {
        switch(
            "dry-run",
            Some('n'),
            "Tell what would be done, change nothing",
        )
    };
    let commands = [
        on_destination(
            "undo",
            "Take back the last switch: the tree before it is there again",
        )
        .arg(switch(
            "force",
            None,
            "Take the old tree whole, without what was changed since the switch",
        ))
        .arg(dry_run()),
        on_destination(
            "release",
            "End the hold that an undo puts on a destination, which keeps jobs away from it",
        ),
        on_destination("recover", "Bring a switch that was interrupted to its end"),
        on_destination(
            "tidy",
            "Remove what is kept for undo and for the next run, and say how much that was",
        )
        .arg(dry_run()),
        on_destination(
            "status",
            "Tell what is kept for a destination and what state it is in",
        )
        .arg(switch("json", None, "As JSON")),
        on_destination(
            "doctor",
            "Try out which guarantee a destination can have, and say why",
        ),
        time_points::command(),
        verify::command(),
        job::command(),
        base(
            "why",
            "Tell what a run with these words would do about the paths behind --, and which rule or \
             comparison decides it",
        )
        .override_usage("resilver why [--json] [OPTION]... SRC... DEST -- PATH...")
        .arg(switch("json", None, "As JSON"))
        .arg(
            Arg::new("run")
                .value_name("RUN -- PATH")
                .num_args(1..)
                .required(true)
                .trailing_var_arg(true)
                .allow_hyphen_values(true)
                .value_parser(value_parser!(OsString))
                .help(
                    "The words of a run, then --, then paths as -i shows them, or places in the \
                     file system, which begin with /, ./ or ../",
                ),
        ),
        base("completions", "Print completions for a shell").arg(
            Arg::new("shell")
                .value_name("SHELL")
                .required(true)
                .value_parser(value_parser!(Shell))
                .help("For which shell"),
        ),
        base("man", "Print the manual page, in roff").hide(true),
    ];
    let commands = commands.into_iter().chain(push_back::commands());
    #[cfg(feature = "rdiff")]
    let commands = commands.chain(rdiff::commands());
    commands.collect()
}

pub(super) fn base(name: &'static str, about: &'static str) -> Command {
    Command::new(name).about(about).disable_version_flag(true)
}

fn on_destination(name: &'static str, about: &'static str) -> Command {
    base(name, about).arg(
        Arg::new("dest")
            .value_name("DEST")
            .required(true)
            .value_parser(value_parser!(PathBuf))
            .value_hint(ValueHint::DirPath)
            .help("The destination of earlier runs"),
    )
}

pub(super) fn switch(name: &'static str, short: Option<char>, help: &'static str) -> Arg {
    let arg = Arg::new(name)
        .long(name)
        .action(ArgAction::SetTrue)
        .help(help);
    match short {
        Some(short) => arg.short(short),
        None => arg,
    }
}

/// Whether this is the name of a subcommand.
pub fn is_name(word: &str) -> bool {
    commands().iter().any(|command| command.get_name() == word)
}

/// Reads a command line whose first word is a subcommand's name; any other is none of ours.
pub fn parse(words: &[OsString]) -> Result<Option<Subcommand>, Refusal> {
    let Some(first) = words.first() else {
        return Ok(None);
    };
    let named = |command: &Command| OsStr::new(command.get_name()) == first;
    let Some(command) = commands().into_iter().find(named) else {
        return Ok(None);
    };
    let name = command.get_name().to_owned();
    let (words, paths) = match words.iter().rposition(|word| word == "--") {
        Some(at) if name == "why" => (&words[..at], &words[at + 1..]),
        _ => (words, &[][..]),
    };
    let joined;
    let words = match name == "job" {
        true => {
            joined = job::joined(words);
            &joined[..]
        }
        false => words,
    };
    let command = command.bin_name(format!("{} {name}", grammar::NAME));
    match command.try_get_matches_from(words) {
        Ok(_) if name == "why" && paths.is_empty() => {
            Err(Refusal::usage("why needs at least one path behind \"--\""))
        }
        Ok(matches) if name == "job" => {
            job::read(&matches).map(|action| Some(Subcommand::Job(action)))
        }
        Ok(matches) if name == verify::NAME => {
            let help = || Subcommand::Help(verify::command().render_help().to_string());
            let asked = verify::read(&matches)?.map(|asked| Subcommand::Verify(Box::new(asked)));
            Ok(Some(asked.unwrap_or_else(help)))
        }
        Ok(matches) => Ok(Some(asked(&name, &matches, paths))),
        Err(error) if error.kind() == ErrorKind::DisplayHelp => {
            Ok(Some(Subcommand::Help(error.to_string())))
        }
        Err(error) if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            Err(Refusal::plain(error.to_string().trim_end()))
        }
        Err(error) => {
            let text = error.to_string();
            let text = text.strip_prefix("error: ").unwrap_or(&text);
            Err(Refusal::usage(text.trim_end()))
        }
    }
}

fn asked(name: &str, matches: &ArgMatches, paths: &[OsString]) -> Subcommand {
    #[cfg(feature = "rdiff")]
    if let Some(rdiff) = rdiff::asked(name, matches) {
        return Subcommand::Rdiff(rdiff);
    }
    let dest = || {
        matches
            .get_one::<PathBuf>("dest")
            .cloned()
            .unwrap_or_default()
    };
    match name {
        "undo" => Subcommand::Undo {
            dest: dest(),
            force: matches.get_flag("force"),
            dry_run: matches.get_flag("dry-run"),
        },
        "release" => Subcommand::Release { dest: dest() },
        "recover" => Subcommand::Recover { dest: dest() },
        "tidy" => Subcommand::Tidy {
            dest: dest(),
            dry_run: matches.get_flag("dry-run"),
        },
        "status" => Subcommand::Status {
            dest: dest(),
            json: matches.get_flag("json"),
        },
        "doctor" => Subcommand::Doctor { dest: dest() },
        time_points::NAME => Subcommand::TimePoints(time_points::asked(matches)),
        push_back::PUSH | push_back::DIFF => Subcommand::PushBack(push_back::asked(name, matches)),
        "why" => Subcommand::Why(Question {
            run: matches
                .get_many("run")
                .map(|words| words.cloned().collect())
                .unwrap_or_default(),
            paths: paths.to_vec(),
            json: matches.get_flag("json"),
        }),
        "completions" => {
            let shell = matches.get_one::<Shell>("shell").copied();
            Subcommand::Completions(shell.unwrap_or(Shell::Bash))
        }
        "man" => Subcommand::Man,
        other => unreachable!("{other} is a subcommand without a meaning"),
    }
}
