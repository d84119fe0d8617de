//! The staging area, driven by a small engine of its own.

#[path = "stage/driver.rs"]
mod driver;
#[path = "stage/swap.rs"]
mod swap;
#[path = "stage/trees.rs"]
mod trees;
