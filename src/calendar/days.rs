//! Days off, days worked and confirmed years: by rule, and as calendar files say.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Deserialize;
use toml::Spanned;

use super::holidays;

/// What the government has decided. `config/calendars/vn.toml`: the format is documented in its head.
const VIETNAM: &str = include_str!("../../config/calendars/vn.toml");

/// The days off and the days worked, by rule or of calendar files. A day is at most one of the two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CalendarDays {
    off: BTreeMap<Date, String>,
    worked: BTreeMap<Date, String>,
    confirmed: BTreeSet<i16>,
}

/// Why a calendar file cannot be used; `line` counts from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    #[error(
        "line {line}: {message}; write confirmed = [2027], [off] and [worked] with lines like 2027-02-05 = \"Tết\""
    )]
    Format { line: usize, message: String },
    #[error("line {line}: {text:?} is not a date; write it as 2027-02-05")]
    Date { line: usize, text: String },
    #[error("line {line}: {day} has no name; write why it is off or worked, for example {day} = \"Tết\"")]
    Nameless { line: usize, day: Date },
    #[error("line {line}: {day} stands under both [off] and [worked]; keep one of the two")]
    Both { line: usize, day: Date },
    #[error("line {line}: {year} is not a year; write four digits, for example confirmed = [2027]")]
    Year { line: usize, year: i64 },
}

impl FileError {
    pub fn line(&self) -> usize {
        match self {
            Self::Format { line, .. }
            | Self::Date { line, .. }
            | Self::Nameless { line, .. }
            | Self::Both { line, .. }
            | Self::Year { line, .. } => *line,
        }
    }
}

impl CalendarDays {
    /// Vietnam's public holidays: by rule from 1995 to 2199, and as the government decided where it has. A decision
    /// changes the days that it names, like every later file; the year's others stay as the rules have them.
    ///
    /// # Errors
    /// When the embedded file is not a calendar file, which a test rules out.
    pub fn vietnam() -> Result<Self, FileError> {
        let rules = Self { off: holidays::by_rule().clone(), ..Self::default() };
        Ok(rules.overridden_by(Self::parse(VIETNAM)?))
    }

    /// Reads one calendar file.
    pub fn parse(text: &str) -> Result<Self, FileError> {
        let file: File = toml::from_str(text).map_err(|error| FileError::Format {
            line: error.span().map_or(1, |span| line_of(text, span.start)),
            message: error.message().trim_end_matches('.').replace('\n', ", "),
        })?;
        let mut days = Self { off: section(text, file.off)?, ..Self::default() };
        for (day, why) in file.worked {
            let line = line_of(text, day.span().start);
            let (day, why) = entry(line, day.get_ref(), why)?;
            if days.off.contains_key(&day) {
                return Err(FileError::Both { line, day });
            }
            days.worked.insert(day, why);
        }
        for year in file.confirmed {
            let line = line_of(text, year.span().start);
            let year = year.into_inner();
            let known = i16::try_from(year).ok().filter(|year| (1000..=9999).contains(year));
            days.confirmed.insert(known.ok_or(FileError::Year { line, year })?);
        }
        Ok(days)
    }

    /// Adds what a later file says; where both speak of a day, the later one wins.
    pub fn overridden_by(mut self, later: Self) -> Self {
        for (day, name) in later.off {
            self.worked.remove(&day);
            self.off.insert(day, name);
        }
        for (day, why) in later.worked {
            self.off.remove(&day);
            self.worked.insert(day, why);
        }
        self.confirmed.extend(later.confirmed);
        self
    }

    /// The name of a day off; `None` for a day that no rule and no file names (it may still be a weekend).
    pub fn off(&self, day: Date) -> Option<&str> {
        self.off.get(&day).map(String::as_str)
    }

    /// Why a day is worked that would be off.
    pub fn worked(&self, day: Date) -> Option<&str> {
        self.worked.get(&day).map(String::as_str)
    }

    /// The days off of a year that rules or files name, in order.
    pub fn off_in(&self, year: i16) -> impl Iterator<Item = (Date, &str)> {
        in_year(&self.off, year)
    }

    /// The days worked that files name in a year, in order.
    pub fn worked_in(&self, year: i16) -> impl Iterator<Item = (Date, &str)> {
        in_year(&self.worked, year)
    }

    /// Whether the government has decided the year's days.
    pub fn is_confirmed(&self, year: i16) -> bool {
        self.confirmed.contains(&year)
    }

    /// Whether any day off of the year is known; beyond the years of the rules only weekends are off, and what files name.
    pub fn is_known(&self, year: i16) -> bool {
        self.off_in(year).next().is_some()
    }

    /// The days that do not follow the week, and whether they are worked.
    pub(super) fn named(&self) -> impl Iterator<Item = (Date, bool)> {
        let off = self.off.keys().map(|&day| (day, false));
        off.chain(self.worked.keys().map(|&day| (day, true)))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    confirmed: Vec<Spanned<i64>>,
    #[serde(default)]
    off: BTreeMap<Spanned<String>, String>,
    #[serde(default)]
    worked: BTreeMap<Spanned<String>, String>,
}

fn section(
    text: &str,
    entries: BTreeMap<Spanned<String>, String>,
) -> Result<BTreeMap<Date, String>, FileError> {
    entries
        .into_iter()
        .map(|(day, name)| entry(line_of(text, day.span().start), day.get_ref(), name))
        .collect()
}

fn entry(line: usize, day: &str, name: String) -> Result<(Date, String), FileError> {
    // Exactly ten characters: jiff would also read a date with a time, or a basic one without dashes.
    let date = (day.len() == 10).then(|| day.parse::<Date>().ok()).flatten();
    let day = date.ok_or_else(|| FileError::Date { line, text: day.to_owned() })?;
    if name.trim().is_empty() { Err(FileError::Nameless { line, day }) } else { Ok((day, name)) }
}

fn in_year(days: &BTreeMap<Date, String>, year: i16) -> impl Iterator<Item = (Date, &str)> {
    let first = Date::new(year, 1, 1).unwrap_or(Date::MAX);
    let last = Date::new(year, 12, 31).unwrap_or(Date::MAX);
    days.range(first..=last).map(|(&day, name)| (day, name.as_str()))
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|&byte| byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::calendar::holidays::YEARS;

    #[test]
    fn vietnam_knows_two_hundred_years_and_confirms_three() {
        let days = CalendarDays::vietnam().unwrap();
        for year in YEARS {
            assert!(days.is_known(year), "{year}");
            assert_eq!(days.is_confirmed(year), (2024..=2026).contains(&year), "{year}");
            for (month, day) in [(1, 1), (4, 30), (5, 1), (9, 2)] {
                assert!(days.off(date(year, month, day)).is_some(), "{year}-{month}-{day}");
            }
            assert_eq!(days.off(date(year, 11, 24)).is_some(), year >= 2026, "{year}");
        }
        assert!(!days.is_known(1994) && !days.is_known(2200));
    }

    #[test]
    fn vietnam_has_the_swap_of_2026() {
        let days = CalendarDays::vietnam().unwrap();
        assert!(days.off(date(2026, 8, 31)).is_some());
        assert_eq!(days.worked_in(2026).collect::<Vec<_>>(), [(date(2026, 8, 22), "Làm bù cho 31/8")]);
        for day in 16..=20 {
            assert!(days.off(date(2026, 2, day)).is_some(), "{day} February");
        }
    }

    /// The rules put nothing into a decided year that its decision does not name.
    #[test]
    fn decided_years_are_as_decided() {
        let decided = CalendarDays::parse(VIETNAM).unwrap();
        let days = CalendarDays::vietnam().unwrap();
        for year in 2024..=2026 {
            assert!(days.off_in(year).eq(decided.off_in(year)), "{year}");
            assert!(days.worked_in(year).eq(decided.worked_in(year)), "{year}");
        }
        assert_eq!(decided.off.len(), 13 + 12 + 14);
        assert!(decided.off.keys().all(|day| decided.is_confirmed(day.year())));
    }

    #[test]
    fn a_file_that_confirms_a_year_changes_only_the_days_it_names() {
        let by_rule = CalendarDays::vietnam().unwrap();
        let decided = CalendarDays::parse("confirmed = [2040]\n[off]\n2040-02-10 = \"Nghỉ Tết\"").unwrap();
        let confirmed = by_rule.clone().overridden_by(decided);
        assert_eq!((by_rule.is_confirmed(2040), confirmed.is_confirmed(2040)), (false, true));
        let mut expected: Vec<_> = by_rule.off_in(2040).collect();
        expected.insert(2, (date(2040, 2, 10), "Nghỉ Tết"));
        assert_eq!(confirmed.off_in(2040).collect::<Vec<_>>(), expected);
    }

    /// Mùng 1 Tết by Vietnam's reckoning; 2030's differs from China's (3 February).
    #[test]
    fn tet_follows_the_lunar_calendar_of_vietnam() {
        let days = CalendarDays::vietnam().unwrap();
        let first = [
            date(2024, 2, 10),
            date(2025, 1, 29),
            date(2026, 2, 17),
            date(2027, 2, 6),
            date(2028, 1, 26),
            date(2029, 2, 13),
            date(2030, 2, 2),
            date(2031, 1, 23),
            date(2032, 2, 11),
            date(2033, 1, 31),
            date(2034, 2, 19),
            date(2035, 2, 8),
        ];
        for day in first {
            assert_eq!(days.off(day), Some("Mùng 1 Tết"), "{day}");
        }
    }

    #[test]
    fn a_later_file_wins() {
        let base = CalendarDays::parse("[off]\n2027-02-05 = \"Tết\"\n2027-09-03 = \"Quốc khánh\"").unwrap();
        let later = CalendarDays::parse(
            "confirmed = [2027]\n[off]\n2027-09-01 = \"Quốc khánh\"\n[worked]\n2027-09-03 = \"là ngày thường\"",
        )
        .unwrap();
        let days = base.overridden_by(later.clone());
        assert!(days.is_confirmed(2027));
        assert_eq!((days.off(date(2027, 9, 3)), days.off(date(2027, 9, 1))), (None, Some("Quốc khánh")));
        assert_eq!(days.off(date(2027, 2, 5)), Some("Tết"));
        let again = CalendarDays::parse("[off]\n2027-09-03 = \"nghỉ\"").unwrap();
        let days = days.overridden_by(again);
        assert_eq!((days.off(date(2027, 9, 3)), days.worked(date(2027, 9, 3))), (Some("nghỉ"), None));
    }

    #[test]
    fn errors_name_the_line_and_what_to_write() {
        for (text, line, part) in [
            ("confirmed = [2027]\n\n[off]\n2027-02-30 = \"Tết\"", 4, "not a date; write it as 2027-02-05"),
            ("[off]\n20270205 = \"Tết\"", 2, "not a date"),
            ("[off]\n2027-02-05T10:00 = \"Tết\"", 2, "expected"),
            ("[off]\n2027-02-05 = \" \"", 2, "has no name"),
            ("[off]\n2027-02-05 = 1", 2, "expected a string"),
            ("[off]\n2027-02-05 = \"a\"\n[worked]\n2027-02-05 = \"b\"", 4, "keep one of the two"),
            ("[off]\n2027-02-05 = \"a\"\n2027-02-05 = \"b\"", 3, "duplicate key"),
            ("confirmed = [\n27]", 2, "27 is not a year"),
            ("confirmed = [2027.5]", 1, "expected i64"),
            ("# nothing\n[of]\n2027-02-05 = \"a\"", 2, "unknown field"),
        ] {
            let error = CalendarDays::parse(text).unwrap_err();
            assert_eq!(error.line(), line, "{text:?}: {error}");
            assert!(error.to_string().contains(part), "{text:?}: {error}");
        }
    }
}
