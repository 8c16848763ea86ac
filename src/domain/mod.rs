//! The words everybody shares: plain types of the shop's world and of time, without I/O.
//!
//! Invariant: nothing here reads a file, the network or (but for [`clock`]) the clock, and nothing here
//! imports another room.

pub mod acknowledgement;
pub mod actor;
pub mod behind;
pub mod cell;
pub mod clock;
pub mod columns;
pub mod complaint;
pub mod correction;
pub mod customer;
pub mod entry;
pub mod erasure;
pub mod fact_groups;
pub mod feed;
pub mod ids;
pub mod money;
pub mod order;
pub mod payment;
pub mod period;
pub mod province;
pub mod purpose;
pub mod quick_hash;
pub mod rendered;
pub mod role;
pub mod sealed;
pub mod slot;
pub mod spelling;
pub mod term;
pub mod trend;
pub mod trouble;
pub mod witness;
