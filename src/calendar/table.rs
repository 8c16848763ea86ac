//! Which days are worked, a bit each: counting days asks often.

use jiff::civil::Date;

use super::days::CalendarDays;
use super::holidays::YEARS;

/// Whether a day is worked, for every day of the years that have rules.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Table {
    /// A month each; bit 1 is its first day.
    months: Vec<u32>,
}

impl Table {
    /// `week` by weekday, Monday first.
    pub fn new(days: &CalendarDays, week: [bool; 7]) -> Self {
        // The week six times over, so that any month is found in it by a shift.
        let one_week = (0..7).filter(|&at| week[at]).fold(0u64, |bits, at| bits | 1 << at);
        let weeks = (0..6).fold(0u64, |bits, at| bits | one_week << (7 * at));
        let firsts = YEARS.flat_map(|year| (1..=12).filter_map(move |month| Date::new(year, month, 1).ok()));
        let month = |first: Date| {
            let worked = weeks >> first.weekday().to_monday_zero_offset();
            let all = (1u64 << first.days_in_month()) - 1;
            ((worked & all) << 1) as u32
        };
        let mut table = Self { months: firsts.map(month).collect() };
        for (day, is_worked) in days.named() {
            if let Some((word, bit)) = place(day).filter(|&(word, _)| word < table.months.len()) {
                let mask = 1 << bit;
                table.months[word] = table.months[word] & !mask | u32::from(is_worked) << bit;
            }
        }
        table
    }

    /// `None` outside the years that have rules.
    pub fn is_worked(&self, day: Date) -> Option<bool> {
        let (word, bit) = place(day)?;
        Some(self.months.get(word)? >> bit & 1 == 1)
    }
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table").finish_non_exhaustive()
    }
}

fn place(day: Date) -> Option<(usize, u32)> {
    let years = usize::try_from(day.year() - YEARS.start()).ok()?;
    let month = usize::try_from(day.month() - 1).ok()?;
    Some((years * 12 + month, u32::try_from(day.day()).ok()?))
}
