//! The numbers at the end of a session.

use std::io::{Read, Write};

use super::error::{Fault, Result, limit};
use super::{Protocol, ReadWire, WriteWire};

/// What a sending server tells at the end (a pull). The byte counts begin behind the handshake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Bytes that the server read: what the client sent.
    pub server_read: i64,
    /// Bytes that the server wrote: what the client received.
    pub server_written: i64,
    /// Size of all listed files.
    pub total_size: i64,
    /// Milliseconds that listing took; protocol 29 and later.
    pub list_build_ms: i64,
    /// Milliseconds that sending the list took; protocol 29 and later.
    pub list_transfer_ms: i64,
}

impl Statistics {
    /// Reads the numbers.
    ///
    /// # Errors
    /// Negative ones, and what the stream reports.
    pub fn read<R: Read + ?Sized>(protocol: Protocol, from: &mut R) -> Result<Self> {
        let mut next = || {
            let number = from.read_varlong30(protocol, 3)?;
            limit(
                Fault::Protocol,
                "number of the statistics",
                number,
                0..=i64::MAX,
            )
        };
        let mut stats = Self {
            server_read: next()?,
            server_written: next()?,
            total_size: next()?,
            ..Self::default()
        };
        if protocol >= Protocol::V29 {
            stats.list_build_ms = next()?;
            stats.list_transfer_ms = next()?;
        }
        Ok(stats)
    }

    /// Writes the numbers.
    ///
    /// # Errors
    /// What the stream reports.
    pub fn write<W: Write + ?Sized>(&self, protocol: Protocol, to: &mut W) -> Result<()> {
        let times = [self.list_build_ms, self.list_transfer_ms];
        let times = if protocol >= Protocol::V29 {
            &times[..]
        } else {
            &[]
        };
        let sizes = [self.server_read, self.server_written, self.total_size];
        for number in sizes.iter().chain(times) {
            to.write_varlong30(protocol, *number, 3)?;
        }
        Ok(())
    }
}

/// What was deleted, by type: told behind [`super::Ndx::DelStats`], protocol 31 and later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeletionStats {
    /// Regular files.
    pub files: u32,
    /// Directories.
    pub dirs: u32,
    /// Symlinks.
    pub symlinks: u32,
    /// Devices.
    pub devices: u32,
    /// Fifos and sockets.
    pub specials: u32,
}

impl DeletionStats {
    /// Reads the numbers.
    ///
    /// # Errors
    /// Numbers above 2²⁸, and what the stream reports.
    pub fn read<R: Read + ?Sized>(from: &mut R) -> Result<Self> {
        let mut next = || {
            let number = from.read_varint()?;
            let number = limit(Fault::Protocol, "number of deletions", number, 0..=1 << 28)?;
            Ok::<_, super::Error>(number.cast_unsigned())
        };
        Ok(Self {
            files: next()?,
            dirs: next()?,
            symlinks: next()?,
            devices: next()?,
            specials: next()?,
        })
    }

    /// Writes the numbers.
    ///
    /// # Errors
    /// What the stream reports.
    pub fn write<W: Write + ?Sized>(&self, to: &mut W) -> Result<()> {
        for number in [
            self.files,
            self.dirs,
            self.symlinks,
            self.devices,
            self.specials,
        ] {
            to.write_varint(number.min(1 << 28).cast_signed())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes from sessions of rsync 3.5.0.
    #[test]
    fn numbers_are_those_of_rsync() {
        let stats = |read, written, build| Statistics {
            server_read: read,
            server_written: written,
            total_size: 6,
            list_build_ms: build,
            list_transfer_ms: 0,
        };
        let (long, old) = (Protocol::V29, Protocol::OLDEST);
        for (protocol, stats, bytes) in [
            (
                Protocol::NEWEST,
                stats(46, 104, 1),
                &b"\0\x2e\0\0\x68\0\0\x06\0\0\x01\0\0\0\0"[..],
            ),
            (
                long,
                stats(44, 117, 1),
                b"\x2c\0\0\0\x75\0\0\0\x06\0\0\0\x01\0\0\0\0\0\0\0",
            ),
            (old, stats(32, 105, 0), b"\x20\0\0\0\x69\0\0\0\x06\0\0\0"),
        ] {
            let mut from = bytes;
            assert_eq!(Statistics::read(protocol, &mut from).expect("read"), stats);
            assert!(from.is_empty());
            let mut back = Vec::new();
            stats.write(protocol, &mut back).expect("written");
            assert_eq!(back, bytes);
        }
        let deleted = DeletionStats {
            files: 2,
            dirs: 1,
            ..DeletionStats::default()
        };
        let mut bytes = Vec::new();
        deleted.write(&mut bytes).expect("written");
        assert_eq!(bytes, [2, 1, 0, 0, 0]);
        assert_eq!(DeletionStats::read(&mut &bytes[..]).expect("read"), deleted);
        let negative = [0xf0, 0xff, 0xff, 0xff, 0xff];
        assert!(DeletionStats::read(&mut &negative[..]).is_err());
    }
}
