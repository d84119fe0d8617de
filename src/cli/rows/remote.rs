//! The other end, where it is on another machine.

use crate::cli::table::{Definition, Opt, Part, also, flag, hidden, valued};

const PART: Part = Part::Remote;

pub const ROWS: &[Definition] = &[
    valued(
        Opt::Rsh,
        Some('e'),
        "rsh",
        "COMMAND",
        PART,
        "Reach the other machine by this command; one that begins with - is arguments for ssh [default: RSYNC_RSH, or ssh]",
    ),
    valued(
        Opt::RsyncPath,
        None,
        "rsync-path",
        "PROGRAM",
        PART,
        "What to run there [default: rsync]",
    ),
    valued(
        Opt::RemoteOption,
        Some('M'),
        "remote-option",
        "OPTION",
        PART,
        "Give this option to the other end only",
    ),
    flag(
        Opt::Compress(true),
        Some('z'),
        "compress",
        PART,
        "Compress what goes over the network; a local run has none",
    ),
    hidden(Opt::Compress(false), "no-compress", PART, &["no-z"]),
    also(
        valued(
            Opt::CompressChoice,
            None,
            "compress-choice",
            "NAME",
            PART,
            "By zstd, lz4, zlibx, zlib or none [default: the best that both ends know]",
        ),
        &["zc"],
    ),
    hidden(Opt::NewCompress, "new-compress", PART, &[]),
    hidden(Opt::OldCompress, "old-compress", PART, &[]),
    also(
        valued(
            Opt::CompressLevel,
            None,
            "compress-level",
            "N",
            PART,
            "How hard to try",
        ),
        &["zl"],
    ),
    valued(
        Opt::Timeout,
        None,
        "timeout",
        "SECONDS",
        PART,
        "Give up when nothing comes from the other end for so long",
    ),
    hidden(Opt::NoTimeout, "no-timeout", PART, &[]),
    valued(
        Opt::ChecksumSeed,
        None,
        "checksum-seed",
        "N",
        PART,
        "Begin block sums with this number instead of one by chance",
    ),
    valued(
        Opt::Protocol,
        None,
        "protocol",
        "N",
        PART,
        "Speak no newer version of the protocol than this, 27 to 32",
    ),
    also(
        flag(
            Opt::SecludedArgs(true),
            Some('s'),
            "secluded-args",
            PART,
            "Hand names to the other end past its shell: wildcards work, nothing else has a meaning",
        ),
        &["protect-args"],
    ),
    hidden(
        Opt::SecludedArgs(false),
        "no-secluded-args",
        PART,
        &["no-s", "no-protect-args"],
    ),
    flag(
        Opt::OldArgs(true),
        None,
        "old-args",
        PART,
        "Leave names to the other end's shell as they are; twice: option values as well",
    ),
    hidden(Opt::OldArgs(false), "no-old-args", PART, &[]),
    flag(
        Opt::Ipv4,
        Some('4'),
        "ipv4",
        PART,
        "Use addresses of version 4 only",
    ),
    flag(
        Opt::Ipv6,
        Some('6'),
        "ipv6",
        PART,
        "Use addresses of version 6 only",
    ),
];
