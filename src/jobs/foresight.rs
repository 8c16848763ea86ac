//! How much the tables of sales reports are likely to withhold, and which coarser table would show more: the latest
//! complete period of each job goes through disclosure control by itself, as if nothing had been released before.
//! Nothing is released. (Beside earlier releases a report withholds more, seldom much.)

use std::time::Duration;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;

use super::rehearsal::Rehearsal;
use crate::disclosure::{CellStatus, ProtectedTable, protect};
use crate::domain::cell::Universe;
use crate::domain::clock::Clock;
use crate::domain::entry::Dimension;
use crate::domain::ids::JobName;
use crate::domain::period::{Period, PeriodKind};
use crate::settings::{JobKind, JobSpec, Settings, TableSpec};
use crate::store::Archive;

/// No trial begins later than this.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone, Debug, Default, Serialize)]
pub struct Foresight {
    pub tables: Vec<Foreseen>,
    /// Why there is nothing to tell, or not of every table.
    pub note: Option<&'static str>,
}

/// What a table would withhold.
#[derive(Clone, Debug, Serialize)]
pub struct Foreseen {
    pub job: JobName,
    pub table: String,
    pub period: Period,
    #[serde(flatten)]
    pub share: Share,
    /// Where most of it would be withheld: the coarser table that shows most.
    pub better: Option<Coarser>,
}

/// Of the cells that somebody contributed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Share {
    pub cells: usize,
    pub withheld: usize,
}

#[derive(Clone, Debug, Serialize)]
pub struct Coarser {
    pub rows: Vec<Dimension>,
    pub columns: Vec<Dimension>,
    pub period: Period,
    #[serde(flatten)]
    pub share: Share,
}

impl Share {
    fn of(table: &ProtectedTable) -> Self {
        let told = || table.cells().iter().filter(|cell| cell.status() != CellStatus::Empty);
        let withheld = told().filter(|cell| !cell.status().is_shown()).count();
        Self { cells: told().count(), withheld }
    }

    pub fn is_most(self) -> bool {
        2 * self.withheld > self.cells
    }

    pub fn per_cent(self) -> usize {
        (100 * self.withheld + self.cells / 2) / self.cells.max(1)
    }

    fn is_less_than(self, other: Self) -> bool {
        self.cells > 0 && self.withheld * other.cells < other.withheld * self.cells
    }
}

/// Looks into the store of these settings beside whoever has it open; writes nothing but a scratch folder.
///
/// # Errors
/// When there is a store, and it or its books cannot be read.
pub fn foresee(settings: &Settings, clock: &dyn Clock) -> anyhow::Result<Foresight> {
    let nothing = |note| Ok(Foresight { note: Some(note), ..Foresight::default() });
    let Some(archive) = Archive::open(&settings.store.directory)? else {
        return nothing("nothing was pulled yet, so nobody knows what the tables will withhold");
    };
    let today = clock.now().to_zoned(settings.business.zone.clone()).date();
    let known = archive.read(|reader| {
        let Some(last) = reader.last_entry_day()? else { return Ok::<_, anyhow::Error>(None) };
        let end = today.min(last.saturating_add(1.day()));
        Ok(Some((Rehearsal::new(settings, reader, end.yesterday().unwrap_or(end))?, end)))
    })?;
    let Some((rehearsal, end)) = known else {
        return nothing("no sale is booked yet, so nobody knows what the tables will withhold");
    };
    Trials { rehearsal, end, clock, start: clock.elapsed() }.of_all(&settings.jobs)
}

struct Trials<'a> {
    rehearsal: Rehearsal<'a>,
    /// The day after the last that is known and over.
    end: Date,
    clock: &'a dyn Clock,
    /// On the clock that passes.
    start: Duration,
}

impl Trials<'_> {
    fn of_all(&self, jobs: &[JobSpec]) -> anyhow::Result<Foresight> {
        let mut reports: Vec<(PeriodKind, &JobSpec)> = jobs
            .iter()
            .filter(|job| job.kind == JobKind::SalesReport)
            .filter_map(|job| Some((job.period?, job)))
            .collect();
        reports.sort_by_key(|(kind, job)| (*kind, &job.name));
        let mut foresight = Foresight::default();
        for (kind, job) in reports {
            let period = kind.last_complete(self.end);
            let Some(shares) = self.shares(job, period)? else {
                foresight.note = Some("there was no time to try the reports of the longer periods");
                break;
            };
            for (table, share) in job.tables.iter().zip(shares) {
                let better = if share.is_most() { self.better(job, kind, table, share)? } else { None };
                let (job, table) = (job.name.clone(), table.name.clone());
                foresight.tables.push(Foreseen { job, table, period, share, better });
            }
        }
        Ok(foresight)
    }

    /// What each of the job's own tables would withhold; `None` when time is up.
    fn shares(&self, job: &JobSpec, period: Period) -> anyhow::Result<Option<Vec<Share>>> {
        if self.clock.elapsed().saturating_sub(self.start) > PATIENCE {
            return Ok(None);
        }
        let question = self.rehearsal.question(Universe::Sales, job, period)?;
        let answer = protect(question.request(), self.rehearsal.policy())?;
        let share =
            |spec: &TableSpec| answer.tables.iter().find(|table| table.name() == spec.name).map(Share::of);
        Ok(Some(job.tables.iter().filter_map(share).collect()))
    }

    /// The coarser table in its place that would show most, if one shows more.
    fn better(
        &self,
        job: &JobSpec,
        kind: PeriodKind,
        table: &TableSpec,
        share: Share,
    ) -> anyhow::Result<Option<Coarser>> {
        let mut best: Option<Coarser> = None;
        for (rows, columns, kind) in coarser(table, kind) {
            let tried = TableSpec { rows, columns, ..table.clone() };
            let mut changed = job.clone();
            for own in changed.tables.iter_mut().filter(|own| own.name == table.name) {
                *own = tried.clone();
            }
            let at = changed.tables.iter().position(|own| own.name == table.name);
            let period = kind.last_complete(self.end);
            let Some(shares) = self.shares(&changed, period)? else { break };
            let Some(&found) = at.and_then(|at| shares.get(at)) else { continue };
            if found.is_less_than(best.as_ref().map_or(share, |best| best.share)) {
                let TableSpec { rows, columns, .. } = tried;
                best = Some(Coarser { rows, columns, period, share: found });
            }
        }
        Ok(best)
    }
}

/// Tables one step coarser than this one, and itself over a longer period.
fn coarser(table: &TableSpec, kind: PeriodKind) -> Vec<(Vec<Dimension>, Vec<Dimension>, PeriodKind)> {
    let (rows, columns) = (&table.rows, &table.columns);
    let mut found: Vec<_> = shorter(rows)
        .filter(|rows| !rows.iter().any(|dimension| columns.contains(dimension)))
        .map(|rows| (rows, columns.clone(), kind))
        .collect();
    let fewer = shorter(columns).filter(|columns| !columns.iter().any(|dimension| rows.contains(dimension)));
    found.extend(fewer.map(|columns| (rows.clone(), columns, kind)));
    if !columns.is_empty() {
        found.push((rows.clone(), Vec::new(), kind));
    }
    found.retain(|(rows, ..)| !rows.is_empty());
    found.dedup();
    let longer = match kind {
        PeriodKind::Day => Some(PeriodKind::Week),
        PeriodKind::Week => Some(PeriodKind::Month),
        PeriodKind::Month => Some(PeriodKind::Quarter),
        PeriodKind::Quarter => Some(PeriodKind::Year),
        PeriodKind::Year => None,
    };
    found.extend(longer.map(|kind| (rows.clone(), columns.clone(), kind)));
    found
}

/// The hierarchy without its finest level, and with a coarser one in its place.
fn shorter(axis: &[Dimension]) -> impl Iterator<Item = Vec<Dimension>> {
    let (finest, rest) = axis.split_last().map_or((None, &[][..]), |(finest, rest)| (Some(*finest), rest));
    let without = finest.map(|_| rest.to_vec());
    let instead = finest.and_then(coarser_than).filter(|instead| !rest.contains(instead));
    without.into_iter().chain(instead.map(|instead| [rest, &[instead]].concat()))
}

fn coarser_than(dimension: Dimension) -> Option<Dimension> {
    match dimension {
        Dimension::Product => Some(Dimension::Brand),
        Dimension::Brand => Some(Dimension::Category),
        Dimension::Province => Some(Dimension::Region),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn tried(rows: &[Dimension], columns: &[Dimension]) -> Vec<String> {
        let (rows, columns) = (rows.to_vec(), columns.to_vec());
        let (name, title) = ("t".into(), BTreeMap::new());
        let table = TableSpec { name, title, rows, columns, measures: vec![], compare: false };
        let words = |axis: &[Dimension]| axis.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(",");
        let told = |(rows, columns, kind): (Vec<_>, Vec<_>, PeriodKind)| {
            format!("{}/{} {}", words(&rows), words(&columns), kind.as_str())
        };
        coarser(&table, PeriodKind::Day).into_iter().map(told).collect()
    }

    #[test]
    fn what_is_coarser_names_nothing_twice_and_has_rows() {
        use Dimension::{Brand, Channel, Product, Province, Region};
        assert_eq!(tried(&[Province], &[]), ["region/ day", "province/ week"]);
        assert_eq!(tried(&[Region, Province], &[]), ["region/ day", "region,province/ week"]);
        assert_eq!(
            tried(&[Product], &[Brand, Channel]),
            ["product/brand day", "product/ day", "product/brand,channel week"]
        );
        assert_eq!(tried(&[Channel], &[]), ["channel/ week"]);
    }

    #[test]
    fn most_is_more_than_half() {
        let share = |cells, withheld| Share { cells, withheld };
        assert!(share(3, 2).is_most() && !share(2, 1).is_most() && !share(0, 0).is_most());
        assert_eq!((share(38, 27).per_cent(), share(0, 0).per_cent()), (71, 0));
        assert!(share(4, 1).is_less_than(share(3, 2)) && !share(0, 0).is_less_than(share(3, 2)));
    }
}
