//! Room for the headline of longer reports. What a day's report shows is known when its week's is checked, and could
//! leave the week's own key figures withheld: so each report leaves room for those of every longer one that holds its
//! period, as far as that has come.
//!
//! Nothing of this is recorded. A past release is made again from its recorded pattern and needs none of it.

use std::collections::BTreeSet;

use super::tables::{key, tells_of};
use crate::domain::cell::Universe;
use crate::domain::period::{Period, PeriodKind};
use crate::report::{CellTable, Shape, Window};
use crate::settings::JobSpec;

/// What reports of other `jobs` will show for longer periods, up to the end of this one: of sales the headline, of
/// complaints their key figures.
pub(super) fn tables(universe: Universe, jobs: &[JobSpec], period: Period) -> Vec<CellTable> {
    let of_universe = jobs.iter().filter(|job| tells_of(job.tells, universe));
    let kinds: BTreeSet<PeriodKind> = of_universe.filter_map(|job| job.period).collect();
    let windows: Vec<Window> = kinds.into_iter().filter_map(|kind| so_far(kind, period)).collect();
    let has_cells =
        |table: &CellTable| !matches!(&table.shape, Shape::Windows(windows) if windows.is_empty());
    let mut tables = key(universe, &windows, period);
    if universe == Universe::Sales {
        tables.truncate(1);
    }
    tables.into_iter().filter(has_cells).collect()
}

/// The longer period that holds this one, from its first day to the end of this. (One that begins with this period is
/// so far the same.)
fn so_far(kind: PeriodKind, period: Period) -> Option<Window> {
    let longer = kind.holding(period.first());
    let is_held = longer.first() < period.first() && period.until() <= longer.until();
    is_held.then(|| Window { name: kind.as_str().to_owned(), from: longer.first(), until: period.until() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(kind: PeriodKind, period: &str) -> Option<String> {
        so_far(kind, period.parse().unwrap()).map(|window| format!("{}..{}", window.from, window.until))
    }

    #[test]
    fn a_longer_period_is_as_long_as_it_has_come() {
        let thursday = "2026-10-01";
        assert_eq!(window(PeriodKind::Week, thursday).as_deref(), Some("2026-09-28..2026-10-02"));
        // It begins with the day, and is so far no more.
        assert_eq!(window(PeriodKind::Month, thursday), None);
        assert_eq!(window(PeriodKind::Year, thursday).as_deref(), Some("2026-01-01..2026-10-02"));
        assert_eq!(window(PeriodKind::Day, thursday), None);
        // The week lies in two months, and so in none.
        assert_eq!(window(PeriodKind::Month, "2026-W40"), None);
        assert_eq!(window(PeriodKind::Quarter, "2026-11").as_deref(), Some("2026-10-01..2026-12-01"));
        assert_eq!(window(PeriodKind::Day, "2026-11"), None);
    }
}
