//! What `check` says of the tables of reports: how much each is likely to withhold, and what would show more.

use super::{reach, show};
use crate::domain::clock::SystemClock;
use crate::jobs::{self, Coarser, Foreseen};
use crate::settings::Settings;
use serde::Serialize;

/// The answer, with a note that may come from an error.
#[derive(Debug, Default, Serialize)]
pub struct Withholding {
    tables: Vec<Foreseen>,
    note: Option<String>,
}

/// Looks into the history, if there is one that we may open.
pub fn foreseen(settings: &Settings) -> Withholding {
    let noted = |why: String| {
        let note = format!("what the tables will withhold is not known: {why}");
        Withholding { note: Some(note), ..Withholding::default() }
    };
    // What we make in the state directory its owner could not read.
    if let Err(why) = reach::check_owner_of(&settings.store.directory) {
        return noted(why);
    }
    match jobs::foresee(settings, &SystemClock) {
        Ok(found) => Withholding { tables: found.tables, note: found.note.map(str::to_owned) },
        Err(error) => noted(format!("{error:#}")),
    }
}

/// A line a table, then a sentence for each of which most would be withheld, then the note.
pub fn shown(found: &Withholding) -> String {
    let mut table = show::table(&["job", "table", "tried on", "would be withheld"]);
    for one in &found.tables {
        let share = format!("about {} % of {} cells", one.share.per_cent(), one.share.cells);
        table.add_row([one.job.to_string(), one.table.clone(), one.period.to_string(), share]);
    }
    let mut text = show::lines(&table, "");
    for one in found.tables.iter().filter(|one| one.share.is_most()) {
        text += &format!("{}\n", hint(one));
    }
    if let Some(note) = &found.note {
        text += &format!("{note}\n");
    }
    text
}

/// `` `province` of job `daily`: about 71 % of 38 cells would be withheld; by region: 12 % of 4 ``.
fn hint(one: &Foreseen) -> String {
    let Foreseen { job, table, share, .. } = one;
    let better = match &one.better {
        None => "no coarser table that was tried shows more".to_owned(),
        Some(better) => {
            format!("{}: {} % of {}", coarser(one, better), better.share.per_cent(), better.share.cells)
        }
    };
    format!(
        "`{table}` of job `{job}`: about {} % of {} cells would be withheld; {better}",
        share.per_cent(),
        share.cells
    )
}

fn coarser(one: &Foreseen, better: &Coarser) -> String {
    if better.period != one.period {
        let kind = better.period.kind().map_or("span", |kind| kind.as_str());
        return format!("over a {kind}");
    }
    let axis = |axis: &[_]| {
        axis.iter().map(|it: &crate::domain::entry::Dimension| it.as_str()).collect::<Vec<_>>().join(", ")
    };
    match better.columns.as_slice() {
        [] => format!("by {}", axis(&better.rows)),
        columns => format!("by {} and {}", axis(&better.rows), axis(columns)),
    }
}
