//! What a sender says: lists, the content of files, and how far it is.

use std::io::Read;
use std::sync::{Arc, Mutex};

use super::incoming::Incoming;
use super::requests::Requests;
use super::{AskedNames, Far, Listener, inconvertible};
use crate::engine::error::Error;
use crate::engine::event::{Event, Report, Severity};
use crate::engine::run::Run;
use crate::engine::sources::{Arrivals, Assembly, Listed, Turn};
use crate::engine::survey::Totals;
use crate::engine::worker::Worker;
use crate::sys::{Change, lock};
use crate::wire::flist::{Charset, Fields, FileType, List, ListReader, Unspelled};
use crate::wire::{
    DeletionStats, Demux, Dialect, Ended, IoErrors, Item, Ndx, NdxMemory, Phases, Role, Statistics,
    Sums, TokenReader, goodbyes_of_sender, read_sum_head,
};

/// The way from the sender.
pub(super) type Stream<'h> = Demux<Box<dyn Read + Send>, Listener<'h>>;

/// Reads what the sender says, in order.
pub(in crate::engine) struct Answers<'h> {
    from: Stream<'h>,
    dialect: Dialect,
    memory: NdxMemory,
    lists: ListReader,
    assembly: Assembly,
    arrivals: Arc<Arrivals>,
    phases: Phases,
    tokens: TokenReader,
    numeric_ids: bool,
    fields: Fields,
    report: &'h dyn Report,
    asked: AskedNames,
    /// What all lists hold so far.
    known: Totals,
    lists_ended: bool,
}

impl Totals {
    fn add(&mut self, list: &List) {
        for (_, entry) in list.iter() {
            self.entries += 1;
            if matches!(entry.file_type(), FileType::Regular | FileType::Symlink) {
                self.bytes += entry.size;
            }
        }
    }
}

/// How far the sender is.
#[derive(Default)]
pub(in crate::engine) struct Course {
    state: Mutex<Reached>,
    changed: Change,
}

/// A point that a session comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::engine) enum Reached {
    /// Files are transferred.
    #[default]
    Transfer,
    /// All is sent, and a server has told its statistics.
    Statistics,
    /// It has said goodbye.
    Goodbye,
    /// It is gone, or said what it may not.
    Broken,
}

impl Course {
    /// The sender will come no further.
    pub(super) fn break_off(&self) {
        self.reach(Reached::Broken);
    }

    fn reach(&self, point: Reached) {
        *lock(&self.state) = point;
        self.changed.tell();
    }

    /// Waits until the sender is there; false if it never will be.
    pub(in crate::engine) fn wait_for(&self, point: Reached) -> bool {
        let mut state = lock(&self.state);
        while *state < point {
            state = self.changed.wait(state);
        }
        *state != Reached::Broken
    }
}

/// The list that a session begins with.
pub(super) struct First {
    pub root: Listed,
    pub errors: IoErrors,
}

/// How lists are read.
pub(super) struct Reading<'r, 'h> {
    pub arrivals: &'r Arc<Arrivals>,
    /// `--no-implied-dirs`.
    pub passes_implied: bool,
    /// `--iconv`.
    pub charset: Option<Box<dyn Charset>>,
    pub report: &'h dyn Report,
    pub asked: AskedNames,
}

/// Makes what falls due when a list is through.
pub(super) type Turns<'t> = &'t (dyn Fn() -> Arc<Turn> + Sync);

impl<'h> Answers<'h> {
    /// Reads the first list.
    ///
    /// # Errors
    /// What no peer may send, and what the stream reports.
    pub(super) fn begin(
        from: Stream<'h>,
        dialect: &Dialect,
        fields: Fields,
        Reading {
            arrivals,
            passes_implied,
            charset,
            report,
            asked,
        }: Reading<'_, 'h>,
        (turns, requests): (Turns<'_>, &Requests),
    ) -> Result<(Answers<'h>, First), Error> {
        let incremental = dialect.incremental();
        let mut answers = Answers {
            from,
            memory: NdxMemory::new(dialect.protocol),
            lists: ListReader::new(dialect, fields, charset)?,
            assembly: Assembly::new(Arc::clone(arrivals), incremental, passes_implied),
            arrivals: Arc::clone(arrivals),
            phases: Phases::new(dialect.protocol),
            tokens: TokenReader::new(dialect)?,
            dialect: dialect.clone(),
            numeric_ids: fields.numeric_ids,
            fields,
            report,
            asked,
            known: Totals::default(),
            lists_ended: !incremental,
        };
        let list = answers.lists.read_first(&mut answers.from)?;
        answers.known.add(&list);
        answers.refuse_unasked(&list)?;
        answers.learn(&list);
        let mut errors = list.io_errors();
        let turn = incremental.then(turns);
        let root = answers.assembly.first(&Arc::new(list), turn)?;
        if !incremental {
            answers.assembly.end();
        } else if root.count() + usize::from(root.stat().is_some()) == 1 {
            // Whether that is all decides on what the destination means.
            errors |= answers.second(turns, requests)?;
        }
        Ok((answers, First { root, errors }))
    }

    /// Reads one list more, if there is one.
    fn second(&mut self, turns: Turns<'_>, requests: &Requests) -> Result<IoErrors, Error> {
        match self.memory.read(&mut self.from)? {
            Ndx::SubList(number) => self.sub_list(number, turns),
            Ndx::ListsEnd => {
                self.lists_end(requests);
                Ok(IoErrors::NONE)
            }
            _ => Err(unexpected(
                "an index",
                "comes before anything was asked for",
            )),
        }
    }

    fn lists_end(&mut self, requests: &Requests) {
        self.assembly.end();
        self.lists_ended = true;
        requests.lists_over();
    }

    /// What is not there has to be an argument: its name goes at the destination.
    fn refuse_unasked(&self, list: &List) -> Result<(), Error> {
        if !self.fields.missing_args {
            return Ok(());
        }
        let mut missing = list
            .iter()
            .filter(|(_, entry)| entry.file_type() == FileType::Missing)
            .map(|(_, entry)| entry.name.to_vec());
        match missing.find(|name| !self.asked.has_whole(name)) {
            Some(name) => Err(Error::Unasked {
                path: crate::tree::shown(crate::sys::as_path(&name)),
            }),
            None => Ok(()),
        }
    }

    /// Names of ids, ACLs and extended attributes may come with every list.
    fn learn(&self, list: &List) {
        for Unspelled {
            name, is_target, ..
        } in list.unspelled()
        {
            let name = crate::tree::shown(crate::sys::as_path(name));
            let what = match is_target {
                true => format!("symlink data for: \"{name}\""),
                false => format!("filename: {name}"),
            };
            self.report.event(Event::Message {
                severity: Severity::Plain,
                text: inconvertible("Receiver", &what),
            });
        }
        if !self.numeric_ids {
            self.arrivals.learn(self.lists.ids());
        }
        self.arrivals.learn_attached(&self.lists);
    }

    /// Reads until the sender has said goodbye.
    ///
    /// # Errors
    /// What ends the run.
    pub(super) fn read(
        &mut self,
        run: &Run<'_>,
        far: Far<'_>,
        turns: Turns<'_>,
    ) -> Result<(), Error> {
        let mut worker = Worker::new(run);
        worker.is_reader = true;
        if self.lists_ended {
            let _ = run.total.set(self.known);
        }
        loop {
            match self.memory.read(&mut self.from)? {
                Ndx::Entry(ndx) => self.entry(&mut worker, far, ndx)?,
                Ndx::SubList(number) => {
                    let errors = self.sub_list(number, turns)?;
                    super::take_errors(run.tally, errors);
                }
                Ndx::ListsEnd => {
                    self.lists_end(far.requests);
                    let _ = run.total.set(self.known);
                }
                Ndx::DelStats => drop(DeletionStats::read(&mut self.from)?),
                Ndx::Done => {
                    far.requests.done_was_heard();
                    match self.phases.done()? {
                        Ended::List => {}
                        Ended::Phase(_) => far.requests.phase_over(run.frontier),
                        Ended::Loop => break,
                    }
                }
            }
        }
        if self.dialect.side.role == Role::Client {
            let statistics = Statistics::read(self.dialect.protocol, &mut self.from)?;
            run.tally.sender_told(statistics);
        }
        far.course.reach(Reached::Statistics);
        for _ in 0..goodbyes_of_sender(self.dialect.protocol) {
            loop {
                match self.memory.read(&mut self.from)? {
                    Ndx::DelStats => drop(DeletionStats::read(&mut self.from)?),
                    Ndx::Done => {
                        far.requests.done_was_heard();
                        break;
                    }
                    _ => return Err(unexpected("an index", "comes behind the end")),
                }
            }
        }
        far.course.reach(Reached::Goodbye);
        Ok(())
    }

    fn sub_list(&mut self, number: u32, turns: Turns<'_>) -> Result<IoErrors, Error> {
        self.phases.add_list()?;
        let list: List = self.lists.read_sub_list(number, &mut self.from)?;
        self.known.add(&list);
        self.refuse_unasked(&list)?;
        self.learn(&list);
        let errors = list.io_errors();
        self.assembly.arrived(number, &Arc::new(list), turns())?;
        Ok(errors)
    }

    fn entry(&mut self, worker: &mut Worker<'_>, far: Far<'_>, ndx: u32) -> Result<(), Error> {
        let item = Item::read(self.dialect.protocol, &mut self.from)?;
        let is_dry = worker.run.target.is_none();
        if self.fields.xattrs && !is_dry && item.has_xattrs(&self.dialect) {
            let values = crate::wire::read_xattr_values(&mut self.from)?;
            far.requests.values_came(ndx, values)?;
        }
        if worker.run.wants.records
            && let Some(line) = far.records.take(ndx)
        {
            self.report.record(Event::Item(line));
        }
        if !item.is_transfer() {
            return Ok(());
        }
        self.phases.check_transfer()?;
        if worker.run.target.is_none() {
            // A dry run: nothing is said behind the item.
            return Ok(());
        }
        let sums = Sums::of_transfers(&self.dialect);
        let shape = read_sum_head(self.dialect.protocol, sums.digest_len(), &mut self.from)?;
        let Some(pending) = far.requests.answered(ndx) else {
            return Err(unexpected("a file", "comes that was not asked for"));
        };
        if shape != pending.shape {
            return Err(unexpected("sum head", "is not the one that was sent"));
        }
        let incoming = Incoming {
            from: &mut self.from,
            tokens: &mut self.tokens,
            sums,
            shape,
        };
        worker.arrive(far, ndx, *pending, incoming)
    }
}

pub(super) fn unexpected(what: &'static str, why: &'static str) -> Error {
    crate::wire::Error::Invalid {
        fault: crate::wire::Fault::Protocol,
        what,
        why,
    }
    .into()
}
