//! The staging area, driven by a small engine of its own.

#[path = "stage/crash.rs"]
mod crash;
#[path = "stage/driver.rs"]
mod driver;
#[path = "stage/journal.rs"]
mod journal;
#[path = "stage/limits.rs"]
mod limits;
#[path = "stage/measure.rs"]
mod measure;
#[path = "stage/people.rs"]
mod people;
#[path = "stage/random.rs"]
mod random;
#[path = "stage/swap.rs"]
mod swap;
#[path = "stage/trees.rs"]
mod trees;
