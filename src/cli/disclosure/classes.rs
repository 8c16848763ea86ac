//! Records told apart: by the cells they are in, and by nothing else.

use std::collections::{BTreeMap, HashMap};

/// For each record its class. Those in the same cells are one; the class of those in none is zero.
pub(super) struct Classes {
    of: Vec<u64>,
    /// Years of earlier cells may use up more numbers than 32 bits have.
    last: u64,
}

impl Classes {
    pub fn new(records: usize) -> Self {
        Self { of: vec![0; records], last: 0 }
    }

    /// Some records have something in common that no other has.
    pub fn tell_apart(&mut self, records: &[u32]) {
        let mut known = HashMap::new();
        for &record in records {
            let class = &mut self.of[record as usize];
            *class = *known.entry(*class).or_insert_with(|| {
                self.last += 1;
                self.last
            });
        }
    }

    /// Each class is an atom, numbered as its first record comes; records in no cell have none.
    pub fn atoms(&self) -> Vec<Option<u32>> {
        let mut known: BTreeMap<u64, u32> = BTreeMap::new();
        let atom = |&class: &u64| {
            let next = known.len() as u32;
            (class > 0).then(|| *known.entry(class).or_insert(next))
        };
        self.of.iter().map(atom).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_in_the_same_cells_are_one_atom() {
        let mut classes = Classes::new(6);
        assert_eq!(classes.atoms(), [None; 6]);
        classes.tell_apart(&[1, 2, 3, 4]);
        classes.tell_apart(&[4, 5]);
        classes.tell_apart(&[2, 3]);
        assert_eq!(classes.atoms(), [None, Some(0), Some(1), Some(1), Some(2), Some(3)]);
    }
}
