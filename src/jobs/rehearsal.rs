//! Reports under disclosure control without a release: what is asked and what comes of it, one after the other, as if
//! nothing had been released before. Nothing is stored, rendered or sent.

use std::path::Path;

use jiff::civil::Date;

use super::books::Books;
use super::control::{self, Ledger, Question, WitnessChange};
use super::elsewhere::Elsewhere;
use super::house::FACTS;
use super::sales_report::seal_for_now;
use super::scratch::Scratch;
use super::tables::{self, Scope};
use crate::disclosure::{Policy, Protection, Request};
use crate::domain::cell::{RecordedCell, Universe};
use crate::domain::complaint::ComplaintLine;
use crate::domain::ids::WitnessId;
use crate::domain::period::Period;
use crate::facts::Page;
use crate::report::Asked;
use crate::settings::{JobSpec, Settings};
use crate::store::Reader;

pub struct Rehearsal<'a> {
    settings: &'a Settings,
    scratch: Scratch,
    pages: Vec<Page>,
    lines: Vec<ComplaintLine>,
    ledger: Ledger,
    /// How many witnesses there have been.
    witnesses: i64,
    policy: Policy,
}

impl<'a> Rehearsal<'a> {
    /// Over all that is booked until the day `last` is over. Of complaints, what their job has booked.
    ///
    /// # Errors
    /// When the books cannot be read.
    pub fn new(settings: &'a Settings, reader: &Reader<'_>, last: Date) -> anyhow::Result<Self> {
        let state: &Path = &settings.store.directory;
        let scratch = Scratch::new(state)?;
        let pages = seal_for_now(reader, &state.join(FACTS), &scratch, Period::Day(last))?;
        let lines = reader.complaint_lines_before(Date::MAX)?;
        let policy = control::policy(&settings.disclosure)?;
        Ok(Self { settings, scratch, pages, lines, ledger: Ledger::default(), witnesses: 0, policy })
    }

    /// What disclosure control would be asked for the report, a question a universe.
    ///
    /// # Errors
    /// When the books cannot be read or do not add up.
    pub fn questions(&self, job: &JobSpec, period: Period) -> anyhow::Result<Vec<Question>> {
        let universes = Scope::of_job(job, period).universes();
        universes.into_iter().map(|universe| self.question(universe, job, period)).collect()
    }

    pub(super) fn question(
        &self,
        universe: Universe,
        job: &JobSpec,
        period: Period,
    ) -> anyhow::Result<Question> {
        let scope = Scope::of_job(job, period);
        Question::new(universe, scope, &self.settings.jobs, (self.books(), &self.ledger))
    }

    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// As if these cells had been released.
    pub fn record(&mut self, cells: impl IntoIterator<Item = RecordedCell>) {
        self.ledger.add(cells);
    }

    /// What the answer to one of [`Self::questions`] changes of the witnesses.
    ///
    /// # Errors
    /// When the books cannot be read.
    pub fn witnesses(&self, question: &Question, answer: &Protection) -> anyhow::Result<WitnessChange> {
        question.witnesses(answer, self.books())
    }

    /// As if a release had changed the witnesses so.
    pub fn record_witnesses(&mut self, change: WitnessChange) {
        self.ledger.forget_witnesses(&change.gone);
        let first = self.witnesses;
        self.witnesses += i64::try_from(change.new.len()).unwrap_or(0);
        self.ledger.add_witnesses((first..).map(WitnessId).zip(change.new));
    }

    /// Everything that was recorded, and nothing else: for an audit of all releases together.
    ///
    /// # Errors
    /// As [`Self::questions`].
    pub fn everything(&self, universe: Universe) -> anyhow::Result<Request> {
        let earlier = self.ledger.cells(universe);
        if earlier.is_empty() {
            return Ok(Request::default());
        }
        let witnesses = self.ledger.witnesses(universe);
        let asked = Asked { earlier, witnesses, ..Asked::default() };
        Ok(tables::cells(universe, self.books(), asked)?.request)
    }

    fn books(&self) -> Books<'_> {
        let elsewhere = Elsewhere::of(self.settings);
        Books { directory: self.scratch.path(), pages: &self.pages, lines: &self.lines, elsewhere }
    }
}
