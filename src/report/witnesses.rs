//! Groups: what witnesses are kept by. Atoms are numbered anew in every request, and a later release may cut them finer;
//! a group of entries that no cell can cut stays what it is.
//!
//! There are nearly as many groups as rows, and few are ever spoken of: those that a kept witness names, and those of the
//! atoms that a new one is about. So nobody keeps them all; the pages are looked through for these.

use std::collections::{BTreeMap, HashMap, HashSet};

use sha2::{Digest, Sha256};

use super::classes::Classes;
use super::combinations::Combinations;
use super::facts::Facts;
use super::packed::NONE;
use super::page::{Codes, Combination, combine};
use super::rows::{Coded, Rows};
use super::{Cells, Error, Needed, read_pages};
use crate::disclosure::{WitnessTable, Witnesses};
use crate::domain::cell::Universe;
use crate::domain::complaint::ComplaintLine;
use crate::domain::entry::Component;
use crate::domain::quick_hash::QuickHash;
use crate::domain::witness::{Group, RecordedWitness};

/// The groups that kept witnesses name: first those that are sought, then those found on a page, each with its combination
/// of the page.
pub(super) enum Found {
    Sought(HashSet<Group>),
    On(Vec<(Group, u32)>),
}

impl Found {
    pub fn new(recorded: &[RecordedWitness]) -> Self {
        Self::Sought(recorded.iter().flat_map(|it| &it.differences).map(|&(group, _, _)| group).collect())
    }

    pub fn is_sought(&self) -> bool {
        matches!(self, Self::Sought(groups) if !groups.is_empty())
    }

    /// Those among the rows of a page.
    pub fn among(&self, rows: &Rows, classes: &Classes) -> Result<Self, Error> {
        let Self::Sought(sought) = self else { return Ok(Self::On(Vec::new())) };
        if sought.is_empty() {
            return Ok(Self::On(Vec::new()));
        }
        let (_, of_row) = combine(rows, classes)?;
        let mut named: HashMap<(i32, Codes), (), QuickHash> = HashMap::default();
        let mut found = Vec::new();
        for (row, &combination) in of_row.iter().enumerate() {
            if combination != NONE && named.insert(key(rows, classes.all_slots(), row), ()).is_none() {
                let group = name(rows, classes.all_slots(), row);
                if sought.contains(&group) {
                    found.push((group, combination));
                }
            }
        }
        Ok(Self::On(found))
    }
}

/// The witnesses whose groups are all there, over the atoms, each after its index.
pub(super) fn recall(
    universe: Universe,
    recorded: &[RecordedWitness],
    found: &[Found],
    numbers: &[Vec<u32>],
    atom_of: &[Option<u32>],
) -> (Vec<usize>, Vec<WitnessTable>) {
    let mut atoms: HashMap<Group, u32> = HashMap::new();
    for (found, numbers) in found.iter().zip(numbers) {
        let Found::On(found) = found else { continue };
        for &(group, combination) in found {
            if let Some(atom) = atom_of[numbers[combination as usize] as usize] {
                atoms.insert(group, atom);
            }
        }
    }
    let known = recorded.iter().enumerate();
    known.filter_map(|(index, witness)| Some((index, table(universe, witness, &atoms)?))).unzip()
}

fn table(universe: Universe, witness: &RecordedWitness, atoms: &HashMap<Group, u32>) -> Option<WitnessTable> {
    let place = |component: &Component| universe.components().iter().position(|it| it == component);
    let components: Vec<usize> = witness.components.iter().map(place).collect::<Option<_>>()?;
    let of_atoms: Option<Vec<(u32, usize, f64)>> = witness
        .differences
        .iter()
        .map(|(group, place, difference)| Some((*atoms.get(group)?, usize::from(*place), *difference)))
        .collect();
    let mut of_atoms = of_atoms?;
    of_atoms.sort_by_key(|&(atom, place, _)| (atom, place));
    let mut differences: Vec<(u32, usize, f64)> = Vec::new();
    for (atom, place, difference) in of_atoms {
        match differences.last_mut().filter(|last| (last.0, last.1) == (atom, place)) {
            Some(last) => last.2 += difference,
            None => differences.push((atom, place, difference)),
        }
    }
    Some(WitnessTable { components, scale: witness.scale, differences })
}

/// What it takes to find the groups of an atom again.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Groups {
    classes: Classes,
    combinations: Combinations,
    atom_of: Vec<Option<u32>>,
}

/// A group as it is met on a page.
struct OfGroup {
    atom: u32,
    /// Any of its rows.
    row: usize,
    /// By component.
    amounts: Vec<i64>,
}

/// By atom and group, what the group comes to in each component.
type Amounts = BTreeMap<u32, BTreeMap<Group, Vec<i64>>>;

impl Groups {
    pub fn new(classes: Classes, combinations: Combinations, atom_of: Vec<Option<u32>>) -> Self {
        Self { classes, combinations, atom_of }
    }

    /// Of the wanted atoms, by class and codes.
    fn atoms(&self, wanted: &HashSet<u32>) -> HashMap<(u32, Codes), u32, QuickHash> {
        let all = self.combinations.all.iter().zip(&self.atom_of);
        let wanted =
            all.filter_map(|(combination, atom)| Some((combination, atom.filter(|it| wanted.contains(it))?)));
        wanted.map(|(combination, atom)| ((combination.class, combination.codes), atom)).collect()
    }

    fn amounts(&self, rows: &Rows, atoms: &HashMap<(u32, Codes), u32, QuickHash>) -> Result<Amounts, Error> {
        let (combinations, of_row) = combine(rows, &self.classes)?;
        let recoded = self.combinations.recoded(rows);
        let atom = |one: &Combination| {
            let mut codes = Codes::default();
            for &slot in self.classes.slots(one.class) {
                codes[slot] = recoded[slot][one.codes[slot] as usize];
            }
            atoms.get(&(one.class, codes)).copied()
        };
        let atoms: Vec<Option<u32>> = combinations.iter().map(atom).collect();
        let slots = self.classes.all_slots();
        let mut known: HashMap<(i32, Codes), OfGroup, QuickHash> = HashMap::default();
        for (row, &combination) in of_row.iter().enumerate() {
            let Some(atom) = atoms.get(combination as usize).copied().flatten() else { continue };
            let nothing = || OfGroup { atom, row, amounts: vec![0; rows.components.len()] };
            let group = known.entry(key(rows, slots, row)).or_insert_with(nothing);
            for (amount, column) in group.amounts.iter_mut().zip(&rows.components) {
                *amount += column.at(row);
            }
        }
        let mut of_atoms = Amounts::new();
        for OfGroup { atom, row, amounts } in known.into_values() {
            of_atoms.entry(atom).or_default().insert(name(rows, slots, row), amounts);
        }
        Ok(of_atoms)
    }

    fn wanted(tables: &[WitnessTable]) -> HashSet<u32> {
        tables.iter().flat_map(|table| &table.differences).map(|&(atom, _, _)| atom).collect()
    }

    /// Each atom's difference in the proportion of its groups' amounts, so that none falls below zero.
    fn record(&self, table: &WitnessTable, of_atoms: &Amounts) -> RecordedWitness {
        let mut differences = Vec::with_capacity(table.differences.len());
        for &(atom, place, difference) in &table.differences {
            let component = table.components[place];
            let Some(groups) = of_atoms.get(&atom) else { continue };
            let total: i64 = groups.values().map(|amounts| amounts[component]).sum();
            for (at, (&group, amounts)) in groups.iter().enumerate() {
                let share = match (total, at) {
                    (0, 0) => 1.0,
                    (0, _) => 0.0,
                    _ => amounts[component] as f64 / total as f64,
                };
                if share > 0.0 {
                    differences.push((group, place as u8, difference * share));
                }
            }
        }
        differences.sort_by_key(|&(group, place, _)| (group, place));
        let components = self.combinations.universe.components();
        let components = table.components.iter().map(|&component| components[component]);
        RecordedWitness { components: components.collect(), scale: table.scale, differences }
    }
}

impl Cells {
    /// Which of the witnesses that were asked with are worth keeping.
    pub fn kept(&self, witnesses: &Witnesses) -> impl Iterator<Item = usize> {
        witnesses.kept.iter().map(|&at| self.witnesses[at])
    }

    /// Witnesses over the request's atoms, as they are kept. The facts are those that were asked of.
    ///
    /// # Errors
    /// As [`super::cells`].
    pub fn recorded<F: Facts>(
        &self,
        tables: &[WitnessTable],
        facts: &F,
    ) -> Result<Vec<RecordedWitness>, F::Error> {
        if tables.is_empty() {
            return Ok(Vec::new());
        }
        let atoms = self.groups.atoms(&Groups::wanted(tables));
        let components = Universe::Sales.components().to_vec();
        // Pages of other days have none of these atoms.
        let classes = Some(atoms.keys().map(|&(class, _)| class).collect());
        let needed = Needed { all_dimensions: true, components, classes };
        let amounts = |rows: Rows, _| self.groups.amounts(&rows, &atoms);
        let pages = read_pages(facts, &self.groups.classes, &needed, amounts)?;
        Ok(self.all_recorded(tables, pages))
    }

    /// The same of complaints.
    ///
    /// # Errors
    /// As [`super::complaint_cells`].
    pub fn recorded_of_complaints(
        &self,
        tables: &[WitnessTable],
        lines: &[ComplaintLine],
    ) -> Result<Vec<RecordedWitness>, Error> {
        if tables.is_empty() {
            return Ok(Vec::new());
        }
        let atoms = self.groups.atoms(&Groups::wanted(tables));
        let page = self.groups.amounts(&Rows::of_complaints(lines), &atoms)?;
        Ok(self.all_recorded(tables, vec![page]))
    }

    fn all_recorded(&self, tables: &[WitnessTable], pages: Vec<Amounts>) -> Vec<RecordedWitness> {
        let mut all = Amounts::new();
        for (atom, groups) in pages.into_iter().flatten() {
            let of_atom = all.entry(atom).or_default();
            // A group is of one day, and a day stands on one page.
            of_atom.extend(groups);
        }
        tables.iter().map(|table| self.groups.record(table, &all)).collect()
    }
}

/// What tells groups of a page apart.
fn key(rows: &Rows, slots: &[usize], row: usize) -> (i32, Codes) {
    let mut codes = Codes::default();
    slots.iter().for_each(|&slot| codes[slot] = rows.dimensions[slot].codes[row]);
    (rows.days[row], codes)
}

/// The same for the same day and values, whatever else there is.
fn name(rows: &Rows, slots: &[usize], row: usize) -> Group {
    let mut hasher = Sha256::new();
    hasher.update(rows.days[row].to_le_bytes());
    let dimensions = rows.universe.dimensions();
    for &slot in slots {
        let Coded { values, codes } = &rows.dimensions[slot];
        for text in [dimensions[slot].as_str(), &values[codes[row] as usize]] {
            hasher.update((text.len() as u64).to_le_bytes());
            hasher.update(text);
        }
    }
    let hash = hasher.finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    Group(u64::from_le_bytes(first))
}
