//! Five-field cron in a time zone: reading it, and walking its slots.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use super::instant::instant_of;

/// The Gregorian calendar repeats after 400 years, weekdays included: what does not match within never does.
const CYCLE_DAYS: usize = 146_097;

/// How far a walk goes before it ends: the cycle, and room for a slot to move over days off.
const HORIZON_DAYS: usize = CYCLE_DAYS + 1_000;

/// What happens to a slot on a day off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnDays {
    /// It stands.
    #[default]
    AllDays,
    /// It moves to the same time on the next working day.
    WorkingDays,
}

/// A cron pattern in a time zone.
#[derive(Clone, Debug)]
pub struct Schedule {
    text: String,
    cron: Cron,
    /// The times of day, ascending; cron has the same on each of its days.
    times: Vec<Time>,
    on: OnDays,
    zone: TimeZone,
}

/// A pattern that is refused; the message says what to write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    #[error("{text:?} is a nickname; write the five fields instead, for example {instead:?}")]
    Nickname { text: String, instead: &'static str },
    #[error(
        "{text:?} has {count} fields instead of five; write minute, hour, day of month, month and day of week (no \
         seconds, no year), for example \"0 7 * * MON\""
    )]
    Fields { text: String, count: usize },
    #[error("the {field} {value:?} of {text:?} is not understood; write {allowed}")]
    Field { text: String, field: &'static str, value: String, allowed: &'static str },
    #[error("the dates of {0:?} never come; check the day of month against the month")]
    Never(String),
}

impl Schedule {
    /// Reads a five-field cron pattern: lists, ranges, steps, names of months and weekdays, `L`, `W`, `#`, and `+` before
    /// the weekday when both it and the day of month must fit (without it either does, when neither is `*`).
    pub fn parse(cron: &str, on: OnDays, zone: TimeZone) -> Result<Self, CronError> {
        let text = cron.trim().to_owned();
        if text.starts_with('@') {
            let instead = nickname(&text);
            return Err(CronError::Nickname { text, instead });
        }
        let fields: Vec<&str> = cron.split_whitespace().collect();
        let Ok(fields) = <[&str; 5]>::try_from(fields.as_slice()) else {
            let count = fields.len();
            return Err(CronError::Fields { text, count });
        };
        for (place, value) in fields.into_iter().enumerate() {
            if !(fits(place, value) && reads_alone(place, value)) {
                let Field { name: field, allowed, .. } = FIELDS[place];
                return Err(CronError::Field { text, field, value: value.to_owned(), allowed });
            }
        }
        // Each field has been read on its own, so the whole reads too; should croner think otherwise, no date comes.
        let cron = parser().parse(&text).map_err(|_| CronError::Never(text.clone()))?;
        let schedule = Self { times: times(&cron), text, cron, on, zone };
        if schedule.comes() { Ok(schedule) } else { Err(CronError::Never(schedule.text)) }
    }

    /// The pattern as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    pub fn on(&self) -> OnDays {
        self.on
    }

    /// The next `count` slots after `instant`, which is not among them; fewer only where time itself ends.
    pub fn after(
        &self,
        instant: Timestamp,
        count: usize,
        is_working_day: &dyn Fn(Date) -> bool,
    ) -> Vec<Timestamp> {
        self.slots_after(instant, is_working_day).take(count).collect()
    }

    /// The last `count` slots before `instant`, which is not among them; the latest first.
    pub fn before(
        &self,
        instant: Timestamp,
        count: usize,
        is_working_day: &dyn Fn(Date) -> bool,
    ) -> Vec<Timestamp> {
        // In an overlap over midnight, a slot of the day after may already have been.
        let local = self.zone.to_datetime(instant).date();
        let start = local.checked_add(2.days()).unwrap_or(Date::MAX);
        let mut earliest = instant;
        std::iter::successors(Some(start), |day| day.yesterday().ok())
            .take(HORIZON_DAYS)
            .filter(|&day| self.runs_on(day, is_working_day))
            .flat_map(|day| self.times.iter().rev().map(move |&time| day.to_datetime(time)))
            .map_while(|local| instant_of(local, &self.zone))
            .filter(|&slot| {
                let is_new = slot < earliest;
                earliest = earliest.min(slot);
                is_new
            })
            .take(count)
            .collect()
    }

    /// The slots after `instant`, ascending, without end but the horizon's.
    pub(super) fn slots_after(
        &self,
        instant: Timestamp,
        is_working_day: &dyn Fn(Date) -> bool,
    ) -> impl Iterator<Item = Timestamp> {
        let mut latest = instant;
        std::iter::successors(Some(self.zone.to_datetime(instant).date()), |day| day.tomorrow().ok())
            .take(HORIZON_DAYS)
            .filter(move |&day| self.runs_on(day, is_working_day))
            .flat_map(|day| self.times.iter().map(move |&time| day.to_datetime(time)))
            .map_while(|local| instant_of(local, &self.zone))
            .filter(move |&slot| {
                let is_new = slot > latest;
                latest = latest.max(slot);
                is_new
            })
    }

    /// Whether the schedule has slots on a day, after moving those of days off. All days of cron have the same times, so
    /// slots that move to a day merge with its own.
    fn runs_on(&self, day: Date, is_working_day: &dyn Fn(Date) -> bool) -> bool {
        match self.on {
            OnDays::AllDays => self.matches(day),
            OnDays::WorkingDays => {
                is_working_day(day)
                    && (self.matches(day)
                        || std::iter::successors(day.yesterday().ok(), |day| day.yesterday().ok())
                            .take(HORIZON_DAYS)
                            .take_while(|&day| !is_working_day(day))
                            .any(|day| self.matches(day)))
            }
        }
    }

    fn matches(&self, day: Date) -> bool {
        let first = self.times.first().copied().unwrap_or_default();
        self.cron.is_time_matching(&day.to_datetime(first)).unwrap_or(false)
    }

    /// Whether any date of the calendar's whole cycle matches.
    fn comes(&self) -> bool {
        !self.times.is_empty()
            && std::iter::successors(Some(Date::constant(2000, 1, 1)), |day| day.tomorrow().ok())
                .take(CYCLE_DAYS)
                .any(|day| self.matches(day))
    }
}

struct Field {
    name: &'static str,
    allowed: &'static str,
    names: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field { name: "minute", allowed: "0 to 59, *, lists 0,30, ranges 0-10 or steps */15", names: &[] },
    Field { name: "hour", allowed: "0 to 23, *, lists 7,19, ranges 8-17 or steps */2", names: &[] },
    Field {
        name: "day of month",
        allowed: "1 to 31, *, lists, ranges, steps, L (the last day), 15W (the weekday nearest to the 15th) or LW",
        names: &[],
    },
    Field {
        name: "month",
        allowed: "1 to 12 or JAN to DEC, *, lists, ranges or steps",
        names: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
    },
    Field {
        name: "day of week",
        allowed: "0 (or 7, Sunday) to 6 or SUN to SAT, *, lists, ranges, steps, MON#1 (the first Monday) or FRI#L",
        names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
    },
];

const DAY_OF_MONTH: usize = 2;
const DAY_OF_WEEK: usize = 4;

/// Whether a field is made of what belongs in it. croner replaces names wherever they stand, so that a weekday in the month's
/// place, or `MON1`, would be read as some other number without a word.
fn fits(place: usize, value: &str) -> bool {
    let value = value.to_ascii_uppercase();
    let value = if place == DAY_OF_WEEK { value.strip_prefix('+').unwrap_or(&value) } else { &value };
    value.split([',', '-', '/', '#']).all(|atom| {
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_named = |text: &str| is_number(text) || FIELDS[place].names.contains(&text);
        match place {
            DAY_OF_MONTH if matches!(atom, "L" | "LW" | "?") => true,
            DAY_OF_MONTH if atom.strip_suffix('W').is_some_and(is_number) => true,
            DAY_OF_WEEK if matches!(atom, "L" | "?") => true,
            DAY_OF_WEEK if atom.strip_suffix('L').is_some_and(is_named) => true,
            _ => atom == "*" || is_named(atom),
        }
    })
}

/// Whether croner reads the field with all others left open.
fn reads_alone(place: usize, value: &str) -> bool {
    let mut fields = ["*"; 5];
    fields[place] = value;
    parser().parse(&fields.join(" ")).is_ok()
}

fn parser() -> CronParser {
    CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build()
}

fn times(cron: &Cron) -> Vec<Time> {
    let narrow = |values: Vec<u16>| values.into_iter().filter_map(|value| i8::try_from(value).ok());
    narrow(cron.pattern.hours.values())
        .flat_map(|hour| {
            narrow(cron.pattern.minutes.values()).filter_map(move |minute| Time::new(hour, minute, 0, 0).ok())
        })
        .collect()
}

fn nickname(text: &str) -> &'static str {
    match text.to_ascii_lowercase().as_str() {
        "@hourly" => "0 * * * *",
        "@weekly" => "0 0 * * SUN",
        "@monthly" => "0 0 1 * *",
        "@yearly" | "@annually" => "0 0 1 1 *",
        _ => "0 0 * * *",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::{CalendarDays, WorkingCalendar};

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn daily(cron: &str, zone_name: &str) -> Schedule {
        Schedule::parse(cron, OnDays::AllDays, zone(zone_name)).unwrap()
    }

    /// The next local times, without the zone.
    fn local(schedule: &Schedule, after: &str, count: usize) -> Vec<String> {
        let calendar = WorkingCalendar::office_week(CalendarDays::vietnam().unwrap());
        let after = after.parse().unwrap();
        let slots = schedule.after(after, count, &|day| calendar.is_working_day(day));
        slots
            .iter()
            .map(|&slot| schedule.zone().to_datetime(slot).strftime("%a %Y-%m-%d %H:%M").to_string())
            .collect()
    }

    #[test]
    fn reads_what_report_schedules_are_made_of() {
        for (cron, expected) in [
            ("0 7 * * MON", ["Mon 2026-11-23 07:00", "Mon 2026-11-30 07:00"]),
            ("0 0 L * *", ["Mon 2026-11-30 00:00", "Thu 2026-12-31 00:00"]),
            ("0 9 15W * *", ["Tue 2026-12-15 09:00", "Fri 2027-01-15 09:00"]),
            ("30 8 * * MON#1", ["Mon 2026-12-07 08:30", "Mon 2027-01-04 08:30"]),
            ("0 7 1 JAN,APR,JUL,OCT *", ["Fri 2027-01-01 07:00", "Thu 2027-04-01 07:00"]),
            ("0 6 29 2 *", ["Tue 2028-02-29 06:00", "Sun 2032-02-29 06:00"]),
            ("0 7 * * fri-sun", ["Sun 2026-11-22 07:00", "Fri 2026-11-27 07:00"]),
            ("0 7 * * 7", ["Sun 2026-11-22 07:00", "Sun 2026-11-29 07:00"]),
            ("0 7 * * FRI#L", ["Fri 2026-11-27 07:00", "Fri 2026-12-25 07:00"]),
            // Either of the two when neither is a star; both with a plus.
            ("0 7 13 * FRI", ["Fri 2026-11-27 07:00", "Fri 2026-12-04 07:00"]),
            ("0 7 13 * +FRI", ["Fri 2027-08-13 07:00", "Fri 2028-10-13 07:00"]),
            ("0 18 LW * *", ["Mon 2026-11-30 18:00", "Thu 2026-12-31 18:00"]),
        ] {
            let schedule = daily(cron, "Asia/Ho_Chi_Minh");
            assert_eq!(local(&schedule, "2026-11-21T17:00:00Z", 2), expected, "{cron}");
        }
        // 15 August 2026 is a Saturday, 15 November a Sunday.
        let nearest = daily("0 9 15W * *", "Asia/Ho_Chi_Minh");
        assert_eq!(
            local(&nearest, "2026-07-31T17:00:00Z", 4)[..],
            ["Fri 2026-08-14 09:00", "Tue 2026-09-15 09:00", "Thu 2026-10-15 09:00", "Mon 2026-11-16 09:00"]
        );
    }

    #[test]
    fn a_slot_on_a_day_off_moves_to_the_next_working_day_and_merges() {
        let monthly = Schedule::parse("0 7 1 * *", OnDays::WorkingDays, zone("Asia/Ho_Chi_Minh")).unwrap();
        assert_eq!(
            local(&monthly, "2026-07-31T17:00:00Z", 3),
            ["Mon 2026-08-03 07:00", "Thu 2026-09-03 07:00", "Thu 2026-10-01 07:00"]
        );
        // Friday's stands, the weekend's two merge with Monday's; 24 November's with Wednesday's.
        let daily = Schedule::parse("0 7 * * *", OnDays::WorkingDays, zone("Asia/Ho_Chi_Minh")).unwrap();
        assert_eq!(
            local(&daily, "2026-11-19T17:00:00Z", 4),
            ["Fri 2026-11-20 07:00", "Mon 2026-11-23 07:00", "Wed 2026-11-25 07:00", "Thu 2026-11-26 07:00"]
        );
        // Saturday 22 August 2026 is worked.
        let saturdays =
            Schedule::parse("0 7 * * SAT", OnDays::WorkingDays, zone("Asia/Ho_Chi_Minh")).unwrap();
        assert_eq!(
            local(&saturdays, "2026-08-17T17:00:00Z", 2),
            ["Sat 2026-08-22 07:00", "Thu 2026-09-03 07:00"]
        );
    }

    #[test]
    fn gaps_run_right_after_and_overlaps_once() {
        let utc = |cron, zone_name, after: &str, count| -> Vec<String> {
            let slots = daily(cron, zone_name).after(after.parse().unwrap(), count, &|_| true);
            slots.iter().map(Timestamp::to_string).collect()
        };
        assert_eq!(
            utc("30 2 * * *", "Europe/Paris", "2026-03-28T12:00:00Z", 2),
            ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]
        );
        assert_eq!(
            utc("30 2 * * *", "Europe/Paris", "2026-10-24T12:00:00Z", 2),
            ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]
        );
        // Midnight that does not exist; and 00:00 London on the spring date, once.
        assert_eq!(
            utc("0 0 * * *", "Africa/Cairo", "2026-04-23T12:00:00Z", 2),
            ["2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"]
        );
        assert_eq!(
            utc("0 0 * * *", "Europe/London", "2026-03-28T12:00:00Z", 2),
            ["2026-03-29T00:00:00Z", "2026-03-29T23:00:00Z"]
        );
        // Four slots in the gap, and the one at its end, are one.
        assert_eq!(
            utc("*/15 2-3 * * *", "Europe/Paris", "2026-03-29T00:59:00Z", 2),
            ["2026-03-29T01:00:00Z", "2026-03-29T01:15:00Z"]
        );
        // Within the second pass of the overlap the next slot is the one after it.
        assert_eq!(utc("*/15 * * * *", "Europe/Paris", "2026-10-25T01:10:00Z", 1), ["2026-10-25T02:00:00Z"]);
    }

    #[test]
    fn before_mirrors_after() {
        for zone_name in ["Asia/Ho_Chi_Minh", "Europe/Paris", "America/St_Johns", "Pacific/Apia"] {
            for cron in ["30 2 * * *", "*/40 * * * *", "0 0 L * *", "59 23 * * SUN"] {
                let schedule = daily(cron, zone_name);
                let start: Timestamp = "2010-10-01T00:00:00Z".parse().unwrap();
                let forward = schedule.after(start, 2000, &|_| true);
                let last = *forward.last().unwrap();
                let mut backward = schedule.before(last, 1999, &|_| true);
                backward.reverse();
                assert_eq!(backward, forward[..1999], "{cron} in {zone_name}");
            }
        }
    }

    #[test]
    fn refuses_and_says_what_to_write() {
        for (cron, expected) in [
            ("@daily", "\"@daily\" is a nickname; write the five fields instead, for example \"0 0 * * *\""),
            ("", "\"\" has 0 fields instead of five; write minute, hour, day of month"),
            ("0 0 7 * * MON", "has 6 fields instead of five"),
            ("0 7 * *", "has 4 fields"),
            ("60 7 * * *", "the minute \"60\" of \"60 7 * * *\" is not understood; write 0 to 59"),
            ("0 24 * * *", "the hour \"24\""),
            ("0 7 32 * *", "the day of month \"32\""),
            ("0 7 * 13 *", "the month \"13\""),
            ("0 7 * * 8", "the day of week \"8\""),
            ("0 7 * * MONDAY", "the day of week \"MONDAY\""),
            ("0 7 MON * *", "the day of month \"MON\""),
            ("0 7 * * JAN", "the day of week \"JAN\""),
            ("0 7 * JAN1 *", "the month \"JAN1\""),
            ("0 7,, * * *", "the hour \"7,,\""),
            ("5/10 7 * * *", "the minute \"5/10\""),
            ("*/0 7 * * *", "the minute \"*/0\""),
            ("0 17-8 * * *", "the hour \"17-8\""),
            ("0 7 L-3 * *", "the day of month \"L-3\""),
            ("0 7 * * MON#6", "the day of week \"MON#6\""),
            ("-1 7 * * *", "the minute \"-1\""),
            ("0 0 30 2 *", "the dates of \"0 0 30 2 *\" never come"),
            ("0 0 31 4,6,9,11 *", "never come"),
            ("0 0 30 2 +MON", "never come"),
            ("0 7 * * ｍon", "the day of week"),
        ] {
            let error = Schedule::parse(cron, OnDays::AllDays, TimeZone::UTC).unwrap_err().to_string();
            assert!(error.contains(expected), "{cron:?}: {error}");
        }
    }

    #[test]
    fn searches_end_even_when_no_day_is_worked() {
        let schedule = Schedule::parse("0 7 * * *", OnDays::WorkingDays, TimeZone::UTC).unwrap();
        assert_eq!(schedule.after(Timestamp::UNIX_EPOCH, 1, &|_| false), []);
        assert_eq!(schedule.before(Timestamp::UNIX_EPOCH, 1, &|_| false), []);
        assert_eq!(schedule.after(Timestamp::MAX, 1, &|_| true), []);
        assert_eq!(schedule.before(Timestamp::MIN, 1, &|_| true), []);
    }
}
