//! The kernel: rows to what each customer comes to in each place, by counting and one sort of packed keys.
//!
//! A place is what rows are summed by: a combination of a page or of all pages, or an atom. Whatever touches a row anywhere in
//! memory waits for it, so rows move twice, and are then sorted and added up where a cache holds them. First all rows of a part
//! are scattered, each with its amounts, into ranges of neighbouring places (or, of a place of many rows, of neighbouring
//! pseudonyms), few enough to be written side by side. Then each
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
//! real ones. Then rows of a customer in a place stand together, and each component is gathered and added up by itself.
//!
//! What moves is kept small: a row is words of 32 bits, of each component as many as the largest amount takes, and none of a
//! component that nobody has any of.

use std::ops::Range;

use rayon::prelude::*;

use super::Error;
use crate::disclosure::Amounts;
use crate::domain::cell::Universe;
use crate::domain::entry::Component;

/// Of no place: no cell can hold the row.
pub(super) const NONE: u32 = u32::MAX;

/// What customers come to in places.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Lines {
    /// Of each line, or [`NONE`].
    pub places: Vec<u32>,
    pub customers: Vec<u64>,
    /// By component of the universe, for each line; zeros of a component that was not asked for.
    pub sums: Vec<Amounts>,
}

/// How many rows a range of places has: they and their keys fit a core's second cache.
const IN_CACHE: usize = 8_192;

/// The sums of all parts' lines: one line for each customer of each place, ascending by both. `count` is how many places
/// there are.
///
/// # Errors
/// [`Error::TooLarge`].
pub(super) fn sum(universe: Universe, parts: Vec<Lines>, count: usize) -> Result<Lines, Error> {
    let layout = Layout::of(universe, &parts);
    let counts: Vec<Vec<u32>> = parts.par_iter().with_max_len(1).map(|part| part.counts(count)).collect();
    let ranges = Ranges::new(&counts, count);
    let parts = parts.into_par_iter().zip(counts).with_max_len(1);
    let scattered = parts.map(|(part, counts)| Scattered::new(&part, &counts, &layout, &ranges));
    let scattered: Vec<Scattered> = scattered.collect();
    let pieces = (0..ranges.count()).into_par_iter().with_max_len(1).map(|range| {
        let parts: Vec<&[u32]> = scattered.iter().map(|part| part.rows(range)).collect();
        sum_range(&parts.concat(), ranges.places[range].clone(), &layout)
    });
    let pieces = pieces.collect::<Result<Vec<Lines>, Error>>()?;
    drop(scattered);
    Ok(joined(pieces, layout.fields.len()))
}

impl Lines {
    /// How many lines each place has.
    pub fn counts(&self, count: usize) -> Vec<u32> {
        let mut counts = vec![0; count];
        self.places.iter().filter(|&&place| place != NONE).for_each(|&place| counts[place as usize] += 1);
        counts
    }
}

/// The pieces one after the other. What was joined is freed before the next.
fn joined(pieces: Vec<Lines>, components: usize) -> Lines {
    let (mut places, mut customers) = (Vec::with_capacity(pieces.len()), Vec::with_capacity(pieces.len()));
    let mut sums: Vec<Vec<Amounts>> = vec![Vec::with_capacity(pieces.len()); components];
    for piece in pieces {
        places.push(piece.places);
        customers.push(piece.customers);
        sums.iter_mut().zip(piece.sums).for_each(|(column, sums)| column.push(sums));
    }
    let join = |pieces: Vec<Amounts>| {
        let parts: Vec<_> = pieces.iter().map(|piece| (piece, 0..piece.len())).collect();
        Amounts::joined(&parts)
    };
    let ((places, customers), sums) = rayon::join(
        || (places.concat(), customers.concat()),
        || sums.into_par_iter().with_max_len(1).map(join).collect(),
    );
    Lines { places, customers, sums }
}

/// How a row is written: its place, the two halves of its customer, and its amounts.
struct Layout {
    /// One a component of the universe.
    fields: Vec<(Component, Field)>,
    /// Words a row.
    width: usize,
}

/// Where a component's amount stands in a row.
#[derive(Clone, Copy)]
enum Field {
    /// Nobody has any.
    Absent,
    Word(usize),
    /// The front half, and the other behind it.
    Words(usize),
}

const CUSTOMER: usize = 1;
const AMOUNTS: usize = 3;

impl Layout {
    fn of(universe: Universe, parts: &[Lines]) -> Self {
        let mut width = AMOUNTS;
        let field = |(at, &component): (usize, &Component)| {
            let bytes = parts.iter().map(|part| part.sums[at].bytes()).max().unwrap_or(0);
            let field = match bytes {
                0 => Field::Absent,
                1..=4 => Field::Word(width),
                _ => Field::Words(width),
            };
            width += bytes.div_ceil(4);
            (component, field)
        };
        let fields = universe.components().iter().enumerate().map(field).collect();
        Self { fields, width }
    }
}

fn customer(row: &[u32]) -> u64 {
    u64::from(row[CUSTOMER]) << 32 | u64::from(row[CUSTOMER + 1])
}

/// Neighbouring places that have [`IN_CACHE`] rows together, or of one place that has more the customers between two fronts.
struct Ranges {
    /// Of each range.
    places: Vec<Range<usize>>,
    /// Of each place its first range.
    of_place: Vec<u32>,
    /// Of each place how many bits of a customer's front tell its ranges apart.
    bits: Vec<u8>,
}

impl Ranges {
    /// `counts` say of each part how many rows each place has.
    fn new(counts: &[Vec<u32>], count: usize) -> Self {
        let mut ranges =
            Self { places: Vec::new(), of_place: Vec::with_capacity(count), bits: vec![0; count] };
        let (mut first, mut held) = (0, 0);
        for place in 0..count {
            let rows = counts.iter().map(|counts| counts[place] as usize).sum::<usize>();
            if held + rows > IN_CACHE && first < place {
                ranges.places.push(first..place);
                (first, held) = (place, 0);
            }
            ranges.of_place.push(ranges.places.len() as u32);
            held += rows;
            if rows > IN_CACHE {
                let parts = rows.div_ceil(IN_CACHE).next_power_of_two();
                ranges.bits[place] = parts.trailing_zeros() as u8;
                ranges.places.extend(vec![place..place + 1; parts]);
                (first, held) = (place + 1, 0);
            }
        }
        if first < count {
            ranges.places.push(first..count);
        }
        ranges
    }

    fn count(&self) -> usize {
        self.places.len()
    }

    fn of(&self, place: usize, customer: u64) -> usize {
        let first = self.of_place[place] as usize;
        match self.bits[place] {
            0 => first,
            bits => first + (customer >> (64 - u32::from(bits))) as usize,
        }
    }
}

/// A part's rows by range.
struct Scattered {
    words: Vec<u32>,
    /// Where the rows of each range begin, and the last one's end.
    bounds: Vec<usize>,
}

/// So many rows are written at once, column by column, while a cache holds them.
const AT_ONCE: usize = 512;

impl Scattered {
    /// Rows without a place are left out.
    fn new(part: &Lines, counts: &[u32], layout: &Layout, ranges: &Ranges) -> Self {
        let width = layout.width;
        let mut bounds = vec![0; ranges.count() + 1];
        for (place, &rows) in counts.iter().enumerate().filter(|(place, _)| ranges.bits[*place] == 0) {
            bounds[ranges.of_place[place] as usize + 1] += rows as usize * width;
        }
        if ranges.bits.iter().any(|&bits| bits > 0) {
            let rows = part.places.iter().zip(&part.customers).filter(|(place, _)| **place != NONE);
            let rows = rows.map(|(&place, &customer)| (place as usize, customer));
            rows.filter(|row| ranges.bits[row.0] > 0)
                .for_each(|(place, customer)| bounds[ranges.of(place, customer) + 1] += width);
        }
        for range in 0..ranges.count() {
            bounds[range + 1] += bounds[range];
        }
        let mut next = bounds.clone();
        let mut words = vec![0; bounds[ranges.count()]];
        let mut rows: Vec<(usize, usize)> = Vec::with_capacity(AT_ONCE);
        for from in (0..part.places.len()).step_by(AT_ONCE) {
            let until = part.places.len().min(from + AT_ONCE);
            // Where each row goes, by its place among those of now.
            rows.clear();
            for (row, &place) in part.places[from..until].iter().enumerate() {
                if place != NONE {
                    let customer = part.customers[from + row];
                    let next = &mut next[ranges.of(place as usize, customer)];
                    words[*next..*next + AMOUNTS].copy_from_slice(&[
                        place,
                        (customer >> 32) as u32,
                        customer as u32,
                    ]);
                    rows.push((row, *next));
                    *next += width;
                }
            }
            for (&(_, field), column) in layout.fields.iter().zip(&part.sums) {
                write(&mut words, &rows, field, |row| column.at(from + row));
            }
        }
        Self { words, bounds }
    }

    fn rows(&self, range: usize) -> &[u32] {
        &self.words[self.bounds[range]..self.bounds[range + 1]]
    }
}

fn write(words: &mut [u32], rows: &[(usize, usize)], field: Field, amount: impl Fn(usize) -> i64) {
    match field {
        Field::Absent => {}
        Field::Word(at) => rows.iter().for_each(|&(row, to)| words[to + at] = amount(row) as u32),
        Field::Words(at) => rows.iter().for_each(|&(row, to)| {
            let amount = amount(row);
            (words[to + at], words[to + at + 1]) = ((amount >> 32) as u32, amount as u32);
        }),
    }
}

/// The lines of a range's places.
fn sum_range(words: &[u32], places: Range<usize>, layout: &Layout) -> Result<Lines, Error> {
    let width = layout.width;
    let count = words.len() / width;
    let mask = (1u64 << (usize::BITS - count.leading_zeros())) - 1;
    let customer_of = |key: u64| customer(&words[(key & mask) as usize * width..][..width]);
    let first = places.start;
    // Where each place's rows begin, were they sorted, and the last one's end.
    let mut bounds = vec![0; places.len() + 1];
    words.chunks_exact(width).for_each(|row| bounds[row[0] as usize - first + 1] += 1);
    (0..places.len()).for_each(|place| bounds[place + 1] += bounds[place]);
    let mut next = bounds.clone();
    let mut keys = vec![0; count];
    for (number, row) in (0u64..).zip(words.chunks_exact(width)) {
        let at = &mut next[row[0] as usize - first];
        keys[*at] = customer(row) & !mask | number;
        *at += 1;
    }
    let mut found = Found::default();
    let mut lines = Lines { places: Vec::with_capacity(count), ..Lines::default() };
    lines.customers.reserve(count);
    found.first.reserve(count);
    for place in places {
        let bucket = &mut keys[bounds[place - first]..bounds[place - first + 1]];
        if bucket.len() > IN_CACHE {
            bucket.par_sort_unstable()
        } else {
            bucket.sort_unstable()
        }
        tell_apart(bucket, mask, customer_of);
        let mut before = None;
        for &key in bucket.iter() {
            let (row, customer) = ((key & mask) as usize, customer_of(key));
            if before == Some(customer) {
                found.further.push((lines.places.len() - 1, row));
            } else {
                before = Some(customer);
                lines.places.push(place as u32);
                lines.customers.push(customer);
                found.first.push(row);
            }
        }
    }
    let column = |&(component, field): &(Component, Field)| {
        let sums = match field {
            Field::Absent => Some(Amounts::zeros(found.first.len())),
            Field::Word(at) => found.sums(|row| words[row * width + at].into()),
            Field::Words(at) => found.sums(|row| {
                let at = row * width + at;
                (u64::from(words[at]) << 32 | u64::from(words[at + 1])).cast_signed()
            }),
        };
        sums.ok_or(Error::TooLarge { component })
    };
    lines.sums = layout.fields.iter().map(column).collect::<Result<_, _>>()?;
    Ok(lines)
}

/// Which rows make a line.
#[derive(Default)]
struct Found {
    /// Of each line one.
    first: Vec<usize>,
    /// (line, row) of all others.
    further: Vec<(usize, usize)>,
}

impl Found {
    /// By line; `None` where a sum does not fit.
    fn sums(&self, amount: impl Fn(usize) -> i64) -> Option<Amounts> {
        let mut sums: Vec<i64> = self.first.iter().map(|&row| amount(row)).collect();
        for &(line, row) in &self.further {
            sums[line] = sums[line].checked_add(amount(row))?;
        }
        Some(Amounts::from(sums.as_slice()))
    }
}

/// Sorts the keys that differ in nothing but the row, and whose customers are not the same, by their customers.
fn tell_apart(keys: &mut [u64], mask: u64, customer: impl Fn(u64) -> u64) {
    for run in keys.chunk_by_mut(|a, b| a & !mask == b & !mask).filter(|run| run.len() > 1) {
        if run.iter().any(|&key| customer(key) != customer(run[0])) {
            run.sort_unstable_by_key(|&key| (customer(key), key));
        }
    }
}
