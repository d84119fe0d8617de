//! What is to be done about one entry: the quick check and rsync's rules around it. Looks at metadata
//! only; what needs content is asked of the caller.

use std::io;

use crate::sys::{Kind, Stat, Time, process};
use crate::tree::{Chmod, MetaChange, Owners, Powers, Preserve, Tolerance, differences};

use super::event::{Changes, Skip};
use super::extended::{Keeping, Sides, Unlike};
use super::options::Compare;

/// The verdict on one entry that is not a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Not looked at any further.
    Skip(Skip),
    /// Equal in all that is kept.
    Keep,
    /// Content is right, attributes are not.
    Touch(Changes),
    /// The object is made anew: `changes.new` where nothing of its kind was there.
    Make(Changes),
    /// An alternate directory has it, but for these attributes.
    Adopt(Changes),
    /// An alternate directory has it, and the destination need not.
    LeaveOut,
}

impl Decision {
    /// Another decision instead, unless the entry is not looked at any further.
    pub(super) fn or_by(self, other: impl FnOnce() -> Decision) -> Decision {
        match self {
            Decision::Skip(_) => self,
            _ => other(),
        }
    }
}

/// Decides, with everything that stays the same over a run.
#[derive(Debug)]
pub(super) struct Planner {
    pub preserve: Preserve,
    pub compare: Compare,
    /// Which owners and groups this process may give.
    pub powers: Powers,
    /// The umask in force when the program began.
    pub umask: u32,
    pub chmod: Chmod,
    pub owners: Owners,
    /// What is kept of ACLs and extended attributes.
    pub keeping: Keeping,
}

impl Planner {
    fn tolerance(&self) -> Tolerance {
        Tolerance::new(self.compare.modify_window)
    }

    /// Metadata of the source as it is to be at the destination.
    pub(super) fn adjust(&self, mut source: Stat) -> Stat {
        if source.kind != Kind::Symlink {
            source.mode = self.chmod.apply(source.mode, source.is_dir(), self.umask);
        }
        source.uid = self.owners.user(source.uid);
        source.gid = self.owners.group(source.gid);
        source
    }

    /// Decides on `source`, given what is at the destination. `same_content` compares two files by
    /// content (with `-c`), the targets of two links, and is not called for other kinds.
    pub(super) fn decide(
        &self,
        source: &Stat,
        live: Option<&Stat>,
        unlike: Unlike,
        same_content: impl FnOnce() -> io::Result<bool>,
    ) -> io::Result<Decision> {
        let Some(live) = live else {
            let skip = self.compare.existing;
            return Ok(match self.by_size(source) {
                _ if skip => Decision::Skip(Skip::NotCreating),
                Some(why) => Decision::Skip(why),
                None => Decision::Make(NEW),
            });
        };
        if self.compare.ignore_existing {
            return Ok(Decision::Skip(Skip::Exists));
        }
        if let Some(why) = self.by_size(source) {
            return Ok(Decision::Skip(why));
        }
        if !live.kind.is_like(source.kind) {
            return Ok(Decision::Make(NEW));
        }
        if self.compare.update
            && source.kind == Kind::File
            && self.tolerance().newer(live.mtime, source.mtime)
        {
            return Ok(Decision::Skip(Skip::Newer));
        }
        let same = match source.kind {
            Kind::File => self.same_file(source, live, same_content)?,
            Kind::Symlink => same_content()?,
            Kind::CharDevice | Kind::BlockDevice => {
                source.kind == live.kind && source.rdev == live.rdev
            }
            Kind::Fifo | Kind::Socket | Kind::Dir => source.kind == live.kind,
        };
        let changes = unlike.and(self.differences(source, live));
        if same {
            return Ok(if changes.any() {
                Decision::Touch(changes)
            } else {
                Decision::Keep
            });
        }
        Ok(Decision::Make(match source.kind {
            Kind::File => self.brought(source, live, changes),
            kind => Changes {
                value: true,
                time_now: !self.preserve.times,
                time: changes.time || (self.preserve.times && !self.preserve.keeps_mtime(kind)),
                ..changes
            },
        }))
    }

    /// What changes about a file whose content is brought over what `old` has, which is unlike in `changes` besides.
    pub(super) fn brought(&self, source: &Stat, old: &Stat, changes: Changes) -> Changes {
        Changes {
            value: self.compare.checksum,
            size: source.size != old.size,
            time_now: !self.preserve.times,
            ..changes
        }
    }

    /// Why a file is passed over for its size.
    fn by_size(&self, source: &Stat) -> Option<Skip> {
        if source.kind != Kind::File {
            return None;
        }
        if self.compare.max_size.is_some_and(|max| source.size > max) {
            return Some(Skip::TooLarge);
        }
        let too_small = self.compare.min_size.is_some_and(|min| source.size < min);
        too_small.then_some(Skip::TooSmall)
    }

    pub(super) fn same_file(
        &self,
        source: &Stat,
        live: &Stat,
        same_content: impl FnOnce() -> io::Result<bool>,
    ) -> io::Result<bool> {
        if source.size != live.size {
            return Ok(false);
        }
        if self.compare.checksum {
            return same_content();
        }
        if self.compare.ignore_times {
            return Ok(false);
        }
        Ok(self.compare.size_only || self.tolerance().same(source.mtime, live.mtime))
    }

    /// Which kept attributes differ, as `-i` shows them.
    pub(super) fn differences(&self, source: &Stat, live: &Stat) -> Changes {
        let found = differences(source, live, &self.preserve, self.tolerance(), &self.powers);
        Changes {
            time: found.time,
            perms: found.perms,
            owner: found.owner,
            group: found.group,
            atime: found.atime,
            ..Changes::default()
        }
    }

    /// The attributes to set where only `changes` differ from what `live` has.
    pub(super) fn change_for(
        &self,
        source: &Stat,
        live: &Stat,
        sides: Option<&Sides>,
        changes: &Changes,
    ) -> MetaChange {
        // A new owner clears set-id bits: the mode is set again behind it.
        let owned = changes.owner || changes.group;
        let special = owned && self.preserve.perms && source.mode & 0o6000 != 0;
        let unlike = Unlike::of(changes);
        let mode = self.preserve.mode(source, live);
        let xattrs = sides.and_then(|sides| sides.edits(self.keeping, mode, unlike));
        MetaChange {
            mode: (changes.perms || special || xattrs.is_some()).then_some(mode),
            uid: changes.owner.then_some(source.uid),
            gid: changes.group.then_some(source.gid),
            mtime: changes.time.then_some(source.mtime),
            atime: changes.atime.then_some(source.atime.whole()),
            xattrs,
        }
    }

    /// The attributes of an object that is made for `source` in place of `live`, in a directory whose
    /// default ACL gives it `inherited` at most, if there is one.
    pub(super) fn attributes_of_new(
        &self,
        source: &Stat,
        live: Option<&Stat>,
        sides: Option<&Sides>,
        inherited: Option<u32>,
    ) -> MetaChange {
        let same_kind = live.filter(|live| live.kind.is_like(source.kind));
        let mode = match same_kind {
            _ if self.preserve.perms => source.mode,
            Some(live) => self.preserve.mode(source, live),
            None => source.mode & self.allowed(inherited),
        };
        let edits = |sides: &Sides| {
            sides.edits_of_new(self.keeping, source.kind, mode, inherited.is_some())
        };
        MetaChange {
            mode: Some(mode),
            uid: (self.preserve.owner && self.powers.gives_owner()).then_some(source.uid),
            gid: (self.preserve.group && self.powers.gives_group(source.gid)).then_some(source.gid),
            mtime: (self.preserve.keeps_mtime(source.kind)).then_some(source.mtime),
            atime: (self.preserve.keeps_atime(source.kind)).then_some(source.atime.whole()),
            xattrs: sides.and_then(edits),
        }
    }

    /// The permission bits that a new object can have without `-p`: what the default ACL of its directory
    /// gives, else what the umask leaves.
    pub(super) fn allowed(&self, inherited: Option<u32>) -> u32 {
        0o777 & inherited.unwrap_or(!self.umask)
    }

    /// What a directory is like that was made a moment ago.
    pub(super) fn just_made(&self) -> Stat {
        let now = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
        let mtime = Time {
            sec: i64::try_from(now.as_secs()).unwrap_or_default(),
            nsec: now.subsec_nanos(),
        };
        Stat {
            kind: Kind::Dir,
            mode: 0o777 & !self.umask,
            uid: process::uid(),
            gid: process::gid(),
            size: 0,
            atime: mtime,
            mtime,
            ctime: mtime,
            btime: mtime,
            rdev: (0, 0),
            dev: (0, 0),
            ino: 0,
            nlink: 2,
            blocks: 0,
        }
    }

    /// Whether entries of this kind take part at all.
    pub(super) fn takes(&self, kind: Kind) -> bool {
        match kind {
            Kind::File | Kind::Dir => true,
            Kind::Symlink => self.preserve.links,
            Kind::CharDevice | Kind::BlockDevice => {
                self.preserve.devices && self.powers.makes_devices()
            }
            Kind::Fifo | Kind::Socket => self.preserve.specials,
        }
    }
}

/// The changes of an entry that is new.
pub(super) const NEW: Changes = Changes {
    unknown: false,
    new: true,
    value: false,
    size: false,
    time: false,
    time_now: false,
    perms: false,
    owner: false,
    group: false,
    atime: false,
    acl: false,
    xattrs: false,
};
