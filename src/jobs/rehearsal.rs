//! Reports under disclosure control without a release: what is asked and what comes of it, against the ledger of
//! releases or one of the rehearsal's own. Nothing is stored, rendered or sent.

use jiff::civil::Date;

use super::control::{self, Ledger, Question};
use super::house::House;
use super::particulars::Books;
use super::sales_report::seal_for_now;
use super::scratch::Scratch;
use super::tables::{self, Scope};
use crate::disclosure::{Policy, Request};
use crate::domain::cell::{RecordedCell, Universe};
use crate::domain::complaint::ComplaintLine;
use crate::domain::period::Period;
use crate::facts::Page;
use crate::report::Asked;
use crate::settings::JobSpec;

pub struct Rehearsal<'a> {
    house: &'a House,
    scratch: Scratch,
    pages: Vec<Page>,
    lines: Vec<ComplaintLine>,
    ledger: Ledger,
    policy: Policy,
}

impl<'a> Rehearsal<'a> {
    /// Over all that is booked until the day `last` is over, with every cell that was ever released.
    ///
    /// # Errors
    /// When the books or the ledger cannot be read.
    pub fn new(house: &'a House, last: Date) -> anyhow::Result<Self> {
        let scratch = Scratch::new(house)?;
        let pages = seal_for_now(house, &scratch, Period::Day(last))?;
        let (lines, cells) = house.store.read(|reader| {
            Ok::<_, crate::store::Error>((
                reader.complaint_lines_before(Date::MAX)?,
                reader.recorded_cells()?,
            ))
        })?;
        let policy = control::policy(&house.settings.disclosure)?;
        Ok(Self { house, scratch, pages, lines, ledger: Ledger::of(cells), policy })
    }

    /// What disclosure control would be asked for the report, a question a universe.
    ///
    /// # Errors
    /// When the books cannot be read or do not add up.
    pub fn questions(&self, job: &JobSpec, period: Period) -> anyhow::Result<Vec<Question>> {
        let scope = Scope::of_job(job, period);
        let ask = |universe| {
            Question::new(universe, scope, &self.house.settings.jobs, (self.books(), &self.ledger))
        };
        scope.universes().into_iter().map(ask).collect()
    }

    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// As if these cells had been released.
    pub fn record(&mut self, cells: impl IntoIterator<Item = RecordedCell>) {
        self.ledger.add(cells);
    }

    /// Everything that stands in the ledger, and nothing else: for an audit of all releases together.
    ///
    /// # Errors
    /// As [`Self::questions`].
    pub fn everything(&self, universe: Universe) -> anyhow::Result<Request> {
        let earlier = self.ledger.cells(universe);
        let Some(first) = earlier.iter().map(|cell| cell.definition.from).min() else {
            return Ok(Request::default());
        };
        let asked = Asked { earlier, ..Asked::default() };
        Ok(tables::cells(universe, self.books(), Period::Day(first), asked)?.request)
    }

    fn books(&self) -> Books<'_> {
        Books { directory: self.scratch.path(), pages: &self.pages, lines: &self.lines }
    }
}
