//! Numbers as rsync writes them, by the level of `-h`.

/// How byte counts are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Human {
    /// `--no-h`: digits alone, and no separators in counts or rates either.
    Plain,
    /// The default: separators between groups of three digits.
    #[default]
    Separators,
    /// `-h`: two decimals and a unit of powers of 1000.
    Thousand,
    /// `-hh`: two decimals and a unit of powers of 1024.
    Binary,
}

impl Human {
    /// The style for a number of `-h` on top of the default, where `--no-h` is none at all.
    #[must_use]
    pub fn from_level(level: u8) -> Human {
        match level {
            0 => Human::Plain,
            1 => Human::Separators,
            2 => Human::Thousand,
            _ => Human::Binary,
        }
    }

    /// A number of bytes.
    #[must_use]
    pub fn bytes(self, n: u64) -> String {
        self.scaled(n as f64).unwrap_or_else(|| self.count(n))
    }

    /// A number of entries: never with a unit.
    #[must_use]
    pub fn count(self, n: u64) -> String {
        self.separated(n.to_string())
    }

    /// A rate in bytes per second, with two decimals.
    #[must_use]
    pub fn rate(self, n: f64) -> String {
        self.scaled(n).unwrap_or_else(|| self.decimal(n))
    }

    /// A plain number with two decimals: the speedup.
    #[must_use]
    pub fn decimal(self, n: f64) -> String {
        self.separated(format!("{n:.2}"))
    }

    fn scaled(self, n: f64) -> Option<String> {
        let unit: f64 = match self {
            Human::Plain | Human::Separators => return None,
            Human::Thousand => 1000.0,
            Human::Binary => 1024.0,
        };
        if n < unit {
            return None;
        }
        let mut scaled = n / unit;
        let mut letters = "KMGTP".chars();
        let mut letter = letters.next()?;
        while scaled >= unit {
            let Some(next) = letters.next() else { break };
            scaled /= unit;
            letter = next;
        }
        Some(format!("{scaled:.2}{letter}"))
    }

    fn separated(self, digits: String) -> String {
        if self == Human::Plain {
            return digits;
        }
        let whole = digits.find('.').unwrap_or(digits.len());
        let mut out = String::with_capacity(digits.len() + whole / 3);
        for (i, c) in digits.chars().enumerate() {
            if i > 0 && i < whole && (whole - i).is_multiple_of(3) {
                out.push(',');
            }
            out.push(c);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `rsync -an --stats` printed as `Total file size` for files of these sizes.
    #[test]
    fn bytes_are_written_as_rsync_writes_them() {
        let levels = [0, 1, 2, 3].map(Human::from_level);
        for (n, texts) in [
            (0, ["0", "0", "0", "0"]),
            (999, ["999", "999", "999", "999"]),
            (1000, ["1000", "1,000", "1.00K", "1,000"]),
            (1023, ["1023", "1,023", "1.02K", "1,023"]),
            (1024, ["1024", "1,024", "1.02K", "1.00K"]),
            (999_994, ["999994", "999,994", "999.99K", "976.56K"]),
            (999_999, ["999999", "999,999", "1000.00K", "976.56K"]),
            (1_048_575, ["1048575", "1,048,575", "1.05M", "1024.00K"]),
            (1_048_576, ["1048576", "1,048,576", "1.05M", "1.00M"]),
            (
                123_456_789,
                ["123456789", "123,456,789", "123.46M", "117.74M"],
            ),
        ] {
            for (level, text) in levels.iter().zip(texts) {
                assert_eq!(level.bytes(n), text, "{n} as {level:?}");
            }
        }
    }

    #[test]
    fn counts_never_have_a_unit() {
        assert_eq!(Human::Plain.count(1234), "1234");
        for level in [Human::Separators, Human::Thousand, Human::Binary] {
            assert_eq!(level.count(1234), "1,234");
            assert_eq!(level.count(123), "123");
        }
    }

    #[test]
    fn rates_and_ratios_have_two_decimals() {
        assert_eq!(Human::Plain.rate(6_294_448.0), "6294448.00");
        assert_eq!(Human::Separators.rate(1114.0), "1,114.00");
        assert_eq!(Human::Thousand.rate(6_294_448.0), "6.29M");
        assert_eq!(Human::Thousand.rate(154.0), "154.00");
        assert_eq!(Human::Binary.rate(6_294_448.0), "6.00M");
        assert_eq!(Human::Plain.decimal(13698.55), "13698.55");
        assert_eq!(Human::Binary.decimal(13698.55), "13,698.55");
        assert_eq!(Human::Separators.decimal(0.0), "0.00");
    }

    #[test]
    fn the_largest_unit_holds_everything() {
        assert_eq!(Human::Thousand.bytes(u64::MAX), "18446.74P");
    }
}
