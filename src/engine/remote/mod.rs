//! A source at the other end of a session: rsync's receiving side.
//!
//! The sender's lists take the place of directories that are read ([`Listed`](super::sources::Listed)); all decisions
//! are those of a local run. A file that is wanted is asked for and the worker goes on; what came is taken in by the
//! thread that reads.
//!
//! ```text
//! workers ──asked──▶ [Requests] ──▶ thread that writes ──▶ sender
//! workers ◀──lists── [Answers], the thread that reads ◀── sender ──▶ messages ──▶ [Hearing]
//! target  ◀──files──┘
//! ```
//!
//! This end is the client of the session or its server ([`Opening`]). A client that sends is told of every entry
//! (`told`), in the order of the lists, and what is said to people goes to it as well (`post`).
//!
//! The switch is made when the sender has answered the last phase (`NDX_DONE` of phase 2, of phase 1 before protocol 29)
//! and told its statistics, if it is a server: all files are here then. It comes ahead of the goodbyes: a session that
//! breaks before commits nothing, and a client that is told goodbye can rely on the switch. One that cannot be made is
//! told instead of the goodbye (`MSG_ERROR_EXIT`, the end of the session before protocol 31), and sources are let go of
//! only behind it.

mod answers;
mod asked;
mod behind;
mod hearing;
mod incoming;
mod peer;
mod pending;
mod queue;
mod records;
mod relay;
mod requests;
pub(super) mod told;
mod values;

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub(super) use answers::Course;
pub use asked::AskedNames;
pub(super) use incoming::{Bed, Incoming, Manner, Unfit};
pub(super) use peer::Peer;
pub(super) use pending::{Basis, Outcome as Arrival, Pending, Waiter};
pub(super) use requests::Requests;

use answers::{Answers, First, Reading};
use hearing::{Hearing, LastWord, Listener};
pub(super) use hearing::{inconvertible, legible, take_errors};
use records::Records;
use relay::Relay;

use super::error::Error;
use super::event::{Event, Outcome, Report, Traffic};
use super::line::{HangUp, Line};
use super::opening::{Opening, on_the_way};
use super::options::{Fuzzy, Options};
use super::order::Frontier;
use super::select::Names;
use super::session;
use super::sources::{Arrivals, Listed, Opened, Part, Seat, Source};
use super::tally::Tally;
use super::workforce::{caught, start};
use crate::sys::users;
use crate::tree::Scope;
use crate::wire::flist::{Charset, Fields, IdKind};
use crate::wire::handshake::Offer;
use crate::wire::{
    Converter, Demux, Dialect, Message, Mux, Protocol, Role, Sums, end_names, write_name,
};

/// A sender that is there, and what both sides know of each other beforehand.
pub struct Sender {
    /// From it.
    pub from: Box<dyn Read + Send>,
    /// To it.
    pub to: Box<dyn Write + Send>,
    /// What is offered in the handshake.
    pub offer: Offer,
    /// What the lists tell of entries.
    pub fields: Fields,
    /// How long nothing may come before the session counts as broken (`--timeout`).
    pub timeout: Option<Duration>,
    /// The exit code of a run that this error ends: the sender is told. Asked when the run ends, perhaps more than once.
    pub code_of: Arc<CodeOf>,
    /// Ends the session, so that whoever reads from it or writes to it does not wait for ever.
    pub hang_up: Arc<HangUp>,
    /// Which end this is.
    pub opening: Opening,
    /// The names that the sender is told, below the one source (`--files-from` with a list here).
    pub names: Option<Arc<Names>>,
    /// The names that may stand at the top of its list.
    pub asked: AskedNames,
    /// The charset of names here, where they are in UTF-8 on the way (`--iconv`).
    pub charset: Option<Converter>,
}

/// Tells the exit code of a run that an error ends.
pub type CodeOf = dyn Fn(&Error) -> u8 + Send + Sync;

/// The other end, as a run sees it.
#[derive(Clone, Copy)]
pub(super) struct Far<'f> {
    pub requests: &'f Arc<Requests>,
    pub dialect: &'f Dialect,
    /// Of what is transferred.
    pub sums: Sums,
    /// Of what is listed (`--checksum`).
    pub listed_sums: Sums,
    pub course: &'f Course,
    /// Whether it is a client, who is told of every entry and tells people.
    pub is_told: bool,
    /// What is recorded of entries when it has heard of them.
    pub records: &'f Arc<Records>,
    /// The exit code of a run that this error ends.
    pub code_of: &'f CodeOf,
    pub hang_up: &'f HangUp,
}

/// Where a run has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Point {
    /// All files are there.
    Transferred,
    /// The switch is made.
    Committed,
}

/// Mirrors what a sender has into the destination.
///
/// # Errors
/// As [`super::run`]; and whatever the session comes to.
pub fn pull(options: &Options, report: &dyn Report, sender: Sender) -> Result<Outcome, Error> {
    let (line, listed) = (Line::default(), AtomicBool::new(false));
    let (timeout, hang_up) = (sender.timeout, Arc::clone(&sender.hang_up));
    // rsync parts into two processes when the first list is there.
    let role = || match listed.load(Ordering::Relaxed) {
        true => "receiver",
        false => "Receiver",
    };
    let session = || pull_over(&line, options, report, sender, &listed);
    line.attend(timeout, &*hang_up, role, session)
}

fn pull_over(
    line: &Line,
    options: &Options,
    report: &dyn Report,
    sender: Sender,
    listed: &AtomicBool,
) -> Result<Outcome, Error> {
    let Sender {
        from,
        mut to,
        offer,
        fields,
        charset,
        timeout,
        code_of,
        hang_up,
        opening,
        names,
        asked,
    } = sender;
    let mut from = line.reads(from);
    let converts_names = opening.is_secluded();
    let accepts = |spoken| refuse_beyond(spoken, &fields, options);
    let dialect = opening.shake_hands(&offer, charset, accepts, &mut from, &mut to)?;
    let serves = opening.role() == Role::Server;
    let to = match serves {
        true => line.counts(to),
        false => to,
    };
    let mut to = Mux::new(to);
    let begun = to.begin_session(dialect.writes_frames);
    begun.map_err(|e| Error::Wire(crate::wire::Error::Io(e)))?;
    opening.begin(&mut to)?;

    let requests = Arc::new(Requests::new(dialect.protocol, timeout));
    let client = match &opening {
        Opening::Client(_) => None,
        Opening::Server(server) => {
            server.post.begin(requests.clone());
            Some((Arc::clone(&requests), dialect.protocol))
        }
    };
    let relay = Relay {
        report,
        client,
        charset,
        begun: AtomicBool::new(false),
    };
    let report: &dyn Report = &relay;
    let tally = Tally::default();
    let ordered = session::is_ordered(options, report);
    let frontier = Frontier::new(report, ordered);
    let (course, last_word) = (Course::default(), LastWord::default());
    let records = Arc::new(Records::default());
    let hearing = Hearing {
        report,
        tally: &tally,
        requests: &requests,
        frontier: &frontier,
        last_word: &last_word,
        lists_tell: dialect.safe_lists() || dialect.protocol < Protocol::V30,
    };
    line.begin_session();
    report.event(Event::ListBegins);
    let pulled = || {
        let listener: Listener<'_> = Box::new(move |message| {
            hearing.hear(&message);
            match message {
                // Nothing comes behind it, and the sender may wait for this side to leave.
                Message::ErrorExit(Some(_)) => Err(std::io::ErrorKind::UnexpectedEof.into()),
                _ => Ok(()),
            }
        });
        let mut stream = Demux::new(from, dialect.side, listener);
        stream.begin_session(dialect.reads_frames);
        let mut options = options.clone();
        let turns = || requests.list_arrived();
        let arrivals = Arrivals::new(Box::new(local_id));
        let list = || -> Result<(Answers<'_>, Listed), Error> {
            opening.hear(&dialect, &mut options, &mut stream)?;
            // The sender lists while it is told names: both go on at once.
            let told = charset.filter(|_| converts_names);
            let begun = std::thread::scope(|scope| {
                let telling = names.as_deref().map_or(Ok(()), |names| {
                    let tell = || tell_names(names, told, &dialect, &mut to);
                    start(scope, "names", tell).map(drop)
                });
                let begin = || {
                    Answers::begin(
                        stream,
                        &dialect,
                        fields,
                        Reading {
                            arrivals: &arrivals,
                            passes_implied: options.select.no_implied_dirs,
                            charset: charset.map(|charset| Box::new(charset) as Box<dyn Charset>),
                            report,
                            // Without -s names are told in the other end's charset.
                            asked: match charset {
                                Some(_) if !converts_names => AskedNames::any(),
                                _ => asked.clone(),
                            },
                        },
                        (&turns, &requests),
                    )
                };
                let begun = telling.and_then(|()| caught(begin));
                if begun.is_err() {
                    hang_up();
                }
                begun
            });
            let (answers, First { root, errors }) = begun?;
            listed.store(true, Ordering::Relaxed);
            hearing::take_errors(&tally, errors);
            refuse_unasked(&root, &asked)?;
            Ok((answers, root))
        };
        let (answers, root) = match list() {
            Ok(listed) => listed,
            Err(e) => {
                // A client waits to be told.
                if opening.role() == Role::Server {
                    requests.end(Some(code_of(&e)));
                    let _ = requests.write_out(&mut to);
                    hang_up();
                }
                return Err(e);
            }
        };
        let options = &options;
        let found = found(options, root);
        let far = Far {
            requests: &requests,
            dialect: &dialect,
            sums: Sums::of_transfers(&dialect),
            listed_sums: Sums::of_listings(&dialect),
            course: &course,
            is_told: opening.role() == Role::Server,
            records: &records,
            code_of: &*code_of,
            hang_up: &*hang_up,
        };
        let peer = Peer {
            far,
            frontier: &frontier,
            answers: Some(answers).into(),
            to: Some(to).into(),
            arrivals,
        };
        let result = session::receive(options, report, found, &tally, &peer);
        peer.part(&result);
        let mut outcome = result?;
        if serves {
            outcome.stats.wire = Some(Traffic {
                sent: line.sent(),
                received: line.received(),
            });
        }
        Ok(outcome)
    };
    match (pulled(), last_word.get()) {
        (Err(Error::Wire(e)), Some(code)) if e.is_end() => Err(Error::Left { code }),
        (result, _) => result,
    }
}

/// What this protocol has no words for.
pub(super) fn refuse_beyond(
    spoken: Protocol,
    fields: &Fields,
    options: &Options,
) -> Result<(), Error> {
    let needs = [
        (options.content.fuzzy != Fuzzy::No, "--fuzzy", Protocol::V29),
        (fields.acls, "--acls", Protocol::V30),
        (fields.xattrs, "--xattrs", Protocol::V30),
    ];
    match needs.iter().find(|need| need.0 && spoken < need.2) {
        Some(&(_, option, least)) => Err(Error::TooOld {
            option,
            least,
            spoken,
        }),
        None => Ok(()),
    }
}

/// Tells the sender names, raw ones before protocol 31. That it does not hear them shows where it is read.
fn tell_names<W: Write>(
    names: &Names,
    charset: Option<Converter>,
    dialect: &Dialect,
    to: &mut Mux<W>,
) {
    let is_framed = dialect.writes_frames && dialect.protocol >= Protocol::V31;
    let flushed = to.flush();
    to.set_framed(is_framed);
    let told = flushed.and_then(|()| {
        names.iter().try_for_each(|name| {
            let mut name = name.to_vec();
            on_the_way(charset, &mut name);
            write_name(&name, to)
        })
    });
    let _ = told.and_then(|()| end_names(to));
    to.set_framed(dialect.writes_frames);
}

/// What is at the top of a list has to be asked for.
fn refuse_unasked(root: &Listed, asked: &AskedNames) -> Result<(), Error> {
    let mut names = root.names().into_iter().flatten().map(|(name, _)| name);
    match names.find(|name| !asked.has(name)) {
        Some(name) => Err(Error::Unasked {
            path: crate::tree::shown(crate::sys::as_path(name)).to_string(),
        }),
        None => Ok(()),
    }
}

/// What a list takes the place of: a source that was opened. One without anything is the end: the sender leaves.
fn found(options: &Options, root: Listed) -> Opened {
    let mut found = Opened::default();
    if root.stat().is_some() || root.count() > 0 {
        found.sources.push(Source {
            path: options.sources.first().cloned().unwrap_or_default(),
            part: Part::Listed {
                content: root.is_content(),
            },
            top: root.stat(),
            dev: (0, 0),
            scope: Scope::default(),
            seat: Seat::There(root),
        });
    }
    found
}

/// Whom an id of the peer stands for here, by the name that it tells.
fn local_id(kind: IdKind, id: u32, name: &[u8]) -> Option<u32> {
    // The super-user is the super-user, whatever his name.
    if id == 0 {
        return Some(0);
    }
    match kind {
        IdKind::User => users::user_id(name),
        IdKind::Group => users::group_id(name),
    }
}
