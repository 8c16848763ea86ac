//! Where facts come from: pages, each a frame of the columns that are asked for.

use jiff::civil::Date;
use polars::prelude::DataFrame;

use super::Error;

/// Pages of facts. They are read one by one, some at once, so that no more than a few are in memory.
pub trait Facts: Sync {
    type Error: From<Error> + Send;

    /// For each page the days it may hold, half-open.
    fn spans(&self) -> Vec<(Date, Date)>;

    /// The rows of a page with these columns, as the facts room names them; more columns do no harm.
    ///
    /// # Errors
    /// When the page cannot be read.
    fn read(&self, page: usize, columns: &[&str]) -> Result<DataFrame, Self::Error>;
}

impl Facts for DataFrame {
    type Error = Error;

    fn spans(&self) -> Vec<(Date, Date)> {
        vec![(Date::MIN, Date::MAX)]
    }

    fn read(&self, _: usize, _: &[&str]) -> Result<DataFrame, Error> {
        Ok(self.clone())
    }
}
