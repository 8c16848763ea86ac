//! The combinations of all pages under one numbering, in an order that does not depend on that of the rows.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use super::Error;
use super::classes::Classes;
use super::packed::NONE;
use super::page::{Codes, Combination, Known, PageSums};
use super::rows::Rows;
use crate::domain::cell::Universe;
use crate::domain::entry::Dimension;

/// The values of each dimension and the combinations of them that occur.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Combinations {
    pub universe: Universe,
    /// For each dimension of the universe, in its order, the values that occur, sorted.
    values: Vec<Vec<String>>,
    /// By their first day, then by their codes.
    pub all: Vec<Combination>,
}

impl Combinations {
    /// The combinations of these pages; and for each page the numbers of its own.
    ///
    /// # Errors
    /// [`Error::TooFine`].
    pub fn of(
        universe: Universe,
        classes: &Classes,
        pages: &[PageSums],
    ) -> Result<(Self, Vec<Vec<u32>>), Error> {
        let (values, recoded) = merged_values(universe, classes, pages);
        let sizes: Vec<usize> = values.iter().map(Vec::len).collect();
        let mut known = Known::new(classes, &sizes)?;
        let mut all: Vec<Combination> = Vec::new();
        let mut numbers: Vec<Vec<u32>> = Vec::with_capacity(pages.len());
        for (page, recoded) in pages.iter().zip(&recoded) {
            let of_page = page.combinations.iter().map(|one| {
                let slots = classes.slots(one.class);
                let code = |slot: usize| recoded[slot][one.codes[slot] as usize];
                let number = known.number(one.class, slots.iter().map(|&slot| (sizes[slot], code(slot))));
                if *number == NONE {
                    *number = all.len() as u32;
                    let mut codes = Codes::default();
                    slots.iter().for_each(|&slot| codes[slot] = code(slot));
                    all.push(Combination { codes, ..*one });
                }
                let same = &mut all[*number as usize];
                same.first_day = same.first_day.min(one.first_day);
                same.present |= one.present;
                *number
            });
            numbers.push(of_page.collect());
        }
        drop(known);
        let mut order: Vec<u32> = (0..all.len() as u32).collect();
        order
            .par_sort_unstable_by_key(|&number| (all[number as usize].first_day, all[number as usize].codes));
        let mut rank = vec![0; all.len()];
        for (place, &number) in (0u32..).zip(&order) {
            rank[number as usize] = place;
        }
        numbers.iter_mut().flatten().for_each(|number| *number = rank[*number as usize]);
        let all = order.iter().map(|&number| all[number as usize]).collect();
        Ok((Self { universe, values, all }, numbers))
    }

    /// By dimension and code of a page, the code here; [`NONE`] of a value that is not here.
    pub fn recoded(&self, page: &Rows) -> Vec<Vec<u32>> {
        let dimensions = self.universe.dimensions().iter().zip(&page.dimensions);
        let code = |dimension, value: &String| self.code_of(dimension, value).unwrap_or(NONE);
        dimensions
            .map(|(&dimension, coded)| coded.values.iter().map(|value| code(dimension, value)).collect())
            .collect()
    }

    /// The values of a dimension, by code; none when the universe does not have it.
    pub fn values(&self, dimension: Dimension) -> &[String] {
        self.slot(dimension).map_or(&[], |slot| &self.values[slot])
    }

    /// Where a dimension stands among those of the universe.
    pub fn slot(&self, dimension: Dimension) -> Option<usize> {
        self.universe.dimensions().iter().position(|&known| known == dimension)
    }

    /// `None` for a value that does not occur.
    pub fn code_of(&self, dimension: Dimension, value: &str) -> Option<u32> {
        let found = self.values(dimension).binary_search_by(|known| known.as_str().cmp(value));
        found.ok().and_then(|code| u32::try_from(code).ok())
    }
}

/// By dimension the values of all combinations, sorted; and by page, dimension and code of the page the code among them.
fn merged_values(
    universe: Universe,
    classes: &Classes,
    pages: &[PageSums],
) -> (Vec<Vec<String>>, Vec<Vec<Vec<u32>>>) {
    let used: Vec<Vec<Vec<bool>>> = pages.par_iter().map(|page| used_values(classes, page)).collect();
    let mut merged = Vec::new();
    let mut recoded: Vec<Vec<Vec<u32>>> = vec![Vec::new(); pages.len()];
    for slot in 0..universe.dimensions().len() {
        let of_pages =
            pages.iter().zip(&used).flat_map(|(page, used)| page.values[slot].iter().zip(&used[slot]));
        let values: HashSet<&String> =
            of_pages.filter(|(_, is_used)| **is_used).map(|(value, _)| value).collect();
        let mut values = Vec::from_iter(values);
        values.sort_unstable();
        let codes: HashMap<&String, u32> = values.iter().copied().zip(0..).collect();
        for (page, recoded) in pages.iter().zip(&mut recoded) {
            // What is not used has no code, and nobody looks for it.
            let code = |value: &String| codes.get(value).copied().unwrap_or(NONE);
            recoded.push(page.values[slot].iter().map(code).collect());
        }
        merged.push(values.into_iter().cloned().collect());
    }
    (merged, recoded)
}

/// Which values of a page any combination has: rows of days that are not told apart by a dimension may have others.
fn used_values(classes: &Classes, page: &PageSums) -> Vec<Vec<bool>> {
    let mut used: Vec<Vec<bool>> = page.values.iter().map(|values| vec![false; values.len()]).collect();
    for combination in &page.combinations {
        for &slot in classes.slots(combination.class) {
            used[slot][combination.codes[slot] as usize] = true;
        }
    }
    used
}
