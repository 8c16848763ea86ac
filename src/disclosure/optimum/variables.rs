//! The decisions that are open, and what they cost.

use super::super::policy::Policy;
use super::super::search::HEADLINE_WORTH;
use super::super::system::System;

/// What is known of a unit before anything is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nobody contributed.
    Shown,
    /// Sensitive in itself.
    Withheld,
    /// To be decided, by the variable of this number.
    Open(usize),
}

/// One binary variable for each open unit: one when it is withheld.
pub(super) struct Variables {
    /// For each variable.
    pub units: Vec<usize>,
    /// For each variable.
    pub costs: Vec<i128>,
    /// For each unit.
    pub standing: Vec<Standing>,
}

impl Variables {
    pub fn new(system: &System<'_>, policy: &Policy) -> Self {
        let mut cells = vec![0i128; system.units.len()];
        for &unit in system.unit_of.iter().flatten() {
            cells[unit] += 1;
        }
        let mut variables = Self { units: Vec::new(), costs: Vec::new(), standing: Vec::new() };
        for (unit, decided) in system.units.iter().enumerate() {
            let standing = match (decided.empty, !decided.is_candidate()) {
                (true, _) => Standing::Shown,
                (_, true) => Standing::Withheld,
                _ => {
                    let is_headline = decided.reserved || decided.table < policy.headlines;
                    let worth = if is_headline { i128::from(HEADLINE_WORTH) } else { 1 };
                    variables.costs.push(worth * cells[unit] * decided.cost.max(1));
                    variables.units.push(unit);
                    Standing::Open(variables.units.len() - 1)
                }
            };
            variables.standing.push(standing);
        }
        variables
    }

    pub fn len(&self) -> usize {
        self.units.len()
    }

    /// What a pattern withholds beyond the sensitive units; `shown` has one entry a unit.
    pub fn cost(&self, shown: &[bool]) -> i128 {
        let priced = self.units.iter().zip(&self.costs);
        priced.filter(|(unit, _)| !shown[**unit]).map(|(_, cost)| cost).sum()
    }

    /// The pattern in which the variables from `least` on are withheld; one entry a unit.
    pub fn pattern(&self, point: &[f64], least: f64) -> Vec<bool> {
        let shown = |standing: &Standing| match *standing {
            Standing::Shown => true,
            Standing::Withheld => false,
            Standing::Open(variable) => point[variable] < least,
        };
        self.standing.iter().map(shown).collect()
    }

    /// A pattern as a point.
    pub fn point(&self, shown: &[bool]) -> Vec<f64> {
        self.units.iter().map(|&unit| if shown[unit] { 0.0 } else { 1.0 }).collect()
    }
}
