//! Cases one end of which is on another machine: the same tables, with a host before each source or before the
//! destination, whose remote shell runs a stock rsync here.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use crate::case::{Case, Step};
use crate::compare::Observation;

/// The remote shell of cases.
pub const SHELL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/remote-shell");

/// What resilver says of options that it has for local runs only.
const NOT_YET: [&str; 1] = ["works where the destination is, and that is another machine"];

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

/// Which end is on another machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Sources,
    Destination,
    /// The destination, with a stock rsync here and resilver there.
    Server,
    /// The sources, with a stock rsync here and resilver there.
    Sender,
}

impl End {
    /// The end that `RESILVER_ORACLE_FAR` names, if it names any.
    pub fn chosen() -> Option<End> {
        let name = std::env::var("RESILVER_ORACLE_FAR").ok()?;
        Some(match name.as_str() {
            "destination" => End::Destination,
            "server" => End::Server,
            "sender" => End::Sender,
            _ => End::Sources,
        })
    }
}

/// The case with one end on another machine; none where it has none that can be.
pub fn far(mut case: Case, end: End) -> Option<Case> {
    let mut any = false;
    for step in &mut case.steps {
        let Step::Run(args) = step else { continue };
        any |= send_away(args, end)?;
    }
    if matches!(end, End::Server | End::Sender) {
        for step in &mut case.steps {
            if let Step::Run(args) = step {
                // The command is not the same both times.
                args.insert(0, "--debug=cmd0".into());
            }
        }
        return any.then(|| match end {
            End::Sender => case.sent(),
            _ => case.served(),
        });
    }
    case.around.env.push(("RSYNC_RSH".into(), SHELL.into()));
    if end == End::Destination {
        case = case.pushes();
    }
    any.then_some(case)
}

/// Puts a host before all operands but the last, or before that; none where they are told apart otherwise.
fn send_away(args: &mut [OsString], end: End) -> Option<bool> {
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
    let away = match (operands.len(), end) {
        (0, _) | (1, End::Destination | End::Server) => 0..0,
        (1, End::Sources | End::Sender) => 0..1,
        (all, End::Sources | End::Sender) => 0..all - 1,
        (all, End::Destination | End::Server) => all - 1..all,
    };
    if away.is_empty() {
        return Some(false);
    }
    for at in &operands[away] {
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
        .map(|output| String::from_utf8_lossy(&output.stderr))
        .any(|text| NOT_YET.iter().any(|refusal| text.contains(refusal)))
}
