//! The cells of one table: places, definitions, and the sums a reader sees.
//!
//! While they are found, places are numbers, which are quicker to sort and to look up than lists of texts.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;

use jiff::civil::Date;
use rayon::prelude::*;

use super::combinations::Combinations;
use super::membership::Fixed;
use super::page::Codes;
use super::rows::epoch_day;
use super::{CellTable, Error, Shape, Window};
use crate::disclosure::Equation;
use crate::domain::cell::{CellDefinition, Measure};
use crate::domain::entry::{Component, Dimension};
use crate::domain::quick_hash::QuickHash;

/// A table whose cells are known, but not yet what they sum over.
pub(super) struct Draft {
    pub dimensions: Vec<String>,
    pub places: Vec<Vec<Vec<String>>>,
    pub definitions: Vec<CellDefinition>,
    /// What the definitions fix, by code.
    pub fixed: Vec<Fixed>,
    pub equations: Vec<Equation>,
}

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
                let all = data.universe.components();
                let known = components.filter_map(|component| all.iter().position(|it| it == component));
                let present = known.fold(0, |present, at| present | 1 << at);
                Ok(Self::of_groups(&Axes::new(rows, columns, data)?, (*from, *until), present, data))
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
            fixed: vec![Fixed::default(); windows.len()],
            equations: Vec::new(),
        }
    }

    /// Of rows that are of any of the components `present`; of all rows where there is none.
    fn of_groups(axes: &Axes<'_>, (from, until): (Date, Date), present: u8, data: &Combinations) -> Self {
        let cells = axes.occurring(epoch_day(from)..epoch_day(until), present, data);
        let written = cells.par_iter().with_min_len(1_024);
        let definition = |&cell: &Number| CellDefinition { from, until, fixed: axes.values_fixed(cell) };
        let (places, (definitions, (fixed, equations))) = rayon::join(
            || written.clone().map(|&cell| axes.place(cell)).collect(),
            || {
                rayon::join(
                    || written.clone().map(definition).collect(),
                    || (cells.iter().map(|&cell| axes.fixed(cell)).collect(), axes.equations(&cells)),
                )
            },
        );
        let used = axes.used().map(|axis| name(&axes.levels[axis]));
        Self { dimensions: used.collect(), places, definitions, fixed, equations }
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

/// A place as a number: a digit a level, those of the rows first; zero where it is summed over, else one more than the code.
/// So numbers sort as places do, totals before their parts (codes sort as their values do).
type Number = u128;

/// The two hierarchies of a table.
struct Axes<'a> {
    /// Those of the rows, then those of the columns, from coarse to fine.
    levels: Vec<Level<'a>>,
    rows: usize,
    /// More than any number.
    space: Number,
}

/// A dimension of an axis.
struct Level<'a> {
    dimension: Dimension,
    /// Where it stands among the universe's.
    slot: usize,
    values: &'a [String],
    /// How much its digit counts.
    weight: Number,
}

impl<'a> Axes<'a> {
    fn new(rows: &[Dimension], columns: &[Dimension], data: &'a Combinations) -> Result<Self, Error> {
        let level = |&dimension: &Dimension| {
            let slot = data.slot(dimension)?;
            Some(Level { dimension, slot, values: data.values(dimension), weight: 1 })
        };
        let mut levels: Vec<Level<'a>> = rows.iter().filter_map(level).collect();
        let rows = levels.len();
        levels.extend(columns.iter().filter_map(level));
        let mut space: Number = 1;
        for level in levels.iter_mut().rev() {
            level.weight = space;
            space = space.checked_mul(level.values.len() as Number + 1).ok_or(Error::TooFine)?;
        }
        Ok(Self { levels, rows, space })
    }

    /// The axes a cell's place speaks of: those that are there, as ranges of levels.
    fn used(&self) -> impl Iterator<Item = Range<usize>> {
        [0..self.rows, self.rows..self.levels.len()].into_iter().filter(|axis| !axis.is_empty())
    }

    /// Every place at every level that occurs, and the grand total; sorted.
    fn occurring(&self, days: Range<i32>, present: u8, data: &Combinations) -> Vec<Number> {
        let is_of_table = |of_row: u8| present == 0 || of_row & present != 0;
        // Many combinations share a place.
        let mut seen = Seen::new(self.space);
        seen.insert(0);
        // By how many levels are told: the number of a combination's row, and of its column.
        let (mut across, mut down) = (vec![0; self.rows + 1], vec![0; self.levels.len() - self.rows + 1]);
        // A class lies within the range or outside it, for the range is one of those it is made of.
        let within = data.all.iter().filter(|one| days.contains(&one.first_day) && is_of_table(one.present));
        for combination in within {
            let digit = |level: &Level<'_>| (Number::from(combination.codes[level.slot]) + 1) * level.weight;
            let (rows, columns) = self.levels.split_at(self.rows);
            for (part, levels) in [(&mut across, rows), (&mut down, columns)] {
                for (told, level) in levels.iter().enumerate() {
                    part[told + 1] = part[told] + digit(level);
                }
            }
            for row in across.iter().rev() {
                let mut is_new = false;
                for column in down.iter().rev() {
                    // What is there was met with all that is coarser.
                    if !seen.insert(row + column) {
                        break;
                    }
                    is_new = true;
                }
                if !is_new {
                    break;
                }
            }
        }
        seen.sorted()
    }

    /// The code of a level; `None` where it is summed over.
    fn code(&self, cell: Number, level: &Level<'_>) -> Option<u32> {
        let digit = cell / level.weight % (level.values.len() as Number + 1);
        digit.checked_sub(1).map(|code| code as u32)
    }

    fn value<'l>(&self, cell: Number, level: &'l Level<'_>) -> Option<&'l String> {
        self.code(cell, level).map(|code| &level.values[code as usize])
    }

    fn place(&self, cell: Number) -> Vec<Vec<String>> {
        let codes = |axis: Range<usize>| {
            self.levels[axis].iter().map_while(|level| self.value(cell, level).cloned()).collect()
        };
        self.used().map(codes).collect()
    }

    /// Every level's value, so that the definition stands alone.
    fn values_fixed(&self, cell: Number) -> BTreeMap<Dimension, String> {
        let told = self.levels.iter().filter_map(|level| Some((level, self.value(cell, level)?)));
        told.map(|(level, value)| (level.dimension, value.clone())).collect()
    }

    fn fixed(&self, cell: Number) -> Fixed {
        let mut fixed = Fixed { mask: 0, codes: Codes::default() };
        for level in &self.levels {
            if let Some(code) = self.code(cell, level) {
                fixed.mask |= 1 << level.slot;
                fixed.codes[level.slot] = code;
            }
        }
        fixed
    }

    /// Each total with its parts one step down the rows, and one step down the columns.
    fn equations(&self, cells: &[Number]) -> Vec<Equation> {
        let mut places = vec![0; if self.space <= LONGEST { self.space as usize } else { 0 }];
        if !places.is_empty() {
            (0..).zip(cells).for_each(|(place, &cell)| places[cell as usize] = place);
        }
        let place = |cell: Number| match places.get(cell as usize) {
            Some(&place) => Some(place),
            None => cells.binary_search(&cell).ok(),
        };
        let mut parts: Vec<[Vec<usize>; 2]> = vec![<[Vec<usize>; 2]>::default(); cells.len()];
        for (part, &cell) in cells.iter().enumerate() {
            for (at, axis) in [0..self.rows, self.rows..self.levels.len()].into_iter().enumerate() {
                let told = |level: &&Level<'_>| self.code(cell, level).is_some();
                let Some(level) = self.levels[axis].iter().rev().find(told) else { continue };
                let digit = cell / level.weight % (level.values.len() as Number + 1);
                if let Some(total) = place(cell - digit * level.weight) {
                    parts[total][at].push(part);
                }
            }
        }
        let sums = parts.into_iter().enumerate();
        sums.flat_map(|(total, axes)| axes.into_iter().map(move |parts| Equation { total, parts }))
            .filter(|sum| !sum.parts.is_empty())
            .collect()
    }
}

/// So many numbers are looked up in a table.
const LONGEST: Number = 1 << 20;

/// Places that were met.
enum Seen {
    /// Of each that there may be.
    Table(Vec<bool>),
    Hashed(HashSet<Number, QuickHash>),
}

impl Seen {
    fn new(space: Number) -> Self {
        if space <= LONGEST {
            Self::Table(vec![false; space as usize])
        } else {
            Self::Hashed(HashSet::default())
        }
    }

    /// Whether it is new.
    fn insert(&mut self, place: Number) -> bool {
        match self {
            Self::Table(all) => !std::mem::replace(&mut all[place as usize], true),
            Self::Hashed(all) => all.insert(place),
        }
    }

    fn sorted(self) -> Vec<Number> {
        match self {
            Self::Table(all) => (0..).zip(all).filter_map(|(place, met)| met.then_some(place)).collect(),
            Self::Hashed(all) => {
                let mut all = Vec::from_iter(all);
                all.par_sort_unstable();
                all
            }
        }
    }
}

fn name(axis: &[Level<'_>]) -> String {
    axis.iter().map(|level| level.dimension.as_str()).collect::<Vec<_>>().join(">")
}
