//! Whether two objects agree: times under `--modify-window`, and attributes under what is preserved. Pure
//! comparison of what was read before.

use super::Preserve;
use crate::sys::{Kind, Stat, Time};

/// `--modify-window`: how far apart two modification times may be and still count as the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tolerance(i64);

impl Tolerance {
    /// Zero compares whole seconds; more is seconds of difference allowed; less compares nanoseconds too.
    #[must_use]
    pub fn new(modify_window: i64) -> Tolerance {
        Tolerance(modify_window)
    }

    /// Whether two times count as one.
    #[must_use]
    pub fn same(self, a: Time, b: Time) -> bool {
        if self.0 < 0 {
            return a == b;
        }
        a.sec.abs_diff(b.sec) <= self.0.unsigned_abs()
    }

    /// Whether `-u` takes `a`, at the destination, as newer than `b`, at the source, and leaves it alone.
    ///
    /// As rsync does it, in whole seconds: a window of `n` seconds skips what is less than `n` seconds
    /// *older* too, and a negative one only what is more than `n` seconds newer.
    #[must_use]
    pub fn newer(self, a: Time, b: Time) -> bool {
        i128::from(a.sec) - i128::from(b.sec) > -i128::from(self.0)
    }
}

/// Which owners and groups this user can give to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Powers {
    /// Any owner and any group: the super-user.
    Any,
    /// No other owner, and only these groups: those the user belongs to, the effective one included.
    Groups(Vec<u32>),
}

impl Powers {
    /// Whether the owner can be changed.
    #[must_use]
    pub fn gives_owner(&self) -> bool {
        matches!(self, Powers::Any)
    }

    /// Whether devices can be made.
    #[must_use]
    pub fn makes_devices(&self) -> bool {
        self.gives_owner()
    }

    /// Whether files can be given to this group.
    #[must_use]
    pub fn gives_group(&self, gid: u32) -> bool {
        match self {
            Powers::Any => true,
            Powers::Groups(groups) => groups.contains(&gid),
        }
    }
}

/// Which preserved attributes differ and can be set: the `t`, `p`, `o`, `g` and `u` of rsync's itemized
/// lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// Modification time.
    pub time: bool,
    /// Access time.
    pub atime: bool,
    /// Permission bits.
    pub perms: bool,
    /// Owner.
    pub owner: bool,
    /// Group.
    pub group: bool,
}

impl Differences {
    /// Whether anything differs.
    #[must_use]
    pub fn any(self) -> bool {
        self.time || self.atime || self.perms || self.owner || self.group
    }
}

/// What of `dest` differs from `source`, an object of the same kind, and is to be set.
///
/// A symbolic link has no permissions of its own. An owner or group that this user cannot give is not
/// counted, so that a run without privileges settles.
#[must_use]
pub fn differences(
    source: &Stat,
    dest: &Stat,
    preserve: &Preserve,
    tolerance: Tolerance,
    powers: &Powers,
) -> Differences {
    Differences {
        time: preserve.keeps_mtime(source.kind) && !tolerance.same(source.mtime, dest.mtime),
        atime: preserve.keeps_atime(source.kind)
            && !tolerance.same(source.atime.whole(), dest.atime.whole()),
        perms: source.kind != Kind::Symlink && preserve.mode(source, dest) != dest.mode,
        owner: preserve.owner && source.uid != dest.uid && powers.gives_owner(),
        group: preserve.group && source.gid != dest.gid && powers.gives_group(source.gid),
    }
}

#[cfg(test)]
mod tests;
