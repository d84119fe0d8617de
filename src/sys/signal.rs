//! Being asked to stop: the first signal is a request that the run looks at between steps, the second
//! ends the process at once, except inside the switch, where it waits.

use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::lock;

/// Exit code for an interrupted run, as rsync has it.
pub const INTERRUPTED: i32 = 20;

static STOP: AtomicBool = AtomicBool::new(false);
static DEADLINE: AtomicBool = AtomicBool::new(false);
static SHIELD: Mutex<()> = Mutex::new(());

/// Listens to SIGINT, SIGTERM and SIGHUP from now on, in a thread of its own.
pub fn install() -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            for _ in signals.forever() {
                if STOP.swap(true, Ordering::SeqCst) {
                    let _outside = lock(&SHIELD);
                    std::process::exit(INTERRUPTED);
                }
            }
        })?;
    Ok(())
}

/// Whether somebody asked to stop.
#[must_use]
pub fn stop_requested() -> bool {
    STOP.load(Ordering::Relaxed)
}

/// Asks to stop, as a first signal does.
pub fn request_stop() {
    STOP.store(true, Ordering::SeqCst);
}

/// Asks to stop at this time, as a first signal does.
pub fn stop_at(when: SystemTime) -> io::Result<()> {
    std::thread::Builder::new()
        .name("deadline".into())
        .spawn(move || {
            // The clock may be set meanwhile: it is looked at again.
            while let Ok(left) = when.duration_since(SystemTime::now()) {
                std::thread::sleep(left.min(std::time::Duration::from_secs(1)));
            }
            DEADLINE.store(true, Ordering::SeqCst);
            STOP.store(true, Ordering::SeqCst);
        })?;
    Ok(())
}

/// Whether the time of [`stop_at`] has come.
#[must_use]
pub fn deadline_passed() -> bool {
    DEADLINE.load(Ordering::Relaxed)
}

/// Runs `action` so that no signal ends the process before it is through.
pub fn shielded<T>(action: impl FnOnce() -> T) -> T {
    let _shield = lock(&SHIELD);
    action()
}
