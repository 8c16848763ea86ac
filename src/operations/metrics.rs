//! Metrics: the house in figures, for a watcher that asks again and again.
//!
//! Invariant: a label's value is a name that the configuration or this program gives (a job, a source, a state), never
//! what a source or a person wrote. Deliberately absent: numbers of orders and customers, and amounts. Asked for every
//! few seconds they would tell single sales, past disclosure control.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::problems::ProblemKind;
use super::status::{self, Status};
use super::{Error, Result, allow};
use crate::access::Operation;
use crate::deadline::Clock;
use crate::domain::actor::Actor;
use crate::domain::ids::ComplaintNo;
use crate::jobs::{self, House};
use crate::store::{OutboxState, ReleaseState, RunState};

/// One figure or a family of them, as Prometheus has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// With its unit, by the conventions of Prometheus.
    pub name: String,
    /// What it tells, in one line.
    pub help: String,
    pub kind: MetricKind,
    pub samples: Vec<Sample>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MetricKind {
    /// Only grows while the process lives.
    Counter,
    Gauge,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    pub labels: BTreeMap<String, String>,
    pub value: f64,
}

/// Every metric of the house as it is now.
///
/// # Errors
/// [`Error::NotAllowed`]; [`Error::Failed`] when the store or the state directory cannot be read.
pub fn metrics(house: &House, actor: &Actor) -> Result<Vec<Metric>> {
    allow(house, actor, Operation::Metrics)?;
    let (status, problems) = status::look(house)?;
    let mut all = vec![build(house)?];
    all.push(of_problems(&problems));
    all.extend(of_jobs(house, &status)?);
    all.extend(of_sources(&status));
    all.extend(of_mail(house, &status)?);
    all.push(of_complaints(house, status.now)?);
    all.extend(of_disk(house)?);
    all.push(of_calendar(house, status.now));
    all.push(gauge(
        "process_start_time_seconds",
        "When firstwatch began to work, in seconds since 1970.",
        [([], seconds(house.opened_at()))],
    ));
    Ok(all)
}

fn build(house: &House) -> Result<Metric> {
    let schema = house.store.read(|reader| reader.schema_version())?.to_string();
    Ok(gauge(
        "firstwatch_build_info",
        "Always 1; its labels are the version of the program and of its store's schema.",
        [([("version", env!("CARGO_PKG_VERSION")), ("schema", &schema)], 1.0)],
    ))
}

fn of_problems(problems: &[ProblemKind]) -> Metric {
    let count = |kind| problems.iter().filter(|&&problem| problem == kind).count() as f64;
    gauge(
        "firstwatch_problems",
        "Problems that `firstwatch status` tells of, by kind; none in any kind: all is well.",
        ProblemKind::ALL.map(|kind| ([("kind", kind.as_str())], count(kind))),
    )
}

fn of_jobs(house: &House, status: &Status) -> Result<Vec<Metric>> {
    let ends = [RunState::Done, RunState::Failed, RunState::Held, RunState::Skipped];
    let (mut runs, mut held, mut lag, mut success, mut next) = (vec![], vec![], vec![], vec![], vec![]);
    let held_now = house.store.read(|reader| reader.held_runs())?;
    for (job, view) in house.settings.jobs.iter().zip(&status.jobs) {
        let name = job.name.as_str();
        for end in ends {
            let labels = [("job", name), ("outcome", end.as_str())];
            runs.push((labels, house.ended_runs(&job.name, end) as f64));
        }
        let of_job = [("job", name), ("kind", job.kind.as_str())];
        held.push(([("job", name)], held_now.get(&job.name).copied().unwrap_or(0) as f64));
        let waiting = jobs::waiting_since(house, job, status.now)?;
        lag.push(([("job", name)], waiting.map_or(0.0, |since| seconds(status.now) - seconds(since))));
        let last = house.store.read(|reader| reader.last_success(&job.name))?;
        success.extend(last.map(|at| (of_job, seconds(at))));
        if !view.paused {
            next.extend(view.next.first().map(|&at| (of_job, seconds(at))));
        }
    }
    Ok(vec![
        counter(
            "firstwatch_runs_total",
            "Attempts of a job by how they ended, and slots that were passed over (skipped).",
            runs,
        ),
        gauge("firstwatch_held_runs", "Runs that wait, of a report for data that is not in yet.", held),
        gauge(
            "firstwatch_slot_lag_seconds",
            "How long the oldest slot has waited that is due and that nobody has begun; 0 when there is none.",
            lag,
        ),
        gauge(
            "firstwatch_job_last_success_timestamp_seconds",
            "When the job's latest slot ended that was done; nothing of a job that never was.",
            success,
        ),
        gauge(
            "firstwatch_job_next_slot_timestamp_seconds",
            "The job's next slot; nothing of a paused one.",
            next,
        ),
    ])
}

fn of_sources(status: &Status) -> Vec<Metric> {
    let sources = || status.sources.iter().map(|source| (source, [("source", source.name.as_str())]));
    vec![
        gauge(
            "firstwatch_source_watermark_timestamp_seconds",
            "Until when the source's data are in; nothing of a source that was never pulled.",
            sources().filter_map(|(source, label)| Some((label, seconds(source.watermark?)))),
        ),
        gauge(
            "firstwatch_source_rejected_rows",
            "Rows of the source that do not fit now.",
            sources().map(|(source, label)| (label, source.rejected as f64)),
        ),
    ]
}

fn of_mail(house: &House, status: &Status) -> Result<Vec<Metric>> {
    let outbox = OutboxState::ALL.map(OutboxState::as_str);
    let count = |state: &str| status.outbox.get(state).copied().unwrap_or(0) as f64;
    let releases: BTreeMap<ReleaseState, u64> =
        house.store.read(|reader| reader.release_counts())?.into_iter().collect();
    let released = |state| releases.get(&state).copied().unwrap_or(0) as f64;
    Ok(vec![
        gauge(
            "firstwatch_outbox_messages",
            "Messages by state; every message that was ever made is in one.",
            outbox.map(|state| ([("state", state)], count(state))),
        ),
        gauge(
            "firstwatch_releases",
            "Releases of reports by state; a quarantined one waits for a person's decision.",
            ReleaseState::ALL.map(|state| ([("state", state.as_str())], released(state))),
        ),
    ])
}

/// Complaints read at once.
const PAGE: u32 = 2_000;

fn of_complaints(house: &House, now: Timestamp) -> Result<Metric> {
    const STATES: [&str; 3] = ["running", "paused", "overdue"];
    let mut counts = [[0_u64; STATES.len()]; Clock::ALL.len()];
    let mut after = ComplaintNo(0);
    loop {
        let page = house.store.read(|reader| reader.unsettled_complaints(after, PAGE))?;
        let Some((last, _)) = page.last() else { break };
        after = *last;
        for account in page.iter().filter_map(|(_, events)| jobs::complaint_account(house, events)) {
            for clock in account.states.iter().filter(|clock| clock.stopped.is_none()) {
                let state = match (clock.is_overdue(now), clock.is_held_up(now)) {
                    (true, _) => 2,
                    (false, true) => 1,
                    (false, false) => 0,
                };
                let place = Clock::ALL.iter().position(|&known| known == clock.clock);
                counts[place.unwrap_or_default()][state] += 1;
            }
        }
    }
    let samples = Clock::ALL.iter().zip(&counts).flat_map(|(clock, counts)| {
        STATES
            .iter()
            .zip(counts)
            .map(|(&state, &count)| ([("clock", clock.as_str()), ("state", state)], count as f64))
    });
    Ok(gauge(
        "firstwatch_complaint_clocks",
        "Deadlines of complaints that still run, by clock: in time, held up by a pause, or past.",
        samples,
    ))
}

fn of_disk(house: &House) -> Result<Vec<Metric>> {
    let sizes = jobs::sizes(house).map_err(|error| Error::Failed(error.into()))?;
    let kinds = [
        ("database", sizes.database),
        ("pages", sizes.pages),
        ("releases", sizes.releases),
        ("backups", sizes.backups),
    ];
    Ok(vec![
        gauge(
            "firstwatch_store_size_bytes",
            "What the state directory takes of the disk, by what it is.",
            kinds.map(|(kind, size)| ([("kind", kind)], size as f64)),
        ),
        gauge(
            "firstwatch_store_free_bytes",
            "What is left of the disk for firstwatch.",
            [([], sizes.free as f64)],
        ),
    ])
}

fn of_calendar(house: &House, now: Timestamp) -> Metric {
    let zone = &house.settings.business.zone;
    let this_year = now.to_zoned(zone.clone()).year();
    let open_year = (this_year..).find(|&year| !house.calendar.is_confirmed(year));
    let first_day = open_year.and_then(|year| Date::new(year, 1, 1).ok());
    let begins = first_day.and_then(|day| day.to_zoned(zone.clone()).ok()).map(|begin| begin.timestamp());
    gauge(
        "firstwatch_calendar_confirmed_until_timestamp_seconds",
        "When the first year begins, this one or a later one, whose days off are not confirmed.",
        begins.map(|begin| ([], seconds(begin))),
    )
}

/// Seconds since 1970.
fn seconds(at: Timestamp) -> f64 {
    at.as_duration().as_secs_f64()
}

fn counter<'a, const L: usize>(
    name: &str,
    help: &str,
    samples: impl IntoIterator<Item = ([(&'a str, &'a str); L], f64)>,
) -> Metric {
    metric((name, help, MetricKind::Counter), samples)
}

fn gauge<'a, const L: usize>(
    name: &str,
    help: &str,
    samples: impl IntoIterator<Item = ([(&'a str, &'a str); L], f64)>,
) -> Metric {
    metric((name, help, MetricKind::Gauge), samples)
}

fn metric<'a, const L: usize>(
    (name, help, kind): (&str, &str, MetricKind),
    samples: impl IntoIterator<Item = ([(&'a str, &'a str); L], f64)>,
) -> Metric {
    let owned = |(label, value): (&str, &str)| (label.to_owned(), value.to_owned());
    let sample = |(labels, value): ([(&str, &str); L], f64)| Sample {
        labels: labels.into_iter().map(owned).collect(),
        value,
    };
    let samples = samples.into_iter().map(sample).collect();
    Metric { name: name.to_owned(), help: help.to_owned(), kind, samples }
}
