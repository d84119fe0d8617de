//! What a tree is made of: names and their order, filter rules, metadata to compare and to set.

mod escape;
mod order;
mod preserve;
mod quick_check;
mod rules;
#[cfg(test)]
mod stock;
mod wildmatch;

pub use escape::{Charset, push as push_escaped, push_sentence, shown};
pub use order::compare as compare_names;
pub use preserve::{MetaChange, Preserve};
pub use quick_check::{Differences, Powers, Tolerance, differences};
pub use rules::{
    Environment, Fault, Perishable, Place, Rule, RuleError, RuleName, RuleNote, Rules, Scope,
    Shown, Side, Written, clean,
};
