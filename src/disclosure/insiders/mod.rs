//! Contributors as attackers: whoever gave something knows that no amount is below their own part of it.
//!
//! A witness that takes away what a contributor knows to be there proves nothing to them: each contributor has lower
//! bounds of their own (as the intruders of Fischetti and Salazar-González 2001 have). One witness that leaves everybody
//! their part would be too much to ask, for at the finest level most atoms have one contributor. So each
//! contributor may be answered by another witness, and a figure is safe when nobody doubts it whom none answers.
//!
//! A contributor of the figure itself learns something of the others only: it need not fall below their own part, and to
//! its only contributor it is no secret. Asked of sensitive cells, this release's and earlier ones'.

mod answer;
mod doubt;
mod floors;
mod region;
mod withhold;

pub(super) use doubt::{Doubt, Doubts};

use std::collections::{BTreeMap, BTreeSet};

use super::search::Search;

/// How many atoms a programme starts with beyond those withheld.
const SLICE: usize = 900;

impl Search<'_> {
    /// Withholds until no contributor can narrow a sensitive cell down; whether anything more had to be.
    pub fn guard_against_insiders(&mut self) -> bool {
        let before = self.shown.iter().filter(|shown| **shown).count();
        for view in self.guarded_views() {
            let mut doubts = self.doubts(view);
            self.answer_together(&mut doubts);
            self.answer_by_withholding(&mut doubts);
            if self.solver_failed {
                break;
            }
        }
        self.solver_failed |= self.is_spent(0);
        if self.solver_failed {
            self.withhold_everything();
        }
        self.shown.iter().filter(|shown| **shown).count() != before
    }

    /// The witnesses that, one after the other, prove something that none before does, and whether they leave some
    /// contributor unanswered whom another pattern could answer.
    pub fn needed(&self) -> (BTreeSet<usize>, bool) {
        if !self.policy.insiders {
            return (self.proofs.iter().map(|(_, _, proof)| proof.witness).collect(), false);
        }
        let (mut needed, mut is_doubted) = (BTreeSet::new(), false);
        for view in 0..self.views.len() {
            let (doubts, answering) = self.doubts_and_answers(view);
            needed.extend(answering);
            is_doubted |= !doubts.is_empty();
        }
        (needed, is_doubted)
    }

    /// The targets that some contributor narrows down, the pattern as it stands, with one who does.
    pub fn told_to_insiders(&mut self) -> BTreeMap<usize, u32> {
        let mut told = BTreeMap::new();
        for view in self.guarded_views() {
            let mut doubts = self.doubts(view);
            self.answer_together(&mut doubts);
            self.answer_each(&mut doubts);
            told.extend(doubts.iter().filter_map(|doubt| Some((doubt.target, *doubt.of.first()?))));
        }
        told
    }

    fn guarded_views(&self) -> Vec<usize> {
        if self.policy.insiders { (0..self.views.len()).collect() } else { Vec::new() }
    }
}
