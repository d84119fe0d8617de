//! The filter rules that a client sends to its server, before any file list: texts whose meaning is not looked at here.

use std::io::{Read, Write};

use super::error::{Fault, Place, Result, Within, length, limit};
use super::{Protocol, ReadWire, Way, WriteWire};

/// The longest rule, in bytes; rsync refuses 5120.
const MAX_RULE: i64 = 5119;
/// All rules together are at most this long, in bytes.
const MAX_ALL: usize = 16 << 20;

/// What of the client's options decides whether it sends its rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FilterNeed {
    /// `--delete` in any form.
    pub delete: bool,
    /// `--delete-excluded`.
    pub delete_excluded: bool,
    /// `--prune-empty-dirs`.
    pub prune_empty_dirs: bool,
}

impl FilterNeed {
    /// Whether a list is sent in a session whose client's files go this `way`. Both sides must come to the same answer.
    ///
    /// A server that sends files always gets one, if only an empty one; one that receives gets it if it deletes or
    /// prunes by the rules.
    #[must_use]
    pub fn is_sent(self, client: Way, protocol: Protocol) -> bool {
        let deletes_by_rule = self.delete && (!self.delete_excluded || protocol >= Protocol::V29);
        client == Way::Receives || self.prune_empty_dirs || deletes_by_rule
    }
}

/// Writes the list.
///
/// # Errors
/// An empty rule or one that is too long, and what the stream reports.
pub fn write_filters<W, T>(rules: &[T], to: &mut W) -> Result<()>
where
    W: Write + ?Sized,
    T: AsRef<[u8]>,
{
    for rule in rules {
        let rule = rule.as_ref();
        let len = limit(
            Fault::TooLarge,
            "length of a filter rule",
            rule.len() as i64,
            1..=MAX_RULE,
        )?;
        to.write_int(len as i32)?;
        to.write_all(rule)?;
    }
    Ok(to.write_int(0)?)
}

/// Reads the list.
///
/// # Errors
/// A rule that is too long, too many of them, and what the stream reports.
pub fn read_filters<R: Read + ?Sized>(from: &mut R) -> Result<Vec<Vec<u8>>> {
    let place = Place::Part("filter rules");
    let mut rules = Vec::new();
    let mut all = 0;
    loop {
        let len = from.read_int().within(place)?;
        let len = limit(
            Fault::TooLarge,
            "length of a filter rule",
            len,
            0..=MAX_RULE,
        );
        let len = len.within(place)? as usize;
        if len == 0 {
            return Ok(rules);
        }
        all += len + size_of::<Vec<u8>>();
        length(
            Fault::TooLarge,
            "memory for all filter rules",
            all as i64,
            MAX_ALL,
        )
        .within(place)?;
        let mut rule = Vec::new();
        from.read_onto(&mut rule, len).within(place)?;
        rules.push(rule);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_come_back_and_an_empty_list_is_four_zeros() {
        let mut bytes = Vec::new();
        write_filters::<_, &[u8]>(&[], &mut bytes).expect("written");
        assert_eq!(bytes, [0; 4]);
        bytes.clear();
        let rules = ["- *.o", "+ /a/b/", ":n- .f2"];
        write_filters(&rules, &mut bytes).expect("written");
        assert_eq!(bytes[..9], *b"\x05\0\0\0- *.o");
        let back = read_filters(&mut &bytes[..]).expect("read");
        assert_eq!(back, rules.map(|rule| rule.as_bytes().to_vec()));
    }

    #[test]
    fn rules_have_limits() {
        for len in [-1, 5120, i32::MAX] {
            let error = read_filters(&mut &i32::to_le_bytes(len)[..]).expect_err("refused");
            assert_eq!(error.fault(), Some(Fault::TooLarge));
            assert!(
                error.to_string().starts_with("filter rules: length"),
                "{error}"
            );
        }
        let rule = [&5119i32.to_le_bytes()[..], &[b'x'; 5119]].concat();
        let error = read_filters(&mut &rule.repeat(4000)[..]).expect_err("too many");
        assert_eq!(error.fault(), Some(Fault::TooLarge));
        assert!(write_filters(&[""], &mut Vec::new()).is_err());
        assert!(write_filters(&["x".repeat(5120)], &mut Vec::new()).is_err());
    }

    #[test]
    fn a_list_is_sent_where_rsync_sends_it() {
        let none = FilterNeed::default();
        let delete = FilterNeed {
            delete: true,
            ..none
        };
        let excluded = FilterNeed {
            delete_excluded: true,
            ..delete
        };
        let prune = FilterNeed {
            prune_empty_dirs: true,
            ..none
        };
        let new = Protocol::NEWEST;
        let old = Protocol::OLDEST;
        for (need, way, protocol, sent) in [
            (none, Way::Receives, new, true),
            (none, Way::Sends, new, false),
            (delete, Way::Sends, old, true),
            (excluded, Way::Sends, new, true),
            (excluded, Way::Sends, old, false),
            (prune, Way::Sends, new, true),
        ] {
            assert_eq!(
                need.is_sent(way, protocol),
                sent,
                "{need:?} {way:?} {protocol}"
            );
        }
    }
}
