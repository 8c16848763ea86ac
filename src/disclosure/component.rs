//! What of a slice is linked.

use super::disjoint::DisjointSets;
use super::slice::Slice;
use super::system::System;
use super::target::Target;

/// Columns and rows of a slice that no shown row links to others.
pub(super) struct Component {
    pub columns: Vec<u32>,
    pub rows: Vec<usize>,
    pub targets: Vec<usize>,
}

/// Columns times rows of a programme over the atoms nearest to one target.
const NEARBY: usize = 300 * 300;

impl Component {
    /// How many programmes over the atoms nearest to one target take as long as one over the component, about: while fewer
    /// ends than these are open, each is better asked about by itself.
    pub fn nearby_programmes(&self) -> usize {
        self.columns.len() * self.rows.len() / NEARBY
    }
}

/// The components of a slice that a target is in.
pub(super) fn components(
    system: &System<'_>,
    slice: &Slice,
    open: &[usize],
    targets: &[Target],
) -> Vec<Component> {
    let mut sets = DisjointSets::new(slice.columns.len());
    for row in &slice.rows {
        sets.join(row.terms.iter().map(|term| term.0));
    }
    for &target in open {
        sets.join(slice.form(system, &targets[target]).iter().map(|term| term.0));
    }
    let mut number = vec![usize::MAX; slice.columns.len()];
    let mut components: Vec<Component> = Vec::new();
    for column in 0..slice.columns.len() as u32 {
        let root = sets.root(column) as usize;
        if number[root] == usize::MAX {
            number[root] = components.len();
            components.push(Component { columns: Vec::new(), rows: Vec::new(), targets: Vec::new() });
        }
        components[number[root]].columns.push(column);
    }
    for (row, merged) in slice.rows.iter().enumerate() {
        let root = sets.root(merged.terms[0].0) as usize;
        components[number[root]].rows.push(row);
    }
    for &target in open {
        if let Some(&(column, _)) = slice.form(system, &targets[target]).first() {
            components[number[sets.root(column) as usize]].targets.push(target);
        }
    }
    components.retain(|component| !component.targets.is_empty());
    components
}
