//! How long each kind of complaint may take, and who is told when: the checked form of `[complaints]`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;

use super::{ComplaintKind, Notice};
use crate::domain::term::Term;

/// Every line holds the law's ceilings: settings refuse one that does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComplaintPolicy {
    /// Every kind has a rule.
    pub kinds: BTreeMap<ComplaintKind, DeadlineRule>,
    pub attack_notice: Term,
    pub harm_notice: Term,
    /// Who is told of the authority's deadlines, and when.
    pub notices: NoticeRule,
    /// A pause ends by itself after this.
    pub longest_pause: SignedDuration,
}

impl ComplaintPolicy {
    pub fn notice(&self, notice: Notice) -> Term {
        match notice {
            Notice::Attack => self.attack_notice,
            Notice::Harm => self.harm_notice,
        }
    }
}

/// One kind's deadlines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadlineRule {
    pub terms: DeadlineTerms,
    /// Instead of the resolution's term, when a third party must act too.
    pub resolution_third_party: Option<Term>,
    /// What one extension adds to the resolution's term; days, like the term it extends. `None`: there is none.
    pub extension: Option<Term>,
    /// Tighter terms at a damage level, 1 to 4; `None` leaves the kind's.
    pub levels: BTreeMap<u8, LevelTerms>,
    /// The department: names of recipient groups, or addresses.
    pub responsible: Vec<String>,
    /// Steps of the first response, the resolution and the containment.
    pub escalation: Vec<EscalationRule>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeadlineTerms {
    pub first_response: Term,
    pub resolution: Term,
    /// Of a breach of personal data.
    pub containment: Option<Term>,
}

/// What a damage level changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LevelTerms {
    pub first_response: Option<Term>,
    pub resolution: Option<Term>,
    pub containment: Option<Term>,
}

/// Who is told of the authority's deadlines, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeRule {
    pub escalation: Vec<EscalationRule>,
}

/// One step of an escalation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EscalationRule {
    pub at: StepAt,
    pub to: Vec<Addressee>,
}

/// When a step is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepAt {
    /// When so much of the clock's time has passed, in percent; 100 is once the deadline has passed.
    Percent(u8),
    /// So long after the clock started.
    AfterStart(SignedDuration),
    BeforeDue(SignedDuration),
    AfterDue(SignedDuration),
}

impl StepAt {
    /// The deadline has passed.
    pub const DUE: Self = Self::Percent(100);
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a moment of a deadline; write 80% (of its time), start+4h, due-1d or due+2d (hours or days of 24 hours)"
)]
pub struct StepAtError(String);

impl FromStr for StepAt {
    type Err = StepAtError;

    fn from_str(text: &str) -> Result<Self, StepAtError> {
        let wrong = || StepAtError(text.to_owned());
        if let Some(percent) = text.strip_suffix('%') {
            let is_plain = percent.bytes().all(|byte| byte.is_ascii_digit());
            let percent = percent.parse().ok().filter(|percent| is_plain && (1..=100).contains(percent));
            return percent.map(Self::Percent).ok_or_else(wrong);
        }
        let after = |prefix| text.strip_prefix(prefix).and_then(duration);
        let moment = after("start+").map(Self::AfterStart);
        let moment = moment.or_else(|| after("due-").map(Self::BeforeDue));
        moment.or_else(|| after("due+").map(Self::AfterDue)).ok_or_else(wrong)
    }
}

/// `4h` or `2d`, at most 9999 of them.
fn duration(text: &str) -> Option<SignedDuration> {
    let (count, hours) =
        text.strip_suffix('h').map(|count| (count, 1)).or_else(|| Some((text.strip_suffix('d')?, 24)))?;
    let is_plain = (1..=4).contains(&count.len()) && count.bytes().all(|byte| byte.is_ascii_digit());
    let count: i64 = count.parse().ok().filter(|&count| is_plain && count > 0)?;
    Some(SignedDuration::from_hours(count * hours))
}

/// As configured, with whole days written as days; a step's name in its key.
impl fmt::Display for StepAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (prefix, length) = match self {
            Self::Percent(percent) => return write!(f, "{percent}%"),
            Self::AfterStart(length) => ("start+", length),
            Self::BeforeDue(length) => ("due-", length),
            Self::AfterDue(length) => ("due+", length),
        };
        match length.as_hours() {
            hours if hours % 24 == 0 => write!(f, "{prefix}{}d", hours / 24),
            hours => write!(f, "{prefix}{hours}h"),
        }
    }
}

/// Who a step is told to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Addressee {
    /// Who the complaint is assigned to; the department while nobody is.
    Assignee,
    /// Who answers for the kind.
    Department,
    DataOfficer,
    /// The managers where no director is named.
    Director,
    /// A recipient group, or an address.
    Named(String),
}

impl Addressee {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Assignee => "assignee",
            Self::Department => "department",
            Self::DataOfficer => "data-officer",
            Self::Director => "director",
            Self::Named(name) => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_read_back() {
        for text in ["1%", "80%", "100%", "start+4h", "start+1d", "due-4h", "due-1d", "due+36h", "due+9999d"]
        {
            assert_eq!(text.parse::<StepAt>().map(|at| at.to_string()).as_deref(), Ok(text));
        }
        assert_eq!("due+48h".parse::<StepAt>().unwrap().to_string(), "due+2d");
        for bad in
            ["", "0%", "101%", "+5%", "80", "start-4h", "due", "due+", "due+4m", "due+0h", "due+99999h"]
        {
            assert!(bad.parse::<StepAt>().is_err(), "{bad}");
        }
    }
}
