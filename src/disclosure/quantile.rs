//! Figures that do not add up: quantiles, and in which band a largest value lies.
//!
//! They stand outside the audit, which is of sums, and so under rules of their own. A quantile is the value of one
//! contributor; it may be told where so many others lie on each side of it that it is nobody's, and rounded, so that
//! nobody finds his own value in it. That percentiles are to be treated like magnitudes, with a threshold of units, is
//! of the guidelines for the checking of research output (Bond, Brandt and de Wolf, Guidelines for Output Checking,
//! Eurostat, 2015). How the threshold is drawn is our own: with k the fewest that a cell may have, k contributors on
//! the thinner side, which makes 2k in all for a median and 10k for a 90th percentile. Minima and maxima are one
//! contributor's by definition and are never told; of a largest value only the band, and only beside a published count.
//!
//! Both are told only where the cell of their contributors is published: else the figure would say that there is
//! somebody, and how many at least. Nothing follows from them for the sums: they are functions of other values.
//!
//! Absent by design: a ledger. Quantiles of overlapping periods may be compared; what that tells of one
//! contributor is bounded by the rounding and by the k on each side of every one of them.

use std::collections::BTreeSet;

use super::table::ProtectedCell;

/// A figure that may be printed; only this file makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProtectedFigure(i64);

impl ProtectedFigure {
    pub fn value(self) -> i64 {
        self.0
    }

    /// For the tests of the rooms that print figures: as if the control had let it pass.
    #[cfg(test)]
    pub fn for_tests(value: i64) -> Self {
        Self(value)
    }
}

/// The `percent`-th percentile (nearest rank) of `values`, which are (contributor, value), rounded; `None` where it
/// would tell of too few. `cell` is the published one of the same contributors, `minimum` the fewest that a cell may have.
pub fn quantile(
    cell: &ProtectedCell,
    values: &[(u64, i64)],
    percent: u32,
    minimum: u64,
    rounded: fn(i64) -> i64,
) -> Option<ProtectedFigure> {
    let thinner = u64::from(percent.min(100u32.saturating_sub(percent)));
    let distinct = |of: &mut dyn Iterator<Item = u64>| of.collect::<BTreeSet<u64>>().len() as u64;
    let contributors = distinct(&mut values.iter().map(|value| value.0));
    if !cell.status().is_shown() || thinner == 0 || contributors * thinner < 100 * minimum {
        return None;
    }
    let mut sorted: Vec<i64> = values.iter().map(|value| value.1).collect();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent as usize).div_ceil(100).max(1);
    let found = *sorted.get(rank - 1)?;
    // One contributor may hold many of the values: persons count, not values.
    let below = distinct(&mut values.iter().filter(|value| value.1 <= found).map(|value| value.0));
    let above = distinct(&mut values.iter().filter(|value| value.1 >= found).map(|value| value.0));
    (below.min(above) >= minimum).then(|| ProtectedFigure(rounded(found)))
}

/// In which band `value` lies: the index of the first of `limits` (ascending) that it does not pass, their number when
/// it passes all. `None` where the count of those that it is the largest of is withheld, or none.
pub fn band(count: &ProtectedCell, value: i64, limits: &[i64]) -> Option<ProtectedFigure> {
    let is_told = count.values().is_some_and(|values| values.first().is_some_and(|&count| count > 0));
    is_told.then(|| ProtectedFigure(limits.iter().take_while(|&&limit| value > limit).count() as i64))
}

#[cfg(test)]
mod tests {
    use super::super::table::CellStatus;
    use super::*;

    fn cell(status: CellStatus, value: Option<i64>) -> ProtectedCell {
        ProtectedCell { place: Vec::new(), status, values: value.map(|value| vec![value]), told: Vec::new() }
    }

    fn of(count: u64) -> Vec<(u64, i64)> {
        (0..count).map(|who| (who, 100 * (who as i64 + 1))).collect()
    }

    #[test]
    fn a_quantile_needs_enough_on_its_thinner_side() {
        let shown = cell(CellStatus::Safe, Some(50));
        let told =
            |count, percent| quantile(&shown, &of(count), percent, 5, |it| it).map(ProtectedFigure::value);
        assert_eq!((told(9, 50), told(10, 50)), (None, Some(500)));
        assert_eq!((told(49, 90), told(50, 90)), (None, Some(4_500)));
        assert_eq!((told(1_000, 100), told(1_000, 0)), (None, None), "an extreme is one contributor's");
        assert_eq!(
            quantile(&shown, &of(10), 50, 5, |it| it / 1_000 * 1_000).map(ProtectedFigure::value),
            Some(0)
        );
    }

    #[test]
    fn persons_count_and_not_values() {
        let shown = cell(CellStatus::Safe, Some(50));
        let mut values = of(10);
        // One holds all that is large.
        values.iter_mut().skip(4).for_each(|value| value.0 = 99);
        assert_eq!(quantile(&shown, &values, 50, 2, |it| it), None);
    }

    #[test]
    fn nothing_is_told_beside_a_withheld_cell() {
        for status in [CellStatus::Primary, CellStatus::Secondary] {
            assert_eq!(quantile(&cell(status, None), &of(100), 50, 5, |it| it), None);
            assert_eq!(band(&cell(status, None), 3, &[7]), None);
        }
        assert_eq!(band(&cell(CellStatus::Empty, Some(0)), 3, &[7]), None);
        let told =
            |value| band(&cell(CellStatus::Safe, Some(6)), value, &[7, 14]).map(ProtectedFigure::value);
        assert_eq!([told(0), told(7), told(8), told(15)], [Some(0), Some(0), Some(1), Some(2)]);
    }
}
