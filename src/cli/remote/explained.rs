//! `complaint explain`, as a person reads it.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::cli::show;
use crate::domain::complaint::{Clock, ComplaintKind, PauseReason};
use crate::domain::term::Term;

/// The answer, as far as it is shown.
#[derive(Deserialize)]
pub(super) struct Explained {
    number: i64,
    clocks: Vec<ClockExplained>,
}

#[derive(Deserialize)]
struct ClockExplained {
    clock: Clock,
    started: Timestamp,
    due: Timestamp,
    stopped: Option<Timestamp>,
    basis: Basis,
    length: Length,
    rules: Vec<Rule>,
    intervals: Vec<Interval>,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Basis {
    term: Term,
    key: String,
    origin: String,
    ceiling: Option<Ceiling>,
}

#[derive(Deserialize)]
struct Ceiling {
    most: Term,
    article: String,
    until: Timestamp,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Length {
    ClockTime(SignedDuration),
    Days(u32),
    WorkingDays { whole: u32, half: bool },
    WorkingTime(SignedDuration),
}

#[derive(Deserialize)]
#[serde(tag = "rule", rename_all = "kebab-case")]
enum Rule {
    ReclassifiedFrom { kind: ComplaintKind, damage_level: Option<u8>, at: Timestamp },
    ReopenedAt { at: Timestamp },
    ThirdParty { instead_of: Term },
    Halved { to: Length },
    ExtendedBy { by: Term, at: Timestamp },
    HeldAtCeiling { most: Term, article: String, until: Timestamp },
    PromisedUntil { until: Timestamp },
}

#[derive(Deserialize)]
struct Interval {
    from: Timestamp,
    until: Timestamp,
    #[serde(flatten)]
    time: TimeOf,
}

#[derive(Deserialize)]
#[serde(tag = "time", rename_all = "kebab-case")]
enum TimeOf {
    Counted,
    FirstDay,
    Paused { reason: PauseReason },
    OutsideHours,
    Weekend,
    DayOff { name: String },
    RolledOver { name: Option<String> },
}

#[derive(Deserialize)]
struct Step {
    at: String,
    due_at: Timestamp,
    to: Vec<String>,
}

pub(super) fn shown_explained(zone: &TimeZone, explained: &Explained) -> String {
    let clocks = explained.clocks.iter().map(|clock| shown_clock(zone, clock));
    std::iter::once(format!("complaint {}", explained.number)).chain(clocks).collect::<Vec<_>>().join("\n\n")
}

fn shown_clock(zone: &TimeZone, clock: &ClockExplained) -> String {
    let at = |instant| show::instant(instant, zone);
    let state = match clock.stopped {
        Some(stopped) if stopped > clock.due => format!("stopped {}, late", at(stopped)),
        Some(stopped) => format!("stopped {}, on time", at(stopped)),
        None => "not stopped".to_owned(),
    };
    let basis = &clock.basis;
    let whose = if basis.origin == "law" { "the law's own" } else { "the policy's" };
    let mut lines = vec![
        format!("{}: due {}, {state}", clock.clock, at(clock.due)),
        format!("  started  {}", at(clock.started)),
        format!("  term     {}, {whose} ({})", basis.term, basis.key),
        format!("  comes to {}", length(&clock.length)),
    ];
    lines.extend(
        basis
            .ceiling
            .as_ref()
            .map(|law| format!("  at most  {} by {}, until {}", law.most, law.article, at(law.until))),
    );
    lines.extend(clock.rules.iter().map(|one| format!("  because  {}", rule(zone, one))));
    lines.extend(clock.intervals.iter().map(|interval| {
        format!("    {} to {}  {}", at(interval.from), at(interval.until), time(&interval.time))
    }));
    lines.extend(
        clock
            .steps
            .iter()
            .map(|step| format!("  step     {} ({}) to {}", at(step.due_at), step.at, step.to.join(", "))),
    );
    lines.join("\n")
}

fn rule(zone: &TimeZone, rule: &Rule) -> String {
    let at = |instant: &Timestamp| show::instant(*instant, zone);
    match rule {
        Rule::ReclassifiedFrom { kind, damage_level, at: when } => {
            let level = damage_level.map(|level| format!(", level {level}")).unwrap_or_default();
            format!("it was {kind}{level} until {}; what it is counts from its start", at(when))
        }
        Rule::ReopenedAt { at: when } => format!("it was reopened {}, and began anew", at(when)),
        Rule::ThirdParty { instead_of } => {
            format!("a third party must act too, else it would be {instead_of}")
        }
        Rule::Halved { to } => {
            format!("the consumer is vulnerable (Law 19/2023 Art. 8): halved to {}", length(to))
        }
        Rule::ExtendedBy { by, at: when } => format!("it was extended by {by}, {}", at(when)),
        Rule::HeldAtCeiling { most, article, until } => {
            format!("{article} allows {most}, pauses and all, until {}", at(until))
        }
        Rule::PromisedUntil { until } => format!("the source promised it by {}", at(until)),
    }
}

fn length(length: &Length) -> String {
    let hours = |time: &SignedDuration, what: &str| match (time.as_hours(), time.as_mins() % 60) {
        (hours, 0) => show::count(hours.unsigned_abs(), what),
        (hours, minutes) => format!("{} {minutes} min", show::count(hours.unsigned_abs(), what)),
    };
    match length {
        Length::ClockTime(time) => format!("{}, around the clock", hours(time, "hour")),
        Length::WorkingTime(time) => hours(time, "working hour"),
        Length::Days(days) => show::count(u64::from(*days), "calendar day"),
        Length::WorkingDays { whole, half: false } => show::count(u64::from(*whole), "working day"),
        Length::WorkingDays { whole: 0, half: true } => "half a working day".to_owned(),
        Length::WorkingDays { whole, half: true } => format!("{whole}½ working days"),
    }
}

fn time(time: &TimeOf) -> String {
    match time {
        TimeOf::Counted => "counted".to_owned(),
        TimeOf::FirstDay => "the first day, not counted (Civil Code Art. 147)".to_owned(),
        TimeOf::Paused { reason } => format!("paused ({})", reason.as_str()),
        TimeOf::OutsideHours => "outside working hours".to_owned(),
        TimeOf::Weekend => "weekend".to_owned(),
        TimeOf::DayOff { name } => format!("day off: {name}"),
        TimeOf::RolledOver { name } => {
            let name = name.as_deref().unwrap_or("weekend");
            format!("the last day is off ({name}), so the next working day ends it (Civil Code Art. 148)")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_read_as_people_say_them() {
        let hours = SignedDuration::from_hours;
        for (told, expected) in [
            (Length::ClockTime(hours(4)), "4 hours, around the clock"),
            (Length::WorkingTime(hours(1) + SignedDuration::from_mins(30)), "1 working hour 30 min"),
            (Length::Days(10), "10 calendar days"),
            (Length::WorkingDays { whole: 1, half: false }, "1 working day"),
            (Length::WorkingDays { whole: 0, half: true }, "half a working day"),
        ] {
            assert_eq!(length(&told), expected);
        }
    }
}
