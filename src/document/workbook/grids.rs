//! The sheets of tables, one each, in full.

use rust_xlsxwriter::Worksheet;

use super::{Book, HEAD};
use crate::document::figure::Change;
use crate::document::grid::{Codes, Grid};
use crate::document::{Error, names};

impl Book<'_> {
    /// A table in full: a column for each of its row dimensions, then every column by every measure.
    pub fn grid(&self, sheet: &mut Worksheet, grid: &Grid<'_>) -> Result<(), Error> {
        let labels = grid.row_dimensions.len().max(1);
        let first_figure = u16::try_from(labels).unwrap_or(u16::MAX);
        let body = self.grid_heads(sheet, grid, first_figure)?;
        let figures = grid.columns.len() * grid.measures.len();
        let compared = first_figure + u16::try_from(figures).unwrap_or(u16::MAX);
        self.compared_heads(sheet, grid, (body - 1, compared))?;
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
            self.compared(sheet, grid, codes, (row, compared))?;
        }
        self.others(sheet, grid, body)?;
        self.top_groups(sheet, grid, body, first_figure)?;
        sheet.set_freeze_panes(body, first_figure)?;
        Ok(())
    }

    /// The heads of the first measure in the period before, and of its change.
    fn compared_heads(
        &self,
        sheet: &mut Worksheet,
        grid: &Grid<'_>,
        (row, column): (u32, u16),
    ) -> Result<(), Error> {
        let Some(&measure) = grid.measures.first().filter(|_| grid.is_compared()) else { return Ok(()) };
        let name = names::measure(measure, self.texts);
        let before = format!("{name}, {}", self.base);
        let by = self.texts.fill("change-of", [("measure", name.into())]);
        let against = self.texts.fill("against", [("base", self.base.as_str().into())]);
        for (at, head) in [before, by, against].into_iter().enumerate() {
            let column = column + u16::try_from(at).unwrap_or(0);
            sheet.write_string_with_format(row, column, head, &self.looks.number_head)?;
            sheet.set_column_width(column, 25)?;
        }
        Ok(())
    }

    fn compared(
        &self,
        sheet: &mut Worksheet,
        grid: &Grid<'_>,
        codes: &Codes,
        (row, column): (u32, u16),
    ) -> Result<(), Error> {
        let Some(measure) = grid.measures.first().filter(|_| grid.is_compared()) else { return Ok(()) };
        let (before, now) = (grid.figure_before(codes), grid.figure(codes, &[], 0));
        let is_total = codes.len() < grid.row_dimensions.len().max(1);
        self.figure(sheet, (row, column), before, measure.is_money(), is_total)?;
        self.figure(sheet, (row, column + 1), now.less(before), measure.is_money(), is_total)?;
        self.change(sheet, (row, column + 2), Change::between(now, before))
    }

    /// Names the groups that rows of others stand for, below the table.
    fn others(&self, sheet: &mut Worksheet, grid: &Grid<'_>, body: u32) -> Result<(), Error> {
        let row = body + u32::try_from(grid.rows.len()).unwrap_or(0) + 1;
        let names = grid.rows.iter().flat_map(|row| grid.others(row, self.texts));
        for (row, name) in (row..).zip(names) {
            let told = format!("{name}: {}", self.texts.say("withheld-word"));
            sheet.write_string_with_format(row, 0, told, &self.looks.small)?;
        }
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
                std::cmp::Ordering::Equal if grid.stands_for_others(codes) => String::new(),
                std::cmp::Ordering::Equal => self.texts.say("total"),
                std::cmp::Ordering::Greater => String::new(),
            };
            let column = u16::try_from(label).unwrap_or(u16::MAX);
            sheet.write_string_with_format(row, column, name, look)?;
        }
        Ok(())
    }
}
