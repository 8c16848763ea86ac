//! The completeness gate: a report waits until every source has delivered its whole period, and says which
//! has not, and why, when it no longer waits.

use jiff::{SignedDuration, Timestamp};

use super::draft::DraftError;
use super::house::House;
use super::run::Run;
use crate::domain::behind::{Behind, Lag};
use crate::domain::ids::SourceName;
use crate::domain::period::Period;
use crate::settings::{JobKind, JobSpec};
use crate::store::{self, Reader, RunState};

/// How long a held report waits before it looks again.
pub(super) const HELD_FOR: SignedDuration = SignedDuration::from_mins(10);

/// Runs of a pull looked back at for one that has ended.
const LOOK_BACK: u32 = 5;

/// Whether every source has delivered the whole period.
pub(super) enum Gate {
    Open { data_as_of: Timestamp },
    Held { message: String, again_at: Timestamp },
    OutOfPatience { lagging: Vec<Behind>, data_as_of: Timestamp },
}

/// Every source's watermark must have passed the period's end plus the grace.
pub(super) fn gate(house: &House, job: &JobSpec, period: Period, run: &Run) -> anyhow::Result<Gate> {
    let end = period.end(&house.settings.business.zone);
    if run.now < end {
        return Err(DraftError::NotOver(period).into());
    }
    let Reached { lagging, data_as_of, needed } = reached(house, job, period, run.now)?;
    if lagging.is_empty() {
        return Ok(Gate::Open { data_as_of });
    }
    if run.now >= run.slot.at.max(end) + job.completeness.patience {
        return Ok(Gate::OutOfPatience { lagging, data_as_of });
    }
    let behind: Vec<String> = lagging.iter().map(sentence).collect();
    let message = format!("{}; {period} needs data until {needed}", behind.join(", "));
    Ok(Gate::Held { message, again_at: run.now + HELD_FOR })
}

fn sentence(behind: &Behind) -> String {
    let Behind { source, complete_until, why } = behind;
    let has = complete_until.map_or_else(|| "nothing yet".to_owned(), |until| format!("data until {until}"));
    format!("source {source} has {has} ({})", why.sentence())
}

/// How far the sources' data reach, held against what a period needs.
pub(super) struct Reached {
    /// Sources that do not reach far enough.
    pub lagging: Vec<Behind>,
    /// Every source's data is in up to here.
    pub data_as_of: Timestamp,
    needed: Timestamp,
}

pub(super) fn reached(
    house: &House,
    job: &JobSpec,
    period: Period,
    now: Timestamp,
) -> Result<Reached, store::Error> {
    let needed = period.end(&house.settings.business.zone) + job.completeness.grace;
    house.store.read(|reader| {
        let watermarks = reader.watermarks()?;
        let until = |source: &SourceName| watermarks.get(source).copied();
        let sources = house.settings.sources.iter().map(|source| &source.name);
        let earliest = sources.clone().map(|source| until(source).unwrap_or(Timestamp::UNIX_EPOCH)).min();
        let mut lagging = Vec::new();
        for source in sources.filter(|source| until(source).is_none_or(|until| until < needed)) {
            let why = why(house, reader, source)?;
            lagging.push(Behind { source: source.clone(), complete_until: until(source), why });
        }
        Ok(Reached { lagging, data_as_of: earliest.unwrap_or(now).min(now), needed })
    })
}

/// What the last pull says of the source.
fn why(house: &House, reader: &Reader<'_>, source: &SourceName) -> Result<Lag, store::Error> {
    let mut all_paused = true;
    let mut latest = None;
    for job in house.settings.jobs.iter().filter(|job| job.kind == JobKind::Pull) {
        all_paused &= reader.is_paused(&job.name)?;
        let runs = reader.runs(Some(&job.name), LOOK_BACK)?;
        let ended = runs.into_iter().find(|run| matches!(run.state, RunState::Done | RunState::Failed));
        latest = latest.into_iter().chain(ended).max_by_key(|run| run.finished_at);
    }
    let has_failed = latest.is_some_and(|run| {
        run.state == RunState::Failed
            && run.details.get("failed").is_none_or(|failed| failed.get(source.as_str()).is_some())
    });
    Ok(match (has_failed, all_paused) {
        (true, _) => Lag::Failing,
        (false, true) => Lag::Paused,
        (false, false) => Lag::NotDelivered,
    })
}
