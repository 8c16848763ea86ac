//! Witnesses for contributors under a given pattern, many doubts at once where that goes.

use std::collections::BTreeSet;

use super::super::certify::{Component, NEARBY, components};
use super::super::field::Random;
use super::super::programme::{Outcome, Run};
use super::super::search::Search;
use super::super::slice::Slice;
use super::super::target::End;
use super::SLICE;
use super::doubt::{Doubt, Doubts};

/// How many contributors' doubts are asked about together at first; fewer where that answers few of them, more where it
/// answers most.
const TOGETHER: usize = 64;

impl Search<'_> {
    /// Some doubts at a time, with all who have them knowing their parts: first the withheld atoms vary, then more.
    pub(super) fn answer_together(&mut self, doubts: &mut Doubts) {
        if self.is_broad(doubts.view) {
            let sizes = if self.is_wide(doubts.view) { 1 } else { 2 };
            return self.answer_nearby(doubts, &NEARBY[..sizes]);
        }
        if doubts.is_empty() {
            return;
        }
        self.answer_over(doubts, self.withheld_atoms(doubts.view));
        let targets: Vec<usize> = doubts.ends().map(|(target, _)| target).collect();
        if !targets.is_empty() {
            self.answer_over(doubts, self.neighbourhood(doubts.view, &targets, SLICE));
        }
    }

    fn answer_over(&mut self, doubts: &mut Doubts, atoms: Vec<u32>) {
        let slice = self.held_slice(doubts.view, atoms);
        for component in self.components_of(&slice, doubts) {
            let programme = slice.programme(&component.columns, &component.rows);
            let Some(mut run) = self.solver.load(programme) else { continue };
            let mut random = Random(component.columns.len() as u64);
            let (mut together, mut in_vain) = (TOGETHER, BTreeSet::new());
            loop {
                let some = fewest(doubts, &component, &in_vain, together);
                if some.is_empty() {
                    break;
                }
                self.answer_some(doubts, (&slice, &component), run.as_mut(), &some, &mut random);
                let left = some.iter().filter(|doubt| doubts.rest_of(doubt).is_some()).count();
                if let ([doubt], true) = (&some[..], left > 0) {
                    self.answer_in_parts(doubts, (&slice, &component), run.as_mut(), doubt);
                    in_vain.insert((doubt.target, doubt.end));
                }
                if 2 * left > some.len() {
                    together = (together / 2).max(1);
                } else if 4 * left <= some.len() {
                    together *= 2;
                }
            }
        }
    }

    fn answer_some(
        &mut self,
        doubts: &mut Doubts,
        (slice, component): (&Slice, &Component),
        run: &mut dyn Run,
        some: &[Doubt],
        random: &mut Random,
    ) -> bool {
        let of: BTreeSet<u32> = some.iter().flat_map(|doubt| doubt.of.iter().copied()).collect();
        let of: Vec<u32> = of.into_iter().collect();
        let mut costs = vec![0.0; component.columns.len()];
        for doubt in some {
            let strength = 1.0 + (random.next() % 1024) as f64 / 256.0;
            let target = &self.targets[doubt.target];
            self.add_objective(&mut costs, slice, component, target, -doubt.end.sign() * strength);
        }
        self.ask(doubts, (slice, component), run, &of, &costs)
    }

    /// Each target's doubts by themselves, the atoms nearest to it varying.
    fn answer_nearby(&mut self, doubts: &mut Doubts, sizes: &[usize]) {
        let targets: BTreeSet<usize> = doubts.ends().map(|(target, _)| target).collect();
        for (target, &size) in
            targets.into_iter().flat_map(|target| sizes.iter().map(move |size| (target, size)))
        {
            let open = doubts.of_target(target);
            if open.is_empty() {
                continue;
            }
            let slice = self.held_slice(doubts.view, self.surroundings(doubts.view, &[target], size));
            for component in components(self.system, &slice, &[target], &self.targets) {
                let programme = slice.programme(&component.columns, &component.rows);
                let Some(mut run) = self.solver.load(programme) else { continue };
                for doubt in &open {
                    self.answer_in_parts(doubts, (&slice, &component), run.as_mut(), doubt);
                }
            }
        }
    }

    /// Every doubt by itself, all atoms varying or, where there are too many, those nearest: whoever is left has no answer
    /// that the solver can find.
    pub(super) fn answer_each(&mut self, doubts: &mut Doubts) {
        if self.is_wide(doubts.view) {
            return self.answer_nearby(doubts, &NEARBY);
        }
        if doubts.is_empty() {
            return;
        }
        let slice = self.held_slice(doubts.view, self.relevant_atoms(doubts.view));
        for component in self.components_of(&slice, doubts) {
            let programme = slice.programme(&component.columns, &component.rows);
            let Some(mut run) = self.solver.load(programme) else { continue };
            for doubt in of_component(doubts, &component) {
                self.answer_in_parts(doubts, (&slice, &component), run.as_mut(), &doubt);
            }
        }
    }

    /// All who have a doubt, or where that is too much to ask half of them and then the other half, until somebody has no
    /// answer by themselves.
    fn answer_in_parts(
        &mut self,
        doubts: &mut Doubts,
        part: (&Slice, &Component),
        run: &mut dyn Run,
        doubt: &Doubt,
    ) {
        let mut costs = vec![0.0; part.1.columns.len()];
        let target = &self.targets[doubt.target];
        self.add_objective(&mut costs, part.0, part.1, target, -doubt.end.sign());
        let mut groups: Vec<Vec<u32>> = doubts.rest_of(doubt).map(|rest| rest.of).into_iter().collect();
        while let Some(group) = groups.pop() {
            self.ask(doubts, part, run, &group, &costs);
            let Some(rest) = doubts.rest_of(doubt) else { return };
            let left: Vec<u32> =
                group.iter().copied().filter(|one| rest.of.binary_search(one).is_ok()).collect();
            if left.is_empty() {
                continue;
            }
            if group.len() < 2 {
                return;
            }
            let (first, second) = left.split_at(left.len() / 2);
            groups.extend([first, second].map(<[u32]>::to_vec).into_iter().filter(|of| !of.is_empty()));
        }
    }

    /// Takes an optimum in as a witness, if it is one.
    fn ask(
        &mut self,
        doubts: &mut Doubts,
        (slice, component): (&Slice, &Component),
        run: &mut dyn Run,
        of: &[u32],
        costs: &[f64],
    ) -> bool {
        self.programmes += 1;
        let part = (doubts.view, slice, &component.columns[..]);
        match self.with_floors(part, run, of, |run| run.minimise(costs)) {
            Outcome::Optimal { columns, .. } => {
                let witness = slice.witness(&component.columns, &columns);
                self.take_in(doubts, witness)
            }
            Outcome::Infeasible | Outcome::Failed => false,
        }
    }

    fn components_of(&self, slice: &Slice, doubts: &Doubts) -> Vec<Component> {
        let targets: BTreeSet<usize> = doubts.ends().map(|(target, _)| target).collect();
        let targets: Vec<usize> = targets.into_iter().collect();
        components(self.system, slice, &targets, &self.targets)
    }
}

fn of_component(doubts: &Doubts, component: &Component) -> Vec<Doubt> {
    doubts.iter().filter(|doubt| component.targets.binary_search(&doubt.target).is_ok()).collect()
}

/// Doubts that the fewest have, of so many contributors together; one at least.
fn fewest(
    doubts: &Doubts,
    component: &Component,
    but: &BTreeSet<(usize, End)>,
    together: usize,
) -> Vec<Doubt> {
    let mut open = of_component(doubts, component);
    open.retain(|doubt| !but.contains(&(doubt.target, doubt.end)));
    open.sort_by_key(|doubt| doubt.of.len());
    let mut so_far = 0;
    let enough = open.iter().position(|doubt| {
        so_far += doubt.of.len();
        so_far > together
    });
    open.truncate(enough.unwrap_or(open.len()).max(1));
    open
}
