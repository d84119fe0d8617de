//! Pulls that go wrong: links that break, peers that lie, runs that are ended.

mod attached;
mod broken;
mod hostile;
mod place;
mod spelling;
