//! Doubts that no witness answers under the present pattern: more is withheld, at the least cost.

use super::super::programme::Outcome;
use super::super::repair::LARGEST_SLICE;
use super::super::search::Search;
use super::super::slice::Slice;
use super::super::target::End;
use super::super::witness::Witness;
use super::SLICE;
use super::doubt::{Doubt, Doubts};

impl Search<'_> {
    /// One doubt after the other; first with a programme that is kept, then with one of its own.
    pub(super) fn answer_by_withholding(&mut self, doubts: &mut Doubts) {
        let mut workshop = None;
        let mut goes_on = true;
        while let Some(doubt) = doubts.first().filter(|_| goes_on) {
            if self.is_broad(doubts.view) {
                workshop = Some(self.workshop(doubts.view, &[(doubt.target, doubt.end)], SLICE));
            }
            let workshop = workshop.get_or_insert_with(|| {
                let open: Vec<(usize, End)> = doubts.ends().collect();
                self.workshop(doubts.view, &open, SLICE)
            });
            let need = doubts.need(&doubt, &self.targets[doubt.target]);
            if let Some(solution) =
                self.move_towards_for(workshop, (doubt.target, doubt.end), need, &doubt.of)
            {
                self.withhold_and_take_in(doubts, &workshop.slice, &solution);
            }
            if let Some(rest) = doubts.rest_of(&doubt) {
                self.withhold_for(doubts, rest);
            }
            goes_on = !self.solver_failed && !self.is_spent(0) && !self.is_in_vain();
        }
    }

    /// For all of them together, or where that is impossible for half of them and then the other half.
    fn withhold_for(&mut self, doubts: &mut Doubts, doubt: Doubt) {
        if self.withhold_for_group(doubts, &doubt) || self.solver_failed {
            return;
        }
        if doubt.of.len() < 2 {
            self.lost_to.extend(doubt.of.iter().map(|&contributor| (doubt.target, doubt.end, contributor)));
            return doubts.give_up(&doubt);
        }
        let (first, second) = doubt.of.split_at(doubt.of.len() / 2);
        for half in [first, second] {
            let rest = doubts.rest_of(&doubt).map(|rest| rest.of).unwrap_or_default();
            let of: Vec<u32> = half.iter().copied().filter(|one| rest.binary_search(one).is_ok()).collect();
            if !of.is_empty() {
                self.withhold_for(doubts, Doubt { of, ..doubt });
            }
        }
    }

    /// Whether it is possible at all.
    fn withhold_for_group(&mut self, doubts: &mut Doubts, doubt: &Doubt) -> bool {
        let (view, own) = (doubts.view, self.own(doubts.view, &doubt.of));
        let own = |atom: u32, position: usize| own.get(&(atom, position)).copied().unwrap_or(0);
        let need = doubts.need(doubt, &self.targets[doubt.target]);
        let mut size = SLICE;
        loop {
            let atoms = self.neighbourhood(view, &[doubt.target], size);
            let is_everything = atoms.len() >= self.relevant_count(view);
            let slice = self.elastic_slice(view, atoms, &own);
            let mut programme = slice.whole_programme();
            self.add_need(&mut programme, &slice, (doubt.target, doubt.end), need);
            self.programmes += 1;
            match self.solver.solve(programme) {
                Outcome::Optimal { columns, .. } => {
                    self.withhold_and_take_in(doubts, &slice, &columns);
                    let rest = doubts.rest_of(doubt);
                    // The solver said that it is possible, and what it gave is no witness.
                    self.solver_failed |= rest.is_some_and(|rest| {
                        doubt.of.is_empty()
                            || doubt.of.iter().any(|contributor| rest.of.contains(contributor))
                    });
                    return true;
                }
                Outcome::Infeasible if is_everything => return false,
                Outcome::Infeasible if size > LARGEST_SLICE => {
                    self.solver_failed |= doubt.of.len() < 2;
                    return false;
                }
                Outcome::Infeasible => size *= 4,
                Outcome::Failed => {
                    self.solver_failed = true;
                    return false;
                }
            }
        }
    }

    fn withhold_and_take_in(&mut self, doubts: &mut Doubts, slice: &Slice, solution: &[f64]) {
        let columns: Vec<u32> = (0..slice.columns.len() as u32).collect();
        let witness = slice.witness(&columns, solution);
        self.withhold_disturbed(doubts.view, &witness);
        self.take_in(doubts, witness);
    }

    /// Takes a witness in if it holds.
    pub(super) fn take_in(&mut self, doubts: &mut Doubts, witness: Witness) -> bool {
        let holds = self.weigh(doubts, &witness);
        if holds {
            self.witnesses.push((doubts.view, witness));
        }
        holds
    }
}
