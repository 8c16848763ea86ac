//! Where the clocks change, the time that passed counts, not that on the dial.

use jiff::civil::time;
use proptest::prelude::*;

use super::super::count::{Passing, Place, passed};
use super::*;

/// New York's clocks go back on Sunday, 1 November 2026, at 02:00, which comes again.
fn new_york() -> (WorkingCalendar, TimeZone) {
    let hours = [(time(0, 30, 0, 0), time(4, 0, 0, 0)), (time(9, 0, 0, 0), time(17, 0, 0, 0))];
    let calendar = WorkingCalendar::new(CalendarDays::default(), &[1, 2, 3, 4, 5, 6, 7], &hours).unwrap();
    (calendar, TimeZone::get("America/New_York").unwrap())
}

#[test]
fn an_hour_that_comes_twice_counts_twice() {
    let (calendar, zone) = new_york();
    let mut policy = with_resolution(ComplaintKind::Product, "1wd", &["50%"]);
    policy.kinds.get_mut(&ComplaintKind::Product).unwrap().terms.first_response = Term::Hours(24);
    let local = |text: &str| format!("{text}-04:00").parse::<Timestamp>().unwrap();
    let receipt = DatedEvent {
        at: local("2026-10-31T17:00"),
        event: ComplaintEvent::Received(Classification::new(ComplaintKind::Product, None)),
    };
    let clocks = clocks(&[receipt], &policy, &calendar, &zone).unwrap();
    let [first, resolution] = clocks.states[..] else { panic!("two clocks") };
    assert_eq!(first.due, local("2026-11-01T17:00"));
    // 23:59:59, after the change; the whole day has 4.5 and 8 working hours, of which the last is another half past.
    assert_eq!(resolution.due, local("2026-11-02T00:59:59"));
    let steps = steps(&clocks, Clock::Resolution, &policy, &calendar, &zone);
    assert_eq!(steps[0].due_at, local("2026-11-01T11:45"), "6:15 hours of 12:30");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn working_time_agrees_with_the_minutes(start in 0i64..(60 * 24 * 60), length in 0i64..(6 * 24 * 60)) {
        let (calendar, zone) = new_york();
        let from = "2026-10-01T00:00-04:00".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(start);
        let minute = SignedDuration::from_mins(1);
        let minutes = std::iter::successors(Some(from), |&instant| Some(instant + minute));
        let is_worked = |instant: &Timestamp| {
            let local = zone.to_datetime(*instant);
            (local.hour(), local.minute()) >= (0, 30) && local.hour() < 4 || (9..17).contains(&local.hour())
        };
        let slow = minutes.take(usize::try_from(length).unwrap()).filter(is_worked).count();
        let place = Place { calendar: &calendar, zone: &zone };
        let until = from + SignedDuration::from_mins(length);
        let fast = passed(place, from, until, Passing::WorkingTime, &[]);
        prop_assert_eq!(fast.as_mins(), i64::try_from(slow).unwrap());
    }
}
