//! `[complaints.kinds.KIND]`: how long each kind of complaint may take, and who answers for it.
//!
//! A deadline may be tighter than the law's, never looser.

use std::collections::BTreeMap;

use super::address::Addressees;
use super::field::Field;
use super::problem::Fault;
use super::section::Section;
use crate::domain::complaint::ComplaintKind;
use crate::domain::term::Term;

#[derive(Clone, Debug)]
pub struct Complaints {
    pub kinds: BTreeMap<ComplaintKind, DeadlineRule>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadlineRule {
    pub first_response: Term,
    pub resolution: Term,
    /// Names of recipient groups, or addresses.
    pub responsible: Vec<String>,
}

pub(super) fn read(section: &mut Section<'_>, addressees: Addressees<'_>) -> Option<Complaints> {
    section.child("kinds", |kinds| {
        let rules: Vec<_> = ComplaintKind::ALL
            .into_iter()
            .map(|kind| (kind, kinds.child(kind.as_str(), |section| rule(section, kind, addressees))))
            .collect();
        let kinds = rules.into_iter().map(|(kind, rule)| Some((kind, rule?))).collect::<Option<_>>();
        Some(Complaints { kinds: kinds? })
    })
}

fn rule(section: &mut Section<'_>, kind: ComplaintKind, addressees: Addressees<'_>) -> Option<DeadlineRule> {
    let law = ceilings(kind);
    let first_response = section.required("first_response", |field| term(&field, law.first_response));
    let resolution = section.required("resolution", |field| term(&field, law.resolution));
    let responsible = section.required("responsible", |field| addressees.list(&field));
    Some(DeadlineRule { first_response: first_response?, resolution: resolution?, responsible: responsible? })
}

/// The longest that the law allows, and where it says so.
#[derive(Clone, Copy)]
struct Ceiling {
    most: Term,
    article: &'static str,
}

#[derive(Clone, Copy)]
struct Ceilings {
    first_response: Option<Ceiling>,
    resolution: Option<Ceiling>,
}

/// Receipt of any consumer's complaint is to be confirmed within three working days; a request about
/// one's own data within two, and done within ten, fifteen or twenty days.
fn ceilings(kind: ComplaintKind) -> Ceilings {
    let most = |most, article| Some(Ceiling { most, article });
    let receipt = most(Term::WorkingDays(3), "Law 19/2023 Art. 31(2)");
    let request = most(Term::WorkingDays(2), "Decree 356 Art. 5");
    let within = |days| most(Term::Days(days), "Decree 356 Art. 5");
    let (first_response, resolution) = match kind {
        ComplaintKind::DataBreach
        | ComplaintKind::DataMisuse
        | ComplaintKind::Product
        | ComplaintKind::Delivery => (receipt, None),
        ComplaintKind::DataAccess => (request, within(10)),
        ComplaintKind::DataObjection => (request, within(15)),
        ComplaintKind::DataDeletion => (request, within(20)),
        ComplaintKind::Payment => (receipt, most(Term::Days(30), "the limit for refunds")),
        ComplaintKind::Negotiation => (None, most(Term::WorkingDays(7), "Law 19/2023 Art. 57(2)")),
        ComplaintKind::Inquiry => (None, None),
    };
    Ceilings { first_response, resolution }
}

fn term(field: &Field<'_>, ceiling: Option<Ceiling>) -> Option<Term> {
    let text = field.text()?;
    let forms = "write 4h (clock hours), 10d (calendar days) or 2wd (working days)";
    let term: Term =
        field.check(text.parse().map_err(|_| Fault::new(format!("{text:?} is not a term"), forms)))?;
    if matches!(term, Term::Hours(0) | Term::Days(0) | Term::WorkingDays(0)) {
        return field.wrong("a term of nothing is over before it begins", forms);
    }
    match ceiling {
        Some(Ceiling { most, article }) if !is_within(term, most) => field.wrong(
            format!("{term} may run past the {most} that the law allows ({article})"),
            format!("write {most} or less"),
        ),
        _ => Some(term),
    }
}

/// Whether `term` never ends later than `most`, whenever it begins. Days begin to count on the morrow and
/// end with their last day, which rolls over a day off; hours run at once.
fn is_within(term: Term, most: Term) -> bool {
    match (term, most) {
        (Term::Hours(hours), Term::Hours(most)) => hours <= most,
        (Term::Hours(hours), Term::Days(most) | Term::WorkingDays(most)) => {
            u64::from(hours) <= u64::from(most) * 24
        }
        (Term::Days(days), Term::Days(most) | Term::WorkingDays(most)) => days <= most,
        (Term::WorkingDays(days), Term::WorkingDays(most)) => days <= most,
        (Term::WorkingDays(days), Term::Days(most)) => longest_calendar_days(days) <= u64::from(most),
        (Term::Days(_) | Term::WorkingDays(_), Term::Hours(_)) => false,
    }
}

/// The most calendar days that so many working days can take: with their weekends, nine days in a row at
/// Tết, and three more days off near it.
fn longest_calendar_days(working: u32) -> u64 {
    let working = u64::from(working);
    working + 2 * working.div_ceil(5) + 12
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tighter_is_allowed_and_looser_is_not() {
        let (three_working, ten) = (Term::WorkingDays(3), Term::Days(10));
        for tight in ["1wd", "3wd", "3d", "72h", "4h"] {
            assert!(is_within(tight.parse().unwrap(), three_working), "{tight}");
        }
        for loose in ["4wd", "4d", "73h"] {
            assert!(!is_within(loose.parse().unwrap(), three_working), "{loose}");
        }
        assert!(is_within(Term::Hours(240), ten) && !is_within(Term::Hours(241), ten));
        assert!(!is_within(Term::WorkingDays(1), ten), "ten days are over before Tết is");
        assert!(is_within(Term::WorkingDays(5), Term::Days(30)));
    }
}
