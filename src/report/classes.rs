//! Classes of days: days that the same cells cover are one. Known before any row is read, for it takes what cells fix and
//! which days they sum over, not which of them occur.
//!
//! On the days of a class rows need telling apart only by what its cells fix. So of a month that stands in the report as
//! one figure alone, a row is its customer and its amounts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::rows::epoch_day;
use super::{Asked, CellTable, Shape};
use crate::domain::cell::Universe;
use crate::domain::entry::Dimension;

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Classes {
    /// Days (since 1 January 1970) from which on another class begins, with that class; ascending.
    begins: Vec<(i32, Option<u32>)>,
    /// For each class, the dimensions that its cells fix, as slots of the universe, ascending.
    slots: Vec<Vec<usize>>,
    /// All of them.
    all: Vec<usize>,
}

/// The days that cells sum over, by what these cells fix.
type Ranges = BTreeMap<BTreeSet<Dimension>, Spans>;

/// Ranges of days, half-open.
type Spans = BTreeSet<(i32, i32)>;

impl Classes {
    pub fn new(universe: Universe, asked: Asked<'_>) -> Self {
        let ranges = ranges(asked);
        let slot = |dimension: &Dimension| universe.dimensions().iter().position(|it| it == dimension);
        let families: Vec<(Vec<usize>, &Spans)> =
            ranges.iter().map(|(fixed, ranges)| (fixed.iter().filter_map(slot).collect(), ranges)).collect();
        let ends: BTreeSet<i32> =
            ranges.values().flatten().flat_map(|&(from, until)| [from, until]).collect();
        let mut known: BTreeMap<Vec<(usize, usize)>, u32> = BTreeMap::new();
        let mut classes = Self::default();
        for day in ends {
            let mut covering = Vec::new();
            for (family, (_, ranges)) in families.iter().enumerate() {
                let covers = ranges.iter().enumerate().filter(|(_, range)| range.0 <= day && day < range.1);
                covering.extend(covers.map(|(at, _)| (family, at)));
            }
            if covering.is_empty() {
                classes.begins.push((day, None));
                continue;
            }
            let used: BTreeSet<usize> =
                covering.iter().flat_map(|&(family, _)| &families[family].0).copied().collect();
            let class = *known.entry(covering).or_insert_with(|| {
                classes.slots.push(used.into_iter().collect());
                classes.slots.len() as u32 - 1
            });
            classes.begins.push((day, Some(class)));
        }
        let all: BTreeSet<usize> = classes.slots.iter().flatten().copied().collect();
        classes.all = all.into_iter().collect();
        classes
    }

    /// `None` for a day that no cell covers.
    pub fn of(&self, day: i32) -> Option<u32> {
        let next = self.begins.partition_point(|&(begin, _)| begin <= day);
        self.begins[..next].last().and_then(|&(_, class)| class)
    }

    /// The dimensions that the cells of a class fix.
    pub fn slots(&self, class: u32) -> &[usize] {
        &self.slots[class as usize]
    }

    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// The dimensions that any cell fixes.
    pub fn all_slots(&self) -> &[usize] {
        &self.all
    }

    /// The dimensions that are fixed on days of these classes.
    pub fn slots_of(&self, classes: &BTreeSet<u32>) -> Vec<usize> {
        let slots: BTreeSet<usize> = classes.iter().flat_map(|&class| self.slots(class)).copied().collect();
        slots.into_iter().collect()
    }

    /// The classes of the days `from..until`.
    pub fn between(&self, (from, until): (Date, Date)) -> BTreeSet<u32> {
        let (from, until) = (epoch_day(from), epoch_day(until));
        let first = self.begins.partition_point(|&(begin, _)| begin <= from).saturating_sub(1);
        let within =
            self.begins[first.min(self.begins.len())..].iter().take_while(|(begin, _)| *begin < until);
        within.filter_map(|&(_, class)| class).collect()
    }
}

fn ranges(asked: Asked<'_>) -> Ranges {
    let mut ranges = Ranges::new();
    let mut add = |fixed: BTreeSet<Dimension>, from: Date, until: Date| {
        if from < until {
            ranges.entry(fixed).or_default().insert((epoch_day(from), epoch_day(until)));
        }
    };
    for CellTable { shape, .. } in asked.tables.iter().chain(asked.reserved) {
        match shape {
            Shape::Windows(windows) => {
                windows.iter().for_each(|window| add(BTreeSet::new(), window.from, window.until));
            }
            Shape::Groups { rows, columns, from, until } => {
                for across in 0..=rows.len() {
                    for down in 0..=columns.len() {
                        add(rows[..across].iter().chain(&columns[..down]).copied().collect(), *from, *until);
                    }
                }
            }
        }
    }
    for cell in asked.earlier {
        let definition = &cell.definition;
        add(definition.fixed.keys().copied().collect(), definition.from, definition.until);
    }
    ranges
}
