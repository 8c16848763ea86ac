//! What must not be found out: sensitive cells, and what the pattern of a release makes as good as shown.

use std::collections::{BTreeMap, BTreeSet};

use firstwatch::disclosure::{CandidateTable, EarlierCell};

use super::attacker::Row;
use super::shop::{Levels, Rules, Set, Shop};

/// What makes it one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Cell,
    Earlier,
    /// The withheld parts of a shown sum together.
    Implied,
    /// What one shown cell leaves of another.
    Difference,
    /// A sensitive withheld cell together with one whose only contributor looks at it.
    Beside,
}

#[derive(Clone, Copy, Debug)]
pub struct Secret {
    pub kind: Kind,
    pub row: Row,
    pub levels: Levels,
}

/// A release as it was seen.
#[derive(Clone, Debug)]
pub struct Seen {
    pub tables: Vec<CandidateTable>,
    /// For each table and cell.
    pub shown: Vec<Vec<bool>>,
    /// Of each withheld cell the measures, by place, that the room says were told before.
    pub told_before: BTreeMap<(usize, usize), Vec<usize>>,
}

pub fn set(atoms: &[u32]) -> Set {
    atoms.iter().fold(0, |set, &atom| set | 1 << atom)
}

impl Seen {
    pub fn rows(&self) -> Vec<Row> {
        let shown = self.cells().filter(|cell| cell.3);
        shown.flat_map(|(_, set, measures, _)| measures.iter().map(move |&measure| (set, measure))).collect()
    }

    /// As the ledger keeps it.
    pub fn recorded(&self) -> Vec<EarlierCell> {
        let record = |((table, cell), _, measures, shown): ((usize, usize), Set, &Vec<usize>, bool)| {
            let told = self.told_before.get(&(table, cell));
            let is_kept = |at: &usize| told.is_none_or(|told| !told.contains(at));
            let measures = (0..measures.len()).filter(is_kept).map(|at| measures[at]).collect();
            EarlierCell { atoms: self.tables[table].cells[cell].atoms.clone(), measures, shown }
        };
        self.cells().map(record).collect()
    }

    /// (table and cell, atoms, measures, whether it is shown).
    pub fn cells(&self) -> impl Iterator<Item = ((usize, usize), Set, &Vec<usize>, bool)> {
        self.tables.iter().zip(&self.shown).enumerate().flat_map(|(number, (table, shown))| {
            let cells = table.cells.iter().zip(shown).enumerate();
            cells.map(move |(cell, (asked, &shown))| {
                ((number, cell), set(&asked.atoms), &table.measures, shown)
            })
        })
    }
}

pub fn rows_of(earlier: &[EarlierCell]) -> Vec<Row> {
    let shown = earlier.iter().filter(|cell| cell.shown);
    shown.flat_map(|cell| cell.measures.iter().map(|&measure| (set(&cell.atoms), measure))).collect()
}

/// Every secret that a release and those before it make.
pub fn secrets(shop: &Shop, rules: &Rules, seen: &Seen, earlier: &[EarlierCell]) -> Vec<Secret> {
    let mut secrets = Secrets { shop, rules, found: Vec::new() };
    for (_, set, measures, _) in seen.cells() {
        measures.iter().for_each(|&measure| secrets.judge(Kind::Cell, (set, measure)));
    }
    for cell in earlier.iter().filter(|cell| !cell.shown) {
        cell.measures.iter().for_each(|&measure| secrets.judge(Kind::Earlier, (set(&cell.atoms), measure)));
    }
    if rules.implied_cells {
        secrets.remainders(seen);
        secrets.differences(seen, earlier);
    }
    if rules.insiders {
        secrets.beside_singletons(seen);
    }
    secrets.found
}

/// The secrets, each figure once with the most that is asked of it, and every kind it is.
pub fn merged(secrets: &[Secret]) -> BTreeMap<Row, (Levels, BTreeSet<Kind>)> {
    let mut merged: BTreeMap<Row, (Levels, BTreeSet<Kind>)> = BTreeMap::new();
    for secret in secrets {
        let (levels, kinds) = merged.entry(secret.row).or_insert((secret.levels, BTreeSet::new()));
        levels.up = levels.up.max(secret.levels.up);
        levels.down = levels.down.max(secret.levels.down);
        kinds.insert(secret.kind);
    }
    merged
}

struct Secrets<'s> {
    shop: &'s Shop,
    rules: &'s Rules,
    found: Vec<Secret>,
}

impl Secrets<'_> {
    fn judge(&mut self, kind: Kind, row: Row) {
        let levels = self.shop.levels(self.rules, row.0, row.1);
        self.found.extend(levels.map(|levels| Secret { kind, row, levels }));
    }

    fn remainders(&mut self, seen: &Seen) {
        for (table, shown) in seen.tables.iter().zip(&seen.shown) {
            for equation in table.equations.iter().filter(|equation| shown[equation.total]) {
                let withheld: Vec<usize> =
                    equation.parts.iter().copied().filter(|&part| !shown[part]).collect();
                if withheld.len() > 1 {
                    let rest = withheld.iter().fold(0, |rest, &part| rest | set(&table.cells[part].atoms));
                    table.measures.iter().for_each(|&measure| self.judge(Kind::Implied, (rest, measure)));
                }
            }
        }
    }

    /// Two cells that were both shown before made their difference then.
    fn differences(&mut self, seen: &Seen, earlier: &[EarlierCell]) {
        let before: BTreeSet<Row> = rows_of(earlier).into_iter().collect();
        let all: BTreeSet<Row> = before.iter().copied().chain(seen.rows()).collect();
        for &greater in &all {
            for &lesser in all.iter().filter(|lesser| lesser.1 == greater.1) {
                let is_within = lesser.0 != 0 && lesser.0 & !greater.0 == 0 && lesser.0 != greater.0;
                if is_within && !(before.contains(&greater) && before.contains(&lesser)) {
                    self.judge(Kind::Difference, (greater.0 & !lesser.0, greater.1));
                }
            }
        }
    }

    fn beside_singletons(&mut self, seen: &Seen) {
        for (table, shown) in seen.tables.iter().zip(&seen.shown) {
            for equation in &table.equations {
                let withheld = equation.parts.iter().filter(|&&part| !shown[part]);
                let parts: Vec<Set> = withheld.map(|&part| set(&table.cells[part].atoms)).collect();
                for &alone in &parts {
                    for &cell in parts.iter().filter(|&&cell| cell != alone) {
                        table.measures.iter().for_each(|&measure| self.beside(alone, (cell, measure)));
                    }
                }
            }
        }
    }

    fn beside(&mut self, alone: Set, (cell, measure): Row) {
        let of = |set: Set| self.shop.people(set).into_keys().collect::<Vec<u64>>();
        let singleton = of(alone);
        if singleton.len() != 1 || singleton == of(cell) {
            return;
        }
        if let Some(levels) = self.shop.levels(self.rules, cell, measure) {
            let both = alone | cell;
            let levels = self.shop.levels_within(levels, both, measure);
            self.found.push(Secret { kind: Kind::Beside, row: (both, measure), levels });
        }
    }
}
