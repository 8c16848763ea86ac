//! Release after release through the room, each looked at by the attacker together with all before it.

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
    /// Tables withheld whole, for earlier releases had narrowed them down.
    pub silent: usize,
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
        self.silent += other.silent;
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
        let (seen, silent) = self.look(tables, &protection);
        self.attack(&seen);
        if silent.is_empty() {
            self.has_passed_its_audit(&request, &seen, &protection);
        }
        if !silent.is_empty() {
            self.tally.silent += silent.len();
            self.justify(&silent);
        }
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
        let nothing = Seen { tables: Vec::new(), shown: Vec::new() };
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

    /// What is seen of a protection, and which tables say nothing at all. True figures are shown, and no sensitive ones.
    fn look(&mut self, tables: &[CandidateTable], protection: &Protection) -> (Seen, Vec<usize>) {
        let (mut seen, mut silent) = (Seen { tables: Vec::new(), shown: Vec::new() }, Vec::new());
        for (number, (asked, protected)) in tables.iter().zip(&protection.tables).enumerate() {
            let plain: Vec<CellStatus> =
                asked.cells.iter().map(|cell| self.plain(asked, &cell.atoms)).collect();
            let shown: Vec<bool> = protected.cells().iter().map(|cell| cell.status().is_shown()).collect();
            let is_secondary = |cell: &ProtectedCell| cell.status() == CellStatus::Secondary;
            if protected.is_given_up() {
                silent.push(number);
                continue;
            }
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
            seen.shown.push(shown);
            seen.tables.push(asked.clone());
        }
        (seen, silent)
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
        for (row, (levels, kinds)) in merged(&secrets(&case.shop, &case.rules, seen, &self.earlier)) {
            self.tally.targets += 1;
            let found = attacker.finds(row, levels);
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
            self.deviates(format!("{kinds:?} {row:?} needs {levels:?}: {found:?}, {distances:?}"));
        }
    }

    /// The room's own audit finds nothing either, before and after.
    fn has_passed_its_audit(&mut self, request: &Request, seen: &Seen, protection: &Protection) {
        let status = |&shown: &bool| if shown { CellStatus::Safe } else { CellStatus::Secondary };
        let pattern: Vec<Vec<CellStatus>> =
            seen.shown.iter().map(|shown| shown.iter().map(status).collect()).collect();
        let report = audit(request, &pattern, &self.case.rules.policy()).expect("fits");
        if !report.disclosed.is_empty() || !protection.summary.audit.disclosed.is_empty() {
            self.deviates(format!("the audit finds {:?}", report.disclosed));
        }
    }

    /// Tables say nothing only where earlier releases alone narrow down a figure that this one would have to hide: as it
    /// stands, or with everything shown that may be.
    fn justify(&mut self, silent: &[usize]) {
        let (shop, rules) = (&self.case.shop, &self.case.rules);
        let attacker = Attacker::new(shop, &rows_of(&self.earlier));
        let tables = self.case.releases[self.tally.releases - 1].clone();
        let nothing = tables.iter().map(|table| vec![false; table.cells.len()]).collect();
        let is_open = |atoms: &[u32], measure: &usize| shop.levels(rules, set(atoms), *measure).is_none();
        let may_be = |table: &CandidateTable| {
            let cells = table.cells.iter();
            cells.map(|cell| table.measures.iter().all(|measure| is_open(&cell.atoms, measure))).collect()
        };
        let all = tables.iter().map(may_be).collect();
        let is_disclosed = |shown: Vec<Vec<bool>>| {
            let seen = Seen { tables: tables.clone(), shown };
            let secrets = merged(&secrets(shop, rules, &seen, &self.earlier));
            secrets.into_iter().any(|(row, (levels, kinds))| {
                attacker.finds(row, levels) != Found::Safe
                    || insiders::told(self.case, &attacker, (row, levels), &kinds) != Found::Safe
            })
        };
        if !is_disclosed(nothing) && !is_disclosed(all) {
            self.deviates(format!("tables {silent:?} are withheld whole without need"));
        }
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
