//! From a request to protected tables.

use std::collections::BTreeSet;

use super::disclosed::AuditReport;
use super::error::Error;
use super::optimum;
use super::policy::Policy;
use super::programme::{Highs, Solver};
use super::protection::{Protection, Summary, Witnesses};
use super::request::{Judgement, Request};
use super::search::Search;
use super::system::{System, Unit};
use super::table::{CellStatus, ProtectedCell, ProtectedTable};

/// How often a pattern that fails its final audit is mended before everything is withheld.
const MENDINGS: usize = 8;

/// Withholds what must be withheld, and no table leaves without having passed the audit.
///
/// Every sensitive figure of the request, and every one that an earlier release withheld, stays undetermined and its
/// feasibility interval as wide as the policy requires, given everything shown here and earlier. Deterministic: the same
/// request gives the same tables.
///
/// # Errors
/// [`Error::Malformed`] for a request that breaks its contract; [`Error::DisclosedEarlier`] when earlier releases alone
/// disclose something, so that withholding cannot help.
pub fn protect(request: &Request, policy: &Policy) -> Result<Protection, Error> {
    protect_judged(request, &[], policy)
}

/// Likewise, with what the caller already knows of the cells of each table; for tables past the end of
/// `judgements`, nothing.
///
/// # Errors
/// As [`protect`].
pub fn protect_judged(
    request: &Request,
    judgements: &[Vec<Judgement>],
    policy: &Policy,
) -> Result<Protection, Error> {
    protect_with(request, judgements, policy, &Highs::default())
}

/// Judges a pattern made elsewhere: for each table and cell its status, of which only shown or not counts.
///
/// # Errors
/// [`Error::Malformed`] for a request that breaks its contract, or a pattern that does not fit it.
pub fn audit(request: &Request, pattern: &[Vec<CellStatus>], policy: &Policy) -> Result<AuditReport, Error> {
    audit_with(request, &[], pattern, policy, &Highs::default())
}

/// Likewise, with what the caller already knows of the cells.
///
/// # Errors
/// As [`audit`].
pub fn audit_judged(
    request: &Request,
    judgements: &[Vec<Judgement>],
    pattern: &[Vec<CellStatus>],
    policy: &Policy,
) -> Result<AuditReport, Error> {
    audit_with(request, judgements, pattern, policy, &Highs::default())
}

/// All tables or none.
pub(super) fn protect_with(
    request: &Request,
    judgements: &[Vec<Judgement>],
    policy: &Policy,
    solver: &dyn Solver,
) -> Result<Protection, Error> {
    let system = System::new(request, judgements, policy)?;
    let shown = system.units.iter().map(Unit::is_candidate).collect();
    let mut search = Search::new(&system, policy, shown, solver);
    search.recall();
    search.suppress();
    if !policy.series && !search.is_in_vain() {
        search.take_back();
    }
    search.protect();
    let (mut report, mut needed) = settle(&mut search);
    if !report.disclosed.is_empty() {
        return Err(Error::DisclosedEarlier(report.disclosed));
    }
    let zeros_are_shown = system.units.iter().zip(&search.shown).all(|(unit, shown)| *shown || !unit.empty);
    let optimum = if policy.series || !zeros_are_shown { None } else { optimum::optimum(&search) };
    if let Some(cheaper) = optimum.as_ref().and_then(|optimum| optimum.cheaper.clone()) {
        let mut other = Search::new(&system, policy, cheaper, solver);
        other.protect();
        let (of_other, needed_of_other) = settle(&mut other);
        if of_other.disclosed.is_empty() && optimum::cost(&other) < optimum::cost(&search) {
            (search, report, needed) = (other, of_other, needed_of_other);
        }
    }
    let mut protection = protection(&search, report);
    protection.witnesses = search.lasting(&needed);
    protection.summary.optimality_gap = optimum.map(|optimum| optimum.gap(optimum::cost(&search)));
    Ok(protection)
}

pub(super) fn audit_with(
    request: &Request,
    judgements: &[Vec<Judgement>],
    pattern: &[Vec<CellStatus>],
    policy: &Policy,
    solver: &dyn Solver,
) -> Result<AuditReport, Error> {
    let system = System::new(request, judgements, policy)?;
    let fits = pattern.len() == request.tables.len()
        && pattern.iter().zip(&request.tables).all(|(statuses, table)| statuses.len() == table.cells.len());
    if !fits {
        return Err(Error::Malformed("the pattern has other tables or cells than the request"));
    }
    let mut shown = vec![false; system.units.len()];
    for (statuses, units) in pattern.iter().zip(&system.unit_of) {
        for (status, &unit) in statuses.iter().zip(units) {
            shown[unit] |= status.is_shown();
        }
    }
    let mut search = Search::of_everything(&system, policy, shown, solver);
    search.add_pattern_targets();
    search.recall();
    for view in 0..search.views.len() {
        search.certify(view);
        search.certify_all(view);
    }
    search.add_unproved_pairs();
    for view in 0..search.views.len() {
        search.certify_all(view);
    }
    Ok(search.report())
}

/// The final audit, from the proofs and the rows alone, with the witnesses that it needs; whatever fails it is mended by
/// withholding more.
pub(super) fn settle(search: &mut Search<'_>) -> (AuditReport, BTreeSet<usize>) {
    let mut mendings = 0;
    loop {
        if search.is_in_vain() {
            let exact = search.failing_the_exact_guard();
            return (search.final_report(exact), BTreeSet::new());
        }
        search.check_proofs();
        search.add_unproved_pairs();
        let failing = search.failing_the_exact_guard();
        let (needed, is_doubted) = search.needed();
        if failing.is_empty() && search.open().is_empty() && !is_doubted {
            return (search.final_report(failing), needed);
        }
        if search.withholds_everything() {
            search.retreat_from_open(&failing);
            let exact = search.failing_the_exact_guard();
            return (search.final_report(exact), search.needed().0);
        }
        if mendings < MENDINGS {
            search.withhold_around(&failing);
            search.protect();
        } else {
            search.withhold_everything();
        }
        mendings += 1;
    }
}

fn protection(search: &Search<'_>, audit: AuditReport) -> Protection {
    let (system, shown) = (search.system, &search.shown);
    let mut summary = Summary { audit, ..Summary::default() };
    let mut tables = Vec::with_capacity(system.request.tables.len());
    for (table, units) in system.request.tables.iter().zip(&system.unit_of) {
        let mut cells = Vec::with_capacity(table.cells.len());
        for (cell, &unit) in table.cells.iter().zip(units) {
            let decided = &system.units[unit];
            let status = match (decided.empty, decided.primary, shown[unit]) {
                (true, _, true) => CellStatus::Empty,
                (_, true, _) => CellStatus::Primary,
                (_, _, true) => CellStatus::Safe,
                (_, _, false) => CellStatus::Secondary,
            };
            summary.count(status, decided.cost);
            let figures = &system.profile(decided.set).measures;
            let values = status
                .is_shown()
                .then(|| table.measures.iter().map(|&measure| figures[measure].value as i64).collect());
            let told =
                if status.is_shown() { Vec::new() } else { search.told_before(decided.set, &table.measures) };
            summary.told_before += told.len();
            cells.push(ProtectedCell { place: cell.place.clone(), status, values, told });
        }
        let measures = table.measures.iter().map(|&measure| system.measure(measure).name.clone()).collect();
        tables.push(ProtectedTable {
            name: table.name.clone(),
            dimensions: table.dimensions.clone(),
            measures,
            cells,
        });
    }
    Protection { tables, summary, witnesses: Witnesses::default() }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::disclosure::amounts::Amounts;
    use crate::disclosure::request::{
        CandidateCell, CandidateTable, Contributions, EarlierCell, Equation, MeasureTerms,
    };

    /// Three by three cells, of which the first has one contributor.
    pub(in crate::disclosure) fn square() -> Request {
        square_of(3, &[0])
    }

    /// A square of cells with its rows' and columns' sums. Each cell is an atom with four contributors, but for the given
    /// ones, which have one.
    pub(in crate::disclosure) fn square_of(side: usize, alone: &[u32]) -> Request {
        let mut data = Contributions { components: vec![Amounts::default()], ..Contributions::default() };
        let all = side * side;
        for atom in 0..all as u32 {
            for contributor in 0..if alone.contains(&atom) { 1 } else { 4 } {
                data.atoms.push(atom);
                data.contributors.push(u64::from(atom) * 10 + contributor);
                data.components[0].push(100);
            }
        }
        let mut cells: Vec<CandidateCell> = (0..all as u32).map(|atom| cell(vec![atom])).collect();
        let mut equations = Vec::new();
        for line in 0..side {
            let row: Vec<usize> = (line * side..(line + 1) * side).collect();
            let column: Vec<usize> = (line..all).step_by(side).collect();
            for parts in [row, column] {
                let atoms = parts.iter().map(|&part| part as u32).collect();
                equations.push(Equation { total: cells.len(), parts });
                cells.push(cell(atoms));
            }
        }
        let measures = vec![MeasureTerms {
            name: "value".into(),
            terms: vec![(0, 1)],
            is_magnitude: true,
            is_balance: false,
        }];
        let table = CandidateTable {
            name: "square".into(),
            dimensions: vec!["place".into()],
            measures: vec![0],
            cells,
            equations,
        };
        Request { measures, tables: vec![table], data, ..Request::default() }
    }

    fn cell(atoms: Vec<u32>) -> CandidateCell {
        CandidateCell { place: vec![vec![format!("{atoms:?}")]], atoms }
    }

    pub(in crate::disclosure) fn policy() -> Policy {
        Policy { minimum_contributors: 3, ..Policy::default() }
    }

    pub(in crate::disclosure) fn withheld(protection: &Protection) -> usize {
        protection.tables[0].cells().iter().filter(|cell| cell.values().is_none()).count()
    }

    #[test]
    fn a_sensitive_cell_takes_another_along_in_each_of_its_sums() {
        let protection = protect(&square(), &policy()).expect("protects");
        // Three cells of 400 are cheaper than two sums of 900.
        assert_eq!((protection.summary.primary, protection.summary.secondary), (1, 3));
        assert_eq!((protection.summary.secondary_cost, protection.summary.optimality_gap), (1200, Some(0.0)));
        let cells = protection.tables[0].cells();
        for equation in square().tables[0].equations.iter().filter(|equation| equation.parts.contains(&0)) {
            let in_the_sum = equation.parts.iter().chain([&equation.total]);
            assert!(in_the_sum.filter(|&&cell| cells[cell].values().is_none()).count() > 1);
        }
    }

    pub(in crate::disclosure) fn pattern(protection: &Protection) -> Vec<Vec<CellStatus>> {
        protection
            .tables
            .iter()
            .map(|table| table.cells().iter().map(|cell| cell.status()).collect())
            .collect()
    }

    #[test]
    fn a_false_pattern_is_found_with_what_reveals_it() {
        let protection = protect(&square(), &policy()).expect("protects");
        for published in 0..protection.tables[0].cells().len() {
            let mut forged = pattern(&protection);
            if forged[0][published].is_shown() {
                continue;
            }
            forged[0][published] = CellStatus::Safe;
            let report = audit(&square(), &forged, &policy()).expect("fits");
            assert!(report.exact > 0, "publishing {published} reveals the first cell");
            assert!(report.disclosed.iter().all(|disclosed| !disclosed.revealed_by.is_empty()));
        }
    }

    #[test]
    fn what_was_shown_earlier_cannot_be_taken_back() {
        let mut request = square();
        let shown = |atoms: Vec<u32>| EarlierCell { atoms, measures: vec![0], shown: true };
        let withheld = EarlierCell { atoms: vec![0], measures: vec![0], shown: false };
        request.earlier = vec![withheld, shown(vec![0, 1, 2]), shown(vec![1]), shown(vec![2])];
        request.tables[0].equations.clear();
        request.tables[0].cells = vec![cell(vec![4, 5])];
        let beside = protect(&request, &policy()).expect("has nothing to do with it");
        assert_eq!(beside.summary.primary + beside.summary.secondary, 0);

        request.tables[0].cells = vec![cell(vec![0, 4])];
        let Err(Error::DisclosedEarlier(disclosed)) = protect(&request, &policy()) else {
            panic!("the first cell follows from earlier releases");
        };
        assert!(disclosed.iter().any(|target| target.value == 100 && target.interval.0.round() == 100.0));
    }

    /// What leaves room for a reserved total withholds more than what does not, and the total is shown with it.
    #[test]
    fn a_reserved_cell_is_left_room_for_and_not_given_away() {
        let mut request = square();
        let of_three = |atoms: [u32; 3]| cell(atoms.to_vec());
        request.tables[0].cells.truncate(9);
        request.tables[0].equations.clear();
        let alone = protect(&request, &policy()).expect("protects");
        assert_eq!(alone.summary.secondary, 0, "no sum is shown");
        request.reserved = vec![CandidateTable {
            name: "later".into(),
            dimensions: vec!["place".into()],
            measures: vec![0],
            cells: vec![of_three([0, 1, 2]), cell(vec![0])],
            equations: Vec::new(),
        }];
        let with_room = protect(&request, &policy()).expect("protects");
        assert_eq!((with_room.tables.len(), with_room.summary.secondary), (1, 1));
        assert!((1..3).any(|cell| with_room.tables[0].cells()[cell].values().is_none()));
    }

    #[test]
    fn a_malformed_request_is_refused() {
        let mut request = square();
        request.data.components[0].set(0, -1);
        assert!(matches!(protect(&request, &policy()), Err(Error::Malformed(_))));
        let mut request = square();
        request.tables[0].cells[0].atoms = vec![2, 1];
        assert!(matches!(protect(&request, &policy()), Err(Error::Malformed(_))));
    }
}
