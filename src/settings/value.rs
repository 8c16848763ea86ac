//! The values that several sections share, each with its check and its remedy.

use jiff::SignedDuration;
use jiff::tz::TimeZone;

use super::field::Field;
use super::problem::{Fault, meant};

/// A length of time such as `90m`, `2h` or `35d`; a day is 24 hours.
pub(super) fn duration(field: &Field<'_>) -> Option<SignedDuration> {
    let text = field.text()?;
    let fault = || Fault::new(format!("{text:?} is not a length of time"), "write it like 90m, 2h or 35d");
    field.check(parse_duration(text).ok_or_else(fault))
}

fn parse_duration(text: &str) -> Option<SignedDuration> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (count, unit) = text.split_at(digits);
    // Nine digits of days are two million years: beyond any use, and far from overflow.
    let count: i64 = count.parse().ok().filter(|&count| count <= 999_999_999)?;
    let minutes = match unit {
        "m" => 1,
        "h" => 60,
        "d" => 24 * 60,
        _ => return None,
    };
    Some(SignedDuration::from_mins(count * minutes))
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
        assert_eq!(parse_duration("90m"), Some(SignedDuration::from_mins(90)));
        assert_eq!(parse_duration("35d"), Some(SignedDuration::from_hours(35 * 24)));
        for bad in ["", "2", "h", "-2h", "1.5h", "2 h", "1h30m", "99999999999d"] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }
}
