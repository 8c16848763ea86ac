//! The few atoms nearest to a target: what a programme varies where all that is withheld would be too much for it.
//!
//! What protects a cell mostly stands close by: its amount moves to a cell beside it, and two further cells take up what
//! that does to their sums. So the atoms that share small cells with the target's come first, and then those that share
//! small cells with these.

use std::cmp::Reverse;

use super::component::Component;
use super::search::Search;

/// Where the request can say something about more atoms than this, each programme lets those vary that are nearest to
/// one target: the time of a solution over everything grows faster than what it finds.
const WIDE: usize = 4000;

/// Larger sets say nothing of what is near.
const LARGEST: usize = 2000;

/// A cell that is withheld already costs nothing to disturb: its atoms count as so many times nearer.
const WITHHELD: f64 = 4.0;

/// In a series of releases that repeat figures, programmes for contributors are as local from so many atoms on: what proves
/// a figure by its surroundings says nothing of what a later release shows elsewhere, and goes on proving. (Of one large
/// release many figures are proved at once, and local programmes take six times as long.)
const BROAD: usize = 700;

impl Search<'_> {
    /// Whether there are too many atoms for one programme that proves something to contributors.
    pub fn is_broad(&self, view: usize) -> bool {
        self.is_wide(view) || self.policy.keeps_back && self.relevant_count(view) > BROAD
    }

    /// Whether there are too many atoms for one programme.
    pub fn is_wide(&self, view: usize) -> bool {
        self.relevant_count(view) > WIDE
    }

    /// For so many open ends or fewer, each is better asked about by itself than all of a component together. (Not of one
    /// large release: there an end is doubted by thousands, and answered for all of them at once.)
    pub fn fewest_worthwhile(&self, component: &Component) -> usize {
        if self.policy.keeps_back { component.nearby_programmes() } else { 0 }
    }

    /// Up to `size` atoms, ascending: the targets' own, or the largest of them, and the nearest to these; where many may
    /// vary, those that are more than two steps off too.
    pub fn surroundings(&self, view: usize, targets: &[usize], size: usize) -> Vec<u32> {
        let mut own: Vec<u32> =
            targets.iter().flat_map(|&target| self.targets[target].atoms.iter().copied()).collect();
        own.sort_unstable();
        own.dedup();
        own.retain(|&atom| self.is_relevant(view, atom));
        let of_view = &self.views[view].components;
        own.sort_by_cached_key(|&atom| {
            let amount = of_view.iter().map(|&component| self.system.amounts[component][atom as usize]);
            (Reverse(amount.max()), atom)
        });
        own.truncate(size / 3);
        let beside = self.nearest(view, own, size / 2);
        let mut near = self.nearest(view, beside, size);
        // Of few, two steps are enough or none are.
        let mut before = if size > WIDE { 0 } else { near.len() };
        while near.len() < size && near.len() > before {
            before = near.len();
            near = self.nearest(view, near, size);
        }
        near.sort_unstable();
        near
    }

    /// The given atoms and, up to `size` in all, those that stand in many small cells with them.
    fn nearest(&self, view: usize, mut atoms: Vec<u32>, size: usize) -> Vec<u32> {
        let system = self.system;
        let mut weight = system.scratch.zeros(system.sets.len());
        for &set in atoms.iter().flat_map(|&atom| &system.sets_of_atom[atom as usize]) {
            if (2..=LARGEST).contains(&system.sets[set as usize].len()) {
                weight.add(set as usize, 1.0 / system.sets[set as usize].len() as f64);
            }
        }
        let mut score = system.scratch.zeros(system.atom_count());
        for &set in weight.written() {
            let is_withheld = |&row: &usize| !self.views[view].is_shown(row, &self.shown);
            let times = if self.views[view].rows_of_set[set as usize].iter().all(is_withheld) {
                WITHHELD
            } else {
                1.0
            };
            for &atom in system.sets[set as usize] {
                score.add(atom as usize, times * weight.at(set as usize));
            }
        }
        let mut met = score.written().to_vec();
        for &atom in &atoms {
            score.put(atom as usize, 0.0);
        }
        met.retain(|&atom| score.at(atom as usize) > 0.0 && self.is_relevant(view, atom));
        let more = size.saturating_sub(atoms.len());
        let nearer =
            |a: &u32, b: &u32| score.at(*b as usize).total_cmp(&score.at(*a as usize)).then(a.cmp(b));
        if met.len() > more {
            met.select_nth_unstable_by(more, nearer);
            met.truncate(more);
        }
        atoms.extend(met);
        atoms
    }
}

#[cfg(test)]
mod tests {
    use super::super::protect::tests::{pattern, policy, square_of};
    use super::super::{CellStatus, Policy, audit, protect};
    use super::*;

    /// Each lone cell stands in a row and a column of its own, so three others hide it, and no programme varies all atoms.
    #[test]
    fn what_is_too_much_for_one_programme_is_protected_by_its_surroundings() {
        let side = 66;
        assert!(side * side > WIDE);
        let alone = [0, 20 * 66 + 31, 65 * 66 + 64];
        let request = square_of(side, &alone);
        let policy = Policy { series: true, ..policy() };
        let protection = protect(&request, &policy).expect("protects");
        assert_eq!(protection.summary.primary, alone.len());
        assert!(protection.summary.secondary <= 3 * alone.len(), "{:?}", protection.summary);
        let mut forged = pattern(&protection);
        let report = audit(&request, &forged, &policy).expect("fits");
        assert_eq!((report.exact, report.narrow), (0, 0));

        let others = (1..side).filter(|&cell| !forged[0][cell].is_shown()).collect::<Vec<_>>();
        assert!(!others.is_empty(), "something in its row");
        others.iter().for_each(|&cell| forged[0][cell] = CellStatus::Safe);
        let report = audit(&request, &forged, &policy).expect("fits");
        assert!(report.exact + report.narrow > 0, "cells {others:?}");
        assert!(report.disclosed.iter().all(|disclosed| !disclosed.revealed_by.is_empty()));
    }
}
