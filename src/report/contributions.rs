//! The sums of all pages as one: what each contributor comes to in each atom.

use rayon::prelude::*;

use super::Error;
use super::packed::{NONE, PageSums, add_up, sorted};
use crate::disclosure::Contributions;
use crate::domain::cell::Universe;

/// By the same sort of packed keys as a page's. `numbers` are, for each page, those of its combinations; `atom_of` is the
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
    let count = pages.iter().map(|page| page.keys.len()).sum();
    let (mut atoms, mut customers) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let mut columns: Vec<Vec<Vec<i64>>> = vec![Vec::new(); universe.components().len()];
    for (page, numbers) in pages.into_iter().zip(numbers) {
        for &(combination, customer) in &page.keys {
            atoms.push(atom_of[numbers[combination as usize] as usize].unwrap_or(NONE));
            customers.push(customer);
        }
        for (parts, sums) in columns.iter_mut().zip(page.sums) {
            parts.push(sums);
        }
    }
    let most = atom_of.iter().flatten().max().map_or(0, |&most| most as usize + 1);
    let sorted = sorted(&atoms, most, &customers);
    let mut data = Contributions::default();
    let mut starts = Vec::new();
    for (at, &row) in sorted.iter().enumerate() {
        let (atom, customer) = (atoms[row as usize], customers[row as usize]);
        if (data.atoms.last(), data.contributors.last()) != (Some(&atom), Some(&customer)) {
            data.atoms.push(atom);
            data.contributors.push(customer);
            starts.push(at);
        }
    }
    drop((atoms, customers));
    let components = universe.components().par_iter().zip(columns);
    data.components = components
        .map(|(&component, parts)| {
            let sums = add_up(&sorted, &starts, &parts.concat(), component)?;
            if sums.iter().any(|&sum| sum < 0) { Err(Error::Negative { component }) } else { Ok(sums) }
        })
        .collect::<Result<_, _>>()?;
    Ok(data)
}
