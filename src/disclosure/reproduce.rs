//! A release that is over, made again: its pattern is taken as it was recorded, and its figures must be
//! those of the data.
//!
//! Nothing is decided here, so no solver is asked and no later release can change the answer. Whoever calls
//! must bring what a release recorded: the pattern has passed the audit of its own time, and is not judged
//! again.

use super::error::Error;
use super::request::{CandidateTable, Request};
use super::system::{amounts, atom_count, check};
use super::table::{CellStatus, ProtectedCell, ProtectedTable};

/// For each cell of a table, the figures that were shown; `None` where it was withheld.
pub type RecordedTable = Vec<Option<Vec<i64>>>;

/// A shown figure that the data do not give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differs {
    pub table: usize,
    pub cell: usize,
    /// One figure a measure, as they were shown.
    pub released: Vec<i64>,
    /// As the data give them.
    pub found: Vec<i64>,
}

/// The tables of a release, with the cells shown that it showed. Every withheld cell is told as secondary:
/// which rule withheld it is not recorded, and nobody is shown it. When a shown figure is not the data's, every
/// such cell is told instead.
///
/// # Errors
/// [`Error::Malformed`] for a request that breaks its contract, or a record that does not fit it.
pub fn reproduce(
    request: &Request,
    recorded: &[RecordedTable],
) -> Result<Result<Vec<ProtectedTable>, Vec<Differs>>, Error> {
    check(request)?;
    let fits = recorded.len() == request.tables.len()
        && recorded.iter().zip(&request.tables).all(|(cells, table)| cells.len() == table.cells.len());
    if !fits {
        return Err(Error::Malformed("the record has other tables or cells than the request"));
    }
    let atoms = atom_count(request);
    let data = Sums { request, amounts: amounts(request, atoms)?, occupied: occupied(request, atoms) };
    let mut differing = Vec::new();
    let mut tables = Vec::with_capacity(recorded.len());
    for (at, (table, shown)) in request.tables.iter().zip(recorded).enumerate() {
        let mut cells = Vec::with_capacity(shown.len());
        for (cell, released) in shown.iter().enumerate() {
            let found = data.figures(table, cell);
            if let Some(released) = released.as_ref().filter(|released| **released != found) {
                differing.push(Differs { table: at, cell, released: released.clone(), found: found.clone() });
            }
            let status = match released {
                None => CellStatus::Secondary,
                Some(_) if data.is_empty(table, cell) => CellStatus::Empty,
                Some(_) => CellStatus::Safe,
            };
            let place = table.cells[cell].place.clone();
            let values = status.is_shown().then_some(found);
            cells.push(ProtectedCell { place, status, values, told: Vec::new() });
        }
        tables.push(ProtectedTable {
            name: table.name.clone(),
            dimensions: table.dimensions.clone(),
            measures: table.measures.iter().map(|&at| request.measures[at].name.clone()).collect(),
            cells,
        });
    }
    Ok(if differing.is_empty() { Ok(tables) } else { Err(differing) })
}

struct Sums<'a> {
    request: &'a Request,
    /// For each component, each atom's sum.
    amounts: Vec<Vec<i64>>,
    /// Whether anybody contributed to the atom.
    occupied: Vec<bool>,
}

impl Sums<'_> {
    fn figures(&self, table: &CandidateTable, cell: usize) -> Vec<i64> {
        let atoms = &table.cells[cell].atoms;
        let sum = |component: usize| -> i64 {
            atoms.iter().map(|&atom| self.amounts[component][atom as usize]).sum()
        };
        let figure = |&measure: &usize| {
            let terms = self.request.measures[measure].terms.iter();
            terms.map(|&(component, times)| times * sum(component)).sum()
        };
        table.measures.iter().map(figure).collect()
    }

    fn is_empty(&self, table: &CandidateTable, cell: usize) -> bool {
        !table.cells[cell].atoms.iter().any(|&atom| self.occupied[atom as usize])
    }
}

fn occupied(request: &Request, atoms: usize) -> Vec<bool> {
    let mut occupied = vec![false; atoms];
    for &atom in &request.data.atoms {
        occupied[atom as usize] = true;
    }
    occupied
}

#[cfg(test)]
mod tests {
    use super::super::request::{CandidateCell, Contributions, MeasureTerms};
    use super::super::{Policy, protect};
    use super::*;

    /// A group of six, a group of one, a group of nobody, and their sum.
    fn request() -> Request {
        let cell = |code: &str, atoms: Vec<u32>| CandidateCell { place: vec![vec![code.to_owned()]], atoms };
        let measure = |name: &str, terms| MeasureTerms {
            name: name.to_owned(),
            terms,
            is_magnitude: true,
            is_balance: false,
        };
        Request {
            measures: vec![measure("gross", vec![(0, 1)]), measure("net", vec![(0, 1), (1, -1)])],
            tables: vec![CandidateTable {
                name: "groups".to_owned(),
                dimensions: vec!["group".to_owned()],
                measures: vec![1, 0],
                cells: vec![
                    cell("a", vec![0]),
                    cell("b", vec![1]),
                    cell("c", vec![2]),
                    cell("d", vec![3]),
                    cell("nobody", vec![4]),
                ],
                equations: Vec::new(),
            }],
            data: Contributions {
                atoms: [[0; 6], [1; 6], [2; 6]].concat().into_iter().chain([3]).collect(),
                contributors: (0..19).collect(),
                components: vec![(0..19).map(|at| 100 + at).collect(), (0..19).collect()],
            },
            ..Request::default()
        }
    }

    fn recorded(tables: &[ProtectedTable]) -> Vec<RecordedTable> {
        let shown = |table: &ProtectedTable| {
            table.cells().iter().map(|cell| cell.values().map(<[i64]>::to_vec)).collect()
        };
        tables.iter().map(shown).collect()
    }

    #[test]
    fn what_was_protected_is_made_again() {
        let request = request();
        let made = protect(&request, &Policy::default()).expect("protects").tables;
        assert!(made[0].cells()[3].values().is_none() && made[0].cells()[0].values().is_some());
        let again = reproduce(&request, &recorded(&made)).expect("fits").expect("agrees");
        for (before, after) in made[0].cells().iter().zip(again[0].cells()) {
            assert_eq!((before.place(), before.values()), (after.place(), after.values()));
            assert_eq!(before.status() == CellStatus::Empty, after.status() == CellStatus::Empty);
        }
        assert_eq!((made[0].name(), made[0].measures()), (again[0].name(), again[0].measures()));
    }

    #[test]
    fn a_figure_that_the_data_do_not_give_is_told_and_a_withheld_one_is_not() {
        let mut request = request();
        let made = protect(&request, &Policy::default()).expect("protects").tables;
        request.data.components[0].set(2, 109);
        request.data.components[0].set(18, 125);
        let differing = reproduce(&request, &recorded(&made)).expect("fits").expect_err("differs");
        assert_eq!(differing.len(), 1, "the group of one is withheld");
        assert_eq!((differing[0].table, differing[0].cell), (0, 0));
        assert_eq!(differing[0].found[1] - differing[0].released[1], 7);
    }

    #[test]
    fn a_record_of_other_cells_is_refused() {
        let refused = reproduce(&request(), &[vec![None; 4]]);
        assert!(matches!(refused, Err(Error::Malformed(_))));
    }
}
