//! What is told and counted of a session that sends.

use std::io;
use std::path::{Component, Path, PathBuf};

use super::shelf::Subject;
use super::walk::has_vanished;
use crate::delta::{Checksum, Digest, MAX_DIGEST, Origin as Moved};
use crate::engine::detail::long_name;
use crate::engine::error::shown;
use crate::engine::event::{
    Action, Changes, Details, Event, Item, Position, Report, Severity, Skip, Wants,
};
use crate::engine::options::Options;
use crate::engine::remote::{inconvertible, legible};
use crate::engine::run::{failed, failed_to};
use crate::engine::sides;
use crate::engine::sources::Note;
use crate::engine::tally::Tally;
use crate::sys::{Kind, as_path};
use crate::wire::{self, Checksums, IoErrors, ItemFlags, Protocol};

/// Whom things are told, and what they are measured by.
pub(super) struct Teller<'t> {
    pub options: &'t Options,
    pub report: &'t dyn Report,
    pub tally: &'t Tally,
    pub wants: Wants,
    pub protocol: Protocol,
    /// The checksums of the session.
    pub sums: Checksums,
    /// Paths of the sources.
    pub sources: Vec<PathBuf>,
    /// Top names that are told with a slash in front.
    pub rooted: Vec<Box<[u8]>>,
}

/// What moved for a file.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Traffic {
    pub moved: Moved,
    /// Bytes of the sums that asked for it.
    pub sums: u64,
    /// The sum of the file.
    pub digest: Option<Digest>,
}

impl Teller<'_> {
    pub(super) fn tell(&self, event: Event) {
        self.report.event(event);
    }

    /// What came up while a directory was chosen from or entered.
    pub(super) fn note(&self, note: Note) {
        match note {
            Note::Rule(event) => self.tell(event),
            Note::Fatal(_) => {}
            Note::NoReferent { operand, path } => {
                self.tally.set_list_error();
                let shown = shown(&self.source_path(operand, &path));
                self.say(
                    Severity::Plain,
                    format!("symlink has no referent: \"{shown}\""),
                );
            }
            Note::Followed { path, target } => self.tell(Event::UnsafeLink {
                path,
                target,
                copied: true,
            }),
            Note::MountPoint { path } if self.wants.skips => self.tell(Event::Skipped {
                path,
                kind: Kind::Dir,
                why: Skip::MountPoint,
            }),
            Note::MountPoint { .. } => {}
            Note::Vanished {
                operand,
                path,
                never_was,
            } => self.vanished(if never_was { "file" } else { "directory" }, operand, &path),
            Note::Closed {
                operand,
                path,
                error,
            } => {
                self.tally.set_list_error();
                self.tell(failed("opendir", &self.source_path(operand, &path), &error));
            }
        }
    }

    /// A directory could not be listed.
    pub(super) fn unlisted(&self, operand: usize, path: &Path, e: &io::Error) {
        if has_vanished(e) {
            return self.vanished("directory", operand, path);
        }
        self.tally.set_list_error();
        self.tell(failed("readdir", &self.source_path(operand, path), e));
    }

    /// An entry could not be looked at.
    pub(super) fn unseen(&self, operand: usize, path: &Path, e: &io::Error) {
        if has_vanished(e) {
            return self.vanished("file", operand, path);
        }
        self.tally.set_list_error();
        let (path, reason) = (
            shown(&self.source_path(operand, path)),
            crate::sys::reason(e),
        );
        self.say(
            Severity::Error,
            format!("readlink_stat(\"{path}\") failed: {reason}"),
        );
    }

    /// The target of a symbolic link could not be read.
    pub(super) fn unread_link(&self, operand: usize, path: &Path, e: &io::Error) {
        self.tally.set_partial();
        self.tell(failed("readlink", &self.source_path(operand, path), e));
    }

    /// A name has no form on the way (`--iconv`).
    pub(super) fn unspoken(&self, name: &[u8]) {
        let name = crate::tree::shown(as_path(name));
        self.inconvertible(&format!("filename: {name}"));
    }

    /// The target of a symbolic link has none.
    pub(super) fn unspoken_target(&self, operand: usize, path: &Path) {
        let link = shown(&self.source_path(operand, path));
        self.inconvertible(&format!("symlink data for: \"{link}\""));
    }

    fn inconvertible(&self, what: &str) {
        self.tally.set_list_error();
        self.say(Severity::Plain, inconvertible("sender", what));
    }

    /// ACLs or extended attributes of an entry could not be read.
    pub(super) fn unreadable(&self, operand: usize, path: &Path, name: &[u8], e: &io::Error) {
        self.tally.set_list_error();
        self.tell(sides::unreadable(&self.source_path(operand, path), name, e));
    }

    /// A file that was asked for could not be opened.
    pub(super) fn unopened(&self, subject: &Subject, e: &io::Error) {
        let operand = subject.place.operand.into();
        if has_vanished(e) {
            return self.vanished("file", operand, &subject.path);
        }
        self.tally.set_read_error();
        let path = self.source_path(operand, &subject.path);
        self.tell(failed_to("send_files failed to open", &path, e));
    }

    /// Reading a file broke off.
    pub(super) fn unread(&self, subject: &Subject, e: &io::Error) {
        self.tally.set_read_error();
        let path = self.source_path(subject.place.operand.into(), &subject.path);
        self.tell(failed_to("read errors mapping", &path, e));
    }

    fn vanished(&self, what: &str, operand: usize, path: &Path) {
        self.tally.set_vanished();
        let path = shown(&self.source_path(operand, path));
        self.say(Severity::Plain, format!("{what} has vanished: \"{path}\""));
    }

    pub(super) fn say(&self, severity: Severity, text: String) {
        self.tell(Event::Message { severity, text });
    }

    /// What the receiver says to people.
    pub(super) fn text(&self, severity: wire::Severity, text: &[u8]) {
        if severity == wire::Severity::ErrorXfer {
            self.tally.set_partial();
        }
        let tone = match severity {
            wire::Severity::Info => Severity::Notice,
            _ => Severity::Plain,
        };
        let text = legible(text);
        self.say(tone, text.strip_suffix('\n').unwrap_or(&text).to_owned());
    }

    /// The errors so far, as a peer is told them.
    pub(super) fn errors(&self) -> IoErrors {
        let mut errors = IoErrors::NONE;
        if self.tally.list_error() || self.tally.read_error() {
            errors |= IoErrors::GENERAL;
        }
        if self.tally.has_vanished() {
            errors |= IoErrors::VANISHED;
        }
        errors
    }

    /// The path of an entry at its source.
    pub(super) fn source_path(&self, operand: usize, path: &Path) -> PathBuf {
        let base = self.sources.get(operand).or(self.sources.first());
        base.map_or_else(|| path.to_owned(), |base| base.join(path))
    }

    /// The path of an entry as it is told.
    pub(super) fn told(&self, path: &Path) -> PathBuf {
        let Some(Component::Normal(top)) = path.components().next() else {
            return PathBuf::from(".");
        };
        let mut rooted = self.rooted.iter();
        match rooted.any(|rooted| as_path(rooted) == Path::new(top)) {
            true => Path::new("/").join(path),
            false => path.to_owned(),
        }
    }

    /// Counts and tells what the receiver did about an entry, or that a file is about to be sent.
    pub(super) fn item(&self, subject: &Subject, item: &wire::Item) {
        if item.flags.contains(ItemFlags::IS_NEW) {
            self.tally.created(subject.kind);
        }
        let (action, changes) = (action(item), changes(self, subject, item.flags));
        if self.wants.items && (self.wants.unchanged || action.changes() || changes.any()) {
            let item = self.line(subject, action, changes, Traffic::default());
            self.tell(Event::Item(item));
        }
        if action_is_transfer(item) && self.wants.progress && !self.options.dry_run {
            self.tell(Event::FileStarted {
                path: subject.path.clone(),
                size: subject.size,
            });
        }
    }

    /// Counts and tells that a file is sent.
    pub(super) fn sent(
        &self,
        subject: &Subject,
        item: &wire::Item,
        traffic: Traffic,
        ahead: u64,
        growing: bool,
    ) {
        let Moved { literal, matched } = traffic.moved;
        self.tally.transferred(subject.size, literal, matched);
        if self.wants.progress && !self.options.dry_run {
            self.tell(Event::FileFinished {
                path: subject.path.clone(),
                size: subject.size,
                position: self.position(ahead, growing),
            });
        }
        if self.wants.arrivals {
            let changes = changes(self, subject, item.flags);
            let item = self.line(subject, Action::Transfer, changes, traffic);
            self.tell(Event::Arrived(item));
        }
    }

    /// How far the run is; `ahead` entries are still to be dealt with, and more may come if it is `growing`.
    pub(super) fn position(&self, ahead: u64, growing: bool) -> Position {
        let known = self.tally.known();
        Position {
            number: self.tally.transfers(),
            to_check: ahead.min(known.entries),
            known: known.entries,
            known_bytes: known.bytes,
            growing,
        }
    }

    /// The checksum of a file, where somebody wants it: the one that it was listed with, else that of its transfer.
    fn checksum(&self, subject: &Subject, action: &Action, traffic: Traffic) -> Option<String> {
        if !self.wants.checksum || subject.kind != Kind::File {
            return None;
        }
        if self.options.compare.checksum {
            let digest = Digest::from_bytes(subject.checksum.as_deref()?)?;
            return Some(self.sums.listing.hex(&digest));
        }
        let sum = self.sums.transfer;
        let is_summed = *action == Action::Transfer && sum != Checksum::None;
        // A trial run shows zeros.
        let zeros = || Digest::from_bytes(&[0; MAX_DIGEST][..sum.digest_len()]);
        let digest = traffic.digest.or_else(zeros).filter(|_| is_summed)?;
        Some(sum.hex(&digest))
    }

    fn line(&self, subject: &Subject, action: Action, changes: Changes, traffic: Traffic) -> Item {
        let keep = &self.options.preserve;
        let details = self.wants.details.then(|| {
            let source = self.source_path(subject.place.operand.into(), &subject.path);
            Box::new(Details {
                source: long_name(&source),
                mode: subject.mode,
                mtime: subject.mtime,
                owner: keep.owner.then_some(subject.uid),
                group: keep.group.then_some(subject.gid),
                moved: traffic.moved.literal,
                sums: traffic.sums,
                checksum: self.checksum(subject, &action, traffic),
            })
        });
        Item {
            path: self.told(&subject.path),
            kind: subject.kind,
            action,
            changes,
            size: subject.size,
            link: subject.target.as_deref().map(|to| as_path(to).to_owned()),
            details,
        }
    }
}

fn action_is_transfer(item: &wire::Item) -> bool {
    item.flags.contains(ItemFlags::TRANSFER)
}

fn action(item: &wire::Item) -> Action {
    let leader = item.xname.as_deref();
    let flags = item.flags;
    if flags.contains(ItemFlags::TRANSFER) {
        Action::Transfer
    } else if !flags.contains(ItemFlags::LOCAL_CHANGE) {
        Action::Attributes
    } else if let Some(leader) = leader {
        let leader = (!leader.is_empty()).then(|| as_path(leader).to_owned());
        Action::HardLink { leader }
    } else {
        Action::Create
    }
}

fn changes(teller: &Teller<'_>, subject: &Subject, flags: ItemFlags) -> Changes {
    let has = |flag| flags.contains(flag);
    let is_link = subject.kind == Kind::Symlink;
    let keeps_time = teller.options.preserve.times && !(is_link && has(ItemFlags::REPORT_SIZE));
    let time = has(ItemFlags::REPORT_TIME) || (is_link && has(ItemFlags::REPORT_SIZE));
    Changes {
        new: has(ItemFlags::IS_NEW),
        unknown: teller.protocol < Protocol::V29,
        value: has(ItemFlags::REPORT_CHANGE),
        size: has(ItemFlags::REPORT_SIZE) && !is_link,
        time: time && keeps_time,
        time_now: time && !keeps_time,
        perms: has(ItemFlags::REPORT_PERMS),
        owner: has(ItemFlags::REPORT_OWNER),
        group: has(ItemFlags::REPORT_GROUP),
        atime: has(ItemFlags::REPORT_ATIME),
        acl: has(ItemFlags::REPORT_ACL),
        xattrs: has(ItemFlags::REPORT_XATTR),
    }
}
