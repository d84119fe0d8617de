//! Lists of texts that end in NULs each: secluded arguments (`-s`) and the names of `--files-from`.

use std::io::{self, BufRead, Read, Write};

use super::error::{Error, Fault, Place, Result, Within, length};

/// The most arguments that are taken.
const MAX_ARGUMENTS: usize = 16_000;
/// The longest argument that is taken, in bytes.
const MAX_ARGUMENT: usize = 64 << 10;
/// All arguments together are at most this long, in bytes.
const MAX_ALL: usize = 4 << 20;
/// The longest name that is taken, in bytes: a path of Linux without its NUL.
pub(super) const MAX_NAME: usize = 4095;

/// Writes an argument list that is not to pass through a shell: the program's name, the arguments, an empty text.
///
/// An empty argument cannot be told from the end; rsync writes `.` for it, and so does this.
///
/// # Errors
/// What the stream reports.
pub fn write_arguments<W, A>(arguments: &[A], to: &mut W) -> io::Result<()>
where
    W: Write + ?Sized,
    A: AsRef<[u8]>,
{
    to.write_all(b"rsync\0")?;
    for argument in arguments {
        match argument.as_ref() {
            b"" => to.write_all(b".\0")?,
            text => to.write_all(&[text, b"\0"].concat())?,
        }
    }
    to.write_all(b"\0")?;
    to.flush()
}

/// Reads such a list; the first text, the program's name, is left out.
///
/// # Errors
/// More or longer arguments than anybody needs, and what the stream reports.
pub fn read_arguments<R: BufRead + ?Sized>(from: &mut R) -> Result<Vec<Vec<u8>>> {
    let place = Place::Part("secluded arguments");
    let mut arguments = Vec::new();
    let mut left = MAX_ALL;
    let what = "length of an argument";
    if read_text(from, what, MAX_ARGUMENT)
        .within(place)?
        .is_empty()
    {
        return Ok(arguments);
    }
    loop {
        let text = read_text(from, what, MAX_ARGUMENT.min(left)).within(place)?;
        if text.is_empty() {
            return Ok(arguments);
        }
        left -= text.len();
        arguments.push(text);
        let count = arguments.len() as i64;
        length(Fault::TooLarge, "number of arguments", count, MAX_ARGUMENTS).within(place)?;
    }
}

/// Writes one name of `--files-from`.
///
/// # Errors
/// What the stream reports.
pub fn write_name<W: Write + ?Sized>(name: &[u8], to: &mut W) -> io::Result<()> {
    to.write_all(name)?;
    to.write_all(b"\0")
}

/// Ends the names of `--files-from`.
///
/// # Errors
/// What the stream reports.
pub fn end_names<W: Write + ?Sized>(to: &mut W) -> io::Result<()> {
    to.write_all(b"\0")?;
    to.flush()
}

/// Reads one name of `--files-from`; `None` behind the last.
///
/// # Errors
/// A name too long, and what the stream reports.
pub fn read_name<R: BufRead + ?Sized>(from: &mut R) -> Result<Option<Vec<u8>>> {
    let place = Place::Part("names of --files-from");
    let name = read_text(from, "length of a name", MAX_NAME).within(place)?;
    Ok((!name.is_empty()).then_some(name))
}

/// Reads up to the next NUL, which is left out.
fn read_text<R: BufRead + ?Sized>(from: &mut R, what: &'static str, max: usize) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    from.take(max as u64 + 1).read_until(0, &mut text)?;
    match text.pop_if(|last| *last == 0) {
        Some(_) => Ok(text),
        None if text.len() > max => {
            length(Fault::TooLarge, what, text.len() as i64, max)?;
            Ok(text)
        }
        None => Err(Error::Ended),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The beginning of a session of `rsync -rts --delete h:/t1/ d`.
    #[test]
    fn arguments_are_those_of_rsync() {
        let mut bytes = Vec::new();
        write_arguments(&[".", "/t1/"], &mut bytes).expect("written");
        assert_eq!(bytes, b"rsync\0.\0/t1/\0\0");
        bytes.extend([32, 0, 0, 0]);
        let mut from = &bytes[..];
        assert_eq!(
            read_arguments(&mut from).expect("read"),
            [&b"."[..], b"/t1/"]
        );
        assert_eq!(from, [32, 0, 0, 0], "what follows is left alone");
        bytes.clear();
        write_arguments(&["", "a b"], &mut bytes).expect("written");
        assert_eq!(bytes, b"rsync\0.\0a b\0\0");
        assert!(read_arguments(&mut &b"\0"[..]).expect("nothing").is_empty());
    }

    #[test]
    fn argument_lists_have_limits() {
        let long = [b"rsync\0".to_vec(), vec![b'x'; MAX_ARGUMENT + 1]].concat();
        let many = [b"rsync\0".to_vec(), b"x\0".repeat(MAX_ARGUMENTS + 1)].concat();
        let one = [vec![b'x'; MAX_ARGUMENT], vec![0]].concat();
        let large = [b"rsync\0".to_vec(), one.repeat(MAX_ALL / MAX_ARGUMENT + 1)].concat();
        for bytes in [long, many, large] {
            let error = read_arguments(&mut &bytes[..]).expect_err("refused");
            assert_eq!(error.fault(), Some(Fault::TooLarge), "{error}");
        }
        let cut = read_arguments(&mut &b"rsync\0--ser"[..]).expect_err("cut off");
        assert_eq!(
            cut.to_string(),
            "secluded arguments: the connection was closed in the middle of the data"
        );
    }

    #[test]
    fn names_come_back() {
        let names = [&b"a.txt"[..], b"# c", b"/sub//b.txt"];
        let mut bytes = Vec::new();
        for name in names {
            write_name(name, &mut bytes).expect("written");
        }
        end_names(&mut bytes).expect("written");
        assert_eq!(bytes, b"a.txt\0# c\0/sub//b.txt\0\0");
        let mut from = &bytes[..];
        for name in names {
            assert_eq!(read_name(&mut from).expect("read").as_deref(), Some(name));
        }
        assert_eq!(read_name(&mut from).expect("the end"), None);
        let long = vec![b'x'; MAX_NAME + 2];
        assert!(read_name(&mut &long[..]).is_err());
    }
}
