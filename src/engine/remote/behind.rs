//! Pieces of a file on their way into it: written at once, or by a thread of their own while the next are read.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::{self, Scope};

use crate::sys::signal;
use crate::sys::sparse::{self, Ground};

/// Pieces that may wait to be written.
const WAITING: usize = 3;

/// How pieces are written.
#[derive(Clone, Copy)]
pub(super) struct Hand<'f> {
    /// Nowhere, where the file cannot be made.
    pub to: Option<&'f File>,
    pub sparse: bool,
    pub ground: Ground,
}

impl Hand<'_> {
    fn write(&self, piece: &[u8], at: u64) -> io::Result<()> {
        let Some(to) = self.to else { return Ok(()) };
        match self.sparse {
            _ if signal::stop_requested() => Err(io::ErrorKind::Interrupted.into()),
            true => sparse::write_with_holes(to, piece, at, self.ground),
            false => to.write_all_at(piece, at),
        }
    }
}

/// Where pieces go.
pub(super) enum Pieces<'f> {
    /// Into the file.
    AtOnce(Hand<'f>),
    /// To the thread that writes.
    Behind {
        to: SyncSender<(Vec<u8>, u64)>,
        /// Pieces that were written, to be filled again; and why one was not.
        back: Receiver<io::Result<Vec<u8>>>,
        /// How many are there.
        out: usize,
    },
}

impl<'f> Pieces<'f> {
    /// Starts a thread that writes; where there can be none, pieces are written at once.
    pub fn behind<'s>(hand: Hand<'s>, scope: &'s Scope<'s, '_>) -> Pieces<'f>
    where
        's: 'f,
    {
        let (to, pieces) = mpsc::sync_channel::<(Vec<u8>, u64)>(WAITING);
        let (written, back) = mpsc::channel();
        let write = move || {
            for (mut piece, at) in pieces {
                let done = hand.write(&piece, at);
                piece.clear();
                if written.send(done.map(|()| piece)).is_err() {
                    return;
                }
            }
        };
        match thread::Builder::new().spawn_scoped(scope, write) {
            Ok(_) => Pieces::Behind { to, back, out: 0 },
            Err(_) => Pieces::AtOnce(hand),
        }
    }

    /// Writes a piece, or hands it over; `piece` is empty afterwards.
    ///
    /// # Errors
    /// This one, or one before it, could not be written.
    pub fn put(&mut self, piece: &mut Vec<u8>, at: u64) -> io::Result<()> {
        match self {
            Pieces::AtOnce(hand) => {
                let done = hand.write(piece, at);
                piece.clear();
                done
            }
            Pieces::Behind { to, back, out } => {
                let next = match *out < WAITING {
                    true => Vec::with_capacity(piece.capacity()),
                    false => {
                        *out -= 1;
                        back.recv().map_err(|_| io::ErrorKind::BrokenPipe)??
                    }
                };
                let full = std::mem::replace(piece, next);
                *out += 1;
                to.send((full, at))
                    .map_err(|_| io::ErrorKind::BrokenPipe.into())
            }
        }
    }

    /// Waits until all is written.
    ///
    /// # Errors
    /// As [`Pieces::put`].
    pub fn settle(&mut self) -> io::Result<()> {
        if let Pieces::Behind { back, out, .. } = self {
            while *out > 0 {
                *out -= 1;
                back.recv().map_err(|_| io::ErrorKind::BrokenPipe)??;
            }
        }
        Ok(())
    }
}
