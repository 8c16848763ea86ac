//! A key figure over the windows that it is compared over.

use super::Error;
use super::dates;
use super::figure::Figure;
use super::grid;
use super::report::{Report, Window};
use super::texts::Texts;
use crate::calendar::lunar;
use crate::disclosure::ProtectedTable;
use crate::domain::cell::Measure;

/// A figure a window, in the order of [`Window::ALL`].
pub type OverWindows = [Figure; Window::ALL.len()];

/// One measure over the windows.
#[derive(Clone)]
pub struct KeyLine {
    pub label: String,
    pub is_money: bool,
    /// Whether more of it is better; of discounts and refunds it is not said.
    pub more_is_better: bool,
    pub figures: OverWindows,
}

impl KeyLine {
    pub fn figure(&self, window: Window) -> Figure {
        Window::ALL.iter().position(|&known| known == window).map_or(Figure::Absent, |at| self.figures[at])
    }
}

/// A measure over the windows, from the first of the tables that carries it.
///
/// # Errors
/// [`Error::UnknownMeasure`] when a table measures what no report knows.
pub fn figures_of(tables: &[&ProtectedTable], measure: Measure) -> Result<Option<OverWindows>, Error> {
    for table in tables {
        let Some(at) = grid::measures(table)?.iter().position(|&known| known == measure) else { continue };
        return Ok(Some(Window::ALL.map(|window| figure(table, window, at))));
    }
    Ok(None)
}

fn figure(table: &ProtectedTable, window: Window, measure: usize) -> Figure {
    let is_of_window = |place: &[Vec<String>]| {
        place.first().and_then(|codes| codes.first()).is_some_and(|code| code == window.as_str())
    };
    let cell = table.cells().iter().find(|cell| is_of_window(cell.place()));
    match cell.map(|cell| cell.values()) {
        None => Figure::Absent,
        Some(None) => Figure::Withheld,
        Some(Some(values)) => values.get(measure).map_or(Figure::Absent, |&value| Figure::Shown(value)),
    }
}

/// The name of the period a comparison is against.
pub fn base(report: &Report<'_>, window: Window, texts: &Texts) -> String {
    match window {
        Window::Previous => dates::period(report.period.previous(), texts),
        Window::LastYear => dates::period(report.period.last_year(), texts),
        Window::LastTet => {
            let days = lunar::a_year_before_by_tet(report.period.first(), report.period.last());
            days.map_or_else(String::new, |(first, last)| dates::range(first, last))
        }
        Window::This => dates::period(report.period, texts),
        Window::MonthToDate | Window::YearToDate => texts.say(&format!("window-{}", window.as_str())),
    }
}
