//! `[calendar]`: which days and hours are worked.

use std::path::PathBuf;

use jiff::civil::Time;

use super::field::Field;
use super::problem::Fault;
use super::section::Section;

/// Which days and hours are worked.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// Files of days off and days worked, like the embedded `config/calendars/vn.toml`.
    pub files: Vec<PathBuf>,
    /// 1 (Monday) to 7.
    pub working_days: Vec<i8>,
    /// `("08:00", "12:00")`, in order.
    pub working_hours: Vec<(Time, Time)>,
}

pub(super) fn read(section: &mut Section<'_>) -> Option<Calendar> {
    let files = section.required("files", |field| field.list(|entry| entry.path()));
    let working_days = section.required("working_days", |field| working_days(&field));
    let working_hours = section.required("working_hours", |field| working_hours(&field));
    Some(Calendar { files: files?, working_days: working_days?, working_hours: working_hours? })
}

fn working_days(field: &Field<'_>) -> Option<Vec<i8>> {
    let mut days = field.list(|entry| i8::try_from(entry.integer(1..=7)?).ok())?;
    days.sort_unstable();
    days.dedup();
    if days.is_empty() {
        return field
            .wrong("is empty, so no deadline in working days would ever come", "name the days, 1 to 7");
    }
    Some(days)
}

fn working_hours(field: &Field<'_>) -> Option<Vec<(Time, Time)>> {
    let hours = field.list(|entry| {
        let times = entry.list(|time| time_of_day(&time))?;
        match times[..] {
            [from, until] if from < until => Some((from, until)),
            _ => {
                entry.wrong("is not a stretch of time", r#"write the earlier time first: ["08:00", "12:00"]"#)
            }
        }
    })?;
    if hours.is_empty() {
        return field
            .wrong("is empty, so nobody would ever work", r#"write [["08:00", "17:00"]] for example"#);
    }
    if hours.windows(2).any(|pair| pair[0].1 > pair[1].0) {
        return field
            .wrong("has stretches that overlap or are out of order", "write them in the order of the day");
    }
    Some(hours)
}

pub(super) fn time_of_day(field: &Field<'_>) -> Option<Time> {
    let text = field.text()?;
    let fault =
        |_| Fault::new(format!("{text:?} is not a time of day"), "write hours and minutes: \"08:00\"");
    field.check(Time::strptime("%H:%M", text).map_err(fault))
}
