//! Charsets of names (`--iconv`): UTF-8 on the wire, another one on disk.

use encoding_rs::{DecoderResult, EncoderResult, Encoding};

use super::flist::Charset;

/// Room for what is encoded at a time, in bytes.
const ROOM: usize = 64;

/// Converts names between UTF-8 and a charset that has ASCII in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Converter(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Utf8,
    Ascii,
    Latin1,
    Other(&'static Encoding),
}

impl Converter {
    /// That of a charset with this name; none where it is not known, or has no ASCII in it.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let plain: String = name
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_uppercase())
            .collect();
        Some(Self(match &plain[..] {
            "UTF8" => Kind::Utf8,
            "ASCII" | "USASCII" | "ANSIX341968" | "646" => Kind::Ascii,
            "LATIN1" | "ISO88591" | "L1" => Kind::Latin1,
            _ => Kind::Other(other(name.trim())?),
        }))
    }

    /// That of the environment's locale.
    #[must_use]
    pub fn of_locale() -> Option<Self> {
        let names = ["LC_ALL", "LC_CTYPE", "LANG"];
        let values = names.iter().filter_map(std::env::var_os);
        let locale = values.into_iter().find(|value| !value.is_empty());
        let locale = locale.unwrap_or_default();
        let locale = locale.to_string_lossy();
        match locale.split_once('.') {
            Some((_, name)) => Self::named(name.split('@').next().unwrap_or(name)),
            None => Some(Self(Kind::Ascii)),
        }
    }

    /// Appends the local form of a text of the wire; false if it has none.
    fn write_local(self, text: &str, to: &mut Vec<u8>) -> bool {
        let encoding = match self.0 {
            Kind::Utf8 => {
                to.extend_from_slice(text.as_bytes());
                return true;
            }
            Kind::Ascii | Kind::Latin1 => {
                let last = if self.0 == Kind::Ascii { 0x7f } else { 0xff };
                let bytes = text.chars().map(|c| u8::try_from(u32::from(c)).ok());
                let bytes: Option<Vec<u8>> = bytes
                    .map(|byte| byte.filter(|byte| *byte <= last))
                    .collect();
                to.extend(bytes.iter().flatten());
                return bytes.is_some();
            }
            Kind::Other(encoding) => encoding,
        };
        let mut encoder = encoding.new_encoder();
        let (mut rest, mut room) = (text, [0; ROOM]);
        loop {
            let (result, read, written) =
                encoder.encode_from_utf8_without_replacement(rest, &mut room, true);
            to.extend_from_slice(&room[..written]);
            rest = &rest[read..];
            match result {
                EncoderResult::InputEmpty => return true,
                EncoderResult::OutputFull => {}
                EncoderResult::Unmappable(_) => return false,
            }
        }
    }

    /// Appends the wire's form of a local text; false if it has none.
    fn write_wire(self, local: &[u8], to: &mut Vec<u8>) -> bool {
        let encoding = match self.0 {
            Kind::Utf8 => {
                to.extend_from_slice(local);
                return std::str::from_utf8(local).is_ok();
            }
            Kind::Ascii => {
                to.extend_from_slice(local);
                return local.is_ascii();
            }
            Kind::Latin1 => {
                let text: String = local.iter().map(|byte| char::from(*byte)).collect();
                to.extend_from_slice(text.as_bytes());
                return true;
            }
            Kind::Other(encoding) => encoding,
        };
        let mut decoder = encoding.new_decoder_without_bom_handling();
        let (mut rest, mut room) = (local, [0; ROOM]);
        loop {
            let (result, read, written) =
                decoder.decode_to_utf8_without_replacement(rest, &mut room, true);
            to.extend_from_slice(&room[..written]);
            rest = &rest[read..];
            match result {
                DecoderResult::InputEmpty => return true,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => return false,
            }
        }
    }
}

/// A charset in which the bytes of ASCII, the slash among them, stand for themselves.
fn other(name: &str) -> Option<&'static Encoding> {
    let found = Encoding::for_label(name.as_bytes())?;
    (found.is_ascii_compatible() && found.name() != "x-user-defined").then_some(found)
}

impl Charset for Converter {
    fn to_wire(&mut self, local: &[u8], to: &mut Vec<u8>) -> bool {
        self.write_wire(local, to)
    }

    fn to_local(&mut self, wire: &[u8], to: &mut Vec<u8>) -> bool {
        std::str::from_utf8(wire).is_ok_and(|text| self.write_local(text, to))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn converter(name: &str) -> Converter {
        Converter::named(name).expect(name)
    }

    #[test]
    fn charsets_are_known_by_their_names() {
        for name in [
            "utf8",
            "UTF-8",
            "latin1",
            "ISO-8859-1",
            "iso8859-15",
            "KOI8-R",
            "cp1252",
            "euc-jp",
            "Shift_JIS",
            "GBK",
            "ascii",
            "ANSI_X3.4-1968",
        ] {
            assert!(Converter::named(name).is_some(), "{name}");
        }
        for name in [
            "foo",
            "",
            "utf-16",
            "UTF-16LE",
            "iso-2022-jp",
            "replacement",
        ] {
            assert!(Converter::named(name).is_none(), "{name}");
        }
    }

    #[test]
    fn names_have_another_form_or_none() {
        for (charset, wire, local) in [
            ("latin1", "caf\u{e9}", Some(&b"caf\xe9"[..])),
            ("latin1", "\u{20ac}", None),
            ("iso8859-15", "\u{20ac}", Some(b"\xa4")),
            ("koi8-r", "\u{43c}\u{438}\u{440}", Some(b"\xcd\xc9\xd2")),
            ("shift_jis", "\u{30bd}", Some(b"\x83\x5c")),
            ("ascii", "caf\u{e9}", None),
            ("utf8", "\u{20ac}", Some("\u{20ac}".as_bytes())),
        ] {
            let mut to = Vec::new();
            let done = converter(charset).to_local(wire.as_bytes(), &mut to);
            assert_eq!(done.then_some(&to[..]), local, "{charset} {wire}");
            if let Some(local) = local {
                let mut back = Vec::new();
                assert!(converter(charset).to_wire(local, &mut back));
                assert_eq!(back, wire.as_bytes(), "{charset}");
            }
        }
        for (charset, local) in [
            ("utf8", &b"\xff"[..]),
            ("ascii", b"\xe9"),
            ("euc-jp", b"\xa4"),
        ] {
            assert!(
                !converter(charset).to_wire(local, &mut Vec::new()),
                "{charset}"
            );
        }
        assert!(!converter("latin1").to_local(b"\xff", &mut Vec::new()));
    }

    proptest! {
        #[test]
        fn what_has_a_form_comes_back(
            text in "\\PC{0,100}",
            charset in prop::sample::select(vec!["utf8", "latin1", "koi8-r", "iso8859-15", "gb18030", "windows-1252"]),
        ) {
            let mut local = Vec::new();
            if converter(charset).to_local(text.as_bytes(), &mut local) {
                let mut back = Vec::new();
                prop_assert!(converter(charset).to_wire(&local, &mut back));
                prop_assert_eq!(back, text.as_bytes());
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            for charset in ["utf8", "latin1", "ascii", "shift_jis", "gbk", "big5", "euc-kr"] {
                converter(charset).to_wire(&bytes, &mut Vec::new());
                converter(charset).to_local(&bytes, &mut Vec::new());
            }
        }
    }
}
