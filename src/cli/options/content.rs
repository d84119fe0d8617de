//! How content is written.

use std::ffi::OsString;
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use jiff::Zoned;

use super::{Asked, no_meaning};
use crate::cli::arguments::Given;
use crate::cli::exit::Refusal;
use crate::cli::size::{self, Wrong};
use crate::cli::stop::{self, WrongTime};
use crate::cli::table::Opt;
use crate::engine::{Fuzzy, Partial, Writing};
use crate::stage::{CommitChoice, Method};

/// rsync's largest block.
const MAX_BLOCK: u64 = 128 << 10;
/// rsync's smallest limit, in bytes a second.
const MIN_RATE: u64 = 512;
/// Where files wait with `--delay-updates` unless `--partial-dir` says otherwise.
const DELAYED: &str = ".~tmp~";

/// What was asked about content, before it is known what goes together.
#[derive(Clone, Debug, Default)]
pub(super) struct Manner {
    /// `-W` or `--no-whole-file`.
    whole: Option<bool>,
    inplace: bool,
    /// 1 for `--append`, 2 for `--append-verify`.
    append: u8,
    partial: bool,
    partial_dir: Option<OsString>,
}

impl Asked {
    pub(super) fn take_content(&mut self, given: Given) -> Result<(), Refusal> {
        let content = &mut self.engine.content;
        let manner = &mut self.manner;
        match given.opt {
            Opt::WholeFile(on) => manner.whole = Some(on),
            Opt::Sparse(on) => content.sparse = on,
            Opt::Fuzzy(false) => content.fuzzy = Fuzzy::No,
            Opt::Fuzzy(true) => {
                content.fuzzy = match content.fuzzy {
                    Fuzzy::No => Fuzzy::Directory,
                    _ => Fuzzy::Alternates,
                }
            }
            Opt::Preallocate => content.preallocate = true,
            Opt::Inplace(on) => manner.inplace = on,
            Opt::Append(true) => manner.append = 1,
            Opt::Append(false) => manner.append = 0,
            Opt::AppendVerify => manner.append = 2,
            Opt::Partial(on) => manner.partial = on,
            Opt::PartialProgress => (manner.partial, self.told.progress) = (true, true),
            Opt::PartialDir => manner.partial_dir = Some(given.value),
            Opt::TempDir => content.temp_dir = Some(PathBuf::from(given.value)),
            Opt::DelayUpdates(on) => content.delay_updates = on,
            Opt::CopyDevices => content.copy_devices = true,
            Opt::WriteDevices(on) => {
                content.write_devices = on;
                // As rsync: taking it back does not take back what it implies.
                manner.inplace |= on;
            }
            Opt::BlockSize => {
                let max = format!("(max: {})", in_units(MAX_BLOCK));
                let len = bytes(&given, b'b', |len| {
                    (len > MAX_BLOCK).then_some(("large", max))
                })?;
                content.block_len = u32::try_from(len).unwrap_or(0);
            }
            Opt::Bwlimit => content.rate = rate(&given)?,
            Opt::NoBwlimit => content.rate = None,
            Opt::StopAfter => content.deadline = Some(stop_after(&given)?),
            Opt::StopAt => content.deadline = Some(stop_at(&given)?),
            other => no_meaning(other),
        }
        Ok(())
    }

    /// Whether `-W` was given, and not taken back.
    pub(super) fn whole_file_given(&self) -> bool {
        self.manner.whole == Some(true)
    }

    /// A client says `--append` twice where it means `--append-verify`.
    pub(super) fn append_again(&mut self) {
        self.manner.append = (self.manner.append + 1).min(2);
    }

    /// Whether `--no-whole-file` was given.
    pub(super) fn whole_file_refused(&self) -> bool {
        self.manner.whole == Some(false)
    }

    /// Whether somebody chose the directory of half files.
    pub(super) fn names_partial_dir(&self) -> bool {
        self.manner.partial_dir.is_some() || self.manner.partial
    }

    /// What goes together, and what that means for the way in which the run gets into place.
    pub(super) fn settle_content(&mut self) -> Result<(), Refusal> {
        self.refuse_mixtures()?;
        let manner = &self.manner;
        let content = &mut self.engine.content;
        self.engine.whole_file = manner.whole.unwrap_or(manner.append == 0);
        content.writing = match (manner.append, manner.inplace) {
            (0, false) => Writing::Anew,
            (0, true) => Writing::InPlace,
            (append, _) => Writing::Append { verify: append > 1 },
        };
        let named = manner.partial_dir.clone();
        let environment = || std::env::var_os("RSYNC_PARTIAL_DIR").filter(|_| manner.partial);
        let default = || content.delay_updates.then(|| DELAYED.into());
        content.partial = if content.writing != Writing::Anew {
            Partial::Drop
        } else {
            match named.or_else(default).or_else(environment) {
                Some(dir) if !dir.is_empty() && dir != "." => Partial::Dir(dir.into()),
                Some(_) => Partial::Keep,
                None if manner.partial => Partial::Keep,
                None => Partial::Drop,
            }
        };
        if content.delay_updates && !matches!(content.partial, Partial::Dir(_)) {
            content.partial = Partial::Dir(DELAYED.into());
        }
        if let Partial::Dir(dir) = &content.partial
            && dir.is_relative()
        {
            // What lies there belongs to runs, not to trees.
            let pushed = self.engine.rules.leave_out_partial_dir(dir.as_ref());
            self.told(pushed)?;
        }
        self.imply_direct()
    }

    fn refuse_mixtures(&self) -> Result<(), Refusal> {
        let manner = &self.manner;
        let refuse = |one: &str, other: &str| {
            Err(Refusal::usage(format_args!(
                "{one} cannot be used with {other}"
            )))
        };
        if manner.append > 0 && manner.whole == Some(true) {
            return refuse("--append", "--whole-file");
        }
        if manner.append == 0 && !manner.inplace {
            return Ok(());
        }
        let one = if manner.append > 0 {
            "--append"
        } else {
            "--inplace"
        };
        if self.engine.content.delay_updates {
            return refuse(one, "--delay-updates");
        }
        if manner.partial_dir.is_some() {
            return refuse(one, "--partial-dir");
        }
        Ok(())
    }

    /// What is written in place is seen at once: there is nothing to switch.
    fn imply_direct(&mut self) -> Result<(), Refusal> {
        let content = &self.engine.content;
        let option = match content.writing {
            Writing::Anew => return Ok(()),
            Writing::Append { verify: false } => "--append",
            Writing::Append { verify: true } => "--append-verify",
            Writing::InPlace if content.write_devices => "--write-devices",
            Writing::InPlace => "--inplace",
        };
        let commit = &mut self.engine.stage.commit;
        match *commit {
            CommitChoice::Only(Method::Direct) => {}
            CommitChoice::Auto => {
                *commit = CommitChoice::Only(Method::Direct);
                self.engine.why_direct = Some(option);
            }
            CommitChoice::Only(method) => {
                return Err(Refusal::usage(format_args!(
                    "{option} cannot be used with --commit={}: it writes into the files that everybody sees",
                    method.name()
                )));
            }
        }
        Ok(())
    }
}

/// A size within bounds: `wrong` says what is too large or small about it, and which bound it leaves.
fn bytes(
    given: &Given,
    unit: u8,
    wrong: impl FnOnce(u64) -> Option<(&'static str, String)>,
) -> Result<u64, Refusal> {
    let text = given.value.to_string_lossy();
    let refuse = |what: &str| Refusal::usage(format_args!("--{}={text} is {what}", given.name));
    match size::parse(&text, unit) {
        Ok(size) => match wrong(size) {
            Some((what, bound)) => Err(refuse(&format!("too {what} {bound}"))),
            None => Ok(size),
        },
        Err(Wrong::Invalid) => Err(refuse("invalid")),
        Err(Wrong::TooLarge) => match wrong(u64::MAX) {
            Some((what, bound)) => Err(refuse(&format!("too {what} {bound}"))),
            None => Err(refuse("too large")),
        },
    }
}

/// `--bwlimit`: bytes a second, rounded to KiB as rsync does; 0 is no limit.
fn rate(given: &Given) -> Result<Option<NonZeroU64>, Refusal> {
    let rate = bytes(given, b'k', |rate| {
        let bound = format!("(min: {MIN_RATE} or 0 for unlimited)");
        (rate > 0 && rate < MIN_RATE).then_some(("small", bound))
    })?;
    Ok(NonZeroU64::new((rate.saturating_add(512)) / 1024 * 1024))
}

/// `--stop-after`: minutes, as C reads a number: what stands behind the digits does not count.
fn stop_after(given: &Given) -> Result<SystemTime, Refusal> {
    let text = given.value.to_string_lossy();
    let digits = text.trim_start().trim_start_matches('+');
    let end = digits.find(|c: char| !c.is_ascii_digit());
    let minutes = digits[..end.unwrap_or(digits.len())].parse::<u32>();
    match minutes {
        Ok(minutes) if minutes > 0 => {
            Ok(SystemTime::now() + Duration::from_secs(u64::from(minutes) * 60))
        }
        _ => Err(Refusal::usage(format_args!(
            "invalid --stop-after value: {text}"
        ))),
    }
}

/// `--stop-at`.
fn stop_at(given: &Given) -> Result<SystemTime, Refusal> {
    let text = given.value.to_string_lossy();
    stop::parse(&text, &Zoned::now())
        .map(|time| time.timestamp().into())
        .map_err(|wrong| {
            Refusal::usage(match wrong {
                WrongTime::Invalid => format!("invalid --stop-at format: {text}"),
                WrongTime::Past => format!("--stop-at time is not in the future: {text}"),
            })
        })
}

/// As rsync tells sizes in such messages.
fn in_units(bytes: u64) -> String {
    format!("{}.00K", bytes / 1024)
}
