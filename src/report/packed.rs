//! The kernel: what each customer comes to in each combination of a page, by one sort of packed keys.
//!
//! A combination is what cells can tell apart on a day: the day's class and the values that the class fixes. A row's key is
//! one number of 64 bits, and plain numbers sort several times quicker than rows are hashed or compared:
//!
//! ```text
//! | combination | front of the pseudonym | row |
//! ```
//!
//! Combinations and rows take the bits that they need, seldom more than 40, and the pseudonym's front has the rest.
//! Pseudonyms are keyed hashes, so that two customers with the same front hardly meet in a combination; where they do, their
//! rows are told apart by the whole pseudonym afterwards. So the answer is exact for any pseudonyms, and quick for real ones.
//! Then one pass adds up: rows of a customer in a combination stand together.
//!
//! Pages are summed each by itself, some at once. What is left of a page is no longer than its rows, and much shorter where
//! nothing but the class tells them apart.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use rayon::prelude::*;

use super::Error;
use super::classes::Classes;
use super::rows::Rows;
use crate::domain::entry::{Component, Dimension};

/// For keys that are numbers, and that nobody outside can choose: texts are numbered before.
#[derive(Default)]
pub(super) struct Quick(u64);

pub(super) type QuickHash = BuildHasherDefault<Quick>;

impl Hasher for Quick {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        // Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4).
        self.0 = (self.0.rotate_left(29) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_u128(&mut self, number: u128) {
        self.write_u64(number as u64);
        self.write_u64((number >> 64) as u64);
    }
}

/// For each dimension of the universe the code of a value, zero where the day's class does not fix it. Of sales there are
/// most.
pub(super) type Codes = [u32; Dimension::SALES.len()];

/// A combination of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Combination {
    pub class: u32,
    /// As the page codes them.
    pub codes: Codes,
    /// The first day that has it.
    pub first_day: i32,
    /// The components that some row of it has any of, a bit a component.
    pub present: u8,
}

/// The sums of a page.
pub(super) struct PageSums {
    /// The values of each dimension of the universe, by code; none of a dimension that was not asked for.
    pub values: Vec<Vec<String>>,
    pub combinations: Vec<Combination>,
    /// (combination, customer), ascending by both, each once.
    pub keys: Vec<(u32, u64)>,
    /// By component, for each key.
    pub sums: Vec<Vec<i64>>,
}

impl PageSums {
    /// # Errors
    /// [`Error::TooFine`], [`Error::TooLarge`].
    pub fn of(rows: Rows, classes: &Classes) -> Result<Self, Error> {
        let (combinations, of_row) = combine(&rows, classes)?;
        let sorted = sorted(&of_row, combinations.len(), &rows.customers);
        let mut keys = Vec::new();
        let mut starts = Vec::new();
        for (at, &row) in sorted.iter().enumerate() {
            let key = (of_row[row as usize], rows.customers[row as usize]);
            if keys.last() != Some(&key) {
                keys.push(key);
                starts.push(at);
            }
        }
        let components = rows.universe.components().iter().zip(&rows.components);
        let sums = components
            .map(|(&component, column)| add_up(&sorted, &starts, column, component))
            .collect::<Result<_, _>>()?;
        let values = rows.dimensions.into_iter().map(|dimension| dimension.values).collect();
        Ok(Self { values, combinations, keys, sums })
    }
}

/// Of no combination: no cell can hold the row.
pub(super) const NONE: u32 = u32::MAX;

/// The combinations that occur, in the order they come, and that of each row; [`NONE`] of rows in no cell or of nothing.
///
/// # Errors
/// [`Error::TooFine`].
pub(super) fn combine(rows: &Rows, classes: &Classes) -> Result<(Vec<Combination>, Vec<u32>), Error> {
    let present = rows.present();
    // What each class packs its values by; the class itself comes first.
    let sizes =
        |class: u32| classes.slots(class).iter().map(|&slot| rows.dimensions[slot].values.len() as u128);
    for class in 0..classes.len() as u32 {
        let all = sizes(class).try_fold(classes.len() as u128, |all, size| all.checked_mul(size.max(1)));
        all.ok_or(Error::TooFine)?;
    }
    let mut known: HashMap<u128, u32, QuickHash> = HashMap::default();
    let mut combinations: Vec<Combination> = Vec::new();
    let mut of_row = Vec::with_capacity(rows.len());
    let mut today = None;
    for (row, (&day, &present)) in rows.days.iter().zip(&present).enumerate() {
        let class = match today {
            Some((known, class)) if known == day => class,
            _ => classes.of(day),
        };
        today = Some((day, class));
        let Some(class) = class.filter(|_| present != 0) else {
            of_row.push(NONE);
            continue;
        };
        let mut packed: u128 = 0;
        for &slot in classes.slots(class) {
            let dimension = &rows.dimensions[slot];
            packed = packed * dimension.values.len() as u128 + u128::from(dimension.codes[row]);
        }
        let packed = packed * classes.len() as u128 + u128::from(class);
        let number = *known.entry(packed).or_insert_with(|| {
            let mut codes = Codes::default();
            classes.slots(class).iter().for_each(|&slot| codes[slot] = rows.dimensions[slot].codes[row]);
            combinations.push(Combination { class, codes, first_day: day, present: 0 });
            combinations.len() as u32 - 1
        });
        let combination = &mut combinations[number as usize];
        combination.first_day = combination.first_day.min(day);
        combination.present |= present;
        of_row.push(number);
    }
    Ok((combinations, of_row))
}

/// The rows that have a place (a combination, an atom), sorted by it and by their customer. `places` is how many there are.
pub(super) fn sorted(places: &[u32], count: usize, customers: &[u64]) -> Vec<u32> {
    let row_bits = bits(places.len()).max(1);
    // Rows and places are numbered by 32 bits, so this is at least 0, and at most 63.
    let front_bits = 64 - row_bits - bits(count);
    let mut keys: Vec<u64> = Vec::with_capacity(places.len());
    for (row, (&place, &customer)) in places.iter().zip(customers).enumerate() {
        if place != NONE {
            let key = u64::from(place) << front_bits | customer >> 1 >> (63 - front_bits);
            keys.push(key << row_bits | row as u64);
        }
    }
    keys.par_sort_unstable();
    let mask = (1 << row_bits) - 1;
    let mut rows: Vec<u32> = keys.iter().map(|key| (key & mask) as u32).collect();
    tell_apart(&keys, row_bits, &mut rows, |row| customers[row as usize]);
    rows
}

/// Sorts the rows whose keys differ in nothing but the row, and whose customers are not the same, by their customers.
fn tell_apart(keys: &[u64], row_bits: u32, rows: &mut [u32], customer: impl Fn(u32) -> u64) {
    let mut first = 0;
    while first < keys.len() {
        let high = keys[first] >> row_bits;
        let alike = keys[first..].iter().take_while(|&&key| key >> row_bits == high).count();
        let run = &mut rows[first..first + alike];
        if alike > 1 && run.iter().any(|&row| customer(row) != customer(run[0])) {
            run.sort_unstable_by_key(|&row| (customer(row), row));
        }
        first += alike;
    }
}

/// How many bits numbers below `count` take.
fn bits(count: usize) -> u32 {
    usize::BITS - count.saturating_sub(1).leading_zeros()
}

/// The sums of a column's rows, one from each start to the next.
pub(super) fn add_up(
    sorted: &[u32],
    starts: &[usize],
    column: &[i64],
    component: Component,
) -> Result<Vec<i64>, Error> {
    let mut sums = Vec::with_capacity(starts.len());
    for (at, &start) in starts.iter().enumerate() {
        let end = starts.get(at + 1).copied().unwrap_or(sorted.len());
        let mut sum = column[sorted[start] as usize];
        for &row in &sorted[start + 1..end] {
            sum = sum.checked_add(column[row as usize]).ok_or(Error::TooLarge { component })?;
        }
        sums.push(sum);
    }
    Ok(sums)
}
