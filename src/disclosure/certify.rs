//! The interval guard: witnesses under a given pattern, with as few programmes as will do.
//!
//! The unknown atoms fall into components that no shown row links. In each, a few programmes with random objectives
//! over all open targets certify most of them at once; the rest are asked for one by one, each starting from the last
//! one's basis.

use std::collections::BTreeSet;

use super::component::{Component, components};
use super::field::Random;
use super::programme::{Outcome, Run};
use super::regions::Region;
use super::search::Search;
use super::slice::Slice;
use super::target::{End, Target};
use super::threads::{ABREAST, side_by_side};
use super::witness::Witness;

/// Random objectives go on while they certify at least one in so many of the open ends.
const WORTHWHILE: usize = 12;

/// After so many targets in a row without a witness the rest are left to a wider slice, or to the repair.
const PATIENCE: usize = 2;

/// How many atoms vary around a single target, from the first try to the last.
pub(super) const NEARBY: [usize; 4] = [300, 1000, 4000, 20_000];

impl Search<'_> {
    /// Looks for witnesses for every open target of a view, the withheld atoms varying.
    pub fn certify(&mut self, view: usize) {
        if self.is_wide(view) {
            return self.certify_regions(view);
        }
        let atoms = self.withheld_atoms(view);
        self.certify_over(view, atoms);
    }

    /// Likewise, with given atoms varying.
    pub fn certify_over(&mut self, view: usize, atoms: Vec<u32>) {
        self.certify_patiently(view, atoms, PATIENCE);
    }

    /// Asks for every open target, all atoms varying: whatever is still open then has no witness that the solver can find.
    /// Where there are too many atoms for one programme, those nearest to each target vary.
    pub fn certify_all(&mut self, view: usize) {
        if self.is_wide(view) {
            return self.certify_nearby(view);
        }
        self.certify_patiently(view, self.relevant_atoms(view), usize::MAX);
    }

    fn certify_patiently(&mut self, view: usize, atoms: Vec<u32>, patience: usize) {
        let open: Vec<usize> = self.open_targets(view).collect();
        if open.is_empty() {
            return;
        }
        let slice = self.held_slice(view, atoms);
        for component in components(self.system, &slice, &open, &self.targets) {
            let found = self.seek(view, &slice, &component, Effort { fewest: 0, patience });
            self.take_sought(view, found);
        }
    }

    /// Region by region, some at a time.
    fn certify_regions(&mut self, view: usize) {
        let open: Vec<usize> = self.open_targets(view).collect();
        let regions = if open.is_empty() { Vec::new() } else { self.regions(view, &open) };
        for some in regions.chunks(ABREAST) {
            let search = &*self;
            let found = side_by_side(some.iter().collect(), |region: &Region| {
                let fewest = search.fewest_worthwhile(&region.component);
                search.seek(view, &region.slice, &region.component, Effort { fewest, patience: PATIENCE })
            });
            found.into_iter().for_each(|found| self.take_sought(view, found));
        }
    }

    fn certify_nearby(&mut self, view: usize) {
        let open: Vec<usize> = self.open_targets(view).collect();
        for (target, size) in open.into_iter().flat_map(|target| NEARBY.map(|size| (target, size))) {
            if self.lacks_proof(target) {
                let found = self.seek_nearby(view, &self.surroundings(view, &[target], size), &[target]);
                self.take_sought(view, found);
            }
        }
    }

    fn seek_nearby(&self, view: usize, atoms: &[u32], targets: &[usize]) -> (Vec<Witness>, usize) {
        let slice = self.held_slice(view, atoms.to_vec());
        let (mut witnesses, mut programmes) = (Vec::new(), 0);
        for component in components(self.system, &slice, targets, &self.targets) {
            let found = self.seek(view, &slice, &component, Effort { fewest: 0, patience: PATIENCE });
            witnesses.extend(found.0);
            programmes += found.1;
        }
        (witnesses, programmes)
    }

    /// Witnesses over one component, and how many programmes they took.
    fn seek(
        &self,
        view: usize,
        slice: &Slice,
        component: &Component,
        effort: Effort,
    ) -> (Vec<Witness>, usize) {
        let ends = component.targets.iter().flat_map(|&target| End::BOTH.map(|end| (target, end)));
        let open = ends.filter(|&(target, end)| self.is_open(target, end)).collect();
        let mut seeking =
            Seeking { search: self, view, slice, component, open, found: Vec::new(), programmes: 0 };
        seeking.seek(effort);
        (seeking.found, seeking.programmes)
    }

    fn take_sought(&mut self, view: usize, (found, programmes): (Vec<Witness>, usize)) {
        self.programmes += programmes;
        for witness in found {
            self.add_witness(view, witness);
        }
    }

    fn lacks_proof(&self, target: usize) -> bool {
        End::BOTH.iter().any(|&end| self.is_open(target, end))
    }

    pub fn add_objective(
        &self,
        costs: &mut [f64],
        slice: &Slice,
        component: &Component,
        target: &Target,
        weight: f64,
    ) {
        for (column, times) in slice.form(self.system, target) {
            if let Ok(place) = component.columns.binary_search(&column) {
                costs[place] += weight * times as f64;
            }
        }
    }
}

/// How long to go on.
#[derive(Clone, Copy)]
struct Effort {
    /// No programme for so few open ends or fewer.
    fewest: usize,
    /// Nor after so many targets in a row without a witness.
    patience: usize,
}

/// The search for witnesses over one component.
struct Seeking<'a, 's> {
    search: &'a Search<'s>,
    view: usize,
    slice: &'a Slice,
    component: &'a Component,
    open: Vec<(usize, End)>,
    found: Vec<Witness>,
    programmes: usize,
}

impl Seeking<'_, '_> {
    fn seek(&mut self, Effort { fewest, patience }: Effort) {
        if self.open.len() <= fewest {
            return;
        }
        let programme = self.slice.programme(&self.component.columns, &self.component.rows);
        let Some(mut run) = self.search.solver.load(programme) else { return };
        let mut random = Random(self.component.columns.len() as u64);
        while self.open.len() >= (fewest + 1).max(4) && !self.search.is_spent(self.programmes) {
            let before = self.open.len();
            let costs = self.random_objective(&mut random);
            let is_taken = self.take_optimum(run.as_mut(), &costs);
            if !is_taken || before - self.open.len() < before.div_ceil(WORTHWHILE) {
                break;
            }
        }
        let mut in_vain = 0;
        for (target, end) in self.open.clone() {
            if self.open.contains(&(target, end))
                && self.open.len() > fewest
                && in_vain < patience
                && !self.search.is_spent(self.programmes)
            {
                let mut costs = vec![0.0; self.component.columns.len()];
                self.add_objective(&mut costs, target, -end.sign());
                self.take_optimum(run.as_mut(), &costs);
                in_vain = if self.open.contains(&(target, end)) { in_vain + 1 } else { 0 };
            }
        }
    }

    /// Each open target pulls one way, chosen at random among its open ends.
    fn random_objective(&self, random: &mut Random) -> Vec<f64> {
        let mut costs = vec![0.0; self.component.columns.len()];
        for &(target, end) in &self.open {
            let strength = 1.0 + (random.next() % 1024) as f64 / 1024.0;
            self.add_objective(&mut costs, target, -end.sign() * strength);
        }
        // Ends that are open both ways would cancel out: a random tilt decides.
        for target in self.open.iter().map(|&(target, _)| target).collect::<BTreeSet<_>>() {
            let tilt = (random.next() % 2048) as f64 / 512.0 - 2.0;
            self.add_objective(&mut costs, target, tilt);
        }
        costs
    }

    fn add_objective(&self, costs: &mut [f64], target: usize, weight: f64) {
        self.search.add_objective(costs, self.slice, self.component, &self.search.targets[target], weight);
    }

    /// Whether the optimum is a witness.
    fn take_optimum(&mut self, run: &mut dyn Run, costs: &[f64]) -> bool {
        self.programmes += 1;
        let Outcome::Optimal { columns, .. } = run.minimise(costs) else { return false };
        let witness = self.slice.witness(&self.component.columns, &columns);
        let (search, view) = (self.search, self.view);
        let Some(proved) = search.proved_by(view, &witness, &self.open) else { return false };
        self.open.retain(|end| !proved.contains(end));
        self.found.push(witness);
        true
    }
}
