//! A part of the attacker's problem: some atoms unknown, all others at their true values.
//!
//! Whoever is safe from an attacker who knows more is safe from one who knows less, so a witness found in a slice is
//! a witness of the whole problem. Slices keep the programmes small.

use std::collections::BTreeMap;

use super::programme::Programme;
use super::system::System;
use super::target::{Own, Target};
use super::view::View;
use super::witness::Witness;

/// Amounts are scaled to at most this.
const LARGEST_SCALED: f64 = 1e4;

pub(super) struct Slice {
    /// Ascending.
    pub atoms: Vec<u32>,
    /// For each atom its place in `atoms`, or `u32::MAX`.
    local: Vec<u32>,
    width: usize,
    pub scale: f64,
    /// What each column may fall by at most, in scaled units.
    room: Vec<f64>,
    /// What each column may rise by: enough for every target.
    cap: f64,
    /// Rows that are the same within the slice, together.
    pub rows: Vec<SliceRow>,
}

pub(super) struct SliceRow {
    pub terms: Vec<(u32, i64)>,
    /// The view's rows that it stands for.
    pub members: Vec<usize>,
}

impl Slice {
    /// `include` says which of the view's rows count; `reach` is the largest distance any target needs.
    pub fn new(
        system: &System<'_>,
        view: &View,
        atoms: Vec<u32>,
        include: &dyn Fn(usize) -> bool,
        reach: i128,
    ) -> Self {
        let mut local = vec![u32::MAX; system.atom_count()];
        for (index, &atom) in atoms.iter().enumerate() {
            local[atom as usize] = index as u32;
        }
        let amounts = || {
            atoms.iter().flat_map(|&atom| {
                view.components.iter().map(move |&component| system.amounts[component][atom as usize])
            })
        };
        let largest = amounts().max().unwrap_or(0) as f64;
        let scale = (largest / LARGEST_SCALED).max(1.0);
        let room: Vec<f64> = amounts().map(|amount| amount as f64 / scale).collect();
        let cap = 4.0 * (largest + reach as f64) / scale + 8.0;
        let rows = rows(system, view, &atoms, include);
        Self { local, width: view.components.len(), scale, room, cap, rows, atoms }
    }

    pub fn columns(&self) -> usize {
        self.room.len()
    }

    pub fn cap(&self) -> f64 {
        self.cap
    }

    /// The target's form over the slice's columns.
    pub fn form(&self, target: &Target) -> Vec<(u32, i64)> {
        let mut form = Vec::with_capacity(target.atoms.len() * target.terms.len());
        for &atom in &target.atoms {
            let local = self.local[atom as usize];
            if local != u32::MAX {
                form.extend(
                    target.terms.iter().map(|&(position, times)| (self.column(local, position), times)),
                );
            }
        }
        form
    }

    /// A programme over `columns` alone (ascending), without objective, with the rows among them held.
    pub fn programme(&self, columns: &[u32], rows: &[usize]) -> Programme {
        let place = |column: u32| columns.binary_search(&column).unwrap_or(0) as u32;
        Programme {
            columns: columns.iter().map(|&column| (0.0, -self.room[column as usize], self.cap)).collect(),
            rows: rows
                .iter()
                .map(|&row| {
                    let terms = &self.rows[row].terms;
                    (0.0, 0.0, terms.iter().map(|&(column, times)| (place(column), times as f64)).collect())
                })
                .collect(),
        }
    }

    /// The floor that an insider's own part puts under a column: (column, how far it may still fall).
    pub fn floor(&self, own: &Own) -> Option<(u32, f64)> {
        let local = self.local[own.atom as usize];
        let column = (local != u32::MAX).then(|| self.column(local, own.position))?;
        Some((column, (self.room[column as usize] - own.amount as f64 / self.scale).max(0.0)))
    }

    /// A solution over `columns` as a witness.
    pub fn witness(&self, columns: &[u32], solution: &[f64]) -> Witness {
        let differences = columns
            .iter()
            .zip(solution)
            .filter(|(_, difference)| difference.abs() > 1e-10)
            .map(|(&column, &difference)| {
                let (atom, position) = (column as usize / self.width, column as usize % self.width);
                (self.atoms[atom], position, difference.max(-self.room[column as usize]))
            })
            .collect();
        Witness { scale: self.scale, differences }
    }

    fn column(&self, local: u32, position: usize) -> u32 {
        local * self.width as u32 + position as u32
    }
}

fn rows(system: &System<'_>, view: &View, atoms: &[u32], include: &dyn Fn(usize) -> bool) -> Vec<SliceRow> {
    let width = view.components.len() as u32;
    let mut members: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (local, &atom) in atoms.iter().enumerate() {
        for &set in &system.sets_of_atom[atom as usize] {
            if view.rows_of_set[set as usize].iter().any(|&row| include(row)) {
                members.entry(set).or_default().push(local as u32);
            }
        }
    }
    let mut merged: BTreeMap<Vec<(u32, i64)>, Vec<usize>> = BTreeMap::new();
    for (set, locals) in members {
        for &row in view.rows_of_set[set as usize].iter().filter(|&&row| include(row)) {
            let kind = &view.kinds[view.rows[row].kind];
            let terms = locals
                .iter()
                .flat_map(|&local| {
                    kind.iter().map(move |&(position, times)| (local * width + position as u32, times))
                })
                .collect();
            merged.entry(terms).or_default().push(row);
        }
    }
    merged.into_iter().map(|(terms, members)| SliceRow { terms, members }).collect()
}
