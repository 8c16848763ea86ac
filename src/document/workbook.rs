//! The XLSX: real numbers with number formats, one sheet a table in full, the key figures, definitions
//! and provenance.
//!
//! Invariant: the same report gives the same bytes (the file's dates are the data's); no cell is a formula,
//! and a text that a spreadsheet could take for one is marked as text.

mod charts;
mod complaints;
mod grids;
mod looks;

use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, Workbook, Worksheet};

use self::looks::Looks;
use super::figure::{Change, Figure};
use super::key_line::{self, KeyLine};
use super::note::Note;
use super::numbers::{Numbers, WITHHELD};
use super::page::{Figures, Page};
use super::report::{Report, Window};
use super::sheet_names::SheetNames;
use super::texts::Texts;
use super::{Error, dates};

/// The row of the column heads: above it stand the title, the period and the legend.
const HEAD: u32 = 4;
/// The width of the column of explanations.
const LETTERS_A_LINE: u8 = 90;

/// # Errors
/// [`Error::Workbook`] when the file's limits are passed (a million rows).
pub fn write(
    report: &Report<'_>,
    figures: &Figures<'_>,
    page: &Page,
    texts: &Texts,
    numbers: &Numbers<'_>,
) -> Result<Vec<u8>, Error> {
    let mut workbook = Workbook::new();
    let made = ExcelDateTime::from_timestamp(report.data_as_of.as_second())?;
    workbook.set_properties(
        &DocProperties::new().set_title(&page.subject).set_author(&page.shop).set_creation_datetime(&made),
    );
    let mut book = Book {
        looks: Looks::new(numbers, report.colour),
        colour: Color::RGB(report.colour.number()),
        pale: Color::RGB(report.colour.pale().number()),
        base: dates::period(report.period.previous(), texts),
        page,
        texts,
        numbers,
        names: SheetNames::default(),
    };
    let sheet = workbook.add_worksheet();
    book.begin(sheet, &texts.say("key-figures"))?;
    book.key_figures(sheet, report, &figures.lines)?;
    if let Some(trend) = &figures.trend {
        let sheet = workbook.add_worksheet();
        book.begin(sheet, &trend.title(texts))?;
        book.trend(sheet, trend)?;
    }
    for grid in figures.grids.iter().chain(&figures.late) {
        let sheet = workbook.add_worksheet();
        book.begin(sheet, &grid.title)?;
        book.grid(sheet, grid)?;
    }
    if let Some(complaints) = &figures.complaints {
        book.complaints(&mut workbook, report, complaints)?;
    }
    let sheet = workbook.add_worksheet();
    book.begin(sheet, &page.definitions_title)?;
    book.notes(sheet, [&texts.say("term"), &texts.say("meaning")], &page.definitions)?;
    let sheet = workbook.add_worksheet();
    book.begin(sheet, &page.notes_title)?;
    book.notes(sheet, [&texts.say("item"), &texts.say("content")], &page.notes)?;
    Ok(workbook.save_to_buffer()?)
}

struct Book<'a> {
    looks: Looks,
    colour: Color,
    pale: Color,
    /// The name of the period before.
    base: String,
    page: &'a Page,
    texts: &'a Texts,
    numbers: &'a Numbers<'a>,
    names: SheetNames,
}

impl Book<'_> {
    /// Names a sheet and writes what stands above its table.
    fn begin(&mut self, sheet: &mut Worksheet, title: &str) -> Result<(), Error> {
        let name = self.names.free(title, &self.texts.say("key-figures"));
        sheet.set_name(name)?;
        let page = self.page;
        sheet.write_string_with_format(0, 0, title, &self.looks.title)?;
        let period = format!("{} · {} · {}", page.shop, page.period, page.range);
        sheet.write_string_with_format(1, 0, period, &self.looks.small)?;
        let remarks: Vec<&str> = page.provisional.iter().chain(&page.legend).map(String::as_str).collect();
        sheet.write_string_with_format(2, 0, remarks.join(" "), &self.looks.small)?;
        if !page.alerts.is_empty() {
            sheet.write_string_with_format(3, 0, page.alerts.join(" "), &self.looks.alert)?;
        }
        sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
        sheet.set_screen_gridlines(false);
        sheet.set_footer("&L&A&R&P / &N");
        Ok(())
    }

    fn key_figures(
        &self,
        sheet: &mut Worksheet,
        report: &Report<'_>,
        lines: &[KeyLine],
    ) -> Result<(), Error> {
        let has = |window: &Window| lines.iter().any(|line| line.figure(*window) != Figure::Absent);
        let windows: Vec<Window> = Window::ALL.into_iter().filter(has).collect();
        sheet.write_string_with_format(HEAD, 0, self.texts.say("key-figure"), &self.looks.head)?;
        sheet.set_column_width(0, 26)?;
        let mut column = 0;
        for &window in &windows {
            column += 1;
            let name = key_line::base(report, window, self.texts);
            sheet.write_string_with_format(HEAD, column, &name, &self.looks.number_head)?;
            sheet.set_column_width(column, 20)?;
            let compared = matches!(window, Window::Previous | Window::LastYear | Window::LastTet);
            for (row, line) in (HEAD + 1..).zip(lines) {
                sheet.write_string_with_format(row, 0, &line.label, &self.looks.text)?;
                self.figure(sheet, (row, column), line.figure(window), line.is_money, false)?;
                if compared {
                    let change = Change::between(line.figure(Window::This), line.figure(window));
                    self.change(sheet, (row, column + 1), change)?;
                }
            }
            if compared {
                column += 1;
                let against = self.texts.fill("against", [("base", name.into())]);
                sheet.write_string_with_format(HEAD, column, against, &self.looks.number_head)?;
                sheet.set_column_width(column, 20)?;
            }
        }
        sheet.set_freeze_panes(HEAD + 1, 1)?;
        Ok(())
    }

    fn notes(&self, sheet: &mut Worksheet, heads: [&str; 2], notes: &[Note]) -> Result<(), Error> {
        for (column, head) in (0..).zip(heads) {
            sheet.write_string_with_format(HEAD, column, head, &self.looks.head)?;
        }
        sheet.set_column_width(0, 26)?.set_column_width(1, LETTERS_A_LINE)?;
        for (row, note) in (HEAD + 1..).zip(notes) {
            sheet.write_string_with_format(row, 0, &note.label, &self.looks.wrapped)?;
            sheet.write_string_with_format(row, 1, &note.text, &self.looks.wrapped)?;
            // Not every program makes a row as high as its text.
            let lines = 1 + note.text.chars().count() / usize::from(LETTERS_A_LINE);
            sheet.set_row_height(row, u32::try_from(15 * lines).unwrap_or(u32::MAX))?;
        }
        sheet.set_freeze_panes(HEAD + 1, 0)?;
        Ok(())
    }

    fn figure(
        &self,
        sheet: &mut Worksheet,
        (row, column): (u32, u16),
        figure: Figure,
        is_money: bool,
        is_total: bool,
    ) -> Result<(), Error> {
        let look = if is_money { &self.looks.money } else { &self.looks.count };
        let bold = look.clone().set_bold();
        let look = if is_total { &bold } else { look };
        match figure {
            Figure::Shown(value) if is_money => {
                let units = value as f64 / 10f64.powi(i32::from(self.numbers.decimals()));
                sheet.write_number_with_format(row, column, units, look)?;
            }
            Figure::Shown(value) => {
                sheet.write_number_with_format(row, column, value as f64, look)?;
            }
            Figure::Withheld => {
                sheet.write_string_with_format(row, column, WITHHELD, &self.looks.hidden)?;
            }
            Figure::Absent => {}
        }
        Ok(())
    }

    fn change(&self, sheet: &mut Worksheet, (row, column): (u32, u16), change: Change) -> Result<(), Error> {
        match change {
            Change::Tenths(tenths) => {
                sheet.write_number_with_format(row, column, tenths as f64 / 1000.0, &self.looks.change)?;
            }
            Change::New | Change::Same => {
                let words = self.numbers.change(change).unwrap_or_default();
                sheet.write_string_with_format(row, column, words, &self.looks.hidden)?;
            }
            Change::Unknown => {}
        }
        Ok(())
    }
}
