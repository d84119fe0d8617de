//! Pulls that go wrong: links that break, peers that lie, runs that are ended.

mod attached;
mod broken;
mod hostile;
mod large;
mod place;
mod spelling;
mod threads;
// Made for another set of tests; not all of it is wanted here.
#[allow(dead_code, unused_imports)]
#[path = "../places/kit/mod.rs"]
mod kit;

use std::path::Path;
use std::process::{Command, Output};

use place::Place;

/// A pull of `s/` to `d` through a remote shell.
fn command(place: &Place, shell: &Path, options: &[&str]) -> Command {
    place.run(shell, options, ["h:s/", "d"])
}

fn pull(place: &Place, shell: &Path, options: &[&str]) -> Output {
    command(place, shell, options).output().expect("resilver")
}
