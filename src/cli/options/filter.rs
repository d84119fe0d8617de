//! What is left out.
//!
//! Rules stand in the order of the command line, and the files that options name are read in it; only what
//! other options leave out besides comes behind all of them.

use std::io::Write;
use std::path::PathBuf;

use super::{Asked, no_meaning};
use crate::cli::arguments::Given;
use crate::cli::commands::code_of_rules;
use crate::cli::exit::Refusal;
use crate::cli::table::Opt;
use crate::cli::values::size;
use crate::engine::Backups;
use crate::tree::{Environment, RuleError, Rules};

impl Asked {
    /// No rules yet, in the surroundings of this process.
    pub(super) fn no_rules() -> Rules {
        Rules::new(Environment {
            home: std::env::var_os("HOME").map(PathBuf::from),
            cvsignore: std::env::var_os("CVSIGNORE"),
        })
    }

    pub(super) fn take_filter(&mut self, given: Given) -> Result<(), Refusal> {
        match given.opt {
            Opt::MaxSize => self.engine.compare.max_size = Some(size(&given, b'b')?),
            Opt::MinSize => self.engine.compare.min_size = Some(size(&given, b'b')?),
            Opt::PruneEmptyDirs(on) => self.engine.select.prune_empty = on,
            _ => return self.take_rule(given),
        }
        Ok(())
    }

    fn take_rule(&mut self, given: Given) -> Result<(), Refusal> {
        let rules = &mut self.engine.rules;
        let pushed = match given.opt {
            Opt::Exclude => rules.push_exclude(&given.value),
            Opt::Include => rules.push_include(&given.value),
            Opt::ExcludeFrom => rules.exclude_from(&given.value),
            Opt::IncludeFrom => rules.include_from(&given.value),
            Opt::Filter => rules.push_filter(&given.value),
            Opt::FilterFiles => {
                self.filter_files = self.filter_files.saturating_add(1);
                match self.filter_files {
                    1 => rules.push_filter_files(),
                    2 => rules.leave_out_filter_files(),
                    _ => Ok(()),
                }
            }
            Opt::CvsExclude => {
                self.cvs = true;
                Ok(())
            }
            other => no_meaning(other),
        };
        self.told(pushed)
    }

    /// Rules that options add behind all that were given.
    pub(super) fn settle_filter(&mut self) -> Result<(), Refusal> {
        if let Some(Backups { dir: None, suffix }) = &self.engine.backups
            && self.engine.deletion.enabled
            && !self.delete_excluded
        {
            let pushed = self.engine.rules.protect_backups(suffix);
            self.told(pushed)?;
        }
        if self.cvs {
            let pushed = self.engine.rules.push_cvs();
            self.told(pushed)?;
            if self.wire.is_there {
                self.engine.rules.protect_by_cvs();
            }
        }
        Ok(())
    }

    /// Tells what was left out of the rules; an error ends the run.
    pub(super) fn told(&mut self, pushed: Result<(), RuleError>) -> Result<(), Refusal> {
        for note in self.engine.rules.take_notes() {
            let _ = writeln!(std::io::stderr(), "{note}");
        }
        pushed.map_err(|e| Refusal::plain_with(e.to_string(), code_of_rules(&e)))
    }
}
