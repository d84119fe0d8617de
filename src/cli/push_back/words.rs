//! The words of both subcommands.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command, ValueHint, value_parser};

use super::{Errand, MOST_REMOVED, Push, PushBack};
use crate::cli::subcommand::{base, switch};
use crate::engine::edits::Settlement;

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
            switch("json", None, "As JSON, one object a line")
                .conflicts_with_all(["verbose", "itemize-changes", "quiet"]),
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
            Errand::Push(Push {
                settlement: settlement.map_or(Settlement::None, |(_, settlement)| *settlement),
                delete_guard: matches
                    .get_one("delete-guard")
                    .copied()
                    .unwrap_or(MOST_REMOVED),
                dry_run: matches.get_flag("dry-run"),
                quiet: matches.get_flag("quiet"),
                json: matches.get_flag("json"),
                manner: flags
                    .map(|name| format!("--{name}").into())
                    .chain(std::iter::repeat_n("-v".into(), verbose))
                    .collect(),
            })
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
