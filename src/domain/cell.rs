//! What a published figure is of: the measures, and the set of entries a cell sums over.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::entry::{Component, Dimension};

/// What lines figures are summed from. Nothing adds up across the two: a complaint is no sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Universe {
    Sales,
    Complaints,
}

impl Universe {
    /// What its lines carry, in the order of their columns.
    pub fn components(self) -> &'static [Component] {
        match self {
            Self::Sales => &Component::SALES,
            Self::Complaints => &Component::COMPLAINTS,
        }
    }

    /// What its tables may be cut by.
    pub fn dimensions(self) -> &'static [Dimension] {
        match self {
            Self::Sales => &Dimension::SALES,
            Self::Complaints => &Dimension::COMPLAINTS,
        }
    }
}

/// A figure that tables may show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    Gross,
    Discounts,
    Refunds,
    /// Gross less discounts less refunds, without tax and shipping.
    Net,
    Orders,
    Units,
    Cancellations,
    NewCustomers,
    /// Complaints received.
    Opened,
    /// Complaints whose resolution was taken back.
    Reopened,
    /// Complaints resolved.
    Closed,
    /// Complaints not resolved, of all that were ever received: a stock, which a range of days has at its end.
    Open,
    /// Deadlines kept, but for those of resolutions: [`Self::Closed`] by its timeliness tells them.
    OnTime,
    /// Deadlines missed, of all clocks.
    Breached,
    Compensations,
    Compensation,
}

impl Measure {
    pub const COMPLAINTS: [Self; 8] = [
        Self::Opened,
        Self::Reopened,
        Self::Closed,
        Self::Open,
        Self::OnTime,
        Self::Breached,
        Self::Compensations,
        Self::Compensation,
    ];

    pub const SALES: [Self; 8] = [
        Self::Gross,
        Self::Discounts,
        Self::Refunds,
        Self::Net,
        Self::Orders,
        Self::Units,
        Self::Cancellations,
        Self::NewCustomers,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gross => "gross",
            Self::Discounts => "discounts",
            Self::Refunds => "refunds",
            Self::Net => "net",
            Self::Orders => "orders",
            Self::Units => "units",
            Self::Cancellations => "cancellations",
            Self::NewCustomers => "new-customers",
            Self::Opened => "complaints-opened",
            Self::Reopened => "complaints-reopened",
            Self::Closed => "complaints-closed",
            Self::Open => "complaints-open",
            Self::OnTime => "on-time",
            Self::Breached => "breached",
            Self::Compensations => "compensations",
            Self::Compensation => "compensation",
        }
    }

    /// The measure as a linear combination of components; a positive one first.
    pub fn terms(self) -> &'static [(Component, i64)] {
        match self {
            Self::Gross => &[(Component::Gross, 1)],
            Self::Discounts => &[(Component::Discounts, 1)],
            Self::Refunds => &[(Component::Refunds, 1)],
            Self::Net => &[(Component::Gross, 1), (Component::Discounts, -1), (Component::Refunds, -1)],
            Self::Orders => &[(Component::Orders, 1)],
            Self::Units => &[(Component::Units, 1)],
            Self::Cancellations => &[(Component::Cancellations, 1)],
            Self::NewCustomers => &[(Component::NewCustomers, 1)],
            Self::Opened => &[(Component::Opened, 1)],
            Self::Reopened => &[(Component::Reopened, 1)],
            Self::Closed => &[(Component::Closed, 1)],
            Self::Open => &[(Component::Opened, 1), (Component::Reopened, 1), (Component::Closed, -1)],
            Self::OnTime => &[(Component::OnTime, 1)],
            Self::Breached => &[(Component::Breached, 1)],
            Self::Compensations => &[(Component::Compensations, 1)],
            Self::Compensation => &[(Component::Compensation, 1)],
        }
    }

    pub fn universe(self) -> Universe {
        if Self::SALES.contains(&self) { Universe::Sales } else { Universe::Complaints }
    }

    /// Whether it is an amount of money, in minor units; a count otherwise.
    pub fn is_money(self) -> bool {
        matches!(self, Self::Gross | Self::Discounts | Self::Refunds | Self::Net | Self::Compensation)
    }

    /// Whether it is what is left of a going out and in: whoever went out again is no longer in it.
    pub fn is_stock(self) -> bool {
        self == Self::Open
    }

    /// Every measure by its word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::SALES.into_iter().chain(Self::COMPLAINTS).find(|measure| measure.as_str() == word)
    }
}

/// The entries a cell sums over: those booked on a day in `from..until` whose dimensions have the fixed
/// values. Closed days never change, so a definition gives the same entries for ever.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CellDefinition {
    pub from: Date,
    /// Not in the range.
    pub until: Date,
    pub fixed: BTreeMap<Dimension, String>,
}

/// A cell as a release recorded it: shown, or withheld.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedCell {
    pub definition: CellDefinition,
    /// The table's measures, in its order; of a withheld cell, those that releases before had not told already.
    pub measures: Vec<Measure>,
    /// The figures shown, one a measure; `None` when the cell was withheld.
    pub shown: Option<Vec<i64>>,
}

impl RecordedCell {
    /// A table's measures are all of one.
    pub fn universe(&self) -> Universe {
        self.measures.first().map_or(Universe::Sales, |measure| measure.universe())
    }
}
