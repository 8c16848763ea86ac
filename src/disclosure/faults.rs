//! Solvers that fail, take too long or lie: what they cost is figures, never a secret.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::policy::Policy;
use super::programme::{Highs, Outcome, Programme, Run, Solver};
use super::protect::tests::{pattern, policy, square, square_of, withheld};
use super::protect::{audit, protect_with, settle};
use super::search::{Patience, Search};
use super::system::{System, Unit};
use super::table::CellStatus;
use super::witness::{Proof, Witness};

/// What goes wrong with a solver.
enum Fault {
    Fails,
    NeverLoads,
    SaysNothingIsPossible,
    /// Gives numbers that satisfy nothing.
    Lies,
    /// Gives a solution that is one, and of no use.
    MovesNothing,
    /// Likewise, and says so: whatever is asked to move cannot.
    DeniesRoom,
}

impl Solver for Fault {
    fn load(&self, programme: Programme) -> Option<Box<dyn Run>> {
        let outcome = match self {
            Self::NeverLoads => return None,
            Self::Fails => Outcome::Failed,
            Self::SaysNothingIsPossible => Outcome::Infeasible,
            Self::Lies => Outcome::Optimal {
                columns: (0..programme.columns.len()).map(|column| (column * 1000) as f64).collect(),
                row_duals: vec![0.0; programme.rows.len()],
            },
            Self::DeniesRoom if programme.rows.iter().any(|row| row.0 < row.1) => Outcome::Infeasible,
            Self::MovesNothing | Self::DeniesRoom => Outcome::Optimal {
                columns: vec![0.0; programme.columns.len()],
                row_duals: vec![0.0; programme.rows.len()],
            },
        };
        Some(Box::new(Faulty(outcome)))
    }
}

struct Faulty(Outcome);

impl Run for Faulty {
    fn minimise(&mut self, _: &[f64]) -> Outcome {
        self.0.clone()
    }

    fn minimise_towards(&mut self, _: &[f64], _: &[(u32, f64)], _: f64, _: f64) -> Outcome {
        self.0.clone()
    }
}

#[test]
fn a_solver_that_fails_or_lies_publishes_nothing_it_should_not() {
    let all = square().tables[0].cells.len();
    let all_faults = [
        Fault::Fails,
        Fault::NeverLoads,
        Fault::SaysNothingIsPossible,
        Fault::Lies,
        Fault::MovesNothing,
        Fault::DeniesRoom,
    ];
    for fault in all_faults {
        let protection = protect_with(&square(), &[], &policy(), &fault).expect("withholds");
        let report = audit(&square(), &pattern(&protection), &policy()).expect("fits");
        assert!(report.disclosed.is_empty());
    }
    for fault in [Fault::Fails, Fault::SaysNothingIsPossible, Fault::DeniesRoom] {
        let failed = protect_with(&square(), &[], &policy(), &fault).expect("withholds");
        assert_eq!(withheld(&failed), all);
        assert!(failed.tables[0].cells().iter().all(|cell| cell.told_before().is_empty()));
    }
}

/// A solver that is well for so many programmes, and then is not.
struct FailsAfter {
    well: Highs,
    left: Arc<AtomicUsize>,
    then: Outcome,
}

struct WellFor {
    run: Box<dyn Run>,
    left: Arc<AtomicUsize>,
    then: Outcome,
}

impl Solver for FailsAfter {
    fn load(&self, programme: Programme) -> Option<Box<dyn Run>> {
        let run = self.well.load(programme)?;
        Some(Box::new(WellFor { run, left: self.left.clone(), then: self.then.clone() }))
    }
}

impl WellFor {
    fn is_well(&self) -> bool {
        let left = |left: usize| left.checked_sub(1);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).is_ok()
    }
}

impl Run for WellFor {
    fn minimise(&mut self, costs: &[f64]) -> Outcome {
        if self.is_well() { self.run.minimise(costs) } else { self.then.clone() }
    }

    fn minimise_towards(&mut self, costs: &[f64], form: &[(u32, f64)], need: f64, reward: f64) -> Outcome {
        let found = self.run.minimise_towards(costs, form, need, reward);
        if self.is_well() { found } else { self.then.clone() }
    }

    fn bound(&mut self, column: usize, lower: f64, upper: f64) -> bool {
        self.run.bound(column, lower, upper)
    }
}

/// Whenever it begins to fail, to lie or to take too long: in the search, for insiders, while taking back.
#[test]
fn a_solver_that_fails_at_any_moment_publishes_nothing_it_should_not() {
    let request = square();
    let lie = Outcome::Optimal { columns: vec![1e6; 40], row_duals: vec![0.0; 40] };
    for (then, series) in
        [(Outcome::Failed, true), (lie.clone(), true), (Outcome::Failed, false), (lie, false)]
    {
        let policy = Policy { series, ..policy() };
        let many = usize::MAX >> 1;
        let left = Arc::new(AtomicUsize::new(many));
        let solver = FailsAfter { well: Highs::default(), left: left.clone(), then: then.clone() };
        protect_with(&request, &[], &policy, &solver).expect("protects");
        let all = many - left.load(Ordering::Relaxed);
        assert!(all > 3);
        for well_for in 0..=all {
            left.store(well_for, Ordering::Relaxed);
            let protection = protect_with(&request, &[], &policy, &solver).expect("withholds");
            let report = audit(&request, &pattern(&protection), &policy).expect("fits");
            assert!(report.disclosed.is_empty(), "well for {well_for} of {all}");
        }
    }
}

/// A limit on iterations is the house's time limit.
#[test]
fn a_solver_that_never_has_the_time_withholds() {
    let solver = Highs { a_line: 0, at_least: 0 };
    let protection = protect_with(&square(), &[], &policy(), &solver).expect("withholds");
    assert_eq!(withheld(&protection), square().tables[0].cells.len());
}

/// As after a witness that was relied on unseen: figures count as proved which nothing proves to contributors, and the
/// solver is no help.
#[test]
fn proofs_that_do_not_hold_bring_the_search_to_an_end() {
    let (request, policy) = (square_of(4, &[0, 5, 10, 15]), policy());
    let system = System::new(&request, &[], &policy).expect("a request");
    let shown = system.units.iter().map(Unit::is_candidate).collect();
    let mut search = Search::new(&system, &policy, shown, &Fault::MovesNothing);
    search.witnesses.push((0, Witness { scale: 1.0, differences: vec![(0, 0, 1e6)] }));
    for (target, end) in search.open() {
        search.proofs.set(target, end, Some(Proof { witness: 0, factor: 1.0 }));
    }
    search.guard_against_insiders();
    assert!(search.programmes < 100, "{}", search.programmes);
    assert!(search.withholds_everything());
}

/// A search without an end gives everything up instead.
#[test]
fn a_search_that_takes_too_many_programmes_withholds() {
    let alone: Vec<u32> = (0..100).filter(|atom| atom % 3 == 0).collect();
    let (request, policy) = (square_of(10, &alone), policy());
    let system = System::new(&request, &[], &policy).expect("a request");
    let shown: Vec<bool> = system.units.iter().map(Unit::is_candidate).collect();
    let solver = Highs::default();
    let mut search = Search::new(&system, &policy, shown.clone(), &solver);
    search.protect();
    assert!(!search.withholds_everything());
    let all = search.programmes;
    assert!(all > 10);
    for at_least in 0..all {
        let mut hasty = Search::new(&system, &policy, shown.clone(), &solver);
        hasty.patience = Patience { a_target: 0, at_least };
        hasty.protect();
        assert!(settle(&mut hasty).0.disclosed.is_empty());
        assert!(hasty.withholds_everything() || at_least > 0);
        let status = |&unit: &usize| if hasty.shown[unit] { CellStatus::Safe } else { CellStatus::Secondary };
        let pattern = [system.unit_of[0].iter().map(status).collect()];
        let report = audit(&request, &pattern, &policy).expect("fits");
        assert!(report.disclosed.is_empty(), "{at_least} of {all}");
    }
}
