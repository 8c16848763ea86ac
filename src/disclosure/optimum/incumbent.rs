//! Safe patterns: how they are found, made cheaper and judged.

use super::super::search::Search;
use super::oracle::Goal;
use super::problem::{Incumbent, Problem};

impl Problem<'_, '_> {
    /// What the audit says of a pattern. Takes in what the pattern's own targets ask.
    fn passes_the_audit(&mut self, shown: &[bool]) -> bool {
        let search = self.search;
        let mut audit = Search::new(search.system, search.policy, shown.to_vec(), search.solver);
        let standing = audit.targets.len();
        audit.add_pattern_targets();
        if self.demand_all(&audit.targets[standing..]) > 0 {
            return false;
        }
        for view in 0..audit.views.len() {
            audit.certify(view);
            audit.certify_over(view, (0..search.system.atom_count() as u32).collect());
        }
        self.work = self.work.saturating_sub((audit.programmes + 1) * self.lines());
        audit.open().is_empty() && audit.failing_the_exact_guard().is_empty() && self.answers_insiders(audit)
    }

    /// Takes in what contributors ask who are told something.
    fn answers_insiders(&mut self, mut audit: Search<'_>) -> bool {
        let asked = audit.programmes;
        let told = audit.told_to_insiders();
        self.work = self.work.saturating_sub((audit.programmes - asked) * self.lines());
        for (&target, &contributor) in &told {
            let goal = Goal::for_contributor(&audit, &audit.targets[target], contributor);
            if !self.goals.contains(&goal) {
                self.goals.push(goal);
            }
        }
        told.is_empty()
    }

    /// Keeps a safe pattern if it is cheaper than all before.
    pub fn offer(&mut self, shown: Vec<bool>) {
        let cost = self.variables.cost(&shown);
        if cost < self.best.cost {
            self.best = Incumbent { cost, shown };
        }
    }

    /// From a point to safe patterns: what it withholds at least by a part, completed by the search and thinned out.
    pub fn round(&mut self, point: &[f64]) {
        let mut before = Vec::new();
        for least in [0.9, 0.5, 0.1] {
            let shown = self.variables.pattern(point, least);
            if shown == before || self.work == 0 {
                continue;
            }
            before.clone_from(&shown);
            let mut completed =
                Search::new(self.search.system, self.search.policy, shown, self.search.solver);
            completed.protect();
            self.work = self.work.saturating_sub((completed.programmes + 1) * self.lines());
            if completed.asks_for_all() {
                let shown = completed.shown;
                self.thin_out(shown);
            }
        }
    }

    /// Shows again what need not be withheld, the dearest first, and offers what is left if it passes the audit; once more
    /// where the audit told of a goal that was not known.
    pub fn thin_out(&mut self, shown: Vec<bool>) {
        loop {
            let known = self.goals.len();
            if self.thin_out_once(shown.clone()) || self.goals.len() == known || self.work == 0 {
                return;
            }
        }
    }

    /// Whether there was something to offer.
    fn thin_out_once(&mut self, mut shown: Vec<bool>) -> bool {
        let mut point = self.variables.point(&shown);
        let mut withheld: Vec<usize> = (0..point.len()).filter(|&variable| point[variable] > 0.5).collect();
        withheld.sort_by_key(|&variable| (std::cmp::Reverse(self.variables.costs[variable]), variable));
        for variable in withheld {
            point[variable] = 0.0;
            shown[self.variables.units[variable]] = true;
            if self.work == 0 || !self.fulfils_the_goals(&shown, &point) {
                point[variable] = 1.0;
                shown[self.variables.units[variable]] = false;
            }
        }
        let is_better = self.variables.cost(&shown) < self.best.cost && self.is_safe(&shown, &point);
        if is_better {
            self.offer(shown);
        }
        is_better
    }

    /// Learns cuts from a pattern that is not safe.
    pub fn is_safe(&mut self, shown: &[bool], point: &[f64]) -> bool {
        if self.is_cut_off(point) || self.separate(point, true) > 0 {
            return false;
        }
        let passes = self.passes_the_audit(shown);
        if !passes && !self.is_cut_off(point) && self.separate(point, true) == 0 {
            self.forbid(point);
        }
        passes
    }
}
