//! What proves each target, and which targets still lack a proof.

use std::collections::BTreeSet;

use super::target::{End, Target};
use super::witness::Proof;

/// By target. Most have a proof most of the time, so those that lack one are kept beside: whoever looks for them need not
/// look at all the others.
#[derive(Default)]
pub(super) struct Proofs {
    /// For each target, by [`End`].
    of: Vec<[Option<Proof>; 2]>,
    /// Whether the end asks for anything, likewise.
    asked: Vec<[bool; 2]>,
    /// Targets with an end that asks for something and has no proof.
    lacking: BTreeSet<usize>,
}

impl Proofs {
    /// Targets are numbered in the order they come.
    pub fn add(&mut self, target: &Target) {
        self.of.push([None, None]);
        self.asked.push([false; 2]);
        self.ask_anew(self.of.len() - 1, target);
    }

    /// Forgets what proves a target, which may ask more now.
    pub fn ask_anew(&mut self, number: usize, target: &Target) {
        self.asked[number] = End::BOTH.map(|end| target.need(end) > 0);
        self.of[number] = [None, None];
        self.look(number);
    }

    /// A target asks less now: what proved it proves it still.
    pub fn ask_less(&mut self, number: usize, target: &Target) {
        self.asked[number] = End::BOTH.map(|end| target.need(end) > 0);
        self.look(number);
    }

    /// Forgets the targets from the given one on.
    pub fn truncate(&mut self, from: usize) {
        self.of.truncate(from);
        self.asked.truncate(from);
        self.lacking.split_off(&from);
    }

    pub fn get(&self, target: usize, end: End) -> Option<Proof> {
        self.of[target][end as usize]
    }

    /// Gives an end its proof, or takes it away; what proved it before.
    pub fn set(&mut self, target: usize, end: End, proof: Option<Proof>) -> Option<Proof> {
        let before = std::mem::replace(&mut self.of[target][end as usize], proof);
        self.look(target);
        before
    }

    /// Ascending.
    pub fn lacking(&self) -> impl ExactSizeIterator<Item = usize> + '_ {
        self.lacking.iter().copied()
    }

    /// Every proof with its target and end, in order.
    pub fn iter(&self) -> impl Iterator<Item = (usize, End, Proof)> + '_ {
        let of_target = |(target, ends): (usize, &[Option<Proof>; 2])| {
            let ends = *ends;
            End::BOTH.into_iter().filter_map(move |end| Some((target, end, ends[end as usize]?)))
        };
        self.of.iter().enumerate().flat_map(of_target)
    }

    fn look(&mut self, target: usize) {
        let (asked, of) = (self.asked[target], self.of[target]);
        if End::BOTH.iter().any(|&end| asked[end as usize] && of[end as usize].is_none()) {
            self.lacking.insert(target);
        } else {
            self.lacking.remove(&target);
        }
    }
}
