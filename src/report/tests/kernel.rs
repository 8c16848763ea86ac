//! The kernel over more rows than a cache holds, beside a plain map.

use proptest::prelude::*;

use super::super::packed::{Lines, NONE, sum};
use super::*;
use crate::disclosure::Amounts;

/// Components that the rows have any of: amounts of two and of eight bytes, and a one.
const USED: [usize; 3] = [0, 2, 3];

/// Rows of 40 places. Half of all are of place 7, which is a range by itself; a few are of none, and nobody is in the last.
fn part(seed: u64, rows: u64) -> Lines {
    let mut lines = Lines::default();
    let mut columns = vec![Vec::new(); Universe::Sales.components().len()];
    for row in 0..rows {
        let drawn = (seed + row)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(31)
            .wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let place = (drawn >> 40) as u32 % 80;
        lines.places.push(if place == 3 {
            NONE
        } else if place < 39 {
            place
        } else {
            7
        });
        // Some differ in their last bits alone.
        let customer = drawn >> 20 & 0x3ff;
        lines.customers.push(if customer.is_multiple_of(2) { customer } else { customer << 54 });
        let amounts = [0, (drawn & 0xffff) as i64, 0, (drawn >> 14) as i64, 1, 0, 0, 0];
        columns.iter_mut().zip(&amounts[1..]).for_each(|(column, &amount)| column.push(amount));
    }
    lines.sums = columns.iter().map(|column| Amounts::from(column.as_slice())).collect();
    lines
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn many_rows_add_up_as_in_a_plain_map(
        parts in proptest::collection::vec((0u64..1 << 40, prop_oneof![Just(0), 1u64..20, 1u64..30_000]), 0..4),
    ) {
        let parts: Vec<Lines> = parts.into_iter().map(|(seed, rows)| part(seed, rows)).collect();
        let mut plain: BTreeMap<(u32, u64), [i64; 3]> = BTreeMap::new();
        for Lines { places, customers, sums } in &parts {
            for (row, &place) in places.iter().enumerate().filter(|(_, place)| **place != NONE) {
                let of_line = plain.entry((place, customers[row])).or_default();
                of_line.iter_mut().zip(USED).for_each(|(sum, at)| *sum += sums[at].at(row));
            }
        }
        let lines = sum(Universe::Sales, parts, 40).unwrap();
        let keys: Vec<(u32, u64)> = lines.places.into_iter().zip(lines.customers).collect();
        prop_assert_eq!(keys, plain.keys().copied().collect::<Vec<_>>());
        for (at, column) in lines.sums.iter().enumerate() {
            let used = USED.iter().position(|&used| used == at);
            let expected: Amounts = plain.values().map(|sums| used.map_or(0, |used| sums[used])).collect();
            prop_assert_eq!(column, &expected, "component {}", at);
        }
    }
}
