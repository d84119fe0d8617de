//! What judges a finished stage: all agree, or nothing is switched.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::changes::Record;
use super::error::{Doing, Error};
use super::layout::CHANGES_NEXT;
use super::outcome::Summary;
use super::policy::{Method, Policy};
use super::run::{Ready, Stage};
use super::survey::file_name;
use crate::sys::{Dir, process};

impl Stage {
    /// Asks every gate.
    pub(super) fn judge(&self, ready: &Ready, summary: &Summary) -> Result<(), Error> {
        let policy = &self.policy;
        if policy.only_complete && !summary.complete {
            return Err(Error::Incomplete {
                path: self.path.clone(),
            });
        }
        guard(policy, summary, &self.path)?;
        self.require(ready)?;
        for gate in &policy.gates {
            self.run_gate(gate, ready, summary)?;
        }
        Ok(())
    }

    fn require(&self, ready: &Ready) -> Result<(), Error> {
        if self.policy.require_files.is_empty() {
            return Ok(());
        }
        let record = match (ready.method, &self.hold().home) {
            (Method::Journal, Some(home)) => Record::load(home, CHANGES_NEXT)?,
            _ => Record::default(),
        };
        for file in &self.policy.require_files {
            let removed = file
                .ancestors()
                .any(|path| matches!(record.get(path), Some((_, None))));
            let lives = ready.method == Method::Journal && !removed && exists(&ready.live, file);
            let staged = ready.next.reopen().ok();
            if !lives && !exists(&staged, file) {
                return Err(self.refused(format!(
                    "the new state has no \"{}\" (--require-file)",
                    file.display()
                )));
            }
        }
        Ok(())
    }

    fn run_gate(
        &self,
        gate: &std::ffi::OsStr,
        ready: &Ready,
        summary: &Summary,
    ) -> Result<(), Error> {
        let stage = ready.next.path();
        let stage = stage.doing("find the path of the stage", &ready.home)?;
        let text = gate.to_string_lossy();
        let mut command = Command::new("sh");
        process::give_umask_back(&mut command);
        let status = command
            .arg("-c")
            .arg(gate)
            .env("RESILVER_STAGE", &stage)
            .env("RESILVER_DEST", &self.path)
            .env("RESILVER_METHOD", ready.method.name())
            .env("RESILVER_REMOVED", summary.removed.to_string())
            .status()
            .doing("run the gate", &stage)?;
        if status.success() {
            return Ok(());
        }
        Err(self.refused(format!("the gate `{text}` refused ({status})")))
    }

    fn refused(&self, reason: String) -> Error {
        Error::GateRefused {
            path: self.path.clone(),
            reason,
        }
    }
}

/// Judges a number of removals by `--delete-guard`.
///
/// # Errors
/// [`Error::GuardRefused`].
pub fn guard(policy: &Policy, summary: &Summary, path: &Path) -> Result<(), Error> {
    let Some(percent) = policy.delete_guard else {
        return Ok(());
    };
    let (removed, live) = (
        u128::from(summary.removed),
        u128::from(summary.live_entries),
    );
    if removed * 100 > u128::from(percent) * live {
        return Err(Error::GuardRefused {
            path: path.to_owned(),
            removed: summary.removed,
            live: summary.live_entries,
            percent,
        });
    }
    Ok(())
}

fn exists(root: &Option<Dir>, file: &Path) -> bool {
    let relative: PathBuf = file
        .components()
        .filter(|part| matches!(part, std::path::Component::Normal(_)))
        .collect();
    let parent = relative.parent().unwrap_or(Path::new(""));
    root.as_ref().is_some_and(|root| {
        root.open_beneath(parent)
            .and_then(|dir| dir.try_stat(file_name(&relative)))
            .is_ok_and(|stat| stat.is_some())
    })
}
