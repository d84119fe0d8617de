//! What one pattern is compared with: the shape of its text decides (last component, last components, whole
//! name), as rsync's manual describes it.

use crate::tree::wildmatch::{Begin, Glob, Text};

/// One name that rules are asked about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject<'a> {
    /// The absolute path of the transfer's root without its leading slash, with one at its end; or nothing.
    root: &'a [u8],
    path: &'a [u8],
    /// Where the last component begins in `path`.
    base: usize,
    is_dir: bool,
}

impl<'a> Subject<'a> {
    pub(super) fn new(root: &'a [u8], path: &'a [u8], is_dir: bool) -> Subject<'a> {
        let base = path.iter().rposition(|b| *b == b'/').map_or(0, |i| i + 1);
        Subject {
            root,
            path,
            base,
            is_dir,
        }
    }

    fn last(&self) -> &'a [u8] {
        &self.path[self.base..]
    }
}

/// A name in pieces: the root it lies under, itself, and a slash behind a directory where `***` looks for it.
#[derive(Clone, Copy)]
struct Pieces<'a> {
    root: &'a [u8],
    path: &'a [u8],
    slash: bool,
}

impl Text for Pieces<'_> {
    fn len(self) -> usize {
        self.root.len() + self.path.len() + usize::from(self.slash)
    }
    fn at(self, i: usize) -> u8 {
        match i.checked_sub(self.root.len()) {
            None => self.root[i],
            Some(i) => self.path.get(i).copied().unwrap_or(b'/'),
        }
    }
}

/// How far from the root a pattern looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// A leading slash: the whole name.
    Whole,
    /// A leading `**`: the whole name with a slash before it.
    Deep,
    /// A later `**`: the whole name, or what follows any slash in it.
    Floating,
    /// As many components as the pattern has, counted from the end.
    Last {
        /// Slashes in the pattern.
        slashes: usize,
    },
}

#[derive(Clone, Debug)]
enum Matcher {
    /// No wildcard: bytes that are the end of the name, from a component boundary on.
    Literal {
        text: Box<[u8]>,
        whole: bool,
    },
    Glob {
        glob: Glob,
        reach: Reach,
    },
    /// A malformed pattern.
    Never,
}

/// A pattern as typed, with what it was understood to be.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    text: Box<[u8]>,
    matcher: Matcher,
    only_dirs: bool,
    /// It ends in `***`, which matches the directory itself too.
    with_dir: bool,
    /// It is matched against the absolute path.
    absolute: bool,
}

impl Pattern {
    pub(super) fn new(text: &[u8], absolute: bool) -> Pattern {
        Pattern::compile(text, text, absolute)
    }

    /// A pattern of a directory's own file: its leading slash stands for that directory, whose path, without
    /// slashes at its ends, is `dir`. As in rsync the path becomes a part of the pattern, wildcards and all.
    pub(super) fn below(dir: &[u8], text: &[u8], absolute: bool) -> Pattern {
        if text.first() != Some(&b'/') || dir.is_empty() {
            return Pattern::new(text, absolute);
        }
        Pattern::compile(text, &[b"/", dir, text].concat(), absolute)
    }

    fn compile(text: &[u8], whole: &[u8], absolute: bool) -> Pattern {
        let (body, only_dirs) = match whole.strip_suffix(b"/") {
            Some(body) => (body, true),
            None => (whole, false),
        };
        Pattern {
            text: text.into(),
            matcher: Matcher::new(body),
            only_dirs,
            with_dir: body.ends_with(b"***"),
            absolute,
        }
    }

    pub(super) fn is_absolute(&self) -> bool {
        self.absolute
    }

    /// The pattern as it was typed.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    pub(super) fn matches(&self, subject: &Subject) -> bool {
        if self.only_dirs && !subject.is_dir {
            return false;
        }
        let slash = self.with_dir && subject.is_dir;
        if !self.absolute && !slash {
            return self.matcher.matches_within(subject);
        }
        self.matcher.matches(Pieces {
            root: if self.absolute { subject.root } else { &[] },
            path: subject.path,
            slash,
        })
    }
}

impl Matcher {
    fn new(body: &[u8]) -> Matcher {
        let (bare, whole) = match body.strip_prefix(b"/") {
            Some(bare) => (bare, true),
            None => (body, false),
        };
        if !body.iter().any(|b| matches!(b, b'*' | b'?' | b'[')) {
            let text = bare.into();
            return Matcher::Literal { text, whole };
        }
        let reach = if whole {
            Reach::Whole
        } else if body.starts_with(b"**") {
            Reach::Deep
        } else if body.windows(2).any(|pair| pair == b"**") {
            Reach::Floating
        } else {
            let slashes = body.iter().filter(|b| **b == b'/').count();
            Reach::Last { slashes }
        };
        match Glob::compile(bare) {
            Some(glob) => Matcher::Glob { glob, reach },
            None => Matcher::Never,
        }
    }

    /// The usual case: the name within the transfer, in one piece.
    fn matches_within(&self, subject: &Subject) -> bool {
        match self {
            Matcher::Literal { text, whole } => {
                subject.path.ends_with(text) && boundary(subject.path, text.len(), *whole)
            }
            Matcher::Glob {
                glob,
                reach: Reach::Last { slashes: 0 },
            } => glob.matches(subject.last(), 0, Begin::Start),
            _ => self.matches(subject.path),
        }
    }

    fn matches<T: Text>(&self, name: T) -> bool {
        match self {
            Matcher::Never => false,
            Matcher::Literal { text, whole } => {
                name.len() >= text.len()
                    && (1..=text.len()).all(|i| name.at(name.len() - i) == text[text.len() - i])
                    && boundary(name, text.len(), *whole)
            }
            Matcher::Glob { glob, reach } => match reach {
                Reach::Whole => glob.matches(name, 0, Begin::Start),
                Reach::Deep => glob.matches_after_slash(name),
                Reach::Floating => glob.matches(name, 0, Begin::Component),
                Reach::Last { slashes } => last_components(name, *slashes)
                    .is_some_and(|from| glob.matches(name, from, Begin::Start)),
            },
        }
    }
}

/// Whether the last `len` bytes of a name are all of it or, unless `whole` is asked for, whole components.
fn boundary<T: Text>(name: T, len: usize, whole: bool) -> bool {
    name.len() == len || !whole && name.at(name.len() - len - 1) == b'/'
}

/// Where the last `slashes` + 1 components begin; `None` if there are not so many.
fn last_components<T: Text>(name: T, slashes: usize) -> Option<usize> {
    let mut seen = 0;
    for i in (0..name.len()).rev() {
        if name.at(i) == b'/' {
            if seen == slashes {
                return Some(i + 1);
            }
            seen += 1;
        }
    }
    (seen == slashes).then_some(0)
}
