//! The program at the other end: how it is started, what it is told, and what is left to it.

use std::ffi::{OsStr, OsString};

use super::Asked;
use crate::cli::exit::{Code, Refusal};
use crate::cli::far::{Far, Place};
use crate::cli::name_list::Separator;
use crate::cli::operands::{Ends, Keeper};
use crate::cli::server_args::{self, ForReceiver, Letters, OtherEnd, Task};
use crate::delta::Checksum;
use crate::engine::{AskedNames, Boundary, Missing, Partial, Symlinks};
use crate::stage::{CommitChoice, was_held_up};
use crate::transport::{Address, Program, Quoting};
use crate::tree::{Grammar, KeepXattrs};
use crate::wire::flist::Fields;
use crate::wire::handshake::{ChecksumWish, CompressionWish, Offer};
use crate::wire::{Capabilities, Compression, FilterNeed, Named, Protocol, Way};

/// What the other end is told when it is started.
type Told = (Vec<OsString>, Option<Vec<OsString>>);

impl Asked {
    /// The program that is to be started, if one end is on another machine; what it decides is taken out of the
    /// engine's options.
    pub(super) fn other_end(&mut self, ends: Ends) -> Result<Option<OtherEnd>, Refusal> {
        match ends {
            Ends::Local { .. } => Ok(None),
            Ends::Pull {
                address,
                keeper,
                paths,
                ..
            } => self.sender((address, keeper), &paths).map(Some),
            Ends::Push {
                address,
                keeper,
                path,
                ..
            } => self.receiver((address, keeper), &path).map(Some),
        }
    }

    fn sender(
        &mut self,
        (address, keeper): (Address, Keeper),
        paths: &[OsString],
    ) -> Result<OtherEnd, Refusal> {
        let place = self.place(address, keeper, paths)?;
        let incremental = self.takes_pieces() && !self.is_held_up_by_pieces();
        let capabilities = Capabilities::client(incremental);
        let dirs = !self.engine.recursive && self.names_dirs();
        let letters = self.letters(capabilities, dirs);
        self.wire.from0 = self.separator == Separator::Zero;
        let told = server_args::for_sender(&self.engine, &self.wire, &letters, paths);
        let rules = self.engine.rules.for_sender(self.grammar(), self.cvs);
        let rules = rules.map_err(|e| Refusal::plain_with(e.to_string(), Code::Protocol))?;
        let engine = &self.engine;
        let names = engine.select.files_from.clone();
        let asked = match (&names, &self.wire.far_list) {
            (Some(names), _) => AskedNames::listed(names, engine.select.relative),
            (None, Some(_)) => AskedNames::any(),
            (None, None) => AskedNames::new(
                &self.wire.within_module(paths),
                engine.select.relative,
                self.wire.quoting() != Quoting::OptionsOnly,
            ),
        };
        let task = Task::Sends {
            rules,
            names,
            asked,
        };
        let end = self.end(place, told, (Way::Receives, incremental), task)?;
        self.leave_to_sender(incremental);
        Ok(end)
    }

    fn receiver(
        &mut self,
        (address, keeper): (Address, Keeper),
        path: &OsStr,
    ) -> Result<OtherEnd, Refusal> {
        let place = self.place(address, keeper, &[path.to_owned()])?;
        let incremental = self.engine.recursive && !self.engine.whole_list;
        let points = self.engine.points.take();
        let mut capabilities = Capabilities::sending_client(incremental);
        if let Some(wanted) = &points {
            capabilities = capabilities.asking_point(&wanted.digits());
        }
        let deletes = self.engine.deletion.enabled;
        let dirs =
            !self.engine.recursive && (self.names_dirs() || (deletes && self.engine.select.dirs));
        let letters = self.letters(capabilities, dirs);
        let receiver = ForReceiver {
            log_format: self.told.log_format(),
            info: self.told.info_for_receiver(),
            stats: self.told.tells_stats(),
            fsync: self.fsync_given,
            says_when: self.delete_when.is_said(),
            delete_excluded: self.delete_excluded,
            partial_dir: match &self.engine.content.partial {
                Partial::Dir(dir) if self.names_partial_dir() => Some(dir.clone().into()),
                _ => None,
            },
            maps: self.maps.words(),
            by_blocks: self.whole_file_refused(),
        };
        self.wire.from0 = self.separator == Separator::Zero;
        let told = server_args::for_receiver(&self.engine, &self.wire, &letters, &receiver, path);
        let need = FilterNeed {
            delete: deletes,
            delete_excluded: self.delete_excluded,
            prune_empty_dirs: self.engine.select.prune_empty,
        };
        let rules = match need.is_sent(Way::Sends, self.wire.protocol()) {
            true => Some(self.engine.rules.for_receiver(self.grammar())),
            false => None,
        };
        let rules = rules
            .transpose()
            .map_err(|e| Refusal::plain_with(e.to_string(), Code::Protocol))?;
        let tells_manner =
            self.told.verbose > 0 && !self.engine.dry_run && !self.engine.select.list_only;
        let task = Task::Receives {
            rules,
            tells_manner,
            wants_point: points.is_some(),
            tells_names: self.wire.far_list.is_some(),
        };
        let end = self.end(place, told, (Way::Sends, incremental), task)?;
        self.leave_to_receiver();
        Ok(end)
    }

    fn letters(&self, capabilities: Capabilities, dirs: bool) -> Letters {
        let is_new = self.wire.protocol() >= Protocol::V30;
        Letters {
            verbose: self.told.verbose,
            quiet: self.told.is_quiet(),
            backup: self.engine.backups.is_some(),
            whole_file: self.whole_file_given(),
            dirs,
            cvs: self.cvs,
            compress: self.wire.compresses() && self.wire.compression.is_none(),
            capabilities: is_new.then_some(capabilities),
        }
    }

    fn grammar(&self) -> Grammar {
        match self.wire.protocol() {
            protocol if protocol < Protocol::V29 => Grammar::Old,
            protocol if protocol < Protocol::V30 => Grammar::Typed,
            _ => Grammar::Full,
        }
    }

    fn end(
        &self,
        place: Place,
        (args, secluded): Told,
        (way, incremental): (Way, bool),
        task: Task,
    ) -> Result<OtherEnd, Refusal> {
        let path = self.wire.program.clone().unwrap_or_else(|| "rsync".into());
        Ok(OtherEnd {
            far: Far {
                place,
                program: Program { path, args },
                secluded,
                version: self.wire.protocol().number(),
                motd: self.wire.daemon.motd(),
            },
            offer: self.offer(way),
            incremental,
            fields: self.fields(),
            charset: self.wire.charset()?,
            timeout: self.wire.timeout,
            task,
        })
    }

    pub(super) fn offer(&self, way: Way) -> Offer {
        let sums = self.engine.compare.sums;
        let checksums = match self.wire.checksum_choice.is_some() {
            true => ChecksumWish::Chosen(sums.transfer, sums.compare),
            false => ChecksumWish::Negotiate(Checksum::PREFERRED.to_vec()),
        };
        let compression = match self.wire.compression {
            Some(chosen) => CompressionWish::Chosen(chosen),
            None if self.wire.compresses() => {
                CompressionWish::Negotiate(Compression::PREFERRED.to_vec())
            }
            None => CompressionWish::Off,
        };
        Offer {
            way,
            checksums,
            compression,
            level: self.wire.level,
            remove_source_files: self.engine.remove_source.is_some(),
        }
    }

    pub(super) fn fields(&self) -> Fields {
        let (engine, keep) = (&self.engine, &self.engine.preserve);
        Fields {
            owners: keep.owner,
            groups: keep.group,
            links: keep.links,
            devices: keep.devices,
            specials: keep.specials,
            hard_links: keep.hard_links,
            checksums: engine.compare.checksum,
            atimes: keep.atimes,
            acls: keep.acls,
            xattrs: keep.xattrs != KeepXattrs::No,
            numeric_ids: engine.adjust.users.is_numeric(),
            relative: engine.select.relative,
            recurse: engine.recursive,
            missing_args: engine.select.missing == Missing::Delete,
        }
    }

    /// Whether rsync would have the whole list first.
    pub(super) fn rsync_lists_whole(&self) -> bool {
        let engine = &self.engine;
        self.wire.protocol() < Protocol::V30
            || engine.whole_list
            || engine.deletion.needs_whole_list()
            || engine.content.delay_updates
            || engine.select.prune_empty
    }

    /// Whether lists may come directory by directory.
    pub(super) fn takes_pieces(&self) -> bool {
        let engine = &self.engine;
        engine.recursive
            && !self.rsync_lists_whole()
            // Known of the whole list only: the names of one file, and where links of the destination meet.
            && !engine.preserve.hard_links
            && !engine.symlinks.keep_dirs
            // The sender forgets lists that are through, and could not remove what stood in them.
            && engine.remove_source.is_none()
    }

    /// Whether the last pull had to wait for lists that came in pieces, and all but time is the same with a whole one:
    /// rules of several sources, and what is missing of what was named, are not.
    fn is_held_up_by_pieces(&self) -> bool {
        let (engine, wire) = (&self.engine, &self.wire);
        let is_one = engine.sources.len() == 1
            && engine.select.files_from.is_none()
            && wire.far_list.is_none()
            && engine.select.missing == Missing::Error;
        is_one && !self.wants_pieces && !engine.select.list_only && was_held_up(&engine.dest)
    }

    pub(super) fn leave_to_sender(&mut self, incremental: bool) {
        let engine = &mut self.engine;
        engine.symlinks = Symlinks {
            follow: false,
            follow_dirs: false,
            follow_unsafe: false,
            ..engine.symlinks
        };
        engine.select.boundary = Boundary::None;
        engine.select.files_from = None;
        engine.content.copy_devices = false;
        // The sender keeps to it.
        engine.content.rate = None;
        engine.whole_list |= !incremental;
    }

    fn leave_to_receiver(&mut self) {
        // It prunes by what is there, and by what its own rules protect.
        self.engine.select.prune_empty = false;
        self.engine.whole_list |= self.rsync_lists_whole();
    }

    /// What only a destination on this machine has.
    pub(super) fn refuse_for_receivers(&self) -> Result<(), Refusal> {
        let stage = &self.engine.stage;
        let chosen = stage.commit != CommitChoice::Auto && self.engine.why_direct.is_none();
        for (given, name) in [
            (chosen, "--commit"),
            (!stage.gates.is_empty(), "--gate"),
            (!stage.require_files.is_empty(), "--require-file"),
            (
                stage.delete_guard.is_some() && !self.wire.guards_edits,
                "--delete-guard",
            ),
            (stage.only_complete, "--commit-only-complete"),
            (self.previous_given, "--previous"),
        ] {
            if given {
                return Err(Refusal::unsupported(format_args!(
                    "{name} works where the destination is, and that is another machine"
                )));
            }
        }
        Ok(())
    }
}
