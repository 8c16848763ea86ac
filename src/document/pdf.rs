//! The PDF: A4, set by typst from the same page as the mail, with every row of every table, or the largest where a
//! workbook has them all.
//!
//! Invariant: the same report gives the same bytes; its date is the data's.

use jiff::Zoned;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;
use typst::foundations::{Datetime, Smart};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, Timestamp};
use unicode_normalization::char::is_combining_mark;

use super::Error;
use super::page::Page;
use super::report::Report;
use super::typesetter::Typesetter;

const TEMPLATE: &str = concat!(include_str!("templates/chart.typ"), include_str!("templates/report.typ"));

/// # Errors
/// [`Error::Pdf`] for a fault of the template, which tests exclude.
pub fn write(report: &Report<'_>, page: &Page) -> Result<Vec<u8>, Error> {
    let mut data = serde_json::to_value(page).map_err(|problem| Error::Pdf(problem.to_string()))?;
    break_long_words(&mut data);
    let world = typesetter(TEMPLATE, as_json(&data)?, report.logo)?;
    made(&world, &super::file_name(report, "pdf"), report.program, report.data_as_of)
}

/// Sets a template with its data. `ident` tells the document from others, `made_at` is its date.
///
/// # Errors
/// [`Error::Pdf`], as above.
pub fn set(
    template: &str,
    contents: &impl Serialize,
    ident: &str,
    program: &str,
    made_at: jiff::Timestamp,
) -> Result<Vec<u8>, Error> {
    made(&typesetter(template, as_json(contents)?, None)?, ident, program, made_at)
}

/// A word of so many letters may be longer than a column: it breaks anywhere.
const LONG_WORD: usize = 24;

/// In the data rather than in the template, where every text of thousands of rows would be looked at again.
fn break_long_words(data: &mut Value) {
    match data {
        Value::String(text) => {
            let is_long = |word: &str| word.chars().count() >= LONG_WORD;
            if text.len() >= LONG_WORD && text.split(char::is_whitespace).any(is_long) {
                let words = text.split_inclusive(char::is_whitespace);
                *text = words
                    .map(|word| if is_long(word.trim_end()) { broken(word) } else { word.to_owned() })
                    .collect();
            }
        }
        Value::Array(all) => all.iter_mut().for_each(break_long_words),
        Value::Object(fields) => fields.values_mut().for_each(break_long_words),
        _ => {}
    }
}

/// With a place to break before every letter that is not a mark on the one before.
fn broken(word: &str) -> String {
    let mut broken = String::with_capacity(4 * word.len());
    for (at, letter) in word.char_indices() {
        if at > 0 && !is_combining_mark(letter) {
            broken.push('\u{200b}');
        }
        broken.push(letter);
    }
    broken
}

fn as_json(contents: &impl Serialize) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(contents).map_err(|problem| Error::Pdf(problem.to_string()))
}

fn typesetter(template: &str, data: Vec<u8>, logo: Option<&[u8]>) -> Result<Typesetter, Error> {
    Typesetter::new(template, data, logo).ok_or_else(|| Error::Pdf("the template has no place".to_owned()))
}

fn made(world: &Typesetter, ident: &str, program: &str, made_at: jiff::Timestamp) -> Result<Vec<u8>, Error> {
    let document = typst::compile::<PagedDocument>(world).output.map_err(first)?;
    let options = PdfOptions {
        ident: Smart::Custom(ident.to_owned()),
        creator: Smart::Custom(Some(format!("firstwatch {program}"))),
        timestamp: date_of(made_at),
        ..PdfOptions::default()
    };
    let bytes = typst_pdf::pdf(&document, &options).map_err(first);
    // typst remembers every step of every document; a daemon would keep them for ever.
    typst::comemo::evict(0);
    bytes
}

pub fn first(problems: typst::ecow::EcoVec<typst::diag::SourceDiagnostic>) -> Error {
    Error::Pdf(problems.first().map_or_else(String::new, |problem| problem.message.to_string()))
}

fn date_of(at: jiff::Timestamp) -> Option<Timestamp> {
    let at = Zoned::new(at, TimeZone::UTC);
    let part = |part: i8| u8::try_from(part).ok();
    let at = Datetime::from_ymd_hms(
        i32::from(at.year()),
        part(at.month())?,
        part(at.day())?,
        part(at.hour())?,
        part(at.minute())?,
        part(at.second())?,
    );
    at.map(Timestamp::new_utc)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn long_words_break_anywhere_and_others_nowhere() {
        let long = "x".repeat(LONG_WORD - 1);
        let mut data =
            json!({ "rows": [format!("Đồng hồ {long}"), format!("a {long}e\u{301} b")], "bar": 3 });
        break_long_words(&mut data);
        assert_eq!(data["rows"][0], format!("Đồng hồ {long}"));
        let expected = ["x"; LONG_WORD - 1].join("\u{200b}");
        assert_eq!(data["rows"][1], format!("a {expected}\u{200b}e\u{301}\u{200b} b"));
        assert_eq!(data["bar"], 3);
    }
}
