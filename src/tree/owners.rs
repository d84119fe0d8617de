//! `--usermap` and `--groupmap`: which owner and group an entry gets for those that it has.

use std::collections::HashMap;
use std::sync::Mutex;

use super::wildmatch::{Begin, Glob};
use crate::sys::{lock, users};

/// Whose ids a map is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ids {
    /// `--usermap`.
    Users,
    /// `--groupmap`.
    Groups,
}

impl Ids {
    fn option(self) -> &'static str {
        match self {
            Ids::Users => "--usermap",
            Ids::Groups => "--groupmap",
        }
    }

    fn number(self, name: &[u8]) -> Option<u32> {
        match self {
            Ids::Users => users::user_id(name),
            Ids::Groups => users::group_id(name),
        }
    }

    fn name(self, id: u32) -> Option<Vec<u8>> {
        match self {
            Ids::Users => users::user_name(id),
            Ids::Groups => users::group_name(id),
        }
    }
}

/// Why a map makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    /// A rule without `:`.
    #[error("No colon found in {0}: {1}")]
    NoColon(&'static str, String),
    /// A rule that ends in `:`.
    #[error("No name found after colon {0}: {1}")]
    NoName(&'static str, String),
    /// A rule for a range that is none.
    #[error("Invalid number in {0}: {1}")]
    NoNumber(&'static str, String),
    /// A number that is no id.
    #[error("Invalid ID number: {0}")]
    NoId(String),
}

#[derive(Clone, Debug)]
struct Rule {
    from: From,
    to: u32,
}

#[derive(Clone, Debug)]
enum From {
    Range(u32, u32),
    /// A name; an empty one is that of ids without a name.
    Name(Vec<u8>),
    /// One that can match nothing is none.
    Pattern(Option<Glob>),
}

/// Rules for users, or for groups; the first that fits counts.
#[derive(Clone, Debug)]
pub struct IdMap {
    ids: Ids,
    rules: Vec<Rule>,
    /// `--numeric-ids`: no id has a name.
    numeric: bool,
    /// Targets that this system does not know.
    unknown: Vec<String>,
}

impl IdMap {
    /// Changes nothing.
    #[must_use]
    pub fn none(ids: Ids) -> IdMap {
        IdMap {
            ids,
            rules: Vec::new(),
            numeric: false,
            unknown: Vec::new(),
        }
    }

    /// Reads `FROM:TO,...`. Targets that this system does not know are left out, see
    /// [`IdMap::complaints`].
    ///
    /// # Errors
    /// In rsync's words.
    pub fn parse(ids: Ids, text: &[u8]) -> Result<IdMap, MapError> {
        let mut map = IdMap::none(ids);
        for rule in text.split(|byte| *byte == b',') {
            let shown = || String::from_utf8_lossy(rule).into_owned();
            let Some(colon) = rule.iter().position(|byte| *byte == b':') else {
                return Err(MapError::NoColon(ids.option(), shown()));
            };
            let (from, to) = (&rule[..colon], &rule[colon + 1..]);
            if to.is_empty() {
                return Err(MapError::NoName(ids.option(), shown()));
            }
            let from = read_from(ids, from)?;
            let to = match number(to)? {
                Some(id) => Some(id),
                None => ids.number(to),
            };
            match to {
                Some(to) => map.rules.push(Rule { from, to }),
                None => {
                    let name = String::from_utf8_lossy(&rule[colon + 1..]);
                    map.unknown.push(name.into_owned());
                }
            }
        }
        Ok(map)
    }

    /// Whether no id has a name.
    #[must_use]
    pub fn is_numeric(&self) -> bool {
        self.numeric
    }

    /// The same where no id has a name.
    #[must_use]
    pub fn numeric(mut self, numeric: bool) -> IdMap {
        self.numeric = numeric;
        self
    }

    /// What is to be told of targets that this system does not know.
    pub fn complaints(&self) -> impl Iterator<Item = String> {
        let option = self.ids.option();
        let told = move |name: &String| format!("Unknown {option} name on receiver: {name}");
        self.unknown.iter().map(told)
    }

    /// The id that stands for `id`. Asks the system for its name: see [`Owners`].
    #[must_use]
    fn map(&self, id: u32) -> u32 {
        let name = match self.numeric {
            true => Vec::new(),
            false => self.ids.name(id).unwrap_or_default(),
        };
        let fits = |rule: &&Rule| match &rule.from {
            From::Range(low, high) => (*low..=*high).contains(&id),
            From::Name(wanted) => *wanted == name,
            From::Pattern(glob) => glob
                .as_ref()
                .is_some_and(|glob| glob.matches(&name[..], 0, Begin::Start)),
        };
        self.rules.iter().find(fits).map_or(id, |rule| rule.to)
    }
}

/// Both maps of a run, which remember what they found.
#[derive(Debug)]
pub struct Owners {
    users: Known,
    groups: Known,
}

#[derive(Debug)]
struct Known {
    map: IdMap,
    found: Mutex<HashMap<u32, u32>>,
}

impl Owners {
    /// Of these maps.
    #[must_use]
    pub fn new(users: IdMap, groups: IdMap) -> Owners {
        let known = |map| Known {
            map,
            found: Mutex::default(),
        };
        Owners {
            users: known(users),
            groups: known(groups),
        }
    }

    /// The owner that stands for `uid`.
    #[must_use]
    pub fn user(&self, uid: u32) -> u32 {
        self.users.get(uid)
    }

    /// The group that stands for `gid`.
    #[must_use]
    pub fn group(&self, gid: u32) -> u32 {
        self.groups.get(gid)
    }
}

impl Known {
    fn get(&self, id: u32) -> u32 {
        if self.map.rules.is_empty() {
            return id;
        }
        let mut found = lock(&self.found);
        *found.entry(id).or_insert_with(|| self.map.map(id))
    }
}

fn read_from(ids: Ids, text: &[u8]) -> Result<From, MapError> {
    if !text.first().is_some_and(u8::is_ascii_digit) {
        let wild = text.iter().any(|byte| b"*?[".contains(byte));
        return Ok(if wild {
            From::Pattern(Glob::compile(text))
        } else {
            From::Name(text.to_vec())
        });
    }
    let mut parts = text.splitn(2, |byte| *byte == b'-');
    let (low, high) = (parts.next().unwrap_or_default(), parts.next());
    let wrong = || MapError::NoNumber(ids.option(), String::from_utf8_lossy(text).into_owned());
    let low = number(low)?.ok_or_else(wrong)?;
    let high = match high {
        Some(high) => number(high)?.ok_or_else(wrong)?,
        None => low,
    };
    Ok(From::Range(low, high))
}

/// An id in digits; `None` where there are others.
fn number(text: &[u8]) -> Result<Option<u32>, MapError> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(text);
    match text.parse() {
        Ok(id) => Ok(Some(id)),
        Err(_) => Err(MapError::NoId(text.into_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(text: &str, id: u32) -> u32 {
        IdMap::parse(Ids::Users, text.as_bytes())
            .expect(text)
            .map(id)
    }

    #[test]
    fn the_first_rule_that_fits_counts() {
        let text = "0:7,1000-20000:8,root:9,*:5";
        assert_eq!(map(text, 0), 7);
        assert_eq!(map(text, 12_345), 8);
        assert_eq!(map(text, 3_000_000_000), 5);
        assert_eq!(map("20-10:7", 15), 15);
        assert_eq!(map("root:3", 0), 3);
        assert_eq!(map("r*t:3", 0), 3);
        assert_eq!(map(":3", 3_000_000_000), 3);
        assert_eq!(map(":3", 0), 0);
        assert_eq!(map("5:root", 5), 0);
    }

    #[test]
    fn without_names_only_numbers_and_everything_fit() {
        let numeric = |text: &str, id| {
            let map = IdMap::parse(Ids::Users, text.as_bytes()).expect(text);
            map.numeric(true).map(id)
        };
        assert_eq!(numeric("root:7,:8,*:9", 0), 8);
        assert_eq!(numeric("root:7,*:9", 0), 9);
        assert_eq!(numeric("root:7,0:4", 0), 4);
    }

    /// Texts as rsync 3.5.0 prints them.
    #[test]
    fn what_makes_no_sense_is_told_in_rsyncs_words() {
        for (text, told) in [
            ("foo", "No colon found in --usermap: foo"),
            ("", "No colon found in --usermap: "),
            ("0:7,", "No colon found in --usermap: "),
            ("foo:", "No name found after colon --usermap: foo:"),
            ("1-:3", "Invalid number in --usermap: 1-"),
            ("1x:3", "Invalid number in --usermap: 1x"),
            ("1-2-3:4", "Invalid number in --usermap: 1-2-3"),
            ("0:99999999999", "Invalid ID number: 99999999999"),
            ("4294967296:3", "Invalid ID number: 4294967296"),
        ] {
            let wrong = IdMap::parse(Ids::Users, text.as_bytes()).expect_err(text);
            assert_eq!(wrong.to_string(), told);
        }
        let map = IdMap::parse(Ids::Groups, b"*:no such,0:5,1:+5").expect("a map");
        let told: Vec<String> = map.complaints().collect();
        assert_eq!(
            told,
            [
                "Unknown --groupmap name on receiver: no such",
                "Unknown --groupmap name on receiver: +5"
            ]
        );
        assert_eq!((map.map(0), map.map(1)), (5, 1));
    }
}
