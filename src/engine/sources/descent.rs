//! Where a walk goes on: a directory, opened in every source that has it.

use std::io;
use std::path::Path;

use rustix::io::Errno;

use super::lister::{Lister, Note, Unseen, wish};
use super::wanted::Wish;
use super::{Listed, Origin, Part, Seat};
use crate::engine::select::Boundary;
use crate::engine::survey::file_id;
use crate::sys::{Dir, Stat, process};
use crate::tree::Scope;

/// Symbolic links that the system follows on one path.
const MOST_LINKS: u8 = 40;

/// A directory, opened in every source that has it.
pub(in crate::engine) struct Descent {
    /// Where its entries come from; none where nothing in it takes part.
    pub sources: Vec<Origin>,
    /// Its metadata.
    pub stat: Stat,
    /// Whether all that is in it belongs to the transfer, so that other names may be removed.
    pub content: bool,
    /// Whether it takes part itself, or is only on the way to something.
    pub listed: bool,
}

impl Lister<'_> {
    /// Opens a directory in every source that has it, `sources` being those of its parent from the first
    /// that has it on. `None` where it takes no part after all.
    pub(in crate::engine) fn descend(
        &self,
        path: &Path,
        sources: &[Origin],
        name: &[u8],
        note: &mut dyn FnMut(Note),
    ) -> Option<Descent> {
        let mut descent: Option<Descent> = None;
        for origin in sources {
            let wish = match origin.part.names() {
                None => None,
                Some(wanted) => match wanted.get(name) {
                    Some(wish) => Some(wish),
                    None => continue,
                },
            };
            let entered = match origin.part.is_absent() {
                true => Err(io::Error::from(Errno::NOENT).into()),
                false => self.enter(origin, name, path),
            };
            let opened = match entered {
                Ok(opened) => opened,
                Err(_) if descent.is_some() => continue,
                Err(Unseen::Error(error)) if error.kind() != io::ErrorKind::NotFound => {
                    let (operand, path) = (origin.operand, path.to_owned());
                    note(Note::Closed {
                        operand,
                        path,
                        error,
                    });
                    let stat = match &origin.seat {
                        Seat::Here(dir) if wish.is_some_and(Wish::is_followed) => {
                            dir.stat_target(name)
                        }
                        Seat::Here(dir) => dir.stat(name),
                        Seat::There(_) => return None,
                    };
                    // It counts as empty; whether anything is deleted on its word is another question.
                    let content = wish.map_or(self.options.recursive, |wish| wish.content);
                    descent = stat.ok().map(|stat| Descent {
                        content,
                        listed: true,
                        ..Descent::of(stat)
                    });
                    continue;
                }
                Err(_) => {
                    let (operand, path) = (origin.operand, path.to_owned());
                    let below = self.below_absent(origin, name);
                    note(Note::Vanished {
                        operand,
                        path,
                        never_was: wish.is_some_and(Wish::leads_to_missing),
                    });
                    return below;
                }
            };
            let opened = match opened {
                Entered::Here(opened) => opened,
                Entered::There(listed) => return Some(Descent::listed(origin, listed)),
            };
            if self.own_root == Some(file_id(&opened.stat)) && descent.is_none() {
                return None;
            }
            let descent = descent.get_or_insert_with(|| Descent::of(opened.stat));
            let mut events = Vec::new();
            let entered = self
                .filter
                .enter(&origin.scope, &opened.dir, path, &mut events);
            events.into_iter().for_each(|event| note(Note::Rule(event)));
            match entered {
                Ok(scope) => self.add(descent, (origin, scope), wish, opened)?,
                Err(e) => {
                    note(Note::Fatal(e));
                    return None;
                }
            }
        }
        descent
    }

    /// Adds what one source has of a directory.
    fn add(
        &self,
        descent: &mut Descent,
        (origin, scope): (&Origin, Scope),
        wish: Option<&Wish>,
        opened: Opened,
    ) -> Option<()> {
        let select = &self.options.select;
        let Opened { dir, stat, links } = opened;
        let (content, below, dev) = match wish {
            // Nothing is read of a mount point.
            None => {
                let stays = select.boundary == Boundary::None || stat.dev == origin.dev;
                (self.options.recursive && stays, None, origin.dev)
            }
            Some(wish) => (wish.content, wish.below.as_ref(), stat.dev),
        };
        descent.content |= content;
        descent.listed |= wish.is_none_or(|w| w.named.is_some() || !select.no_implied_dirs);
        let operand = origin.operand;
        if let Some(below) = below {
            descent.sources.push(Origin {
                seat: Seat::Here(dir.reopen().ok()?),
                operand,
                part: Part::Names(below.clone()),
                dev,
                scope: scope.clone(),
                links,
            });
        }
        if content {
            let part = Part::Content;
            descent.sources.push(Origin {
                seat: Seat::Here(dir),
                operand,
                part,
                dev,
                scope,
                links,
            });
        }
        Some(())
    }

    fn enter(&self, origin: &Origin, name: &[u8], path: &Path) -> Result<Entered, Unseen> {
        let around = match &origin.seat {
            Seat::Here(dir) => dir,
            Seat::There(listed) => return Ok(Entered::There(listed.enter(name)?)),
        };
        let follows =
            self.options.symlinks.follows() || wish(origin, name).is_some_and(Wish::is_followed);
        let followed = follows && self.see(origin, name, path)?.followed;
        let links = origin.links + u8::from(followed);
        if links > MOST_LINKS {
            // Every hop is a path of its own here: the system would never end a ring of links.
            return Err(io::Error::from(Errno::LOOP).into());
        }
        let dir = if followed {
            around.open_target_dir(name)?
        } else {
            around.open_dir(name)?
        };
        let stat = dir.stat_self()?;
        if stat.mode & 0o111 != 0o111 && !process::is_root() {
            // One that can be listed but not searched has nothing to give.
            dir.reopen()?;
        }
        Ok(Entered::Here(Opened { dir, stat, links }))
    }
}

/// A directory of one source.
enum Entered {
    /// On this machine.
    Here(Opened),
    /// Of a peer.
    There(Listed),
}

/// A directory of a source on this machine.
struct Opened {
    dir: Dir,
    stat: Stat,
    links: u8,
}

impl Descent {
    pub(super) fn of(stat: Stat) -> Descent {
        Descent {
            sources: Vec::with_capacity(1),
            stat,
            content: false,
            listed: false,
        }
    }

    /// The directory in the lists of a peer, where it is there.
    pub(in crate::engine) fn peer(&self) -> Option<Listed> {
        self.sources.first()?.seat.there().cloned()
    }

    /// A directory as a peer lists it.
    fn listed(around: &Origin, listed: Listed) -> Descent {
        let content = listed.is_content();
        let stat = listed.stat();
        Descent {
            stat: stat.unwrap_or_else(|| listed.unlisted()),
            content,
            listed: stat.is_some(),
            sources: vec![Origin {
                seat: Seat::There(listed),
                operand: around.operand,
                part: Part::Listed { content },
                dev: around.dev,
                scope: around.scope.clone(),
                links: 0,
            }],
        }
    }
}
