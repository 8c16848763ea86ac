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

    /// The most that anybody has in an atom who shares it with others, and all of an atom whose only contributor is asked
    /// about; likewise.
    pub fn own_of_sharers_and(
        &self,
        view: usize,
        is_asked_about: impl Fn(u32) -> bool,
        atoms: &[u32],
    ) -> BTreeMap<(u32, usize), i64> {
        let (shape, lines) = (&self.views[view], self.system.lines());
        let mut own = BTreeMap::new();
        for &atom in atoms {
            let only = lines.only_contributor(atom);
            for (position, &component) in shape.components.iter().enumerate() {
                let largest = match only {
                    Some(contributor) if !is_asked_about(contributor) => 0,
                    _ => lines.largest(component, atom),
                };
                if largest > 0 {
                    own.insert((atom, position), largest);
                }
            }
        }
        own
    }

    /// Asks a run over some of a slice's columns while so much must stay in some of the atoms.
    pub fn with_floors(
        &self,
        (slice, columns): (&Slice, &[u32]),
        run: &mut dyn Run,
        own: &BTreeMap<(u32, usize), i64>,
        ask: impl FnOnce(&mut dyn Run) -> Outcome,
    ) -> Outcome {
        let mut moved = Vec::new();
        for (&(atom, position), &own) in own {
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
