//! Status: is all well? Everything that is not stands in `problems`, in plain words.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::runs::{JobView, list_jobs};
use super::{Result, allow};
use crate::access::Operation;
use crate::domain::actor::Actor;
use crate::domain::ids::SourceName;
use crate::jobs::House;

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

pub fn status(house: &House, actor: &Actor) -> Result<Status> {
    allow(house, actor, Operation::Status)?;
    let mut jobs = list_jobs(house, &Actor::Daemon)?;
    // Who gets what is for those who may list jobs.
    jobs.iter_mut().for_each(|job| job.recipients.clear());
    let now = house.now();
    let (sources, outbox, totals) = house.store.read(|reader| {
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
        let outbox =
            reader.outbox_counts()?.into_iter().map(|(state, count)| (state.as_str().to_owned(), count));
        let totals = (reader.count_customers()?, reader.count_orders()?, reader.count_open_complaints()?);
        Ok::<_, crate::store::Error>((sources, outbox.collect(), totals))
    })?;
    let problems = problems(house, &jobs, &sources, &outbox);
    Ok(Status {
        business: house.settings.business.name.clone(),
        now,
        jobs,
        sources,
        outbox,
        customers: totals.0,
        orders: totals.1,
        open_complaints: totals.2,
        problems,
    })
}

fn problems(
    house: &House,
    jobs: &[JobView],
    sources: &[SourceView],
    outbox: &BTreeMap<String, u64>,
) -> Vec<String> {
    let mut problems = Vec::new();
    for job in jobs {
        match &job.last {
            Some(run) if matches!(run.state.as_str(), "failed" | "held") => {
                problems.push(format!("job {} {}: {} (run {})", job.name, run.state, run.message, run.id));
            }
            _ => {}
        }
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

/// From 1 October on next year's days off should be confirmed by an override file.
fn calendar_problem(house: &House) -> Option<String> {
    let today = house.now().to_zoned(house.settings.business.zone.clone()).date();
    let year = if today.month() >= 10 { today.year() + 1 } else { today.year() };
    (!house.calendar.is_confirmed(year)).then(|| {
        format!("the days off of {year} are not confirmed; add the government's list to [calendar] files")
    })
}
