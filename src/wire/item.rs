//! Items: what the two sides say of one entry, by its index. The generator tells what it did or asks for data; the
//! sender repeats the item before it answers.

use std::io::{Read, Write};

use super::error::{Error, Fault, Result, length, limit};
use super::flist::xattr::MAX_VALUE;
use super::{Compat, Dialect, Protocol, ReadWire, WriteWire};

/// The longest name within an item, in bytes.
const MAX_XNAME: usize = 4095;
/// The most xattrs that one entry has.
const MAX_XATTRS: i64 = 65_536;
/// All values that one item brings, in bytes.
const MAX_VALUES: usize = 512 << 20;

/// What is said of an entry (`ITEM_*`), as 16 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ItemFlags(u16);

impl ItemFlags {
    /// The access time differs.
    pub const REPORT_ATIME: Self = Self(1);
    /// The value differs: another target or device, or other content under `--checksum`.
    pub const REPORT_CHANGE: Self = Self(1 << 1);
    /// The size differs; of a symlink: its time could not be set.
    pub const REPORT_SIZE: Self = Self(1 << 2);
    /// The modification time differs.
    pub const REPORT_TIME: Self = Self(1 << 3);
    /// The permissions differ.
    pub const REPORT_PERMS: Self = Self(1 << 4);
    /// The owner differs.
    pub const REPORT_OWNER: Self = Self(1 << 5);
    /// The group differs.
    pub const REPORT_GROUP: Self = Self(1 << 6);
    /// The ACL differs.
    pub const REPORT_ACL: Self = Self(1 << 7);
    /// The xattrs differ.
    pub const REPORT_XATTR: Self = Self(1 << 8);
    /// A byte follows that tells which file is the basis.
    pub const BASIS_TYPE_FOLLOWS: Self = Self(1 << 11);
    /// A name follows: of a basis found by likeness, or of the entry that this one is a hard link to.
    pub const XNAME_FOLLOWS: Self = Self(1 << 12);
    /// There was nothing at the destination.
    pub const IS_NEW: Self = Self(1 << 13);
    /// The generator changed it by itself.
    pub const LOCAL_CHANGE: Self = Self(1 << 14);
    /// Data is asked for.
    pub const TRANSFER: Self = Self(1 << 15);

    /// The flags with these bits.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// The bits.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Whether all of `other`'s bits are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    fn with(self, other: Self, on: bool) -> Self {
        match on {
            true => Self(self.0 | other.0),
            false => Self(self.0 & !other.0),
        }
    }
}

/// Which file the block sums are of (`FNAMECMP_*`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Basis {
    /// The file of the same name in this one of the directories of `--compare-dest` and its kin (0 to 127).
    Dir(u8),
    /// The destination file itself.
    #[default]
    Destination,
    /// The file of the same name in the partial directory.
    PartialDir,
    /// The backup that `--inplace --backup` made.
    Backup,
    /// A file of another name in the same directory (`--fuzzy`).
    Fuzzy,
    /// A file of another name in this one of the directories of `--compare-dest` and its kin (0 to 123).
    FuzzyDir(u8),
}

impl Basis {
    fn from_byte(byte: u8) -> Self {
        match byte {
            dir @ ..=0x7f => Self::Dir(dir),
            0x80 => Self::Destination,
            0x81 => Self::PartialDir,
            0x82 => Self::Backup,
            0x83 => Self::Fuzzy,
            dir => Self::FuzzyDir(dir - 0x84),
        }
    }

    fn byte(self) -> Result<u8> {
        Ok(match self {
            Self::Dir(dir) => limit(Fault::Refused, "basis directory", dir, 0..=0x7f)?,
            Self::Destination => 0x80,
            Self::PartialDir => 0x81,
            Self::Backup => 0x82,
            Self::Fuzzy => 0x83,
            Self::FuzzyDir(dir) => 0x84 + limit(Fault::Refused, "basis directory", dir, 0..=0x7b)?,
        })
    }

    /// Whether the name of the basis comes with the item.
    #[must_use]
    pub fn is_named(self) -> bool {
        matches!(self, Self::Fuzzy | Self::FuzzyDir(_))
    }

    /// An error if there are only `dirs` directories of `--compare-dest` and its kin, or if likeness was not asked for.
    ///
    /// # Errors
    /// As said.
    pub fn check(self, dirs: usize, fuzzy: bool) -> Result<()> {
        let dir = match self {
            Self::Fuzzy | Self::FuzzyDir(_) if !fuzzy => {
                let why = "was found by likeness, which was not asked for";
                return Err(Error::invalid(Fault::Protocol, "basis", why));
            }
            Self::Dir(dir) | Self::FuzzyDir(dir) => dir,
            _ => return Ok(()),
        };
        limit(Fault::Protocol, "basis directory", dir, 0..=dirs as i64 - 1).map(drop)
    }
}

/// What is said of an entry, behind its index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Item {
    /// What is said; the two flags that tell what follows are set by what does.
    pub flags: ItemFlags,
    /// The basis; told only if it is not the destination itself.
    pub basis: Basis,
    /// The name that belongs to it.
    pub xname: Option<Vec<u8>>,
}

impl Item {
    /// A request for data: before protocol 29 the only thing that is said.
    #[must_use]
    pub fn transfer(report: ItemFlags) -> Self {
        Self {
            flags: report.with(ItemFlags::TRANSFER, true),
            ..Self::default()
        }
    }

    /// Reads an item behind its index.
    ///
    /// # Errors
    /// A name that is too long or missing, and what the stream reports.
    pub fn read<R: Read + ?Sized>(protocol: Protocol, from: &mut R) -> Result<Self> {
        if protocol < Protocol::V29 {
            return Ok(Self::transfer(ItemFlags::default()));
        }
        let flags = ItemFlags(from.read_short()?);
        let basis = match flags.contains(ItemFlags::BASIS_TYPE_FOLLOWS) {
            true => Basis::from_byte(from.read_byte()?),
            false => Basis::Destination,
        };
        let xname = match flags.contains(ItemFlags::XNAME_FOLLOWS) {
            true => Some(from.read_vstring("length of a name within an item", MAX_XNAME)?),
            false => None,
        };
        if xname.as_ref().is_some_and(|name| name.contains(&0)) {
            return Err(Error::invalid(
                Fault::Protocol,
                "name within an item",
                "holds a NUL",
            ));
        }
        if basis.is_named() && xname.is_none() {
            return Err(Error::invalid(Fault::Protocol, "basis", "has no name"));
        }
        Ok(Self {
            flags: flags.with(ItemFlags::XNAME_FOLLOWS, xname.is_some()),
            basis,
            xname,
        })
    }

    /// Writes an item behind its index.
    ///
    /// # Errors
    /// A name or basis that cannot be said, and what the stream reports.
    pub fn write<W: Write + ?Sized>(&self, protocol: Protocol, to: &mut W) -> Result<()> {
        if protocol < Protocol::V29 {
            return Ok(());
        }
        // A peer that told the default basis gets it back as it was said.
        let told = self.flags.contains(ItemFlags::BASIS_TYPE_FOLLOWS);
        let tells = told || self.basis != Basis::Destination;
        let flags = self.flags.with(ItemFlags::BASIS_TYPE_FOLLOWS, tells);
        let flags = flags.with(ItemFlags::XNAME_FOLLOWS, self.xname.is_some());
        to.write_short(flags.0)?;
        if tells {
            to.write_byte(self.basis.byte()?)?;
        }
        if let Some(name) = &self.xname {
            length(
                Fault::TooLarge,
                "length of a name within an item",
                name.len() as i64,
                MAX_XNAME,
            )?;
            to.write_vstring(name)?;
        }
        Ok(())
    }

    /// Whether data is asked for.
    #[must_use]
    pub fn is_transfer(&self) -> bool {
        self.flags.contains(ItemFlags::TRANSFER)
    }

    /// Whether numbers of xattrs follow (in a request) or their values (in an answer), in a session with `-X` that is
    /// no dry run.
    #[must_use]
    pub fn has_xattrs(&self, dialect: &Dialect) -> bool {
        let link = ItemFlags(ItemFlags::XNAME_FOLLOWS.0 | ItemFlags::LOCAL_CHANGE.0);
        let skips_links = dialect.protocol >= Protocol::V31
            && !dialect.compat.contains(Compat::AVOID_XATTR_OPTIM);
        self.flags.contains(ItemFlags::REPORT_XATTR) && !(skips_links && self.flags.contains(link))
    }
}

/// Reads the numbers of the xattrs whose values are wanted: positions in the entry's list, from 1 on.
///
/// # Errors
/// Numbers that do not grow, or beyond any list, and what the stream reports.
pub fn read_xattr_requests<R: Read + ?Sized>(from: &mut R) -> Result<Vec<u32>> {
    let mut numbers = Vec::new();
    let mut last = 0;
    while let Some(number) = next_number(last, from)? {
        numbers.push(number);
        last = number;
    }
    Ok(numbers)
}

/// Writes the numbers of the xattrs whose values are wanted, in ascending order.
///
/// # Errors
/// What the stream reports.
pub fn write_xattr_requests<W: Write + ?Sized>(numbers: &[u32], to: &mut W) -> Result<()> {
    let mut last = 0;
    for number in numbers {
        to.write_varint(number.wrapping_sub(last).cast_signed())?;
        last = *number;
    }
    Ok(to.write_varint(0)?)
}

/// Reads the values that were asked for, each with its number.
///
/// # Errors
/// As [`read_xattr_requests`], and values that are too long.
pub fn read_xattr_values<R: Read + ?Sized>(from: &mut R) -> Result<Vec<(u32, Vec<u8>)>> {
    let mut values = Vec::new();
    let (mut last, mut all) = (0, 0);
    while let Some(number) = next_number(last, from)? {
        let len = length(
            Fault::Protocol,
            "length of an xattr",
            from.read_varint()?,
            MAX_VALUE,
        )?;
        all += len;
        length(
            Fault::Protocol,
            "length of all xattrs",
            all as i64,
            MAX_VALUES,
        )?;
        let mut value = Vec::new();
        from.read_onto(&mut value, len)?;
        values.push((number, value));
        last = number;
    }
    Ok(values)
}

/// Writes values, each with its number, in ascending order; a value that became unreadable is empty.
///
/// # Errors
/// A value that is too long, and what the stream reports.
pub fn write_xattr_values<W, V>(values: &[(u32, V)], to: &mut W) -> Result<()>
where
    W: Write + ?Sized,
    V: AsRef<[u8]>,
{
    let mut last = 0;
    for (number, value) in values {
        let value = value.as_ref();
        let len = length(
            Fault::TooLarge,
            "length of an xattr",
            value.len() as i64,
            MAX_VALUE,
        )?;
        to.write_varint(number.wrapping_sub(last).cast_signed())?;
        to.write_varint(len as i32)?;
        to.write_all(value)?;
        last = *number;
    }
    Ok(to.write_varint(0)?)
}

fn next_number<R: Read + ?Sized>(last: u32, from: &mut R) -> Result<Option<u32>> {
    match from.read_varint()? {
        0 => Ok(None),
        step => {
            let number = i64::from(last) + i64::from(step);
            let low = i64::from(last) + 1;
            let number = limit(
                Fault::Protocol,
                "number of an xattr",
                number,
                low..=MAX_XATTRS,
            )?;
            Ok(Some(number as u32))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn items_that_no_peer_may_send_are_refused() {
        for bytes in [
            &[0, 0x10, 0xff, 0xff][..],
            &[0, 0x10, 2, b'a', 0],
            &[0, 0x88, 0x83],
        ] {
            let error = Item::read(Protocol::NEWEST, &mut &bytes[..]).expect_err("refused");
            assert!(error.fault().is_some(), "{error}");
        }
        assert!(Basis::Dir(2).check(2, false).is_err());
        assert!(Basis::Dir(1).check(2, false).is_ok());
        assert!(Basis::Fuzzy.check(0, false).is_err());
        assert!(Basis::FuzzyDir(0).check(1, true).is_ok());
        assert!(Basis::Dir(200).byte().is_err());
    }

    /// From a session of rsync 3.5.0 that asked for the third and the fourth.
    #[test]
    fn xattrs_are_asked_for_by_differences() {
        let mut bytes = Vec::new();
        write_xattr_requests(&[3, 4], &mut bytes).expect("written");
        assert_eq!(bytes, [3, 1, 0]);
        assert_eq!(read_xattr_requests(&mut &bytes[..]).expect("read"), [3, 4]);
        for bytes in [&[0xf0, 0xff, 0xff, 0xff, 0xff][..], &[0xc1, 1, 0]] {
            let error = read_xattr_requests(&mut &bytes[..]).expect_err("refused");
            assert_eq!(error.fault(), Some(Fault::Protocol));
        }
        let huge = [1, 0xf0, 1, 0, 0, 8];
        assert!(
            read_xattr_values(&mut &huge[..])
                .expect_err("refused")
                .fault()
                .is_some()
        );
    }

    proptest! {
        #[test]
        fn items_come_back(bits: u16, byte: u8, name in proptest::option::of("[a-z]{0,300}")) {
            let basis = Basis::from_byte(byte);
            let item = Item {
                flags: ItemFlags(bits & !0x1800),
                basis,
                xname: name.map(String::into_bytes).or(basis.is_named().then(Vec::new)),
            };
            let mut bytes = Vec::new();
            item.write(Protocol::V30, &mut bytes).expect("written");
            let back = Item::read(Protocol::V30, &mut &bytes[..]).expect("read");
            prop_assert_eq!((back.basis, &back.xname), (item.basis, &item.xname));
            let mut again = Vec::new();
            back.write(Protocol::V30, &mut again).expect("written");
            prop_assert_eq!(again, bytes);
        }

        #[test]
        fn any_bytes_are_items_or_errors(bytes: Vec<u8>) {
            let _ = Item::read(Protocol::NEWEST, &mut &bytes[..]);
            let _ = read_xattr_requests(&mut &bytes[..]);
            let _ = read_xattr_values(&mut &bytes[..]);
        }
    }
}
