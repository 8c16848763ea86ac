//! Which rows each cell holds, and the atoms: rows that no cell can tell apart.
//!
//! Cells that fix the same dimensions are a family. A row is looked up once in each family, by its values
//! and the class of its day (days that the same ranges of the family cover are one class), which gives an
//! interned list of cells; the lists of all families are the row's signature, and rows of one signature
//! are one atom. So a thousand earlier releases cost a row little more than one.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

use super::Error;
use super::rows::{Rows, epoch_day};
use crate::domain::cell::CellDefinition;
use crate::domain::entry::Dimension;

pub(super) struct Membership {
    /// For each asked cell, the distinct definition it is.
    unique: Vec<usize>,
    /// For each distinct definition, ascending.
    atoms: Vec<Vec<u32>>,
    atom_of_row: Vec<Option<u32>>,
    combinations: Combinations,
}

impl Membership {
    pub fn new(rows: &Rows, asked: &[&CellDefinition]) -> Result<Self, Error> {
        let mut definitions = Interned::default();
        let unique: Vec<usize> = asked.iter().map(|cell| definitions.number(*cell) as usize).collect();
        let mut families = families(rows, &definitions.values)?;
        let combinations = Combinations::new(rows, &families);
        let mut signatures = vec![0; combinations.keys.len() * families.len()];
        let width = families.len().max(1);
        for (at, family) in families.iter_mut().enumerate() {
            family.classify(&combinations.keys);
            for (key, signature) in combinations.keys.iter().zip(signatures.chunks_mut(width)) {
                signature[at] = family.list_of(key);
            }
        }
        let mut found = Interned::default();
        let atom_of_combination: Vec<Option<u32>> = signatures
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
        let atom_of = |combination: &u32| atom_of_combination.get(*combination as usize).copied().flatten();
        let atom_of_row = combinations.of_row.iter().map(atom_of).collect();
        Ok(Self { unique, atoms, atom_of_row, combinations })
    }

    /// The atoms of the asked cell, ascending.
    pub fn atoms(&self, cell: usize) -> &[u32] {
        &self.atoms[self.unique[cell]]
    }

    /// The same number for asked cells of the same definition.
    pub fn unique(&self, cell: usize) -> usize {
        self.unique[cell]
    }

    /// The finest groups that could be told apart by what any cell fixes: for each row, the number of its own.
    pub fn group_of_row(&self) -> &[u32] {
        &self.combinations.of_row
    }

    /// The dimensions that any cell fixes, as slots.
    pub fn slots(&self) -> &[usize] {
        &self.combinations.slots
    }

    /// `None` for a row that is in no cell.
    pub fn atom_of_row(&self) -> &[Option<u32>] {
        &self.atom_of_row
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

/// What rows are told apart by: the day, then the code of each dimension of the universe, zero where no cell
/// fixes it. Of sales there are most.
type Key = [u32; 1 + Dimension::SALES.len()];

/// The distinct keys of the rows, sorted: in an order that does not depend on the rows'.
struct Combinations {
    /// The dimensions that are told apart.
    slots: Vec<usize>,
    keys: Vec<Key>,
    of_row: Vec<u32>,
}

impl Combinations {
    fn new(rows: &Rows, families: &[Family]) -> Self {
        let used: BTreeSet<usize> = families.iter().flat_map(|family| &family.slots).copied().collect();
        let mut sorted: Vec<(Key, u32)> = (0..rows.len())
            .map(|row| {
                let mut key = Key::default();
                key[0] = sortable(rows.days[row]);
                for &slot in &used {
                    key[1 + slot] = rows.code_at(slot, row);
                }
                (key, row as u32)
            })
            .collect();
        sorted.sort_unstable();
        let slots = used.into_iter().collect();
        let mut combinations = Self { slots, keys: Vec::new(), of_row: vec![0; sorted.len()] };
        for (key, row) in sorted {
            if combinations.keys.last() != Some(&key) {
                combinations.keys.push(key);
            }
            combinations.of_row[row as usize] = combinations.keys.len() as u32 - 1;
        }
        combinations
    }
}

/// A day that sorts as an unsigned number.
fn sortable(day: i32) -> u32 {
    day.cast_unsigned() ^ (1 << 31)
}

/// The cells that fix the same dimensions.
struct Family {
    /// Where the dimensions stand among the universe's.
    slots: Vec<usize>,
    /// How many values each of them has.
    sizes: Vec<u128>,
    /// `from..until`, sortable.
    ranges: Interned<(u32, u32)>,
    /// By range and packed values.
    cells: HashMap<(u32, u128), Vec<u32>>,
    /// For each class of days, the ranges that cover it.
    classes: Interned<Vec<u32>>,
    class_of_day: HashMap<u32, u32>,
    /// By class and packed values, the list of cells.
    known: HashMap<(u32, u128), u32>,
    /// The empty list is number 0.
    lists: Interned<Vec<u32>>,
}

/// The families of the definitions, by the dimensions they fix. A cell that fixes a value which does not
/// occur holds no row and is in none.
fn families(rows: &Rows, definitions: &[&CellDefinition]) -> Result<Vec<Family>, Error> {
    let mut families: BTreeMap<Vec<Dimension>, Family> = BTreeMap::new();
    for (cell, definition) in (0u32..).zip(definitions) {
        let dimensions: Vec<Dimension> = definition.fixed.keys().copied().collect();
        let codes: Option<Vec<u32>> =
            definition.fixed.iter().map(|(&dimension, value)| rows.code_of(dimension, value)).collect();
        let Some(codes) = codes else { continue };
        if !families.contains_key(&dimensions) {
            families.insert(dimensions.clone(), Family::new(rows, &dimensions)?);
        }
        let Some(family) = families.get_mut(&dimensions) else { continue };
        let range = (sortable(epoch_day(definition.from)), sortable(epoch_day(definition.until)));
        let range = family.ranges.number(range);
        let packed = family.pack(codes.into_iter());
        family.cells.entry((range, packed)).or_default().push(cell);
    }
    Ok(families.into_values().collect())
}

impl Family {
    fn new(rows: &Rows, dimensions: &[Dimension]) -> Result<Self, Error> {
        let sizes: Vec<u128> =
            dimensions.iter().map(|&dimension| rows.values(dimension).len() as u128).collect();
        sizes.iter().try_fold(1u128, |all, &size| all.checked_mul(size)).ok_or(Error::TooFine)?;
        let mut family = Self {
            slots: dimensions.iter().filter_map(|&dimension| rows.slot(dimension)).collect(),
            sizes,
            ranges: Interned::default(),
            cells: HashMap::new(),
            classes: Interned::default(),
            class_of_day: HashMap::new(),
            known: HashMap::new(),
            lists: Interned::default(),
        };
        family.lists.number(Vec::new());
        Ok(family)
    }

    /// One number for one tuple of codes.
    fn pack(&self, codes: impl Iterator<Item = u32>) -> u128 {
        self.sizes.iter().zip(codes).fold(0, |packed, (&size, code)| packed * size + u128::from(code))
    }

    /// Finds the class of each day, of keys sorted by day.
    fn classify(&mut self, keys: &[Key]) {
        let mut last = None;
        for day in keys.iter().map(|key| key[0]) {
            if last.replace(day) == Some(day) {
                continue;
            }
            let covers = |(_, range): &(u32, &(u32, u32))| range.0 <= day && day < range.1;
            let covering = (0u32..).zip(&self.ranges.values).filter(covers).map(|(at, _)| at).collect();
            let class = self.classes.number(covering);
            self.class_of_day.insert(day, class);
        }
    }

    /// The number of the list of this family's cells that hold the key.
    fn list_of(&mut self, key: &Key) -> u32 {
        let Some(&class) = self.class_of_day.get(&key[0]) else { return 0 };
        let covering = &self.classes.values[class as usize];
        if covering.is_empty() {
            return 0;
        }
        let packed = self.pack(self.slots.iter().map(|&slot| key[1 + slot]));
        if let Some(&list) = self.known.get(&(class, packed)) {
            return list;
        }
        let cells = covering.iter().filter_map(|&range| self.cells.get(&(range, packed)));
        let list = self.lists.number(cells.flatten().copied().collect());
        self.known.insert((class, packed), list);
        list
    }
}
