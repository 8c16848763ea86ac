//! Which atoms a request can say anything about.
//!
//! Shown rows of earlier releases cut the atoms into components that nothing else links. Where no cell of the request
//! reaches into a component, the attacker learns nothing new about it: its secrets passed the audit of the releases
//! that made them, and need no second look. Nor does a cell that stays withheld as it was. (A secret in two components links
//! them.) So a release beside ten years of others costs what its own days cost.

use super::disjoint::DisjointSets;
use super::slice::{Hold, Part, Slice, outsider};
use super::system::System;
use super::view::View;

/// For each atom, whether a cell of the request is linked to it through what is unknown.
pub(super) fn relevant(system: &System<'_>, view: &View) -> Vec<bool> {
    let atoms = system.atom_count();
    if system.past.is_empty() {
        return vec![true; atoms];
    }
    let hold = |row: usize| {
        let row = &view.rows[row];
        if row.fixed {
            Hold::Fixed
        } else if row.units.iter().all(|&unit| system.units[unit].tells_nothing()) {
            Hold::Free
        } else {
            Hold::Elastic(1.0)
        }
    };
    let part = Part { system, view, atoms: (0..atoms as u32).collect(), reach: 0, own: &outsider };
    let slice = Slice::new(part, &hold);
    let mut linked = DisjointSets::new(slice.columns.len());
    for row in &slice.rows {
        linked.join(row.terms.iter().map(|term| term.0));
    }
    // What a secret consists of protects it together.
    for past in system.past.iter().filter(|past| !past.shown) {
        linked.join(slice.columns_of(system, past.set).into_iter());
    }
    let mut is_reached = vec![false; slice.columns.len()];
    for &(slack, _) in &slice.slacks {
        is_reached[linked.root(slack) as usize] = true;
    }
    let width = view.components.len();
    let mut reaches =
        |atom: usize| (0..width).any(|at| is_reached[linked.root((atom * width + at) as u32) as usize]);
    (0..atoms).map(&mut reaches).collect()
}
