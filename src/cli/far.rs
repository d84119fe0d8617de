//! The other end of a run: the way there, and what is run there.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use super::daemon::{Heard, Line, Service, Told};
use super::exit::{Code, Refusal};
use super::person::Person;
use crate::engine::{Event, Report, Severity};
use crate::report::{Debug, Levels};
use crate::sys::signal;
use crate::transport::{
    Complaint, ConnectError, DaemonError, Hold, Link, PeerError, Program, Reach, ReachError,
    send_arguments,
};
use crate::wire::Protocol;
use crate::wire::handshake::Versions;

/// The other end, as a command line has it.
#[derive(Clone, Debug)]
pub struct Far {
    /// Where it is.
    pub place: Place,
    /// What is run there, its arguments as the far shell, or the daemon, is to see them.
    pub program: Program,
    /// Arguments that it is told past its shell.
    pub secluded: Option<Vec<OsString>>,
    /// The newest version of the protocol that is spoken.
    pub version: i32,
    /// Whether a person is told what a daemon says to people (`--no-motd`).
    pub motd: bool,
}

/// Where the other end is.
#[derive(Clone, Debug)]
pub enum Place {
    /// Where a program can be run.
    Shell(Reach),
    /// Behind a daemon.
    Daemon(Box<Service>),
}

/// What opening the way has come to.
pub enum Opened {
    /// A session can begin.
    Talk(Talk),
    /// A daemon has told its modules, and that was all.
    Listed,
}

/// What a session speaks through.
pub struct Talk {
    /// What the other end says.
    pub from: Box<dyn Read + Send>,
    /// What it is told.
    pub to: Box<dyn Write + Send>,
    /// The other end itself.
    pub hold: Hold,
    /// The version that a daemon's greeting settled.
    pub settled: Option<Protocol>,
}

impl Far {
    /// Opens the way: starts the program there, or is let in by the daemon, which then waits for
    /// [`Far::begin`]. What a person is told of that, by `levels`, goes to `report`.
    ///
    /// # Errors
    /// There is nothing to talk with.
    pub fn open(&self, report: &dyn Report, levels: &Levels) -> Result<Opened, FarError> {
        let notice = |text: String| {
            let severity = Severity::Notice;
            report.event(Event::Message { severity, text });
        };
        match &self.place {
            Place::Shell(reach) => {
                if levels.debug(Debug::Cmd) > 0 {
                    notice(opening(&reach.words(&self.program)));
                }
                let (reach, program) = (reach.clone(), self.program.clone());
                let run = move |_: &mut dyn FnMut(Told)| Ok(reach.run(&program, &mut Person)?);
                let Link { from, to, hold } = unless_stopped(run, &mut |_| {})?;
                Ok(Opened::Talk(Talk {
                    from,
                    to,
                    hold,
                    settled: None,
                }))
            }
            Place::Daemon(service) => {
                if levels.debug(Debug::Connect) > 0
                    && let Line::Straight { host, port, .. } = &service.line
                {
                    notice(format!("opening tcp connection to {host} port {port}"));
                }
                if levels.debug(Debug::Cmd) > 0 {
                    if let Line::Shell(reach, program) = &service.line {
                        notice(opening(&reach.words(program)));
                    }
                    if !service.module.is_empty() {
                        let args = &self.program.args;
                        notice(format!("sending daemon args: {}", counted(args)));
                    }
                    if let Some(args) = &self.secluded {
                        notice(format!("protected args: {}", counted(args)));
                    }
                }
                let (service, version) = (service.clone(), self.version.unsigned_abs());
                let call = move |tell: &mut dyn FnMut(Told)| service.call(version, tell);
                let mut told = |told| match told {
                    Told::Line(line) if self.motd => {
                        notice(String::from_utf8_lossy(&line).into_owned());
                    }
                    Told::Line(_) => {}
                    Told::Complaint(complaint) => {
                        let (severity, text) = match complaint {
                            Complaint::Words(text) => (Severity::Plain, text),
                            Complaint::Failure(text) => (Severity::Error, text),
                        };
                        report.event(Event::Message { severity, text });
                    }
                };
                let entrance = match unless_stopped(call, &mut told)? {
                    Heard::Listed => return Ok(Opened::Listed),
                    Heard::In(entrance) => entrance,
                };
                let protocol = i32::try_from(entrance.protocol).ok();
                let settled = protocol.and_then(Protocol::new);
                Ok(Opened::Talk(Talk {
                    from: entrance.from,
                    to: entrance.to,
                    hold: entrance.hold,
                    settled: Some(settled.ok_or(FarError::Version(entrance.protocol))?),
                }))
            }
        }
    }

    /// Tells a daemon the arguments; a program was started with them. Gives how versions are exchanged.
    ///
    /// # Errors
    /// The daemon is gone, or its protocol cannot carry them.
    pub fn begin(&self, talk: &mut Talk) -> Result<Versions, FarError> {
        let Some(protocol) = talk.settled else {
            return Ok(Versions::Exchange(self.version));
        };
        let version = protocol.number().unsigned_abs();
        let sent = send_arguments(&mut talk.to, version, &self.program.args);
        sent.map_err(FarError::Socket)?;
        Ok(Versions::Settled(protocol))
    }

    /// The arguments that it is told past its shell, as bytes.
    pub fn secluded(&self) -> Option<Vec<Vec<u8>>> {
        let bytes = |words: &Vec<OsString>| words.iter().map(|w| w.as_bytes().to_vec()).collect();
        self.secluded.as_ref().map(bytes)
    }
}

fn opening(words: &[OsString]) -> String {
    format!("opening connection using: {}", counted(words))
}

/// Words as rsync shows them.
fn counted(words: &[OsString]) -> String {
    let is_plain = |b: &u8| b.is_ascii_alphanumeric() || b",.-_=+@/".contains(b);
    let shown = |word: &OsString| match word.as_bytes().iter().all(is_plain) {
        true => word.to_string_lossy().into_owned(),
        false => format!("\"{}\"", word.to_string_lossy()),
    };
    let words: Vec<_> = words.iter().map(shown).collect();
    format!("{}  ({} args)", words.join(" "), words.len())
}

/// Does what may wait for a network, or for a person, as long as nobody asks to stop.
fn unless_stopped<T: Send + 'static>(
    work: impl FnOnce(&mut dyn FnMut(Told)) -> Result<T, FarError> + Send + 'static,
    told: &mut dyn FnMut(Told),
) -> Result<T, FarError> {
    const NAP: Duration = Duration::from_millis(50);
    enum News<T> {
        Told(Told),
        Done(Result<T, FarError>),
    }
    let (news, waits) = mpsc::channel();
    // Nothing that it holds outlives the process, which ends when somebody asks to stop.
    let begun = std::thread::Builder::new().spawn(move || {
        let words = news.clone();
        let mut tell = |said| {
            let _ = words.send(News::Told(said));
        };
        let done = work(&mut tell);
        let _ = news.send(News::Done(done));
    });
    begun.map_err(FarError::Thread)?;
    loop {
        match waits.recv_timeout(NAP) {
            _ if signal::stop_requested() => return Err(FarError::Stopped),
            Ok(News::Told(said)) => told(said),
            Ok(News::Done(result)) => return result,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(FarError::Crashed),
        }
    }
}

/// Why there is nothing to talk with.
#[derive(Debug, thiserror::Error)]
pub enum FarError {
    /// There is no way there.
    #[error(transparent)]
    Reach(#[from] ReachError),
    /// There is no connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// What is run in place of a connection does not run.
    #[error(transparent)]
    Start(PeerError),
    /// The connection is of no use.
    #[error("{}", crate::sys::reason(.0))]
    Socket(io::Error),
    /// The daemon did not let one in.
    #[error(transparent)]
    Daemon(#[from] DaemonError),
    /// A daemon of a version that nobody speaks any more.
    #[error("protocol version mismatch: the daemon speaks {0}")]
    Version(u32),
    /// The password is kept badly.
    #[error("{0}")]
    Password(String),
    /// The password's file cannot be read.
    #[error("could not open password file {path}: {reason}")]
    PasswordFile {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// What a daemon is to read early cannot be read.
    #[error("failed to open {path}: {reason}")]
    EarlyInput {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// It is more than a daemon takes.
    #[error("{0} is > 5120 bytes.")]
    EarlyInputSize(String),
    /// The daemon's protocol cannot do what is asked.
    #[error("{}", .0.text())]
    Options(Refusal),
    /// Somebody asked to stop.
    #[error("stopped")]
    Stopped,
    /// The system has no room for a thread.
    #[error("cannot start a thread: {}", crate::sys::reason(.0))]
    Thread(io::Error),
    /// What opened the way crashed.
    #[error("the way to the other machine could not be opened")]
    Crashed,
}

impl FarError {
    /// What a run ends with that could not begin.
    pub fn code(&self) -> Code {
        match self {
            FarError::Stopped => Code::Signal,
            FarError::Crashed => Code::Crashed,
            FarError::Reach(ReachError::Shell(_)) | FarError::Start(_) | FarError::Thread(_) => {
                Code::Ipc
            }
            #[cfg(feature = "ssh")]
            FarError::Reach(ReachError::Ssh(_)) => Code::Unexplained,
            FarError::Connect(ConnectError::TimedOut { .. }) => Code::ConnectTimeout,
            FarError::Connect(_) | FarError::Socket(_) => Code::SocketIo,
            FarError::Daemon(e) => match e {
                DaemonError::Io(_) => Code::SocketIo,
                DaemonError::Digests(_) => Code::Unsupported,
                DaemonError::User => Code::Syntax,
                _ => Code::StartClient,
            },
            FarError::Version(_) => Code::Protocol,
            FarError::Options(refusal) => refusal.code(),
            FarError::Password(_) | FarError::PasswordFile { .. } => Code::Syntax,
            FarError::EarlyInput { .. } | FarError::EarlyInputSize(_) => Code::StartClient,
        }
    }

    /// How it is told: what has words of its own stands as it is.
    pub fn severity(&self) -> Severity {
        match self {
            FarError::Daemon(DaemonError::Refused(_))
            | FarError::Connect(ConnectError::ProxyForm)
            | FarError::Options(_)
            | FarError::Password(_)
            | FarError::EarlyInputSize(_) => Severity::Plain,
            _ => Severity::Error,
        }
    }
}
