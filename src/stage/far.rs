//! Whether the next pull into a destination asks for the whole list at once.
//!
//! The pull before measured it: its sender is far away and listed no further ahead than a round trip's worth. That is
//! kept as an empty file `far` in the state of the destination. To lose it costs time, and nothing else.

use std::path::Path;

use super::error::{Doing, Error};
use super::layout::FAR;
use super::run::Stage;
use super::site::Site;

/// Whether a pull found that the whole list is worth being asked for. What cannot be read is no reason to.
#[must_use]
pub fn wants_whole_list(dest: &Path) -> bool {
    let noted = || -> Result<bool, Error> {
        let home = Site::resolve(dest, None)?.find()?;
        home.map_or(Ok(false), |home| home.has(FAR))
    };
    noted().unwrap_or(false)
}

impl Stage {
    /// Notes for the next pull whether it is worth it; where nothing is kept of the destination, neither is this.
    ///
    /// # Errors
    /// [`Error::Io`]; the note is as it was then.
    pub fn note_whole_list(&self, is_worth_it: bool) -> Result<(), Error> {
        let hold = self.hold();
        let Some(home) = &hold.home else {
            return Ok(());
        };
        match (is_worth_it, home.has(FAR)?) {
            (true, false) => {
                let made = home.dir.create_file(FAR, 0o600);
                made.map(drop).doing("write", home.join(FAR))
            }
            (false, true) => home.drop(FAR),
            (true, true) | (false, false) => Ok(()),
        }
    }
}
