//! Linear algebra over GF(p), p = 2^61 - 1: the exact guard's arithmetic.
//!
//! A figure that is determined by the rows over the rationals is determined here too, without exception; one that is
//! not looks determined with a chance of about 2^-120, and then falls on the safe side. No tolerance, no overflow.

use std::collections::BinaryHeap;

const P: u64 = (1 << 61) - 1;

/// The sum of two elements.
pub(super) fn add(a: u64, b: u64) -> u64 {
    let sum = a + b;
    if sum >= P { sum - P } else { sum }
}

fn negate(a: u64) -> u64 {
    if a == 0 { 0 } else { P - a }
}

fn multiply(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    add((product as u64) & P, (product >> 61) as u64)
}

fn invert(a: u64) -> u64 {
    let (mut power, mut left, mut result) = (a, P - 2, 1);
    while left > 0 {
        if left & 1 == 1 {
            result = multiply(result, power);
        }
        power = multiply(power, power);
        left >>= 1;
    }
    result
}

/// An integer as an element of the field.
fn element(number: i64) -> u64 {
    let size = number.unsigned_abs() % P;
    if number < 0 { negate(size) } else { size }
}

/// Rows in echelon form. Each has its pivot scaled to one and nothing at the pivots of rows before it.
pub(super) struct Echelon {
    columns: usize,
    rows: Vec<(u32, Vec<(u32, u64)>)>,
}

impl Echelon {
    /// Reduces `rows` (column, coefficient; any order) over `columns` columns. Short rows go first and pivots stand
    /// in rare columns, which keeps the rows sparse.
    pub fn of(columns: usize, rows: &[Vec<(u32, i64)>]) -> Self {
        let mut uses = vec![0u32; columns];
        for &(column, _) in rows.iter().flatten() {
            uses[column as usize] += 1;
        }
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_key(|&row| (rows[row].len(), row));
        let mut echelon = Self { columns, rows: Vec::new() };
        let mut work = Work::new(columns);
        for row in order {
            work.load(&rows[row]);
            work.reduce(&echelon.rows);
            if let Some(reduced) = work.take(&uses) {
                work.pivot_of[reduced.0 as usize] = Some(echelon.rows.len() as u32);
                echelon.rows.push(reduced);
            }
        }
        echelon
    }

    /// A random solution of the homogeneous system: whatever the rows determine is zero in it.
    pub fn null_vector(&self, seed: u64) -> NullVector {
        let mut random = Random(seed);
        let mut values: Vec<u64> = (0..self.columns).map(|_| random.element()).collect();
        for (pivot, row) in self.rows.iter().rev() {
            let others = row.iter().filter(|entry| entry.0 != *pivot);
            let sum =
                others.fold(0, |sum, &(column, times)| add(sum, multiply(times, values[column as usize])));
            values[*pivot as usize] = negate(sum);
        }
        NullVector(values)
    }
}

/// One random solution of a homogeneous system.
pub(super) struct NullVector(Vec<u64>);

impl NullVector {
    /// The value of a linear form; a determined one is zero.
    pub fn value(&self, form: impl IntoIterator<Item = (u32, i64)>) -> u64 {
        form.into_iter()
            .fold(0, |sum, (column, times)| add(sum, multiply(element(times), self.0[column as usize])))
    }
}

/// A row being reduced, spread out.
struct Work {
    values: Vec<u64>,
    touched: Vec<u32>,
    is_touched: Vec<bool>,
    pivot_of: Vec<Option<u32>>,
    pending: BinaryHeap<std::cmp::Reverse<u32>>,
}

impl Work {
    fn new(columns: usize) -> Self {
        Self {
            values: vec![0; columns],
            touched: Vec::new(),
            is_touched: vec![false; columns],
            pivot_of: vec![None; columns],
            pending: BinaryHeap::new(),
        }
    }

    fn load(&mut self, row: &[(u32, i64)]) {
        for &(column, times) in row {
            self.add(column, element(times));
        }
    }

    fn add(&mut self, column: u32, amount: u64) {
        let index = column as usize;
        self.values[index] = add(self.values[index], amount);
        if !self.is_touched[index] {
            self.is_touched[index] = true;
            self.touched.push(column);
            if let Some(row) = self.pivot_of[index] {
                self.pending.push(std::cmp::Reverse(row));
            }
        }
    }

    fn reduce(&mut self, rows: &[(u32, Vec<(u32, u64)>)]) {
        while let Some(std::cmp::Reverse(row)) = self.pending.pop() {
            let (pivot, entries) = &rows[row as usize];
            let times = negate(self.values[*pivot as usize]);
            if times == 0 {
                continue;
            }
            for &(column, amount) in entries {
                self.add(column, multiply(times, amount));
            }
        }
    }

    /// Empties the work row into a normalised one with its pivot; `None` when nothing is left of it.
    fn take(&mut self, uses: &[u32]) -> Option<(u32, Vec<(u32, u64)>)> {
        self.touched.sort_unstable();
        let mut row = Vec::new();
        for column in self.touched.drain(..) {
            let value = std::mem::take(&mut self.values[column as usize]);
            self.is_touched[column as usize] = false;
            if value != 0 {
                row.push((column, value));
            }
        }
        let pivot = row.iter().min_by_key(|entry| (uses[entry.0 as usize], entry.0)).copied()?;
        let scale = invert(pivot.1);
        row.iter_mut().for_each(|entry| entry.1 = multiply(entry.1, scale));
        Some((pivot.0, row))
    }
}

/// SplitMix64: reproducible, and unrelated to the data.
pub(super) struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn element(&mut self) -> u64 {
        self.next() % P
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_inverts() {
        for number in [1, 2, 12345, P - 1] {
            assert_eq!(multiply(number, invert(number)), 1);
        }
        assert_eq!(add(element(-5), 5), 0);
    }

    #[test]
    fn determined_forms_vanish_and_others_do_not() {
        // x0 + x1 + x2, x1 + x2 determine x0 and x1 + x2 but not x1; x3 stands in no row.
        let rows = vec![vec![(0, 1), (1, 1), (2, 1)], vec![(1, 1), (2, 1)], vec![(0, 2), (1, 2), (2, 2)]];
        let null = Echelon::of(4, &rows).null_vector(7);
        assert_eq!(null.value([(0, 1)]), 0);
        assert_eq!(null.value([(1, 3), (2, 3)]), 0);
        assert_ne!(null.value([(1, 1)]), 0);
        assert_ne!(null.value([(3, 1)]), 0);
    }
}
