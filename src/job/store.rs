//! The jobs of a user: their files, and the marks beside their state.

use std::fs;
use std::io;

use jiff::Timestamp;

use super::config::Job;
use super::error::{Doing, Error};
use super::name::Name;
use super::places::{self, Places};

/// A mark in a job's state: it was switched off.
const DISABLED: &str = "disabled";
/// In a job's state: since when it is expected to run.
const SINCE: &str = "since";

/// The jobs of a user.
#[derive(Clone, Debug)]
pub struct Store {
    places: Places,
}

impl Store {
    /// The jobs in these places.
    #[must_use]
    pub fn new(places: Places) -> Store {
        Store { places }
    }

    /// The places.
    #[must_use]
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// The names of all jobs, in order. A file that cannot be one is passed over.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn names(&self) -> Result<Vec<Name>, Error> {
        let dir = self.places.jobs();
        let entries = match fs::read_dir(&dir) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.doing("list", &dir)?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let file = entry.doing("list", &dir)?.file_name();
            let stem = file.to_str().and_then(|file| file.strip_suffix(".toml"));
            names.extend(stem.and_then(|stem| stem.parse::<Name>().ok()));
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Whether there is such a job.
    #[must_use]
    pub fn has(&self, name: &Name) -> bool {
        self.places.file(name).symlink_metadata().is_ok()
    }

    /// The text of a job's file.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Io`].
    pub fn text(&self, name: &Name) -> Result<String, Error> {
        let path = self.places.file(name);
        match fs::read_to_string(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Err(Error::Missing {
                name: name.to_string(),
            }),
            text => text.doing("read", &path),
        }
    }

    /// A job.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Config`], [`Error::Io`].
    pub fn load(&self, name: &Name) -> Result<Job, Error> {
        Job::parse(&self.text(name)?, &self.places.file(name))
    }

    /// Writes the file of a new job.
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::Io`].
    pub fn add(&self, name: &Name, job: &Job, now: Timestamp) -> Result<(), Error> {
        if self.has(name) {
            return Err(Error::Exists {
                name: name.to_string(),
            });
        }
        places::make_dir(&self.places.jobs())?;
        self.enable(name, now)?;
        self.write(name, &job.to_text())
    }

    /// Writes a job's file anew.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write(&self, name: &Name, text: &str) -> Result<(), Error> {
        // It may hold passwords.
        places::replace(&self.places.file(name), text.as_bytes(), 0o600)
    }

    /// Removes a job's file, and with `all` what it has left.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Io`].
    pub fn remove(&self, name: &Name, all: bool) -> Result<(), Error> {
        if !places::remove(&self.places.file(name))? {
            return Err(Error::Missing {
                name: name.to_string(),
            });
        }
        if !all {
            return Ok(());
        }
        let state = self.places.state(name);
        match fs::remove_dir_all(&state) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.doing("remove", &state),
        }
    }

    /// Whether a job is to run by its schedule.
    #[must_use]
    pub fn is_enabled(&self, name: &Name) -> bool {
        !self.places.state(name).join(DISABLED).exists()
    }

    /// Notes that a job is to run by its schedule from now on.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn enable(&self, name: &Name, now: Timestamp) -> Result<(), Error> {
        let state = self.places.state(name);
        places::make_dir(&state)?;
        places::replace(&state.join(SINCE), now.to_string().as_bytes(), 0o600)?;
        places::remove(&state.join(DISABLED)).map(drop)
    }

    /// Notes that a job is not to run by its schedule.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn disable(&self, name: &Name) -> Result<(), Error> {
        let state = self.places.state(name);
        places::make_dir(&state)?;
        places::replace(&state.join(DISABLED), b"", 0o600)
    }

    /// Since when a job is expected to run: when it was enabled, else when its file was written.
    #[must_use]
    pub fn since(&self, name: &Name) -> Option<Timestamp> {
        let noted = fs::read_to_string(self.places.state(name).join(SINCE)).ok();
        let noted = noted.and_then(|text| text.trim().parse().ok());
        noted.or_else(|| {
            let written = fs::metadata(self.places.file(name)).ok()?.modified().ok()?;
            Timestamp::try_from(written).ok()
        })
    }
}
