//! A pass over the sources before or beside the transfer, for what can only be known of a whole list: how
//! many names a file has in it (`-H`), and how many entries there are (progress).

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::sys::{Dir, Kind, Stat, as_path};
use crate::tree::Rules;

use super::batch::rule_path;
use super::node::{Origin, Part};

/// What makes two names one file: device and inode.
pub(super) type FileId = ((u32, u32), u64);

/// What makes this object one file.
pub(super) fn file_id(stat: &Stat) -> FileId {
    (stat.dev, stat.ino)
}

/// What a survey found.
#[derive(Default)]
pub(super) struct Survey {
    /// Entries of the list.
    pub entries: u64,
    /// Names within the list of every file that has several names anywhere.
    pub names: HashMap<FileId, usize>,
}

/// How to look.
#[derive(Clone, Copy)]
pub(super) struct Surveyor<'s> {
    pub recursive: bool,
    /// A directory that takes no part.
    pub own_root: Option<FileId>,
    pub rules: &'s Rules,
    /// Whether the names of files with several links are wanted; else no file is looked at itself.
    pub links: bool,
}

impl Surveyor<'_> {
    /// Looks at everything below the sources until `stop` is set. What cannot be read is left to the
    /// transfer to report.
    pub(super) fn survey(&self, sources: &[Origin], stop: &AtomicBool) -> Survey {
        let mut survey = Survey::default();
        for origin in sources {
            match &origin.part {
                Part::Content => {
                    survey.entries += 1;
                    self.dir(&origin.dir, Path::new(""), &mut survey, stop);
                }
                Part::Name(name) => {
                    self.name(&origin.dir, Path::new(""), (name, None), &mut survey, stop);
                }
            }
        }
        survey
    }

    fn dir(&self, dir: &Dir, path: &Path, survey: &mut Survey, stop: &AtomicBool) {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let Ok(listing) = dir.list() else { return };
        for listed in listing.iter() {
            self.name(dir, path, (listed.name, listed.kind), survey, stop);
        }
    }

    fn name(
        &self,
        dir: &Dir,
        path: &Path,
        (name, kind): (&[u8], Option<Kind>),
        survey: &mut Survey,
        stop: &AtomicBool,
    ) {
        if !self.links && kind.is_some_and(|kind| kind != Kind::Dir) {
            survey.entries += u64::from(!self.is_excluded(path, name, false));
            return;
        }
        let Ok(stat) = dir.stat(name) else { return };
        let own = stat.is_dir() && self.own_root == Some(file_id(&stat));
        if own || self.is_excluded(path, name, stat.is_dir()) {
            return;
        }
        survey.entries += 1;
        if stat.is_dir() {
            if let (true, Ok(child)) = (self.recursive, dir.open_dir(name)) {
                self.dir(&child, &path.join(as_path(name)), survey, stop);
            }
        } else if stat.nlink > 1 {
            *survey.names.entry(file_id(&stat)).or_default() += 1;
        }
    }

    fn is_excluded(&self, dir: &Path, name: &[u8], is_dir: bool) -> bool {
        !self.rules.is_empty() && self.rules.excluded(&rule_path(dir, name), is_dir).is_some()
    }
}
