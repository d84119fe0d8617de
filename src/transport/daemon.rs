//! The text in which an rsync daemon and its client begin: greetings, a module's name, a password, the
//! arguments. What follows is the protocol proper.
//!
//! ```text
//! S>C @RSYNCD: 32.0 sha512 sha256 …      both greet at once
//! C>S @RSYNCD: 32.0 sha512 sha256 …
//! C>S MODULE                             an empty line asks for the list of modules
//! S>C @RSYNCD: AUTHREQD CHALLENGE        C>S USER RESPONSE
//! S>C @RSYNCD: OK | @RSYNCD: EXIT | @ERROR: …; any other line is for the person
//! C>S arguments, each with its end, then an empty one
//! ```

use std::ffi::OsString;
use std::io::{self, BufRead, Read, Write};
use std::os::unix::ffi::OsStrExt;

use super::auth::Digest;

/// Longest line that is read from a daemon, its end included; rsync's limit for a client.
const LONGEST_LINE: u64 = 5119;
/// Most lines before a daemon lets one in: a message of the day, or a list of modules.
const MOST_LINES: usize = 1 << 16;
/// Most bytes that are shown of what is no greeting.
const MOST_SHOWN: usize = 200;
const PREFIX: &[u8] = b"@RSYNCD: ";

/// Why a daemon was left.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// Reading or writing failed (exit code 10).
    #[error("{}", crate::sys::reason(.0))]
    Io(#[from] io::Error),
    /// Nothing came first (5).
    #[error("did not see server greeting")]
    Silent,
    /// What came first was no greeting (5).
    #[error("server sent {0:?} rather than greeting")]
    NoGreeting(String),
    /// A line that no daemon writes (5).
    #[error("the daemon's answer has a zero byte in it")]
    Zero,
    /// A greeting that makes no sense (5).
    #[error("bad greeting from the daemon: {0}")]
    Greeting(String),
    /// It refused, in its own words (5).
    #[error("{0}")]
    Refused(String),
    /// Nobody knows the password (5).
    #[error("no password for the daemon: set RSYNC_PASSWORD or give --password-file")]
    NoPassword,
    /// Its digests are none that we know (4).
    #[error("the daemon knows none of our digests: {0}")]
    Digests(String),
    /// A user's name that the protocol cannot carry (1).
    #[error("the user's name has a space or an end of line in it")]
    User,
    /// A line without end, or lines without end (5).
    #[error("the daemon's answer does not end")]
    Endless,
}

/// What a daemon said about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Greeting {
    /// The protocol of both, settled by this exchange: no versions follow it.
    pub protocol: u32,
    /// The names of its digests; `None` where it named none.
    digests: Option<String>,
}

/// How the talk ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Welcome {
    /// The module may be used.
    In,
    /// The list of modules was told, and there is no more.
    Listed,
}

/// Who one is to a daemon.
pub struct Login<'l> {
    /// The user's name.
    pub user: &'l [u8],
    /// Gives the password when it is asked for.
    pub password: &'l mut dyn FnMut() -> Option<Vec<u8>>,
}

/// Greets, giving `version` as the newest protocol that this side speaks.
///
/// # Errors
/// The other end is no daemon, or one whose version makes no sense.
pub fn greet(
    reader: &mut dyn BufRead,
    writer: &mut dyn Write,
    version: u32,
) -> Result<Greeting, DaemonError> {
    let names = Digest::NAMED.map(Digest::name).join(" ");
    let told = writeln!(writer, "@RSYNCD: {version}.0 {names}").and_then(|()| writer.flush());
    match told {
        // What it said before it left tells more.
        Err(e) if is_gone(&e) => {}
        told => told?,
    }
    let line = match line(reader) {
        Err(DaemonError::Io(e)) if is_gone(&e) => None,
        line => line?,
    };
    let line = line.ok_or(DaemonError::Silent)?;
    let text = line.strip_prefix(PREFIX).ok_or_else(|| {
        let shown = line.iter().take(MOST_SHOWN).copied().collect::<Vec<_>>();
        DaemonError::NoGreeting(String::from_utf8_lossy(&shown).into_owned())
    })?;
    read_greeting(&String::from_utf8_lossy(text), version)
}

fn is_gone(e: &io::Error) -> bool {
    matches!(
        e.kind(),
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset
    )
}

/// `MAJOR[.SUB] [DIGEST...]`.
fn read_greeting(text: &str, version: u32) -> Result<Greeting, DaemonError> {
    let bad = || DaemonError::Greeting(text.to_owned());
    let (numbers, digests) = match text.split_once(' ') {
        Some((numbers, digests)) => (numbers, Some(digests.to_owned())),
        None => (text, None),
    };
    let (major, sub) = match numbers.split_once('.') {
        Some((major, sub)) => (major, Some(sub)),
        None => (numbers, None),
    };
    let major: u32 = major.parse().map_err(|_| bad())?;
    let sub: u32 = match sub {
        Some(sub) => sub.parse().map_err(|_| bad())?,
        None if major < 30 => 0,
        None => return Err(bad()),
    };
    if major > 31 && digests.is_none() {
        return Err(bad());
    }
    // A pre-release of a protocol counts as the one before.
    let released = if sub == 0 || major > version {
        major
    } else {
        major.saturating_sub(1)
    };
    Ok(Greeting {
        protocol: released.min(version),
        digests,
    })
}

/// Gives a daemon what its `early exec` reads, between the greetings and the module.
///
/// # Errors
/// Writing failed.
pub fn send_early_input(writer: &mut dyn Write, input: &[u8]) -> io::Result<()> {
    if !input.is_empty() {
        writeln!(writer, "#early_input={}", input.len())?;
        writer.write_all(input)?;
    }
    Ok(())
}

/// Names a module, or asks for the list of them with an empty name; `tell` gets every line that is meant for
/// a person.
///
/// # Errors
/// The daemon refused, or left.
pub fn enter(
    reader: &mut dyn BufRead,
    writer: &mut dyn Write,
    greeting: &Greeting,
    module: &[u8],
    login: &mut Login<'_>,
    tell: &mut dyn FnMut(&[u8]),
) -> Result<Welcome, DaemonError> {
    writer.write_all(module)?;
    writer.write_all(b"\n")?;
    writer.flush()?;
    for _ in 0..MOST_LINES {
        let Some(line) = line(reader)? else {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        };
        if line.starts_with(b"@ERROR") {
            return Err(DaemonError::Refused(
                String::from_utf8_lossy(&line).into_owned(),
            ));
        }
        match line.strip_prefix(PREFIX) {
            Some(b"OK") => return Ok(Welcome::In),
            Some(b"EXIT") => return Ok(Welcome::Listed),
            Some(text) if text.starts_with(b"AUTHREQD ") => {
                let challenge = &text[b"AUTHREQD ".len()..];
                answer(writer, greeting, challenge, login)?;
            }
            _ => tell(&line),
        }
    }
    Err(DaemonError::Endless)
}

fn answer(
    writer: &mut dyn Write,
    greeting: &Greeting,
    challenge: &[u8],
    login: &mut Login<'_>,
) -> Result<(), DaemonError> {
    let named = greeting.digests.as_deref();
    let digest = Digest::choose(named, greeting.protocol)
        .ok_or_else(|| DaemonError::Digests(named.unwrap_or_default().to_owned()))?;
    if login.user.iter().any(|b| matches!(b, b' ' | b'\n' | b'\r')) {
        return Err(DaemonError::User);
    }
    let password = (login.password)().ok_or(DaemonError::NoPassword)?;
    writer.write_all(login.user)?;
    writeln!(writer, " {}", digest.response(&password, challenge))?;
    writer.flush()?;
    Ok(())
}

/// Sends the arguments of the server's command line, paths and all.
///
/// # Errors
/// Writing failed, or an argument that this protocol cannot carry.
pub fn send_arguments(
    writer: &mut dyn Write,
    protocol: u32,
    arguments: &[OsString],
) -> io::Result<()> {
    let end = if protocol >= 30 { b"\0" } else { b"\n" };
    for argument in arguments {
        let bytes = argument.as_bytes();
        if bytes.contains(&end[0]) {
            let text = argument.to_string_lossy();
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("this protocol cannot carry the argument {text:?}"),
            ));
        }
        writer.write_all(bytes)?;
        writer.write_all(end)?;
    }
    writer.write_all(end)?;
    writer.flush()
}

/// One line without its end; `None` at the end of the stream.
fn line(reader: &mut dyn BufRead) -> Result<Option<Vec<u8>>, DaemonError> {
    let mut line = Vec::new();
    let read = Read::take(reader, LONGEST_LINE).read_until(b'\n', &mut line)?;
    if read == 0 {
        return Ok(None);
    }
    if line.pop() != Some(b'\n') {
        return Err(DaemonError::Endless);
    }
    line.retain(|b| *b != b'\r');
    if line.contains(&0) {
        return Err(DaemonError::Zero);
    }
    Ok(Some(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn protocol(text: &str) -> Option<u32> {
        read_greeting(text, 32).ok().map(|g| g.protocol)
    }

    #[test]
    fn a_greeting_settles_the_protocol() {
        for (text, settled) in [
            ("32.0 sha512 md5", Some(32)),
            ("31.0", Some(31)),
            ("31.0 md5", Some(31)),
            ("30.0", Some(30)),
            ("29", Some(29)),
            ("40.0 md5", Some(32)),
            ("31.14", Some(30)),
            ("32.1 md5", Some(31)),
            ("32.0", None),
            ("30", None),
            ("x.0", None),
            ("31.x", None),
            ("", None),
        ] {
            assert_eq!(protocol(text), settled, "{text}");
        }
    }

    /// Plays a daemon that says `says`; gives the outcome, what was written, and what a person was told.
    fn talk(says: &str, module: &str) -> (Result<Welcome, DaemonError>, String, String) {
        let mut reader = says.as_bytes();
        let (mut written, mut told) = (Vec::new(), Vec::new());
        let result = greet(&mut reader, &mut written, 32).and_then(|greeting| {
            let mut login = Login {
                user: b"ann",
                password: &mut || Some(b"secret".to_vec()),
            };
            let tell = &mut |line: &[u8]| {
                told.extend_from_slice(line);
                told.push(b'|');
            };
            let module = module.as_bytes();
            enter(
                &mut reader,
                &mut written,
                &greeting,
                module,
                &mut login,
                tell,
            )
        });
        let text = |bytes| String::from_utf8(bytes).expect("text");
        (result, text(written), text(told))
    }

    #[test]
    fn a_talk_goes_its_way() {
        let hello = "@RSYNCD: 32.0 sha512 sha256 sha1 md5 md4\n";
        let (result, written, told) = talk(&format!("{hello}Welcome\n\n@RSYNCD: OK\n"), "pub");
        assert_eq!(result.expect("welcome"), Welcome::In);
        assert_eq!(written, format!("{hello}pub\n"));
        assert_eq!(told, "Welcome||");

        let (result, written, told) = talk(&format!("{hello}pub\tall\n@RSYNCD: EXIT\n"), "");
        assert_eq!(result.expect("a list"), Welcome::Listed);
        assert_eq!(written, format!("{hello}\n"));
        assert_eq!(told, "pub\tall|");

        let asked = "@RSYNCD: 31.0 md5\n@RSYNCD: AUTHREQD abc\n@RSYNCD: OK\n";
        let (result, written, _) = talk(asked, "m");
        assert_eq!(result.expect("welcome"), Welcome::In);
        let response = Digest::Md5.response(b"secret", b"abc");
        assert!(written.ends_with(&format!("m\nann {response}\n")));
    }

    #[test]
    fn a_bad_talk_is_left() {
        let refused = "@RSYNCD: 31.0\n@ERROR: Unknown module 'x'\n";
        let (result, ..) = talk(refused, "x");
        assert_eq!(
            result.expect_err("refused").to_string(),
            "@ERROR: Unknown module 'x'"
        );
        let endless = format!("@RSYNCD: 31.0\n{}", "x".repeat(6000));
        let endless_lines = format!("@RSYNCD: 31.0\n{}", "x\n".repeat(MOST_LINES + 1));
        for says in [endless, endless_lines] {
            let (result, ..) = talk(&says, "x");
            assert!(matches!(result, Err(DaemonError::Endless)));
        }
        for says in ["", "SSH-2.0-x\n", "@RSYNCD: 31.0"] {
            assert!(talk(says, "x").0.is_err(), "{says}");
        }
        let unknown = "@RSYNCD: 32.0 sha9\n@RSYNCD: AUTHREQD abc\n";
        assert!(matches!(talk(unknown, "x").0, Err(DaemonError::Digests(_))));
    }

    #[test]
    fn arguments_end_as_the_protocol_has_it() {
        let arguments = ["--server".into(), ".".into(), "m/a b".into()];
        let sent = |protocol| {
            let mut out = Vec::new();
            send_arguments(&mut out, protocol, &arguments).map(|()| out)
        };
        assert_eq!(sent(32).expect("room"), b"--server\0.\0m/a b\0\0");
        assert_eq!(sent(29).expect("room"), b"--server\n.\nm/a b\n\n");
        let mut out = Vec::new();
        assert!(send_arguments(&mut out, 29, &["a\nb".into()]).is_err());
    }
}
