//! What the targets ask that a pattern itself makes.
//!
//! A sensitive remainder of a shown sum, or a sensitive difference of two shown cells, follows exactly where it is made:
//! it must not be made at all. A cell seen from beside a singleton is a target where the singleton is withheld.

use std::collections::BTreeSet;

use super::super::request::Equation;
use super::super::search::Search;
use super::super::sensitivity::Sensitivity;
use super::super::subject::{Released, Subject};
use super::super::target::Target;
use super::cut::{Cut, Literal};
use super::oracle::Goal;
use super::variables::{Standing, Variables};

/// Remainders with more undecided parts than this are not looked at in all their combinations.
const COMBINED: usize = 6;

pub(super) enum Demand {
    Goal(Goal),
    Cut(Cut),
    /// What made the target cannot be told from its subject.
    Unclear,
}

/// What a target asks of every pattern. Other targets than a pattern's stand whatever is shown.
pub(super) fn demand(search: &Search<'_>, variables: &Variables, target: &Target) -> Demand {
    let asked = match &target.subject {
        Subject::Cell { .. } | Subject::Earlier { .. } => {
            Some(Demand::Goal(Goal::new(search, target, Vec::new())))
        }
        Subject::Implied { table, total, parts } => remainder(search, variables, (*table, *total), parts),
        Subject::Difference { greater, lesser } => {
            let conditions =
                [greater, lesser].map(|released| of_released(search, variables, released, false));
            let conditions: Option<Vec<Vec<Literal>>> = conditions.into_iter().collect();
            conditions.map(|conditions| Demand::Cut(Cut::new(&[], &conditions.concat())))
        }
        Subject::Beside { cell, singleton } => beside(search, variables, target, (cell, singleton)),
    };
    asked.unwrap_or(Demand::Unclear)
}

/// The sums whose sensitive parts would follow from all others: a cut for each, before any pattern is tried.
pub(super) fn sums(search: &Search<'_>, variables: &Variables) -> Vec<Cut> {
    let tables = search.system.request.tables.iter().enumerate();
    let equations = tables.flat_map(|(table, of)| of.equations.iter().map(move |equation| (table, equation)));
    equations.filter_map(|(table, equation)| Sum::new(search, variables, table, equation)?.cut(&[])).collect()
}

fn remainder(
    search: &Search<'_>,
    variables: &Variables,
    (table, total): (usize, usize),
    parts: &[usize],
) -> Option<Demand> {
    let equations = search.system.request.tables[table].equations.iter();
    let fits = |equation: &&Equation| {
        equation.total == total && parts.iter().all(|part| equation.parts.contains(part))
    };
    let sum = Sum::new(search, variables, table, equations.into_iter().find(fits)?)?;
    let open: Vec<usize> = parts.iter().copied().filter(|part| sum.open.contains(part)).collect();
    sum.cut(&open).map(Demand::Cut)
}

fn beside(
    search: &Search<'_>,
    variables: &Variables,
    target: &Target,
    (cell, singleton): (&Released, &Released),
) -> Option<Demand> {
    let mut conditions = of_released(search, variables, singleton, true)?;
    conditions.extend(of_released(search, variables, cell, true)?);
    let Released::Cell { table, cell } = *cell else { return None };
    let set = search.system.units[search.system.unit_of[table][cell]].set;
    // A target that stands for several subjects asks the most of them; only this one's part is sure.
    let judged = search.system.sensitivity(set, target.measure, search.policy);
    let Sensitivity::Sensitive { up, down } = judged else { return None };
    let mut goal = Goal::new(search, target, conditions);
    goal.limit(up, down);
    Some(Demand::Goal(goal))
}

/// The condition that something is withheld, or shown; `None` when it never is.
fn of_released(
    search: &Search<'_>,
    variables: &Variables,
    released: &Released,
    withheld: bool,
) -> Option<Vec<Literal>> {
    let standing = match *released {
        Released::Cell { table, cell } => variables.standing[search.system.unit_of[table][cell]],
        Released::Earlier { .. } => Standing::Shown,
    };
    match standing {
        Standing::Open(variable) => Some(vec![(variable, withheld)]),
        Standing::Shown => (!withheld).then(Vec::new),
        Standing::Withheld => withheld.then(Vec::new),
    }
}

/// A total that may be shown, and its parts, none empty.
struct Sum<'a, 's> {
    search: &'a Search<'s>,
    variables: &'a Variables,
    table: usize,
    total: Vec<Literal>,
    sensitive: Vec<usize>,
    open: Vec<usize>,
}

impl<'a, 's> Sum<'a, 's> {
    /// `None` when the total is never shown, or is not the parts' sum.
    fn new(
        search: &'a Search<'s>,
        variables: &'a Variables,
        table: usize,
        equation: &Equation,
    ) -> Option<Self> {
        let candidate = &search.system.request.tables[table];
        let standing = |cell: usize| variables.standing[search.system.unit_of[table][cell]];
        let total = match standing(equation.total) {
            Standing::Open(variable) => vec![(variable, false)],
            Standing::Shown => Vec::new(),
            Standing::Withheld => return None,
        };
        let mut atoms: Vec<u32> =
            equation.parts.iter().flat_map(|&part| candidate.cells[part].atoms.iter().copied()).collect();
        atoms.sort_unstable();
        if atoms != candidate.cells[equation.total].atoms {
            return None;
        }
        let parts = || equation.parts.iter().copied();
        let sensitive = parts().filter(|&part| standing(part) == Standing::Withheld).collect();
        let open = parts().filter(|&part| matches!(standing(part), Standing::Open(_))).collect();
        Some(Self { search, variables, table, total, sensitive, open })
    }

    /// The total is withheld, or other open parts than these, or one of these is not; as strong as combinations of few
    /// parts make it. `None` when the remainder of these and the sensitive parts is not sensitive.
    fn cut(&self, withheld: &[usize]) -> Option<Cut> {
        if !self.is_sensitive(withheld) {
            return None;
        }
        let mut free: Vec<usize> = Vec::new();
        let mut bound: Vec<usize> = withheld.to_vec();
        // A part is free when the remainder is sensitive with it and without it, whatever the other free ones do.
        for &part in withheld.iter().filter(|_| withheld.len() <= COMBINED) {
            let others: Vec<usize> = bound.iter().copied().filter(|&other| other != part).collect();
            free.push(part);
            if self.always_sensitive(&others, &free) {
                bound = others;
            } else {
                free.pop();
            }
        }
        if bound.is_empty() {
            let mut others: Vec<usize> =
                self.open.iter().copied().filter(|part| !free.contains(part)).collect();
            others.sort_by_key(|&part| (self.variables.costs[self.variable(part)], part));
            for part in others {
                free.push(part);
                if free.len() > COMBINED || !self.always_sensitive(&[], &free) {
                    free.pop();
                }
            }
        }
        let shown = self.open.iter().filter(|part| !bound.contains(part) && !free.contains(part));
        let mut conditions = self.total.clone();
        conditions.extend(shown.map(|&part| (self.variable(part), false)));
        conditions.extend(bound.iter().map(|&part| (self.variable(part), true)));
        Some(Cut::new(&[], &conditions))
    }

    /// Whether the remainder is sensitive with any of the free parts; the last free one is new.
    fn always_sensitive(&self, bound: &[usize], free: &[usize]) -> bool {
        (0..1usize << free.len()).all(|chosen| {
            let parts = free.iter().enumerate().filter(|(at, _)| chosen >> at & 1 == 1);
            let parts: Vec<usize> = bound.iter().copied().chain(parts.map(|(_, &part)| part)).collect();
            self.is_sensitive(&parts)
        })
    }

    /// Whether these open parts and the sensitive ones may not be told together.
    fn is_sensitive(&self, open: &[usize]) -> bool {
        let (search, candidate) = (self.search, &self.search.system.request.tables[self.table]);
        match (self.sensitive.len(), self.sensitive.len() + open.len()) {
            (_, 0) | (0, 1) => return false,
            (1, 1) => return true,
            _ if !search.policy.implied_cells => return false,
            _ => {}
        }
        let parts = self.sensitive.iter().chain(open);
        let atoms: BTreeSet<u32> =
            parts.flat_map(|&part| candidate.cells[part].atoms.iter().copied()).collect();
        let profile = search.system.profile_of(&atoms.into_iter().collect::<Vec<_>>());
        candidate.measures.iter().any(|&measure| {
            profile.measures[measure].judge(search.system.measure(measure), search.policy).is_sensitive()
        })
    }

    fn variable(&self, part: usize) -> usize {
        match self.variables.standing[self.search.system.unit_of[self.table][part]] {
            Standing::Open(variable) => variable,
            // Only open parts are asked for.
            Standing::Shown | Standing::Withheld => usize::MAX,
        }
    }
}
