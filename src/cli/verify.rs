//! `resilver verify`: whether a destination is what it should be, by the content of every file.
//!
//! With a source the words are those of a run, which is tried as with `--dry-run --checksum` and listened to:
//! whatever it would change is a finding.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command, value_parser};

use super::arguments::{self, Arguments, Given, Read};
use super::commands::{listen, refused};
use super::exit::{Code, Refusal};
use super::options::{self, Request, Sync};
use super::subcommand::{base, switch};
use super::table::{Opt, Part};
use crate::engine::{self, Severity};
use crate::report::{Counts, Trial, Verification};
use crate::stage::catalogue::{self, Catalogue, Kept};
use crate::stage::points::{self, Series, Stamp};
use crate::stage::{self, Told, Verified};
use crate::sys::signal;
use crate::transport::Operand;

/// The subcommand's name.
pub const NAME: &str = "verify";

/// What every verification against a source compares, unless its options say otherwise.
const KEPT: [&str; 4] = ["-a", "-c", "-n", "--delete"];
/// A word of this subcommand alone, which may stand among those of a run.
const STRICT: &str = "--strict";

/// What is to be verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verify {
    options: Vec<Given>,
    dest: PathBuf,
    /// As typed.
    source: Option<OsString>,
    strict: bool,
}

/// The subcommand for clap.
pub fn command() -> Command {
    base(
        NAME,
        "Tell what in DEST is not as SRC has it or, without SRC, as it was recorded, by the content of every \
         file: for a mirror when it came, for time points when they were made",
    )
    .override_usage("resilver verify [--json] [--strict] [OPTION]... DEST [SRC]")
    .arg(switch("json", None, "As JSON, one object a line"))
    .arg(switch("quiet", Some('q'), "Tell errors only"))
    .arg(switch(
        "strict",
        None,
        "What was changed in DEST since it was recorded counts too, not only what is corrupt or missing",
    ))
    .arg(
        Arg::new("run")
            .value_name("DEST [SRC]")
            .num_args(1..)
            .required(true)
            .trailing_var_arg(true)
            .allow_hyphen_values(true)
            .value_parser(value_parser!(OsString))
            .help(
                "What is verified, and what its content is compared with, also on another machine, as in a run \
                 from SRC/ to DEST. Options are those of a run",
            ),
    )
}

/// Reads what clap left: the options of a run among them; none where help is asked for.
pub fn read(matches: &ArgMatches) -> Result<Option<Verify>, Refusal> {
    let mut words: Vec<OsString> = KEPT.iter().map(Into::into).collect();
    for (id, word) in [("json", "--json"), ("quiet", "-q")] {
        words.extend(matches.get_flag(id).then(|| word.into()));
    }
    let all = matches.get_many::<OsString>("run").into_iter().flatten();
    words.extend(all.cloned());
    let end = words.iter().position(|word| word == "--");
    let end = end.unwrap_or(words.len());
    let is_strict = |word: &OsString| word == STRICT;
    let strict = matches.get_flag("strict") || words[..end].iter().any(is_strict);
    let options = words[..end].iter().filter(|word| !is_strict(word));
    let words: Vec<OsString> = options.chain(&words[end..]).cloned().collect();
    let Read::Arguments(Arguments { options, operands }) = arguments::read(&words)? else {
        return Ok(None);
    };
    for given in &options[KEPT.len()..] {
        refuse(given)?;
    }
    let mut operands = operands.into_iter();
    let (dest, source) = match (operands.next(), operands.next(), operands.next()) {
        (Some(dest), source, None) => (dest, source),
        _ => return Err(Refusal::usage("verify needs DEST, and at most one SRC")),
    };
    if Operand::is_remote(&dest) {
        return Err(Refusal::unsupported(format_args!(
            "{}: verify looks at a destination on this machine; run it there",
            dest.to_string_lossy()
        )));
    }
    if let Some(source) = &source
        && matches!(Operand::parse(source), Ok(Operand::Daemon(daemon)) if daemon.path.is_empty())
    {
        let source = source.to_string_lossy();
        return Err(Refusal::usage(format_args!("{source} names no module")));
    }
    let says_how = |given: &&Given| !is_manner(given.opt);
    if source.is_none()
        && let Some(given) = options[KEPT.len()..].iter().find(says_how)
    {
        return Err(Refusal::usage(format_args!(
            "--{} has a meaning with SRC only",
            given.name
        )));
    }
    Ok(Some(Verify {
        options,
        dest: dest.into(),
        source,
        strict,
    }))
}

/// Whether an option says how findings are told.
fn is_manner(opt: Opt) -> bool {
    matches!(
        opt,
        Opt::Json | Opt::Quiet | Opt::Human | Opt::NoHuman | Opt::EightBit(_) | Opt::Outbuf
    )
}

/// Refuses what would hide differences, or could not be done.
fn refuse(given: &Given) -> Result<(), Refusal> {
    let hides = match given.opt {
        Opt::Checksum(on) => !on,
        Opt::IgnoreTimes
        | Opt::SizeOnly
        | Opt::Update
        | Opt::Existing
        | Opt::IgnoreExisting
        | Opt::MaxDelete
        | Opt::RemoveSourceFiles
        | Opt::RemoveSentFiles
        | Opt::CompareDest
        | Opt::CopyDest
        | Opt::LinkDest
        | Opt::Backup(_)
        | Opt::BackupDir
        | Opt::Append(_)
        | Opt::AppendVerify
        | Opt::WriteDevices(_)
        | Opt::ListOnly
        | Opt::OutFormat
        | Opt::LogFile
        | Opt::LogFileFormat
        | Opt::SummaryFile
        | Opt::Info
        | Opt::Debug
        | Opt::Stats
        | Opt::Version => true,
        _ => given.part == Part::Points,
    };
    match hides {
        true => Err(Refusal::usage(format_args!(
            "--{} has no meaning for verify",
            given.name
        ))),
        false => Ok(()),
    }
}

impl Verify {
    /// What is verified.
    #[must_use]
    pub fn dest(&self) -> &Path {
        &self.dest
    }

    /// Does it; gives the exit code.
    pub fn carry_out(&self) -> Result<u8, Refusal> {
        match std::fs::metadata(&self.dest) {
            Ok(meta) if meta.is_dir() => {}
            Ok(_) => return Err(self.unusable("is no directory")),
            Err(e) => return Err(self.unusable(&crate::sys::reason(&e))),
        }
        match &self.source {
            Some(source) => self.against(source),
            None => match points::series_of(&self.dest).map_err(refused)? {
                Some((series, which)) => self.points(&series, which),
                None => self.catalogue(),
            },
        }
    }

    /// Compares time points with what they were.
    fn points(&self, series: &Series, which: Option<Stamp>) -> Result<u8, Refusal> {
        let all = |found: Counts| found.total();
        self.alone(all, |tell| points::verify(series, which, tell))
    }

    /// Compares a mirror with what its pulls brought.
    fn catalogue(&self) -> Result<u8, Refusal> {
        let Some(catalogue) = Catalogue::open(&self.dest).map_err(refused)? else {
            let dest = crate::tree::shown(&self.dest);
            return Err(Refusal::failed(
                format_args!(
                    "nothing is recorded of what \"{dest}\" should be, which a mirror run from another machine \
                     does: give a source to compare it with, as in resilver verify DEST SRC"
                ),
                Code::FileSelect,
            ));
        };
        let kept = kept_by(&catalogue.origin().words);
        let strict = self.strict;
        let counting = |found: Counts| match strict {
            true => found.total(),
            false => found.corrupt + found.missing + found.r#type,
        };
        self.alone(counting, |tell| catalogue::verify(&catalogue, &kept, tell))
    }

    /// A verification without a source, of whose findings so many count.
    fn alone(
        &self,
        counting: impl Fn(Counts) -> u64,
        verify: impl FnOnce(&mut dyn FnMut(Told)) -> Result<Verified, stage::Error>,
    ) -> Result<u8, Refusal> {
        let report = self.report()?;
        let verified = verify(&mut |told| match told {
            Told::Finding(finding) => report.finding(&finding),
            Told::Failed(e) => report.failed(&e.to_string()),
        });
        match verified {
            Ok(verified) => {
                report.add(verified);
                let counting = counting(report.counts());
                Ok(end(&report, Code::Success, true, counting))
            }
            Err(e) => Ok(stopped(&report, e)),
        }
    }

    /// A report on what is verified without a source, in the style of a run.
    fn report(&self) -> Result<Verification, Refusal> {
        let style = self.run(self.dest.as_os_str())?.style;
        Ok(Verification::new(&style, Trial::default()))
    }

    fn unusable(&self, why: &str) -> Refusal {
        let dest = crate::tree::shown(&self.dest);
        Refusal::failed(
            format_args!("cannot verify \"{dest}\": {why}"),
            Code::FileSelect,
        )
    }

    /// Compares with a source.
    fn against(&self, source: &OsStr) -> Result<u8, Refusal> {
        if let Ok(Some((_, None))) = points::series_of(&self.dest) {
            return Err(
                self.unusable("it holds time points: name one of them, such as latest in it")
            );
        }
        let run = self.run(source)?;
        let trial = Trial {
            dest: self.dest.clone(),
            source: run.other_end.is_none().then(|| source.into()),
            times: run.options.preserve.times,
        };
        let report = Verification::new(&run.style, trial);
        let (code, came_to_its_end) = listen(&run, &report);
        Ok(end(&report, code, came_to_its_end, report.counts().total()))
    }

    /// The run that is tried.
    fn run(&self, source: &OsStr) -> Result<Sync, Refusal> {
        let operands = vec![content_of(source), self.dest.join("").into()];
        let options = self.options.clone();
        match options::of_arguments(Arguments { options, operands })? {
            Request::Sync(mut sync) => {
                sync.options.dry_run = true;
                sync.options.stage.delete_guard = None;
                Ok(*sync)
            }
            _ => Err(Refusal::usage("verify needs DEST and SRC")),
        }
    }
}

/// What of its records a destination has after the pull of these words.
fn kept_by(words: &[OsString]) -> Kept {
    // Without what it takes from files, which may be others by now, or elsewhere.
    let counts = |given: &Given| match given.part {
        Part::What => given.opt != Opt::FilesFrom,
        Part::Links | Part::Attributes => true,
        _ => given.opt == Opt::ModifyWindow,
    };
    let pull = match arguments::read(words) {
        Ok(Read::Arguments(Arguments { mut options, .. })) => {
            options.retain(counts);
            let operands = vec!["./".into(), "./".into()];
            options::of_arguments(Arguments { options, operands })
        }
        _ => Ok(Request::Usage),
    };
    match pull {
        Ok(Request::Sync(sync)) => kept(&sync.options),
        _ => Kept::default(),
    }
}

fn kept(options: &engine::Options) -> Kept {
    let keep = &options.preserve;
    Kept {
        perms: keep.perms && options.adjust.chmod.is_empty(),
        times: keep.times,
        window: u64::try_from(options.compare.modify_window).unwrap_or(0),
        targets: !options.symlinks.munge,
        types: options.privilege != engine::Privilege::Fake,
        linked_dirs: options.symlinks.keep_dirs,
    }
}

/// The exit code: differences that count come before what could not be read.
fn end(report: &Verification, code: Code, came_to_its_end: bool, counting: u64) -> u8 {
    let code = match code {
        _ if counting > 0 && came_to_its_end => Code::Differs,
        Code::Success if report.is_partial() => Code::Partial,
        code => code,
    };
    report.close(code.number(), code.last_line().as_deref(), came_to_its_end);
    code.number()
}

/// The exit code of what ended early.
fn stopped(report: &Verification, error: stage::Error) -> u8 {
    let (text, code) = match signal::stop_requested() {
        true => ("interrupted".to_owned(), Code::Signal),
        false => (error.to_string(), refused(error).code()),
    };
    report.message(Severity::Error, &text);
    end(report, code, false, 0)
}

/// An operand that is the content of a directory.
fn content_of(source: &OsStr) -> OsString {
    let mut source = source.to_owned();
    // Behind a host alone is the home directory, and its content is meant already.
    if !matches!(source.as_bytes().last(), Some(b'/' | b':') | None) {
        source.push("/");
    }
    source
}
