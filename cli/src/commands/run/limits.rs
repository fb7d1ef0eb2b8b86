//! The flags that limit, with the units that people write.

use plugbay::Limits;
use std::time::Duration;

#[derive(clap::Args)]
#[command(next_help_heading = "What it may use")]
pub(super) struct LimitFlags {
    /// The longest that it may run: `500ms`, `30s`, `5m`, `none`. Default: 5 seconds.
    #[arg(long, value_name = "TIME", value_parser = deadline)]
    deadline: Option<Deadline>,
    /// The most memory: `64MiB`, `1GiB`, or bytes. Default: 256 MiB.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_memory: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deadline {
    After(Duration),
    Never,
}

impl LimitFlags {
    /// The limits that the flags stand for; the library's own where there is no flag.
    pub(super) fn limits(&self) -> Limits {
        let limits = Limits::default();
        let limits = match self.deadline {
            Some(Deadline::After(time)) => limits.deadline(time),
            Some(Deadline::Never) => limits.no_deadline(),
            None => limits,
        };
        match self.max_memory {
            Some(bytes) => limits.memory(bytes),
            None => limits,
        }
    }
}

fn deadline(text: &str) -> Result<Deadline, String> {
    if text == "none" {
        return Ok(Deadline::Never);
    }
    let (number, unit) = split_unit(text);
    let seconds = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" | "min" => 60.0,
        _ => f64::NAN,
    };
    let seconds = number.parse::<f64>().unwrap_or(f64::NAN) * seconds;
    match Duration::try_from_secs_f64(seconds) {
        Ok(time) if !time.is_zero() => Ok(Deadline::After(time)),
        _ => Err("write a time with its unit, as in `500ms`, `30s`, `5m`, or `none`".to_owned()),
    }
}

fn size(text: &str) -> Result<u64, String> {
    let (number, unit) = split_unit(text);
    let unit = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => Some(1_u64),
        "k" | "kib" => Some(1 << 10),
        "m" | "mib" => Some(1 << 20),
        "g" | "gib" => Some(1 << 30),
        "kb" => Some(1_000),
        "mb" => Some(1_000_000),
        "gb" => Some(1_000_000_000),
        _ => None,
    };
    let bytes = unit.and_then(|unit| number.parse::<u64>().ok()?.checked_mul(unit));
    bytes.ok_or_else(|| "write a size as in `64MiB`, `1GiB`, or a number of bytes".to_owned())
}

/// Splits `64MiB` into `64` and `MiB`.
fn split_unit(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(deadline("500ms"), Ok(Deadline::After(Duration::from_millis(500))));
        assert_eq!(deadline("1.5s"), Ok(Deadline::After(Duration::from_millis(1500))));
        assert_eq!(deadline("2m"), Ok(Deadline::After(Duration::from_secs(120))));
        assert_eq!(deadline("none"), Ok(Deadline::Never));
        for bad in ["", "5", "s", "-1s", "0s", "1e3s", "5 s", "99999999999999999999999s"] {
            assert!(deadline(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes_have_binary_and_decimal_units() {
        assert_eq!(size("65536"), Ok(65536));
        assert_eq!(size("64MiB"), Ok(64 << 20));
        assert_eq!(size("1g"), Ok(1 << 30));
        assert_eq!(size("2MB"), Ok(2_000_000));
        for bad in ["", "MiB", "1.5GiB", "-1", "99999999999GiB", "1 MiB"] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }
}
