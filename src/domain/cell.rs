//! What a published figure is of: the measures, and the set of entries a cell sums over.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::entry::{Component, Dimension};

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
}

impl Measure {
    pub const ALL: [Self; 8] = [
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
        }
    }

    /// Whether it is an amount of money, in minor units; a count otherwise.
    pub fn is_money(self) -> bool {
        matches!(self, Self::Gross | Self::Discounts | Self::Refunds | Self::Net)
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
    /// The table's measures, in its order.
    pub measures: Vec<Measure>,
    /// The figures shown, one a measure; `None` when the cell was withheld.
    pub shown: Option<Vec<i64>>,
}
