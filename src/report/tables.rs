//! The cells of one table: places, definitions, and the sums a reader sees.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::civil::Date;

use super::combinations::Combinations;
use super::packed::QuickHash;
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
        Ok(Self {
            dimensions: axes.used().map(name).collect(),
            places: cells.iter().map(|paths| axes.place(paths, data)).collect(),
            definitions: cells
                .iter()
                .map(|paths| CellDefinition { from, until, fixed: axes.fixed(paths, data) })
                .collect(),
            equations: equations(&cells),
        })
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
        let known = self.rows.iter().chain(self.columns).filter(|&&it| data.slot(it).is_some());
        let sizes: Vec<u128> = known.map(|&dimension| data.values(dimension).len() as u128).collect();
        sizes.iter().try_fold(1u128, |all, &size| all.checked_mul(size.max(1))).ok_or(Error::TooFine)?;
        let mask = self.components.iter().fold(0u8, |mask, &at| mask | 1 << at);
        let is_of_table = |present: u8| mask == 0 || present & mask != 0;
        // A place is told by its levels and one number for its codes: many combinations share one.
        let mut seen: HashSet<(u32, u128), QuickHash> = HashSet::default();
        let mut all: Vec<Paths> = vec![(Vec::new(), Vec::new())];
        // A class lies within the range or outside it, for the range is one of those it is made of.
        let within = data.all.iter().filter(|one| range.contains(&one.first_day) && is_of_table(one.present));
        for combination in within {
            let code = |slot: &usize| combination.codes[*slot];
            for across in (0..=rows.len()).rev() {
                let mut is_new = false;
                for down in 0..=columns.len() {
                    let codes = rows[..across].iter().chain(&columns[..down]).map(code);
                    let of_levels = sizes[..across].iter().chain(&sizes[rows.len()..]);
                    let packed = of_levels
                        .zip(codes)
                        .fold(0, |packed, (&size, code)| packed * size + u128::from(code));
                    if seen.insert(((across * (columns.len() + 1) + down) as u32, packed)) {
                        is_new = true;
                        let path = |slots: &[usize]| slots.iter().map(code).collect::<Vec<u32>>();
                        all.push((path(&rows[..across]), path(&columns[..down])));
                    }
                }
                // What is there was met with all that is coarser.
                if !is_new {
                    break;
                }
            }
        }
        all.sort_unstable();
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

/// Each total with its parts one step down the rows, and one step down the columns.
fn equations(cells: &[Paths]) -> Vec<Equation> {
    let index: BTreeMap<&Paths, usize> = cells.iter().enumerate().map(|(at, paths)| (paths, at)).collect();
    let mut sums: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for (part, (row, column)) in cells.iter().enumerate() {
        let up = |path: &[u32]| path.split_last().map(|(_, rest)| rest.to_vec());
        let totals =
            [up(row).map(|total| (total, column.clone())), up(column).map(|total| (row.clone(), total))];
        for (axis, total) in totals.iter().enumerate() {
            if let Some(&total) = total.as_ref().and_then(|total| index.get(total)) {
                sums.entry((total, axis)).or_default().push(part);
            }
        }
    }
    sums.into_iter().map(|((total, _), parts)| Equation { total, parts }).collect()
}
