//! Deadlines worked out by brute force, without a line of `src/deadline` or of the calendar's counting: every minute of
//! fourteen years is a bit, worked or not; a pause takes bits away; a term is used up with its last bit. Of the calendar it
//! takes only which days its files name.

use firstwatch::calendar::CalendarDays;
use firstwatch::domain::complaint::PauseReason;
use firstwatch::domain::term::Term;
use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};

/// Minutes since 2024 began in Vietnam.
pub type Minute = i64;
/// Seconds since then.
pub type Second = i64;

pub const DAY: Minute = 24 * 60;
const DAYS: i64 = 14 * 366;

/// When 2024 began at UTC+7.
const EPOCH: Second = 1_704_042_000;

pub fn timestamp(second: Second) -> Timestamp {
    Timestamp::from_second(EPOCH + second).unwrap()
}

pub fn day_of(minute: Minute) -> i64 {
    minute / DAY
}

/// Vietnam, day by day and minute by minute.
pub struct Land {
    pub names: Vec<Option<String>>,
    pub is_worked: Vec<bool>,
    /// A bit a minute that is worked.
    hours: Vec<u64>,
}

impl Land {
    pub fn read() -> Self {
        let files = CalendarDays::vietnam().unwrap();
        let days: Vec<Date> =
            (0..DAYS).map(|day| date(2024, 1, 1).checked_add(day.days()).unwrap()).collect();
        // The first day is a Monday.
        let is_weekend = |index: usize| index % 7 >= 5;
        let worked = |(index, &day): (usize, &Date)| {
            files.worked(day).is_some() || !is_weekend(index) && files.off(day).is_none()
        };
        let is_worked: Vec<bool> = days.iter().enumerate().map(worked).collect();
        let mut hours = vec![0; usize::try_from(DAYS * DAY / 64 + 1).unwrap()];
        for (day, _) in is_worked.iter().enumerate().filter(|(_, is_worked)| **is_worked) {
            for minute in (8 * 60..12 * 60).chain(13 * 60..17 * 60) {
                let minute = day * 1440 + minute;
                hours[minute / 64] |= 1 << (minute % 64);
            }
        }
        let names = days.iter().map(|&day| files.off(day).map(str::to_owned)).collect();
        Self { names, is_worked, hours }
    }

    pub fn works_on(&self, day: i64) -> bool {
        self.is_worked[usize::try_from(day).unwrap()]
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Paused {
    pub since: Minute,
    pub until: Minute,
    pub reason: PauseReason,
}

/// A clock's minutes: all, or those that are worked; without those of its pauses.
pub struct Minutes<'l> {
    land: &'l Land,
    only_worked: bool,
    /// From this word on, the minutes that are not paused.
    first: usize,
    running: Vec<u64>,
}

impl<'l> Minutes<'l> {
    pub fn new(land: &'l Land, only_worked: bool, pauses: &[Paused]) -> Self {
        let bounds = (pauses.iter().map(|one| one.since).min(), pauses.iter().map(|one| one.until).max());
        let (from, until) = (bounds.0.unwrap_or(0), bounds.1.unwrap_or(0));
        let [first, last] = [from / 64, until / 64 + 1].map(|word| usize::try_from(word).unwrap());
        let mut minutes = Self { land, only_worked, first, running: vec![u64::MAX; last - first] };
        pauses.iter().for_each(|pause| minutes.take_out(pause));
        minutes
    }

    fn take_out(&mut self, pause: &Paused) {
        let mut minute = pause.since;
        while minute < pause.until {
            let word = usize::try_from(minute / 64).unwrap() - self.first;
            if minute % 64 == 0 && minute + 64 <= pause.until {
                self.running[word] = 0;
                minute += 64;
            } else {
                self.running[word] &= !(1 << (minute % 64));
                minute += 1;
            }
        }
    }

    fn word(&self, index: usize) -> u64 {
        let running = index.checked_sub(self.first).and_then(|index| self.running.get(index));
        let all = running.copied().unwrap_or(u64::MAX);
        if self.only_worked { all & self.land.hours[index] } else { all }
    }

    /// Whether it counts.
    pub fn has(&self, minute: Minute) -> bool {
        self.word(usize::try_from(minute / 64).unwrap()) >> (minute % 64) & 1 == 1
    }

    /// How many count from one minute to another.
    pub fn count(&self, from: Minute, until: Minute) -> i64 {
        if until <= from {
            return 0;
        }
        let [first, last] = [from / 64, (until - 1) / 64].map(|word| usize::try_from(word).unwrap());
        let mut sum = 0;
        for index in first..=last {
            let mut word = self.word(index);
            if index == first {
                word &= u64::MAX << (from % 64);
            }
            if index == last {
                word &= u64::MAX >> (63 - (until - 1) % 64);
            }
            sum += i64::from(word.count_ones());
        }
        sum
    }

    /// The `count`-th minute that counts from `from` on.
    fn nth(&self, from: Minute, count: i64) -> Minute {
        let mut left = count;
        let mut index = usize::try_from(from / 64).unwrap();
        let mut word = self.word(index) & u64::MAX << (from % 64);
        while i64::from(word.count_ones()) < left {
            left -= i64::from(word.count_ones());
            index += 1;
            word = self.word(index);
        }
        for _ in 1..left {
            word &= word - 1;
        }
        i64::try_from(index).unwrap() * 64 + i64::from(word.trailing_zeros())
    }

    /// The seconds that count from a minute to an instant.
    pub fn seconds(&self, from: Minute, until: Second) -> i64 {
        let rest = if self.has(until / 60) && until / 60 >= from { until % 60 } else { 0 };
        self.count(from, until / 60) * 60 + rest
    }

    /// When so many seconds have counted.
    pub fn after(&self, from: Minute, seconds: i64) -> Second {
        if seconds == 0 {
            return from * 60;
        }
        let whole = (seconds + 59) / 60;
        self.nth(from, whole) * 60 + seconds - (whole - 1) * 60
    }
}

/// A term, perhaps halved.
#[derive(Clone, Copy, Debug)]
pub struct Amount {
    pub term: Term,
    pub halved: bool,
}

impl Amount {
    /// Of hours the minutes, of days the days, of working days the half days.
    pub fn count(self) -> i64 {
        let count = i64::from(self.term.count());
        match (self.term, self.halved) {
            (Term::Hours(_) | Term::WorkingHours(_), false) => count * 60,
            (Term::Hours(_) | Term::WorkingHours(_), true) => count * 30,
            (Term::Days(_), true) => (count / 2).max(1),
            (Term::WorkingDays(_), false) => count * 2,
            (Term::Days(_), false) | (Term::WorkingDays(_), true) => count,
        }
    }
}

/// When an amount is used up.
pub fn used_up(land: &Land, start: Minute, amount: Amount, pauses: &[Paused]) -> Second {
    let all = Minutes::new(land, false, pauses);
    let last_second = |day: i64| (day + 1) * DAY * 60 - 1;
    let mut left = amount.count();
    match amount.term {
        Term::Hours(_) => all.after(start, left * 60),
        Term::WorkingHours(_) => Minutes::new(land, true, pauses).after(start, left * 60),
        Term::Days(_) => {
            let mut day = day_of(start);
            loop {
                day += 1;
                // By its last minute.
                if all.has(day * DAY + DAY - 1) {
                    left -= 1;
                    if left <= 0 && land.works_on(day) {
                        return last_second(day);
                    }
                }
            }
        }
        Term::WorkingDays(_) => {
            let mut day = day_of(start);
            loop {
                day += 1;
                if !land.works_on(day) {
                    continue;
                }
                // Half of the eight hours is over with the last minute before noon.
                if left == 1 && all.has(day * DAY + 12 * 60 - 1) {
                    return (day * DAY + 12 * 60) * 60;
                }
                if all.has(day * DAY + DAY - 1) {
                    left -= 2;
                    if left <= 0 {
                        return last_second(day);
                    }
                }
            }
        }
    }
}
