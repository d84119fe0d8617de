//! Files with one name or rule a line.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::sys::trusted;

/// What a list is separated by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Separator {
    /// Any line end: `\n`, `\r`, or both.
    #[default]
    Line,
    /// `--from0`: a zero byte.
    Zero,
}

/// Reads all of a file that an option named, `-` being standard input. Unless `insecure`, links of other
/// users on its path are not followed.
///
/// # Errors
/// The system's.
pub fn read(path: &OsStr, insecure: bool) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    if path == "-" {
        io::stdin().read_to_end(&mut text)?;
    } else if insecure {
        File::open(path)?.read_to_end(&mut text)?;
    } else {
        trusted::open_file(Path::new(path))?.read_to_end(&mut text)?;
    }
    Ok(text)
}

/// What a line is that begins with `;` or `#`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marked {
    /// A comment, to be passed over.
    Comment,
    /// A name as others: so in a list that one end reads for the other.
    Name,
}

/// The entries of a list without empty ones and comments.
pub fn entries(text: &[u8], separator: Separator, marked: Marked) -> impl Iterator<Item = &[u8]> {
    let ends = move |b: &u8| match separator {
        Separator::Line => *b == b'\n' || *b == b'\r',
        Separator::Zero => *b == 0,
    };
    text.split(ends)
        .filter(move |entry| match entry.first() {
            None => false,
            Some(b';' | b'#') => marked == Marked::Name,
            Some(_) => true,
        })
        // What follows a zero byte in a line is cut off.
        .map(|entry| entry.split(|b| *b == 0).next().unwrap_or_default())
        .filter(|entry| !entry.is_empty())
}

/// Whether a list was not opened because of a link on its path.
pub fn is_untrusted(e: &io::Error) -> bool {
    rustix::io::Errno::from_io_error(e) == Some(rustix::io::Errno::LOOP)
}

/// The system's reason as rsync tells it of a list: without its number.
pub fn reason(e: &io::Error) -> String {
    let text = crate::sys::reason(e);
    match text.rsplit_once(" (") {
        Some((words, _)) => words.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str, separator: Separator) -> Vec<String> {
        entries(text.as_bytes(), separator, Marked::Comment)
            .map(|entry| String::from_utf8_lossy(entry).into_owned())
            .collect()
    }

    #[test]
    fn lines_end_as_they_do_in_rsync() {
        let text = "a\r\nb/c\n\n#no\n;no\n./#yes\n d \0cut\nlast";
        assert_eq!(
            list(text, Separator::Line),
            ["a", "b/c", "./#yes", " d ", "last"]
        );
        let text = "a\nb\0#no\0\0;no\0c\0";
        assert_eq!(list(text, Separator::Zero), ["a\nb", "c"]);
    }

    #[test]
    fn the_other_end_gets_all_names() {
        let names = entries(b"a\n#b\n\n;c", Separator::Line, Marked::Name);
        let expected: [&[u8]; 3] = [b"a", b"#b", b";c"];
        assert!(names.eq(expected));
    }
}
