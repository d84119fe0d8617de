//! Pushes: of much, compressed, and those that go wrong: links that break, peers that lie, files that are gone.

mod broken;
mod compressed;
mod hostile;
#[path = "../pull/place.rs"]
mod place;
