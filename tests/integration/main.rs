//! The one integration target; a file a subject.

mod architecture;
mod bad_input;
mod books;
mod canaries;
mod clocks;
mod commands;
mod contract;
mod daemon;
mod demo;
mod disclosure;
mod document;
mod egress;
mod end_to_end;
mod harness;
mod installation;
mod ledger;
mod mail;
mod march_2016;
mod mta;
mod planted;
mod privacy;
mod proofs;
mod settings;
mod source;
mod store;
mod till;
