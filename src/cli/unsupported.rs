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
const SHORT: &str = "dRxLkKmFCfEAXUNOJbTyzSBeMsP0846";

/// Names of long options and of the negations that rsync has.
const LONG: &[&str] = &[
    "8-bit-output",
    "acls",
    "address",
    "append",
    "append-verify",
    "atimes",
    "backup",
    "backup-dir",
    "block-size",
    "blocking-io",
    "bwlimit",
    "cc",
    "checksum-choice",
    "checksum-seed",
    "chmod",
    "chown",
    "compare-dest",
    "compress",
    "compress-choice",
    "compress-level",
    "compress-threads",
    "config",
    "confine-root",
    "contimeout",
    "copy-as",
    "copy-dest",
    "copy-devices",
    "copy-dirlinks",
    "copy-links",
    "copy-unsafe-links",
    "crtimes",
    "cvs-exclude",
    "daemon",
    "debug",
    "delay-updates",
    "delete-after",
    "delete-before",
    "delete-delay",
    "delete-excluded",
    "delete-missing-args",
    "detach",
    "dirs",
    "dparam",
    "drop-D",
    "early-input",
    "exclude-from",
    "executability",
    "fake-super",
    "files-from",
    "filter",
    "from0",
    "fuzzy",
    "groupmap",
    "i-d",
    "i-r",
    "iconv",
    "ignore-errors",
    "ignore-missing-args",
    "implied-dirs",
    "inc-recursive",
    "include-from",
    "info",
    "inplace",
    "insecure-links",
    "ipv4",
    "ipv6",
    "keep-dirlinks",
    "link-dest",
    "list-only",
    "log-file",
    "log-file-format",
    "log-format",
    "max-alloc",
    "max-size",
    "min-size",
    "mkpath",
    "motd",
    "msgs2stderr",
    "munge-links",
    "new-compress",
    "no-0",
    "no-8",
    "no-8-bit-output",
    "no-A",
    "no-J",
    "no-N",
    "no-O",
    "no-R",
    "no-S",
    "no-U",
    "no-X",
    "no-acls",
    "no-append",
    "no-atimes",
    "no-backup",
    "no-blocking-io",
    "no-bwlimit",
    "no-compress",
    "no-contimeout",
    "no-crtimes",
    "no-d",
    "no-delay-updates",
    "no-detach",
    "no-dirs",
    "no-drop-D",
    "no-from0",
    "no-fuzzy",
    "no-i-d",
    "no-i-r",
    "no-iconv",
    "no-ignore-errors",
    "no-implied-dirs",
    "no-inc-recursive",
    "no-inplace",
    "no-insecure-links",
    "no-m",
    "no-mkpath",
    "no-motd",
    "no-msgs2stderr",
    "no-munge-links",
    "no-old-args",
    "no-omit-dir-times",
    "no-omit-link-times",
    "no-one-file-system",
    "no-open-noatime",
    "no-partial",
    "no-protect-args",
    "no-prune-empty-dirs",
    "no-relative",
    "no-s",
    "no-secluded-args",
    "no-sparse",
    "no-super",
    "no-timeout",
    "no-write-devices",
    "no-x",
    "no-xattrs",
    "no-y",
    "no-z",
    "old-args",
    "old-compress",
    "old-d",
    "old-dirs",
    "omit-dir-times",
    "omit-link-times",
    "one-file-system",
    "only-write-batch",
    "open-noatime",
    "out-format",
    "outbuf",
    "partial",
    "partial-dir",
    "password-file",
    "port",
    "preallocate",
    "protect-args",
    "protocol",
    "prune-empty-dirs",
    "qsort",
    "read-batch",
    "relative",
    "remote-option",
    "remove-sent-files",
    "remove-source-files",
    "rsh",
    "rsync-path",
    "safe-links",
    "secluded-args",
    "sender",
    "server",
    "skip-compress",
    "sockopts",
    "sparse",
    "stderr",
    "stop-after",
    "stop-at",
    "suffix",
    "super",
    "temp-dir",
    "time-limit",
    "timeout",
    "trust-sender",
    "usermap",
    "write-batch",
    "write-devices",
    "xattrs",
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
        for name in ["--sparse", "-S", "-z", "--delete-after", "--no-i-r", "-8"] {
            assert!(is_known(name), "{name}");
        }
        for name in [
            "--bogus",
            "-Q",
            "--archive",
            "--",
            "-",
            "",
            "--S",
            "-sparse",
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
            if let Some(short) = arg.get_short() {
                assert!(!SHORT.contains(short), "-{short}");
            }
        }
    }
}
