//! The key figures: one line a measure over the windows, the subject and the first sentence.

use super::Error;
use super::complaints;
use super::dates;
use super::figure::{Change, Figure};
use super::key_line::{KeyLine, OverWindows, base, figures_of};
use super::names;
use super::numbers::Numbers;
use super::report::{Report, Window};
use super::texts::Texts;
use crate::domain::cell::Measure;

/// The order managers read them in.
const ORDER: [Measure; 8] = [
    Measure::Net,
    Measure::Orders,
    Measure::Units,
    Measure::Gross,
    Measure::Discounts,
    Measure::Refunds,
    Measure::Cancellations,
    Measure::NewCustomers,
];

/// The key figures that the headline tables carry, and the average order where they carry both its parts.
///
/// # Errors
/// [`Error::UnknownMeasure`] when a table measures what no report knows.
pub fn lines(report: &Report<'_>, texts: &Texts) -> Result<Vec<KeyLine>, Error> {
    let mut lines = Vec::new();
    let orders = figures(report, Measure::Orders)?;
    for measure in ORDER {
        let Some(figures) = figures(report, measure)? else { continue };
        lines.push(KeyLine {
            label: names::measure(measure, texts),
            is_money: measure.is_money(),
            more_is_better: is_better(measure),
            figures,
        });
        if let (Measure::Orders, Some(net), Some(orders)) =
            (measure, self::figures(report, Measure::Net)?, orders)
        {
            lines.push(KeyLine {
                label: texts.say("measure-average"),
                is_money: true,
                more_is_better: true,
                figures: std::array::from_fn(|at| net[at].per(orders[at])),
            });
        }
    }
    Ok(lines)
}

fn is_better(measure: Measure) -> bool {
    !matches!(measure, Measure::Discounts | Measure::Refunds | Measure::Cancellations)
}

/// A measure over the windows, from the first table that carries it.
///
/// # Errors
/// [`Error::UnknownMeasure`] when a table measures what no report knows.
pub fn figures(report: &Report<'_>, measure: Measure) -> Result<Option<OverWindows>, Error> {
    figures_of(report.headline, measure)
}

/// `1stwatch · Tuần 47/2026: doanh thu thuần 1.234.567 ₫ (+12,5 % so với Tuần 46/2026)`.
///
/// # Errors
/// [`Error::UnknownMeasure`] when a table measures what no report knows.
pub fn subject(report: &Report<'_>, texts: &Texts, numbers: &Numbers<'_>) -> Result<String, Error> {
    if !report.tells_of_sales() {
        return Ok(marked(complaints::subject(report, texts, numbers)?, report, texts));
    }
    let net = figures(report, Measure::Net)?.unwrap_or([Figure::Absent; Window::ALL.len()]);
    let shop = || names::clean(report.business).into();
    let period = || dates::period(report.period, texts).into();
    let plain = match (net[0], is_empty(report)?) {
        (_, true) => texts.fill("subject-empty", [("shop", shop()), ("period", period())]),
        (Figure::Withheld, _) => texts.fill("subject-withheld", [("shop", shop()), ("period", period())]),
        (Figure::Absent, _) => texts.fill("subject-plain", [("shop", shop()), ("period", period())]),
        (Figure::Shown(value), _) => {
            let amount = || numbers.money(value).into();
            match numbers.change(Change::between(net[0], net[1])) {
                None => texts.fill("subject", [("shop", shop()), ("period", period()), ("net", amount())]),
                Some(change) => {
                    let base = base(report, Window::Previous, texts);
                    texts.fill(
                        "subject-change",
                        [
                            ("shop", shop()),
                            ("period", period()),
                            ("net", amount()),
                            ("change", change.into()),
                            ("base", base.into()),
                        ],
                    )
                }
            }
        }
    };
    Ok(marked(plain, report, texts))
}

/// The one plain sentence the mail begins with.
///
/// # Errors
/// [`Error::UnknownMeasure`] when a table measures what no report knows.
pub fn sentence(report: &Report<'_>, texts: &Texts, numbers: &Numbers<'_>) -> Result<String, Error> {
    if !report.tells_of_sales() {
        return complaints::sentence(report, texts, numbers);
    }
    let net = figures(report, Measure::Net)?.unwrap_or([Figure::Absent; Window::ALL.len()]);
    let orders = figures(report, Measure::Orders)?.map_or(Figure::Absent, |figures| figures[0]);
    let period = || dates::period(report.period, texts).into();
    if is_empty(report)? {
        return Ok(texts.fill("sentence-empty", [("period", period())]));
    }
    Ok(match net[0] {
        Figure::Withheld => texts.fill("sentence-withheld", [("period", period())]),
        Figure::Absent => texts.fill("sentence-plain", [("period", period())]),
        Figure::Shown(value) => {
            let amount = || numbers.money(value).into();
            let changes = || changes(report, &net, texts, numbers).into();
            match orders {
                Figure::Shown(count) => texts.fill(
                    "sentence",
                    [
                        ("period", period()),
                        ("net", amount()),
                        ("orders", numbers.count(count).into()),
                        ("count", count.into()),
                        ("changes", changes()),
                    ],
                ),
                Figure::Withheld | Figure::Absent => texts
                    .fill("sentence-net", [("period", period()), ("net", amount()), ("changes", changes())]),
            }
        }
    })
}

/// With the mark of a report whose data is not all in.
fn marked(subject: String, report: &Report<'_>, texts: &Texts) -> String {
    if report.lagging.is_empty() {
        return subject;
    }
    texts.fill("subject-provisional", [("subject", subject.into())])
}

/// Whether it is known that nothing at all was sold or given back.
fn is_empty(report: &Report<'_>) -> Result<bool, Error> {
    let known_zero = |measure| -> Result<bool, Error> {
        Ok(figures(report, measure)?.is_some_and(|figures| figures[0] == Figure::Shown(0)))
    };
    Ok(known_zero(Measure::Net)? && known_zero(Measure::Orders)?)
}

/// `, tăng 12,5 % so với Tuần 46/2026 và giảm 3 % so với Tuần 47/2025`; empty when nothing may be said.
fn changes(report: &Report<'_>, net: &OverWindows, texts: &Texts, numbers: &Numbers<'_>) -> String {
    let clauses: Vec<String> = [(Window::Previous, 1), (Window::LastYear, 2)]
        .into_iter()
        .filter_map(|(window, at)| {
            let base = base(report, window, texts).into();
            Some(match Change::between(net[0], net[at]) {
                Change::Tenths(tenths) => {
                    let key = if tenths < 0 { "clause-down" } else { "clause-up" };
                    texts.fill(key, [("size", numbers.size(tenths).into()), ("base", base)])
                }
                Change::Same => texts.fill("clause-same", [("base", base)]),
                Change::New => texts.fill("clause-new", [("base", base)]),
                Change::Unknown => return None,
            })
        })
        .collect();
    match clauses.as_slice() {
        [] => String::new(),
        [only] => texts.fill("clauses", [("first", only.as_str().into())]),
        [first, second, ..] => {
            texts.fill("clauses-two", [("first", first.as_str().into()), ("second", second.as_str().into())])
        }
    }
}
