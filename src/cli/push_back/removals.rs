//! How entries are removed: by a run from an empty tree, with rules that spare all that is not meant.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use super::given;
use crate::cli::arguments::Given;
use crate::cli::exit::{Code, Refusal};
use crate::engine::edits::top_most;
use crate::stage::catalogue::Record;
use crate::sys::Kind;

/// So many removals are told as rules at once, which spare what else is in a directory that goes.
const MOST_RULES: usize = 4000;

/// What one run removes.
pub enum Removal {
    /// Each by itself, directories only if they are empty: nothing else can go with it.
    Single(BTreeSet<PathBuf>),
    /// With what is in it, which rules limit to these paths.
    Whole(BTreeSet<PathBuf>),
}

impl Removal {
    /// The runs by which entries of one side are removed. A dry run, in which nothing becomes empty, is one.
    pub fn of<'e>(
        paths: &BTreeSet<PathBuf>,
        record: impl Fn(&Path) -> Option<&'e Record>,
        is_dry: bool,
    ) -> Vec<Removal> {
        if paths.is_empty() {
            return Vec::new();
        }
        if is_dry || paths.len() <= MOST_RULES {
            return vec![Removal::Whole(paths.clone())];
        }
        let is_dir = |path: &&PathBuf| record(path).is_some_and(|r| r.kind == Kind::Dir);
        let (dirs, others): (Vec<&PathBuf>, Vec<&PathBuf>) = paths.iter().partition(is_dir);
        let of = |paths: &[&PathBuf]| paths.iter().copied().cloned().collect();
        // What is in a directory comes behind it, and has to go first.
        let dirs = dirs
            .rchunks(MOST_RULES)
            .map(|dirs| Removal::Whole(of(dirs)));
        let single = (!others.is_empty()).then(|| Removal::Single(of(&others)));
        single.into_iter().chain(dirs).collect()
    }

    /// What goes.
    pub fn paths(&self) -> &BTreeSet<PathBuf> {
        match self {
            Removal::Single(paths) | Removal::Whole(paths) => paths,
        }
    }
}

/// Rules by which nothing but these paths is removed.
pub fn sparing_rules(paths: &BTreeSet<PathBuf>) -> Result<Vec<Given>, Refusal> {
    let mut rules = Vec::new();
    for spares in given(&["--filter=P *"])? {
        let of_path = |path| Given {
            value: rule("R", path),
            ..spares.clone()
        };
        rules.extend(paths.iter().map(|path| of_path(path)));
        rules.push(spares);
    }
    Ok(rules)
}

/// A rule about one path. A backslash takes its meaning from a wildcard, and has one only beside some.
fn rule(verb: &str, path: &Path) -> OsString {
    let bytes = path.as_os_str().as_bytes();
    let is_wild = |byte: &u8| b"*?[".contains(byte);
    let has_wild = bytes.iter().any(is_wild);
    let mut rule = format!("{verb} /").into_bytes();
    for byte in bytes {
        if has_wild && (is_wild(byte) || *byte == b'\\') {
            rule.push(b'\\');
        }
        rule.push(*byte);
    }
    OsString::from_vec(rule)
}

/// An empty tree with the directories around what is to be removed, so that nothing but that is missing in it.
pub struct Scaffold(PathBuf);

impl Scaffold {
    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.0
    }

    /// Makes it.
    pub fn for_removal(paths: &BTreeSet<PathBuf>) -> Result<Scaffold, Refusal> {
        let failed = |e: std::io::Error| {
            let text = format!("a directory for names: {}", crate::sys::reason(&e));
            Refusal::failed(text, Code::FileIo)
        };
        let scaffold = Scaffold(private_dir().map_err(failed)?);
        for path in top_most(paths) {
            let around = path.parent().unwrap_or(Path::new(""));
            std::fs::create_dir_all(scaffold.0.join(around)).map_err(failed)?;
        }
        Ok(scaffold)
    }
}

impl Drop for Scaffold {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A new directory among temporary files that is nobody else's.
fn private_dir() -> std::io::Result<PathBuf> {
    use std::os::unix::fs::DirBuilderExt;
    let mut number = 0;
    loop {
        let name = format!("resilver-push-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(OsStr::new(&name));
        match std::fs::DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => return Ok(path),
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists && number < 1000 => number += 1,
            Err(e) => return Err(e),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_about_one_path_and_no_other() {
        for (path, expected) in [
            ("a/b", "R /a/b"),
            ("a b\\c", "R /a b\\c"),
            ("a*\\?[x]", "R /a\\*\\\\\\?\\[x]"),
        ] {
            assert_eq!(rule("R", Path::new(path)), OsString::from(expected));
        }
    }
}
