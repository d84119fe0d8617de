//! Every option of a mirror run, once, in the order of the help text.

mod attributes;
mod basis;
mod check;
mod content;
mod filter;
mod links;
mod output;
mod points;
mod remote;
mod remove;
mod switch;
mod what;

use super::table::Definition;

/// One slice for each part.
const PARTS: &[&[Definition]] = &[
    what::ROWS,
    links::ROWS,
    attributes::ROWS,
    check::ROWS,
    content::ROWS,
    remove::ROWS,
    filter::ROWS,
    basis::ROWS,
    switch::ROWS,
    points::ROWS,
    remote::ROWS,
    output::ROWS,
];

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Definition> {
    PARTS.iter().copied().flatten()
}
