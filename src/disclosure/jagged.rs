//! Lists of numbers in one piece: of a million short lists each by itself, the half would be headers and room to grow.

use std::ops::Index;

/// For each number from zero a list of numbers, ascending.
#[derive(Debug, Default)]
pub(super) struct Jagged {
    /// Where each list starts, and where the last one ends.
    starts: Vec<usize>,
    entries: Vec<u32>,
}

impl Jagged {
    /// The inverse of `lists`: for each number below `count`, which of them hold it.
    pub fn inverse(lists: &[&[u32]], count: usize) -> Self {
        let mut starts = vec![0; count + 1];
        for &entry in lists.iter().copied().flatten() {
            starts[entry as usize + 1] += 1;
        }
        for at in 0..count {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        let mut entries = vec![0; starts[count]];
        for (number, list) in (0u32..).zip(lists) {
            for &entry in *list {
                let place = &mut next[entry as usize];
                entries[*place] = number;
                *place += 1;
            }
        }
        Self { starts, entries }
    }

    pub fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        (0..self.len()).map(|number| &self[number])
    }
}

impl Index<usize> for Jagged {
    type Output = [u32];

    fn index(&self, number: usize) -> &[u32] {
        &self.entries[self.starts[number]..self.starts[number + 1]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inverse_names_the_lists_of_each_entry() {
        let inverse = Jagged::inverse(&[&[0, 2], &[], &[1, 2]], 4);
        assert_eq!(inverse.iter().collect::<Vec<_>>(), [&[0][..], &[2], &[0, 2], &[]]);
        assert_eq!(Jagged::inverse(&[], 0).len(), 0);
    }
}
