//! The complaints, the earliest deadline first.

use std::collections::BTreeMap;

use jiff::Timestamp;
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

/// Complaints that are listed over the control socket when nobody says how many.
pub const LISTED_AT_MOST: usize = 1000;

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
    let mut earliest = Earliest::new(request.limit.unwrap_or(usize::MAX));
    let mut after = ComplaintNo(0);
    loop {
        let page = house.store.read(|reader| {
            if request.all { reader.complaints(after, PAGE) } else { reader.open_complaints(after, PAGE) }
        })?;
        let Some((last, _)) = page.last() else { break };
        after = last.no;
        let shown =
            page.into_iter().filter_map(|(complaint, events)| view(house, complaint.no, &events, now));
        shown.filter(|view| request.takes(view)).for_each(|view| earliest.take(view));
    }
    Ok(earliest.kept.into_values().collect())
}

/// The complaints whose deadlines come first, so many at most; those without one come last.
struct Earliest {
    most: usize,
    kept: BTreeMap<(bool, Option<Timestamp>, ComplaintNo), ComplaintView>,
}

impl Earliest {
    fn new(most: usize) -> Self {
        Self { most, kept: BTreeMap::new() }
    }

    /// Never holds more than one too many, however many there are.
    fn take(&mut self, view: ComplaintView) {
        let next = view.next().map(|clock| clock.due);
        self.kept.insert((next.is_none(), next, view.number), view);
        if self.kept.len() > self.most {
            self.kept.pop_last();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::view::{ClockView, State};
    use super::*;

    fn due(number: i64, second: Option<i64>) -> ComplaintView {
        let clock = |second| ClockView {
            clock: "resolution".to_owned(),
            due: Timestamp::from_second(second).unwrap(),
            stopped: None,
            overdue: false,
        };
        ComplaintView {
            number: ComplaintNo(number),
            kind: ComplaintKind::Product,
            damage_level: None,
            vulnerable: false,
            third_party: false,
            attack: None,
            harm: None,
            received_at: Timestamp::UNIX_EPOCH,
            open: true,
            state: State::Open,
            assignee: None,
            clocks: second.map(clock).into_iter().collect(),
        }
    }

    #[test]
    fn no_more_than_asked_for_are_held_and_they_are_the_earliest() {
        let mut earliest = Earliest::new(3);
        for number in 0..50 {
            let second = (number % 10 != 0).then_some((number * 7) % 50);
            earliest.take(due(number, second));
            assert!(earliest.kept.len() <= 3);
        }
        let numbers: Vec<i64> = earliest.kept.into_values().map(|view| view.number.0).collect();
        // 7 x 43 = 301, 7 x 36 = 252, 7 x 29 = 203: due at the seconds 1, 2 and 3.
        assert_eq!(numbers, [43, 36, 29]);

        let mut all = Earliest::new(usize::MAX);
        for view in [due(1, None), due(3, Some(9)), due(2, Some(9)), due(4, Some(8))] {
            all.take(view);
        }
        let numbers: Vec<i64> = all.kept.into_values().map(|view| view.number.0).collect();
        assert_eq!(numbers, [4, 2, 3, 1], "of the same deadline the older first, without one last");

        let mut none = Earliest::new(0);
        none.take(due(1, Some(1)));
        assert!(none.kept.is_empty());
    }
}
