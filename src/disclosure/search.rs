//! The state of a search for a safe pattern: what is shown, what must stay hidden, and which witnesses prove it.
//!
//! Withholding more never invalidates a witness, so each target is dealt with once.

use std::collections::{BTreeMap, BTreeSet};

use super::atom_order::AtomOrder;
use super::policy::Policy;
use super::programme::Solver;
use super::proofs::Proofs;
use super::relevance::relevant;
use super::retreat::Left;
use super::sensitivity::Sensitivity;
use super::subject::Subject;
use super::system::System;
use super::target::{End, Target};
use super::view::{View, views};
use super::witness::{Deviation, Proof, Recalled, Witness};

/// How many times dearer a headline cell is than another of its size.
pub(super) const HEADLINE_WORTH: u8 = 30;

/// An empty cell is shown as zero, and known, unless a secret of an earlier release would follow from it.
const ZERO_WEIGHT: f64 = 3e5;

/// How many programmes a search may solve before it gives up.
pub(super) struct Patience {
    /// For each target.
    pub a_target: usize,
    /// And beside these.
    pub at_least: usize,
}

impl Default for Patience {
    fn default() -> Self {
        // The most that reports of a real size took was nine a target.
        Self { a_target: 20, at_least: 50_000 }
    }
}

pub(super) struct Search<'s> {
    pub system: &'s System<'s>,
    pub policy: &'s Policy,
    pub views: Vec<View>,
    pub view_of: Vec<usize>,
    /// For each view and atom, whether the request can say anything about it.
    relevant: Vec<Vec<bool>>,
    /// How many of each view's are.
    relevant_counts: Vec<usize>,
    /// For each unit.
    pub shown: Vec<bool>,
    pub targets: Vec<Target>,
    pub proofs: Proofs,
    /// For each view the largest distance that a target of it needs, or needed.
    reach: Vec<i128>,
    /// With the view each belongs to.
    pub witnesses: Vec<(usize, Witness)>,
    /// For each of the request's witnesses, its part among these that the request can say anything about.
    pub recalled: Vec<Recalled>,
    pub solver: &'s dyn Solver,
    pub programmes: usize,
    pub patience: Patience,
    /// Ends of an earlier release's secrets that no pattern can protect: earlier releases alone disclose them.
    pub lost: BTreeSet<(usize, End)>,
    pub left: Left,
    known: BTreeMap<(Vec<u32>, usize), usize>,
    /// For each set the targets that are made of it.
    targets_of_set: Vec<Vec<u32>>,
    pub order: AtomOrder,
    /// What the dearest unit costs.
    dearest: f64,
    pub solver_failed: bool,
}

impl<'s> Search<'s> {
    /// A search that looks at what the request can say anything about.
    pub fn new(system: &'s System<'s>, policy: &'s Policy, shown: Vec<bool>, solver: &'s dyn Solver) -> Self {
        let (views, view_of) = views(system);
        let relevant = views.iter().map(|view| relevant(system, view)).collect();
        Self::over(system, policy, shown, solver, (views, view_of, relevant))
    }

    /// A search that looks at everything that was ever released, and at a pattern as it stands.
    pub fn of_everything(
        system: &'s System<'s>,
        policy: &'s Policy,
        shown: Vec<bool>,
        solver: &'s dyn Solver,
    ) -> Self {
        let (views, view_of) = views(system);
        let relevant = views.iter().map(|_| vec![true; system.atom_count()]).collect();
        Self::over(system, policy, shown, solver, (views, view_of, relevant))
    }

    fn over(
        system: &'s System<'s>,
        policy: &'s Policy,
        shown: Vec<bool>,
        solver: &'s dyn Solver,
        (views, view_of, relevant): (Vec<View>, Vec<usize>, Vec<Vec<bool>>),
    ) -> Self {
        let reach = vec![0; views.len()];
        let count = |relevant: &Vec<bool>| relevant.iter().filter(|relevant| **relevant).count();
        let relevant_counts = relevant.iter().map(count).collect();
        let mut search = Self {
            system,
            policy,
            views,
            view_of,
            relevant,
            relevant_counts,
            shown,
            targets: Vec::new(),
            proofs: Proofs::default(),
            reach,
            witnesses: Vec::new(),
            recalled: vec![Recalled::Untouched; system.request.witnesses.len()],
            solver,
            programmes: 0,
            patience: Patience::default(),
            lost: BTreeSet::new(),
            left: Left::default(),
            known: BTreeMap::new(),
            targets_of_set: vec![Vec::new(); system.sets.len()],
            order: AtomOrder::new(system),
            dearest: system.units.iter().map(|unit| unit.cost).max().unwrap_or(0).max(1) as f64,
            solver_failed: false,
        };
        search.add_sensitive_cells();
        search
    }

    /// The ends still without a witness: those of earlier releases first, for they leave the least choice; then those that
    /// need the most.
    pub fn open(&self) -> Vec<(usize, End)> {
        let mut open: Vec<(usize, End)> = self
            .proofs
            .lacking()
            .flat_map(|target| End::BOTH.map(|end| (target, end)))
            .filter(|&(target, end)| self.is_open(target, end))
            .collect();
        open.sort_by_key(|&(target, end)| {
            (self.is_new(target), std::cmp::Reverse(self.targets[target].need(end)), target, end)
        });
        open
    }

    /// The targets of a view with an open end, ascending.
    pub fn open_targets(&self, view: usize) -> impl Iterator<Item = usize> + '_ {
        let of_view = self.proofs.lacking().filter(move |&target| self.targets[target].view == view);
        of_view.filter(|&target| End::BOTH.iter().any(|&end| self.is_open(target, end)))
    }

    /// Likewise, those that a deviation may move.
    fn open_targets_of(&self, view: usize, deviation: &Deviation<'_>) -> Vec<usize> {
        match self.targets_moved(deviation, self.proofs.lacking().len()) {
            None => self.open_targets(view).collect(),
            Some(mut moved) => {
                moved.retain(|&target| {
                    self.targets[target].view == view
                        && End::BOTH.iter().any(|&end| self.is_open(target, end))
                });
                moved
            }
        }
    }

    /// The targets that a deviation may move, ascending, where these are fewer than `others`: whoever looks at so many
    /// would look at some that it leaves alone.
    pub fn targets_moved(&self, deviation: &Deviation<'_>, others: usize) -> Option<Vec<usize>> {
        let of_sets = || deviation.touched().iter().map(|&set| &self.targets_of_set[set as usize]);
        if of_sets().map(Vec::len).sum::<usize>() >= others {
            return None;
        }
        let mut moved: Vec<usize> = of_sets().flatten().map(|&target| target as usize).collect();
        moved.sort_unstable();
        moved.dedup();
        Some(moved)
    }

    pub fn is_open(&self, target: usize, end: End) -> bool {
        self.targets[target].need(end) > 0
            && self.proofs.get(target, end).is_none()
            && !self.lost.contains(&(target, end))
    }

    /// Adds a target, or asks more of one that stands already.
    pub fn add_target(&mut self, target: Target) {
        let reach = &mut self.reach[target.view];
        *reach = target.up.max(target.down).max(*reach);
        let key = (target.atoms.clone(), target.measure);
        match self.known.get(&key) {
            None => {
                self.known.insert(key, self.targets.len());
                for &(set, _) in &target.form {
                    self.targets_of_set[set as usize].push(self.targets.len() as u32);
                }
                self.targets.push(target);
                self.proofs.add(&self.targets[self.targets.len() - 1]);
            }
            Some(&number) => {
                let standing = &mut self.targets[number];
                let (up, down) = self.left.of(number, (target.up, target.down));
                if up > standing.up || down > standing.down {
                    standing.up = standing.up.max(up);
                    standing.down = standing.down.max(down);
                    self.proofs.ask_anew(number, standing);
                }
            }
        }
    }

    /// The target that a set's figure is.
    pub fn known_target(&self, set: usize, measure: usize) -> Option<usize> {
        self.known.get(&(self.system.sets[set].to_vec(), measure)).copied()
    }

    /// The target that another one's atoms make with a set's.
    pub fn known_pair(&self, target: usize, set: u32) -> Option<usize> {
        let stated = &self.targets[target];
        let mut atoms = [&stated.atoms[..], self.system.sets[set as usize]].concat();
        atoms.sort_unstable();
        self.known.get(&(atoms, stated.measure)).copied()
    }

    /// Drops every target from the given one on.
    pub fn forget_targets(&mut self, from: usize) {
        for target in self.targets.drain(from..) {
            for &(set, _) in &target.form {
                self.targets_of_set[set as usize].retain(|&number| (number as usize) < from);
            }
            self.known.remove(&(target.atoms, target.measure));
        }
        self.left.forget_targets(from);
        self.proofs.truncate(from);
    }

    /// Takes a witness in if it holds, and marks what it certifies.
    pub fn add_witness(&mut self, view: usize, witness: Witness) -> bool {
        self.take_witness(view, witness, true)
    }

    /// Likewise, where asked only if it certifies something.
    pub fn take_witness(&mut self, view: usize, witness: Witness, only_if_needed: bool) -> bool {
        let (system, shape) = (self.system, &self.views[view]);
        let both_ways = witness.both_ways(system, shape);
        if !witness.is_valid(system, shape, &self.shown, &both_ways.deviation) {
            return false;
        }
        let mut certified = Vec::new();
        for target in self.open_targets_of(view, &both_ways.deviation) {
            for end in End::BOTH.into_iter().filter(|&end| self.is_open(target, end)) {
                if let Some(factor) = both_ways.factor(&self.targets[target], end) {
                    certified.push((target, end, factor));
                }
            }
        }
        for &(target, end, factor) in &certified {
            self.proofs.set(target, end, Some(Proof { witness: self.witnesses.len(), factor }));
        }
        if !certified.is_empty() || !only_if_needed {
            self.witnesses.push((view, witness));
        }
        true
    }

    /// Which of some ends a witness proves; `None` if it does not hold.
    pub fn proved_by(
        &self,
        view: usize,
        witness: &Witness,
        ends: &[(usize, End)],
    ) -> Option<BTreeSet<(usize, End)>> {
        let (system, shape) = (self.system, &self.views[view]);
        let both_ways = witness.both_ways(system, shape);
        if !witness.is_valid(system, shape, &self.shown, &both_ways.deviation) {
            return None;
        }
        let is_proved =
            |&&(target, end): &&(usize, End)| both_ways.factor(&self.targets[target], end).is_some();
        Some(ends.iter().filter(is_proved).copied().collect())
    }

    /// Whether a witness proves an end, where it holds.
    pub fn would_prove(&self, view: usize, witness: &Witness, (target, end): (usize, End)) -> bool {
        let both_ways = witness.both_ways(self.system, &self.views[view]);
        both_ways.factor(&self.targets[target], end).is_some()
    }

    /// The atoms that the request can say anything about, ascending.
    pub fn relevant_atoms(&self, view: usize) -> Vec<u32> {
        let relevant = (0u32..).zip(&self.relevant[view]).filter(|(_, relevant)| **relevant);
        relevant.map(|(atom, _)| atom).collect()
    }

    pub fn relevant_count(&self, view: usize) -> usize {
        self.relevant_counts[view]
    }

    pub fn is_relevant(&self, view: usize, atom: u32) -> bool {
        self.relevant[view][atom as usize]
    }

    /// A distance that no target of a view needs more than.
    pub fn reach(&self, view: usize) -> i128 {
        self.reach[view]
    }

    fn add_sensitive_cells(&mut self) {
        let system = self.system;
        for unit in system.units.iter().filter(|unit| !unit.reserved) {
            for &measure in &unit.measures {
                if unit.tells_nothing() && !self.concerns(measure, unit.set) {
                    continue;
                }
                let subject = Subject::Cell { table: unit.table, cell: unit.cell };
                self.add_sensitive(subject, measure, unit.set);
            }
        }
        for (cell, past) in system.past.iter().enumerate().filter(|(_, past)| !past.shown) {
            for &measure in &past.measures {
                if self.concerns(measure, past.set) {
                    self.add_sensitive(Subject::Earlier { cell }, measure, past.set);
                }
            }
        }
    }

    /// Whether the request can say anything about a figure.
    fn concerns(&self, measure: usize, set: usize) -> bool {
        let relevant = &self.relevant[self.view_of[measure]];
        self.system.sets[set].iter().any(|&atom| relevant[atom as usize])
    }

    fn add_sensitive(&mut self, subject: Subject, measure: usize, set: usize) {
        let system = self.system;
        let judged = system.sensitivity(set, measure, self.policy);
        if let Sensitivity::Sensitive { up, down } = judged {
            let levels = (system.profile(set).measures[measure].value, up, down);
            let views = (&self.views[..], &self.view_of[..]);
            let asked = (subject, measure, system.sets[set], vec![(set as u32, 1)]);
            self.add_target(Target::with_levels(system, views, asked, levels));
        }
    }

    /// The root keeps large cells dear without making the programmes ill-conditioned.
    pub fn weight(&self, unit: usize) -> f64 {
        let unit = &self.system.units[unit];
        if unit.empty {
            return ZERO_WEIGHT;
        }
        let worth =
            if unit.reserved || unit.table < self.policy.headlines { f64::from(HEADLINE_WORTH) } else { 1.0 };
        worth * (1.0 + 1e3 * (unit.cost.max(0) as f64 / self.dearest).sqrt())
    }

    /// Whether it is time to give up, so that every search comes to an end: whatever is open then is withheld. Counted in
    /// programmes, `more` of them not yet among the search's, so that no machine decides.
    pub fn is_spent(&self, more: usize) -> bool {
        self.programmes + more > self.patience.at_least + self.patience.a_target * self.targets.len()
    }

    /// Whether nothing is left to withhold.
    pub fn withholds_everything(&self) -> bool {
        self.shown.iter().all(|shown| !shown)
    }

    pub fn withhold_everything(&mut self) {
        self.shown.fill(false);
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
            self.proofs.ask_anew(target, &self.targets[target]);
        }
    }
}
