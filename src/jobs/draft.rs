//! A report before it is released: facts, and lines of complaints -> cells -> protected tables -> document -> guard. Preview and
//! release share it, so that a preview is what would be sent; and a past release is made again by the same
//! steps, with its recorded pattern in the place of disclosure control.

use std::borrow::Cow;
use std::collections::BTreeSet;

use anyhow::Context;

use super::books::Books;
use super::complaint_section::ComplaintSection;
use super::control::{self, Ledger, Question, WitnessChange};
use super::dispatch::Dispatch;
use super::egress;
use super::house::House;
use super::memory;
use super::particulars::{Ingredients, Particulars};
use super::recipients;
use super::tables::{self, HEADLINE, LATE, TREND};
use crate::disclosure::{self, ProtectedTable, Summary};
use crate::document::{self, Lagging, LeftOut, Report, Section};
use crate::domain::cell::RecordedCell;
use crate::domain::complaint::ComplaintLine;
use crate::domain::period::Period;
use crate::domain::rendered::Rendered;
use crate::mail::Hit;
use crate::report::Asked;
use crate::settings::JobSpec;
use crate::store;

/// Everything of a report but its recipients.
pub struct Draft {
    pub rendered: Rendered,
    /// The same without its attachments, when with them it is too long to be sent.
    pub shortened: Option<Rendered>,
    pub(super) left_out: Option<LeftOut>,
    /// Whether a threshold of its job is crossed, or may be.
    pub is_crossed: bool,
    /// The cells of every table, shown or withheld, as the ledger of releases keeps them.
    pub cells: Vec<(String, RecordedCell)>,
    /// What its release changes of the ledger's witnesses.
    pub(super) witnesses: Vec<WitnessChange>,
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
    pub fn parts(&self) -> Vec<(&str, Cow<'_, [u8]>)> {
        parts(&self.rendered)
    }
}

/// Every part of a report with the name of its file.
pub(super) fn parts(rendered: &Rendered) -> Vec<(&str, Cow<'_, [u8]>)> {
    let mut parts = vec![("report.txt", Cow::Borrowed(rendered.text.as_bytes()))];
    parts.extend(rendered.html_beside_images().map(|html| ("report.html", Cow::Owned(html.into_bytes()))));
    let files = rendered.images.iter().chain(&rendered.attachments);
    parts.extend(files.map(|part| (part.file_name.as_str(), Cow::Borrowed(part.bytes.as_slice()))));
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
    let particulars = Particulars::of(house, from)?;
    let Protected { tables, recorded, witnesses, summary } = protect(house, &particulars, from.books)?;
    // Who contributed is not needed any longer, and setting a long document takes as much.
    memory::give_back();
    let figures = (tables.as_slice(), from.books.lines);
    let Printed { rendered, is_crossed } = render(&particulars, figures, None)?;
    let left_out = left_out(house, from, &rendered)?;
    let places = places(&tables);
    let mut hits = egress::guard(house, &rendered, &places)?;
    let mut shortened = None;
    if left_out.is_some() {
        let without = render(&particulars, figures, left_out)?.rendered;
        hits.extend(egress::guard(house, &without, &places)?);
        shortened = Some(without);
    }
    Ok(Draft {
        rendered,
        shortened,
        left_out,
        is_crossed,
        cells: recorded,
        witnesses,
        summary,
        hits,
        particulars,
    })
}

/// What passed disclosure control.
#[derive(Default)]
struct Protected {
    tables: Vec<ProtectedTable>,
    recorded: Vec<(String, RecordedCell)>,
    witnesses: Vec<WitnessChange>,
    summary: Summary,
}

/// Each universe by itself, against the earlier cells of its own: nothing adds up across them.
fn protect(house: &House, particulars: &Particulars, books: Books<'_>) -> anyhow::Result<Protected> {
    let ledger = house.store.read(|reader| {
        let mut ledger = Ledger::of(reader.recorded_cells()?);
        ledger.add_witnesses(reader.witnesses()?);
        Ok::<_, store::Error>(ledger)
    })?;
    let policy = control::policy(&house.settings.disclosure)?;
    let mut protected = Protected::default();
    let scope = particulars.scope();
    for universe in scope.universes() {
        let question = Question::new(universe, scope, &house.settings.jobs, (books, &ledger))?;
        let protection = disclosure::protect(question.request(), &policy)
            .context("disclosure control could not make this report safe, so it is not released")?;
        protected.recorded.extend(question.recorded(&protection));
        protected.witnesses.push(question.witnesses(&protection, books)?);
        protected.tables.extend(protection.tables);
        protected.summary.add(&protection.summary);
    }
    Ok(protected)
}

/// A shown figure of a release that its sealed pages, or the lines of its complaints, do not give.
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

/// A report that was released, made again from its pages, the lines of its complaints and the cells recorded of it;
/// or the shown figures that those do not give.
///
/// # Errors
/// When a page cannot be read, or the books have other cells than the release.
pub(super) fn rebuild(
    particulars: &Particulars,
    books: Books<'_>,
    recorded: Vec<(String, RecordedCell)>,
    left_out: Option<LeftOut>,
) -> anyhow::Result<Result<Rebuilt, Vec<WrongFigure>>> {
    let mut by_table = tables::by_table(recorded);
    let (mut made, mut wrong) = (Vec::new(), Vec::new());
    let scope = particulars.scope();
    for universe in scope.universes() {
        let tables = scope.tables(universe);
        let asked = Asked { tables: &tables, ..Asked::default() };
        let cells = tables::cells(universe, books, asked)?;
        let shown = tables::take_shown(&tables, &cells, &mut by_table)?;
        match disclosure::reproduce(&cells.request, &shown)? {
            Ok(again) => made.extend(again),
            Err(differing) => wrong.extend(differing.into_iter().map(|it| WrongFigure {
                table: tables[it.table].name.clone(),
                place: tables::place(&cells.definitions[it.table][it.cell]),
                released: it.released,
                found: it.found,
            })),
        }
    }
    if let Some(table) = by_table.keys().next() {
        anyhow::bail!("table {table} was released and is not in the manifest");
    }
    if !wrong.is_empty() {
        return Ok(Err(wrong));
    }
    let figures = (made.as_slice(), books.lines);
    let full = render(particulars, figures, None)?.rendered;
    let mailed = left_out.map(|left_out| render(particulars, figures, Some(left_out))).transpose()?;
    Ok(Ok(Rebuilt { mailed: mailed.map_or_else(|| full.clone(), |printed| printed.rendered), full }))
}

/// Names a report's mail and its folder.
pub(super) fn purpose(job: &JobSpec, period: Period) -> String {
    format!("{}.{}", job.name, period.to_string().to_lowercase())
}

/// Who gets a report: nobody where its job mails it only when a threshold is crossed, and none is.
pub fn addressees(house: &House, job: &JobSpec, draft: &Draft) -> Vec<String> {
    let is_mailed = draft.is_crossed || !job.only_when_crossed;
    if is_mailed { recipients::of_job(house, job) } else { Vec::new() }
}

/// The message that `address` would get now.
pub fn message(
    house: &House,
    job: &JobSpec,
    (period, draft): (Period, &Draft),
    address: &str,
) -> anyhow::Result<Vec<u8>> {
    let purpose = purpose(job, period);
    Dispatch { house, purpose: &purpose, date: house.now() }.preview(draft.mailed(), address)
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
    (tables, lines): (&[ProtectedTable], &[ComplaintLine]),
    left_out: Option<LeftOut>,
) -> anyhow::Result<Printed> {
    let named = |name: &str| tables.iter().find(|table| table.name() == name);
    let headline: Vec<&ProtectedTable> = HEADLINE.iter().filter_map(|(name, _)| named(name)).collect();
    let sections: Vec<Section<'_>> = from
        .tables
        .iter()
        .filter_map(|spec| {
            let table = named(&spec.name)?;
            let before = named(&tables::before(&spec.name)).filter(|table| !table.is_withheld());
            Some(Section { title: &spec.title, rows: &spec.rows, columns: &spec.columns, table, before })
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
    let section = from.tells.of_complaints().then(|| ComplaintSection::of(from, tables, lines));
    let report = Report {
        business: &from.business,
        colour: from.colour,
        logo: from.logo.as_deref(),
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
        trend: named(TREND).filter(|table| !table.is_withheld()),
        thresholds: &from.thresholds,
        late: named(LATE).filter(|table| has_late(table)),
        complaints: section.as_ref().and_then(ComplaintSection::told),
        data_as_of: from.data_as_of,
        reconciliation: &from.reconciliation,
        audience: from.audience.as_deref(),
        minimum_contributors: from.minimum_contributors,
        formats: &from.formats,
        program: &from.program,
        left_out,
    };
    Ok(Printed {
        is_crossed: document::is_any_crossed(&report)?,
        rendered: document::render(&report, from.language)?,
    })
}

/// A report in its forms.
struct Printed {
    rendered: Rendered,
    /// Whether a threshold is crossed.
    is_crossed: bool,
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
