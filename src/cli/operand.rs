//! Operands: what is local, and what names another machine.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// Whether an operand names something on another machine, by rsync's rules: `host:path`,
/// `host::module`, `rsync://`. A `/` before the first `:` makes it local.
pub fn is_remote(operand: &OsStr) -> bool {
    let bytes = operand.as_bytes();
    let scheme = b"rsync://";
    if bytes.len() >= scheme.len() && bytes[..scheme.len()].eq_ignore_ascii_case(scheme) {
        return true;
    }
    behind_address(bytes)
        .and_then(|rest| rest.iter().find(|b| matches!(b, b':' | b'/')))
        .is_some_and(|&b| b == b':')
}

/// What follows an IPv6 address in brackets, whose colons do not count; all of it where there is no
/// bracket, nothing where the bracket is never closed.
fn behind_address(bytes: &[u8]) -> Option<&[u8]> {
    let start = bytes.iter().position(|&b| b == b'@').map_or(0, |i| i + 1);
    if bytes.get(start) != Some(&b'[') {
        return Some(bytes);
    }
    let end = bytes.iter().position(|&b| b == b']')?;
    bytes.get(end + 1..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_before_the_colon_makes_it_local() {
        for (operand, remote) in [
            ("host:path", true),
            ("user@host:path", true),
            ("host:", true),
            ("host::mod/path", true),
            ("[::1]:path", true),
            ("user@[::1]:path", true),
            ("rsync://host/mod", true),
            ("RSYNC://host", true),
            ("a:b", true),
            ("./a:b", false),
            ("a/b:c", false),
            ("/a:b", false),
            ("plain", false),
            ("[x]/a:b", false),
            ("rsync:/x", true),
            (":a", true),
            (":", true),
            ("[x]", false),
            ("[x:y", false),
            ("", false),
        ] {
            assert_eq!(is_remote(OsStr::new(operand)), remote, "{operand}");
        }
    }
}
