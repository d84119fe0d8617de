//! Options into what the engine is asked to do and how it is told.

use std::ffi::OsString;
use std::path::PathBuf;

use super::arguments::{self, Arguments, Given, Read};
use super::commands;
use super::exit::Refusal;
use super::operand;
use super::table::Opt;
use super::values::{commit, integer, name_inside, not_empty, percent, previous, threads, wait};
use crate::engine;
use crate::report::{Human, Style};
use crate::stage::{CommitChoice, KeepPrevious, Method};

/// What a command line without a subcommand asks for.
#[derive(Clone, Debug)]
pub enum Request {
    /// The help text.
    Help,
    /// The help text as an answer to too few operands.
    Usage,
    /// `-V`.
    Version,
    /// `-VV`.
    VersionJson,
    /// A mirror run.
    Sync(Box<Sync>),
}

/// A mirror run.
#[derive(Clone, Debug)]
pub struct Sync {
    /// For the engine.
    pub options: engine::Options,
    /// For the report.
    pub style: Style,
}

/// Reads the words after the program's name.
pub fn parse(words: &[OsString]) -> Result<Request, Refusal> {
    let Arguments { options, operands } = match arguments::read(words)? {
        Read::Help => return Ok(Request::Help),
        Read::Arguments(arguments) => arguments,
    };
    let mut asked = Asked::default();
    for given in options {
        asked.take(given)?;
    }
    match asked.versions {
        0 => {}
        1 => return Ok(Request::Version),
        _ => return Ok(Request::VersionJson),
    }
    if asked.human > Asked::default().human && words.len() == 1 {
        return Ok(Request::Help);
    }
    asked.check()?;
    if operands.is_empty() {
        return Ok(Request::Usage);
    }
    let (sources, dest) = split(operands)?;
    Ok(Request::Sync(Box::new(asked.into_sync(sources, dest)?)))
}

/// What the options add up to, the later over the earlier.
#[derive(Clone, Debug)]
struct Asked {
    engine: engine::Options,
    filters: Vec<Filter>,
    versions: u8,
    verbose: u8,
    itemize: u8,
    human: u8,
    quiet: bool,
    progress: bool,
    stats: bool,
    previous_given: bool,
}

/// One `--include` or `--exclude`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Whether it takes or leaves out what matches.
    pub include: bool,
    /// The text as it was given.
    pub pattern: OsString,
}

impl Default for Asked {
    fn default() -> Asked {
        Asked {
            engine: engine::Options {
                whole_file: true,
                ..engine::Options::default()
            },
            filters: Vec::new(),
            versions: 0,
            verbose: 0,
            itemize: 0,
            human: 1,
            quiet: false,
            progress: false,
            stats: false,
            previous_given: false,
        }
    }
}

impl Asked {
    fn take(&mut self, given: Given) -> Result<(), Refusal> {
        let engine = &mut self.engine;
        let keep = &mut engine.preserve;
        match given.opt {
            Opt::Archive => self.archive(),
            Opt::Recursive(on) => engine.recursive = on,
            Opt::Links(on) => keep.links = on,
            Opt::HardLinks(on) => keep.hard_links = on,
            Opt::Perms(on) => keep.perms = on,
            Opt::Times(on) => keep.times = on,
            Opt::Owner(on) => keep.owner = on,
            Opt::Group(on) => keep.group = on,
            Opt::Devices(on) => keep.devices = on,
            Opt::Specials(on) => keep.specials = on,
            Opt::DevicesAndSpecials(on) => (keep.devices, keep.specials) = (on, on),
            // Both sides of a local run read the same user database: names and numbers agree.
            Opt::NumericIds(_) => {}
            Opt::Checksum(on) => engine.compare.checksum = on,
            Opt::IgnoreTimes => engine.compare.ignore_times = true,
            Opt::SizeOnly => engine.compare.size_only = true,
            Opt::Update => engine.compare.update = true,
            Opt::Existing => engine.compare.existing = true,
            Opt::IgnoreExisting => engine.compare.ignore_existing = true,
            Opt::ModifyWindow => engine.compare.modify_window = integer(&given)?.into(),
            Opt::WholeFile(on) => engine.whole_file = on,
            Opt::Delete => engine.deletion.enabled = true,
            Opt::MaxDelete => {
                engine.deletion.max = Some(u64::try_from(integer(&given)?).unwrap_or(0));
            }
            Opt::Force(on) => engine.deletion.force = on,
            Opt::Include | Opt::Exclude => self.filters.push(Filter {
                include: given.opt == Opt::Include,
                pattern: given.value,
            }),
            Opt::DryRun => engine.dry_run = true,
            Opt::Threads => engine.threads = threads(&given)?,
            Opt::Verbose => self.verbose = self.verbose.saturating_add(1),
            Opt::NoVerbose => self.verbose = 0,
            Opt::Quiet => self.quiet = true,
            Opt::Itemize => self.itemize = self.itemize.saturating_add(1),
            Opt::NoItemize => self.itemize = 0,
            Opt::Human => self.human = self.human.saturating_add(1),
            Opt::NoHuman => self.human = 0,
            Opt::Progress(on) => self.progress = on,
            Opt::Stats => self.stats = true,
            Opt::Version => self.versions = self.versions.saturating_add(1),
            _ => self.take_staging(given)?,
        }
        Ok(())
    }

    fn archive(&mut self) {
        self.engine.recursive = true;
        let keep = &mut self.engine.preserve;
        for part in [
            &mut keep.links,
            &mut keep.perms,
            &mut keep.times,
            &mut keep.group,
            &mut keep.owner,
            &mut keep.devices,
            &mut keep.specials,
        ] {
            *part = true;
        }
    }

    fn take_staging(&mut self, given: Given) -> Result<(), Refusal> {
        let stage = &mut self.engine.stage;
        match given.opt {
            Opt::Commit => stage.commit = commit(&given)?,
            Opt::Wait => stage.wait = wait(&given)?,
            Opt::Previous => {
                stage.previous = previous(&given)?;
                self.previous_given = stage.previous == KeepPrevious::One;
            }
            Opt::Fsync(on) => stage.no_fsync = !on,
            Opt::Gate => stage.gates.push(not_empty(&given)?),
            Opt::RequireFile => stage.require_files.push(name_inside(&given)?),
            Opt::DeleteGuard => stage.delete_guard = Some(percent(&given)?),
            Opt::CommitOnlyComplete => stage.only_complete = true,
            other => unreachable!("{other:?} has a row in the table and no meaning"),
        }
        Ok(())
    }

    /// Options that do not go together.
    fn check(&self) -> Result<(), Refusal> {
        if self.engine.deletion.enabled && !self.engine.recursive {
            return Err(Refusal::usage(
                "--delete does not work without --recursive (-r) or --dirs (-d).",
            ));
        }
        let stage = &self.engine.stage;
        if stage.commit != CommitChoice::Only(Method::Direct) {
            return Ok(());
        }
        // Without a stage there is nothing to judge before it is too late, and nothing to go back to.
        for (given, name) in [
            (!stage.gates.is_empty(), "--gate"),
            (!stage.require_files.is_empty(), "--require-file"),
            (stage.delete_guard.is_some(), "--delete-guard"),
            (stage.only_complete, "--commit-only-complete"),
            (self.previous_given, "--previous=one"),
        ] {
            if given {
                return Err(Refusal::usage(format_args!(
                    "{name} cannot be used with --commit=direct"
                )));
            }
        }
        Ok(())
    }

    fn into_sync(mut self, sources: Vec<PathBuf>, dest: PathBuf) -> Result<Sync, Refusal> {
        self.engine.rules = commands::rules(&self.filters)?;
        let style = Style {
            verbose: self.verbose,
            itemize: self.itemize,
            quiet: self.quiet,
            human: Human::from_level(self.human),
            progress: self.progress,
            stats: self.stats,
            dry_run: self.engine.dry_run,
            recursive: self.engine.recursive,
            whole_file: self.engine.whole_file,
        };
        self.engine.report_unchanged = self.itemize > 1 || (self.itemize > 0 && self.verbose > 1);
        self.engine.sources = sources;
        self.engine.dest = dest;
        Ok(Sync {
            options: self.engine,
            style,
        })
    }
}

/// Sources and destination.
fn split(mut operands: Vec<OsString>) -> Result<(Vec<PathBuf>, PathBuf), Refusal> {
    if let Some(remote) = operands.iter().find(|o| operand::is_remote(o)) {
        return Err(Refusal::unsupported(format_args!(
            "remote sources and destinations are not supported yet: {}",
            remote.to_string_lossy()
        )));
    }
    let dest = operands.pop().unwrap_or_default();
    if operands.is_empty() {
        return Err(Refusal::unsupported(format_args!(
            "listing a source without a destination is not supported yet: {}",
            dest.to_string_lossy()
        )));
    }
    if operands.iter().any(|source| source.is_empty()) {
        return Err(Refusal::plain("Empty source arg specified."));
    }
    if dest.is_empty() {
        return Err(Refusal::plain(
            "Empty destination arg specified (use \".\" or see --old-args).",
        ));
    }
    let sources = operands.into_iter().map(PathBuf::from).collect();
    Ok((sources, PathBuf::from(dest)))
}
