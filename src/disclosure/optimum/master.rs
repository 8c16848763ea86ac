//! The master problem's relaxation: the cheapest point between shown and withheld that satisfies all cuts so far.

use super::super::programme::{Outcome, Programme, Run, Solver};
use super::cut::Cut;
use super::variables::Variables;

/// The dearest unit's cost in the programme.
const DEAREST: f64 = 1e3;

/// How exact an objective in the programme is, absolutely and relatively.
const EXACT: (f64, f64) = (1e-6, 1e-9);

pub(super) struct Master {
    run: Box<dyn Run>,
    costs: Vec<f64>,
    /// What one in the programme is in the policy's terms.
    unit: f64,
    fixed: Vec<Option<bool>>,
    pub cuts: Vec<Cut>,
}

pub(super) enum Relaxed {
    /// No safe pattern within the branch costs less than `bound`.
    Point {
        bound: i128,
        point: Vec<f64>,
    },
    Infeasible,
    Failed,
}

impl Master {
    pub fn new(solver: &dyn Solver, variables: &Variables) -> Option<Self> {
        let dearest = variables.costs.iter().copied().max()? as f64;
        let unit = dearest / DEAREST;
        let costs: Vec<f64> = variables.costs.iter().map(|&cost| cost as f64 / unit).collect();
        let columns = costs.iter().map(|&cost| (cost, 0.0, 1.0)).collect();
        let run = solver.load(Programme { columns, rows: Vec::new() })?;
        Some(Self { run, fixed: vec![None; costs.len()], costs, unit, cuts: Vec::new() })
    }

    /// Takes a cut in; `false` when it is known, or the solver fails.
    pub fn add(&mut self, cut: Cut) -> bool {
        if self.cuts.contains(&cut) || !self.run.hold(&cut.row()) {
            return false;
        }
        self.cuts.push(cut);
        true
    }

    /// Goes to a branch: the variables fixed in it, and no other.
    pub fn go_to(&mut self, branch: &[(usize, bool)]) -> bool {
        let mut wanted = vec![None; self.fixed.len()];
        branch.iter().for_each(|&(variable, withheld)| wanted[variable] = Some(withheld));
        let mut is_well = true;
        for (variable, (now, wanted)) in self.fixed.iter_mut().zip(wanted).enumerate() {
            if *now != wanted {
                let (lower, upper) = match wanted {
                    None => (0.0, 1.0),
                    Some(true) => (1.0, 1.0),
                    Some(false) => (0.0, 0.0),
                };
                is_well &= self.run.bound(variable, lower, upper);
                *now = wanted;
            }
        }
        is_well
    }

    pub fn solve(&mut self) -> Relaxed {
        match self.run.minimise(&self.costs) {
            Outcome::Optimal { columns, row_duals } => {
                let objective = self.dual_bound(&row_duals);
                if !objective.is_finite() || columns.iter().any(|value| !value.is_finite()) {
                    return Relaxed::Failed;
                }
                let bound = ((objective - EXACT.0 - objective * EXACT.1) * self.unit).ceil().max(0.0) as i128;
                let point = columns.iter().map(|value| value.clamp(0.0, 1.0)).collect();
                Relaxed::Point { bound, point }
            }
            Outcome::Infeasible => Relaxed::Infeasible,
            Outcome::Failed => Relaxed::Failed,
        }
    }

    /// What the branch costs at least by any multipliers of the cuts, none negative.
    fn dual_bound(&self, duals: &[f64]) -> f64 {
        let mut left = self.costs.clone();
        let mut bound = 0.0;
        for (cut, dual) in self.cuts.iter().zip(duals) {
            let (least, _, terms) = cut.row();
            let multiplier = dual.max(0.0);
            bound += multiplier * least;
            terms.iter().for_each(|&(variable, times)| left[variable as usize] -= multiplier * times);
        }
        let of_one = |(left, fixed): (&f64, &Option<bool>)| match fixed {
            None => left.min(0.0),
            Some(withheld) => f64::from(u8::from(*withheld)) * left,
        };
        bound + left.iter().zip(&self.fixed).map(of_one).sum::<f64>()
    }

    /// Whether a branch with this bound cannot hold a pattern that is cheaper by more than the arithmetic's error.
    pub fn is_hopeless(&self, bound: i128, best: i128) -> bool {
        let error = (EXACT.0 + EXACT.1 * best as f64 / self.unit) * self.unit;
        bound + (2.0 * error).floor() as i128 >= best
    }
}
