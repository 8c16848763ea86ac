//! The answer to a request.

use serde::Serialize;

use super::disclosed::AuditReport;
use super::request::WitnessTable;
use super::table::{CellStatus, ProtectedTable};

/// What came of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Protection {
    /// One for each table of the request, in its order.
    pub tables: Vec<ProtectedTable>,
    pub summary: Summary,
    pub witnesses: Witnesses,
}

/// What a later release over the same data should be given of witnesses.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Witnesses {
    /// Of those in the request, by index, ascending: the others hold no longer, or are no longer needed.
    pub kept: Vec<usize>,
    pub new: Vec<WitnessTable>,
}

/// Counts over all tables of a request.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    pub cells: usize,
    pub empty: usize,
    pub primary: usize,
    pub secondary: usize,
    /// In the terms of the policy's cost.
    pub secondary_cost: i128,
    /// Figures of withheld cells that earlier releases alone tell better than the rules allow.
    #[serde(skip_serializing_if = "is_zero")]
    pub told_before: usize,
    /// How far from the cheapest safe pattern this may be; `None` when no bound is known.
    pub optimality_gap: Option<f64>,
    /// The final audit's: nothing is disclosed in it.
    pub audit: AuditReport,
}

impl Summary {
    /// Adds the counts of a request that has nothing to do with this one.
    pub fn add(&mut self, other: &Self) {
        let is_first = *self == Self::default();
        self.cells += other.cells;
        self.empty += other.empty;
        self.primary += other.primary;
        self.secondary += other.secondary;
        self.secondary_cost += other.secondary_cost;
        self.told_before += other.told_before;
        self.optimality_gap = match (is_first, self.optimality_gap, other.optimality_gap) {
            (true, _, gap) => gap,
            (false, Some(ours), Some(theirs)) => Some(ours.max(theirs)),
            (false, ..) => None,
        };
        self.audit.targets += other.audit.targets;
        self.audit.exact += other.audit.exact;
        self.audit.narrow += other.audit.narrow;
        self.audit.programmes += other.audit.programmes;
        self.audit.disclosed.extend_from_slice(&other.audit.disclosed);
    }

    pub(super) fn count(&mut self, status: CellStatus, cost: i128) {
        self.cells += 1;
        match status {
            CellStatus::Safe => {}
            CellStatus::Empty => self.empty += 1,
            CellStatus::Primary => self.primary += 1,
            CellStatus::Secondary => {
                self.secondary += 1;
                self.secondary_cost += cost;
            }
        }
    }
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}
