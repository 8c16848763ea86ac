//! The sums of all pages as one: what each contributor comes to in each atom.

use rayon::prelude::*;

use super::Error;
use super::packed::{Lines, NONE, PageSums, sum};
use crate::disclosure::{Amounts, Contributions};
use crate::domain::cell::Universe;
use crate::domain::entry::Component;

/// By the same kernel as a page's. `numbers` are, for each page, those of its combinations; `atom_of` is the
/// atom of each.
///
/// # Errors
/// [`Error::TooLarge`], and [`Error::Negative`] for what no closed book holds.
pub(super) fn contributions(
    universe: Universe,
    pages: Vec<PageSums>,
    numbers: &[Vec<u32>],
    atom_of: &[Option<u32>],
) -> Result<Contributions, Error> {
    let parts = pages.into_par_iter().zip(numbers).map(|(page, numbers)| {
        let atoms: Vec<u32> =
            numbers.iter().map(|&number| atom_of[number as usize].unwrap_or(NONE)).collect();
        let mut lines = page.lines;
        for place in lines.places.iter_mut().filter(|place| **place != NONE) {
            *place = atoms[*place as usize];
        }
        lines
    });
    let count = atom_of.iter().flatten().max().map_or(0, |&most| most as usize + 1);
    let Lines { places, customers, sums } = sum(universe, parts.collect(), count)?;
    let of_component = |(&component, sums): (&Component, Vec<i64>)| {
        if sums.par_iter().with_min_len(1 << 16).any(|&sum| sum < 0) {
            return Err(Error::Negative { component });
        }
        // Nobody asked for it, and nothing is made of it.
        Ok(if sums.is_empty() { Amounts::zeros(places.len()) } else { Amounts::from(sums.as_slice()) })
    };
    let components = universe.components().iter().zip(sums).map(of_component).collect::<Result<_, _>>()?;
    Ok(Contributions { atoms: places, contributors: customers, components })
}
