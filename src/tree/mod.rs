//! What a tree is made of: names and their order, filter rules, metadata to compare and to set.

mod preserve;
mod rules;

pub use preserve::{MetaChange, Preserve};
pub use rules::Rules;
