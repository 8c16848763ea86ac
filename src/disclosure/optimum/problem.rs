//! The problem: what every safe pattern must fulfil, as far as it is known yet, and the best one found.

use super::super::search::Search;
use super::super::system::Unit;
use super::super::target::{End, Target};
use super::conditional::{Demand, demand, sums};
use super::cut::Cut;
use super::master::Master;
use super::oracle::{Answer, Goal, Oracle};
use super::variables::Variables;

/// Requests with more open units, or unknown atoms, than this are not looked at.
const LARGEST: usize = 500;

/// How many lines, columns and rows, of programmes may be solved in all. The simplex takes one or two microseconds for
/// each; a table of fifty cells needs some ten thousand, one of a hundred in three dimensions some hundred thousand.
const WORK: usize = 600_000;

/// How many times all goals must be able to be asked one by one within the limit.
const ROUNDS: usize = 2;

/// So many cuts found, and the master problem is solved again first.
const CUTS_A_ROUND: usize = 12;

/// The cheapest safe pattern so far.
pub(super) struct Incumbent {
    pub cost: i128,
    /// For each unit.
    pub shown: Vec<bool>,
}

pub(super) struct Problem<'a, 's> {
    pub search: &'a Search<'s>,
    pub variables: Variables,
    pub goals: Vec<Goal>,
    oracles: Vec<Oracle>,
    pub master: Master,
    pub best: Incumbent,
    /// Lines of programmes that may still be solved.
    pub work: usize,
}

impl<'a, 's> Problem<'a, 's> {
    /// `None` when it is too large, or cannot be loaded.
    pub fn new(search: &'a Search<'s>, variables: Variables) -> Option<Self> {
        let system = search.system;
        if variables.len() > LARGEST || system.atom_count() > LARGEST {
            return None;
        }
        let everything = system.units.iter().map(Unit::is_candidate).collect();
        let mut all_shown = Search::new(system, search.policy, everything, search.solver);
        let standing = all_shown.targets.len();
        all_shown.add_pattern_targets();
        let reach = |view| all_shown.reach(view).max(search.reach(view));
        let oracles: Option<Vec<Oracle>> =
            (0..search.views.len()).map(|view| Oracle::new(search, &variables, view, reach(view))).collect();
        let best = Incumbent { cost: variables.cost(&search.shown), shown: search.shown.clone() };
        let master = Master::new(search.solver, &variables)?;
        let (oracles, goals) = (oracles?, Vec::new());
        let mut problem = Self { search, variables, goals, oracles, master, best, work: WORK };
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
        let found = self.ask(point, false, CUTS_A_ROUND);
        if found == 0 && is_integral { self.ask(point, true, CUTS_A_ROUND) } else { found }
    }

    /// Whether a pattern fulfils what its own targets and the goals ask; learns a cut where it does not.
    pub fn fulfils_the_goals(&mut self, shown: &[bool], point: &[f64]) -> bool {
        !self.is_cut_off(point) && self.demand_of_pattern(shown) == 0 && self.ask(point, true, 1) == 0
    }

    /// Takes in what the targets ask that a pattern makes; how many cuts came of it.
    fn demand_of_pattern(&mut self, shown: &[bool]) -> usize {
        let search = self.search;
        let mut of_pattern = Search::new(search.system, search.policy, shown.to_vec(), search.solver);
        let standing = of_pattern.targets.len();
        of_pattern.add_pattern_targets();
        self.demand_all(&of_pattern.targets[standing..])
    }

    fn ask(&mut self, point: &[f64], is_exact: bool, enough: usize) -> usize {
        let goals = &self.goals;
        let mut left: Vec<(usize, End)> =
            (0..goals.len()).flat_map(|goal| End::BOTH.map(|end| (goal, end))).collect();
        left.retain(|&(goal, end)| goals[goal].need(end) > 0 && !goals[goal].is_idle(point));
        // Whoever needs the most first: what moves it far enough often moves others too.
        left.sort_by_key(|&(goal, end)| (std::cmp::Reverse(goals[goal].need(end)), goal, end));
        let mut found = 0;
        while let Some((asked, end)) = left.first().copied() {
            left.remove(0);
            let goal = &goals[asked];
            let oracle = &mut self.oracles[goal.view];
            self.work = self.work.saturating_sub(oracle.lines());
            let (answer, movement) = oracle.ask(goal, end, point, is_exact);
            if let Some(movement) = movement {
                left.retain(|&(other, end)| {
                    goals[other].view != goal.view || !oracle.answers(&movement, &goals[other], end, point)
                });
            }
            if let Answer::Broken(cut) = answer {
                found += usize::from(self.master.add(cut));
            }
            if found == enough || self.work == 0 {
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

    /// Columns and rows of the programmes of all views.
    pub fn lines(&self) -> usize {
        self.oracles.iter().map(Oracle::lines).sum()
    }

    /// Whether it is time to leave the first relaxation.
    pub fn is_mostly_spent(&self) -> bool {
        self.work < WORK / 3
    }
}
