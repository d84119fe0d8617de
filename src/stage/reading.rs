//! Files are read to their ends.

use std::io::{self, Read};

use crate::delta::{Checksum, Digest};
use crate::sys::signal;

/// Hands over all that is left, by way of a buffer.
pub(super) fn read_through(
    mut from: impl Read,
    buffer: &mut [u8],
    mut each: impl FnMut(&[u8]),
) -> io::Result<()> {
    loop {
        match from.read(buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => each(&buffer[..read]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

/// The sum of all that is left; none where the algorithm makes none.
///
/// # Errors
/// It cannot be read.
pub fn sum_of(
    from: impl Read,
    algorithm: Checksum,
    buffer: &mut [u8],
) -> io::Result<Option<Digest>> {
    let Some(mut sum) = algorithm.stream() else {
        return Ok(None);
    };
    read_through(from, buffer, |bytes| sum.update(bytes))?;
    Ok(Some(sum.finish()))
}

/// A file that is left when somebody asks to stop, however large it is.
pub(super) struct UntilStopped<R>(pub R);

impl<R: Read> Read for UntilStopped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match signal::stop_requested() {
            true => Err(interrupted()),
            false => self.0.read(buffer),
        }
    }
}

/// What is told of what somebody asked to stop.
pub(super) fn interrupted() -> io::Error {
    io::Error::other("interrupted")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Is interrupted before each byte.
    struct Slow(u8, bool);

    impl Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            buffer[0] = self.0;
            self.0 = self.0.saturating_sub(1);
            Ok(usize::from(buffer[0] > 0))
        }
    }

    #[test]
    fn a_signal_leaves_nothing_out() {
        let mut all: Vec<u8> = Vec::new();
        let read = read_through(Slow(3, false), &mut [0; 8], |bytes| all.extend(bytes));
        read.expect("all of it");
        assert_eq!(all, [3, 2, 1]);
    }
}
