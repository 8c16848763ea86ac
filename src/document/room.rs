//! The room that a medium has for a report.

/// How much of a report a medium prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Of one table, besides its total.
    pub rows: usize,
    pub tables: usize,
    /// Of the groups that one row stands for, under a table.
    pub names: usize,
}

impl Room {
    pub const WHOLE: Self = Self { rows: usize::MAX, tables: usize::MAX, names: 60 };

    /// Of what is read on paper while a workbook has every row: a table of a shop's 2,000 products would be seventy pages
    /// that nobody turns.
    pub const BESIDE_A_WORKBOOK: Self = Self { rows: 200, ..Self::WHOLE };

    pub const fn in_mail(rows: usize, tables: usize) -> Self {
        Self { rows, tables, names: 6 }
    }
}
