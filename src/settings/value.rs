//! The values that several sections share, each with its check and its remedy.

use std::ops::RangeInclusive;

use jiff::SignedDuration;
use jiff::tz::TimeZone;

use super::field::Field;
use super::problem::{Fault, meant};

/// A length of time such as `45s`, `90m`, `2h` or `35d`; a day is 24 hours.
pub(super) fn duration(field: &Field<'_>) -> Option<SignedDuration> {
    let text = field.text()?;
    let fault =
        || Fault::new(format!("{text:?} is not a length of time"), "write it like 45s, 90m, 2h or 35d");
    field.check(parse_duration(text).ok_or_else(fault))
}

fn parse_duration(text: &str) -> Option<SignedDuration> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (count, unit) = text.split_at(digits);
    // Nine digits of days are two million years: beyond any use, and far from overflow.
    let count: i64 = count.parse().ok().filter(|&count| count <= 999_999_999)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return None,
    };
    Some(SignedDuration::from_secs(count * seconds))
}

/// A size such as `500 kB` or `10 MB`, in bytes; a kB is 1,000 bytes, as mail servers' limits are told.
pub(super) fn size(field: &Field<'_>, range: RangeInclusive<u64>) -> Option<u64> {
    let text = field.text()?;
    let fault = || Fault::new(format!("{text:?} is not a size"), "write it like 500 kB or 10 MB");
    let bytes = field.check(parse_size(text).ok_or_else(fault))?;
    if range.contains(&bytes) {
        return Some(bytes);
    }
    let (least, most) = (range.start() / 1_000, range.end() / 1_000_000);
    field.wrong(format!("{text} is out of range"), format!("write {least} kB to {most} MB"))
}

fn parse_size(text: &str) -> Option<u64> {
    let (count, unit) = text.split_once(' ')?;
    let bytes = match unit {
        "kB" => 1_000,
        "MB" => 1_000_000,
        _ => return None,
    };
    let is_plain = count.len() <= 9 && count.bytes().all(|byte| byte.is_ascii_digit());
    Some(count.parse::<u64>().ok().filter(|_| is_plain)? * bytes)
}

/// A time zone of the IANA database, by its name.
pub(super) fn zone(field: &Field<'_>) -> Option<(String, TimeZone)> {
    let name = field.line()?;
    let fault = |_| {
        let known: Vec<String> = jiff::tz::db().available().map(|name| name.as_str().to_owned()).collect();
        let remedy = match meant(&name, known.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write an IANA name such as Asia/Ho_Chi_Minh".to_owned(),
        };
        Fault::new(format!("the time zone {name:?} is not known"), remedy)
    };
    let zone = field.check(TimeZone::get(&name).map_err(fault))?;
    // The database finds names in any case; everybody else shall see the proper spelling.
    let name = zone.iana_name().unwrap_or(&name).to_owned();
    Some((name, zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(parse_duration("45s"), Some(SignedDuration::from_secs(45)));
        assert_eq!(parse_duration("90m"), Some(SignedDuration::from_mins(90)));
        assert_eq!(parse_duration("35d"), Some(SignedDuration::from_hours(35 * 24)));
        for bad in ["", "2", "h", "-2h", "1.5h", "2 h", "1h30m", "99999999999d"] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn sizes() {
        assert_eq!(parse_size("500 kB"), Some(500_000));
        assert_eq!(parse_size("10 MB"), Some(10_000_000));
        for bad in [
            "",
            "10",
            "10MB",
            "10 mb",
            "10 MiB",
            "1.5 MB",
            "-1 MB",
            "+1 MB",
            " MB",
            "10  MB",
            "9999999999 MB",
        ] {
            assert_eq!(parse_size(bad), None, "{bad}");
        }
    }
}
