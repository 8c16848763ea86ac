//! `[disclosure]`: the rules under which a figure may be shown.

use serde::{Deserialize, Serialize};

use super::field::Field;
use super::section::Section;

/// See the room `disclosure`: the defaults of the field's rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DisclosureSettings {
    pub minimum_contributors: u32,
    pub p_percent: f64,
    /// (n, k) rules; none by default.
    pub dominance: Vec<(u32, f64)>,
    pub implied_cells: bool,
    pub insiders: bool,
}

pub(super) fn read(section: &mut Section<'_>) -> Option<DisclosureSettings> {
    // Of two customers each would find the other by subtracting oneself: below three there is no control.
    let minimum = section.required("minimum_contributors", |field| field.integer(3..=1_000_000));
    let p_percent = section.required("p_percent", |field| percent(&field));
    let dominance = section.required("dominance", |field| {
        field.list(|entry| {
            entry.section(|rule| {
                let n = rule.required("n", |field| field.integer(1..=100));
                let k = rule.required("k", |field| percent(&field));
                Some((u32::try_from(n?).ok()?, k?))
            })
        })
    });
    let implied_cells = section.required("implied_cells", |field| field.flag());
    let insiders = section.required("insiders", |field| field.flag());
    Some(DisclosureSettings {
        minimum_contributors: u32::try_from(minimum?).ok()?,
        p_percent: p_percent?,
        dominance: dominance?,
        implied_cells: implied_cells?,
        insiders: insiders?,
    })
}

fn percent(field: &Field<'_>) -> Option<f64> {
    let number = field.number()?;
    if number > 0.0 && number <= 100.0 {
        return Some(number);
    }
    field.wrong(format!("{number} is no share in percent"), "write a number above 0, and 100 at most")
}
