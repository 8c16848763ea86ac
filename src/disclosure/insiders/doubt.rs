//! Who doubts which figure: contributors whom no witness at hand answers.

use std::collections::BTreeMap;

use super::super::scratch::Column;
use super::super::search::Search;
use super::super::subject::Subject;
use super::super::target::{End, Target};
use super::super::view::View;
use super::super::witness::{REACH, TOLERANCE, Witness};

/// What a comparison of two ways to reckon the same factor leaves to floating-point arithmetic.
const ROUNDING: f64 = 1.0 + 1e-12;

/// One end of a target, and whom no witness answers there, ascending; nobody when no witness reaches it at all.
#[derive(Clone, Debug)]
pub struct Doubt {
    pub target: usize,
    pub end: End,
    pub of: Vec<u32>,
}

/// The doubts that a view's targets meet.
pub struct Doubts {
    pub view: usize,
    /// Absent while no witness is known to reach that far.
    open: BTreeMap<(usize, End), Option<Vec<u32>>>,
    parts: BTreeMap<usize, Parts>,
}

/// What each contributor has of a target, in the view's terms, ascending by contributor.
#[derive(Clone)]
struct Parts {
    of: Vec<(u32, i128)>,
    total: i128,
}

/// The largest factors at which a witness leaves contributors their own part, where they are below one.
struct Limits<'s> {
    /// For each contributor there is; zero for those not concerned.
    factors: Column<'s>,
}

impl Search<'_> {
    /// Weighs every witness at hand.
    pub(super) fn doubts(&self, view: usize) -> Doubts {
        self.doubts_and_answers(view).0
    }

    /// Likewise, with the witnesses that, one after the other, answer something that none before does.
    pub fn doubts_and_answers(&self, view: usize) -> (Doubts, Vec<usize>) {
        let mut doubts = self.all_doubts(view);
        let of_view = self.witnesses.iter().enumerate().filter(|(_, of)| of.0 == view);
        let answers = of_view.filter(|(_, (_, witness))| self.weigh(&mut doubts, witness) == Some(true));
        let answers = answers.map(|(number, _)| number).collect();
        (doubts, answers)
    }

    /// As if there were no witness.
    fn all_doubts(&self, view: usize) -> Doubts {
        let mut doubts = Doubts::none(view);
        for (number, target) in self.targets.iter().enumerate().filter(|(_, target)| target.view == view) {
            if !matches!(target.subject, Subject::Cell { .. } | Subject::Earlier { .. }) {
                continue;
            }
            let is_asked = |&end: &End| {
                target.need(end) > 0 && !self.is_open(number, end) && !self.lost.contains(&(number, end))
            };
            let asked: Vec<End> = End::BOTH.into_iter().filter(is_asked).collect();
            if !asked.is_empty() {
                doubts.parts.insert(number, self.parts(target));
                doubts.open.extend(asked.into_iter().map(|end| ((number, end), None)));
            }
        }
        doubts
    }

    /// How far a target must be able to fall for a contributor.
    pub fn fall_for(&self, target: &Target, contributor: u32) -> i128 {
        let parts = self.parts(target);
        let own = parts.of.iter().find(|part| part.0 == contributor).map_or(0, |part| part.1);
        target.down.min(parts.total - own)
    }

    /// Strikes out whom a witness answers, and says whether there is anything new in it; `None` if it does not hold.
    pub(super) fn weigh(&self, doubts: &mut Doubts, witness: &Witness) -> Option<bool> {
        let (system, view) = (self.system, &self.views[doubts.view]);
        let deviation = witness.deviation(system, view);
        if !witness.is_valid(system, view, &self.shown, &deviation) {
            return None;
        }
        let (reverse, limits) = (witness.reverse_factor(system, view), self.limits(view, witness));
        let moved = self.targets_moved(&deviation, doubts.open.len());
        let (open, parts) = (&mut doubts.open, &doubts.parts);
        let mut is_new = false;
        let mut is_left = |&(target, end): &(usize, End), doubters: &mut Option<Vec<u32>>| {
            let stated = &self.targets[target];
            let shift = end.sign() * deviation.shift(stated);
            if shift == 0.0 {
                return true;
            }
            let (most, limits) = if shift > 0.0 { (1.0, &limits[0]) } else { (reverse, &limits[1]) };
            let whole = stated.need(end) as f64 / witness.scale * REACH / shift.abs();
            let parts = &parts[&target];
            if whole > most * ROUNDING && parts.ask_for_all(end) && !self.left.is_less_for_some(target, end) {
                return true;
            }
            let is_unanswered = |contributor: u32| {
                let factor = whole * self.share(parts, contributor, (target, end));
                factor.is_nan() || factor > most * ROUNDING || limits.of(contributor) < factor
            };
            match doubters {
                None if whole <= most * ROUNDING => {
                    let unanswered = limits.factors.written().iter().copied();
                    let mut of: Vec<u32> =
                        unanswered.filter(|&contributor| is_unanswered(contributor)).collect();
                    of.sort_unstable();
                    *doubters = Some(of);
                    is_new = true;
                }
                None => {}
                Some(doubters) => {
                    let before = doubters.len();
                    doubters.retain(|&contributor| is_unanswered(contributor));
                    is_new |= doubters.len() < before;
                }
            }
            doubters.as_ref().is_none_or(|doubters| !doubters.is_empty())
        };
        match moved {
            None => open.retain(is_left),
            Some(moved) => {
                for key in moved.into_iter().flat_map(|target| End::BOTH.map(|end| (target, end))) {
                    if open.get_mut(&key).is_some_and(|doubters| !is_left(&key, doubters)) {
                        open.remove(&key);
                    }
                }
            }
        }
        Some(is_new)
    }

    /// What part of a target's need a contributor may ask for, and earlier releases leave them.
    fn share(&self, parts: &Parts, contributor: u32, (target, end): (usize, End)) -> f64 {
        let stated = &self.targets[target];
        let own = parts.share(contributor, stated, end);
        let left = self.left.of_contributor(target, end, contributor);
        left.map_or(own, |left| own.min(left as f64 / stated.need(end) as f64))
    }

    /// How far the end must move for those who doubt it.
    pub fn need_of(&self, doubts: &Doubts, doubt: &Doubt) -> f64 {
        let (parts, end) = (&doubts.parts[&doubt.target], (doubt.target, doubt.end));
        let share = |&contributor: &u32| self.share(parts, contributor, end);
        let need = self.targets[doubt.target].need(doubt.end) as f64;
        need * doubt.of.iter().map(share).reduce(f64::max).unwrap_or(1.0)
    }

    fn parts(&self, target: &Target) -> Parts {
        let (view, lines) = (&self.views[target.view], self.system.lines());
        let mut of: Vec<(u32, i128)> = Vec::new();
        for line in lines.of(&target.atoms) {
            let amount = |&(position, times): &(usize, i64)| {
                let column = &lines.data.components[view.components[position]];
                i128::from(column.at(line.line())) * i128::from(times)
            };
            let amount: i128 = target.terms.iter().map(amount).sum();
            match of.last_mut().filter(|last| last.0 == line.contributor()) {
                Some(last) => last.1 += amount,
                None => of.push((line.contributor(), amount)),
            }
        }
        let total = of.iter().map(|part| part.1).sum();
        Parts { of, total }
    }

    /// Of the witness, and of its reverse.
    fn limits(&self, view: &View, witness: &Witness) -> [Limits<'_>; 2] {
        let (system, lines) = (self.system, self.system.lines());
        let none = || Limits { factors: system.scratch.zeros(lines.contributor_count()) };
        let mut limits = [none(), none()];
        for &(atom, position, difference) in &witness.differences {
            let component = view.components[position];
            let amount = system.amounts[component][atom as usize];
            for (contributor, line) in lines.of_atom(atom) {
                let own = lines.data.components[component].at(line);
                let limit = ((amount - own) as f64 / witness.scale + TOLERANCE) / difference.abs();
                if own > 0 && limit < 1.0 {
                    limits[usize::from(difference > 0.0)].lower(contributor, limit);
                }
            }
        }
        limits
    }
}

impl Limits<'_> {
    fn of(&self, contributor: u32) -> f64 {
        match self.factors.at(contributor as usize) {
            0.0 => f64::INFINITY,
            factor => factor,
        }
    }

    /// No limit is zero: what is tolerated is not.
    fn lower(&mut self, contributor: u32, limit: f64) {
        self.factors.put(contributor as usize, limit.min(self.of(contributor)));
    }
}

impl Doubts {
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    pub fn ends(&self) -> impl Iterator<Item = (usize, End)> {
        self.open.keys().copied()
    }

    pub fn iter(&self) -> impl Iterator<Item = Doubt> {
        self.open.iter().map(|(&(target, end), of)| Doubt { target, end, of: of.clone().unwrap_or_default() })
    }

    pub fn first(&self) -> Option<Doubt> {
        self.iter().next()
    }

    pub fn none(view: usize) -> Self {
        Self { view, open: BTreeMap::new(), parts: BTreeMap::new() }
    }

    /// Those about one target.
    pub fn of_target(&self, target: usize) -> Self {
        let open = self.open.range((target, End::Above)..=(target, End::Below));
        let open = open.map(|(&end, of)| (end, of.clone())).collect();
        let parts = self.parts.get(&target).map(|parts| (target, parts.clone())).into_iter().collect();
        Self { view: self.view, open, parts }
    }

    /// Takes out those about some targets.
    pub fn take(&mut self, targets: &[usize]) -> Self {
        let mut taken = Self::none(self.view);
        for &target in targets {
            taken.parts.extend(self.parts.remove_entry(&target));
            for end in End::BOTH {
                taken.open.extend(self.open.remove_entry(&(target, end)));
            }
        }
        taken
    }

    /// Puts back what is left of those taken out.
    pub fn put_back(&mut self, taken: Self) {
        self.open.extend(taken.open);
        self.parts.extend(taken.parts);
    }

    /// How many contributors doubt each end, in all; an end that no witness reaches is doubted by everybody.
    pub fn count(&self, everybody: usize) -> usize {
        self.open.values().map(|of| of.as_ref().map_or(everybody, Vec::len)).sum()
    }

    /// Whether one that stands is of somebody among these; of nobody yet, it may be of anybody.
    pub fn concerns(&self, key: (usize, End), is_among: impl Fn(u32) -> bool) -> bool {
        let of = self.open.get(&key);
        of.is_some_and(|of| of.as_ref().is_none_or(|of| of.iter().any(|&one| is_among(one))))
    }

    /// What is left of a doubt.
    pub fn rest_of(&self, doubt: &Doubt) -> Option<Doubt> {
        let (target, end) = (doubt.target, doubt.end);
        let of = self.open.get(&(target, end))?.clone().unwrap_or_default();
        Some(Doubt { target, end, of })
    }

    /// Of those who have a doubt, whoever still does; of a doubt that nobody is known to have yet, whoever now does.
    pub fn left_of(&self, doubt: &Doubt) -> Option<Doubt> {
        let mut rest = self.rest_of(doubt)?;
        if doubt.of.is_empty() {
            return Some(rest);
        }
        rest.of.retain(|contributor| doubt.of.binary_search(contributor).is_ok());
        (!rest.of.is_empty()).then_some(rest)
    }

    /// Nothing can be done about a doubt.
    pub fn give_up(&mut self, doubt: &Doubt) {
        let key = (doubt.target, doubt.end);
        if let Some(Some(of)) = self.open.get_mut(&key) {
            of.retain(|contributor| !doubt.of.contains(contributor));
        }
        self.open.retain(|known, of| *known != key || of.as_ref().is_some_and(|of| !of.is_empty()));
    }
}

impl Parts {
    /// Whether every contributor may ask for all of the target's need.
    fn ask_for_all(&self, end: End) -> bool {
        end == End::Above && self.of.len() != 1
    }

    /// What part of the target's need a contributor may ask for.
    fn share(&self, contributor: u32, target: &Target, end: End) -> f64 {
        let Ok(at) = self.of.binary_search_by_key(&contributor, |part| part.0) else { return 1.0 };
        let others = self.total - self.of[at].1;
        match end {
            _ if self.of.len() == 1 => 0.0,
            End::Above => 1.0,
            End::Below => others.min(target.need(end)) as f64 / target.need(end) as f64,
        }
    }
}
