//! The cells of one table: places, definitions, and the sums a reader sees.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::civil::Date;
use rayon::prelude::*;

use super::combinations::Combinations;
use super::quick_hash::QuickHash;
use super::rows::epoch_day;
use super::{CellTable, Error, Shape, Window};
use crate::disclosure::Equation;
use crate::domain::cell::{CellDefinition, Measure};
use crate::domain::entry::{Component, Dimension};

/// A table whose cells are known, but not yet what they sum over.
pub(super) struct Draft {
    pub dimensions: Vec<String>,
    pub places: Vec<Vec<Vec<String>>>,
    pub definitions: Vec<CellDefinition>,
    pub equations: Vec<Equation>,
}

/// The codes of a row and of a column, from coarse to fine; none for the total.
type Paths = (Vec<u32>, Vec<u32>);

impl Draft {
    pub fn new(table: &CellTable, data: &Combinations) -> Result<Self, Error> {
        match &table.shape {
            Shape::Windows(windows) => Ok(Self::of_windows(windows)),
            Shape::Groups { rows, columns, from, until } => {
                let mut seen = BTreeSet::new();
                if let Some(&dimension) = rows.iter().chain(columns).find(|&&it| !seen.insert(it)) {
                    return Err(Error::RepeatedDimension { table: table.name.clone(), dimension });
                }
                let components = table.measures.iter().flat_map(|measure| occurs_with(*measure));
                let axes = Axes {
                    rows,
                    columns,
                    components: components
                        .filter_map(|component| {
                            data.universe.components().iter().position(|it| it == component)
                        })
                        .collect(),
                };
                Self::of_groups(&axes, (*from, *until), data)
            }
        }
    }

    fn of_windows(windows: &[Window]) -> Self {
        let definition = |window: &Window| CellDefinition {
            from: window.from,
            until: window.until,
            fixed: BTreeMap::new(),
        };
        Self {
            dimensions: vec!["window".to_owned()],
            places: windows.iter().map(|window| vec![vec![window.name.clone()]]).collect(),
            definitions: windows.iter().map(definition).collect(),
            equations: Vec::new(),
        }
    }

    fn of_groups(axes: &Axes<'_>, (from, until): (Date, Date), data: &Combinations) -> Result<Self, Error> {
        let cells = axes.occurring((from, until), data)?;
        let numbers = Numbers::new(axes, data)?;
        let written = |paths: &Paths| {
            (axes.place(paths, data), CellDefinition { from, until, fixed: axes.fixed(paths, data) })
        };
        let ((places, definitions), equations) = rayon::join(
            || cells.par_iter().with_min_len(1_024).map(written).unzip(),
            || equations(&cells, &numbers),
        );
        Ok(Self { dimensions: axes.used().map(name).collect(), places, definitions, equations })
    }
}

/// The components whose rows make a group of the measure's tables occur; none: any row does.
///
/// A complaint's line is of one thing: its receipt is about no clock, and would stand in a table by clock as a row of
/// its own. What belongs together (on time and breached) has the same groups, so that a zero is told as one.
fn occurs_with(measure: Measure) -> &'static [Component] {
    match measure {
        Measure::Opened => &[Component::Opened],
        Measure::Closed => &[Component::Closed],
        Measure::OnTime | Measure::Breached => &[Component::OnTime, Component::Breached],
        Measure::Compensations | Measure::Compensation => {
            &[Component::Compensations, Component::Compensation]
        }
        _ => &[],
    }
}

/// The two hierarchies of a table.
struct Axes<'a> {
    rows: &'a [Dimension],
    columns: &'a [Dimension],
    /// As indices; a row with none of them is not of this table. Empty: every row is.
    components: Vec<usize>,
}

impl Axes<'_> {
    /// The axes a cell's place speaks of: those that are there.
    fn used(&self) -> impl Iterator<Item = &[Dimension]> {
        [self.rows, self.columns].into_iter().filter(|axis| !axis.is_empty())
    }

    /// Every place at every level that occurs, and the grand total; sorted, totals before their parts
    /// (codes sort as their values do).
    fn occurring(&self, (from, until): (Date, Date), data: &Combinations) -> Result<Vec<Paths>, Error> {
        let range = epoch_day(from)..epoch_day(until);
        let slots = |axis: &[Dimension]| -> Vec<usize> {
            axis.iter().filter_map(|&dimension| data.slot(dimension)).collect()
        };
        let (rows, columns) = (slots(self.rows), slots(self.columns));
        let numbers = Numbers::new(self, data)?;
        let mask = self.components.iter().fold(0u8, |mask, &at| mask | 1 << at);
        let is_of_table = |present: u8| mask == 0 || present & mask != 0;
        // Many combinations share a place.
        let mut seen: HashSet<(u32, u128), QuickHash> = HashSet::default();
        let mut all: Vec<Paths> = vec![(Vec::new(), Vec::new())];
        // A class lies within the range or outside it, for the range is one of those it is made of.
        let within = data.all.iter().filter(|one| range.contains(&one.first_day) && is_of_table(one.present));
        for combination in within {
            let codes =
                |slots: &[usize]| slots.iter().map(|&slot| combination.codes[slot]).collect::<Vec<u32>>();
            let (row, column) = (codes(&rows), codes(&columns));
            for across in (0..=row.len()).rev() {
                let mut is_new = false;
                for down in 0..=column.len() {
                    if seen.insert(numbers.of(&row[..across], &column[..down])) {
                        is_new = true;
                        all.push((row[..across].to_vec(), column[..down].to_vec()));
                    }
                }
                // What is there was met with all that is coarser.
                if !is_new {
                    break;
                }
            }
        }
        all.par_sort_unstable();
        all.dedup();
        Ok(all)
    }

    fn place(&self, paths: &Paths, data: &Combinations) -> Vec<Vec<String>> {
        [(self.rows, &paths.0), (self.columns, &paths.1)]
            .into_iter()
            .filter(|(axis, _)| !axis.is_empty())
            .map(|(axis, path)| values(axis, path, data).map(|(_, value)| value.to_owned()).collect())
            .collect()
    }

    /// Every level's value, so that the definition stands alone.
    fn fixed(&self, paths: &Paths, data: &Combinations) -> BTreeMap<Dimension, String> {
        values(self.rows, &paths.0, data)
            .chain(values(self.columns, &paths.1, data))
            .map(|(dimension, value)| (dimension, value.to_owned()))
            .collect()
    }
}

fn values<'a>(
    axis: &'a [Dimension],
    path: &'a [u32],
    data: &'a Combinations,
) -> impl Iterator<Item = (Dimension, &'a str)> {
    axis.iter()
        .zip(path)
        .map(|(&dimension, &code)| (dimension, data.values(dimension)[code as usize].as_str()))
}

fn name(axis: &[Dimension]) -> String {
    axis.iter().map(|dimension| dimension.as_str()).collect::<Vec<_>>().join(">")
}

/// Numbers for places, which are quicker to look up than lists of codes.
struct Numbers {
    rows: Vec<u128>,
    columns: Vec<u128>,
}

impl Numbers {
    fn new(axes: &Axes<'_>, data: &Combinations) -> Result<Self, Error> {
        let sizes = |axis: &[Dimension]| -> Vec<u128> {
            let known = axis.iter().filter(|&&dimension| data.slot(dimension).is_some());
            known.map(|&dimension| data.values(dimension).len() as u128).collect()
        };
        let numbers = Self { rows: sizes(axes.rows), columns: sizes(axes.columns) };
        let mut all = numbers.rows.iter().chain(&numbers.columns);
        all.try_fold(1u128, |all, &size| all.checked_mul(size.max(1))).ok_or(Error::TooFine)?;
        Ok(numbers)
    }

    /// Its levels and its codes.
    fn of(&self, row: &[u32], column: &[u32]) -> (u32, u128) {
        let levels = row.len() * (self.columns.len() + 1) + column.len();
        let codes = self.rows.iter().zip(row).chain(self.columns.iter().zip(column));
        (levels as u32, codes.fold(0, |packed, (&size, &code)| packed * size + u128::from(code)))
    }
}

/// Each total with its parts one step down the rows, and one step down the columns.
fn equations(cells: &[Paths], numbers: &Numbers) -> Vec<Equation> {
    let index: HashMap<(u32, u128), usize, QuickHash> =
        cells.iter().enumerate().map(|(at, (row, column))| (numbers.of(row, column), at)).collect();
    let mut parts: Vec<[Vec<usize>; 2]> = vec![<[Vec<usize>; 2]>::default(); cells.len()];
    for (part, (row, column)) in cells.iter().enumerate() {
        let up_rows = row.split_last().map(|(_, rest)| numbers.of(rest, column));
        let up_columns = column.split_last().map(|(_, rest)| numbers.of(row, rest));
        for (axis, total) in [up_rows, up_columns].into_iter().enumerate() {
            if let Some(&total) = total.and_then(|total| index.get(&total)) {
                parts[total][axis].push(part);
            }
        }
    }
    let sums = parts.into_iter().enumerate();
    sums.flat_map(|(total, axes)| axes.into_iter().map(move |parts| Equation { total, parts }))
        .filter(|sum| !sum.parts.is_empty())
        .collect()
}
