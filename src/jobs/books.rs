//! What a report's figures come from.

use std::path::Path;

use anyhow::Context;
use jiff::civil::Date;

use super::elsewhere::Elsewhere;
use crate::domain::complaint::ComplaintLine;
use crate::facts::{self, DataFrame, Page};
use crate::report::Facts;

/// What a report's figures are summed from.
#[derive(Clone, Copy)]
pub(super) struct Books<'a> {
    /// Where the sealed pages lie.
    pub directory: &'a Path,
    /// Up to the period's end, in order.
    pub pages: &'a [Page],
    /// Of complaints, up to the period's end and to that of every earlier release.
    pub lines: &'a [ComplaintLine],
    /// What sums the pages, where this program does not.
    pub elsewhere: Option<Elsewhere<'a>>,
}

impl Facts for Books<'_> {
    type Error = anyhow::Error;

    fn spans(&self) -> Vec<(Date, Date)> {
        self.pages.iter().map(|page| (page.from, page.until)).collect()
    }

    fn read(&self, page: usize, columns: &[&str]) -> anyhow::Result<DataFrame> {
        facts::read(self.directory, &self.pages[page], columns).context("failed to read the sealed pages")
    }
}
