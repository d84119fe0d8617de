//! What a tree is made of: names and their order, filter rules, metadata to compare and to set.

pub mod order;
mod preserve;
pub mod quick_check;
mod rules;
#[cfg(test)]
mod stock;
mod wildmatch;

pub use preserve::{MetaChange, Preserve};
pub use rules::{Rule, RuleError, Rules, Side};
