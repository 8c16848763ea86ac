//! The attacker's programme of one view, asked at any point of the master problem.
//!
//! Each row that is not shown for certain has a slack column: as far as the point withholds the row, it may be off. How
//! far a row may be off in units of what the target needs is only a guide to the multipliers; the cut is then computed
//! from these with a bound on the row that always holds.

use super::super::programme::{Outcome, Programme, Run};
use super::super::search::Search;
use super::super::target::{End, Target};
use super::super::witness::REACH;
use super::cut::{Cut, Literal, failing};
use super::variables::{Standing, Variables};

/// Amounts are scaled to at most this.
const LARGEST_SCALED: f64 = 1e4;

/// Multipliers below this are the solver's arithmetic.
const NEGLIGIBLE: f64 = 1e-7;

/// How far a fully shown row may be off, as a part of the target's need, so that cuts with few rows win.
const LEEWAY: f64 = 0.01;

/// A figure that must stay hidden, where `conditions` hold.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Goal {
    pub view: usize,
    /// Over the view's columns, all atoms'.
    form: Vec<(u32, f64)>,
    /// By [`End`].
    need: [i128; 2],
    pub conditions: Vec<Literal>,
    /// What the attacker knows to be in a column: a contributor's own part.
    own: Vec<(u32, i64)>,
}

pub(super) enum Answer {
    /// The interval reaches far enough, or the conditions fail.
    Reached,
    Broken(Cut),
    /// The solver failed, or its multipliers prove nothing.
    Unknown,
}

/// A table that the attacker may think of at a point, as far as the point withholds what it disturbs.
pub(super) struct Movement {
    differences: Vec<f64>,
    /// Rows are off by the point's measure times this at most.
    need: f64,
    /// By how much it may be stretched at most, as it is and reversed.
    stretch: [f64; 2],
}

struct HeldRow {
    terms: Vec<(u32, f64)>,
    /// Withheld when all of these are; without any it is shown for certain.
    variables: Vec<usize>,
    slack: usize,
    /// How far the row can be off at most, above and below.
    most: [f64; 2],
}

pub(super) struct Oracle {
    run: Box<dyn Run>,
    scale: f64,
    /// For each of the view's columns, how far it may fall and rise.
    room: Vec<f64>,
    cap: f64,
    rows: Vec<HeldRow>,
    /// The present bounds of all columns that change.
    slacks: Vec<f64>,
    costs: Vec<f64>,
}

impl Goal {
    pub fn new(search: &Search<'_>, target: &Target, conditions: Vec<Literal>) -> Self {
        let view = &search.views[target.view];
        let of_atom = |&atom: &u32| {
            let terms = target.terms.iter();
            terms.map(move |&(position, times)| (view.column(atom as usize, position) as u32, times as f64))
        };
        Self {
            view: target.view,
            form: target.atoms.iter().flat_map(of_atom).collect(),
            need: [target.up, target.down],
            conditions,
            own: Vec::new(),
        }
    }

    /// What must stay hidden from a contributor too.
    pub fn for_contributor(search: &Search<'_>, target: &Target, contributor: u32) -> Self {
        let view = &search.views[target.view];
        let atoms: Vec<u32> = (0..search.system.atom_count() as u32).collect();
        let own = search.own(target.view, &[contributor], &atoms).into_iter();
        let own = own.map(|((atom, position), own)| (view.column(atom as usize, position) as u32, own));
        let mut goal = Self { own: own.collect(), ..Self::new(search, target, Vec::new()) };
        goal.limit(target.up, search.fall_for(target, contributor));
        goal
    }

    /// Whether the point leaves the conditions so far unfulfilled that nothing is asked.
    pub fn is_idle(&self, point: &[f64]) -> bool {
        failing(&self.conditions, point) > 0.999
    }

    fn shift(&self, differences: &[f64]) -> f64 {
        self.form.iter().map(|&(column, times)| times * differences[column as usize]).sum()
    }

    pub fn need(&self, end: End) -> i128 {
        self.need[end as usize]
    }

    /// Asks no more than this.
    pub fn limit(&mut self, up: i128, down: i128) {
        self.need = [self.need[0].min(up), self.need[1].min(down)];
    }
}

impl Oracle {
    /// `reach` is the largest distance that any target of the view needs.
    pub fn new(search: &Search<'_>, variables: &Variables, view: usize, reach: i128) -> Option<Self> {
        let (system, shape) = (search.system, &search.views[view]);
        let amounts: Vec<i64> = (0..system.atom_count())
            .flat_map(|atom| shape.components.iter().map(move |&component| system.amounts[component][atom]))
            .collect();
        let largest = amounts.iter().copied().max().unwrap_or(0) as f64;
        let scale = (largest / LARGEST_SCALED).max(1.0);
        let room: Vec<f64> = amounts.iter().map(|&amount| amount as f64 / scale).collect();
        // As the search's programmes allow.
        let cap = 4.0 * (largest + reach as f64) / scale + 8.0;
        let mut rows = Vec::new();
        for row in &shape.rows {
            let standing = || row.units.iter().map(|&unit| variables.standing[unit]);
            let is_shown = row.fixed || standing().any(|standing| standing == Standing::Shown);
            let open = standing().filter_map(|standing| match standing {
                Standing::Open(variable) => Some(variable),
                _ => None,
            });
            let open: Vec<usize> = if is_shown { Vec::new() } else { open.collect() };
            if is_shown || !open.is_empty() {
                let terms = system.sets[row.set].iter().flat_map(|&atom| {
                    let kind = shape.kinds[row.kind].iter();
                    kind.map(move |&(position, times)| {
                        (shape.column(atom as usize, position) as u32, times as f64)
                    })
                });
                rows.push(HeldRow::new(terms.collect(), open, &room, cap));
            }
        }
        Self::load(search, (scale, room, cap), rows)
    }

    fn load(
        search: &Search<'_>,
        (scale, room, cap): (f64, Vec<f64>, f64),
        mut rows: Vec<HeldRow>,
    ) -> Option<Self> {
        let mut programme = Programme::default();
        programme.columns.extend(room.iter().map(|&room| (0.0, -room, cap)));
        for row in &mut rows {
            let mut terms = row.terms.clone();
            if !row.variables.is_empty() {
                row.slack = programme.columns.len();
                terms.push((row.slack as u32, -1.0));
                programme.columns.push((0.0, 0.0, 0.0));
            }
            programme.rows.push((0.0, 0.0, terms));
        }
        let width = programme.columns.len();
        let run = search.solver.load(programme)?;
        let (slacks, costs) = (vec![0.0; width], vec![0.0; width]);
        Some(Self { run, scale, room, cap, rows, slacks, costs })
    }

    /// Columns and rows of a programme.
    pub fn lines(&self) -> usize {
        self.costs.len() + self.rows.len()
    }

    /// Whether the point leaves the goal's figure free to move as far as it must, with the table that moves it furthest.
    /// With `is_exact` shown rows are held, else they have the leeway that makes for good cuts.
    pub fn ask(
        &mut self,
        goal: &Goal,
        end: End,
        point: &[f64],
        is_exact: bool,
    ) -> (Answer, Option<Movement>) {
        let need = goal.need(end) as f64 / self.scale;
        let required = need * (1.0 - failing(&goal.conditions, point));
        if !self.prepare(need, point, is_exact) || !self.bound_own(goal, true) {
            return (Answer::Unknown, None);
        }
        for &(column, times) in &goal.form {
            self.costs[column as usize] = -end.sign() * times;
        }
        let outcome = self.run.minimise(&self.costs);
        for &(column, _) in &goal.form {
            self.costs[column as usize] = 0.0;
        }
        let is_restored = self.bound_own(goal, false);
        let Outcome::Optimal { columns, row_duals } = outcome else { return (Answer::Unknown, None) };
        if !is_restored {
            return (Answer::Unknown, None);
        }
        let movement = self.movement(columns, need);
        if end.sign() * goal.shift(&movement.differences) >= required * REACH {
            return (Answer::Reached, Some(movement));
        }
        match self.cut(goal, (end, need), &row_duals, point) {
            Some(cut) => (Answer::Broken(cut), Some(movement)),
            None => (Answer::Unknown, Some(movement)),
        }
    }

    fn movement(&self, mut differences: Vec<f64>, need: f64) -> Movement {
        differences.truncate(self.room.len());
        let stretch = [1.0, -1.0].map(|sign| {
            let columns = differences.iter().zip(&self.room);
            let of_one = |(&difference, &room): (&f64, &f64)| {
                let difference = sign * difference;
                if difference < -1e-9 { room / -difference } else { self.cap / difference.max(1e-9) }
            };
            columns.map(of_one).fold(f64::INFINITY, f64::min)
        });
        Movement { differences, need, stretch }
    }

    /// Whether a movement, stretched or reversed, answers another goal at the same point.
    pub fn answers(&self, movement: &Movement, goal: &Goal, end: End, point: &[f64]) -> bool {
        let need = goal.need(end) as f64 / self.scale;
        let factor = need / movement.need;
        let required = need * (1.0 - failing(&goal.conditions, point));
        let shift = end.sign() * factor * goal.shift(&movement.differences);
        let room = if shift > 0.0 { movement.stretch[0] } else { movement.stretch[1] };
        let leaves_own = |&(column, own): &(u32, i64)| {
            let difference = factor * shift.signum() * movement.differences[column as usize];
            difference >= -self.room_beside(column, own) - 1e-9
        };
        shift.abs() >= required * REACH && factor <= room && goal.own.iter().all(leaves_own)
    }

    /// How far a column may fall for whom has a part of it.
    fn room_beside(&self, column: u32, own: i64) -> f64 {
        (self.room[column as usize] - own as f64 / self.scale).max(0.0)
    }

    /// Sets, or takes away, the bounds that a contributor has.
    fn bound_own(&mut self, goal: &Goal, has_own: bool) -> bool {
        let bound = |&(column, own): &(u32, i64)| {
            let room = self.room_beside(column, if has_own { own } else { 0 });
            (column as usize, -room)
        };
        let bounds: Vec<(usize, f64)> = goal.own.iter().map(bound).collect();
        bounds.into_iter().all(|(column, lower)| self.run.bound(column, lower, self.cap))
    }

    /// Sets the bounds that a goal at a point has.
    fn prepare(&mut self, need: f64, point: &[f64], is_exact: bool) -> bool {
        let mut is_well = true;
        for row in self.rows.iter().filter(|row| !row.variables.is_empty()) {
            let withheld = row.withheld(point).1;
            let bound = if withheld > 1.0 - 1e-6 {
                f64::INFINITY
            } else if is_exact {
                if withheld < 1e-6 { 0.0 } else { need * withheld }
            } else {
                need * withheld.max(LEEWAY)
            };
            if self.slacks[row.slack].total_cmp(&bound).is_ne() {
                self.slacks[row.slack] = bound;
                is_well &= self.run.bound(row.slack, -bound, bound);
            }
        }
        is_well
    }

    /// The inequality that any multipliers give: for every table the attacker may think of, the figure's movement is the
    /// multipliers' sum of what the rows are off, and what the multipliers leave of the figure's own form.
    fn cut(&self, goal: &Goal, (end, need): (End, f64), duals: &[f64], point: &[f64]) -> Option<Cut> {
        let mut left = vec![0.0; self.room.len()];
        for &(column, times) in &goal.form {
            left[column as usize] += end.sign() * times;
        }
        let multipliers: Vec<f64> =
            duals.iter().map(|dual| if dual.abs() < NEGLIGIBLE { 0.0 } else { -dual }).collect();
        for (row, multiplier) in
            self.rows.iter().zip(&multipliers).filter(|(_, multiplier)| **multiplier != 0.0)
        {
            for &(column, times) in &row.terms {
                left[column as usize] -= multiplier * times;
            }
        }
        let mut room = self.room.clone();
        for &(column, own) in &goal.own {
            room[column as usize] = self.room_beside(column, own);
        }
        let mut lacking = need;
        for (&room, &times) in room.iter().zip(&left) {
            lacking -= if times > 0.0 { times * self.cap } else { -times * room };
        }
        if !lacking.is_finite() || lacking < need * 1e-4 {
            return None;
        }
        let held = self.rows.iter().zip(&multipliers);
        let terms: Vec<(usize, f64)> = held
            .filter(|(row, multiplier)| **multiplier != 0.0 && !row.variables.is_empty())
            .map(|(row, multiplier)| {
                let most = row.most[usize::from(*multiplier < 0.0)];
                (row.withheld(point).0, (multiplier.abs() * most / lacking).min(1.0))
            })
            .collect();
        let cut = Cut::new(&terms, &goal.conditions);
        cut.is_broken_by(point).then_some(cut)
    }
}

impl HeldRow {
    fn new(terms: Vec<(u32, f64)>, variables: Vec<usize>, room: &[f64], cap: f64) -> Self {
        let most = [1.0, -1.0].map(|sign: f64| {
            let of_one = |&(column, times): &(u32, f64)| {
                if sign * times > 0.0 { times.abs() * cap } else { times.abs() * room[column as usize] }
            };
            terms.iter().map(of_one).sum()
        });
        Self { terms, variables, slack: 0, most }
    }

    /// The variable that keeps the row shown, and how far it is withheld.
    fn withheld(&self, point: &[f64]) -> (usize, f64) {
        let least = self.variables.iter().min_by(|a, b| point[**a].total_cmp(&point[**b]));
        least.map_or((0, 0.0), |&variable| (variable, point[variable]))
    }
}
