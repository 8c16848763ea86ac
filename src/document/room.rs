//! The room that a medium has for a report.

/// How much of a report a medium prints.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Of one table, besides its total.
    pub rows: usize,
    pub tables: usize,
}

impl Room {
    pub const WHOLE: Self = Self { rows: usize::MAX, tables: usize::MAX };
}
