//! In the place of the client, where it was not built.

use std::collections::BTreeSet;

use super::{Error, Pages};
use crate::disclosure::Contributions;
use crate::domain::entry::Dimension;
use crate::domain::fact_groups::FactGroups;
use crate::settings::SparkConnect;

/// There is none.
#[derive(Debug)]
pub enum Session {}

impl Session {
    /// # Errors
    /// [`Error::NotBuiltIn`].
    pub fn open(_: &SparkConnect, _: Pages) -> Result<Self, Error> {
        Err(Error::NotBuiltIn)
    }

    /// # Errors
    /// None: nobody has a session.
    pub fn groups(&self, _: &BTreeSet<Dimension>) -> Result<FactGroups, Error> {
        match *self {}
    }

    /// # Errors
    /// None: nobody has a session.
    pub fn contributions(
        &self,
        _: &BTreeSet<Dimension>,
        _: &FactGroups,
        _: &[Option<u32>],
    ) -> Result<Contributions, Error> {
        match *self {}
    }
}
