//! What a tree is made of: names and their order, filter rules, metadata to compare and to set.

mod acl;
mod chmod;
mod escape;
mod give;
mod order;
mod owners;
mod preserve;
mod quick_check;
mod rules;
#[cfg(test)]
mod stock;
mod unsafe_link;
mod wildmatch;

pub use acl::{Acl, Named};
pub use chmod::Chmod;
pub use escape::{Charset, push as push_escaped, push_sentence, shown, unescaped};
pub use give::{Call, Lack, NotGiven, give};
pub use order::compare as compare_names;
pub use owners::{IdMap, Ids, MapError, Owners};
pub use preserve::{KeepXattrs, MetaChange, Preserve};
pub use quick_check::{Differences, Powers, Tolerance, differences};
pub use rules::{
    Environment, Fault, Grammar, NamedBy, Perishable, Place, Rule, RuleError, RuleName, RuleNote,
    Rules, Scope, Shown, Side, TooModern, Written, clean,
};
pub use unsafe_link::{MUNGED, is_unsafe_link};
pub use wildmatch::{Begin, Glob, matches_name};
