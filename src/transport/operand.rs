//! Operands: what is local, and what names another machine.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// rsync's name of a daemon's URL; letter case does not matter.
const SCHEME: &[u8] = b"rsync://";

/// One machine, and who one is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// What stands before the last `@`.
    pub user: Option<OsString>,
    /// Name or number, an IPv6 address without its brackets.
    pub host: OsString,
}

/// Something a daemon serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Daemon {
    /// Where it runs.
    pub address: Address,
    /// The port that a URL names.
    pub port: Option<u16>,
    /// Module and path in it; empty asks for the list of modules.
    pub path: OsString,
}

/// One source or destination as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    /// A path on this machine.
    Local(OsString),
    /// `[user@]host:path`: reached by a remote shell. An empty path is the login directory, `.`.
    Shell {
        /// The machine.
        address: Address,
        /// The path there.
        path: OsString,
    },
    /// `[user@]host::module/path` or `rsync://…`.
    Daemon(Daemon),
}

/// Why an operand cannot be used. The messages are rsync's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OperandError {
    /// It would be read as an option by the remote shell.
    #[error("Invalid remote host: hostnames may not start with '-'.")]
    DashedHost,
    /// A URL's port is no number that a port can have.
    #[error("Invalid port in URL.")]
    Port,
}

impl Operand {
    /// Reads an operand by rsync's rules: a `/` before the first `:`, or no `:`, makes it local.
    ///
    /// # Errors
    /// The host or port cannot be one.
    pub fn parse(text: &OsStr) -> Result<Operand, OperandError> {
        let bytes = text.as_bytes();
        if let Some(rest) = after_scheme(bytes) {
            return url(rest).map(Operand::Daemon);
        }
        let Some((host, path)) = split_host(bytes) else {
            return Ok(Operand::Local(text.to_owned()));
        };
        let address = address(host)?;
        Ok(match path.strip_prefix(b":") {
            Some(module) => Operand::Daemon(Daemon {
                address,
                port: None,
                path: owned(module),
            }),
            None if path.is_empty() => Operand::Shell {
                address,
                path: ".".into(),
            },
            None => Operand::Shell {
                address,
                path: owned(path),
            },
        })
    }

    /// Whether an operand names something on another machine, usable or not.
    #[must_use]
    pub fn is_remote(text: &OsStr) -> bool {
        let bytes = text.as_bytes();
        after_scheme(bytes).is_some() || split_host(bytes).is_some()
    }
}

fn owned(bytes: &[u8]) -> OsString {
    OsString::from_vec(bytes.to_vec())
}

fn after_scheme(bytes: &[u8]) -> Option<&[u8]> {
    let (head, rest) = bytes.split_at_checked(SCHEME.len())?;
    head.eq_ignore_ascii_case(SCHEME).then_some(rest)
}

/// What stands before and behind the colon that ends a host; `None` for a local path.
fn split_host(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let from = address_end(bytes)?;
    let colon = bytes[from..]
        .iter()
        .position(|b| matches!(b, b':' | b'/'))
        .map(|at| from + at)
        .filter(|at| bytes[*at] == b':')?;
    // Behind a bracket nothing but the colon may follow.
    (from == 0 || colon == from).then(|| (&bytes[..colon], &bytes[colon + 1..]))
}

/// Where an IPv6 address in brackets ends, whose colons do not count: 0 without one, `None` where the
/// bracket is never closed.
fn address_end(bytes: &[u8]) -> Option<usize> {
    let start = bytes.iter().position(|&b| b == b'@').map_or(0, |i| i + 1);
    if bytes.get(start) != Some(&b'[') {
        return Some(0);
    }
    bytes.iter().position(|&b| b == b']').map(|at| at + 1)
}

fn address(text: &[u8]) -> Result<Address, OperandError> {
    let (user, host) = match text.iter().rposition(|&b| b == b'@') {
        Some(at) => (Some(owned(&text[..at])), &text[at + 1..]),
        None => (None, text),
    };
    let bare = host
        .strip_prefix(b"[")
        .and_then(|host| host.strip_suffix(b"]"));
    let host = bare.unwrap_or(host);
    if host.starts_with(b"-") {
        return Err(OperandError::DashedHost);
    }
    Ok(Address {
        user,
        host: owned(host),
    })
}

/// `[user@]host[:port][/path]`.
fn url(rest: &[u8]) -> Result<Daemon, OperandError> {
    let slash = rest.iter().position(|&b| b == b'/');
    let (place, path) = match slash {
        Some(at) => (&rest[..at], &rest[at + 1..]),
        None => (rest, &rest[rest.len()..]),
    };
    let from = address_end(place).unwrap_or(0);
    let (host, port) = match place[from..].iter().position(|&b| b == b':') {
        Some(at) => (&place[..from + at], &place[from + at + 1..]),
        None => (place, &place[place.len()..]),
    };
    let port = match port {
        b"" => None,
        digits => Some(
            std::str::from_utf8(digits)
                .ok()
                .and_then(|text| text.parse().ok())
                .ok_or(OperandError::Port)?,
        ),
    };
    Ok(Daemon {
        address: address(host)?,
        port,
        path: owned(path),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(user: Option<&str>, host: &str, path: &str) -> Operand {
        Operand::Shell {
            address: Address {
                user: user.map(Into::into),
                host: host.into(),
            },
            path: path.into(),
        }
    }

    fn daemon(user: Option<&str>, host: &str, port: Option<u16>, path: &str) -> Operand {
        Operand::Daemon(Daemon {
            address: Address {
                user: user.map(Into::into),
                host: host.into(),
            },
            port,
            path: path.into(),
        })
    }

    #[test]
    fn a_slash_before_the_colon_makes_it_local() {
        for text in [
            "./a:b", "a/b:c", "/a:b", "plain", "[x]/a:b", "[x]", "[x:y", "", "[::1]x:y",
        ] {
            assert_eq!(
                Operand::parse(OsStr::new(text)),
                Ok(Operand::Local(text.into())),
                "{text}"
            );
            assert!(!Operand::is_remote(OsStr::new(text)), "{text}");
        }
    }

    #[test]
    fn a_remote_operand_is_read_as_rsync_reads_it() {
        for (text, operand) in [
            ("host:path", shell(None, "host", "path")),
            ("user@host:path", shell(Some("user"), "host", "path")),
            ("u@x@h:p", shell(Some("u@x"), "h", "p")),
            ("host:", shell(None, "host", ".")),
            ("host:a:b", shell(None, "host", "a:b")),
            ("[::1]:p", shell(None, "::1", "p")),
            ("u@[fe80::1%e0]:p", shell(Some("u"), "fe80::1%e0", "p")),
            ("@h:x", shell(Some(""), "h", "x")),
            ("u@:x", shell(Some("u"), "", "x")),
            (":a", shell(None, "", "a")),
            ("rsync:/x", shell(None, "rsync", "/x")),
            ("h::m/p", daemon(None, "h", None, "m/p")),
            ("h::", daemon(None, "h", None, "")),
            ("rsync://h", daemon(None, "h", None, "")),
            (
                "RSYNC://u@h:99/m/p",
                daemon(Some("u"), "h", Some(99), "m/p"),
            ),
            ("rsync://[::1]:8/m", daemon(None, "::1", Some(8), "m")),
        ] {
            assert_eq!(Operand::parse(OsStr::new(text)), Ok(operand), "{text}");
            assert!(Operand::is_remote(OsStr::new(text)), "{text}");
        }
    }

    #[test]
    fn a_host_is_never_an_option_and_a_port_always_a_number() {
        for (text, error) in [
            ("-oProxyCommand=x:p", OperandError::DashedHost),
            ("u@-h:p", OperandError::DashedHost),
            ("[-h]:p", OperandError::DashedHost),
            ("rsync://-h/m", OperandError::DashedHost),
            ("rsync://h:x/m", OperandError::Port),
            ("rsync://h:70000/m", OperandError::Port),
        ] {
            assert_eq!(Operand::parse(OsStr::new(text)), Err(error), "{text}");
        }
    }
}
