//! A protected table laid out in rows and columns, still as figures: what every medium prints from.
//!
//! Invariant: rows are ordered by what is shown alone (largest first figure first, withheld ones last by
//! name), so that the order tells nothing about a withheld figure.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::Error;
use super::figure::Figure;
use super::names;
use super::report::Section;
use super::texts::Texts;
use crate::disclosure::{ProtectedCell, ProtectedTable};
use crate::domain::cell::Measure;
use crate::domain::entry::{Dimension, UNKNOWN};

/// One side of a cell's place: codes from coarse to fine, none for the total.
pub type Codes = Vec<String>;

/// (row codes, column codes).
type Place<'a> = (Cow<'a, [String]>, Cow<'a, [String]>);

/// One measure of a grid that is put together from several tables: the rows it has figures for.
pub type Part<'a> = (Measure, Vec<(Cow<'a, [String]>, Figure)>);

/// A table with its rows and columns in printing order. The total of each stands last.
pub struct Grid<'a> {
    pub title: String,
    /// Whether it tells late bookings, which are a part of the report and not the whole of it.
    pub is_late: bool,
    pub row_dimensions: &'a [Dimension],
    pub column_dimensions: &'a [Dimension],
    pub measures: Vec<Measure>,
    pub rows: Vec<Codes>,
    /// Only the total when the table has no columns.
    pub columns: Vec<Codes>,
    /// One a measure.
    figures: BTreeMap<Place<'a>, Vec<Figure>>,
}

impl<'a> Grid<'a> {
    /// # Errors
    /// [`Error::UnknownMeasure`] when the table measures what no report knows.
    pub fn of_section(section: &Section<'a>, texts: &Texts) -> Result<Self, Error> {
        let title = texts.local(section.title).to_owned();
        Self::new(title, false, (section.rows, section.columns), section.table)
    }

    /// What was booked late, by the period it belongs to.
    ///
    /// # Errors
    /// As [`Grid::of_section`].
    pub fn of_late_bookings(table: &'a ProtectedTable, texts: &Texts) -> Result<Self, Error> {
        Self::new(texts.say("late-title"), true, (&[Dimension::BelongsTo], &[]), table)
    }

    /// Figures of several tables side by side. What has a row in one of them and none in another is zero there, for a
    /// table has every group that occurs.
    pub fn of_parts(title: String, row_dimensions: &'a [Dimension], parts: Vec<Part<'a>>) -> Self {
        let mut figures: BTreeMap<Place<'a>, Vec<Figure>> = BTreeMap::new();
        let measures: Vec<Measure> = parts.iter().map(|part| part.0).collect();
        for (at, (_, of_rows)) in parts.into_iter().enumerate() {
            for (row, figure) in of_rows {
                let zeros = || vec![Figure::Shown(0); measures.len()];
                figures.entry((row, Cow::Borrowed(&[]))).or_insert_with(zeros)[at] = figure;
            }
        }
        Self::with_figures(title, false, (row_dimensions, &[]), measures, figures)
    }

    fn new(
        title: String,
        is_late: bool,
        (row_dimensions, column_dimensions): (&'a [Dimension], &'a [Dimension]),
        table: &'a ProtectedTable,
    ) -> Result<Self, Error> {
        let mut figures = BTreeMap::new();
        let measures = measures(table)?;
        // A place speaks of the axes that are there.
        let has_rows = !row_dimensions.is_empty() || column_dimensions.is_empty();
        for cell in table.cells() {
            let side = |index: usize| cell.place().get(index).map_or(&[][..], Vec::as_slice);
            // What was on time, and the sum with it, is the report itself.
            if is_late && side(0).first().is_none_or(|period| period == UNKNOWN) {
                continue;
            }
            let place = if has_rows { (side(0), side(1)) } else { (&[][..], side(0)) };
            let values = (0..measures.len()).map(|at| figure(cell, at)).collect();
            figures.insert((Cow::Borrowed(place.0), Cow::Borrowed(place.1)), values);
        }
        Ok(Self::with_figures(title, is_late, (row_dimensions, column_dimensions), measures, figures))
    }

    fn with_figures(
        title: String,
        is_late: bool,
        (row_dimensions, column_dimensions): (&'a [Dimension], &'a [Dimension]),
        measures: Vec<Measure>,
        figures: BTreeMap<Place<'a>, Vec<Figure>>,
    ) -> Self {
        let (rows, columns) = (Vec::new(), Vec::new());
        let mut grid =
            Self { title, is_late, row_dimensions, column_dimensions, measures, rows, columns, figures };
        let rows: BTreeSet<&[String]> = grid.figures.keys().map(|place| &*place.0).collect();
        let columns: BTreeSet<&[String]> = grid.figures.keys().map(|place| &*place.1).collect();
        (grid.rows, grid.columns) = (grid.ordered_rows(&rows), ordered_columns(&columns, column_dimensions));
        grid
    }

    /// The name of a row's last code, or of the total.
    pub fn row_name(&self, row: &[String], texts: &Texts) -> String {
        let Some(code) = row.last() else { return texts.say("total") };
        names::value(self.row_dimensions.get(row.len() - 1).copied(), code, texts)
    }

    /// The name of a column's last code, or of the total.
    pub fn column_name(&self, column: &[String], texts: &Texts) -> String {
        let Some(code) = column.last() else { return texts.say("total") };
        names::value(self.column_dimensions.get(column.len() - 1).copied(), code, texts)
    }

    /// What stands above the names of the rows: `Ngành hàng › Hãng`.
    pub fn row_head(&self, texts: &Texts) -> String {
        joined(self.row_dimensions, texts)
    }

    /// `Vùng`.
    pub fn column_head(&self, texts: &Texts) -> String {
        joined(self.column_dimensions, texts)
    }

    /// The figure of the `measure`-th measure.
    pub fn figure(&self, row: &[String], column: &[String], measure: usize) -> Figure {
        let figures = self.figures.get(&(Cow::Borrowed(row), Cow::Borrowed(column)));
        figures.and_then(|figures| figures.get(measure)).copied().unwrap_or(Figure::Absent)
    }

    /// (cells withheld, cells in all).
    pub fn withheld(&self) -> (usize, usize) {
        let withheld = |figures: &&Vec<Figure>| figures.contains(&Figure::Withheld);
        (self.figures.values().filter(withheld).count(), self.figures.len())
    }

    /// The rows to print when at most `limit` of them may be: the total, then the largest by the first
    /// measure with the subtotals above them. The second is how many are left out.
    pub fn top(&self, limit: usize) -> (Vec<&Codes>, usize) {
        let bodies: Vec<&Codes> = self.rows.iter().filter(|row| !row.is_empty()).collect();
        if bodies.len() <= limit {
            return (self.rows.iter().collect(), 0);
        }
        let mut by_worth: Vec<&Codes> = bodies.clone();
        by_worth.sort_by_key(|row| self.worth(row));
        let mut kept: BTreeSet<&[String]> = BTreeSet::new();
        for row in by_worth {
            let needed: Vec<&[String]> = (1..=row.len())
                .map(|depth| &row[..depth])
                .filter(|&part| {
                    !kept.contains(part)
                        && self.figures.contains_key(&(Cow::Borrowed(part), Cow::Borrowed(&[][..])))
                })
                .collect();
            if kept.len().saturating_add(needed.len()) <= limit {
                kept.extend(needed);
            }
        }
        let left_out = bodies.len() - kept.len();
        let rows = self.rows.iter().filter(|row| row.is_empty() || kept.contains(row.as_slice())).collect();
        (rows, left_out)
    }

    /// Parents before their children, siblings by what is shown of them; the grand total last.
    fn ordered_rows(&self, rows: &BTreeSet<&[String]>) -> Vec<Codes> {
        let mut ordered: Vec<&[String]> = rows.iter().copied().collect();
        ordered.sort_by_cached_key(|row| {
            let path: Vec<_> =
                (1..=row.len()).map(|depth| self.place_among_siblings(&row[..depth])).collect();
            (row.is_empty(), path)
        });
        ordered.into_iter().map(<[String]>::to_vec).collect()
    }

    fn place_among_siblings(&self, row: &[String]) -> (usize, bool, Reverse<i64>, String) {
        let dimension = self.row_dimensions.get(row.len() - 1).copied();
        let code = row[row.len() - 1].clone();
        let (hidden, value) = self.worth(row);
        match dimension {
            // Days of the week, periods and clocks read in time, levels by their numbers, not by size.
            Some(Dimension::Weekday | Dimension::Clock | Dimension::DamageLevel) => {
                (names::natural_order(dimension, &code), false, Reverse(0), code)
            }
            Some(Dimension::BelongsTo) => (0, false, Reverse(0), code),
            _ => (0, hidden, value, code),
        }
    }

    fn worth(&self, row: &[String]) -> (bool, Reverse<i64>) {
        let shown = self.figure(row, &[], 0).shown();
        (shown.is_none(), Reverse(shown.unwrap_or(0)))
    }
}

fn joined(dimensions: &[Dimension], texts: &Texts) -> String {
    let names: Vec<String> = dimensions.iter().map(|&dimension| names::dimension(dimension, texts)).collect();
    names.join(" › ")
}

/// What a reader may know of a cell's `measure`-th measure.
pub fn figure(cell: &ProtectedCell, measure: usize) -> Figure {
    cell.values().map_or(Figure::Withheld, |values| {
        values.get(measure).map_or(Figure::Absent, |&value| Figure::Shown(value))
    })
}

/// The measures of a table, by their names.
pub fn measures(table: &ProtectedTable) -> Result<Vec<Measure>, Error> {
    let known = |name: &String| {
        Measure::parse(name)
            .ok_or_else(|| Error::UnknownMeasure { table: table.name().to_owned(), measure: name.clone() })
    };
    table.measures().iter().map(known).collect()
}

/// Columns in their natural order, coarser before finer, the total last.
fn ordered_columns(columns: &BTreeSet<&[String]>, dimensions: &[Dimension]) -> Vec<Codes> {
    let mut ordered: Vec<&[String]> = columns.iter().copied().collect();
    ordered.sort_by_cached_key(|column| {
        let path: Vec<_> = column
            .iter()
            .enumerate()
            .map(|(depth, code)| {
                let natural = names::natural_order(dimensions.get(depth).copied(), code);
                (code.is_empty(), natural, code.clone())
            })
            .collect();
        (column.is_empty(), path)
    });
    ordered.into_iter().map(<[String]>::to_vec).collect()
}
