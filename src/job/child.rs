//! Waiting for a program, no longer than it may take.

use std::io;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

/// How often a program is looked at.
const BEAT: Duration = Duration::from_millis(20);

/// Waits until a program ends, and calls `meanwhile` now and then. One that takes longer than `most` is killed.
pub fn wait(
    child: &mut Child,
    most: Option<Duration>,
    mut meanwhile: impl FnMut(&Child),
) -> io::Result<ExitStatus> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if most.is_some_and(|most| started.elapsed() >= most) {
            child.kill()?;
            child.wait()?;
            return Err(io::ErrorKind::TimedOut.into());
        }
        meanwhile(child);
        std::thread::sleep(BEAT);
    }
}
