//! Doubts that no witness answers under the present pattern: more is withheld, at the least cost.

use super::super::programme::Outcome;
use super::super::repair::LARGEST_SLICE;
use super::super::search::Search;
use super::super::target::End;
use super::super::threads::side_by_side;
use super::super::witness::Witness;
use super::SLICE;
use super::doubt::{Doubt, Doubts};

/// How many doubts are looked through for some that go abreast.
const AHEAD: usize = 100;

impl Search<'_> {
    /// One doubt after the other; first with a programme that is kept, then with one of its own.
    pub(super) fn answer_by_withholding(&mut self, doubts: &mut Doubts) {
        if self.is_broad(doubts.view) {
            return self.answer_by_withholding_nearby(doubts);
        }
        let mut workshop = None;
        while let Some(doubt) = doubts.first().filter(|_| self.goes_on()) {
            let workshop = workshop.get_or_insert_with(|| {
                let open: Vec<(usize, End)> = doubts.ends().collect();
                self.workshop(doubts.view, &open, SLICE)
            });
            let need = doubts.need(&doubt, &self.targets[doubt.target]);
            if let Some(solution) =
                self.move_towards_for(workshop, (doubt.target, doubt.end), need, &doubt.of)
            {
                self.withhold_and_take_in(doubts, workshop.slice.whole_witness(&solution));
            }
            if let Some(rest) = doubts.rest_of(&doubt) {
                self.withhold_for(doubts, rest);
            }
        }
    }

    fn goes_on(&self) -> bool {
        !self.solver_failed && !self.is_spent(0) && !self.is_in_vain()
    }

    /// Each among the atoms nearest to it, some doubts at a time that have no small cell in common: what one withholds then
    /// hardly matters to the others.
    fn answer_by_withholding_nearby(&mut self, doubts: &mut Doubts) {
        loop {
            let some = self.doubts_apart(doubts);
            if some.is_empty() {
                return;
            }
            let (search, asked) = (&*self, &*doubts);
            let moved = |doubt: Doubt| {
                let mut workshop = search.workshop(asked.view, &[(doubt.target, doubt.end)], SLICE);
                let need = asked.need(&doubt, &search.targets[doubt.target]);
                let of = (doubt.target, doubt.end);
                let solution = search.moved(&mut workshop, &search.shown, of, need, &doubt.of);
                solution.map(|solution| workshop.slice.whole_witness(&solution))
            };
            let found = side_by_side(some.clone(), moved);
            self.programmes += some.len();
            for (doubt, witness) in some.iter().zip(found) {
                if let (Some(witness), Some(_)) = (witness, doubts.rest_of(doubt)) {
                    self.withhold_and_take_in(doubts, witness);
                }
                if let Some(rest) = doubts.rest_of(doubt) {
                    self.withhold_for(doubts, rest);
                }
                if !self.goes_on() {
                    return;
                }
            }
        }
    }

    /// The first doubt, and others of the next few that have no small cell in common with it nor with each other.
    fn doubts_apart(&self, doubts: &Doubts) -> Vec<Doubt> {
        let mut ends = doubts.ends().take(AHEAD);
        let apart = self.apart(|| ends.next()).into_iter();
        apart.filter_map(|(target, end)| doubts.rest_of(&Doubt { target, end, of: Vec::new() })).collect()
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
        let view = doubts.view;
        let need = doubts.need(doubt, &self.targets[doubt.target]);
        let mut size = SLICE;
        loop {
            let atoms = self.neighbourhood(view, &[doubt.target], size);
            let is_everything = atoms.len() >= self.relevant_count(view);
            let own = self.own(view, &doubt.of, &atoms);
            let own = |atom: u32, position: usize| own.get(&(atom, position)).copied().unwrap_or(0);
            let slice = self.elastic_slice(view, atoms, &own);
            let mut programme = slice.whole_programme();
            self.add_need(&mut programme, &slice, (doubt.target, doubt.end), need);
            self.programmes += 1;
            match self.solver.solve(programme) {
                Outcome::Optimal { columns, .. } => {
                    self.withhold_and_take_in(doubts, slice.whole_witness(&columns));
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

    fn withhold_and_take_in(&mut self, doubts: &mut Doubts, witness: Witness) {
        self.withhold_disturbed(doubts.view, &witness);
        self.take_in(doubts, witness);
    }

    /// Takes a witness in if it holds and answers somebody whom none did before.
    pub(super) fn take_in(&mut self, doubts: &mut Doubts, witness: Witness) {
        if self.weigh(doubts, &witness) == Some(true) {
            self.witnesses.push((doubts.view, witness));
        }
    }
}
