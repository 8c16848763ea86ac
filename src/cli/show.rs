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
    table
}

/// `2026-11-23 07:00` in `zone`.
pub fn instant(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// An instant that may not be there.
pub fn maybe(at: Option<Timestamp>, zone: &TimeZone) -> String {
    at.map_or_else(|| "-".to_owned(), |at| instant(at, zone))
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
        "held" | "ambiguous" | "skipped" | "running" => cell.fg(Color::Yellow),
        _ => cell,
    }
}

fn painted(text: &str, colour: AnsiColor) -> String {
    let style = Style::new().fg_color(Some(colour.into()));
    format!("{style}{text}{style:#}")
}
