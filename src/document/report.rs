//! What a report is made of: the inputs of [`super::render`].
//!
//! Invariant: every figure comes in as a cell of a [`ProtectedTable`], or as a [`ProtectedFigure`] where it does not
//! add up. Plain numbers are allowed only for what is no figure of sales or complaints: rows read, orders left out, rows rejected.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::disclosure::{ProtectedFigure, ProtectedTable};
use crate::domain::behind::Lag;
use crate::domain::complaint::Clock;
use crate::domain::entry::Dimension;
use crate::domain::money::Currency;
use crate::domain::order::{CountOrdersOn, OrderStatus};
use crate::domain::period::Period;
use crate::settings::{Colour, Format, LocalText, Threshold};

/// The days a key figure is summed over, relative to the report's period (`report::windows` says which).
/// The headline tables have the one dimension `window`, and its codes are these; a window without a cell
/// is not printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Window {
    This,
    Previous,
    LastYear,
    /// As far from Tết as this one, the year before.
    LastTet,
    MonthToDate,
    YearToDate,
}

impl Window {
    pub const ALL: [Self; 6] =
        [Self::This, Self::Previous, Self::LastYear, Self::LastTet, Self::MonthToDate, Self::YearToDate];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::This => "this",
            Self::Previous => "previous",
            Self::LastYear => "last-year",
            Self::LastTet => "last-tet",
            Self::MonthToDate => "month-to-date",
            Self::YearToDate => "year-to-date",
        }
    }
}

/// A source whose data do not reach the end of the period.
#[derive(Clone, Copy, Debug)]
pub struct Lagging<'a> {
    pub source: &'a str,
    /// `None` when it was never pulled.
    pub complete_until: Option<Timestamp>,
    pub why: Lag,
}

/// One table below the key figures.
#[derive(Clone, Copy, Debug)]
pub struct Section<'a> {
    pub title: &'a LocalText,
    /// From coarse to fine, as the job says; the codes of a cell's place follow them.
    pub rows: &'a [Dimension],
    pub columns: &'a [Dimension],
    /// A cell's place is [row codes, column codes], without the axis that is not there.
    pub table: &'a ProtectedTable,
    /// The same rows in the period before, of the first measure alone. A group that has no cell there had none.
    pub before: Option<&'a ProtectedTable>,
}

/// What a report tells of complaints.
#[derive(Clone, Copy, Debug)]
pub struct Complaints<'a> {
    /// Tables of the one dimension `window`, as the headline's, each with measures of its own.
    pub key: &'a [&'a ProtectedTable],
    /// Opened, by kind.
    pub opened: &'a ProtectedTable,
    /// Closed, by kind and timeliness.
    pub closed: &'a ProtectedTable,
    /// Deadlines kept, by clock and kind; but for those of resolutions, which `closed` tells.
    pub on_time: &'a ProtectedTable,
    /// Deadlines missed, by clock and kind.
    pub breached: &'a ProtectedTable,
    /// By damage level.
    pub compensation: &'a ProtectedTable,
    pub times: &'a [ClockTimes],
    /// The band of [`AGE_LIMITS`] in which the age of the oldest open one lies; `None` where none is open or it is
    /// not told.
    pub oldest: Option<ProtectedFigure>,
}

/// How long a clock ran, of those that stopped in the period and by their deadline: seconds; `None` where it is not told.
#[derive(Clone, Copy, Debug)]
pub struct ClockTimes {
    pub clock: Clock,
    pub median: Option<ProtectedFigure>,
    /// The 90th percentile.
    pub most: Option<ProtectedFigure>,
}

/// Up to so many days old; the last band has no end.
pub const AGE_LIMITS: [i64; 5] = [7, 14, 30, 60, 90];

/// Where the rows of the sources went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciliation {
    /// Orders placed in the period, as the sources hold them.
    pub rows_read: u64,
    /// Orders that do not count, by why.
    pub excluded: BTreeMap<OrderStatus, u64>,
    /// Rows that did not fit and wait in `source rejected`.
    pub rejected: u64,
}

/// Why a mail has no attachments, though its job asks for some. Both in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// What the mail would be with them.
    pub size: u64,
    pub limit: u64,
}

/// Everything that one report says.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    pub business: &'a str,
    pub colour: Colour,
    /// A PNG.
    pub logo: Option<&'a [u8]>,
    pub currency: &'a Currency,
    pub zone: &'a TimeZone,
    pub zone_name: &'a str,
    pub basis: CountOrdersOn,
    /// The job's name; attachments are called after it.
    pub job: &'a str,
    pub title: &'a LocalText,
    pub period: Period,
    /// Not empty: the report goes out although these sources lag, and says PROVISIONAL.
    pub lagging: &'a [Lagging<'a>],
    /// Tables of the one dimension `window` (see [`Window`]), each with measures of its own.
    pub headline: &'a [&'a ProtectedTable],
    pub sections: &'a [Section<'a>],
    /// Net sales over the steps of [`crate::domain::trend`]: of the one dimension `window`, whose codes are the steps.
    pub trend: Option<&'a ProtectedTable>,
    /// What raises a line at the top.
    pub thresholds: &'a [Threshold],
    /// What was booked in the period and belongs to earlier ones: the one dimension is
    /// [`Dimension::BelongsTo`]; what was on time, and the sum with it, is not printed again.
    pub late: Option<&'a ProtectedTable>,
    /// A section below those of sales; where there are no sales, the whole report.
    pub complaints: Option<Complaints<'a>>,
    pub data_as_of: Timestamp,
    pub reconciliation: &'a Reconciliation,
    /// The recipients' group, which is why they get this; `None` when addressed one by one.
    pub audience: Option<&'a str>,
    /// How few customers make a cell withheld, for the explanation.
    pub minimum_contributors: u32,
    pub formats: &'a [Format],
    /// The version of the program that made it, which the small print names.
    pub program: &'a str,
    /// Some: the mail goes out without its attachments, and says why.
    pub left_out: Option<LeftOut>,
}

impl Report<'_> {
    /// Else it is of complaints alone.
    pub(super) fn tells_of_sales(&self) -> bool {
        self.complaints.is_none() || !self.headline.is_empty()
    }

    /// The files that go with the mail besides its text and HTML.
    pub(super) fn attaches(&self, format: Format) -> bool {
        self.formats.contains(&format)
    }
}
