//! Options of rsync that are known and not there yet. They are refused by name, so that nobody thinks
//! that one was obeyed.

/// Whether `name`, with its dashes and without a value, is an option of rsync.
pub fn is_known(name: &str) -> bool {
    name.strip_prefix("--")
        .is_some_and(|long| LONG.contains(&long))
}

/// Names of long options and of the negations that rsync has.
const LONG: &[&str] = &[
    "blocking-io",
    "config",
    "confine-root",
    "copy-as",
    "daemon",
    "detach",
    "dparam",
    "drop-D",
    "max-alloc",
    "no-0",
    "no-blocking-io",
    "no-detach",
    "no-drop-D",
    "only-write-batch",
    "qsort",
    "read-batch",
    "sender",
    "server",
    "trust-sender",
    "write-batch",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::grammar;

    #[test]
    fn names_are_known_with_their_dashes() {
        for name in ["--daemon", "--read-batch", "--qsort"] {
            assert!(is_known(name), "{name}");
        }
        for name in [
            "--bogus",
            "-Q",
            "--archive",
            "--",
            "-",
            "",
            "--M",
            "-daemon",
        ] {
            assert!(!is_known(name), "{name}");
        }
    }

    #[test]
    fn nothing_is_both_supported_and_not() {
        for arg in grammar::sync_command().get_arguments() {
            for long in arg.get_long_and_visible_aliases().into_iter().flatten() {
                assert!(!LONG.contains(&long), "--{long}");
            }
            for alias in arg.get_all_aliases().into_iter().flatten() {
                assert!(!LONG.contains(&alias), "--{alias}");
            }
        }
    }
}
