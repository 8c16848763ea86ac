//! Which atoms a programme lets vary: few enough to be quick, and those that matter.
//!
//! Any choice is sound (see [`super::slice`]); a poor one only costs time, or a figure that could have been shown.

use std::collections::BTreeSet;

use super::repair::LARGEST_SLICE;
use super::search::Search;

/// Over so many atoms a single programme can still be asked, when nothing else is left to ask.
pub(super) const LARGEST_WHOLE: usize = 80_000;

impl Search<'_> {
    /// Atoms in withheld cells that matter to the view: the attacker's real unknowns.
    pub fn withheld_atoms(&self, view: usize) -> Vec<u32> {
        let shape = &self.views[view];
        let matters = |measures: &[usize]| measures.iter().any(|&m| shape.kind_of[m].is_some());
        let units = self.system.units.iter().zip(&self.shown);
        let withheld = units.filter(|(unit, shown)| !**shown && matters(&unit.measures));
        let past = self.system.past.iter().filter(|past| !past.shown && matters(&past.measures));
        let sets = withheld.map(|(unit, _)| unit.set).chain(past.map(|past| past.set));
        let mut is_withheld = vec![false; self.system.sets.len()];
        sets.for_each(|set| is_withheld[set] = true);
        let mut varies = vec![false; self.system.atom_count()];
        for (atoms, _) in self.system.sets.iter().zip(is_withheld).filter(|(_, withheld)| *withheld) {
            atoms.iter().for_each(|&atom| varies[atom as usize] = true);
        }
        (0..)
            .zip(varies)
            .filter(|&(atom, varies)| varies && self.is_relevant(view, atom))
            .map(|(atom, _)| atom)
            .collect()
    }

    /// Looks for witnesses for the open targets of a view with the atoms around them varying too.
    pub fn certify_in_the_neighbourhood(&mut self, view: usize, size: usize) {
        let open: Vec<usize> = self.open_targets(view).collect();
        if !open.is_empty() && !self.is_wide(view) {
            let atoms = self.neighbourhood(view, &open, size);
            self.certify_over(view, atoms);
        }
    }

    /// The withheld atoms and the targets' own, and up to `size` more: some that share small cells with the targets, some
    /// that are cheap, some with room.
    /// Where there are too many for that, only the nearest.
    pub fn neighbourhood(&self, view: usize, targets: &[usize], size: usize) -> Vec<u32> {
        if self.is_wide(view) {
            return self.surroundings(view, targets, size);
        }
        let mut atoms: BTreeSet<u32> = self.withheld_atoms(view).into_iter().collect();
        let own = targets.iter().flat_map(|&target| self.targets[target].atoms.iter().copied());
        let own: BTreeSet<u32> = own.collect();
        atoms.extend(&own);
        let start = atoms.len();
        let near = self.by_nearness(view, &own);
        for (part, order) in [&near, &self.order.cheap, &self.order.roomy].into_iter().enumerate() {
            let enough = start + size * (part + 1) / 3;
            for &atom in order {
                if atoms.len() >= enough {
                    break;
                }
                if self.is_relevant(view, atom) {
                    atoms.insert(atom);
                }
            }
        }
        atoms.into_iter().collect()
    }

    /// Likewise, and all atoms that the request can say anything about where fewer than `size` are near, or where so many are
    /// not enough: what no programme over these can do, none can. Only where even one programme over all would be too large,
    /// those that are near.
    pub fn neighbourhood_or_all(&self, view: usize, targets: &[usize], size: usize) -> Vec<u32> {
        let near = self.neighbourhood(view, targets, size);
        let is_far = near.len() < size || size > LARGEST_SLICE;
        if is_far && self.relevant_count(view) <= LARGEST_WHOLE { self.relevant_atoms(view) } else { near }
    }

    /// All atoms, those first that stand in many small cells with the given ones.
    fn by_nearness(&self, view: usize, own: &BTreeSet<u32>) -> Vec<u32> {
        let mut weight = vec![0.0; self.system.sets.len()];
        for &atom in own {
            for &set in &self.system.sets_of_atom[atom as usize] {
                weight[set as usize] += 1.0 / self.system.sets[set as usize].len() as f64;
            }
        }
        let nearness = |sets: &[u32]| -> f64 { sets.iter().map(|&set| weight[set as usize]).sum() };
        let score: Vec<f64> = self.system.sets_of_atom.iter().map(nearness).collect();
        let mut near = self.relevant_atoms(view);
        near.sort_by(|&a, &b| score[b as usize].total_cmp(&score[a as usize]).then(a.cmp(&b)));
        near
    }
}

#[cfg(test)]
mod tests {
    use super::super::protect;
    use super::super::protect::tests::policy;
    use super::super::request::{
        CandidateCell, CandidateTable, Contributions, EarlierCell, MeasureTerms, Request,
    };

    /// The first atom was withheld, and the sums of each with the next were shown: only what is six atoms off leaves it
    /// room. A new sum holds it and too many others for one programme.
    fn far_off() -> Request {
        let (chain, others) = (0..6, 6..4100);
        let sum = |atoms: Vec<u32>, shown: bool| EarlierCell { atoms, measures: vec![0], shown };
        let pairs = chain.clone().zip(1..6).map(|(one, next)| sum(vec![one, next], true));
        let all: Vec<u32> = chain.take(1).chain(others).collect();
        let of_atom = |atom: u32| if atom == 0 { 1 } else { 4 };
        let atoms: Vec<u32> = (0..4100).flat_map(|atom| vec![atom; of_atom(atom)]).collect();
        let lines = atoms.len();
        Request {
            measures: vec![MeasureTerms {
                name: "value".into(),
                terms: vec![(0, 1)],
                is_magnitude: true,
                is_balance: false,
            }],
            tables: vec![CandidateTable {
                name: "sum".into(),
                dimensions: vec!["place".into()],
                measures: vec![0],
                cells: vec![CandidateCell { place: vec![vec!["all".into()]], atoms: all }],
                equations: Vec::new(),
            }],
            earlier: std::iter::once(sum(vec![0], false)).chain(pairs).collect(),
            data: Contributions {
                atoms,
                contributors: (0..lines as u64).collect(),
                components: vec![vec![100; lines].into_iter().collect()],
            },
            ..Request::default()
        }
    }

    #[test]
    fn room_that_is_far_off_is_found_before_all_is_withheld() {
        for (insiders, series) in [(false, true), (true, true), (true, false)] {
            let policy = super::super::Policy { insiders, series, ..policy() };
            let protection = protect(&far_off(), &policy).expect("protects");
            assert_eq!(protection.tables[0].cells()[0].values(), Some(&[1_637_700][..]), "{policy:?}");
            assert!(protection.summary.audit.targets > 0);
        }
    }
}
