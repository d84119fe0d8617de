//! Which time points stay (`--keep`).

use std::collections::BTreeSet;

use jiff::Zoned;
use jiff::tz::TimeZone;

use super::stamp::Stamp;

/// The words of a rule, with the part of a date that makes two points of one span.
const SPANS: [(&str, Span); 6] = [
    ("last", |at, place| vec![place, at.timestamp().as_second()]),
    ("hourly", |at, _| {
        vec![
            at.year().into(),
            at.day_of_year().into(),
            at.hour().into(),
            at.offset().seconds().into(),
        ]
    }),
    ("daily", |at, _| {
        vec![at.year().into(), at.day_of_year().into()]
    }),
    ("weekly", |at, _| {
        let week = at.date().iso_week_date();
        vec![week.year().into(), week.week().into()]
    }),
    ("monthly", |at, _| vec![at.year().into(), at.month().into()]),
    ("yearly", |at, _| vec![at.year().into()]),
];

type Span = fn(&Zoned, i64) -> Vec<i64>;

/// How many points stay, by span: of each of the newest spans that have any, the newest point.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// How many spans count, in the order of [`SPANS`]; none without a rule.
    counts: [Option<usize>; SPANS.len()],
}

impl Retention {
    /// Reads `last=7,daily=14,weekly=8,monthly=12,yearly=all`.
    ///
    /// # Errors
    /// What is wrong with it, as a sentence.
    pub fn read(text: &str) -> Result<Retention, String> {
        let mut read = Retention::default();
        for rule in text.split(',') {
            let (word, count) = rule
                .split_once('=')
                .ok_or_else(|| format!("\"{rule}\" is no rule of the form daily=14"))?;
            let at = SPANS
                .iter()
                .position(|(known, _)| *known == word)
                .ok_or_else(|| {
                    let known: Vec<&str> = SPANS.iter().map(|span| span.0).collect();
                    format!("\"{word}\" is none of {}", known.join(", "))
                })?;
            let number = match count {
                "all" => usize::MAX,
                _ => count
                    .parse()
                    .map_err(|_| format!("\"{count}\" is neither a number nor \"all\""))?,
            };
            if read.counts[at].replace(number).is_some() {
                return Err(format!("\"{word}\" stands there twice"));
            }
        }
        Ok(read)
    }

    /// The rules without any letter: a field for each span, empty where there is no rule, `+` for all.
    #[must_use]
    pub fn digits(&self) -> String {
        let fields = self.counts.iter().map(|count| match count {
            None => String::new(),
            Some(usize::MAX) => "+".to_owned(),
            Some(count) => count.to_string(),
        });
        fields.collect::<Vec<_>>().join(",")
    }

    /// Reads what [`Retention::digits`] writes.
    #[must_use]
    pub fn of_digits(text: &str) -> Option<Retention> {
        let mut read = Retention::default();
        let fields: Vec<&str> = text.split(',').collect();
        if fields.len() != SPANS.len() {
            return None;
        }
        for (count, field) in read.counts.iter_mut().zip(fields) {
            *count = match field {
                "" => None,
                "+" => Some(usize::MAX),
                number => Some(number.parse().ok()?),
            };
        }
        Some(read)
    }

    /// Which of these points go, oldest first; days, weeks and the like are those of `zone`. A point that is
    /// not good stands for no span, and the newest good one never goes.
    #[must_use]
    pub fn goes(&self, points: &[(Stamp, bool)], zone: &TimeZone) -> Vec<Stamp> {
        let mut newest_first = points.to_vec();
        newest_first.sort_unstable_by(|a, b| b.cmp(a));
        let mut kept = BTreeSet::new();
        kept.extend(newest_first.iter().find(|point| point.1).map(|p| p.0));
        for (at, ((_, span), count)) in SPANS.iter().zip(self.counts).enumerate() {
            let mut seen = BTreeSet::new();
            for (place, (stamp, good)) in newest_first.iter().enumerate() {
                let counts_any = at == 0;
                if seen.len() >= count.unwrap_or(0) || !(*good || counts_any) {
                    continue;
                }
                let local = stamp.at().to_zoned(zone.clone());
                if seen.insert(span(&local, place as i64)) {
                    kept.insert(*stamp);
                }
            }
        }
        let mut goes: Vec<Stamp> = points
            .iter()
            .map(|point| point.0)
            .filter(|stamp| !kept.contains(stamp))
            .collect();
        goes.sort_unstable();
        goes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(text: &str) -> Stamp {
        Stamp::read(text).unwrap()
    }

    fn kept(rules: &str, points: &[(Stamp, bool)]) -> Vec<String> {
        let goes = Retention::read(rules).unwrap().goes(points, &TimeZone::UTC);
        points
            .iter()
            .filter(|point| !goes.contains(&point.0))
            .map(|point| point.0.to_string()[..13].to_owned())
            .collect()
    }

    fn nights() -> Vec<(Stamp, bool)> {
        (1..=28)
            .map(|day| (stamp(&format!("2026-02-{day:02}T03:00:00Z")), true))
            .collect()
    }

    #[test]
    fn of_each_span_the_newest_stays() {
        assert_eq!(
            kept("last=2,weekly=3,monthly=all", &nights()),
            [
                "2026-02-15T03",
                "2026-02-22T03",
                "2026-02-27T03",
                "2026-02-28T03"
            ]
        );
        assert_eq!(kept("yearly=all", &nights()), ["2026-02-28T03"]);
        assert_eq!(kept("daily=40", &nights()).len(), 28);
    }

    #[test]
    fn a_bad_point_stands_for_no_day_and_the_last_good_one_stays() {
        let mut points = nights();
        for point in &mut points[20..] {
            point.1 = false;
        }
        assert_eq!(
            kept("last=1,daily=1", &points),
            ["2026-02-20T03", "2026-02-28T03"]
        );
        assert_eq!(kept("last=0", &points), ["2026-02-20T03"]);
    }

    #[test]
    fn days_are_those_of_the_place() {
        let points = [
            (stamp("2026-02-01T22:30:00Z"), true),
            (stamp("2026-02-01T23:30:00Z"), true),
        ];
        let rules = Retention::read("daily=2").unwrap();
        let berlin = TimeZone::fixed(jiff::tz::offset(1));
        assert_eq!(rules.goes(&points, &berlin), []);
        assert_eq!(rules.goes(&points, &TimeZone::UTC), [points[0].0]);
    }

    #[test]
    fn rules_read_and_written() {
        let text = "last=7,daily=14,weekly=8,monthly=12,yearly=all";
        let rules = Retention::read(text).unwrap();
        assert_eq!(rules.digits(), "7,,14,8,12,+");
        assert_eq!(Retention::of_digits(&rules.digits()), Some(rules));
        assert_eq!(Retention::of_digits("7,x,,,,"), None);
        for wrong in ["", "daily", "daily=x", "nightly=3", "last=1,last=2"] {
            assert!(Retention::read(wrong).is_err(), "{wrong}");
        }
    }
}
