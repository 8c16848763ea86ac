//! Status: is all well? Everything that is not stands in `problems`, in plain words.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::runs::{JobView, list_jobs};
use super::{Result, allow};
use crate::access::Operation;
use crate::domain::actor::Actor;
use crate::domain::ids::{RunId, SourceName};
use crate::domain::trouble::Trouble;
use crate::jobs::{self, House};
use crate::store::ProblemRow;

/// The whole house at a glance. Instants are in UTC.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Status {
    pub business: String,
    pub now: Timestamp,
    pub jobs: Vec<JobView>,
    pub sources: Vec<SourceView>,
    /// Messages by state.
    pub outbox: BTreeMap<String, u64>,
    pub customers: u64,
    pub orders: u64,
    pub open_complaints: u64,
    /// Payments that their customers have neither confirmed nor disputed within the term.
    #[serde(default)]
    pub unconfirmed_payments: u64,
    /// Orders whose payments do not come to what they should.
    #[serde(default)]
    pub mismatching_payments: u64,
    /// What administrators were told of, or will be if it lasts.
    pub troubles: Vec<TroubleView>,
    /// Sentences that say what is not well and what to do; empty when all is.
    pub problems: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SourceView {
    pub name: SourceName,
    /// Its data is in up to here.
    pub watermark: Option<Timestamp>,
    /// Rows that do not fit now.
    pub rejected: u64,
}

/// Something that is wrong, and since when.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TroubleView {
    /// A report's or a job's name, a mailbox, a message: `job/pull`, `mail/a@shop.example`.
    pub key: String,
    pub trouble: Trouble,
    pub what: String,
    pub run: Option<RunId>,
    pub since: Timestamp,
    /// When administrators were told; `null` while it may pass by itself.
    pub told_at: Option<Timestamp>,
}

pub fn status(house: &House, actor: &Actor) -> Result<Status> {
    allow(house, actor, Operation::Status)?;
    let mut jobs = list_jobs(house, &Actor::Daemon)?;
    // Who gets what is for those who may list jobs.
    jobs.iter_mut().for_each(|job| job.recipients.clear());
    let now = house.now();
    let (sources, imported, outbox, totals, troubles) = house.store.read(|reader| {
        let watermarks = reader.watermarks()?;
        let mut rejected: BTreeMap<SourceName, u64> = BTreeMap::new();
        for count in reader.rejected_counts()? {
            *rejected.entry(count.source).or_default() += count.open;
        }
        let mut sources = Vec::new();
        for source in &house.settings.sources {
            sources.push(SourceView {
                name: source.name.clone(),
                watermark: watermarks.get(&source.name).copied(),
                rejected: rejected.get(&source.name).copied().unwrap_or(0),
            });
        }
        let imported = rejected.get(&SourceName::new(SourceName::IMPORT)).copied().unwrap_or(0);
        let outbox =
            reader.outbox_counts()?.into_iter().map(|(state, count)| (state.as_str().to_owned(), count));
        let totals = (reader.count_customers()?, reader.count_orders()?, reader.count_open_complaints()?);
        let troubles = reader.open_problems()?.into_iter().map(trouble_view).collect::<Vec<_>>();
        Ok::<_, crate::store::Error>((sources, imported, outbox.collect(), totals, troubles))
    })?;
    let payments = jobs::payment_totals(house)?;
    let mut problems = problems(house, &jobs, &sources, &outbox, &troubles);
    if imported > 0 {
        let advice =
            "`firstwatch source rejected import` shows them; correct them and import their file again";
        problems.push(format!("{imported} rows of imported complaints were rejected; {advice}"));
    }
    Ok(Status {
        business: house.settings.business.name.clone(),
        now,
        jobs,
        sources,
        outbox,
        customers: totals.0,
        orders: totals.1,
        open_complaints: totals.2,
        unconfirmed_payments: payments.unconfirmed,
        mismatching_payments: payments.mismatching,
        troubles,
        problems,
    })
}

fn problems(
    house: &House,
    jobs: &[JobView],
    sources: &[SourceView],
    outbox: &BTreeMap<String, u64>,
    troubles: &[TroubleView],
) -> Vec<String> {
    let mut problems = Vec::new();
    if let Some(trouble) = jobs::store_trouble(house) {
        problems.push(format!(
            "the store cannot be written since {}: {}; make room on its disk, or mend it, and work goes on by itself",
            trouble.since, trouble.what
        ));
    }
    if jobs::is_rotating(house).unwrap_or(false) {
        let advice = "put the new key in the old one's place, then `firstwatch key rotate --finish`";
        problems.push(format!("two master keys open the store, for a rotation is not finished; {advice}"));
    }
    if jobs::needs_key_before(house).unwrap_or(false) {
        let advice =
            "`firstwatch backup create` takes them over to this one, and tells of those that it cannot";
        problems.push(format!("backups that are kept still need the master key before this one; {advice}"));
    }
    problems.extend(troubles.iter().filter_map(trouble_sentence));
    for job in jobs {
        if job.paused {
            problems.push(format!("job {} is paused; `firstwatch job resume {}`", job.name, job.name));
        } else if job.next.is_empty() {
            problems.push(format!("job {} has no next slot", job.name));
        }
    }
    for source in sources {
        if source.watermark.is_none() {
            problems.push(format!("source {} was never pulled", source.name));
        }
        if source.rejected > 0 {
            let advice = format!("`firstwatch source rejected {}` shows them", source.name);
            problems.push(format!("source {} has {} rejected rows; {advice}", source.name, source.rejected));
        }
    }
    for state in ["refused", "ambiguous", "quarantined"] {
        if let Some(count) = outbox.get(state).filter(|&&count| count > 0) {
            problems.push(format!("{count} messages are {state}; `firstwatch outbox list --state {state}`"));
        }
    }
    problems.extend(calendar_problem(house));
    problems
}

/// Mail stands among the problems by its state.
fn trouble_sentence(view: &TroubleView) -> Option<String> {
    let TroubleView { key, trouble, what, run, since, .. } = view;
    let run = run.map(|run| format!(" (run {run})")).unwrap_or_default();
    let about = jobs::problem_about(key);
    Some(match trouble {
        Trouble::Failed => format!("job {about} fails since {since}: {what}{run}"),
        Trouble::Held => format!("report {about} is held since {since}: {what}{run}"),
        Trouble::Quarantined => format!("report {about} is quarantined since {since}: {what}{run}"),
        Trouble::Disk => format!("{key} finds no room on the disk since {since}: {what}{run}"),
        Trouble::Undelivered => format!("mail to {about} is refused or put off since {since}: {what}"),
        Trouble::Relay => format!("no mail can leave since {since}: {what}"),
        Trouble::Ambiguous => return None,
    })
}

fn trouble_view(row: ProblemRow) -> TroubleView {
    TroubleView {
        key: row.key,
        trouble: row.trouble,
        what: row.what,
        run: row.run,
        since: row.since,
        told_at: row.told_at,
    }
}

/// From 1 October on next year's days off should be confirmed by an override file.
fn calendar_problem(house: &House) -> Option<String> {
    let today = house.now().to_zoned(house.settings.business.zone.clone()).date();
    let year = if today.month() >= 10 { today.year() + 1 } else { today.year() };
    (!house.calendar.is_confirmed(year)).then(|| {
        format!("the days off of {year} are not confirmed; add the government's list to [calendar] files")
    })
}
