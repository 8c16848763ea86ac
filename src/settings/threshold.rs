//! `[[threshold]]` of a report: a change of a key figure that is worth a line at the top.

use serde::{Deserialize, Serialize};

use super::field::Field;
use super::section::Section;
use crate::domain::cell::Measure;

/// A key figure that has moved so far, or farther.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Threshold {
    pub measure: Measure,
    pub against: Against,
    pub way: Way,
    /// At least 1.
    pub percent: u32,
}

/// What a figure is compared with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Against {
    #[default]
    Previous,
    LastYear,
}

/// Which way it moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    Falls,
    Rises,
}

/// Reads every `[[threshold]]`; gives nothing when one of them is wrong.
pub(super) fn read_all(field: &Field<'_>) -> Option<Vec<Threshold>> {
    field.list(|entry| entry.section(read))
}

fn read(section: &mut Section<'_>) -> Option<Threshold> {
    let words = Measure::SALES.map(|measure| (measure.as_str(), measure));
    let measure = section.required("measure", |field| field.choice(&words));
    let against = section.optional("against", |field| {
        field.choice(&[("previous", Against::Previous), ("last-year", Against::LastYear)])
    });
    let mut percent = |key| section.optional(key, |field| u32::try_from(field.integer(1..=1_000)?).ok());
    let (falls, rises) = (percent("falls"), percent("rises"));
    let (way, percent) = match (falls, rises) {
        (Some(percent), None) => (Way::Falls, percent),
        (None, Some(percent)) => (Way::Rises, percent),
        (Some(_), Some(_)) => {
            section.refuse("rises", "stands beside `falls`", "write a [[threshold]] for each");
            return None;
        }
        (None, None) => {
            section.missing("falls", "is not set", "write falls = 20, or rises = 20, in per cent");
            return None;
        }
    };
    Some(Threshold { measure: measure?, against: against.unwrap_or_default(), way, percent })
}
