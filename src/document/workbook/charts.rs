//! The workbook's own charts, which its cells feed: the trend, and the top groups of each table of one dimension.
//!
//! Invariant: a chart's range holds shown figures alone, for a spreadsheet draws a withheld one as zero.

use rust_xlsxwriter::{
    Chart, ChartFont, ChartFormat, ChartLegendPosition, ChartLine, ChartSolidFill, Color, Worksheet,
};

use super::{Book, HEAD};
use crate::document::Error;
use crate::document::figure::Figure;
use crate::document::grid::{Codes, Grid};
use crate::document::trend::{TrendFigures, label};

const MOST_BARS: usize = 12;

impl Book<'_> {
    /// A row a step, and a column chart of them.
    pub fn trend(&self, sheet: &mut Worksheet, trend: &TrendFigures) -> Result<(), Error> {
        let has_before = trend.has_before();
        sheet.write_string_with_format(HEAD, 0, self.texts.say("measure-net"), &self.looks.head)?;
        sheet.set_column_width(0, 16)?;
        let heads = trend.heads();
        for (column, head) in (1..).zip(&heads).take(if has_before { 2 } else { 1 }) {
            sheet.write_string_with_format(HEAD, column, head, &self.looks.number_head)?;
            sheet.set_column_width(column, 24)?;
        }
        for (row, step) in (HEAD + 1..).zip(&trend.steps) {
            let name = label(step.step, self.texts).join(" ");
            sheet.write_string_with_format(row, 0, name, &self.looks.text)?;
            self.figure(sheet, (row, 1), step.now, true, false)?;
            if has_before {
                self.figure(sheet, (row, 2), step.before, true, false)?;
            }
        }
        sheet.set_freeze_panes(HEAD + 1, 1)?;
        let last = HEAD + u32::try_from(trend.steps.len()).unwrap_or(0);
        let mut chart = Chart::new_column();
        let name = sheet.name();
        // Figures that are withheld stand in the cells as a mark, of which a line has a gap.
        let columns = [(2, self.pale, has_before), (1, self.colour, true)];
        for (column, colour, _) in columns.into_iter().filter(|it| it.2) {
            chart
                .add_series()
                .set_name((name.as_str(), HEAD, column))
                .set_categories((name.as_str(), HEAD + 1, 0, last, 0))
                .set_values((name.as_str(), HEAD + 1, column, last, column))
                .set_format(&mut filled(colour))
                .set_gap(60);
        }
        dress(&mut chart, &trend.title(self.texts), false);
        chart.legend().set_position(ChartLegendPosition::Top).set_font(&small());
        sheet.insert_chart(HEAD, if has_before { 4 } else { 3 }, &chart)?;
        Ok(())
    }

    /// Bars of the largest groups, beside a table of one dimension.
    pub fn top_groups(
        &self,
        sheet: &mut Worksheet,
        grid: &Grid<'_>,
        body: u32,
        first_figure: u16,
    ) -> Result<(), Error> {
        let is_bar = |row: &&Codes| {
            !row.is_empty()
                && !grid.stands_for_others(row)
                && matches!(grid.figure(row, &[], 0), Figure::Shown(1..))
        };
        let bars = grid.rows.iter().take_while(is_bar).count().min(MOST_BARS);
        if grid.row_dimensions.len() != 1 || grid.columns.len() != 1 || bars < 2 {
            return Ok(());
        }
        let last = body + u32::try_from(bars).unwrap_or(0) - 1;
        let name = sheet.name();
        let mut chart = Chart::new_bar();
        chart
            .add_series()
            .set_name((name.as_str(), body - 1, first_figure))
            .set_categories((name.as_str(), body, 0, last, 0))
            .set_values((name.as_str(), body, first_figure, last, first_figure))
            .set_format(&mut filled(self.colour))
            .set_gap(50);
        dress(&mut chart, &grid.title, true);
        // The largest at the top. Of bars the axis of values is the one that lies.
        chart.y_axis().set_reverse();
        chart.legend().set_hidden();
        let used = first_figure as usize + grid.measures.len() + if grid.is_compared() { 3 } else { 0 };
        sheet.insert_chart(HEAD, u16::try_from(used + 1).unwrap_or(u16::MAX), &chart)?;
        Ok(())
    }
}

/// What all charts have in common; `lies`: its values run from left to right.
fn dress(chart: &mut Chart, title: &str, lies: bool) {
    chart.title().set_name(title).set_font(ChartFont::new().set_size(11).set_bold());
    chart.set_alt_text(title).set_width(680).set_height(340);
    let faint = ChartLine::new().set_color(Color::RGB(0x00e6_e3dc)).clone();
    chart.x_axis().set_font(&small()).set_num_format("#,##0").set_major_gridlines_line(&faint);
    chart.y_axis().set_font(&small()).set_num_format("#,##0").set_major_gridlines_line(&faint);
    // Columns stand on steps, bars beside groups: no lines between those.
    chart.x_axis().set_major_gridlines(lies);
    chart.y_axis().set_major_gridlines(!lies);
}

fn filled(colour: Color) -> ChartFormat {
    ChartFormat::new().set_solid_fill(ChartSolidFill::new().set_color(colour)).clone()
}

fn small() -> ChartFont {
    ChartFont::new().set_size(9).clone()
}
