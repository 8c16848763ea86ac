//! A part of the attacker's problem: some atoms unknown, all others at their true values.
//!
//! Whoever is safe from an attacker who knows more is safe from one who knows less, so a witness found in a slice is
//! a witness of the whole problem. Slices keep the programmes small, and the lattice keeps them sparse: a row is
//! written with the smaller sums it is made of. Unknowns are differences from the truth.

use std::collections::BTreeMap;

use super::system::System;
use super::target::Target;
use super::view::View;

/// Amounts are scaled to at most this.
const LARGEST_SCALED: f64 = 1e4;

/// A sum of at most so many columns is written out where it is used, and gets no column of its own.
const WRITTEN_OUT: usize = 4;

/// What a programme does with a row of the view.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Hold {
    /// Nobody knows it.
    Free,
    /// It stands.
    Fixed,
    /// It may be disturbed at this cost for each unit.
    Elastic(f64),
}

/// Columns with their coefficients.
pub(super) type Terms = Vec<(u32, i64)>;

pub(super) struct Slice {
    /// Ascending.
    atoms: Vec<u32>,
    /// How many positions an atom has.
    pub width: usize,
    /// What is written of each set: each position alone, then what measures are composed of them.
    figures: usize,
    pub scale: f64,
    /// (cost, lower, upper) of each column; the unknowns first, by atom and position.
    pub columns: Vec<(f64, f64, f64)>,
    /// What each column may rise by: enough for every target.
    cap: f64,
    /// Each is zero.
    pub rows: Vec<SliceRow>,
    /// The first of each elastic row's two columns, with the view's row.
    pub slacks: Vec<(u32, usize)>,
    /// For each set, its place among those of which an atom varies; [`NOWHERE`] for the others.
    places: Vec<u32>,
    /// What each of those is in terms of columns, by place and figure: nothing where it stands; `None` where no row
    /// needs it.
    of_sets: Vec<Option<Written>>,
}

/// The place of a set that does not vary.
const NOWHERE: u32 = u32::MAX;

/// A set in terms of columns.
#[derive(Clone, Default)]
struct Written {
    terms: Terms,
    /// Rows of the view whose being fixed left something out.
    used: Vec<usize>,
}

pub(super) struct SliceRow {
    pub terms: Terms,
    /// The view's rows that it stands for: any of them; none for a mere definition.
    pub members: Vec<usize>,
    /// Rows of the view that were used to leave terms out.
    pub used: Vec<usize>,
}

/// What a slice is made of.
pub(super) struct Part<'a> {
    pub system: &'a System<'a>,
    pub view: &'a View,
    /// Those that vary, ascending.
    pub atoms: Vec<u32>,
    /// The largest distance any target needs.
    pub reach: i128,
    /// What of an atom's amount, by position, the attacker knows to be there: their own.
    pub own: &'a dyn Fn(u32, usize) -> i64,
}

/// The attacker contributed nothing.
pub(super) fn outsider(_: u32, _: usize) -> i64 {
    0
}

impl Slice {
    pub fn new(part: Part<'_>, hold: &dyn Fn(usize) -> Hold) -> Self {
        let Part { system, view, atoms, reach, own } = part;
        let width = view.components.len();
        let amount = |atom: u32, position: usize| system.amounts[view.components[position]][atom as usize];
        let each = || atoms.iter().flat_map(|&atom| (0..width).map(move |position| (atom, position)));
        let largest = each().map(|(atom, position)| amount(atom, position)).max().unwrap_or(0) as f64;
        let scale = (largest / LARGEST_SCALED).max(1.0);
        let cap = 4.0 * (largest + reach as f64) / scale + 8.0;
        let columns = each().map(|(atom, position)| {
            let room = (amount(atom, position) - own(atom, position)).max(0) as f64 / scale;
            (0.0, -room, cap)
        });
        let columns = columns.collect();
        let rows = Vec::new();
        let (slacks, places, of_sets) = (Vec::new(), Vec::new(), Vec::new());
        let figures = width;
        let mut slice = Self { atoms, width, figures, scale, columns, cap, rows, slacks, places, of_sets };
        Rows::new(system, view, &mut slice).add(hold);
        slice
    }

    /// Those that vary, ascending.
    pub fn atoms(&self) -> &[u32] {
        &self.atoms
    }

    /// Whose unknown a column is; none's if it is a sum's.
    pub fn atom_of(&self, column: u32) -> Option<u32> {
        self.atoms.get(column as usize / self.width).copied()
    }

    pub fn cap(&self) -> f64 {
        self.cap
    }

    /// The target's form over the slice's columns.
    pub fn form(&self, system: &System<'_>, target: &Target) -> Terms {
        self.form_with_used(system, target).0
    }

    /// Likewise, with the rows of the view whose being fixed left something out of it.
    pub fn form_with_used(&self, system: &System<'_>, target: &Target) -> (Terms, Vec<usize>) {
        self.form_of(system, &target.form, &target.terms)
    }

    /// Likewise, of any combination of sets.
    pub fn form_of(
        &self,
        system: &System<'_>,
        sets: &[(u32, i64)],
        terms: &[(usize, i64)],
    ) -> (Terms, Vec<usize>) {
        let (mut form, mut used) = (BTreeMap::new(), Vec::new());
        for &(set, sign) in sets {
            for &(position, times) in terms {
                self.write_out(system, (set as usize, position), sign * times, (&mut form, &mut used));
            }
        }
        (form.into_iter().filter(|term| term.1 != 0).collect(), used)
    }

    /// The columns that a set's figures depend on.
    #[cfg(test)]
    pub fn columns_of(&self, system: &System<'_>, set: usize) -> Vec<u32> {
        let (mut form, mut used) = (BTreeMap::new(), Vec::new());
        for position in 0..self.width {
            self.write_out(system, (set, position), 1, (&mut form, &mut used));
        }
        form.into_keys().collect()
    }

    /// Down to what has columns.
    fn write_out(
        &self,
        system: &System<'_>,
        (set, position): (usize, usize),
        times: i64,
        (into, used): (&mut BTreeMap<u32, i64>, &mut Vec<usize>),
    ) {
        let mut add = |terms: &[(u32, i64)]| {
            terms.iter().for_each(|&(column, by)| *into.entry(column).or_insert(0) += times * by);
        };
        if self.places[set] == NOWHERE {
            return;
        }
        if let Some(written) = &self.of_sets[self.places[set] as usize * self.figures + position] {
            used.extend(&written.used);
            return add(&written.terms);
        }
        let sum = system.lattice.sum(set);
        for &atom in &sum.atoms {
            if let Ok(local) = self.atoms.binary_search(&atom) {
                add(&[self.of_atom(local, position)]);
            }
        }
        for &part in &sum.sets {
            self.write_out(system, (part as usize, position), times, (&mut *into, &mut *used));
        }
    }

    /// The column of an atom's unknown, when it varies.
    pub fn column_of(&self, atom: u32, position: usize) -> Option<u32> {
        let local = self.atoms.binary_search(&atom).ok()?;
        Some(self.of_atom(local, position).0)
    }

    fn of_atom(&self, local: usize, position: usize) -> (u32, i64) {
        ((local * self.width + position) as u32, 1)
    }
}

/// Writes the view's rows over a slice's columns.
struct Rows<'a> {
    system: &'a System<'a>,
    view: &'a View,
    slice: &'a mut Slice,
    /// Rows with the same terms, together.
    known: BTreeMap<Terms, usize>,
    /// The sets with an atom that varies, in the lattice's order.
    varying: Vec<u32>,
    /// The slice's figures, each over positions.
    figures: Vec<Vec<(usize, i64)>>,
    /// Figures that no column stands for yet, by their place in the slice's `of_sets`, over columns.
    undefined: BTreeMap<usize, (Terms, Vec<usize>)>,
}

/// The positions of a view, and the combinations that its rows are of. One row of a combination may follow from others of
/// the same, though none of its positions does.
pub(super) fn figures(view: &View) -> Vec<Vec<(usize, i64)>> {
    let positions = (0..view.components.len()).map(|position| vec![(position, 1)]);
    positions.chain(view.kinds.iter().filter(|kind| kind.len() > 1).cloned()).collect()
}

impl<'a> Rows<'a> {
    fn new(system: &'a System<'a>, view: &'a View, slice: &'a mut Slice) -> Self {
        slice.places = vec![NOWHERE; system.sets.len()];
        let mut varying = Vec::new();
        for &set in slice.atoms.iter().flat_map(|&atom| &system.sets_of_atom[atom as usize]) {
            if std::mem::replace(&mut slice.places[set as usize], 0) == NOWHERE {
                varying.push(set);
            }
        }
        system.lattice.sort(&mut varying);
        for (place, &set) in (0..).zip(&varying) {
            slice.places[set as usize] = place;
        }
        let figures = figures(view);
        slice.figures = figures.len();
        slice.of_sets = vec![None; varying.len() * figures.len()];
        Self { system, view, slice, figures, known: BTreeMap::new(), varying, undefined: BTreeMap::new() }
    }

    fn add(&mut self, hold: &dyn Fn(usize) -> Hold) {
        let varying = std::mem::take(&mut self.varying);
        let is_held =
            |&set: &u32| self.view.rows_of_set[set as usize].iter().any(|&row| hold(row) != Hold::Free);
        let mut needed: Vec<bool> = varying.iter().map(is_held).collect();
        for at in (0..varying.len()).rev() {
            if !needed[at] {
                continue;
            }
            let parts = self.system.lattice.sum(varying[at] as usize).sets.iter();
            for part in parts.filter(|&&part| self.slice.places[part as usize] != NOWHERE) {
                needed[self.slice.places[*part as usize] as usize] = true;
            }
        }
        for (set, _) in varying.into_iter().zip(needed).filter(|(_, needed)| *needed) {
            self.add_set(set as usize, hold);
        }
    }

    fn add_set(&mut self, set: usize, hold: &dyn Fn(usize) -> Hold) {
        let rows = &self.view.rows_of_set[set];
        let place = self.slice.places[set] as usize * self.figures.len();
        for figure in 0..self.figures.len() {
            let (terms, used) = self.terms(set, figure);
            let is_of_figure = |&row: &usize| self.figure_of(row) == Some(figure);
            let of_figure: Vec<usize> = rows.iter().copied().filter(is_of_figure).collect();
            let held = of_figure.first().map_or(Hold::Free, |&row| hold(row));
            let written = match held {
                _ if terms.is_empty() => {
                    let own = of_figure.iter().copied().filter(|&row| hold(row) == Hold::Fixed).take(1);
                    let own: Vec<usize> = own.collect();
                    Written { terms, used: if own.is_empty() { used } else { own } }
                }
                Hold::Fixed => {
                    let own = of_figure.first().copied().into_iter().collect();
                    self.add_row(terms, of_figure, used);
                    Written { terms: Terms::new(), used: own }
                }
                Hold::Elastic(cost) => {
                    let slack = self.slack(of_figure[0], cost);
                    let difference = terms.into_iter().chain(slack.iter().map(|&(column, by)| (column, -by)));
                    self.add_row(difference.collect(), of_figure, used);
                    Written { terms: slack.to_vec(), used: Vec::new() }
                }
                Hold::Free if terms.len() <= WRITTEN_OUT => Written { terms, used },
                Hold::Free => {
                    self.undefined.insert(place + figure, (terms, used));
                    // Where figures are composed, a column that nothing needs would link what is not linked; elsewhere
                    // it keeps the targets short.
                    if self.figures.len() == 1 {
                        self.define(place + figure);
                    }
                    continue;
                }
            };
            self.slice.of_sets[place + figure] = Some(written);
        }
    }

    /// The figure that a row of the view is of.
    fn figure_of(&self, row: usize) -> Option<usize> {
        match self.view.kinds[self.view.rows[row].kind][..] {
            [(position, _)] => Some(position),
            ref kind => self.figures.iter().position(|figure| figure == kind),
        }
    }

    /// A set's figure over columns, and the rows of the view whose being fixed left terms out.
    fn terms(&mut self, set: usize, figure: usize) -> (Terms, Vec<usize>) {
        let sum = self.system.lattice.sum(set);
        let mut terms = Terms::new();
        for &atom in &sum.atoms {
            if let Ok(local) = self.slice.atoms.binary_search(&atom) {
                for &(position, times) in &self.figures[figure] {
                    terms.push((self.slice.of_atom(local, position).0, times));
                }
            }
        }
        let mut used = Vec::new();
        for &part in &sum.sets {
            let place = self.slice.places[part as usize];
            if place == NOWHERE {
                continue;
            }
            let at = place as usize * self.figures.len() + figure;
            self.define(at);
            if let Some(written) = &self.slice.of_sets[at] {
                terms.extend(&written.terms);
                used.extend(&written.used);
            }
        }
        terms.sort_unstable();
        (terms, used)
    }

    /// A figure that nothing holds, and of more columns than are written out, becomes a column once another is made of it.
    fn define(&mut self, at: usize) {
        let Some((terms, used)) = self.undefined.remove(&at) else { return };
        let column = self.slice.columns.len() as u32;
        self.slice.columns.push((0.0, f64::NEG_INFINITY, f64::INFINITY));
        self.add_row(terms.into_iter().chain([(column, -1)]).collect(), Vec::new(), used);
        self.slice.of_sets[at] = Some(Written { terms: vec![(column, 1)], used: Vec::new() });
    }

    fn slack(&mut self, row: usize, cost: f64) -> [(u32, i64); 2] {
        let over = self.slice.columns.len() as u32;
        self.slice.slacks.push((over, row));
        self.slice.columns.extend([(cost, 0.0, f64::INFINITY); 2]);
        [(over, 1), (over + 1, -1)]
    }

    fn add_row(&mut self, terms: Terms, members: Vec<usize>, used: Vec<usize>) {
        let at = *self.known.entry(terms).or_insert_with_key(|terms| {
            self.slice.rows.push(SliceRow { terms: terms.clone(), members: Vec::new(), used });
            self.slice.rows.len() - 1
        });
        self.slice.rows[at].members.extend(members);
    }
}
