//! A run whose destination is a new time point.

use std::path::PathBuf;
use std::sync::Arc;

use super::error::Error;
use super::event::{Event, Report, Severity};
use super::options::{Alternates, BasisUse, Options};
use crate::stage::points::{Finished, NewPoint};
use crate::stage::{CommitChoice, KeepPrevious, Method, Summary};
use crate::sys::Dir;
use crate::tree::shown;

/// Alternate trees that one run may have.
const MOST: usize = 20;

/// The options of the run that makes a time point, if that is what is wished for: its destination does not
/// exist yet, and what did not change is linked to the points before it.
pub(super) fn options_for_point(options: &Options) -> Result<Option<Options>, Error> {
    let Some(wanted) = options
        .points
        .as_ref()
        .filter(|_| !options.select.list_only)
    else {
        return Ok(None);
    };
    let point = NewPoint::begin(
        &options.dest,
        wanted,
        &options.stage,
        options.select.mkpath,
        options.dry_run,
    )?;
    let mut options = options.clone();
    let name = point.path().file_name().unwrap_or_default();
    // The slash says that it becomes a directory, even of a single file.
    options.dest = options.dest.join(name).join("");
    options.stage.commit = CommitChoice::Only(Method::Swap);
    options.stage.previous = KeepPrevious::None;
    let before: Vec<PathBuf> = point.before().to_vec();
    if !before.is_empty() {
        let alternates = options.alternates.get_or_insert(Alternates {
            how: BasisUse::Link,
            dirs: Vec::new(),
        });
        alternates.dirs.splice(0..0, before);
        alternates.dirs.truncate(MOST);
    }
    options.point = Some(Arc::new(point));
    Ok(Some(options))
}

/// What `--delete-guard` judges a point by: the one before it.
pub(super) fn summary_of_point(
    point: &NewPoint,
    tree: Option<&Dir>,
    summary: Summary,
) -> Result<Summary, Error> {
    let Some(tree) = tree else {
        return Ok(summary);
    };
    let (lost, entries) = point.lost(tree)?;
    Ok(Summary {
        live_entries: entries,
        removed: lost,
        ..summary
    })
}

/// What follows the switch, or would: the points that go, and what the run needs no longer.
pub(super) fn finish(
    point: &NewPoint,
    complete: bool,
    dry_run: bool,
    report: &dyn Report,
) -> Result<(), Error> {
    let goes = point.goes(complete)?;
    let mut finished = Finished::default();
    if !dry_run {
        finished = point.finish(&goes)?;
    }
    if let Some(e) = finished.without_sums {
        report.event(Event::Message {
            severity: Severity::Warning,
            text: format!("time point {} has no sums yet: {e}", point.stamp()),
        });
    }
    for (path, e) in finished.whole {
        report.event(Event::Message {
            severity: Severity::Warning,
            text: format!("{} stays whole in older time points: {e}", shown(&path)),
        });
    }
    let verb = if dry_run { "would delete" } else { "deleted" };
    for stamp in goes.iter().filter(|_| dry_run || report.wants().deletions) {
        report.event(Event::Message {
            severity: Severity::Notice,
            text: format!("{verb} time point {stamp}"),
        });
    }
    if !complete && point.is_kept_by_rules() {
        report.event(Event::Message {
            severity: Severity::Warning,
            text: format!(
                "time point {} is not complete: no other is deleted (--keep)",
                point.stamp()
            ),
        });
    }
    Ok(())
}
