//! The cheapest safe pattern of a small request, or how far from it the search's pattern may be.
//!
//! A binary variable for each decision that is not taken yet: is the unit withheld? The master problem is a set cover
//! whose rows are Benders cuts: where a point of it leaves a target's interval too narrow, the dual solution of the
//! attacker's programme names a combination of units of which enough must be withheld (Fischetti and Salazar-González,
//! Solving the cell suppression problem on tabular data with linear constraints, Management Science 47, 2001). Targets
//! that the pattern itself makes, such as the remainders of shown sums, give cuts that hold only where they are made.
//! A branch-and-cut tree over the cuts proves the bound.
//!
//! Invariant: a cheaper pattern is only proposed, and whoever takes it audits it, so no failure here costs a secret. Cuts
//! and bounds are computed from the solver's multipliers, whatever these are; it is believed in one thing, that a branch
//! holds nothing at all, and there a false answer would cost a false bound.
//!
//! Absent: limits on time. Work is counted in lines of programmes solved, so the same request gives the same
//! pattern on every machine.

mod branch;
mod conditional;
mod cut;
mod incumbent;
mod master;
mod oracle;
mod problem;
#[cfg(test)]
mod tests;
mod variables;

use super::search::Search;
use problem::Problem;
use variables::Variables;

/// What the request costs at least, and a pattern that costs less than the search's if one was found.
///
/// Costs are the policy's: what the summary's secondary cost adds up, but each cell counts for one at least, and a cell
/// of a headline table, or of one that a later release means to show, [`super::search::HEADLINE_WORTH`] times.
pub(super) struct Optimum {
    /// For each unit, whether it is shown.
    pub cheaper: Option<Vec<bool>>,
    /// No safe pattern costs less.
    pub bound: i128,
}

impl Optimum {
    /// How much dearer than the cheapest safe pattern one of this cost may be, as a part of its own cost: 0 when it
    /// is proved to be the cheapest.
    pub fn gap(&self, cost: i128) -> f64 {
        if cost <= self.bound { 0.0 } else { (cost - self.bound) as f64 / cost as f64 }
    }
}

/// What the secondary suppressions of a search cost.
pub(super) fn cost(search: &Search<'_>) -> i128 {
    Variables::new(search.system, search.policy).cost(&search.shown)
}

/// Looks for the optimum, starting from a pattern that has passed the audit. `None` when the request is too large for a
/// bound that is worth its time, or the solver fails before there is one.
pub(super) fn optimum(search: &Search<'_>) -> Option<Optimum> {
    if !search.asks_for_all() {
        return None;
    }
    let variables = Variables::new(search.system, search.policy);
    let cost = variables.cost(&search.shown);
    if cost == 0 {
        return Some(Optimum { cheaper: None, bound: 0 });
    }
    let mut problem = Problem::new(search, variables)?;
    let bound = problem.branch_and_cut();
    if bound == 0 {
        return None;
    }
    let cheaper = (problem.best.cost < cost).then_some(problem.best.shown);
    Some(Optimum { cheaper, bound })
}
