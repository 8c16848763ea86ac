//! What is not well, in plain words, and the kinds there are of it.

use std::collections::BTreeMap;

use super::runs::JobView;
use super::status::{SourceView, TroubleView};
use crate::domain::trouble::Trouble;
use crate::jobs::{self, House};

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident $name:literal;)+) => {
        /// What a problem of the status is about. The operator's guide says of each what to do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum ProblemKind {
            $($(#[$doc])* $variant,)+
        }

        impl ProblemKind {
            pub const ALL: [Self; [$(Self::$variant),+].len()] = [$(Self::$variant),+];

            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

kinds! {
    /// The store cannot be written.
    Store "store";
    /// A run found no room on the disk.
    Disk "disk";
    /// Two master keys open the store.
    Rotation "rotation";
    /// Backups need a master key before this one.
    OldKey "old-key";
    JobFailed "job-failed";
    ReportHeld "report-held";
    ReportQuarantined "report-quarantined";
    JobPaused "job-paused";
    JobUnplanned "job-unplanned";
    SourceUnpulled "source-unpulled";
    RowsRejected "rows-rejected";
    /// No mail can leave.
    Relay "relay";
    /// Mail to somebody is refused or put off.
    Mailbox "mailbox";
    MailRefused "mail-refused";
    MailAmbiguous "mail-ambiguous";
    MailQuarantined "mail-quarantined";
    /// A year's days off are not confirmed.
    Calendar "calendar";
}

/// What the problems are read from.
pub(super) struct Seen<'a> {
    pub jobs: &'a [JobView],
    pub sources: &'a [SourceView],
    /// Messages by state.
    pub outbox: &'a BTreeMap<String, u64>,
    pub troubles: &'a [TroubleView],
    /// Rows of imported complaints that do not fit.
    pub imported: u64,
}

type Problem = (ProblemKind, String);

/// Sentences that say what is not well and what to do, the gravest first.
pub(super) fn problems(house: &House, seen: &Seen<'_>) -> Vec<Problem> {
    let mut problems = of_the_store(house);
    problems.extend(seen.troubles.iter().filter_map(of_trouble));
    problems.extend(seen.jobs.iter().filter_map(of_job));
    problems.extend(seen.sources.iter().flat_map(of_source));
    if seen.imported > 0 {
        let (rows, advice) = (seen.imported, "`firstwatch source rejected import` shows them");
        let sentence = format!(
            "{rows} rows of imported complaints were rejected; {advice}; correct them and import their file again"
        );
        problems.push((ProblemKind::RowsRejected, sentence));
    }
    for (state, kind) in [
        ("refused", ProblemKind::MailRefused),
        ("ambiguous", ProblemKind::MailAmbiguous),
        ("quarantined", ProblemKind::MailQuarantined),
    ] {
        if let Some(count) = seen.outbox.get(state).filter(|&&count| count > 0) {
            let sentence = format!("{count} messages are {state}; `firstwatch outbox list --state {state}`");
            problems.push((kind, sentence));
        }
    }
    problems.extend(of_calendar(house));
    problems
}

fn of_the_store(house: &House) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let Some(trouble) = jobs::store_trouble(house) {
        let sentence = format!(
            "the store cannot be written since {}: {}; make room on its disk, or mend it, and work goes on by itself",
            trouble.since, trouble.what
        );
        problems.push((ProblemKind::Store, sentence));
    }
    if jobs::is_rotating(house).unwrap_or(false) {
        let advice = "put the new key in the old one's place, then `firstwatch key rotate --finish`";
        let sentence = format!("two master keys open the store, for a rotation is not finished; {advice}");
        problems.push((ProblemKind::Rotation, sentence));
    }
    if jobs::needs_key_before(house).unwrap_or(false) {
        let advice =
            "`firstwatch backup create` takes them over to this one, and tells of those that it cannot";
        let sentence = format!("backups that are kept still need the master key before this one; {advice}");
        problems.push((ProblemKind::OldKey, sentence));
    }
    problems
}

/// Mail stands among the problems by its state.
fn of_trouble(view: &TroubleView) -> Option<Problem> {
    let TroubleView { key, trouble, what, run, since, .. } = view;
    let run = run.map(|run| format!(" (run {run})")).unwrap_or_default();
    let about = jobs::problem_about(key);
    Some(match trouble {
        Trouble::Failed => (ProblemKind::JobFailed, format!("job {about} fails since {since}: {what}{run}")),
        Trouble::Held => {
            (ProblemKind::ReportHeld, format!("report {about} is held since {since}: {what}{run}"))
        }
        Trouble::Quarantined => {
            let sentence = format!("report {about} is quarantined since {since}: {what}{run}");
            (ProblemKind::ReportQuarantined, sentence)
        }
        Trouble::Disk => {
            (ProblemKind::Disk, format!("{key} finds no room on the disk since {since}: {what}{run}"))
        }
        Trouble::Undelivered => {
            let sentence = format!("mail to {about} is refused or put off since {since}: {what}");
            (ProblemKind::Mailbox, sentence)
        }
        Trouble::Relay => (ProblemKind::Relay, format!("no mail can leave since {since}: {what}")),
        Trouble::Ambiguous => return None,
    })
}

fn of_job(job: &JobView) -> Option<Problem> {
    let name = &job.name;
    if job.paused {
        let sentence = format!("job {name} is paused; `firstwatch job resume {name}`");
        return Some((ProblemKind::JobPaused, sentence));
    }
    job.next
        .is_empty()
        .then(|| (ProblemKind::JobUnplanned, format!("job {name} has no next slot; change its `schedule`")))
}

fn of_source(source: &SourceView) -> Vec<Problem> {
    let mut problems = Vec::new();
    let SourceView { name, watermark, rejected } = source;
    if watermark.is_none() {
        let sentence = format!("source {name} was never pulled; `firstwatch source test {name}` tries it");
        problems.push((ProblemKind::SourceUnpulled, sentence));
    }
    if *rejected > 0 {
        let advice = format!("`firstwatch source rejected {name}` shows them");
        let sentence = format!("source {name} has {rejected} rejected rows; {advice}");
        problems.push((ProblemKind::RowsRejected, sentence));
    }
    problems
}

/// From 1 October on next year's days off should be confirmed by an override file.
fn of_calendar(house: &House) -> Option<Problem> {
    let today = house.now().to_zoned(house.settings.business.zone.clone()).date();
    let year = if today.month() >= 10 { today.year() + 1 } else { today.year() };
    (!house.calendar.is_confirmed(year)).then(|| {
        let advice = "add the government's list to [calendar] files";
        (ProblemKind::Calendar, format!("the days off of {year} are not confirmed; {advice}"))
    })
}
