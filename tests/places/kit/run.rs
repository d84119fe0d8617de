//! Commands and what they said.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The user that root becomes where a test must see permissions refused.
pub const NOBODY: &str = "65534";

/// Whether we may mount, change owners and set flags.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Whether a tool is installed.
pub fn kernel_tool(name: &str) -> bool {
    Command::new("sh")
        .args(["-c", &format!("command -v {name} >/dev/null")])
        .status()
        .is_ok_and(|status| status.success())
}

/// What a command said, and how it ended.
#[derive(Debug)]
pub struct Said {
    command: String,
    pub out: String,
    pub err: String,
    pub code: i32,
}

impl Said {
    pub fn of(command: &str, output: &Output) -> Said {
        Said {
            command: command.to_owned(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code().unwrap_or(-1),
        }
    }

    /// Both streams.
    pub fn text(&self) -> String {
        format!("{}{}", self.out, self.err)
    }

    #[track_caller]
    pub fn ok(self) -> Said {
        self.code(0)
    }

    #[track_caller]
    pub fn code(self, code: i32) -> Said {
        assert_eq!(self.code, code, "{self}");
        self
    }

    /// Some line has all these words, whatever their case.
    #[track_caller]
    pub fn says(self, words: &[&str]) -> Said {
        assert!(self.has(words), "no line with {words:?}: {self}");
        self
    }

    /// No line has all these words.
    #[track_caller]
    pub fn never_says(self, words: &[&str]) -> Said {
        assert!(!self.has(words), "a line with {words:?}: {self}");
        self
    }

    pub fn has(&self, words: &[&str]) -> bool {
        self.text().lines().any(|line| {
            let line = line.to_lowercase();
            words.iter().all(|word| line.contains(&word.to_lowercase()))
        })
    }

    /// Nothing on either stream.
    #[track_caller]
    pub fn silent(self) -> Said {
        assert_eq!(self.text(), "", "{self}");
        self
    }
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Said {
            command,
            out,
            err,
            code,
        } = self;
        write!(
            f,
            "{command}\n--- code {code}, stdout:\n{out}--- stderr:\n{err}---"
        )
    }
}

/// For scripts: `ages TREE SECONDS` gives all in a tree that time. Times of now would agree with others
/// of the same second.
const AGES: &str = "ages() { find \"$1\" -exec touch -h -d \"@$2\" {} +; }\n";

/// A shell script in a directory, with a time limit: what hangs is a finding, not a wait.
pub fn script(text: &str, dir: &Path, env: &[(&str, &str)]) -> Said {
    let output = Command::new("timeout")
        .args(["-k", "2", "120", "sh", "-u", "-c", &format!("{AGES}{text}")])
        .current_dir(dir)
        .stdin(Stdio::null())
        .env("LC_ALL", "C.UTF-8")
        .env("RESILVER", env!("CARGO_BIN_EXE_resilver"))
        .envs(env.iter().copied())
        .output()
        .expect("timeout(1) and sh(1) can be run");
    Said::of(text, &output)
}
