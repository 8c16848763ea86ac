//! What moved most against the period before: groups of the tables that are compared.
//!
//! Invariant: a group is ranked by two shown figures, now and before; one of which either is withheld is not ranked, so
//! that its place tells nothing.

use super::dates;
use super::figure::{Change, Figure};
use super::grid::{Codes, Grid};
use super::names;
use super::numbers::Numbers;
use super::report::Report;
use super::tables::{CellText, RowView, TableView};
use super::texts::Texts;

/// So many that rose, and so many that fell.
const MOST: usize = 4;

/// The movers of one table; `None` where it is not compared, or nothing moved.
pub fn view(grid: &Grid<'_>, report: &Report<'_>, texts: &Texts, numbers: &Numbers<'_>) -> Option<TableView> {
    let measure = *grid.measures.first()?;
    let mut moved: Vec<(i64, Codes, i64, i64)> = grid
        .finest_with_before()
        .into_iter()
        .filter_map(|(row, before, now)| {
            let (before, now) = (before.shown()?, now.shown()?);
            Some((now.checked_sub(before)?, row, before, now))
        })
        .filter(|&(by, ..)| by != 0)
        .collect();
    // The farthest first; names break ties.
    moved.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    let risen = moved.iter().filter(|it| it.0 > 0).take(MOST);
    let fallen = moved.iter().rev().filter(|it| it.0 < 0).take(MOST);
    let base = dates::period(report.period.previous(), texts);
    let is_money = measure.is_money();
    let rows: Vec<RowView> = risen
        .chain(fallen)
        .map(|(by, row, before, now)| {
            let change = Change::between(Figure::Shown(*now), Figure::Shown(*before));
            let state = if *by > 0 { "up" } else { "down" };
            RowView {
                name: grid.path(row, texts),
                kind: "leaf",
                cells: vec![
                    CellText::new(Figure::Shown(*now), is_money, numbers),
                    CellText { text: numbers.moved(*by, is_money), state },
                ],
                detail: Some(told(
                    &base,
                    numbers.figure(Figure::Shown(*before), is_money),
                    numbers.change(change),
                )),
                ..RowView::default()
            }
        })
        .collect();
    (!rows.is_empty()).then(|| TableView {
        title: texts.fill("movers", [("title", grid.title.clone().into())]),
        head: grid.row_head(texts),
        heads: vec![names::measure(measure, texts), texts.fill("against", [("base", base.into())])],
        rows,
        ..TableView::default()
    })
}

/// `Tuần 46/2026: 12.300.000 ₫ (+12,5 %)`.
fn told(base: &str, before: String, change: Option<String>) -> String {
    let change = change.map_or_else(String::new, |change| format!(" ({change})"));
    format!("{base}: {before}{change}")
}
