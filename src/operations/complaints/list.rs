//! The complaints, the earliest deadline first.

use serde::{Deserialize, Serialize};

use super::view::{ComplaintView, view};
use crate::access::Operation;
use crate::domain::actor::Actor;
use crate::domain::complaint::ComplaintKind;
use crate::domain::ids::ComplaintNo;
use crate::jobs::House;
use crate::operations::{Result, allow};

/// Complaints read at once.
const PAGE: u32 = 500;

/// Which complaints are asked for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListRequest {
    /// Resolved ones too.
    pub all: bool,
    /// Only those with a deadline that has passed.
    pub overdue: bool,
    /// Only those assigned to this address.
    pub assignee: Option<String>,
    pub kind: Option<ComplaintKind>,
    /// The first so many; all of them when not given.
    pub limit: Option<usize>,
}

impl ListRequest {
    fn takes(&self, view: &ComplaintView) -> bool {
        let is_assigned = |to: &String| {
            view.assignee.as_ref().is_some_and(|assignee| assignee.eq_ignore_ascii_case(to.trim()))
        };
        (!self.overdue || view.clocks.iter().any(|clock| clock.overdue))
            && self.assignee.as_ref().is_none_or(is_assigned)
            && self.kind.is_none_or(|kind| kind == view.kind)
    }
}

/// Open complaints, or all of them, the earliest deadline first.
pub fn list(house: &House, actor: &Actor, request: &ListRequest) -> Result<Vec<ComplaintView>> {
    allow(house, actor, Operation::ComplaintList)?;
    let now = house.now();
    let mut views = Vec::new();
    let mut after = ComplaintNo(0);
    loop {
        let page = house.store.read(|reader| {
            if request.all { reader.complaints(after, PAGE) } else { reader.open_complaints(after, PAGE) }
        })?;
        let Some((last, _)) = page.last() else { break };
        after = last.no;
        let shown =
            page.into_iter().filter_map(|(complaint, events)| view(house, complaint.no, &events, now));
        views.extend(shown.filter(|view| request.takes(view)));
    }
    let next = |view: &ComplaintView| view.next().map(|clock| clock.due);
    views.sort_by_key(|view| (next(view).is_none(), next(view), view.number));
    views.truncate(request.limit.unwrap_or(usize::MAX));
    Ok(views)
}
