//! Targets that the pattern itself makes.
//!
//! The withheld remainder of a shown sum is as good as shown, so the primary rules apply to it (Daalmans and de
//! Waal 2010; sdcTools/UserSupport #307). The same holds for what one shown cell leaves of another that contains it, also
//! across tables and releases: the month so far less the week is a cell too.
//!
//! And whoever is the only contributor of a withheld cell can subtract their own part from any sum it stands in: the
//! cell together with a sensitive neighbour is a target as well (the singleton problem; Hundepool et al. 2012, 4.4.2).

use std::collections::{BTreeMap, BTreeSet};

use super::request::Equation;
use super::search::Search;
use super::sensitivity::Sensitivity;
use super::subject::{Released, Subject};
use super::system::System;
use super::target::{Form, Target};

impl Search<'_> {
    /// Adds the targets of the present pattern that are not there yet.
    pub fn add_pattern_targets(&mut self) {
        self.add_targets_around(None);
    }

    /// Likewise, only those that a unit, just shown, makes: its equations' remainders and what it leaves of others.
    pub fn add_targets_around(&mut self, shown: Option<usize>) {
        let mut targets = Vec::new();
        if self.policy.implied_cells {
            self.remainders(shown, &mut targets);
            self.differences(shown, &mut targets);
        }
        if self.policy.insiders && shown.is_none() {
            self.beside_singletons(&mut targets);
        }
        for target in targets {
            self.add_target(target);
        }
    }

    fn remainders(&self, around: Option<usize>, targets: &mut Vec<Target>) {
        for (table, candidate) in self.system.request.tables.iter().enumerate() {
            let unit_of = &self.system.unit_of[table];
            let shown = |cell: usize| self.shown[unit_of[cell]];
            let concerns = |equation: &&Equation| {
                let cells = || equation.parts.iter().chain([&equation.total]);
                around.is_none_or(|unit| cells().any(|&cell| unit_of[cell] == unit))
            };
            let equations = candidate.equations.iter().filter(concerns);
            for equation in equations.filter(|equation| shown(equation.total)) {
                let parts: Vec<usize> = equation.parts.iter().copied().filter(|&part| !shown(part)).collect();
                if parts.len() < 2 {
                    continue;
                }
                let atoms: BTreeSet<u32> =
                    parts.iter().flat_map(|&part| candidate.cells[part].atoms.iter().copied()).collect();
                let subject = Subject::Implied { table, total: equation.total, parts: parts.clone() };
                let form = parts_form(&parts, &self.system.unit_of[table], self.system);
                let atoms: Vec<u32> = atoms.into_iter().collect();
                self.judge(&subject, &candidate.measures, (&atoms, &form), targets);
            }
        }
    }

    fn judge(
        &self,
        subject: &Subject,
        measures: &[usize],
        (atoms, form): (&[u32], &Form),
        targets: &mut Vec<Target>,
    ) {
        let profile = self.system.profile_of(atoms);
        for &measure in measures {
            targets.extend(Target::new(
                self.system,
                (&self.views, &self.view_of),
                (subject.clone(), measure, atoms, form.clone()),
                &profile,
                self.policy,
            ));
        }
    }

    /// Pairs of shown cells, one within the other, at least one of them of this request.
    fn differences(&self, around: Option<usize>, targets: &mut Vec<Target>) {
        let around = around.map(|unit| self.system.units[unit].set);
        for measure in 0..self.system.request.measures.len() {
            let shown = self.shown_sets(measure);
            for (&lesser, &(of_lesser, lesser_is_new)) in &shown {
                let Some(&first) = self.system.sets[lesser].first() else { continue };
                for &greater in &self.system.sets_of_atom[first as usize] {
                    let greater = greater as usize;
                    if around.is_some_and(|set| set != greater && set != lesser) {
                        continue;
                    }
                    let Some(&(of_greater, is_new)) = shown.get(&greater) else { continue };
                    if (is_new || lesser_is_new)
                        && self.may_leave_little(measure, greater, lesser)
                        && let Some(atoms) = rest(self.system.sets[greater], self.system.sets[lesser])
                    {
                        let subject = Subject::Difference { greater: of_greater, lesser: of_lesser };
                        let form = vec![(greater as u32, 1), (lesser as u32, -1)];
                        self.judge(&subject, &[measure], (&atoms, &form), targets);
                    }
                }
            }
        }
    }

    /// The sets whose figure for a measure is known, with where it is shown and whether this request shows it.
    fn shown_sets(&self, measure: usize) -> BTreeMap<usize, (Released, bool)> {
        let mut shown = BTreeMap::new();
        for (unit, decided) in self.system.units.iter().enumerate() {
            if self.shown[unit] && decided.measures.contains(&measure) {
                let released = Released::Cell { table: decided.table, cell: decided.cell };
                shown.entry(decided.set).or_insert((released, true));
            }
        }
        for (cell, past) in self.system.past.iter().enumerate() {
            if past.shown && past.measures.contains(&measure) {
                shown.insert(past.set, (Released::Earlier { cell }, false));
            }
        }
        shown
    }

    /// Whether the difference of two nested cells could be sensitive, judged from their own figures: this spares
    /// most pairs the look at their contributions.
    fn may_leave_little(&self, measure: usize, greater: usize, lesser: usize) -> bool {
        if self.system.sets[greater].len() <= self.system.sets[lesser].len() {
            return false;
        }
        let (whole, part) =
            (&self.system.profile(greater).measures[measure], &self.system.profile(lesser).measures[measure]);
        let p = self.policy.p_percent;
        // Nobody's part is above the bound, and the sizes of all parts add up to the figure at least.
        let p_percent_holds =
            (whole.value - part.value - 2 * whole.bound) * p.divisor() >= p.times(whole.bound);
        whole.contributors < part.contributors + self.policy.minimum_contributors
            || self.system.measure(measure).is_magnitude
                && (!self.policy.dominance.is_empty() || !p_percent_holds)
    }

    /// A sensitive withheld part of a sum together with another withheld part that has a single contributor.
    fn beside_singletons(&self, targets: &mut Vec<Target>) {
        for (table, candidate) in self.system.request.tables.iter().enumerate() {
            let unit_of = &self.system.unit_of[table];
            for equation in &candidate.equations {
                let withheld: Vec<usize> =
                    equation.parts.iter().copied().filter(|&part| !self.shown[unit_of[part]]).collect();
                for &singleton in &withheld {
                    for &cell in withheld.iter().filter(|&&cell| cell != singleton) {
                        self.beside(table, singleton, cell, targets);
                    }
                }
            }
        }
    }

    fn beside(&self, table: usize, singleton: usize, cell: usize, targets: &mut Vec<Target>) {
        let candidate = &self.system.request.tables[table];
        let set = |cell: usize| self.system.units[self.system.unit_of[table][cell]].set;
        let (alone, other) = (&self.system.profile(set(singleton)), &self.system.profile(set(cell)));
        if alone.singleton.is_none() || alone.singleton == other.singleton {
            return;
        }
        let atoms: BTreeSet<u32> =
            [singleton, cell].iter().flat_map(|&of| candidate.cells[of].atoms.iter().copied()).collect();
        let atoms: Vec<u32> = atoms.into_iter().collect();
        for &measure in &candidate.measures {
            let judged = self.system.sensitivity(set(cell), measure, self.policy);
            if let Sensitivity::Sensitive { up, down } = judged {
                let subject = Subject::Beside {
                    cell: Released::Cell { table, cell },
                    singleton: Released::Cell { table, cell: singleton },
                };
                let value = alone.measures[measure].value + other.measures[measure].value;
                let levels = (value, up, down);
                let views = (&self.views[..], &self.view_of[..]);
                let form = vec![(set(singleton) as u32, 1), (set(cell) as u32, 1)];
                let asked = (subject, measure, &atoms[..], form);
                targets.push(Target::with_levels(self.system, views, asked, levels));
            }
        }
    }
}

/// The sum of a table's cells.
fn parts_form(parts: &[usize], unit_of: &[usize], system: &System<'_>) -> Form {
    parts.iter().map(|&part| (system.units[unit_of[part]].set as u32, 1)).collect()
}

/// `greater` without `lesser`, when it contains it. Both ascend.
fn rest(greater: &[u32], lesser: &[u32]) -> Option<Vec<u32>> {
    let mut rest = Vec::with_capacity(greater.len() - lesser.len().min(greater.len()));
    let mut left = lesser.iter().peekable();
    for &atom in greater {
        if left.next_if(|&&next| next == atom).is_none() {
            rest.push(atom);
        }
    }
    (left.next().is_none() && !rest.is_empty()).then_some(rest)
}
