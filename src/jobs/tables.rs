//! The tables of a report's key figures, what each is summed from, and how the ledger of releases has them.

use std::collections::BTreeMap;

use anyhow::Context;
use jiff::civil::{Date, date};

use super::particulars::{Books, Particulars};
use crate::disclosure::{CellStatus, ProtectedTable, RecordedTable};
use crate::domain::cell::{CellDefinition, Measure, RecordedCell, Universe};
use crate::domain::entry::Dimension;
use crate::domain::period::Period;
use crate::facts::{self, Page};
use crate::report::{self, CellTable, Cells, Shape, Window};
use crate::settings::TableSpec;

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

/// The universes that a report tells of, in the order they are protected and recorded in.
pub(super) fn universes(report: &Particulars) -> Vec<Universe> {
    let told =
        [(report.tells.of_sales(), Universe::Sales), (report.tells.of_complaints(), Universe::Complaints)];
    told.into_iter().filter(|(is_told, _)| *is_told).map(|(_, universe)| universe).collect()
}

/// The tables of one universe.
pub(super) fn tables(universe: Universe, report: &Particulars) -> Vec<CellTable> {
    match universe {
        Universe::Sales => of_sales(&report.tables, report.period),
        Universe::Complaints => of_complaints(report.period),
    }
}

fn of_sales(own: &[TableSpec], period: Period) -> Vec<CellTable> {
    let windows = report::windows(period);
    let headline = HEADLINE.iter().map(|(name, measures)| CellTable {
        name: (*name).to_owned(),
        shape: Shape::Windows(windows.clone()),
        measures: measures.to_vec(),
    });
    let sections = own.iter().map(|table| CellTable {
        name: table.name.clone(),
        shape: groups(&table.rows, &table.columns, period),
        measures: table.measures.clone(),
    });
    let late = CellTable {
        name: LATE.to_owned(),
        shape: groups(&[Dimension::BelongsTo], &[], period),
        measures: vec![Measure::Net],
    };
    headline.chain(sections).chain([late]).collect()
}

fn of_complaints(period: Period) -> Vec<CellTable> {
    let windows = report::windows(period);
    // What is open is a stock: it has no beginning, and the running windows end with the period's.
    let to_date = |window: &&Window| window.until < period.until() || window.name == "this";
    let stocks = windows.iter().filter(to_date).map(|window| Window { from: BEGINNING, ..window.clone() });
    let stocks: Vec<Window> = stocks.collect();
    let key = COMPLAINT_KEY.iter().map(|&(name, measure)| CellTable {
        name: name.to_owned(),
        shape: Shape::Windows(if measure.is_stock() { stocks.clone() } else { windows.clone() }),
        measures: vec![measure],
    });
    let tables = COMPLAINT_TABLES.iter().map(|&(name, rows, columns, measures)| CellTable {
        name: name.to_owned(),
        shape: groups(rows, columns, period),
        measures: measures.to_vec(),
    });
    key.chain(tables).collect()
}

fn groups(rows: &[Dimension], columns: &[Dimension], period: Period) -> Shape {
    Shape::Groups {
        rows: rows.to_vec(),
        columns: columns.to_vec(),
        from: period.first(),
        until: period.until(),
    }
}

/// The days that a report on `period` with these tables sums over, and those of the earlier cells.
fn days(period: Period, tables: &[CellTable], earlier: &[RecordedCell]) -> (Date, Date) {
    let spans = tables
        .iter()
        .flat_map(|table| table.shape.spans())
        .chain(earlier.iter().map(|cell| (cell.definition.from, cell.definition.until)));
    spans
        .fold((period.first(), period.until()), |(first, until), span| (first.min(span.0), until.max(span.1)))
}

/// Those of the pages that the report's own figures are summed from.
pub(super) fn pages_summed<'a>(report: &Particulars, pages: &'a [Page]) -> Vec<&'a Page> {
    let (first, until) = days(report.period, &tables(Universe::Sales, report), &[]);
    let is_summed = |page: &&Page| report.tells.of_sales() && page.from < until && first < page.until;
    pages.iter().filter(is_summed).collect()
}

/// The cells of a universe's tables, over every day that they or cells of earlier releases sum over.
pub(super) fn cells(
    universe: Universe,
    books: Books<'_>,
    period: Period,
    tables: &[CellTable],
    earlier: &[RecordedCell],
) -> anyhow::Result<Cells> {
    match universe {
        Universe::Sales => {
            let (first, until) = days(period, tables, earlier);
            let frame = facts::load(books.directory, books.pages, first, until)
                .context("failed to read the sealed pages")?;
            Ok(report::cells(&frame, tables, earlier)?)
        }
        Universe::Complaints => Ok(report::complaint_cells(books.lines, tables, earlier)?),
    }
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
            let cell =
                RecordedCell { definition: definition.clone(), measures: table.measures.clone(), shown };
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
        let same = released.iter().map(|cell| (&cell.definition, &cell.measures));
        anyhow::ensure!(
            same.eq(definitions.iter().map(|definition| (definition, &table.measures))),
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
