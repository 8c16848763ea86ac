//! Witnesses for contributors under a given pattern, many doubts at once where that goes.

use std::collections::{BTreeMap, BTreeSet};

use super::super::certify::NEARBY;
use super::super::component::{Component, components};
use super::super::field::Random;
use super::super::programme::{Outcome, Run};
use super::super::search::Search;
use super::super::slice::Slice;
use super::super::target::End;
use super::super::threads::{ABREAST, side_by_side};
use super::super::witness::{REACH, Witness};
use super::SLICE;
use super::doubt::{Doubt, Doubts};

/// How many contributors' doubts are asked about together at first; fewer where that answers few of them, more where it
/// answers most.
const TOGETHER: usize = 64;

/// How many atoms vary around a single target, at the first try and the next ones: three times as many take ten times as long.
const BROADER: [usize; 3] = [300, 600, 1000];

/// Witnesses looked for and found, and what they leave of some doubts.
pub(super) struct Answers<'a, 's> {
    pub search: &'a Search<'s>,
    pub doubts: Doubts,
    pub found: Vec<Witness>,
    pub programmes: usize,
}

impl Search<'_> {
    /// Some doubts at a time, with all who have them knowing their parts: first the withheld atoms vary, then more.
    pub(super) fn answer_together(&mut self, doubts: &mut Doubts) {
        if self.is_wide(doubts.view) {
            self.answer_by_regions(doubts);
        }
        if self.is_broad(doubts.view) {
            return self.answer_nearby(doubts, &BROADER);
        }
        self.answer_by(doubts, |answers| {
            if answers.doubts.is_empty() {
                return;
            }
            let (search, view) = (answers.search, answers.doubts.view);
            answers.over(search.withheld_atoms(view));
            let targets: Vec<usize> = answers.doubts.ends().map(|(target, _)| target).collect();
            if !targets.is_empty() {
                answers.over(search.neighbourhood(view, &targets, SLICE));
            }
        });
    }

    /// Every doubt by itself, all atoms varying or, where there are too many, those nearest: whoever is left has no answer
    /// that the solver can find.
    pub(super) fn answer_each(&mut self, doubts: &mut Doubts) {
        if self.is_wide(doubts.view) {
            return self.answer_nearby(doubts, &NEARBY);
        }
        self.answer_by(doubts, |answers| {
            if !answers.doubts.is_empty() {
                answers.each();
            }
        });
    }

    /// Each target's doubts by themselves, the atoms nearest to it varying: some targets at a time.
    fn answer_nearby(&mut self, doubts: &mut Doubts, sizes: &[usize]) {
        let targets: BTreeSet<usize> = doubts.ends().map(|(target, _)| target).collect();
        let mut targets = targets.into_iter().peekable();
        while targets.peek().is_some() {
            let search = &*self;
            let of = |target| Answers::new(search, doubts.of_target(target));
            let open: Vec<_> =
                targets.by_ref().map(of).filter(|answers| !answers.doubts.is_empty()).take(ABREAST).collect();
            let look = |mut answers: Answers<'_, '_>| {
                answers.nearby(sizes);
                (answers.found, answers.programmes)
            };
            for (found, programmes) in side_by_side(open, look) {
                self.programmes += programmes;
                for witness in found {
                    self.take_in(doubts, witness);
                }
            }
        }
    }

    fn answer_by(&mut self, doubts: &mut Doubts, look: impl FnOnce(&mut Answers<'_, '_>)) {
        let view = doubts.view;
        let mut answers = Answers::new(self, std::mem::replace(doubts, Doubts::none(view)));
        look(&mut answers);
        let Answers { doubts: left, found, programmes, .. } = answers;
        *doubts = left;
        self.programmes += programmes;
        self.witnesses.extend(found.into_iter().map(|witness| (view, witness)));
    }
}

impl<'a, 's> Answers<'a, 's> {
    pub fn new(search: &'a Search<'s>, doubts: Doubts) -> Self {
        Self { search, doubts, found: Vec::new(), programmes: 0 }
    }

    fn over(&mut self, atoms: Vec<u32>) {
        let slice = self.search.held_slice(self.doubts.view, atoms);
        for component in self.components_of(&slice) {
            let programme = slice.programme(&component.columns, &component.rows);
            let Some(mut run) = self.search.solver.load(programme) else { continue };
            let mut random = Random(component.columns.len() as u64);
            let (mut together, mut in_vain) = (TOGETHER, BTreeSet::new());
            loop {
                let some = fewest(&self.doubts, &component, &in_vain, together);
                if some.is_empty() || self.search.is_spent(self.programmes) {
                    break;
                }
                self.some((&slice, &component), run.as_mut(), &some, &mut random);
                let left = some.iter().filter(|doubt| self.doubts.rest_of(doubt).is_some()).count();
                if let ([doubt], true) = (&some[..], left > 0) {
                    self.in_parts((&slice, &component), run.as_mut(), doubt);
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

    fn some(
        &mut self,
        (slice, component): (&Slice, &Component),
        run: &mut dyn Run,
        some: &[Doubt],
        random: &mut Random,
    ) {
        let of: BTreeSet<u32> = some.iter().flat_map(|doubt| doubt.of.iter().copied()).collect();
        let of: Vec<u32> = of.into_iter().collect();
        let mut costs = vec![0.0; component.columns.len()];
        for doubt in some {
            let strength = 1.0 + (random.next() % 1024) as f64 / 256.0;
            let target = &self.search.targets[doubt.target];
            self.search.add_objective(&mut costs, slice, component, target, -doubt.end.sign() * strength);
        }
        let own = self.search.own(self.doubts.view, &of, slice.atoms());
        self.ask((slice, component), run, &own, &costs);
    }

    /// Of one target, the atoms nearest to it varying.
    fn nearby(&mut self, sizes: &[usize]) {
        for &size in sizes {
            let open: Vec<Doubt> = self.doubts.iter().collect();
            let Some(target) = open.first().map(|doubt| doubt.target) else { return };
            let near = self.search.surroundings(self.doubts.view, &[target], size);
            let slice = self.search.held_slice(self.doubts.view, near);
            for component in self.components_of(&slice) {
                let programme = slice.programme(&component.columns, &component.rows);
                let Some(mut run) = self.search.solver.load(programme) else { continue };
                let of_sharers = self.search.own_of_sharers_and(self.doubts.view, |_| false, slice.atoms());
                for doubt in &open {
                    self.around((&slice, &component), run.as_mut(), doubt, &of_sharers);
                }
            }
        }
    }

    fn each(&mut self) {
        let view = self.doubts.view;
        let slice = self.search.held_slice(view, self.search.relevant_atoms(view));
        for component in self.components_of(&slice) {
            let programme = slice.programme(&component.columns, &component.rows);
            let Some(mut run) = self.search.solver.load(programme) else { continue };
            for doubt in of_component(&self.doubts, &component) {
                self.in_parts((&slice, &component), run.as_mut(), &doubt);
            }
        }
    }

    /// Asks for everybody at once but for those to whom an atom belongs alone, so that few are left for [`Self::in_parts`];
    /// and for nobody, for an end that does not move then moves for no contributor either.
    fn around(
        &mut self,
        part: (&Slice, &Component),
        run: &mut dyn Run,
        doubt: &Doubt,
        of_sharers: &BTreeMap<(u32, usize), i64>,
    ) {
        if self.doubts.rest_of(doubt).is_none() {
            return;
        }
        let costs = self.costs(part, doubt);
        let need = self.search.targets[doubt.target].need(doubt.end) as f64 / part.0.scale * REACH;
        let mut moves = |own| self.ask(part, run, own, &costs).is_some_and(|moved| moved >= need);
        if moves(of_sharers) || moves(&BTreeMap::new()) {
            self.in_parts(part, run, doubt);
        }
    }

    fn costs(&self, (slice, component): (&Slice, &Component), doubt: &Doubt) -> Vec<f64> {
        let mut costs = vec![0.0; component.columns.len()];
        let target = &self.search.targets[doubt.target];
        self.search.add_objective(&mut costs, slice, component, target, -doubt.end.sign());
        costs
    }

    /// All who have a doubt, or where that is too much to ask half of them and then the other half, until somebody has no
    /// answer by themselves.
    fn in_parts(&mut self, part: (&Slice, &Component), run: &mut dyn Run, doubt: &Doubt) {
        let costs = self.costs(part, doubt);
        let mut groups: Vec<Vec<u32>> = self.doubts.rest_of(doubt).map(|rest| rest.of).into_iter().collect();
        while let Some(group) = groups.pop().filter(|_| !self.search.is_spent(self.programmes)) {
            let own = self.search.own(self.doubts.view, &group, part.0.atoms());
            self.ask(part, run, &own, &costs);
            let Some(rest) = self.doubts.rest_of(doubt) else { return };
            let left: Vec<u32> =
                group.iter().copied().filter(|one| rest.of.binary_search(one).is_ok()).collect();
            if left.is_empty() {
                continue;
            }
            if group.len() < 2 {
                return;
            }
            if left.len() == group.len() && group.len() > 2 {
                // Answered for nobody: if a single one has no answer, then no half has.
                groups.extend([left[1..].to_vec(), left[..1].to_vec()]);
                continue;
            }
            let (first, second) = left.split_at(left.len() / 2);
            groups.extend([first, second].map(<[u32]>::to_vec).into_iter().filter(|of| !of.is_empty()));
        }
    }

    /// Takes an optimum in as a witness, if it is one, while so much stays in some atoms; how far it goes, in scaled units.
    pub fn ask(
        &mut self,
        (slice, component): (&Slice, &Component),
        run: &mut dyn Run,
        own: &BTreeMap<(u32, usize), i64>,
        costs: &[f64],
    ) -> Option<f64> {
        self.programmes += 1;
        let part = (slice, &component.columns[..]);
        let outcome = self.search.with_floors(part, run, own, |run| run.minimise(costs));
        let Outcome::Optimal { columns, .. } = outcome else { return None };
        let witness = slice.witness(&component.columns, &columns);
        if self.search.weigh(&mut self.doubts, &witness).is_some() {
            self.found.push(witness);
        }
        Some(-costs.iter().zip(&columns).map(|(cost, by)| cost * by).sum::<f64>())
    }

    fn components_of(&self, slice: &Slice) -> Vec<Component> {
        let targets: BTreeSet<usize> = self.doubts.ends().map(|(target, _)| target).collect();
        let targets: Vec<usize> = targets.into_iter().collect();
        components(self.search.system, slice, &targets, &self.search.targets)
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
        // One that no witness is known to reach has nobody yet, and counts all the same.
        so_far += doubt.of.len().max(1);
        so_far > together
    });
    open.truncate(enough.unwrap_or(open.len()).max(1));
    open
}
