//! From a request to protected tables.

use serde::Serialize;

use super::audit::AuditReport;
use super::error::Error;
use super::policy::Policy;
use super::programme::{Highs, Solver};
use super::request::{Judgement, Request};
use super::retreat::protect_what_can_be;
use super::search::Search;
use super::system::System;
use super::table::{CellStatus, ProtectedCell, ProtectedTable};

/// How often a pattern that fails its final audit is mended before everything is withheld.
const MENDINGS: usize = 8;

/// What came of a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Protection {
    /// One for each table of the request, in its order.
    pub tables: Vec<ProtectedTable>,
    pub summary: Summary,
}

/// Counts over all tables of a request.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    pub cells: usize,
    pub empty: usize,
    pub primary: usize,
    pub secondary: usize,
    /// In the terms of the policy's cost.
    pub secondary_cost: i128,
    /// How far from the cheapest safe pattern this may be; `None` when no bound is known.
    pub optimality_gap: Option<f64>,
    /// The final audit's: nothing is disclosed in it.
    pub audit: AuditReport,
}

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
    protect_what_can_be(request, &[], policy, &Highs::default())
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
    protect_what_can_be(request, judgements, policy, &Highs::default())
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

pub(super) fn protect_with(
    request: &Request,
    judgements: &[Vec<Judgement>],
    policy: &Policy,
    solver: &dyn Solver,
) -> Result<Protection, Error> {
    let system = System::new(request, judgements, policy)?;
    let shown = system.units.iter().map(|unit| !unit.primary).collect();
    let mut search = Search::new(&system, policy, shown, solver);
    search.protect();
    let report = settle(&mut search);
    if !report.disclosed.is_empty() {
        return Err(Error::DisclosedEarlier(report.disclosed));
    }
    Ok(protection(&system, &search.shown, report))
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
    let mut search = Search::new(&system, policy, shown, solver);
    search.add_pattern_targets();
    for view in 0..search.views.len() {
        search.certify(view);
        search.certify_over(view, (0..system.atom_count() as u32).collect());
    }
    Ok(search.report())
}

/// The final audit, from the proofs and the rows alone; whatever fails it is mended by withholding more.
fn settle(search: &mut Search<'_>) -> AuditReport {
    for mending in 0.. {
        search.check_proofs();
        let failing = search.failing_the_exact_guard();
        let is_settled = failing.is_empty() && search.open().is_empty();
        if is_settled || search.withholds_everything() {
            break;
        }
        if mending < MENDINGS {
            search.withhold_around(&failing);
            search.protect();
        } else {
            search.withhold_everything();
        }
    }
    search.final_report()
}

fn protection(system: &System<'_>, shown: &[bool], audit: AuditReport) -> Protection {
    let mut summary = Summary { audit, ..Summary::default() };
    let mut tables = Vec::with_capacity(system.request.tables.len());
    for (table, units) in system.request.tables.iter().zip(&system.unit_of) {
        let mut cells = Vec::with_capacity(table.cells.len());
        for (cell, &unit) in table.cells.iter().zip(units) {
            let decided = &system.units[unit];
            let status = match (decided.empty, decided.primary, shown[unit]) {
                (true, ..) => CellStatus::Empty,
                (_, true, _) => CellStatus::Primary,
                (_, _, true) => CellStatus::Safe,
                (_, _, false) => CellStatus::Secondary,
            };
            summary.count(status, decided.cost);
            let figures = &system.profiles[decided.set].measures;
            let values = status
                .is_shown()
                .then(|| table.measures.iter().map(|&measure| figures[measure].value as i64).collect());
            cells.push(ProtectedCell { place: cell.place.clone(), status, values });
        }
        let measures = table.measures.iter().map(|&measure| system.measure(measure).name.clone()).collect();
        tables.push(ProtectedTable {
            name: table.name.clone(),
            dimensions: table.dimensions.clone(),
            measures,
            cells,
        });
    }
    Protection { tables, summary }
}

impl Summary {
    fn count(&mut self, status: CellStatus, cost: i128) {
        self.cells += 1;
        match status {
            CellStatus::Safe => {}
            CellStatus::Empty => self.empty += 1,
            CellStatus::Primary => self.primary += 1,
            CellStatus::Secondary => {
                self.secondary += 1;
                self.secondary_cost += cost;
            }
        }
    }
}
