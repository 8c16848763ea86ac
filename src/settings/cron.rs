//! Whether a schedule can be read, and whether it ever comes.

use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::date;
use jiff::tz::TimeZone;

use super::problem::Fault;

/// Five fields: minute, hour, day of the month, month, day of the week.
pub(super) fn check(text: &str) -> Result<(), Fault> {
    let remedy = "write minute hour day month weekday, such as 0 7 * * MON";
    let fields = text.split_whitespace().count();
    if fields != 5 {
        return Err(Fault::new(format!("a schedule has five fields, and this has {fields}"), remedy));
    }
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    let cron = parser.parse(text).map_err(|error| {
        Fault::new(format!("the schedule cannot be read: {error}").to_lowercase(), remedy)
    })?;
    // Any instant does: a schedule that comes at all comes within some years of it.
    let from = date(2026, 1, 1).to_zoned(TimeZone::UTC);
    let comes = from.is_ok_and(|from| cron.find_next_occurrence(&from, false).is_ok());
    if comes { Ok(()) } else { Err(Fault::new("the schedule never comes", "name a day that its month has")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_fields_that_come() {
        for good in ["0 7 * * MON", "*/15 * * * *", "0 5 1 1,4,7,10 *", "30 2 29 2 *", "0 7 L * *"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in ["", "@daily", "0 0 7 * * MON", "61 * * * *", "0 7 * * MONDAYS", "0 0 31 2 *"] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
