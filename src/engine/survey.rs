//! A pass over the sources before the transfer, for what can only be known of a whole list: how many
//! names a file has in it (`-H`), and how many entries there are (`--progress`).

use std::collections::HashMap;
use std::path::Path;

use crate::sys::{Dir, Stat, as_path};

use super::batch::Part;
use super::node::Origin;

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
pub(super) struct Surveyor<'s> {
    pub recursive: bool,
    /// A directory that takes no part.
    pub own_root: Option<FileId>,
    /// Whether a rule hides a name: directory, name, and whether it is a directory itself.
    pub excluded: &'s dyn Fn(&Path, &[u8], bool) -> bool,
}

impl Surveyor<'_> {
    /// Looks at everything below the sources. What cannot be read is left to the transfer to report.
    pub(super) fn survey(&self, sources: &[Origin]) -> Survey {
        let mut survey = Survey::default();
        for origin in sources {
            match &origin.part {
                Part::Content => {
                    survey.entries += 1;
                    self.dir(&origin.dir, Path::new(""), &mut survey);
                }
                Part::Name(name) => self.name(&origin.dir, Path::new(""), name, &mut survey),
            }
        }
        survey
    }

    fn dir(&self, dir: &Dir, path: &Path, survey: &mut Survey) {
        let Ok(listing) = dir.list() else { return };
        for listed in listing.iter() {
            self.name(dir, path, listed.name, survey);
        }
    }

    fn name(&self, dir: &Dir, path: &Path, name: &[u8], survey: &mut Survey) {
        let Ok(stat) = dir.stat(name) else { return };
        let own = stat.is_dir() && self.own_root == Some(file_id(&stat));
        if own || (self.excluded)(path, name, stat.is_dir()) {
            return;
        }
        survey.entries += 1;
        if stat.is_dir() {
            if let (true, Ok(child)) = (self.recursive, dir.open_dir(name)) {
                self.dir(&child, &path.join(as_path(name)), survey);
            }
        } else if stat.nlink > 1 {
            survey.count(&stat);
        }
    }
}

impl Survey {
    fn count(&mut self, stat: &Stat) {
        *self.names.entry(file_id(stat)).or_default() += 1;
    }
}
