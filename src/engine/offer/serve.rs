//! Answering a receiver: lists ahead of what it asks for, files as they are asked for, and the end.

use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use super::ahead::AHEAD;
use super::broken;
use super::content::{Contents, Outgoing};
use super::inbox::Inbox;
use super::outbox::Outbox;
use super::outflow::Outflow;
use super::requests::{Blocks, Request, Said};
use super::shelf::{Shelves, Subject};
use super::source_files::SourceFiles;
use super::tell::{Teller, Traffic};
use super::walk::Walk;
use crate::delta::Shape;
use crate::engine::error::Error;
use crate::engine::event::Event;
use crate::engine::line::Line;
use crate::engine::opening::at_home;
use crate::engine::options::Writing;
use crate::sys::{Kind, Object, as_path};
use crate::wire::{
    Basis, Compat, Converter, DeletionStats, Dialect, Ended, IoErrors, Item, Message, Ndx,
    NdxMemory, Phase, Phases, Protocol, Statistics, dones_of_generator, goodbyes_of_sender,
    write_sum_head, write_xattr_values,
};

/// The time between two looks at how far lists may go ahead of a receiver that has not said anything yet.
const LOOK: Duration = Duration::from_millis(1);
/// Bytes between two tellings of how far a file is.
const PROGRESS_STEP: u64 = 256 << 10;

/// The answering side of a session.
pub(super) struct Serving<'s, W: Write> {
    pub teller: &'s Teller<'s>,
    pub dialect: &'s Dialect,
    pub inbox: &'s Inbox,
    /// The charset of names here (`--iconv`).
    pub charset: Option<Converter>,
    pub walk: Walk<'s>,
    pub shelves: Shelves,
    pub files: SourceFiles<'s>,
    pub contents: Contents<'s>,
    pub memory: NdxMemory,
    pub phases: Phases,
    /// How long the receiver may hear nothing.
    pub patience: Option<Duration>,
    /// The errors that the receiver knows of.
    pub told: IoErrors,
    /// The code with which the receiver said that it ends.
    pub last_word: Option<u8>,
    /// Nothing more comes from it.
    pub is_gone: bool,
    /// At a server: what it says to people, and the bytes that it heard.
    pub server: Option<ServerEnd>,
    pub to: Outflow<W>,
}

/// What only a server has.
pub(super) struct ServerEnd {
    pub outbox: Arc<Outbox>,
    pub line: Line,
}

impl<W: Write> Serving<'_, W> {
    /// Answers until the receiver has said goodbye; what it deleted.
    pub(super) fn serve(&mut self) -> Result<DeletionStats, Error> {
        let mut deleted = DeletionStats::default();
        self.told = self.teller.errors();
        self.expect_end();
        // Whether the one entry is all decides on what the destination means.
        if self.shelves.ahead() == 1 {
            self.list_more()?;
        }
        loop {
            while self.shelves.ahead() < AHEAD && self.list_more()? {}
            match self.hear()? {
                Said::Request(request) => self.answer(*request)?,
                Said::Deletions(told) => deleted = self.hear_deletions(told)?,
                Said::Done => match self.phases.done()? {
                    Ended::List => {
                        self.shelves.drop_oldest();
                        self.memory.write(Ndx::Done, &mut self.to)?;
                    }
                    Ended::Phase(phase) => {
                        if phase == Phase::Redo && self.dialect.incremental() {
                            self.shelves.drop_oldest();
                        }
                        self.memory.write(Ndx::Done, &mut self.to)?;
                    }
                    Ended::Loop => break,
                },
                Said::Message(message) => self.listen(&message)?,
                Said::Over(e) => return self.gone(e),
            }
        }
        self.part(deleted)
    }

    /// Lists one directory more; false if there is none.
    fn list_more(&mut self) -> Result<bool, Error> {
        if self.walk.is_over() {
            return Ok(false);
        }
        match self.walk.next(&mut self.memory, &mut self.to)? {
            Some(shelf) => {
                self.phases.add_list()?;
                self.shelves.add(shelf);
                Ok(true)
            }
            None => {
                self.expect_end();
                Ok(false)
            }
        }
    }

    /// Once all lists are made it is known what a client says last; it stays when that is said.
    fn expect_end(&self) {
        if self.server.is_some() && self.walk.is_over() {
            let lists = self.shelves.made();
            self.inbox
                .expect(dones_of_generator(self.dialect.protocol, lists));
        }
    }

    /// What the receiver says next. While it says nothing it gets lists, and signs of life.
    fn hear(&mut self) -> Result<Said, Error> {
        if let Some(said) = self.inbox.take() {
            return Ok(said);
        }
        // It may wait for what was said before: that goes ahead of more lists.
        self.let_out()?;
        loop {
            while self.shelves.ahead() < self.shelves.ahead_at_rest() && self.list_more()? {
                if let Some(said) = self.inbox.take() {
                    return Ok(said);
                }
            }
            self.let_out()?;
            let is_growing = !self.walk.is_over() && self.shelves.is_ahead_growing();
            let patience = if is_growing {
                Some(LOOK)
            } else {
                self.patience
            };
            if let Some(said) = self.inbox.wait(patience) {
                return Ok(said);
            }
            if !is_growing {
                self.to.keep_alive()?;
            }
        }
    }

    fn let_out(&mut self) -> Result<(), Error> {
        self.say_all()?;
        self.to.flush().map_err(broken)
    }

    fn answer(&mut self, request: Request) -> Result<(), Error> {
        let Request {
            ndx,
            item,
            xattrs,
            basis,
        } = request;
        let Some(subject) = self.shelves.find(ndx) else {
            return Err(super::unexpected(
                "an index",
                "stands for nothing that is listed",
            ));
        };
        if !item.is_transfer() {
            self.teller.item(&subject, &item);
            self.memory.write(Ndx::Entry(ndx), &mut self.to)?;
            item.write(self.dialect.protocol, &mut self.to)?;
            return self.send_values(&subject, xattrs);
        }
        self.phases.check_transfer()?;
        self.shelves.ask();
        if subject.kind != Kind::File {
            return Err(super::unexpected("data", "is asked for of what is no file"));
        }
        match basis {
            None => {
                self.teller.item(&subject, &item);
                self.memory.write(Ndx::Entry(ndx), &mut self.to)?;
                item.write(self.dialect.protocol, &mut self.to)?;
                self.sent(&subject, ndx, &item, Traffic::default());
                Ok(())
            }
            Some(blocks) => self.send(ndx, &subject, (&item, xattrs), blocks),
        }
    }

    /// Sends the values of extended attributes that were asked for, as they are by now; what is gone is empty.
    fn send_values(&mut self, subject: &Subject, numbers: Option<Vec<u32>>) -> Result<(), Error> {
        let Some(numbers) = numbers else {
            return Ok(());
        };
        let names = self.walk.writer.wanted_xattrs(subject.xattrs, &numbers)?;
        let names: Vec<&[u8]> = names.iter().map(|name| &name[..]).collect();
        let mut values = match names.is_empty() {
            true => HashMap::new(),
            false => {
                let (keeping, rules) = (self.walk.keeping, &self.teller.options.rules);
                let read = |object: Object<'_>| keeping.read_values(object, rules, &names);
                self.files.look(subject, read).unwrap_or_default()
            }
        };
        let values = names.iter().zip(numbers).map(|(name, number)| {
            let value = values.remove(*name).unwrap_or_default();
            (number, value)
        });
        let values: Vec<_> = values.collect();
        Ok(write_xattr_values(&values, &mut self.to)?)
    }

    fn send(
        &mut self,
        ndx: u32,
        subject: &Subject,
        (item, xattrs): (&Item, Option<Vec<u32>>),
        Blocks { shape, sums }: Blocks,
    ) -> Result<(), Error> {
        let protocol = self.dialect.protocol;
        let writing = self.teller.options.content.writing;
        // Sums are left out where the receiver only wants what is behind.
        let is_behind = shape.count() > 0 && sums.weak.is_empty();
        let opened = self.files.open(subject);
        let (file, size) = match opened {
            Ok((file, size)) if !is_behind || size >= shape.basis_len() => (file, size),
            Ok(_) => {
                let e = std::io::ErrorKind::UnexpectedEof.into();
                return self.pass_over(ndx, subject, &e);
            }
            Err(e) => return self.pass_over(ndx, subject, &e),
        };
        self.teller.item(subject, item);
        self.memory.write(Ndx::Entry(ndx), &mut self.to)?;
        item.write(protocol, &mut self.to)?;
        self.send_values(subject, xattrs)?;
        write_sum_head(shape, &mut self.to)?;
        let in_place = match item.basis {
            Basis::Destination if protocol < Protocol::V29 => {
                writing != Writing::Anew && self.teller.options.backups.is_none()
            }
            Basis::Destination => writing != Writing::Anew,
            Basis::PartialDir => self.dialect.compat.contains(Compat::INPLACE_PARTIAL_DIR),
            _ => false,
        };
        let outgoing = Outgoing {
            file: &file,
            size,
            shape,
            in_place,
            skip: match is_behind {
                true => shape.basis_len(),
                false => 0,
            },
            // Before protocol 30 there is no other way.
            sums_skipped: protocol < Protocol::V30 || writing == (Writing::Append { verify: true }),
        };
        let traffic_sums = bytes_of_sums(shape);
        let (teller, shelves, growing) = (self.teller, &self.shelves, !self.walk.is_over());
        let mut told = 0;
        let mut progress = |done: u64| {
            if teller.wants.progress && done - told >= PROGRESS_STEP {
                told = done;
                teller.tell(Event::FileProgress {
                    path: subject.path.clone(),
                    done,
                    size: subject.size,
                    position: teller.position(shelves.beyond(ndx), growing),
                });
            }
        };
        let sent = self
            .contents
            .send(&outgoing, sums, &mut progress, &mut self.to)?;
        self.teller.tally.searched(sent.matches, sent.tries);
        if let Some(e) = sent.broken {
            self.teller.unread(subject, &e);
        }
        let traffic = Traffic {
            moved: sent.moved,
            sums: traffic_sums,
            digest: Some(sent.digest),
        };
        self.sent(subject, ndx, item, traffic);
        Ok(())
    }

    fn sent(&self, subject: &Subject, ndx: u32, item: &Item, traffic: Traffic) {
        let ahead = self.shelves.beyond(ndx);
        let growing = !self.walk.is_over();
        self.teller.sent(subject, item, traffic, ahead, growing);
    }

    /// A file does not come.
    fn pass_over(&mut self, ndx: u32, subject: &Subject, e: &std::io::Error) -> Result<(), Error> {
        self.teller.unopened(subject, e);
        if self.dialect.protocol >= Protocol::V30 {
            self.to.message(&Message::NoSend(ndx))?;
        }
        Ok(())
    }

    /// Deals with what the receiver says beside its requests.
    fn listen(&mut self, message: &Message) -> Result<(), Error> {
        match message {
            Message::Text(severity, text) => self.teller.text(*severity, text),
            Message::Deleted { name, directory } => {
                let kind = if *directory { Kind::Dir } else { Kind::File };
                if self.dialect.protocol < Protocol::V31 {
                    self.teller.tally.deleted(kind);
                }
                if self.teller.wants.deletions {
                    let mut name = name.clone();
                    at_home(self.charset, &mut name);
                    let path = as_path(&name).to_owned();
                    self.teller.tell(Event::Deleted { path, kind });
                }
            }
            Message::Success(ndx) => self.depart(*ndx),
            Message::ErrorExit(Some(code)) => {
                self.last_word = u8::try_from(*code).ok();
                // It may wait to hear that this was heard, or be gone.
                let _ = self.to.message(&Message::ErrorExit(None));
                let _ = self.to.flush();
            }
            Message::Noop => self.to.keep_alive()?,
            Message::IoErrors(_)
            | Message::IoTimeout(_)
            | Message::ErrorExit(None)
            | Message::NoSend(_) => {}
        }
        Ok(())
    }

    /// All is sent: says so, and waits for the receiver to be done with it.
    fn part(&mut self, mut deleted: DeletionStats) -> Result<DeletionStats, Error> {
        let protocol = self.dialect.protocol;
        let errors = self.teller.errors();
        if protocol >= Protocol::V30 && errors != self.told {
            self.to.message(&Message::IoErrors(errors))?;
        }
        if self.server.is_some() && self.teller.wants.search {
            let stats = self.teller.tally.outcome().stats;
            self.teller.tell(Event::Searched {
                search: stats.search,
                literal: stats.literal,
            });
        }
        self.memory.write(Ndx::Done, &mut self.to)?;
        self.tell_statistics()?;
        self.let_out()?;
        let mut goodbyes = 0;
        while goodbyes <= goodbyes_of_sender(protocol) {
            match self.hear_out()? {
                Said::Done => {
                    goodbyes += 1;
                    if goodbyes <= goodbyes_of_sender(protocol) {
                        self.memory.write(Ndx::Done, &mut self.to)?;
                        self.to.flush().map_err(broken)?;
                    }
                }
                Said::Deletions(told) => deleted = self.hear_deletions(told)?,
                Said::Message(message) => self.listen(&message)?,
                Said::Request(_) => {
                    return Err(super::unexpected("a request", "comes behind the end"));
                }
                Said::Over(e) => return self.gone(e),
            }
        }
        Ok(deleted)
    }

    /// What the receiver deleted: a server says it back, because the client's other half hears only that.
    fn hear_deletions(&mut self, told: DeletionStats) -> Result<DeletionStats, Error> {
        if self.server.is_some() {
            self.memory.write(Ndx::DelStats, &mut self.to)?;
            told.write(&mut self.to)?;
        }
        Ok(told)
    }

    /// A server's numbers, by which a client tells what moved.
    fn tell_statistics(&mut self) -> Result<(), Error> {
        let Some(server) = &self.server else {
            return Ok(());
        };
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let stats = self.teller.tally.outcome().stats;
        let statistics = Statistics {
            server_read: number(server.line.received()),
            server_written: number(self.to.given()?),
            total_size: number(stats.total_size),
            // As rsync, which never tells less.
            list_build_ms: number(stats.list_nanos / 1_000_000).max(1),
            list_transfer_ms: 0,
        };
        Ok(statistics.write(self.dialect.protocol, &mut self.to)?)
    }

    /// Passes on what there is to say to people.
    pub(super) fn say_all(&mut self) -> Result<(), Error> {
        super::say(self.server.as_ref(), &mut self.to)
    }

    /// What the receiver says next, when nothing is left to be listed.
    fn hear_out(&mut self) -> Result<Said, Error> {
        loop {
            match self.inbox.wait(self.patience) {
                Some(said) => return Ok(said),
                None => self.to.keep_alive()?,
            }
        }
    }

    /// Tells a client that this end ends with an error. It may be gone already.
    pub(super) fn say_failed(&mut self, code: u8) {
        let _ = self.say_all();
        if self.dialect.protocol >= Protocol::V31 && self.last_word.is_none() {
            let _ = self.to.message(&Message::ErrorExit(Some(code.into())));
        }
        let _ = self.to.flush();
    }

    fn gone<T>(&mut self, e: Error) -> Result<T, Error> {
        self.is_gone = true;
        Err(e)
    }

    /// Hears what the receiver still says on its way out, to the end of its stream.
    pub(super) fn hear_last_words(&mut self) {
        while !self.is_gone
            && let Some(said) = self.inbox.wait(None)
        {
            match said {
                Said::Message(message) => {
                    let _ = self.listen(&message);
                }
                Said::Over(_) => self.is_gone = true,
                _ => {}
            }
        }
    }
}

fn bytes_of_sums(shape: Shape) -> u64 {
    16 + u64::from(shape.count()) * (4 + shape.strong_len() as u64)
}
