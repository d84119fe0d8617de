//! What is copied.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

use super::{Asked, no_meaning};
use crate::cli::arguments::Given;
use crate::cli::exit::{Code, Refusal};
use crate::cli::name_list::{self, Marked, Separator};
use crate::cli::operands::Ends;
use crate::cli::table::Opt;
use crate::engine::{Boundary, Missing, Names};
use crate::transport::Operand;

/// Whether directories are gone into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Recursion {
    /// No.
    #[default]
    Off,
    /// `-a`: unless a list says what takes part.
    Archive,
    /// `-r`.
    On,
}

/// Whether directories themselves take part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dirs {
    /// Where a list or a listing needs them.
    #[default]
    Unsaid,
    /// `--no-dirs`.
    No,
    /// `-d`.
    Yes,
    /// `--old-dirs`: by `-r`, with a rule that ends it after one level.
    Old,
}

impl Asked {
    pub(super) fn take_what(&mut self, given: Given) -> Result<(), Refusal> {
        let select = &mut self.engine.select;
        match given.opt {
            Opt::Archive => self.archive(),
            Opt::Recursive(on) => {
                self.recursion = if on { Recursion::On } else { Recursion::Off };
            }
            Opt::Dirs(on) => self.dirs = if on { Dirs::Yes } else { Dirs::No },
            Opt::OldDirs => self.dirs = Dirs::Old,
            Opt::Relative(on) => self.relative = Some(on),
            Opt::ImpliedDirs(on) => select.no_implied_dirs = !on,
            Opt::FilesFrom => self.files_from = Some(given.value),
            Opt::From0(on) => {
                self.separator = if on { Separator::Zero } else { Separator::Line };
                self.engine.rules.set_from0(on);
            }
            Opt::OneFileSystem(on) => {
                select.boundary = match select.boundary {
                    _ if !on => Boundary::None,
                    Boundary::None => Boundary::AtMounts,
                    _ => Boundary::BeforeMounts,
                };
            }
            Opt::Mkpath(on) => select.mkpath = on,
            Opt::IgnoreMissingArgs if select.missing == Missing::Error => {
                select.missing = Missing::Ignore;
            }
            Opt::IgnoreMissingArgs => {}
            Opt::DeleteMissingArgs => select.missing = Missing::Delete,
            other => no_meaning(other),
        }
        Ok(())
    }

    fn archive(&mut self) {
        if self.recursion == Recursion::Off {
            self.recursion = Recursion::Archive;
        }
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

    /// Settles what depends on other options, once all of them are known.
    pub(super) fn settle_what(&mut self) -> Result<(), Refusal> {
        let listed = self.files_from.is_some();
        if self.dirs == Dirs::Old {
            self.recursion = Recursion::On;
            let pushed = self.engine.rules.push_exclude("/*/*".as_ref());
            pushed.map_err(|e| Refusal::plain(e.to_string()))?;
        }
        let engine = &mut self.engine;
        engine.recursive = match self.recursion {
            Recursion::Off => false,
            Recursion::Archive => !listed,
            Recursion::On => true,
        };
        engine.select.relative = self.relative.unwrap_or(listed);
        engine.select.dirs = match self.dirs {
            Dirs::Unsaid => listed || engine.select.list_only,
            Dirs::No => false,
            Dirs::Yes | Dirs::Old => true,
        };
        engine.whole_list |= engine.select.prune_empty || (engine.select.dirs && !engine.recursive);
        Ok(())
    }

    /// Whether directories are listed by themselves without being gone into, so that another machine has to be told.
    pub(super) fn names_dirs(&self) -> bool {
        match self.dirs {
            Dirs::Yes | Dirs::Old => true,
            Dirs::No => false,
            Dirs::Unsaid => self.engine.select.list_only && self.files_from.is_none(),
        }
    }

    /// Reads the list of `--files-from`, or finds out where it is at the other end.
    pub(super) fn read_list(&mut self, ends: &Ends) -> Result<(), Refusal> {
        let Some(file) = &self.files_from else {
            return Ok(());
        };
        if let Some(names) = self.names.take() {
            self.engine.select.files_from = Some(names);
            return Ok(());
        }
        match (
            ends,
            file.as_bytes().strip_prefix(b":"),
            Operand::parse(file),
        ) {
            (Ends::Pull { .. } | Ends::Push { .. }, Some(path), _) => {
                self.wire.far_list = Some(OsStr::from_bytes(path).into());
                return Ok(());
            }
            (
                Ends::Pull { address, .. } | Ends::Push { address, .. },
                None,
                Ok(Operand::Shell {
                    address: there,
                    path,
                }),
            ) => {
                if there.host != address.host {
                    return Err(Refusal::plain(
                        "--files-from hostname is not the same as the transfer hostname",
                    ));
                }
                self.wire.far_list = Some(path);
                return Ok(());
            }
            _ if Operand::is_remote(file) => {
                return Err(Refusal::plain(
                    "--files-from cannot be remote when the transfer is local",
                ));
            }
            _ => {}
        }
        let marked = match ends {
            Ends::Pull { .. } => Marked::Name,
            Ends::Push { .. } | Ends::Local { .. } => Marked::Comment,
        };
        self.engine.select.files_from = self.list_of(file, marked).map(Some)?;
        Ok(())
    }

    /// The list that a client asks for: it is the client who goes by it, unless this side sends.
    pub(super) fn list_for_client(&self, marked: Marked) -> Result<Option<Arc<Names>>, Refusal> {
        match &self.files_from {
            Some(file) if !self.hears_names() => self.list_of(file, marked).map(Some),
            _ => Ok(None),
        }
    }

    /// Whether the list comes from the client.
    pub(super) fn hears_names(&self) -> bool {
        self.files_from.as_ref().is_some_and(|file| file == "-")
    }

    fn list_of(&self, file: &OsStr, marked: Marked) -> Result<Arc<Names>, Refusal> {
        let text = name_list::read(file, self.engine.symlinks.insecure).map_err(|e| {
            let text = format!(
                "failed to open files-from file {}: {}",
                file.to_string_lossy(),
                name_list::reason(&e)
            );
            match name_list::is_untrusted(&e) {
                true => Refusal::usage(format_args!("{text}\n{}", crate::sys::trusted::REFUSAL)),
                false => Refusal::usage(text),
            }
        })?;
        let mut names = Names::default();
        name_list::entries(&text, self.separator, marked).for_each(|name| names.push(name));
        Ok(Arc::new(names))
    }

    /// Links cannot be made usable again where what makes them unusable is there.
    pub(super) fn check_links(&self) -> Result<(), Refusal> {
        let unsafe_now =
            self.engine.symlinks.munge && std::path::Path::new("/rsyncd-munged").is_dir();
        if unsafe_now {
            return Err(Refusal::plain_with(
                "Symlink munging is unsafe when a /rsyncd-munged directory exists.",
                Code::Unsupported,
            ));
        }
        Ok(())
    }
}
