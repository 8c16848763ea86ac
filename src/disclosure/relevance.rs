//! Which atoms a request can say anything about.
//!
//! Shown rows of earlier releases cut the atoms into components that nothing else links. Where no cell of the request
//! reaches into a component, the attacker learns nothing new about it: its secrets passed the audit of the releases
//! that made them, and need no second look. Nor does a cell that stays withheld as it was. (A secret in two components links
//! them.) So a release beside ten years of others costs what its own days cost.

use super::disjoint::DisjointSets;
use super::slice::figures;
use super::system::System;
use super::view::View;

/// For each atom, whether a cell of the request is linked to it through what is unknown.
pub(super) fn relevant(system: &System<'_>, view: &View) -> Vec<bool> {
    let atoms = system.atom_count();
    if system.past.is_empty() {
        return vec![true; atoms];
    }
    let mut links = Links::new(system, view);
    let mut order: Vec<u32> = (0..system.sets.len() as u32).collect();
    system.lattice.sort(&mut order);
    for set in order {
        links.add(set as usize);
    }
    // What a secret consists of protects it together.
    let width = view.components.len();
    for past in system.past.iter().filter(|past| !past.shown) {
        let mut nodes = Vec::new();
        (0..width).for_each(|position| links.collect(past.set, position, &mut nodes));
        links.sets.join(nodes.into_iter());
    }
    let mut is_reached = vec![false; atoms * width];
    for node in std::mem::take(&mut links.reached) {
        is_reached[links.sets.root(node) as usize] = true;
    }
    let mut reaches =
        |atom: usize| (0..width).any(|at| is_reached[links.sets.root((atom * width + at) as u32) as usize]);
    (0..atoms).map(&mut reaches).collect()
}

/// What stands for a set's figure in the rows of larger sets.
#[derive(Clone, Copy)]
enum Rest {
    /// It is known.
    Nothing,
    /// What of it is unknown is linked, to this one among others.
    Linked(u32),
    /// Nobody knows it: what it consists of.
    Parts,
}

/// What shown rows link: each is written with the sums it is made of, and of these only what is unknown counts.
struct Links<'a> {
    system: &'a System<'a>,
    view: &'a View,
    /// Over (atom, position).
    sets: DisjointSets,
    figures: Vec<Vec<(usize, i64)>>,
    /// For each kind of row its figure.
    figure_of: Vec<usize>,
    /// By set and figure.
    rests: Vec<Rest>,
    /// One of those that each row of the request links.
    reached: Vec<u32>,
}

impl<'a> Links<'a> {
    fn new(system: &'a System<'a>, view: &'a View) -> Self {
        let figures = figures(view);
        let figure_of = |kind: &Vec<(usize, i64)>| match kind[..] {
            [(position, _)] => position,
            _ => figures.iter().position(|figure| figure == kind).unwrap_or(0),
        };
        let figure_of = view.kinds.iter().map(figure_of).collect();
        let sets = DisjointSets::new(system.atom_count() * view.components.len());
        let rests = vec![Rest::Parts; system.sets.len() * figures.len()];
        Self { system, view, sets, figures, figure_of, rests, reached: Vec::new() }
    }

    /// The smaller sets come first.
    fn add(&mut self, set: usize) {
        let view = self.view;
        for figure in 0..self.figures.len() {
            let of_figure = |row: &&usize| self.figure_of[view.rows[**row].kind] == figure;
            let Some(row) = view.rows_of_set[set].iter().find(of_figure).map(|&row| &view.rows[row]) else {
                continue;
            };
            let is_asked = || row.units.iter().any(|&unit| !self.system.units[unit].tells_nothing());
            if !row.fixed && !is_asked() {
                continue;
            }
            let mut nodes = Vec::new();
            self.collect(set, figure, &mut nodes);
            let first = nodes.first().copied();
            self.sets.join(nodes.into_iter());
            self.contract_parts(set, figure);
            self.rests[set * self.figures.len() + figure] = match first.filter(|_| !row.fixed) {
                None => Rest::Nothing,
                Some(first) => {
                    self.reached.push(first);
                    Rest::Linked(first)
                }
            };
        }
    }

    /// What a row links is one from then on, also in other rows.
    fn contract_parts(&mut self, set: usize, figure: usize) {
        for &part in &self.system.lattice.sum(set).sets {
            let at = part as usize * self.figures.len() + figure;
            if matches!(self.rests[at], Rest::Parts) {
                let mut nodes = Vec::new();
                self.collect(part as usize, figure, &mut nodes);
                self.rests[at] = nodes.first().map_or(Rest::Nothing, |&node| Rest::Linked(node));
            }
        }
    }

    /// What of a set's figure is unknown.
    fn collect(&self, set: usize, figure: usize, nodes: &mut Vec<u32>) {
        match self.rests[set * self.figures.len() + figure] {
            Rest::Nothing => {}
            Rest::Linked(node) => nodes.push(node),
            Rest::Parts => {
                let (sum, width) = (self.system.lattice.sum(set), self.view.components.len());
                for &atom in &sum.atoms {
                    let terms = self.figures[figure].iter();
                    nodes.extend(terms.map(|&(position, _)| (atom as usize * width + position) as u32));
                }
                sum.sets.iter().for_each(|&part| self.collect(part as usize, figure, nodes));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::examples::later_request;
    use super::super::policy::Policy;
    use super::super::slice::{Hold, Part, Slice, outsider};
    use super::super::view::views;
    use super::*;

    /// By the attacker's own rows, written out.
    fn by_slice(system: &System<'_>, view: &View) -> Vec<bool> {
        let hold = |row: usize| {
            let row = &view.rows[row];
            if row.fixed {
                Hold::Fixed
            } else if row.units.iter().all(|&unit| system.units[unit].tells_nothing()) {
                Hold::Free
            } else {
                Hold::Elastic(1.0)
            }
        };
        let atoms = system.atom_count();
        let part = Part { system, view, atoms: (0..atoms as u32).collect(), reach: 0, own: &outsider };
        let slice = Slice::new(part, &hold);
        let mut linked = DisjointSets::new(slice.columns.len());
        for row in &slice.rows {
            linked.join(row.terms.iter().map(|term| term.0));
        }
        for past in system.past.iter().filter(|past| !past.shown) {
            linked.join(slice.columns_of(system, past.set).into_iter());
        }
        let mut is_reached = vec![false; slice.columns.len()];
        for &(slack, _) in &slice.slacks {
            is_reached[linked.root(slack) as usize] = true;
        }
        let width = view.components.len();
        let reaches =
            |atom: usize| (0..width).any(|at| is_reached[linked.root((atom * width + at) as u32) as usize]);
        (0..atoms).map(reaches).collect()
    }

    #[test]
    fn what_is_linked_is_what_the_attackers_rows_link() {
        let shapes: [&[(usize, bool)]; 3] =
            [&[(3, false), (4, false)], &[(6, true), (3, false)], &[(4, true), (2, false), (2, false)]];
        let mut of_both = [0, 0];
        for (shape, seed) in shapes.into_iter().flat_map(|shape| (0..40).map(move |seed| (shape, seed))) {
            for keeps_back in [false, true] {
                let policy = Policy { minimum_contributors: 3, keeps_back, ..Policy::default() };
                let mut request = later_request(shape, &[0, 1, 2], seed, &policy);
                // One cell in three, so that not everything is asked again.
                for table in &mut request.tables {
                    table.equations.clear();
                    let mut at = 0..;
                    table.cells.retain(|_| at.next().is_some_and(|at: u64| (at + seed).is_multiple_of(3)));
                }
                let system = System::new(&request, &[], &policy).expect("well formed");
                for view in &views(&system).0 {
                    let found = relevant(&system, view);
                    assert_eq!(found, by_slice(&system, view), "{shape:?} {seed}");
                    found.iter().for_each(|&is_relevant| of_both[usize::from(is_relevant)] += 1);
                }
            }
        }
        assert!(of_both.into_iter().all(|of| of > 200), "{of_both:?}");
    }
}
