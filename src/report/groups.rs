//! Groups: what witnesses are kept by. Atoms are numbered anew in every request, and a later release may cut them finer;
//! a group of entries that no cell can cut stays what it is.

use std::collections::{BTreeMap, HashMap};

use sha2::{Digest, Sha256};

use super::Cells;
use super::membership::Membership;
use super::rows::Rows;
use crate::disclosure::{WitnessTable, Witnesses};
use crate::domain::cell::Universe;
use crate::domain::entry::Component;
use crate::domain::witness::{Group, RecordedWitness};

/// The finest groups of the rows that are in any cell.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Groups {
    universe: Universe,
    names: Vec<Group>,
    /// Of each group.
    atoms: Vec<u32>,
    /// By component, of each group.
    amounts: Vec<Vec<i64>>,
    /// The groups of each atom.
    of_atom: Vec<Vec<u32>>,
}

impl Groups {
    pub fn new(rows: &Rows, membership: &Membership) -> Self {
        let components = rows.universe.components().len();
        // By the number of the group, for the order of the rows must not show.
        let mut known: BTreeMap<u32, (u32, usize, Vec<i64>)> = BTreeMap::new();
        let of_rows = membership.atom_of_row().iter().zip(membership.group_of_row());
        for (row, (atom, &group)) in of_rows.enumerate() {
            let Some(atom) = *atom else { continue };
            let (_, _, amounts) = known.entry(group).or_insert_with(|| (atom, row, vec![0; components]));
            for (amount, column) in amounts.iter_mut().zip(&rows.components) {
                *amount += column[row];
            }
        }
        let amount = |component: usize| known.values().map(|group| group.2[component]).collect();
        let mut groups = Self {
            universe: rows.universe,
            names: known.values().map(|group| name(rows, membership.slots(), group.1)).collect(),
            atoms: known.values().map(|group| group.0).collect(),
            amounts: (0..components).map(amount).collect(),
            of_atom: Vec::new(),
        };
        let atoms = groups.atoms.iter().max().map_or(0, |&last| last as usize + 1);
        groups.of_atom = vec![Vec::new(); atoms];
        for (group, &atom) in (0..).zip(&groups.atoms) {
            groups.of_atom[atom as usize].push(group);
        }
        groups
    }

    /// The witnesses whose groups are all among these, over the atoms, each after its index.
    pub fn recall(&self, recorded: &[RecordedWitness]) -> (Vec<usize>, Vec<WitnessTable>) {
        if recorded.is_empty() {
            return (Vec::new(), Vec::new());
        }
        let of_names: HashMap<Group, u32> =
            self.names.iter().copied().zip(self.atoms.iter().copied()).collect();
        let known = recorded.iter().enumerate();
        known.filter_map(|(index, witness)| Some((index, self.table(witness, &of_names)?))).unzip()
    }

    fn table(&self, witness: &RecordedWitness, atoms: &HashMap<Group, u32>) -> Option<WitnessTable> {
        let place = |component: &Component| self.universe.components().iter().position(|it| it == component);
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

    /// Each atom's difference in the proportion of its groups' amounts, so that none falls below zero.
    fn record(&self, table: &WitnessTable) -> RecordedWitness {
        let mut differences = Vec::with_capacity(table.differences.len());
        for &(atom, place, difference) in &table.differences {
            let (groups, amounts) = (&self.of_atom[atom as usize], &self.amounts[table.components[place]]);
            let total: i64 = groups.iter().map(|&group| amounts[group as usize]).sum();
            for (at, &group) in groups.iter().enumerate() {
                let share = match (total, at) {
                    (0, 0) => 1.0,
                    (0, _) => 0.0,
                    _ => amounts[group as usize] as f64 / total as f64,
                };
                if share > 0.0 {
                    differences.push((self.names[group as usize], place as u8, difference * share));
                }
            }
        }
        differences.sort_by_key(|&(group, place, _)| (group, place));
        let components = table.components.iter().map(|&component| self.universe.components()[component]);
        RecordedWitness { components: components.collect(), scale: table.scale, differences }
    }
}

impl Cells {
    /// Which of the witnesses that were asked with are worth keeping.
    pub fn kept(&self, witnesses: &Witnesses) -> impl Iterator<Item = usize> {
        witnesses.kept.iter().map(|&at| self.witnesses[at])
    }

    /// A witness over the request's atoms, as it is kept.
    pub fn recorded(&self, table: &WitnessTable) -> RecordedWitness {
        self.groups.record(table)
    }
}

/// The same for the same day and values, whatever else there is.
fn name(rows: &Rows, slots: &[usize], row: usize) -> Group {
    let mut hasher = Sha256::new();
    hasher.update(rows.days[row].to_le_bytes());
    let dimensions = rows.universe.dimensions();
    for &slot in slots {
        let value = &rows.values(dimensions[slot])[rows.code_at(slot, row) as usize];
        for text in [dimensions[slot].as_str(), value] {
            hasher.update((text.len() as u64).to_le_bytes());
            hasher.update(text);
        }
    }
    let hash = hasher.finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    Group(u64::from_le_bytes(first))
}
