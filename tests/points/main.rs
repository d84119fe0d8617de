//! Time points, as a person makes and uses them: black-box tests on the command line. What a point must
//! hold is what `cp -a` kept of the source.

// Made for another set of tests; not all of it is wanted here.
#[allow(dead_code, unused_imports)]
#[path = "../places/kit/mod.rs"]
mod kit;

mod beside;
mod commands;
mod cut;
mod deltas;
mod nights;
mod refusals;
mod remote;
mod rooms;
mod series;
