//! The remote shell's command line: its words, the machine, and the program to run there.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use super::cipher;
use super::operand::Address;

/// Why a remote shell cannot be called. The messages are rsync's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShellError {
    /// A quote is opened and never closed.
    #[error("Missing trailing-{} in remote-shell command.", char::from(*.0))]
    OpenQuote(u8),
    /// There is no word that could be a program.
    #[error("the remote-shell command is empty")]
    Empty,
}

/// Which kind of address the shell is told to use (`-4`, `-6`); only `ssh` understands that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Family {
    /// Whichever it finds.
    #[default]
    Any,
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// What is run at the far end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// `--rsync-path`, left to the far shell as it is; `rsync` by default.
    pub path: OsString,
    /// Its arguments, escaped already.
    pub args: Vec<OsString>,
}

/// A remote shell, by its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteShell(Vec<OsString>);

impl Default for RemoteShell {
    fn default() -> RemoteShell {
        RemoteShell(vec!["ssh".into()])
    }
}

impl RemoteShell {
    /// Reads `-e COMMAND` or `RSYNC_RSH`: words are parted by spaces only; quotes keep a run together, a
    /// doubled quote within its own kind stands for itself, and a backslash is a letter like any other. A
    /// command that begins with `-` is arguments for `ssh`, which rsync would refuse.
    ///
    /// # Errors
    /// A quote that is never closed, or no word at all.
    pub fn parse(command: &OsStr) -> Result<RemoteShell, ShellError> {
        let mut words = split(command.as_bytes())?;
        match words.first() {
            None => return Err(ShellError::Empty),
            Some(word) if word.as_bytes().starts_with(b"-") => words.insert(0, "ssh".into()),
            Some(_) => {}
        }
        Ok(RemoteShell(words))
    }

    /// The whole command: `WORDS... [-l USER] [-4|-6] HOST PROGRAM ARGS...`.
    #[must_use]
    pub fn command(&self, address: &Address, family: Family, program: &Program) -> Vec<OsString> {
        let mut argv = self.0.clone();
        argv.extend(self.host(address, family));
        argv.push(program.path.clone());
        argv.extend(program.args.iter().cloned());
        argv
    }

    /// The same with a private key to log in by; none where the command is not `ssh`, whose words these are.
    #[must_use]
    pub fn with_identity(mut self, file: &OsStr) -> Option<RemoteShell> {
        self.is_ssh().then(|| {
            self.0.extend(["-i".into(), file.to_owned()]);
            self
        })
    }

    /// The same with the ciphers of this `ssh` in the order that is quick on this machine, where nobody chose one.
    #[must_use]
    pub fn with_quick_cipher(mut self, address: &Address, family: Family) -> RemoteShell {
        if self.is_ssh()
            && let Some(order) = cipher::quicker(&self.0, &self.host(address, family))
        {
            self.0
                .extend(["-o".into(), format!("Ciphers={order}").into()]);
        }
        self
    }

    /// The words that name the machine.
    fn host(&self, address: &Address, family: Family) -> Vec<OsString> {
        let mut words = Vec::new();
        if let Some(user) = &address.user {
            words.extend(["-l".into(), user.clone()]);
        }
        let family = match family {
            Family::Any => None,
            Family::V4 => Some("-4"),
            Family::V6 => Some("-6"),
        };
        words.extend(family.filter(|_| self.is_ssh()).map(OsString::from));
        words.push(address.host.clone());
        words
    }

    fn is_ssh(&self) -> bool {
        Path::new(&self.0[0]).file_name() == Some(OsStr::new("ssh"))
    }
}

fn split(text: &[u8]) -> Result<Vec<OsString>, ShellError> {
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut quote = None;
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match quote {
            Some(open) if byte == open => {
                if bytes.next_if_eq(&open).is_some() {
                    word.get_or_insert_default().push(byte);
                } else {
                    quote = None;
                }
            }
            None if byte == b'\'' || byte == b'"' => {
                quote = Some(byte);
                word.get_or_insert_default();
            }
            None if byte == b' ' => words.extend(word.take()),
            _ => word.get_or_insert_default().push(byte),
        }
    }
    if let Some(open) = quote {
        return Err(ShellError::OpenQuote(open));
    }
    words.extend(word);
    Ok(words.into_iter().map(OsString::from_vec).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(command: &str) -> Result<Vec<String>, ShellError> {
        RemoteShell::parse(OsStr::new(command)).map(|shell| {
            let text = |word: OsString| word.into_string().expect("text");
            shell.0.into_iter().map(text).collect()
        })
    }

    #[test]
    fn words_are_parted_by_spaces_only() {
        for (command, expected) in [
            ("ssh", vec!["ssh"]),
            ("  ssh   -p 22 ", vec!["ssh", "-p", "22"]),
            ("ssh 'x  y'", vec!["ssh", "x  y"]),
            (r#"ssh "a""b""#, vec!["ssh", r#"a"b"#]),
            ("ssh p'q'r", vec!["ssh", "pqr"]),
            ("ssh ''", vec!["ssh", ""]),
            ("ssh \\x\ty", vec!["ssh", "\\x\ty"]),
            (r#"ssh 'a"b'"#, vec!["ssh", r#"a"b"#]),
            ("-i FILE", vec!["ssh", "-i", "FILE"]),
        ] {
            let expected = expected.into_iter().map(String::from).collect();
            assert_eq!(words(command), Ok(expected), "{command}");
        }
        assert_eq!(words("ssh 'x"), Err(ShellError::OpenQuote(b'\'')));
        assert_eq!(
            words("ssh \"x").unwrap_err().to_string(),
            "Missing trailing-\" in remote-shell command."
        );
        assert_eq!(words("   "), Err(ShellError::Empty));
    }
}
