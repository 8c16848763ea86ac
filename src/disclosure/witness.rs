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
pub(super) const REACH: f64 = 1.0 - 1e-6;

#[derive(Clone, Debug)]
pub(super) struct Witness {
    /// Amounts are divided by this.
    pub scale: f64,
    /// (atom, position in the view, difference from the truth in scaled units), ascending.
    pub differences: Vec<(u32, usize, f64)>,
}

/// What became of one of the request's witnesses.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Recalled {
    /// The request says nothing of its atoms, or of its components.
    Untouched,
    /// The part that the request can say something about is this one of the search's, or does not hold; and the rest of it.
    Part { number: Option<usize>, rest: Vec<(u32, usize, f64)> },
}

/// How a target is certified at one end: `factor` times this witness.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proof {
    pub witness: usize,
    pub factor: f64,
}

/// A witness added up: how far each set is off, by set and position, in scaled units.
pub(super) struct Deviation {
    scale: f64,
    width: usize,
    of_sets: Vec<f64>,
    /// The sets that may be off: those with an atom that differs.
    touched: Vec<u32>,
}

impl Witness {
    pub fn deviation(&self, system: &System<'_>, view: &View) -> Deviation {
        let width = view.components.len();
        let mut of_sets = vec![0.0; system.sets.len() * width];
        let mut is_touched = vec![false; system.sets.len()];
        let mut touched = Vec::new();
        for &(atom, position, difference) in &self.differences {
            for &set in &system.sets_of_atom[atom as usize] {
                if !std::mem::replace(&mut is_touched[set as usize], true) {
                    touched.push(set);
                }
                if system.lattice.sum(set as usize).atoms.binary_search(&atom).is_ok() {
                    of_sets[set as usize * width + position] += difference;
                }
            }
        }
        system.lattice.sort(&mut touched);
        for &set in &touched {
            for position in 0..width {
                let parts = system.lattice.sum(set as usize).sets.iter();
                let of_parts: f64 = parts.map(|&part| of_sets[part as usize * width + position]).sum();
                of_sets[set as usize * width + position] += of_parts;
            }
        }
        Deviation { scale: self.scale, width, of_sets, touched }
    }

    /// Whether no amount falls below zero and no shown row is off.
    pub fn is_valid(&self, system: &System<'_>, view: &View, shown: &[bool], deviation: &Deviation) -> bool {
        let above_zero = self.differences.iter().all(|&(atom, position, difference)| {
            let amount = system.amounts[view.components[position]][atom as usize] as f64 / self.scale;
            difference.is_finite() && amount + difference >= -TOLERANCE
        });
        let stands = |row: usize| deviation.row(view, row).abs() <= TOLERANCE;
        above_zero && deviation.rows(view).all(|row| stands(row) || !view.is_shown(row, shown))
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
}

impl Deviation {
    /// The rows of the view that may be off; no other one is.
    pub fn rows<'a>(&'a self, view: &'a View) -> impl Iterator<Item = usize> + 'a {
        self.touched.iter().flat_map(|&set| view.rows_of_set[set as usize].iter().copied())
    }

    /// How far a row of the view is off.
    pub fn row(&self, view: &View, row: usize) -> f64 {
        let row = &view.rows[row];
        let terms = view.kinds[row.kind].iter();
        terms.map(|&(position, times)| times as f64 * self.of_sets[row.set * self.width + position]).sum()
    }

    /// By how much a target's figure differs, in scaled units.
    pub fn shift(&self, target: &Target) -> f64 {
        let of_set = |&(set, sign): &(u32, i64)| sign as f64 * self.of_set(set as usize, &target.terms);
        target.form.iter().map(of_set).sum()
    }

    /// By how much a set's figure differs, in scaled units.
    pub fn of_set(&self, set: usize, terms: &[(usize, i64)]) -> f64 {
        let of_position =
            |&(position, times): &(usize, i64)| times as f64 * self.of_sets[set * self.width + position];
        terms.iter().map(of_position).sum()
    }

    /// What is required of a figure, as a shift.
    pub fn required(&self, need: i128) -> f64 {
        need as f64 / self.scale * REACH
    }

    /// Whether `factor` times this witness moves the target far enough.
    pub fn certifies(&self, target: &Target, end: End, factor: f64) -> bool {
        end.sign() * factor * self.shift(target) >= self.required(target.need(end))
    }
}
