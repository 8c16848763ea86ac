//! What a release leaves behind to prove the next ones by.

use serde::{Deserialize, Serialize};

use super::cell::Universe;
use super::entry::Component;

/// Entries that no cell has told apart so far: those of one day with the same values of the dimensions that cells fix. A
/// hash of these, the same for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Group(pub u64);

/// Other figures that would have given the very same releases, as differences from the true ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordedWitness {
    /// Those in which they differ; all of one universe.
    pub components: Vec<Component>,
    /// Differences are in this many of the components' units.
    pub scale: f64,
    /// (group, place in `components`, difference), sorted.
    pub differences: Vec<(Group, u8, f64)>,
}

impl RecordedWitness {
    pub fn universe(&self) -> Universe {
        let is_of_sales = self.components.iter().any(|component| Component::SALES.contains(component));
        if is_of_sales { Universe::Sales } else { Universe::Complaints }
    }
}
