//! Room for recursion: trees may be as deep as their names allow, thousands of levels.

use std::io;

/// Stack of every thread that walks trees, in bytes. Only what is used takes memory.
pub const DEEP: usize = 64 << 20;

/// Runs `action` on a thread with a deep stack, and gives one to the threads of the common pool.
///
/// # Errors
/// The thread could not be made.
pub fn deep<T: Send>(action: impl FnOnce() -> T + Send) -> io::Result<T> {
    let built = rayon::ThreadPoolBuilder::new()
        .stack_size(DEEP)
        .build_global();
    // A pool that somebody made before keeps its stacks; where the system has no room for one, there is none to be had.
    if let Some(e) = built.as_ref().err().and_then(std::error::Error::source) {
        return Err(refused(e));
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("main".into())
            .stack_size(DEEP)
            .spawn_scoped(scope, action)
            .map_err(|e| refused(&e))?;
        thread
            .join()
            .map_err(|_| io::Error::other("the main thread ended unexpectedly"))
    })
}

fn refused(e: &dyn std::error::Error) -> io::Error {
    io::Error::other(format!("cannot start a thread: {e}"))
}
