//! Pipes between a session and the programs that carry it.

use std::os::fd::AsFd;

/// Bytes that a pipe shall hold: a remote shell writes more than the usual 64 KiB at once, and would wait in the middle.
const ROOM: usize = 1 << 20;

/// Has a pipe hold more, so that both of its ends work at a time. Whatever is no pipe stays as it is.
pub(super) fn widen(pipe: &impl AsFd) {
    // A system that gives no more goes on with what there is.
    let _ = rustix::pipe::fcntl_setpipe_size(pipe, ROOM);
}
