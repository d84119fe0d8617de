//! What a pull writes down of the lists that it got, for later comparisons of here and there, and for the next pull.

use std::io;
use std::sync::Arc;

use super::error::Error;
use super::event::{Event, Report, Severity};
use super::node::Node;
use super::options::Options;
use super::remote::Far;
use super::run::Run;
use super::worker::Worker;
use crate::delta::{Checksum, Digest};
use crate::stage::Stage;
use crate::stage::catalogue::{Doubt, Draft, Record};

/// Begins what is written down of a run, if that is wished for.
pub(super) fn begin(options: &Options, far: Option<Far<'_>>) -> Result<Option<Draft>, Error> {
    let (Some(origin), Some(far)) = (&options.catalogue, far) else {
        return Ok(None);
    };
    let algorithm = far.sums.of_content().unwrap_or(Checksum::None);
    Draft::begin(origin, algorithm).map(Some).map_err(unwritten)
}

/// What was written down becomes the destination's catalogue. That it cannot be is told: the run itself is through.
/// With it goes whether the pull was held up by its lists.
pub(super) fn keep(run: &Run<'_>, stage: &Stage, whole: bool, report: &dyn Report) {
    let Some(draft) = &run.catalogue else { return };
    let kept = stage.catalogue(draft, doubt(run), whole);
    if let Err(e) = kept {
        report.event(Event::Message {
            severity: Severity::Warning,
            text: format!("no catalogue of what came was written: {e}"),
        });
    }
    let known = run.far.zip(run.total.get());
    let held_up = known.and_then(|(far, total)| far.requests.held_up(total.entries));
    // It only tells how the next pull is quicker: that it cannot be noted is not worth a word.
    let _ = held_up.map(|held_up| stage.note_held_up(held_up));
}

/// Which entries of the lists the destination may not have as they were listed.
fn doubt(run: &Run<'_>) -> Doubt {
    let (compare, select) = (&run.options.compare, &run.options.select);
    let passes_over = compare.update
        || compare.size_only
        || compare.existing
        || compare.ignore_existing
        || compare.max_size.is_some()
        || compare.min_size.is_some()
        || select.prune_empty
        || !run.options.recursive
        || run.options.alternates.is_some();
    match passes_over || !run.tally.complete() {
        true => Doubt::All {
            times: run.options.preserve.times && !compare.size_only,
        },
        false => Doubt::Special,
    }
}

impl Worker<'_> {
    /// Writes down what the sender lists in a directory.
    pub(super) fn catalogue(&mut self, node: &Arc<Node>) -> Result<(), Error> {
        let Some(draft) = &self.run.catalogue else {
            return Ok(());
        };
        let Some(listed) = node.sources.first().and_then(|origin| origin.seat.there()) else {
            return Ok(());
        };
        let algorithm = self.run.far.and_then(|far| far.listed_sums.of_content());
        // The root is listed in itself, without a name.
        let root = node.source_stat.filter(|_| node.parent.is_none());
        let root = root.map(|stat| (&b""[..], Record::new(&stat, None)));
        let entries = listed.records(algorithm).into_iter().flatten();
        let written = draft.list(&node.path, root.into_iter().chain(entries));
        written.map_err(unwritten)
    }

    /// Writes down the sum of a file that came.
    pub(super) fn catalogue_sum(&self, node: &Node, name: &[u8], digest: &Digest) {
        if self.run.catalogue.is_some() {
            node.sums.put(name, *digest);
        }
    }

    /// Writes down the sums of a directory that is through.
    pub(super) fn catalogue_sums(&self, node: &Node) -> Result<(), Error> {
        let Some(draft) = &self.run.catalogue else {
            return Ok(());
        };
        draft.sum(&node.path, &node.sums).map_err(unwritten)
    }
}

fn unwritten(source: io::Error) -> Error {
    Error::File {
        action: "write a list in",
        path: std::env::temp_dir(),
        source,
    }
}
