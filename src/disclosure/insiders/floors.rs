//! What contributors know to be there, as lower bounds of a programme's columns.

use std::collections::BTreeMap;

use super::super::programme::{Outcome, Run};
use super::super::search::Search;
use super::super::slice::Slice;

impl Search<'_> {
    /// The most that any of these contributors has in an atom, by (atom, position), of some atoms.
    pub fn own(&self, view: usize, of: &[u32], atoms: &[u32]) -> BTreeMap<(u32, usize), i64> {
        let (shape, lines) = (&self.views[view], self.system.lines());
        let mut own = BTreeMap::new();
        for (atom, line) in lines.of_both(of, atoms) {
            for (position, &component) in shape.components.iter().enumerate() {
                let part = lines.data.components[component].at(line);
                let most = own.entry((atom, position)).or_insert(part);
                *most = part.max(*most);
            }
        }
        own
    }

    /// Asks a run over some of a slice's columns while these contributors have their parts.
    pub fn with_floors(
        &self,
        (view, slice, columns): (usize, &Slice, &[u32]),
        run: &mut dyn Run,
        of: &[u32],
        ask: impl FnOnce(&mut dyn Run) -> Outcome,
    ) -> Outcome {
        let mut moved = Vec::new();
        for ((atom, position), own) in self.own(view, of, slice.atoms()) {
            let Some(column) = slice.column_of(atom, position) else { continue };
            let Ok(place) = columns.binary_search(&column) else { continue };
            let (_, lower, upper) = slice.columns[column as usize];
            if !run.bound(place, (lower + own as f64 / slice.scale).min(0.0), upper) {
                return Outcome::Failed;
            }
            moved.push((place, lower, upper));
        }
        let found = ask(run);
        let is_restored = moved.into_iter().all(|(place, lower, upper)| run.bound(place, lower, upper));
        if is_restored { found } else { Outcome::Failed }
    }
}
