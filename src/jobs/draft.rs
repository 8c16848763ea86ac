//! A report before it is released: facts -> cells -> protected tables -> document -> guard. Preview and
//! release share it, so that a preview is what would be sent.

use std::collections::BTreeSet;

use anyhow::Context;
use jiff::Timestamp;

use super::house::House;
use crate::disclosure::{self, CellStatus, Policy, ProtectedTable, Summary};
use crate::document::{self, Reconciliation, Report, Section};
use crate::domain::cell::{Measure, RecordedCell};
use crate::domain::period::Period;
use crate::domain::rendered::Rendered;
use crate::facts::{self, Page};
use crate::mail::{self, Hit};
use crate::report::{self, CellTable, Cells, Shape};
use crate::settings::{JobSpec, Language};

/// Everything of a report but its recipients.
pub struct Draft {
    pub rendered: Rendered,
    /// The cells of every table, shown or withheld, as the ledger of releases keeps them.
    pub cells: Vec<(String, RecordedCell)>,
    pub summary: Summary,
    /// What the egress guard found; a draft with hits is never sent.
    pub hits: Vec<Hit>,
}

impl Draft {
    /// Every part with the name of its file.
    pub fn parts(&self) -> Vec<(&str, &[u8])> {
        let mut parts = vec![("report.txt", self.rendered.text.as_bytes())];
        parts.extend(self.rendered.html.as_deref().map(|html| ("report.html", html.as_bytes())));
        parts.extend(self.rendered.attachments.iter().map(|part| (part.file_name.as_str(), part.bytes.as_slice())));
        parts
    }
}

/// Why there is no draft.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    #[error("the period {0} is not over yet")]
    NotOver(Period),
    #[error("{0:#}")]
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
    /// When the completeness gate was left without every source: why.
    pub provisional: Option<String>,
    /// Every source's data is in up to here.
    pub data_as_of: Timestamp,
}

pub fn draft(house: &House, from: &Ingredients<'_>) -> Result<Draft, DraftError> {
    let earlier = house.store.read(|reader| reader.recorded_cells()).map_err(anyhow::Error::from)?;
    let tables = tables(from.job, from.period);
    let cells = cells(from, &tables, &earlier)?;
    let protection = disclosure::protect(&cells.request, &policy(house))
        .context("disclosure control could not make this report safe, so it is not released")?;
    let rendered = render(house, from, &protection.tables)?;
    let hits = guard(house, &rendered, &protection.tables)?;
    Ok(Draft { rendered, cells: recorded(&tables, &cells, &protection.tables), summary: protection.summary, hits })
}

/// The report's own tables, headline first: what comes first is shown first. The refunds stand apart
/// from the sales, for they have few contributors and one pattern serves all measures of a table.
fn tables(job: &JobSpec, period: Period) -> Vec<CellTable> {
    let windows = report::windows(period);
    let headline = |name: &str, measures: &[Measure]| CellTable {
        name: name.to_owned(),
        shape: Shape::Windows(windows.clone()),
        measures: measures.to_vec(),
    };
    let mut tables = vec![
        headline(document::HEADLINE, &[Measure::Net, Measure::Orders, Measure::Units]),
        headline(document::COMPOSITION, &[Measure::Gross, Measure::Discounts]),
        headline(document::NEW_CUSTOMERS, &[Measure::NewCustomers]),
        headline(document::RETURNS, &[Measure::Refunds, Measure::Cancellations]),
    ];
    tables.extend(job.tables.iter().map(|table| CellTable {
        name: table.name.clone(),
        shape: Shape::Groups {
            rows: table.rows.clone(),
            columns: table.columns.clone(),
            from: period.first(),
            until: period.until(),
        },
        measures: table.measures.clone(),
    }));
    tables
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
    let frame = facts::load(from.directory, from.pages, first, until).context("failed to read the sealed pages")?;
    Ok(report::cells(&frame, tables, earlier)?)
}

fn policy(house: &House) -> Policy {
    let settings = &house.settings.disclosure;
    Policy {
        minimum_contributors: settings.minimum_contributors,
        p_percent: settings.p_percent,
        dominance: settings.dominance.iter().map(|&(n, k)| disclosure::Dominance { n, k }).collect(),
        implied_cells: settings.implied_cells,
        insiders: settings.insiders,
        ..Policy::default()
    }
}

fn render(house: &House, from: &Ingredients<'_>, tables: &[ProtectedTable]) -> anyhow::Result<Rendered> {
    let business = &house.settings.business;
    let language = business.language;
    let code = match language {
        Language::Vi => "vi",
        Language::En => "en",
    };
    let title = from.job.title.get(code).map_or(from.job.name.as_str(), String::as_str);
    let named = |name: &str| tables.iter().find(|table| table.name() == name);
    let sections: Vec<Section<'_>> = from
        .job
        .tables
        .iter()
        .filter_map(|spec| {
            let table = named(&spec.name)?;
            let title = spec.title.get(code).map_or(spec.name.as_str(), String::as_str);
            Some(Section { title, rows: &spec.rows, columns: &spec.columns, table })
        })
        .collect();
    let reconciliation = reconciliation(house, from.period)?;
    let report = Report {
        business: &business.name,
        title,
        period: from.period,
        currency: &business.currency,
        zone: &business.zone,
        zone_name: &business.zone_name,
        basis: business.count_orders_on,
        provisional: from.provisional.as_deref(),
        headline: named(document::HEADLINE).context("the headline table is missing")?,
        composition: named(document::COMPOSITION),
        new_customers: named(document::NEW_CUSTOMERS),
        returns: named(document::RETURNS),
        sections: &sections,
        late: None,
        data_as_of: from.data_as_of,
        reconciliation: &reconciliation,
        recipients: &from.job.recipients,
        formats: &from.job.formats,
    };
    Ok(document::render(&report, language)?)
}

/// Rows that did not become sales. They are counts of what is wrong with the data, not of customers.
fn reconciliation(house: &House, period: Period) -> anyhow::Result<Reconciliation> {
    let zone = &house.settings.business.zone;
    let start = period.first().to_zoned(zone.clone())?.timestamp();
    let end = period.end(zone);
    house.store.read(|reader| {
        Ok(Reconciliation {
            excluded: reader.orders_not_counted(start, end)?,
            rejected: reader.rejected_counts()?.iter().map(|count| count.open).sum(),
        })
    })
}

fn guard(house: &House, rendered: &Rendered, tables: &[ProtectedTable]) -> anyhow::Result<Vec<Hit>> {
    let mut allowed: BTreeSet<String> = tables
        .iter()
        .flat_map(|table| table.cells())
        .flat_map(|cell| cell.place().iter().flatten().cloned())
        .collect();
    allowed.insert(house.settings.business.name.clone());
    let allowed: Vec<String> = allowed.into_iter().collect();
    house
        .store
        .read(|reader| {
            let known = |kind, text: &str| {
                reader.is_known_identifier(kind, &house.vault.blind(kind, text).0).unwrap_or(true)
            };
            Ok::<_, crate::store::Error>(mail::guard(rendered, &allowed, &known))
        })
        .context("failed to look up identifiers")
}

fn recorded(tables: &[CellTable], cells: &Cells, protected: &[ProtectedTable]) -> Vec<(String, RecordedCell)> {
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
