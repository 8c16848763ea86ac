//! What the proofs found, each as small as it goes.

use firstwatch::disclosure::{
    AuditReport, CandidateCell, CandidateTable, CellStatus, Contributions, EarlierCell, MeasureTerms,
    Percent, Policy, Released, Request, Subject, audit, protect,
};

const GROSS: usize = 0;
const ORDERS: usize = 1;

/// (atom, contributor, gross, orders).
type Line = (u32, u64, i64, i64);

fn request(lines: &[Line], measure: usize, cells: &[&[u32]], earlier: &[(&[u32], usize)]) -> Request {
    let terms = |name: &str, component: usize| MeasureTerms {
        name: name.to_owned(),
        terms: vec![(component, 1)],
        is_magnitude: component == GROSS,
        is_balance: false,
    };
    let cell =
        |atoms: &&[u32]| CandidateCell { place: vec![vec![format!("{atoms:?}")]], atoms: atoms.to_vec() };
    Request {
        measures: vec![terms("gross", GROSS), terms("orders", ORDERS)],
        tables: vec![CandidateTable {
            name: "cells".to_owned(),
            dimensions: vec!["place".to_owned()],
            measures: vec![measure],
            cells: cells.iter().map(cell).collect(),
            equations: Vec::new(),
        }],
        reserved: Vec::new(),
        witnesses: Vec::new(),
        earlier: earlier
            .iter()
            .map(|&(atoms, measure)| EarlierCell {
                atoms: atoms.to_vec(),
                measures: vec![measure],
                shown: true,
            })
            .collect(),
        data: Contributions {
            atoms: lines.iter().map(|line| line.0).collect(),
            contributors: lines.iter().map(|line| line.1).collect(),
            components: vec![
                lines.iter().map(|line| line.2).collect(),
                lines.iter().map(|line| line.3).collect(),
            ],
        },
    }
}

fn judge(request: &Request, statuses: Vec<CellStatus>, policy: &Policy) -> AuditReport {
    audit(request, &[statuses], policy).expect("fits")
}

fn policy(p: u32) -> Policy {
    Policy { minimum_contributors: 3, p_percent: Percent::whole(p), ..Policy::default() }
}

/// The three orders of atoms 0 and 3 can be fewer only if atom 2, where nobody bought, may have had some: its zero must be
/// withheld, or all of the table.
#[test]
fn a_zero_that_gives_something_away_is_withheld() {
    let lines = [(1, 1, 200, 1), (3, 2, 300, 2), (3, 3, 200, 1)];
    let earlier: [(&[u32], usize); 2] = [(&[0, 1, 2, 3], ORDERS), (&[0, 1], ORDERS)];
    let request = request(&lines, ORDERS, &[&[2], &[0, 3]], &earlier);
    // One of the two contributors of the earlier cells was told before.
    let policy = Policy { insiders: false, ..policy(0) };
    let protection = protect(&request, &policy).expect("nothing is disclosed before");
    let statuses = protection.tables[0].cells().iter().map(|cell| cell.status()).collect();
    let report = judge(&request, statuses, &policy);
    assert!(report.disclosed.is_empty(), "{:?}", report.disclosed);
}

/// The same atoms were shown earlier with orders, and with gross: only the gross reveals.
#[test]
fn what_reveals_a_figure_is_named_with_its_measure() {
    let lines = [(0, 1, 100, 1), (1, 2, 50, 1), (1, 3, 50, 1), (1, 4, 50, 1)];
    let earlier: [(&[u32], usize); 3] = [(&[0, 1], ORDERS), (&[0, 1], GROSS), (&[1], GROSS)];
    let request = request(&lines, GROSS, &[&[0]], &earlier);
    let report = judge(&request, vec![CellStatus::Secondary], &policy(10));
    assert_eq!(report.disclosed.len(), 1);
    assert_eq!(report.disclosed[0].subject, Subject::Cell { table: 0, cell: 0 });
    assert_eq!(
        report.disclosed[0].revealed_by,
        [Released::Earlier { cell: 1 }, Released::Earlier { cell: 2 }]
    );
}

/// The secret is what atoms 0 and 2 come to, and no shown cell links them. Showing atom 1 tells atom 0, and atom 2 still
/// keeps the secret.
#[test]
fn a_secret_in_two_parts_is_kept_by_either() {
    let of_three = |atom, first: u64| (0..3u64).map(move |who| (atom, first + who, 50, 1));
    let mut lines: Vec<Line> = vec![(0, 1, 100, 1), (2, 5, 100, 1)];
    lines.extend(of_three(1, 2).chain(of_three(3, 6)));
    lines.sort_unstable();
    let mut request = request(&lines, GROSS, &[&[1]], &[(&[0, 1], GROSS), (&[2, 3], GROSS)]);
    request.earlier.push(EarlierCell { atoms: vec![0, 2], measures: vec![GROSS], shown: false });
    let policy = Policy { implied_cells: false, insiders: false, ..policy(10) };
    let protection = protect(&request, &policy).expect("is kept by atom 2");
    assert_eq!(protection.tables[0].cells()[0].status(), CellStatus::Safe);
}

/// One large contributor in many small atoms: each could hold nearly all, and yet their sum is told.
#[test]
fn a_figure_that_is_told_is_not_called_free() {
    let lines: Vec<Line> = (0..20).map(|atom| (atom, 1, 10, 1)).collect();
    let all: Vec<u32> = (0..20).collect();
    let request = request(&lines, GROSS, &[&all, &all[1..], &all[..1]], &[]);
    for shown in [[true, false, false], [false, true, true]] {
        let status = |shown| if shown { CellStatus::Safe } else { CellStatus::Secondary };
        let report = judge(&request, shown.map(status).to_vec(), &policy(10));
        let total = report.disclosed.iter().find(|one| one.subject == Subject::Cell { table: 0, cell: 0 });
        let total = total.expect("is told");
        assert_eq!((total.value, total.interval), (200, (200.0, 200.0)));
        assert!(!total.revealed_by.is_empty());
    }
}
