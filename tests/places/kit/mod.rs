//! What the tests have in common: a scratch directory, commands, tree comparison, mounts.

mod mount;
mod room;
mod run;
mod tree;

pub use mount::{Mount, can_mount};
pub use room::Room;
pub use run::{NOBODY, Said, is_root, kernel_tool};
pub use tree::{Tree, assert_same};

/// Ends a test that cannot run here, and says why.
macro_rules! skip_unless {
    ($condition:expr, $why:expr) => {
        if !$condition {
            println!("skipped: {}", $why);
            return;
        }
    };
}
pub(crate) use skip_unless;
