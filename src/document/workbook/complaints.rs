//! The sheets about complaints.

use rust_xlsxwriter::Workbook;

use super::{Book, HEAD};
use crate::document::complaints::ComplaintFigures;
use crate::document::figure::Figure;
use crate::document::report::Report;
use crate::document::{Error, names};
use crate::domain::entry::Dimension;

impl Book<'_> {
    /// The sheets about complaints; their key figures stand on the first sheet where there are no others.
    pub fn complaints(
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
}
