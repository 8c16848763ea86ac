//! Documents: protected tables become a mail in HTML and text, a workbook and a PDF; short notices become
//! a small mail.
//!
//! Invariant: figures come from [`ProtectedTable`](crate::disclosure::ProtectedTable)s alone, whatever is
//! derived from them is derived from shown cells alone, and the same report gives the same bytes. (A [`Statement`]
//! holds one customer's own payments, for that customer; it is no report, and is never mailed.) Every
//! medium prints from one [`page::Page`] or the [`page::Figures`] it is made of, so that none can say
//! another figure. Deliberately absent: the present time, files, addresses, scripts, pictures from outside. (What a mail shows comes with it.)

mod alarm;
mod alerts;
mod complaints;
mod dates;
mod figure;
mod footer;
mod grid;
mod headline;
mod html;
mod key_line;
mod letter;
mod movers;
mod names;
mod note;
mod notice;
mod numbers;
mod page;
mod pdf;
mod picture;
mod plain;
mod remarks;
mod report;
mod room;
mod sheet_names;
mod statement;
mod tables;
mod texts;
mod trend;
mod typesetter;
mod workbook;

#[cfg(test)]
mod tests;

pub use alarm::DeadlineAlarm;
pub use alerts::is_any_crossed;
pub use notice::{AuditHeadNoted, Matter, Notice, Problem, ProblemRun, notice};
pub use report::{
    AGE_LIMITS, ClockTimes, Complaints, Lagging, LeftOut, Reconciliation, Report, Section, Window,
};
pub use statement::{Answer, Statement, StatementFiles, Transaction, statement};

use self::numbers::Numbers;
use self::page::{Figures, Page};
use self::room::Room;
use self::texts::Texts;

pub use self::texts::own_words;
use crate::domain::rendered::{Attachment, Rendered};
use crate::settings::{Format, Language};

/// Mail programs cut a message longer than this (Gmail at 102 kB).
const LONGEST_HTML: usize = 100_000;
/// What the mail prints, and what is tried in turn when it gets too long with that.
const ROOM_IN_MAIL: [Room; 13] = [
    Room::in_mail(15, usize::MAX),
    Room::in_mail(12, usize::MAX),
    Room::in_mail(10, usize::MAX),
    Room::in_mail(8, usize::MAX),
    Room::in_mail(7, usize::MAX),
    Room::in_mail(6, usize::MAX),
    Room::in_mail(5, usize::MAX),
    Room::in_mail(4, usize::MAX),
    Room::in_mail(3, usize::MAX),
    Room::in_mail(0, usize::MAX),
    Room::in_mail(0, 12),
    Room::in_mail(0, 6),
    Room::in_mail(0, 0),
];

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const PDF: &str = "application/pdf";

/// The files of the pictures.
const LOGO: &str = "logo.png";
const TREND: &str = "trend.png";

/// Why a document cannot be made. None of these comes from the figures.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("table {table:?} measures {measure:?}, which no report knows; give it a measure of the list")]
    UnknownMeasure { table: String, measure: String },
    #[error("the texts of language {language} are faulty: {problem}")]
    Texts { language: &'static str, problem: String },
    #[error("numbers cannot be written: {0}")]
    Numbers(String),
    #[error("the mail's template cannot be filled in")]
    Template(#[from] minijinja::Error),
    #[error("the mail cannot be laid out: {0}")]
    Layout(String),
    #[error("the workbook cannot be written")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    #[error("the PDF cannot be set: {0}")]
    Pdf(String),
}

/// Makes the mail of a report, of sales or of complaints: subject, text, HTML and the files its job asks for.
///
/// # Errors
/// [`Error::UnknownMeasure`] when a table measures what no report knows; the others are faults of the
/// templates, which tests exclude.
pub fn render(report: &Report<'_>, language: Language) -> Result<Rendered, Error> {
    let texts = Texts::new(language)?;
    let numbers = Numbers::new(&texts, report.currency)?;
    let figures = Figures::of(report, &texts)?;
    let page = |room| Page::new(report, &figures, room, &texts, &numbers);
    let (in_full, in_mail) = (page(Room::WHOLE)?, page(ROOM_IN_MAIL[0])?);
    let sends = |format| report.left_out.is_none() && report.attaches(format);
    let cut = if sends(Format::Xlsx) { Some(page(Room::BESIDE_A_WORKBOOK)?) } else { None };
    let in_pdf = cut.as_ref().unwrap_or(&in_full);
    // A long PDF takes longer than all the rest, which is made beside it.
    let (set, rest) = std::thread::scope(|scope| {
        let set = scope.spawn(|| {
            let pdf = if sends(Format::Pdf) { Some(pdf::write(report, in_pdf)?) } else { None };
            let images = if report.attaches(Format::Html) { images(report, &in_mail)? } else { Vec::new() };
            Ok::<_, Error>((pdf, images))
        });
        let rest = || {
            let workbook = || workbook::write(report, &figures, &in_full, &texts, &numbers);
            let workbook = if sends(Format::Xlsx) { Some(workbook()?) } else { None };
            let html = if report.attaches(Format::Html) { Some(short_enough(&in_mail, page)?) } else { None };
            Ok::<_, Error>((workbook, html, plain::report(&in_mail)))
        };
        let rest = rest();
        (set.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), rest)
    });
    let ((pdf, images), (workbook, html, text)) = (set?, rest?);
    let attachment = |ending, media_type: &str, bytes| Attachment {
        file_name: file_name(report, ending),
        media_type: media_type.to_owned(),
        bytes,
    };
    let workbook = workbook.map(|bytes| attachment("xlsx", XLSX, bytes));
    let pdf = pdf.map(|bytes| attachment("pdf", PDF, bytes));
    let attachments = workbook.into_iter().chain(pdf).collect();
    Ok(Rendered { subject: in_mail.subject, html, text, attachments, images })
}

/// What the HTML shows by name.
fn images(report: &Report<'_>, page: &Page) -> Result<Vec<Attachment>, Error> {
    let image = |file_name: &str, bytes| Attachment {
        file_name: file_name.to_owned(),
        media_type: "image/png".to_owned(),
        bytes,
    };
    let logo = report.logo.map(|logo| Ok(image(LOGO, logo.to_vec())));
    let trend = page.trend.as_ref().map(|trend| Ok(image(TREND, picture::trend(trend)?)));
    logo.into_iter().chain(trend).collect()
}

/// The HTML, with fewer rows a table when it would be so long that mail programs cut it: they cut without
/// a word, and we name what is left out.
fn short_enough(whole: &Page, page: impl Fn(Room) -> Result<Page, Error>) -> Result<String, Error> {
    let mut html = html::report(whole)?;
    for room in &ROOM_IN_MAIL[1..] {
        if html.len() <= LONGEST_HTML {
            break;
        }
        html = html::report(&page(*room)?)?;
    }
    Ok(html)
}

/// `weekly-sales-2026-W47.xlsx`: plain ASCII whatever the job is called.
fn file_name(report: &Report<'_>, ending: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
    let job: String = report.job.chars().map(plain).collect();
    let period: String = report.period.to_string().replace("..", "-to-");
    format!("{}-{period}.{ending}", job.trim_matches('-'))
}
