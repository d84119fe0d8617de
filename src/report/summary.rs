//! What is told at the end: `--stats` and the two lines of totals.

use std::time::Duration;

use super::numbers::Human;
use crate::engine::{Counts, Search, Stats, Traffic};

/// Bytes sent and received. A local run has no wire: what stands for it is the content that was copied and the names
/// that were listed, and nothing is ever received.
fn traffic(stats: &Stats) -> Traffic {
    stats.wire.unwrap_or(Traffic {
        sent: stats.literal + stats.list_bytes,
        received: 0,
    })
}

/// The block of `--stats`.
pub fn block(stats: &Stats, human: Human) -> String {
    let count = |c: &Counts| counts(c, human);
    let bytes = |n: u64| human.bytes(n);
    // A receiver of an old protocol does not tell.
    let told = |what: &str, counts: &Option<Counts>| match counts {
        Some(counts) => format!("Number of {what} files: {}\n", count(counts)),
        None => String::new(),
    };
    format!(
        "Number of files: {}\n\
         {}{}\
         Number of regular files transferred: {}\n\
         Total file size: {} bytes\n\
         Total transferred file size: {} bytes\n\
         Literal data: {} bytes\n\
         Matched data: {} bytes\n\
         File list size: {}\n\
         File list generation time: {:.3} seconds\n\
         File list transfer time: 0.000 seconds\n\
         Total bytes sent: {}\n\
         Total bytes received: {}\n",
        count(&stats.listed),
        told("created", &stats.created),
        told("deleted", &stats.deleted),
        human.count(stats.transferred),
        bytes(stats.total_size),
        bytes(stats.transferred_size),
        bytes(stats.literal),
        bytes(stats.matched),
        bytes(stats.list_bytes),
        stats.list_nanos as f64 / 1e9,
        bytes(traffic(stats).sent),
        bytes(traffic(stats).received),
    )
}

/// The two last lines.
pub fn totals(stats: &Stats, human: Human, elapsed: Duration, dry_run: bool) -> String {
    let Traffic { sent, received } = traffic(stats);
    let moved = sent + received;
    let rate = moved as f64 / (0.5 + elapsed.as_secs() as f64);
    let speedup = stats.total_size as f64 / moved.max(1) as f64;
    format!(
        "sent {} bytes  received {} bytes  {} bytes/sec\n\
         total size is {}  speedup is {}{}\n",
        human.bytes(sent),
        human.bytes(received),
        human.rate(rate),
        human.bytes(stats.total_size),
        human.decimal(speedup),
        if dry_run { " (DRY RUN)" } else { "" },
    )
}

/// The last line of a log that is told no statistics.
pub fn logged(stats: &Stats) -> String {
    let Traffic { sent, received } = traffic(stats);
    let total = stats.total_size;
    format!("sent {sent} bytes  received {received} bytes  total size {total}\n")
}

/// What the delta method found in old files, over all of them.
pub fn delta_totals(stats: &Stats) -> String {
    let Search {
        matches,
        hits,
        false_alarms,
    } = stats.search;
    let data = stats.literal;
    format!("total: matches={matches}  hash_hits={hits}  false_alarms={false_alarms} data={data}\n")
}

/// A total, and in parentheses the kinds it is made of.
fn counts(c: &Counts, human: Human) -> String {
    let kinds = [
        ("reg", c.files),
        ("dir", c.dirs),
        ("link", c.links),
        ("dev", c.devices),
        ("special", c.specials),
    ];
    let parts: Vec<String> = kinds
        .iter()
        .filter(|(_, n)| *n > 0)
        .map(|(name, n)| format!("{name}: {}", human.count(*n)))
        .collect();
    let total = human.count(c.total());
    if parts.is_empty() {
        total
    } else {
        format!("{total} ({})", parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Stats {
        let listed = Counts {
            files: 6,
            dirs: 4,
            links: 1,
            specials: 1,
            devices: 0,
        };
        Stats {
            listed,
            search: Search::default(),
            created: Some(listed),
            deleted: Some(Counts::default()),
            transferred: 6,
            total_size: 3_145_749,
            transferred_size: 3_145_748,
            literal: 3_145_748,
            matched: 0,
            list_nanos: 1_200_000,
            list_bytes: 60,
            wire: None,
        }
    }

    /// `rsync -a --stats` of the same tree; the list and the bytes sent are our own (see `sent`).
    #[test]
    fn the_block_is_rsyncs() {
        assert_eq!(
            block(&example(), Human::Separators),
            "Number of files: 12 (reg: 6, dir: 4, link: 1, special: 1)\n\
             Number of created files: 12 (reg: 6, dir: 4, link: 1, special: 1)\n\
             Number of deleted files: 0\n\
             Number of regular files transferred: 6\n\
             Total file size: 3,145,749 bytes\n\
             Total transferred file size: 3,145,748 bytes\n\
             Literal data: 3,145,748 bytes\n\
             Matched data: 0 bytes\n\
             File list size: 60\n\
             File list generation time: 0.001 seconds\n\
             File list transfer time: 0.000 seconds\n\
             Total bytes sent: 3,145,808\n\
             Total bytes received: 0\n"
        );
    }

    #[test]
    fn counts_name_their_kinds_in_rsyncs_order() {
        let all = Counts {
            files: 1000,
            dirs: 2,
            links: 3,
            devices: 4,
            specials: 5,
        };
        assert_eq!(
            counts(&all, Human::Thousand),
            "1,014 (reg: 1,000, dir: 2, link: 3, dev: 4, special: 5)"
        );
    }

    #[test]
    fn totals_say_rate_speedup_and_dry_run() {
        assert_eq!(
            totals(
                &example(),
                Human::Thousand,
                Duration::from_millis(1900),
                true
            ),
            "sent 3.15M bytes  received 0 bytes  2.10M bytes/sec\n\
             total size is 3.15M  speedup is 1.00 (DRY RUN)\n"
        );
    }

    #[test]
    fn nothing_sent_is_no_division_by_zero() {
        assert_eq!(
            totals(&Stats::default(), Human::Separators, Duration::ZERO, false),
            "sent 0 bytes  received 0 bytes  0.00 bytes/sec\n\
             total size is 0  speedup is 0.00\n"
        );
    }
}
