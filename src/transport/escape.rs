//! Words as the shell at the far end has to see them: it reads the command line once more.
//!
//! The rules are those of rsync 3.2.4 and later: every word is escaped by backslashes, except that the
//! wildcards of a path stay alive for the far shell.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// What a shell would not leave alone.
const SPECIAL: &[u8] = b"!#$&;|<>(){}\"'` \t\n\r\\";
const WILDCARDS: &[u8] = b"*?[]";

/// How much is escaped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quoting {
    /// Everything that a shell would not leave alone.
    #[default]
    All,
    /// `--old-args`: values of options only.
    OptionsOnly,
    /// For a daemon: no shell sees it, but the daemon takes one level of backslashes away from options.
    Daemon,
    /// `--old-args` twice, and secluded arguments, which no shell sees: nothing.
    Nothing,
}

/// The value of an option: nothing in it means anything to the shell.
#[must_use]
pub fn option_value(text: &OsStr, quoting: Quoting) -> OsString {
    if quoting == Quoting::Nothing {
        return text.to_owned();
    }
    let mut out = Vec::with_capacity(text.len());
    for &byte in text.as_bytes() {
        if quoting == Quoting::Daemon {
            out.extend((byte == b'\\').then_some(b'\\'));
        } else if SPECIAL.contains(&byte) || WILDCARDS.contains(&byte) {
            out.push(b'\\');
        }
        out.push(byte);
    }
    OsString::from_vec(out)
}

/// A path: its wildcards work at the far end, and a backslash right before one keeps it from working. It
/// cannot be taken for an option.
#[must_use]
pub fn path_argument(path: &OsStr, quoting: Quoting) -> OsString {
    let bytes = path.as_bytes();
    let mut out = Vec::with_capacity(bytes.len() + 2);
    if bytes.starts_with(b"-") {
        out.extend_from_slice(b"./");
    }
    if quoting != Quoting::All {
        out.extend_from_slice(bytes);
        return OsString::from_vec(out);
    }
    for (at, &byte) in bytes.iter().enumerate() {
        let guards = byte == b'\\' && bytes.get(at + 1).is_some_and(|b| WILDCARDS.contains(b));
        if SPECIAL.contains(&byte) && !guards {
            out.push(b'\\');
        }
        out.push(byte);
    }
    OsString::from_vec(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_keeps_its_wildcards_and_nothing_else() {
        for (path, escaped) in [
            ("plain/path-1_2.txt", "plain/path-1_2.txt"),
            ("a b", r"a\ b"),
            ("a*b?[c]", "a*b?[c]"),
            (r"a\*b", r"a\*b"),
            (r"a\b", r"a\\b"),
            ("-x", "./-x"),
            ("$(rm -rf x)", r"\$\(rm\ -rf\ x\)"),
            ("{a,b}", r"\{a,b\}"),
            ("~x", "~x"),
            ("é\n", "é\\\n"),
        ] {
            let all = path_argument(OsStr::new(path), Quoting::All);
            assert_eq!(all, OsStr::new(escaped), "{path}");
        }
        let daemon = path_argument(OsStr::new("-a $b"), Quoting::Daemon);
        assert_eq!(daemon, "./-a $b");
        let old = path_argument(OsStr::new("-a b"), Quoting::OptionsOnly);
        assert_eq!(old, "./-a b");
    }

    #[test]
    fn a_value_means_nothing_to_the_shell() {
        let value = OsStr::new("a*b c'");
        assert_eq!(option_value(value, Quoting::All), r"a\*b\ c\'");
        assert_eq!(option_value(value, Quoting::OptionsOnly), r"a\*b\ c\'");
        assert_eq!(option_value(value, Quoting::Nothing), value);
        let value = OsStr::new(r"a b\c*");
        assert_eq!(option_value(value, Quoting::Daemon), r"a b\\c*");
    }
}
