//! The books of complaints: what a complaint's history says, against what is booked of it.
//!
//! | the history says | is booked | on its natural day |
//! |---|---|---|
//! | the receipt | opened | of the receipt |
//! | a resolution, while it was open | closed, or closed on time | of the resolution |
//! | a resolution taken back | reopened | of the taking back |
//! | another clock stopped by its deadline | on time | of the stop |
//! | a clock ran past its deadline | breached | of the deadline |
//! | a clock stopped | time (seconds from start to stop) | of the stop |
//! | something given for damage | compensated | of the giving |
//!
//! A clock is judged as it stood when it stopped: an event that is learned later does not judge it again. It books
//! its outcome once for each start, so once breached it is not on time later; whether a clock that still runs was
//! found to be late, or only its late stop was seen, gives the same line. A line carries what the complaint was
//! when it happened; reclassifying does not book anew.
//!
//! **Closed days** never change: what should have been booked there is booked on the first open day, and belongs to
//! its natural day. Nothing is ever taken back. When events that are learned late rewrite the order of resolutions (one
//! before another that is booked), as many are booked as are missing. An event more never makes fewer of them, so
//! opened + reopened - closed is always one while the complaint is open and none when not.
//!
//! Absent by design: deadlines, which the caller computes from any front of the history; the store; the clock.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::domain::complaint::{Classification, Clock, ComplaintEvent, ComplaintLine, DatedEvent, LineKind};
use crate::domain::ids::{ComplaintNo, Pseudonym};
use crate::domain::money::Money;

/// A clock as a front of the history shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockSeen {
    pub clock: Clock,
    pub started: Timestamp,
    /// The last instant that is not late.
    pub due: Timestamp,
    pub stopped: Option<Timestamp>,
}

/// Everything that decides what is to be booked of one complaint.
#[derive(Clone, Copy)]
pub struct ComplaintBooking<'a> {
    pub complaint: ComplaintNo,
    /// In any order.
    pub events: &'a [DatedEvent],
    /// The clocks of a complaint with these events alone; they come in the order they happened.
    pub clocks: &'a dyn Fn(&[DatedEvent]) -> Vec<ClockSeen>,
    pub complainant: Pseudonym,
    pub channel: &'a str,
    /// The business time zone.
    pub zone: &'a TimeZone,
    /// All lines of this complaint, in any order.
    pub booked: &'a [ComplaintLine],
    /// Days before this one are closed; `None` while none is.
    pub closed_until: Option<Date>,
    pub now: Timestamp,
}

/// The lines that must be added so that the books say what the history says; none when they do, or when the history
/// does not hold the receipt. The same for the same input.
pub fn book_complaint(booking: &ComplaintBooking<'_>) -> Vec<ComplaintLine> {
    let Some(history) = History::read(booking.events) else { return Vec::new() };
    let mut missing = Vec::new();
    for (group, wanted) in history.wanted(booking) {
        let booked = booking.booked.iter().filter(|line| groups_of(line).contains(&group));
        missing.extend(lacking(wanted, booked.collect()));
    }
    joined(missing).into_iter().map(|fact| line(booking, fact)).collect()
}

/// Something to be booked.
#[derive(Clone, Copy)]
struct Fact {
    line: LineKind,
    at: Timestamp,
    of: Classification,
    clock: Option<(Clock, Timestamp)>,
    compensation: Money,
    seconds: Option<i64>,
}

impl Fact {
    fn new(line: LineKind, at: Timestamp, of: Classification) -> Self {
        Self { line, at, of, clock: None, compensation: Money::ZERO, seconds: None }
    }

    /// Whether the line books it. (The store keeps microseconds.)
    fn is_booked_by(&self, line: &ComplaintLine) -> bool {
        let same = |a: Timestamp, b: Timestamp| a.as_microsecond() == b.as_microsecond();
        match (self.clock, line.started) {
            (Some((_, started)), Some(booked)) => same(started, booked),
            (None, _) | (_, None) => same(self.at, line.at) && self.compensation == line.compensation,
        }
    }
}

/// Lines of one group count the same thing; a clock is either on time or breached.
type Group = (LineKind, Option<Clock>);

fn group_of(line: LineKind, clock: Option<Clock>) -> Group {
    (if line == LineKind::Breached { LineKind::OnTime } else { line }, clock)
}

/// A resolution by its deadline counts as a resolution and as a clock.
fn groups_of(line: &ComplaintLine) -> Vec<Group> {
    match line.line {
        LineKind::ClosedOnTime => vec![(LineKind::Closed, None), (LineKind::OnTime, line.clock)],
        kind => vec![group_of(kind, line.clock)],
    }
}

/// Makes one line of each resolution and of its clock where that stopped in time: two lines would leave it to the
/// reader, and not to disclosure control, to take one count from the other.
fn joined(mut facts: Vec<Fact>) -> Vec<Fact> {
    let is_stop = |fact: &Fact| {
        fact.line == LineKind::OnTime && fact.clock.is_some_and(|(clock, _)| clock == Clock::Resolution)
    };
    let (stops, mut joined): (Vec<Fact>, Vec<Fact>) = facts.drain(..).partition(is_stop);
    for stop in stops {
        match joined.iter_mut().find(|fact| fact.line == LineKind::Closed && fact.at == stop.at) {
            Some(closed) => (closed.line, closed.clock) = (LineKind::ClosedOnTime, stop.clock),
            None => joined.push(stop),
        }
    }
    joined
}

/// Those facts that no line books, as many as there are more facts than lines.
fn lacking(mut wanted: Vec<Fact>, mut booked: Vec<&ComplaintLine>) -> Vec<Fact> {
    let room = wanted.len().saturating_sub(booked.len());
    wanted.retain(|fact| match booked.iter().position(|line| fact.is_booked_by(line)) {
        Some(at) => {
            booked.swap_remove(at);
            false
        }
        None => true,
    });
    wanted.truncate(room);
    wanted
}

fn line(booking: &ComplaintBooking<'_>, fact: Fact) -> ComplaintLine {
    let belongs_to = fact.at.to_zoned(booking.zone.clone()).date();
    let first = booking.booked.first();
    ComplaintLine {
        complaint: booking.complaint,
        line: fact.line,
        at: fact.at,
        day: booking.closed_until.map_or(belongs_to, |open| open.max(belongs_to)),
        belongs_to,
        // Who complained stays who it was first booked as, or one complaint would be two persons'.
        complainant: first.map_or(booking.complainant, |line| line.complainant),
        kind: fact.of.kind,
        damage_level: fact.of.damage_level,
        channel: first.map_or_else(|| booking.channel.to_owned(), |line| line.channel.clone()),
        clock: fact.clock.map(|(clock, _)| clock),
        started: fact.clock.map(|(_, started)| started),
        compensation: fact.compensation,
        seconds: fact.seconds,
    }
}

/// The events in the order they happened, and what came of them.
struct History {
    events: Vec<DatedEvent>,
    facts: Vec<Fact>,
    /// Of each event, what the complaint was then; none before the receipt.
    classified: Vec<Option<Classification>>,
}

impl History {
    fn read(events: &[DatedEvent]) -> Option<Self> {
        let mut events = events.to_vec();
        // As the clocks order them: stable, but for the receipt, which comes first among those of its instant.
        events.sort_by_key(|dated| (dated.at, !matches!(dated.event, ComplaintEvent::Received(_))));
        let (mut facts, mut classified, mut now, mut is_open) = (Vec::new(), Vec::new(), None, false);
        for dated in &events {
            let fact = |kind, of| Fact::new(kind, dated.at, of);
            match (&dated.event, now) {
                (ComplaintEvent::Received(classification), None) => {
                    (now, is_open) = (Some(*classification), true);
                    facts.push(fact(LineKind::Opened, *classification));
                }
                (ComplaintEvent::Reclassified(classification), Some(_)) => now = Some(*classification),
                (ComplaintEvent::Resolved, Some(of)) if is_open => {
                    is_open = false;
                    facts.push(fact(LineKind::Closed, of));
                }
                (ComplaintEvent::Reopened, Some(of)) if !is_open => {
                    is_open = true;
                    facts.push(fact(LineKind::Reopened, of));
                }
                (ComplaintEvent::Compensated(given), Some(of)) => facts.push(Fact {
                    compensation: given.amount,
                    ..fact(LineKind::Compensated, Classification { damage_level: Some(given.level), ..of })
                }),
                _ => {}
            }
            classified.push(now);
        }
        now.map(|_| Self { events, facts, classified })
    }

    fn wanted(&self, booking: &ComplaintBooking<'_>) -> BTreeMap<Group, Vec<Fact>> {
        let mut wanted: BTreeMap<Group, Vec<Fact>> = BTreeMap::new();
        for fact in self.facts.iter().copied().chain(self.outcomes(booking)) {
            wanted.entry(group_of(fact.line, fact.clock.map(|it| it.0))).or_default().push(fact);
        }
        wanted
    }

    /// Each start of each clock, judged by the shortest front of the history in which it has stopped, or by the
    /// whole where it still runs.
    fn outcomes(&self, booking: &ComplaintBooking<'_>) -> Vec<Fact> {
        let mut facts = Vec::new();
        let mut judged: Vec<(Clock, Timestamp)> = Vec::new();
        for (at, of) in self.classified.iter().enumerate() {
            let Some(of) = *of else { continue };
            let is_whole = at + 1 == self.events.len();
            for seen in (booking.clocks)(&self.events[..=at]) {
                let key = (seen.clock, seen.started);
                let fact = |line, at, seconds| Fact { clock: Some(key), seconds, ..Fact::new(line, at, of) };
                if judged.contains(&key) {
                    continue;
                }
                let late_since = seen.stopped.unwrap_or(booking.now) > seen.due;
                if let Some(stopped) = seen.stopped {
                    let seconds = (stopped.as_second() - seen.started.as_second()).max(0);
                    facts.push(fact(LineKind::Time, stopped, Some(seconds)));
                } else if !(is_whole && late_since) {
                    continue;
                }
                judged.push(key);
                facts.push(match (late_since, seen.stopped) {
                    (false, Some(stopped)) => fact(LineKind::OnTime, stopped, None),
                    _ => fact(LineKind::Breached, seen.due, None),
                });
            }
        }
        facts
    }
}
