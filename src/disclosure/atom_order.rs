//! Atoms in orders that do not depend on the pattern.

use std::cmp::Reverse;

use super::system::System;

pub(super) struct AtomOrder {
    /// By the cost of the cheapest cell that holds the atom: that is what would be withheld to let it vary.
    pub cheap: Vec<u32>,
    /// Those that earlier releases say least about first, then those with the largest amounts: they take up what others
    /// give.
    pub roomy: Vec<u32>,
}

impl AtomOrder {
    pub fn new(system: &System<'_>) -> Self {
        let mut cost = vec![i128::MAX; system.atom_count()];
        for unit in &system.units {
            for &atom in system.sets[unit.set] {
                cost[atom as usize] = cost[atom as usize].min(unit.cost);
            }
        }
        let mut told = vec![0u32; system.atom_count()];
        for past in system.past.iter().filter(|past| past.shown) {
            system.sets[past.set].iter().for_each(|&atom| told[atom as usize] += 1);
        }
        let amount = |atom: u32| system.amounts.iter().map(|of| of[atom as usize]).max().unwrap_or(0);
        let mut cheap: Vec<u32> = (0..system.atom_count() as u32).collect();
        let mut roomy = cheap.clone();
        cheap.sort_by_key(|&atom| (cost[atom as usize], atom));
        roomy.sort_by_key(|&atom| (told[atom as usize], Reverse(amount(atom)), atom));
        Self { cheap, roomy }
    }
}
