//! The audit: is any target disclosed, exactly or too narrowly?

use std::collections::{BTreeMap, BTreeSet};

use super::beside::Beside;
use super::disclosed::{AuditReport, Disclosed};
use super::field::{Echelon, add};
use super::programme::Outcome;
use super::search::Search;
use super::slice::{Hold, Part, Slice, SliceRow, outsider};
use super::subject::Released;
use super::system::Past;
use super::target::{End, Target};
use super::witness::Proof;

/// How many atoms vary for a single target's interval, where there are too many to let all vary: it is then the interval of
/// somebody who knows all others.
const DISCLOSED: usize = 2000;

/// Likewise for the exact guard, one after the other: whoever follows from fewer may not follow from more.
const NEARBY_FIRST: [usize; 2] = [200, DISCLOSED];

/// Seeds of the exact guard's random solutions; any would do.
const SEEDS: [u64; 2] = [0x5eed_0001, 0x5eed_0002];

impl Search<'_> {
    /// The targets that follow exactly from the shown rows when `atoms` are unknown, or do so together with a singleton
    /// beside them that makes no target of its own with them.
    fn determined(&self, view: usize, atoms: Vec<u32>, targets: &[usize], beside: &Beside) -> Vec<usize> {
        let slice = self.held_slice(view, atoms);
        let rows: Vec<Vec<(u32, i64)>> = slice.rows.iter().map(|row| row.terms.clone()).collect();
        let echelon = Echelon::of(slice.columns.len(), &rows);
        let solutions = SEEDS.map(|seed| echelon.null_vector(seed));
        let values = |sets: &[(u32, i64)], terms: &[(usize, i64)]| {
            let (form, _) = slice.form_of(self.system, sets, terms);
            solutions.each_ref().map(|solution| solution.value(form.iter().copied()))
        };
        let mut of_sets = BTreeMap::new();
        let mut follows = |&target: &usize| {
            let Target { form, terms, .. } = &self.targets[target];
            let own = values(form, terms);
            let singletons = match form[..] {
                [(set, 1)] => beside.get(&set),
                _ => None,
            };
            own == [0; 2]
                || singletons.into_iter().flatten().any(|&singleton| {
                    let key = (singleton, terms.clone());
                    let other = *of_sets.entry(key).or_insert_with(|| values(&[(singleton, 1)], terms));
                    [0, 1].map(|at| add(own[at], other[at])) == [0; 2]
                        && self.known_pair(target, singleton).is_none()
                })
        };
        targets.iter().copied().filter(|target| follows(target)).collect()
    }

    /// Some atoms, with every shown row standing.
    pub fn held_slice(&self, view: usize, atoms: Vec<u32>) -> Slice {
        self.held_slice_of(view, atoms, &outsider)
    }

    /// Likewise; `own` as in [`Part`].
    fn held_slice_of(&self, view: usize, atoms: Vec<u32>, own: &dyn Fn(u32, usize) -> i64) -> Slice {
        let shape = &self.views[view];
        let hold = |row: usize| if shape.is_shown(row, &self.shown) { Hold::Fixed } else { Hold::Free };
        let part = Part { system: self.system, view: shape, atoms, reach: self.reach(view), own };
        Slice::new(part, &hold)
    }

    /// The withheld atoms and all that vary in a witness: enough unknowns for the exact guard.
    pub fn varying_atoms(&self, view: usize) -> Vec<u32> {
        let mut atoms: BTreeSet<u32> = self.withheld_atoms(view).into_iter().collect();
        let witnesses = self.witnesses.iter().filter(|witness| witness.0 == view);
        atoms.extend(witnesses.flat_map(|(_, witness)| witness.differences.iter().map(|entry| entry.0)));
        atoms.into_iter().collect()
    }

    /// Checks every proof once more against the pattern as it stands; ends whose proof fails are open again.
    pub fn check_proofs(&mut self) {
        let mut all: Vec<(usize, End, Proof)> = self.proofs.iter().collect();
        all.sort_by_key(|&(target, end, proof)| (proof.witness, target, end));
        for of_one in all.chunk_by(|a, b| a.2.witness == b.2.witness) {
            let (view, witness) = &self.witnesses[of_one[0].2.witness];
            let shape = &self.views[*view];
            let deviation = witness.deviation(self.system, shape);
            let is_valid = witness.is_valid(self.system, shape, &self.shown, &deviation);
            let reverse = witness.reverse_factor(self.system, shape);
            for &(target, end, proof) in of_one {
                let holds = proof.factor == 1.0 || (-reverse..0.0).contains(&proof.factor);
                if !is_valid || !holds || !deviation.certifies(&self.targets[target], end, proof.factor) {
                    self.proofs.set(target, end, None);
                }
            }
        }
    }

    /// A disclosed target's interval and what reveals it, all atoms unknown or, where there are too many, the nearest; but for
    /// a contributor's own part.
    fn disclosed(&mut self, target: usize, contributor: Option<u32>) -> Disclosed {
        let stated = self.targets[target].clone();
        let view = stated.view;
        let atoms = if self.is_wide(view) {
            self.surroundings(view, &[target], DISCLOSED)
        } else {
            self.relevant_atoms(view)
        };
        let own = self.own(view, contributor.as_slice(), &atoms);
        let own = |atom: u32, position: usize| own.get(&(atom, position)).copied().unwrap_or(0);
        let slice = self.held_slice_of(view, atoms, &own);
        let mut interval = [f64::NEG_INFINITY, f64::INFINITY];
        let mut rows = BTreeSet::new();
        for end in End::BOTH {
            let Some((distance, revealing)) = self.extreme(&slice, &stated, end) else { continue };
            let bound = stated.value as f64 + end.sign() * distance;
            interval[usize::from(end == End::Above)] = bound;
            if distance < stated.need(end) as f64 * (1.0 - 1e-6) {
                rows.extend(revealing);
            }
        }
        Disclosed {
            subject: stated.subject,
            measure: stated.measure,
            value: clamp(stated.value),
            to_contributor: contributor.is_some(),
            interval: (interval[0], interval[1]),
            required: (clamp(stated.value - stated.down), clamp(stated.value + stated.up)),
            revealed_by: self.released(view, &rows),
        }
    }

    /// How far a target can move, and the view's rows that hold it there; `None` when it is free.
    fn extreme(&mut self, slice: &Slice, target: &Target, end: End) -> Option<(f64, Vec<usize>)> {
        let (form, used) = slice.form_with_used(self.system, target);
        let mut programme = slice.whole_programme();
        for &(column, times) in &form {
            programme.columns[column as usize].0 = -end.sign() * times as f64;
        }
        self.programmes += 1;
        let Outcome::Optimal { columns: solution, row_duals } = self.solver.solve(programme) else {
            return Some((0.0, Vec::new()));
        };
        let moved: f64 = form.iter().map(|&(column, times)| times as f64 * solution[column as usize]).sum();
        let at_cap = |(amount, column): (&f64, &(f64, f64, f64))| {
            column.2 == slice.cap() && *amount >= column.2 * 0.999
        };
        let is_far = moved.abs() * slice.scale >= target.need(end) as f64;
        if is_far && solution.iter().zip(&slice.columns).any(at_cap) {
            return None;
        }
        let holding = row_duals.iter().zip(&slice.rows).filter(|(dual, _)| dual.abs() > 1e-7);
        let rows = |(_, row): (_, &SliceRow)| {
            row.members.first().copied().into_iter().chain(row.used.iter().copied()).collect::<Vec<_>>()
        };
        let revealing = holding.flat_map(rows).chain(used).collect();
        Some((moved.abs() * slice.scale, revealing))
    }

    fn released(&self, view: usize, rows: &BTreeSet<usize>) -> Vec<Released> {
        let shape = &self.views[view];
        let released = |&row: &usize| {
            let units = shape.rows[row].units.iter();
            let shown = units.filter(|&&unit| self.shown[unit]).map(|&unit| &self.system.units[unit]);
            let mut cells = shown.map(|unit| Released::Cell { table: unit.table, cell: unit.cell });
            cells.next().or_else(|| {
                let (set, kind) = (shape.rows[row].set, Some(shape.rows[row].kind));
                let tells = |past: &Past| past.measures.iter().any(|&measure| shape.kind_of[measure] == kind);
                let mut past = self.system.past.iter();
                let cell = past.position(|past| past.shown && past.set == set && tells(past))?;
                Some(Released::Earlier { cell })
            })
        };
        rows.iter().filter_map(released).collect()
    }

    /// Targets that follow exactly from what is shown, though they may have a witness in floating-point arithmetic.
    pub fn failing_the_exact_guard(&self) -> Vec<usize> {
        let lost = |target: usize| End::BOTH.iter().any(|&end| self.lost.contains(&(target, end)));
        let is_asked = |target: usize| End::BOTH.iter().any(|&end| self.targets[target].need(end) > 0);
        let mut all: Vec<usize> = (0..self.views.len()).flat_map(|view| self.following(view)).collect();
        all.retain(|&target| !lost(target) && (is_asked(target) || !self.left.is_less(target)));
        all
    }

    /// The targets of a view that follow exactly. Where there are too many atoms to eliminate them all, those that follow for
    /// somebody who knows the atoms further off.
    fn following(&self, view: usize) -> Vec<usize> {
        let beside = self.singletons_beside();
        if self.is_wide(view) {
            let mut suspects = self.without_an_exact_witness(view, &beside);
            let follows = |target, size| {
                let atoms = self.surroundings(view, &[target], size);
                !self.determined(view, atoms, &[target], &beside).is_empty()
            };
            suspects.retain(|&target| NEARBY_FIRST.into_iter().all(|size| follows(target, size)));
            return suspects;
        }
        let of_view = (0..self.targets.len()).filter(|&target| self.targets[target].view == view);
        let suspects = self.determined(view, self.varying_atoms(view), &of_view.collect::<Vec<_>>(), &beside);
        if suspects.is_empty() {
            return suspects;
        }
        self.determined(view, self.relevant_atoms(view), &suspects, &beside)
    }

    /// Targets of a view that follow exactly when only those atoms are unknown that vary in their witnesses, or that have
    /// none. Each that follows is among them; eliminating everything at once would fill the memory.
    fn without_an_exact_witness(&self, view: usize, beside: &Beside) -> Vec<usize> {
        let mut proved: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (target, _, proof) in self.proofs.iter() {
            proved.entry(proof.witness).or_default().push(target);
        }
        let mut without: BTreeSet<usize> =
            (0..self.targets.len()).filter(|&target| self.targets[target].view == view).collect();
        for (witness, targets) in proved {
            let (of_view, witness) = &self.witnesses[witness];
            if *of_view != view || !targets.iter().any(|target| without.contains(target)) {
                continue;
            }
            let mut atoms: Vec<u32> = witness.differences.iter().map(|entry| entry.0).collect();
            atoms.dedup();
            let determined = self.determined(view, atoms, &targets, beside);
            targets.iter().filter(|target| !determined.contains(target)).for_each(|target| {
                without.remove(target);
            });
        }
        without.into_iter().collect()
    }

    /// What the final pattern of a search still discloses: nothing, or what earlier releases alone do. Where all is
    /// withheld, a target counts as disclosed only when the exact guard or a programme says so. What a contributor learns
    /// from earlier releases alone is not this pattern's doing, and stops nothing. `exact` are the targets that fail the exact
    /// guard.
    pub fn final_report(&mut self, exact: Vec<usize>) -> AuditReport {
        let exact: BTreeSet<usize> = exact.into_iter().collect();
        let failing: BTreeSet<usize> =
            self.lost.iter().map(|&(target, _)| target).chain(exact.iter().copied()).collect();
        self.report_of(&exact, &failing, BTreeMap::new())
    }

    /// Every target that the present pattern discloses, whatever was certified before.
    pub fn report(&mut self) -> AuditReport {
        let mut exact = BTreeSet::new();
        let mut failing: BTreeSet<usize> = self.open().into_iter().map(|(target, _)| target).collect();
        failing.extend(self.lost.iter().map(|&(target, _)| target));
        for view in 0..self.views.len() {
            exact.extend(self.following(view));
        }
        failing.extend(&exact);
        let told = self.told_to_insiders();
        self.report_of(&exact, &failing, told)
    }

    fn report_of(
        &mut self,
        exact: &BTreeSet<usize>,
        failing: &BTreeSet<usize>,
        told: BTreeMap<usize, u32>,
    ) -> AuditReport {
        let to_anybody = failing.iter().map(|&target| (target, None));
        let to_contributors = told.into_iter().filter(|(target, _)| !failing.contains(target));
        let to_contributors = to_contributors.map(|(target, contributor)| (target, Some(contributor)));
        let all: Vec<(usize, Option<u32>)> = to_anybody.chain(to_contributors).collect();
        let disclosed =
            all.iter().map(|&(target, contributor)| self.disclosed(target, contributor)).collect();
        AuditReport {
            targets: self.targets.len(),
            exact: exact.len(),
            narrow: all.len() - exact.len(),
            programmes: self.programmes,
            disclosed,
        }
    }
}

fn clamp(number: i128) -> i64 {
    number.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}
