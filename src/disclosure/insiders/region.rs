//! Witnesses for contributors over whole regions of what is withheld, for thousands of doubts at once.
//!
//! Whoever shares an atom with others may keep their part of it, and little room is lost: so all of them do. An atom with a
//! single contributor cannot fall for that one at all, and at the finest level most atoms are such. So these contributors
//! fall into two halves, and while one half keeps what it has, the other half's atoms make the room; then the other way
//! round. What is left after that is asked about with quarters and eighths.

use std::collections::BTreeSet;

use super::super::component::Component;
use super::super::field::Random;
use super::super::programme::Run;
use super::super::regions::Region;
use super::super::search::Search;
use super::super::slice::Slice;
use super::super::target::End;
use super::super::threads::{ABREAST, side_by_side};
use super::answer::Answers;
use super::doubt::Doubts;

/// Into how many parts contributors fall; one keeps all it has at a time, and at first none does.
const PARTS: [u32; 4] = [1, 2, 4, 8];

/// Objectives go on while they answer one in so many, and ever smaller parts of the contributors likewise.
const WORTHWHILE: usize = 12;

impl Search<'_> {
    /// Region by region of what is withheld, some at a time.
    pub(super) fn answer_by_regions(&mut self, doubts: &mut Doubts) {
        let (search, view) = (&*self, doubts.view);
        let targets: BTreeSet<usize> = doubts.ends().map(|(target, _)| target).collect();
        let regions = search.regions(view, &targets.into_iter().collect::<Vec<_>>());
        let (mut found, mut programmes) = (Vec::new(), 0);
        for some in regions.chunks(ABREAST) {
            let of = |region: &Region| Answers::new(search, doubts.take(&region.component.targets));
            let asked = some.iter().map(of).zip(some).collect();
            let answered = side_by_side(asked, |(mut answers, region): (Answers<'_, '_>, &Region)| {
                answers.over_region((&region.slice, &region.component));
                answers
            });
            for answers in answered {
                doubts.put_back(answers.doubts);
                found.extend(answers.found);
                programmes += answers.programmes;
            }
        }
        self.programmes += programmes;
        self.witnesses.extend(found.into_iter().map(|witness| (view, witness)));
    }
}

impl Answers<'_, '_> {
    /// All targets of the region together, for some of the contributors at a time.
    fn over_region(&mut self, part: (&Slice, &Component)) {
        let (slice, component) = part;
        if self.doubts.ends().count() <= self.search.fewest_worthwhile(component) {
            return;
        }
        let programme = slice.programme(&component.columns, &component.rows);
        let Some(mut run) = self.search.solver.load(programme) else { return };
        let mut random = Random(component.columns.len() as u64);
        for parts in PARTS {
            let before = self.open_count();
            for at in 0..parts {
                self.while_worthwhile(part, run.as_mut(), &mut random, (parts, at));
            }
            if before - self.open_count() < before.div_ceil(WORTHWHILE) {
                return;
            }
        }
    }

    /// Random objectives over the targets that some contributors doubt, while all of these have their parts, and all others
    /// theirs of the atoms that they share.
    fn while_worthwhile(
        &mut self,
        part: (&Slice, &Component),
        run: &mut dyn Run,
        random: &mut Random,
        (parts, at): (u32, u32),
    ) {
        let is_among = |contributor: u32| contributor % parts == at;
        let has_all = |contributor: u32| parts > 1 && is_among(contributor);
        let own = self.search.own_of_sharers_and(self.doubts.view, has_all, part.0.atoms());
        loop {
            let mut costs = vec![0.0; part.1.columns.len()];
            let mut asked: Vec<(usize, End)> = self.doubts.ends().collect();
            asked.retain(|&key| self.doubts.concerns(key, is_among));
            if asked.len() <= self.search.fewest_worthwhile(part.1) || self.search.is_spent(self.programmes) {
                return;
            }
            for (target, end) in asked {
                let strength = (random.next() % 1024) as f64 / 256.0;
                let target = &self.search.targets[target];
                self.search.add_objective(&mut costs, part.0, part.1, target, -end.sign() * strength);
            }
            let before = self.open_count();
            self.ask(part, run, &own, &costs);
            if before - self.open_count() < before.div_ceil(WORTHWHILE) {
                return;
            }
        }
    }

    fn open_count(&self) -> usize {
        self.doubts.count(self.search.system.lines().contributor_count())
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::examples::each_protected;
    use super::*;

    /// What is left of the doubts is what the witnesses leave, all those found among them, when everything is weighed anew.
    #[test]
    fn what_regions_leave_is_what_their_witnesses_leave() {
        let (mut before, mut after) = (0, 0);
        each_protected(40, |search| {
            let everybody = search.system.lines().contributor_count();
            for view in 0..search.views.len() {
                let mut doubts = search.doubts(view);
                before += doubts.count(everybody);
                search.answer_by_regions(&mut doubts);
                after += doubts.count(everybody);
                let listed = |doubts: &Doubts| {
                    doubts.iter().map(|doubt| (doubt.target, doubt.end, doubt.of)).collect::<Vec<_>>()
                };
                assert_eq!(listed(&doubts), listed(&search.doubts(view)));
            }
        });
        assert!(before > 100 && 2 * after < before, "{before} {after}");
    }
}
