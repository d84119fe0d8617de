//! `time-points`: what there is in a directory of time points, and what is done with it.

mod restore;

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};
use jiff::tz::TimeZone;

use super::commands::{print, refused};
use super::exit::{Code, Refusal};
use super::subcommand::{base, switch};
use crate::report::points as told;
use crate::stage::Policy;
use crate::stage::points::{self, Retention, Series, Stamp};
use restore::Restore;

/// The subcommand's name.
pub const NAME: &str = "time-points";

/// What is asked of a directory of time points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimePoints {
    dest: PathBuf,
    errand: Errand,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Errand {
    List {
        json: bool,
    },
    Diff {
        from: String,
        to: String,
        json: bool,
    },
    Restore(Restore),
    Find {
        pattern: OsString,
        json: bool,
    },
    Delete {
        points: Vec<String>,
        keep: Option<Retention>,
        force: bool,
        dry_run: bool,
    },
}

/// The subcommand for clap.
pub fn command() -> Command {
    let json = || switch("json", None, "As JSON");
    base(
        NAME,
        "List, compare, search, restore and delete the time points in a directory. POINT is a name, the \
         beginning of one, or latest",
    )
    .subcommand_required(true)
    .arg_required_else_help(true)
    .disable_help_subcommand(true)
    .subcommands([
        on_points(
            "list",
            "List them, with the room that each takes, and that it alone takes",
        )
        .arg(json()),
        on_points("diff", "Tell what differs from one to another")
            .arg(point("from", "The earlier one").required(true))
            .arg(point("to", "The later one").default_value("latest"))
            .arg(json()),
        on_points(
            "restore",
            "Mirror one, or some paths in it, to TO, and compare by checksum what is there then",
        )
        .arg(point("point", "Which").required(true))
        .arg(path("to", "TO", "Where to").required(true))
        .arg(
            path("paths", "PATH", "Paths below the time point [default: all]")
                .num_args(0..)
                .action(ArgAction::Append),
        )
        .arg(switch(
            "delete",
            None,
            "Remove from TO what the time point does not have",
        ))
        .arg(switch("verbose", Some('v'), "Name what is restored"))
        .arg(switch(
            "dry-run",
            Some('n'),
            "Tell what would be done, change nothing",
        )),
        on_points(
            "find",
            "Tell which time points have a path, and in which versions",
        )
        .arg(
            Arg::new("pattern")
                .value_name("PATTERN")
                .required(true)
                .value_parser(value_parser!(OsString))
                .help("A name, or a path below the time points, with *, ?, [] and **"),
        )
        .arg(json()),
        on_points("delete", "Delete some")
            .arg(
                point("points", "Which")
                    .num_args(0..)
                    .action(ArgAction::Append)
                    .required_unless_present("keep"),
            )
            .arg(
                Arg::new("keep")
                    .long("keep")
                    .value_name("RULES")
                    .conflicts_with("points")
                    .value_parser(Retention::read)
                    .help("All but what these rules keep, as in a run"),
            )
            .arg(switch(
                "force",
                None,
                "Delete even the last one that is complete",
            ))
            .arg(switch(
                "dry-run",
                Some('n'),
                "Tell what would be done, change nothing",
            )),
    ])
}

fn on_points(name: &'static str, about: &'static str) -> Command {
    base(name, about).arg(path("dest", "DEST", "The directory of time points").required(true))
}

fn path(id: &'static str, name: &'static str, help: &'static str) -> Arg {
    Arg::new(id)
        .value_name(name)
        .value_parser(value_parser!(PathBuf))
        .value_hint(ValueHint::AnyPath)
        .help(help)
}

fn point(id: &'static str, help: &'static str) -> Arg {
    Arg::new(id).value_name("POINT").help(help)
}

/// What a command line asks for.
pub fn asked(matches: &ArgMatches) -> TimePoints {
    let (name, matches) = matches.subcommand().unwrap_or(("list", matches));
    let text = |id: &str| matches.get_one::<String>(id).cloned().unwrap_or_default();
    let path = |id: &str| matches.get_one::<PathBuf>(id).cloned().unwrap_or_default();
    let errand = match name {
        "list" => Errand::List {
            json: matches.get_flag("json"),
        },
        "diff" => Errand::Diff {
            from: text("from"),
            to: text("to"),
            json: matches.get_flag("json"),
        },
        "restore" => Errand::Restore(Restore {
            point: text("point"),
            to: path("to"),
            paths: all(matches, "paths"),
            delete: matches.get_flag("delete"),
            verbose: matches.get_flag("verbose"),
            dry_run: matches.get_flag("dry-run"),
        }),
        "find" => Errand::Find {
            pattern: matches
                .get_one::<OsString>("pattern")
                .cloned()
                .unwrap_or_default(),
            json: matches.get_flag("json"),
        },
        "delete" => Errand::Delete {
            points: all(matches, "points"),
            keep: matches.get_one::<Retention>("keep").cloned(),
            force: matches.get_flag("force"),
            dry_run: matches.get_flag("dry-run"),
        },
        other => unreachable!("{other} is an errand without a meaning"),
    };
    TimePoints {
        dest: path("dest"),
        errand,
    }
}

fn all<T: Clone + Send + std::marker::Sync + 'static>(matches: &ArgMatches, id: &str) -> Vec<T> {
    let values = matches.get_many::<T>(id);
    values.into_iter().flatten().cloned().collect()
}

impl TimePoints {
    /// The directory.
    #[must_use]
    pub fn dest(&self) -> &Path {
        &self.dest
    }

    /// Does what was asked; gives the exit code.
    pub fn carry_out(&self) -> Result<u8, Refusal> {
        let series = Series::open(&self.dest).map_err(refused)?;
        let named = |word: &str| series.named(word).map_err(refused);
        match &self.errand {
            Errand::List { json } => {
                let sizes = points::sizes(&series).map_err(refused)?;
                let text = match json {
                    true => told::list_as_json(series.path(), &sizes),
                    false => told::list(&sizes),
                };
                Ok(print(text.as_bytes()))
            }
            Errand::Diff { from, to, json } => {
                let both = (named(from)?, named(to)?);
                let mut text = told::Differences::new(*json);
                points::compare(&series, both, &mut |difference| text.add(&difference))
                    .map_err(refused)?;
                Ok(print(&text.end()))
            }
            Errand::Restore(restore) => restore.carry_out(&series),
            Errand::Find { pattern, json } => {
                let found = points::find(&series, pattern.as_bytes()).map_err(refused)?;
                let text = match json {
                    true => told::found_as_json(&found),
                    false => told::found(&found, &TimeZone::system()),
                };
                let code = match found.is_empty() {
                    true => Code::Partial,
                    false => Code::Success,
                };
                print(text.as_bytes());
                Ok(code.number())
            }
            Errand::Delete {
                points: words,
                keep,
                force,
                dry_run,
            } => {
                let mut stamps: Vec<Stamp> = match keep {
                    Some(keep) => kept_not(keep, &series)?,
                    None => words
                        .iter()
                        .map(|word| named(word))
                        .collect::<Result<_, _>>()?,
                };
                // One that is named twice goes once.
                stamps.sort_unstable();
                stamps.dedup();
                points::delete(&series, &stamps, &Policy::default(), *force, *dry_run)
                    .map_err(refused)?;
                Ok(print(told::deleted(&stamps, *dry_run).as_bytes()))
            }
        }
    }
}

/// The points that rules do not keep.
fn kept_not(keep: &Retention, series: &Series) -> Result<Vec<Stamp>, Refusal> {
    let points = series.points().map_err(refused)?;
    let points: Vec<_> = points.iter().map(|p| (p.stamp, p.is_good())).collect();
    Ok(keep.goes(&points, &TimeZone::system()))
}
