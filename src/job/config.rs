//! What a job is, and its form on disk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Error;
use super::hooks;
use super::schedule::Schedule;
use super::timer::Scheduler;

/// The first lines of a job's file.
const HEAD: &str = "# A job of resilver; \"resilver job edit\" checks what is changed here.\n\n";

/// What a job is. Its file is this as TOML; words of several parts have a hyphen there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Job {
    /// The words of the run: options, sources, destination.
    pub arguments: Vec<String>,
    /// Where it runs: relative paths begin here.
    pub directory: PathBuf,
    /// What calls it in time, if not what this machine has for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduler: Option<Scheduler>,
    /// When it runs by itself; without one it runs when it is told to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// What keeps a run from doing harm.
    #[serde(default)]
    pub guards: Guards,
    /// What a run may take of the machine.
    #[serde(default)]
    pub limits: Limits,
    /// What follows a failure of the network.
    #[serde(default)]
    pub retry: Retry,
    /// What is kept of runs.
    #[serde(default)]
    pub history: History,
    /// What follows a good run.
    #[serde(default, skip_serializing_if = "Hooks::is_empty")]
    pub on_success: Hooks,
    /// What follows any other run.
    #[serde(default, skip_serializing_if = "Hooks::is_empty")]
    pub on_failure: Hooks,
    /// Variables for the run and its hooks, over those of whoever starts it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
}

/// What keeps a run from doing harm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Guards {
    /// Percent of the destination's entries that a run may remove; 100 for all.
    pub delete: u8,
    /// Files that the finished tree must have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub require_files: Vec<String>,
}

impl Default for Guards {
    fn default() -> Guards {
        Guards {
            delete: 50,
            require_files: Vec::new(),
        }
    }
}

/// What a run may take of the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Limits {
    /// As `--bwlimit` has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bandwidth: Option<String>,
    /// Niceness, -20 to 19.
    pub nice: i8,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            bandwidth: None,
            nice: 10,
        }
    }
}

/// What follows a failure of the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Retry {
    /// How many attempts follow the first one.
    pub times: u8,
    /// Seconds before the first of them; each further wait is twice as long, up to an hour.
    pub wait: u32,
}

impl Default for Retry {
    fn default() -> Retry {
        Retry { times: 3, wait: 30 }
    }
}

/// What is kept of runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct History {
    /// Of how many runs log and report are kept. Those of the last good one are, besides.
    pub runs: u16,
}

impl Default for History {
    fn default() -> History {
        History { runs: 30 }
    }
}

/// What follows a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Hooks {
    /// For the shell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// To whom the facts are sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail: Option<String>,
    /// A URL that is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ping: Option<String>,
}

impl Hooks {
    /// Whether nothing follows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Hooks::default()
    }
}

impl Job {
    /// A job with these words, run in this directory, and else as jobs are by default.
    #[must_use]
    pub fn new(arguments: Vec<String>, directory: PathBuf) -> Job {
        Job {
            arguments,
            directory,
            scheduler: None,
            schedule: None,
            guards: Guards::default(),
            limits: Limits::default(),
            retry: Retry::default(),
            history: History::default(),
            on_success: Hooks::default(),
            on_failure: Hooks::default(),
            environment: BTreeMap::new(),
        }
    }

    /// Reads the content of the file at `path`.
    ///
    /// # Errors
    /// [`Error::Config`].
    pub fn parse(text: &str, path: &Path) -> Result<Job, Error> {
        let refused = |reason: String| Error::Config {
            path: path.to_owned(),
            reason,
        };
        let job: Job =
            toml::from_str(text).map_err(|e| refused(e.to_string().trim_end().to_owned()))?;
        job.check().map_err(refused)?;
        Ok(job)
    }

    /// The content of its file.
    #[must_use]
    pub fn to_text(&self) -> String {
        // Text, numbers and tables of them always have a form.
        HEAD.to_owned() + &toml::to_string(self).unwrap_or_default()
    }

    /// What is wrong with it, apart from the words of its run.
    ///
    /// # Errors
    /// As a sentence.
    pub fn check(&self) -> Result<(), String> {
        if self.arguments.is_empty() {
            return Err("there are no arguments".into());
        }
        if !self.directory.is_absolute() {
            return Err("directory does not begin with a slash".into());
        }
        if self.guards.delete > 100 {
            return Err("guards.delete is a percentage, 0 to 100".into());
        }
        if !(-20..=19).contains(&self.limits.nice) {
            return Err("limits.nice goes from -20 to 19".into());
        }
        if self.history.runs == 0 {
            return Err("history.runs is at least 1".into());
        }
        for (name, value) in &self.environment {
            if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
                return Err(format!("environment: \"{name}\" cannot be a variable"));
            }
        }
        for (hooks, name) in [
            (&self.on_success, "on-success"),
            (&self.on_failure, "on-failure"),
        ] {
            hooks::check(hooks).map_err(|reason| format!("{name}: {reason}"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> Job {
        let words = ["-a", "--delete", "it's/", "/m"].map(str::to_owned);
        Job::new(words.into(), "/home/u".into())
    }

    #[test]
    fn the_file_holds_all_of_it() {
        let mut job = job();
        job.schedule = Schedule::weekly("Sun 04:00").ok();
        job.guards.require_files = vec![".mounted".into()];
        job.limits.bandwidth = Some("2m".into());
        job.on_failure.command = Some("echo \"$RESILVER_JOB\"".into());
        job.on_success.ping = Some("http://hc.example/1".into());
        job.environment.insert("A".into(), "b\"\n".into());
        let text = job.to_text();
        assert!(
            text.contains("[schedule]\nweekly = \"Sun 04:00\"\n"),
            "{text}"
        );
        assert!(text.contains("[on-failure]\n"), "{text}");
        assert_eq!(Job::parse(&text, Path::new("f")).expect(&text), job);
    }

    #[test]
    fn two_lines_make_a_job() {
        let text = "arguments = [\"-a\", \"--delete\", \"it's/\", \"/m\"]\ndirectory = \"/home/u\"";
        assert_eq!(Job::parse(text, Path::new("f")).expect(text), job());
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let base = job().to_text();
        for (line, told) in [
            ("[limit]\nnice = 3", "unknown field `limit`"),
            ("[schedule]\ndaily = \"25:00\"", "is no schedule"),
            ("[schedule]\ndaily = \"03:00\"\nhourly = 3", "wanted"),
            ("[environment]\n\"a=b\" = \"c\"", "cannot be a variable"),
            ("[on-success]\nping = \"ftp://x/\"", "http://"),
            ("[on-failure]\nmail = \"a b\"", "address"),
        ] {
            let text = format!("{base}\n{line}\n");
            let error = Job::parse(&text, Path::new("f")).expect_err(line);
            assert!(error.to_string().contains(told), "{line}: {error}");
        }
        for (from, to) in [
            ("delete = 50", "delete = 101"),
            ("nice = 10", "nice = 20"),
            ("runs = 30", "runs = 0"),
            ("\"/home/u\"", "\"home\""),
            ("arguments = [", "arguments = [] # "),
        ] {
            assert!(base.contains(from), "{base}");
            let text = base.replace(from, to);
            assert!(Job::parse(&text, Path::new("f")).is_err(), "{text}");
        }
    }
}
