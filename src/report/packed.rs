//! The kernel: rows to what each customer comes to in each place, by counting and one sort of packed keys.
//!
//! A page's rows are numbered first: by their combination, which is what cells can tell apart on a day (the day's class and
//! the values that the class fixes). The values are codes, so a combination is one number, and where these are few it is
//! looked up in a table instead of being hashed.
//!
//! Then rows are put into the buckets of their places (combinations, or atoms once these are known) by counting, and sorted
//! in each by customer. A key is one number of 64 bits, the front of the pseudonym and the row:
//!
//! ```text
//! | front of the pseudonym | row |
//! ```
//!
//! Plain numbers in buckets that fit a cache sort many times quicker than rows are hashed or compared. Pseudonyms are keyed
//! hashes, so that two customers with the same front (40 bits of a month's, 32 at least) hardly meet in a bucket; where they
//! do, their rows are told apart by the whole pseudonym afterwards. So the answer is exact for any pseudonyms, and quick for
//! real ones. Then one pass adds up: rows of a customer in a place stand together.
//!
//! Pages are taken each by itself, some at once. A page of few combinations is summed at once, for little is left of it: a
//! month that stands in a report as one figure is a line a customer. Where combinations are many, hardly two rows share one
//! and a customer, and summing waits until all pages are together.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::mem::take;

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

/// What is left of a page.
pub(super) struct PageSums {
    /// The values of each dimension of the universe, by code; none of a dimension that was not asked for.
    pub values: Vec<Vec<String>>,
    pub combinations: Vec<Combination>,
    /// For each line its combination, or [`NONE`].
    pub places: Vec<u32>,
    pub customers: Vec<u64>,
    /// By component, for each line; empty of a component that was not asked for.
    pub sums: Vec<Vec<i64>>,
}

/// Rows a combination from which on a page is summed at once.
const MANY: usize = 64;

impl PageSums {
    /// # Errors
    /// [`Error::TooFine`], [`Error::TooLarge`].
    pub fn of(mut rows: Rows, classes: &Classes) -> Result<Self, Error> {
        let (combinations, places) = combine(&rows, classes)?;
        let values = rows.dimensions.iter_mut().map(|dimension| take(&mut dimension.values)).collect();
        if places.len() / MANY < combinations.len() {
            return Ok(Self {
                values,
                combinations,
                places,
                customers: rows.customers,
                sums: rows.components,
            });
        }
        let sorted = Sorted::new(&places, combinations.len(), &rows.customers);
        let lines = sorted.lines(&rows.customers);
        let components = rows.universe.components().iter().zip(&rows.components);
        let sums = components.map(|(&component, column)| lines.add_up(&sorted, column, component));
        let sums = sums.collect::<Result<_, _>>()?;
        Ok(Self { values, combinations, places: lines.places, customers: lines.customers, sums })
    }
}

/// Of no combination: no cell can hold the row.
pub(super) const NONE: u32 = u32::MAX;

/// The combinations that occur, in the order they come, and that of each row; [`NONE`] of rows in no cell or of nothing.
///
/// # Errors
/// [`Error::TooFine`].
pub(super) fn combine(rows: &Rows, classes: &Classes) -> Result<(Vec<Combination>, Vec<u32>), Error> {
    // What a class packs its values by; the class itself comes last.
    let of_class = |class: u32| {
        let mut sizes = classes.slots(class).iter().map(|&slot| rows.dimensions[slot].values.len() as u128);
        sizes.try_fold(classes.len() as u128, |all, size| all.checked_mul(size.max(1)))
    };
    let spaces: Option<Vec<u128>> = (0..classes.len() as u32).map(of_class).collect();
    let space = spaces.ok_or(Error::TooFine)?.into_iter().max().unwrap_or(0);
    let mut known = Known::new(space);
    let mut combinations: Vec<Combination> = Vec::new();
    let mut of_row = Vec::with_capacity(rows.len());
    let mut today = None;
    for (row, (&day, &present)) in rows.days.iter().zip(&rows.present).enumerate() {
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
        let number = known.number(packed);
        if *number == NONE {
            *number = combinations.len() as u32;
            let mut codes = Codes::default();
            classes.slots(class).iter().for_each(|&slot| codes[slot] = rows.dimensions[slot].codes[row]);
            combinations.push(Combination { class, codes, first_day: day, present: 0 });
        }
        let number = *number;
        let combination = &mut combinations[number as usize];
        combination.first_day = combination.first_day.min(day);
        combination.present |= present;
        of_row.push(number);
    }
    Ok((combinations, of_row))
}

/// The numbers given so far.
enum Known {
    /// Of every number that there may be.
    Table(Vec<u32>),
    Hashed(HashMap<u128, u32, QuickHash>),
}

impl Known {
    /// A table as long as this takes no more than a page's column.
    const LONGEST: u128 = 1 << 19;

    fn new(space: u128) -> Self {
        if space <= Self::LONGEST {
            Self::Table(vec![NONE; space as usize])
        } else {
            Self::Hashed(HashMap::default())
        }
    }

    /// [`NONE`] for what has none yet.
    fn number(&mut self, packed: u128) -> &mut u32 {
        match self {
            Self::Table(table) => &mut table[packed as usize],
            Self::Hashed(hashed) => hashed.entry(packed).or_insert(NONE),
        }
    }
}

/// Rows in the buckets of their places, by customer in each.
pub(super) struct Sorted {
    rows: Vec<u32>,
    /// Where each place's rows begin, and the last one's end.
    bounds: Vec<usize>,
}

impl Sorted {
    /// Rows without a place ([`NONE`]) are left out. `count` is how many places there are.
    pub fn new(places: &[u32], count: usize, customers: &[u64]) -> Self {
        let mut bounds = vec![0; count + 1];
        for &place in places.iter().filter(|&&place| place != NONE) {
            bounds[place as usize + 1] += 1;
        }
        for place in 0..count {
            bounds[place + 1] += bounds[place];
        }
        let row_bits = usize::BITS - places.len().leading_zeros();
        let mask = (1u64 << row_bits) - 1;
        let mut next = bounds.clone();
        let mut keys = vec![0u64; bounds[count]];
        for (row, (&place, &customer)) in places.iter().zip(customers).enumerate() {
            if place != NONE {
                let at = &mut next[place as usize];
                keys[*at] = customer & !mask | row as u64;
                *at += 1;
            }
        }
        let mut buckets = Vec::with_capacity(count);
        let mut rest = keys.as_mut_slice();
        for place in 0..count {
            let (bucket, others) = rest.split_at_mut(bounds[place + 1] - bounds[place]);
            buckets.push(bucket);
            rest = others;
        }
        buckets.into_par_iter().with_min_len(256).for_each(|bucket| {
            bucket.par_sort_unstable();
            tell_apart(bucket, mask, customers);
        });
        Self { rows: keys.into_iter().map(|key| (key & mask) as u32).collect(), bounds }
    }

    /// One line for each customer of each place.
    pub fn lines(&self, customers: &[u64]) -> Lines {
        let mut lines = Lines::default();
        for (place, bounds) in (0..).zip(self.bounds.windows(2)) {
            let mut last = None;
            for at in bounds[0]..bounds[1] {
                let customer = customers[self.rows[at] as usize];
                if last.replace(customer) != Some(customer) {
                    lines.places.push(place);
                    lines.customers.push(customer);
                    lines.starts.push(at);
                }
            }
        }
        lines
    }
}

/// Sorts the keys that differ in nothing but the row, and whose customers are not the same, by their customers.
fn tell_apart(keys: &mut [u64], mask: u64, customers: &[u64]) {
    let customer = |key: u64| customers[(key & mask) as usize];
    for run in keys.chunk_by_mut(|a, b| a & !mask == b & !mask).filter(|run| run.len() > 1) {
        if run.iter().any(|&key| customer(key) != customer(run[0])) {
            run.sort_unstable_by_key(|&key| (customer(key), key));
        }
    }
}

/// Ascending by place and customer, each once.
#[derive(Default)]
pub(super) struct Lines {
    pub places: Vec<u32>,
    pub customers: Vec<u64>,
    /// Where the rows of each begin.
    starts: Vec<usize>,
}

impl Lines {
    /// The sums of a column's rows; nothing of a column that was not read.
    ///
    /// # Errors
    /// [`Error::TooLarge`].
    pub fn add_up(&self, sorted: &Sorted, column: &[i64], component: Component) -> Result<Vec<i64>, Error> {
        if column.is_empty() {
            return Ok(Vec::new());
        }
        let mut sums = vec![0; self.starts.len()];
        sums.par_iter_mut().with_min_len(4_096).enumerate().try_for_each(
            |(line, sum): (usize, &mut i64)| {
                let end = self.starts.get(line + 1).copied().unwrap_or(sorted.rows.len());
                for &row in &sorted.rows[self.starts[line]..end] {
                    *sum = sum.checked_add(column[row as usize]).ok_or(Error::TooLarge { component })?;
                }
                Ok(())
            },
        )?;
        Ok(sums)
    }
}
