//! The words of `resilver job`.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::str::FromStr;

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command, value_parser};

use super::{Action, LogForm};
use crate::cli::exit::{Code, Refusal};
use crate::cli::subcommand::{base, switch};
use crate::job::{Guards, History, Hooks, Job, Limits, Name, Retry, Schedule, Scheduler};

/// The ways to say when.
const WHEN: [&str; 4] = ["daily", "hourly", "weekly", "cron"];

/// The subcommand for clap.
pub fn command() -> Command {
    base(
        "job",
        "Mirrors that run by themselves: add one, run it, see how it is",
    )
    .subcommand_required(true)
    .arg_required_else_help(true)
    .disable_help_subcommand(true)
    .subcommands([
        add(),
        base("list", "Name the jobs, and when they run"),
        one("show", "Show a job's file, and what it comes to"),
        one("edit", "Change a job in $VISUAL, $EDITOR or vi; what makes no sense is not taken"),
        one("run", "Run a job now, as its schedule does, and end with the exit code of the run"),
        one("enable", "Have a job run by its schedule, as its file says it now"),
        one("disable", "No longer have it run by its schedule"),
        one("remove", "Take a job away, and what calls it")
            .arg(switch("all", None, "Its logs and reports too")),
        one("log", "Print what the last run told")
            .arg(
                Arg::new("run")
                    .long("run")
                    .value_name("RUN")
                    .help("Of this run, as --list names it"),
            )
            .arg(switch("report", None, "Its report as JSON instead"))
            .arg(switch("list", None, "Name the runs that are kept, the latest first"))
            .group(ArgGroup::new("form").args(["report", "list"])),
        base("status", "Tell of each job when it last succeeded and when it runs next; exit code 1 if one is overdue")
            .arg(name().required(false))
            .arg(switch("json", None, "As JSON")),
    ])
}

/// A day and a time that were typed as two words, `--weekly Sun 04:00`, become the one value that they are.
pub fn joined(words: &[OsString]) -> Vec<OsString> {
    let end = words.iter().position(|word| word == "--");
    let (mut own, of_run) = words.split_at(end.unwrap_or(words.len()));
    let mut joined = Vec::with_capacity(words.len());
    while let Some((word, rest)) = own.split_first() {
        own = rest;
        joined.push(word.clone());
        if let (true, [day, time, rest @ ..]) = (word == "--weekly", rest)
            && !day.as_bytes().contains(&b' ')
            && time.as_bytes().contains(&b':')
        {
            joined.push([&**day, &**time].join(OsStr::new(" ")));
            own = rest;
        }
    }
    joined.extend_from_slice(of_run);
    joined
}

fn name() -> Arg {
    Arg::new("name")
        .value_name("NAME")
        .required(true)
        .value_parser(ValueParser::new(|text: &str| Name::from_str(text)))
        .help("The name of the job")
}

fn one(verb: &'static str, about: &'static str) -> Command {
    base(verb, about).arg(name())
}

fn valued(long: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(long)
        .long(long)
        .value_name(value)
        .allow_hyphen_values(true)
        .help(help)
}

fn add() -> Command {
    one(
        "add",
        "Add a job: its name, when it runs, then -- and the words of the run",
    )
    .override_usage("resilver job add NAME [OPTION]... -- [RUN OPTION]... SRC... DEST")
    .arg(valued("daily", "HH:MM", "Run it every day"))
    .arg(
        valued(
            "hourly",
            "MINUTE",
            "Run it every hour, at this minute [default: 0]",
        )
        .num_args(0..=1)
        .require_equals(true)
        .default_missing_value("0")
        .value_parser(value_parser!(u8)),
    )
    .arg(valued(
        "weekly",
        "DAY HH:MM",
        "Run it every week, as in Sun 04:00",
    ))
    .arg(valued(
        "cron",
        "FIELDS",
        "Run it when the five fields of a crontab say so",
    ))
    .group(ArgGroup::new("when").args(WHEN))
    .arg(
        valued(
            "scheduler",
            "NAME",
            "What calls it [default: systemd where it runs, else cron]",
        )
        .value_parser(Scheduler::ALL.map(Scheduler::name))
        .requires("when"),
    )
    .arg(
        valued(
            "delete-guard",
            "PERCENT",
            "Refuse to remove more than this part of what is there [default: 50]",
        )
        .value_parser(value_parser!(u8).range(0..=100)),
    )
    .arg(
        valued(
            "require-file",
            "NAME",
            "Refuse a finished tree without this file",
        )
        .action(ArgAction::Append),
    )
    .arg(valued(
        "bwlimit",
        "RATE",
        "Take this part of the network, as the run's --bwlimit has it",
    ))
    .arg(
        valued("nice", "N", "Run with this niceness [default: 10]")
            .value_parser(value_parser!(i8).range(-20..=19)),
    )
    .arg(
        valued(
            "retries",
            "N",
            "So many more attempts when the network fails [default: 3]",
        )
        .value_parser(value_parser!(u8)),
    )
    .arg(
        valued(
            "retry-wait",
            "SECONDS",
            "Before the first of them; each further wait is twice as long [default: 30]",
        )
        .value_parser(value_parser!(u32)),
    )
    .arg(
        valued(
            "keep-runs",
            "N",
            "Keep logs and reports of so many runs [default: 30]",
        )
        .value_parser(value_parser!(u16).range(1..)),
    )
    .arg(
        valued(
            "env",
            "NAME=VALUE",
            "Set a variable for the run and its hooks",
        )
        .action(ArgAction::Append),
    )
    .arg(valued(
        "on-success",
        "COMMAND",
        "Run it in a shell after a good run",
    ))
    .arg(valued(
        "on-failure",
        "COMMAND",
        "Run it in a shell after any other run",
    ))
    .arg(valued(
        "mail",
        "ADDRESS",
        "Mail the facts there after a run that failed",
    ))
    .arg(valued(
        "ping",
        "URL",
        "Ask for it after a good run, for a monitor that misses it",
    ))
    .arg(valued(
        "ping-failure",
        "URL",
        "Ask for it after any other run",
    ))
    .arg(
        Arg::new("words")
            .value_name("RUN")
            .num_args(1..)
            .last(true)
            .required(true)
            .value_parser(value_parser!(OsString))
            .help("The words of the run: options, sources, destination"),
    )
}

/// Reads what was asked for.
///
/// # Errors
/// Values that make no sense.
pub fn read(matches: &ArgMatches) -> Result<Action, Refusal> {
    let Some((verb, matches)) = matches.subcommand() else {
        return Err(Refusal::usage("job needs to know what to do"));
    };
    let name = || matches.get_one::<Name>("name").cloned();
    let named = || name().ok_or_else(|| Refusal::usage("a job's name is missing"));
    Ok(match verb {
        "add" => Action::Add(named()?, Box::new(new_job(matches)?)),
        "list" => Action::List,
        "show" => Action::Show(named()?),
        "edit" => Action::Edit(named()?),
        "run" => Action::Run(named()?),
        "enable" => Action::Enable(named()?),
        "disable" => Action::Disable(named()?),
        "remove" => Action::Remove {
            name: named()?,
            all: matches.get_flag("all"),
        },
        "log" => Action::Log {
            name: named()?,
            run: matches.get_one::<String>("run").cloned(),
            form: match (matches.get_flag("report"), matches.get_flag("list")) {
                (true, _) => LogForm::Report,
                (_, true) => LogForm::List,
                _ => LogForm::Text,
            },
        },
        "status" => Action::Status {
            name: name(),
            json: matches.get_flag("json"),
        },
        other => unreachable!("{other} is a word of job without a meaning"),
    })
}

fn new_job(matches: &ArgMatches) -> Result<Job, Refusal> {
    let words = matches.get_many::<OsString>("words").unwrap_or_default();
    let words: Result<Vec<String>, OsString> =
        words.map(|word| word.clone().into_string()).collect();
    let words = words.map_err(|word| {
        let shown = crate::tree::shown(word.as_ref());
        Refusal::usage(format_args!(
            "a job's words are UTF-8, and \"{shown}\" is not"
        ))
    })?;
    let here = env::current_dir()
        .map_err(|e| Refusal::failed(format_args!("the current directory: {e}"), Code::FileIo))?;
    if here.to_str().is_none() {
        return Err(Refusal::usage(
            "a job's directory is UTF-8, and this one is not",
        ));
    }
    let text = |id: &str| matches.get_one::<String>(id).cloned();
    Ok(Job {
        schedule: schedule(matches)?,
        scheduler: text("scheduler").and_then(|name| Scheduler::from_name(&name)),
        guards: Guards {
            delete: given(matches, "delete-guard").unwrap_or(Guards::default().delete),
            require_files: all(matches, "require-file"),
        },
        limits: Limits {
            bandwidth: text("bwlimit"),
            nice: given(matches, "nice").unwrap_or(Limits::default().nice),
        },
        retry: Retry {
            times: given(matches, "retries").unwrap_or(Retry::default().times),
            wait: given(matches, "retry-wait").unwrap_or(Retry::default().wait),
        },
        history: History {
            runs: given(matches, "keep-runs").unwrap_or(History::default().runs),
        },
        on_success: Hooks {
            command: text("on-success"),
            mail: None,
            ping: text("ping"),
        },
        on_failure: Hooks {
            command: text("on-failure"),
            mail: text("mail"),
            ping: text("ping-failure"),
        },
        environment: environment(&all(matches, "env"))?,
        ..Job::new(words, here)
    })
}

fn given<T: Copy + Send + Sync + 'static>(matches: &ArgMatches, id: &str) -> Option<T> {
    matches.get_one::<T>(id).copied()
}

fn all(matches: &ArgMatches, id: &str) -> Vec<String> {
    let values = matches.get_many::<String>(id).unwrap_or_default();
    values.cloned().collect()
}

fn schedule(matches: &ArgMatches) -> Result<Option<Schedule>, Refusal> {
    let text = |id: &str| matches.get_one::<String>(id);
    let schedule = if let Some(minute) = given(matches, "hourly") {
        Schedule::hourly(minute)
    } else if let Some(time) = text("daily") {
        Schedule::daily(time)
    } else if let Some(time) = text("weekly") {
        Schedule::weekly(time)
    } else if let Some(fields) = text("cron") {
        Schedule::cron(fields)
    } else {
        return Ok(None);
    };
    schedule.map(Some).map_err(Refusal::usage)
}

fn environment(settings: &[String]) -> Result<BTreeMap<String, String>, Refusal> {
    let pair = |setting: &String| {
        let (name, value) = setting.split_once('=').ok_or_else(|| {
            Refusal::usage(format_args!("--env takes NAME=VALUE, not \"{setting}\""))
        })?;
        Ok((name.to_owned(), value.to_owned()))
    };
    settings.iter().map(pair).collect()
}
