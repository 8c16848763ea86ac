//! When earlier releases already narrow down a cell that nobody had asked for before.
//!
//! A new table may cut finer than any before it. A sensitive cell of it can then be too narrow by what was
//! shown long ago, whatever is withheld now. Such a table is withheld whole and asked for no longer: this
//! release says nothing about it. Only when a cell that an earlier release itself withheld is disclosed is
//! there nothing left to do here, and the caller is told.

use std::collections::BTreeSet;

use super::error::Error;
use super::protection::Protection;
use super::request::{CandidateTable, Judgement, Request, WitnessTable};
use super::subject::{Released, Subject};
use super::table::{CellStatus, ProtectedCell, ProtectedTable};

/// Why an attempt failed, and the witnesses that it had found by then: with fewer tables they mostly prove what they did.
pub(super) struct Refused {
    pub error: Error,
    pub found: Vec<WitnessTable>,
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self { error, found: Vec::new() }
    }
}

/// Protects a request as it is, beside what another attempt has found, or says what earlier releases disclose of it.
type Protect<'a> = dyn Fn(&Request, &[Vec<Judgement>], &[WitnessTable]) -> Result<Protection, Refused> + 'a;

/// Protects the request, withholding whole tables whose own cells earlier releases have narrowed down.
pub(super) fn protect_what_can_be(
    request: &Request,
    judgements: &[Vec<Judgement>],
    protect: &Protect<'_>,
) -> Result<Protection, Error> {
    let (mut error, mut found) = match protect(request, judgements, &[]) {
        Err(Refused { error: Error::DisclosedEarlier(disclosed), found }) => (disclosed, found),
        settled => return settled.map_err(|refused| refused.error),
    };
    let mut kept: Vec<usize> = (0..request.tables.len()).collect();
    loop {
        let narrowed: BTreeSet<usize> =
            error.iter().flat_map(|one| tables_of(&one.subject)).map(|table| kept[table]).collect();
        if narrowed.is_empty() {
            return Err(Error::DisclosedEarlier(error));
        }
        kept.retain(|table| !narrowed.contains(table));
        let part = Request {
            measures: request.measures.clone(),
            tables: kept.iter().map(|&table| request.tables[table].clone()).collect(),
            reserved: request.reserved.clone(),
            earlier: request.earlier.clone(),
            witnesses: request.witnesses.clone(),
            data: request.data.clone(),
        };
        let known: Vec<Vec<Judgement>> =
            kept.iter().map_while(|&table| judgements.get(table).cloned()).collect();
        match protect(&part, &known, &found) {
            Err(Refused { error: Error::DisclosedEarlier(disclosed), found: again }) => {
                (error, found) = (disclosed, again);
            }
            Err(refused) => return Err(refused.error),
            Ok(protection) => return Ok(with_the_rest_withheld(request, &kept, protection)),
        }
    }
}

/// The request's tables that a disclosed figure is about.
fn tables_of(subject: &Subject) -> Vec<usize> {
    let of = |released: &Released| match released {
        Released::Cell { table, .. } => Some(*table),
        Released::Earlier { .. } => None,
    };
    match subject {
        Subject::Cell { table, .. } | Subject::Implied { table, .. } => vec![*table],
        Subject::Earlier { .. } => Vec::new(),
        Subject::Difference { greater, lesser } => of(greater).into_iter().chain(of(lesser)).collect(),
        Subject::Beside { cell, singleton } => of(cell).into_iter().chain(of(singleton)).collect(),
    }
}

/// Puts the tables that were kept back into the request's order, and the others beside them without figures.
fn with_the_rest_withheld(request: &Request, kept: &[usize], protection: Protection) -> Protection {
    let Protection { tables, mut summary, witnesses } = protection;
    let mut protected = tables.into_iter();
    let mut all = Vec::with_capacity(request.tables.len());
    for (index, table) in request.tables.iter().enumerate() {
        let next = if kept.contains(&index) { protected.next() } else { None };
        all.push(next.unwrap_or_else(|| {
            summary.cells += table.cells.len();
            summary.secondary += table.cells.len();
            withheld(request, table)
        }));
    }
    Protection { tables: all, summary, witnesses }
}

fn withheld(request: &Request, table: &CandidateTable) -> ProtectedTable {
    let cell = |place: &Vec<Vec<String>>| ProtectedCell {
        place: place.clone(),
        status: CellStatus::Secondary,
        values: None,
    };
    ProtectedTable {
        name: table.name.clone(),
        dimensions: table.dimensions.clone(),
        measures: table.measures.iter().map(|&measure| request.measures[measure].name.clone()).collect(),
        cells: table.cells.iter().map(|candidate| cell(&candidate.place)).collect(),
        given_up: true,
    }
}

#[cfg(test)]
mod tests {
    use super::super::request::{CandidateCell, Contributions, EarlierCell, MeasureTerms};
    use super::super::{Percent, Policy, protect};
    use super::*;

    /// One large buyer alone in a group, five small ones in another; group and sum were shown before.
    fn request(earlier: Vec<EarlierCell>) -> Request {
        let amounts = [60, 5, 5, 5, 5, 5];
        let cell = |code: &str, atoms: Vec<u32>| CandidateCell { place: vec![vec![code.to_owned()]], atoms };
        let table = |name: &str, cells: Vec<CandidateCell>| CandidateTable {
            name: name.to_owned(),
            dimensions: vec!["group".to_owned()],
            measures: vec![0],
            cells,
            equations: Vec::new(),
        };
        Request {
            measures: vec![MeasureTerms {
                name: "gross".to_owned(),
                terms: vec![(0, 1)],
                is_magnitude: true,
                is_balance: false,
            }],
            tables: vec![
                table("fine", vec![cell("a", vec![0]), cell("b", vec![1])]),
                table("other", vec![cell("c", vec![2])]),
            ],
            earlier,
            data: Contributions {
                atoms: vec![0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2],
                contributors: (0..12).collect(),
                components: vec![amounts.iter().chain(&[7, 8, 9, 10, 11, 12]).copied().collect()],
            },
            ..Request::default()
        }
    }

    #[test]
    fn a_table_that_was_narrowed_down_before_is_withheld_whole() {
        let policy = Policy { p_percent: Percent::whole(50), ..Policy::default() };
        let shown = |atoms: Vec<u32>| EarlierCell { atoms, measures: vec![0], shown: true };
        let request = request(vec![shown(vec![0, 1]), shown(vec![1])]);
        let protection = protect(&request, &policy).expect("the other table can be shown");
        assert!(protection.tables[0].is_given_up() && !protection.tables[1].is_given_up());
        assert!(protection.tables[0].cells().iter().all(|cell| cell.values().is_none()));
        assert_eq!(protection.tables[1].cells()[0].values(), Some(&[57][..]));
        assert_eq!(protection.summary.cells, 3);
    }
}
