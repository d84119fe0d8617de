//! Cases whose sources are on another machine: the same tables, with a host before each source, whose remote shell runs
//! a stock rsync here.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use crate::case::{Case, Step};
use crate::compare::Observation;

/// The remote shell of cases.
pub const SHELL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/remote-shell");

/// What resilver says of options that it has for local runs only.
const NOT_YET: &str = "is not supported with another machine yet";

/// Options that take the next word.
const VALUED: &[&str] = &[
    "-f",
    "-e",
    "-T",
    "-B",
    "-M",
    "-@",
    "--include",
    "--exclude",
    "--filter",
    "--exclude-from",
    "--include-from",
    "--files-from",
    "--temp-dir",
    "--partial-dir",
    "--backup-dir",
    "--link-dest",
    "--copy-dest",
    "--compare-dest",
    "--suffix",
    "--log-file",
    "--chmod",
    "--out-format",
];

/// The case with its sources on another machine; none where it has no sources that can be.
pub fn far(mut case: Case) -> Option<Case> {
    let mut any = false;
    for step in &mut case.steps {
        let Step::Run(args) = step else { continue };
        any |= send_away(args)?;
    }
    case.around.env.push(("RSYNC_RSH".into(), SHELL.into()));
    any.then_some(case)
}

/// Puts a host before all operands but the last; none where they are told apart otherwise.
fn send_away(args: &mut [OsString]) -> Option<bool> {
    let mut operands = Vec::new();
    let mut takes_next = false;
    for (at, arg) in args.iter().enumerate() {
        let bytes = arg.as_bytes();
        if takes_next {
            takes_next = false;
        } else if bytes == b"--" || bytes.is_empty() {
            return None;
        } else if bytes.starts_with(b"-") {
            takes_next = VALUED.iter().any(|option| option.as_bytes() == bytes);
        } else if bytes.contains(&b':') {
            return None;
        } else {
            operands.push(at);
        }
    }
    let sources = match operands.len() {
        0 => return Some(false),
        1 => 1,
        all => all - 1,
    };
    for at in &operands[..sources] {
        let mut source = OsString::from("h:");
        source.push(&args[*at]);
        args[*at] = source;
    }
    Some(true)
}

/// Whether resilver refuses what the case is about.
pub fn is_still_to_come(got: &Observation) -> bool {
    got.outputs
        .iter()
        .any(|output| String::from_utf8_lossy(&output.stderr).contains(NOT_YET))
}
