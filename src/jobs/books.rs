//! What a report's figures come from.

use std::path::Path;

use super::elsewhere::Elsewhere;
use crate::domain::complaint::ComplaintLine;
use crate::facts::Page;

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
