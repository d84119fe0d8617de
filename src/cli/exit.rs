//! Exit codes: rsync's, and four of our own in a gap that rsync leaves.

use std::fmt;

use crate::engine::Outcome;

/// Why the program ended. The number and the text are what other programs look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Code {
    /// Everything was done.
    Success = 0,
    /// The command line makes no sense.
    Syntax = 1,
    /// The far side speaks another protocol.
    Protocol = 2,
    /// Source or destination cannot be used.
    FileSelect = 3,
    /// Something that this program cannot do.
    Unsupported = 4,
    /// The far side did not begin.
    StartClient = 5,
    /// The network failed.
    SocketIo = 10,
    /// Reading or writing failed in a way that ends the run.
    FileIo = 11,
    /// The far side said what makes no sense, or left.
    StreamIo = 12,
    /// Messages could not be told.
    Diagnostics = 13,
    /// Parts of the program lost each other.
    Ipc = 14,
    /// A part of the program crashed.
    Crashed = 15,
    /// A part of the program was ended.
    Terminated = 16,
    /// A part of the program was told to end.
    SiblingSignal = 19,
    /// A signal asked the run to stop.
    Signal = 20,
    /// A child could not be waited for.
    WaitChild = 21,
    /// There was no memory.
    Memory = 22,
    /// Some file or attribute was not transferred.
    Partial = 23,
    /// Some source file vanished meanwhile.
    Vanished = 24,
    /// `--max-delete` left something undeleted.
    DeleteLimit = 25,
    /// A gate refused the switch; the destination is as it was. Ours.
    Refused = 26,
    /// Another run holds the destination. Ours.
    Held = 27,
    /// Both sides changed something. Ours.
    Conflicts = 28,
    /// A verification found differences, or there is a corrupt file that no push sends. Ours.
    Differs = 29,
    /// Nothing moved for too long.
    Timeout = 30,
    /// A daemon did not answer.
    ConnectTimeout = 35,
    /// The remote shell failed.
    ShellFailed = 124,
    /// The remote shell was killed.
    ShellKilled = 125,
    /// The remote command could not be run.
    CommandFailed = 126,
    /// The remote command is not there.
    CommandMissing = 127,
    /// The remote shell gives no reason that has a code of its own.
    Unexplained = 255,
}

impl Code {
    /// Every code.
    pub const ALL: [Code; 31] = [
        Code::Success,
        Code::Syntax,
        Code::Protocol,
        Code::FileSelect,
        Code::Unsupported,
        Code::StartClient,
        Code::SocketIo,
        Code::FileIo,
        Code::StreamIo,
        Code::Diagnostics,
        Code::Ipc,
        Code::Crashed,
        Code::Terminated,
        Code::SiblingSignal,
        Code::Signal,
        Code::WaitChild,
        Code::Memory,
        Code::Partial,
        Code::Vanished,
        Code::DeleteLimit,
        Code::Refused,
        Code::Held,
        Code::Conflicts,
        Code::Differs,
        Code::Timeout,
        Code::ConnectTimeout,
        Code::ShellFailed,
        Code::ShellKilled,
        Code::CommandFailed,
        Code::CommandMissing,
        Code::Unexplained,
    ];

    /// What the process exits with.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8
    }

    /// The words that go with the number.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Code::Success => "success",
            Code::Syntax => "syntax or usage error",
            Code::Protocol => "protocol incompatibility",
            Code::FileSelect => "errors selecting input/output files, dirs",
            Code::Unsupported => "requested action not supported",
            Code::StartClient => "error starting client-server protocol",
            Code::SocketIo => "error in socket IO",
            Code::FileIo => "error in file IO",
            Code::StreamIo => "error in rsync protocol data stream",
            Code::Diagnostics => "errors with program diagnostics",
            Code::Ipc => "error in IPC code",
            Code::Crashed => "sibling process crashed",
            Code::Terminated => "sibling process terminated abnormally",
            Code::SiblingSignal => "received SIGUSR1",
            Code::Signal => "received SIGINT, SIGTERM, or SIGHUP",
            Code::WaitChild => "waitpid() failed",
            Code::Memory => "error allocating core memory buffers",
            Code::Partial => "some files/attrs were not transferred (see previous errors)",
            Code::Vanished => "some files vanished before they could be transferred",
            Code::DeleteLimit => "the --max-delete limit stopped deletions",
            Code::Refused => "a gate refused the switch",
            Code::Held => "the destination is held by another run",
            Code::Conflicts => "both sides changed something",
            Code::Differs => "differences, or corrupt files, were found",
            Code::Timeout => "timeout in data send/receive",
            Code::ConnectTimeout => "timeout waiting for daemon connection",
            Code::ShellFailed => "remote shell failed",
            Code::ShellKilled => "remote shell killed",
            Code::CommandFailed => "remote command could not be run",
            Code::CommandMissing => "remote command not found",
            Code::Unexplained => "unexplained error",
        }
    }

    /// Whether only a run with another machine, or with several processes, can end so.
    #[must_use]
    pub fn is_remote(self) -> bool {
        matches!(
            self,
            Code::Protocol
                | Code::StartClient
                | Code::SocketIo
                | Code::StreamIo
                | Code::Diagnostics
                | Code::Ipc
                | Code::Crashed
                | Code::Terminated
                | Code::SiblingSignal
                | Code::WaitChild
                | Code::Memory
                | Code::Timeout
                | Code::ConnectTimeout
                | Code::ShellFailed
                | Code::ShellKilled
                | Code::CommandFailed
                | Code::CommandMissing
                | Code::Unexplained
        )
    }

    /// The last line of a run that did not succeed, without its line end.
    #[must_use]
    pub fn last_line(self) -> Option<String> {
        let severity = match self {
            Code::Success => return None,
            Code::Vanished => "warning",
            _ => "error",
        };
        let (text, number) = (self.text(), self.number());
        Some(format!("resilver {severity}: {text} (code {number})"))
    }

    /// The code with this number, if there is one.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Code> {
        Code::ALL.into_iter().find(|code| code.number() == number)
    }

    /// The code of a run that came to its end.
    #[must_use]
    pub fn of(outcome: &Outcome) -> Code {
        let is_stopped = outcome.deletions_skipped > 0;
        if outcome.partial && !(outcome.only_missing && is_stopped) {
            Code::Partial
        } else if outcome.vanished {
            Code::Vanished
        } else if is_stopped {
            Code::DeleteLimit
        } else {
            Code::Success
        }
    }
}

/// A command line that was not carried out, or not to its end: what to say, and the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    text: String,
    code: Code,
}

impl Refusal {
    /// A mistake in the command line; `text` gets the program's name in front.
    pub fn usage(text: impl fmt::Display) -> Refusal {
        Refusal::plain(format!("resilver: {text}"))
    }

    /// A mistake in the command line whose text stands as it is, for where rsync has it so.
    pub fn plain(text: impl Into<String>) -> Refusal {
        Refusal::plain_with(text, Code::Syntax)
    }

    /// The same with another code.
    pub fn plain_with(text: impl Into<String>, code: Code) -> Refusal {
        Refusal {
            text: text.into(),
            code,
        }
    }

    /// Something that is understood and cannot be done.
    pub fn unsupported(text: impl fmt::Display) -> Refusal {
        Refusal {
            text: format!("resilver: {text}"),
            code: Code::Unsupported,
        }
    }

    /// The same with a text that stands as it is, for where rsync has it so.
    pub fn unsupported_plain(text: impl Into<String>) -> Refusal {
        Refusal {
            text: text.into(),
            code: Code::Unsupported,
        }
    }

    /// Something that was tried and did not succeed.
    pub fn failed(text: impl fmt::Display, code: Code) -> Refusal {
        Refusal {
            text: format!("resilver: {text}"),
            code,
        }
    }

    /// The same as a client's user reads it, who typed something else.
    #[must_use]
    pub fn on_remote_machine(self) -> Refusal {
        let text = match self.text.strip_prefix("resilver: ") {
            Some(text) if !text.starts_with("on remote machine") => {
                format!("resilver: on remote machine: {text}")
            }
            _ => self.text,
        };
        Refusal { text, ..self }
    }

    /// What to say, without the last line.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The exit code.
    pub fn code(&self) -> Code {
        self.code
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        match self.code.last_line() {
            Some(line) => writeln!(f, "{line}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_lines_are_rsyncs() {
        for (code, line) in [
            (
                Code::Partial,
                "resilver error: some files/attrs were not transferred (see previous errors) (code 23)",
            ),
            (
                Code::Vanished,
                "resilver warning: some files vanished before they could be transferred (code 24)",
            ),
            (
                Code::DeleteLimit,
                "resilver error: the --max-delete limit stopped deletions (code 25)",
            ),
            (
                Code::Syntax,
                "resilver error: syntax or usage error (code 1)",
            ),
        ] {
            assert_eq!(code.last_line().as_deref(), Some(line));
        }
        assert_eq!(Code::Success.last_line(), None);
    }

    #[test]
    fn the_gravest_code_wins() {
        let mut outcome = Outcome::default();
        assert_eq!(Code::of(&outcome), Code::Success);
        outcome.deletions_skipped = 2;
        assert_eq!(Code::of(&outcome), Code::DeleteLimit);
        outcome.vanished = true;
        assert_eq!(Code::of(&outcome), Code::Vanished);
        outcome.partial = true;
        assert_eq!(Code::of(&outcome), Code::Partial);
        outcome.vanished = false;
        outcome.only_missing = true;
        assert_eq!(Code::of(&outcome), Code::DeleteLimit);
        outcome.deletions_skipped = 0;
        assert_eq!(Code::of(&outcome), Code::Partial);
    }

    #[test]
    fn every_number_finds_its_code() {
        for code in Code::ALL {
            assert_eq!(Code::from_number(code.number()), Some(code));
        }
        assert_eq!(Code::from_number(99), None);
    }
}
