//! Taking back: cells that were withheld for targets which others, withheld later, protect as well.
//!
//! Each withheld cell that is not sensitive is shown again on trial, the dearest first. The proofs that it breaks, and the
//! targets that it makes, must find new witnesses under the pattern with it shown; else it stays withheld. Targets that
//! the pattern makes no longer are kept all the same, for the same atoms may be a target for another reason. What was
//! accepted has passed the audit at every step.

use super::search::Search;
use super::target::End;
use super::witness::{Proof, TOLERANCE};
use super::workshop::Workshop;

/// What the trials of one request may take, in the terms of [`Workshop::effort`].
const EFFORT: u64 = 400_000_000;

/// How many atoms vary beyond those withheld.
const SLICE: usize = 900;

/// What a trial may have to put back.
struct Before {
    proofs: Vec<(usize, End, Proof)>,
    targets: usize,
}

impl Search<'_> {
    /// Shows again what need not be withheld, where there are not too many atoms for the trials. Needs a pattern without
    /// open targets, and leaves one.
    pub fn take_back(&mut self) {
        if (0..self.views.len()).any(|view| self.is_wide(view)) {
            return;
        }
        let mut workshops: Vec<Option<Workshop>> = self.views.iter().map(|_| None).collect();
        let mut disturbing = vec![Vec::new(); self.system.units.len()];
        self.note_disturbances(0, &mut disturbing);
        let mut left = EFFORT;
        for unit in self.withheld_dearest_first() {
            let witnesses = self.witnesses.len();
            let before = self.show_on_trial(unit, &disturbing[unit]);
            let survives = self.survives(&mut workshops, &mut left);
            if !survives {
                self.put_back(unit, before);
            }
            self.note_disturbances(witnesses, &mut disturbing);
            if left == 0 {
                break;
            }
        }
    }

    fn withheld_dearest_first(&self) -> Vec<usize> {
        let units = self.system.units.iter().zip(&self.shown).enumerate();
        let withheld = units.filter(|(_, (unit, shown))| !**shown && unit.is_candidate());
        let mut withheld: Vec<usize> = withheld.map(|(unit, _)| unit).collect();
        withheld.sort_by(|&a, &b| self.weight(b).total_cmp(&self.weight(a)).then(a.cmp(&b)));
        withheld
    }

    /// Adds to each unit the witnesses, from the given one on, in which a row of it is off.
    fn note_disturbances(&self, from: usize, disturbing: &mut [Vec<usize>]) {
        for (number, (view, witness)) in self.witnesses.iter().enumerate().skip(from) {
            let shape = &self.views[*view];
            let deviation = witness.deviation(self.system, shape);
            for row in deviation.rows(shape) {
                if deviation.row(shape, row).abs() > TOLERANCE {
                    shape.rows[row].units.iter().for_each(|&unit| disturbing[unit].push(number));
                }
            }
        }
    }

    fn show_on_trial(&mut self, unit: usize, disturbing: &[usize]) -> Before {
        let mut before = Before { proofs: Vec::new(), targets: self.targets.len() };
        self.shown[unit] = true;
        let broken = self.proofs.iter().filter(|(_, _, proof)| disturbing.contains(&proof.witness));
        before.proofs.extend(broken);
        for &(target, end, _) in &before.proofs {
            self.proofs.set(target, end, None);
        }
        self.add_targets_around(Some(unit));
        before
    }

    fn put_back(&mut self, unit: usize, before: Before) {
        self.shown[unit] = false;
        self.forget_targets(before.targets);
        for (target, end, proof) in before.proofs {
            self.proofs.set(target, end, Some(proof));
        }
    }

    /// Whether every open end finds a witness under the present pattern.
    fn survives(&mut self, workshops: &mut [Option<Workshop>], left: &mut u64) -> bool {
        for (target, end) in self.open() {
            if !self.is_open(target, end) {
                continue;
            }
            let view = self.targets[target].view;
            let mut workshop = match workshops[view].take() {
                Some(workshop) => workshop,
                None => self.workshop(view, &[(target, end)], SLICE),
            };
            *left = left.saturating_sub(workshop.effort());
            let solution = self.move_towards(&mut workshop, (target, end));
            if let Some(solution) = solution {
                self.add_witness(view, workshop.slice.whole_witness(&solution));
            }
            workshops[view] = Some(workshop);
            if self.is_open(target, end) || *left == 0 {
                return false;
            }
        }
        true
    }
}
