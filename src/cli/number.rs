//! Integers as rsync's option parser reads them: C's bases, 32 bits.

/// Why a text is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It is no number at all.
    Invalid,
    /// It does not fit into 32 bits with a sign.
    Range,
}

/// Reads an integer: `0x` is hexadecimal, a leading `0` octal, nothing at all is 0.
pub fn parse(text: &str) -> Result<i32, Wrong> {
    let trimmed = text.trim_start_matches(|c: char| c.is_ascii_whitespace());
    if trimmed.is_empty() {
        return if text.is_empty() {
            Ok(0)
        } else {
            Err(Wrong::Invalid)
        };
    }
    let (negative, digits) = match trimmed.as_bytes()[0] {
        b'-' => (true, &trimmed[1..]),
        b'+' => (false, &trimmed[1..]),
        _ => (false, trimmed),
    };
    let (radix, digits) = match digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
        Some(hex) => (16, hex),
        None if digits.starts_with('0') => (8, digits),
        None => (10, digits),
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return Err(Wrong::Invalid);
    }
    let size = i64::from_str_radix(digits, radix).map_err(|_| Wrong::Range)?;
    let value = if negative { -size } else { size };
    i32::try_from(value).map_err(|_| Wrong::Range)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values that `rsync --modify-window=` and `--max-delete=` accepted or refused.
    #[test]
    fn numbers_are_read_as_rsync_reads_them() {
        for (text, value) in [
            ("5", Ok(5)),
            ("-5", Ok(-5)),
            ("0x10", Ok(16)),
            ("010", Ok(8)),
            ("", Ok(0)),
            ("0", Ok(0)),
            ("2147483647", Ok(i32::MAX)),
            ("-2147483648", Ok(i32::MIN)),
            ("09", Err(Wrong::Invalid)),
            ("5s", Err(Wrong::Invalid)),
            ("5 ", Err(Wrong::Invalid)),
            ("x", Err(Wrong::Invalid)),
            ("-", Err(Wrong::Invalid)),
            ("é", Err(Wrong::Invalid)),
            ("2147483648", Err(Wrong::Range)),
            ("99999999999", Err(Wrong::Range)),
            ("99999999999999999999999", Err(Wrong::Range)),
        ] {
            assert_eq!(parse(text), value, "{text:?}");
        }
    }
}
