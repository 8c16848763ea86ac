//! The interval guard: witnesses under a given pattern, with as few programmes as will do.
//!
//! The unknown atoms fall into components that no shown row links. In each, a few programmes with random objectives
//! over all open targets certify most of them at once; the rest are asked for one by one, each starting from the last
//! one's basis.

use super::disjoint::DisjointSets;
use super::field::Random;
use super::programme::{Outcome, Run};
use super::search::Search;
use super::slice::Slice;
use super::system::System;
use super::target::{End, Target};

/// Random objectives go on while they certify at least one in so many of the open ends.
const WORTHWHILE: usize = 12;

/// After so many targets in a row without a witness the rest are left to a wider slice, or to the repair.
const PATIENCE: usize = 2;

/// A component with more columns is left to slices around single targets.
const LARGEST: usize = 30_000;

/// How many atoms vary around a single target, at the first, the second and the last try.
pub(super) const NEARBY: [usize; 3] = [300, 1000, 4000];

/// Columns and rows of a slice that no shown row links to others.
pub(super) struct Component {
    pub columns: Vec<u32>,
    pub rows: Vec<usize>,
    pub targets: Vec<usize>,
}

impl Search<'_> {
    /// Looks for witnesses for every open target of a view, the withheld atoms varying.
    pub fn certify(&mut self, view: usize) {
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
            self.certify_component(view, &slice, &component, patience);
        }
    }

    fn certify_nearby(&mut self, view: usize) {
        let open: Vec<usize> = self.open_targets(view).collect();
        for (target, size) in open.into_iter().flat_map(|target| NEARBY.map(|size| (target, size))) {
            if End::BOTH.iter().any(|&end| self.is_open(target, end)) {
                let slice = self.held_slice(view, self.surroundings(view, &[target], size));
                for component in components(self.system, &slice, &[target], &self.targets) {
                    self.certify_component(view, &slice, &component, PATIENCE);
                }
            }
        }
    }

    fn certify_component(&mut self, view: usize, slice: &Slice, component: &Component, patience: usize) {
        if component.columns.len() > LARGEST {
            return;
        }
        let programme = slice.programme(&component.columns, &component.rows);
        let Some(mut run) = self.solver.load(programme) else { return };
        let mut random = Random(component.columns.len() as u64);
        loop {
            let open = self.open_ends(component);
            if open.len() < 4 || self.is_spent(0) {
                break;
            }
            let costs = self.random_objective(slice, component, &open, &mut random);
            if !self.take_optimum(view, slice, component, run.as_mut(), &costs) {
                break;
            }
            if open.len() - self.open_ends(component).len() < open.len().div_ceil(WORTHWHILE) {
                break;
            }
        }
        let mut in_vain = 0;
        for (target, end) in self.open_ends(component) {
            if self.is_open(target, end) && in_vain < patience && !self.is_spent(0) {
                let mut costs = vec![0.0; component.columns.len()];
                self.add_objective(&mut costs, slice, component, &self.targets[target], -end.sign());
                self.take_optimum(view, slice, component, run.as_mut(), &costs);
                in_vain = if self.is_open(target, end) { in_vain + 1 } else { 0 };
            }
        }
    }

    fn open_ends(&self, component: &Component) -> Vec<(usize, End)> {
        let ends = component.targets.iter().flat_map(|&target| End::BOTH.map(|end| (target, end)));
        ends.filter(|&(target, end)| self.is_open(target, end)).collect()
    }

    /// Each open target pulls one way, chosen at random among its open ends.
    fn random_objective(
        &self,
        slice: &Slice,
        component: &Component,
        open: &[(usize, End)],
        random: &mut Random,
    ) -> Vec<f64> {
        let mut costs = vec![0.0; component.columns.len()];
        for &(target, end) in open {
            let strength = 1.0 + (random.next() % 1024) as f64 / 1024.0;
            self.add_objective(&mut costs, slice, component, &self.targets[target], -end.sign() * strength);
        }
        // Ends that are open both ways would cancel out: a random tilt decides.
        for target in open.iter().map(|&(target, _)| target).collect::<std::collections::BTreeSet<_>>() {
            let tilt = (random.next() % 2048) as f64 / 512.0 - 2.0;
            self.add_objective(&mut costs, slice, component, &self.targets[target], tilt);
        }
        costs
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

    fn take_optimum(
        &mut self,
        view: usize,
        slice: &Slice,
        component: &Component,
        run: &mut dyn Run,
        costs: &[f64],
    ) -> bool {
        self.programmes += 1;
        match run.minimise(costs) {
            Outcome::Optimal { columns, .. } => {
                self.add_witness(view, slice.witness(&component.columns, &columns))
            }
            Outcome::Infeasible | Outcome::Failed => false,
        }
    }
}

pub(super) fn components(
    system: &System<'_>,
    slice: &Slice,
    open: &[usize],
    targets: &[Target],
) -> Vec<Component> {
    let mut sets = DisjointSets::new(slice.columns.len());
    for row in &slice.rows {
        sets.join(row.terms.iter().map(|term| term.0));
    }
    for &target in open {
        sets.join(slice.form(system, &targets[target]).iter().map(|term| term.0));
    }
    let mut number = vec![usize::MAX; slice.columns.len()];
    let mut components: Vec<Component> = Vec::new();
    for column in 0..slice.columns.len() as u32 {
        let root = sets.root(column) as usize;
        if number[root] == usize::MAX {
            number[root] = components.len();
            components.push(Component { columns: Vec::new(), rows: Vec::new(), targets: Vec::new() });
        }
        components[number[root]].columns.push(column);
    }
    for (row, merged) in slice.rows.iter().enumerate() {
        let root = sets.root(merged.terms[0].0) as usize;
        components[number[root]].rows.push(row);
    }
    for &target in open {
        if let Some(&(column, _)) = slice.form(system, &targets[target]).first() {
            components[number[sets.root(column) as usize]].targets.push(target);
        }
    }
    components.retain(|component| !component.targets.is_empty());
    components
}
