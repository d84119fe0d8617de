//! Why a system call failed, in words.

use std::io;

/// The system's reason in rsync's form: `No such file or directory (2)`.
#[must_use]
pub fn reason(e: &io::Error) -> String {
    match e.raw_os_error() {
        Some(code) => {
            let text = e.to_string();
            let words = text.split(" (os error").next().unwrap_or_default();
            format!("{words} ({code})")
        }
        None => e.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_read_as_rsyncs_do() {
        assert_eq!(
            reason(&io::Error::from_raw_os_error(2)),
            "No such file or directory (2)"
        );
        assert_eq!(reason(&io::Error::other("odd")), "odd");
    }
}
