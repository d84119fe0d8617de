//! Pushes to a far resilver that go wrong: links that break, clients that lie, switches that cannot be made.

mod broken;
mod hostile;
#[allow(dead_code, reason = "runs of resilver as a client are made elsewhere")]
#[path = "../pull/place.rs"]
mod place;
mod refused;

use std::path::Path;
use std::process::{Command, Output};

use place::Place;

/// The program at the far end.
const SERVER: &str = env!("CARGO_BIN_EXE_resilver");

/// A push of `s/` to `d` by a stock rsync through a remote shell.
fn command(place: &Place, shell: &Path, options: &[&str]) -> Command {
    let mut command = Command::new("timeout");
    command
        .args(["-k", "5", "60", "rsync"])
        .arg(format!("--rsync-path={SERVER}"))
        .args(options)
        .arg("-e")
        .arg(shell)
        .args(["s/", "h:d"])
        .current_dir(place.at(""))
        .env("LC_ALL", "C");
    command
}

fn push(place: &Place, shell: &Path, options: &[&str]) -> Output {
    command(place, shell, options).output().expect("rsync")
}

/// A remote shell that carries everything.
fn whole(place: &Place) -> std::path::PathBuf {
    place.shell("exec sh -c \"$*\"")
}
