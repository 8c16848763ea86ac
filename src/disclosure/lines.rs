//! The contributions by atom: who gave what.

use std::ops::Range;

use super::request::{Contributions, MeasureTerms, Request};

#[derive(Debug)]
pub(super) struct Lines<'r> {
    pub measures: &'r [MeasureTerms],
    pub data: &'r Contributions,
    /// For each atom, its lines in the data.
    of_atoms: Vec<Range<usize>>,
    /// For each line of the data, its contributor counted from zero.
    contributors: Vec<u32>,
}

impl<'r> Lines<'r> {
    pub fn new(request: &'r Request, atoms: usize) -> Self {
        let data = &request.data;
        let (of_atoms, contributors) =
            (lines_of_atoms(&data.atoms, atoms), number_contributors(&data.contributors));
        Self { measures: &request.measures, data, of_atoms, contributors }
    }

    /// (contributor, line), sorted.
    pub fn of(&self, atoms: &[u32]) -> Vec<(u32, usize)> {
        let lines = atoms.iter().flat_map(|&atom| self.of_atoms[atom as usize].clone());
        let mut lines: Vec<(u32, usize)> = lines.map(|line| (self.contributors[line], line)).collect();
        lines.sort_unstable();
        lines
    }
}

fn lines_of_atoms(atoms: &[u32], count: usize) -> Vec<Range<usize>> {
    let mut lines = vec![0..0; count];
    let mut start = 0;
    for run in atoms.chunk_by(|a, b| a == b) {
        lines[run[0] as usize] = start..start + run.len();
        start += run.len();
    }
    lines
}

fn number_contributors(contributors: &[u64]) -> Vec<u32> {
    let mut known: Vec<u64> = contributors.to_vec();
    known.sort_unstable();
    known.dedup();
    let number = |id: &u64| known.binary_search(id).map_or(0, |index| index as u32);
    contributors.iter().map(number).collect()
}
