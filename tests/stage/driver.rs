//! A small engine over the API of the stage: enough of a mirror to see what the stage does.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use resilver::stage::{Commit, Error, Place, Policy, Root, Salvage, Stage, Summary, is_state};
use resilver::sys::{self, Dir, Kind, Stat, process};
use resilver::tree::MetaChange;

/// What a mirror does.
#[derive(Clone, Copy, Debug, Default)]
pub struct How {
    /// Remove what the source does not have.
    pub delete: bool,
    /// Carry out `settle` too.
    pub settle: bool,
}

pub const MIRROR: How = How {
    delete: true,
    settle: true,
};

/// What came of it.
#[derive(Debug)]
pub struct Ran {
    pub commit: Option<Commit>,
    pub notes: Vec<String>,
    /// Files that were taken over from an interrupted run.
    pub salvaged: usize,
    /// Files whose content was copied.
    pub copied: usize,
}

/// Mirrors `source` to `dest`.
pub fn mirror(source: &Path, dest: &Path, policy: &Policy, how: How) -> Result<Ran, Error> {
    mirror_with(source, dest, policy, how, &mut |_| {})
}

/// The moments at which a test can do something in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    Opened,
    Staged,
    Committed,
}

/// The same, telling when.
pub fn mirror_with(
    source: &Path,
    dest: &Path,
    policy: &Policy,
    how: How,
    at: &mut dyn FnMut(Moment),
) -> Result<Ran, Error> {
    process::take_umask();
    let stage = Stage::open(
        Root {
            path: dest,
            single: None,
        },
        policy,
    )?;
    at(Moment::Opened);
    let mut run = Run {
        stage: &stage,
        how,
        leaders: HashMap::new(),
        began: false,
        summary: Summary {
            complete: true,
            ..Summary::default()
        },
        salvaged: 0,
        copied: 0,
    };
    let src = Dir::open(source).unwrap();
    let live = stage.live().map(|live| live.reopen().unwrap());
    let result = run.dir(Path::new(""), &src, live.as_ref());
    if let Err(e) = result {
        stage.keep();
        return Err(e);
    }
    at(Moment::Staged);
    let mut commit = None;
    if run.began {
        commit = Some(stage.commit(&run.summary)?);
        at(Moment::Committed);
        if how.settle {
            stage.settle()?;
        }
    }
    Ok(Ran {
        commit,
        notes: stage.notes(),
        salvaged: run.salvaged,
        copied: run.copied,
    })
}

struct Run<'a> {
    stage: &'a Stage,
    how: How,
    leaders: HashMap<u64, PathBuf>,
    began: bool,
    summary: Summary,
    salvaged: usize,
    copied: usize,
}

impl Run<'_> {
    fn begin(&mut self) -> Result<(), Error> {
        self.began = true;
        self.stage.begin(self.how.delete).map(|_| ())
    }

    fn dir(&mut self, path: &Path, src: &Dir, live: Option<&Dir>) -> Result<(), Error> {
        let mut names = src.list().unwrap();
        names.sort();
        let fresh = live.is_none();
        let want = src.stat_self().unwrap();
        let old = live.map(|live| live.stat_self().unwrap());
        let mut place: Option<Place> = None;
        let open = |run: &mut Self, place: &mut Option<Place>| -> Result<(), Error> {
            if place.is_none() {
                run.begin()?;
                *place = Some(run.stage.place(path, fresh)?);
            }
            Ok(())
        };
        if fresh {
            open(self, &mut place)?;
        }
        for item in names.iter() {
            let name = item.name;
            let below = path.join(sys::as_path(name));
            let stat = src.stat(name).unwrap();
            let was = live.and_then(|live| live.try_stat(name).unwrap());
            if stat.kind == Kind::Dir {
                let child = src.open_dir(name).unwrap();
                if was.is_some_and(|was| was.is_dir()) {
                    let live = live.unwrap().open_dir(name).unwrap();
                    self.dir(&below, &child, Some(&live))?;
                } else {
                    open(self, &mut place)?;
                    self.stage
                        .make_dir(place.as_ref().unwrap(), name, was.as_ref())?;
                    self.dir(&below, &child, None)?;
                }
                continue;
            }
            if stat.nlink > 1
                && let Some(leader) = self.leaders.get(&stat.ino).cloned()
            {
                let same = was.is_some_and(|was| {
                    let leads = live_stat(self.stage, &leader);
                    leads.is_some_and(|leads| leads.ino == was.ino) && alike(&stat, &was)
                });
                if !same {
                    open(self, &mut place)?;
                    if let Some(was) = was.filter(Stat::is_dir) {
                        self.note_removed(&below, live.unwrap(), name, &was)?;
                    }
                    self.stage
                        .link(&leader, place.as_ref().unwrap(), name, was.as_ref())?;
                }
                continue;
            }
            if stat.nlink > 1 {
                self.leaders.insert(stat.ino, below.clone());
            }
            match was {
                Some(was) if alike(&stat, &was) => continue,
                Some(was) if stat.kind == Kind::File && same_data(&stat, &was) => {
                    open(self, &mut place)?;
                    self.stage.touch(
                        place.as_ref().unwrap(),
                        name,
                        &was,
                        &meta(&stat),
                        resilver::stage::Names::All,
                    )?;
                    continue;
                }
                _ => {}
            }
            open(self, &mut place)?;
            if let Some(was) = was.filter(Stat::is_dir) {
                self.note_removed(&below, live.unwrap(), name, &was)?;
            }
            self.make(place.as_ref().unwrap(), src, name, &stat, was.as_ref())?;
        }
        if self.how.delete
            && let Some(live) = live
        {
            let mut there = live.list().unwrap();
            there.sort();
            for item in there.iter() {
                self.summary.live_entries += 1;
                if names.find(item.name).is_some() || is_state(live, item.name) {
                    continue;
                }
                open(self, &mut place)?;
                let below = path.join(sys::as_path(item.name));
                let was = live.stat(item.name).unwrap();
                if was.is_dir() {
                    self.note_removed(&below, live, item.name, &was)?;
                }
                self.summary.removed += 1;
                self.stage
                    .remove(place.as_ref().unwrap(), item.name, &was)?;
            }
        }
        let differs = old.is_none_or(|old| {
            (old.mode, old.uid, old.gid, old.mtime) != (want.mode, want.uid, want.gid, want.mtime)
        });
        if place.is_some() || differs {
            self.begin()?;
            self.stage
                .finish_dir(path, fresh, old.as_ref(), &meta(&want))?;
        }
        Ok(())
    }

    fn make(
        &mut self,
        place: &Place,
        src: &Dir,
        name: &[u8],
        stat: &Stat,
        was: Option<&Stat>,
    ) -> Result<(), Error> {
        self.stage.clear(place, name)?;
        let dir = place.dir();
        match stat.kind {
            Kind::File => match self.stage.salvage(place, name, stat.size, stat.mtime)? {
                Salvage::Whole => self.salvaged += 1,
                Salvage::None | Salvage::Half(_) => {
                    self.copied += 1;
                    let mut data = Vec::new();
                    let mut from = src.open_file(name).unwrap();
                    from.read_to_end(&mut data).unwrap();
                    let mut to = dir.create_file(name, 0o600).unwrap();
                    to.write_all(&data).unwrap();
                }
            },
            Kind::Symlink => dir
                .make_symlink(name, &src.read_link(name).unwrap())
                .unwrap(),
            kind => dir.make_node(name, kind, stat.mode, stat.rdev).unwrap(),
        }
        if stat.kind != Kind::Symlink {
            dir.set_mode(name, stat.mode).unwrap();
        }
        if process::is_root() {
            dir.set_owner(name, Some(stat.uid), Some(stat.gid)).unwrap();
        }
        dir.set_mtime(name, stat.mtime).unwrap();
        let new = dir.stat(name).unwrap();
        self.stage.made(place, name, &new, was)
    }

    /// Tells of everything below a directory that goes, children first.
    fn note_removed(
        &mut self,
        path: &Path,
        parent: &Dir,
        name: &[u8],
        _was: &Stat,
    ) -> Result<(), Error> {
        let dir = parent.open_dir(name).unwrap();
        for item in dir.list().unwrap().iter() {
            let below = path.join(sys::as_path(item.name));
            let stat = dir.stat(item.name).unwrap();
            if stat.is_dir() {
                self.note_removed(&below, &dir, item.name, &stat)?;
            }
            self.summary.removed += 1;
            self.summary.live_entries += 1;
            self.stage.note_removed(&below, &stat)?;
        }
        Ok(())
    }
}

fn live_stat(stage: &Stage, path: &Path) -> Option<Stat> {
    let parent = stage.live()?.open_beneath(path.parent()?).ok()?;
    parent.try_stat(path.file_name()?.as_encoded_bytes()).ok()?
}

fn same_data(a: &Stat, b: &Stat) -> bool {
    a.kind == b.kind && a.size == b.size && a.mtime == b.mtime
}

fn alike(a: &Stat, b: &Stat) -> bool {
    same_data(a, b) && (a.mode, a.uid, a.gid) == (b.mode, b.uid, b.gid)
}

fn meta(stat: &Stat) -> MetaChange {
    MetaChange {
        mode: Some(stat.mode),
        uid: Some(stat.uid),
        gid: Some(stat.gid),
        mtime: Some(stat.mtime),
        ..MetaChange::default()
    }
}
