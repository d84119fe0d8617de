//! What each option of a pull means for the way back.

use std::os::unix::ffi::OsStrExt;

use crate::cli::arguments::Given;
use crate::cli::exit::Refusal;
use crate::cli::table::{Opt, Part};

/// What becomes of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It says how the other end is reached.
    Way,
    /// It chooses what takes part.
    Choice,
    /// It says what is kept of an entry.
    Kept,
    /// It says how a result gets into place here.
    Place,
    /// It gives the mirror other permissions than its origin has: those take no part.
    OtherPerms,
    /// The same of owners.
    OtherOwners,
    /// It makes the mirror something else than its origin, so that there is no way back.
    NoWayBack,
    /// It has no meaning for the way back.
    Left,
}

/// What becomes of an option of a pull.
pub fn fate(given: &Given) -> Fate {
    match given.opt {
        Opt::FilesFrom
        | Opt::Relative(true)
        | Opt::CopyLinks
        | Opt::CopyUnsafeLinks
        | Opt::CopyDirlinks
        | Opt::KeepDirlinks
        | Opt::MungeLinks(true)
        | Opt::FakeSuper
        | Opt::CopyDevices => Fate::NoWayBack,
        // Points beside a mirror leave it as it is.
        Opt::TimePoints if given.value.is_empty() => Fate::NoWayBack,
        Opt::Chmod => Fate::OtherPerms,
        Opt::Chown | Opt::Usermap | Opt::Groupmap => Fate::OtherOwners,
        Opt::From0(_) | Opt::OneFileSystem(_) | Opt::InsecureLinks(_) => Fate::Choice,
        _ if is_rule(given) => Fate::Choice,
        Opt::Archive
        | Opt::Recursive(_)
        | Opt::Links(_)
        | Opt::HardLinks(_)
        | Opt::OpenNoatime(_)
        | Opt::Checksum(_)
        | Opt::ChecksumChoice
        | Opt::WholeFile(_)
        | Opt::Sparse(_) => Fate::Kept,
        Opt::Bwlimit | Opt::NoBwlimit => Fate::Way,
        _ => match given.part {
            Part::Remote => Fate::Way,
            Part::Attributes => Fate::Kept,
            Part::Switch => match given.opt {
                Opt::Threads | Opt::DryRun => Fate::Left,
                _ => Fate::Place,
            },
            _ => Fate::Left,
        },
    }
}

/// Whether an option is a rule, or makes some.
pub fn is_rule(given: &Given) -> bool {
    matches!(
        given.opt,
        Opt::Include
            | Opt::Exclude
            | Opt::Filter
            | Opt::ExcludeFrom
            | Opt::IncludeFrom
            | Opt::FilterFiles
            | Opt::CvsExclude
    )
}

/// Refuses what the way back of a pull, or a push that guards edits, cannot be told.
pub fn refuse_no_way_back(given: &Given) -> Result<(), Refusal> {
    refuse_standard_input(given)?;
    match fate(given) {
        Fate::NoWayBack => Err(Refusal::unsupported(format_args!(
            "the pull had {}, which makes a mirror something else than its origin: what was changed in it cannot \
             be told from that; push by hand",
            spelled(given)
        ))),
        _ => Ok(()),
    }
}

/// Refuses what a push cannot have that guards edits: what sends less than it is told, or something else.
pub fn refuse_in_guarded(given: &Given) -> Result<(), Refusal> {
    refuse_standard_input(given)?;
    let refused = match given.opt {
        Opt::Update
        | Opt::Existing
        | Opt::IgnoreExisting
        | Opt::SizeOnly
        | Opt::MaxSize
        | Opt::MinSize
        | Opt::MaxDelete
        | Opt::RemoveSourceFiles
        | Opt::RemoveSentFiles
        | Opt::CompareDest
        | Opt::CopyDest
        | Opt::LinkDest
        | Opt::ListOnly
        | Opt::Json
        | Opt::DeleteExcluded
        | Opt::DeleteMissingArgs
        | Opt::Dirs(true)
        | Opt::OldDirs
        | Opt::Append(true)
        | Opt::AppendVerify => true,
        _ => matches!(
            fate(given),
            Fate::NoWayBack | Fate::OtherPerms | Fate::OtherOwners
        ),
    };
    match refused {
        true => Err(Refusal::usage(format_args!(
            "--guard-edits and {} do not go together",
            spelled(given)
        ))),
        false => Ok(()),
    }
}

/// Refuses what can be read once only: rules are wanted by several runs.
fn refuse_standard_input(given: &Given) -> Result<(), Refusal> {
    let value = given.value.as_bytes();
    let reads = match given.opt {
        Opt::ExcludeFrom | Opt::IncludeFrom => value == b"-",
        Opt::Filter => {
            let merges = value.starts_with(b".") || value.starts_with(b"merge");
            merges && (value.ends_with(b" -") || value.ends_with(b"_-"))
        }
        _ => false,
    };
    match reads {
        true => Err(Refusal::unsupported(format_args!(
            "{} took rules from standard input, which cannot be read again; push by hand",
            spelled(given)
        ))),
        false => Ok(()),
    }
}

fn spelled(given: &Given) -> String {
    format!("--{}", given.name)
}
