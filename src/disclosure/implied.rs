//! Targets that the pattern itself makes.
//!
//! The withheld remainder of a shown sum is as good as shown, so the primary rules apply to it (Daalmans and de
//! Waal 2010; sdcTools/UserSupport #307).

use std::collections::BTreeSet;

use super::search::Search;
use super::sensitivity::Profile;
use super::target::{Subject, Target};

impl Search<'_> {
    /// Adds the targets of the present pattern that are not there yet.
    pub fn add_pattern_targets(&mut self) {
        if self.policy.implied_cells {
            for target in self.implied_remainders() {
                self.add_target(target);
            }
        }
    }

    fn implied_remainders(&self) -> Vec<Target> {
        let mut targets = Vec::new();
        for (table, candidate) in self.system.request.tables.iter().enumerate() {
            let shown = |cell: usize| self.shown[self.system.unit_of[table][cell]];
            for equation in candidate.equations.iter().filter(|equation| shown(equation.total)) {
                let parts: Vec<usize> = equation.parts.iter().copied().filter(|&part| !shown(part)).collect();
                if parts.len() < 2 {
                    continue;
                }
                let atoms: BTreeSet<u32> =
                    parts.iter().flat_map(|&part| candidate.cells[part].atoms.iter().copied()).collect();
                let atoms: Vec<u32> = atoms.into_iter().collect();
                let profile = Profile::of(self.system, &atoms);
                for &measure in &candidate.measures {
                    let subject = Subject::Implied { table, total: equation.total, parts: parts.clone() };
                    targets.extend(Target::new(
                        self.system,
                        (&self.views, &self.view_of),
                        (subject, measure, &atoms),
                        &profile,
                        self.policy,
                    ));
                }
            }
        }
        targets
    }
}
