//! Running `resilver`, whole or cut, and what came of it.

use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Once;

/// The program under test.
pub const RESILVER: &str = env!("CARGO_BIN_EXE_resilver");

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With this exit code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

/// A run that ended.
pub struct Ran {
    pub line: String,
    pub end: End,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// Whether the run was aborted at a cut point.
    pub fn was_cut(&self) -> bool {
        self.end == End::Signal(6)
    }

    /// Fails unless the run succeeded.
    #[track_caller]
    pub fn expect_success(self) -> Ran {
        assert_eq!(self.end, End::Code(0), "{self}");
        self
    }
}

impl Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "`{}` ended with {:?}\n{}{}",
            self.line, self.end, self.out, self.err
        )
    }
}

/// A command line to be run.
pub struct Run {
    command: Command,
    line: String,
}

impl Run {
    /// `resilver` with these arguments.
    pub fn new<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Run {
        no_core_files();
        let args: Vec<OsString> = args.into_iter().map(|a| a.as_ref().to_owned()).collect();
        let mut command = Command::new(RESILVER);
        command.args(&args).stdin(Stdio::null());
        for name in ["RESILVER_CUT", "RESILVER_CUT_LOG", "RESILVER_CUT_RUN"] {
            command.env_remove(name);
        }
        let shown: Vec<_> = args.iter().map(|a| a.to_string_lossy()).collect();
        Run {
            command,
            line: format!("resilver {}", shown.join(" ")),
        }
    }

    /// Aborts at this cut point: `N`, `NAME` or `NAME:K`.
    pub fn cut(mut self, at: impl Display) -> Run {
        self.command.env("RESILVER_CUT", at.to_string());
        self.line = format!("RESILVER_CUT={at} {}", self.line);
        self
    }

    /// Runs a shell command at the cut point instead of aborting there.
    pub fn instead(mut self, shell: impl AsRef<OsStr>) -> Run {
        self.command.env("RESILVER_CUT_RUN", shell);
        self
    }

    /// One more option.
    pub fn option(mut self, option: &str) -> Run {
        self.command.arg(option);
        self.line = format!("{} {option}", self.line);
        self
    }

    /// Appends the name of every cut point passed to a file.
    pub fn log(mut self, path: &Path) -> Run {
        self.command.env("RESILVER_CUT_LOG", path);
        self
    }

    /// The command, to be started elsewhere.
    pub fn into_command(self) -> Command {
        self.command
    }

    /// Runs it to its end.
    pub fn run(mut self) -> Ran {
        let output = self.command.output().expect("resilver runs");
        let end = match (output.status.code(), output.status.signal()) {
            (Some(code), _) => End::Code(code),
            (None, Some(signal)) => End::Signal(signal),
            (None, None) => unreachable!("a process ends by exit or by signal"),
        };
        Ran {
            line: self.line,
            end,
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs it as another boot of the machine would.
    pub fn run_after_boot(self, scratch: &Path) -> Ran {
        let boot = scratch.join("boot_id");
        std::fs::write(&boot, "11111111-2222-3333-4444-555555555555\n").expect("a file");
        let mut command = Command::new("unshare");
        command
            .args(["-m", "sh", "-c"])
            .arg("mount --bind \"$0\" /proc/sys/kernel/random/boot_id && exec \"$@\"")
            .arg(boot)
            .arg(self.command.get_program())
            .args(self.command.get_args())
            .stdin(Stdio::null());
        Run {
            command,
            line: format!("(after a boot) {}", self.line),
        }
        .run()
    }
}

/// A mirror run from `source` (its contents) to `dest`, by this commit method.
pub fn mirror(method: &str, source: &Path, dest: &Path) -> Run {
    let mut from = source.as_os_str().to_owned();
    from.push("/");
    Run::new([
        OsStr::new("-aH"),
        OsStr::new("--delete"),
        OsStr::new("--threads=1"),
        OsStr::new(&format!("--commit={method}")),
        &from,
        dest.as_os_str(),
    ])
}

/// A subcommand on a destination.
pub fn command(name: &str, dest: &Path) -> Run {
    Run::new([OsStr::new(name), dest.as_os_str()])
}

/// The state directory beside a destination.
pub fn state_of(dest: &Path) -> PathBuf {
    let name = dest.file_name().expect("a name").to_string_lossy();
    dest.with_file_name(format!(".{name}.resilver"))
}

/// Where a finished tree stands for the time around the switch.
pub fn standing_of(dest: &Path) -> PathBuf {
    PathBuf::from(format!("{}~", state_of(dest).display()))
}

/// A directory for one test, in memory where that is to be had.
pub fn scratch() -> tempfile::TempDir {
    let builder = || {
        let mut builder = tempfile::Builder::new();
        builder.prefix("resilver-crash-");
        builder
    };
    builder()
        .tempdir_in("/dev/shm")
        .or_else(|_| builder().tempdir())
        .expect("a temporary directory")
}

/// Whether this test runs as root.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Aborted runs must not leave core files about.
fn no_core_files() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let none = rustix::process::Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        rustix::process::setrlimit(rustix::process::Resource::Core, none).expect("a limit");
    });
}
