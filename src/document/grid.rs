//! A protected table laid out in rows and columns, still as figures: what every medium prints from.
//!
//! Invariant: rows are ordered by what is shown alone (largest first figure first, withheld ones last by
//! name), so that the order tells nothing about a withheld figure.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::Error;
use super::figure::Figure;
use super::names;
use super::report::{ComplaintTable, Section};
use super::texts::Texts;
use crate::disclosure::ProtectedTable;
use crate::domain::cell::Measure;
use crate::domain::entry::{Dimension, UNKNOWN};

/// One side of a cell's place: codes from coarse to fine, none for the total.
pub type Codes = Vec<String>;

/// (row codes, column codes).
type Place<'a> = (&'a [String], &'a [String]);

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
    /// (cells withheld, cells in all).
    withheld: (usize, usize),
}

impl<'a> Grid<'a> {
    /// # Errors
    /// [`Error::UnknownMeasure`] when the table measures what no report knows.
    pub fn of_section(section: &Section<'a>, texts: &Texts) -> Result<Self, Error> {
        let title = texts.local(section.title).to_owned();
        Self::new(title, false, (section.rows, section.columns), &[section.table])
    }

    /// What was booked late, by the period it belongs to.
    ///
    /// # Errors
    /// As [`Grid::of_section`].
    pub fn of_late_bookings(table: &'a ProtectedTable, texts: &Texts) -> Result<Self, Error> {
        Self::new(texts.say("late-title"), true, (&[Dimension::BelongsTo], &[]), &[table])
    }

    /// Tables of complaints over the same rows, side by side.
    ///
    /// # Errors
    /// As [`Grid::of_section`].
    pub fn of_complaints(table: &ComplaintTable<'a>, title: String) -> Result<Self, Error> {
        Self::new(title, false, (table.rows, &[]), table.tables)
    }

    fn new(
        title: String,
        is_late: bool,
        (row_dimensions, column_dimensions): (&'a [Dimension], &'a [Dimension]),
        tables: &[&'a ProtectedTable],
    ) -> Result<Self, Error> {
        let measures: Vec<Vec<Measure>> =
            tables.iter().map(|table| self::measures(table)).collect::<Result<_, _>>()?;
        let width = measures.iter().map(Vec::len).sum();
        let (mut figures, mut withheld, mut first) = (BTreeMap::new(), (0, 0), 0);
        // A place speaks of the axes that are there.
        let has_rows = !row_dimensions.is_empty() || column_dimensions.is_empty();
        for (table, measures) in tables.iter().zip(&measures) {
            for cell in table.cells() {
                let side = |index: usize| cell.place().get(index).map_or(&[][..], Vec::as_slice);
                // What was on time, and the sum with it, is the report itself.
                if is_late && side(0).first().is_none_or(|period| period == UNKNOWN) {
                    continue;
                }
                let place = if has_rows { (side(0), side(1)) } else { (&[][..], side(0)) };
                let row: &mut Vec<Figure> =
                    figures.entry(place).or_insert_with(|| vec![Figure::Absent; width]);
                for (at, figure) in row.iter_mut().skip(first).take(measures.len()).enumerate() {
                    *figure = cell.values().map_or(Figure::Withheld, |values| {
                        values.get(at).map_or(Figure::Absent, |&value| Figure::Shown(value))
                    });
                }
                withheld = (withheld.0 + usize::from(cell.values().is_none()), withheld.1 + 1);
            }
            first += measures.len();
        }
        let mut grid = Self {
            title,
            is_late,
            row_dimensions,
            column_dimensions,
            measures: measures.concat(),
            rows: Vec::new(),
            columns: Vec::new(),
            figures,
            withheld,
        };
        let rows: BTreeSet<&[String]> = grid.figures.keys().map(|place| place.0).collect();
        let columns: BTreeSet<&[String]> = grid.figures.keys().map(|place| place.1).collect();
        grid.rows = grid.ordered_rows(&rows);
        grid.columns = ordered_columns(&columns, column_dimensions);
        Ok(grid)
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
        let figures = self.figures.get(&(row, column));
        figures.and_then(|figures| figures.get(measure)).copied().unwrap_or(Figure::Absent)
    }

    /// (cells withheld, cells in all).
    pub fn withheld(&self) -> (usize, usize) {
        self.withheld
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
                .filter(|&part| !kept.contains(part) && self.figures.contains_key(&(part, &[][..])))
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
