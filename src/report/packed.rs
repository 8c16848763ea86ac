//! The kernel: rows to what each customer comes to in each place, by counting and one sort of packed keys.
//!
//! A page's rows are numbered first: by their combination, which is what cells can tell apart on a day (the day's class and
//! the values that the class fixes). The values are codes, so a combination is one number, and where these are few it is
//! looked up in a table instead of being hashed.
//!
//! Then rows are summed by place (combination, or atom once these are known) and customer. Whatever touches a row anywhere in
//! memory waits for it, so rows move twice, and are then sorted and added up where a cache holds them. First all rows of a part are
//! scattered, each with its amounts, into ranges of neighbouring places, few enough to be written side by side. Then each
//! range by itself is brought together from all parts, put into the buckets of its places by counting, and sorted in each
//! by customer. Parts, and then ranges, are worked on by all cores. A key is one number of 64 bits, the front of the
//! pseudonym and the row within the range:
//!
//! ```text
//! | front of the pseudonym | row |
//! ```
//!
//! Plain numbers sort many times quicker than rows are hashed or compared. Pseudonyms are keyed
//! hashes, so that two customers with the same front (50 bits of a usual range's, 32 at least) hardly meet in a bucket; where they
//! do, their rows are told apart by the whole pseudonym afterwards. So the answer is exact for any pseudonyms, and quick for
//! real ones. Then one pass adds up: rows of a customer in a place stand together.
//!
//! Pages are taken each by itself, some at once. A page of few combinations is summed at once, for little is left of it: a
//! month that stands in a report as one figure is a line a customer. Where combinations are many, hardly two rows share one
//! and a customer, and summing waits until all pages are together.

use std::collections::HashMap;
use std::mem::take;
use std::ops::Range;

use rayon::prelude::*;

use super::Error;
use super::classes::Classes;
use super::quick_hash::QuickHash;
use super::rows::Rows;
use crate::domain::cell::Universe;
use crate::domain::entry::{Component, Dimension};

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
    /// Each of a combination.
    pub lines: Lines,
}

/// What customers come to in places.
#[derive(Default)]
pub(super) struct Lines {
    /// Of each line, or [`NONE`].
    pub places: Vec<u32>,
    pub customers: Vec<u64>,
    /// By component of the universe, for each line; empty of a component that was not asked for.
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
        let mut lines = Lines { places, customers: rows.customers, sums: rows.components };
        if lines.places.len() / MANY >= combinations.len() {
            lines = sum(rows.universe, vec![lines], combinations.len())?;
        }
        Ok(Self { values, combinations, lines })
    }
}

/// Of no combination: no cell can hold the row.
pub(super) const NONE: u32 = u32::MAX;

/// The combinations that occur, in the order they come, and that of each row; [`NONE`] of rows in no cell or of nothing.
///
/// # Errors
/// [`Error::TooFine`].
pub(super) fn combine(rows: &Rows, classes: &Classes) -> Result<(Vec<Combination>, Vec<u32>), Error> {
    let sizes: Vec<usize> = rows.dimensions.iter().map(|dimension| dimension.values.len()).collect();
    let mut known = Known::new(classes, &sizes)?;
    let mut combinations: Vec<Combination> = Vec::new();
    // Apart from the rest, for every row looks at them and a cache holds them.
    let (mut first_days, mut present): (Vec<i32>, Vec<u8>) = (Vec::new(), Vec::new());
    let mut of_row = Vec::with_capacity(rows.len());
    for of_day in rows.days.chunk_by(|a, b| a == b) {
        let (day, from) = (of_day[0], of_row.len());
        let until = from + of_day.len();
        let Some(class) = classes.of(day) else {
            of_row.resize(until, NONE);
            continue;
        };
        let slots = classes.slots(class);
        let columns: Vec<(usize, &[u32])> =
            slots.iter().map(|&slot| (sizes[slot], &rows.dimensions[slot].codes[from..until])).collect();
        for (row, &bits) in rows.present[from..until].iter().enumerate() {
            if bits == 0 {
                of_row.push(NONE);
                continue;
            }
            let number = known.number(class, columns.iter().map(|&(size, codes)| (size, codes[row])));
            if *number == NONE {
                *number = combinations.len() as u32;
                let mut codes = Codes::default();
                slots.iter().zip(&columns).for_each(|(&slot, (_, column))| codes[slot] = column[row]);
                combinations.push(Combination { class, codes, first_day: day, present: 0 });
                first_days.push(day);
                present.push(0);
            }
            let at = *number as usize;
            if day < first_days[at] {
                first_days[at] = day;
            }
            present[at] |= bits;
            of_row.push(*number);
        }
    }
    for (combination, (first_day, present)) in
        combinations.iter_mut().zip(first_days.into_iter().zip(present))
    {
        (combination.first_day, combination.present) = (first_day, present);
    }
    Ok((combinations, of_row))
}

/// The numbers given so far, by class and codes as one packed number.
pub(super) struct Known {
    classes: usize,
    numbers: Numbers,
}

enum Numbers {
    /// Of every packed number that there may be.
    Table(Vec<u32>),
    Hashed(HashMap<u128, u32, QuickHash>),
}

impl Known {
    /// A table as long as this takes no more than a page's column.
    const LONGEST: u128 = 1 << 19;

    /// `sizes` says how many values each dimension has.
    ///
    /// # Errors
    /// [`Error::TooFine`].
    pub fn new(classes: &Classes, sizes: &[usize]) -> Result<Self, Error> {
        let of_class = |class: u32| {
            let mut sizes = classes.slots(class).iter().map(|&slot| sizes[slot] as u128);
            sizes.try_fold(classes.len() as u128, |all, size| all.checked_mul(size.max(1)))
        };
        let spaces: Option<Vec<u128>> = (0..classes.len() as u32).map(of_class).collect();
        let numbers = match spaces.ok_or(Error::TooFine)?.into_iter().max().unwrap_or(0) {
            space if space <= Self::LONGEST => Numbers::Table(vec![NONE; space as usize]),
            _ => Numbers::Hashed(HashMap::default()),
        };
        Ok(Self { classes: classes.len(), numbers })
    }

    /// The number of these codes, each after how many values its dimension has; [`NONE`] for what has none yet.
    pub fn number(&mut self, class: u32, codes: impl Iterator<Item = (usize, u32)>) -> &mut u32 {
        match &mut self.numbers {
            Numbers::Table(table) => {
                let packed = codes.fold(0, |packed, (size, code)| packed * size + code as usize);
                &mut table[packed * self.classes + class as usize]
            }
            Numbers::Hashed(hashed) => {
                let packed =
                    codes.fold(0, |packed: u128, (size, code)| packed * size as u128 + u128::from(code));
                hashed.entry(packed * self.classes as u128 + u128::from(class)).or_insert(NONE)
            }
        }
    }
}

/// How many rows a range of places has: they and their keys fit a core's second cache.
const IN_CACHE: usize = 8_192;

/// The sums of all parts' lines: one line for each customer of each place, ascending by both. `count` is how many places
/// there are.
///
/// # Errors
/// [`Error::TooLarge`].
pub(super) fn sum(universe: Universe, parts: Vec<Lines>, count: usize) -> Result<Lines, Error> {
    let all = universe.components();
    let asked = |at: &usize| parts.iter().any(|part| part.sums.get(*at).is_some_and(|it| !it.is_empty()));
    let columns: Vec<usize> = (0..all.len()).filter(asked).collect();
    let components: Vec<Component> = columns.iter().map(|&at| all[at]).collect();
    let ranges = Ranges::new(&parts, count);
    let parts = parts.into_par_iter().with_max_len(1);
    let scattered: Vec<Scattered> = parts.map(|part| Scattered::new(&part, &columns, &ranges)).collect();
    let pieces = (0..ranges.count()).into_par_iter().with_max_len(1).map(|range| {
        let parts: Vec<&[u64]> = scattered.iter().map(|part| part.rows(range)).collect();
        sum_range(&parts.concat(), ranges.places(range), &ranges.bounds, &components)
    });
    let pieces = pieces.collect::<Result<Vec<Lines>, Error>>()?;
    drop(scattered);
    let (places, customers) = rayon::join(
        || pieces.iter().map(|piece| piece.places.as_slice()).collect::<Vec<_>>().concat(),
        || pieces.iter().map(|piece| piece.customers.as_slice()).collect::<Vec<_>>().concat(),
    );
    let of_component = |at: usize| match columns.binary_search(&at) {
        Ok(at) => pieces.iter().map(|piece| piece.sums[at].as_slice()).collect::<Vec<_>>().concat(),
        Err(_) => Vec::new(),
    };
    let sums = (0..all.len()).into_par_iter().with_max_len(1).map(of_component).collect();
    Ok(Lines { places, customers, sums })
}

/// Neighbouring places that have [`IN_CACHE`] rows together, or one place that has more.
struct Ranges {
    /// Where each place's rows begin, were they sorted, and the last one's end.
    bounds: Vec<usize>,
    /// The first place of each range, and the end of the last.
    firsts: Vec<usize>,
    of_place: Vec<u32>,
}

impl Ranges {
    fn new(parts: &[Lines], count: usize) -> Self {
        let counted = |mut counts: Vec<usize>, part: &Lines| {
            part.places.iter().filter(|&&place| place != NONE).for_each(|&place| counts[place as usize] += 1);
            counts
        };
        let added = |mut counts: Vec<usize>, others: Vec<usize>| {
            counts.iter_mut().zip(others).for_each(|(count, other)| *count += other);
            counts
        };
        let counts = parts.par_iter().fold(|| vec![0; count], counted).reduce(|| vec![0; count], added);
        let (mut bounds, mut firsts, mut of_place) = (vec![0], vec![0], Vec::with_capacity(count));
        let mut begin = 0;
        for (place, rows) in counts.into_iter().enumerate() {
            let end = bounds[place] + rows;
            if end - begin > IN_CACHE && firsts.last() != Some(&place) {
                firsts.push(place);
                begin = bounds[place];
            }
            of_place.push(firsts.len() as u32 - 1);
            bounds.push(end);
        }
        firsts.push(count);
        Self { bounds, firsts, of_place }
    }

    fn count(&self) -> usize {
        self.firsts.len() - 1
    }

    fn places(&self, range: usize) -> Range<usize> {
        self.firsts[range]..self.firsts[range + 1]
    }
}

/// A part's rows by range: each its place, its customer and its amounts.
struct Scattered {
    rows: Vec<u64>,
    /// Where the rows of each range begin, and the last one's end.
    bounds: Vec<usize>,
}

impl Scattered {
    /// Rows without a place are left out.
    fn new(part: &Lines, columns: &[usize], ranges: &Ranges) -> Self {
        let width = 2 + columns.len();
        let columns: Vec<&[i64]> = columns.iter().map(|&at| part.sums[at].as_slice()).collect();
        let mut bounds = vec![0; ranges.count() + 1];
        for &place in part.places.iter().filter(|&&place| place != NONE) {
            bounds[ranges.of_place[place as usize] as usize + 1] += width;
        }
        for range in 0..ranges.count() {
            bounds[range + 1] += bounds[range];
        }
        let mut next = bounds.clone();
        let mut rows = vec![0; bounds[ranges.count()]];
        for (row, (&place, &customer)) in part.places.iter().zip(&part.customers).enumerate() {
            if place != NONE {
                let at = &mut next[ranges.of_place[place as usize] as usize];
                let into = &mut rows[*at..*at + width];
                (into[0], into[1]) = (place.into(), customer);
                into[2..].iter_mut().zip(&columns).for_each(|(to, column)| *to = column[row].cast_unsigned());
                *at += width;
            }
        }
        Self { rows, bounds }
    }

    fn rows(&self, range: usize) -> &[u64] {
        &self.rows[self.bounds[range]..self.bounds[range + 1]]
    }
}

/// The lines of a range's places. Where the places' rows begin is told by `bounds`.
fn sum_range(
    rows: &[u64],
    places: Range<usize>,
    bounds: &[usize],
    components: &[Component],
) -> Result<Lines, Error> {
    let width = 2 + components.len();
    let count = rows.len() / width;
    let mask = (1u64 << (usize::BITS - count.leading_zeros())) - 1;
    let record = |key: u64| &rows[(key & mask) as usize * width..][..width];
    let (first, begin) = (places.start, bounds[places.start]);
    let mut next: Vec<usize> = bounds[places.clone()].iter().map(|bound| bound - begin).collect();
    let mut keys = vec![0; count];
    for (row, record) in (0u64..).zip(rows.chunks_exact(width)) {
        let at = &mut next[record[0] as usize - first];
        keys[*at] = record[1] & !mask | row;
        *at += 1;
    }
    let (places_of, customers) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let sums = components.iter().map(|_| Vec::with_capacity(count)).collect();
    let mut lines = Lines { places: places_of, customers, sums };
    for place in places {
        let bucket = &mut keys[bounds[place] - begin..bounds[place + 1] - begin];
        if bucket.len() > IN_CACHE {
            bucket.par_sort_unstable()
        } else {
            bucket.sort_unstable()
        }
        tell_apart(bucket, mask, |key| record(key)[1]);
        for same in bucket.chunk_by(|&a, &b| record(a)[1] == record(b)[1]) {
            lines.places.push(place as u32);
            lines.customers.push(record(same[0])[1]);
            for (at, (sums, &component)) in (2..).zip(lines.sums.iter_mut().zip(components)) {
                let mut amounts = same.iter().map(|&key| record(key)[at].cast_signed());
                let sum = amounts.try_fold(0i64, i64::checked_add);
                sums.push(sum.ok_or(Error::TooLarge { component })?);
            }
        }
    }
    Ok(lines)
}

/// Sorts the keys that differ in nothing but the row, and whose customers are not the same, by their customers.
fn tell_apart(keys: &mut [u64], mask: u64, customer: impl Fn(u64) -> u64) {
    for run in keys.chunk_by_mut(|a, b| a & !mask == b & !mask).filter(|run| run.len() > 1) {
        if run.iter().any(|&key| customer(key) != customer(run[0])) {
            run.sort_unstable_by_key(|&key| (customer(key), key));
        }
    }
}
