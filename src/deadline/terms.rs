//! Which term a clock has: the policy's line for what the complaint is, and what the rules make of it.

use jiff::SignedDuration;
use serde::Serialize;

use crate::domain::complaint::{
    Ceiling, Classification, Clock, ComplaintPolicy, DeadlineRule, LevelTerms, Notice, ceiling,
    third_party_ceiling,
};
use crate::domain::term::Term;

/// How much time a clock has once the rules have been applied to its term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Length {
    /// Around the clock.
    ClockTime(SignedDuration),
    /// Calendar days.
    Days(u32),
    /// Working days, and then perhaps half of the working hours of the next one.
    WorkingDays { whole: u32, half: bool },
    /// Lunch, nights and days off do not count.
    WorkingTime(SignedDuration),
}

impl Length {
    fn of(term: Term) -> Self {
        let hours = |count: u32| SignedDuration::from_hours(i64::from(count));
        match term {
            Term::Hours(count) => Self::ClockTime(hours(count)),
            Term::Days(count) => Self::Days(count),
            Term::WorkingDays(count) => Self::WorkingDays { whole: count, half: false },
            Term::WorkingHours(count) => Self::WorkingTime(hours(count)),
        }
    }

    /// Half of a term. Time is halved exactly; of an odd number of calendar days the half day is dropped, but one day
    /// is left.
    fn half_of(term: Term) -> Self {
        let minutes = |count: u32| SignedDuration::from_mins(i64::from(count) * 30);
        match term {
            Term::Hours(count) => Self::ClockTime(minutes(count)),
            Term::Days(count) => Self::Days((count / 2).max(1)),
            Term::WorkingDays(count) => Self::WorkingDays { whole: count / 2, half: count % 2 == 1 },
            Term::WorkingHours(count) => Self::WorkingTime(minutes(count)),
        }
    }

    pub(super) fn is_working_time(self) -> bool {
        matches!(self, Self::WorkingDays { .. } | Self::WorkingTime(_))
    }
}

/// Which line of the policy set a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    Kind,
    Level(u8),
    ThirdParty { instead_of: Term },
    Authority,
}

/// What a clock's deadline rests on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Basis {
    /// As configured.
    pub term: Term,
    pub line: Line,
    pub ceiling: Option<Ceiling>,
    /// Before any extension.
    pub length: Length,
}

impl Basis {
    /// A term as long as the law's ceiling is the law's own.
    pub fn is_law(&self) -> bool {
        self.ceiling.is_some_and(|law| law.most == self.term)
    }

    pub fn is_halved(&self) -> bool {
        self.length != Length::of(self.term)
    }
}

/// `None` when the complaint has no such clock. A third party's term stands for every damage level: that others must
/// act too takes its time, however great the damage.
pub(super) fn basis(is: &Classification, clock: Clock, policy: &ComplaintPolicy) -> Option<Basis> {
    let rule = &policy.kinds[&is.kind];
    let (term, line) = match clock {
        Clock::AttackNotice => (notice(is, Notice::Attack, policy)?, Line::Authority),
        Clock::HarmNotice => (notice(is, Notice::Harm, policy)?, Line::Authority),
        Clock::FirstResponse => {
            by_level(is, rule, Some(rule.terms.first_response), |level| level.first_response)?
        }
        Clock::Containment => by_level(is, rule, rule.terms.containment, |level| level.containment)?,
        Clock::Resolution => {
            let (term, line) = by_level(is, rule, Some(rule.terms.resolution), |level| level.resolution)?;
            match rule.resolution_third_party.filter(|_| is.third_party) {
                Some(longer) => (longer, Line::ThirdParty { instead_of: term }),
                None => (term, line),
            }
        }
    };
    let third_party = match line {
        Line::ThirdParty { .. } => third_party_ceiling(is.kind),
        _ => None,
    };
    let law = third_party.or_else(|| ceiling(is.kind, clock));
    let mut basis = Basis { term, line, ceiling: law, length: Length::of(term) };
    if is.vulnerable && !basis.is_law() {
        basis.length = Length::half_of(term);
    }
    Some(basis)
}

fn notice(is: &Classification, notice: Notice, policy: &ComplaintPolicy) -> Option<Term> {
    is.needs(notice).then(|| policy.notice(notice))
}

fn by_level(
    is: &Classification,
    rule: &DeadlineRule,
    of_kind: Option<Term>,
    of_level: impl Fn(&LevelTerms) -> Option<Term>,
) -> Option<(Term, Line)> {
    let at_level = is.damage_level.and_then(|level| {
        let term = of_level(rule.levels.get(&level)?)?;
        Some((term, Line::Level(level)))
    });
    at_level.or_else(|| Some((of_kind?, Line::Kind)))
}
