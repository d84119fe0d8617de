//! Time points beside a mirror: made of it after a run, sharing no inode with it.

use std::path::Path;

use super::commands::{code_of, tell_error};
use super::exit::Code;
use super::options::{Beside, Sync};
use crate::engine::{self, Event, Outcome, Report, Wants};
use crate::stage::Policy;
use crate::stage::points::Wanted;

/// Makes a point of the mirror that a run has made; gives what the run ends with.
pub fn make_point(sync: &Sync, beside: &Beside, mirrored: &Outcome, report: &dyn Report) -> Code {
    let code = Code::of(mirrored);
    let run = &sync.options;
    if run.dry_run && !run.dest.exists() {
        // Of what is not there yet nothing can be told.
        return code;
    }
    let ended = match refuse_within(&run.dest, &beside.dir) {
        Some(error) => Err(error),
        None => engine::run(&options(run, beside, mirrored), &Quiet(report)),
    };
    match ended {
        Ok(outcome) if code == Code::Success => Code::of(&outcome),
        Ok(_) => code,
        Err(e) => {
            tell_error(&e, report);
            code_of(&e)
        }
    }
}

/// Everything that the mirror has.
fn options(run: &engine::Options, beside: &Beside, mirrored: &Outcome) -> engine::Options {
    let mut preserve = run.preserve;
    for kept in [
        &mut preserve.links,
        &mut preserve.perms,
        &mut preserve.times,
        &mut preserve.owner,
        &mut preserve.group,
        &mut preserve.devices,
        &mut preserve.specials,
        &mut preserve.hard_links,
    ] {
        *kept = true;
    }
    preserve.omit_dir_times = false;
    preserve.omit_link_times = false;
    // The slash takes what is in a directory; a file is one of its own.
    let source = match run.dest.is_dir() {
        true => run.dest.join(""),
        false => run.dest.clone(),
    };
    let is_complete = Code::of(mirrored) == Code::Success;
    engine::Options {
        sources: vec![source],
        dest: beside.dir.clone(),
        recursive: true,
        preserve,
        dry_run: run.dry_run,
        whole_file: true,
        privilege: run.privilege,
        select: engine::Select {
            mkpath: run.select.mkpath,
            ..engine::Select::default()
        },
        content: engine::Content {
            sparse: true,
            ..engine::Content::default()
        },
        stage: Policy {
            wait: run.stage.wait,
            no_fsync: run.stage.no_fsync,
            ..Policy::default()
        },
        points: Some(Wanted {
            of_incomplete: !is_complete,
            ..beside.wanted.clone()
        }),
        threads: run.threads,
        ..engine::Options::default()
    }
}

/// Points that lie in the mirror would be part of it.
fn refuse_within(dest: &Path, dir: &Path) -> Option<engine::Error> {
    let real = |path: &Path| {
        let found = path.ancestors().find_map(|p| p.canonicalize().ok());
        found.or_else(|| std::env::current_dir().ok())
    };
    let is_within = real(dir)?.starts_with(real(dest)?);
    is_within.then(|| {
        engine::Error::Select(format!(
            "the time points in \"{}\" would be part of the mirror \"{}\": give them a place outside of it",
            crate::tree::shown(dir),
            crate::tree::shown(dest)
        ))
    })
}

/// Passes on what is said to people; what becomes of single entries was told with the mirror.
struct Quiet<'r>(&'r dyn Report);

impl Report for Quiet<'_> {
    fn event(&self, event: Event) {
        if let Event::Message { .. } = event {
            self.0.event(event);
        }
    }

    fn wants(&self) -> Wants {
        Wants {
            deletions: self.0.wants().deletions,
            ..Wants::default()
        }
    }
}
