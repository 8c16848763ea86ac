//! A report before it is released: facts -> cells -> protected tables -> document -> guard. Preview and
//! release share it, so that a preview is what would be sent.

use std::collections::BTreeSet;

use anyhow::Context;
use jiff::Timestamp;

use super::dispatch::Dispatch;
use super::egress;
use super::house::House;
use super::recipients;
use crate::disclosure::{self, CellStatus, Dominance, Policy, ProtectedTable, Summary};
use crate::document::{self, Lagging, LeftOut, Reconciliation, Report, Section};
use crate::domain::cell::{Measure, RecordedCell};
use crate::domain::entry::Dimension;
use crate::domain::ids::SourceName;
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
    /// The cells of every table, shown or withheld, as the ledger of releases keeps them.
    pub cells: Vec<(String, RecordedCell)>,
    pub summary: Summary,
    /// What the egress guard found; a draft with hits is never sent.
    pub hits: Vec<Hit>,
}

impl Draft {
    /// What is mailed.
    pub fn mailed(&self) -> &Rendered {
        self.shortened.as_ref().unwrap_or(&self.rendered)
    }

    /// Every part with the name of its file.
    pub fn parts(&self) -> Vec<(&str, &[u8])> {
        let mut parts = vec![("report.txt", self.rendered.text.as_bytes())];
        parts.extend(self.rendered.html.as_deref().map(|html| ("report.html", html.as_bytes())));
        parts.extend(
            self.rendered.attachments.iter().map(|part| (part.file_name.as_str(), part.bytes.as_slice())),
        );
        parts
    }
}

/// Why there is no draft.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    #[error("the period {0} is not over yet")]
    NotOver(Period),
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

/// What a draft is made of, besides the house.
pub struct Ingredients<'a> {
    pub job: &'a JobSpec,
    pub period: Period,
    /// Sealed pages up to the period's end, in order.
    pub pages: &'a [Page],
    /// Where they lie.
    pub directory: &'a std::path::Path,
    /// Sources that are behind when patience has run out, with how far they reach; the report is PROVISIONAL.
    pub lagging: &'a [(SourceName, Option<Timestamp>)],
    /// Every source's data is in up to here.
    pub data_as_of: Timestamp,
}

pub fn draft(house: &House, from: &Ingredients<'_>) -> Result<Draft, DraftError> {
    let earlier = house.store.read(|reader| reader.recorded_cells()).map_err(anyhow::Error::from)?;
    let tables = tables(from.job, from.period);
    let cells = cells(from, &tables, &earlier)?;
    let protection = disclosure::protect(&cells.request, &policy(house)?)
        .context("disclosure control could not make this report safe, so it is not released")?;
    let (rendered, shortened) = render(house, from, &protection.tables)?;
    let places = places(&protection.tables);
    let mut hits = egress::guard(house, &rendered, &places)?;
    if let Some(shortened) = &shortened {
        hits.extend(egress::guard(house, shortened, &places)?);
    }
    Ok(Draft {
        rendered,
        shortened,
        cells: recorded(&tables, &cells, &protection.tables),
        summary: protection.summary,
        hits,
    })
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

fn tables(job: &JobSpec, period: Period) -> Vec<CellTable> {
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
    let sections = job.tables.iter().map(|table| CellTable {
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

/// Loads every day that a cell of this report or of an earlier release sums over.
fn cells(from: &Ingredients<'_>, tables: &[CellTable], earlier: &[RecordedCell]) -> anyhow::Result<Cells> {
    let spans = tables
        .iter()
        .flat_map(|table| table.shape.spans())
        .chain(earlier.iter().map(|cell| (cell.definition.from, cell.definition.until)));
    let (first, until) = spans.fold((from.period.first(), from.period.until()), |(first, until), span| {
        (first.min(span.0), until.max(span.1))
    });
    let frame =
        facts::load(from.directory, from.pages, first, until).context("failed to read the sealed pages")?;
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

/// The report in full, and without its attachments when it is too long to be sent.
fn render(
    house: &House,
    from: &Ingredients<'_>,
    tables: &[ProtectedTable],
) -> anyhow::Result<(Rendered, Option<Rendered>)> {
    let business = &house.settings.business;
    let named = |name: &str| tables.iter().find(|table| table.name() == name);
    let headline: Vec<&ProtectedTable> = HEADLINE.iter().filter_map(|(name, _)| named(name)).collect();
    let sections: Vec<Section<'_>> = from
        .job
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
        .map(|(source, complete_until)| Lagging { source: source.as_str(), complete_until: *complete_until })
        .collect();
    let reconciliation = reconciliation(house, from.period)?;
    let report = Report {
        business: &business.name,
        currency: &business.currency,
        zone: &business.zone,
        zone_name: &business.zone_name,
        basis: business.count_orders_on,
        job: from.job.name.as_str(),
        title: &from.job.title,
        period: from.period,
        lagging: &lagging,
        headline: &headline,
        sections: &sections,
        late: named(LATE).filter(|table| has_late(table)),
        data_as_of: from.data_as_of,
        reconciliation: &reconciliation,
        audience: from.job.recipients.first().map(String::as_str),
        minimum_contributors: house.settings.disclosure.minimum_contributors,
        formats: &from.job.formats,
        left_out: None,
    };
    let rendered = document::render(&report, business.language)?;
    let shortened = shortened(house, from, &report, &rendered)?;
    Ok((rendered, shortened))
}

fn shortened(
    house: &House,
    from: &Ingredients<'_>,
    report: &Report<'_>,
    rendered: &Rendered,
) -> anyhow::Result<Option<Rendered>> {
    let purpose = purpose(from.job, from.period);
    // Every date is as long as any other.
    let dispatch = Dispatch { house, purpose: &purpose, date: from.data_as_of };
    let recipients = recipients::of_job(house, from.job);
    let Some(size) = dispatch.too_long(rendered, &recipients)? else { return Ok(None) };
    let left_out = Some(LeftOut { size, limit: house.settings.mail.size_limit });
    Ok(Some(document::render(&Report { left_out, ..*report }, house.settings.business.language)?))
}

/// Whether anything but what was on time stands in the table of late bookings.
fn has_late(table: &ProtectedTable) -> bool {
    table.cells().iter().any(|cell| cell.place().iter().flatten().any(|code| !code.is_empty()))
}

/// Rows that did not become sales. They are counts of what is wrong with the data, not of customers.
fn reconciliation(house: &House, period: Period) -> anyhow::Result<Reconciliation> {
    let zone = &house.settings.business.zone;
    let start = period.first().to_zoned(zone.clone())?.timestamp();
    let end = period.end(zone);
    house.store.read(|reader| {
        let placed = reader.orders_by_status(start, end)?;
        Ok(Reconciliation {
            rows_read: placed.values().sum(),
            excluded: placed.into_iter().filter(|(status, _)| !status.counts()).collect(),
            rejected: reader.rejected_counts()?.iter().map(|count| count.open).sum(),
        })
    })
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
