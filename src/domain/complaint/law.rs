//! The longest that Vietnamese law allows, and the article that says so.
//!
//! A policy may be tighter, never looser; nothing, no pause and no extension, moves a deadline beyond the law's.

use super::{Clock, ComplaintKind, Notice};
use crate::domain::term::Term;

/// The longest that the law allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ceiling {
    pub most: Term,
    pub article: &'static str,
}

const REQUEST: &str = "Decree 356 Art. 5";

const fn ceiling_of(most: Term, article: &'static str) -> Option<Ceiling> {
    Some(Ceiling { most, article })
}

/// The law's limit of a clock, without a third party and without an extension.
///
/// Receipt of any consumer's complaint is to be confirmed within three working days; a request about one's own data
/// within two, and done within ten, fifteen or twenty days.
pub fn ceiling(kind: ComplaintKind, clock: Clock) -> Option<Ceiling> {
    match clock {
        Clock::FirstResponse => match kind {
            ComplaintKind::DataBreach
            | ComplaintKind::DataMisuse
            | ComplaintKind::Payment
            | ComplaintKind::Product
            | ComplaintKind::Delivery => ceiling_of(Term::WorkingDays(3), "Law 19/2023 Art. 31(2)"),
            ComplaintKind::DataAccess | ComplaintKind::DataObjection | ComplaintKind::DataDeletion => {
                ceiling_of(Term::WorkingDays(2), REQUEST)
            }
            ComplaintKind::Negotiation | ComplaintKind::Inquiry => None,
        },
        Clock::Resolution => match kind {
            ComplaintKind::DataAccess => ceiling_of(Term::Days(10), REQUEST),
            ComplaintKind::DataObjection => ceiling_of(Term::Days(15), REQUEST),
            ComplaintKind::DataDeletion => ceiling_of(Term::Days(20), REQUEST),
            ComplaintKind::Payment => ceiling_of(Term::Days(30), "the limit for refunds"),
            ComplaintKind::Negotiation => ceiling_of(Term::WorkingDays(7), "Law 19/2023 Art. 57(2)"),
            _ => None,
        },
        Clock::Containment => None,
        Clock::AttackNotice => Some(notice_ceiling(Notice::Attack)),
        Clock::HarmNotice => Some(notice_ceiling(Notice::Harm)),
    }
}

/// The law's limit of the resolution when a third party must act too.
pub fn third_party_ceiling(kind: ComplaintKind) -> Option<Ceiling> {
    match kind {
        ComplaintKind::DataAccess => ceiling_of(Term::Days(15), REQUEST),
        ComplaintKind::DataObjection => ceiling_of(Term::Days(20), REQUEST),
        ComplaintKind::DataDeletion => ceiling_of(Term::Days(30), REQUEST),
        _ => None,
    }
}

/// By how much the law lets the resolution be extended, once.
pub fn extension_ceiling(kind: ComplaintKind) -> Option<Ceiling> {
    match kind {
        ComplaintKind::DataAccess => ceiling_of(Term::Days(10), REQUEST),
        ComplaintKind::DataObjection => ceiling_of(Term::Days(15), REQUEST),
        ComplaintKind::DataDeletion => ceiling_of(Term::Days(20), REQUEST),
        _ => None,
    }
}

/// The law's limit of a notice to the authority, from detection.
pub fn notice_ceiling(notice: Notice) -> Ceiling {
    match notice {
        Notice::Attack => Ceiling { most: Term::Hours(24), article: "Law 19/2023 Art. 19(3)" },
        Notice::Harm => Ceiling { most: Term::Hours(72), article: "Law 91/2025 Art. 23" },
    }
}
