//! What is told.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::{Asked, no_meaning};
use crate::cli::arguments::Given;
use crate::cli::exit::Refusal;
use crate::cli::flags::{self, Flags};
use crate::cli::table::Opt;
use crate::cli::values::not_empty;
use crate::engine;
use crate::report::{
    Buffering, Debug, Flag, Format, Human, Info, Levels, List, Log, Run, Setting, Style, Target,
    Way,
};

/// The options on what is told.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub verbose: u8,
    pub itemize: u8,
    pub human: u8,
    /// `--progress`, also as half of `-P`.
    pub progress: bool,
    quiet: bool,
    stats: bool,
    json: bool,
    summary_file: Option<OsString>,
    eight_bit: bool,
    info: Vec<Setting<Info>>,
    debug: Vec<Setting<Debug>>,
    out_format: Option<OsString>,
    log_file: Option<OsString>,
    log_file_format: Option<OsString>,
    buffering: Option<Buffering>,
    target: Target,
    /// `--no-msgs2stderr`: a server tells errors to its client.
    in_band: bool,
}

impl Default for Told {
    fn default() -> Told {
        Told {
            verbose: 0,
            itemize: 0,
            human: 1,
            quiet: false,
            progress: false,
            stats: false,
            json: false,
            summary_file: None,
            eight_bit: false,
            info: Vec::new(),
            debug: Vec::new(),
            out_format: None,
            log_file: None,
            log_file_format: None,
            buffering: None,
            target: Target::Errors,
            in_band: false,
        }
    }
}

impl Told {
    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    pub(super) fn tells_stats(&self) -> bool {
        self.stats
    }

    /// What a receiver at the other end is to tell of entries, so that they can be told here.
    pub(super) fn log_format(&self) -> Option<&'static str> {
        let format = self.out_format.as_ref().map(|format| format.as_bytes());
        let has =
            |escape: &[u8]| format.is_some_and(|format| format.windows(2).any(|two| two == escape));
        if self.itemize > 1 {
            Some("%i%I")
        } else if self.itemize > 0 || has(b"%i") {
            Some("%i")
        } else if has(b"%o") {
            Some("%o")
        } else {
            let is_told = format.is_some() || self.levels().info(Info::Name) > 0;
            (is_told && self.verbose == 0).then_some("X")
        }
    }

    /// The `--info` words that concern a receiver.
    pub(super) fn info_for_receiver(&self) -> Vec<String> {
        const RECEIVERS: [Info; 10] = [
            Info::Backup,
            Info::Copy,
            Info::Del,
            Info::Misc,
            Info::Mount,
            Info::Name,
            Info::Nonreg,
            Info::Skip,
            Info::Stats,
            Info::Symsafe,
        ];
        let levels = self.levels();
        let is_said = |flag: &Info| {
            let mut settings = self.info.iter();
            settings.any(|setting| setting.flag.is_none_or(|said| said == *flag))
        };
        let word = |flag: Info| {
            let (_, name, _) = Info::TABLE.iter().find(|(known, ..)| *known == flag)?;
            let level = match levels.info(flag) {
                1 => String::new(),
                level => level.to_string(),
            };
            Some(format!("{}{level}", name.to_uppercase()))
        };
        let said = RECEIVERS.into_iter().filter(is_said);
        let words: Vec<String> = said.filter_map(word).collect();
        match words.is_empty() {
            true => Vec::new(),
            false => vec![format!("--info={}", words.join(","))],
        }
    }
}

impl Asked {
    pub(super) fn take_output(&mut self, given: Given) -> Result<(), Refusal> {
        let told = &mut self.told;
        match given.opt {
            Opt::DryRun => self.engine.dry_run = true,
            Opt::Verbose => told.verbose = told.verbose.saturating_add(1),
            Opt::NoVerbose => told.verbose = 0,
            Opt::Quiet => told.quiet = true,
            Opt::Itemize => told.itemize = told.itemize.saturating_add(1),
            Opt::NoItemize => told.itemize = 0,
            Opt::Human => told.human = told.human.saturating_add(1),
            Opt::NoHuman => told.human = 0,
            Opt::Progress(on) => told.progress = on,
            Opt::Stats => told.stats = true,
            Opt::Info => match parse_flags(&given)? {
                Flags::Settings(settings) => told.info.extend(settings),
                Flags::Help => self.answer = Some(flags::help::<Info>()),
            },
            Opt::Debug => match parse_flags(&given)? {
                Flags::Settings(settings) => told.debug.extend(settings),
                Flags::Help => self.answer = Some(flags::help::<Debug>()),
            },
            Opt::OutFormat => told.out_format = Some(given.value),
            Opt::LogFile => told.log_file = Some(given.value),
            Opt::LogFileFormat => told.log_file_format = Some(given.value),
            Opt::EightBit(on) => told.eight_bit = on,
            Opt::Outbuf => told.buffering = Some(buffering(&given.value)?),
            Opt::Stderr => told.target = target(&given.value)?,
            Opt::Msgs2stderr(all) => {
                told.target = if all { Target::All } else { Target::Errors };
                told.in_band = !all;
            }
            Opt::IncRecursive(on) => {
                self.engine.whole_list = !on;
                self.wants_pieces = on;
            }
            Opt::Version => self.versions = self.versions.saturating_add(1),
            Opt::Json => told.json = true,
            Opt::SummaryFile => told.summary_file = Some(not_empty(&given)?),
            Opt::ListOnly => self.engine.select.list_only = true,
            other => no_meaning(other),
        }
        Ok(())
    }
}

impl Asked {
    /// How a server tells, and whether errors go the same way as everything else. Entries are the client's to tell of:
    /// it passes on only in what form it does so.
    pub(super) fn served_style(&self) -> (Style, bool) {
        let told = self.told.clone();
        let in_band = told.in_band;
        let is_twice = |format: &OsString| format.as_bytes().windows(2).any(|part| part == b"%I");
        let unchanged = told.out_format.as_ref().is_some_and(is_twice);
        let style = told.style(&self.engine);
        let style = Style {
            format: self
                .told
                .out_format
                .is_some()
                .then_some(style.format)
                .flatten(),
            unchanged,
            // The client makes them fit for its terminal.
            eight_bit: true,
            run: Run {
                is_served: true,
                ..style.run
            },
            ..style
        };
        (style, in_band)
    }
}

impl Told {
    /// What does not go together.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        for (given, name) in [
            (self.quiet, "--quiet"),
            (self.out_format.is_some(), "--out-format"),
        ] {
            if self.json && given {
                return Err(Refusal::usage(format_args!(
                    "--json cannot be used with {name}"
                )));
            }
        }
        Ok(())
    }

    /// All of it, for the report of a run.
    pub(super) fn style(self, engine: &engine::Options) -> Style {
        let levels = self.levels();
        let log = self.log_file.map(|path| Log {
            path: PathBuf::from(path),
            format: match &self.log_file_format {
                Some(format) => Format::parse(format.as_bytes()),
                None => Format::changes(),
            },
        });
        let format = match &self.out_format {
            Some(format) => Some(Format::parse(format.as_bytes())),
            None if self.itemize > 0 => Some(Format::changes()),
            None => (levels.info(Info::Name) > 0).then(Format::names),
        };
        let sums = engine.compare.sums;
        let checksum = if engine.compare.checksum {
            sums.compare
        } else {
            sums.transfer
        };
        Style {
            levels,
            format,
            unchanged: self.itemize > 1,
            quiet: self.quiet,
            human: Human::from_level(self.human),
            log,
            json: self.json,
            summary_file: self.summary_file.map(PathBuf::from),
            eight_bit: self.eight_bit,
            buffering: self.buffering,
            target: self.target,
            run: Run {
                dry: engine.dry_run,
                way: Way::Local,
                is_served: false,
                list: match (engine.recursive || engine.select.dirs, engine.whole_list) {
                    (false, _) => List::Untold,
                    (true, false) => List::Incremental,
                    (true, true) => List::Whole,
                },
                whole_file: engine.whole_file,
                digest_width: checksum.digest_len() * 2,
            },
        }
    }

    /// `-v` sets a row of levels, `--stats` and `--progress` raise theirs, `--info` and `--debug` have the
    /// last word.
    fn levels(&self) -> Levels {
        let mut levels = Levels::of_verbosity(self.verbose);
        if self.stats {
            let level = if self.verbose > 1 { 3 } else { 2 };
            levels.raise(Info::Stats, level);
        }
        if self.progress {
            levels.raise(Info::Flist, 2);
            levels.raise(Info::Progress, 1);
            if self
                .out_format
                .as_ref()
                .is_none_or(|format| Format::parse(format.as_bytes()).waits())
            {
                levels.raise(Info::Name, 1);
            }
        }
        self.info.iter().for_each(|setting| levels.set(*setting));
        self.debug.iter().for_each(|setting| levels.set(*setting));
        levels
    }
}

fn parse_flags<F: Flag>(given: &Given) -> Result<Flags<F>, Refusal> {
    flags::parse(&given.value.to_string_lossy())
}

fn buffering(value: &OsStr) -> Result<Buffering, Refusal> {
    match value.as_bytes().first() {
        Some(b'N' | b'n' | b'U' | b'u') => Ok(Buffering::None),
        Some(b'L' | b'l') => Ok(Buffering::Line),
        Some(b'B' | b'b' | b'F' | b'f') => Ok(Buffering::Block),
        _ => Err(Refusal::usage(
            "Invalid --outbuf setting -- specify N, L, or B.",
        )),
    }
}

/// One machine has no other side: what a client is told is what the program says itself.
fn target(value: &OsStr) -> Result<Target, Refusal> {
    let text = value.to_string_lossy();
    let begins = |word: &str| !text.is_empty() && word.starts_with(&*text);
    if begins("errors") || begins("client") {
        Ok(Target::Errors)
    } else if begins("all") {
        Ok(Target::All)
    } else {
        Err(Refusal::usage(format_args!(
            "--stderr mode \"{text}\" is not one of errors, all, or client"
        )))
    }
}
