//! The room's audit and the attacker judge the same patterns: made at random, and the room's own with a cell published
//! by hand. They must agree on every target, and the cells that the audit names must be enough to find the secret out.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use firstwatch::disclosure::{AuditReport, CellStatus, Disclosed, EarlierCell, Released, Subject, audit};

use super::attacker::{Attacker, Found, Row};
use super::generator::Case;
use super::insiders;
use super::releases::{Story, request};
use super::secrets::{Kind, Seen, merged, rows_of, secrets, set};
use super::shop::{Levels, Set};

/// So many withheld cells of a release are published by hand, one at a time.
const FORGED: usize = 8;

#[derive(Debug, Default)]
pub struct Tally {
    pub patterns: usize,
    pub targets: usize,
    pub exact: usize,
    pub narrow: usize,
    pub close: usize,
    pub deviations: Vec<(Deviation, String)>,
}

/// How the room and the attacker can disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deviation {
    /// The attacker finds a secret out and the room does not say so.
    Missed,
    /// The room says that a secret is disclosed, and it is not.
    FalseAlarm,
    /// A subject, a level or a count that is not the pattern's.
    Other,
    /// The room's interval is not the attacker's.
    Interval,
    /// Nothing is named that would reveal the secret.
    NothingNamed,
    /// What is named does not reveal it.
    NotEnoughNamed,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.patterns += other.patterns;
        self.targets += other.targets;
        self.exact += other.exact;
        self.narrow += other.narrow;
        self.close += other.close;
        self.deviations.extend(other.deviations);
    }
}

/// Every release of the case with any cells shown, after others with any cells shown; in most, few sensitive ones.
pub fn at_random(number: u64, case: &Case) -> Tally {
    let mut chance = Rng::with_seed(number);
    let (mut earlier, mut tally) = (Vec::new(), Tally::default());
    for tables in &case.releases {
        let part = [0.2, 0.5, 0.8, 0.95][chance.usize(0..4)];
        let of_sensitive = [0.0, 0.0, 0.05, part][chance.usize(0..4)];
        let nothing = tables.iter().map(|table| vec![false; table.cells.len()]).collect();
        let mut seen = Seen { tables: tables.clone(), shown: nothing, told_before: BTreeMap::new() };
        let is_sensitive: Vec<bool> = seen
            .cells()
            .map(|(_, set, measures, _)| {
                measures.iter().any(|&measure| case.shop.levels(&case.rules, set, measure).is_some())
            })
            .collect();
        for (shown, is_sensitive) in seen.shown.iter_mut().flatten().zip(is_sensitive) {
            *shown = chance.f64() < if is_sensitive { of_sensitive } else { part };
        }
        let seen = decided_together(seen);
        Comparison::new(case, &seen, &earlier).run(&mut tally);
        earlier.extend(seen.recorded());
    }
    tally
}

/// Every release of the case as the room protects it, but for one cell.
pub fn forged(number: u64, case: &Case) -> Tally {
    let mut chance = Rng::with_seed(number);
    let (mut story, mut tally) = (Story::new(case), Tally::default());
    for tables in &case.releases {
        let earlier = story.earlier.clone();
        let Some(seen) = story.release(tables) else { break };
        let mut withheld: Vec<(usize, usize)> =
            seen.cells().filter(|cell| !cell.3).map(|cell| cell.0).collect();
        chance.shuffle(&mut withheld);
        for (table, cell) in withheld.into_iter().take(FORGED) {
            let mut forged = seen.clone();
            forged.shown[table][cell] = true;
            Comparison::new(case, &decided_together(forged), &earlier).run(&mut tally);
        }
    }
    tally
}

/// The same atoms with the same measures are one decision, in whatever table they stand.
fn decided_together(mut seen: Seen) -> Seen {
    let key = |set: Set, measures: &[usize]| (set, measures.iter().copied().collect::<BTreeSet<usize>>());
    let shown: BTreeSet<_> = seen.cells().filter(|cell| cell.3).map(|cell| key(cell.1, cell.2)).collect();
    for (table, statuses) in seen.tables.iter().zip(&mut seen.shown) {
        for (cell, status) in table.cells.iter().zip(statuses) {
            *status = shown.contains(&key(set(&cell.atoms), &table.measures));
        }
    }
    seen
}

struct Comparison<'c> {
    case: &'c Case,
    seen: &'c Seen,
    earlier: &'c [EarlierCell],
    attacker: Attacker<'c>,
    secrets: BTreeMap<Row, (Levels, BTreeSet<Kind>)>,
}

impl<'c> Comparison<'c> {
    fn new(case: &'c Case, seen: &'c Seen, earlier: &'c [EarlierCell]) -> Self {
        let rows: Vec<Row> = rows_of(earlier).into_iter().chain(seen.rows()).collect();
        let secrets = merged(&secrets(&case.shop, &case.rules, seen, earlier));
        Self { case, seen, earlier, attacker: Attacker::new(&case.shop, &rows), secrets }
    }

    fn run(&self, tally: &mut Tally) {
        let report = self.audit();
        tally.patterns += 1;
        tally.targets += self.secrets.len();
        let mut deviations = Vec::new();
        let mut named: BTreeMap<Row, &Disclosed> = BTreeMap::new();
        for disclosed in &report.disclosed {
            match self.subject(&disclosed.subject) {
                Some((set, kind)) => {
                    let row = (set, disclosed.measure);
                    if !self.secrets.get(&row).is_some_and(|(_, kinds)| kinds.contains(&kind)) {
                        deviations.push((Deviation::Other, format!("{disclosed:?} is no secret")));
                    }
                    named.insert(row, disclosed);
                }
                None => {
                    deviations.push((Deviation::Other, format!("{disclosed:?} is about another pattern")))
                }
            }
        }
        let (mut exact, mut close) = (0, 0);
        for (&row, (levels, kinds)) in &self.secrets {
            let found = self.attacker.finds(row, *levels);
            exact += usize::from(found == Found::Exact);
            close += usize::from(found == Found::Close);
            tally.narrow += usize::from(found == Found::Narrow);
            let is_disclosed = matches!(found, Found::Exact | Found::Narrow);
            let to_contributor = named.get(&row).map(|disclosed| disclosed.to_contributor);
            match named.get(&row) {
                _ if !is_disclosed && to_contributor != Some(false) => {
                    let told = insiders::told(self.case, &self.attacker, (row, *levels), kinds);
                    let is_told = to_contributor == Some(true);
                    if found != Found::Close && told != Found::Close && is_told != (told == Found::Narrow) {
                        let kind = if is_told { Deviation::FalseAlarm } else { Deviation::Missed };
                        let what =
                            format!("{kinds:?} {row:?} needs {levels:?}: a contributor finds {told:?}");
                        deviations.push((kind, what));
                    }
                }
                Some(disclosed) if is_disclosed && !disclosed.to_contributor => {
                    self.agree(row, *levels, disclosed, &mut deviations);
                }
                _ if found == Found::Close => {}
                of_room => {
                    let kind = if is_disclosed { Deviation::Missed } else { Deviation::FalseAlarm };
                    let found = format!("{found:?}, {:?}", self.attacker.distances(row));
                    let what =
                        format!("{kinds:?} {row:?} needs {levels:?}: {found}, the room says {of_room:?}");
                    deviations.push((kind, what));
                }
            }
        }
        if (report.targets, report.exact) != (self.secrets.len(), exact) {
            let (theirs, ours) = ((report.targets, report.exact), (self.secrets.len(), exact));
            deviations.push((Deviation::Other, format!("{theirs:?} targets and exact, not {ours:?}")));
        }
        tally.exact += exact;
        tally.close += close;
        tally.deviations.extend(deviations);
    }

    fn audit(&self) -> AuditReport {
        let request = request(self.case, &self.seen.tables, self.earlier);
        let status = |&shown: &bool| if shown { CellStatus::Safe } else { CellStatus::Secondary };
        let pattern: Vec<Vec<CellStatus>> =
            self.seen.shown.iter().map(|shown| shown.iter().map(status).collect()).collect();
        audit(&request, &pattern, &self.case.rules.policy()).expect("fits")
    }

    /// The atoms that a subject is about, if it is one of this pattern.
    fn subject(&self, subject: &Subject) -> Option<(Set, Kind)> {
        let shown = |released: &Released| self.released(released).filter(|one| one.2).map(|one| one.0);
        let withheld = |released: &Released| self.released(released).filter(|one| !one.2).map(|one| one.0);
        match subject {
            Subject::Cell { table, cell } => {
                Some((set(&self.seen.tables[*table].cells[*cell].atoms), Kind::Cell))
            }
            Subject::Earlier { cell } => Some((withheld(&Released::Earlier { cell: *cell })?, Kind::Earlier)),
            Subject::Implied { table, total, parts } => {
                let cell = |&cell: &usize| Released::Cell { table: *table, cell };
                shown(&cell(total))?;
                let sets: Option<Vec<Set>> = parts.iter().map(|part| withheld(&cell(part))).collect();
                Some((sets?.into_iter().fold(0, |rest, part| rest | part), Kind::Implied))
            }
            Subject::Difference { greater, lesser } => {
                Some((shown(greater)? & !shown(lesser)?, Kind::Difference))
            }
            Subject::Beside { cell, singleton } => {
                Some((withheld(cell)? | withheld(singleton)?, Kind::Beside))
            }
        }
    }

    /// Atoms, measures, and whether it is shown.
    fn released(&self, released: &Released) -> Option<(Set, Vec<usize>, bool)> {
        match *released {
            Released::Cell { table, cell } => {
                let asked = self.seen.tables.get(table)?;
                let shown = self.seen.shown[table][cell];
                Some((set(&asked.cells[cell].atoms), asked.measures.clone(), shown))
            }
            Released::Earlier { cell } => {
                let cell = self.earlier.get(cell)?;
                Some((set(&cell.atoms), cell.measures.clone(), cell.shown))
            }
        }
    }

    /// Both say that it is disclosed: also how far, and by what?
    fn agree(
        &self,
        row: Row,
        levels: Levels,
        disclosed: &Disclosed,
        deviations: &mut Vec<(Deviation, String)>,
    ) {
        let value = self.case.shop.figure(row.0, row.1);
        let required = (value - levels.down, value + levels.up);
        let ours = self.attacker.distances(row);
        let theirs = [value as f64 - disclosed.interval.0, disclosed.interval.1 - value as f64];
        let needs = [levels.down as f64, levels.up as f64];
        let is_same = |((ours, theirs), need): ((f64, f64), f64)| {
            let off = 1e-4 * need.max(self.attacker.scale(row.1));
            if ours < need - off { (ours - theirs).abs() <= off } else { theirs >= need - off }
        };
        if disclosed.value != value
            || disclosed.required != required
            || !ours.into_iter().zip(theirs).zip(needs).all(is_same)
        {
            let what = format!("{disclosed:?}: the attacker finds {value}, {required:?}, {ours:?}");
            deviations.push((Deviation::Interval, what));
        }
        let named: Option<Vec<_>> = disclosed.revealed_by.iter().map(|one| self.released(one)).collect();
        let named = named.unwrap_or_default();
        let rows = |(set, measures, _): &(Set, Vec<usize>, bool)| {
            measures.iter().map(|&measure| (*set, measure)).collect::<Vec<Row>>()
        };
        let rows: Vec<Row> = named.iter().flat_map(rows).collect();
        let found = Attacker::new(&self.case.shop, &rows).finds(row, levels);
        if named.iter().any(|one| !one.2) || !matches!(found, Found::Exact | Found::Narrow) {
            let kind = if named.is_empty() { Deviation::NothingNamed } else { Deviation::NotEnoughNamed };
            deviations.push((kind, format!("{disclosed:?}: with {named:?} it is {found:?}, {levels:?}")));
        }
    }
}
