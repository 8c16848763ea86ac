//! Thresholds of a job against the report's key figures: what raises a line at the top.
//!
//! Invariant: judged by shown figures alone. Where one is withheld the line says that the threshold cannot be judged,
//! and it counts as crossed: who waits for an alarm must not take silence for calm.

use super::Error;
use super::figure::{Change, Figure};
use super::headline;
use super::key_line;
use super::names;
use super::numbers::Numbers;
use super::report::{Report, Window};
use super::texts::Texts;
use crate::settings::{Against, Threshold, Way};

/// What became of a threshold.
enum Verdict {
    /// By so many tenths of a percent; `None`: from nothing.
    Crossed(Option<i64>),
    Kept,
    Withheld,
}

/// Whether any threshold of the report is crossed, or may be.
///
/// # Errors
/// [`Error::UnknownMeasure`] when a table measures what no report knows.
pub fn is_any_crossed(report: &Report<'_>) -> Result<bool, Error> {
    for threshold in report.thresholds {
        if !matches!(judged(threshold, report)?, Verdict::Kept) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A line for each threshold that is crossed, or may be.
///
/// # Errors
/// [`Error::UnknownMeasure`] when a table measures what no report knows.
pub fn lines(report: &Report<'_>, texts: &Texts, numbers: &Numbers<'_>) -> Result<Vec<String>, Error> {
    let mut lines = Vec::new();
    for threshold in report.thresholds {
        let measure = || names::measure(threshold.measure, texts).into();
        let base = || key_line::base(report, window(threshold.against), texts).into();
        let percent = || numbers.percents(threshold.percent).into();
        let key = match threshold.way {
            Way::Falls => "alert-falls",
            Way::Rises => "alert-rises",
        };
        lines.push(match judged(threshold, report)? {
            Verdict::Kept => continue,
            Verdict::Withheld => texts
                .fill("alert-withheld", [("measure", measure()), ("base", base()), ("percent", percent())]),
            Verdict::Crossed(Some(tenths)) => {
                let size = numbers.size(tenths).into();
                texts.fill(
                    key,
                    [("measure", measure()), ("size", size), ("base", base()), ("percent", percent())],
                )
            }
            Verdict::Crossed(None) => {
                texts.fill("alert-new", [("measure", measure()), ("base", base()), ("percent", percent())])
            }
        });
    }
    Ok(lines)
}

fn window(against: Against) -> Window {
    match against {
        Against::Previous => Window::Previous,
        Against::LastYear => Window::LastYear,
    }
}

fn judged(threshold: &Threshold, report: &Report<'_>) -> Result<Verdict, Error> {
    let Some(figures) = headline::figures(report, threshold.measure)? else { return Ok(Verdict::Withheld) };
    let at = |wanted: Window| Window::ALL.iter().position(|&window| window == wanted).map(|at| figures[at]);
    let (now, before) = (at(Window::This), at(window(threshold.against)));
    let (Some(now), Some(before)) = (now, before) else { return Ok(Verdict::Withheld) };
    if now == Figure::Withheld || before == Figure::Withheld {
        return Ok(Verdict::Withheld);
    }
    let limit = 10 * i64::from(threshold.percent);
    Ok(match (threshold.way, Change::between(now, before)) {
        (Way::Falls, Change::Tenths(tenths)) if tenths <= -limit => Verdict::Crossed(Some(tenths)),
        (Way::Rises, Change::Tenths(tenths)) if tenths >= limit => Verdict::Crossed(Some(tenths)),
        (Way::Rises, Change::New) => Verdict::Crossed(None),
        _ => Verdict::Kept,
    })
}
