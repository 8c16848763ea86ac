//! Which combinations each cell holds, and the atoms: combinations that no cell can tell apart.
//!
//! Cells that fix the same dimensions are a family. A combination is looked up once in each family, by its values
//! and its class (the ranges of the family that cover its days), which gives an interned list of cells; the lists of all
//! families are the combination's signature, and combinations of one signature are one atom. So a thousand earlier releases
//! cost a combination little more than one.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use super::Error;
use super::combinations::Combinations;
use super::packed::{Codes, QuickHash};
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
        let mut definitions = Interned::default();
        let unique: Vec<usize> = asked.iter().map(|cell| definitions.number(*cell) as usize).collect();
        let mut families = families(combinations, &definitions.values)?;
        let width = families.len().max(1);
        let mut signatures = vec![0; combinations.all.len() * width];
        for (at, family) in families.iter_mut().enumerate() {
            for (combination, signature) in combinations.all.iter().zip(signatures.chunks_mut(width)) {
                signature[at] = family.list_of(combination.class, combination.first_day, &combination.codes);
            }
        }
        let mut found = Interned::default();
        let atom_of: Vec<Option<u32>> = signatures
            .chunks(width)
            .map(|signature| signature.iter().any(|&list| list != 0).then(|| found.number(signature)))
            .collect();
        let mut atoms = vec![Vec::new(); definitions.values.len()];
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
    numbers: HashMap<T, u32>,
    values: Vec<T>,
}

impl<T> Default for Interned<T> {
    fn default() -> Self {
        Self { numbers: HashMap::new(), values: Vec::new() }
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
    /// By range and packed values.
    cells: HashMap<(u32, u128), Vec<u32>, QuickHash>,
    /// For each class of days that was met, the ranges that cover it.
    covering: HashMap<u32, Vec<u32>>,
    /// By class and packed values, the list of cells.
    known: HashMap<(u32, u128), u32, QuickHash>,
    /// The empty list is number 0.
    lists: Interned<Vec<u32>>,
}

/// The families of the definitions, by the dimensions they fix. A cell that fixes a value which does not
/// occur holds no row and is in none.
fn families(known: &Combinations, definitions: &[&CellDefinition]) -> Result<Vec<Family>, Error> {
    let mut families: BTreeMap<Vec<Dimension>, Family> = BTreeMap::new();
    for (cell, definition) in (0u32..).zip(definitions) {
        let dimensions: Vec<Dimension> = definition.fixed.keys().copied().collect();
        let codes: Option<Vec<u32>> =
            definition.fixed.iter().map(|(&dimension, value)| known.code_of(dimension, value)).collect();
        let Some(codes) = codes else { continue };
        if !families.contains_key(&dimensions) {
            families.insert(dimensions.clone(), Family::new(known, &dimensions)?);
        }
        let Some(family) = families.get_mut(&dimensions) else { continue };
        let range = family.ranges.number((epoch_day(definition.from), epoch_day(definition.until)));
        let packed = pack(&family.sizes, codes.into_iter());
        family.cells.entry((range, packed)).or_default().push(cell);
    }
    Ok(families.into_values().collect())
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
        let list = self.lists.number(cells.flatten().copied().collect());
        self.known.insert((class, packed), list);
        list
    }
}

/// One number for one tuple of codes.
fn pack(sizes: &[u128], codes: impl Iterator<Item = u32>) -> u128 {
    sizes.iter().zip(codes).fold(0, |packed, (&size, code)| packed * size + u128::from(code))
}
