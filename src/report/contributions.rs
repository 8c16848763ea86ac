//! What each contributor comes to in each place, off several sources: pages under the numbering of all combinations, then
//! combinations under that of the atoms.
//!
//! Most of what is summed already is of one place alone, and its lines are taken as they stand. What is not, or shares its place
//! with others, goes through the kernel. So of two years of months, of which each is a figure, no line is touched again.

use std::ops::Range;

use rayon::prelude::*;

use super::Error;
use super::packed::{Lines, NONE, sum};
use super::page::PageSums;
use crate::disclosure::{Amounts, Contributions};
use crate::domain::cell::Universe;

/// By combination of all pages. `numbers` are, for each page, those of its own; `count` is how many there are.
///
/// # Errors
/// [`Error::TooLarge`].
pub(super) fn by_combination(
    universe: Universe,
    pages: Vec<PageSums>,
    numbers: &[Vec<u32>],
    count: usize,
) -> Result<Lines, Error> {
    let source = |(page, numbers): (PageSums, &Vec<u32>)| Source {
        lines: page.lines,
        is_summed: page.is_summed,
        places: numbers.clone(),
    };
    together(universe, pages.into_iter().zip(numbers).map(source).collect(), count)
}

/// `atom_of` is the atom of each combination.
///
/// # Errors
/// [`Error::TooLarge`], and [`Error::Negative`] for what no closed book holds.
pub(super) fn contributions(
    universe: Universe,
    lines: Lines,
    atom_of: &[Option<u32>],
) -> Result<Contributions, Error> {
    let places: Vec<u32> = atom_of.iter().map(|atom| atom.unwrap_or(NONE)).collect();
    let count = atom_of.iter().flatten().max().map_or(0, |&most| most as usize + 1);
    let is_each_its_own = (0u32..).zip(&places).all(|(combination, &atom)| combination == atom);
    let Lines { places: atoms, customers: contributors, sums: components } = match is_each_its_own {
        true => lines,
        false => together(universe, vec![Source { lines, is_summed: true, places }], count)?,
    };
    for (&component, sums) in universe.components().iter().zip(&components) {
        if sums.has_negative() {
            return Err(Error::Negative { component });
        }
    }
    Ok(Contributions { atoms, contributors, components })
}

/// Lines by places of their own.
struct Source {
    lines: Lines,
    /// One line for each customer of each place, ascending by both.
    is_summed: bool,
    /// Of each own place the one of all sources; [`NONE`]: its lines are left out.
    places: Vec<u32>,
}

/// Some lines of a source, and their place.
struct Block {
    source: usize,
    lines: Range<usize>,
    place: u32,
}

/// The sums of all sources' lines: one line for each customer of each place, ascending by both.
fn together(universe: Universe, sources: Vec<Source>, count: usize) -> Result<Lines, Error> {
    let mut uses = vec![0u8; count];
    for source in &sources {
        for &place in source.places.iter().filter(|&&place| place != NONE) {
            let uses = &mut uses[place as usize];
            *uses = uses.saturating_add(if source.is_summed { 1 } else { 2 });
        }
    }
    let is_final = |place: u32| place != NONE && uses[place as usize] == 1;
    let mut blocks = Vec::new();
    let mut kept = Vec::new();
    let mut parts = Vec::new();
    for Source { mut lines, is_summed, places } in sources {
        if is_summed && places.iter().any(|&place| is_final(place)) {
            let mut others = Vec::new();
            for (lines, &place) in own_lines(&lines, places.len()).zip(&places) {
                let into = if is_final(place) { &mut blocks } else { &mut others };
                into.push(Block { source: kept.len(), lines, place });
            }
            others.retain(|block| block.place != NONE);
            kept.push(lines);
            if !others.is_empty() {
                parts.push(picked(&kept[kept.len() - 1], &others));
            }
        } else {
            for place in lines.places.iter_mut().filter(|place| **place != NONE) {
                *place = places[*place as usize];
            }
            parts.push(lines);
        }
    }
    let summed = sum(universe, parts, count)?;
    if kept.is_empty() {
        return Ok(summed);
    }
    let of_places = own_lines(&summed, count).zip(0..).filter(|(lines, _)| !lines.is_empty());
    blocks.extend(of_places.map(|(lines, place)| Block { source: kept.len(), lines, place }));
    blocks.sort_unstable_by_key(|block| block.place);
    kept.push(summed);
    Ok(taken(kept, &blocks))
}

/// The lines of each own place of what is summed.
fn own_lines(lines: &Lines, count: usize) -> impl Iterator<Item = Range<usize>> {
    let mut end = 0;
    lines.counts(count).into_iter().map(move |lines| {
        let start = end;
        end += lines as usize;
        start..end
    })
}

/// The blocks one after the other. What was taken from is freed before the next.
fn taken(sources: Vec<Lines>, blocks: &[Block]) -> Lines {
    let runs = runs(blocks);
    let mut columns: Vec<Vec<Amounts>> = Vec::new();
    let mut customers: Vec<Vec<u64>> = Vec::new();
    for lines in sources {
        columns.resize_with(lines.sums.len(), Vec::new);
        columns.iter_mut().zip(lines.sums).for_each(|(column, sums)| column.push(sums));
        customers.push(lines.customers);
    }
    let of_customers = move |runs: &[Run]| {
        let run = |(source, lines): &Run| &customers[*source][lines.clone()];
        runs.iter().map(run).collect::<Vec<_>>().concat()
    };
    let column = |sources: Vec<Amounts>| {
        let run = |(source, lines): &Run| (&sources[*source], lines.clone());
        Amounts::joined(&runs.iter().map(run).collect::<Vec<_>>())
    };
    let (customers, sums) =
        rayon::join(|| of_customers(&runs), || columns.into_par_iter().with_max_len(1).map(column).collect());
    Lines { places: places(blocks), customers, sums }
}

/// The blocks of one source, which keeps them.
fn picked(lines: &Lines, blocks: &[Block]) -> Lines {
    let column = |sums: &Amounts| {
        Amounts::joined(&blocks.iter().map(|block| (sums, block.lines.clone())).collect::<Vec<_>>())
    };
    let customers: Vec<&[u64]> = blocks.iter().map(|block| &lines.customers[block.lines.clone()]).collect();
    Lines {
        places: places(blocks),
        customers: customers.concat(),
        sums: lines.sums.iter().map(column).collect(),
    }
}

fn places(blocks: &[Block]) -> Vec<u32> {
    let mut places = Vec::with_capacity(blocks.iter().map(|block| block.lines.len()).sum());
    blocks.iter().for_each(|block| places.resize(places.len() + block.lines.len(), block.place));
    places
}

/// Lines of a source.
type Run = (usize, Range<usize>);

/// Blocks that stand together in their source are one.
fn runs(blocks: &[Block]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for block in blocks {
        match runs
            .last_mut()
            .filter(|(source, lines)| (*source, lines.end) == (block.source, block.lines.start))
        {
            Some((_, lines)) => lines.end = block.lines.end,
            None => runs.push((block.source, block.lines.clone())),
        }
    }
    runs
}
