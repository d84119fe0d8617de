//! Whether the last pull into a destination was held up by its sender's lists.
//!
//! That sender is far away, and lists no further ahead than a round trip's worth: the next pull asks for the whole list
//! at once. The pull notes it as an empty file `held-up` in the state of the destination. To lose that costs time, and
//! nothing else.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::catalogue;
use super::error::{Doing, Error};
use super::layout::HELD_UP;
use super::run::Stage;

/// After so many seconds it is measured again: a session with a whole list does not tell how it would be in pieces.
const BELIEVED: i64 = 30 * 24 * 60 * 60;

/// Whether the last pull was held up. What cannot be read is no reason to have it another way.
#[must_use]
pub fn was_held_up(dest: &Path) -> bool {
    let noted = || -> Result<bool, Error> {
        let Some(home) = catalogue::home_of(dest)? else {
            return Ok(false);
        };
        let noted = home.dir.try_stat(HELD_UP);
        let noted = noted.doing("look at", home.join(HELD_UP))?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |now| now.as_secs().cast_signed());
        Ok(noted.is_some_and(|stat| now.saturating_sub(stat.mtime.sec) < BELIEVED))
    };
    noted().unwrap_or(false)
}

impl Stage {
    /// Notes whether this pull was held up; where nothing is kept of the destination, neither is this.
    ///
    /// # Errors
    /// [`Error::Io`]; the note is as it was then, or gone.
    pub fn note_held_up(&self, was_held_up: bool) -> Result<(), Error> {
        let hold = self.hold();
        let Some(home) = &hold.home else {
            return Ok(());
        };
        home.drop(HELD_UP)?;
        if !was_held_up {
            return Ok(());
        }
        let made = home.dir.create_file(HELD_UP, 0o600);
        made.map(drop).doing("write", home.join(HELD_UP))
    }
}
