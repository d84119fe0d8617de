//! Options into what the engine is asked to do and how it is told.
//!
//! Each part of the table has a file here that gives its options their meaning.

mod attributes;
mod basis;
mod check;
mod content;
mod daemon;
mod filter;
mod links;
mod other_end;
mod output;
mod points;
mod remote;
mod remove;
mod served;
mod switch;
mod way;
mod what;

use what::{Dirs, Recursion};

pub use points::Beside;
pub(in crate::cli) use remote::Wire;
pub use served::{Duty, Order};

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use super::arguments::{self, Arguments, Given, Read};
use super::exit::Refusal;
use super::name_list::Separator;
use super::operands::{self, Ends, Keeper};
use super::server_args::OtherEnd;
use super::table::{Opt, Part};
use crate::engine::{self, Names};
use crate::report::{List, Style, Way};
use crate::stage::catalogue::Origin;
use crate::stage::{CommitChoice, Method};
use crate::wire::Protocol;

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
    /// A text that an option asked for.
    Answer(String),
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
    /// The program to be started, if one end is on another machine.
    pub other_end: Option<OtherEnd>,
    /// `--guard-edits`: not to be carried out as it is.
    pub guards_edits: bool,
    /// Time points to be made of the destination afterwards.
    pub beside: Option<Beside>,
    /// What it was made of, for when an older protocol changes it; only with a daemon, which tells in time.
    asked: Option<Box<(Asked, Ends)>>,
}

impl Sync {
    /// The same run as if this version of the protocol had been asked for (`--protocol`).
    pub fn at_protocol(&self, protocol: Protocol) -> Result<Option<Sync>, Refusal> {
        let Some(made_of) = &self.asked else {
            return Ok(None);
        };
        let (mut asked, ends) = (**made_of).clone();
        asked.wire.protocol = Some(protocol);
        let mut sync = asked.into_sync(ends)?;
        // What no word of the command line said.
        let (older, own) = (&mut sync.options, &self.options);
        older.catalogue.clone_from(&own.catalogue);
        older.stage.pass.clone_from(&own.stage.pass);
        older.adjust.owned = Arc::clone(&own.adjust.owned);
        Ok(Some(sync))
    }
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
        if let Some(text) = asked.answer.take() {
            return Ok(Request::Answer(text));
        }
    }
    match asked.versions {
        0 => {}
        1 => return Ok(Request::Version),
        _ => return Ok(Request::VersionJson),
    }
    if asked.told.human > Asked::default().told.human && words.len() == 1 {
        return Ok(Request::Help);
    }
    asked.origin.words = words.to_vec();
    asked.into_request(operands)
}

/// The run of words that were read before.
pub fn of_arguments(arguments: Arguments) -> Result<Request, Refusal> {
    let mut asked = Asked::default();
    for given in arguments.options {
        asked.take(given)?;
    }
    asked.into_request(arguments.operands)
}

/// The same of these names below its source alone, as with `--files-from`.
pub fn of_names(arguments: Arguments, names: Names) -> Result<Request, Refusal> {
    let mut asked = Asked {
        names: Some(Arc::new(names)),
        ..Asked::default()
    };
    for given in arguments.options {
        asked.take(given)?;
    }
    // What stands for the file is never opened.
    asked.files_from = Some("-".into());
    asked.into_request(arguments.operands)
}

/// What the options add up to, the later over the earlier.
#[derive(Clone, Debug)]
struct Asked {
    engine: engine::Options,
    cvs: bool,
    filter_files: u8,
    delete_when: remove::DeleteWhen,
    delete_excluded: bool,
    versions: u8,
    /// A text to print instead of a run.
    answer: Option<String>,
    told: output::Told,
    previous_given: bool,
    fsync_given: bool,
    points: points::Points,
    backup: bool,
    backup_dir: Option<PathBuf>,
    suffix: Option<OsString>,
    maps: attributes::Maps,
    recursion: Recursion,
    dirs: Dirs,
    relative: Option<bool>,
    files_from: Option<OsString>,
    /// The names of such a file, where a caller has them.
    names: Option<Arc<Names>>,
    separator: Separator,
    manner: content::Manner,
    wire: remote::Wire,
    /// `--inc-recursive` was said: the whole list is not chosen by what is known of the sender.
    wants_pieces: bool,
    /// For the catalogue of a pull.
    origin: Origin,
}

impl Default for Asked {
    fn default() -> Asked {
        Asked {
            engine: engine::Options {
                whole_file: true,
                rules: Asked::no_rules(),
                ..engine::Options::default()
            },
            cvs: false,
            filter_files: 0,
            delete_when: remove::DeleteWhen::default(),
            delete_excluded: false,
            versions: 0,
            answer: None,
            told: output::Told::default(),
            previous_given: false,
            fsync_given: false,
            points: points::Points::default(),
            backup: false,
            backup_dir: None,
            suffix: None,
            maps: attributes::Maps::default(),
            recursion: Recursion::default(),
            dirs: Dirs::default(),
            relative: None,
            files_from: None,
            names: None,
            separator: Separator::default(),
            manner: content::Manner::default(),
            wire: remote::Wire::default(),
            wants_pieces: false,
            origin: Origin::default(),
        }
    }
}

impl Asked {
    fn take(&mut self, given: Given) -> Result<(), Refusal> {
        match given.part {
            Part::What => self.take_what(given),
            Part::Links => self.take_links(given),
            Part::Attributes => self.take_attributes(given),
            Part::Check => self.take_check(given),
            Part::Content => self.take_content(given),
            Part::Remove => self.take_remove(given),
            Part::Filter => self.take_filter(given),
            Part::Basis => self.take_basis(given),
            Part::Switch => self.take_switch(given),
            Part::Points => self.take_points(given),
            Part::Remote => self.take_remote(given),
            Part::Output => self.take_output(given),
        }
    }

    fn into_request(mut self, operands: Vec<OsString>) -> Result<Request, Refusal> {
        self.settle_remove()?;
        let alone = operands.len() == 1;
        self.engine.select.list_only |= alone;
        self.settle_what()?;
        self.settle_content()?;
        self.check()?;
        self.settle_points()?;
        if operands.is_empty() || (self.files_from.is_some() && operands.len() != 2) {
            return Ok(Request::Usage);
        }
        self.origin.sources = operands[..operands.len() - 1].to_vec();
        let ends = operands::ends(operands)?;
        self.read_list(&ends)?;
        self.check_daemon(&ends)?;
        self.check_points(&ends)?;
        Ok(Request::Sync(Box::new(self.into_sync(ends)?)))
    }

    /// Options that do not go together.
    fn check(&self) -> Result<(), Refusal> {
        self.told.check()?;
        self.check_links()?;
        let directories = self.engine.recursive || self.engine.select.dirs;
        if self.engine.deletion.enabled && !directories {
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

    fn into_sync(mut self, ends: Ends) -> Result<Sync, Refusal> {
        let is_daemons = matches!(ends.keeper(), Some(Keeper::Daemon(_)));
        let asked = is_daemons.then(|| Box::new((self.clone(), ends.clone())));
        if self.wire.guards_edits && !matches!(ends, Ends::Push { .. }) {
            return Err(Refusal::usage(
                "--guard-edits is about a push to another machine",
            ));
        }
        self.settle_end(&ends)?;
        self.settle_backups()?;
        self.settle_attributes()?;
        self.settle_filter()?;
        self.engine.whole_list |= self.engine.deletion.needs_whole_list();
        self.engine.sources = ends.sources();
        self.engine.dest = ends.dest().to_owned();
        self.apply_checksum_choice()?;
        let mut style = self.told.clone().style(&self.engine);
        style.run.way = match ends {
            Ends::Local { .. } => Way::Local,
            Ends::Pull { .. } => Way::Receives,
            Ends::Push { .. } => Way::Sends,
        };
        let keeps_catalogue = style.run.way == Way::Receives && self.engine.points.is_none();
        self.engine.catalogue = keeps_catalogue.then(|| self.origin.clone());
        let is_local = style.run.way == Way::Local;
        if !is_local && style.run.list == List::Incremental && self.rsync_lists_whole() {
            style.run.list = List::Whole;
        }
        let guards_edits = self.wire.guards_edits;
        let other_end = self.other_end(ends)?;
        let beside = self.points_beside();
        Ok(Sync {
            beside,
            guards_edits,
            options: self.engine,
            style,
            other_end,
            asked,
        })
    }
}

/// For an option that reached a part of the table other than its own.
fn no_meaning(opt: Opt) -> ! {
    unreachable!("{opt:?} has a row in the table and no meaning")
}
