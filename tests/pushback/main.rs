//! What was changed in a mirror goes back to where it came from: black-box tests against a stock rsync.

// Made for other sets of tests; not all of them is wanted here.
#[allow(dead_code, unused_imports, unused_macros)]
#[path = "../places/kit/mod.rs"]
mod kit;
#[allow(dead_code)]
#[path = "../transport/sshd.rs"]
mod sshd;

mod attributes;
mod cells;
mod corrupt;
mod guard;
mod held;
mod json;
mod matrix;
mod others;
mod place;
mod push;
mod refusals;
mod unknown;
