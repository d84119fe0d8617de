//! What takes part of what the operands name.

use std::sync::Arc;

/// Which entries of the sources take part.
#[derive(Clone, Debug, Default)]
pub struct Select {
    /// `-d`: directories themselves take part, and one level of those that are named with a slash.
    pub dirs: bool,
    /// `-R`: the whole path of a source is kept, or what follows a `/./` in it.
    pub relative: bool,
    /// `--no-implied-dirs`: directories above a source are not part of the transfer themselves.
    pub no_implied_dirs: bool,
    /// `--files-from`: names below the one source; nothing else takes part.
    pub files_from: Option<Arc<Names>>,
    /// `-x`, `-xx`.
    pub boundary: Boundary,
    /// `-m`: directories in which nothing takes part do not either.
    pub prune_empty: bool,
    /// What a source that is not there means.
    pub missing: Missing,
    /// `--mkpath`: directories above the destination are made.
    pub mkpath: bool,
    /// `--list-only`, or no destination: what takes part is told, nothing is compared or written.
    pub list_only: bool,
}

/// How far a walk goes across file systems.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Boundary {
    /// Anywhere.
    #[default]
    None,
    /// `-x`: to mount points, not into them.
    AtMounts,
    /// `-xx`: mount points do not take part either.
    BeforeMounts,
}

/// What a source operand that is not there means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// An error.
    #[default]
    Error,
    /// `--ignore-missing-args`: nothing.
    Ignore,
    /// `--delete-missing-args`: what the destination has under its name goes.
    Delete,
}

/// Symbolic links that are not taken as what they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Symlinks {
    /// `-L`: what a link leads to takes its place.
    pub follow: bool,
    /// `-k`: the same for links to directories.
    pub follow_dirs: bool,
    /// `--copy-unsafe-links`: the same for links that lead out of the transfer.
    pub follow_unsafe: bool,
    /// `--safe-links`: links that lead out of the transfer are left out.
    pub leave_unsafe: bool,
    /// `--munge-links`: links of a peer are made unusable; what made one of a source on this machine so is taken away.
    pub munge: bool,
    /// `-K`: a link to a directory at the destination stands for that directory.
    pub keep_dirs: bool,
    /// `--insecure-links`: links of other users are followed in the path of the destination.
    pub insecure: bool,
}

impl Symlinks {
    /// Whether any link of a source may be followed.
    #[must_use]
    pub fn follows(&self) -> bool {
        self.follow || self.follow_dirs || self.follow_unsafe
    }
}

/// A list of names, in one piece of memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(Vec<u8>);

impl Names {
    /// Adds a name, which holds no zero byte.
    pub fn push(&mut self, name: &[u8]) {
        self.0.extend_from_slice(name);
        self.0.push(0);
    }

    /// All names in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0
            .split_inclusive(|b| *b == 0)
            .map(|name| &name[..name.len() - 1])
    }
}
