//! Every known set of atoms as the sum of smaller known sets, where there are any.
//!
//! A grand total over a million atoms is a sum of some sixty regions, each a sum of its provinces: written this way the
//! attacker's system has a few entries a row instead of a million. Nothing is asked of the sets: which of them add up
//! is found from the sets alone, across tables and releases (a week is the sum of its days).

use std::cmp::Reverse;

use super::jagged::Jagged;

/// A set as a disjoint union: other sets, and atoms of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub sets: Vec<u32>,
    pub atoms: Vec<u32>,
}

#[derive(Debug, Default)]
pub(super) struct Lattice {
    sums: Vec<Sum>,
    /// For each set, its place in an order in which it comes after all that it is a sum of.
    ranks: Vec<u32>,
    /// For each set, those that are sums of it and others.
    wholes: Jagged,
    /// For each atom, the sets that have it as one of their own.
    owners: Jagged,
}

impl Lattice {
    /// `sets` are distinct, each ascending, of atoms below `atom_count`.
    pub fn new(sets: &[&[u32]], atom_count: usize) -> Self {
        let mut order: Vec<u32> = (0..sets.len() as u32).collect();
        order.sort_by_key(|&set| (sets[set as usize].len(), set));
        let firsts: Vec<&[u32]> = order.iter().map(|&set| first_of(sets[set as usize])).collect();
        let mut finder = Finder {
            sets,
            order: &order,
            starting_with: Jagged::inverse(&firsts, atom_count),
            top: vec![NONE; atom_count],
            rest_of: vec![NONE; atom_count],
            taken: vec![false; atom_count],
            times: vec![0; sets.len()],
        };
        let mut sums = vec![Sum::default(); sets.len()];
        for &set in &order {
            sums[set as usize] = finder.sum(set);
        }
        let mut ranks = vec![0; sets.len()];
        for (rank, &set) in (0..).zip(&order) {
            ranks[set as usize] = rank;
        }
        let of_sums = |part: fn(&Sum) -> &[u32], count| {
            let parts: Vec<&[u32]> = sums.iter().map(part).collect();
            Jagged::inverse(&parts, count)
        };
        let wholes = of_sums(|sum| &sum.sets, sets.len());
        let owners = of_sums(|sum| &sum.atoms, atom_count);
        Self { sums, ranks, wholes, owners }
    }

    pub fn sum(&self, set: usize) -> &Sum {
        &self.sums[set]
    }

    /// The sets that are sums of this one and others.
    pub fn wholes(&self, set: usize) -> &[u32] {
        &self.wholes[set]
    }

    /// The sets that have an atom as one of their own, and not within another set.
    pub fn owners(&self, atom: u32) -> &[u32] {
        &self.owners[atom as usize]
    }

    /// Puts sets into an order in which each comes after all that it is a sum of.
    pub fn sort(&self, sets: &mut [u32]) {
        sets.sort_unstable_by_key(|&set| self.ranks[set as usize]);
    }
}

fn first_of(atoms: &[u32]) -> &[u32] {
    &atoms[..atoms.len().min(1)]
}

/// No set yet.
const NONE: u32 = u32::MAX;

/// Takes the sets from the smallest to the largest.
struct Finder<'a> {
    sets: &'a [&'a [u32]],
    /// From the smallest set to the largest.
    order: &'a [u32],
    /// For each atom, where in that order the sets stand whose first atom it is.
    starting_with: Jagged,
    /// For each atom, the last set that held it.
    top: Vec<u32>,
    /// For each atom, the last set of whose rest it was.
    rest_of: Vec<u32>,
    taken: Vec<bool>,
    /// For each set how often it was met; zeros in between.
    times: Vec<u32>,
}

impl Finder<'_> {
    fn sum(&mut self, set: u32) -> Sum {
        let atoms = self.sets[set as usize];
        let mut met = Vec::new();
        for &atom in atoms {
            let top = self.top[atom as usize];
            if top != NONE {
                self.meet(top, &mut met);
            }
        }
        let mut sum = Sum { sets: self.whole(met), atoms: Vec::new() };
        // Where years are sums of months and these of days, all of them are whole: only the rest costs a closer look.
        self.take(&sum.sets);
        let mut rest = self.not_taken(atoms);
        if !rest.is_empty() {
            let mut left = rest.len();
            for part in self.within(set, &rest) {
                let members = self.sets[part as usize];
                if members.len() <= left && !members.iter().any(|&atom| self.taken[atom as usize]) {
                    left -= members.len();
                    self.take(&[part]);
                    sum.sets.push(part);
                }
            }
            rest = self.not_taken(&rest);
        }
        sum.atoms = rest;
        for &atom in atoms {
            self.taken[atom as usize] = false;
            if atoms.len() > 1 {
                self.top[atom as usize] = set;
            }
        }
        sum
    }

    fn meet(&mut self, set: u32, met: &mut Vec<u32>) {
        let times = &mut self.times[set as usize];
        if *times == 0 {
            met.push(set);
        }
        *times += 1;
    }

    /// Those that were met with all their atoms, the largest first; what was met is forgotten.
    fn whole(&mut self, mut met: Vec<u32>) -> Vec<u32> {
        let size = |set: u32| self.sets[set as usize].len();
        let times = &mut self.times;
        met.retain(|&set| {
            let times = std::mem::take(&mut times[set as usize]);
            size(set) > 1 && size(set) == times as usize
        });
        met.sort_unstable_by_key(|&set| (Reverse(size(set)), set));
        met
    }

    /// The sets of several atoms that lie in what is left of a set, the largest first.
    fn within(&mut self, set: u32, rest: &[u32]) -> Vec<u32> {
        rest.iter().for_each(|&atom| self.rest_of[atom as usize] = set);
        let mut within = Vec::new();
        // Each is looked at by its first atom, and but for those that do lie there, hardly further.
        for &atom in rest {
            let sets = self.starting_with[atom as usize].iter().map(|&rank| self.order[rank as usize]);
            let of_size = sets.take_while(|&part| self.sets[part as usize].len() <= rest.len());
            within.extend(of_size.filter(|&part| {
                let atoms = self.sets[part as usize];
                part != set && atoms.len() > 1 && atoms.iter().all(|&atom| self.rest_of[atom as usize] == set)
            }));
        }
        within.sort_unstable_by_key(|&part| (Reverse(self.sets[part as usize].len()), part));
        within
    }

    fn take(&mut self, sets: &[u32]) {
        for &set in sets {
            self.sets[set as usize].iter().for_each(|&atom| self.taken[atom as usize] = true);
        }
    }

    fn not_taken(&self, atoms: &[u32]) -> Vec<u32> {
        atoms.iter().copied().filter(|&atom| !self.taken[atom as usize]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_sums_of_totals() {
        let sets: [&[u32]; 6] = [&[0, 1, 2, 3, 4], &[0, 1], &[2, 3], &[3, 4], &[0], &[0, 1, 2, 3]];
        let lattice = Lattice::new(&sets, 5);
        assert_eq!(lattice.sum(0), &Sum { sets: vec![5], atoms: vec![4] });
        assert_eq!(lattice.sum(5), &Sum { sets: vec![1, 2], atoms: Vec::new() });
        assert_eq!(lattice.sum(1), &Sum { sets: Vec::new(), atoms: vec![0, 1] });
        assert_eq!(lattice.sum(4), &Sum { sets: Vec::new(), atoms: vec![0] });
        assert_eq!((lattice.wholes(5), lattice.wholes(1), lattice.wholes(4)), (&[0][..], &[5][..], &[][..]));
        assert_eq!((lattice.owners(4), lattice.owners(0)), (&[0, 3][..], &[1, 4][..]));
        let mut all = [0, 1, 2, 3, 4, 5];
        lattice.sort(&mut all);
        assert_eq!(all, [4, 1, 2, 3, 5, 0]);
    }
}
