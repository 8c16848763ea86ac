//! Release after release through the room, each looked at by the attacker together with all before it.

use std::collections::{BTreeMap, BTreeSet};

use firstwatch::disclosure::{
    CandidateTable, CellStatus, EarlierCell, Error, ProtectedCell, Protection, Request, WitnessTable,
    Witnesses, audit, protect,
};

use super::attacker::{Attacker, Found, Row};
use super::generator::Case;
use super::insiders;
use super::secrets::{Kind, Secret, Seen, merged, rows_of, secrets, set};

/// What one case, or many, came to.
#[derive(Debug, Default)]
pub struct Tally {
    pub cases: usize,
    pub releases: usize,
    pub shown: usize,
    pub withheld: usize,
    pub targets: usize,
    pub exact: usize,
    pub narrow: usize,
    /// Remainders and differences that the primary rules forbid.
    pub implied: usize,
    /// Too near their level for the attacker's arithmetic.
    pub close: usize,
    /// Of the targets, those that earlier releases had narrowed down before anybody asked.
    pub told_before: usize,
    pub disclosed_earlier: usize,
    /// Witnesses that were kept from one release to the next.
    pub recalled: usize,
    pub deviations: Vec<String>,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.releases += other.releases;
        self.shown += other.shown;
        self.withheld += other.withheld;
        self.targets += other.targets;
        self.exact += other.exact;
        self.narrow += other.narrow;
        self.implied += other.implied;
        self.close += other.close;
        self.told_before += other.told_before;
        self.disclosed_earlier += other.disclosed_earlier;
        self.recalled += other.recalled;
        self.deviations.extend(other.deviations);
    }
}

/// A case under way.
pub struct Story<'c> {
    pub case: &'c Case,
    pub earlier: Vec<EarlierCell>,
    /// What the room left of witnesses, and false ones.
    pub witnesses: Vec<WitnessTable>,
    pub tally: Tally,
}

impl<'c> Story<'c> {
    pub fn new(case: &'c Case) -> Self {
        let tally = Tally { cases: 1, ..Tally::default() };
        Self { case, earlier: Vec::new(), witnesses: Vec::new(), tally }
    }

    /// All releases of the case, as far as the room lets them go.
    pub fn tell(mut self) -> Tally {
        for tables in &self.case.releases {
            if self.release(tables).is_none() {
                break;
            }
        }
        self.tally
    }

    pub fn request(&self, tables: &[CandidateTable]) -> Request {
        Request { witnesses: self.witnesses.clone(), ..request(self.case, tables, &self.earlier) }
    }

    fn deviates(&mut self, what: String) {
        self.tally.deviations.push(format!("release {}: {what}", self.tally.releases));
    }

    /// One release; what was seen of it, or `None` when the room refuses it.
    pub fn release(&mut self, tables: &[CandidateTable]) -> Option<Seen> {
        let (request, policy) = (self.request(tables), self.case.rules.policy());
        self.tally.releases += 1;
        let protection = match protect(&request, &policy) {
            Ok(protection) => protection,
            Err(error) => {
                self.refused(&error);
                return None;
            }
        };
        let again = protect(&request, &policy).expect("it did before");
        if as_bytes(&protection) != as_bytes(&again) {
            self.deviates("not the same tables again".to_owned());
        }
        let seen = self.look(tables, &protection);
        self.attack(&seen);
        self.has_passed_its_audit(&request, &seen, &protection);
        self.earlier.extend(seen.recorded());
        self.keep(protection.witnesses);
        Some(seen)
    }

    /// The room's witnesses, and after each new one another that lies: nobody must be the worse for it.
    fn keep(&mut self, witnesses: Witnesses) {
        self.tally.recalled += witnesses.kept.len();
        let mut kept: Vec<WitnessTable> =
            witnesses.kept.iter().map(|&index| self.witnesses[index].clone()).collect();
        for witness in witnesses.new {
            let mut lie = witness.clone();
            let at = self.tally.releases % lie.differences.len().max(1);
            lie.differences.iter_mut().skip(at).for_each(|difference| difference.2 *= -3.0);
            kept.extend([witness, lie]);
        }
        self.witnesses = kept;
    }

    /// A release may be refused only when earlier ones alone disclose what they withheld, and the room's own never do.
    fn refused(&mut self, error: &Error) {
        self.tally.disclosed_earlier += 1;
        let attacker = Attacker::new(&self.case.shop, &rows_of(&self.earlier));
        let nothing = Seen { tables: Vec::new(), shown: Vec::new(), told_before: BTreeMap::new() };
        let secrets = secrets(&self.case.shop, &self.case.rules, &nothing, &self.earlier);
        let is_disclosed = |secret: &Secret| {
            matches!(attacker.finds(secret.row, secret.levels), Found::Exact | Found::Narrow)
        };
        if !matches!(error, Error::DisclosedEarlier(_)) || !secrets.iter().any(is_disclosed) {
            self.deviates(format!("refused without need: {error}"));
        } else {
            self.deviates(format!("the room's own releases disclose: {error}"));
        }
    }

    /// What is seen of a protection. True figures are shown, and no sensitive ones.
    fn look(&mut self, tables: &[CandidateTable], protection: &Protection) -> Seen {
        let mut seen = Seen { tables: tables.to_vec(), shown: Vec::new(), told_before: BTreeMap::new() };
        for (number, (asked, protected)) in tables.iter().zip(&protection.tables).enumerate() {
            let plain: Vec<CellStatus> =
                asked.cells.iter().map(|cell| self.plain(asked, &cell.atoms)).collect();
            let shown: Vec<bool> = protected.cells().iter().map(|cell| cell.status().is_shown()).collect();
            let is_secondary = |cell: &ProtectedCell| cell.status() == CellStatus::Secondary;
            for (cell, (released, plain)) in protected.cells().iter().zip(&plain).enumerate() {
                let figure = |&measure: &usize| self.case.shop.figure(set(&asked.cells[cell].atoms), measure);
                let figures: Vec<i64> = asked.measures.iter().map(figure).collect();
                let is_true = released.values().is_none_or(|values| values == figures);
                let is_shown = released.values().is_some() == shown[cell];
                let is_fitting = is_secondary(released) && *plain != CellStatus::Primary;
                if !is_true || !is_shown || !(is_fitting || released.status() == *plain) {
                    self.deviates(format!(
                        "table {number}, cell {cell}: {released:?}, not {plain:?} {figures:?}"
                    ));
                }
            }
            let told = protected.cells().iter().map(|cell| cell.told_before().to_vec()).enumerate();
            let told = told.filter(|(_, told)| !told.is_empty()).map(|(cell, told)| ((number, cell), told));
            seen.told_before.extend(told);
            seen.shown.push(shown);
        }
        seen
    }

    /// What becomes of a cell as far as its own figures go. Any but a sensitive one may be withheld for others.
    fn plain(&self, table: &CandidateTable, atoms: &[u32]) -> CellStatus {
        let (shop, rules) = (&self.case.shop, &self.case.rules);
        let is_sensitive = |&measure: &usize| shop.levels(rules, set(atoms), measure).is_some();
        match shop.people(set(atoms)).is_empty() {
            true => CellStatus::Empty,
            false if table.measures.iter().any(is_sensitive) => CellStatus::Primary,
            false => CellStatus::Safe,
        }
    }

    fn attack(&mut self, seen: &Seen) {
        let case = self.case;
        let cells = seen.shown.iter().flatten();
        self.tally.shown += cells.clone().filter(|shown| **shown).count();
        self.tally.withheld += cells.filter(|shown| !**shown).count();
        let rows: Vec<Row> = rows_of(&self.earlier).into_iter().chain(seen.rows()).collect();
        let attacker = Attacker::new(&case.shop, &rows);
        let before = Attacker::new(&case.shop, &rows_of(&self.earlier));
        let mut told = BTreeSet::new();
        for (row, (levels, kinds)) in merged(&secrets(&case.shop, &case.rules, seen, &self.earlier)) {
            self.tally.targets += 1;
            // A figure that nobody had asked for may have been told before: no more is told of it then.
            let left = if kinds.contains(&Kind::Earlier) { levels } else { before.room(row, levels, None) };
            let is_known = before.is_exact(row) && !kinds.contains(&Kind::Earlier);
            if left != levels {
                self.tally.told_before += 1;
                told.insert(row);
            }
            if is_known {
                continue;
            }
            let found = attacker.finds(row, left);
            if kinds.contains(&Kind::Implied) || kinds.contains(&Kind::Difference) {
                self.tally.implied += 1;
                self.deviates(format!("{kinds:?} {row:?} is below the rules"));
            }
            match found {
                Found::Safe => continue,
                Found::Close => {
                    self.tally.close += 1;
                    continue;
                }
                Found::Exact => self.tally.exact += 1,
                Found::Narrow => self.tally.narrow += 1,
            }
            let distances = attacker.distances(row);
            self.deviates(format!(
                "{kinds:?} {row:?} needs {left:?} of {levels:?}: {found:?}, {distances:?}"
            ));
        }
        for (&(table, cell), measures) in &seen.told_before {
            let asked = &seen.tables[table];
            let row = |&at: &usize| (set(&asked.cells[cell].atoms), asked.measures[at]);
            for row in measures.iter().map(row).filter(|row| !told.contains(row)) {
                self.deviates(format!("{row:?} was not told before"));
            }
        }
    }

    /// The room's own audit finds nothing either, before and after, but what earlier releases alone had told.
    fn has_passed_its_audit(&mut self, request: &Request, seen: &Seen, protection: &Protection) {
        let status = |&shown: &bool| if shown { CellStatus::Safe } else { CellStatus::Secondary };
        let pattern: Vec<Vec<CellStatus>> =
            seen.shown.iter().map(|shown| shown.iter().map(status).collect()).collect();
        let report = audit(request, &pattern, &self.case.rules.policy()).expect("fits");
        let passed = protection.summary.audit.disclosed.is_empty();
        if !passed || !report.disclosed.is_empty() && !self.was_told_something(seen) {
            self.deviates(format!("the audit finds {:?}", report.disclosed));
        }
    }

    /// Whether earlier releases alone tell something that is a secret of this one, somebody at least.
    fn was_told_something(&self, seen: &Seen) -> bool {
        let (shop, rules) = (&self.case.shop, &self.case.rules);
        let before = Attacker::new(shop, &rows_of(&self.earlier));
        let secrets = merged(&secrets(shop, rules, seen, &self.earlier));
        secrets.into_iter().any(|(row, (levels, kinds))| {
            before.finds(row, levels) != Found::Safe
                || insiders::told(self.case, &before, (row, levels), &kinds) != Found::Safe
        })
    }
}

pub fn request(case: &Case, tables: &[CandidateTable], earlier: &[EarlierCell]) -> Request {
    Request {
        measures: case.shop.measures(),
        tables: tables.to_vec(),
        earlier: earlier.to_vec(),
        data: case.shop.contributions(),
        ..Request::default()
    }
}

fn as_bytes(protection: &Protection) -> (String, String) {
    let text = "the tables are plain data";
    (
        serde_json::to_string(&protection.tables).expect(text),
        serde_json::to_string(&protection.summary).expect(text),
    )
}
