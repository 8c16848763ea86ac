//! What a report says of complaints: a section of a sales report, or a report of its own.
//!
//! The key figures of the section stand in one table, with those before and a year before beside them; in a report of
//! complaints they stand where those of sales do.

use std::borrow::Cow;

use super::Error;
use super::dates;
use super::figure::Figure;
use super::grid::{self, Grid, Part};
use super::key_line::{self, KeyLine};
use super::names;
use super::note::Note;
use super::numbers::{Numbers, WITHHELD};
use super::report::{AGE_LIMITS, ClockTimes, Complaints, Report, Window};
use super::room::Room;
use super::tables::{self, CellText, RowView, TableView};
use super::texts::Texts;
use crate::disclosure::{ProtectedCell, ProtectedFigure, ProtectedTable};
use crate::domain::cell::Measure;
use crate::domain::complaint::Clock;
use crate::domain::entry::{Dimension, ON_TIME};

/// The order managers read them in.
const ORDER: [Measure; 4] = [Measure::Opened, Measure::Closed, Measure::Open, Measure::Reopened];

const HOUR: i64 = 3_600;

/// The section as figures: what the page and the workbook are both made from.
pub struct ComplaintFigures<'a> {
    pub title: String,
    pub lines: Vec<KeyLine>,
    pub grids: Vec<Grid<'a>>,
    pub times: Vec<ClockTimes>,
    oldest: Option<ProtectedFigure>,
}

/// Every protected table of the section that is printed.
pub fn printed<'a>(complaints: &Complaints<'a>) -> impl Iterator<Item = &'a ProtectedTable> {
    let Complaints { opened, closed, on_time, breached, compensation, .. } = *complaints;
    // A table of nothing but its total says no more than the key figures.
    let cut = [opened, closed, on_time, breached, compensation];
    complaints.key.iter().copied().chain(cut.into_iter().filter(|table| table.cells().len() > 1))
}

/// The tables as they are printed. A grid's total over all clocks would add answers to resolutions, and is left out.
fn grids<'a>(complaints: &Complaints<'a>, texts: &Texts) -> Vec<Grid<'a>> {
    let resolution = || Clock::Resolution.as_str().to_owned();
    let kept = rows(complaints.on_time, 0, &[])
        .filter(|(row, _)| row.first().is_some_and(|clock| *clock != resolution()))
        .chain(
            rows(complaints.closed, 0, &[ON_TIME])
                .map(|(row, figure)| (Cow::Owned([vec![resolution()], row.into_owned()].concat()), figure)),
        );
    let missed = rows(complaints.breached, 0, &[]).filter(|(row, _)| !row.is_empty());
    let of_table = |measure, table, at| (measure, rows(table, at, &[]).collect());
    let parts: [(&str, &'static [Dimension], Vec<Part<'a>>); 3] = [
        (
            "complaints-by-kind",
            &[Dimension::ComplaintKind],
            vec![
                of_table(Measure::Opened, complaints.opened, 0),
                of_table(Measure::Closed, complaints.closed, 0),
            ],
        ),
        (
            "complaints-by-clock",
            &[Dimension::Clock, Dimension::ComplaintKind],
            vec![(Measure::OnTime, kept.collect()), (Measure::Breached, missed.collect())],
        ),
        (
            "complaints-compensation",
            &[Dimension::DamageLevel],
            vec![
                of_table(Measure::Compensation, complaints.compensation, 0),
                of_table(Measure::Compensations, complaints.compensation, 1),
            ],
        ),
    ];
    let grid = |(title, rows, parts)| Grid::of_parts(texts.say(title), rows, parts);
    let grids = parts.into_iter().map(grid);
    grids.filter(|grid: &Grid<'_>| grid.rows.iter().any(|row| !row.is_empty())).collect()
}

/// The rows of a table at one of its columns (none: over all of them), with one of its measures.
fn rows<'a>(
    table: &'a ProtectedTable,
    measure: usize,
    column: &'static [&'static str],
) -> impl Iterator<Item = (Cow<'a, [String]>, Figure)> {
    let at_column = move |cell: &&ProtectedCell| cell.place().get(1).map_or(&[][..], Vec::as_slice) == column;
    let row = |cell: &'a ProtectedCell| cell.place().first().map_or(&[][..], Vec::as_slice);
    let cells = table.cells().iter().filter(at_column);
    cells.map(move |cell| (Cow::Borrowed(row(cell)), grid::figure(cell, measure)))
}

impl<'a> ComplaintFigures<'a> {
    /// # Errors
    /// [`Error::UnknownMeasure`] when a table measures what no report knows.
    pub fn of(complaints: &Complaints<'a>, texts: &Texts) -> Result<Self, Error> {
        let mut lines = Vec::new();
        for measure in ORDER {
            let Some(figures) = key_line::figures_of(complaints.key, measure)? else { continue };
            let label = names::measure(measure, texts);
            lines.push(KeyLine { label, is_money: false, more_is_better: false, figures });
        }
        let grids = grids(complaints, texts);
        let title = texts.say("complaints-title");
        Ok(Self { title, lines, grids, times: complaints.times.to_vec(), oldest: complaints.oldest })
    }

    /// The tables as they are printed.
    pub fn views(
        &self,
        report: &Report<'_>,
        room: Room,
        texts: &Texts,
        numbers: &Numbers<'_>,
    ) -> Vec<TableView> {
        let key = report.tells_of_sales().then(|| self.key(report, texts, numbers));
        let grids = self.grids.iter().map(|grid| tables::view(grid, room, report, texts, numbers));
        // Where there is no room for tables, none for these either; what they say stands in the files.
        let grids = grids.take(room.tables);
        key.into_iter().chain(grids).chain(self.durations(report, texts, numbers)).collect()
    }

    fn key(&self, report: &Report<'_>, texts: &Texts, numbers: &Numbers<'_>) -> TableView {
        // Of a year the one before is last year's.
        let is_other = |window: &Window| {
            *window != Window::LastYear || report.period.previous() != report.period.last_year()
        };
        let windows: Vec<Window> =
            [Window::This, Window::Previous, Window::LastYear].into_iter().filter(is_other).collect();
        let running = [Window::MonthToDate, Window::YearToDate];
        let row = |line: &KeyLine| {
            let told = running.into_iter().filter(|&window| line.figure(window) != Figure::Absent);
            let told: Vec<String> = told
                .map(|window| {
                    let figure = numbers.figure(line.figure(window), false);
                    format!("{}\u{a0}{figure}", key_line::base(report, window, texts).replace(' ', "\u{a0}"))
                })
                .collect();
            RowView {
                name: line.label.clone(),
                kind: "leaf",
                cells: windows
                    .iter()
                    .map(|&window| CellText::new(line.figure(window), false, numbers))
                    .collect(),
                detail: (!told.is_empty()).then(|| told.join(" · ")),
                ..RowView::default()
            }
        };
        TableView {
            title: self.title.clone(),
            head: texts.say("key-figure"),
            heads: windows.iter().map(|&window| key_line::base(report, window, texts)).collect(),
            rows: self.lines.iter().map(row).collect(),
            ..TableView::default()
        }
    }

    /// How long it took, and how long the oldest waits; `None` when nothing is to be said of either.
    fn durations(&self, report: &Report<'_>, texts: &Texts, numbers: &Numbers<'_>) -> Option<TableView> {
        let row = |times: &ClockTimes| RowView {
            name: names::value(Some(Dimension::Clock), times.clock.as_str(), texts),
            kind: "leaf",
            cells: [times.median, times.most].map(|time| duration(time, texts, numbers)).into(),
            ..RowView::default()
        };
        let rows: Vec<RowView> = self.times.iter().map(row).collect();
        let minimum = i64::from(report.minimum_contributors);
        let is_withheld = self.times.iter().any(|times| times.median.is_none() || times.most.is_none());
        let withheld = is_withheld.then(|| {
            let arguments =
                [("median", numbers.count(2 * minimum).into()), ("most", numbers.count(10 * minimum).into())];
            texts.fill("times-withheld", arguments)
        });
        let view = TableView {
            title: texts.say("times-title"),
            head: texts.say("dimension-clock"),
            heads: vec![texts.say("times-median"), texts.say("times-most")],
            rows,
            notes: withheld.into_iter().chain(self.oldest_text(texts)).collect(),
            ..TableView::default()
        };
        (!view.rows.is_empty() || !view.notes.is_empty()).then_some(view)
    }

    /// The age of the oldest open one, as far as it is told.
    pub fn oldest_text(&self, texts: &Texts) -> Option<String> {
        let band = usize::try_from(self.oldest?.value()).ok()?;
        let limit = |at: usize| AGE_LIMITS.get(at).map(ToString::to_string);
        Some(match (band.checked_sub(1).and_then(limit), limit(band)) {
            (None, Some(until)) => texts.fill("oldest-up-to", [("until", until.into())]),
            (Some(from), Some(until)) => {
                texts.fill("oldest-between", [("from", from.into()), ("until", until.into())])
            }
            (from, None) => texts.fill("oldest-over", [("from", from.unwrap_or_default().into())]),
        })
    }
}

/// `5 hours`, `2½ days`: rounded to these before it came here.
fn duration(time: Option<ProtectedFigure>, texts: &Texts, numbers: &Numbers<'_>) -> CellText {
    let Some(time) = time else { return CellText { text: WITHHELD.to_owned(), state: "withheld" } };
    let hours = time.value() / HOUR;
    let said = |key: &str, figure: String, count: i64| {
        texts.fill(key, [("figure", figure.into()), ("count", count.into())])
    };
    let text = match hours {
        0 => texts.say("time-under-an-hour"),
        1..48 => said("time-hours", numbers.count(hours), hours),
        _ => {
            let half = if hours % 24 == 0 { "" } else { "½" };
            said("time-days", format!("{}{half}", numbers.count(hours / 24)), hours / 24)
        }
    };
    CellText { text, state: "shown" }
}

/// `1stwatch · Tháng 10/2026: khiếu nại mới 38, đã giải quyết 35`.
///
/// # Errors
/// [`Error::UnknownMeasure`] when a table measures what no report knows.
pub fn subject(report: &Report<'_>, texts: &Texts, numbers: &Numbers<'_>) -> Result<String, Error> {
    let arguments = [
        ("shop", names::clean(report.business).into()),
        ("period", dates::period(report.period, texts).into()),
        ("opened", now(report, Measure::Opened, texts, numbers)?.into()),
        ("closed", now(report, Measure::Closed, texts, numbers)?.into()),
    ];
    Ok(texts.fill("subject-complaints", arguments))
}

/// # Errors
/// [`Error::UnknownMeasure`] when a table measures what no report knows.
pub fn sentence(report: &Report<'_>, texts: &Texts, numbers: &Numbers<'_>) -> Result<String, Error> {
    let arguments = [
        ("period", dates::period(report.period, texts).into()),
        ("opened", now(report, Measure::Opened, texts, numbers)?.into()),
        ("closed", now(report, Measure::Closed, texts, numbers)?.into()),
        ("open", now(report, Measure::Open, texts, numbers)?.into()),
    ];
    Ok(texts.fill("sentence-complaints", arguments))
}

/// The period's figure, or that it is withheld.
fn now(report: &Report<'_>, measure: Measure, texts: &Texts, numbers: &Numbers<'_>) -> Result<String, Error> {
    let key = report.complaints.map_or(&[][..], |complaints| complaints.key);
    let figure = key_line::figures_of(key, measure)?.map_or(Figure::Absent, |figures| figures[0]);
    Ok(match figure {
        Figure::Withheld => texts.say("withheld-word"),
        told => numbers.figure(told, false),
    })
}

/// What the mark of a withheld figure means.
pub fn legend(report: &Report<'_>, texts: &Texts) -> String {
    let key = if report.tells_of_sales() { "withheld-legend" } else { "withheld-legend-complaints" };
    texts.say(key)
}

/// What no measure of the list defines.
pub fn definitions(texts: &Texts) -> Vec<Note> {
    let note = |label: &str, text: &str| Note { label: texts.say(label), text: texts.say(text) };
    vec![note("times-title", "define-times"), note("complaints-late", "define-complaints-late")]
}

/// The keys that this file chooses between, for the test of the texts.
#[cfg(test)]
pub fn families() -> Vec<String> {
    [
        "complaints-by-clock",
        "complaints-compensation",
        "complaints-by-kind",
        "withheld-legend",
        "withheld-legend-complaints",
        "times-title",
        "define-times",
        "complaints-late",
        "define-complaints-late",
    ]
    .map(str::to_owned)
    .into()
}
