//! Something to tell one person about one deadline.

use jiff::Timestamp;

use crate::domain::complaint::{Clock, ComplaintKind, StepAt};
use crate::domain::ids::ComplaintNo;

/// Something to tell one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Alarm {
    pub no: ComplaintNo,
    pub kind: ComplaintKind,
    pub damage_level: Option<u8>,
    pub clock: Clock,
    pub deadline: Timestamp,
    pub recipient: String,
    /// Somebody before in the line could not be told.
    pub has_bounced: bool,
    /// When the first of its steps became due.
    pub due_at: Timestamp,
    /// The latest step that is due; the others are covered by it. Never empty.
    pub steps: Vec<StepAt>,
}

impl Alarm {
    /// What is urgent waits neither for the morning nor for the day's one mail.
    pub fn is_urgent(&self) -> bool {
        self.kind == ComplaintKind::DataBreach
            || matches!(self.clock, Clock::Containment | Clock::AttackNotice | Clock::HarmNotice)
    }
}
