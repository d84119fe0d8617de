//! Symbolic links that lead out of a transfer, and those that were made unusable.

/// What stands before the target of a link that was made unusable (`--munge-links`).
pub const MUNGED: &[u8] = b"/rsyncd-munged/";

/// Whether a link leads out of the transfer, by its text alone: it is absolute or empty, climbs above the
/// top, or has a `..` behind another name. `path` is the link's own path within the transfer.
#[must_use]
pub fn is_unsafe_link(target: &[u8], path: &[u8]) -> bool {
    if target.is_empty() || target.starts_with(b"/") {
        return true;
    }
    let mut depth = path.iter().filter(|b| **b == b'/').count();
    let mut climbing = true;
    for name in target.split(|b| *b == b'/') {
        match name {
            b".." if !climbing || depth == 0 => return true,
            b".." => depth -= 1,
            b"" => {}
            _ => climbing = false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `rsync --safe-links` of a link `k/l` below a source with a slash.
    #[test]
    fn links_are_unsafe_where_rsync_says_so() {
        for (target, is_unsafe) in [
            ("x", false),
            ("../x", false),
            ("..", false),
            ("../..", true),
            ("../../x", true),
            ("q/../x", true),
            ("x/..", true),
            ("./../x", true),
            ("/abs", true),
            ("", true),
            (".", false),
            ("..//x", false),
            ("q/..x", false),
        ] {
            let found = is_unsafe_link(target.as_bytes(), b"k/l");
            assert_eq!(found, is_unsafe, "{target}");
        }
        assert!(is_unsafe_link(b"../x", b"l"));
        assert!(!is_unsafe_link(b"../../x", b"a/b/l"));
    }
}
