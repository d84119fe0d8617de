//! The end of a run: what reached the old tree, through a handle kept across the switch, after the run
//! had looked there for the last time. It is kept, and is named.

use std::io;
use std::path::{Path, PathBuf};

use super::changes::{Ident, Record};
use super::error::{Doing, Error};
use super::hold::Hold;
use super::home::Home;
use super::journal::nanos;
use super::layout::{CHANGES, PREVIOUS, kind_of};
use super::policy::Method;
use super::settle::After;
use super::survey::{Look, Seen, differences_since, file_name, wanted};
use crate::sys::{Dir, Kind, as_path};

/// Names what others put or wrote into the generation that was switched away.
pub(super) fn name_late(hold: &mut Hold, after: &After) -> Result<(), Error> {
    let (site, home, journal) = hold.state()?;
    let Some(previous) = home.sub(PREVIOUS)? else {
        return Ok(());
    };
    let at = home.join(PREVIOUS);
    let mut found = written(&previous, &after.replaced);
    let last = journal.last.as_ref().filter(|last| !last.undo);
    match (last, &site.live, &after.seen) {
        (Some(last), _, _) if last.method == Method::Journal => {
            let record = Record::load(home, CHANGES)?;
            let mut walk = Displaced {
                record: &record,
                since: last.at,
                found: &mut found,
            };
            walk.dir(&previous, Path::new("")).doing("look at", &at)?;
        }
        (_, Some(live), Some(seen)) => found.extend(arrived(home, &previous, live, seen)?),
        _ => {}
    }
    found.retain(|path| !after.told.contains(path));
    found.sort_unstable();
    found.dedup();
    for path in found {
        hold.say(&format!(
            "somebody wrote to the old tree during the switch: it is kept as \"{}\"",
            at.join(path).display()
        ));
    }
    Ok(())
}

/// Of objects that the switch replaced, those that are not as they were.
fn written(previous: &Dir, replaced: &[(PathBuf, Ident)]) -> Vec<PathBuf> {
    let is_other = |path: &Path, was: Ident| {
        now_at(previous, path).is_ok_and(|now| now.is_some_and(|now| now != was))
    };
    let others = replaced.iter().filter(|(path, was)| is_other(path, *was));
    others.map(|(path, _)| path.clone()).collect()
}

fn now_at(root: &Dir, path: &Path) -> io::Result<Option<Ident>> {
    let dir = root.open_beneath(path.parent().unwrap_or(Path::new("")))?;
    let stat = dir.try_stat(file_name(path))?;
    Ok(stat.filter(|stat| !stat.is_dir()).as_ref().map(Ident::of))
}

/// Names that came into the old tree since it was looked through.
fn arrived(home: &Home, previous: &Dir, live: &Dir, seen: &Seen) -> Result<Vec<PathBuf>, Error> {
    let mut found = differences_since(previous, live, seen)?;
    let paths = wanted(&found);
    let record = Record::load_where(home, CHANGES, |path| paths.contains(&path))?;
    found.retain(|d| {
        let is_new = |look: &Look| {
            let known = matches!(record.get(&d.path), Some((Some(old), _)) if old == look.ident);
            let both = look.is_dir && d.ours.is_some_and(|ours| ours.is_dir);
            !known && !both && look.changed >= seen.since
        };
        d.theirs.as_ref().is_some_and(is_new)
    });
    Ok(found.into_iter().map(|d| d.path).collect())
}

/// The objects that a plan displaced: all that `previous/` holds then.
struct Displaced<'a> {
    record: &'a Record,
    since: i64,
    found: &'a mut Vec<PathBuf>,
}

impl Displaced<'_> {
    fn dir(&mut self, dir: &Dir, path: &Path) -> io::Result<()> {
        for item in dir.list()?.iter() {
            let below = path.join(as_path(item.name));
            if kind_of(dir, &item)? == Kind::Dir {
                self.dir(&dir.open_dir(item.name)?, &below)?;
                continue;
            }
            let stat = dir.stat(item.name)?;
            let by_others = match self.record.get(&below) {
                Some((Some(old), _)) => old != Ident::of(&stat),
                _ => nanos(stat.ctime) >= self.since,
            };
            if by_others {
                self.found.push(below);
            }
        }
        Ok(())
    }
}
