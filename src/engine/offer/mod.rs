//! A destination at the other end of a session: rsync's sending side.
//!
//! The walk makes lists of what there is, some way ahead of what the receiver asks for; the receiver compares, and asks
//! for files. What it says is taken apart by a thread of its own, so that the next request is there when its turn comes.
//!
//! ```text
//! sources ──▶ [Walk] ──lists──▶ receiver ──▶ thread that reads ──▶ [Inbox] ──▶ [Serving]
//!                └──▶ [Shelves] ◀──what an index stands for──────────────────────┤
//! receiver ◀──items, tokens, sums── [Contents] ◀─────────────────────────────────┘
//! ```
//!
//! Whether the destination changes file by file or all at once is the receiver's affair: a `resilver` there tells
//! [`Compat::ATOMIC`], and its exit code tells whether it made the switch.

mod ahead;
mod content;
mod depart;
mod entries;
mod inbox;
mod lanes;
mod outbox;
mod outflow;
mod requests;
mod serve;
mod shelf;
mod source_files;
mod tell;
mod walk;

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use content::Contents;
use inbox::Inbox;
use outbox::{Outbox, Reserved};
use outflow::Outflow;
use requests::{Batch, Form, Said, Stream};
use serve::{ServerEnd, Serving};
use shelf::Shelves;
use source_files::SourceFiles;
use tell::Teller;
use walk::Walk;

use super::error::Error;
use super::event::{Event, Outcome, Report, Severity, Traffic};
use super::line::{HangUp, Line};
use super::opening::{Opening, at_home};
use super::options::{Options, Writing};
use super::pace::Pace;
use super::remote::{CodeOf, refuse_beyond};
use super::select::Names;
use super::sources::{self, Lister, Source};
use super::tally::Tally;
use super::workforce::{caught, start};
use crate::sys::signal;
use crate::wire::flist::Fields;
use crate::wire::handshake::Offer;
use crate::wire::{
    Compat, Converter, DeletionStats, Dialect, IoErrors, Message, Mux, NdxMemory, Phases, Protocol,
    read_name,
};

/// The names of `--files-from` that are held, in bytes.
const MOST_NAMES: usize = 1 << 30;

/// A receiver that is there, and what both sides know of each other beforehand.
pub struct Receiver {
    /// From it.
    pub from: Box<dyn Read + Send>,
    /// To it.
    pub to: Box<dyn Write + Send>,
    /// What is offered in the handshake.
    pub offer: Offer,
    /// What the lists tell of entries.
    pub fields: Fields,
    /// How long nothing may move before the session counts as broken (`--timeout`).
    pub timeout: Option<Duration>,
    /// Whether a person is told that the receiver changes file by file.
    pub tells_manner: bool,
    /// Whether the receiver is to make a time point.
    pub wants_point: bool,
    /// Whether the receiver tells the names of `--files-from`.
    pub hears_names: bool,
    /// The charset of names here, where they are in UTF-8 on the way (`--iconv`).
    pub charset: Option<Converter>,
    /// The exit code of a session that this error ends: a client is told.
    pub code_of: Arc<CodeOf>,
    /// Ends the session, so that whoever reads from it or writes to it does not wait for ever.
    pub hang_up: Arc<HangUp>,
    /// Which end this is.
    pub opening: Opening,
}

/// Offers the sources to a receiver.
///
/// # Errors
/// What ended the session: whether the destination is as it was is the receiver's affair.
pub fn push(options: &Options, report: &dyn Report, receiver: Receiver) -> Result<Outcome, Error> {
    let line = Line::default();
    let (timeout, hang_up) = (receiver.timeout, Arc::clone(&receiver.hang_up));
    let session = || push_over(&line, options, report, receiver);
    line.attend(timeout, &*hang_up, || "sender", session)
}

fn push_over(
    line: &Line,
    options: &Options,
    report: &dyn Report,
    receiver: Receiver,
) -> Result<Outcome, Error> {
    let Receiver {
        from,
        to,
        offer,
        fields,
        timeout,
        tells_manner,
        wants_point,
        hears_names,
        charset,
        code_of,
        hang_up,
        opening,
    } = receiver;
    let (mut from, mut to) = (line.reads(from), line.writes(to));
    let accepts = |spoken| refuse_beyond(spoken, &fields, options);
    let dialect = opening.shake_hands(&offer, charset, accepts, &mut from, &mut to)?;
    let protocol = dialect.protocol;
    if wants_point && !dialect.compat.contains(Compat::POINT) {
        hang_up();
        return Err(Error::NoPoints);
    }
    line.begin_session();
    let mut to = Mux::new(to);
    to.begin_session(dialect.writes_frames).map_err(broken)?;
    opening.begin(&mut to)?;
    let reserved = Reserved(report);
    let (server, report): (_, &dyn Report) = match &opening {
        Opening::Client(_) => (None, report),
        Opening::Server(server) => {
            let outbox: Arc<Outbox> = Arc::default();
            server.post.begin(outbox.clone());
            let line = line.clone();
            (Some(ServerEnd { outbox, line }), &reserved)
        }
    };
    if tells_manner && !dialect.compat.contains(Compat::ATOMIC) {
        report.event(Event::Message {
            severity: Severity::Notice,
            text: "the other end changes file by file: a run that breaks leaves old and new there"
                .into(),
        });
    }
    let (inbox, batch) = (Inbox::default(), Batch::default());
    let mut stream = requests::stream(from, &dialect, &batch, &inbox);
    let mut options = options.clone();
    opening.hear(&dialect, &mut options, &mut stream)?;
    if hears_names {
        // Without -s names are told in the charset of this end.
        let charset = charset.filter(|_| opening.is_secluded());
        let names = hear_names(&dialect, charset, &mut stream)?;
        options.select.files_from = Some(Arc::new(names));
    }
    // What only a whole list has room for.
    options.whole_list = !dialect.incremental();
    let options = &options;
    if let Some(when) = options.content.deadline {
        signal::stop_at(when).map_err(|source| Error::File {
            action: "watch the time for",
            path: options.sources.first().cloned().unwrap_or_default(),
            source,
        })?;
    }
    let tally = Tally::default();
    report.event(Event::ListBegins);
    let found = sources::open(options, report, &tally)?;
    let teller = Teller {
        options,
        report,
        tally: &tally,
        wants: report.wants(),
        protocol,
        sums: dialect.checksums,
        sources: found
            .sources
            .iter()
            .map(|source| source.path.clone())
            .collect(),
        rooted: found.rooted.clone(),
    };
    let form = Form {
        xattrs: fields.xattrs,
        is_dry: options.dry_run,
        appends: matches!(options.content.writing, Writing::Append { .. }),
    };
    let served = std::thread::scope(|scope| {
        let read = || {
            let read = || {
                requests::read_all(stream, &dialect, form, &batch, &inbox);
                Ok(())
            };
            if let Err(e) = caught(read) {
                inbox.put_all([(Said::Over(e), 0)].into_iter());
            }
        };
        let reader = start(scope, "reader", read).inspect_err(|_| hang_up())?;
        let session = Session {
            teller: &teller,
            dialect: &dialect,
            inbox: &inbox,
            fields,
            charset,
            level: offer.level,
            threads: lanes::threads(options, offer.level),
            patience: timeout.map(|timeout| timeout / 2),
            code_of: &*code_of,
        };
        let served = caught(|| session.serve(&found.sources, server, to));
        // Of a server that has nothing to offer nobody wants anything.
        let is_idle = served.as_ref().is_ok_and(|served| served.is_none());
        if served.is_err() || is_idle {
            inbox.close();
            hang_up();
        }
        let _ = reader.join();
        served
    });
    let Some((deleted, sent)) = served? else {
        return Ok(tally.outcome());
    };
    // What it says on its way out.
    while let Some(said) = inbox.take() {
        if let Said::Message(Message::Text(severity, text)) = said {
            teller.text(severity, &text);
        }
    }
    tally.deleted_there(deleted);
    let mut outcome = tally.outcome();
    if protocol < Protocol::V29 {
        outcome.stats.created = None;
    }
    if protocol < Protocol::V31 {
        outcome.stats.deleted = None;
    }
    outcome.stats.wire = Some(Traffic {
        sent,
        received: line.received(),
    });
    Ok(outcome)
}

/// What a session is served with.
struct Session<'s> {
    teller: &'s Teller<'s>,
    dialect: &'s Dialect,
    inbox: &'s Inbox,
    fields: Fields,
    charset: Option<Converter>,
    level: Option<i32>,
    threads: usize,
    patience: Option<Duration>,
    code_of: &'s CodeOf,
}

/// The names of `--files-from` that a client has; they come raw before protocol 31.
fn hear_names(
    dialect: &Dialect,
    charset: Option<Converter>,
    from: &mut Stream<'_>,
) -> Result<Names, Error> {
    let is_framed = dialect.reads_frames && dialect.protocol >= Protocol::V31;
    from.set_framed(is_framed)?;
    let mut names = Names::default();
    let mut bytes = 0;
    while let Some(mut name) = read_name(from)? {
        at_home(charset, &mut name);
        bytes += name.len() + 1;
        if bytes > MOST_NAMES {
            return Err(Error::Wire(crate::wire::Error::Invalid {
                fault: crate::wire::Fault::TooLarge,
                what: "names of --files-from",
                why: "are more than a session can hold",
            }));
        }
        names.push(&name);
    }
    from.set_framed(dialect.reads_frames)?;
    Ok(names)
}

impl Session<'_> {
    /// Lists, answers, parts: what was deleted there, and how many bytes went there.
    fn serve<W: Write>(
        &self,
        found: &[Source],
        server: Option<ServerEnd>,
        to: Mux<W>,
    ) -> Result<Option<(DeletionStats, u64)>, Error> {
        let Session {
            teller, dialect, ..
        } = *self;
        let options = teller.options;
        let mut to = Outflow::new(to, dialect, self.level, self.threads)?;
        let lister = Lister {
            filter: super::filter::Filter::new(options, teller.wants.skips),
            ..Lister::quiet(options)
        };
        let mut walk = Walk::new(teller, lister, (dialect, self.fields), self.charset)?;
        let mut shelves = Shelves::default();
        say(server.as_ref(), &mut to)?;
        let first = walk.first(found, &mut to)?;
        if !dialect.incremental() {
            teller.tell(Event::Listed(teller.tally.known().entries));
        }
        let mut memory = NdxMemory::new(dialect.protocol);
        if first.list.is_empty() && server.is_some() {
            // There is nothing to be asked for: both sides leave.
            walk.next(&mut memory, &mut to)?;
            finish(to, server.as_ref())?;
            return Ok(None);
        }
        shelves.add(first);
        let pace = options.content.rate.map(Pace::new);
        let mut serving = Serving {
            teller,
            dialect,
            inbox: self.inbox,
            charset: self.charset,
            walk,
            shelves,
            files: SourceFiles {
                sources: &teller.sources,
                follows: options.symlinks.follows()
                    || options.select.relative
                    || options.select.files_from.is_some(),
                devices: options.content.copy_devices,
                unseen: options.open_noatime,
                last: None,
            },
            contents: Contents::new(dialect, pace.as_ref(), self.patience),
            memory,
            phases: Phases::new(dialect.protocol),
            patience: self.patience,
            told: IoErrors::NONE,
            last_word: None,
            is_gone: false,
            server,
            to,
        };
        let served = serving.serve();
        if let Err(Error::Wire(crate::wire::Error::Io(_))) = &served {
            // Why the stream broke may be on its way still.
            serving.hear_last_words();
        }
        if let (Err(Error::Wire(_)), Some(code)) = (&served, serving.last_word) {
            return Err(Error::Left { code });
        }
        if let (Err(e), Some(_)) = (&served, &serving.server) {
            serving.say_failed((self.code_of)(e));
        }
        let deleted = served?;
        let Serving { to, server, .. } = serving;
        Ok(Some((deleted, finish(to, server.as_ref())?)))
    }
}

/// Passes on what a server has to say to people.
fn say<W: Write>(server: Option<&ServerEnd>, to: &mut Outflow<W>) -> Result<(), Error> {
    for message in server
        .map(|server| server.outbox.take())
        .unwrap_or_default()
    {
        to.message(&message)?;
    }
    Ok(())
}

/// Says the last words, and how many bytes went there.
fn finish<W: Write>(mut to: Outflow<W>, server: Option<&ServerEnd>) -> Result<u64, Error> {
    say(server, &mut to)?;
    if let Some(server) = server {
        server.outbox.close();
    }
    to.flush().map_err(broken)?;
    Ok(to.given()?)
}

/// What could not be compressed stays what it is: only of a stream that broke the last words are waited for.
fn broken(e: io::Error) -> Error {
    Error::Wire(e.into())
}

/// What no receiver may say.
fn unexpected(what: &'static str, why: &'static str) -> Error {
    crate::wire::Error::Invalid {
        fault: crate::wire::Fault::Protocol,
        what,
        why,
    }
    .into()
}
