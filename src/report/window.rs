//! The windows that a period's key figures are shown for.

use jiff::civil::Date;

use super::Window;
use crate::domain::period::{Period, PeriodKind};

/// `this`, `previous` and `last-year`; then `month-to-date` and `year-to-date` through the period's last
/// day, but for one that lies within the period and so says less than it (a week may cross into a month:
/// there it stays).
pub fn windows(period: Period) -> Vec<Window> {
    let whole = |name: &str, period: Period| window(name, period.first(), period.until());
    let mut windows = vec![
        whole("this", period),
        whole("previous", period.previous()),
        whole("last-year", period.last_year()),
    ];
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

fn window(name: &str, from: Date, until: Date) -> Window {
    Window { name: name.to_owned(), from, until }
}
