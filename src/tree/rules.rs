//! Filter rules.

/// The ordered filter rules of a run.
#[derive(Clone, Debug, Default)]
pub struct Rules {}
