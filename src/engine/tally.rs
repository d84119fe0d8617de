//! Counting, from several threads.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use std::sync::OnceLock;
use std::time::Duration;

use crate::sys::Kind;

use super::event::{Counts, Outcome, Search, Stats, Traffic};
use super::survey::Totals;
use crate::delta::Tries;
use crate::wire::{DeletionStats, Statistics};

#[derive(Default)]
struct KindCounts([AtomicU64; 5]);

impl KindCounts {
    fn add(&self, kind: Kind, n: u64) {
        let index = match kind {
            Kind::File => 0,
            Kind::Dir => 1,
            Kind::Symlink => 2,
            Kind::CharDevice | Kind::BlockDevice => 3,
            Kind::Fifo | Kind::Socket => 4,
        };
        self.0[index].fetch_add(n, Relaxed);
    }

    fn get(&self) -> Counts {
        let [files, dirs, links, devices, specials] = &self.0;
        Counts {
            files: files.load(Relaxed),
            dirs: dirs.load(Relaxed),
            links: links.load(Relaxed),
            devices: devices.load(Relaxed),
            specials: specials.load(Relaxed),
        }
    }
}

/// The numbers of a run while it runs.
#[derive(Default)]
pub(super) struct Tally {
    listed: KindCounts,
    created: KindCounts,
    deleted: KindCounts,
    transferred: AtomicU64,
    total_size: AtomicU64,
    transferred_size: AtomicU64,
    literal: AtomicU64,
    matched: AtomicU64,
    list_bytes: AtomicU64,
    list_nanos: AtomicU64,
    deletions_skipped: AtomicU64,
    /// Entries seen at the destination, for the guard on deletions.
    live_entries: AtomicU64,
    matches: AtomicU64,
    hits: AtomicU64,
    false_alarms: AtomicU64,
    /// Entries of the list that were passed, for progress.
    passed: AtomicU64,
    partial: AtomicBool,
    missing: AtomicBool,
    vanished: AtomicBool,
    list_error: AtomicBool,
    read_error: AtomicBool,
    blocked_told: AtomicBool,
    sender: OnceLock<Statistics>,
}

impl Tally {
    pub(super) fn listed(&self, kind: Kind, size: u64) {
        self.listed.add(kind, 1);
        if matches!(kind, Kind::File | Kind::Symlink) {
            self.total_size.fetch_add(size, Relaxed);
        }
    }

    /// The same for entries that a survey counted.
    pub(super) fn listed_unseen(&self, kinds: &Counts, bytes: u64) {
        for (kind, n) in [
            (Kind::File, kinds.files),
            (Kind::Dir, kinds.dirs),
            (Kind::Symlink, kinds.links),
            (Kind::BlockDevice, kinds.devices),
            (Kind::Fifo, kinds.specials),
        ] {
            self.listed.add(kind, n);
        }
        self.total_size.fetch_add(bytes, Relaxed);
    }

    pub(super) fn names(&self, bytes: usize) {
        self.list_bytes.fetch_add(bytes as u64, Relaxed);
    }

    /// Listing a directory took so long.
    pub(super) fn listing_took(&self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.list_nanos.fetch_add(nanos, Relaxed);
    }

    pub(super) fn created(&self, kind: Kind) {
        self.created.add(kind, 1);
    }

    pub(super) fn deleted(&self, kind: Kind) {
        self.deleted.add(kind, 1);
    }

    /// What a receiver at the other end deleted.
    pub(super) fn deleted_there(&self, told: DeletionStats) {
        for (kind, count) in [
            (Kind::File, told.files),
            (Kind::Dir, told.dirs),
            (Kind::Symlink, told.symlinks),
            (Kind::BlockDevice, told.devices),
            (Kind::Fifo, told.specials),
        ] {
            self.deleted.add(kind, count.into());
        }
    }

    /// Counts a transferred file.
    pub(super) fn transferred(&self, size: u64, literal: u64, matched: u64) {
        self.transferred_size.fetch_add(size, Relaxed);
        self.literal.fetch_add(literal, Relaxed);
        self.matched.fetch_add(matched, Relaxed);
        self.transferred.fetch_add(1, Relaxed);
    }

    /// Blocks were looked for on behalf of a receiver at the other end.
    pub(super) fn searched(&self, matches: u64, tries: Tries) {
        self.matches.fetch_add(matches, Relaxed);
        self.hits.fetch_add(tries.hits, Relaxed);
        self.false_alarms.fetch_add(tries.false_alarms, Relaxed);
    }

    pub(super) fn live(&self, n: usize) {
        self.live_entries.fetch_add(n as u64, Relaxed);
    }

    pub(super) fn live_entries(&self) -> u64 {
        self.live_entries.load(Relaxed)
    }

    pub(super) fn deleted_kinds(&self) -> Counts {
        self.deleted.get()
    }

    /// What the sender counted on the wire.
    pub(super) fn sender_told(&self, told: Statistics) {
        let _ = self.sender.set(told);
    }

    pub(super) fn deletions(&self) -> u64 {
        self.deleted.get().total()
    }

    /// Forgets all deletions, which were taken back; says how many there were.
    pub(super) fn forget_deletions(&self) -> u64 {
        self.deleted
            .0
            .iter()
            .map(|count| count.swap(0, Relaxed))
            .sum()
    }

    /// Nothing is deleted after all: no limit stopped it.
    pub(super) fn forget_skipped(&self) {
        self.deletions_skipped.store(0, Relaxed);
    }

    pub(super) fn deletion_skipped(&self) {
        self.deletions_skipped.fetch_add(1, Relaxed);
    }

    /// Something could not be transferred.
    pub(super) fn set_partial(&self) {
        self.partial.store(true, Relaxed);
    }

    /// A source operand is not there.
    pub(super) fn set_missing(&self) {
        self.missing.store(true, Relaxed);
    }

    fn is_partial(&self) -> bool {
        self.partial.load(Relaxed) || self.missing.load(Relaxed)
    }

    /// A source file was gone when its turn came.
    pub(super) fn set_vanished(&self) {
        self.vanished.store(true, Relaxed);
    }

    pub(super) fn has_vanished(&self) -> bool {
        self.vanished.load(Relaxed)
    }

    /// The source's list is incomplete: nothing may be deleted on its word. True the first time.
    pub(super) fn set_list_error(&self) -> bool {
        self.set_partial();
        !self.list_error.swap(true, Relaxed)
    }

    pub(super) fn list_error(&self) -> bool {
        self.list_error.load(Relaxed)
    }

    /// A source file could not be read: what comes last deletes nothing either.
    pub(super) fn set_read_error(&self) {
        self.set_partial();
        self.read_error.store(true, Relaxed);
    }

    pub(super) fn read_error(&self) -> bool {
        self.read_error.load(Relaxed)
    }

    /// True once: deletion was held back for the first time.
    pub(super) fn first_blocked_deletion(&self) -> bool {
        !self.blocked_told.swap(true, Relaxed)
    }

    /// Whether everything that was asked for could be done.
    pub(super) fn complete(&self) -> bool {
        !self.is_partial() && !self.vanished.load(Relaxed)
    }

    /// Transferred files so far.
    pub(super) fn transfers(&self) -> u64 {
        self.transferred.load(Relaxed)
    }

    /// So many more entries of the list were passed. As in rsync the directories of a listing are behind its
    /// other entries, before what is in them.
    pub(super) fn pass(&self, n: usize) {
        self.passed.fetch_add(n as u64, Relaxed);
    }

    /// Entries of the list that were passed.
    pub(super) fn passed(&self) -> u64 {
        self.passed.load(Relaxed)
    }

    /// How much of the list is known as the run goes on.
    pub(super) fn known(&self) -> Totals {
        Totals {
            entries: self.listed.get().total(),
            bytes: self.total_size.load(Relaxed),
        }
    }

    pub(super) fn outcome(&self) -> Outcome {
        Outcome {
            stats: Stats {
                listed: self.listed.get(),
                created: Some(self.created.get()),
                deleted: Some(self.deleted.get()),
                transferred: self.transferred.load(Relaxed),
                total_size: self.total_size.load(Relaxed),
                transferred_size: self.transferred_size.load(Relaxed),
                literal: self.literal.load(Relaxed),
                matched: self.matched.load(Relaxed),
                list_nanos: self.list_nanos.load(Relaxed),
                list_bytes: self.list_bytes.load(Relaxed),
                search: Search {
                    matches: self.matches.load(Relaxed),
                    hits: self.hits.load(Relaxed),
                    false_alarms: self.false_alarms.load(Relaxed),
                },
                wire: self.sender.get().map(|told| Traffic {
                    sent: told.server_read.unsigned_abs(),
                    received: told.server_written.unsigned_abs(),
                }),
            },
            partial: self.is_partial(),
            only_missing: !self.partial.load(Relaxed),
            vanished: self.vanished.load(Relaxed),
            deletions_skipped: self.deletions_skipped.load(Relaxed),
        }
    }
}
