//! How a source writes instants.
//!
//! In this order: an instant with its offset (RFC 3339); the configured formats, the first that fits; and
//! where none is configured, ISO 8601 without an offset. What carries no offset is taken in the source's
//! zone, a day alone as its midnight. Nothing is guessed: `03/04/2026` without a format fits nothing.

use jiff::civil::DateTime;
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::error::Error;
use super::row::Cell;
use crate::settings::SourceSettings;

/// Outside these years an instant is a slip of the pen, or the nothing of some other program.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2199;

/// Seconds since 1970 that are in [`YEARS`] everywhere: of the years 1971 to 2098.
const CERTAIN_YEARS: std::ops::Range<i64> = 365 * 86_400..(129 * 365 + 32) * 86_400;

pub(super) struct Dates {
    formats: Vec<String>,
    zone: TimeZone,
}

impl Dates {
    /// # Errors
    /// When the source's zone or one of its formats is none.
    pub fn new(source: &SourceSettings, business_zone: &TimeZone) -> Result<Self, Error> {
        let zone = match &source.timezone {
            None => business_zone.clone(),
            Some(name) => TimeZone::get(name).map_err(|_| {
                Error::Settings(format!(
                    "timezone {name:?} is not known; write one like \"Asia/Ho_Chi_Minh\""
                ))
            })?,
        };
        for format in &source.date_formats {
            check(format)?;
        }
        Ok(Self { formats: source.date_formats.clone(), zone })
    }

    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// # Errors
    /// What to tell about a value that is no instant.
    pub fn instant(&self, cell: &Cell, decimal: char) -> Result<Timestamp, String> {
        let instant = match cell {
            Cell::Instant(instant) => Some(*instant),
            Cell::Local(local) => self.in_zone(*local),
            Cell::Day(day) => self.in_zone(day.to_datetime(jiff::civil::Time::midnight())),
            _ => cell.text(decimal).and_then(|text| self.parse(text.trim(), matches!(cell, Cell::Kept(_)))),
        };
        let Some(instant) = instant else {
            return Err(if self.formats.is_empty() {
                "not a date like 2026-01-31 or 2026-01-31 09:30:00; set `date_formats` to how this source writes them".to_owned()
            } else {
                format!(
                    "not a date in any of the formats {}; add its format to `date_formats`",
                    self.formats.join(", ")
                )
            });
        };
        let is_long_ago_or_far_away = || !YEARS.contains(&instant.to_zoned(self.zone.clone()).year());
        // Most are of days on which no zone is in another of these years.
        if !CERTAIN_YEARS.contains(&instant.as_second()) && is_long_ago_or_far_away() {
            return Err(format!("not in the years {} to {}", YEARS.start(), YEARS.end()));
        }
        Ok(instant)
    }

    /// The instant as this source writes it: in its zone and its first format; RFC 3339 in UTC where it has none.
    ///
    /// # Errors
    /// When the format cannot write an instant.
    pub fn written(&self, instant: Timestamp) -> Result<String, Error> {
        let Some(format) = self.formats.first() else { return Ok(instant.to_string()) };
        strtime::format(format, &instant.to_zoned(self.zone.clone())).map_err(|_| no_format(format))
    }

    fn parse(&self, text: &str, kept: bool) -> Option<Timestamp> {
        if let Ok(instant) = text.parse::<Timestamp>() {
            return Some(instant);
        }
        let plain = || text.parse::<DateTime>().ok().and_then(|local| self.in_zone(local));
        let formatted = self.formats.iter().find_map(|format| {
            let parsed = BrokenDownTime::parse(format, text).ok()?;
            match parsed.to_timestamp() {
                Ok(instant) => Some(instant),
                Err(_) => self.in_zone(parsed.to_datetime().ok()?),
            }
        });
        // A typed date is kept in ISO 8601, whatever formats its source's texts have.
        if self.formats.is_empty() || kept { formatted.or_else(plain) } else { formatted }
    }

    fn in_zone(&self, local: DateTime) -> Option<Timestamp> {
        self.zone.to_timestamp(local).ok()
    }
}

/// A format must write a day that it can read back.
fn check(format: &str) -> Result<(), Error> {
    let wrong = || no_format(format);
    let sample: Zoned = Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC);
    let text = strtime::format(format, &sample).map_err(|_| wrong())?;
    let back = BrokenDownTime::parse(format, &text).map_err(|_| wrong())?;
    (back.to_timestamp().is_ok() || back.to_date().is_ok()).then_some(()).ok_or_else(wrong)
}

fn no_format(format: &str) -> Error {
    Error::Settings(format!(
        "date_formats: {format:?} is not a strptime format of a date; write one like \"%d/%m/%Y %H:%M\""
    ))
}

#[cfg(test)]
mod tests {
    use jiff::tz::Offset;

    use super::*;

    #[test]
    fn what_is_certain_is_so_in_every_zone() {
        for second in [CERTAIN_YEARS.start, CERTAIN_YEARS.end - 1] {
            for hours in [-25, 25] {
                let instant = Timestamp::from_second(second).unwrap();
                let year = Offset::from_hours(hours).unwrap().to_datetime(instant).year();
                assert!(YEARS.contains(&year), "{instant} at {hours}");
            }
        }
    }
}
