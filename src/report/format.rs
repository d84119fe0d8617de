//! The templates of `--out-format` and `--log-file-format`: `%` escapes with a width and a style of number.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::itemize;
use super::numbers::Human;
use super::style::Way;
use super::when;
use crate::engine::{Action, Details, Item};
use crate::sys::{Kind, Time};
use crate::tree::{Charset, push_escaped};

/// No value is set wider.
const WIDEST: usize = 4096;

/// A template, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Format(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(Vec<u8>),
    Field(Field, Shape),
}

/// What an escape stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    /// `%n`: the name within the transfer, with a slash behind a directory.
    Name,
    /// `%f`: the name at its source.
    LongName,
    /// `%l`: size in bytes.
    Size,
    /// `%L`: ` -> target` or ` => leader`.
    Link,
    /// `%i`: the eleven columns.
    Changes,
    /// `%o`: `send`, `recv` or `del.`.
    Operation,
    /// `%b`: bytes of content that moved.
    Bytes,
    /// `%c`: bytes of block checksums.
    SumBytes,
    /// `%C`: the checksum of the content.
    Checksum,
    /// `%B`: `rwxr-xr-x`.
    Permissions,
    /// `%M`: time of modification.
    Modified,
    /// `%U`: owner.
    Owner,
    /// `%G`: group.
    Group,
    /// `%t`: now.
    Now,
    /// `%p`: this process.
    Process,
    /// `%m`: the module of a daemon, of which a local run has none.
    Module,
    /// `%%`.
    Percent,
}

/// How a value is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Shape {
    /// At least so many characters; 0 is no width.
    width: usize,
    /// Blanks go behind the value.
    left: bool,
    /// Style of numbers.
    human: u8,
}

/// A line's subject: an entry that was dealt with, or one that was deleted.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// Dealt with.
    Item(&'a Item),
    /// Deleted.
    Deleted(&'a Path, Kind),
}

/// What surrounds the values.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Which bytes of names are text.
    pub charset: Charset,
    /// Width of a checksum in characters, for entries that have none.
    pub digest_width: usize,
    /// Where files come from and go to.
    pub way: Way,
}

impl Format {
    /// Takes a template apart. Escapes that are none stay as they are.
    #[must_use]
    pub fn parse(text: &[u8]) -> Format {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.iter().position(|byte| *byte == b'%') {
            let (before, escape) = rest.split_at(at);
            push_text(&mut pieces, before);
            match parse_escape(&escape[1..]) {
                Some((field, shape, length)) => {
                    pieces.push(Piece::Field(field, shape));
                    rest = &escape[1 + length..];
                }
                None => {
                    push_text(&mut pieces, b"%");
                    rest = &escape[1..];
                }
            }
        }
        push_text(&mut pieces, rest);
        Format(pieces)
    }

    /// `%n%L`: what `-v` tells.
    #[must_use]
    pub fn names() -> Format {
        Format::parse(b"%n%L")
    }

    /// `%i %n%L`: what `-i` and a log file tell.
    #[must_use]
    pub fn changes() -> Format {
        Format::parse(b"%i %n%L")
    }

    /// Whether it tells nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it tells what changed: then attributes alone are worth a line.
    pub fn tells_changes(&self) -> bool {
        self.has(|field| field == Field::Changes)
    }

    /// Whether a deletion has a line in this form.
    pub fn tells_deletions(&self) -> bool {
        self.has(|field| matches!(field, Field::Changes | Field::Operation))
    }

    /// Whether a transferred file can only be told when it has arrived.
    pub fn waits(&self) -> bool {
        self.has(|field| matches!(field, Field::Bytes | Field::SumBytes | Field::Checksum))
    }

    /// Whether it needs the checksum of the content.
    pub fn tells_checksum(&self) -> bool {
        self.has(|field| field == Field::Checksum)
    }

    /// Whether it needs [`Details`].
    pub fn tells_details(&self) -> bool {
        self.waits()
            || self.has(|field| {
                use Field::{Group, LongName, Modified, Owner, Permissions};
                matches!(field, LongName | Permissions | Modified | Owner | Group)
            })
    }

    fn has(&self, fits: impl Fn(Field) -> bool) -> bool {
        let fits = |piece: &Piece| matches!(piece, Piece::Field(field, _) if fits(*field));
        self.0.iter().any(fits)
    }

    /// Appends the line for `subject`, without its end.
    pub fn push(&self, line: &mut Vec<u8>, subject: Subject<'_>, setting: Setting) {
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => push_escaped(line, text, setting.charset),
                Piece::Field(field, shape) => push_field(line, *field, *shape, subject, setting),
            }
        }
    }
}

fn push_text(pieces: &mut Vec<Piece>, text: &[u8]) {
    match pieces.last_mut() {
        _ if text.is_empty() => {}
        Some(Piece::Text(last)) => last.extend_from_slice(text),
        _ => pieces.push(Piece::Text(text.to_vec())),
    }
}

/// An escape behind its `%`: `[']*[-][width][']*X`, and how many bytes it has.
fn parse_escape(text: &[u8]) -> Option<(Field, Shape, usize)> {
    let quotes = |at: usize| text[at..].iter().take_while(|byte| **byte == b'\'').count();
    let mut at = quotes(0);
    let mut human = at;
    let left = text.get(at) == Some(&b'-');
    at += usize::from(left);
    let digits = text[at..].iter().take_while(|b| b.is_ascii_digit()).count();
    let width = std::str::from_utf8(&text[at..at + digits]).ok()?;
    at += digits;
    human += quotes(at);
    at += quotes(at);
    let field = match text.get(at)? {
        b'n' => Field::Name,
        b'f' => Field::LongName,
        b'l' => Field::Size,
        b'L' => Field::Link,
        b'i' => Field::Changes,
        b'o' => Field::Operation,
        b'b' => Field::Bytes,
        b'c' => Field::SumBytes,
        b'C' => Field::Checksum,
        b'B' => Field::Permissions,
        b'M' => Field::Modified,
        b'U' => Field::Owner,
        b'G' => Field::Group,
        b't' => Field::Now,
        b'p' => Field::Process,
        b'm' => Field::Module,
        b'%' => Field::Percent,
        _ => return None,
    };
    let shape = Shape {
        width: width.parse().unwrap_or(0).min(WIDEST),
        left,
        human: u8::try_from(human).unwrap_or(u8::MAX),
    };
    Some((field, shape, at + 1))
}

fn push_field(
    line: &mut Vec<u8>,
    field: Field,
    shape: Shape,
    subject: Subject<'_>,
    setting: Setting,
) {
    if field == Field::Link {
        return push_link(line, shape, subject, setting.charset);
    }
    let start = line.len();
    match field {
        Field::Name => {
            let (path, kind) = subject.name();
            itemize::push_name(line, path, kind, setting.charset);
        }
        Field::LongName => {
            let path = subject.details().map_or(subject.name().0, |d| &d.source);
            push_escaped(line, path.as_os_str().as_bytes(), setting.charset);
        }
        Field::Changes => match subject {
            Subject::Item(item) => line.extend_from_slice(&itemize::columns(item, setting.way)),
            Subject::Deleted(..) => line.extend_from_slice(b"*deleting  "),
        },
        Field::Checksum => match subject.details().and_then(|d| d.checksum.as_ref()) {
            Some(digits) => line.extend_from_slice(digits.as_bytes()),
            None => line.resize(start + setting.digest_width, b' '),
        },
        Field::Module => {}
        Field::Operation if setting.way.receives() && matches!(subject, Subject::Item(_)) => {
            line.extend_from_slice(b"recv");
        }
        _ => line.extend_from_slice(value(field, shape, subject).as_bytes()),
    }
    pad(line, start, shape);
}

/// The values that are plain text or numbers.
fn value(field: Field, shape: Shape, subject: Subject<'_>) -> String {
    let details = subject.details();
    let number = |n: u64| Human::from_level(shape.human).bytes(n);
    match field {
        Field::Size => number(subject.size()),
        Field::Bytes => number(details.map_or(0, |d| d.moved)),
        Field::SumBytes => number(details.map_or(0, |d| d.sums)),
        Field::Operation => match subject {
            Subject::Item(_) => "send".into(),
            Subject::Deleted(..) => "del.".into(),
        },
        Field::Permissions => permissions(details.map_or(0, |d| d.mode)),
        Field::Modified => when::dashed(details.map_or(Time::default(), |d| d.mtime)),
        // What is not kept is not known on the way.
        Field::Owner => details.and_then(|d| d.owner).unwrap_or(0).to_string(),
        Field::Group => match details {
            Some(Details { group: None, .. }) => "DEFAULT".into(),
            details => details.and_then(|d| d.group).unwrap_or(0).to_string(),
        },
        Field::Now => when::now(),
        Field::Process => std::process::id().to_string(),
        Field::Percent => "%".into(),
        Field::Name
        | Field::LongName
        | Field::Link
        | Field::Changes
        | Field::Checksum
        | Field::Module => String::new(),
    }
}

/// rsync sets the path behind the arrow, and with a width keeps the arrow's place where there is none.
fn push_link(line: &mut Vec<u8>, shape: Shape, subject: Subject<'_>, charset: Charset) {
    let tail = match subject {
        Subject::Item(item) => itemize::tail(item),
        Subject::Deleted(..) => None,
    };
    match tail {
        Some((arrow, path)) => {
            line.extend_from_slice(arrow);
            let start = line.len();
            push_escaped(line, path.as_os_str().as_bytes(), charset);
            pad(line, start, shape);
        }
        None if shape.width > 0 => line.resize(line.len() + 4 + shape.width, b' '),
        None => {}
    }
}

/// Fills the value that begins at `start` up to its width.
fn pad(line: &mut Vec<u8>, start: usize, shape: Shape) {
    let length = line.len() - start;
    if length >= shape.width {
        return;
    }
    let blanks = shape.width - length;
    line.resize(line.len() + blanks, b' ');
    if !shape.left {
        line[start..].rotate_right(blanks);
    }
}

/// The nine letters of a mode.
pub(super) fn permissions(mode: u32) -> String {
    let mut letters = *b"rwxrwxrwx";
    for (place, letter) in letters.iter_mut().enumerate() {
        if mode & (0o400 >> place) == 0 {
            *letter = b'-';
        }
    }
    for (bit, place, set, alone) in [
        (0o4000, 2, b's', b'S'),
        (0o2000, 5, b's', b'S'),
        (0o1000, 8, b't', b'T'),
    ] {
        if mode & bit != 0 {
            letters[place] = if letters[place] == b'x' { set } else { alone };
        }
    }
    letters.iter().copied().map(char::from).collect()
}

impl<'a> Subject<'a> {
    fn name(self) -> (&'a Path, Kind) {
        match self {
            Subject::Item(item) => (&item.path, item.kind),
            Subject::Deleted(path, kind) => (path, kind),
        }
    }

    fn details(self) -> Option<&'a Details> {
        match self {
            Subject::Item(item) => item.details.as_deref(),
            Subject::Deleted(..) => None,
        }
    }

    fn size(self) -> u64 {
        match self {
            Subject::Item(item) => item.size,
            Subject::Deleted(..) => 0,
        }
    }
}

/// Whether an entry is worth a line in a form that does not tell what changed.
pub fn is_significant(item: &Item) -> bool {
    let made_or_dir = match item.action {
        Action::Adopt => true,
        Action::Attributes => item.kind == Kind::Dir,
        _ => false,
    };
    item.action.changes() || (made_or_dir && item.changes.any())
}
