//! Tables as they are printed in the mail and the PDF: narrow enough for a phone, never cut silently.
//!
//! A table prints its first measure and up to two counts as columns. Its other measures and the first
//! measure by its columns stand in one line of small print under each row, which wraps at any width. What
//! is not printed at all is named under the table, with the file that has it.

use serde::Serialize;

use super::figure::Figure;
use super::grid::{Codes, Grid};
use super::names;
use super::numbers::{Numbers, WITHHELD};
use super::report::Report;
use super::room::Room;
use super::texts::Texts;
use crate::settings::Format;

/// More columns than this do not stand under a row.
const MOST_COLUMNS: usize = 6;
/// A longer label would push a phone's page wide.
const LONGEST_UNBROKEN: usize = 20;

/// A figure as text, and whether it is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CellText {
    pub text: String,
    /// `shown`, `withheld` or `nothing`; of a movement `up` or `down`.
    pub state: &'static str,
}

impl CellText {
    pub fn new(figure: Figure, is_money: bool, numbers: &Numbers<'_>) -> Self {
        let state = match figure {
            Figure::Shown(_) => "shown",
            Figure::Withheld => "withheld",
            Figure::Absent => "nothing",
        };
        Self { text: numbers.figure(figure, is_money), state }
    }
}

/// A printed table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TableView {
    pub title: String,
    /// Said above the table.
    pub lead: Option<String>,
    /// Above the names of the rows.
    pub head: String,
    /// Above the figures.
    pub heads: Vec<String>,
    pub rows: Vec<RowView>,
    /// Said under the table: what is not printed, and where it stands.
    pub notes: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RowView {
    pub name: String,
    /// 0 for a row that no subtotal stands above.
    pub depth: usize,
    /// `total`, `group` (rows stand below it) or `leaf`.
    pub kind: &'static str,
    pub cells: Vec<CellText>,
    pub detail: Option<String>,
    /// The first figure as a part of the largest at its level, in percent, where all of it is shown.
    pub bar: Option<u8>,
}

/// Prints a grid as far as there is room.
pub fn view(
    grid: &Grid<'_>,
    room: Room,
    report: &Report<'_>,
    texts: &Texts,
    numbers: &Numbers<'_>,
) -> TableView {
    let (columns, others) = split_measures(grid);
    let (rows, left_out) = grid.top(room.rows);
    let largest = rows
        .iter()
        .filter(|row| row.len() == 1 && !grid.stands_for_others(row))
        .filter_map(|row| grid.figure(row, &[], 0).shown())
        .max()
        .unwrap_or(0);
    let views = rows
        .iter()
        .map(|row| RowView {
            name: grid.row_name(row, texts),
            depth: row.len().saturating_sub(1),
            kind: kind(grid, row),
            cells: columns
                .iter()
                .map(|&at| CellText::new(grid.figure(row, &[], at), grid.measures[at].is_money(), numbers))
                .collect(),
            detail: detail(grid, row, &others, texts, numbers),
            bar: bar(grid, row, largest),
        })
        .collect();
    TableView {
        title: grid.title.clone(),
        lead: None,
        head: grid.row_head(texts),
        heads: columns.iter().map(|&at| names::measure(grid.measures[at], texts)).collect(),
        rows: views,
        notes: [
            names_of_others(grid, &rows, room.names, texts, numbers),
            notes(grid, left_out, report, texts, numbers),
        ]
        .concat(),
    }
}

/// Who the rows of others stand for.
fn names_of_others(
    grid: &Grid<'_>,
    rows: &[&Codes],
    most: usize,
    texts: &Texts,
    numbers: &Numbers<'_>,
) -> Vec<String> {
    let mut names: Vec<String> = rows.iter().flat_map(|row| grid.others(row, texts)).collect();
    names.sort();
    names.dedup();
    if names.is_empty() {
        return Vec::new();
    }
    let more = names.len().saturating_sub(most);
    names.truncate(most);
    let names = || names.join(", ").into();
    if more == 0 {
        return vec![texts.fill("others-are", [("names", names())])];
    }
    let more = i64::try_from(more).unwrap_or(i64::MAX);
    vec![texts.fill("others-are-and-more", [("names", names()), ("more", numbers.count(more).into())])]
}

/// (the measures that stand as columns, those in small print), as indices.
fn split_measures(grid: &Grid<'_>) -> (Vec<usize>, Vec<usize>) {
    let mut counts = 0;
    (0..grid.measures.len()).partition(|&at| {
        let count = at > 0 && !grid.measures[at].is_money();
        counts += usize::from(count);
        at == 0 || (count && counts <= 2)
    })
}

fn kind(grid: &Grid<'_>, row: &Codes) -> &'static str {
    match row.len() {
        0 => "total",
        depth if depth < grid.row_dimensions.len() && !grid.stands_for_others(row) => "group",
        _ => "leaf",
    }
}

fn detail(
    grid: &Grid<'_>,
    row: &Codes,
    others: &[usize],
    texts: &Texts,
    numbers: &Numbers<'_>,
) -> Option<String> {
    let mut parts: Vec<String> = others
        .iter()
        .map(|&at| {
            let measure = grid.measures[at];
            labelled(&names::measure(measure, texts), &numbers.of(grid.figure(row, &[], at), measure))
        })
        .collect();
    for column in columns_under_rows(grid) {
        let figure = grid.figure(row, column, 0);
        if figure != Figure::Absent {
            let name = grid.column_name(column, texts);
            parts.push(labelled(&name, &numbers.of(figure, grid.measures[0])));
        }
    }
    (!parts.is_empty()).then(|| parts.join(" · "))
}

/// A label and its figure, which must not part at a line's end; a long label may break in itself.
fn labelled(label: &str, figure: &str) -> String {
    let short = label.chars().count() <= LONGEST_UNBROKEN;
    let label = if short { label.replace(' ', "\u{a0}") } else { label.to_owned() };
    format!("{label}\u{a0}{figure}")
}

/// The coarsest columns, when they are few enough to stand under each row.
fn columns_under_rows<'g>(grid: &'g Grid<'_>) -> Vec<&'g Codes> {
    let coarse: Vec<&Codes> = grid.columns.iter().filter(|column| column.len() == 1).collect();
    if coarse.len() <= MOST_COLUMNS { coarse } else { Vec::new() }
}

fn bar(grid: &Grid<'_>, row: &Codes, largest: i64) -> Option<u8> {
    let value = grid.figure(row, &[], 0).shown()?;
    if row.len() != 1 || value <= 0 || grid.is_late || grid.stands_for_others(row) {
        return None;
    }
    let percent = i128::from(value) * 100 / i128::from(largest.max(value));
    u8::try_from(percent.max(1)).ok()
}

fn notes(
    grid: &Grid<'_>,
    left_out: usize,
    report: &Report<'_>,
    texts: &Texts,
    numbers: &Numbers<'_>,
) -> Vec<String> {
    let mut notes = Vec::new();
    if grid.rows.iter().all(Vec::is_empty) && !grid.is_late && !grid.row_dimensions.is_empty() {
        notes.push(texts.say("no-rows"));
    }
    if left_out > 0 {
        let count = i64::try_from(left_out).unwrap_or(i64::MAX);
        let arguments = [("rows", numbers.count(count).into()), ("count", count.into())];
        notes.push(if report.attaches(Format::Xlsx) {
            texts.fill("more-in-excel", arguments)
        } else if report.attaches(Format::Pdf) {
            texts.fill("more-in-pdf", arguments)
        } else {
            texts.fill("more-left-out", arguments)
        });
    }
    let by_columns = grid.columns.iter().any(|column| !column.is_empty());
    let printed = !columns_under_rows(grid).is_empty();
    let whole = printed && grid.measures.len() == 1 && grid.columns.iter().all(|column| column.len() < 2);
    if by_columns && !whole {
        let arguments = [("columns", grid.column_head(texts).to_lowercase().into())];
        notes.push(match (report.attaches(Format::Xlsx), printed) {
            (true, true) => texts.fill("other-in-excel", arguments),
            (true, false) => texts.fill("columns-in-excel", arguments),
            (false, _) => texts.fill("columns-left-out", arguments),
        });
    }
    notes
}

/// Whether anything printed is withheld, so that the mark must be explained.
pub fn has_withheld(view: &TableView) -> bool {
    view.rows.iter().any(|row| {
        row.cells.iter().any(|cell| cell.state == "withheld")
            || row.detail.as_ref().is_some_and(|detail| detail.contains(WITHHELD))
    })
}
