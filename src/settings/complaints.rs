//! `[complaints]`: how long each kind of complaint may take, who is told when, and what damage is worth.
//!
//! A deadline may be tighter than the law's, never looser.

use std::collections::BTreeMap;

use jiff::civil::Time;

use super::address::Addressees;
use super::calendar::time_of_day;
use super::compensation::{self, CompensationRule};
use super::field::Field;
use super::problem::Fault;
use super::section::Section;
use super::value;
use crate::domain::complaint::{
    Addressee, Ceiling, Clock, ComplaintKind, ComplaintPolicy, DeadlineRule, DeadlineTerms, EscalationRule,
    LevelTerms, Notice, NoticeRule, ceiling, extension_ceiling, notice_ceiling, third_party_ceiling,
};
use crate::domain::money::Currency;
use crate::domain::term::Term;

/// A stretch of the day, half-open, that may go over midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    pub from: Time,
    pub until: Time,
}

impl QuietHours {
    pub fn hold(self, time: Time) -> bool {
        let Self { from, until } = self;
        if from < until { from <= time && time < until } else { from <= time || time < until }
    }
}

#[derive(Clone, Debug)]
pub struct Complaints {
    pub policy: ComplaintPolicy,
    /// Only what is urgent is mailed meanwhile.
    pub quiet_hours: Option<QuietHours>,
    /// What is not urgent waits for one mail a day at this time.
    pub digest: Option<Time>,
    /// Of the damage levels 1 to 4.
    pub compensation: BTreeMap<u8, CompensationRule>,
}

pub(super) fn read(
    section: &mut Section<'_>,
    addressees: Addressees<'_>,
    currency: Option<&Currency>,
) -> Option<Complaints> {
    let longest_pause = section.required("longest_pause", |field| value::duration(&field));
    let quiet_hours = section.optional("quiet_hours", |field| quiet_hours(&field));
    let digest = section.optional("digest", |field| digest(&field, quiet_hours));
    let notices = section.child("authority", |section| authority(section, addressees));
    let kinds = section.child("kinds", |kinds| {
        let rules: Vec<_> = ComplaintKind::ALL
            .into_iter()
            .map(|kind| (kind, kinds.child(kind.as_str(), |section| rule(section, kind, addressees))))
            .collect();
        rules.into_iter().map(|(kind, rule)| Some((kind, rule?))).collect::<Option<_>>()
    });
    let compensation = section.child("compensation", |section| compensation::read(section, currency));
    let (attack_notice, harm_notice, notices) = notices?;
    Some(Complaints {
        policy: ComplaintPolicy {
            kinds: kinds?,
            attack_notice,
            harm_notice,
            notices,
            longest_pause: longest_pause?,
        },
        quiet_hours,
        digest,
        compensation: compensation?,
    })
}

fn quiet_hours(field: &Field<'_>) -> Option<QuietHours> {
    let times = field.list(|entry| time_of_day(&entry))?;
    match times[..] {
        [from, until] if from != until => Some(QuietHours { from, until }),
        _ => {
            field.wrong("is not a stretch of the day", r#"write when it begins and ends: ["21:00", "07:00"]"#)
        }
    }
}

/// A digest in the quiet hours would never go out.
fn digest(field: &Field<'_>, quiet_hours: Option<QuietHours>) -> Option<Time> {
    let time = time_of_day(field)?;
    match quiet_hours {
        Some(quiet) if quiet.hold(time) => {
            field.wrong("lies within the quiet hours", "choose a time outside of complaints.quiet_hours")
        }
        _ => Some(time),
    }
}

fn authority(section: &mut Section<'_>, addressees: Addressees<'_>) -> Option<(Term, Term, NoticeRule)> {
    let within = |notice| Some(notice_ceiling(notice));
    let attack = section.required("attack_notice", |field| term(&field, within(Notice::Attack)));
    let harm = section.required("harm_notice", |field| term(&field, within(Notice::Harm)));
    let escalation = section.required("escalation", |field| escalation(&field, addressees));
    Some((attack?, harm?, NoticeRule { escalation: escalation? }))
}

fn rule(section: &mut Section<'_>, kind: ComplaintKind, addressees: Addressees<'_>) -> Option<DeadlineRule> {
    let terms = ["first_response", "resolution"].map(|key| {
        let law = ceiling(kind, if key == "resolution" { Clock::Resolution } else { Clock::FirstResponse });
        section.required(key, |field| term(&field, law))
    });
    let mut containment = None;
    if kind == ComplaintKind::DataBreach {
        containment = Some(section.required("containment", |field| term(&field, None))?);
    }
    let (mut third_party, mut extension) = (None, None);
    if let Some(law) = third_party_ceiling(kind) {
        third_party = section.optional("resolution_third_party", |field| term(&field, Some(law)));
    }
    if let Some(law) = extension_ceiling(kind) {
        extension = section.optional("extension", |field| days(&field, law));
    }
    let levels = section.optional("levels", |field| levels(&field, kind));
    let responsible = section.required("responsible", |field| addressees.list(&field));
    let escalation = section.required("escalation", |field| escalation(&field, addressees));
    let [first_response, resolution] = terms;
    Some(DeadlineRule {
        terms: DeadlineTerms { first_response: first_response?, resolution: resolution?, containment },
        resolution_third_party: third_party,
        extension,
        levels: levels.unwrap_or_default(),
        responsible: responsible?,
        escalation: escalation?,
    })
}

/// `[complaints.kinds.KIND.levels.N]`.
fn levels(field: &Field<'_>, kind: ComplaintKind) -> Option<BTreeMap<u8, LevelTerms>> {
    let entries = field.entries()?.into_iter().map(|(name, field)| {
        let level = name.parse::<u8>().ok().filter(|level| (1..=4).contains(level) && name.len() == 1);
        let Some(level) = level else {
            return field.wrong(format!("{name:?} is not a damage level"), "write 1, 2, 3 or 4");
        };
        let terms = field.section(|section| {
            let first_response =
                section.optional("first_response", |field| term(&field, ceiling(kind, Clock::FirstResponse)));
            let resolution =
                section.optional("resolution", |field| term(&field, ceiling(kind, Clock::Resolution)));
            let containment = match kind {
                ComplaintKind::DataBreach => section.optional("containment", |field| term(&field, None)),
                _ => None,
            };
            Some(LevelTerms { first_response, resolution, containment })
        });
        Some((level, terms?))
    });
    entries.collect::<Vec<_>>().into_iter().collect()
}

/// Steps in any order.
fn escalation(field: &Field<'_>, addressees: Addressees<'_>) -> Option<Vec<EscalationRule>> {
    let steps = field.list(|entry| {
        entry.section(|section| {
            let at = section.required("at", |field| {
                field.check(field.text()?.parse().map_err(|_| {
                    Fault::new(
                        "this is not a moment of a deadline",
                        "write 80% (of its time), start+4h, due-1d or due+2d",
                    )
                }))
            });
            let to = section.required("to", |field| field.list(|entry| addressee(&entry, addressees)));
            Some(EscalationRule { at: at?, to: to? })
        })
    })?;
    if let Some(step) = steps.iter().find(|step| step.to.is_empty()) {
        return field.wrong(
            format!("the step at {} is told to nobody", step.at),
            r#"write to = ["assignee"], or department, data-officer, director, a group, an address"#,
        );
    }
    Some(steps)
}

fn addressee(field: &Field<'_>, addressees: Addressees<'_>) -> Option<Addressee> {
    let fixed = [Addressee::Assignee, Addressee::Department, Addressee::DataOfficer, Addressee::Director];
    let text = field.text()?;
    match fixed.into_iter().find(|known| known.as_str() == text) {
        Some(known) => Some(known),
        None => addressees.one(field).map(Addressee::Named),
    }
}

/// An extension adds days to days.
fn days(field: &Field<'_>, law: Ceiling) -> Option<Term> {
    match term(field, Some(law))? {
        term @ Term::Days(_) => Some(term),
        term => field.wrong(
            format!("{term} cannot be added to a term in days"),
            format!("write calendar days, {} at most", law.most),
        ),
    }
}

fn term(field: &Field<'_>, ceiling: Option<Ceiling>) -> Option<Term> {
    let text = field.text()?;
    let forms = "write 4h (clock hours), 10d (calendar days), 2wd (working days) or 16wh (working hours)";
    let term: Term =
        field.check(text.parse().map_err(|_| Fault::new(format!("{text:?} is not a term"), forms)))?;
    if term.count() == 0 {
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
        // A day worked has one working hour at least.
        (Term::WorkingHours(hours), Term::WorkingDays(most)) => hours <= most,
        (Term::WorkingHours(hours), Term::Days(most)) => longest_calendar_days(hours) <= u64::from(most),
        (Term::WorkingHours(hours), Term::WorkingHours(most)) => hours <= most,
        (Term::Days(_) | Term::WorkingDays(_) | Term::WorkingHours(_), Term::Hours(_))
        | (_, Term::WorkingHours(_)) => false,
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
        for tight in ["1wd", "3wd", "3d", "72h", "4h", "3wh"] {
            assert!(is_within(tight.parse().unwrap(), three_working), "{tight}");
        }
        for loose in ["4wd", "4d", "73h", "4wh"] {
            assert!(!is_within(loose.parse().unwrap(), three_working), "{loose}");
        }
        assert!(is_within(Term::Hours(240), ten) && !is_within(Term::Hours(241), ten));
        assert!(!is_within(Term::WorkingDays(1), ten), "ten days are over before Tết is");
        assert!(is_within(Term::WorkingDays(5), Term::Days(30)));
        assert!(!is_within(Term::WorkingHours(1), Term::Hours(24)), "a night and a Tết lie between");
    }

    #[test]
    fn quiet_hours_may_go_over_midnight() {
        let at = |hour, minute| jiff::civil::time(hour, minute, 0, 0);
        let quiet = |from, until| QuietHours { from: at(from, 0), until: at(until, 0) };
        let within = |hour, minute| {
            let time = at(hour, minute);
            (quiet(21, 7).hold(time), quiet(12, 13).hold(time))
        };
        assert_eq!(
            [within(20, 59), within(21, 0), within(0, 0)],
            [(false, false), (true, false), (true, false)]
        );
        assert_eq!(
            [within(6, 59), within(7, 0), within(12, 0)],
            [(true, false), (false, false), (false, true)]
        );
    }
}
