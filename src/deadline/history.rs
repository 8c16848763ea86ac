//! What the events of a complaint come to: the facts that its clocks are computed from.

use jiff::{SignedDuration, Timestamp};

use super::Pause;
use crate::domain::complaint::{Classification, Clock, ComplaintEvent, DatedEvent, Notice, PauseReason};

/// A pause of the resolution as it was, or as it will have been at the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stop {
    pub pause: Pause,
    pub reason: PauseReason,
    /// Nobody has ended it.
    pub is_open: bool,
}

/// A run of the resolution clock: from the receipt, or from a reopening.
pub(super) struct Round {
    pub opened: Timestamp,
    /// The first extension in it.
    pub extended: Option<Timestamp>,
    /// In order, without overlap.
    pub stops: Vec<Stop>,
}

impl Round {
    fn new(opened: Timestamp) -> Self {
        Self { opened, extended: None, stops: Vec::new() }
    }
}

pub(super) struct History<'e> {
    pub classification: Classification,
    /// The last reclassifying: when, and what the complaint was until then.
    pub reclassified: Option<(Timestamp, Classification)>,
    pub received: Timestamp,
    detected: Option<Timestamp>,
    /// The run that counts, which is the last.
    pub round: Round,
    /// Earlier runs in which somebody asked for the extension.
    pub extended_rounds: Vec<Round>,
    answered: Option<Timestamp>,
    contained: Option<Timestamp>,
    notified: [Option<Timestamp>; Notice::ALL.len()],
    pub resolved: Option<Timestamp>,
    pub closed: bool,
    pub promised: Option<Timestamp>,
    pub assignee: Option<&'e str>,
    longest_pause: SignedDuration,
}

impl<'e> History<'e> {
    /// `None` when no event is the receipt. Events of the same instant count in the order they were recorded in, but
    /// for the receipt, which comes first.
    pub fn read(events: &'e [DatedEvent], longest_pause: SignedDuration) -> Option<Self> {
        let receipts = events.iter().filter_map(|dated| match dated.event {
            ComplaintEvent::Received(classification) => Some((dated.at, classification)),
            _ => None,
        });
        let (received, classification) = receipts.min_by_key(|(at, _)| *at)?;
        let mut history = Self {
            classification,
            reclassified: None,
            received,
            detected: None,
            round: Round::new(received),
            extended_rounds: Vec::new(),
            answered: None,
            contained: None,
            notified: [None; Notice::ALL.len()],
            resolved: None,
            closed: false,
            promised: None,
            assignee: None,
            longest_pause,
        };
        let place = |dated: &DatedEvent| (dated.at, !matches!(dated.event, ComplaintEvent::Received(_)));
        // A store hands events out in order as a rule: then there is nothing to sort.
        if events.is_sorted_by_key(place) {
            events.iter().for_each(|dated| history.take(dated));
        } else {
            let mut ordered: Vec<&DatedEvent> = events.iter().collect();
            ordered.sort_by_key(|dated| place(dated));
            ordered.into_iter().for_each(|dated| history.take(dated));
        }
        Some(history)
    }

    /// When a clock started, if the complaint has it.
    pub fn started(&self, clock: Clock) -> Timestamp {
        match clock {
            Clock::FirstResponse => self.received,
            Clock::Resolution => self.round.opened,
            Clock::Containment | Clock::AttackNotice | Clock::HarmNotice => {
                self.detected.unwrap_or(self.received)
            }
        }
    }

    /// When a clock stopped, if it has.
    pub fn stopped(&self, clock: Clock) -> Option<Timestamp> {
        match clock {
            Clock::FirstResponse => self.answered,
            Clock::Resolution => self.resolved,
            Clock::Containment => self.contained,
            Clock::AttackNotice => self.notified[Notice::Attack as usize],
            Clock::HarmNotice => self.notified[Notice::Harm as usize],
        }
    }

    /// Whether it is resolved, and the authority has been told all that the classification asks for.
    pub fn is_settled(&self) -> bool {
        let outstanding =
            |notice| self.classification.needs(notice) && self.stopped(Clock::of_notice(notice)).is_none();
        self.resolved.is_some() && !Notice::ALL.into_iter().any(outstanding)
    }

    /// The pause that nobody has ended.
    pub fn open_stop(&self) -> Option<&Stop> {
        self.round.stops.last().filter(|stop| stop.is_open)
    }

    fn take(&mut self, dated: &'e DatedEvent) {
        let at = dated.at;
        match &dated.event {
            // The first receipt counts; a source that shows it again adds nothing. Compensation moves no clock.
            ComplaintEvent::Received(_) | ComplaintEvent::Compensated(_) => {}
            ComplaintEvent::Detected => {
                self.detected.get_or_insert(at);
            }
            ComplaintEvent::Promised { due_at } => self.promised = Some(*due_at),
            ComplaintEvent::Acknowledged => {
                self.answered.get_or_insert(at);
            }
            ComplaintEvent::Assigned { to } => self.assignee = Some(to),
            ComplaintEvent::Paused { reason } => self.pause(at, *reason),
            ComplaintEvent::Resumed => self.go_on(at),
            ComplaintEvent::Reclassified(classification) => {
                self.reclassified = Some((at, self.classification));
                self.classification = *classification;
            }
            ComplaintEvent::Extended => self.extend(at),
            ComplaintEvent::Contained => {
                self.contained.get_or_insert(at);
            }
            ComplaintEvent::Notified { notice } => {
                self.notified[*notice as usize].get_or_insert(at);
            }
            ComplaintEvent::Resolved => self.resolve(at),
            ComplaintEvent::Reopened => self.reopen(at),
            ComplaintEvent::Closed => self.closed |= self.resolved.is_some(),
        }
    }

    /// What is resolved has no clock to pause, and what is paused is not paused again.
    fn pause(&mut self, since: Timestamp, reason: PauseReason) {
        if self.resolved.is_some() {
            return;
        }
        if let Some(last) = self.round.stops.last_mut().filter(|last| last.is_open) {
            if since < last.pause.until {
                return;
            }
            // It had ended by itself.
            last.is_open = false;
        }
        let until = since.checked_add(self.longest_pause).unwrap_or(Timestamp::MAX);
        self.round.stops.push(Stop { pause: Pause { since, until }, reason, is_open: true });
    }

    fn go_on(&mut self, at: Timestamp) {
        if let Some(last) = self.round.stops.last_mut().filter(|last| last.is_open) {
            last.is_open = false;
            last.pause.until = last.pause.until.min(at);
        }
    }

    fn resolve(&mut self, at: Timestamp) {
        self.go_on(at);
        self.answered.get_or_insert(at);
        self.contained.get_or_insert(at);
        self.resolved.get_or_insert(at);
    }

    /// Only what was resolved can be opened again.
    fn reopen(&mut self, at: Timestamp) {
        if self.resolved.take().is_some() {
            self.closed = false;
            let last = std::mem::replace(&mut self.round, Round::new(at));
            if last.extended.is_some() {
                self.extended_rounds.push(last);
            }
        }
    }

    fn extend(&mut self, at: Timestamp) {
        if self.resolved.is_none() {
            self.round.extended.get_or_insert(at);
        }
    }
}
