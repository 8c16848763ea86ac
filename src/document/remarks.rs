//! What a report says of itself: what makes it provisional, what there is no room for, what is attached.

use super::dates;
use super::grid::Grid;
use super::numbers::Numbers;
use super::report::Report;
use super::texts::Texts;
use crate::settings::Format;

/// Names the tables that there is no room for.
pub fn more_tables(report: &Report<'_>, left_out: &[Grid<'_>], texts: &Texts) -> Option<String> {
    if left_out.is_empty() {
        return None;
    }
    let titles: Vec<&str> = left_out.iter().map(|grid| grid.title.as_str()).collect();
    let key = if report.attaches(Format::Xlsx) { "tables-in-excel" } else { "tables-left-out" };
    Some(texts.fill(key, [("titles", titles.join("; ").into())]))
}

/// What makes the report provisional, in words.
pub fn provisional(report: &Report<'_>, texts: &Texts) -> Option<String> {
    if report.lagging.is_empty() {
        return None;
    }
    let sources: Vec<String> = report
        .lagging
        .iter()
        .map(|lagging| {
            let source = lagging.source.into();
            let why = texts.say(&format!("lag-{}", lagging.why.as_str())).into();
            match lagging.complete_until {
                Some(until) => {
                    let until = dates::instant(until, report.zone).into();
                    texts.fill("lagging", [("source", source), ("until", until), ("why", why)])
                }
                None => texts.fill("lagging-never", [("source", source), ("why", why)]),
            }
        })
        .collect();
    Some(texts.fill("provisional", [("sources", sources.join(" ").into())]))
}

/// What goes with the mail.
pub fn attached(report: &Report<'_>, texts: &Texts) -> Option<String> {
    let files = files(report)?;
    Some(texts.fill("attached", [("files", files.into())]))
}

/// Why nothing goes with it.
pub fn left_out(report: &Report<'_>, texts: &Texts, numbers: &Numbers<'_>) -> Option<String> {
    let (left_out, files) = (report.left_out?, files(report)?);
    let arguments = [
        ("files", files.into()),
        ("size", numbers.bytes(left_out.size).into()),
        ("limit", numbers.bytes(left_out.limit).into()),
        ("job", report.job.into()),
        ("period", report.period.to_string().into()),
    ];
    Some(texts.fill("attachments-left-out", arguments))
}

/// The names of the files that the job asks for; none when it asks for none.
fn files(report: &Report<'_>) -> Option<String> {
    let kinds = [(Format::Xlsx, "xlsx"), (Format::Pdf, "pdf")];
    let files: Vec<String> = kinds
        .into_iter()
        .filter(|&(format, _)| report.attaches(format))
        .map(|(_, ending)| super::file_name(report, ending))
        .collect();
    (!files.is_empty()).then(|| files.join(", "))
}
