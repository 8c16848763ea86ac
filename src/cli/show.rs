//! How things are shown to a person: aligned tables, instants in the business zone, colour only on a terminal.

use anstyle::{AnsiColor, Style};
use comfy_table::{Cell, Color, ContentArrangement, Table, presets};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A table with a head, no frame, that fits the terminal.
pub fn table(head: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(head.iter().map(|title| title.to_uppercase()));
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table
}

/// The table's lines; without rows, `nothing` says so.
pub fn lines(table: &Table, nothing: &str) -> String {
    if table.is_empty() {
        return nothing.to_owned();
    }
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// `2026-11-23 07:00` in `zone`.
pub fn instant(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// An instant that may not be there.
pub fn maybe(at: Option<Timestamp>, zone: &TimeZone) -> String {
    at.map_or_else(|| "-".to_owned(), |at| instant(at, zone))
}

/// `1 order`, `2 orders`.
pub fn count(number: u64, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

pub fn tick() -> String {
    painted("✓ ", AnsiColor::Green)
}

pub fn cross() -> String {
    painted("✗ ", AnsiColor::Red)
}

/// A run's or message's state in its colour.
pub fn state(state: &str) -> Cell {
    let cell = Cell::new(state);
    match state {
        "done" | "sent" => cell.fg(Color::Green),
        "failed" | "refused" | "quarantined" => cell.fg(Color::Red),
        "held" | "ambiguous" | "skipped" | "running" | "paused" => cell.fg(Color::Yellow),
        _ => cell,
    }
}

fn painted(text: &str, colour: AnsiColor) -> String {
    let style = Style::new().fg_color(Some(colour.into()));
    format!("{style}{text}{style:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_aligned_and_ends_without_blanks() {
        let mut table = table(&["job", "state"]);
        assert_eq!(lines(&table, "no job"), "no job");
        table.add_row(["pull", "done"]).add_row(["weekly-sales", ""]);
        assert_eq!(lines(&table, "no job"), "JOB           STATE\npull          done\nweekly-sales\n");
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!([0, 1, 2].map(|number| count(number, "row")), ["0 rows", "1 row", "2 rows"]);
    }
}
