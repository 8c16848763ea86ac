//! Witness tables: other data that would have given the very same release.
//!
//! A witness is kept as its difference from the true data. It stays valid when more cells are withheld, and it
//! certifies every target whose figure differs in it by as much as that target requires.

use super::system::System;
use super::target::{End, Target};
use super::view::View;

/// How far, in scaled units, a shown row may be off in a witness: the solver's arithmetic, not a choice.
pub(super) const TOLERANCE: f64 = 1e-6;

/// The part of a required distance that a witness must reach; what is missing is the solver's arithmetic.
const REACH: f64 = 1.0 - 1e-6;

#[derive(Clone, Debug)]
pub(super) struct Witness {
    /// Amounts are divided by this.
    pub scale: f64,
    /// (atom, position in the view, difference from the truth in scaled units), ascending.
    pub differences: Vec<(u32, usize, f64)>,
}

/// How a target is certified at one end: `factor` times this witness.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proof {
    pub witness: usize,
    pub factor: f64,
}

impl Witness {
    /// How far each row of the view that it touches is off, rows ascending.
    pub fn deviations(&self, system: &System<'_>, view: &View) -> Vec<(usize, f64)> {
        let mut off = vec![0.0; view.rows.len()];
        let mut touched = vec![false; view.rows.len()];
        for &(atom, position, difference) in &self.differences {
            for &set in &system.sets_of_atom[atom as usize] {
                for &row in &view.rows_of_set[set as usize] {
                    let terms = view.kinds[view.rows[row].kind].iter();
                    for &(_, times) in terms.filter(|term| term.0 == position) {
                        off[row] += times as f64 * difference;
                        touched[row] = true;
                    }
                }
            }
        }
        (0..off.len()).filter(|&row| touched[row]).map(|row| (row, off[row])).collect()
    }

    /// Whether no amount falls below zero and no shown row is off.
    pub fn is_valid(&self, system: &System<'_>, view: &View, shown: &[bool]) -> bool {
        let above_zero = self.differences.iter().all(|&(atom, position, difference)| {
            let amount = system.amounts[view.components[position]][atom as usize] as f64 / self.scale;
            difference.is_finite() && amount + difference >= -TOLERANCE
        });
        above_zero
            && self
                .deviations(system, view)
                .iter()
                .all(|&(row, off)| off.abs() <= TOLERANCE || !view.is_shown(row, shown))
    }

    /// The largest factor, at most one, by which the reversed witness is valid too.
    pub fn reverse_factor(&self, system: &System<'_>, view: &View) -> f64 {
        self.differences.iter().filter(|entry| entry.2 > 0.0).fold(
            1.0,
            |least, &(atom, position, difference)| {
                let amount = system.amounts[view.components[position]][atom as usize] as f64 / self.scale;
                least.min(amount / difference)
            },
        )
    }

    /// By how much a target's figure differs, in scaled units. `spread` is [`Self::spread`]'s.
    pub fn shift(target: &Target, view: &View, spread: &[f64]) -> f64 {
        let of_atom = |&atom: &u32| -> f64 {
            let terms = target.terms.iter();
            terms.map(|&(position, times)| times as f64 * spread[view.column(atom as usize, position)]).sum()
        };
        target.atoms.iter().map(of_atom).sum()
    }

    /// Writes the differences into a vector over all columns of the view.
    pub fn spread(&self, view: &View, into: &mut [f64]) {
        for &(atom, position, difference) in &self.differences {
            into[view.column(atom as usize, position)] = difference;
        }
    }

    /// Takes them out again.
    pub fn clear(&self, view: &View, from: &mut [f64]) {
        for &(atom, position, _) in &self.differences {
            from[view.column(atom as usize, position)] = 0.0;
        }
    }

    /// Whether `factor` times this witness leaves the attacker's own parts standing and moves the target far enough.
    pub fn certifies(
        &self,
        system: &System<'_>,
        view: &View,
        (target, end): (&Target, End),
        (factor, spread): (f64, &[f64]),
    ) -> bool {
        let need = target.need(end) as f64 / self.scale;
        let reached = end.sign() * factor * Self::shift(target, view, spread);
        reached >= need * REACH
            && target.own.iter().all(|own| {
                let amount = system.amounts[view.components[own.position]][own.atom as usize] - own.amount;
                let column = view.column(own.atom as usize, own.position);
                amount as f64 / self.scale + factor * spread[column] >= -TOLERANCE
            })
    }
}
