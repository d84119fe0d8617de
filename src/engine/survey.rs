//! A pass over the sources before or beside the transfer, for what can only be known of a whole list: how
//! many names a file has in it (`-H`), and how many entries there are (progress).

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::sys::{Dir, Kind, Stat, as_path};
use crate::tree::Scope;

use super::directory::open_source;
use super::event::Counts;
use super::filter::{Asked, Filter};
use super::node::{Origin, Part};

/// What makes two names one file: device and inode.
pub(super) type FileId = ((u32, u32), u64);

/// What makes this object one file.
pub(super) fn file_id(stat: &Stat) -> FileId {
    (stat.dev, stat.ino)
}

/// How much a list holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    /// Entries.
    pub entries: u64,
    /// Bytes of regular files and symbolic links; 0 where sizes were not wanted.
    pub bytes: u64,
}

/// What a survey found.
#[derive(Default)]
pub(super) struct Survey {
    /// Size of the list.
    pub totals: Totals,
    /// Names within the list of every file that has several names anywhere.
    pub names: HashMap<FileId, usize>,
    /// Entries by kind, where files were looked at.
    pub kinds: Counts,
    /// Some directory could not be read.
    pub incomplete: bool,
}

/// How to look.
#[derive(Clone, Copy)]
pub(super) struct Surveyor<'s> {
    pub recursive: bool,
    /// A directory that takes no part.
    pub own_root: Option<FileId>,
    pub filter: Filter<'s>,
    /// Whether the names of files with several links are wanted, or the sizes of files; else no file is
    /// looked at itself.
    pub files: bool,
}

impl Surveyor<'_> {
    /// Looks at everything below the sources until `stop` is set. What cannot be read is left to the
    /// transfer to report.
    pub(super) fn survey(&self, sources: &[Origin], stop: &AtomicBool) -> Survey {
        let mut survey = Survey::default();
        for origin in sources {
            match &origin.part {
                Part::Content => {
                    survey.totals.entries += 1;
                    self.dir(
                        (&origin.dir, &origin.scope),
                        Path::new(""),
                        &mut survey,
                        stop,
                    );
                }
                Part::Name(name) => {
                    let around = (&origin.dir, &origin.scope);
                    self.name(around, Path::new(""), (name, None), &mut survey, stop);
                }
            }
        }
        survey
    }

    /// Looks at everything in a directory, but not at the directory itself.
    pub(super) fn below(&self, sources: &[Origin], path: &Path, stop: &AtomicBool) -> Survey {
        let mut survey = Survey::default();
        for origin in sources {
            self.dir((&origin.dir, &origin.scope), path, &mut survey, stop);
        }
        survey
    }

    fn dir(
        &self,
        (dir, scope): (&Dir, &Scope),
        path: &Path,
        survey: &mut Survey,
        stop: &AtomicBool,
    ) {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let Ok(listing) = dir.list() else {
            survey.incomplete = true;
            return;
        };
        for listed in listing.iter() {
            self.name((dir, scope), path, (listed.name, listed.kind), survey, stop);
        }
    }

    fn name(
        &self,
        (dir, scope): (&Dir, &Scope),
        path: &Path,
        (name, kind): (&[u8], Option<Kind>),
        survey: &mut Survey,
        stop: &AtomicBool,
    ) {
        if !self.files && kind.is_some_and(|kind| kind != Kind::Dir) {
            survey.totals.entries += u64::from(!self.is_excluded(scope, path, name, false));
            return;
        }
        let Ok(stat) = dir.stat(name) else { return };
        let own = stat.is_dir() && self.own_root == Some(file_id(&stat));
        if own || self.is_excluded(scope, path, name, stat.is_dir()) {
            return;
        }
        survey.totals.entries += 1;
        survey.kinds.add(stat.kind);
        if stat.is_dir() {
            if self.recursive {
                self.child((dir, scope), &path.join(as_path(name)), name, survey, stop);
            }
            return;
        }
        if matches!(stat.kind, Kind::File | Kind::Symlink) {
            survey.totals.bytes += stat.size;
        }
        if stat.nlink > 1 {
            *survey.names.entry(file_id(&stat)).or_default() += 1;
        }
    }

    fn child(
        &self,
        (dir, scope): (&Dir, &Scope),
        path: &Path,
        name: &[u8],
        survey: &mut Survey,
        stop: &AtomicBool,
    ) {
        let Ok((child, _)) = open_source(dir, name) else {
            survey.incomplete = true;
            return;
        };
        // What is wrong with rules there the transfer tells.
        if let Ok(scope) = self.filter.enter(scope, &child, path, &mut Vec::new()) {
            self.dir((&child, &scope), path, survey, stop);
        }
    }

    fn is_excluded(&self, scope: &Scope, dir: &Path, name: &[u8], is_dir: bool) -> bool {
        let asked = Asked::of_sender(scope);
        self.filter
            .excludes(asked, dir, name, is_dir, &mut Vec::new())
    }
}
