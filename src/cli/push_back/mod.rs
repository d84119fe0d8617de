//! `resilver push` and `resilver diff`: what was changed in a mirror since its pull goes back to where it came from,
//! and nothing that was changed there meanwhile is lost.
//!
//! ```text
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

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command, ValueHint, value_parser};

pub use guard::push as guarded;

use super::arguments::{self, Arguments, Given, Read};
use super::commands::{print, refused};
use super::exit::{Code, Refusal};
use super::subcommand::{base, switch};
use crate::engine::edits::{Plan, Settlement};
use crate::report::edits as told;
use crate::stage::{self, Policy};
use crate::transport::Operand;
use lists::Lists;
use past::Past;
use sessions::{Sessions, is_through};

/// The subcommands' names.
pub const PUSH: &str = "push";
/// See above.
pub const DIFF: &str = "diff";

/// Words that are passed on as they are, those with a value as `--NAME=VALUE`.
const FLAGS: [&str; 4] = ["dry-run", "itemize-changes", "progress", "quiet"];
const VALUES: [&str; 7] = [
    "rsh",
    "rsync-path",
    "ssh",
    "identity",
    "port",
    "password-file",
    "timeout",
];

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
    Diff {
        json: bool,
    },
    Push {
        settlement: Settlement,
        /// The part of the origin that may be removed at most, in percent.
        delete_guard: u8,
        dry_run: bool,
        quiet: bool,
        /// How runs are told.
        manner: Vec<OsString>,
    },
}

/// The subcommands for clap.
pub fn commands() -> [Command; 2] {
    [
        on_mirror(
            PUSH,
            "Send what was changed in a mirror since it was pulled back to where it came from, but nothing \
             over what was changed there: exit code 28 if both sides changed something, 29 if a file here is corrupt",
        )
        .args([
            switch(
                "ours",
                None,
                "Settle conflicts, and what is corrupt here, by sending what is here",
            ),
            switch(
                "theirs",
                None,
                "Settle conflicts, and what is corrupt here, by fetching what is there",
            ),
            switch(
                "keep-both",
                None,
                "Settle them by sending what is here, and leave what is there beside it; what one side removed \
                 comes back",
            ),
        ])
        .group(ArgGroup::new("settlement").args(["ours", "theirs", "keep-both"]))
        .arg(
            Arg::new("delete-guard")
                .long("delete-guard")
                .value_name("PERCENT")
                .value_parser(value_parser!(u8).range(0..=100))
                .help("Refuse to remove more than this part of what is there [default: 50]"),
        )
        .args([
            switch("dry-run", Some('n'), "Tell what would be done, change nothing"),
            switch("verbose", Some('v'), "Name what is sent").action(ArgAction::Count),
            switch("itemize-changes", Some('i'), "Tell what changes about each entry"),
            switch("progress", None, "Tell how far each file is"),
            switch("quiet", Some('q'), "Tell errors, conflicts and what is corrupt only"),
            switch("compress", Some('z'), "Compress what is sent"),
        ]),
        on_mirror(
            DIFF,
            "Tell what was changed in a mirror and in its origin since it was pulled: exit code 28 if both sides \
             changed something, 29 if a file here is corrupt",
        )
        .arg(switch("json", None, "As JSON")),
    ]
}

fn on_mirror(name: &'static str, about: &'static str) -> Command {
    let valued = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name(value)
            .allow_hyphen_values(true)
            .value_parser(value_parser!(OsString))
            .help(help)
    };
    base(name, about)
        .arg(
            Arg::new("mirror")
                .value_name("MIRROR")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .value_hint(ValueHint::DirPath)
                .help("The destination of the pull"),
        )
        .args([
            valued(
                "rsh",
                "COMMAND",
                "Go there by this command, not as the pull did",
            )
            .short('e'),
            valued("rsync-path", "PROGRAM", "What to run there"),
            valued("ssh", "WHICH", "The system's ssh or the built-in client"),
            valued("identity", "FILE", "Log in by ssh with this private key"),
            valued("port", "PORT", "Where a daemon, or an ssh server, listens"),
            valued(
                "password-file",
                "FILE",
                "Read the password of a daemon from this file",
            ),
            valued(
                "timeout",
                "SECONDS",
                "Give up when nothing moves for so long",
            ),
        ])
}

/// What a command line asks for.
pub fn asked(name: &str, matches: &ArgMatches) -> PushBack {
    let mut ways = Vec::new();
    for name in VALUES {
        if let Some(value) = matches.get_one::<OsString>(name) {
            let mut word = OsString::from(format!("--{name}="));
            word.push(value);
            ways.push(word);
        }
    }
    let errand = match name {
        DIFF => Errand::Diff {
            json: matches.get_flag("json"),
        },
        _ => {
            let flags = FLAGS.iter().filter(|name| matches.get_flag(name));
            let verbose = usize::from(matches.get_count("verbose"));
            ways.extend(matches.get_flag("compress").then(|| "--compress".into()));
            let settlement = [
                ("ours", Settlement::Ours),
                ("theirs", Settlement::Theirs),
                ("keep-both", Settlement::Both),
            ];
            let settlement = settlement.iter().find(|(name, _)| matches.get_flag(name));
            Errand::Push {
                settlement: settlement.map_or(Settlement::None, |(_, settlement)| *settlement),
                delete_guard: matches
                    .get_one("delete-guard")
                    .copied()
                    .unwrap_or(MOST_REMOVED),
                dry_run: matches.get_flag("dry-run"),
                quiet: matches.get_flag("quiet"),
                manner: flags
                    .map(|name| format!("--{name}").into())
                    .chain(std::iter::repeat_n("-v".into(), verbose))
                    .collect(),
            }
        }
    };
    PushBack {
        mirror: matches
            .get_one::<PathBuf>("mirror")
            .cloned()
            .unwrap_or_default(),
        errand,
        ways,
    }
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
        let mut past = match &self.errand {
            Errand::Diff { .. } => {
                let holder = stage::holder(&self.mirror).map_err(refused)?;
                if let Some(holder) = holder {
                    let text = told::in_use(&self.mirror, &holder);
                    let _ = std::io::stderr().write_all(&text);
                }
                Past::of(&self.mirror)?
            }
            Errand::Push { .. } => Past::held(&self.mirror, &Policy::default())?,
        };
        past.ways.extend(given(&self.ways)?);
        let lists = Lists::of(&past)?;
        match &self.errand {
            Errand::Diff { json } => {
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
            Errand::Push {
                settlement,
                delete_guard,
                dry_run,
                quiet,
                manner,
            } => {
                let sessions = Sessions {
                    past: &past,
                    manner: given(manner)?,
                    dry_run: *dry_run,
                };
                push(lists, &sessions, (*settlement, true), *delete_guard, *quiet)
            }
        }
    }
}

/// Plans by the lists and carries that out; gives the exit code.
fn push(
    mut lists: Lists,
    sessions: &Sessions<'_>,
    wish: (Settlement, bool),
    delete_guard: u8,
    quiet: bool,
) -> Result<u8, Refusal> {
    let dry_run = sessions.dry_run;
    let mut plan = lists.plan(sessions.past, wish, dry_run)?;
    let spared = check_removals(&lists, &plan, delete_guard);
    if !dry_run {
        spared.clone()?;
    }
    let code = sessions.carry_out(&lists, &mut plan)?;
    print(&told::pushed(&plan, dry_run, quiet || !is_through(code)));
    spared?;
    end(code, &plan)
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
