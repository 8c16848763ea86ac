//! The tables of a report's key figures, what each is summed from, and how the ledger of releases has them.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};

use super::books::Books;
use crate::disclosure::{CellStatus, ProtectedTable, RecordedTable};
use crate::domain::cell::{CellDefinition, Measure, RecordedCell, Universe};
use crate::domain::entry::Dimension;
use crate::domain::period::{Period, PeriodKind};
use crate::facts::{self, Page};
use crate::report::{self, Asked, CellTable, Cells, Shape, Window};
use crate::settings::{JobSpec, TableSpec, Tells};

/// The key figures' tables, in order of worth: what comes first is shown first. The refunds stand apart
/// from the sales, for they have few contributors and one pattern serves all measures of a table.
pub(super) const HEADLINE: [(&str, &[Measure]); 4] = [
    ("headline", &[Measure::Net, Measure::Orders, Measure::Units]),
    ("composition", &[Measure::Gross, Measure::Discounts]),
    ("new-customers", &[Measure::NewCustomers]),
    ("returns", &[Measure::Refunds, Measure::Cancellations]),
];

/// What arrived late, by the month it belongs to.
pub(super) const LATE: &str = "late-bookings";

/// Net sales step by step, for the chart.
pub(super) const TREND: &str = "trend";

/// The name of the table that `table` is compared with: the same rows in the period before.
pub(super) fn before(table: &str) -> String {
    format!("{table}/previous")
}

/// The key figures of complaints, likewise; each alone, for few complaints are closed and fewer are open. (No name
/// of a job's own table has a slash.)
pub(super) const COMPLAINT_KEY: [(&str, Measure); 4] = [
    ("complaints/opened", Measure::Opened),
    ("complaints/closed", Measure::Closed),
    ("complaints/open", Measure::Open),
    // Else whoever knows the others could work it out, however small.
    ("complaints/reopened", Measure::Reopened),
];

/// A table's name, rows, columns and measures.
type Cut = (&'static str, &'static [Dimension], &'static [Dimension], &'static [Measure]);

/// What complaints are cut by below their key figures.
const COMPLAINT_TABLES: [Cut; 5] = [
    ("complaints/opened-by-kind", BY_KIND, &[], &[Measure::Opened]),
    ("complaints/closed-by-kind", BY_KIND, &[Dimension::Timeliness], &[Measure::Closed]),
    ("complaints/on-time", BY_CLOCK, &[], &[Measure::OnTime]),
    ("complaints/breached", BY_CLOCK, &[], &[Measure::Breached]),
    ("complaints/compensation", BY_LEVEL, &[], &[Measure::Compensation, Measure::Compensations]),
];

const BY_KIND: &[Dimension] = &[Dimension::ComplaintKind];
const BY_CLOCK: &[Dimension] = &[Dimension::Clock, Dimension::ComplaintKind];
const BY_LEVEL: &[Dimension] = &[Dimension::DamageLevel];

/// No complaint is older.
const BEGINNING: Date = date(1970, 1, 1);

/// What a report's figures are of.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub tells: Tells,
    /// Its own tables of sales, besides the key figures.
    pub own: &'a [TableSpec],
    /// Whether sales are told step by step, too.
    pub trend: bool,
    pub period: Period,
}

impl<'a> Scope<'a> {
    pub fn of_job(job: &'a JobSpec, period: Period) -> Self {
        Self { tells: job.tells, own: &job.tables, trend: job.trend, period }
    }

    /// The universes that the report tells of, in the order they are protected and recorded in.
    pub fn universes(self) -> Vec<Universe> {
        [Universe::Sales, Universe::Complaints].into_iter().filter(|it| tells_of(self.tells, *it)).collect()
    }

    /// The tables of one universe, in order of worth.
    pub fn tables(self, universe: Universe) -> Vec<CellTable> {
        let mut tables = key(universe, &report::windows(self.period), self.period);
        match universe {
            Universe::Sales => {
                tables.extend(self.own.iter().map(|table| CellTable {
                    name: table.name.clone(),
                    shape: groups(&table.rows, &table.columns, self.period),
                    measures: table.measures.clone(),
                }));
                tables.push(CellTable {
                    name: LATE.to_owned(),
                    shape: groups(&[Dimension::BelongsTo], &[], self.period),
                    measures: vec![Measure::Net],
                });
                tables.extend(self.trend().into_iter().chain(self.compared()));
            }
            Universe::Complaints => {
                tables.extend(COMPLAINT_TABLES.iter().map(|&(name, rows, columns, measures)| CellTable {
                    name: name.to_owned(),
                    shape: groups(rows, columns, self.period),
                    measures: measures.to_vec(),
                }));
            }
        }
        tables
    }

    /// In a house with daily and monthly reports its steps are their key figures, and tell nothing new.
    fn trend(self) -> Option<CellTable> {
        let windows = if self.trend { report::trend_windows(self.period) } else { Vec::new() };
        (!windows.is_empty()).then(|| CellTable {
            name: TREND.to_owned(),
            shape: Shape::Windows(windows),
            measures: vec![Measure::Net],
        })
    }

    /// What tables are compared with: their first measure by row, which the report before has shown where there was one.
    fn compared(self) -> impl Iterator<Item = CellTable> {
        let compared = self.own.iter().filter(|table| table.compare);
        compared.map(move |table| CellTable {
            name: before(&table.name),
            shape: groups(&table.rows, &[], self.period.previous()),
            measures: table.measures.iter().take(1).copied().collect(),
        })
    }
}

pub(super) fn tells_of(tells: Tells, universe: Universe) -> bool {
    match universe {
        Universe::Sales => tells.of_sales(),
        Universe::Complaints => tells.of_complaints(),
    }
}

/// The key figures of a report on `period`, over the given windows.
///
/// What runs from the month's or the year's beginning is told of a day for the headline alone. How much of it were
/// discounts and refunds changes with few people from one day to the next: told every day, it would bring all that is
/// withheld since that beginning into question again, and be withheld itself most of the time.
pub(super) fn key(universe: Universe, windows: &[Window], period: Period) -> Vec<CellTable> {
    let table = |name: &str, windows: &[Window], measures: &[Measure]| CellTable {
        name: name.to_owned(),
        shape: Shape::Windows(windows.to_vec()),
        measures: measures.to_vec(),
    };
    if universe == Universe::Sales {
        let is_of_a_day = period.kind() == Some(PeriodKind::Day);
        let is_running = |window: &&Window| ["month-to-date", "year-to-date"].contains(&window.name.as_str());
        let others: Vec<Window> =
            windows.iter().filter(|window| !is_of_a_day || !is_running(window)).cloned().collect();
        let of = |(at, &(name, measures)): (usize, &(&str, &[Measure]))| {
            table(name, if at == 0 { windows } else { &others }, measures)
        };
        return HEADLINE.iter().enumerate().map(of).collect();
    }
    // Complaints do not come and go with Tết.
    let windows: Vec<Window> = windows.iter().filter(|window| window.name != "last-tet").cloned().collect();
    let windows = windows.as_slice();
    // What is open is a stock: it has no beginning, and the running windows end with the period's.
    let to_date = |window: &&Window| window.until < period.until() || window.name == "this";
    let stocks = windows.iter().filter(to_date).map(|window| Window { from: BEGINNING, ..window.clone() });
    let stocks: Vec<Window> = stocks.collect();
    let of = |&(name, measure): &(&str, Measure)| {
        table(name, if measure.is_stock() { &stocks } else { windows }, &[measure])
    };
    COMPLAINT_KEY.iter().map(of).collect()
}

fn groups(rows: &[Dimension], columns: &[Dimension], period: Period) -> Shape {
    Shape::Groups {
        rows: rows.to_vec(),
        columns: columns.to_vec(),
        from: period.first(),
        until: period.until(),
    }
}

/// The days that tables on `period` ask about.
fn days(period: Period, tables: &[CellTable]) -> (Date, Date) {
    let spans = tables.iter().flat_map(|table| table.shape.spans());
    spans
        .fold((period.first(), period.until()), |(first, until), span| (first.min(span.0), until.max(span.1)))
}

/// Those of the pages that the report's own figures are summed from.
pub(super) fn pages_summed<'a>(scope: Scope<'_>, pages: &'a [Page]) -> Vec<&'a Page> {
    let tables = scope.tables(Universe::Sales);
    let (first, until) = days(scope.period, &tables);
    let is_summed = |page: &&Page| scope.tells.of_sales() && page.from < until && first < page.until;
    pages.iter().filter(is_summed).collect()
}

/// The cells of a universe's tables and of earlier releases.
pub(super) fn cells(universe: Universe, books: Books<'_>, asked: Asked<'_>) -> anyhow::Result<Cells> {
    match universe {
        Universe::Sales => {
            facts::check_apart(books.pages)?;
            if let Some(elsewhere) = books.elsewhere
                && let Some(days) = days_summed(asked)
                && let Some(cells) = elsewhere.cells((books.directory, books.pages), days, asked)?
            {
                return Ok(cells);
            }
            report::cells(&books, asked)
        }
        Universe::Complaints => Ok(report::complaint_cells(books.lines, asked)?),
    }
}

/// From the first to the last day that any cell sums over; `None` where no cell is asked for.
fn days_summed(asked: Asked<'_>) -> Option<(Date, Date)> {
    let tables = asked.tables.iter().chain(asked.reserved).flat_map(|table| table.shape.spans());
    let earlier = asked.earlier.iter().map(|cell| (cell.definition.from, cell.definition.until));
    tables.chain(earlier).reduce(|days, span| (days.0.min(span.0), days.1.max(span.1)))
}

/// The cells as the ledger of releases keeps them, each with the name of its table.
pub(super) fn recorded(
    tables: &[CellTable],
    cells: &Cells,
    protected: &[ProtectedTable],
) -> Vec<(String, RecordedCell)> {
    let mut recorded = Vec::new();
    for ((table, definitions), protected) in tables.iter().zip(&cells.definitions).zip(protected) {
        for (definition, cell) in definitions.iter().zip(protected.cells()) {
            let shown = match cell.status() {
                CellStatus::Safe | CellStatus::Empty => {
                    Some(cell.values().map_or_else(|| vec![0; table.measures.len()], <[i64]>::to_vec))
                }
                CellStatus::Primary | CellStatus::Secondary => None,
            };
            // What earlier releases tell already is no secret for later ones to keep.
            let told = cell.told_before();
            let kept = table.measures.iter().enumerate().filter(|(at, _)| !told.contains(at));
            let measures = kept.map(|(_, &measure)| measure).collect();
            let cell = RecordedCell { definition: definition.clone(), measures, shown };
            recorded.push((table.name.clone(), cell));
        }
    }
    recorded
}

/// The recorded figures by the tables they stand in.
pub(super) fn by_table(recorded: Vec<(String, RecordedCell)>) -> BTreeMap<String, Vec<RecordedCell>> {
    let mut by_table: BTreeMap<String, Vec<RecordedCell>> = BTreeMap::new();
    for (table, cell) in recorded {
        by_table.entry(table).or_default().push(cell);
    }
    by_table
}

/// Takes the figures of these tables out of the recorded ones, in the order of the tables' cells, which must be the
/// recorded ones.
pub(super) fn take_shown(
    tables: &[CellTable],
    cells: &Cells,
    by_table: &mut BTreeMap<String, Vec<RecordedCell>>,
) -> anyhow::Result<Vec<RecordedTable>> {
    let mut shown = Vec::with_capacity(tables.len());
    for (table, definitions) in tables.iter().zip(&cells.definitions) {
        let released = by_table.remove(&table.name).unwrap_or_default();
        let same = |(cell, definition): (&RecordedCell, &CellDefinition)| {
            let is_whole = cell.shown.is_none() || cell.measures == table.measures;
            let is_known = cell.measures.iter().all(|measure| table.measures.contains(measure));
            cell.definition == *definition && is_whole && is_known
        };
        anyhow::ensure!(
            released.len() == definitions.len() && released.iter().zip(definitions).all(same),
            "table {} has other cells than those released",
            table.name
        );
        shown.push(released.into_iter().map(|cell| cell.shown).collect());
    }
    Ok(shown)
}

/// `2026-11-16..2026-11-23 brand=Citizen`.
pub(super) fn place(definition: &CellDefinition) -> String {
    let fixed = definition.fixed.iter().map(|(dimension, value)| format!(" {}={value}", dimension.as_str()));
    format!("{}..{}{}", definition.from, definition.until, fixed.collect::<String>())
}
