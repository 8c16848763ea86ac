//! The PDF: A4, set by typst from the same page as the mail, with every row of every table.
//!
//! Invariant: the same report gives the same bytes; its date is the data's.

use jiff::Zoned;
use jiff::tz::TimeZone;
use serde::Serialize;
use typst::foundations::{Datetime, Smart};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, Timestamp};

use super::Error;
use super::page::Page;
use super::report::Report;
use super::typesetter::Typesetter;

const TEMPLATE: &str = concat!(include_str!("templates/chart.typ"), include_str!("templates/report.typ"));

/// # Errors
/// [`Error::Pdf`] for a fault of the template, which tests exclude.
pub fn write(report: &Report<'_>, page: &Page) -> Result<Vec<u8>, Error> {
    let data = as_json(page)?;
    let world = typesetter(TEMPLATE, data, report.logo)?;
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
