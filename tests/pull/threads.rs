//! A machine that has no room for threads.

use crate::kit::{Room, is_root, kernel_tool, skip_unless};

/// Nobody else's, so that the limit counts these processes alone.
const USER: u32 = 61_234;
/// The other machine is this one.
const SHELL: &str = concat!(
    "-e ",
    env!("CARGO_MANIFEST_DIR"),
    "/tests/oracle/remote-shell"
);

#[test]
fn without_threads_a_session_ends_with_an_error() {
    skip_unless!(
        is_root() && kernel_tool("setpriv") && kernel_tool("prlimit"),
        "needs a user whose processes are counted"
    );
    let room = Room::with(&format!(
        "mkdir -p s/dir; echo a > s/a; echo b > s/dir/b; cp \"$RESILVER\" program; chmod 755 program; chown -R {USER} ."
    ));
    let here = room.path().display();
    let mut refused = 0;
    for operands in [
        format!("far:{here}/s/ d"),
        format!("s/ far:{here}/e"),
        format!("--rsync-path={here}/program s/ far:{here}/f"),
    ] {
        for most in 2..20 {
            let said = room.try_sh(&format!(
                "exec timeout -k 1 20 setpriv --reuid={USER} --regid={USER} --clear-groups prlimit --nproc={most} ./program \
                 -a --delete {SHELL} {operands}"
            ));
            assert!(
                ![101, 124, 137].contains(&said.code) && !said.has(&["panicked"]),
                "{most} {operands}: {said}"
            );
            refused += u32::from(said.has(&["cannot start a thread"]));
        }
    }
    assert!(refused > 0, "no thread was refused");
}
