//! How things are shown to a person: aligned tables, instants in the business zone, colour only on a terminal.

use anstyle::{AnsiColor, Style};
use comfy_table::{Cell, Color, ColumnConstraint, ContentArrangement, Table, presets};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A table with a head, no frame, that fits the terminal.
pub fn table(head: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(head.iter().map(|title| title.to_uppercase()));
    for column in table.column_iter_mut() {
        column.set_padding((0, GAP));
    }
    table
}

/// Between two columns.
const GAP: u16 = 2;

/// A text in less than this is no pleasure to read.
const READABLE: usize = 30;

/// The table's lines; without rows, `nothing` says so. Where a terminal is too narrow, empty columns go, the others move
/// together, and names and instants stay whole: the widest column of words is wrapped, or stands beneath its row when that
/// would leave it next to nothing.
pub fn lines(table: &Table, nothing: &str) -> String {
    if table.is_empty() {
        return nothing.to_owned();
    }
    let mut widths: Vec<usize> = table.column_max_content_widths().into_iter().map(usize::from).collect();
    let total = widths.iter().map(|width| width + usize::from(GAP)).sum::<usize>() - usize::from(GAP);
    let Some(terminal) = table.width().map(usize::from).filter(|&terminal| total > terminal) else {
        return plain(table);
    };
    let mut narrow = table.clone();
    for (at, column) in narrow.column_iter_mut().enumerate() {
        let is_empty = cells(table, at).all(|cell| matches!(cell.as_str(), "" | "-"));
        if is_empty {
            widths[at] = 0;
        }
        let shown = if is_empty { ColumnConstraint::Hidden } else { ColumnConstraint::ContentWidth };
        column.set_padding((0, 1)).set_constraint(shown);
    }
    // Each with a gap behind it, but for the last.
    let total =
        widths.iter().filter(|&&width| width > 0).map(|width| width + 1).sum::<usize>().saturating_sub(1);
    let of_words = (0..widths.len()).filter(|&at| !cells(table, at).all(|cell| is_instant(&cell)));
    let widest = of_words.max_by_key(|&at| widths[at]).unwrap_or_default();
    let others = total - widths[widest];
    if total <= terminal {
        plain(&narrow)
    } else if others + READABLE <= terminal {
        narrow.column_iter_mut().skip(widest).take(1).for_each(|column| {
            column.remove_constraint();
        });
        plain(&narrow)
    } else if others <= terminal {
        beneath(&mut narrow, widest, terminal)
    } else {
        plain(table)
    }
}

fn cells(table: &Table, at: usize) -> impl Iterator<Item = String> {
    table.row_iter().map(move |row| row.cell_iter().nth(at).map(Cell::content).unwrap_or_default())
}

/// Whether it is one of [`instant`], or none.
fn is_instant(cell: &str) -> bool {
    cell == "-"
        || (cell.len() == 16 && cell.bytes().all(|byte| byte.is_ascii_digit() || b"-: ".contains(&byte)))
}

fn plain(table: &Table) -> String {
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// The table with one column's texts under the rows.
fn beneath(table: &mut Table, at: usize, terminal: usize) -> String {
    let texts: Vec<String> = cells(table, at).collect();
    if let Some(column) = table.column_iter_mut().nth(at) {
        column.set_constraint(ColumnConstraint::Hidden);
    }
    let mut lines = table.lines().map(|line| line.trim_end().to_owned() + "\n");
    let head: String = lines.by_ref().take(1).collect();
    let told = |(row, text): (String, String)| row + &wrapped(&text, terminal);
    head + &lines.zip(texts).map(told).collect::<String>()
}

/// The words of a text in indented lines.
fn wrapped(text: &str, width: usize) -> String {
    const INDENT: &str = "     ";
    let mut lines = String::new();
    let mut used = usize::MAX;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if used.saturating_add(1 + length) > width {
            lines.push_str(if lines.is_empty() { INDENT } else { "\n     " });
            used = INDENT.len() + length;
        } else {
            lines.push(' ');
            used += 1 + length;
        }
        lines.push_str(word);
    }
    if !lines.is_empty() {
        lines.push('\n');
    }
    lines
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

    fn runs(width: u16) -> String {
        let mut table = table(&["run", "job", "slot", "state", "message"]);
        table.set_width(width);
        table.add_row([
            "8",
            "complaint-deadlines",
            "2026-11-23 07:05",
            "done",
            "20 deadlines told in 4 mails",
        ]);
        table.add_row([
            "7",
            "pull",
            "2026-11-23 07:00",
            "held",
            "data of the shop are in until 2026-11-22 only, so it waits",
        ]);
        table.add_row(["6", "pull", "2026-11-22 07:00", "skipped", ""]);
        lines(&table, "")
    }

    #[test]
    fn a_narrow_terminal_breaks_no_name() {
        insta::assert_snapshot!(runs(200), @"
        RUN  JOB                  SLOT              STATE    MESSAGE
        8    complaint-deadlines  2026-11-23 07:05  done     20 deadlines told in 4 mails
        7    pull                 2026-11-23 07:00  held     data of the shop are in until 2026-11-22 only, so it waits
        6    pull                 2026-11-22 07:00  skipped
        ");
        insta::assert_snapshot!(runs(90), @"
        RUN JOB                 SLOT             STATE   MESSAGE
        8   complaint-deadlines 2026-11-23 07:05 done    20 deadlines told in 4 mails
        7   pull                2026-11-23 07:00 held    data of the shop are in until 2026-11-22
                                                         only, so it waits
        6   pull                2026-11-22 07:00 skipped
        ");
        insta::assert_snapshot!(runs(60), @"
        RUN JOB                 SLOT             STATE
        8   complaint-deadlines 2026-11-23 07:05 done
             20 deadlines told in 4 mails
        7   pull                2026-11-23 07:00 held
             data of the shop are in until 2026-11-22 only, so it
             waits
        6   pull                2026-11-22 07:00 skipped
        ");
    }

    #[test]
    fn empty_columns_go_first_and_instants_stay() {
        let complaints = |assignee: &str| {
            let mut table = table(&["no", "received", "clock", "due", "assignee"]);
            table.set_width(50);
            table.add_row(["1244", "2026-10-27", "resolution", "2026-11-05 23:59", assignee]);
            lines(&table, "")
        };
        insta::assert_snapshot!(complaints("-"), @"
        NO   RECEIVED   CLOCK      DUE
        1244 2026-10-27 resolution 2026-11-05 23:59
        ");
        insta::assert_snapshot!(complaints("lan@1stwatch.vn"), @"
        NO   RECEIVED   CLOCK      DUE
        1244 2026-10-27 resolution 2026-11-05 23:59
             lan@1stwatch.vn
        ");
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!([0, 1, 2].map(|number| count(number, "row")), ["0 rows", "1 row", "2 rows"]);
    }
}
