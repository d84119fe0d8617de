//! Time points.

use std::path::PathBuf;

use super::{Asked, no_meaning};
use crate::cli::arguments::Given;
use crate::cli::exit::Refusal;
use crate::cli::operands::Ends;
use crate::cli::table::Opt;
use crate::cli::values::size;
use crate::engine::BasisUse;
use crate::stage::points::{Retention, Stamp, Wanted};
use crate::stage::{CommitChoice, Method};

/// What was asked of time points.
#[derive(Clone, Debug, Default)]
pub(super) struct Points {
    /// `--time-points`: the destination is a directory of them.
    is_dest: bool,
    /// `--time-points=DIR`: they lie there, beside an ordinary mirror.
    beside: Option<PathBuf>,
    threshold_given: bool,
    wanted: Wanted,
}

/// Time points beside a mirror.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beside {
    /// Where they are.
    pub dir: PathBuf,
    /// What is wished for of them.
    pub wanted: Wanted,
}

impl Asked {
    pub(super) fn take_points(&mut self, given: Given) -> Result<(), Refusal> {
        let points = &mut self.points;
        let text = given.value.to_string_lossy();
        match given.opt {
            Opt::TimePoints if given.value.is_empty() => points.is_dest = true,
            Opt::TimePoints => points.beside = Some(given.value.into()),
            Opt::Keep => {
                let read = Retention::read(&text);
                let read = read.map_err(|e| Refusal::usage(format_args!("--keep={text}: {e}")))?;
                points.wanted.keep = Some(read);
            }
            Opt::DeltaThreshold => {
                points.threshold_given = true;
                points.wanted.delta_threshold = Some(size(&given, b'b')?).filter(|size| *size > 0);
            }
            Opt::PointTime => {
                let wrong = || {
                    Refusal::usage(format_args!(
                        "--point-time={text}: expected a time as 2026-11-22T03:00:00Z"
                    ))
                };
                points.wanted.at = Some(Stamp::read(&text).ok_or_else(wrong)?);
            }
            other => no_meaning(other),
        }
        Ok(())
    }

    /// Gives the engine what was asked, with what does not go together.
    pub(super) fn settle_points(&mut self) -> Result<(), Refusal> {
        let points = &self.points;
        if !points.is_dest && points.beside.is_none() {
            for (given, name) in [
                (points.wanted.keep.is_some(), "--keep"),
                (points.wanted.at.is_some(), "--point-time"),
                (points.threshold_given, "--delta-threshold"),
            ] {
                if given {
                    return Err(Refusal::usage(format_args!(
                        "{name} has a meaning with --time-points only"
                    )));
                }
            }
            return Ok(());
        }
        if points.is_dest && points.beside.is_some() {
            return Err(Refusal::usage(
                "--time-points and --time-points=DIR do not go together",
            ));
        }
        if !points.is_dest {
            return Ok(());
        }
        let engine = &self.engine;
        let file_by_file = match engine.stage.commit {
            CommitChoice::Only(Method::Direct) => {
                Some(engine.why_direct.unwrap_or("--commit=direct"))
            }
            CommitChoice::Only(Method::Journal) => Some("--commit=journal"),
            _ => None,
        };
        let other_use = engine.alternates.as_ref().map(|alternates| alternates.how);
        let other_use = match other_use {
            Some(BasisUse::Compare) => Some("--compare-dest"),
            Some(BasisUse::Copy) => Some("--copy-dest"),
            _ => None,
        };
        let nothing_new = engine.compare.existing.then_some("--existing");
        if let Some(name) = file_by_file.or(other_use).or(nothing_new) {
            return Err(Refusal::usage(format_args!(
                "{name} and --time-points do not go together: a time point is a whole new tree"
            )));
        }
        self.engine.points = Some(self.points.wanted.clone());
        Ok(())
    }

    /// What a client asks for where this is its server.
    pub(super) fn serve_points(&mut self, wanted: Wanted) {
        self.points.is_dest = true;
        self.points.wanted = wanted;
    }

    /// Where there is no place for time points.
    pub(super) fn check_points(&self, ends: &Ends) -> Result<(), Refusal> {
        let points = &self.points;
        let has_dest = !ends.dest().as_os_str().is_empty();
        if !has_dest && (points.is_dest || points.beside.is_some()) {
            return Err(Refusal::usage("--time-points needs a destination"));
        }
        if points.beside.is_some() && matches!(ends, Ends::Push { .. }) {
            return Err(Refusal::unsupported(
                "--time-points=DIR works where the destination is, and that is another machine",
            ));
        }
        if points.is_dest && points.wanted.at.is_some() && matches!(ends, Ends::Push { .. }) {
            return Err(Refusal::unsupported(
                "--point-time works where the destination is, and that is another machine",
            ));
        }
        Ok(())
    }

    /// Time points beside the mirror.
    pub(super) fn points_beside(&self) -> Option<Beside> {
        let dir = self.points.beside.clone()?;
        Some(Beside {
            dir,
            wanted: self.points.wanted.clone(),
        })
    }
}
