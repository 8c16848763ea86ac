//! The problem: what every safe pattern must fulfil, as far as it is known yet, and the best one found.

use super::super::search::Search;
use super::super::target::{End, Target};
use super::conditional::{Demand, demand, sums};
use super::cut::Cut;
use super::incumbent::Incumbent;
use super::master::Master;
use super::oracle::{Answer, Goal, Oracle};
use super::variables::Variables;

/// Requests with more open units, or unknown atoms, than this are not looked at.
const LARGEST: usize = 2000;

/// How many lines of programmes may be solved in all. The simplex takes about a microsecond for each.
const WORK: usize = 300_000;

/// How many times all goals must be able to be asked within the limit.
const ROUNDS: usize = 4;

/// So many cuts found, and the master problem is solved again first.
const CUTS_A_ROUND: usize = 12;

pub(super) struct Problem<'a, 's> {
    pub search: &'a Search<'s>,
    pub variables: Variables,
    pub goals: Vec<Goal>,
    oracles: Vec<Oracle>,
    pub master: Master,
    pub best: Incumbent,
    /// Lines of programmes that may still be solved.
    pub work: usize,
    /// Where the next round of questions starts.
    next: usize,
}

impl<'a, 's> Problem<'a, 's> {
    /// `None` when it is too large, or cannot be loaded.
    pub fn new(search: &'a Search<'s>, variables: Variables) -> Option<Self> {
        let system = search.system;
        if variables.len() > LARGEST || system.atom_count() > LARGEST {
            return None;
        }
        let everything = system.units.iter().map(|unit| !unit.primary).collect();
        let mut all_shown = Search::new(system, search.policy, everything, search.solver);
        let standing = all_shown.targets.len();
        all_shown.add_pattern_targets();
        let reach = |view| all_shown.reach(view).max(search.reach(view));
        let oracles: Option<Vec<Oracle>> =
            (0..search.views.len()).map(|view| Oracle::new(search, &variables, view, reach(view))).collect();
        let best = Incumbent { cost: variables.cost(&search.shown), shown: search.shown.clone() };
        let master = Master::new(search.solver, &variables)?;
        let (oracles, goals) = (oracles?, Vec::new());
        let mut problem = Self { search, variables, goals, oracles, master, best, work: WORK, next: 0 };
        // What stands of itself is taken before the pattern's targets could have raised it.
        let of_itself = Search::new(system, search.policy, search.shown.clone(), search.solver).targets;
        problem.demand_all(&of_itself);
        problem.demand_all(&all_shown.targets[standing..]);
        for cut in sums(search, &problem.variables) {
            problem.master.add(cut);
        }
        (problem.lines_of_all_goals() * ROUNDS <= WORK).then_some(problem)
    }

    /// Takes in what targets ask; how many cuts came of it.
    pub fn demand_all(&mut self, targets: &[Target]) -> usize {
        let mut cuts = 0;
        for target in targets {
            match demand(self.search, &self.variables, target) {
                Demand::Goal(goal) if !self.goals.contains(&goal) => self.goals.push(goal),
                Demand::Cut(cut) => cuts += usize::from(self.master.add(cut)),
                Demand::Goal(_) | Demand::Unclear => {}
            }
        }
        cuts
    }

    /// Adds cuts that the point breaks; how many. At a point between shown and withheld some may be missed.
    pub fn separate(&mut self, point: &[f64], is_integral: bool) -> usize {
        let found = self.ask_all(point, false);
        if found == 0 && is_integral { self.ask_all(point, true) } else { found }
    }

    fn ask_all(&mut self, point: &[f64], is_exact: bool) -> usize {
        let (start, ends) = (self.next, 2 * self.goals.len());
        let mut found = 0;
        for step in 0..ends {
            let at = (start + step) % ends;
            let (goal, end) = (&self.goals[at / 2], End::BOTH[at % 2]);
            if goal.need(end) <= 0 {
                continue;
            }
            let oracle = &mut self.oracles[goal.view];
            self.work = self.work.saturating_sub(oracle.lines());
            if let Answer::Broken(cut) = oracle.ask(goal, end, point, is_exact) {
                found += usize::from(self.master.add(cut));
            }
            if found == CUTS_A_ROUND || self.work == 0 {
                self.next = at + 1;
                break;
            }
        }
        found
    }

    /// Whether a cut known already is broken.
    pub fn is_cut_off(&self, point: &[f64]) -> bool {
        self.master.cuts.iter().any(|cut| cut.is_broken_by(point))
    }

    /// Forbids one pattern alone.
    pub fn forbid(&mut self, point: &[f64]) -> bool {
        self.master.add(Cut::another_than(point))
    }

    fn lines_of_all_goals(&self) -> usize {
        let needs = |goal: &Goal| End::BOTH.into_iter().filter(|&end| goal.need(end) > 0).count();
        self.goals.iter().map(|goal| needs(goal) * self.oracles[goal.view].lines()).sum()
    }

    /// Lines that one look at a pattern with all its targets counts for.
    pub fn lines_of_a_verdict(&self) -> usize {
        4 * self.oracles.iter().map(Oracle::lines).sum::<usize>()
    }
}
