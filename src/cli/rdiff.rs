//! `signature`, `delta` and `patch`: a change of a large file, carried by hand.

use std::fs::{self, File, Permissions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command, ValueHint, value_parser};
use tempfile::NamedTempFile;

use super::exit::{Code, Refusal};
use super::subcommand::{base, switch};
use crate::delta::rdiff::{self, RdiffError, Strong};
use crate::sys::process;

/// One of the three.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rdiff {
    action: Action,
    inputs: Vec<PathBuf>,
    /// Standard output, where none is named.
    output: Option<PathBuf>,
    force: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Signature(Strong),
    Delta,
    Patch,
}

/// The subcommands for clap.
pub fn commands() -> [Command; 3] {
    let force = || switch("force", Some('f'), "Write over a file that is there");
    let input = |name: &'static str, help: &'static str| file(name, help).required(true);
    [
        base(
            "signature",
            "Write the signature of a file, to make deltas against (rdiff's format)",
        )
        .arg(input("BASIS", "The old file"))
        .arg(file(
            "SIGNATURE",
            "The signature [default: standard output]",
        ))
        .arg(switch("md4", None, "With MD4, for a librsync before 1.0"))
        .arg(force()),
        base(
            "delta",
            "Write what turns the file of a signature into another one",
        )
        .arg(input("SIGNATURE", "The signature of the old file"))
        .arg(input("NEW", "The new file"))
        .arg(file("DELTA", "The delta [default: standard output]"))
        .arg(force()),
        base("patch", "Make the new file of an old one and a delta")
            .arg(input("BASIS", "The old file"))
            .arg(input("DELTA", "The delta"))
            .arg(file("NEW", "The new file [default: standard output]"))
            .arg(force()),
    ]
}

fn file(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .value_name(name)
        .value_parser(value_parser!(PathBuf))
        .value_hint(ValueHint::FilePath)
        .help(help)
}

/// What a command line asks for; `None` for another subcommand.
pub fn asked(name: &str, matches: &ArgMatches) -> Option<Rdiff> {
    let path = |name: &str| matches.get_one::<PathBuf>(name).cloned();
    let strong = || match matches.get_flag("md4") {
        true => Strong::Md4,
        false => Strong::Blake2,
    };
    let (action, inputs, output) = match name {
        "signature" => (Action::Signature(strong()), &["BASIS"][..], "SIGNATURE"),
        "delta" => (Action::Delta, &["SIGNATURE", "NEW"][..], "DELTA"),
        "patch" => (Action::Patch, &["BASIS", "DELTA"][..], "NEW"),
        _ => return None,
    };
    Some(Rdiff {
        action,
        inputs: inputs.iter().filter_map(|name| path(name)).collect(),
        output: path(output),
        force: matches.get_flag("force"),
    })
}

impl Rdiff {
    /// Reads and writes; a file that is written takes its name when it is complete.
    pub fn carry_out(&self) -> Result<(), Refusal> {
        let Some(path) = &self.output else {
            return self.write(&mut io::stdout().lock());
        };
        let failed = |e: &io::Error| told("write", path, &crate::sys::reason(e));
        if !self.force && fs::symlink_metadata(path).is_ok() {
            return Err(told(
                "write",
                path,
                "it is there already; --force writes over it",
            ));
        }
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty());
        let temporary =
            NamedTempFile::new_in(dir.unwrap_or(Path::new("."))).map_err(|e| failed(&e))?;
        self.write(&mut BufWriter::new(temporary.as_file()))?;
        let mode = Permissions::from_mode(0o666 & !process::take_umask());
        let kept = temporary
            .as_file()
            .set_permissions(mode)
            .and_then(|()| temporary.as_file().sync_all());
        kept.map_err(|e| failed(&e))?;
        let placed = match self.force {
            true => temporary.persist(path),
            false => temporary.persist_noclobber(path),
        };
        placed.map(drop).map_err(|e| failed(&e.error))
    }

    fn write(&self, out: &mut impl Write) -> Result<(), Refusal> {
        let (first, second) = (self.open(0)?, self.open(1));
        let done = match self.action {
            Action::Signature(strong) => {
                let size = first.metadata().map(|m| m.len()).unwrap_or_default();
                rdiff::signature(&mut BufReader::new(first), size, strong, out)
            }
            Action::Delta => rdiff::delta(&mut first_of(first), &mut first_of(second?), out),
            Action::Patch => rdiff::patch(&mut BufReader::new(first), &mut first_of(second?), out),
        };
        let flushed = done.and_then(|_| out.flush().map_err(RdiffError::Io));
        flushed.map_err(|e| match &e {
            RdiffError::Io(_) => {
                let output = self.output.as_deref();
                told("write", output.unwrap_or(Path::new("-")), &e.to_string())
            }
            // What can be malformed is the signature or the delta.
            _ => {
                let at = usize::from(self.action == Action::Patch);
                told("use", &self.inputs[at], &e.to_string())
            }
        })
    }

    fn open(&self, at: usize) -> Result<File, Refusal> {
        let Some(path) = self.inputs.get(at) else {
            return Err(Refusal::usage("a file is missing"));
        };
        File::open(path).map_err(|e| told("open", path, &crate::sys::reason(&e)))
    }
}

fn first_of(file: File) -> impl Read {
    BufReader::with_capacity(1 << 16, file)
}

fn told(what: &str, path: &Path, reason: &str) -> Refusal {
    let path = crate::tree::shown(path);
    Refusal::failed(
        format_args!("cannot {what} \"{path}\": {reason}"),
        Code::FileIo,
    )
}
