//! When slots come, worked out by brute force and without a line of `src/schedule`: a cron reader of its own, its own
//! calendar, and a walk from minute to minute. Of the zone's data it takes only the offset at an instant.

use firstwatch::schedule::OnDays;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Minutes since 1970, UTC or local.
pub type Minute = i64;
/// Days since 1970-01-01.
pub type Day = i64;

pub const DAY: Minute = 24 * 60;
/// The walk goes minute by minute this far on both sides of each change of offset.
pub const AROUND: Minute = 3 * DAY;

/// A pattern, read.
pub struct Pattern {
    pub text: String,
    pub on: OnDays,
    minutes: Vec<bool>,
    /// From [`Pattern::first_day`] on, after moving what falls on days off.
    days: Vec<bool>,
    first_day: Day,
}

/// A zone's offsets, in minutes, each from an instant on.
pub struct Zone {
    pub name: String,
    pub zone: TimeZone,
    pub offsets: Vec<(Minute, Minute)>,
}

impl Pattern {
    /// For instants on the days `first..last`, with a month to spare on both sides.
    pub fn read(text: &str, on: OnDays, first: Day, last: Day) -> Self {
        let fields: Vec<String> = text.split(' ').map(str::to_ascii_uppercase).collect();
        let [minute, hour, ..] = [0, 1, 2].map(|place: usize| fields[place].as_str());
        let minutes = (0..DAY).map(|minute_of_day| {
            numbers(minute, 0, 59, &[]).contains(&(minute_of_day % 60))
                && numbers(hour, 0, 23, &[]).contains(&(minute_of_day / 60))
        });
        let (first_day, last_day) = (first - 60, last + 60);
        let matching: Vec<bool> = (first_day..last_day).map(|day| matches(&fields[2..], day)).collect();
        let moved = |place: usize| {
            let day = first_day + place as i64;
            let off_before = (0..place).rev().take_while(|&earlier| is_off(first_day + earlier as i64));
            !is_off(day) && (matching[place] || off_before.into_iter().any(|earlier| matching[earlier]))
        };
        let days = match on {
            OnDays::AllDays => matching.clone(),
            OnDays::WorkingDays => (0..matching.len()).map(moved).collect(),
        };
        Self { text: text.to_owned(), on, minutes: minutes.collect(), days, first_day }
    }

    /// How often it comes on a day.
    pub fn times_a_day(&self) -> usize {
        self.minutes.iter().filter(|&&comes| comes).count()
    }

    pub fn never_comes(&self) -> bool {
        !self.days.contains(&true)
    }

    fn comes_at(&self, local: Minute) -> bool {
        self.minutes[local.rem_euclid(DAY) as usize]
            && self.days[(local.div_euclid(DAY) - self.first_day) as usize]
    }
}

/// Days off, made up: weekends, and some others.
pub fn is_off(day: Day) -> bool {
    matches!(weekday(day), 0 | 6) || (day * 7919) % 13 == 0 || (day / 3) % 31 == 0
}

impl Zone {
    /// With its changes on the days `first..last`.
    pub fn read(name: &str, first: Day, last: Day) -> Self {
        let zone = TimeZone::get(name).unwrap();
        let offset = |minute: Minute| -> Minute {
            i64::from(zone.to_offset(Timestamp::from_second(minute * 60).unwrap()).seconds()) / 60
        };
        let start = (first - 10) * DAY;
        let mut offsets = vec![(Minute::MIN, offset(start))];
        for day in first - 10..last + 10 {
            let (mut before, mut after) = (day * DAY, (day + 1) * DAY);
            let (old, new) = (offset(before), offset(after));
            if old == new {
                continue;
            }
            while after - before > 1 {
                let middle = before.midpoint(after);
                if offset(middle) == old { before = middle } else { after = middle }
            }
            offsets.push((after, new));
        }
        Self { name: name.to_owned(), zone: zone.clone(), offsets }
    }

    pub fn changes(&self) -> impl Iterator<Item = Minute> {
        self.offsets[1..].iter().map(|&(at, _)| at)
    }

    /// The instants of the pattern's slots in `from..until`, ascending.
    pub fn slots(&self, pattern: &Pattern, from: Minute, until: Minute) -> Vec<Minute> {
        let mut slots = Vec::new();
        let mut at = from;
        while at < until {
            let next = self.changes().find(|&change| change + AROUND > at);
            match next {
                Some(change) if change - AROUND <= at => {
                    let end = until.min(change + AROUND);
                    self.walk(pattern, at, end, &mut slots);
                    at = end;
                }
                _ => {
                    let end = next.map_or(until, |change| until.min(change - AROUND));
                    self.stride(pattern, at, end, &mut slots);
                    at = end;
                }
            }
        }
        slots
    }

    /// Minute by minute. A local minute runs at its first occurrence; those that the clock jumped over run when
    /// it has jumped; all that run at an instant are one slot.
    fn walk(&self, pattern: &Pattern, from: Minute, until: Minute, slots: &mut Vec<Minute>) {
        let local = |minute| minute + self.offset(minute);
        // Long enough for whatever an earlier change did.
        let mut reached = (from - 2 * DAY..from).map(local).max().unwrap();
        for minute in from..until {
            let now = local(minute);
            if (reached + 1..=now).any(|local| pattern.comes_at(local)) {
                slots.push(minute);
            }
            reached = reached.max(now);
        }
    }

    /// Day by day, where the offset stays.
    fn stride(&self, pattern: &Pattern, from: Minute, until: Minute, slots: &mut Vec<Minute>) {
        let offset = self.offset(from);
        let times: Vec<Minute> = (0..DAY).filter(|&minute| pattern.minutes[minute as usize]).collect();
        for day in (from + offset).div_euclid(DAY)..=(until + offset).div_euclid(DAY) {
            let instants = times.iter().map(|time| day * DAY + time - offset);
            let inside = instants.filter(|instant| (from..until).contains(instant));
            slots.extend(inside.filter(|instant| pattern.comes_at(instant + offset)));
        }
    }

    fn offset(&self, minute: Minute) -> Minute {
        let place = self.offsets.partition_point(|&(from, _)| from <= minute);
        self.offsets[place - 1].1
    }
}

/// Day of month, month and day of week against a day.
fn matches(fields: &[String], day: Day) -> bool {
    let (year, month, dom) = civil(day);
    let (of_month, of_week) = (fields[0].as_str(), fields[2].as_str());
    let (both, of_week) = of_week.strip_prefix('+').map_or((false, of_week), |rest| (true, rest));
    let is_open = |field: &str| matches!(field, "*" | "?");
    let fits_month =
        is_open(of_month) || of_month.split(',').any(|part| fits_day_of_month(part, year, month, dom));
    let fits_week = is_open(of_week) || of_week.split(',').any(|part| fits_day_of_week(part, day));
    let fits = match (is_open(of_month), is_open(of_week)) {
        (false, false) if !both => fits_month || fits_week,
        _ => fits_month && fits_week,
    };
    const MONTHS: [&str; 12] =
        ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    let names: Vec<(&str, i64)> = MONTHS.iter().zip(1..).map(|(&name, month)| (name, month)).collect();
    fits && numbers(&fields[1], 1, 12, &names).contains(&month)
}

fn fits_day_of_month(part: &str, year: i64, month: i64, dom: i64) -> bool {
    let first = days(year, month, 1);
    let last = if month == 12 { days(year + 1, 1, 1) } else { days(year, month + 1, 1) } - 1;
    let is_weekday = |day: Day| !matches!(weekday(day), 0 | 6);
    let day = first + dom - 1;
    if part == "L" {
        return day == last;
    }
    if part == "LW" {
        return (first..=last).rev().find(|&day| is_weekday(day)) == Some(day);
    }
    let Some(wanted) = part.strip_suffix('W') else { return numbers(part, 1, 31, &[]).contains(&dom) };
    let wanted = first + wanted.parse::<i64>().unwrap() - 1;
    // The weekday nearest to it within the month, if the month has it at all.
    let near = [wanted, wanted - 1, wanted + 1, wanted - 2, wanted + 2].into_iter();
    let nearest = near.into_iter().find(|&day| is_weekday(day) && (first..=last).contains(&day));
    wanted <= last && nearest == Some(day)
}

fn fits_day_of_week(part: &str, day: Day) -> bool {
    const NAMES: [(&str, i64); 7] =
        [("SUN", 0), ("MON", 1), ("TUE", 2), ("WED", 3), ("THU", 4), ("FRI", 5), ("SAT", 6)];
    let (year, month, dom) = civil(day);
    let length =
        if month == 12 { days(year + 1, 1, 1) } else { days(year, month + 1, 1) } - days(year, month, 1);
    let (which, nth) = part.split_once('#').map_or((part, None), |(which, nth)| (which, Some(nth)));
    let fits = numbers(which, 0, 7, &NAMES).iter().any(|number| number % 7 == weekday(day));
    fits && match nth {
        None => true,
        Some("L") => dom + 7 > length,
        Some(nth) => (dom - 1) / 7 + 1 == nth.parse::<i64>().unwrap(),
    }
}

/// The numbers of lists, ranges, steps and stars.
fn numbers(field: &str, low: i64, high: i64, names: &[(&str, i64)]) -> Vec<i64> {
    let number = |text: &str| {
        let named = names.iter().find(|(name, _)| *name == text).map(|&(_, number)| number);
        named.unwrap_or_else(|| text.parse().unwrap_or_else(|_| panic!("{text} in {field}")))
    };
    let part = |part: &str| {
        let (range, step) = part.split_once('/').map_or((part, 1), |(range, step)| (range, number(step)));
        let (from, until) = match range.split_once('-') {
            // To Sunday is to the seventh day.
            Some((from, "SUN")) => (number(from), 7),
            Some((from, until)) => (number(from), number(until)),
            None if range == "*" => (low, high),
            None => (number(range), number(range)),
        };
        (from..=until).step_by(step as usize).collect::<Vec<_>>()
    };
    field.split(',').flat_map(part).collect()
}

/// Sunday is 0.
fn weekday(day: Day) -> i64 {
    (day + 4).rem_euclid(7)
}

/// The day number of a date of the Gregorian calendar, counted year by year.
pub fn days(year: i64, month: i64, dom: i64) -> Day {
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let years: i64 = (1970..year).map(|year| 365 + i64::from(leap(year))).sum();
    let lengths = [31, 28 + i64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    years + lengths[..month as usize - 1].iter().sum::<i64>() + dom - 1
}

/// Year, month and day of month.
pub fn civil(day: Day) -> (i64, i64, i64) {
    let mut year = 1970 + day / 366;
    while days(year + 1, 1, 1) <= day {
        year += 1;
    }
    let month = (1..=12).rev().find(|&month| days(year, month, 1) <= day).unwrap();
    (year, month, day - days(year, month, 1) + 1)
}
