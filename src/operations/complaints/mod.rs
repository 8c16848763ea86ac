//! Complaints: list, show and explain them, take them down, note what is done about them, compensate, import.
//!
//! Who may list complaints sees numbers, kinds and deadlines; the words are for those who handle complaints, and each
//! look at them is audited.

mod add;
mod change;
mod compensate;
mod decide;
mod explain;
mod import;
mod list;
mod show;
mod standing;
mod view;

pub(in crate::operations) use add::channel;
pub use add::{AddRequest, add};
pub(in crate::operations) use change::instant;
pub use change::{ChangeRequest, Changed, change};
pub use compensate::{CompensateRequest, CompensationTotals, LevelTotal, compensate, compensations};
pub use decide::{Change, Judgement};
pub use explain::{Explained, explain};
pub use import::{ImportRequest, Imported, import};
pub use list::{LISTED_AT_MOST, ListRequest, list};
pub use show::{ComplaintShown, HistoryLine, Particulars, show};
pub use view::{ClockView, ComplaintView, State};

use zeroize::Zeroizing;

use super::{Error, Result, remedy_of};
use crate::domain::ids::{ComplaintNo, SourceName};
use crate::jobs::House;

/// The longest text that a person may add: no letter is longer, and a wrong file often is.
const LONGEST_TEXT: usize = 1_000_000;

fn no_complaint(number: ComplaintNo) -> Error {
    Error::NotFound {
        what: "complaint",
        name: number.to_string(),
        remedy: "`firstwatch complaint list --all` shows them".to_owned(),
    }
}

/// A text that a person wrote; `None` when there is nothing in it.
pub(in crate::operations) fn written(text: Option<String>, what: &str) -> Result<Option<Zeroizing<String>>> {
    let Some(text) = text.map(Zeroizing::new) else { return Ok(None) };
    if text.len() > LONGEST_TEXT {
        return Err(Error::BadRequest(format!("the {what} has more than {LONGEST_TEXT} bytes; shorten it")));
    }
    let trimmed = Zeroizing::new(text.trim().to_owned());
    Ok((!trimmed.is_empty()).then_some(trimmed))
}

/// The source whose customers and orders are meant: the one that is named, else the only one there is. `None` when
/// there are several, or none at all.
pub(in crate::operations) fn source_meant(
    house: &House,
    named: Option<&SourceName>,
) -> Result<Option<SourceName>> {
    let sources = &house.settings.sources;
    match (named, sources.as_slice()) {
        (Some(name), _) if sources.iter().any(|source| source.name == *name) => Ok(Some(name.clone())),
        (Some(name), _) => Err(Error::NotFound {
            what: "source",
            name: name.to_string(),
            remedy: remedy_of(
                name.as_str(),
                house.settings.sources.iter().map(|source| source.name.as_str()),
                "firstwatch source list",
            ),
        }),
        (None, [only]) => Ok(Some(only.name.clone())),
        (None, _) => Ok(None),
    }
}
