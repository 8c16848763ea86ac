//! Disclosure control against an attacker written another way: dense rational elimination and microlp.

use std::collections::BTreeSet;

use firstwatch::disclosure::{
    CandidateCell, CandidateTable, CellStatus, Contributions, EarlierCell, Equation, MeasureTerms, Policy,
    Protection, Request, audit, protect,
};
use microlp::{ComparisonOp, OptimizationDirection, Problem, SolveOutcome};
use proptest::prelude::*;

const GROSS: usize = 0;
const NET: usize = 1;
const ORDERS: usize = 2;

/// Atoms are the cells of a small cube; each has a few contributors.
#[derive(Clone, Debug)]
struct Cube {
    sides: [usize; 3],
    /// (atom, contributor, gross, refunds, orders).
    lines: Vec<(u32, u64, i64, i64, i64)>,
}

fn cubes() -> impl Strategy<Value = Cube> {
    let sides = (2..4usize, 2..4usize, 1..3usize);
    sides.prop_flat_map(|(a, b, c)| {
        let line = (0..(a * b * c) as u32, 0..12u64, 1..1000i64, 0..3i64, 1..4i64);
        proptest::collection::vec(line, 1..40).prop_map(move |mut lines| {
            lines.sort_unstable();
            lines.dedup_by_key(|line| (line.0, line.1));
            lines.iter_mut().for_each(|line| line.3 *= line.2 / 4);
            Cube { sides: [a, b, c], lines }
        })
    })
}

impl Cube {
    fn coordinate(&self, atom: u32, axis: usize) -> usize {
        let below: usize = self.sides[..axis].iter().product();
        atom as usize / below % self.sides[axis]
    }

    fn atoms(&self) -> u32 {
        self.sides.iter().product::<usize>() as u32
    }

    /// The table over two axes with all its totals.
    fn table(&self, axes: [usize; 2], measures: &[usize]) -> CandidateTable {
        let code = |axis: usize| {
            let codes = (0..self.sides[axis]).map(Some);
            [None].into_iter().chain(codes).collect::<Vec<Option<usize>>>()
        };
        let mut keys = Vec::new();
        let mut cells = Vec::new();
        for row in code(axes[0]) {
            for column in code(axes[1]) {
                let within = |atom: &u32| {
                    row.is_none_or(|code| self.coordinate(*atom, axes[0]) == code)
                        && column.is_none_or(|code| self.coordinate(*atom, axes[1]) == code)
                };
                let held = |atom: &u32| self.lines.iter().any(|line| line.0 == *atom);
                let atoms = (0..self.atoms()).filter(within).filter(held).collect();
                let path = |code: Option<usize>| code.map(|code| code.to_string()).into_iter().collect();
                cells.push(CandidateCell { place: vec![path(row), path(column)], atoms });
                keys.push((row, column));
            }
        }
        let mut equations = Vec::new();
        for (total, key) in keys.iter().enumerate() {
            let parts = |fits: &dyn Fn(&Pair) -> bool| {
                (0..keys.len()).filter(|&cell| fits(&keys[cell])).collect::<Vec<_>>()
            };
            if key.0.is_none() {
                equations.push(Equation { total, parts: parts(&|part| part.0.is_some() && part.1 == key.1) });
            }
            if key.1.is_none() {
                equations.push(Equation { total, parts: parts(&|part| part.1.is_some() && part.0 == key.0) });
            }
        }
        let dimensions = axes.iter().map(|axis| format!("axis{axis}")).collect();
        CandidateTable {
            name: format!("{axes:?}"),
            dimensions,
            measures: measures.to_vec(),
            cells,
            equations,
        }
    }

    fn request(&self, tables: Vec<CandidateTable>, earlier: Vec<EarlierCell>) -> Request {
        let measure = |name: &str, terms: &[(usize, i64)], is_magnitude| MeasureTerms {
            name: name.into(),
            terms: terms.to_vec(),
            is_magnitude,
            is_balance: false,
        };
        Request {
            measures: vec![
                measure("gross", &[(0, 1)], true),
                measure("net", &[(0, 1), (1, -1)], true),
                measure("orders", &[(2, 1)], false),
            ],
            tables,
            reserved: Vec::new(),
            earlier,
            data: Contributions {
                atoms: self.lines.iter().map(|line| line.0).collect(),
                contributors: self.lines.iter().map(|line| line.1).collect(),
                components: vec![
                    self.lines.iter().map(|line| line.2).collect(),
                    self.lines.iter().map(|line| line.3).collect(),
                    self.lines.iter().map(|line| line.4).collect(),
                ],
            },
        }
    }

    /// Absolute contributions to a measure within some atoms, largest first, and the figure itself.
    fn contributions(&self, atoms: &[u32], measure: usize) -> (Vec<i64>, i64) {
        let mut largest = Vec::new();
        let mut value = 0;
        for contributor in 0..12u64 {
            let own = self.lines.iter().filter(|line| line.1 == contributor && atoms.contains(&line.0));
            let amounts: Vec<i64> = own
                .map(|line| match measure {
                    GROSS => line.2,
                    NET => line.2 - line.3,
                    _ => line.4,
                })
                .collect();
            if !amounts.is_empty() {
                value += amounts.iter().sum::<i64>();
                largest.push(amounts.iter().sum::<i64>().abs());
            }
        }
        largest.sort_unstable_by(|a, b| b.cmp(a));
        (largest, value)
    }

    /// (upper, lower) protection levels in tenths, when the figure is sensitive under k = 3, p = 10.
    fn levels(&self, atoms: &[u32], measure: usize) -> Option<(i64, i64)> {
        let (largest, value) = self.contributions(atoms, measure);
        if largest.is_empty() {
            return None;
        }
        let few = largest.len() < 3;
        if measure == ORDERS {
            return few.then(|| (10.max(10 * (3 - value)), 10));
        }
        let rest: i64 = largest.iter().skip(2).sum();
        let lacking = largest[0] - 10 * rest;
        let level = lacking.max(if few { 10 } else { 0 });
        (few || lacking > 0).then_some((level.max(10), level.max(10)))
    }
}

/// A shown figure: atoms and the component it is a sum of (gross and net both tell about gross, refunds being known).
type Row = (Vec<u32>, usize);

fn component(measure: usize) -> usize {
    if measure == ORDERS { 2 } else { 0 }
}

fn shown_rows(tables: &[CandidateTable], pattern: &[Vec<CellStatus>]) -> Vec<Row> {
    let mut rows = Vec::new();
    for (table, statuses) in tables.iter().zip(pattern) {
        for (cell, _) in table.cells.iter().zip(statuses).filter(|(_, status)| status.is_shown()) {
            rows.extend(table.measures.iter().map(|&measure| (cell.atoms.clone(), component(measure))));
        }
    }
    rows
}

fn pattern(protection: &Protection) -> Vec<Vec<CellStatus>> {
    let statuses =
        |cells: &[firstwatch::disclosure::ProtectedCell]| cells.iter().map(|cell| cell.status()).collect();
    protection.tables.iter().map(|table| statuses(table.cells())).collect()
}

/// Whether a sum over atoms is a rational combination of the rows: dense elimination of fractions.
fn is_determined(target: &Row, rows: &[Row], atoms: u32) -> bool {
    let spread = |atoms_of: &[u32]| -> Vec<(i128, i128)> {
        (0..atoms).map(|atom| (i128::from(atoms_of.contains(&atom)), 1)).collect()
    };
    let mut basis: Vec<Vec<(i128, i128)>> = Vec::new();
    for (row, _) in rows.iter().filter(|row| row.1 == target.1) {
        let reduced = reduce(spread(row), &basis);
        if reduced.iter().any(|entry| entry.0 != 0) {
            basis.push(reduced);
        }
    }
    reduce(spread(&target.0), &basis).iter().all(|entry| entry.0 == 0)
}

fn reduce(mut row: Vec<(i128, i128)>, basis: &[Vec<(i128, i128)>]) -> Vec<(i128, i128)> {
    for known in basis {
        let pivot = known.iter().position(|entry| entry.0 != 0).expect("a basis row is not zero");
        if row[pivot].0 != 0 {
            let times = fraction(row[pivot].0 * known[pivot].1, row[pivot].1 * known[pivot].0);
            for (entry, by) in row.iter_mut().zip(known) {
                let less = fraction(times.0 * by.0, times.1 * by.1);
                *entry = fraction(entry.0 * less.1 - less.0 * entry.1, entry.1 * less.1);
            }
        }
    }
    row
}

fn fraction(above: i128, below: i128) -> (i128, i128) {
    let (mut a, mut b) = (above.abs(), below.abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    let sign = if below < 0 { -1 } else { 1 };
    (sign * above / a.max(1), sign * below / a.max(1))
}

/// The interval of a sum over atoms that an attacker finds with microlp.
fn interval(cube: &Cube, target: &Row, rows: &[Row]) -> (f64, f64) {
    let bound = |direction| {
        let mut problem = Problem::new(direction);
        let held: Vec<bool> =
            (0..cube.atoms()).map(|atom| cube.lines.iter().any(|line| line.0 == atom)).collect();
        let columns: Vec<_> = (0..cube.atoms())
            .map(|atom| {
                let highest = if held[atom as usize] { 1e7 } else { 0.0 };
                problem.add_var(f64::from(u8::from(target.0.contains(&atom))), (0.0, highest))
            })
            .collect();
        for (atoms, _) in rows.iter().filter(|row| row.1 == target.1) {
            let sum = |atoms: &[u32]| -> i64 {
                let lines = cube.lines.iter().filter(|line| atoms.contains(&line.0));
                lines.map(|line| if target.1 == 2 { line.4 } else { line.2 }).sum()
            };
            let terms: Vec<_> = atoms.iter().map(|&atom| (columns[atom as usize], 1.0)).collect();
            if !terms.is_empty() {
                problem.add_constraint(terms, ComparisonOp::Eq, sum(atoms) as f64);
            }
        }
        match problem.solve().expect("the true data are feasible") {
            SolveOutcome::Solution(solution) => solution.objective(),
            SolveOutcome::Interrupted(_) => panic!("there is no limit to interrupt it"),
        }
    };
    (bound(OptimizationDirection::Minimize), bound(OptimizationDirection::Maximize))
}

/// Every sensitive figure of the tables must be neither determined nor narrow.
fn assert_safe(cube: &Cube, tables: &[CandidateTable], patterns: &[Vec<CellStatus>], rows: &[Row]) {
    for (table, statuses) in tables.iter().zip(patterns) {
        for (cell, status) in table.cells.iter().zip(statuses) {
            let sensitive =
                table.measures.iter().filter_map(|&m| cube.levels(&cell.atoms, m).map(|levels| (m, levels)));
            for (measure, (up, down)) in sensitive {
                assert!(!status.is_shown(), "{} {:?} is shown", table.name, cell.place);
                assert_hidden(cube, &cell.atoms, measure, (up, down), rows);
            }
        }
        for equation in table.equations.iter().filter(|equation| statuses[equation.total].is_shown()) {
            let withheld = equation.parts.iter().filter(|&&part| !statuses[part].is_shown());
            let rest: BTreeSet<u32> = withheld.flat_map(|&part| table.cells[part].atoms.clone()).collect();
            let rest: Vec<u32> = rest.into_iter().collect();
            for &measure in &table.measures {
                assert!(
                    cube.levels(&rest, measure).is_none(),
                    "what {:?} leaves is sensitive",
                    equation.total
                );
            }
        }
    }
}

fn assert_hidden(cube: &Cube, atoms: &[u32], measure: usize, (up, down): (i64, i64), rows: &[Row]) {
    let target = (atoms.to_vec(), component(measure));
    assert!(!is_determined(&target, rows, cube.atoms()), "{atoms:?} is determined");
    let (low, high) = interval(cube, &target, rows);
    let value = cube.contributions(atoms, if measure == NET { GROSS } else { measure }).1;
    let down = down.min(10 * value);
    assert!(
        high * 10.0 >= (10 * value + up) as f64 - 1e-3,
        "{atoms:?}: {value} at most {high}, needs {up}/10"
    );
    assert!(
        low * 10.0 <= (10 * value - down) as f64 + 1e-3,
        "{atoms:?}: {value} at least {low}, needs {down}/10"
    );
}

fn policy() -> Policy {
    Policy { minimum_contributors: 3, ..Policy::default() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn two_releases_survive_an_attacker_written_another_way(cube in cubes()) {
        let first = vec![cube.table([0, 1], &[NET, ORDERS])];
        let request = cube.request(first.clone(), Vec::new());
        let protection = protect(&request, &policy()).expect("nothing was shown before");
        let first_pattern = pattern(&protection);
        let mut rows = shown_rows(&first, &first_pattern);
        assert_safe(&cube, &first, &first_pattern, &rows);
        prop_assert!(audit(&request, &first_pattern, &policy()).expect("fits").disclosed.is_empty());

        let earlier = first[0].cells.iter().zip(&first_pattern[0]).map(|(cell, status)| EarlierCell {
            atoms: cell.atoms.clone(),
            measures: vec![NET, ORDERS],
            shown: status.is_shown(),
        });
        let second = vec![cube.table([0, 2], &[GROSS, ORDERS]), cube.table([1, 2], &[ORDERS])];
        let request = cube.request(second.clone(), earlier.collect());
        if let Ok(protection) = protect(&request, &policy()) {
            let second_pattern = pattern(&protection);
            rows.extend(shown_rows(&second, &second_pattern));
            // A table that is withheld whole says nothing; the first release may have narrowed down its cells.
            let (said, said_pattern): (Vec<_>, Vec<_>) = second
                .into_iter()
                .zip(second_pattern)
                .filter(|(_, statuses)| statuses.iter().any(|status| status.is_shown()))
                .unzip();
            assert_safe(&cube, &said, &said_pattern, &rows);
            assert_safe(&cube, &first, &first_pattern, &rows);
        }
    }

    #[test]
    fn the_audit_agrees_with_the_other_attacker(cube in cubes(), seed in any::<u64>()) {
        let tables = vec![cube.table([0, 1], &[GROSS])];
        let request = cube.request(tables.clone(), Vec::new());
        let without = Policy { implied_cells: false, insiders: false, ..policy() };
        let shown = |cell: usize| if seed >> (cell % 64) & 1 == 1 { CellStatus::Safe } else { CellStatus::Secondary };
        let pattern = vec![(0..tables[0].cells.len()).map(shown).collect::<Vec<_>>()];
        let report = audit(&request, &pattern, &without).expect("fits");
        let rows = shown_rows(&tables, &pattern);
        let sensitive = tables[0].cells.iter().filter(|cell| cube.levels(&cell.atoms, GROSS).is_some());
        let exact: BTreeSet<Vec<u32>> = sensitive
            .map(|cell| cell.atoms.clone())
            .filter(|atoms| is_determined(&(atoms.clone(), 0), &rows, cube.atoms()))
            .collect();
        prop_assert_eq!(report.exact, exact.len());
    }
}

type Pair = (Option<usize>, Option<usize>);

#[test]
fn the_same_request_gives_the_same_tables() {
    let lines = (0..18u32)
        .flat_map(|atom| (0..u64::from(atom % 4)).map(move |who| (atom, who, 10 + i64::from(atom), 0, 1)));
    let cube = Cube { sides: [3, 3, 2], lines: lines.collect() };
    let request = cube.request(vec![cube.table([0, 1], &[NET]), cube.table([1, 2], &[NET])], Vec::new());
    let first = protect(&request, &policy()).expect("protects");
    assert_eq!(first, protect(&request, &policy()).expect("protects"));
    assert!(first.summary.primary > 0);
}
