//! The text part: the whole report for a reader who sees no HTML, in lines of at most 76 letters where
//! names allow it.

use super::note::Note;
use super::page::{KeyTable, Page};
use super::tables::{RowView, TableView};

const WIDTH: usize = 76;
/// A longer name stands on a line of its own, its figures below.
const LONGEST_NAME: usize = 30;

/// Writes the text part of a report.
pub fn report(page: &Page) -> String {
    let mut lines =
        vec![format!("{} · {}", page.shop, page.title), format!("{} ({})", page.period, page.range)];
    lines.push(String::new());
    for warning in page.provisional.iter().chain(&page.left_out) {
        lines.extend(wrapped(warning, 0));
        lines.push(String::new());
    }
    for alert in &page.alerts {
        lines.extend(wrapped(&format!("! {alert}"), 2));
    }
    if !page.alerts.is_empty() {
        lines.push(String::new());
    }
    lines.extend(wrapped(&page.sentence, 0));
    if let Some(key) = &page.key {
        lines.extend(key_table(key));
    }
    let views = page.trend.iter().map(|trend| &trend.table).chain(&page.by_tet).chain(&page.running);
    let views = views.chain(&page.movers).chain(&page.tables).chain(&page.late).chain(&page.complaints);
    for view in views {
        lines.extend(table(view));
    }
    for remark in page.legend.iter().chain(&page.more_tables).chain(&page.attached) {
        lines.push(String::new());
        lines.extend(wrapped(remark, 0));
    }
    lines.extend(notes(&page.notes_title, &page.notes));
    lines.extend(notes(&page.definitions_title, &page.definitions));
    lines.push(String::new());
    lines.join("\n")
}

/// A heading in capitals with a line under it.
fn heading(title: &str) -> Vec<String> {
    ruled(&title.to_uppercase())
}

/// A heading with a line under it.
pub fn ruled(title: &str) -> Vec<String> {
    vec![String::new(), title.to_owned(), "─".repeat(length(title).min(WIDTH))]
}

/// The text in lines, those after the first indented by `indent`.
pub fn wrapped(text: &str, indent: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line: String = text.chars().take_while(|&letter| letter == ' ').collect();
    for word in text.split([' ', '\n']).filter(|word| !word.is_empty()) {
        if !line.trim().is_empty() && length(&line) + 1 + length(word) > WIDTH {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
        } else if !line.trim().is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

/// Each figure with what it is compared against on lines of their own: figures too long for columns
/// still read well.
fn key_table(key: &KeyTable) -> Vec<String> {
    let mut lines = heading(&key.title);
    let width = key.rows.iter().map(|row| length(&row.label)).max().unwrap_or(0);
    let figures = key.rows.iter().map(|row| length(&row.value.text)).max().unwrap_or(0);
    for row in &key.rows {
        lines.push(format!("{}  {}", left(&row.label, width), right(&row.value.text, figures)));
        for comparison in &row.comparisons {
            let change = comparison.change.as_ref().map_or(String::new(), |change| format!(" ({change})"));
            lines.push(format!("    {}: {}{change}", comparison.against, comparison.base.text));
        }
    }
    lines
}

fn table(view: &TableView) -> Vec<String> {
    let mut lines = heading(&view.title);
    if let Some(lead) = &view.lead {
        lines.extend(wrapped(lead, 0));
    }
    let columns = Columns::of(view);
    if !view.rows.is_empty() {
        let heads: Vec<&str> = view.heads.iter().map(String::as_str).collect();
        lines.extend(columns.lines(&view.head, &heads));
    }
    for row in &view.rows {
        let figures: Vec<&str> = row.cells.iter().map(|cell| cell.text.as_str()).collect();
        lines.extend(columns.lines(&indented(row), &figures));
        if let Some(detail) = &row.detail {
            let indent = 2 * row.depth + 4;
            lines.extend(wrapped(&format!("{}{detail}", " ".repeat(indent)), indent));
        }
    }
    for note in &view.notes {
        lines.extend(wrapped(note, 0));
    }
    lines
}

/// How wide the columns of a table are.
struct Columns {
    name: usize,
    figures: Vec<usize>,
}

impl Columns {
    fn of(view: &TableView) -> Self {
        let names = view.rows.iter().map(|row| length(&indented(row))).chain([length(&view.head)]);
        let figures = |at: usize| {
            let rows =
                view.rows.iter().map(move |row| row.cells.get(at).map_or(0, |cell| length(&cell.text)));
            rows.chain([length(&view.heads[at])]).max().unwrap_or(0)
        };
        Self {
            name: names.filter(|&name| name <= LONGEST_NAME).max().unwrap_or(0),
            figures: (0..view.heads.len()).map(figures).collect(),
        }
    }

    /// A row; its name stands above its figures when it is too long to stand before them.
    fn lines(&self, name: &str, figures: &[&str]) -> Vec<String> {
        let figures: String = figures
            .iter()
            .zip(&self.figures)
            .map(|(text, &width)| format!("  {}", right(text, width)))
            .collect();
        if length(name) <= self.name {
            return vec![format!("{}{figures}", left(name, self.name))];
        }
        let mut lines = wrapped(name, 2);
        lines.push(format!("{}{figures}", " ".repeat(self.name)));
        lines
    }
}

fn indented(row: &RowView) -> String {
    format!("{}{}", "  ".repeat(row.depth), row.name)
}

fn notes(title: &str, notes: &[Note]) -> Vec<String> {
    let mut lines = heading(title);
    for note in notes {
        lines.extend(wrapped(&format!("{}: {}", note.label, note.text), 2));
    }
    lines
}

fn length(text: &str) -> usize {
    text.chars().count()
}

fn left(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(length(text))))
}

fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(length(text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_wrap_at_words() {
        let lines = wrapped(&"từ ".repeat(60), 2);
        assert!(lines.iter().all(|line| length(line) <= WIDTH), "{lines:?}");
        assert!(lines[1].starts_with("  từ"));
        assert_eq!(wrapped(&"x".repeat(100), 0).len(), 1);
    }
}
