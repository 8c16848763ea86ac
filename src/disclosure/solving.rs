//! A slice as programmes, and their solutions as witnesses.

use super::programme::Programme;
use super::slice::{Slice, SliceRow};
use super::witness::Witness;

impl Slice {
    /// A programme over `columns` alone (ascending), with the rows among them held.
    pub fn programme(&self, columns: &[u32], rows: &[usize]) -> Programme {
        let place = |column: u32| columns.binary_search(&column).unwrap_or(0) as u32;
        Programme {
            columns: columns.iter().map(|&column| self.columns[column as usize]).collect(),
            rows: rows
                .iter()
                .map(|&row| {
                    let terms = &self.rows[row].terms;
                    (0.0, 0.0, terms.iter().map(|&(column, times)| (place(column), times as f64)).collect())
                })
                .collect(),
        }
    }

    /// The programme over everything.
    pub fn whole_programme(&self) -> Programme {
        let terms =
            |row: &SliceRow| row.terms.iter().map(|&(column, times)| (column, times as f64)).collect();
        Programme {
            columns: self.columns.clone(),
            rows: self.rows.iter().map(|row| (0.0, 0.0, terms(row))).collect(),
        }
    }

    /// A solution over everything as a witness.
    pub fn whole_witness(&self, solution: &[f64]) -> Witness {
        let columns: Vec<u32> = (0..self.columns.len() as u32).collect();
        self.witness(&columns, solution)
    }

    /// A solution over `columns` as a witness.
    pub fn witness(&self, columns: &[u32], solution: &[f64]) -> Witness {
        let unknowns = self.atoms().len() * self.width;
        let differing = columns
            .iter()
            .zip(solution)
            .filter(|(column, by)| (**column as usize) < unknowns && by.abs() > 1e-10);
        let differences = differing
            .map(|(&column, &by)| {
                let (atom, position) =
                    (self.atoms()[column as usize / self.width], column as usize % self.width);
                (atom, position, by.max(self.columns[column as usize].1))
            })
            .collect();
        Witness { scale: self.scale, differences }
    }
}
