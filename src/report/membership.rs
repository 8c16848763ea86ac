//! Which combinations each cell holds, and the atoms: combinations that no cell can tell apart.
//!
//! Cells that fix the same dimensions are a family. A combination is looked up once in each family, by its values
//! and its class (the ranges of the family that cover its days), which gives an interned list of cells; the lists of all
//! families are the combination's signature, and combinations of one signature are one atom. So a thousand earlier releases
//! cost a combination little more than one.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use rayon::prelude::*;

use super::Error;
use super::combinations::Combinations;
use super::page::Codes;
use super::quick_hash::QuickHash;
use super::rows::epoch_day;
use crate::domain::cell::CellDefinition;
use crate::domain::entry::Dimension;

pub(super) struct Membership {
    /// For each asked cell, the distinct definition it is.
    unique: Vec<usize>,
    /// For each distinct definition, ascending.
    atoms: Vec<Vec<u32>>,
    /// Of each combination; `None` of one in no cell.
    pub atom_of: Vec<Option<u32>>,
}

impl Membership {
    pub fn new(combinations: &Combinations, asked: &[&CellDefinition]) -> Result<Self, Error> {
        let Families { mut families, unique, count } = families(combinations, asked)?;
        let width = families.len().max(1);
        let mut signatures = vec![0; combinations.all.len() * width];
        let of_family = |family: &mut Family| -> Vec<u32> {
            family.known.reserve(family.cells.len());
            family.lists.numbers.reserve(family.cells.len());
            let all = combinations.all.iter();
            all.map(|one| family.list_of(one.class, one.first_day, &one.codes)).collect()
        };
        let lists: Vec<Vec<u32>> = families.par_iter_mut().with_max_len(1).map(of_family).collect();
        for (at, lists) in lists.into_iter().enumerate() {
            for (list, signature) in lists.into_iter().zip(signatures.chunks_mut(width)) {
                signature[at] = list;
            }
        }
        let mut found = Interned::default();
        found.numbers.reserve(combinations.all.len());
        let atom_of: Vec<Option<u32>> = signatures
            .chunks(width)
            .map(|signature| signature.iter().any(|&list| list != 0).then(|| found.number(signature)))
            .collect();
        let mut atoms = vec![Vec::new(); count];
        for (atom, signature) in (0u32..).zip(&found.values) {
            for (family, &list) in families.iter().zip(*signature) {
                for &cell in &family.lists.values[list as usize] {
                    atoms[cell as usize].push(atom);
                }
            }
        }
        Ok(Self { unique, atoms, atom_of })
    }

    /// The atoms of the asked cell, ascending.
    pub fn atoms(&self, cell: usize) -> &[u32] {
        &self.atoms[self.unique[cell]]
    }

    /// The same number for asked cells of the same definition.
    pub fn unique(&self, cell: usize) -> usize {
        self.unique[cell]
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
    /// `from..until`.
    ranges: Interned<(i32, i32)>,
    /// The definition's number by its range and its packed values.
    cells: HashMap<(u32, u128), u32, QuickHash>,
    /// For each class of days that was met, the ranges that cover it.
    covering: HashMap<u32, Vec<u32>>,
    /// By class and packed values, the list of cells.
    known: HashMap<(u32, u128), u32, QuickHash>,
    /// The empty list is number 0.
    lists: Interned<Vec<u32>>,
}

struct Families {
    families: Vec<Family>,
    /// For each asked cell, the number of its definition.
    unique: Vec<usize>,
    /// How many distinct definitions there are.
    count: usize,
}

/// The families of the definitions, by the dimensions they fix. A cell that fixes a value which does not
/// occur holds no row and is in none.
fn families(known: &Combinations, asked: &[&CellDefinition]) -> Result<Families, Error> {
    let mut found = Families { families: Vec::new(), unique: Vec::with_capacity(asked.len()), count: 0 };
    let mut places: BTreeMap<Vec<Dimension>, usize> = BTreeMap::new();
    let mut without_rows: HashMap<&CellDefinition, u32> = HashMap::new();
    let mut coder = Coder { known, recent: vec![None; known.universe.dimensions().len()] };
    // Cells come table by table, so that the next one is often of the same family.
    let mut recent: (Vec<Dimension>, Option<usize>) = (Vec::new(), None);
    for definition in asked {
        let next = found.count as u32;
        let codes: Option<Vec<u32>> =
            definition.fixed.iter().map(|(&dimension, value)| coder.code(dimension, value)).collect();
        let number = match codes {
            None => *without_rows.entry(definition).or_insert(next),
            Some(codes) => {
                let at = match recent.1.filter(|_| definition.fixed.keys().eq(&recent.0)) {
                    Some(at) => at,
                    None => {
                        recent.0 = definition.fixed.keys().copied().collect();
                        place(known, &recent.0, &mut places, &mut found.families)?
                    }
                };
                recent.1 = Some(at);
                let family = &mut found.families[at];
                let range = family.ranges.number((epoch_day(definition.from), epoch_day(definition.until)));
                let packed = pack(&family.sizes, codes.into_iter());
                *family.cells.entry((range, packed)).or_insert(next)
            }
        };
        found.count += usize::from(number == next);
        found.unique.push(number as usize);
    }
    Ok(found)
}

/// Where the family of these dimensions stands.
fn place(
    known: &Combinations,
    dimensions: &[Dimension],
    places: &mut BTreeMap<Vec<Dimension>, usize>,
    families: &mut Vec<Family>,
) -> Result<usize, Error> {
    if let Some(&at) = places.get(dimensions) {
        return Ok(at);
    }
    families.push(Family::new(known, dimensions)?);
    places.insert(dimensions.to_vec(), families.len() - 1);
    Ok(families.len() - 1)
}

/// Looks values up, and remembers the last of each dimension: most cells share one with the cell before.
struct Coder<'a> {
    known: &'a Combinations,
    recent: Vec<Option<(&'a str, Option<u32>)>>,
}

impl<'a> Coder<'a> {
    /// `None` for a value that does not occur.
    fn code(&mut self, dimension: Dimension, value: &'a str) -> Option<u32> {
        let recent = &mut self.recent[self.known.slot(dimension)?];
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
    fn new(known: &Combinations, dimensions: &[Dimension]) -> Result<Self, Error> {
        let sizes: Vec<u128> =
            dimensions.iter().map(|&dimension| known.values(dimension).len() as u128).collect();
        sizes.iter().try_fold(1u128, |all, &size| all.checked_mul(size)).ok_or(Error::TooFine)?;
        let mut family = Self {
            slots: dimensions.iter().filter_map(|&dimension| known.slot(dimension)).collect(),
            sizes,
            ranges: Interned::default(),
            cells: HashMap::default(),
            covering: HashMap::new(),
            known: HashMap::default(),
            lists: Interned::default(),
        };
        family.lists.number(Vec::new());
        Ok(family)
    }

    /// The number of the list of this family's cells that hold the codes on the days of a class, of which `day` is one.
    fn list_of(&mut self, class: u32, day: i32, codes: &Codes) -> u32 {
        let ranges = &self.ranges.values;
        let covering = self.covering.entry(class).or_insert_with(|| {
            let covers = |(_, range): &(u32, &(i32, i32))| range.0 <= day && day < range.1;
            (0u32..).zip(ranges).filter(covers).map(|(at, _)| at).collect()
        });
        if covering.is_empty() {
            return 0;
        }
        let packed = pack(&self.sizes, self.slots.iter().map(|&slot| codes[slot]));
        if let Some(&list) = self.known.get(&(class, packed)) {
            return list;
        }
        let cells = covering.iter().filter_map(|&range| self.cells.get(&(range, packed)));
        let list = self.lists.number(cells.copied().collect());
        self.known.insert((class, packed), list);
        list
    }
}

/// One number for one tuple of codes.
fn pack(sizes: &[u128], codes: impl Iterator<Item = u32>) -> u128 {
    sizes.iter().zip(codes).fold(0, |packed, (&size, code)| packed * size + u128::from(code))
}
