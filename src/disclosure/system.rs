//! The request, indexed: every distinct set of atoms once, every distinct decision once.
//!
//! A *unit* is what one decision is about: a set of atoms with a list of measures. Cells of different tables that are
//! the same unit are shown or withheld together.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::amounts::Amounts;
use super::error::Error;
use super::jagged::Jagged;
use super::lattice::Lattice;
use super::lines::Lines;
use super::policy::{Cost, Policy};
use super::request::{CandidateTable, Judgement, MeasureTerms, Request};
use super::scratch::Scratch;
use super::sensitivity::{Profile, Sensitivity};
use super::threads::{ABREAST, side_by_side};

/// One decision.
#[derive(Debug)]
pub(super) struct Unit {
    pub set: usize,
    pub measures: Vec<usize>,
    /// Nobody contributed: shown as zero, known.
    pub empty: bool,
    /// Sensitive by the primary rules.
    pub primary: bool,
    /// Earlier releases withheld all of its figures: none of them is a new secret.
    pub withheld_before: bool,
    /// An equation of the request holds it, and may make a new secret of it and others together.
    pub is_in_a_sum: bool,
    /// Withheld by an earlier release, and so by this one.
    pub kept_back: bool,
    /// What withholding it costs, in the policy's terms.
    pub cost: i128,
    /// Only a reserved table asks for it: nobody sees it with this release.
    pub reserved: bool,
    /// First table that asks for it, and the cell there; reserved tables stand behind the request's own.
    pub table: usize,
    pub cell: usize,
}

/// A cell of an earlier release, indexed.
#[derive(Debug)]
pub(super) struct Past {
    pub set: usize,
    pub measures: Vec<usize>,
    pub shown: bool,
}

impl Unit {
    /// Whether it may be shown at all.
    pub fn is_candidate(&self) -> bool {
        !self.primary && !self.kept_back
    }

    /// Whether it stays as withheld as it was before this release.
    pub fn tells_nothing(&self) -> bool {
        !self.is_candidate() && self.withheld_before && !self.is_in_a_sum
    }
}

#[derive(Debug)]
pub(super) struct System<'r> {
    pub request: &'r Request,
    /// Distinct sets of atoms, each ascending.
    pub sets: Vec<&'r [u32]>,
    /// For each atom, the sets that hold it.
    pub sets_of_atom: Jagged,
    pub lattice: Lattice,
    /// Each made when it is asked for: of most earlier sets nobody asks.
    profiles: Vec<OnceLock<Profile>>,
    pub units: Vec<Unit>,
    /// For each table and cell, its unit.
    pub unit_of: Vec<Vec<usize>>,
    pub past: Vec<Past>,
    lines: Lines<'r>,
    /// For each component, each atom's sum.
    pub amounts: Vec<Vec<i64>>,
    /// What the caller says of a set's (measure), where it says anything.
    judged: BTreeMap<(usize, usize), Judgement>,
    pub scratch: Scratch,
}

impl<'r> System<'r> {
    /// # Errors
    /// [`Error::Malformed`] when the request contradicts its own documentation.
    pub fn new(request: &'r Request, judgements: &[Vec<Judgement>], policy: &Policy) -> Result<Self, Error> {
        check(request)?;
        let judged = judgements.iter().zip(&request.tables);
        if judged.clone().any(|(of_table, table)| of_table.len() != table.cells.len()) {
            return Err(Error::Malformed("the judgements do not fit the tables"));
        }
        let atoms = atom_count(request);
        let mut system = Self {
            request,
            sets: Vec::new(),
            sets_of_atom: Jagged::default(),
            lattice: Lattice::default(),
            profiles: Vec::new(),
            units: Vec::new(),
            unit_of: Vec::new(),
            past: Vec::new(),
            lines: Lines::new(request, atoms),
            amounts: amounts(request, atoms)?,
            judged: BTreeMap::new(),
            scratch: Scratch::default(),
        };
        system.index(judgements, policy);
        system.sets_of_atom = Jagged::inverse(&system.sets, atoms);
        system.lattice = Lattice::new(&system.sets, atoms);
        Ok(system)
    }

    pub fn atom_count(&self) -> usize {
        self.sets_of_atom.len()
    }

    /// A table of the request, or behind those a reserved one.
    pub fn table(&self, table: usize) -> &CandidateTable {
        let own = self.request.tables.len();
        if table < own { &self.request.tables[table] } else { &self.request.reserved[table - own] }
    }

    pub fn profile(&self, set: usize) -> &Profile {
        self.profiles[set].get_or_init(|| self.profile_of(self.sets[set]))
    }

    /// The profile of any atoms.
    pub fn profile_of(&self, atoms: &[u32]) -> Profile {
        Profile::of(&self.lines, atoms)
    }

    /// A set's figure, without its profile.
    pub fn sum(&self, set: usize, measure: usize) -> i128 {
        let of_term = |&(component, times): &(usize, i64)| -> i128 {
            let amounts =
                self.sets[set].iter().map(|&atom| i128::from(self.amounts[component][atom as usize]));
            amounts.sum::<i128>() * i128::from(times)
        };
        self.measure(measure).terms.iter().map(of_term).sum()
    }

    pub fn lines(&self) -> &Lines<'r> {
        &self.lines
    }

    pub fn measure(&self, measure: usize) -> &MeasureTerms {
        &self.request.measures[measure]
    }

    /// What the primary rules, or the caller's own judgement, say of a set's figure.
    pub fn sensitivity(&self, set: usize, measure: usize, policy: &Policy) -> Sensitivity {
        let (figures, terms) = (&self.profile(set).measures[measure], self.measure(measure));
        match self.judged.get(&(set, measure)) {
            None => figures.judge(terms, policy),
            Some(judgement) => figures.judge_as(judgement, terms, policy),
        }
    }

    fn index(&mut self, judgements: &[Vec<Judgement>], policy: &Policy) {
        let request = self.request;
        let mut known: HashMap<&'r [u32], usize> = HashMap::new();
        let mut units: BTreeMap<(usize, Vec<usize>), usize> = BTreeMap::new();
        for cell in request.tables.iter().chain(&request.reserved).flat_map(|candidate| &candidate.cells) {
            self.intern(&mut known, &cell.atoms);
        }
        self.make_profiles();
        for (table, candidate) in request.tables.iter().chain(&request.reserved).enumerate() {
            let mut of_table = Vec::with_capacity(candidate.cells.len());
            let mut measures = candidate.measures.clone();
            measures.sort_unstable();
            measures.dedup();
            for (cell, asked) in candidate.cells.iter().enumerate() {
                let set = self.intern(&mut known, &asked.atoms);
                let judgement = judgements.get(table).map(|of_table| &of_table[cell]);
                if let Some(known) = judgement.filter(|judgement| **judgement != Judgement::default()) {
                    for &measure in &measures {
                        self.judged.entry((set, measure)).or_insert_with(|| known.clone());
                    }
                }
                let unit = *units.entry((set, measures.clone())).or_insert_with(|| {
                    let unit = self.unit(set, &measures, (table, cell), policy);
                    self.units.push(unit);
                    self.units.len() - 1
                });
                of_table.push(unit);
            }
            self.unit_of.push(of_table);
        }
        for earlier in &request.earlier {
            let set = self.intern(&mut known, &earlier.atoms);
            self.past.push(Past { set, measures: earlier.measures.clone(), shown: earlier.shown });
        }
        for (candidate, unit_of) in request.tables.iter().zip(&self.unit_of) {
            for equation in &candidate.equations {
                let cells = equation.parts.iter().chain([&equation.total]);
                cells.for_each(|&cell| self.units[unit_of[cell]].is_in_a_sum = true);
            }
        }
        self.look_back(policy);
    }

    /// Makes the profiles of all sets that are known, large ones first.
    fn make_profiles(&self) {
        let mut order: Vec<usize> = (0..self.sets.len()).collect();
        order.sort_by_key(|&set| Reverse(self.sets[set].len()));
        let next = AtomicUsize::new(0);
        side_by_side((0..ABREAST).collect(), |_: usize| {
            while let Some(&set) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                self.profile(set);
            }
        });
    }

    fn look_back(&mut self, policy: &Policy) {
        let figures_of = |shown: bool| -> HashSet<(usize, usize)> {
            let of = self.past.iter().filter(|past| past.shown == shown);
            of.flat_map(|past| past.measures.iter().map(|&measure| (past.set, measure))).collect()
        };
        let (shown, withheld) = (figures_of(true), figures_of(false));
        for unit in &mut self.units {
            let is_withheld = |figure: &(usize, usize)| withheld.contains(figure) && !shown.contains(figure);
            let mut figures = unit.measures.iter().map(|&measure| (unit.set, measure));
            unit.withheld_before = figures.clone().all(|figure| is_withheld(&figure));
            unit.kept_back = policy.keeps_back && figures.any(|figure| is_withheld(&figure));
        }
    }

    fn intern(&mut self, known: &mut HashMap<&'r [u32], usize>, atoms: &'r [u32]) -> usize {
        *known.entry(atoms).or_insert_with(|| {
            let set = self.sets.len();
            self.profiles.push(OnceLock::new());
            self.sets.push(atoms);
            set
        })
    }

    fn unit(&self, set: usize, measures: &[usize], first: (usize, usize), policy: &Policy) -> Unit {
        let profile = self.profile(set);
        let empty = profile.contributors == 0;
        let primary =
            !empty && measures.iter().any(|&measure| self.sensitivity(set, measure, policy).is_sensitive());
        let cost = match policy.cost {
            Cost::Value => {
                let first = self.table(first.0).measures.first();
                first.map_or(1, |&measure| profile.measures[measure].magnitude)
            }
            Cost::Count => i128::from(profile.contributors),
            Cost::Cells => 1,
        };
        let reserved = first.0 >= self.request.tables.len();
        Unit {
            set,
            measures: measures.to_vec(),
            empty,
            primary,
            withheld_before: false,
            is_in_a_sum: false,
            kept_back: false,
            cost,
            reserved,
            table: first.0,
            cell: first.1,
        }
    }
}

pub(super) fn check(request: &Request) -> Result<(), Error> {
    let malformed = |what| Err(Error::Malformed(what));
    let data = &request.data;
    if data.atoms.len() > u32::MAX as usize {
        return malformed("there are more than 4,294,967,295 contributions");
    }
    let ascending = |atoms: &[u32]| atoms.windows(2).all(|pair| pair[0] < pair[1]);
    if data.contributors.len() != data.atoms.len()
        || data.components.iter().any(|column| column.len() != data.atoms.len())
    {
        return malformed("the columns of the contributions differ in length");
    }
    let keys = || data.atoms.iter().zip(&data.contributors);
    if keys().zip(keys().skip(1)).any(|(before, after)| before >= after) {
        return malformed("the contributions are not sorted by atom and contributor, one line a pair");
    }
    if data.components.iter().any(Amounts::has_negative) {
        return malformed("a component of a contribution is negative");
    }
    for measure in &request.measures {
        let unknown = measure.terms.iter().any(|term| term.0 >= data.components.len());
        if unknown || measure.terms.first().is_none_or(|term| term.1 <= 0) {
            return malformed("a measure names no component, an unknown one, or a negative one first");
        }
    }
    for table in request.tables.iter().chain(&request.reserved) {
        let cells = table.cells.len();
        let unknown = |equation: &super::request::Equation| {
            equation.total >= cells || equation.parts.iter().any(|&part| part >= cells)
        };
        if table.cells.iter().any(|cell| !ascending(&cell.atoms))
            || table.measures.iter().any(|&measure| measure >= request.measures.len())
            || table.equations.iter().any(unknown)
        {
            return malformed("a table's atoms are not ascending, or it names an unknown measure or cell");
        }
    }
    for earlier in &request.earlier {
        if !ascending(&earlier.atoms) || earlier.measures.iter().any(|&m| m >= request.measures.len()) {
            return malformed("an earlier cell's atoms are not ascending, or it names an unknown measure");
        }
    }
    Ok(())
}

pub(super) fn atom_count(request: &Request) -> usize {
    let tables = request.tables.iter().chain(&request.reserved);
    let cells = tables.flat_map(|table| &table.cells).map(|cell| &cell.atoms);
    let earlier = request.earlier.iter().map(|cell| &cell.atoms);
    let named = cells.chain(earlier).filter_map(|atoms| atoms.last());
    named.chain(request.data.atoms.last()).max().map_or(0, |&last| last as usize + 1)
}

/// Sums by atom; the grand total of each component must leave room for every combination we compute.
pub(super) fn amounts(request: &Request, atoms: usize) -> Result<Vec<Vec<i64>>, Error> {
    let mut amounts = Vec::with_capacity(request.data.components.len());
    for column in &request.data.components {
        let total: i128 = column.iter().map(i128::from).sum();
        if total > i128::from(i64::MAX / 64) {
            return Err(Error::Malformed("the amounts are too large to add up"));
        }
        let mut sums = vec![0i64; atoms];
        for (&atom, amount) in request.data.atoms.iter().zip(column.iter()) {
            sums[atom as usize] += amount;
        }
        amounts.push(sums);
    }
    Ok(amounts)
}
