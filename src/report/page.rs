//! A page's rows by their combinations: what cells can tell apart on a day, which is the day's class and the values that the
//! class fixes. The values are codes, so a combination is one number, and where these are few it is looked up in a table
//! instead of being hashed.
//!
//! Pages are taken each by itself, some at once. A page is summed at once where that leaves little of it (a month that stands in
//! a report as one figure is a line a customer), or where no other page can have its combinations. Else hardly two rows share a
//! combination and a customer, and summing waits until all pages are together.

use std::collections::HashMap;
use std::mem::take;

use super::Error;
use super::classes::Classes;
use super::packed::{Lines, NONE, sum};
use super::rows::Rows;
use crate::domain::entry::Dimension;
use crate::domain::quick_hash::QuickHash;

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
    /// The lines are one for each customer of each combination, ascending by both.
    pub is_summed: bool,
}

/// Rows a combination from which on a page is summed at once.
const MANY: usize = 64;

impl PageSums {
    /// `is_alone` says that no other page has days of its classes.
    ///
    /// # Errors
    /// [`Error::TooFine`], [`Error::TooLarge`].
    pub fn of(mut rows: Rows, classes: &Classes, is_alone: bool) -> Result<Self, Error> {
        let (combinations, places) = combine(&rows, classes)?;
        let values = rows.dimensions.iter_mut().map(|dimension| take(&mut dimension.values)).collect();
        let mut lines = Lines { places, customers: rows.customers, sums: rows.components };
        let is_summed = is_alone || lines.places.len() / MANY >= combinations.len();
        if is_summed {
            lines = sum(rows.universe, vec![lines], combinations.len())?;
        }
        Ok(Self { values, combinations, lines, is_summed })
    }
}

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
    // Sealed pages are sorted by day.
    let goes_back = !rows.days.is_sorted();
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
            if goes_back && day < first_days[at] {
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

    /// These codes, each after how many values its dimension has, as one number.
    pub fn packed(&self, class: u32, codes: impl Iterator<Item = (usize, u32)>) -> u128 {
        let packed = codes.fold(0, |packed: u128, (size, code)| packed * size as u128 + u128::from(code));
        packed * self.classes as u128 + u128::from(class)
    }

    /// The number of what was packed; [`NONE`] where it has none yet.
    pub fn at(&mut self, packed: u128) -> &mut u32 {
        match &mut self.numbers {
            Numbers::Table(table) => &mut table[packed as usize],
            Numbers::Hashed(hashed) => hashed.entry(packed).or_insert(NONE),
        }
    }

    /// The number of these codes, each after how many values its dimension has; [`NONE`] for what has none yet. Once a row,
    /// so that it takes no wider numbers than it needs.
    pub fn number(&mut self, class: u32, codes: impl Iterator<Item = (usize, u32)>) -> &mut u32 {
        let packed = match self.numbers {
            Numbers::Table(_) => {
                let packed = codes.fold(0, |packed, (size, code)| packed * size + code as usize);
                (packed * self.classes + class as usize) as u128
            }
            Numbers::Hashed(_) => self.packed(class, codes),
        };
        self.at(packed)
    }
}
