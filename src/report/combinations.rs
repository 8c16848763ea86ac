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
        // What a page can say by itself is worked out by all cores; one then gives the numbers.
        let packed: Vec<Vec<u128>> = pages
            .par_iter()
            .zip(&recoded)
            .with_max_len(1)
            .map(|(page, recoded)| {
                let packed = |one: &Combination| {
                    let code = |&slot: &usize| (sizes[slot], recoded[slot][one.codes[slot] as usize]);
                    known.packed(one.class, classes.slots(one.class).iter().map(code))
                };
                page.combinations.iter().map(packed).collect()
            })
            .collect();
        // (page, combination of it, packed) of each that is new. Their days are apart, for every combination of every page
        // looks at them and a cache holds them.
        let mut new: Vec<(usize, usize, u128)> = Vec::new();
        let (mut first_days, mut present): (Vec<i32>, Vec<u8>) = (Vec::new(), Vec::new());
        let mut numbers: Vec<Vec<u32>> = Vec::with_capacity(pages.len());
        for (page, packed) in packed.iter().enumerate() {
            let of_page =
                pages[page].combinations.iter().zip(packed).enumerate().map(|(at, (one, &packed))| {
                    let number = known.at(packed);
                    if *number == NONE {
                        *number = new.len() as u32;
                        new.push((page, at, packed));
                        first_days.push(one.first_day);
                        present.push(0);
                    }
                    let at = *number as usize;
                    first_days[at] = first_days[at].min(one.first_day);
                    present[at] |= one.present;
                    *number
                });
            numbers.push(of_page.collect());
        }
        drop(known);
        // Of one day there is one class, and packed numbers of a class sort as its codes do.
        let mut order: Vec<(i32, u128, u32)> =
            (0..).zip(&new).map(|(number, one)| (first_days[number as usize], one.2, number)).collect();
        order.par_sort_unstable();
        let mut rank = vec![0; order.len()];
        for (place, &(_, _, number)) in (0u32..).zip(&order) {
            rank[number as usize] = place;
        }
        numbers.par_iter_mut().flatten_iter().for_each(|number| *number = rank[*number as usize]);
        let combination = |&(first_day, _, number): &(i32, u128, u32)| {
            let (page, at, _) = new[number as usize];
            let class = pages[page].combinations[at].class;
            let mut codes = Codes::default();
            for &slot in classes.slots(class) {
                codes[slot] = recoded[page][slot][pages[page].combinations[at].codes[slot] as usize];
            }
            Combination { class, codes, first_day, present: present[number as usize] }
        };
        let all = order.par_iter().with_min_len(4_096).map(combination).collect();
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
