//! Where a complaint stands by its events, and what may be done about it next.
//!
//! Pure: it decides and writes nothing, and computes no deadline (that is `deadline`'s).

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::domain::complaint::{
    Classification, Compensation, ComplaintEvent, DatedEvent, Notice, PauseReason,
};

/// What the events come to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Standing {
    pub received: Timestamp,
    pub classification: Classification,
    /// The earliest acknowledgement.
    pub acknowledged: Option<Timestamp>,
    pub assignee: Option<String>,
    pub pause: Option<Pause>,
    pub extended: Option<Timestamp>,
    pub contained: Option<Timestamp>,
    pub notified: BTreeMap<Notice, Timestamp>,
    pub resolved: Option<Timestamp>,
    pub closed: Option<Timestamp>,
    pub given: Vec<Compensation>,
    /// When it last changed in a way that what comes next must follow.
    pub changed: Timestamp,
}

/// A pause that nobody has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pause {
    pub since: Timestamp,
    /// It ends by itself then.
    pub until: Timestamp,
    pub reason: PauseReason,
}

impl Standing {
    /// Reads the events, given in any order; `None` when none of them is the receipt.
    pub fn of(events: &[DatedEvent], longest_pause: SignedDuration) -> Option<Self> {
        let mut ordered: Vec<&DatedEvent> = events.iter().collect();
        // Stable, and the receipt first, as the clocks read them.
        ordered.sort_by_key(|dated| (dated.at, !matches!(dated.event, ComplaintEvent::Received(_))));
        let (received, classification) = ordered.iter().find_map(|dated| match dated.event {
            ComplaintEvent::Received(classification) => Some((dated.at, classification)),
            _ => None,
        })?;
        let mut standing = Self {
            received,
            classification,
            acknowledged: None,
            assignee: None,
            pause: None,
            extended: None,
            contained: None,
            notified: BTreeMap::new(),
            resolved: None,
            closed: None,
            given: Vec::new(),
            changed: received,
        };
        for dated in ordered {
            standing.take(dated, longest_pause);
        }
        Some(standing)
    }

    fn take(&mut self, dated: &DatedEvent, longest_pause: SignedDuration) {
        let at = dated.at;
        match &dated.event {
            // The first receipt counts; who detected or promised what moves clocks only.
            ComplaintEvent::Received(_) | ComplaintEvent::Detected | ComplaintEvent::Promised { .. } => {
                return;
            }
            ComplaintEvent::Acknowledged => {
                self.acknowledged.get_or_insert(at);
                return;
            }
            ComplaintEvent::Contained => {
                self.contained.get_or_insert(at);
                return;
            }
            ComplaintEvent::Notified { notice } => {
                self.notified.entry(*notice).or_insert(at);
                return;
            }
            ComplaintEvent::Compensated(compensation) => {
                self.given.push(*compensation);
                return;
            }
            ComplaintEvent::Assigned { to } => {
                self.assignee = Some(to.clone());
                return;
            }
            ComplaintEvent::Paused { reason } => {
                // The end of time is far enough for a pause.
                let until = at.checked_add(longest_pause).unwrap_or(Timestamp::MAX);
                self.pause = Some(Pause { since: at, until, reason: *reason });
            }
            ComplaintEvent::Resumed => self.pause = None,
            ComplaintEvent::Reclassified(classification) => self.classification = *classification,
            ComplaintEvent::Extended => {
                self.extended.get_or_insert(at);
            }
            ComplaintEvent::Resolved => {
                self.resolved.get_or_insert(at);
                self.pause = None;
            }
            ComplaintEvent::Reopened => (self.resolved, self.closed) = (None, None),
            ComplaintEvent::Closed => {
                self.closed.get_or_insert(at);
            }
        }
        self.changed = self.changed.max(at);
    }

    /// The pause that lasts at `at`.
    pub fn pause_at(&self, at: Timestamp) -> Option<Pause> {
        self.pause.filter(|pause| at < pause.until)
    }

    /// What the law wants the authority to be told, and nobody has.
    pub fn outstanding(&self) -> impl Iterator<Item = Notice> {
        Notice::ALL
            .into_iter()
            .filter(|&notice| self.classification.needs(notice) && !self.notified.contains_key(&notice))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::complaint::ComplaintKind;

    pub(in super::super) fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + hour * 3600).unwrap()
    }

    pub(in super::super) fn log(kind: ComplaintKind, events: &[(i64, ComplaintEvent)]) -> Vec<DatedEvent> {
        let received = ComplaintEvent::Received(Classification::new(kind, Some(2)));
        let all = std::iter::once((0, received)).chain(events.iter().cloned());
        all.map(|(hour, event)| DatedEvent { at: at(hour), event }).collect()
    }

    pub(in super::super) fn standing(kind: ComplaintKind, events: &[(i64, ComplaintEvent)]) -> Standing {
        Standing::of(&log(kind, events), SignedDuration::from_hours(100)).unwrap()
    }

    #[test]
    fn events_come_to_a_state_in_any_order() {
        use ComplaintEvent as E;
        let mut events = log(
            ComplaintKind::DataBreach,
            &[
                (1, E::Acknowledged),
                (2, E::Assigned { to: "a@1stwatch.vn".into() }),
                (3, E::Paused { reason: PauseReason::Customer }),
                (9, E::Resolved),
                (10, E::Closed),
                (11, E::Reopened),
                (12, E::Notified { notice: Notice::Attack }),
            ],
        );
        events.reverse();
        let standing = Standing::of(&events, SignedDuration::from_hours(100)).unwrap();
        assert_eq!(standing, Standing::of(&log_again(&events), SignedDuration::from_hours(100)).unwrap());
        assert_eq!((standing.acknowledged, standing.resolved, standing.closed), (Some(at(1)), None, None));
        assert_eq!((standing.changed, standing.pause), (at(11), None), "a resolution ends a pause");
        assert_eq!(standing.outstanding().collect::<Vec<_>>(), [Notice::Harm]);
        assert_eq!(Standing::of(&events[..3], SignedDuration::ZERO), None);
    }

    fn log_again(events: &[DatedEvent]) -> Vec<DatedEvent> {
        events.iter().rev().cloned().collect()
    }

    #[test]
    fn a_pause_ends_by_itself() {
        let paused = ComplaintEvent::Paused { reason: PauseReason::ThirdParty };
        let standing = standing(ComplaintKind::Product, &[(5, paused)]);
        assert!(standing.pause_at(at(104)).is_some() && standing.pause_at(at(105)).is_none());
    }
}
