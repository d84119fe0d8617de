//! `[set]`: which bytes one bracket takes.

/// A set of bytes; a slash is never in it.
#[derive(Clone, Debug, Default)]
pub struct ByteSet([u64; 4]);

impl ByteSet {
    /// Whether the byte is in the set.
    pub fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }

    fn add(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    /// Reads a set from what follows its opening bracket; gives it and what follows its closing one.
    /// `None`: it has no end, or names a class that does not exist.
    pub fn parse(text: &[u8]) -> Option<(ByteSet, &[u8])> {
        let (negated, mut rest) = match text {
            [b'!' | b'^', rest @ ..] => (true, rest),
            _ => (false, text),
        };
        let mut set = ByteSet::default();
        // The byte that a following `-` would begin a range at.
        let mut low = None;
        let mut first = true;
        loop {
            let (&byte, after) = rest.split_first()?;
            match byte {
                b']' if !first => {
                    rest = after;
                    break;
                }
                b'-' if low.is_some() && after.first().is_some_and(|b| *b != b']') => {
                    let (high, after) = one(after)?;
                    (low.take()?..=high).for_each(|b| set.add(b));
                    rest = after;
                }
                b'[' if class(after).is_some() => {
                    let (name, after) = class(after)?;
                    let belongs = member(name)?;
                    (0..=u8::MAX).filter(belongs).for_each(|b| set.add(b));
                    low = None;
                    rest = after;
                }
                _ => {
                    let (byte, after) = one(rest)?;
                    set.add(byte);
                    low = Some(byte);
                    rest = after;
                }
            }
            first = false;
        }
        if negated {
            set.0.iter_mut().for_each(|word| *word = !*word);
        }
        set.0[usize::from(b'/' >> 6)] &= !(1 << (b'/' & 63));
        Some((set, rest))
    }
}

/// One byte, plain or behind a backslash.
fn one(text: &[u8]) -> Option<(u8, &[u8])> {
    match text {
        [b'\\', byte, rest @ ..] => Some((*byte, rest)),
        [b'\\'] | [] => None,
        [byte, rest @ ..] => Some((*byte, rest)),
    }
}

/// The name in `:name:]` and what follows; `None` if this is no class but an ordinary bracket.
fn class(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let inner = text.strip_prefix(b":")?;
    let end = inner.iter().position(|b| *b == b']')?;
    Some((inner[..end].strip_suffix(b":")?, &inner[end + 1..]))
}

/// Which bytes a named class has, as in the C locale.
fn member(name: &[u8]) -> Option<fn(&u8) -> bool> {
    Some(match name {
        b"alnum" => u8::is_ascii_alphanumeric,
        b"alpha" => u8::is_ascii_alphabetic,
        b"blank" => |b| matches!(b, b' ' | b'\t'),
        b"cntrl" => u8::is_ascii_control,
        b"digit" => u8::is_ascii_digit,
        b"graph" => u8::is_ascii_graphic,
        b"lower" => u8::is_ascii_lowercase,
        b"print" => |b| matches!(b, b' '..=b'~'),
        b"punct" => u8::is_ascii_punctuation,
        b"space" => |b| matches!(b, b' ' | b'\t'..=b'\r'),
        b"upper" => u8::is_ascii_uppercase,
        b"xdigit" => u8::is_ascii_hexdigit,
        _ => return None,
    })
}
