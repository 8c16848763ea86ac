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
    /// Rows that stand for several withheld ones.
    others: BTreeMap<Codes, Others>,
    /// The first measure in the period before, by row.
    before: Option<BTreeMap<&'a [String], Figure>>,
}

/// Withheld rows of one parent, told as one: what the rest of the parent leaves, which whoever can subtract knows, and
/// which disclosure control has taken for shown.
struct Others {
    codes: Vec<String>,
    figures: Vec<Figure>,
}

/// The code of a row of others: no name from the data has a control character.
const OTHERS: &str = "\u{0}others";

impl<'a> Grid<'a> {
    /// # Errors
    /// [`Error::UnknownMeasure`] when the table measures what no report knows.
    pub fn of_section(section: &Section<'a>, texts: &Texts) -> Result<Self, Error> {
        let title = texts.local(section.title).to_owned();
        let mut grid = Self::new(title, false, (section.rows, section.columns), section.table)?;
        grid.before = section.before.map(|table| {
            let row = |cell: &'a ProtectedCell| cell.place().first().map_or(&[][..], Vec::as_slice);
            table.cells().iter().map(|cell| (row(cell), figure(cell, 0))).collect()
        });
        grid.join_withheld();
        Ok(grid)
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
        let (others, before) = (BTreeMap::new(), None);
        let mut grid = Self {
            title,
            is_late,
            row_dimensions,
            column_dimensions,
            measures,
            rows,
            columns,
            figures,
            others,
            before,
        };
        let rows: BTreeSet<&[String]> = grid.figures.keys().map(|place| &*place.0).collect();
        let columns: BTreeSet<&[String]> = grid.figures.keys().map(|place| &*place.1).collect();
        (grid.rows, grid.columns) = (grid.ordered_rows(&rows), ordered_columns(&columns, column_dimensions));
        grid
    }

    /// The name of a row's last code, or of the total.
    pub fn row_name(&self, row: &[String], texts: &Texts) -> String {
        let Some(code) = row.last() else { return texts.say("total") };
        if let Some(others) = self.others.get(row) {
            let count = i64::try_from(others.codes.len()).unwrap_or(i64::MAX);
            return texts.fill("others", [("groups", count.to_string().into()), ("count", count.into())]);
        }
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

    /// Whether it stands for withheld rows, which [`Grid::others`] names.
    pub fn stands_for_others(&self, row: &[String]) -> bool {
        self.others.contains_key(row)
    }

    /// The names of the rows that a row stands for, each below its parents' (`Đồng hồ nam › Seiko`); of most rows none.
    pub fn others(&self, row: &[String], texts: &Texts) -> Vec<String> {
        let codes = self.others.get(row).into_iter().flat_map(|others| &others.codes);
        codes
            .map(|code| self.path(&[&row[..row.len() - 1], std::slice::from_ref(code)].concat(), texts))
            .collect()
    }

    /// A row's name below those of its parents.
    pub fn path(&self, row: &[String], texts: &Texts) -> String {
        let names: Vec<String> = (1..=row.len()).map(|depth| self.row_name(&row[..depth], texts)).collect();
        names.join(" › ")
    }

    /// Whether it is known what the rows were in the period before.
    pub fn is_compared(&self) -> bool {
        self.before.is_some()
    }

    /// The first measure of a row in the period before, where nothing of a group is zero.
    pub fn figure_before(&self, row: &[String]) -> Figure {
        match &self.before {
            Some(before) if !self.others.contains_key(row) => {
                before.get(row).copied().unwrap_or(Figure::Shown(0))
            }
            _ => Figure::Absent,
        }
    }

    /// Every row of the finest level, of this period and of the one before, with its first measure then and now.
    pub fn finest_with_before(&self) -> Vec<(Codes, Figure, Figure)> {
        let Some(before) = &self.before else { return Vec::new() };
        let is_finest = |row: &&[String]| row.len() == self.row_dimensions.len();
        let now = self.figures.keys().filter(|place| place.1.is_empty()).map(|place| &*place.0);
        let rows: BTreeSet<&[String]> = now.chain(before.keys().copied()).filter(is_finest).collect();
        let known = |row: &[String]| {
            let place = (Cow::Borrowed(row), Cow::Borrowed(&[][..]));
            self.figures.get(&place).map_or(Figure::Shown(0), |figures| figures[0])
        };
        rows.into_iter().map(|row| (row.to_vec(), self.figure_before(row), known(row))).collect()
    }

    /// The figure of the `measure`-th measure.
    pub fn figure(&self, row: &[String], column: &[String], measure: usize) -> Figure {
        if let Some(others) = self.others.get(row) {
            let figure = others.figures.get(measure).copied().filter(|_| column.is_empty());
            return figure.unwrap_or(Figure::Absent);
        }
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
        by_worth.sort_by_cached_key(|row| self.worth(row));
        let mut kept: BTreeSet<&[String]> = BTreeSet::new();
        for row in by_worth {
            let needed: Vec<&[String]> = (1..=row.len())
                .map(|depth| &row[..depth])
                .filter(|&part| {
                    !kept.contains(part)
                        && (self.others.contains_key(part)
                            || self.figures.contains_key(&(Cow::Borrowed(part), Cow::Borrowed(&[][..]))))
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
            _ if code == OTHERS => (usize::MAX, true, Reverse(i64::MIN), code),
            // Days of the week, periods and clocks read in time, levels by their numbers, not by size.
            Some(Dimension::Weekday | Dimension::Clock | Dimension::DamageLevel) => {
                (names::natural_order(dimension, &code), false, Reverse(0), code)
            }
            Some(Dimension::BelongsTo) => (0, false, Reverse(0), code),
            _ => (0, hidden, value, code),
        }
    }

    /// Puts one row for what is left of a parent in the place of its withheld children. What has an order of its own, or
    /// columns, keeps its holes: there the rest is of no use.
    fn join_withheld(&mut self) {
        let has_order = [Dimension::Weekday, Dimension::BelongsTo];
        if self.row_dimensions.iter().any(|it| has_order.contains(it)) || self.columns.len() > 1 {
            return;
        }
        let rows = std::mem::take(&mut self.rows);
        let is_withheld =
            |row: &Codes| (0..self.measures.len()).all(|at| self.figure(row, &[], at) == Figure::Withheld);
        let told = rows.iter().filter(|row| !is_withheld(row));
        let with_parents = told.flat_map(|row| (0..=row.len()).map(|depth| &row[..depth]));
        let shown: BTreeSet<&[String]> = with_parents.collect();
        let mut hidden: BTreeMap<Codes, Vec<Codes>> = BTreeMap::new();
        for row in rows.iter().filter(|row| !row.is_empty() && !shown.contains(row.as_slice())) {
            hidden.entry(row[..row.len() - 1].to_vec()).or_default().push(row.clone());
        }
        hidden.retain(|_, children| children.len() > 1);
        let mut others = BTreeMap::new();
        for (parent, children) in hidden {
            let Some(figures) = self.rest(&parent, &rows) else { continue };
            let codes = children.iter().filter_map(|row| row.last().cloned()).collect();
            others.insert([parent, vec![OTHERS.to_owned()]].concat(), (Others { codes, figures }, children));
        }
        let gone: BTreeSet<&Codes> = others.values().flat_map(|(_, children)| children).collect();
        let is_gone = |row: &Codes| (1..=row.len()).any(|depth| gone.contains(&row[..depth].to_vec()));
        let mut kept: Vec<Codes> = rows.into_iter().filter(|row| !is_gone(row)).collect();
        kept.extend(others.keys().cloned());
        self.others = others.into_iter().map(|(row, (others, _))| (row, others)).collect();
        let kept: BTreeSet<&[String]> = kept.iter().map(Vec::as_slice).collect();
        self.rows = self.ordered_rows(&kept);
    }

    /// What the shown children leave of a parent; `None` where it is withheld itself.
    fn rest(&self, parent: &Codes, rows: &[Codes]) -> Option<Vec<Figure>> {
        let children = || rows.iter().filter(|row| row.len() == parent.len() + 1 && row.starts_with(parent));
        let rest = |at: usize| {
            let whole = self.figure(parent, &[], at).shown()?;
            let shown = children().filter_map(|row| self.figure(row, &[], at).shown());
            shown
                .map(i128::from)
                .try_fold(i128::from(whole), i128::checked_sub)
                .and_then(|it| it.try_into().ok())
        };
        (0..self.measures.len()).map(|at| rest(at).map(Figure::Shown)).collect()
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
