//! The sums of all pages as one: what each contributor comes to in each atom.

use super::Error;
use super::packed::{NONE, PageSums, Sorted};
use crate::disclosure::Contributions;
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
    let count = pages.iter().map(|page| page.places.len()).sum();
    let (mut atoms, mut customers) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let mut columns: Vec<Vec<Vec<i64>>> = vec![Vec::new(); universe.components().len()];
    for (page, numbers) in pages.into_iter().zip(numbers) {
        let atom = |place: u32| numbers.get(place as usize).and_then(|&number| atom_of[number as usize]);
        atoms.extend(page.places.iter().map(|&place| atom(place).unwrap_or(NONE)));
        customers.extend(page.customers);
        for (parts, sums) in columns.iter_mut().zip(page.sums) {
            parts.push(sums);
        }
    }
    let most = atom_of.iter().flatten().max().map_or(0, |&most| most as usize + 1);
    let sorted = Sorted::new(&atoms, most, &customers);
    let lines = sorted.lines(&customers);
    drop((atoms, customers));
    let of_component = |(&component, parts): (&Component, Vec<Vec<i64>>)| {
        let sums = lines.add_up(&sorted, &parts.concat(), component)?;
        if sums.iter().any(|&sum| sum < 0) {
            return Err(Error::Negative { component });
        }
        // Nobody asked for it, and nothing is made of it.
        Ok(if sums.is_empty() { vec![0; lines.places.len()] } else { sums })
    };
    let components = universe.components().iter().zip(columns).map(of_component).collect::<Result<_, _>>()?;
    Ok(Contributions { atoms: lines.places, contributors: lines.customers, components })
}
