//! A report before it is released: facts -> cells -> protected tables -> document -> guard. Preview and
//! release share it, so that a preview is what would be sent; and a past release is made again by the same
//! steps, with its recorded pattern in the place of disclosure control.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context;
use jiff::civil::Date;

use super::dispatch::Dispatch;
use super::egress;
use super::house::House;
use super::particulars::{Ingredients, Particulars};
use super::recipients;
use crate::disclosure::{self, CellStatus, Dominance, Policy, ProtectedTable, RecordedTable, Summary};
use crate::document::{self, Lagging, LeftOut, Report, Section};
use crate::domain::cell::{CellDefinition, Measure, RecordedCell};
use crate::domain::entry::Dimension;
use crate::domain::period::Period;
use crate::domain::rendered::Rendered;
use crate::facts::{self, Page};
use crate::mail::Hit;
use crate::report::{self, CellTable, Cells, Shape};
use crate::settings::JobSpec;

/// Everything of a report but its recipients.
pub struct Draft {
    pub rendered: Rendered,
    /// The same without its attachments, when with them it is too long to be sent.
    pub shortened: Option<Rendered>,
    pub(super) left_out: Option<LeftOut>,
    /// The cells of every table, shown or withheld, as the ledger of releases keeps them.
    pub cells: Vec<(String, RecordedCell)>,
    pub summary: Summary,
    /// What the egress guard found; a draft with hits is never sent.
    pub hits: Vec<Hit>,
    /// All that the report says besides its figures.
    pub(super) particulars: Particulars,
}

impl Draft {
    /// What is mailed.
    pub fn mailed(&self) -> &Rendered {
        self.shortened.as_ref().unwrap_or(&self.rendered)
    }

    /// Every part with the name of its file.
    pub fn parts(&self) -> Vec<(&str, &[u8])> {
        parts(&self.rendered)
    }
}

/// Every part of a report with the name of its file.
pub(super) fn parts(rendered: &Rendered) -> Vec<(&str, &[u8])> {
    let mut parts = vec![("report.txt", rendered.text.as_bytes())];
    parts.extend(rendered.html.as_deref().map(|html| ("report.html", html.as_bytes())));
    let attached = rendered.attachments.iter();
    parts.extend(attached.map(|part| (part.file_name.as_str(), part.bytes.as_slice())));
    parts
}

/// Why there is no draft.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    #[error("the period {0} is not over yet")]
    NotOver(Period),
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

pub fn draft(house: &House, from: &Ingredients<'_>) -> Result<Draft, DraftError> {
    let earlier = house.store.read(|reader| reader.recorded_cells()).map_err(anyhow::Error::from)?;
    let particulars = Particulars::of(house, from)?;
    let tables = tables(&particulars);
    let cells = cells((from.directory, from.pages), particulars.period, &tables, &earlier)?;
    let protection = disclosure::protect(&cells.request, &policy(house)?)
        .context("disclosure control could not make this report safe, so it is not released")?;
    let rendered = render(&particulars, &protection.tables, None)?;
    let left_out = left_out(house, from, &rendered)?;
    let places = places(&protection.tables);
    let mut hits = egress::guard(house, &rendered, &places)?;
    let mut shortened = None;
    if left_out.is_some() {
        let without = render(&particulars, &protection.tables, left_out)?;
        hits.extend(egress::guard(house, &without, &places)?);
        shortened = Some(without);
    }
    Ok(Draft {
        rendered,
        shortened,
        left_out,
        cells: recorded(&tables, &cells, &protection.tables),
        summary: protection.summary,
        hits,
        particulars,
    })
}

/// A shown figure of a release that its sealed pages do not give.
pub(super) struct WrongFigure {
    pub table: String,
    /// What the cell is of; nothing for the total.
    pub place: String,
    pub released: Vec<i64>,
    pub found: Vec<i64>,
}

/// A report made again: in full, as it is kept, and as it was mailed.
pub(super) struct Rebuilt {
    pub full: Rendered,
    pub mailed: Rendered,
}

/// A report that was released, made again from its pages (and their directory) and the cells recorded of it; or
/// the shown figures that the pages do not give.
///
/// # Errors
/// When a page cannot be read, or the pages have other cells than the release.
pub(super) fn rebuild(
    particulars: &Particulars,
    pages: (&Path, &[Page]),
    recorded: Vec<(String, RecordedCell)>,
    left_out: Option<LeftOut>,
) -> anyhow::Result<Result<Rebuilt, Vec<WrongFigure>>> {
    let tables = tables(particulars);
    let cells = cells(pages, particulars.period, &tables, &[])?;
    let shown = shown(&tables, &cells, recorded)?;
    let again = match disclosure::reproduce(&cells.request, &shown)? {
        Ok(again) => again,
        Err(differing) => {
            let wrong = |it: disclosure::Differs| WrongFigure {
                table: tables[it.table].name.clone(),
                place: place(&cells.definitions[it.table][it.cell]),
                released: it.released,
                found: it.found,
            };
            return Ok(Err(differing.into_iter().map(wrong).collect()));
        }
    };
    let full = render(particulars, &again, None)?;
    let mailed = left_out.map(|left_out| render(particulars, &again, Some(left_out))).transpose()?;
    Ok(Ok(Rebuilt { mailed: mailed.unwrap_or_else(|| full.clone()), full }))
}

/// The recorded figures in the order of the tables' cells, which must be the recorded ones.
fn shown(
    tables: &[CellTable],
    cells: &Cells,
    recorded: Vec<(String, RecordedCell)>,
) -> anyhow::Result<Vec<RecordedTable>> {
    let mut by_table: BTreeMap<String, Vec<RecordedCell>> = BTreeMap::new();
    for (table, cell) in recorded {
        by_table.entry(table).or_default().push(cell);
    }
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
    match by_table.keys().next() {
        Some(table) => anyhow::bail!("table {table} was released and is not in the manifest"),
        None => Ok(shown),
    }
}

/// `2026-11-16..2026-11-23 brand=Citizen`.
fn place(definition: &CellDefinition) -> String {
    let fixed = definition.fixed.iter().map(|(dimension, value)| format!(" {}={value}", dimension.as_str()));
    format!("{}..{}{}", definition.from, definition.until, fixed.collect::<String>())
}

/// The key figures' tables, in order of worth: what comes first is shown first. The refunds stand apart
/// from the sales, for they have few contributors and one pattern serves all measures of a table.
const HEADLINE: [(&str, &[Measure]); 4] = [
    ("headline", &[Measure::Net, Measure::Orders, Measure::Units]),
    ("composition", &[Measure::Gross, Measure::Discounts]),
    ("new-customers", &[Measure::NewCustomers]),
    ("returns", &[Measure::Refunds, Measure::Cancellations]),
];

/// What arrived late, by the month it belongs to.
const LATE: &str = "late-bookings";

fn tables(report: &Particulars) -> Vec<CellTable> {
    let period = report.period;
    let windows = report::windows(period);
    let groups = |rows: &[Dimension], columns: &[Dimension]| Shape::Groups {
        rows: rows.to_vec(),
        columns: columns.to_vec(),
        from: period.first(),
        until: period.until(),
    };
    let headline = HEADLINE.iter().map(|(name, measures)| CellTable {
        name: (*name).to_owned(),
        shape: Shape::Windows(windows.clone()),
        measures: measures.to_vec(),
    });
    let sections = report.tables.iter().map(|table| CellTable {
        name: table.name.clone(),
        shape: groups(&table.rows, &table.columns),
        measures: table.measures.clone(),
    });
    let late = CellTable {
        name: LATE.to_owned(),
        shape: groups(&[Dimension::BelongsTo], &[]),
        measures: vec![Measure::Net],
    };
    headline.chain(sections).chain([late]).collect()
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
pub(super) fn pages_summed<'a>(particulars: &Particulars, pages: &'a [Page]) -> Vec<&'a Page> {
    let (first, until) = days(particulars.period, &tables(particulars), &[]);
    pages.iter().filter(|page| page.from < until && first < page.until).collect()
}

/// Loads every day that a cell of this report or of an earlier release sums over.
fn cells(
    (directory, pages): (&Path, &[Page]),
    period: Period,
    tables: &[CellTable],
    earlier: &[RecordedCell],
) -> anyhow::Result<Cells> {
    let (first, until) = days(period, tables, earlier);
    let frame = facts::load(directory, pages, first, until).context("failed to read the sealed pages")?;
    Ok(report::cells(&frame, tables, earlier)?)
}

/// # Errors
/// A percentage that is none; settings have checked it.
fn policy(house: &House) -> anyhow::Result<Policy> {
    let settings = &house.settings.disclosure;
    let dominance = |&(n, k): &(u32, f64)| -> anyhow::Result<Dominance> {
        Ok(Dominance { n: n.try_into()?, k: k.try_into()? })
    };
    Ok(Policy {
        minimum_contributors: settings.minimum_contributors.into(),
        p_percent: settings.p_percent.try_into()?,
        dominance: settings.dominance.iter().map(dominance).collect::<anyhow::Result<_>>()?,
        implied_cells: settings.implied_cells,
        insiders: settings.insiders,
        // Net sales, orders and units come first.
        headlines: 1,
        ..Policy::default()
    })
}

/// Names a report's mail and its folder.
pub(super) fn purpose(job: &JobSpec, period: Period) -> String {
    format!("{}.{}", job.name, period.to_string().to_lowercase())
}

/// Whether the report is too long to be mailed with its attachments.
fn left_out(house: &House, from: &Ingredients<'_>, rendered: &Rendered) -> anyhow::Result<Option<LeftOut>> {
    let purpose = purpose(from.job, from.period);
    // Every date is as long as any other.
    let dispatch = Dispatch { house, purpose: &purpose, date: from.data_as_of };
    let size = dispatch.too_long(rendered, &recipients::of_job(house, from.job))?;
    Ok(size.map(|size| LeftOut { size, limit: house.settings.mail.size_limit }))
}

/// The report in full, or without the attachments that are `left_out`.
fn render(
    from: &Particulars,
    tables: &[ProtectedTable],
    left_out: Option<LeftOut>,
) -> anyhow::Result<Rendered> {
    let named = |name: &str| tables.iter().find(|table| table.name() == name);
    let headline: Vec<&ProtectedTable> = HEADLINE.iter().filter_map(|(name, _)| named(name)).collect();
    let sections: Vec<Section<'_>> = from
        .tables
        .iter()
        .filter_map(|spec| {
            let table = named(&spec.name)?;
            Some(Section { title: &spec.title, rows: &spec.rows, columns: &spec.columns, table })
        })
        .collect();
    let lagging: Vec<Lagging<'_>> = from
        .lagging
        .iter()
        .map(|behind| Lagging {
            source: behind.source.as_str(),
            complete_until: behind.complete_until,
            why: behind.why,
        })
        .collect();
    let report = Report {
        business: &from.business,
        currency: &from.currency,
        zone: &from.time_zone()?,
        zone_name: &from.zone,
        basis: from.count_orders_on,
        job: from.job.as_str(),
        title: &from.title,
        period: from.period,
        lagging: &lagging,
        headline: &headline,
        sections: &sections,
        late: named(LATE).filter(|table| has_late(table)),
        data_as_of: from.data_as_of,
        reconciliation: &from.reconciliation,
        audience: from.audience.as_deref(),
        minimum_contributors: from.minimum_contributors,
        formats: &from.formats,
        program: &from.program,
        left_out,
    };
    Ok(document::render(&report, from.language)?)
}

/// Whether anything but what was on time stands in the table of late bookings.
fn has_late(table: &ProtectedTable) -> bool {
    table.cells().iter().any(|cell| cell.place().iter().flatten().any(|code| !code.is_empty()))
}

/// Every group that a table names.
fn places(tables: &[ProtectedTable]) -> BTreeSet<&str> {
    let cells = tables.iter().flat_map(|table| table.cells());
    cells.flat_map(|cell| cell.place().iter().flatten()).map(String::as_str).collect()
}

fn recorded(
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
