//! Programmes solved side by side, in an order that no machine decides.
//!
//! What one finds the other does not know, so how many go side by side shapes the outcome: it is fixed, and a machine with
//! fewer cores takes longer to the same one.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Scope;

use super::programme::{Outcome, Programme, Run, Solver};
use super::witness::{REACH, TOLERANCE};

/// From so many paid columns on a solution is asked for once more.
const SEVERAL: usize = 3;

/// A column of which this part of the need is taken costs half a unit's price the second time.
const SLOPE: f64 = 0.1;

/// What is asked of a run: a form moved as far as it needs, paid for by a reward a unit.
pub(super) struct Wish {
    /// One entry a column.
    pub costs: Vec<f64>,
    pub form: Vec<(u32, f64)>,
    pub need: f64,
    pub reward: f64,
}

impl Wish {
    /// Infeasible if it does not move so far: then no proof comes of it, and what it disturbs would be withheld for nothing.
    pub fn ask(&self, run: &mut dyn Run) -> Outcome {
        match run.minimise_towards(&self.costs, &self.form, self.need, self.reward) {
            Outcome::Optimal { columns, .. } if self.moved(&columns) < self.need * REACH => {
                Outcome::Infeasible
            }
            outcome => outcome,
        }
    }

    /// Likewise; what takes several paid columns is asked once more, each the cheaper the more of it was taken: a cell that
    /// is withheld costs the same however much it is disturbed (Candès, Wakin and Boyd, Enhancing sparsity by reweighted
    /// l1 minimisation, Journal of Fourier Analysis and Applications 14, 2008).
    pub fn ask_frugally(&self, run: &mut dyn Run) -> Outcome {
        let first = self.ask(run);
        let Outcome::Optimal { columns, .. } = &first else { return first };
        let (taken, price) = self.taken(columns);
        if taken < SEVERAL {
            return first;
        }
        let enough = self.need * SLOPE;
        let cheaper = |(cost, amount): (&f64, &f64)| cost * enough / (enough + amount.abs());
        let costs = self.costs.iter().zip(columns).map(cheaper).collect::<Vec<f64>>();
        let again = run.minimise_towards(&costs, &self.form, self.need, self.reward);
        let is_better = |others: &[f64]| {
            self.taken(others).1 < price && self.moved(others) >= self.moved(columns) * REACH
        };
        match &again {
            Outcome::Optimal { columns: others, .. } if is_better(others) => again,
            _ => first,
        }
    }

    /// How many paid columns a solution takes, and what they cost together, however much of each.
    fn taken(&self, columns: &[f64]) -> (usize, f64) {
        let paid = self.costs.iter().zip(columns);
        let taken = paid.filter(|(cost, amount)| **cost > 0.0 && amount.abs() > TOLERANCE);
        taken.fold((0, 0.0), |(taken, price), (cost, _)| (taken + 1, price + cost))
    }

    fn moved(&self, columns: &[f64]) -> f64 {
        self.form.iter().map(|&(column, times)| times * columns[column as usize]).sum()
    }
}

/// A programme in a thread of its own, loaded when first asked.
pub(super) struct Worker {
    wishes: Sender<Wish>,
    outcomes: Receiver<Outcome>,
}

impl Worker {
    pub fn start<'scope>(
        scope: &'scope Scope<'scope, '_>,
        solver: &'scope dyn Solver,
        programme: &'scope Programme,
    ) -> Self {
        let (wishes, asked) = channel::<Wish>();
        let (answer, outcomes) = channel();
        scope.spawn(move || {
            let mut run = None;
            for wish in asked {
                let run = run.get_or_insert_with(|| solver.load(programme.clone()));
                let outcome = run.as_deref_mut().map_or(Outcome::Failed, |run| wish.ask_frugally(run));
                if answer.send(outcome).is_err() {
                    return;
                }
            }
        });
        Self { wishes, outcomes }
    }

    pub fn ask(&self, wish: Wish) {
        // A worker that is gone answers with a failure.
        let _ = self.wishes.send(wish);
    }

    /// Waits for the answer to the last wish.
    pub fn answer(&self) -> Outcome {
        self.outcomes.recv().unwrap_or(Outcome::Failed)
    }
}
