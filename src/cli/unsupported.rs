//! Options of rsync that are known and not there yet. They are refused by name, so that nobody thinks
//! that one was obeyed.

/// Whether `name`, with its dashes and without a value, is an option of rsync.
pub fn is_known(name: &str) -> bool {
    match name.strip_prefix("--") {
        Some(long) => LONG.contains(&long),
        None => {
            let mut letters = name.trim_start_matches('-').chars();
            matches!((letters.next(), letters.next()), (Some(c), None) if SHORT.contains(c))
        }
    }
}

/// Letters of one-letter options.
const SHORT: &str = "eMsy46";

/// Names of long options and of the negations that rsync has.
const LONG: &[&str] = &[
    "address",
    "blocking-io",
    "checksum-seed",
    "compress-choice",
    "compress-level",
    "compress-threads",
    "config",
    "confine-root",
    "contimeout",
    "copy-as",
    "daemon",
    "detach",
    "dparam",
    "drop-D",
    "early-input",
    "fuzzy",
    "iconv",
    "ipv4",
    "ipv6",
    "max-alloc",
    "motd",
    "new-compress",
    "no-0",
    "no-blocking-io",
    "no-contimeout",
    "no-detach",
    "no-drop-D",
    "no-fuzzy",
    "no-iconv",
    "no-motd",
    "no-old-args",
    "no-protect-args",
    "no-s",
    "no-secluded-args",
    "no-timeout",
    "no-y",
    "old-args",
    "old-compress",
    "only-write-batch",
    "password-file",
    "port",
    "protect-args",
    "protocol",
    "qsort",
    "read-batch",
    "remote-option",
    "rsh",
    "rsync-path",
    "secluded-args",
    "sender",
    "server",
    "skip-compress",
    "sockopts",
    "timeout",
    "trust-sender",
    "write-batch",
    "zc",
    "zl",
    "zt",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::grammar;

    #[test]
    fn names_are_known_with_their_dashes() {
        for name in ["--iconv", "-e", "-M", "--read-batch", "--no-s", "-4"] {
            assert!(is_known(name), "{name}");
        }
        for name in ["--bogus", "-Q", "--archive", "--", "-", "", "--M", "-iconv"] {
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
            if let Some(short) = arg.get_short() {
                assert!(!SHORT.contains(short), "-{short}");
            }
        }
    }
}
