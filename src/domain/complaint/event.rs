//! What happens to a complaint: the events that its state and its clocks are computed from.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ComplaintKind;
use crate::domain::money::Money;

/// What a complaint is, as its deadlines see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Classification {
    pub kind: ComplaintKind,
    /// 1 (least) to 4, once it is known.
    pub damage_level: Option<u8>,
    /// A vulnerable consumer (Law 19/2023 Art. 8), who gets priority.
    #[serde(default, skip_serializing_if = "is_false")]
    pub vulnerable: bool,
    /// A third party must act too, for which the law gives more days (Decree 356 Art. 5).
    #[serde(default, skip_serializing_if = "is_false")]
    pub third_party: bool,
    /// Whether it is an attack, of which the authority must know; `None`: nobody has said yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attack: Option<bool>,
    /// Whether it does harm to people, of which the authority must know; `None`: nobody has said yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub harm: Option<bool>,
}

impl Classification {
    /// A kind of which nothing else is known.
    pub fn new(kind: ComplaintKind, damage_level: Option<u8>) -> Self {
        Self { kind, damage_level, vulnerable: false, third_party: false, attack: None, harm: None }
    }

    /// Whether the authority is to get the notice. Of a breach that nobody has judged yet it is: the law's hours run
    /// from detection, not from judgement. Of a misuse only once somebody has found harm.
    pub fn needs(&self, notice: Notice) -> bool {
        match (notice, self.kind) {
            (Notice::Attack, ComplaintKind::DataBreach) => self.attack.unwrap_or(true),
            (Notice::Harm, ComplaintKind::DataBreach) => self.harm.unwrap_or(true),
            (Notice::Harm, ComplaintKind::DataMisuse) => self.harm.unwrap_or(false),
            _ => false,
        }
    }
}

/// A notice that the law asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Notice {
    /// Of an attack (Law 19/2023 Art. 19(3)).
    Attack,
    /// Of harm to people whose data it is (Law 91/2025 Art. 23).
    Harm,
}

impl Notice {
    pub const ALL: [Self; 2] = [Self::Attack, Self::Harm];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Attack => "attack",
            Self::Harm => "harm",
        }
    }
}

/// Why a complaint waits for somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PauseReason {
    /// The customer has been asked for something: papers, the watch, an answer.
    Customer,
    /// A bank, a carrier or a maker must act first.
    ThirdParty,
    /// An authority or a court has it.
    Authority,
    /// Force majeure (Civil Code Art. 156).
    ForceMajeure,
}

impl PauseReason {
    pub const ALL: [Self; 4] = [Self::Customer, Self::ThirdParty, Self::Authority, Self::ForceMajeure];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::ThirdParty => "third-party",
            Self::Authority => "authority",
            Self::ForceMajeure => "force-majeure",
        }
    }
}

/// What the shop gave for the damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compensation {
    /// The damage level it was given for, 1 to 4.
    pub level: u8,
    pub amount: Money,
    /// What the policy's formula comes to, where it could be computed; another amount was given for a reason.
    pub formula: Option<Money>,
}

/// What happened to a complaint. Its state and its deadlines are computed from its events, never stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum ComplaintEvent {
    Received(Classification),
    /// The shop knew of a breach at this instant, from which the law's hours run; without it, at the receipt.
    Detected,
    /// The source promised a resolution by this instant.
    Promised {
        due_at: Timestamp,
    },
    Acknowledged,
    /// An internal address: who answers for it from now on.
    Assigned {
        to: String,
    },
    Paused {
        reason: PauseReason,
    },
    Resumed,
    Reclassified(Classification),
    /// The law's one extension was taken, and the customer told of it.
    Extended,
    Contained,
    /// The authority has been told.
    Notified {
        notice: Notice,
    },
    Resolved,
    Reopened,
    Compensated(Compensation),
    /// Nothing more is to be done about it.
    Closed,
}

impl ComplaintEvent {
    /// The word by which it is told apart; the same as in its JSON.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Received(_) => "received",
            Self::Detected => "detected",
            Self::Promised { .. } => "promised",
            Self::Acknowledged => "acknowledged",
            Self::Assigned { .. } => "assigned",
            Self::Paused { .. } => "paused",
            Self::Resumed => "resumed",
            Self::Reclassified(_) => "reclassified",
            Self::Extended => "extended",
            Self::Contained => "contained",
            Self::Notified { .. } => "notified",
            Self::Resolved => "resolved",
            Self::Reopened => "reopened",
            Self::Compensated(_) => "compensated",
            Self::Closed => "closed",
        }
    }

    /// What the complaint is from this event on, where it says so.
    pub fn classification(&self) -> Option<Classification> {
        match self {
            Self::Received(classification) | Self::Reclassified(classification) => Some(*classification),
            _ => None,
        }
    }
}

/// An event and the instant it happened at (not the instant we learned of it).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatedEvent {
    pub at: Timestamp,
    #[serde(flatten)]
    pub event: ComplaintEvent,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_event() -> Vec<ComplaintEvent> {
        let classification = Classification {
            vulnerable: true,
            harm: Some(false),
            ..Classification::new(ComplaintKind::DataBreach, Some(3))
        };
        let compensation =
            Compensation { level: 2, amount: Money::from_minor(200), formula: Some(Money::from_minor(100)) };
        vec![
            ComplaintEvent::Received(classification),
            ComplaintEvent::Detected,
            ComplaintEvent::Promised { due_at: Timestamp::UNIX_EPOCH },
            ComplaintEvent::Acknowledged,
            ComplaintEvent::Assigned { to: "lan@1stwatch.vn".to_owned() },
            ComplaintEvent::Paused { reason: PauseReason::ThirdParty },
            ComplaintEvent::Resumed,
            ComplaintEvent::Reclassified(Classification::new(ComplaintKind::Payment, None)),
            ComplaintEvent::Extended,
            ComplaintEvent::Contained,
            ComplaintEvent::Notified { notice: Notice::Attack },
            ComplaintEvent::Resolved,
            ComplaintEvent::Reopened,
            ComplaintEvent::Compensated(compensation),
            ComplaintEvent::Closed,
        ]
    }

    #[test]
    fn events_read_back_and_carry_their_words() {
        for event in every_event() {
            let dated = DatedEvent { at: Timestamp::UNIX_EPOCH, event };
            let json = serde_json::to_value(&dated).unwrap();
            assert_eq!(json["event"], dated.event.as_str());
            assert_eq!(serde_json::from_value::<DatedEvent>(json).unwrap(), dated);
        }
    }

    /// Stores of the first version hold such lines.
    #[test]
    fn what_is_not_said_stays_out_of_the_json() {
        let old = r#"{"at":"2026-11-02T02:00:00Z","event":"received","kind":"product","damage_level":null}"#;
        let dated: DatedEvent = serde_json::from_str(old).unwrap();
        assert_eq!(serde_json::to_string(&dated).unwrap(), old);
    }

    #[test]
    fn a_breach_is_notified_until_somebody_says_otherwise() {
        let breach = Classification::new(ComplaintKind::DataBreach, None);
        assert!(breach.needs(Notice::Attack) && breach.needs(Notice::Harm));
        let judged = Classification { attack: Some(false), ..breach };
        assert!(!judged.needs(Notice::Attack) && judged.needs(Notice::Harm));
        let misuse = Classification::new(ComplaintKind::DataMisuse, None);
        assert!(!misuse.needs(Notice::Harm));
        assert!(Classification { harm: Some(true), ..misuse }.needs(Notice::Harm));
        let product = Classification::new(ComplaintKind::Product, Some(4));
        assert!(!Classification { harm: Some(true), ..product }.needs(Notice::Harm));
    }
}
