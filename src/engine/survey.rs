//! A pass over the sources before or beside the transfer, for what can only be known of a whole list: how
//! many names a file has in it (`-H`), and how many entries there are (progress).

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::sys::{Kind, Stat, as_path};

use super::batch::Named;
use super::event::Counts;
use super::sources::{Found, Lister, Note, Origin};

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
    pub lister: Lister<'s>,
    /// Whether the names of files with several links are wanted, or the sizes of files; else no file is
    /// looked at itself.
    pub files: bool,
}

impl Surveyor<'_> {
    /// Looks at everything below the root's sources until `stop` is set; `top` says whether the root takes
    /// part itself. What cannot be read is left to the transfer to report.
    pub(super) fn survey(&self, sources: &[Origin], top: bool, stop: &AtomicBool) -> Survey {
        let mut survey = Survey::default();
        survey.totals.entries += u64::from(top);
        self.dir(sources, Path::new(""), &mut survey, stop);
        survey
    }

    /// Looks at everything in a directory, but not at the directory itself.
    pub(super) fn below(&self, sources: &[Origin], path: &Path, stop: &AtomicBool) -> Survey {
        let mut survey = Survey::default();
        self.dir(sources, path, &mut survey, stop);
        survey
    }

    fn dir(&self, sources: &[Origin], path: &Path, survey: &mut Survey, stop: &AtomicBool) {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let Ok(batch) = self.lister.batch(path, sources, &mut |_| {}) else {
            survey.incomplete = true;
            return;
        };
        for index in 0..batch.leaves {
            survey.totals.entries += 1;
            if self.files {
                self.leaf(sources, path, batch.get(index), survey);
            }
        }
        for index in batch.leaves..batch.len() {
            let Named { name, source, .. } = batch.get(index);
            let path = path.join(as_path(name));
            let sources = &sources[source..];
            let mut closed = false;
            let note = &mut |note| closed |= matches!(note, Note::Closed { .. });
            let descent = self.lister.descend(&path, sources, name, note);
            survey.incomplete |= closed;
            if let Some(descent) = descent {
                survey.totals.entries += u64::from(descent.listed);
                if descent.listed {
                    survey.kinds.add(Kind::Dir);
                }
                self.dir(&descent.sources, &path, survey, stop);
            }
        }
    }

    fn leaf(&self, sources: &[Origin], path: &Path, named: Named<'_>, survey: &mut Survey) {
        if named.found == Found::Missing {
            return;
        }
        let path = path.join(as_path(named.name));
        let Ok(seen) = self.lister.see(&sources[named.source], named.name, &path) else {
            return;
        };
        let stat = seen.stat;
        survey.kinds.add(stat.kind);
        if matches!(stat.kind, Kind::File | Kind::Symlink) {
            survey.totals.bytes += stat.size;
        }
        if stat.nlink > 1 {
            *survey.names.entry(file_id(&stat)).or_default() += 1;
        }
    }
}
