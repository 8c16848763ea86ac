//! Witnesses of earlier releases, recalled for the next one.
//!
//! A secret of long ago is asked about again in every release that is linked to it by anything unknown. Whatever
//! proved it safe then mostly proves it still: what is shown since is of other days. So whoever keeps the witnesses spares
//! each release all but the programmes for its own days. Nothing is taken on trust: a witness is checked
//! against every row, those of this release too, before it proves anything.

use std::collections::BTreeSet;

use super::protection::Witnesses;
use super::request::WitnessTable;
use super::search::Search;
use super::view::View;
use super::witness::{Recalled, Witness};

impl Search<'_> {
    /// Takes in those of the request's witnesses that hold. To be called once, before the search for others.
    pub fn recall(&mut self) {
        for (index, table) in self.system.request.witnesses.iter().enumerate() {
            let same = |view: &View| view.components == table.components;
            let Some(view) = self.views.iter().position(same) else { continue };
            let is_relevant = |entry: &(u32, usize, f64)| self.is_relevant(view, entry.0);
            // Most witnesses of a long series are of other days.
            if !table.differences.iter().any(is_relevant) {
                continue;
            }
            let (differences, rest): (Vec<_>, Vec<_>) =
                table.differences.iter().partition(|entry| is_relevant(entry));
            let number = self.witnesses.len();
            let holds = self.take_witness(view, Witness { scale: table.scale, differences }, false);
            self.recalled[index] = Recalled::Part { number: holds.then_some(number), rest };
        }
    }

    fn witness_table(&self, number: usize) -> WitnessTable {
        let (view, witness) = &self.witnesses[number];
        WitnessTable {
            components: self.views[*view].components.clone(),
            scale: witness.scale,
            differences: witness.differences.clone(),
        }
    }

    /// What is worth keeping for a later release: the witnesses that some secret is proved by, and whatever this request did
    /// not touch.
    pub fn lasting(&self, needed: &BTreeSet<usize>) -> Witnesses {
        let mut lasting = Witnesses::default();
        let mut known = BTreeSet::new();
        for (index, (recalled, table)) in self.recalled.iter().zip(&self.system.request.witnesses).enumerate()
        {
            let Recalled::Part { number, rest } = recalled else {
                lasting.kept.push(index);
                continue;
            };
            known.extend(*number);
            if number.is_some_and(|number| needed.contains(&number)) {
                lasting.kept.push(index);
            } else if !rest.is_empty() {
                lasting.new.push(WitnessTable { differences: rest.clone(), ..table.clone() });
            }
        }
        lasting.new.extend(needed.difference(&known).map(|&number| self.witness_table(number)));
        lasting
    }
}
