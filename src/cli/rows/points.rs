//! Time points.

use crate::cli::table::{Definition, Opt, Part, flag, optional, valued};

const PART: Part = Part::Points;

pub const ROWS: &[Definition] = &[
    optional(
        flag(
            Opt::TimePoints,
            None,
            "time-points",
            PART,
            "Make a time point in DEST, which shares what did not change with those before it; with DIR, mirror to DEST and make one in DIR",
        ),
        "DIR",
    ),
    valued(
        Opt::Keep,
        None,
        "keep",
        "RULES",
        PART,
        "Delete time points after a good run but for these: last=7,daily=14,weekly=8,monthly=12,yearly=all (hourly too)",
    ),
    valued(
        Opt::DeltaThreshold,
        None,
        "delta-threshold",
        "SIZE",
        PART,
        "Keep older versions of files from this size on as deltas against newer ones; 0 keeps all whole [default: 64M]",
    ),
    valued(
        Opt::PointTime,
        None,
        "point-time",
        "TIME",
        PART,
        "Name the time point by this second, as 2026-11-22T03:00:00Z, not by the present one",
    ),
];
