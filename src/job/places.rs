//! Where files of jobs lie: by the XDG base directories of whoever runs them.

use std::env;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::error::{Doing, Error};
use super::name::Name;
use crate::sys::{process, users};

/// The directories that jobs make use of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    home: PathBuf,
    /// The home directory that a scheduler finds for the same user.
    account: PathBuf,
    config: PathBuf,
    state: PathBuf,
}

impl Places {
    /// Those of this process: `XDG_CONFIG_HOME` or `~/.config`, `XDG_STATE_HOME` or `~/.local/state`.
    ///
    /// # Errors
    /// [`Error::NoHome`].
    pub fn of_user() -> Result<Places, Error> {
        let absolute = |name| {
            let path = env::var_os(name).map(PathBuf::from);
            path.filter(|path| path.is_absolute())
        };
        let home = absolute("HOME");
        let of = |name, below: &str| {
            let default = || home.as_ref().map(|home| home.join(below));
            absolute(name).or_else(default).ok_or(Error::NoHome(name))
        };
        let config = of("XDG_CONFIG_HOME", ".config")?;
        let state = of("XDG_STATE_HOME", ".local/state")?;
        let home = home.unwrap_or_else(|| config.clone());
        let account = users::home(process::uid()).unwrap_or_else(|| home.clone());
        Ok(Places {
            home,
            account,
            config,
            state,
        })
    }

    /// Those below a home directory, where nothing says otherwise.
    #[must_use]
    pub fn below(home: &Path) -> Places {
        Places {
            home: home.to_owned(),
            account: home.to_owned(),
            config: home.join(".config"),
            state: home.join(".local/state"),
        }
    }

    /// The home directory.
    #[must_use]
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The directory of configuration.
    #[must_use]
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// The directory of the jobs' files.
    #[must_use]
    pub fn jobs(&self) -> PathBuf {
        self.config.join("resilver/jobs")
    }

    /// The file of a job.
    #[must_use]
    pub fn file(&self, name: &Name) -> PathBuf {
        self.jobs().join(format!("{name}.toml"))
    }

    /// What a job has left: its lock, its marks and its runs.
    #[must_use]
    pub fn state(&self, name: &Name) -> PathBuf {
        self.state.join("resilver/jobs").join(name.as_str())
    }

    /// The variables without which a program that a scheduler starts would look elsewhere.
    #[must_use]
    pub fn variables(&self) -> Vec<(&'static str, &Path)> {
        let usual = Places::below(&self.home);
        [
            ("HOME", &self.home, &self.account),
            ("XDG_CONFIG_HOME", &self.config, &usual.config),
            ("XDG_STATE_HOME", &self.state, &usual.state),
        ]
        .into_iter()
        .filter(|(_, path, usual)| path != usual)
        .map(|(name, path, _)| (name, path.as_path()))
        .collect()
    }
}

/// Makes a directory, and those above it, for its owner alone.
pub(super) fn make_dir(path: &Path) -> Result<(), Error> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.doing("make the directory", path)
}

/// Puts a file into place at once: the old content or the new, never half of it.
pub(super) fn replace(path: &Path, content: &[u8], mode: u32) -> Result<(), Error> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}~", std::process::id()));
    let temporary = PathBuf::from(temporary);
    let written = write(&temporary, content, mode).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written.doing("write", path)
}

fn write(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Removes a file, if it is there; tells whether it was.
pub(super) fn remove(path: &Path) -> Result<bool, Error> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e).doing("remove", path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_unusual_is_passed_on() {
        let usual = Places::below(Path::new("/home/u"));
        assert_eq!(usual.variables(), []);
        let moved = Places {
            state: "/var/jobs".into(),
            ..usual
        };
        assert_eq!(
            moved.variables(),
            [("XDG_STATE_HOME", Path::new("/var/jobs"))]
        );
        let other = Places {
            account: "/root".into(),
            ..Places::below(Path::new("/home/u"))
        };
        assert_eq!(other.variables(), [("HOME", Path::new("/home/u"))]);
    }
}
