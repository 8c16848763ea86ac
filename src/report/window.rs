//! The windows that a period's key figures are shown for.

use jiff::civil::Date;

use jiff::ToSpan;

use super::Window;
use crate::calendar::lunar;
use crate::domain::period::{Period, PeriodKind};
use crate::domain::trend;

/// `this`, `previous` and `last-year`; of a day, a week or a month about Tết `last-tet`, the days that lay as far from
/// Tết the year before; then `month-to-date` and `year-to-date` through the period's last
/// day, but for one that lies within the period and so says less than it (a week may cross into a month:
/// there it stays).
pub fn windows(period: Period) -> Vec<Window> {
    let whole = |name: &str, period: Period| window(name, period.first(), period.until());
    let mut windows = vec![
        whole("this", period),
        whole("previous", period.previous()),
        whole("last-year", period.last_year()),
    ];
    windows.extend(last_tet(period));
    for (name, kind) in [("month-to-date", PeriodKind::Month), ("year-to-date", PeriodKind::Year)] {
        let first = kind.holding(period.last()).first();
        let is_within = first >= period.first();
        let crosses = first > period.first() && period.kind() == Some(PeriodKind::Week);
        if !is_within || crosses {
            windows.push(window(name, first, period.until()));
        }
    }
    windows
}

fn last_tet(period: Period) -> Option<Window> {
    let is_short = matches!(period.kind()?, PeriodKind::Day | PeriodKind::Week | PeriodKind::Month);
    let (first, last) = lunar::a_year_before_by_tet(period.first(), period.last()).filter(|_| is_short)?;
    Some(window("last-tet", first, last.saturating_add(1.day())))
}

/// The windows of a period's trend, each called after its step: those before it, then its own.
pub fn trend_windows(period: Period) -> Vec<Window> {
    let steps = trend::trend(period).into_iter().flat_map(|trend| [trend.before, trend.now].concat());
    steps.map(|step| window(&step.to_string(), step.first(), step.until())).collect()
}

fn window(name: &str, from: Date, until: Date) -> Window {
    Window { name: name.to_owned(), from, until }
}
