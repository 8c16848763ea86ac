//! Every known set of atoms as the sum of smaller known sets, where there are any.
//!
//! A grand total over a million atoms is a sum of some sixty regions, each a sum of its provinces: written this way the
//! attacker's system has a few entries a row instead of a million. Nothing is asked of the sets: which of them add up
//! is found from the sets alone, across tables and releases (a week is the sum of its days).

use std::cmp::Reverse;

/// A set as a disjoint union: other sets, and atoms of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub sets: Vec<u32>,
    pub atoms: Vec<u32>,
}

#[derive(Debug, Default)]
pub(super) struct Lattice {
    sums: Vec<Sum>,
    /// Every set after all that it is a sum of.
    order: Vec<u32>,
}

impl Lattice {
    /// `sets` are distinct, each ascending; `sets_of_atom` is their inverse.
    pub fn new(sets: &[Vec<u32>], sets_of_atom: &[Vec<u32>]) -> Self {
        let mut order: Vec<u32> = (0..sets.len() as u32).collect();
        order.sort_by_key(|&set| (sets[set as usize].len(), set));
        let mut finder = Finder { sets, sets_of_atom, held: vec![0; sets.len()], taken: Vec::new() };
        finder.taken.resize(sets_of_atom.len(), false);
        let sums = (0..sets.len()).map(|set| finder.sum(set)).collect();
        Self { sums, order }
    }

    pub fn sum(&self, set: usize) -> &Sum {
        &self.sums[set]
    }

    /// Children before parents.
    pub fn order(&self) -> &[u32] {
        &self.order
    }

    /// Adds the amounts of atoms up to sets: `width` figures an atom and a set.
    pub fn add_up(&self, of_atoms: &[f64], width: usize) -> Vec<f64> {
        let mut of_sets = vec![0.0; self.sums.len() * width];
        for &set in &self.order {
            let (set, sum) = (set as usize, &self.sums[set as usize]);
            for position in 0..width {
                let atoms = sum.atoms.iter().map(|&atom| of_atoms[atom as usize * width + position]);
                let parts = sum.sets.iter().map(|&part| of_sets[part as usize * width + position]);
                of_sets[set * width + position] = atoms.sum::<f64>() + parts.sum::<f64>();
            }
        }
        of_sets
    }
}

struct Finder<'a> {
    sets: &'a [Vec<u32>],
    sets_of_atom: &'a [Vec<u32>],
    /// For each set, how many atoms of the one looked at it holds.
    held: Vec<u32>,
    taken: Vec<bool>,
}

impl Finder<'_> {
    /// The largest sets within this one first, as long as they do not overlap.
    fn sum(&mut self, set: usize) -> Sum {
        let atoms = &self.sets[set];
        let mut met = Vec::new();
        for &atom in atoms {
            for &other in &self.sets_of_atom[atom as usize] {
                if self.held[other as usize] == 0 {
                    met.push(other);
                }
                self.held[other as usize] += 1;
            }
        }
        let size = |other: u32| self.sets[other as usize].len();
        let mut within: Vec<u32> = met
            .iter()
            .copied()
            .filter(|&other| {
                self.held[other as usize] as usize == size(other)
                    && 1 < size(other)
                    && size(other) < atoms.len()
            })
            .collect();
        within.sort_by_key(|&other| (Reverse(size(other)), other));
        met.iter().for_each(|&other| self.held[other as usize] = 0);
        let mut sum = Sum::default();
        let mut left = atoms.len();
        for part in within {
            let members = &self.sets[part as usize];
            if members.len() <= left && !members.iter().any(|&atom| self.taken[atom as usize]) {
                members.iter().for_each(|&atom| self.taken[atom as usize] = true);
                left -= members.len();
                sum.sets.push(part);
            }
        }
        sum.atoms = atoms.iter().copied().filter(|&atom| !self.taken[atom as usize]).collect();
        atoms.iter().for_each(|&atom| self.taken[atom as usize] = false);
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_sums_of_totals() {
        let sets = vec![vec![0, 1, 2, 3, 4], vec![0, 1], vec![2, 3], vec![1, 2], vec![0], vec![0, 1, 2, 3]];
        let mut sets_of_atom = vec![Vec::new(); 5];
        for (set, atoms) in (0u32..).zip(&sets) {
            atoms.iter().for_each(|&atom: &u32| sets_of_atom[atom as usize].push(set));
        }
        let lattice = Lattice::new(&sets, &sets_of_atom);
        assert_eq!(lattice.sum(0), &Sum { sets: vec![5], atoms: vec![4] });
        assert_eq!(lattice.sum(5), &Sum { sets: vec![1, 2], atoms: Vec::new() });
        assert_eq!(lattice.sum(1), &Sum { sets: Vec::new(), atoms: vec![0, 1] });
        assert_eq!(lattice.sum(4), &Sum { sets: Vec::new(), atoms: vec![0] });
        let amounts = [1.0, 2.0, 4.0, 8.0, 16.0];
        assert_eq!(lattice.add_up(&amounts, 1), [31.0, 3.0, 12.0, 6.0, 1.0, 15.0]);
    }
}
