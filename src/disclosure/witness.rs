//! Witness tables: other data that would have given the very same release.
//!
//! A witness is kept as its difference from the true data. It stays valid when more cells are withheld, and it
//! certifies every target whose figure differs in it by as much as that target requires.

use super::scratch::Column;
use super::system::System;
use super::target::{End, Target};
use super::view::View;

/// How far, in scaled units, a shown row may be off in a witness: the solver's arithmetic, not a choice.
pub(super) const TOLERANCE: f64 = 1e-6;

/// The part of a required distance that a witness must reach; what is missing is the solver's arithmetic.
pub(super) const REACH: f64 = 1.0 - 1e-6;

#[derive(Clone, Debug)]
pub(super) struct Witness {
    /// Amounts are divided by this.
    pub scale: f64,
    /// (atom, position in the view, difference from the truth in scaled units), ascending.
    pub differences: Vec<(u32, usize, f64)>,
}

/// What became of one of the request's witnesses.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Recalled {
    /// The request says nothing of its atoms, or of its components.
    Untouched,
    /// The part that the request can say something about is this one of the search's, or does not hold; and the rest of it.
    Part { number: Option<usize>, rest: Vec<(u32, usize, f64)> },
}

/// How a target is certified at one end: `factor` times this witness.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proof {
    pub witness: usize,
    pub factor: f64,
}

/// A witness added up: how far each set is off, by set and position, in scaled units.
pub(super) struct Deviation<'s> {
    scale: f64,
    width: usize,
    of_sets: Column<'s>,
    /// The sets that may be off: those with an atom that differs.
    touched: Vec<u32>,
}

/// A witness and its reverse, as far as that holds: either may certify an end.
pub(super) struct BothWays<'s> {
    pub deviation: Deviation<'s>,
    pub factors: [f64; 2],
}

impl Witness {
    pub fn both_ways<'s>(&self, system: &'s System<'_>, view: &View) -> BothWays<'s> {
        let factors = [1.0, -self.reverse_factor(system, view)];
        BothWays { deviation: self.deviation(system, view), factors }
    }

    pub fn deviation<'s>(&self, system: &'s System<'_>, view: &View) -> Deviation<'s> {
        let width = view.components.len();
        let mut of_sets = system.scratch.zeros(system.sets.len() * width);
        let mut is_touched = system.scratch.zeros(system.sets.len());
        for &(atom, position, difference) in &self.differences {
            system.sets_of_atom[atom as usize].iter().for_each(|&set| is_touched.put(set as usize, 1.0));
            for &set in system.lattice.owners(atom) {
                of_sets.add(set as usize * width + position, difference);
            }
        }
        let mut touched = is_touched.written().to_vec();
        system.lattice.sort(&mut touched);
        for &set in &touched {
            for position in 0..width {
                let of_set = of_sets.at(set as usize * width + position);
                for &whole in system.lattice.wholes(set as usize).iter().filter(|_| of_set != 0.0) {
                    of_sets.add(whole as usize * width + position, of_set);
                }
            }
        }
        Deviation { scale: self.scale, width, of_sets, touched }
    }

    /// Whether no amount falls below zero and no shown row is off.
    pub fn is_valid(&self, system: &System<'_>, view: &View, shown: &[bool], deviation: &Deviation) -> bool {
        let above_zero = self.differences.iter().all(|&(atom, position, difference)| {
            let amount = system.amounts[view.components[position]][atom as usize] as f64 / self.scale;
            difference.is_finite() && amount + difference >= -TOLERANCE
        });
        let stands = |row: usize| deviation.row(view, row).abs() <= TOLERANCE;
        above_zero && deviation.rows(view).all(|row| stands(row) || !view.is_shown(row, shown))
    }

    /// The largest factor, at most one, by which the reversed witness is valid too.
    pub fn reverse_factor(&self, system: &System<'_>, view: &View) -> f64 {
        self.differences.iter().filter(|entry| entry.2 > 0.0).fold(
            1.0,
            |least, &(atom, position, difference)| {
                let amount = system.amounts[view.components[position]][atom as usize] as f64 / self.scale;
                least.min(amount / difference)
            },
        )
    }
}

impl Deviation<'_> {
    /// The sets that may be off; no other one is.
    pub fn touched(&self) -> &[u32] {
        &self.touched
    }

    /// The rows of the view that may be off; no other one is.
    pub fn rows<'a>(&'a self, view: &'a View) -> impl Iterator<Item = usize> + 'a {
        self.touched.iter().flat_map(|&set| view.rows_of_set[set as usize].iter().copied())
    }

    /// How far a row of the view is off.
    pub fn row(&self, view: &View, row: usize) -> f64 {
        let row = &view.rows[row];
        let terms = view.kinds[row.kind].iter();
        terms.map(|&(position, times)| times as f64 * self.of_sets.at(row.set * self.width + position)).sum()
    }

    /// By how much a target's figure differs, in scaled units.
    pub fn shift(&self, target: &Target) -> f64 {
        let of_set = |&(set, sign): &(u32, i64)| sign as f64 * self.of_set(set as usize, &target.terms);
        target.form.iter().map(of_set).sum()
    }

    /// By how much a set's figure differs, in scaled units.
    pub fn of_set(&self, set: usize, terms: &[(usize, i64)]) -> f64 {
        let of_position =
            |&(position, times): &(usize, i64)| times as f64 * self.of_sets.at(set * self.width + position);
        terms.iter().map(of_position).sum()
    }

    /// What is required of a figure, as a shift.
    pub fn required(&self, need: i128) -> f64 {
        need as f64 / self.scale * REACH
    }

    /// Whether `factor` times this witness moves the target far enough.
    pub fn certifies(&self, target: &Target, end: End, factor: f64) -> bool {
        end.sign() * factor * self.shift(target) >= self.required(target.need(end))
    }
}

impl BothWays<'_> {
    /// How many times the witness certifies this end, if it or its reverse does.
    pub fn factor(&self, target: &Target, end: End) -> Option<f64> {
        self.factors.into_iter().find(|&factor| self.deviation.certifies(target, end, factor))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::examples::later_request;
    use super::super::field::Random;
    use super::super::policy::Policy;
    use super::super::programme::Highs;
    use super::super::search::Search;
    use super::super::system::Unit;
    use super::*;

    /// Each set's shift as its atoms add it up, and every target that shifts among those that are looked at.
    #[test]
    fn a_deviation_is_the_sum_of_what_differs() {
        let policy = Policy { minimum_contributors: 3, ..Policy::default() };
        let (solver, mut some, mut none) = (Highs::default(), 0, 0);
        for seed in 0..30 {
            let request = later_request(&[(6, true), (4, false)], &[0, 1, 2], seed, &policy);
            let system = System::new(&request, &[], &policy).expect("well formed");
            let shown = system.units.iter().map(Unit::is_candidate).collect();
            let search = Search::new(&system, &policy, shown, &solver);
            let mut random = Random(seed + 1);
            for (number, view) in search.views.iter().enumerate() {
                let mut differences = Vec::new();
                for atom in 0..system.atom_count() as u32 {
                    for position in 0..view.components.len() {
                        let by = (random.next() % 9) as f64 - 4.0;
                        if random.next().is_multiple_of(6) && by != 0.0 {
                            differences.push((atom, position, by));
                        }
                    }
                }
                let witness = Witness { scale: 1.0, differences };
                let deviation = witness.deviation(&system, view);
                let mut touched = BTreeSet::new();
                for (set, atoms) in system.sets.iter().enumerate() {
                    for position in 0..view.components.len() {
                        let of_set = witness.differences.iter().filter(|entry| atoms.contains(&entry.0));
                        let of_position = of_set.filter(|entry| entry.1 == position);
                        let sum: f64 = of_position.map(|entry| entry.2).sum();
                        assert_eq!(deviation.of_set(set, &[(position, 1)]), sum, "set {set}");
                    }
                    if witness.differences.iter().any(|entry| atoms.contains(&entry.0)) {
                        touched.insert(set as u32);
                    }
                }
                assert_eq!(deviation.touched().len(), touched.len());
                assert!(deviation.touched().iter().all(|set| touched.contains(set)));
                let moved = search.targets_moved(&deviation, usize::MAX).expect("fewer than that");
                for (target, stated) in search.targets.iter().enumerate().filter(|of| of.1.view == number) {
                    let is_among = moved.binary_search(&target).is_ok();
                    assert!(is_among || deviation.shift(stated) == 0.0, "target {target}");
                    if is_among { some += 1 } else { none += 1 }
                }
                assert_eq!(search.targets_moved(&deviation, 0), None, "all others are fewer");
            }
        }
        assert!(some > 50 && none > 50, "{some} {none}");
    }
}
