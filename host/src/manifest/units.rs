//! Quantities with units: `"32MiB"`, `"250ms"`. Text to numbers; no number is rounded, none wraps.

use std::time::Duration;

const BYTES: [(&str, u64); 7] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("B", 1),
];

const TIMES: [(&str, u64); 5] =
    [("us", 1), ("ms", 1_000), ("s", 1_000_000), ("min", 60_000_000), ("h", 3_600_000_000)];

/// A number of bytes; nothing when the text is none.
pub(super) fn bytes(text: &str) -> Option<u64> {
    scaled(text, &BYTES)
}

/// A length of time above zero; nothing when the text is none.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    scaled(text, &TIMES).filter(|micros| *micros > 0).map(Duration::from_micros)
}

fn scaled(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let unit = unit.trim_start();
    let (_, scale) = units.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_have_units() {
        assert_eq!(bytes("32MiB"), Some(32 << 20));
        assert_eq!(bytes("1 GB"), Some(1_000_000_000));
        assert_eq!(duration("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(duration("2 min"), Some(Duration::from_secs(120)));
        for wrong in
            ["", "32", "MiB", "-1B", "1.5MiB", "32mib", "99999999999999999999B", "18446744073709551615GiB"]
        {
            assert_eq!(bytes(wrong), None, "{wrong}");
        }
        for wrong in ["", "0ms", "5", "-5s", "1e3s", "5 parsecs"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }
}
