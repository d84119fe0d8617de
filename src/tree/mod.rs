//! What a tree is made of: names and their order, filter rules, metadata to compare and to set.

mod preserve;
mod rules;
mod wildmatch;

pub use preserve::{MetaChange, Preserve};
pub use rules::{Rule, RuleError, Rules, Side};
