//! Points in time as people write and read them.

use std::time::{Duration, SystemTime};

use crate::grant::store::expiry;

/// A point in time from text: RFC 3339 (`2027-01-01T00:00:00Z`), or how long ago it is (`30s`, `10m`, `2h`, `7d`).
///
/// ```
/// use plugbay::audit::parse_time;
/// assert!(parse_time("10m").unwrap() < parse_time("5m").unwrap());
/// assert!(parse_time("2027-01-01T00:00:00Z").is_some());
/// assert!(parse_time("yesterday").is_none());
/// ```
#[must_use]
pub fn parse_time(text: &str) -> Option<SystemTime> {
    let ago = || {
        let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let scale = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86_400,
            _ => return None,
        };
        let seconds = number.parse::<u64>().ok()?.checked_mul(scale)?;
        SystemTime::now().checked_sub(Duration::from_secs(seconds))
    };
    ago().or_else(|| expiry::from_toml(&text.parse().ok()?))
}

/// In UTC, with milliseconds.
pub(super) fn show(time: SystemTime) -> String {
    let Some(seconds) = expiry::to_toml(time) else { return "?".to_owned() };
    let millis = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().subsec_millis();
    format!("{}.{millis:03}Z", seconds.to_string().trim_end_matches('Z'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_in_utc() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_798_761_600_042);
        assert_eq!(show(time), "2027-01-01T00:00:00.042Z");
        for bad in ["", "s", "-1s", "1w", "2027-01-01", "99999999999999999999d"] {
            assert!(parse_time(bad).is_none(), "{bad}");
        }
    }
}
