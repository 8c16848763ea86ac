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

    use super::super::examples::each_protected;
    use super::*;

    /// In one that is smaller than all it is linked to, where that is too large; or in none.
    #[test]
    fn each_target_is_in_one_region_that_is_small_enough() {
        let (mut apart, mut missing) = (0, 0);
        each_protected(40, |search| {
            for view in 0..search.views.len() {
                let of_view = (0..search.targets.len()).filter(|&target| search.targets[target].view == view);
                let targets: Vec<usize> = of_view.collect();
                let whole = search.regions(view, &targets);
                let is_a_part = |region: &Region| {
                    let (of, size) = (region.component.targets[0], region.component.columns.len());
                    let is_larger =
                        |other: &Component| other.targets.contains(&of) && other.columns.len() > size;
                    whole.iter().any(|other| is_larger(&other.component))
                };
                for largest in [usize::MAX, 20, 8, 4] {
                    let regions = search.regions_up_to(largest, view, &targets);
                    assert!(regions.iter().all(|region| region.component.columns.len() <= largest));
                    let within = regions.iter().flat_map(|region| region.component.targets.iter().copied());
                    let distinct: BTreeSet<usize> = within.clone().collect();
                    assert_eq!(distinct.len(), within.count(), "each in one");
                    assert!(distinct.iter().all(|target| targets.contains(target)));
                    missing += targets.len() - distinct.len();
                    apart += usize::from(regions.iter().any(is_a_part));
                }
            }
        });
        assert!(apart > 10 && missing > 10, "{apart} {missing}");
    }
}
