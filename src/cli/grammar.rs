//! clap's view of the command line: the one set of definitions behind parsing, help, manual page and
//! completions.

use std::ffi::OsString;

use clap::{Arg, ArgAction, Command, ValueHint, value_parser};

use super::rows;
use super::subcommand;

/// The program's name.
pub const NAME: &str = "resilver";

/// The id of the operands.
pub const OPERANDS: &str = "operands";

const USAGE: &str = "resilver [OPTION]... SRC [SRC]... DEST\n       \
                     resilver SUBCOMMAND DEST [OPTION]...";

const ABOUT: &str =
    "Make a mirror true again: rsync's options, and a destination that changes in one switch";

/// Shown at the end of the help text, and as a section of the manual page.
pub const EXAMPLES: &str = "  resilver -av --delete /usr/share/doc/ mirror/
      make mirror/ equal to /usr/share/doc/
  resilver -avn --delete /usr/share/doc/ mirror/
      tell what that would do now
  resilver -a --delete --delete-guard=50 /usr/share/doc/ mirror/
      refuse if more than half of mirror/ would go
  resilver status mirror/
      tell what is kept
  resilver undo mirror/
      take back the last switch
  resilver verify mirror/ /usr/share/doc/
      tell by content what is not as the source has it
  resilver push dataCopy/
      send what was edited in a mirror back to where it was pulled from
  resilver -a --time-points --keep=daily=14,monthly=all /usr/share/doc/ points/
      make a time point that shares what did not change with those before
  resilver time-points restore points/ latest back/
      bring one back";

/// The command for a mirror run, without the subcommands: these are told apart beforehand.
pub fn sync_command() -> Command {
    Command::new(NAME)
        .about(ABOUT)
        .version(env!("CARGO_PKG_VERSION"))
        .override_usage(USAGE)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .disable_help_subcommand(true)
        .max_term_width(100)
        .args(rows::all().map(|definition| definition.arg()))
        .arg(
            Arg::new("help")
                .long("help")
                .action(ArgAction::Help)
                .help_heading("What is told")
                .help("Print this help"),
        )
        .arg(
            Arg::new(OPERANDS)
                .value_name("PATH")
                .num_args(0..)
                .value_parser(value_parser!(OsString))
                .value_hint(ValueHint::AnyPath)
                .help("Sources, then the destination; SRC/ is the content of SRC, SRC the thing itself"),
        )
}

/// The same, with parsing that ends at the first operand, as POSIX has it.
pub fn stop_at_first_operand(command: Command) -> Command {
    command.mut_arg(OPERANDS, |arg| arg.trailing_var_arg(true))
}

/// Everything there is to document: the run and the subcommands.
pub fn full_command() -> Command {
    sync_command()
        .subcommands(subcommand::commands())
        .subcommand_help_heading("Subcommands (a file of that name is written ./undo)")
        .after_help(format!(
            "Negations: --no-OPTION or --no-X turns off what an option such as -a turned on.\n\n\
             Examples:\n{EXAMPLES}"
        ))
}

/// The help text, as wide as the terminal and at most 100 columns.
pub fn help() -> String {
    full_command().render_help().to_string()
}

/// What `-V` prints.
pub fn version() -> String {
    format!(
        "{NAME}  version {}\n\
         An rsync-compatible mirror tool; mirrors trees within one machine, and from or to another one.\n\
         Licence: MIT OR Apache-2.0\n",
        env!("CARGO_PKG_VERSION")
    )
}

/// What `-VV` prints.
pub fn version_json() -> String {
    let value = serde_json::json!({
        "program": NAME,
        "version": env!("CARGO_PKG_VERSION"),
        "remote": true,
        "license": "MIT OR Apache-2.0",
    });
    format!("{value:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_help_is_the_printed_one() {
        let committed = include_str!("../../testdata/help.txt");
        let printed = full_command().term_width(100).render_help().to_string();
        assert!(
            committed == printed,
            "renew it: cargo run -- --help | cat > testdata/help.txt"
        );
    }
}
