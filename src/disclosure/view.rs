//! What the attacker does not know, when a given measure is the target: the unknown components and the rows over them.
//!
//! Side knowledge. A measure such as net = gross - discounts - refunds has its first component in the lead. When the
//! target is such a measure or the leading component itself, the attacker is taken to know the other components of
//! every atom, so that slack in refunds cannot pass for protection of net: only the leading component is unknown. For
//! the other components as targets nothing is taken as known, and all linked components are unknown together.

use std::collections::BTreeMap;

use super::request::MeasureTerms;
use super::system::System;

/// Everything released about one (set of atoms, combination of components).
#[derive(Debug)]
pub(super) struct Row {
    pub set: usize,
    pub kind: usize,
    /// Shown by an earlier release, or empty and shown as zero: known whatever we decide.
    pub fixed: bool,
    /// The units that would show it.
    pub units: Vec<usize>,
}

#[derive(Debug)]
pub(super) struct View {
    /// The unknown components; a column is an (atom, position in this list).
    pub components: Vec<usize>,
    /// The distinct combinations (position, coefficient) that released measures are of the unknown components.
    pub kinds: Vec<Vec<(usize, i64)>>,
    /// For each measure its kind, if it involves an unknown component.
    pub kind_of: Vec<Option<usize>>,
    pub rows: Vec<Row>,
    pub rows_of_set: Vec<Vec<usize>>,
}

/// The views of a system, and for each measure the one in which it is a target.
pub(super) fn views(system: &System<'_>) -> (Vec<View>, Vec<usize>) {
    let measures = &system.request.measures;
    let mut known: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
    let mut views = Vec::new();
    let mut view_of = Vec::with_capacity(measures.len());
    for measure in measures {
        let components = unknown_components(measure, measures);
        let view = *known.entry(components.clone()).or_insert_with(|| {
            views.push(View::new(system, components));
            views.len() - 1
        });
        view_of.push(view);
    }
    (views, view_of)
}

/// See the module: the leading component alone where it leads others, else all that are linked.
fn unknown_components(target: &MeasureTerms, measures: &[MeasureTerms]) -> Vec<usize> {
    let composed = || measures.iter().filter(|measure| measure.terms.len() > 1);
    let leading = target.terms[0].0;
    if composed().any(|measure| measure.terms[0].0 == leading) {
        return vec![leading];
    }
    let mut linked: Vec<usize> = target.terms.iter().map(|term| term.0).collect();
    loop {
        let before = linked.len();
        for measure in composed() {
            if measure.terms.iter().any(|term| linked.contains(&term.0)) {
                linked.extend(measure.terms.iter().map(|term| term.0));
            }
        }
        linked.sort_unstable();
        linked.dedup();
        if linked.len() == before {
            return linked;
        }
    }
}

impl View {
    fn new(system: &System<'_>, components: Vec<usize>) -> Self {
        let mut view = Self {
            components,
            kinds: Vec::new(),
            kind_of: Vec::new(),
            rows: Vec::new(),
            rows_of_set: vec![Vec::new(); system.sets.len()],
        };
        for measure in &system.request.measures {
            let kind = view.intern_kind(measure);
            view.kind_of.push(kind);
        }
        view.collect_rows(system);
        view
    }

    /// A measure over the unknown components, by position.
    pub fn terms(&self, measure: &MeasureTerms) -> Vec<(usize, i64)> {
        let position = |component| self.components.iter().position(|&known| known == component);
        let terms = measure.terms.iter();
        terms.filter_map(|&(component, times)| Some((position(component)?, times))).collect()
    }

    /// A column's number, within a list of atoms.
    pub fn column(&self, atom: usize, position: usize) -> usize {
        atom * self.components.len() + position
    }

    pub fn is_shown(&self, row: usize, shown: &[bool]) -> bool {
        self.rows[row].fixed || self.rows[row].units.iter().any(|&unit| shown[unit])
    }

    fn intern_kind(&mut self, measure: &MeasureTerms) -> Option<usize> {
        let mut terms = self.terms(measure);
        terms.sort_unstable();
        if let [only] = &mut terms[..] {
            only.1 = 1;
        }
        if terms.is_empty() {
            return None;
        }
        let known = self.kinds.iter().position(|kind| *kind == terms);
        Some(known.unwrap_or_else(|| {
            self.kinds.push(terms);
            self.kinds.len() - 1
        }))
    }

    fn collect_rows(&mut self, system: &System<'_>) {
        let mut known: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for (unit, decided) in system.units.iter().enumerate() {
            for kind in self.kinds_of(&decided.measures) {
                let row = self.row(&mut known, decided.set, kind);
                self.rows[row].units.push(unit);
            }
        }
        for past in system.past.iter().filter(|past| past.shown) {
            for kind in self.kinds_of(&past.measures) {
                let row = self.row(&mut known, past.set, kind);
                self.rows[row].fixed = true;
            }
        }
    }

    fn kinds_of(&self, measures: &[usize]) -> Vec<usize> {
        let mut kinds: Vec<usize> = measures.iter().filter_map(|&measure| self.kind_of[measure]).collect();
        kinds.sort_unstable();
        kinds.dedup();
        kinds
    }

    fn row(&mut self, known: &mut BTreeMap<(usize, usize), usize>, set: usize, kind: usize) -> usize {
        *known.entry((set, kind)).or_insert_with(|| {
            self.rows.push(Row { set, kind, fixed: false, units: Vec::new() });
            self.rows_of_set[set].push(self.rows.len() - 1);
            self.rows.len() - 1
        })
    }
}
