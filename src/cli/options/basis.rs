//! Backups and other trees.

use std::path::{Component, PathBuf};

use super::{Asked, no_meaning};
use crate::cli::arguments::Given;
use crate::cli::exit::Refusal;
use crate::cli::table::Opt;
use crate::engine::{Alternates, Backups, BasisUse};

/// As many alternate directories as rsync takes.
const MOST: usize = 20;

impl Asked {
    pub(super) fn take_basis(&mut self, given: Given) -> Result<(), Refusal> {
        match given.opt {
            Opt::CompareDest => self.take_alternate(BasisUse::Compare, given),
            Opt::CopyDest => self.take_alternate(BasisUse::Copy, given),
            Opt::LinkDest => self.take_alternate(BasisUse::Link, given),
            Opt::Backup(on) => {
                self.backup = on;
                Ok(())
            }
            Opt::BackupDir => {
                self.backup_dir = Some(given.value.into());
                Ok(())
            }
            Opt::Suffix => {
                self.suffix = Some(given.value);
                Ok(())
            }
            other => no_meaning(other),
        }
    }

    /// What backups there are to be, with rsync's checks of them.
    pub(super) fn settle_backups(&mut self) -> Result<(), Refusal> {
        let default = if self.backup_dir.is_some() { "" } else { "~" };
        let suffix = self.suffix.take().unwrap_or_else(|| default.into());
        if suffix.as_encoded_bytes().contains(&b'/') {
            return Err(Refusal::usage(format_args!(
                "--suffix cannot contain slashes: {}",
                suffix.to_string_lossy()
            )));
        }
        let here = |dir: &PathBuf| dir.components().all(|part| part == Component::CurDir);
        let wanted = self.backup || self.backup_dir.is_some();
        if suffix.is_empty() && wanted {
            match &self.backup_dir {
                None => {
                    let text = "--suffix cannot be empty without a --backup-dir";
                    return Err(Refusal::usage(text));
                }
                Some(dir) if here(dir) => {
                    let text =
                        "--suffix cannot be empty when --backup-dir is the same as the dest dir";
                    return Err(Refusal::usage(text));
                }
                Some(_) => {}
            }
        }
        if !wanted {
            return Ok(());
        }
        if self.backup_dir.as_ref().is_some_and(here) {
            self.backup_dir = None;
        }
        if self.backup_dir.is_none() {
            // What is kept in a directory changes its time.
            self.engine.preserve.omit_dir_times = true;
        }
        self.engine.backups = Some(Backups {
            dir: self.backup_dir.take(),
            suffix,
        });
        Ok(())
    }

    fn take_alternate(&mut self, how: BasisUse, given: Given) -> Result<(), Refusal> {
        let alternates = self.engine.alternates.get_or_insert(Alternates {
            how,
            dirs: Vec::new(),
        });
        if alternates.how != how {
            return Err(Refusal::usage(format_args!(
                "ERROR: the --{} option conflicts with the --{} option",
                how.option(),
                alternates.how.option()
            )));
        }
        if alternates.dirs.len() == MOST {
            return Err(Refusal::usage(format_args!(
                "ERROR: at most {MOST} --{} args may be specified",
                how.option()
            )));
        }
        alternates.dirs.push(given.value.into());
        Ok(())
    }
}
