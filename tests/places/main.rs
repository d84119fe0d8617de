//! resilver at all kinds of destinations, and the life around a switch: black-box tests on the command line.
//!
//! Expectations come from plain tree comparison and from the real rsync, never from resilver's own idea
//! of what is right. Where root, loop devices or a tool are missing, a test says so and passes.

mod kit;

mod arrivals;
mod closed;
mod content;
mod doctor;
mod entries;
mod filesystems;
mod gates;
mod handles;
mod large;
mod links;
mod lock;
mod nothing;
mod quiet;
mod real;
mod refusals;
mod shells;
mod space;
mod strangers;
mod undo;
mod undo_after;
