//! The contributions by atom: who gave what.

use std::ops::Range;
use std::sync::OnceLock;

use super::request::{Contributions, MeasureTerms, Request};

/// How many bits of an identifier say where it stands among the others, nearly.
const FRONT: u32 = 16;

/// Where a contributor's lines begin among millions is found in the time that so many lines take.
const LOOK_UP: u64 = 8;

#[derive(Debug)]
pub(super) struct Lines<'r> {
    pub measures: &'r [MeasureTerms],
    pub data: &'r Contributions,
    /// For each atom, its lines in the data.
    of_atoms: Vec<Range<usize>>,
    /// For each line of the data, its contributor counted from zero.
    contributors: Vec<u32>,
    contributor_count: usize,
    /// The lines by contributor, made when somebody asks.
    by_contributor: OnceLock<Vec<(u32, usize)>>,
}

/// A contributor, and a line of theirs behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Line(u64);

impl Line {
    fn new(contributor: u32, line: usize) -> Self {
        Self(u64::from(contributor) << u32::BITS | line as u64)
    }

    pub fn contributor(self) -> u32 {
        (self.0 >> u32::BITS) as u32
    }

    pub fn line(self) -> usize {
        (self.0 & u64::from(u32::MAX)) as usize
    }
}

impl<'r> Lines<'r> {
    pub fn new(request: &'r Request, atoms: usize) -> Self {
        let data = &request.data;
        let (of_atoms, contributors) =
            (lines_of_atoms(&data.atoms, atoms), number_contributors(&data.contributors));
        let contributor_count = contributors.iter().max().map_or(0, |&last| last as usize + 1);
        let by_contributor = OnceLock::new();
        let measures = &request.measures;
        Self { measures, data, of_atoms, contributors, contributor_count, by_contributor }
    }

    /// (contributor, line), sorted; in one word each, for of a report's totals there are millions.
    pub fn of(&self, atoms: &[u32]) -> Vec<Line> {
        let lines = atoms.iter().flat_map(|&atom| self.of_atoms[atom as usize].clone());
        let mut lines: Vec<Line> = lines.map(|line| Line::new(self.contributors[line], line)).collect();
        lines.sort_unstable();
        lines
    }

    /// How many lines there are: as many as contributors, or more.
    pub fn count(&self, atoms: &[u32]) -> u64 {
        atoms.iter().map(|&atom| self.of_atoms[atom as usize].len() as u64).sum()
    }

    /// An atom's (contributor, line), sorted.
    pub fn of_atom(&self, atom: u32) -> impl Iterator<Item = (u32, usize)> {
        self.of_atoms[atom as usize].clone().map(|line| (self.contributors[line], line))
    }

    /// Whoever alone contributed to an atom.
    pub fn only_contributor(&self, atom: u32) -> Option<u32> {
        let (first, last) = (self.of_atom(atom).next()?, self.of_atom(atom).last()?);
        (first.0 == last.0).then_some(first.0)
    }

    /// The most that a line has of an atom.
    pub fn largest(&self, component: usize, atom: u32) -> i64 {
        self.of_atom(atom).map(|(_, line)| self.data.components[component].at(line)).max().unwrap_or(0)
    }

    /// Contributors are numbered from zero to this.
    pub fn contributor_count(&self) -> usize {
        self.contributor_count
    }

    /// What some contributors, ascending, have of some atoms, ascending: (atom, line) in no order. Takes as long as the fewer
    /// lines do, theirs or the atoms'.
    pub fn of_both(&self, contributors: &[u32], atoms: &[u32]) -> Vec<(u32, usize)> {
        let of_atoms = self.count(atoms);
        let theirs =
            || contributors.iter().map(|&contributor| self.by(contributor).len() as u64).sum::<u64>();
        // To look a contributor up takes as long as many lines.
        if contributors.len() as u64 * LOOK_UP < of_atoms && theirs() < of_atoms {
            let theirs = contributors.iter().flat_map(|&contributor| self.by(contributor));
            let theirs = theirs.map(|&(_, line)| (self.data.atoms[line], line));
            return theirs.filter(|(atom, _)| atoms.binary_search(atom).is_ok()).collect();
        }
        let is_theirs = |&line: &usize| contributors.binary_search(&self.contributors[line]).is_ok();
        let of_atom = |&atom: &u32| {
            let lines = self.of_atoms[atom as usize].clone();
            lines.filter(is_theirs).map(move |line| (atom, line))
        };
        atoms.iter().flat_map(of_atom).collect()
    }

    /// A contributor's lines.
    fn by(&self, contributor: u32) -> &[(u32, usize)] {
        let all = self.by_contributor.get_or_init(|| {
            let mut all: Vec<(u32, usize)> = self.contributors.iter().copied().zip(0..).collect();
            all.sort_unstable();
            all
        });
        let start = all.partition_point(|entry| entry.0 < contributor);
        let end = start + all[start..].partition_point(|entry| entry.0 == contributor);
        &all[start..end]
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

/// By rank. Among millions a search takes a cache miss for each halving, so it begins where the identifier's front bits are.
fn number_contributors(contributors: &[u64]) -> Vec<u32> {
    let mut known: Vec<u64> = contributors.to_vec();
    known.sort_unstable();
    known.dedup();
    let bits = known.last().map_or(0, |last| u64::BITS - last.leading_zeros());
    let front = |id: u64| (id >> bits.saturating_sub(FRONT)) as usize;
    let mut starts = vec![0usize; (1 << FRONT) + 1];
    for &id in &known {
        starts[front(id) + 1] += 1;
    }
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    let number = |&id: &u64| {
        let start = starts[front(id)];
        (start + known[start..starts[front(id) + 1]].partition_point(|&other| other < id)) as u32
    };
    contributors.iter().map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_some_have_of_some_atoms_is_found_from_either_side() {
        // The last atom has many lines.
        let atoms = [0, 0, 1, 1, 1, 3, 3, 4].into_iter().chain([4; 20]).collect();
        let contributors = [5, 7, 5, 6, 7, 6, 9, 5].into_iter().chain(10..30).collect();
        let data = Contributions { atoms, contributors, components: Vec::new() };
        let request = Request { data, ..Request::default() };
        let lines = Lines::new(&request, 5);
        let found = |contributors: &[u32], atoms: &[u32]| {
            let mut found = lines.of_both(contributors, atoms);
            found.sort_unstable();
            found
        };
        assert_eq!(found(&[0], &[0, 1, 2, 3, 4]), [(0, 0), (1, 2), (4, 7)], "from the contributor");
        assert_eq!(found(&[0, 1, 2, 3], &[1]), [(1, 2), (1, 3), (1, 4)], "from the atom");
        assert_eq!(found(&[1, 3], &[0, 3, 4]), [(3, 5), (3, 6)]);
        assert!(found(&[], &[0]).is_empty() && found(&[0], &[]).is_empty());
    }

    #[test]
    fn an_atom_has_an_only_contributor_or_several() {
        let data = Contributions {
            atoms: vec![0, 0, 1, 3, 3],
            contributors: vec![8, 9, 9, 4, 4],
            components: vec![vec![5, 7, 2, 3, 1].into_iter().collect()],
        };
        let request = Request { data, ..Request::default() };
        let lines = Lines::new(&request, 4);
        assert_eq!([0, 1, 2, 3].map(|atom| lines.only_contributor(atom)), [None, Some(2), None, Some(0)]);
        assert_eq!([0, 1, 2, 3].map(|atom| lines.largest(0, atom)), [7, 2, 0, 3]);
    }

    #[test]
    fn contributors_are_numbered_by_rank() {
        assert_eq!(number_contributors(&[7, 3, 9, 3, 0]), [2, 1, 3, 1, 0]);
        assert_eq!(number_contributors(&[u64::MAX, 1, 1 << 63, u64::MAX - 1]), [3, 0, 1, 2]);
        assert!(number_contributors(&[]).is_empty());
        let many: Vec<u64> = (0..200_000).rev().collect();
        assert!(number_contributors(&many).into_iter().eq((0..200_000).rev()));
    }
}
