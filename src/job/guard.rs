//! What keeps a run from wiping a mirror.

use std::path::PathBuf;

use serde_json::Value;

use super::config::Job;

/// What kind of run a job's words ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nature {
    /// The destination is on this machine and is changed by a switch: the run itself judges before it.
    pub is_staged: bool,
    /// It removes what the sources do not have.
    pub deletes: bool,
    /// The destination, if it is on this machine, as it was written.
    pub dest: Option<PathBuf>,
}

/// The words of the job's guards and limits, to stand in front of the job's own words, which count more.
///
/// # Errors
/// A guard that cannot be kept, as a sentence.
pub fn words(job: &Job, nature: &Nature) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    if nature.is_staged {
        words.push(format!("--delete-guard={}", job.guards.delete));
        let files = job.guards.require_files.iter();
        words.extend(files.map(|file| format!("--require-file={file}")));
    } else if !job.guards.require_files.is_empty() {
        return Err(
            "guards.require-files works where a switch is made here: not in a push, and not with --commit=direct"
                .into(),
        );
    }
    words.extend(
        job.limits
            .bandwidth
            .iter()
            .map(|rate| format!("--bwlimit={rate}")),
    );
    Ok(words)
}

/// Whether what the run would delete has to be counted beforehand: nothing else would.
#[must_use]
pub fn needs_rehearsal(job: &Job, nature: &Nature) -> bool {
    nature.deletes && !nature.is_staged && job.guards.delete < 100
}

/// Judges the summary of a rehearsal.
///
/// # Errors
/// Why the run must not be, as a sentence.
pub fn judge(summary: &Value, percent: u8) -> Result<(), String> {
    let count = |what: &str| -> Option<u64> {
        let kinds = summary.get(what)?.as_object()?;
        Some(kinds.values().filter_map(Value::as_u64).sum())
    };
    let (Some(removed), Some(created), Some(listed)) =
        (count("deleted"), count("created"), count("listed"))
    else {
        return Err(
            "the other end does not tell what it would delete, so that the guard of the job cannot judge; \
             guards.delete = 100 in the job turns it off"
                .into(),
        );
    };
    let live = u128::from(listed.saturating_sub(created)) + u128::from(removed);
    match u128::from(removed) * 100 > u128::from(percent) * live {
        false => Ok(()),
        true => Err(format!(
            "it would delete {removed} of {live} entries, more than {percent} percent; nothing was changed. If that \
             is meant, run the job's words by hand once, or raise guards.delete in the job"
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn nature(is_staged: bool, deletes: bool) -> Nature {
        Nature {
            is_staged,
            deletes,
            dest: None,
        }
    }

    #[test]
    fn what_a_switch_can_judge_it_judges() {
        let mut job = Job::new(vec!["a".into()], "/".into());
        job.limits.bandwidth = Some("1m".into());
        let staged = words(&job, &nature(true, true)).expect("words");
        assert_eq!(staged, ["--delete-guard=50", "--bwlimit=1m"]);
        assert!(!needs_rehearsal(&job, &nature(true, true)));
        assert_eq!(
            words(&job, &nature(false, true)).expect("words"),
            ["--bwlimit=1m"]
        );
        assert!(needs_rehearsal(&job, &nature(false, true)));
        assert!(!needs_rehearsal(&job, &nature(false, false)));
        job.guards.require_files.push(".here".into());
        assert!(words(&job, &nature(true, false)).is_ok());
        assert!(words(&job, &nature(false, false)).is_err());
        job.guards.delete = 100;
        assert!(!needs_rehearsal(&job, &nature(false, true)));
    }

    #[test]
    fn a_rehearsal_is_judged_by_what_is_there() {
        let told = |deleted: u64, created: u64, listed: u64| {
            json!({
                "deleted": {"files": deleted, "links": 0},
                "created": {"files": created},
                "listed": {"files": listed, "directories": 1},
            })
        };
        // Ten are there: the root, and nine files of which five go.
        assert_eq!(judge(&told(5, 3, 7), 50), Ok(()));
        let refused = judge(&told(6, 3, 6), 50).expect_err("too many");
        assert!(
            refused.starts_with("it would delete 6 of 10 entries, more than 50 percent"),
            "{refused}"
        );
        assert!(judge(&told(1, 0, 0), 0).is_err());
        assert!(judge(&json!({"listed": {"files": 1}}), 50).is_err());
    }
}
