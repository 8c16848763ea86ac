//! Linear programmes and who solves them.
//!
//! A solver is never believed: every solution it gives is checked against the rows before it counts as a witness, so
//! a solver that fails, times out or lies costs figures, never a secret.

use highs::{HighsModelStatus, Model, RowProblem, Sense};

/// Minimise `costs * columns` subject to the rows' and the columns' bounds.
#[derive(Clone, Debug, Default)]
pub(super) struct Programme {
    /// (cost, lower, upper).
    pub columns: Vec<(f64, f64, f64)>,
    pub rows: Vec<Bounded>,
}

/// (lower, upper, terms).
pub(super) type Bounded = (f64, f64, Vec<(u32, f64)>);

/// A reduced cost of less is none: the tolerance of the solver's dual solutions.
const NO_COST: f64 = 1e-7;

impl Programme {
    /// A value that no solution falls below, by any prices of the rows: what they make of the costs, with each column at its
    /// better bound (weak duality). The programme's own optimum, if the prices are its dual solution; needs no trust in
    /// who found them.
    pub fn bound_by(&self, prices: &[f64]) -> f64 {
        let mut costs: Vec<f64> = self.columns.iter().map(|column| column.0).collect();
        let at_better_bound = |cost: f64, lower: f64, upper: f64| match cost {
            cost if cost.abs() < NO_COST && !(lower.is_finite() && upper.is_finite()) => 0.0,
            cost if cost > 0.0 => cost * lower,
            cost if cost < 0.0 => cost * upper,
            _ => 0.0,
        };
        let mut bound = 0.0;
        for ((lower, upper, terms), &price) in self.rows.iter().zip(prices) {
            terms.iter().for_each(|&(column, times)| costs[column as usize] -= price * times);
            bound += at_better_bound(price, *lower, *upper);
        }
        let of_columns = costs.iter().zip(&self.columns);
        bound + of_columns.map(|(&cost, &(_, lower, upper))| at_better_bound(cost, lower, upper)).sum::<f64>()
    }
}

/// What a solver answers.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Optimal {
        columns: Vec<f64>,
        row_duals: Vec<f64>,
    },
    Infeasible,
    /// Anything else: a failure, a limit, an answer that makes no sense.
    Failed,
}

/// A programme loaded once and solved for several objectives.
pub(super) trait Run {
    /// `costs` has one entry a column; the last solution is the start of the next.
    fn minimise(&mut self, costs: &[f64]) -> Outcome;

    /// Likewise, `form` paid for by `reward` a unit until it comes to `need`.
    fn minimise_towards(&mut self, costs: &[f64], form: &[(u32, f64)], need: f64, reward: f64) -> Outcome;

    /// Gives a column other bounds; `false` when this run cannot, and is of no further use.
    fn bound(&mut self, _column: usize, _lower: f64, _upper: f64) -> bool {
        false
    }

    /// Holds one more row; `false` when this run cannot, and is of no further use.
    fn hold(&mut self, _row: &Bounded) -> bool {
        false
    }
}

/// Asked from several threads at once; a run stays in the thread that loaded it.
pub(super) trait Solver: Sync {
    /// `None` when the programme cannot even be loaded.
    fn load(&self, programme: Programme) -> Option<Box<dyn Run>>;

    fn solve(&self, programme: Programme) -> Outcome {
        let costs: Vec<f64> = programme.columns.iter().map(|column| column.0).collect();
        self.load(programme).map_or(Outcome::Failed, |mut run| run.minimise(&costs))
    }
}

/// HiGHS's simplex: deterministic (one thread, fixed seed), with a limit on each programme's iterations. A limit
/// on its time would make the pattern depend on what else the machine does.
pub(super) struct Highs {
    /// How many iterations a programme may take for each of its columns and rows; one that takes more counts as
    /// failed.
    pub a_line: usize,
    /// And beside these.
    pub at_least: usize,
}

impl Default for Highs {
    fn default() -> Self {
        // The most that programmes of up to ten thousand columns took was half of one a line.
        Self { a_line: 4, at_least: 1000 }
    }
}

impl Solver for Highs {
    fn load(&self, programme: Programme) -> Option<Box<dyn Run>> {
        let mut problem = RowProblem::default();
        let columns: Vec<_> = programme
            .columns
            .iter()
            .map(|&(cost, lower, upper)| problem.add_column(cost, lower..=upper))
            .collect();
        for (lower, upper, terms) in &programme.rows {
            let terms: Vec<_> =
                terms.iter().map(|&(column, times)| (columns[column as usize], times)).collect();
            problem.add_row(*lower..=*upper, &terms);
        }
        let mut model = problem.try_optimise(Sense::Minimise).ok()?;
        model.try_set_option("threads", 1).ok()?;
        model.try_set_option("parallel", "off").ok()?;
        model.try_set_option("solver", "simplex").ok()?;
        // Nearly every row is degenerate at the truth: without presolve a first solution takes ten times as many steps.
        model.try_set_option("presolve", "on").ok()?;
        model.try_set_option("random_seed", 1).ok()?;
        let lines = programme.columns.len() + programme.rows.len();
        let limit = lines * self.a_line + self.at_least;
        model.try_set_option("simplex_iteration_limit", i32::try_from(limit).unwrap_or(i32::MAX)).ok()?;
        model.try_set_option("primal_feasibility_tolerance", 1e-8).ok()?;
        let costs = programme.columns.iter().map(|column| column.0).collect();
        Some(Box::new(HighsRun { model: Some(model), columns, costs, solved_before: false, moved: false }))
    }
}

struct HighsRun {
    /// Absent after a failure.
    model: Option<Model>,
    columns: Vec<highs::Col>,
    costs: Vec<f64>,
    solved_before: bool,
    /// Whether bounds or rows changed since the last solution.
    moved: bool,
}

impl HighsRun {
    /// A row for the form: it goes up to `need`. The last solution fulfils it, so that the simplex goes on from there; a
    /// column that no longer stands lets go of the row afterwards, and that leaves the last solution's basis feasible too.
    fn hold_form(&mut self, form: &[(u32, f64)], need: f64) -> Option<highs::Col> {
        let model = self.model.as_mut()?;
        let let_go = model.try_add_column(0.0, 0.0..=0.0, []).ok()?;
        let form = form.iter().map(|&(column, times)| (self.columns[column as usize], times));
        model.try_add_row(f64::NEG_INFINITY..=need, form.chain([(let_go, 1.0)])).ok()?;
        Some(let_go)
    }
}

impl Run for HighsRun {
    fn minimise_towards(&mut self, costs: &[f64], form: &[(u32, f64)], need: f64, reward: f64) -> Outcome {
        let Some(let_go) = self.hold_form(form, need) else {
            self.model = None;
            return Outcome::Failed;
        };
        let mut costs = costs.to_vec();
        for &(column, times) in form {
            costs[column as usize] -= reward * times;
        }
        let outcome = self.minimise(&costs);
        if let Some(model) = &mut self.model {
            model.change_column_bounds(let_go, f64::NEG_INFINITY..=f64::INFINITY);
        }
        match outcome {
            Outcome::Optimal { mut columns, row_duals } => {
                columns.truncate(self.columns.len());
                Outcome::Optimal { columns, row_duals }
            }
            other => other,
        }
    }

    fn bound(&mut self, column: usize, lower: f64, upper: f64) -> bool {
        let Some(model) = &mut self.model else { return false };
        model.change_column_bounds(self.columns[column], lower..=upper);
        self.moved = true;
        true
    }

    fn hold(&mut self, (lower, upper, terms): &Bounded) -> bool {
        let terms = terms.iter().map(|&(column, times)| (self.columns[column as usize], times));
        self.moved = true;
        self.model.as_mut().is_some_and(|model| model.try_add_row(*lower..=*upper, terms).is_ok())
    }

    fn minimise(&mut self, costs: &[f64]) -> Outcome {
        let Some(mut model) = self.model.take() else { return Outcome::Failed };
        let mut same_costs = true;
        for ((&column, cost), old) in self.columns.iter().zip(costs).zip(&mut self.costs) {
            if cost.total_cmp(old).is_ne() {
                model.change_column_cost(column, *cost);
                *old = *cost;
                same_costs = false;
            }
        }
        // From a feasible basis with a new objective the primal simplex goes on where the last one stopped; from an
        // optimal one with new bounds or rows the dual simplex does.
        let strategy = if self.moved && same_costs { 1 } else { 4 };
        self.moved = false;
        if self.solved_before && model.try_set_option("simplex_strategy", strategy).is_err() {
            return Outcome::Failed;
        }
        let Ok(solved) = model.try_solve() else { return Outcome::Failed };
        let outcome = match solved.status() {
            // An optimum that is not quite proved, or not quite within the tolerance, is as good as any: whoever takes
            // it checks it, and only cost depends on it.
            HighsModelStatus::Optimal | HighsModelStatus::Unknown => {
                let solution = solved.get_solution();
                Outcome::Optimal {
                    columns: solution.columns().to_vec(),
                    row_duals: solution.dual_rows().to_vec(),
                }
            }
            HighsModelStatus::Infeasible => Outcome::Infeasible,
            _ => Outcome::Failed,
        };
        self.solved_before = true;
        self.model = Some(solved.into());
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_takes_new_objectives() {
        let programme = Programme {
            columns: vec![(0.0, 0.0, 10.0), (0.0, 0.0, 10.0)],
            rows: vec![(4.0, 4.0, vec![(0, 1.0), (1, 1.0)])],
        };
        let mut run = Highs::default().load(programme).expect("loads");
        for (costs, expected) in [([1.0, 0.0], [0.0, 4.0]), ([0.0, 1.0], [4.0, 0.0])] {
            let Outcome::Optimal { columns, .. } = run.minimise(&costs) else { panic!("no optimum") };
            assert!((columns[0] - expected[0]).abs() < 1e-9);
            assert!((columns[1] - expected[1]).abs() < 1e-9);
        }
    }

    /// Rows of pairs, so that no solution is found at once.
    fn ladder(steps: u32) -> Programme {
        let columns = vec![(0.0, 0.0, 100.0); steps as usize];
        let rows = (1..steps).map(|at| (1.0, 150.0, vec![(at - 1, 1.0), (at, 1.0)])).collect();
        Programme { columns, rows }
    }

    #[test]
    fn a_programme_that_takes_too_many_iterations_fails() {
        let costs: Vec<f64> = (0..200).map(|at| f64::from(at % 7) - 3.0).collect();
        let mut run = Highs { a_line: 0, at_least: 1 }.load(ladder(200)).expect("loads");
        assert!(matches!(run.minimise(&costs), Outcome::Failed));
    }

    /// The limit is each solution's own: a run that is asked often does not use it up.
    #[test]
    fn the_limit_is_not_used_up_by_objectives_before() {
        let mut run = Highs { a_line: 1, at_least: 0 }.load(ladder(200)).expect("loads");
        for round in 0..300u32 {
            let costs: Vec<f64> = (0..200).map(|at| f64::from((at * 31 + round * 17) % 7) - 3.0).collect();
            assert!(matches!(run.minimise(&costs), Outcome::Optimal { .. }), "{round}");
        }
    }

    #[test]
    fn an_infeasible_programme_is_told_apart_from_a_failure() {
        let programme = Programme { columns: vec![(0.0, 0.0, 1.0)], rows: vec![(4.0, 4.0, vec![(0, 1.0)])] };
        assert!(matches!(Highs::default().solve(programme), Outcome::Infeasible));
    }
}
