//! Branch and cut, the branch with the least bound first.

use std::collections::BTreeMap;

use super::master::Relaxed;
use super::problem::Problem;

/// How many branches are looked at before the bound is taken as it is.
const BRANCHES: usize = 2000;

/// After so many rounds of cuts that move the bound by little, a branch is split.
const PATIENCE: usize = 4;

/// By so much of what is left to the best pattern's cost a round must move the bound.
const WORTHWHILE: f64 = 0.02;

/// How near to shown or withheld counts as such.
const INTEGRAL: f64 = 1e-6;

/// A point is rounded to patterns at one in so many branches.
const ROUNDING: usize = 20;

type Branch = Vec<(usize, bool)>;

enum Explored {
    /// It holds no cheaper pattern than the best.
    Closed,
    Split {
        bound: i128,
        variable: usize,
    },
    Stopped {
        bound: i128,
    },
}

impl Problem<'_, '_> {
    /// Improves the best pattern; what every safe pattern costs at least.
    pub fn branch_and_cut(&mut self) -> i128 {
        let mut open: BTreeMap<(i128, usize, usize), Branch> =
            BTreeMap::from([((0, usize::MAX, 0), Vec::new())]);
        let mut made = 1;
        for looked_at in 0.. {
            let Some(((least, depth, _), branch)) = open.pop_first() else { break };
            if self.master.is_hopeless(least, self.best.cost) {
                break;
            }
            if looked_at == BRANCHES || self.work == 0 {
                return least.min(self.best.cost);
            }
            match self.explore(&branch, least, looked_at % ROUNDING == 0) {
                Explored::Closed => {}
                Explored::Stopped { bound } => {
                    let others = open.first_key_value().map_or(bound, |((least, ..), _)| *least);
                    return bound.min(others).min(self.best.cost);
                }
                Explored::Split { bound, variable } => {
                    for withheld in [false, true] {
                        let child = branch.iter().copied().chain([(variable, withheld)]).collect();
                        // Among equals the deepest first.
                        open.insert((bound, depth - 1, made), child);
                        made += 1;
                    }
                }
            }
        }
        self.best.cost
    }

    fn explore(&mut self, branch: &[(usize, bool)], mut least: i128, rounds: bool) -> Explored {
        if !self.master.go_to(branch) {
            return Explored::Stopped { bound: least };
        }
        let mut idle = 0;
        loop {
            let (bound, mut point) = match self.master.solve() {
                Relaxed::Point { bound, point } => (bound, point),
                // Without a branch the best pattern itself is feasible.
                Relaxed::Infeasible if branch.is_empty() => return Explored::Stopped { bound: least },
                Relaxed::Infeasible => return Explored::Closed,
                Relaxed::Failed => return Explored::Stopped { bound: least },
            };
            let gained = bound - least;
            least = least.max(bound);
            if self.master.is_hopeless(least, self.best.cost) {
                return Explored::Closed;
            }
            if self.work == 0 {
                return Explored::Stopped { bound: least };
            }
            let is_integral = point.iter().all(|value| value.min(1.0 - value) < INTEGRAL);
            if is_integral {
                point.iter_mut().for_each(|value| *value = value.round());
                let shown = self.variables.pattern(&point, 0.5);
                let cuts = self.master.cuts.len();
                if self.is_safe(&shown, &point) {
                    self.offer(shown);
                    return Explored::Closed;
                }
                if self.master.cuts.len() == cuts {
                    return Explored::Stopped { bound: least };
                }
                continue;
            }
            let is_little = (gained as f64) < WORTHWHILE * (self.best.cost - least) as f64;
            idle = if is_little { idle + 1 } else { 0 };
            let is_enough = idle > PATIENCE || branch.is_empty() && self.is_mostly_spent();
            if is_enough || self.separate(&point, false) == 0 {
                if rounds {
                    self.round(&point);
                }
                if branch.is_empty() {
                    self.thin_out(self.best.shown.clone());
                }
                return Explored::Split { bound: least, variable: self.most_undecided(&point) };
            }
        }
    }

    fn most_undecided(&self, point: &[f64]) -> usize {
        let doubt = |variable: usize| point[variable].min(1.0 - point[variable]);
        let weigh = |a: &usize, b: &usize| {
            doubt(*a).total_cmp(&doubt(*b)).then(self.variables.costs[*a].cmp(&self.variables.costs[*b]))
        };
        (0..point.len()).max_by(weigh).unwrap_or(0)
    }
}
