//! Complaints out of chance: their events, and what those come to, known because they were made that way.

use fastrand::Rng;
use firstwatch::domain::complaint::{
    Classification, ComplaintEvent, ComplaintKind, DatedEvent, Notice, PauseReason,
};

use super::minutes::{DAY, Land, Minute, Paused, timestamp};

/// A run of the resolution.
#[derive(Clone, Debug, Default)]
pub struct Run {
    pub opened: Minute,
    pub extended: Option<Minute>,
    pub pauses: Vec<Paused>,
}

#[derive(Clone, Debug)]
pub struct Story {
    /// In order, no two at the same minute.
    pub events: Vec<(Minute, ComplaintEvent)>,
    pub is: Classification,
    pub received: Minute,
    pub detected: Option<Minute>,
    pub answered: Option<Minute>,
    pub contained: Option<Minute>,
    pub notified: [Option<Minute>; 2],
    pub resolved: Option<Minute>,
    pub closed: bool,
    pub promised: Option<Minute>,
    /// The last is the one that counts.
    pub runs: Vec<Run>,
    /// Whether the last pause of the last run goes on.
    pub is_paused: bool,
    /// Stretches of the last run in which nothing happens and nothing is paused.
    pub quiet: Vec<(Minute, Minute)>,
    pub longest_pause: Minute,
}

pub fn story(chance: &mut Rng, land: &Land, longest_pause: Minute) -> Story {
    let received = start(chance, land);
    let is = classification(chance);
    let mut story = Story {
        events: vec![(received, ComplaintEvent::Received(is))],
        is,
        received,
        detected: None,
        answered: None,
        contained: None,
        notified: [None; 2],
        resolved: None,
        closed: false,
        promised: None,
        runs: vec![Run { opened: received, ..Run::default() }],
        is_paused: false,
        quiet: Vec::new(),
        longest_pause,
    };
    if chance.u8(0..4) == 0 {
        let detected = received - chance.i64(1..3 * DAY);
        story.events.insert(0, (detected, ComplaintEvent::Detected));
        story.detected = Some(detected);
    }
    let mut now = received;
    for _ in 0..chance.u8(0..10) {
        let before = now;
        now = later(chance, now);
        story.rest(before, now);
        story.happen(chance, now);
    }
    story.rest(now, now + 20 * DAY);
    story
}

/// Often within two weeks before a day that the calendar's files name.
fn start(chance: &mut Rng, land: &Land) -> Minute {
    let any = chance.i64(40..10 * 365);
    let named = (any..).find(|&day| land.names[usize::try_from(day).unwrap()].is_some()).unwrap();
    let day = if chance.bool() { any } else { named - chance.i64(0..15) };
    day * DAY + minute_of_day(chance)
}

fn minute_of_day(chance: &mut Rng) -> Minute {
    match chance.u8(0..4) {
        0 => chance.choice([0, 8 * 60, 12 * 60 - 1, 12 * 60, 13 * 60, 17 * 60, DAY - 1]).unwrap(),
        1 => chance.i64(8 * 60..17 * 60),
        _ => chance.i64(0..DAY),
    }
}

fn later(chance: &mut Rng, now: Minute) -> Minute {
    let then = match chance.u8(0..5) {
        0 => now + chance.i64(1..60),
        1 => now + chance.i64(1..DAY),
        2 => now + chance.i64(1..8 * DAY),
        _ => (now / DAY + chance.i64(0..4)) * DAY + minute_of_day(chance),
    };
    then.max(now + 1)
}

fn classification(chance: &mut Rng) -> Classification {
    let maybe = |chance: &mut Rng| chance.choice([None, Some(false), Some(true)]).unwrap();
    let mut is = Classification::new(chance.choice(ComplaintKind::ALL).unwrap(), None);
    is.damage_level = chance.choice([None, Some(2), Some(4)]).unwrap();
    is.vulnerable = chance.u8(0..3) == 0;
    is.third_party = chance.u8(0..3) == 0;
    is.attack = maybe(chance);
    is.harm = maybe(chance);
    is
}

impl Story {
    pub fn run(&mut self) -> &mut Run {
        self.runs.last_mut().unwrap()
    }

    pub fn dated(&self) -> Vec<DatedEvent> {
        let dated = |(at, event): &(Minute, ComplaintEvent)| DatedEvent {
            at: timestamp(at * 60),
            event: event.clone(),
        };
        self.events.iter().map(dated).collect()
    }

    /// With one pause more.
    pub fn with_pause(&self, pause: Paused) -> Self {
        let mut story = self.clone();
        let reason = pause.reason;
        story.events.push((pause.since, ComplaintEvent::Paused { reason }));
        story.events.push((pause.until, ComplaintEvent::Resumed));
        story.events.sort_by_key(|(at, _)| *at);
        story.run().pauses.push(pause);
        story.run().pauses.sort_by_key(|pause| pause.since);
        // A pause that goes on is the last one still, unless the new one came after it had ended by itself.
        story.is_paused &= story.run().pauses.last().unwrap().since != pause.since;
        story
    }

    fn paused_at(&self, now: Minute) -> bool {
        self.is_paused && self.runs.last().unwrap().pauses.last().unwrap().until > now
    }

    fn rest(&mut self, from: Minute, until: Minute) {
        let from = match self.runs.last().unwrap().pauses.last() {
            Some(pause) if self.is_paused => pause.until.max(from),
            _ => from,
        };
        if self.resolved.is_none() && from + 3 < until {
            self.quiet.push((from + 1, until - 1));
        }
    }

    fn happen(&mut self, chance: &mut Rng, now: Minute) {
        let event = match chance.u8(0..16) {
            0..=3 => self.pause(chance, now),
            4..=6 => self.resume(now),
            7 => self.resolve(now),
            8..=9 => self.reopen(now),
            10 => self.extend(now),
            11 => {
                self.is = classification(chance);
                ComplaintEvent::Reclassified(self.is)
            }
            12 => {
                let due = now + chance.i64(-DAY..15 * DAY);
                self.promised = Some(due);
                ComplaintEvent::Promised { due_at: timestamp(due * 60) }
            }
            13 => {
                self.answered.get_or_insert(now);
                ComplaintEvent::Acknowledged
            }
            14 => {
                let notice = chance.choice(Notice::ALL).unwrap();
                self.notified[usize::from(notice == Notice::Harm)].get_or_insert(now);
                ComplaintEvent::Notified { notice }
            }
            _ if chance.bool() => {
                self.contained.get_or_insert(now);
                ComplaintEvent::Contained
            }
            _ if chance.bool() => {
                self.detected.get_or_insert(now);
                ComplaintEvent::Detected
            }
            _ => {
                self.closed |= self.resolved.is_some();
                ComplaintEvent::Closed
            }
        };
        self.events.push((now, event));
    }

    fn pause(&mut self, chance: &mut Rng, now: Minute) -> ComplaintEvent {
        let reason = chance.choice(PauseReason::ALL).unwrap();
        if self.resolved.is_none() && !self.paused_at(now) {
            let until = now + self.longest_pause;
            self.run().pauses.push(Paused { since: now, until, reason });
            self.is_paused = true;
        }
        ComplaintEvent::Paused { reason }
    }

    fn resume(&mut self, now: Minute) -> ComplaintEvent {
        if self.paused_at(now) {
            self.run().pauses.last_mut().unwrap().until = now;
        }
        self.is_paused = false;
        ComplaintEvent::Resumed
    }

    fn resolve(&mut self, now: Minute) -> ComplaintEvent {
        self.resume(now);
        for stopped in [&mut self.answered, &mut self.contained, &mut self.resolved] {
            stopped.get_or_insert(now);
        }
        ComplaintEvent::Resolved
    }

    fn reopen(&mut self, now: Minute) -> ComplaintEvent {
        if self.resolved.take().is_some() {
            self.runs.push(Run { opened: now, ..Run::default() });
            self.closed = false;
            self.quiet.clear();
        }
        ComplaintEvent::Reopened
    }

    fn extend(&mut self, now: Minute) -> ComplaintEvent {
        if self.resolved.is_none() {
            self.run().extended.get_or_insert(now);
        }
        ComplaintEvent::Extended
    }
}
