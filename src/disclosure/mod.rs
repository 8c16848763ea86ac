//! Statistical disclosure control: decides which cells of which tables may be shown, so that nobody can
//! be found in them, alone or together with everything shown before.
//!
//! Invariant: [`protect`] is the only maker of a [`ProtectedTable`], and what it returns has passed the audit;
//! [`reproduce`] makes again what it made, for a release that is over; [`quantile()`] and [`band`] are of figures that do
//! not add up. No I/O, no clock, and no word of this shop: the room knows atoms, cells, measures and contributors, and
//! nothing else.
//!
//! The way through: [`sensitivity`] says which cells are sensitive in themselves; [`repair`] withholds further cells
//! until every sensitive figure has witnesses, other data that would have given the same release ([`certify`]); where no
//! later release will follow, [`takeback`] and [`optimum`] look for a cheaper pattern; [`audit`] checks the outcome again,
//! exactly over GF(p) and by the witnesses; [`insiders`] asks
//! the same for every contributor. [`search`] is the state that they share, [`system`] the request, indexed, and
//! [`lattice`] what keeps the programmes sparse. The attacker's problem is that of Fischetti and Salazar-González
//! (Management Science 47, 2001) over the atoms of all tables and all releases together, not table by table: modular
//! suppression leaves sensitive cells exposed (Hundepool et al., Statistical Disclosure Control, Wiley 2012, 4.3).

mod abreast;
mod amounts;
mod atom_order;
mod audit;
mod beside;
mod certify;
mod component;
mod disclosed;
mod disjoint;
mod error;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod faults;
mod field;
mod implied;
mod insiders;
mod jagged;
mod lattice;
mod lines;
mod neighbourhood;
mod optimum;
mod policy;
mod programme;
mod proofs;
mod protect;
mod protection;
mod quantile;
mod recall;
mod regions;
mod relevance;
mod repair;
mod reproduce;
mod request;
mod retreat;
mod scratch;
mod search;
mod sensitivity;
mod slice;
mod solving;
mod subject;
mod surroundings;
mod system;
mod table;
mod takeback;
mod target;
mod threads;
mod view;
mod witness;
mod workshop;

pub use amounts::Amounts;
pub use disclosed::{AuditReport, Disclosed};
pub use error::Error;
pub use policy::{Cost, Dominance, Interval, NotAPercentage, Percent, Policy};
pub use protect::{audit, audit_judged, protect, protect_judged};
pub use protection::{Protection, Summary, Witnesses};
pub use quantile::{ProtectedFigure, band, quantile};
pub use reproduce::{Differs, RecordedTable, reproduce};
pub use request::{
    CandidateCell, CandidateTable, Contributions, EarlierCell, Equation, Judgement, MeasureTerms, Request,
    WitnessTable,
};
pub use subject::{Released, Subject};
pub use table::{CellStatus, ProtectedCell, ProtectedTable};
