//! The command line, one file a subcommand.

pub mod calendar;
pub mod demo;
pub mod disclosure;
pub mod output;
pub mod schedule;
