//! What a receiver says: its requests, how far it is, and messages.

use std::collections::HashSet;
use std::io::{self, Read};
use std::sync::Mutex;

use super::inbox::Inbox;
use crate::delta::Shape;
use crate::engine::error::Error;
use crate::sys::lock;
use crate::wire::{
    BlockSums, DeletionStats, Demux, Dialect, Item, Message, Ndx, NdxMemory, Sums, read_sum_head,
    read_xattr_requests,
};

/// The most that is put in at once.
const BATCH: usize = 64;

/// One thing that a receiver said.
pub(super) enum Said {
    /// What it did about an entry, or that it wants its data.
    Request(Box<Request>),
    /// A phase, or the oldest list, is through.
    Done,
    /// What it deleted.
    Deletions(DeletionStats),
    /// Something beside the data.
    Message(Message),
    /// The stream is at its end, or holds what it may not.
    Over(Error),
}

/// What is said of one entry.
pub(super) struct Request {
    /// Its index.
    pub ndx: u32,
    pub item: Item,
    /// Which values of its xattrs are wanted, where that is said.
    pub xattrs: Option<Vec<u32>>,
    /// The basis that the receiver has, where data is wanted and the run is not dry.
    pub basis: Option<Blocks>,
}

/// How a basis is cut, and the sums of its blocks.
pub(super) struct Blocks {
    pub shape: Shape,
    pub sums: BlockSums,
}

/// What decides on the form of requests.
#[derive(Clone, Copy)]
pub(super) struct Form {
    /// `-X`: requests may ask for values.
    pub xattrs: bool,
    /// `-n`: no data is asked for.
    pub is_dry: bool,
    /// `--append`: sums come with the second request for a file only.
    pub appends: bool,
}

/// Hears messages where the stream is read.
pub(super) type Listener<'h> = Box<dyn FnMut(Message) -> io::Result<()> + Send + 'h>;

/// What was read and is not put in yet, in order: what came at once is put in at once.
#[derive(Default)]
pub(super) struct Batch(Mutex<Vec<Said>>);

impl Batch {
    /// Adds one piece, and puts all in if it is not to wait for others.
    fn add(&self, said: Said, waits: bool, inbox: &Inbox) {
        let mut batch = lock(&self.0);
        batch.push(said);
        if !waits || batch.len() == BATCH {
            inbox.put_all(batch.drain(..).map(|said| {
                let bytes = size(&said);
                (said, bytes)
            }));
        }
    }
}

/// The way from the receiver; what it says beside the data goes into the inbox as it comes.
pub(super) type Stream<'h> = Demux<Box<dyn Read + Send>, Listener<'h>>;

/// The stream behind the handshake.
pub(super) fn stream<'h>(
    from: Box<dyn Read + Send>,
    dialect: &Dialect,
    batch: &'h Batch,
    inbox: &'h Inbox,
) -> Stream<'h> {
    let listener: Listener<'h> = Box::new(|message| {
        batch.add(Said::Message(message), false, inbox);
        Ok(())
    });
    let mut stream = Demux::new(from, dialect.side, listener);
    stream.begin_session(dialect.reads_frames);
    stream
}

/// Reads all that the receiver says: to its end, or to the last word that a server waits for.
pub(super) fn read_all(
    mut from: Stream<'_>,
    dialect: &Dialect,
    form: Form,
    batch: &Batch,
    inbox: &Inbox,
) {
    let mut memory = NdxMemory::new(dialect.protocol);
    let mut asked = HashSet::new();
    let mut dones = 0;
    loop {
        match read_one(&mut from, dialect, form, &mut memory, &mut asked) {
            Ok(said) => {
                dones += u32::from(matches!(said, Said::Done));
                let is_last = inbox.is_last(dones);
                batch.add(said, from.has_more() && !is_last, inbox);
                if is_last {
                    return;
                }
            }
            Err(e) => return batch.add(Said::Over(e), false, inbox),
        }
    }
}

/// Roughly what it takes in memory.
fn size(said: &Said) -> usize {
    let sums = match said {
        Said::Request(request) => request.basis.as_ref().map(|basis| &basis.sums),
        _ => None,
    };
    let sums = sums.map_or(0, |sums| sums.weak.len() * 4 + sums.strong.len());
    size_of::<Said>() + size_of::<Request>() + sums
}

fn read_one(
    from: &mut Stream<'_>,
    dialect: &Dialect,
    form: Form,
    memory: &mut NdxMemory,
    asked: &mut HashSet<u32>,
) -> Result<Said, Error> {
    let protocol = dialect.protocol;
    let ndx = match memory.read(from)? {
        Ndx::Done => return Ok(Said::Done),
        Ndx::DelStats => return Ok(Said::Deletions(DeletionStats::read(from)?)),
        Ndx::Entry(ndx) => ndx,
        Ndx::SubList(_) | Ndx::ListsEnd => {
            return Err(super::unexpected("a list", "comes from the receiving side"));
        }
    };
    let item = Item::read(protocol, from)?;
    let mut request = Request {
        ndx,
        xattrs: None,
        basis: None,
        item,
    };
    if form.xattrs && !form.is_dry && request.item.has_xattrs(dialect) {
        request.xattrs = Some(read_xattr_requests(from)?);
    }
    if request.item.is_transfer() && !form.is_dry {
        let digest_len = Sums::of_transfers(dialect).digest_len();
        let shape = read_sum_head(protocol, digest_len, from)?;
        let has_sums = !form.appends || !asked.insert(ndx);
        let sums = match has_sums {
            true => BlockSums::read(shape, digest_len, from)?,
            false => BlockSums::default(),
        };
        request.basis = Some(Blocks { shape, sums });
    }
    Ok(Said::Request(Box::new(request)))
}
