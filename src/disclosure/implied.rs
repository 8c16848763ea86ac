//! Targets that the pattern itself makes.
//!
//! The withheld remainder of a shown sum is as good as shown, so the primary rules apply to it (Daalmans and de
//! Waal 2010; sdcTools/UserSupport #307). The same holds for what one shown cell leaves of another that contains it, also
//! across tables and releases: the month so far less the week is a cell too.
//!
//! What the only contributor of a withheld cell makes of the sums it stands in is [`super::beside`]'s.

use std::collections::BTreeSet;

use super::request::Equation;
use super::search::Search;
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
        if shown.is_none() {
            targets.extend(self.beside_singletons());
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
            let is_new = |shown: &Option<(Released, bool)>| shown.is_some_and(|(_, is_new)| is_new);
            let Some(last_new) = shown.iter().rposition(is_new) else { continue };
            let known = shown.iter().enumerate().filter_map(|(set, shown)| Some((set, (*shown)?)));
            for (lesser, (of_lesser, lesser_is_new)) in known {
                let Some(&first) = self.system.sets[lesser].first() else { continue };
                let holding_it = self.system.sets_of_atom[first as usize].iter().map(|&set| set as usize);
                // The sets of the request come first.
                for greater in holding_it.take_while(|&greater| lesser_is_new || greater <= last_new) {
                    if around.is_some_and(|set| set != greater && set != lesser) {
                        continue;
                    }
                    let Some((of_greater, is_new)) = shown[greater] else { continue };
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
    fn shown_sets(&self, measure: usize) -> Vec<Option<(Released, bool)>> {
        let mut shown = vec![None; self.system.sets.len()];
        for (unit, decided) in self.system.units.iter().enumerate() {
            if self.shown[unit] && decided.measures.contains(&measure) {
                let released = Released::Cell { table: decided.table, cell: decided.cell };
                shown[decided.set].get_or_insert((released, true));
            }
        }
        for (cell, past) in self.system.past.iter().enumerate() {
            if past.shown && past.measures.contains(&measure) {
                shown[past.set] = Some((Released::Earlier { cell }, false));
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
        let whole = &self.system.profile(greater).measures[measure];
        let part = self.system.sum(lesser, measure);
        let p = self.policy.p_percent;
        // Nobody's part is above the bound, and the sizes of all parts add up to the figure at least.
        let p_percent_holds = (whole.value - part - 2 * whole.bound) * p.divisor() >= p.times(whole.bound);
        // Of a cell that is a small part of the other its lines say enough.
        let is_alone =
            |contributors: u64| whole.contributors < contributors + self.policy.minimum_contributors;
        is_alone(self.system.lines().count(self.system.sets[lesser]))
            && is_alone(self.system.profile(lesser).measures[measure].contributors)
            || self.system.measure(measure).is_magnitude
                && (!self.policy.dominance.is_empty() || !p_percent_holds)
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
