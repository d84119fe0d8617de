//! Names that are safe to print: bytes that a terminal would obey, or that are no text in the locale,
//! become `\#ooo`.

use std::env;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::OnceLock;

/// Which bytes count as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// Valid UTF-8 is text.
    Utf8,
    /// Only ASCII is text.
    Ascii,
    /// Every byte but control characters passes (`-8`).
    Any,
    /// Bytes are looked at one by one, and those that are control characters in Latin-1 are not text either:
    /// a log file, whatever its locale.
    Bytes,
}

impl Charset {
    /// What the environment's locale names: the first of `LC_ALL`, `LC_CTYPE`, `LANG` that is set.
    #[must_use]
    pub fn from_env() -> Charset {
        ["LC_ALL", "LC_CTYPE", "LANG"]
            .iter()
            .filter_map(env::var_os)
            .find(|value| !value.is_empty())
            .map_or(Charset::Ascii, |value| {
                Charset::named(&value.to_string_lossy())
            })
    }

    fn named(locale: &str) -> Charset {
        let lower = locale.to_ascii_lowercase();
        if lower.contains("utf-8") || lower.contains("utf8") {
            Charset::Utf8
        } else {
            Charset::Ascii
        }
    }
}

/// The path as text for a message, in the charset of the process's locale.
#[must_use]
pub fn shown(path: &Path) -> String {
    static CHARSET: OnceLock<Charset> = OnceLock::new();
    let charset = *CHARSET.get_or_init(Charset::from_env);
    let mut line = Vec::new();
    push(&mut line, path.as_os_str().as_bytes(), charset);
    String::from_utf8_lossy(&line).into_owned()
}

/// Appends `name` to `line`, unprintable bytes as a backslash, `#` and three octal digits. A name that
/// already contains such a sequence has its backslash written so, which keeps the text unambiguous.
pub fn push(line: &mut Vec<u8>, name: &[u8], charset: Charset) {
    if name
        .iter()
        .all(|&b| (b' '..0x80).contains(&b) && b != b'\\')
    {
        line.extend_from_slice(name);
        return;
    }
    if charset == Charset::Bytes {
        push_bytes(line, name);
        return;
    }
    for chunk in name.utf8_chunks() {
        push_text(line, chunk.valid(), charset);
        for &byte in chunk.invalid() {
            if charset == Charset::Any {
                line.push(byte);
            } else {
                push_octal(line, byte);
            }
        }
    }
}

/// Appends a sentence of one or more lines in which names are [`shown`] already: only what a terminal
/// would obey is still escaped.
pub fn push_sentence(line: &mut Vec<u8>, text: &str) {
    for &byte in text.as_bytes() {
        if byte < b' ' && !b"\t\n".contains(&byte) {
            push_octal(line, byte);
        } else {
            line.push(byte);
        }
    }
}

/// A text with the bytes that its escapes stand for.
#[must_use]
pub fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, behind)) = rest.split_first() {
        let octal = rest.get(2..5).filter(|_| looks_escaped(rest));
        let octal = octal.and_then(|digits| std::str::from_utf8(digits).ok());
        match octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(meant) if byte == b'\\' => {
                bytes.push(meant);
                rest = &rest[5..];
            }
            _ => {
                bytes.push(byte);
                rest = behind;
            }
        }
    }
    bytes
}

fn push_text(line: &mut Vec<u8>, text: &str, charset: Charset) {
    let bytes = text.as_bytes();
    for (i, &byte) in bytes.iter().enumerate() {
        let control = byte < b' ' && byte != b'\t';
        let foreign = byte >= 0x80 && charset == Charset::Ascii;
        if control || foreign || (byte == b'\\' && looks_escaped(&bytes[i..])) {
            push_octal(line, byte);
        } else {
            line.push(byte);
        }
    }
}

fn push_bytes(line: &mut Vec<u8>, bytes: &[u8]) {
    for (i, &byte) in bytes.iter().enumerate() {
        let control = (byte < b' ' && byte != b'\t') || (0x80..0xa0).contains(&byte);
        if control || (byte == b'\\' && looks_escaped(&bytes[i..])) {
            push_octal(line, byte);
        } else {
            line.push(byte);
        }
    }
}

fn looks_escaped(rest: &[u8]) -> bool {
    matches!(rest, [_, b'#', a, b, c, ..] if [a, b, c].iter().all(|d| d.is_ascii_digit()))
}

fn push_octal(line: &mut Vec<u8>, byte: u8) {
    line.extend_from_slice(format!("\\#{byte:03o}").as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(name: &[u8], charset: Charset) -> Vec<u8> {
        let mut line = Vec::new();
        push(&mut line, name, charset);
        line
    }

    /// File names and what `rsync -anv` printed for them in a UTF-8 and in the C locale.
    #[test]
    fn names_are_escaped_as_rsync_does() {
        let rows: &[(&[u8], &[u8], &[u8])] = &[
            (b"b\\#01", b"b\\#01", b"b\\#01"),
            (b"b\\#0128", b"b\\#134#0128", b"b\\#134#0128"),
            (b"plain\\x", b"plain\\x", b"plain\\x"),
            (b"bad\xc3", b"bad\\#303", b"bad\\#303"),
            (b"esc\x1b[m", b"esc\\#033[m", b"esc\\#033[m"),
            (b"n\tl\nz\x7f", b"n\tl\\#012z\x7f", b"n\tl\\#012z\x7f"),
            (
                b"sur\xed\xa0\x80",
                b"sur\\#355\\#240\\#200",
                b"sur\\#355\\#240\\#200",
            ),
            (b"\xc3\xa9", b"\xc3\xa9", b"\\#303\\#251"),
            (
                b"zw\xe2\x80\x8b",
                b"zw\xe2\x80\x8b",
                b"zw\\#342\\#200\\#213",
            ),
        ];
        for (name, utf8, ascii) in rows {
            let shown = String::from_utf8_lossy(name);
            assert_eq!(escaped(name, Charset::Utf8), *utf8, "{shown} in UTF-8");
            assert_eq!(escaped(name, Charset::Ascii), *ascii, "{shown} in C");
        }
        assert_eq!(
            escaped(b"\xc3\xa9 \xff\x07", Charset::Any),
            b"\xc3\xa9 \xff\\#007"
        );
        assert_eq!(
            escaped(b"\xc3\xa9\xc3\x80 \xff\x07\\#012", Charset::Bytes),
            b"\xc3\xa9\xc3\\#200 \xff\\#007\\#134#012"
        );
    }

    #[test]
    fn a_sentence_keeps_its_lines_and_what_was_escaped() {
        let mut line = Vec::new();
        push_sentence(&mut line, "a \\#012 é\n\x1b[m");
        assert_eq!(line, "a \\#012 é\n\\#033[m".as_bytes());
    }

    #[test]
    fn escapes_are_undone() {
        let names: &[&[u8]] = &[
            b"caf\xe9\n",
            b"a\\#012",
            b"\\",
            b"\\#9",
            b"\\#999",
            b"plain",
        ];
        for name in names {
            for charset in [Charset::Utf8, Charset::Ascii, Charset::Bytes] {
                assert_eq!(unescaped(&escaped(name, charset)), *name, "{charset:?}");
            }
        }
        assert_eq!(unescaped(b"\\#999"), b"\\#999", "no byte");
    }

    #[test]
    fn the_locale_names_the_charset() {
        assert_eq!(Charset::named("C.UTF-8"), Charset::Utf8);
        assert_eq!(Charset::named("de_DE.utf8@euro"), Charset::Utf8);
        assert_eq!(Charset::named("C"), Charset::Ascii);
        assert_eq!(Charset::named("de_DE.ISO-8859-1"), Charset::Ascii);
    }
}
