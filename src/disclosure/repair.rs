//! Secondary suppression: from everything shown but the sensitive cells to a pattern that every target survives.
//!
//! For each target and each end of its interval the search first looks for a witness under the present pattern; where
//! there is none it solves the programme that moves the figure far enough at the least cost of shown rows disturbed,
//! and withholds what is disturbed (the linear heuristic of Fischetti and Salazar-González, Solving the cell suppression
//! problem on tabular data with linear constraints, Management Science 47, 2001, over atoms instead of cells). Its
//! solution is the witness.
//!
//! Fail closed: where the solver fails, everything in the request is withheld.

use std::array;
use std::collections::{BTreeSet, VecDeque};
use std::thread;

use super::abreast::Worker;
use super::programme::{Outcome, Programme};
use super::search::Search;
use super::slice::{Slice, outsider};
use super::subject::Subject;
use super::target::End;
use super::threads::{ABREAST, side_by_side};
use super::witness::{TOLERANCE, Witness};

/// How many atoms a programme starts with beyond those withheld; four times as many at each further try.
const FIRST_SLICE: usize = 900;

/// No programme varies more than four times as many: where there is no room then, nothing is shown.
pub(super) const LARGEST_SLICE: usize = 20_000;

/// How many atoms vary around a single target, at least and at most, where there are too many for one programme. A third
/// of it takes a third of the time, and withholds twice as much.
const NEARBY: (usize, usize) = (300, 1000);

/// And around all targets together: so many ends, each with so many, are some minutes' work.
const NEARBY_IN_ALL: usize = 4_000_000;

/// Cells of more atoms say nothing of whether two targets have to do with each other.
const SMALL: usize = 100;

impl Search<'_> {
    /// Withholds until every target is certified, for contributors too where the policy asks, or until an earlier secret is
    /// known to be lost.
    pub fn protect(&mut self) {
        loop {
            self.suppress();
            if self.is_in_vain() || !self.guard_against_insiders() {
                return;
            }
        }
    }

    /// Whether earlier releases disclose something that they withheld: no pattern helps.
    pub fn is_in_vain(&self) -> bool {
        !self.lost.is_empty()
    }

    /// Whether a target is a secret of this release, and not of an earlier one.
    pub fn is_new(&self, target: usize) -> bool {
        !matches!(self.targets[target].subject, Subject::Earlier { .. })
    }

    /// Likewise, for an attacker who contributed nothing.
    pub fn suppress(&mut self) {
        loop {
            self.add_pattern_targets();
            for view in 0..self.views.len() {
                self.certify(view);
                self.certify_in_the_neighbourhood(view, FIRST_SLICE);
            }
            if self.open().is_empty() {
                self.add_unproved_pairs();
                if self.open().is_empty() {
                    return;
                }
                continue;
            }
            for view in 0..self.views.len() {
                self.repair_view(view);
            }
            self.solver_failed |= self.is_spent(0);
            if self.solver_failed {
                return self.withhold_everything();
            }
        }
    }

    fn repair_view(&mut self, view: usize) {
        let mut open = self.open();
        open.retain(|&(target, _)| self.targets[target].view == view);
        if self.is_wide(view) { self.repair_nearby(view, open) } else { self.repair_abreast(view, open) }
    }

    /// Each target among the atoms nearest to it, some at a time as in [`Self::repair_abreast`].
    fn repair_nearby(&mut self, view: usize, open: Vec<(usize, End)>) {
        let nearby = (NEARBY_IN_ALL / open.len().max(1)).clamp(NEARBY.0, NEARBY.1);
        let mut open = VecDeque::from(open);
        while !self.solver_failed && !self.is_spent(0) {
            let some = self.next_apart(&mut open);
            if some.is_empty() {
                return;
            }
            let search = &*self;
            let found = side_by_side(some.clone(), |(target, _)| search.moved_nearby(view, target, nearby));
            for (&(target, end), (witnesses, programmes)) in some.iter().zip(found) {
                self.programmes += programmes;
                for (end, witness) in witnesses {
                    if self.is_open(target, end) {
                        self.apply(view, witness);
                    }
                }
                self.repair_if_open(target, end);
            }
        }
    }

    /// Witnesses that move the open ends of a target far enough, of the atoms nearest to it, and what they took; each under
    /// the pattern that those before leave.
    fn moved_nearby(&self, view: usize, target: usize, size: usize) -> (Vec<(End, Witness)>, usize) {
        let open =
            End::BOTH.map(|end| (target, end)).into_iter().filter(|&(_, end)| self.is_open(target, end));
        let open: Vec<(usize, End)> = open.collect();
        let mut workshop = self.workshop(view, &open, size);
        let (mut shown, mut found, mut programmes) = (self.shown.clone(), Vec::new(), 0);
        for (target, end) in open {
            if found.iter().any(|(_, witness)| self.would_prove(view, witness, (target, end))) {
                continue;
            }
            let need = self.targets[target].need(end) as f64;
            programmes += 1;
            if let Some(solution) = self.moved(&mut workshop, &shown, (target, end), need, &[]) {
                let witness = workshop.slice.whole_witness(&solution);
                self.disturbed(view, &witness).into_iter().for_each(|unit| shown[unit] = false);
                found.push((end, witness));
            }
        }
        (found, programmes)
    }

    /// Some ends at a time that have no small cell in common: what one withholds then hardly matters to the others.
    fn repair_abreast(&mut self, view: usize, open: Vec<(usize, End)>) {
        let targets: Vec<usize> = open.iter().map(|&(target, _)| target).collect();
        let slice = self.elastic_slice(view, self.neighbourhood(view, &targets, FIRST_SLICE), &outsider);
        let (solver, programme) = (self.solver, slice.whole_programme());
        let mut open = VecDeque::from(open);
        thread::scope(|scope| {
            let workers: [Worker; ABREAST] = array::from_fn(|_| Worker::start(scope, solver, &programme));
            while !self.solver_failed && !self.is_spent(0) {
                let some = self.next_apart(&mut open);
                if some.is_empty() {
                    return;
                }
                for (worker, &(target, end)) in workers.iter().zip(&some) {
                    self.programmes += 1;
                    let need = self.targets[target].need(end) as f64;
                    worker.ask(self.wish(&slice, &self.shown, (target, end), need));
                }
                for (worker, &(target, end)) in workers.iter().zip(&some) {
                    if let (Outcome::Optimal { columns, .. }, true) =
                        (worker.answer(), self.is_open(target, end))
                    {
                        self.apply(view, slice.whole_witness(&columns));
                    }
                    self.repair_if_open(target, end);
                }
            }
        });
    }

    /// Takes the first open end, and the next that have no small cell in common with it nor with each other.
    fn next_apart(&self, left: &mut VecDeque<(usize, End)>) -> Vec<(usize, End)> {
        let mut looked_at = Vec::new();
        let some = self.apart(|| {
            let next =
                std::iter::from_fn(|| left.pop_front()).find(|&(target, end)| self.is_open(target, end));
            looked_at.extend(next);
            next
        });
        let passed = looked_at.into_iter().rev().filter(|end| !some.contains(end));
        passed.for_each(|end| left.push_front(end));
        some
    }

    /// Of the ends that `next` gives one after the other, the first and those that have no small cell in common with it nor
    /// with each other, as many as go abreast.
    pub fn apart(&self, mut next: impl FnMut() -> Option<(usize, End)>) -> Vec<(usize, End)> {
        let (mut some, mut taken) = (Vec::new(), BTreeSet::new());
        while some.len() < ABREAST {
            let Some((target, end)) = next() else { break };
            let cells = self.small_cells_of(target);
            if cells.is_disjoint(&taken) {
                taken.extend(cells);
                some.push((target, end));
            }
        }
        some
    }

    fn small_cells_of(&self, target: usize) -> BTreeSet<u32> {
        let atoms = self.targets[target].atoms.iter();
        let cells = atoms.flat_map(|&atom| self.system.sets_of_atom[atom as usize].iter().copied());
        cells.filter(|&set| self.system.sets[set as usize].len() <= SMALL).collect()
    }

    fn repair_if_open(&mut self, target: usize, end: End) {
        if !self.solver_failed && self.is_open(target, end) {
            self.repair(target, end);
        }
    }

    /// Makes room for one end of one target at the least cost.
    fn repair(&mut self, target: usize, end: End) {
        let view = self.targets[target].view;
        let mut size = FIRST_SLICE;
        loop {
            let atoms = self.neighbourhood_or_all(view, &[target], size);
            let everything = atoms.len() >= self.relevant_count(view);
            let slice = self.elastic_slice(view, atoms, &outsider);
            let mut programme = slice.whole_programme();
            let need = self.targets[target].need(end) as f64;
            self.add_need(&mut programme, &slice, (target, end), need);
            self.programmes += 1;
            match self.solver.solve(programme) {
                Outcome::Optimal { columns, .. } => {
                    self.apply(view, slice.whole_witness(&columns));
                    if self.is_open(target, end) {
                        self.solver_failed = true;
                    }
                    return;
                }
                // With less asked of it, it is asked again.
                Outcome::Infeasible if everything => return self.retreat(target, end),
                Outcome::Infeasible if size > LARGEST_SLICE => {
                    self.solver_failed = true;
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

    /// The target must move so far.
    pub fn add_need(&self, programme: &mut Programme, slice: &Slice, (target, end): (usize, End), need: f64) {
        let stated = &self.targets[target];
        let form = slice.form(self.system, stated).into_iter();
        let terms = form.map(|(column, times)| (column, end.sign() * times as f64)).collect();
        programme.rows.push((need / slice.scale, f64::INFINITY, terms));
    }

    /// Withholds what a witness disturbs and takes it in.
    pub fn apply(&mut self, view: usize, witness: Witness) {
        self.withhold_disturbed(view, &witness);
        self.add_witness(view, witness);
    }

    /// Withholds every row that is off in a witness.
    pub fn withhold_disturbed(&mut self, view: usize, witness: &Witness) {
        self.disturbed(view, witness).into_iter().for_each(|unit| self.shown[unit] = false);
    }

    /// The units of the rows that are off in a witness.
    fn disturbed(&self, view: usize, witness: &Witness) -> Vec<usize> {
        let shape = &self.views[view];
        let deviation = witness.deviation(self.system, shape);
        let is_off = |&row: &usize| deviation.row(shape, row).abs() > TOLERANCE;
        deviation.rows(shape).filter(is_off).flat_map(|row| shape.rows[row].units.iter().copied()).collect()
    }
}
