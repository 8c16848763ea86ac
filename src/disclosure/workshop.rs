//! A programme whose shown rows may be disturbed at the cost of the cells that show them, kept for one target after the
//! other: from the last solution the simplex is soon at the next.

use super::abreast::Wish;
use super::programme::{Outcome, Run};
use super::search::Search;
use super::slice::{Hold, Part, Slice, outsider};
use super::target::End;

/// What a scaled unit of a distance is worth: more than any sensible way to reach it costs.
const REWARD: f64 = 2e4;

pub(super) struct Workshop {
    pub slice: Slice,
    /// Absent when it cannot be loaded.
    run: Option<Box<dyn Run>>,
}

impl Workshop {
    /// The square of the programme's lines: what a solution takes, more or less.
    pub fn effort(&self) -> u64 {
        ((self.slice.columns.len() + self.slice.rows.len()) as u64).pow(2)
    }
}

impl Search<'_> {
    /// A programme with the withheld atoms, those of the open targets, and `size` more varying.
    pub fn workshop(&self, view: usize, open: &[(usize, End)], size: usize) -> Workshop {
        let targets: Vec<usize> = open.iter().map(|&(target, _)| target).collect();
        let slice = self.elastic_slice(view, self.neighbourhood(view, &targets, size), &outsider);
        let run = self.solver.load(slice.whole_programme());
        Workshop { slice, run }
    }

    /// Moves an end as far as it needs, where that is possible, at the least cost under the present pattern.
    pub fn move_towards(&mut self, workshop: &mut Workshop, (target, end): (usize, End)) -> Option<Vec<f64>> {
        let need = self.targets[target].need(end) as f64;
        self.move_towards_for(workshop, (target, end), need, &[])
    }

    /// Likewise, so far, while some contributors have their own parts.
    pub fn move_towards_for(
        &mut self,
        workshop: &mut Workshop,
        (target, end): (usize, End),
        need: f64,
        of: &[u32],
    ) -> Option<Vec<f64>> {
        self.programmes += 1;
        self.moved(workshop, &self.shown, (target, end), need, of)
    }

    /// Likewise, under a given pattern.
    pub fn moved(
        &self,
        workshop: &mut Workshop,
        shown: &[bool],
        (target, end): (usize, End),
        need: f64,
        of: &[u32],
    ) -> Option<Vec<f64>> {
        let Workshop { slice, run: Some(run) } = workshop else { return None };
        let wish = self.wish(slice, shown, (target, end), need);
        let columns: Vec<u32> = (0..slice.columns.len() as u32).collect();
        let part = (&*slice, &columns[..]);
        let own = self.own(self.targets[target].view, of, slice.atoms());
        match self.with_floors(part, run.as_mut(), &own, |run| wish.ask(run)) {
            Outcome::Optimal { columns, .. } => Some(columns),
            Outcome::Infeasible | Outcome::Failed => None,
        }
    }

    /// An end moved so far, at the least cost under a pattern.
    pub fn wish(&self, slice: &Slice, shown: &[bool], (target, end): (usize, End), need: f64) -> Wish {
        let stated = &self.targets[target];
        let mut costs: Vec<f64> = slice.columns.iter().map(|column| column.0).collect();
        for &(slack, row) in &slice.slacks {
            let cost = self.row_weight(stated.view, row, shown);
            (costs[slack as usize], costs[slack as usize + 1]) = (cost, cost);
        }
        let form = slice.form(self.system, stated).into_iter();
        let form: Vec<(u32, f64)> = form.map(|(column, times)| (column, end.sign() * times as f64)).collect();
        Wish { costs, form, need: need / slice.scale, reward: REWARD }
    }

    /// Every row that could be shown may be disturbed; those of earlier releases stand. `own` as in [`Part`].
    pub fn elastic_slice(&self, view: usize, atoms: Vec<u32>, own: &dyn Fn(u32, usize) -> i64) -> Slice {
        let shape = &self.views[view];
        let hold = |row: usize| {
            let of_row = &shape.rows[row];
            if of_row.fixed {
                return Hold::Fixed;
            }
            let is_free = of_row.units.iter().all(|&unit| !self.system.units[unit].is_candidate());
            if is_free { Hold::Free } else { Hold::Elastic(self.row_weight(view, row, &self.shown)) }
        };
        let reach = self.reach(view);
        Slice::new(Part { system: self.system, view: shape, atoms, reach, own }, &hold)
    }

    fn row_weight(&self, view: usize, row: usize, shown: &[bool]) -> f64 {
        let units = self.views[view].rows[row].units.iter();
        units.filter(|&&unit| shown[unit]).map(|&unit| self.weight(unit)).sum()
    }
}
