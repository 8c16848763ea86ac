//! The XLSX: real numbers with number formats, one sheet a table in full, the key figures, definitions
//! and provenance.
//!
//! Invariant: the same report gives the same bytes (the file's dates are the data's); no cell is a formula,
//! and a text that a spreadsheet could take for one is marked as text.

use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet,
};

use super::Error;
use super::complaints::ComplaintFigures;
use super::figure::{Change, Figure};
use super::grid::{Codes, Grid};
use super::key_line::{self, KeyLine};
use super::names;
use super::note::Note;
use super::numbers::{Numbers, WITHHELD};
use super::page::{Figures, Page};
use super::report::{Report, Window};
use super::sheet_names::SheetNames;
use super::texts::Texts;
use crate::domain::entry::Dimension;

/// The row of the column heads: above it stand the title, the period and the legend.
const HEAD: u32 = 4;
const INK: Color = Color::RGB(0x1f2430);
const MUTED: Color = Color::RGB(0x667080);
const ACCENT: Color = Color::RGB(0x0f5c63);
const PAPER: Color = Color::RGB(0xeef3f2);
const LINE: Color = Color::RGB(0xd9d5cc);
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
    let mut book = Book { looks: Looks::new(numbers), page, texts, numbers, names: SheetNames::default() };
    let sheet = workbook.add_worksheet();
    book.begin(sheet, &texts.say("key-figures"))?;
    book.key_figures(sheet, report, &figures.lines)?;
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

/// The formats of the cells.
struct Looks {
    title: Format,
    small: Format,
    head: Format,
    number_head: Format,
    text: Format,
    total_text: Format,
    money: Format,
    count: Format,
    change: Format,
    hidden: Format,
    wrapped: Format,
}

impl Looks {
    fn new(numbers: &Numbers<'_>) -> Self {
        let plain = Format::new().set_font_name("Arial").set_font_size(10).set_font_color(INK);
        let head = plain
            .clone()
            .set_bold()
            .set_font_color(ACCENT)
            .set_background_color(PAPER)
            .set_border_bottom(FormatBorder::Thin)
            .set_border_bottom_color(LINE)
            .set_text_wrap()
            .set_align(FormatAlign::Bottom);
        let (before, after) = numbers.signs();
        let quoted = |sign: &str| if sign.is_empty() { String::new() } else { format!("\"{sign}\"") };
        let decimals = match numbers.decimals() {
            0 => String::new(),
            decimals => format!(".{}", "0".repeat(usize::from(decimals))),
        };
        let money = format!("{}#,##0{decimals}{}", quoted(&before), quoted(&after));
        Self {
            title: plain.clone().set_bold().set_font_size(14),
            small: plain.clone().set_font_size(9).set_font_color(MUTED),
            number_head: head.clone().set_align(FormatAlign::Right),
            head,
            text: plain.clone().set_quote_prefix(),
            total_text: plain.clone().set_bold().set_quote_prefix(),
            money: plain.clone().set_num_format(money),
            count: plain.clone().set_num_format("#,##0"),
            change: plain
                .clone()
                .set_num_format("+0.0%;-0.0%;0.0%")
                .set_font_color(MUTED)
                .set_align(FormatAlign::Right),
            hidden: plain.clone().set_font_color(MUTED).set_align(FormatAlign::Right),
            wrapped: plain.set_text_wrap().set_align(FormatAlign::Top).set_quote_prefix(),
        }
    }
}

struct Book<'a> {
    looks: Looks,
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
            let compared = matches!(window, Window::Previous | Window::LastYear);
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

    /// The sheets about complaints; their key figures stand on the first sheet where there are no others.
    fn complaints(
        &mut self,
        workbook: &mut Workbook,
        report: &Report<'_>,
        complaints: &ComplaintFigures<'_>,
    ) -> Result<(), Error> {
        if report.tells_of_sales() {
            let sheet = workbook.add_worksheet();
            self.begin(sheet, &complaints.title)?;
            self.key_figures(sheet, report, &complaints.lines)?;
        }
        for grid in &complaints.grids {
            let sheet = workbook.add_worksheet();
            self.begin(sheet, &grid.title)?;
            self.grid(sheet, grid)?;
        }
        let sheet = workbook.add_worksheet();
        let texts = self.texts;
        self.begin(sheet, &texts.say("times-title"))?;
        sheet.write_string_with_format(HEAD, 0, texts.say("dimension-clock"), &self.looks.head)?;
        sheet.set_column_width(0, 46)?;
        for (column, key) in (1..).zip(["times-median-hours", "times-most-hours"]) {
            sheet.write_string_with_format(HEAD, column, texts.say(key), &self.looks.number_head)?;
            sheet.set_column_width(column, 20)?;
        }
        for (row, times) in (HEAD + 1..).zip(&complaints.times) {
            let name = names::value(Some(Dimension::Clock), times.clock.as_str(), texts);
            sheet.write_string_with_format(row, 0, name, &self.looks.text)?;
            for (column, figure) in (1..).zip([times.median, times.most]) {
                let hours = figure.map_or(Figure::Withheld, |it| Figure::Shown(it.value() / 3_600));
                self.figure(sheet, (row, column), hours, false, false)?;
            }
        }
        if let Some(oldest) = complaints.oldest_text(texts) {
            let row = HEAD + 2 + u32::try_from(complaints.times.len()).unwrap_or(0);
            sheet.write_string_with_format(row, 0, oldest, &self.looks.text)?;
        }
        Ok(())
    }

    /// A table in full: a column for each of its row dimensions, then every column by every measure.
    fn grid(&self, sheet: &mut Worksheet, grid: &Grid<'_>) -> Result<(), Error> {
        let labels = grid.row_dimensions.len().max(1);
        let first_figure = u16::try_from(labels).unwrap_or(u16::MAX);
        let body = self.grid_heads(sheet, grid, first_figure)?;
        for (row, codes) in (body..).zip(&grid.rows) {
            let is_total = codes.len() < labels;
            self.row_labels(sheet, grid, row, codes)?;
            let mut column = first_figure;
            for place in &grid.columns {
                for (at, measure) in grid.measures.iter().enumerate() {
                    let figure = grid.figure(codes, place, at);
                    self.figure(sheet, (row, column), figure, measure.is_money(), is_total)?;
                    column += 1;
                }
            }
        }
        sheet.set_freeze_panes(body, first_figure)?;
        Ok(())
    }

    /// Writes the heads and returns the first row below them. A table with columns has a line of heads
    /// for each level of them above the measures' names.
    fn grid_heads(&self, sheet: &mut Worksheet, grid: &Grid<'_>, first_figure: u16) -> Result<u32, Error> {
        let by_columns = grid.columns.iter().any(|column| !column.is_empty());
        let measures_at = if by_columns { HEAD + 1 } else { HEAD };
        for label in 0..first_figure {
            let name = match grid.row_dimensions.get(usize::from(label)) {
                Some(&dimension) => names::dimension(dimension, self.texts),
                None => grid.row_head(self.texts),
            };
            sheet.write_string_with_format(measures_at, label, name, &self.looks.head)?;
            if by_columns {
                sheet.write_string_with_format(HEAD, label, "", &self.looks.head)?;
            }
            sheet.set_column_width(label, 28)?;
        }
        let mut column = first_figure;
        for place in &grid.columns {
            for (at, &measure) in grid.measures.iter().enumerate() {
                if by_columns {
                    let name = if at == 0 { self.column_path(grid, place) } else { String::new() };
                    sheet.write_string_with_format(HEAD, column, name, &self.looks.number_head)?;
                }
                let name = names::measure(measure, self.texts);
                sheet.write_string_with_format(measures_at, column, name, &self.looks.number_head)?;
                sheet.set_column_width(column, if measure.is_money() { 19 } else { 12 })?;
                column += 1;
            }
        }
        Ok(measures_at + 1)
    }

    fn column_path(&self, grid: &Grid<'_>, place: &Codes) -> String {
        if place.is_empty() {
            return grid.column_name(place, self.texts);
        }
        let names: Vec<String> =
            (1..=place.len()).map(|depth| grid.column_name(&place[..depth], self.texts)).collect();
        names.join(" › ")
    }

    /// The codes of a row, each in its own column, so that the sheet can be filtered and summed.
    fn row_labels(
        &self,
        sheet: &mut Worksheet,
        grid: &Grid<'_>,
        row: u32,
        codes: &Codes,
    ) -> Result<(), Error> {
        let labels = grid.row_dimensions.len().max(1);
        let look = if codes.len() < labels { &self.looks.total_text } else { &self.looks.text };
        for label in 0..labels {
            let name = match label.cmp(&codes.len()) {
                std::cmp::Ordering::Less => grid.row_name(&codes[..=label], self.texts),
                std::cmp::Ordering::Equal => self.texts.say("total"),
                std::cmp::Ordering::Greater => String::new(),
            };
            let column = u16::try_from(label).unwrap_or(u16::MAX);
            sheet.write_string_with_format(row, column, name, look)?;
        }
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
