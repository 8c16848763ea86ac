//! firstwatch: a shop's night watch.
//!
//! The map of the house, floor by floor; imports point down only, and `tests/integration/architecture.rs`
//! holds that law.

// Floor 0: the words everybody shares. No I/O; only `domain::clock` reads the clock.
pub mod domain;

// Floor 1: what decides. No I/O (but for the files of `settings`), no clock.
pub mod access;
pub mod books;
pub mod calendar;
pub mod deadline;
pub mod disclosure;
pub mod schedule;
pub mod settings;

// Floor 2: what reaches outside, one thing a room; these rooms never import each other.
pub mod document;
pub mod engine;
pub mod facts;
pub mod mail;
pub mod ping;
pub mod report;
pub mod source;
pub mod store;
pub mod vault;

// Floor 3: what composes the rooms below.
pub mod jobs;
pub mod operations;

// Floor 4: how one reaches it.
pub mod api;

// Floor 5: the two front doors.
pub mod cli;
pub mod daemon;
