//! Secondary suppression: from everything shown but the sensitive cells to a pattern that every target survives.
//!
//! For each target and each end of its interval the search first looks for a witness under the present pattern; where
//! there is none it solves the programme that moves the figure far enough at the least cost of shown rows disturbed,
//! and withholds what is disturbed (the linear heuristic of Fischetti and Salazar-González, Solving the cell suppression
//! problem on tabular data with linear constraints, Management Science 47, 2001, over atoms instead of cells). Its
//! solution is the witness. Withholding more never invalidates a witness, so each target is dealt with once.
//!
//! Fail closed: where the solver fails, everything in the request is withheld.

use std::collections::{BTreeMap, BTreeSet};

use super::neighbourhood::AtomOrder;
use super::policy::Policy;
use super::programme::{Outcome, Solver};
use super::sensitivity::Sensitivity;
use super::slice::Slice;
use super::system::System;
use super::target::{End, Subject, Target};
use super::view::{View, views};
use super::witness::{Proof, TOLERANCE, Witness};

/// How many times dearer a headline cell is than another of its size.
const HEADLINE_WORTH: f64 = 30.0;

/// How many atoms a programme starts with beyond those withheld; four times as many at each further try.
const FIRST_SLICE: usize = 900;

pub(super) struct Search<'s> {
    pub system: &'s System<'s>,
    pub policy: &'s Policy,
    pub views: Vec<View>,
    pub view_of: Vec<usize>,
    /// For each unit.
    pub shown: Vec<bool>,
    pub targets: Vec<Target>,
    /// For each target, by [`End`].
    pub proofs: Vec<[Option<Proof>; 2]>,
    /// With the view each belongs to.
    pub witnesses: Vec<(usize, Witness)>,
    pub solver: &'s dyn Solver,
    pub programmes: usize,
    /// Ends that no pattern can protect: earlier releases alone disclose them.
    pub lost: BTreeSet<(usize, End)>,
    known: BTreeMap<(Vec<u32>, usize), usize>,
    /// For each view, room for one witness spread over all columns.
    spread: Vec<Vec<f64>>,
    pub order: AtomOrder,
    /// What the dearest unit costs.
    dearest: f64,
    solver_failed: bool,
}

impl<'s> Search<'s> {
    pub fn new(system: &'s System<'s>, policy: &'s Policy, shown: Vec<bool>, solver: &'s dyn Solver) -> Self {
        let (views, view_of) = views(system);
        let spread = views.iter().map(|view| vec![0.0; view.column(system.atom_count(), 0)]).collect();
        let mut search = Self {
            system,
            policy,
            views,
            view_of,
            shown,
            targets: Vec::new(),
            proofs: Vec::new(),
            witnesses: Vec::new(),
            solver,
            programmes: 0,
            lost: BTreeSet::new(),
            known: BTreeMap::new(),
            spread,
            order: AtomOrder::new(system),
            dearest: system.units.iter().map(|unit| unit.cost).max().unwrap_or(0).max(1) as f64,
            solver_failed: false,
        };
        search.add_sensitive_cells();
        search
    }

    /// Withholds until every target is certified or known to be lost.
    pub fn protect(&mut self) {
        loop {
            self.add_pattern_targets();
            for view in 0..self.views.len() {
                self.certify(view);
                self.certify_in_the_neighbourhood(view, FIRST_SLICE);
                self.certify_in_the_neighbourhood(view, 3 * FIRST_SLICE);
            }
            let open = self.open();
            if open.is_empty() {
                return;
            }
            for (target, end) in open {
                if self.is_open(target, end) {
                    self.repair(target, end);
                }
                if self.solver_failed {
                    self.withhold_everything();
                    return;
                }
            }
        }
    }

    /// The ends still without a witness, those that need the most first.
    pub fn open(&self) -> Vec<(usize, End)> {
        let mut open: Vec<(usize, End)> = (0..self.targets.len())
            .flat_map(|target| End::BOTH.map(|end| (target, end)))
            .filter(|&(target, end)| self.is_open(target, end))
            .collect();
        open.sort_by_key(|&(target, end)| (std::cmp::Reverse(self.targets[target].need(end)), target, end));
        open
    }

    pub fn is_open(&self, target: usize, end: End) -> bool {
        self.targets[target].need(end) > 0
            && self.proofs[target][end as usize].is_none()
            && !self.lost.contains(&(target, end))
    }

    /// Adds a target, or asks more of one that stands already.
    pub fn add_target(&mut self, target: Target) {
        let key = (target.atoms.clone(), target.measure);
        match self.known.get(&key) {
            None => {
                self.known.insert(key, self.targets.len());
                self.targets.push(target);
                self.proofs.push([None, None]);
            }
            Some(&number) => {
                let standing = &mut self.targets[number];
                if target.up > standing.up || target.down > standing.down {
                    standing.up = standing.up.max(target.up);
                    standing.down = standing.down.max(target.down);
                    self.proofs[number] = [None, None];
                }
            }
        }
    }

    /// Takes a witness in if it holds, and marks what it certifies.
    pub fn add_witness(&mut self, view: usize, witness: Witness) -> bool {
        let (system, shape) = (self.system, &self.views[view]);
        if !witness.is_valid(system, shape, &self.shown) {
            return false;
        }
        let mut spread = std::mem::take(&mut self.spread[view]);
        witness.spread(shape, &mut spread);
        let factors = [1.0, -witness.reverse_factor(system, shape)];
        let mut certified = Vec::new();
        for (target, stated) in self.targets.iter().enumerate().filter(|(_, stated)| stated.view == view) {
            for end in End::BOTH.into_iter().filter(|&end| self.is_open(target, end)) {
                let by = |&factor: &f64| witness.certifies(system, shape, (stated, end), (factor, &spread));
                if let Some(factor) = factors.into_iter().find(by) {
                    certified.push((target, end, factor));
                }
            }
        }
        witness.clear(shape, &mut spread);
        self.spread[view] = spread;
        for &(target, end, factor) in &certified {
            self.proofs[target][end as usize] = Some(Proof { witness: self.witnesses.len(), factor });
        }
        if !certified.is_empty() {
            self.witnesses.push((view, witness));
        }
        true
    }

    /// The largest distance that any target of a view needs.
    pub fn reach(&self, view: usize) -> i128 {
        let of_view = self.targets.iter().filter(|target| target.view == view);
        of_view.map(|target| target.up.max(target.down)).max().unwrap_or(0)
    }

    fn add_sensitive_cells(&mut self) {
        let system = self.system;
        for unit in system.units.iter().filter(|unit| !unit.reserved) {
            for &measure in &unit.measures {
                let subject = Subject::Cell { table: unit.table, cell: unit.cell };
                self.add_sensitive(subject, measure, unit.set);
            }
        }
        for (cell, past) in system.past.iter().enumerate().filter(|(_, past)| !past.shown) {
            for &measure in &past.measures {
                self.add_sensitive(Subject::Earlier { cell }, measure, past.set);
            }
        }
    }

    fn add_sensitive(&mut self, subject: Subject, measure: usize, set: usize) {
        let system = self.system;
        let judged = system.sensitivity(set, measure, self.policy);
        if let Sensitivity::Sensitive { up, down } = judged {
            let levels = (system.profiles[set].measures[measure].value, up, down);
            let views = (&self.views[..], &self.view_of[..]);
            let asked = (subject, measure, &system.sets[set][..]);
            self.add_target(Target::with_levels(system, views, asked, levels));
        }
    }

    /// Makes room for one end of one target at the least cost.
    fn repair(&mut self, target: usize, end: End) {
        let view = self.targets[target].view;
        let mut size = FIRST_SLICE;
        loop {
            let atoms = self.neighbourhood(view, &[target], size);
            let everything = atoms.len() == self.system.atom_count();
            let slice = self.elastic_slice(view, atoms);
            match self.solve_repair(&slice, target, end) {
                Outcome::Optimal { columns, .. } => {
                    self.apply(view, &slice, &columns);
                    if self.is_open(target, end) {
                        self.solver_failed = true;
                    }
                    return;
                }
                Outcome::Infeasible if everything => {
                    self.lost.insert((target, end));
                    return;
                }
                Outcome::Infeasible => size *= 4,
                Outcome::Failed => {
                    self.solver_failed = true;
                    return;
                }
            }
        }
    }

    fn elastic_slice(&self, view: usize, atoms: Vec<u32>) -> Slice {
        let shape = &self.views[view];
        let include = |row: usize| shape.is_shown(row, &self.shown);
        Slice::new(self.system, shape, atoms, &include, self.reach(view))
    }

    fn solve_repair(&mut self, slice: &Slice, target: usize, end: End) -> Outcome {
        let view = &self.views[self.targets[target].view];
        let columns: Vec<u32> = (0..slice.columns() as u32).collect();
        let rows: Vec<usize> = (0..slice.rows.len()).collect();
        let mut programme = slice.programme(&columns, &rows);
        for own in &self.targets[target].own {
            if let Some((column, fall)) = slice.floor(own) {
                programme.columns[column as usize].1 = -fall;
            }
        }
        for (row, merged) in slice.rows.iter().enumerate() {
            if merged.members.iter().all(|&member| !view.rows[member].fixed) {
                let units: BTreeSet<usize> = merged
                    .members
                    .iter()
                    .flat_map(|&member| view.rows[member].units.iter().copied())
                    .collect();
                let shown = units.into_iter().filter(|&unit| self.shown[unit]);
                let weight: f64 = shown.map(|unit| self.weight(unit)).sum();
                for sign in [1.0, -1.0] {
                    let slack = programme.columns.len() as u32;
                    programme.columns.push((weight, 0.0, f64::INFINITY));
                    programme.rows[row].2.push((slack, sign));
                }
            }
        }
        let stated = &self.targets[target];
        let form = slice.form(stated);
        let terms = form.iter().map(|&(column, times)| (column, end.sign() * times as f64)).collect();
        programme.rows.push((stated.need(end) as f64 / slice.scale, f64::INFINITY, terms));
        self.programmes += 1;
        self.solver.solve(programme)
    }

    /// Withholds what the solution disturbs and takes it in as a witness.
    fn apply(&mut self, view: usize, slice: &Slice, solution: &[f64]) {
        let columns: Vec<u32> = (0..slice.columns() as u32).collect();
        let witness = slice.witness(&columns, solution);
        for (row, off) in witness.deviations(self.system, &self.views[view]) {
            if off.abs() > TOLERANCE {
                for &unit in &self.views[view].rows[row].units {
                    self.shown[unit] = false;
                }
            }
        }
        self.add_witness(view, witness);
    }

    /// The root keeps large cells dear without making the programmes ill-conditioned.
    fn weight(&self, unit: usize) -> f64 {
        let unit = &self.system.units[unit];
        let worth = if unit.reserved || unit.table < self.policy.headlines { HEADLINE_WORTH } else { 1.0 };
        worth * (1.0 + 1e3 * (unit.cost.max(0) as f64 / self.dearest).sqrt())
    }

    /// Whether nothing is left to withhold.
    pub fn withholds_everything(&self) -> bool {
        self.shown.iter().zip(&self.system.units).all(|(shown, unit)| *shown == unit.empty)
    }

    pub fn withhold_everything(&mut self) {
        for (shown, unit) in self.shown.iter_mut().zip(&self.system.units) {
            *shown = unit.empty;
        }
    }

    /// Withholds every cell that shares an atom with one of these targets, and opens them again.
    pub fn withhold_around(&mut self, targets: &[usize]) {
        for &target in targets {
            let atoms = &self.targets[target].atoms;
            let touched: BTreeSet<u32> = atoms
                .iter()
                .flat_map(|&atom| self.system.sets_of_atom[atom as usize].iter().copied())
                .collect();
            for (shown, unit) in self.shown.iter_mut().zip(&self.system.units) {
                if !unit.empty && touched.contains(&(unit.set as u32)) {
                    *shown = false;
                }
            }
            self.proofs[target] = [None, None];
        }
    }
}
