//! What a row of each feed means. Each mapper is a pure function from one row's fields to a value of the
//! domain, or to why the row does not fit.

pub mod complaints;
pub mod customers;
pub mod flat;
pub mod order_lines;
pub mod orders;
pub mod payments;
pub mod refunds;
