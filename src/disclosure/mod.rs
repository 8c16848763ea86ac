//! Statistical disclosure control: decides which cells of which tables may be shown, so that nobody can
//! be found in them, alone or together with everything shown before.
//!
//! Invariant: [`protect`] is the only constructor of a [`ProtectedTable`], and what it returns has passed
//! the audit. No I/O, no clock, and no word of this shop: the room knows atoms, cells, measures and
//! contributors, and nothing else.

mod request;
mod table;

pub use request::{
    CandidateCell, CandidateTable, Contributions, EarlierCell, Equation, MeasureTerms, Request,
};
pub use table::{CellStatus, ProtectedCell, ProtectedTable};
