//! Why a deadline is when it is: each clock with what it rests on, the rules that were applied, and its time in intervals.
//!
//! Says nothing that the clocks do not know; it tells it at length, for one complaint at a time. No words: wording is for who
//! shows it.

mod intervals;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::count::Place;
use super::course::{Course, SetBy, course};
use super::history::History;
use super::terms::{Length, Line};
use super::{ClockState, DueStep, clocks, steps};
use crate::calendar::WorkingCalendar;
use crate::domain::complaint::{Clock, ComplaintKind, ComplaintPolicy, DatedEvent};
use crate::domain::term::Term;
pub use intervals::{Interval, TimeOf};

/// One clock, and why it is due when it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    #[serde(flatten)]
    pub state: ClockState,
    pub basis: Basis,
    /// How much time it has, after halving and extension.
    pub length: Length,
    /// In the order in which they were applied.
    pub rules: Vec<Rule>,
    /// From the start to the deadline, without gaps.
    pub intervals: Vec<Interval>,
    /// Past and future, in order of their instants.
    pub steps: Vec<ExplainedStep>,
}

/// The line of the policy that a deadline rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Basis {
    /// As configured.
    pub term: Term,
    /// The key of the configuration, like `complaints.kinds.product.levels.4.resolution`.
    pub key: String,
    pub origin: Origin,
    pub ceiling: Option<BasisCeiling>,
}

/// Whose a term is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// All that the law allows.
    Law,
    Policy,
}

/// The longest that the law allows, with the extension where it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct BasisCeiling {
    pub most: Term,
    pub article: &'static str,
    /// Where it falls.
    pub until: Timestamp,
}

/// A rule that made the deadline what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "rule", rename_all = "kebab-case")]
pub enum Rule {
    /// It was something else before: the terms of what it is now count, from the original start.
    ReclassifiedFrom { kind: ComplaintKind, damage_level: Option<u8>, at: Timestamp },
    /// The clock started anew.
    ReopenedAt { at: Timestamp },
    /// Because a third party must act too.
    ThirdParty { instead_of: Term },
    /// For a vulnerable consumer (Law 19/2023 Art. 8).
    Halved { to: Length },
    /// By the law's one extension.
    ExtendedBy { by: Term, at: Timestamp },
    /// Pauses, or rules above, would have moved it further.
    HeldAtCeiling { most: Term, article: &'static str, until: Timestamp },
    /// The source has promised an earlier end.
    PromisedUntil { until: Timestamp },
}

/// A step of the escalation, and who is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExplainedStep {
    /// As configured, like `80%`.
    pub at: String,
    pub due_at: Timestamp,
    /// As configured: `assignee`, a group, an address.
    pub to: Vec<String>,
}

/// Explains each clock of a complaint, in the order of [`Clock::ALL`], from its events in any order; `None` when none of
/// them is the receipt.
pub fn explain(
    events: &[DatedEvent],
    policy: &ComplaintPolicy,
    calendar: &WorkingCalendar,
    zone: &TimeZone,
) -> Option<Vec<Explanation>> {
    let place = Place { calendar, zone };
    let history = History::read(events, policy.longest_pause)?;
    let clocks = clocks(events, policy, calendar, zone)?;
    let explained = clocks.states.iter().filter_map(|&state| {
        let course = course(place, policy, &history, state.clock)?;
        let steps = steps(&clocks, state.clock, policy, calendar, zone);
        Some(Explanation {
            state,
            basis: basis(place, &course, history.classification.kind, state.clock),
            length: course.length,
            rules: rules(&history, &course, state.clock),
            intervals: intervals::intervals(place, &course),
            steps: steps.iter().map(explained).collect(),
        })
    });
    Some(explained.collect())
}

fn explained(step: &DueStep<'_>) -> ExplainedStep {
    let to = step.rule.to.iter().map(|addressee| addressee.as_str().to_owned()).collect();
    ExplainedStep { at: step.rule.at.to_string(), due_at: step.due_at, to }
}

fn basis(place: Place<'_>, course: &Course<'_>, kind: ComplaintKind, clock: Clock) -> Basis {
    let name = clock.as_str().replace('-', "_");
    let key = match course.basis.line {
        Line::Kind => format!("complaints.kinds.{kind}.{name}"),
        Line::Level(level) => format!("complaints.kinds.{kind}.levels.{level}.{name}"),
        Line::ThirdParty { .. } => format!("complaints.kinds.{kind}.{name}_third_party"),
        Line::Authority => format!("complaints.authority.{name}"),
    };
    Basis {
        term: course.basis.term,
        key,
        origin: if course.basis.is_law() { Origin::Law } else { Origin::Policy },
        ceiling: course.ceiling.map(|law| BasisCeiling {
            most: law.most,
            article: law.article,
            until: place.calendar.deadline(course.started, law.most, place.zone),
        }),
    }
}

fn rules(history: &History<'_>, course: &Course<'_>, clock: Clock) -> Vec<Rule> {
    let reclassified = history.reclassified.map(|(at, was)| Rule::ReclassifiedFrom {
        kind: was.kind,
        damage_level: was.damage_level,
        at,
    });
    let is_reopened = clock == Clock::Resolution && course.started != history.received;
    let third_party = match course.basis.line {
        Line::ThirdParty { instead_of } => Some(Rule::ThirdParty { instead_of }),
        _ => None,
    };
    let extended = course.extended.map(|(at, days)| Rule::ExtendedBy { by: Term::Days(days), at });
    let held = course.held.zip(course.ceiling).map(|(until, law)| Rule::HeldAtCeiling {
        most: law.most,
        article: law.article,
        until,
    });
    let rules = [
        reclassified,
        is_reopened.then_some(Rule::ReopenedAt { at: course.started }),
        third_party,
        course.basis.is_halved().then_some(Rule::Halved { to: course.basis.length }),
        extended,
        held,
        (course.set_by == SetBy::Promise).then_some(Rule::PromisedUntil { until: course.due }),
    ];
    rules.into_iter().flatten().collect()
}
