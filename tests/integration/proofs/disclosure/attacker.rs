//! Whoever kept every release: does arithmetic exactly, and linear programmes with a solver of their own.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use microlp::{ComparisonOp, Error, OptimizationDirection, Problem, SolveOutcome, Variable};

use super::exact::Known;
use super::shop::{FORMS, Levels, Line, Set, Shop, UNKNOWN, holds, members};

/// A shown figure: which measure of which atoms.
pub type Row = (Set, usize);

/// Amounts are scaled to about this; what rises by [`FAR`] is free.
const LARGEST: f64 = 1e3;
const FAR: f64 = 1e7;

/// What the solver's arithmetic may be off: a part of the distance, and of the scale.
const OFF: f64 = 1e-5;

/// What the attacker finds out about a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    Exact,
    Narrow,
    Safe,
    /// So near the level that only exact arithmetic could tell.
    Close,
}

pub struct Attacker<'s> {
    shop: &'s Shop,
    /// By the components that are unknown.
    views: BTreeMap<&'static [usize], View>,
}

/// What is known and what not, when certain components are unknown.
struct View {
    unknown: &'static [usize],
    known: Known,
    /// Rows that say something new each.
    rows: Vec<Vec<i64>>,
    /// What each column is in truth.
    truth: Vec<i64>,
    scale: f64,
    /// Differences from the truth that no row contradicts, scaled.
    possible: RefCell<Vec<Vec<f64>>>,
}

impl<'s> Attacker<'s> {
    pub fn new(shop: &'s Shop, rows: &[Row]) -> Self {
        let views = UNKNOWN.map(|unknown| (unknown, View::new(shop, unknown, rows)));
        Self { shop, views: views.into_iter().collect() }
    }

    fn view(&self, measure: usize) -> &View {
        &self.views[UNKNOWN[measure]]
    }

    pub fn is_exact(&self, (set, measure): Row) -> bool {
        let view = self.view(measure);
        view.known.gives(&view.form(self.shop, set, measure))
    }

    /// What comes of a secret.
    pub fn finds(&self, row: Row, levels: Levels) -> Found {
        if self.is_exact(row) {
            return Found::Exact;
        }
        self.reaches(row, levels, None)
    }

    /// Likewise, from one contributor who knows their own part of every atom.
    pub fn insider_interval(&self, row: Row, levels: Levels, who: u64) -> Found {
        let own: Vec<&Line> = self.shop.lines.iter().filter(|line| line.who == who).collect();
        let (set, measure) = row;
        let unknown = FORMS[measure].iter().filter(|term| UNKNOWN[measure].contains(&term.0));
        let within = own.iter().filter(|line| holds(set, line.atom));
        let mine: i64 =
            within.map(|line| unknown.clone().map(|term| term.1 * line.amounts[term.0]).sum::<i64>()).sum();
        let all: i64 = unknown.clone().map(|&(component, times)| times * self.shop.sum(set, component)).sum();
        let levels = Levels { down: levels.down.min(all - mine), ..levels };
        self.reaches(row, levels, Some(&own))
    }

    /// What amounts are divided by where a measure is the secret: the size of the arithmetic's grain.
    pub fn scale(&self, measure: usize) -> f64 {
        self.view(measure).scale
    }

    /// How far a figure can fall and rise; infinite where it is free.
    pub fn distances(&self, (set, measure): Row) -> [f64; 2] {
        let view = self.view(measure);
        let form = view.form(self.shop, set, measure);
        [-1.0, 1.0].map(|sign| view.farthest(&form, sign, &view.floors(self.shop, None)).unwrap_or(f64::NAN))
    }

    /// What of the levels there is room for at all, for an attacker who gave nothing or for one who did.
    pub fn room(&self, (set, measure): Row, levels: Levels, who: Option<u64>) -> Levels {
        let own =
            who.map(|who| self.shop.lines.iter().filter(|line| line.who == who).collect::<Vec<&Line>>());
        let view = self.view(measure);
        let form = view.form(self.shop, set, measure);
        let floors = view.floors(self.shop, own.as_deref());
        let room = |sign: f64, need: i64| {
            if need <= 0 || view.is_possible(&form, sign, need as f64, &floors) {
                return need;
            }
            view.farthest(&form, sign, &floors)
                .map_or(need, |most| need.min((most + OFF).floor().max(0.0) as i64))
        };
        Levels { up: room(1.0, levels.up), down: room(-1.0, levels.down) }
    }

    fn reaches(&self, (set, measure): Row, levels: Levels, own: Option<&[&Line]>) -> Found {
        let view = self.view(measure);
        let form = view.form(self.shop, set, measure);
        let floors = view.floors(self.shop, own);
        let mut found = Found::Safe;
        for (sign, need) in [(1.0, levels.up), (-1.0, levels.down)] {
            let need = need as f64;
            if need <= 0.0 || view.is_possible(&form, sign, need, &floors) {
                continue;
            }
            let Some(distance) = view.farthest(&form, sign, &floors) else { return Found::Close };
            let off = OFF * need.max(view.scale);
            if distance < need - off {
                return Found::Narrow;
            }
            if distance < need * (1.0 - 1e-9) {
                found = Found::Close;
            }
        }
        found
    }
}

impl View {
    fn new(shop: &Shop, unknown: &'static [usize], shown: &[Row]) -> Self {
        let truth: Vec<i64> = unknown
            .iter()
            .flat_map(|&component| (0..shop.atoms).map(move |atom| (component, atom)))
            .map(|(component, atom)| shop.sum(1 << atom, component))
            .collect();
        let largest = truth.iter().copied().max().unwrap_or(0) as f64;
        let mut view = Self {
            unknown,
            known: Known::default(),
            rows: Vec::new(),
            truth,
            scale: (largest / LARGEST).max(1.0),
            possible: RefCell::default(),
        };
        let distinct: BTreeSet<Vec<i64>> =
            shown.iter().map(|&(set, measure)| view.form(shop, set, measure)).collect();
        for row in distinct {
            if view.known.learn(&row) {
                view.rows.push(row);
            }
        }
        view
    }

    /// A figure as a sum over the columns.
    fn form(&self, shop: &Shop, set: Set, measure: usize) -> Vec<i64> {
        let mut form = vec![0; self.unknown.len() * shop.atoms];
        for &(component, times) in FORMS[measure] {
            if let Some(place) = self.unknown.iter().position(|&unknown| unknown == component) {
                members(set).for_each(|atom| form[place * shop.atoms + atom] = times);
            }
        }
        form
    }

    /// How far each column may fall, scaled: no amount is below zero, or below what is one's own.
    fn floors(&self, shop: &Shop, own: Option<&[&Line]>) -> Vec<f64> {
        let mut room = self.truth.clone();
        for line in own.unwrap_or_default() {
            for (place, &component) in self.unknown.iter().enumerate() {
                room[place * shop.atoms + line.atom] -= line.amounts[component];
            }
        }
        room.into_iter().map(|room| -(room as f64) / self.scale).collect()
    }

    /// Whether something thought of before moves the figure so far.
    fn is_possible(&self, form: &[i64], sign: f64, need: f64, floors: &[f64]) -> bool {
        let moves = |point: &&Vec<f64>| sign * self.moved(form, point) >= need;
        let stands = |point: &Vec<f64>| point.iter().zip(floors).all(|(by, floor)| *by >= floor - 1e-9);
        self.possible.borrow().iter().filter(moves).any(stands)
    }

    fn moved(&self, form: &[i64], point: &[f64]) -> f64 {
        form.iter().zip(point).map(|(&times, by)| times as f64 * by).sum::<f64>() * self.scale
    }

    /// How far the figure can move; `None` when the solver fails.
    fn farthest(&self, form: &[i64], sign: f64, floors: &[f64]) -> Option<f64> {
        let mut problem = Problem::new(OptimizationDirection::Maximize);
        let columns: Vec<Variable> = form
            .iter()
            .zip(floors)
            .map(|(&times, &floor)| problem.add_var(sign * times as f64, (floor, FAR)))
            .collect();
        for row in &self.rows {
            let terms = row.iter().zip(&columns).filter(|(times, _)| **times != 0);
            let terms: Vec<(Variable, f64)> = terms.map(|(&times, &column)| (column, times as f64)).collect();
            problem.add_constraint(terms, ComparisonOp::Eq, 0.0);
        }
        match problem.solve() {
            Ok(SolveOutcome::Solution(solution)) => {
                let point: Vec<f64> = columns.iter().map(|&column| solution.var_value(column)).collect();
                let moved = sign * self.moved(form, &point);
                if self.satisfies(&point) {
                    self.possible.borrow_mut().push(point);
                }
                Some(if moved > FAR / 10.0 * self.scale { f64::INFINITY } else { moved })
            }
            Err(Error::Unbounded) => Some(f64::INFINITY),
            _ => None,
        }
    }

    /// Whether no row contradicts it, by much less than a unit.
    fn satisfies(&self, point: &[f64]) -> bool {
        let is_off = |row: &Vec<i64>| self.moved(row, point).abs() > 1e-3;
        !self.rows.iter().any(is_off)
    }
}
