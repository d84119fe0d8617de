//! Running one program once: the command line, the surroundings, and what came out.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{Seek, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The user that root becomes where a case must see permissions refused.
pub const NOBODY: u32 = 65534;

/// The ways in which resilver gets its result into place; rsync knows none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Auto,
    Direct,
    Journal,
    Swap,
}

impl Method {
    const ALL: [Method; 4] = [Method::Direct, Method::Journal, Method::Swap, Method::Auto];

    /// The methods to play a case by: all, or those that `RESILVER_ORACLE_METHOD` names, with commas between them.
    pub fn chosen() -> Vec<Method> {
        let names = std::env::var("RESILVER_ORACLE_METHOD");
        let wanted = |method: &Method| match &names {
            Ok(names) => names.split(',').any(|name| name == method.label()),
            Err(_) => true,
        };
        Method::ALL.into_iter().filter(wanted).collect()
    }

    fn label(self) -> String {
        format!("{self:?}").to_lowercase()
    }

    fn option(self) -> Option<&'static str> {
        match self {
            Method::Auto => None,
            Method::Direct => Some("--commit=direct"),
            Method::Journal => Some("--commit=journal"),
            Method::Swap => Some("--commit=swap"),
        }
    }
}

/// A program under comparison.
#[derive(Clone, Debug)]
pub struct Program {
    pub label: String,
    path: PathBuf,
    leading: Vec<String>,
}

impl Program {
    /// The oracle.
    pub fn rsync() -> Program {
        Program {
            label: "rsync".into(),
            path: "rsync".into(),
            leading: Vec::new(),
        }
    }

    /// A program that does nothing, whatever it is told, and says so by no word.
    pub fn nothing() -> Program {
        Program {
            label: "nothing".into(),
            path: "true".into(),
            leading: Vec::new(),
        }
    }

    /// The oracle with the program under test at the far end.
    pub fn rsync_to_resilver(method: Method) -> Program {
        let Program { label, path, .. } = Program::resilver(method);
        let path = path.to_string_lossy();
        let far_option = method.option().map(|option| format!("-M{option}"));
        let far_program = format!("--rsync-path={path}");
        Program {
            label,
            path: "rsync".into(),
            leading: std::iter::once(far_program).chain(far_option).collect(),
        }
    }

    /// The same program under another label, which names its directory.
    pub fn labelled(mut self, label: &str) -> Program {
        self.label = label.into();
        self
    }

    /// Resilver with one worker, which comes upon things in their order. Others do that anyway.
    pub fn in_one_thread(mut self) -> Program {
        if self.path == Path::new(env!("CARGO_BIN_EXE_resilver")) {
            self.leading.push("--threads=1".into());
        }
        self
    }

    /// Whether it is resilver without `--commit`.
    pub fn chooses_its_method(&self) -> bool {
        self.label == "auto"
    }

    /// The program under test, or what `RESILVER_ORACLE_SELF` names: with `rsync` there, the harness and the
    /// stability of every case are put to the test without resilver.
    pub fn resilver(method: Method) -> Program {
        let label = method.label();
        match std::env::var_os("RESILVER_ORACLE_SELF") {
            Some(other) => Program {
                label,
                path: other.into(),
                leading: Vec::new(),
            },
            None => Program {
                label,
                path: env!("CARGO_BIN_EXE_resilver").into(),
                leading: method.option().map(Into::into).into_iter().collect(),
            },
        }
    }
}

/// What surrounds a run.
#[derive(Clone, Debug)]
pub struct Surroundings {
    pub umask: u32,
    pub env: Vec<(String, String)>,
    /// What standard input holds.
    pub stdin: Vec<u8>,
    /// Run as [`NOBODY`] when we are root.
    pub unprivileged: bool,
}

impl Default for Surroundings {
    fn default() -> Surroundings {
        Surroundings {
            umask: 0o022,
            env: Vec::new(),
            stdin: Vec::new(),
            unprivileged: false,
        }
    }
}

/// What a run left on its streams, and its exit code.
#[derive(Clone, Debug)]
pub struct Output {
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub code: i32,
}

/// Whether we may change owners and make devices.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Runs `program` with `args` in `dir`, whose path stands wherever an argument says [`HERE`].
///
/// A shell sets the umask (a process can only change its own), `timeout` ends what hangs, `setpriv` drops privileges.
pub fn run(program: &Program, args: &[OsString], around: &Surroundings, dir: &Path) -> Output {
    let drops = around.unprivileged && is_root();
    let path = if drops {
        reachable(&program.path, dir)
    } else {
        program.path.clone()
    };
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg(format!("umask {:03o}; exec \"$0\" \"$@\"", around.umask));
    shell.args(["timeout", "--foreground", "-k", "5", "60"]);
    if drops {
        let id = NOBODY.to_string();
        shell.args(["setpriv", "--reuid", &id, "--regid", &id, "--clear-groups"]);
    }
    shell.arg(path).args(&program.leading);
    let here = |arg: &OsString| self::arg(&in_place(arg.as_bytes(), dir));
    shell.args(args.iter().map(here));
    shell
        .current_dir(dir)
        .stdin(input(&around.stdin))
        .env_clear();
    shell.env(
        "PATH",
        std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into()),
    );
    shell
        .env("HOME", dir)
        .env("TZ", "UTC")
        .env("LC_ALL", "C.UTF-8");
    shell.envs(around.env.iter().map(|(key, value)| (key, value)));
    let out = shell.output().expect("sh can be run");
    Output {
        stdout: out.stdout,
        stderr: out.stderr,
        code: out.status.code().unwrap_or(-1),
    }
}

/// What stands for a case's own directory in arguments and files.
pub const HERE: &str = "<ROOT>";

/// A text with the directory's path wherever it says [`HERE`].
pub fn in_place(text: &[u8], dir: &Path) -> Vec<u8> {
    replaced(text, HERE.as_bytes(), dir.as_os_str().as_bytes())
}

/// A text that says [`HERE`] wherever it has the directory's path.
pub fn out_of_place(text: &[u8], dir: &Path) -> Vec<u8> {
    replaced(text, dir.as_os_str().as_bytes(), HERE.as_bytes())
}

/// Replaces in texts; what is longer than any text of ours stays as it is.
fn replaced(text: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut whole = Vec::with_capacity(text.len());
    let mut rest = text;
    if text.len() < 4096 {
        while let Some(at) = rest.windows(old.len()).position(|part| part == old) {
            whole.extend_from_slice(&rest[..at]);
            whole.extend_from_slice(new);
            rest = &rest[at + old.len()..];
        }
    }
    whole.extend_from_slice(rest);
    whole
}

/// Standard input that holds this.
fn input(text: &[u8]) -> Stdio {
    if text.is_empty() {
        return Stdio::null();
    }
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(text).expect("a written file");
    file.rewind().expect("its beginning");
    file.into()
}

/// A copy of the program that everybody may run: the build directory may lie in somebody's private home.
fn reachable(program: &Path, dir: &Path) -> PathBuf {
    if !program.is_absolute() {
        return program.to_path_buf();
    }
    let copy = dir
        .parent()
        .expect("a case's directory has a parent")
        .join("program");
    if !copy.exists() {
        fs::copy(program, &copy).expect("a copy of the program");
        fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).expect("a mode");
    }
    copy
}

/// Bytes as text that tells every byte apart: what is not UTF-8 becomes `\xHH`.
pub fn show(bytes: &[u8]) -> String {
    bytes.utf8_chunks().fold(String::new(), |text, chunk| {
        chunk
            .invalid()
            .iter()
            .fold(text + chunk.valid(), |text, byte| {
                format!("{text}\\x{byte:02x}")
            })
    })
}

/// A command line as a person would type it.
pub fn show_args(args: &[OsString]) -> String {
    let quote = |arg: &OsString| {
        let text = show(arg.as_bytes());
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./,:+".contains(c);
        if !text.is_empty() && text.chars().all(plain) {
            text
        } else {
            format!("'{text}'")
        }
    };
    args.iter().map(quote).collect::<Vec<_>>().join(" ")
}

/// An argument from bytes.
pub fn arg(bytes: &[u8]) -> OsString {
    OsStr::from_bytes(bytes).to_os_string()
}
