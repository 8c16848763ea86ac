//! Which combinations each cell holds, and the atoms: combinations that no cell can tell apart.
//!
//! Cells that fix the same dimensions are a family. A combination is looked up once in each family, by its values
//! and its class (the ranges of the family that cover its days), which gives a numbered list of cells; the lists of all
//! families are the combination's signature, and combinations of one signature are one atom. So a thousand earlier releases
//! cost a combination little more than one.

use std::collections::HashMap;
use std::hash::Hash;
use std::slice;

use jiff::civil::Date;
use rayon::prelude::*;

use super::Error;
use super::combinations::Combinations;
use super::page::Codes;
use super::rows::epoch_day;
use crate::domain::cell::CellDefinition;
use crate::domain::entry::Dimension;
use crate::domain::quick_hash::QuickHash;

/// What a cell fixes, by code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fixed {
    /// The dimensions, a bit a slot of the universe.
    pub mask: u16,
    /// Zero where nothing is fixed.
    pub codes: Codes,
}

/// A cell that is asked for.
pub(super) enum Asked<'a> {
    /// Over the days `from..until`.
    Cell { from: Date, until: Date, fixed: Fixed },
    /// It fixes a value that does not occur: it holds no row and is in no family.
    Empty(&'a CellDefinition),
}

pub(super) struct Membership {
    /// For each asked cell, the distinct definition it is.
    unique: Vec<u32>,
    /// The atoms of all distinct definitions, ascending in each.
    atoms: Vec<u32>,
    /// Where those of each begin, and the last one's end.
    bounds: Vec<usize>,
    /// Of each combination; `None` of one in no cell.
    pub atom_of: Vec<Option<u32>>,
}

impl Membership {
    pub fn new<'a>(
        combinations: &Combinations,
        asked: impl Iterator<Item = Asked<'a>>,
    ) -> Result<Self, Error> {
        let Families { mut families, unique, count } = families(combinations, asked)?;
        let of_family = |family: &mut Family| -> Vec<u32> {
            let all = combinations.all.iter();
            all.map(|one| family.list_of(one.class, one.first_day, &one.codes)).collect()
        };
        let lists: Vec<Vec<u32>> = families.par_iter_mut().with_max_len(1).map(of_family).collect();
        let (atom_of, firsts) = told_apart(&lists, combinations.all.len());
        // Where the lists of an atom stand: any of its combinations has them.
        let lists_of = |first: u32| {
            let lists = lists.iter().map(move |lists| lists[first as usize]);
            families.iter().zip(lists).flat_map(|(family, list)| family.list(list))
        };
        let mut bounds = vec![0; count + 1];
        firsts.iter().flat_map(|&first| lists_of(first)).for_each(|&cell| bounds[cell as usize + 1] += 1);
        (0..count).for_each(|cell| bounds[cell + 1] += bounds[cell]);
        let mut next = bounds.clone();
        let mut atoms = vec![0; bounds[count]];
        for (atom, &first) in (0u32..).zip(&firsts) {
            for &cell in lists_of(first) {
                let at = &mut next[cell as usize];
                atoms[*at] = atom;
                *at += 1;
            }
        }
        Ok(Self { unique, atoms, bounds, atom_of })
    }

    /// The atoms of the asked cell, ascending.
    pub fn atoms(&self, cell: usize) -> &[u32] {
        let unique = self.unique(cell);
        &self.atoms[self.bounds[unique]..self.bounds[unique + 1]]
    }

    /// The same number for asked cells of the same definition.
    pub fn unique(&self, cell: usize) -> usize {
        self.unique[cell] as usize
    }
}

/// The atom of each combination, and of each atom the first of its combinations. `lists` are for each family those of the
/// combinations.
fn told_apart(lists: &[Vec<u32>], combinations: usize) -> (Vec<Option<u32>>, Vec<u32>) {
    // Where one family tells all of them apart, as that of a table's finest cells often does, no signature needs a look.
    if lists.par_iter().any(|lists| all_differ(lists)) {
        let all = 0..combinations as u32;
        return (all.clone().map(Some).collect(), all.collect());
    }
    let width = lists.len().max(1);
    let mut signatures = vec![0; combinations * width];
    for (at, lists) in lists.iter().enumerate() {
        for (&list, signature) in lists.iter().zip(signatures.chunks_mut(width)) {
            signature[at] = list;
        }
    }
    let mut firsts = Vec::new();
    let mut known: HashMap<&[u32], u32, QuickHash> = HashMap::default();
    known.reserve(combinations);
    let mut atom = |(combination, signature)| {
        *known.entry(signature).or_insert_with(|| {
            firsts.push(combination);
            firsts.len() as u32 - 1
        })
    };
    let of_cell = |signature: &[u32]| signature.iter().any(|&list| list != 0);
    let signatures = (0u32..).zip(signatures.chunks(width));
    let atom_of = signatures.map(|one| of_cell(one.1).then(|| atom(one))).collect();
    (atom_of, firsts)
}

/// Whether each combination is in some cell, and in others than the rest.
fn all_differ(lists: &[u32]) -> bool {
    let mut met = vec![false; lists.iter().max().map_or(0, |&last| last as usize + 1)];
    lists.iter().all(|&list| list != 0 && !std::mem::replace(&mut met[list as usize], true))
}

/// Numbers given to numbers. Small ones are looked up in a table.
#[derive(Default)]
struct Numbers {
    small: Vec<u32>,
    large: HashMap<u128, u32, QuickHash>,
}

/// Has no number yet.
const NEW: u32 = u32::MAX;

impl Numbers {
    const LONGEST: u128 = 1 << 17;

    fn of(&mut self, key: u128) -> &mut u32 {
        if key >= Self::LONGEST {
            return self.large.entry(key).or_insert(NEW);
        }
        let key = key as usize;
        if key >= self.small.len() {
            self.small.resize((key + 1).next_power_of_two(), NEW);
        }
        &mut self.small[key]
    }
}

/// Values numbered in the order they came.
struct Interned<T> {
    numbers: HashMap<T, u32, QuickHash>,
    values: Vec<T>,
}

impl<T> Default for Interned<T> {
    fn default() -> Self {
        Self { numbers: HashMap::default(), values: Vec::new() }
    }
}

impl<T: Clone + Eq + Hash> Interned<T> {
    fn number(&mut self, value: T) -> u32 {
        let next = self.values.len() as u32;
        *self.numbers.entry(value).or_insert_with_key(|value| {
            self.values.push(value.clone());
            next
        })
    }
}

/// The cells that fix the same dimensions.
struct Family {
    /// Where the dimensions stand among the universe's.
    slots: Vec<usize>,
    /// How many values each of them has.
    sizes: Vec<u128>,
    /// How many tuples of values there are.
    space: u128,
    /// `from..until`.
    ranges: Interned<(i32, i32)>,
    /// Of each cell its definition's number, in the order they came.
    cells: Vec<u32>,
    /// A cell by its range and its packed values.
    numbers: Numbers,
    /// For each class of days that was met, the ranges that cover it.
    covering: HashMap<u32, Vec<u32>, QuickHash>,
    /// A list by class and packed values.
    known: Numbers,
    /// Lists of several cells.
    longer: Interned<Vec<u32>>,
}

struct Families {
    families: Vec<Family>,
    /// For each asked cell, the number of its definition.
    unique: Vec<u32>,
    /// How many distinct definitions there are.
    count: usize,
}

/// The families of the asked cells, by the dimensions they fix.
fn families<'a>(
    combinations: &Combinations,
    asked: impl Iterator<Item = Asked<'a>>,
) -> Result<Families, Error> {
    let mut found = Families { families: Vec::new(), unique: Vec::new(), count: 0 };
    let mut places: HashMap<u16, usize> = HashMap::new();
    let mut without_rows: HashMap<&CellDefinition, u32> = HashMap::new();
    // Cells come table by table, so that the next one is often of the same family and days.
    let mut recent: Option<(u16, usize)> = None;
    let mut days: Option<((Date, Date), (i32, i32))> = None;
    for cell in asked {
        let next = found.count as u32;
        let number = match cell {
            Asked::Empty(definition) => *without_rows.entry(definition).or_insert(next),
            Asked::Cell { from, until, fixed } => {
                let at = match recent.filter(|recent| recent.0 == fixed.mask) {
                    Some((_, at)) => at,
                    None => match places.get(&fixed.mask) {
                        Some(&at) => at,
                        None => {
                            found.families.push(Family::new(combinations, fixed.mask)?);
                            places.insert(fixed.mask, found.families.len() - 1);
                            found.families.len() - 1
                        }
                    },
                };
                recent = Some((fixed.mask, at));
                let range = match days.filter(|days| days.0 == (from, until)) {
                    Some((_, range)) => range,
                    None => (epoch_day(from), epoch_day(until)),
                };
                days = Some(((from, until), range));
                found.families[at].number(range, &fixed.codes, next)
            }
        };
        found.count += usize::from(number == next);
        found.unique.push(number);
    }
    Ok(found)
}

/// What these definitions ask for.
pub(super) fn asked<'a>(
    known: &'a Combinations,
    definitions: impl Iterator<Item = &'a CellDefinition>,
) -> impl Iterator<Item = Asked<'a>> {
    let mut coder = Coder { known, recent: vec![None; known.universe.dimensions().len()] };
    definitions.map(move |definition| match coder.fixed(definition) {
        Some(fixed) => Asked::Cell { from: definition.from, until: definition.until, fixed },
        None => Asked::Empty(definition),
    })
}

/// Looks values up, and remembers the last of each dimension: most cells share one with the cell before.
struct Coder<'a> {
    known: &'a Combinations,
    recent: Vec<Option<(&'a str, Option<u32>)>>,
}

impl<'a> Coder<'a> {
    fn fixed(&mut self, definition: &'a CellDefinition) -> Option<Fixed> {
        let mut fixed = Fixed::default();
        for (&dimension, value) in &definition.fixed {
            let slot = self.known.slot(dimension)?;
            fixed.mask |= 1 << slot;
            fixed.codes[slot] = self.code(dimension, slot, value)?;
        }
        Some(fixed)
    }

    /// `None` for a value that does not occur.
    fn code(&mut self, dimension: Dimension, slot: usize, value: &'a str) -> Option<u32> {
        let recent = &mut self.recent[slot];
        match recent.filter(|(text, _)| *text == value) {
            Some((_, code)) => code,
            None => {
                let code = self.known.code_of(dimension, value);
                *recent = Some((value, code));
                code
            }
        }
    }
}

impl Family {
    fn new(known: &Combinations, mask: u16) -> Result<Self, Error> {
        let dimensions = known.universe.dimensions();
        let slots: Vec<usize> = (0..dimensions.len()).filter(|slot| mask >> slot & 1 == 1).collect();
        let sizes: Vec<u128> =
            slots.iter().map(|&slot| known.values(dimensions[slot]).len() as u128).collect();
        let space = sizes.iter().try_fold(1u128, |all, &size| all.checked_mul(size)).ok_or(Error::TooFine)?;
        // There is to be room for as many ranges or classes as can be counted.
        space.checked_mul(1 << 32).ok_or(Error::TooFine)?;
        Ok(Self {
            slots,
            sizes,
            space,
            ranges: Interned::default(),
            cells: Vec::new(),
            numbers: Numbers::default(),
            covering: HashMap::default(),
            known: Numbers::default(),
            longer: Interned::default(),
        })
    }

    /// One number for the codes of the family's dimensions.
    fn packed(&self, codes: &Codes) -> u128 {
        let codes = self.sizes.iter().zip(&self.slots).map(|(&size, &slot)| (size, codes[slot]));
        codes.fold(0, |packed, (size, code)| packed * size + u128::from(code))
    }

    /// The number of the definition with this range and these codes, which is `next` if it is new.
    fn number(&mut self, range: (i32, i32), codes: &Codes, next: u32) -> u32 {
        let packed = self.packed(codes);
        let range = self.ranges.number(range);
        let cell = self.numbers.of(u128::from(range) * self.space + packed);
        if *cell == NEW {
            *cell = self.cells.len() as u32;
            self.cells.push(next);
        }
        self.cells[*cell as usize]
    }

    /// The number of the list of this family's cells that hold the codes on the days of a class, of which `day` is one. The
    /// empty list is number 0, those of one cell follow.
    fn list_of(&mut self, class: u32, day: i32, codes: &Codes) -> u32 {
        let packed = self.packed(codes);
        let ranges = &self.ranges.values;
        let covering = self.covering.entry(class).or_insert_with(|| {
            let covers = |(_, range): &(u32, &(i32, i32))| range.0 <= day && day < range.1;
            (0u32..).zip(ranges).filter(covers).map(|(at, _)| at).collect()
        });
        if covering.is_empty() {
            return 0;
        }
        let known = self.known.of(u128::from(class) * self.space + packed);
        if *known == NEW {
            let key = |range: &u32| u128::from(*range) * self.space + packed;
            let cells = covering.iter().map(|range| *self.numbers.of(key(range)));
            let cells: Vec<u32> = cells.filter(|&cell| cell != NEW).collect();
            *known = match cells[..] {
                [] => 0,
                [cell] => cell + 1,
                _ => {
                    let definitions = cells.iter().map(|&cell| self.cells[cell as usize]).collect();
                    self.cells.len() as u32 + 1 + self.longer.number(definitions)
                }
            };
        }
        *known
    }

    /// The numbers of a list's definitions.
    fn list(&self, number: u32) -> &[u32] {
        match (number as usize).checked_sub(1) {
            None => &[],
            Some(at) => match self.cells.get(at) {
                Some(cell) => slice::from_ref(cell),
                None => &self.longer.values[at - self.cells.len()],
            },
        }
    }
}
