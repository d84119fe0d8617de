//! Sizes as rsync's option parser reads them: `1.5mb-1`.

/// Why a text is no size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It is no size at all.
    Invalid,
    /// It is below zero, or does not fit into 63 bits.
    TooLarge,
}

/// Bytes of a unit's letter alone; rsync's `b k m g t p`.
const UNITS: &[u8] = b"bkmgtp";

/// Reads a size. `unit` is the letter that counts where none is given.
///
/// A letter alone, or followed by `ib`, counts in powers of 1024; followed by `b` in powers of 1000. `+1` or
/// `-1` at the end adds or takes one byte.
pub fn parse(text: &str, unit: u8) -> Result<u64, Wrong> {
    let lower = text.to_ascii_lowercase();
    let (rest, step) = match (lower.strip_suffix("+1"), lower.strip_suffix("-1")) {
        (Some(""), _) => return Err(Wrong::Invalid),
        (Some(rest), _) => (rest, 1.0),
        (_, Some(rest)) => (rest, -1.0),
        _ => (&lower[..], 0.0),
    };
    let end = rest
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(rest.len());
    let (digits, suffix) = rest.split_at(end);
    if digits.matches('.').count() > 1 {
        return Err(Wrong::Invalid);
    }
    let number: f64 = match digits {
        "" | "." => 0.0,
        digits => digits.parse().map_err(|_| Wrong::Invalid)?,
    };
    let size = (number * factor(suffix, unit).ok_or(Wrong::Invalid)?).floor();
    // As a double: the largest 63-bit numbers are too large already.
    if size >= i64::MAX as f64 || size + step < 0.0 {
        return Err(Wrong::TooLarge);
    }
    let size = size as u64;
    Ok(match step {
        s if s > 0.0 => size + 1,
        s if s < 0.0 => size - 1,
        _ => size,
    })
}

fn factor(suffix: &str, unit: u8) -> Option<f64> {
    let suffix = suffix.as_bytes();
    let letter = *suffix.first().unwrap_or(&unit);
    let power = UNITS.iter().position(|unit| *unit == letter)?;
    let base: f64 = match suffix.get(1..).unwrap_or_default() {
        b"" => 1024.0,
        b"ib" if letter != b'b' => 1024.0,
        b"b" => 1000.0,
        _ => return None,
    };
    Some(base.powi(i32::try_from(power).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `rsync --max-size=` accepted or refused, and the bytes it meant.
    #[test]
    fn sizes_are_read_as_rsync_reads_them() {
        let (invalid, large) = (Err(Wrong::Invalid), Err(Wrong::TooLarge));
        for (text, size) in [
            ("1", Ok(1)),
            ("1.5mb-1", Ok(1_499_999)),
            ("2g+1", Ok(2_147_483_649)),
            ("1KiB", Ok(1024)),
            ("1K", Ok(1024)),
            ("1kB", Ok(1000)),
            ("1MIB", Ok(1 << 20)),
            (".5k", Ok(512)),
            ("5.", Ok(5)),
            ("1.9", Ok(1)),
            ("0.0001k", Ok(0)),
            ("1b", Ok(1)),
            ("1bb", Ok(1)),
            ("1b+1", Ok(2)),
            ("k+1", Ok(1)),
            ("1k-1", Ok(1023)),
            ("1t", Ok(1 << 40)),
            ("8191p", Ok(8191 << 50)),
            ("", Ok(0)),
            (".", Ok(0)),
            ("k", Ok(0)),
            (".kb", Ok(0)),
            ("1Ki", invalid),
            ("1x", invalid),
            ("1e3", invalid),
            ("10kb+2", invalid),
            ("1k+1k", invalid),
            ("1ib", invalid),
            ("+1", invalid),
            ("+k", invalid),
            ("1..5", invalid),
            ("1.5.5", invalid),
            ("1 k", invalid),
            (" 1", invalid),
            ("1k-2", invalid),
            ("é", invalid),
            ("-1", large),
            ("0-1", large),
            ("k-1", large),
            ("8192p", large),
            ("8192p-1", large),
            ("9223372036854775807", large),
        ] {
            assert_eq!(parse(text, b'b'), size, "{text:?}");
        }
        assert_eq!(parse("2", b'k'), Ok(2048));
    }
}
