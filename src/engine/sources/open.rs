//! Operands and lists, opened and looked up.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::relative::{self, Kept, ends_as_directory};
use super::wanted::{Found, Named, Wanted};
use super::{Part, Seat, Source, trimmed};
use crate::engine::error::{Error, shown};
use crate::engine::event::{Event, Report, Severity, Skip};
use crate::engine::filter::{Asked, Filter};
use crate::engine::options::Options;
use crate::engine::select::{Missing, Names};
use crate::engine::tally::Tally;
use crate::sys::{Dir, Kind, Stat, as_path};
use crate::tree::{Scope, is_unsafe_link};

/// What the operands gave.
#[derive(Default)]
pub(in crate::engine) struct Opened {
    /// What takes part.
    pub sources: Vec<Source>,
    /// Top names that came from absolute paths: they are told with a slash.
    pub rooted: Vec<Box<[u8]>>,
}

/// Opens every source operand, or the source of a list and looks up what it names. What cannot be used is
/// told and counted.
///
/// # Errors
/// [`Error::Syntax`] for a path that `-R` does not take, [`Error::Select`] where the source of a list
/// cannot be entered.
pub(in crate::engine) fn open(
    options: &Options,
    report: &dyn Report,
    tally: &Tally,
) -> Result<Opened, Error> {
    let mut opening = Opening {
        options,
        report,
        tally,
        filter: Filter::new(options, report.wants().skips),
        first_dir: true,
        opened: Opened::default(),
    };
    match (&options.select.files_from, &options.sources[..]) {
        (Some(names), [source]) => opening.list(source, names)?,
        _ => {
            for operand in &options.sources {
                opening.operand(operand)?;
            }
        }
    }
    let mut opened = opening.opened;
    opened.sources.retain(|source| match &source.part {
        Part::Content | Part::Listed { .. } => true,
        Part::Names(names) | Part::Absent(names) => {
            source.top.is_some() || names.iter().next().is_some()
        }
    });
    Ok(opened)
}

struct Opening<'o> {
    options: &'o Options,
    report: &'o dyn Report,
    tally: &'o Tally,
    filter: Filter<'o>,
    /// Whether no directory was met yet.
    first_dir: bool,
    opened: Opened,
}

impl Opening<'_> {
    fn operand(&mut self, operand: &Path) -> Result<(), Error> {
        let bytes = operand.as_os_str().as_bytes();
        if self.options.select.relative {
            let kept = relative::operand(bytes).map_err(|_| {
                Error::Syntax(format!(
                    "found \"..\" dir in relative path: {}",
                    crate::tree::shown(operand)
                ))
            })?;
            self.kept(&kept)?;
        } else if ends_as_directory(bytes) {
            self.content(operand)?;
        } else {
            self.plain(operand);
        }
        Ok(())
    }

    fn list(&mut self, source: &Path, names: &Names) -> Result<(), Error> {
        Dir::open(source).map_err(|e| {
            Error::Select(format!(
                "change_dir \"{}\" failed: {}",
                shown(source),
                crate::sys::reason(&e)
            ))
        })?;
        let base = trimmed(source).as_os_str().as_bytes();
        for name in names.iter() {
            let kept = relative::listed(base, name);
            if self.options.select.relative {
                self.kept(&kept)?;
                continue;
            }
            let mut path = kept.anchor.clone();
            path.extend(kept.names.iter().map(|name| as_path(name)));
            if kept.slash || kept.names.is_empty() {
                self.content(&path)?;
            } else {
                self.plain(&path);
            }
        }
        Ok(())
    }

    /// An operand that stands for what is in a directory.
    fn content(&mut self, operand: &Path) -> Result<(), Error> {
        let entered = Dir::open(operand).and_then(|dir| Ok((dir.stat_self()?, dir)));
        let (stat, dir) = match entered {
            Ok(_) if !self.takes_directories() => {
                self.skipped(Path::new("."));
                return Ok(());
            }
            Ok(entered) => entered,
            Err(e) => {
                self.not_entered(trimmed(operand), &e);
                return Ok(());
            }
        };
        let around = self.around(operand, true);
        let mut events = Vec::new();
        let scope = self.filter.enter(&around, &dir, Path::new(""), &mut events);
        self.tell(events);
        self.opened.sources.push(Source {
            seat: Seat::Here(dir),
            path: operand.to_owned(),
            part: Part::Content,
            top: Some(stat),
            dev: stat.dev,
            scope: scope?,
        });
        Ok(())
    }

    /// The rules that hold around an operand. Files of rules above it are looked for on behalf of the first
    /// directory only, as rsync does.
    fn around(&mut self, path: &Path, is_dir: bool) -> Scope {
        let first = self.first_dir && is_dir;
        self.first_dir &= !is_dir;
        self.filter.around(path, first)
    }

    fn tell(&self, events: Vec<Event>) {
        events
            .into_iter()
            .for_each(|event| self.report.event(event));
    }

    /// An operand that stands for itself, by its last name.
    fn plain(&mut self, operand: &Path) {
        let (parent, name) = super::destination::split(operand);
        match self.base(&parent) {
            Ok(at) => self.wish(at, &[name], false),
            Err(e) => self.not_entered(&parent, &e),
        }
    }

    /// A path that is kept.
    fn kept(&mut self, kept: &Kept<'_>) -> Result<(), Error> {
        if kept.names.is_empty() && self.takes_directories() {
            return self.content(&kept.anchor);
        }
        if kept.names.is_empty() {
            self.skipped(Path::new("."));
            return Ok(());
        }
        let at = match self.base(&kept.anchor) {
            Ok(at) => at,
            Err(e) => {
                self.not_entered(&kept.anchor, &e);
                return Ok(());
            }
        };
        if kept.dotted && !self.options.select.no_implied_dirs {
            let source = &mut self.opened.sources[at];
            source.top = source.top.or_else(|| source.seat.stat_self().ok());
        }
        if kept.rooted {
            self.opened.rooted.push(kept.names[0].into());
        }
        self.wish(at, &kept.names, kept.slash);
        Ok(())
    }

    /// The source that reads names of this directory.
    fn base(&mut self, path: &Path) -> io::Result<usize> {
        let sources = &mut self.opened.sources;
        let same = |source: &Source| !source.part.is_content() && source.path == path;
        if !sources.last().is_some_and(same) {
            let dir = Dir::open(path)?;
            sources.push(Source {
                dev: dir.stat_self()?.dev,
                seat: Seat::Here(dir),
                path: path.to_owned(),
                part: Part::Names(Arc::default()),
                top: None,
                scope: Scope::default(),
            });
        }
        Ok(sources.len() - 1)
    }

    /// Looks up a path below a source and adds it to what is wanted there.
    fn wish(&mut self, at: usize, names: &[&[u8]], slash: bool) {
        let path: PathBuf = names.iter().map(|name| as_path(name)).collect();
        let looked_up = match &self.opened.sources[at].seat {
            Seat::Here(dir) => self.look_up(dir, &path, slash),
            Seat::There(_) => Err(io::ErrorKind::Unsupported.into()),
        };
        let named = match looked_up {
            Ok((stat, followed)) => {
                if stat.is_dir() && !self.takes_directories() {
                    return self.skipped(&path);
                }
                let deep = self.options.recursive || (self.options.select.dirs && slash);
                Named {
                    found: if stat.is_dir() {
                        Found::Dir
                    } else {
                        Found::Leaf
                    },
                    content: stat.is_dir() && deep,
                    followed,
                }
            }
            Err(e) => match self.options.select.missing {
                Missing::Delete if e.kind() == io::ErrorKind::NotFound => Named {
                    found: Found::Missing,
                    content: false,
                    followed: false,
                },
                Missing::Ignore if e.kind() == io::ErrorKind::NotFound => return,
                _ => return self.not_found(at, &path, &e),
            },
        };
        let is_dir = named.found == Found::Dir;
        let scope = self.around(&self.opened.sources[at].path.clone(), is_dir);
        let mut events = Vec::new();
        let (parent, name) = super::destination::split(&path);
        let parent = parent.strip_prefix(".").unwrap_or(&parent);
        let asked = Asked::of_sender(&scope);
        // Nothing can be hidden of what is not there; the other side may protect what it has.
        let hidden = named.found != Found::Missing
            && self
                .filter
                .excludes(asked, parent, name, is_dir, &mut events);
        self.tell(events);
        self.opened.sources[at].scope = scope;
        if hidden {
            return;
        }
        if let Part::Names(wanted) = &mut self.opened.sources[at].part {
            Arc::<Wanted>::make_mut(wanted).add(names, &named);
        }
    }

    /// Metadata of a path, and whether a link at its end was followed.
    fn look_up(&self, dir: &Dir, path: &Path, slash: bool) -> io::Result<(Stat, bool)> {
        let stat = dir.look_up(path, false)?;
        let links = &self.options.symlinks;
        if stat.kind != Kind::Symlink || !(slash || links.follows()) {
            return Ok((stat, false));
        }
        let target = || dir.look_up(path, true);
        if links.follow {
            return Ok((target()?, true));
        }
        if links.follow_unsafe {
            let to = dir.read_link_at(path)?;
            if is_unsafe_link(&to, path.as_os_str().as_bytes()) {
                self.report.event(Event::UnsafeLink {
                    path: path.to_owned(),
                    target: as_path(&to).to_owned(),
                    copied: true,
                });
                return match target() {
                    Err(e) if e.kind() == io::ErrorKind::NotFound => Ok((stat, true)),
                    target => Ok((target?, true)),
                };
            }
        }
        if slash || links.follow_dirs {
            match target() {
                Ok(target) if target.is_dir() => return Ok((target, true)),
                _ => {}
            }
        }
        Ok((stat, false))
    }

    fn takes_directories(&self) -> bool {
        self.options.recursive || self.options.select.dirs
    }

    fn skipped(&self, path: &Path) {
        self.report.event(Event::Skipped {
            path: path.to_owned(),
            kind: Kind::Dir,
            why: Skip::Directory,
        });
    }

    fn not_found(&self, at: usize, path: &Path, e: &io::Error) {
        let path = self.opened.sources[at].path.join(path);
        let path = if path.starts_with("./") {
            PathBuf::from(OsStr::from_bytes(&path.as_os_str().as_bytes()[2..]))
        } else {
            path
        };
        self.tally.set_missing();
        self.failed("link_stat", &path, e);
    }

    /// A directory that cannot be entered: what it holds is unknown.
    fn not_entered(&self, dir: &Path, e: &io::Error) {
        self.tally.set_list_error();
        self.failed("change_dir", dir, e);
    }

    fn failed(&self, what: &str, path: &Path, e: &io::Error) {
        let text = format!(
            "{what} \"{}\" failed: {}",
            shown(path),
            crate::sys::reason(e)
        );
        self.report.event(Event::Message {
            severity: Severity::Error,
            text,
        });
    }
}
