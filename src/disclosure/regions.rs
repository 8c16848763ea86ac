//! Regions of what is withheld, each small enough for one programme.
//!
//! The withheld atoms of a large release mostly fall apart into components that no shown row links, such as one for each
//! province, and a component is solved as a whole: one solution moves nearly all of its targets at once. What is withheld for
//! others' sake links many of these; its atoms stand then, for most targets do without them.

use std::sync::Arc;

use super::component::{Component, components};
use super::search::Search;
use super::slice::Slice;

/// A component with more columns is taken apart: the time of a solution grows faster than what it moves.
const LARGEST: usize = 10_000;

/// Some atoms, all others standing, and which of these are linked.
pub(super) struct Region {
    pub slice: Arc<Slice>,
    pub component: Component,
}

impl Search<'_> {
    /// Regions of what is withheld in a view. Each target is in one of them, or in none if what it is linked to does not come
    /// apart.
    pub fn regions(&self, view: usize, targets: &[usize]) -> Vec<Region> {
        self.regions_up_to(LARGEST, view, targets)
    }

    /// Likewise, of so many columns at most.
    fn regions_up_to(&self, largest: usize, view: usize, targets: &[usize]) -> Vec<Region> {
        let mut regions = Vec::new();
        let slice = Arc::new(self.held_slice(view, self.withheld_atoms(view)));
        for component in components(self.system, &slice, targets, &self.targets) {
            if component.columns.len() <= largest {
                regions.push(Region { slice: slice.clone(), component });
                continue;
            }
            let slice = Arc::new(self.held_slice(view, self.secret_atoms(view, &slice, &component)));
            let mut parts = components(self.system, &slice, &component.targets, &self.targets);
            parts.retain(|part| part.columns.len() <= largest);
            regions.extend(parts.into_iter().map(|component| Region { slice: slice.clone(), component }));
        }
        regions
    }

    /// A component's atoms in sets that are targets.
    fn secret_atoms(&self, view: usize, slice: &Slice, component: &Component) -> Vec<u32> {
        let mut is_secret = vec![false; self.system.atom_count()];
        for target in self.targets.iter().filter(|target| target.view == view) {
            target.atoms.iter().for_each(|&atom| is_secret[atom as usize] = true);
        }
        let atoms = component.columns.iter().filter_map(|&column| slice.atom_of(column));
        let mut atoms: Vec<u32> = atoms.filter(|&atom| is_secret[atom as usize]).collect();
        atoms.dedup();
        atoms
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::examples::later_request;
    use super::super::policy::Policy;
    use super::super::programme::Highs;
    use super::super::system::{System, Unit};
    use super::*;

    /// In one programme where that may be, in smaller ones else; whatever they find holds.
    #[test]
    fn each_target_is_in_one_region_that_is_small_enough() {
        let policy = Policy { minimum_contributors: 3, ..Policy::default() };
        let (solver, mut apart, mut missing) = (Highs::default(), 0, 0);
        for seed in 0..40 {
            let request = later_request(&[(6, true), (4, false)], &[0, 1, 2], seed, &policy);
            let system = System::new(&request, &[], &policy).expect("well formed");
            let shown = system.units.iter().map(Unit::is_candidate).collect();
            let mut search = Search::new(&system, &policy, shown, &solver);
            search.suppress();
            for view in 0..search.views.len() {
                let of_view = (0..search.targets.len()).filter(|&target| search.targets[target].view == view);
                let targets: BTreeSet<usize> = of_view.collect();
                let all: Vec<usize> = targets.iter().copied().collect();
                let whole = search.regions(view, &all);
                for largest in [usize::MAX, 20, 8, 4] {
                    let regions = search.regions_up_to(largest, view, &all);
                    assert!(regions.iter().all(|region| region.component.columns.len() <= largest));
                    let within = regions.iter().flat_map(|region| region.component.targets.iter().copied());
                    let distinct: BTreeSet<usize> = within.clone().collect();
                    assert_eq!(distinct.len(), within.count(), "each in one");
                    assert!(distinct.is_subset(&targets));
                    missing += targets.len() - distinct.len();
                    let size = |region: &Region| region.component.columns.len();
                    apart += usize::from(regions.iter().any(|region| {
                        let of = region.component.targets[0];
                        whole
                            .iter()
                            .any(|other| other.component.targets.contains(&of) && size(other) > size(region))
                    }));
                }
            }
        }
        assert!(apart > 10 && missing > 10, "{apart} {missing}");
    }
}
