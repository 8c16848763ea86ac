//! The small print: exact dates, data as of, basis, definitions, reconciliation, what was withheld and
//! why, and why this recipient gets it.
//!
//! Invariant: counts of rows are left out where they would tell a withheld number of orders or cancellations,
//! and whether there are any, too.

use super::Error;
use super::complaints;
use super::dates;
use super::figure::Figure;
use super::headline;
use super::names;
use super::note::Note;
use super::numbers::Numbers;
use super::report::{Report, Window};
use super::texts::Texts;
use crate::domain::cell::Measure;
use crate::domain::order::CountOrdersOn;

/// What is said below the tables. `withheld` is (cells withheld, cells in all).
///
/// # Errors
/// [`Error::UnknownMeasure`] when a table measures what no report knows.
pub fn notes(
    report: &Report<'_>,
    withheld: (usize, usize),
    texts: &Texts,
    numbers: &Numbers<'_>,
) -> Result<Vec<Note>, Error> {
    let note = |key: &str, text: String| Note { label: texts.say(key), text };
    let range = dates::range(report.period.first(), report.period.last());
    let at_end = report.period.end(report.zone);
    let sales = if report.tells_of_sales() {
        vec![
            note("note-basis", texts.say(&format!("basis-{}", basis(report.basis)))),
            note("note-reconciliation", reconciliation(report, texts, numbers)?),
        ]
    } else {
        vec![note("note-reconciliation", format!("{}.", rejected(report, texts, numbers)))]
    };
    let mut notes = vec![
        note(
            "note-period",
            texts.fill(
                "note-period-text",
                [
                    ("range", range.into()),
                    ("zone", report.zone_name.into()),
                    ("offset", dates::offset(at_end, report.zone).into()),
                ],
            ),
        ),
        note("note-as-of", dates::instant(report.data_as_of, report.zone)),
    ];
    notes.extend(sales);
    notes.extend([
        note("note-withheld", withheld_text(report, withheld, texts, numbers)),
        note("note-why", why(report, texts)),
        note("note-made-by", made_by(report, texts)),
    ]);
    Ok(notes)
}

/// What each figure of this report means: (term, meaning).
///
/// # Errors
/// [`Error::UnknownMeasure`] when a table measures what no report knows.
pub fn definitions(report: &Report<'_>, texts: &Texts) -> Result<Vec<Note>, Error> {
    let mut used = Vec::new();
    let sections = report.sections.iter().map(|section| section.table);
    let of_complaints = report.complaints.iter().flat_map(complaints::printed);
    for table in report.headline.iter().copied().chain(sections).chain(report.late).chain(of_complaints) {
        used.extend(super::grid::measures(table)?);
    }
    let mut notes: Vec<Note> = Measure::SALES
        .into_iter()
        .chain(Measure::COMPLAINTS)
        .filter(|measure| used.contains(measure))
        .map(|measure| Note {
            label: names::measure(measure, texts),
            text: texts.say(&format!("define-{}", measure.as_str())),
        })
        .collect();
    if used.contains(&Measure::Net) && used.contains(&Measure::Orders) {
        notes.push(Note { label: texts.say("measure-average"), text: texts.say("define-average") });
    }
    if report.complaints.is_some() {
        notes.extend(complaints::definitions(texts));
    }
    Ok(notes)
}

fn basis(basis: CountOrdersOn) -> &'static str {
    match basis {
        CountOrdersOn::Created => "created",
        CountOrdersOn::Paid => "paid",
        CountOrdersOn::Completed => "completed",
    }
}

fn reconciliation(report: &Report<'_>, texts: &Texts, numbers: &Numbers<'_>) -> Result<String, Error> {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let orders = headline::figures(report, Measure::Orders)?;
    let counted = orders.map_or(Figure::Absent, |figures| figures[0]);
    let books = report.reconciliation;
    let cancelled = headline::figures(report, Measure::Cancellations)?.map(|figures| figures[0]);
    // Rows read, less orders left out, would be the withheld number of orders; less orders counted, with what
    // is said of the other states, the withheld number of cancellations.
    let is_told = counted != Figure::Withheld && cancelled != Some(Figure::Withheld);
    let mut parts = Vec::new();
    if is_told {
        let read = number(books.rows_read);
        parts.push(
            texts.fill("reconciliation-read", [("rows", numbers.count(read).into()), ("count", read.into())]),
        );
    }
    if counted != Figure::Absent {
        let shown = counted.shown().unwrap_or(0);
        parts.push(texts.fill(
            "reconciliation-counted",
            [("orders", numbers.figure(counted, false).into()), ("count", shown.into())],
        ));
    }
    let excluded: u64 = books.excluded.values().sum();
    if !is_told {
        parts.push(texts.say("reconciliation-excluded-withheld"));
    } else if excluded > 0 {
        let reasons: Vec<String> = books
            .excluded
            .iter()
            .filter(|(_, orders)| **orders > 0)
            .map(|(status, &orders)| {
                let status = texts.say(&format!("status-{}", status.as_str()));
                format!("{status}: {}", numbers.count(number(orders)))
            })
            .collect();
        parts.push(texts.fill(
            "reconciliation-excluded",
            [("orders", numbers.count(number(excluded)).into()), ("reasons", reasons.join(", ").into())],
        ));
    }
    parts.push(rejected(report, texts, numbers));
    Ok(format!("{}.", parts.join("; ")))
}

fn rejected(report: &Report<'_>, texts: &Texts, numbers: &Numbers<'_>) -> String {
    let rejected = i64::try_from(report.reconciliation.rejected).unwrap_or(i64::MAX);
    texts.fill(
        "reconciliation-rejected",
        [("rows", numbers.count(rejected).into()), ("count", rejected.into())],
    )
}

fn withheld_text(
    report: &Report<'_>,
    withheld: (usize, usize),
    texts: &Texts,
    numbers: &Numbers<'_>,
) -> String {
    let count = |count: usize| numbers.count(i64::try_from(count).unwrap_or(i64::MAX)).into();
    if withheld.0 == 0 {
        return texts.say("withheld-none");
    }
    texts.fill(
        "withheld-some",
        [
            ("withheld", count(withheld.0)),
            ("cells", count(withheld.1)),
            ("minimum", numbers.count(i64::from(report.minimum_contributors)).into()),
        ],
    )
}

fn why(report: &Report<'_>, texts: &Texts) -> String {
    match report.audience {
        Some(group) => {
            texts.fill("why-group", [("group", group.into()), ("shop", names::clean(report.business).into())])
        }
        None => texts.fill("why-address", [("job", report.job.into())]),
    }
}

fn made_by(report: &Report<'_>, texts: &Texts) -> String {
    texts.fill(
        "made-by",
        [
            ("version", report.program.into()),
            ("job", report.job.into()),
            ("period", report.period.to_string().into()),
        ],
    )
}

/// (cells withheld, cells in all) of the key figures.
pub fn withheld_in_headline(report: &Report<'_>) -> (usize, usize) {
    let of_complaints = report.complaints.iter().flat_map(|complaints| complaints.key);
    let cells = report.headline.iter().chain(of_complaints).flat_map(|table| table.cells());
    let known = Window::ALL.map(Window::as_str);
    cells
        .filter(|cell| {
            let code = cell.place().first().and_then(|codes| codes.first());
            code.is_some_and(|code| known.contains(&code.as_str()))
        })
        .fold((0, 0), |sum, cell| (sum.0 + usize::from(cell.values().is_none()), sum.1 + 1))
}
