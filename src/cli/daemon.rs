//! A daemon as the other end: reaching it, being let in, and telling it what is wanted.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::far::FarError;
use super::person::Person;
use crate::sys::process;
use crate::transport::{
    Ask, Complaint, Hold, Link, Login, Peer, Program, Reach, Route, Welcome, enter, greet,
    send_early_input,
};

/// Longest password that is read from a file, and most that a daemon takes of early input.
const LONGEST_PASSWORD: u64 = 511;
const MOST_EARLY_INPUT: u64 = 5 * 1024;

/// A daemon, and who one is to it.
#[derive(Clone, Debug)]
pub struct Service {
    /// The way there.
    pub line: Line,
    /// The module, or nothing, which asks for the list of modules.
    pub module: OsString,
    /// The user that the address names.
    pub user: Option<OsString>,
    /// `--password-file`.
    pub password_file: Option<PathBuf>,
    /// `--early-input`.
    pub early_input: Option<PathBuf>,
}

/// How a daemon is reached.
#[derive(Clone, Debug)]
pub enum Line {
    /// By a connection.
    Straight {
        /// How it is made.
        route: Route,
        /// The machine.
        host: String,
        /// Its port.
        port: u16,
    },
    /// By a program that is run for it (`RSYNC_CONNECT_PROG`), and that a shell knows.
    Command(Vec<OsString>),
    /// By a program that a remote shell runs.
    Shell(Reach, Program),
}

/// What a person is told on the way to a daemon.
pub enum Told {
    /// A line of the daemon's.
    Line(Vec<u8>),
    /// Something is wrong with `--sockopts`.
    Complaint(Complaint),
}

/// A daemon that was reached, and what it says.
pub enum Heard {
    /// One is let in.
    In(Entrance),
    /// It has told its modules.
    Listed,
}

/// What is left of the talk when one is let in: the arguments, and then the session.
pub struct Entrance {
    /// What it says.
    pub from: Box<dyn Read + Send>,
    /// What it is told.
    pub to: Box<dyn Write + Send>,
    /// The daemon itself.
    pub hold: Hold,
    /// The version that is spoken.
    pub protocol: u32,
}

impl Service {
    /// Goes as far as the module; what is for a person is handed to `tell`.
    ///
    /// # Errors
    /// It cannot be reached, or does not let one in.
    pub fn call(&self, version: u32, tell: &mut dyn FnMut(Told)) -> Result<Heard, FarError> {
        let mut complain = |complaint| tell(Told::Complaint(complaint));
        let Link { from, mut to, hold } = self.link(&mut complain)?;
        let mut from = BufReader::new(from);
        let mut line = |line: &[u8]| tell(Told::Line(line.to_vec()));
        let entered = self.introduce(version, &mut from, &mut to, &mut line);
        let (protocol, welcome) = match entered {
            Ok(entered) => entered,
            Err(e) => {
                // One that runs for us is not left behind.
                drop((from, to));
                hold.hang_up();
                return Err(e);
            }
        };
        Ok(match welcome {
            Welcome::Listed => Heard::Listed,
            Welcome::In => Heard::In(Entrance {
                from: Box::new(from),
                to,
                hold,
                protocol,
            }),
        })
    }

    fn link(&self, complain: &mut dyn FnMut(Complaint)) -> Result<Link, FarError> {
        Ok(match &self.line {
            Line::Straight { route, host, port } => {
                let stream = route.connect(host, *port, complain)?;
                Link::new(Peer::daemon(stream).map_err(FarError::Socket)?)
            }
            Line::Command(argv) => Link::new(Peer::start(argv).map_err(FarError::Start)?),
            Line::Shell(reach, program) => reach.run(program, &mut Person)?,
        })
    }

    fn introduce(
        &self,
        version: u32,
        from: &mut dyn BufRead,
        to: &mut dyn Write,
        tell: &mut dyn FnMut(&[u8]),
    ) -> Result<(u32, Welcome), FarError> {
        let early = self.early_input.as_deref().map(early_input).transpose()?;
        let greeting = greet(from, to, version)?;
        if let Some(input) = early {
            send_early_input(to, &input).map_err(FarError::Socket)?;
        }
        let user = self.user();
        // Why there is none is told rather than that there is none.
        let mut failed = None;
        let mut password = || match self.password() {
            Ok(password) => password,
            Err(e) => {
                failed = Some(e);
                None
            }
        };
        let mut login = Login {
            user: user.as_bytes(),
            password: &mut password,
        };
        let module = self.module.as_bytes();
        let welcome = enter(from, to, &greeting, module, &mut login, tell);
        match failed {
            Some(e) => Err(e),
            None => Ok((greeting.protocol, welcome?)),
        }
    }

    fn user(&self) -> OsString {
        let by_environment = || {
            ["USER", "LOGNAME"]
                .into_iter()
                .filter_map(std::env::var_os)
                .find(|name| !name.is_empty())
        };
        let named = self.user.clone().filter(|user| !user.is_empty());
        named
            .or_else(by_environment)
            .unwrap_or_else(|| "nobody".into())
    }

    fn password(&self) -> Result<Option<Vec<u8>>, FarError> {
        if let Some(file) = &self.password_file {
            return password_of(file).map(Some);
        }
        if let Some(password) = std::env::var_os("RSYNC_PASSWORD") {
            return Ok(Some(password.into_vec()));
        }
        Ok(Person.secret("Password: ").map(String::into_bytes))
    }
}

/// The first line of a file that others cannot read, or of standard input.
fn password_of(path: &Path) -> Result<Vec<u8>, FarError> {
    let shown = crate::tree::shown(path).to_string();
    let failed = |e: &io::Error| FarError::PasswordFile {
        path: shown.clone(),
        reason: crate::sys::reason(e),
    };
    let from: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        let file = File::open(path).map_err(|e| failed(&e))?;
        let stat = file.metadata().map_err(|e| failed(&e))?;
        if stat.mode() & 0o6 != 0 {
            let why = "ERROR: password file must not be other-accessible";
            return Err(FarError::Password(why.into()));
        }
        if process::is_root() && stat.uid() != 0 {
            let why = "ERROR: password file must be owned by root when running as root";
            return Err(FarError::Password(why.into()));
        }
        Box::new(file)
    };
    let mut line = Vec::new();
    let mut from = BufReader::with_capacity(1, from.take(LONGEST_PASSWORD));
    from.read_until(b'\n', &mut line).map_err(|e| failed(&e))?;
    let end = line.iter().position(|b| matches!(b, b'\n' | b'\r'));
    line.truncate(end.unwrap_or(line.len()));
    match line.is_empty() {
        true => Err(FarError::Password(format!(
            "ERROR: failed to read a password from {shown}"
        ))),
        false => Ok(line),
    }
}

fn early_input(path: &Path) -> Result<Vec<u8>, FarError> {
    let failed = |reason: String| FarError::EarlyInput {
        path: crate::tree::shown(path).to_string(),
        reason,
    };
    let file = fs::File::open(path).map_err(|e| failed(crate::sys::reason(&e)))?;
    let mut input = Vec::new();
    let read = file.take(MOST_EARLY_INPUT + 1).read_to_end(&mut input);
    read.map_err(|e| failed(crate::sys::reason(&e)))?;
    match input.len() as u64 > MOST_EARLY_INPUT {
        true => {
            let path = crate::tree::shown(path).to_string();
            Err(FarError::EarlyInputSize(path))
        }
        false => Ok(input),
    }
}
