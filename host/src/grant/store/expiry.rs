//! Points in time as TOML has them (RFC 3339), to and from the system's.

use std::time::{Duration, SystemTime};

use toml::value::{Date, Datetime, Offset, Time};

const DAY: i64 = 86_400;

/// The point in time that is meant; nothing without date, time and offset, or before 1970.
pub(crate) fn from_toml(datetime: &Datetime) -> Option<SystemTime> {
    let (date, time, offset) = (datetime.date?, datetime.time?, datetime.offset?);
    let minutes = match offset {
        Offset::Z => 0,
        Offset::Custom { minutes } => i64::from(minutes),
    };
    let seconds =
        i64::from(time.hour) * 3600 + i64::from(time.minute) * 60 + i64::from(time.second.unwrap_or(0));
    let seconds =
        days(i64::from(date.year), i64::from(date.month), i64::from(date.day)) * DAY + seconds - minutes * 60;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(seconds).ok()?))
}

/// A point in time in UTC, to the second; nothing after the year 9999.
pub(crate) fn to_toml(time: SystemTime) -> Option<Datetime> {
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs();
    let (year, month, day) = civil(i64::try_from(seconds / DAY.unsigned_abs()).ok()?);
    let rest = u32::try_from(seconds % DAY.unsigned_abs()).ok()?;
    let part = |seconds: u32| u8::try_from(seconds % 60).ok();
    Some(Datetime {
        date: Some(Date {
            year: u16::try_from(year).ok().filter(|year| *year <= 9999)?,
            month: u8::try_from(month).ok()?,
            day: u8::try_from(day).ok()?,
        }),
        time: Some(Time {
            hour: u8::try_from(rest / 3600).ok()?,
            minute: part(rest / 60)?,
            second: part(rest),
            nanosecond: None,
        }),
        offset: Some(Offset::Z),
    })
}

/// Days from 1970-01-01 to a date of the Gregorian calendar. Years begin in March here, so that the odd day is the last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The date of a day.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    (year, month, of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_go_there_and_back() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T23:59:59Z", 951_868_799),
            ("2027-01-01T00:00:00Z", 1_798_761_600),
            ("2100-03-01T00:00:00Z", 4_107_542_400),
        ] {
            let time = from_toml(&text.parse().unwrap()).unwrap();
            assert_eq!(time, SystemTime::UNIX_EPOCH + Duration::from_secs(seconds), "{text}");
            assert_eq!(to_toml(time).unwrap().to_string(), text);
        }
        let offset = from_toml(&"2027-01-01T01:30:00+01:30".parse().unwrap());
        assert_eq!(offset, from_toml(&"2027-01-01T00:00:00Z".parse().unwrap()));
        for day in (0..200_000).step_by(17) {
            let (year, month, date) = civil(day);
            assert_eq!(days(year, month, date), day);
        }
    }

    #[test]
    fn a_time_without_a_zone_is_none() {
        for text in ["2027-01-01", "2027-01-01T00:00:00", "00:00:00", "1969-12-31T00:00:00Z"] {
            assert_eq!(from_toml(&text.parse().unwrap()), None, "{text}");
        }
    }
}
