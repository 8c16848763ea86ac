//! A report as texts, in reading order: the one source of the HTML, the text part and the PDF, so that
//! they cannot differ in a figure.

use serde::Serialize;

use super::complaints::{self, ComplaintFigures};
use super::figure::{Change, Figure};
use super::footer;
use super::grid::Grid;
use super::headline;
use super::key_line::{self, KeyLine};
use super::note::Note;
use super::numbers::{NOTHING, Numbers};
use super::report::{Report, Window};
use super::room::Room;
use super::tables::{self, CellText, RowView, TableView};
use super::texts::Texts;
use super::trend::{TrendFigures, TrendView};
use super::{Error, alerts, dates, movers, names, remarks};
use crate::domain::rendered::cid;

/// A report laid out as figures: what the page and the workbook are both made from.
pub struct Figures<'a> {
    pub lines: Vec<KeyLine>,
    pub grids: Vec<Grid<'a>>,
    pub late: Option<Grid<'a>>,
    pub trend: Option<TrendFigures>,
    pub complaints: Option<ComplaintFigures<'a>>,
}

impl<'a> Figures<'a> {
    /// # Errors
    /// [`Error::UnknownMeasure`] when a table measures what no report knows.
    pub fn of(report: &Report<'a>, texts: &Texts) -> Result<Self, Error> {
        let complaints =
            report.complaints.map(|complaints| ComplaintFigures::of(&complaints, texts)).transpose()?;
        let alone = complaints.as_ref().filter(|_| !report.tells_of_sales());
        Ok(Self {
            lines: match alone {
                Some(complaints) => complaints.lines.clone(),
                None => headline::lines(report, texts)?,
            },
            grids: report
                .sections
                .iter()
                .map(|section| Grid::of_section(section, texts))
                .collect::<Result<_, _>>()?,
            late: report
                .late
                .map(|table| Grid::of_late_bookings(table, texts))
                .transpose()?
                .filter(|grid| !grid.rows.is_empty()),
            trend: TrendFigures::of(report),
            complaints,
        })
    }

    fn withheld(&self, report: &Report<'_>) -> (usize, usize) {
        let of_complaints = self.complaints.iter().flat_map(|complaints| &complaints.grids);
        let grids = self.grids.iter().chain(&self.late).chain(of_complaints).map(Grid::withheld);
        let of_trend = self.trend.iter().map(TrendFigures::withheld);
        grids
            .chain(of_trend)
            .fold(footer::withheld_in_headline(report), |sum, grid| (sum.0 + grid.0, sum.1 + grid.1))
    }
}

/// The figure that stands above all others.
#[derive(Clone, Debug, Serialize)]
pub struct Hero {
    pub label: String,
    pub value: CellText,
    pub comparisons: Vec<Comparison>,
}

/// An earlier figure and the change against it.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    pub against: String,
    pub base: CellText,
    /// `None` when nothing may be derived.
    pub change: Option<String>,
    /// `good`, `bad` or `plain`.
    pub tone: &'static str,
}

#[derive(Clone, Debug, Serialize)]
pub struct KeyRow {
    pub label: String,
    pub value: CellText,
    pub comparisons: Vec<Comparison>,
}

#[derive(Clone, Debug, Serialize)]
pub struct KeyTable {
    pub title: String,
    pub head: String,
    /// The name of the period.
    pub now: String,
    pub against: Vec<String>,
    pub rows: Vec<KeyRow>,
}

/// The shop's colour, and where its pictures are found.
#[derive(Clone, Debug, Serialize)]
pub struct Look {
    pub colour: String,
    pub colour_for_dark: String,
    pub pale: String,
    pub logo: Option<String>,
    pub trend: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Page {
    pub language: &'static str,
    pub look: Look,
    pub subject: String,
    pub shop: String,
    pub title: String,
    pub period: String,
    pub range: String,
    pub provisional: Option<String>,
    /// Why the attachments are missing, and how to get them.
    pub left_out: Option<String>,
    /// Thresholds that are crossed.
    pub alerts: Vec<String>,
    pub sentence: String,
    pub hero: Option<Hero>,
    pub key: Option<KeyTable>,
    pub trend: Option<TrendView>,
    /// Against the same days from Tết.
    pub by_tet: Option<TableView>,
    pub running: Option<TableView>,
    pub movers: Vec<TableView>,
    pub tables: Vec<TableView>,
    /// Names the tables there is no room for.
    pub more_tables: Option<String>,
    pub late: Option<TableView>,
    pub complaints: Vec<TableView>,
    pub legend: Option<String>,
    pub attached: Option<String>,
    pub notes_title: String,
    pub notes: Vec<Note>,
    pub definitions_title: String,
    pub definitions: Vec<Note>,
    /// `Trang 1/2`, with `PAGE` and `PAGES` where the numbers stand.
    pub page_of: String,
}

impl Page {
    /// Lays a report out in words, as far as there is room.
    ///
    /// # Errors
    /// [`Error::UnknownMeasure`] when a table measures what no report knows.
    pub fn new(
        report: &Report<'_>,
        figures: &Figures<'_>,
        room: Room,
        texts: &Texts,
        numbers: &Numbers<'_>,
    ) -> Result<Self, Error> {
        let view = |grid: &Grid<'_>| tables::view(grid, room, report, texts, numbers);
        let key = key_table(report, &figures.lines, texts, numbers);
        let running = running(&figures.lines, texts, numbers);
        let by_tet = by_tet(report, &figures.lines, texts, numbers);
        let trend = figures.trend.as_ref().map(|trend| trend.view(report, texts, numbers));
        let sections: Vec<TableView> = figures.grids.iter().take(room.tables).map(view).collect();
        let late =
            figures.late.as_ref().map(|grid| TableView { lead: Some(texts.say("late-note")), ..view(grid) });
        let complaints =
            figures.complaints.as_ref().map(|it| it.views(report, room, texts, numbers)).unwrap_or_default();
        let withheld = figures.withheld(report);
        let printed = trend.iter().map(|trend| &trend.table).chain(&by_tet).chain(&running);
        let views = printed.chain(&sections).chain(&late).chain(&complaints);
        let printed_withheld = { views }.any(tables::has_withheld)
            || figures.lines.iter().any(|line| line.figures.contains(&Figure::Withheld));
        Ok(Self {
            language: texts.code(),
            look: Look::of(report),
            subject: headline::subject(report, texts, numbers)?,
            shop: names::clean(report.business),
            title: texts.local(report.title).to_owned(),
            period: dates::period(report.period, texts),
            range: dates::range(report.period.first(), report.period.last()),
            provisional: remarks::provisional(report, texts),
            left_out: remarks::left_out(report, texts, numbers),
            alerts: alerts::lines(report, texts, numbers)?,
            sentence: headline::sentence(report, texts, numbers)?,
            hero: key.as_ref().and_then(hero),
            key,
            trend,
            by_tet,
            running,
            movers: figures
                .grids
                .iter()
                .filter_map(|grid| movers::view(grid, report, texts, numbers))
                .collect(),
            tables: sections,
            more_tables: remarks::more_tables(
                report,
                figures.grids.get(room.tables..).unwrap_or_default(),
                texts,
            ),
            late,
            complaints,
            legend: printed_withheld.then(|| complaints::legend(report, texts)),
            attached: remarks::attached(report, texts).filter(|_| report.left_out.is_none()),
            notes_title: texts.say("provenance"),
            notes: footer::notes(report, withheld, texts, numbers)?,
            definitions_title: texts.say("definitions"),
            definitions: footer::definitions(report, texts)?,
            page_of: texts.fill("page-of", [("page", "PAGE".into()), ("pages", "PAGES".into())]),
        })
    }
}

impl Look {
    fn of(report: &Report<'_>) -> Self {
        Self {
            colour: report.colour.to_string(),
            colour_for_dark: report.colour.for_dark().to_string(),
            pale: report.colour.pale().to_string(),
            logo: report.logo.map(|_| cid(super::LOGO)),
            trend: cid(super::TREND),
        }
    }
}

/// The first key figure, which is net sales wherever they are asked for.
fn hero(key: &KeyTable) -> Option<Hero> {
    let first = key.rows.first()?;
    let comparisons =
        first.comparisons.iter().filter(|comparison| comparison.change.is_some()).cloned().collect();
    Some(Hero { label: first.label.clone(), value: first.value.clone(), comparisons })
}

fn key_table(
    report: &Report<'_>,
    lines: &[KeyLine],
    texts: &Texts,
    numbers: &Numbers<'_>,
) -> Option<KeyTable> {
    let has = |window| lines.iter().any(|line| line.figure(window) != Figure::Absent);
    if !has(Window::This) {
        return None;
    }
    let windows: Vec<Window> =
        [Window::Previous, Window::LastYear].into_iter().filter(|&window| has(window)).collect();
    let against = |window| texts.fill("against", [("base", key_line::base(report, window, texts).into())]);
    let rows = lines
        .iter()
        .map(|line| KeyRow {
            label: line.label.clone(),
            value: CellText::new(line.figure(Window::This), line.is_money, numbers),
            comparisons: windows
                .iter()
                .map(|&window| comparison(line, window, against(window), numbers))
                .collect(),
        })
        .collect();
    Some(KeyTable {
        title: texts.say("key-figures"),
        head: texts.say("key-figure"),
        now: dates::period(report.period, texts),
        against: windows.iter().map(|&window| against(window)).collect(),
        rows,
    })
}

fn comparison(line: &KeyLine, window: Window, against: String, numbers: &Numbers<'_>) -> Comparison {
    let base = line.figure(window);
    let change = Change::between(line.figure(Window::This), base);
    let tone = match change {
        Change::Tenths(tenths) if line.more_is_better && tenths > 0 => "good",
        Change::Tenths(tenths) if line.more_is_better && tenths < 0 => "bad",
        Change::New if line.more_is_better => "good",
        _ => "plain",
    };
    let base = CellText::new(base, line.is_money, numbers);
    Comparison { against, base, change: numbers.change(change), tone }
}

/// Against the days that lay as far from Tết the year before.
fn by_tet(report: &Report<'_>, lines: &[KeyLine], texts: &Texts, numbers: &Numbers<'_>) -> Option<TableView> {
    let known = lines.iter().filter(|line| line.figure(Window::LastTet) != Figure::Absent);
    let rows: Vec<RowView> = known
        .map(|line| {
            let Comparison { base, change, tone, .. } =
                comparison(line, Window::LastTet, String::new(), numbers);
            let state = match tone {
                "good" => "up",
                "bad" => "down",
                _ => "nothing",
            };
            let change = CellText { text: change.unwrap_or_else(|| NOTHING.to_owned()), state };
            RowView {
                name: line.label.clone(),
                kind: "leaf",
                cells: vec![base, change],
                ..RowView::default()
            }
        })
        .collect();
    (!rows.is_empty()).then(|| TableView {
        title: texts.say("by-tet"),
        lead: Some(texts.say("by-tet-note")),
        head: texts.say("key-figure"),
        heads: vec![
            key_line::base(report, Window::LastTet, texts),
            texts.fill("against", [("base", texts.say("by-tet-base").into())]),
        ],
        rows,
        ..TableView::default()
    })
}

/// Month- and year-to-date.
fn running(lines: &[KeyLine], texts: &Texts, numbers: &Numbers<'_>) -> Option<TableView> {
    let windows: Vec<Window> = [Window::MonthToDate, Window::YearToDate]
        .into_iter()
        .filter(|&window| lines.iter().any(|line| line.figure(window) != Figure::Absent))
        .collect();
    if windows.is_empty() {
        return None;
    }
    let rows = lines
        .iter()
        .filter(|line| windows.iter().any(|&window| line.figure(window) != Figure::Absent))
        .map(|line| RowView {
            name: line.label.clone(),
            kind: "leaf",
            cells: windows
                .iter()
                .map(|&window| CellText::new(line.figure(window), line.is_money, numbers))
                .collect(),
            ..RowView::default()
        })
        .collect();
    Some(TableView {
        title: texts.say("running"),
        head: texts.say("key-figure"),
        heads: windows.iter().map(|window| texts.say(&format!("window-{}", window.as_str()))).collect(),
        rows,
        ..TableView::default()
    })
}
