//! Wildcards as rsync's patterns have them: `?`, `*`, `**`, `[set]`, `\c`, on bytes.
//!
//! A pattern is compiled once. Matching never takes more than about (length of text) x (length of pattern)
//! steps and needs no memory, whatever a hostile pattern looks like.

mod set;

use set::ByteSet;

/// What is matched: bytes by position, so that a name in several pieces needs no joined copy.
pub trait Text: Copy {
    /// Number of bytes.
    fn len(self) -> usize;
    /// The byte at `i`, which is below [`len`](Text::len).
    fn at(self, i: usize) -> u8;
}

impl Text for &[u8] {
    fn len(self) -> usize {
        <[u8]>::len(self)
    }
    fn at(self, i: usize) -> u8 {
        self[i]
    }
}

/// One step of a compiled pattern.
#[derive(Clone, Debug)]
enum Token {
    /// This byte.
    Byte(u8),
    /// `?`: one byte that is not a slash.
    Any,
    /// `[set]`: one byte of the set; never a slash.
    Set(Box<ByteSet>),
    /// `*`: a run without a slash.
    Star,
    /// `**` or more: any run.
    DeepStar,
}

impl Token {
    /// Whether it takes the byte; a star takes none by itself.
    fn takes(&self, byte: u8) -> bool {
        match self {
            Token::Byte(b) => *b == byte,
            Token::Any => byte != b'/',
            Token::Set(set) => set.has(byte),
            Token::Star | Token::DeepStar => false,
        }
    }
}

/// Where in a text a match may begin. It always ends at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// At the first byte.
    Start,
    /// At the first byte or after any slash.
    Component,
}

/// Whether one name matches a pattern.
#[must_use]
pub fn matches_name(pattern: &[u8], name: &[u8]) -> bool {
    Glob::compile(pattern).is_some_and(|glob| glob.matches(name, 0, Begin::Start))
}

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Glob {
    tokens: Box<[Token]>,
}

impl Glob {
    /// Compiles a pattern. `None` is a pattern that can match nothing: a set without end or with an unknown
    /// class, or a backslash at the very end.
    #[must_use]
    pub fn compile(pattern: &[u8]) -> Option<Glob> {
        let mut tokens = Vec::new();
        let mut rest = pattern;
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            tokens.push(match byte {
                b'?' => Token::Any,
                b'*' => {
                    let more = rest.iter().take_while(|b| **b == b'*').count();
                    rest = &rest[more..];
                    if more == 0 {
                        Token::Star
                    } else {
                        Token::DeepStar
                    }
                }
                b'[' => {
                    let (set, after) = ByteSet::parse(rest)?;
                    rest = after;
                    Token::Set(Box::new(set))
                }
                b'\\' => {
                    let (&escaped, after) = rest.split_first()?;
                    rest = after;
                    Token::Byte(escaped)
                }
                other => Token::Byte(other),
            });
        }
        Some(Glob {
            tokens: tokens.into(),
        })
    }

    /// Whether the text from `from` on matches.
    #[must_use]
    pub fn matches<T: Text>(&self, text: T, from: usize, begin: Begin) -> bool {
        self.can_end(text) && run(&self.tokens, text, from, begin)
    }

    /// As [`matches`](Glob::matches) from the start of the text with a slash before it, which only a leading
    /// `**` can take: `**/foo` matches `foo` too.
    #[must_use]
    pub fn matches_after_slash<T: Text>(&self, text: T) -> bool {
        let without = match &*self.tokens {
            [Token::DeepStar, Token::Byte(b'/'), rest @ ..] => rest,
            _ => return self.matches(text, 0, Begin::Start),
        };
        self.can_end(text)
            && (run(without, text, 0, Begin::Start) || run(&self.tokens, text, 0, Begin::Start))
    }

    /// A quick no for most names: the last byte is not the one the pattern ends in.
    fn can_end<T: Text>(&self, text: T) -> bool {
        match self.tokens.last() {
            Some(Token::Byte(last)) => text.len() > 0 && text.at(text.len() - 1) == *last,
            _ => true,
        }
    }
}

/// Where to go on after a mismatch: the token after a star, and the text position it was last tried at.
#[derive(Clone, Copy)]
struct Retry {
    token: usize,
    at: usize,
}

/// The matcher. Only the latest `*` and the latest `**` are ever tried again: what comes before a `**` has
/// been placed as far left as it can be, and that leaves it the most room. When a `*` has run into a slash,
/// every other start in the same component would run into the same slash, so the `**` goes on behind the
/// next one. This keeps the work at text times pattern.
fn run<T: Text>(tokens: &[Token], text: T, from: usize, begin: Begin) -> bool {
    let len = text.len();
    let (mut token, mut at) = (0, from);
    let mut star: Option<Retry> = None;
    let mut deep: Option<Retry> = None;
    let mut start = from;
    loop {
        match tokens.get(token) {
            None if at == len => return true,
            Some(Token::DeepStar) => {
                token += 1;
                if token == tokens.len() {
                    return true;
                }
                deep = Some(Retry { token, at });
                star = None;
                continue;
            }
            Some(Token::Star) => {
                token += 1;
                star = Some(Retry { token, at });
                continue;
            }
            Some(single) if at < len && single.takes(text.at(at)) => {
                token += 1;
                at += 1;
                continue;
            }
            _ => {}
        }
        // A mismatch. The latest `*` takes one byte more, if it may.
        if let Some(retry) = &mut star
            && retry.at < len
            && text.at(retry.at) != b'/'
        {
            retry.at += 1;
            (token, at) = (retry.token, retry.at);
            continue;
        }
        // Else the latest `**` does; else the whole match begins at a later component.
        let next = match &mut deep {
            Some(retry) => {
                let next = if star.is_some() {
                    after_slash(text, retry.at)
                } else {
                    (retry.at < len).then_some(retry.at + 1)
                };
                next.map(|at| {
                    retry.at = at;
                    (retry.token, at)
                })
            }
            None if begin == Begin::Component => after_slash(text, start).map(|at| {
                start = at;
                (0, at)
            }),
            None => None,
        };
        match next {
            Some(next) => (token, at) = next,
            None => return false,
        }
        star = None;
    }
}

/// The position behind the first slash at or after `from`.
fn after_slash<T: Text>(text: T, from: usize) -> Option<usize> {
    (from..text.len())
        .find(|&i| text.at(i) == b'/')
        .map(|i| i + 1)
}

#[cfg(test)]
mod tests;
