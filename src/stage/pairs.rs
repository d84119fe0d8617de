//! Two sorted listings side by side.

use std::cmp::Ordering;

use crate::sys::{Listed, Listing};

/// The names of two sorted listings in order: what only the first has, only the second, or both.
pub(super) fn pairs<'a>(
    first: &'a Listing,
    second: &'a Listing,
) -> impl Iterator<Item = (Option<Listed<'a>>, Option<Listed<'a>>)> {
    let (mut i, mut j) = (0, 0);
    std::iter::from_fn(move || {
        let a = (i < first.len()).then(|| first.get(i));
        let b = (j < second.len()).then(|| second.get(j));
        let order = match (a, b) {
            (Some(a), Some(b)) => a.name.cmp(b.name),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return None,
        };
        i += usize::from(order.is_le());
        j += usize::from(order.is_ge());
        Some((a.filter(|_| order.is_le()), b.filter(|_| order.is_ge())))
    })
}
