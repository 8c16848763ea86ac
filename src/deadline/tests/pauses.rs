use super::*;

/// A pause, where it ends if it does, and when the resolution of a complaint of 16 November, 10:00, is due then.
fn due_after(resolution_term: &str, pauses: &[(&str, Option<&str>)]) -> Timestamp {
    let policy = with_resolution(ComplaintKind::Product, resolution_term, &[]);
    let mut events = vec![received("16T10:00", ComplaintKind::Product)];
    for (since, until) in pauses {
        events.push(paused(since));
        events.extend(until.map(resumed));
    }
    resolution(&policy, &events)
}

#[test]
fn paused_time_does_not_count_in_hours() {
    for (term, pauses, expected) in [
        ("10h", &[("16T12:00", Some("16T15:00"))][..], "16T23:00"),
        ("10h", &[("16T12:00", Some("16T15:00")), ("16T22:00", Some("17T22:00"))], "17T23:00"),
        // What is used up when a pause begins is over.
        ("2h", &[("16T12:00", Some("16T15:00"))], "16T12:00"),
        ("10h", &[("16T21:00", Some("16T23:00"))], "16T20:00"),
        ("8wh", &[("16T11:00", Some("16T14:00"))], "17T12:00"),
        // A pause at night takes nothing away.
        ("8wh", &[("16T17:00", Some("17T08:00"))], "17T10:00"),
        ("8wh", &[("16T15:00", Some("17T09:00"))], "17T14:00"),
        // Over the weekend and the holiday.
        ("8wh", &[("16T15:00", Some("23T15:00"))], "25T10:00"),
    ] {
        assert_eq!(due_after(term, pauses), at(expected), "{term} {pauses:?}");
    }
}

#[test]
fn a_day_counts_when_its_end_is_not_paused() {
    for (term, pauses, expected) in [
        // Within a day a pause takes nothing away.
        ("2wd", &[("17T09:00", Some("17T16:00"))][..], "18T23:59:59"),
        ("2wd", &[("17T16:00", Some("18T09:00"))], "19T23:59:59"),
        ("2wd", &[("17T16:00", Some("18T00:00"))], "19T23:59:59"),
        ("2wd", &[("18T00:00", Some("18T12:00"))], "18T23:59:59"),
        ("2wd", &[("17T16:00", Some("18T09:00")), ("19T16:00", Some("20T09:00"))], "20T23:59:59"),
        // The first day does not count anyway.
        ("2wd", &[("16T16:00", Some("17T09:00"))], "18T23:59:59"),
        ("2d", &[("17T16:00", Some("20T09:00"))], "23T23:59:59"),
        ("4d", &[("17T16:00", Some("19T09:00"))], "23T23:59:59"),
        ("8d", &[("17T16:00", Some("18T09:00"))], "25T23:59:59"),
    ] {
        assert_eq!(due_after(term, pauses), at(expected), "{term} {pauses:?}");
    }
}

/// 21 November is a Saturday: the fifth day.
#[test]
fn a_last_day_rolls_over_to_a_day_that_counts() {
    assert_eq!(due_after("5d", &[]), at("23T23:59:59"));
    assert_eq!(due_after("5d", &[("22T10:00", Some("23T10:00"))]), at("23T23:59:59"));
    assert_eq!(due_after("5d", &[("22T10:00", Some("24T10:00"))]), at("25T23:59:59"));
}

#[test]
fn half_a_day_that_is_paused_in_its_middle_ends_with_the_day() {
    let half = |pauses: &[(&str, &str)]| {
        let mut events = vec![received_as("16T10:00", vulnerable(ComplaintKind::Product))];
        events.extend(pauses.iter().flat_map(|(since, until)| [paused(since), resumed(until)]));
        resolution(&with_resolution(ComplaintKind::Product, "1wd", &[]), &events)
    };
    assert_eq!(half(&[("17T09:00", "17T11:00")]), at("17T12:00"));
    assert_eq!(half(&[("17T12:00", "17T14:00")]), at("17T12:00"));
    assert_eq!(half(&[("17T11:00", "17T12:00")]), at("17T23:59:59"));
    assert_eq!(half(&[("17T11:00", "17T13:00")]), at("17T23:59:59"));
    assert_eq!(half(&[("17T11:00", "17T13:00"), ("17T20:00", "18T09:00")]), at("18T12:00"));
    assert_eq!(half(&[("17T11:00", "18T13:00")]), at("18T23:59:59"));
}

#[test]
fn a_pause_ends_once_and_at_the_latest_by_itself() {
    let kind = ComplaintKind::Product;
    let mut policy = with_resolution(kind, "10h", &[]);
    policy.longest_pause = SignedDuration::from_hours(5);
    let due = |events: &[DatedEvent]| {
        let mut all = vec![received("16T10:00", kind)];
        all.extend_from_slice(events);
        resolution(&policy, &all)
    };
    assert_eq!(due(&[paused("16T11:00")]), at("17T01:00"));
    assert_eq!(due(&[paused("16T11:00"), paused("16T12:00")]), at("17T01:00"), "it was paused already");
    assert_eq!(due(&[paused("16T11:00"), paused("16T16:00")]), at("17T06:00"), "it had gone on by itself");
    assert_eq!(due(&[paused("16T11:00"), resumed("16T19:00")]), at("17T01:00"));
    assert_eq!(due(&[resumed("16T11:00")]), at("16T20:00"));
    let resolved = |day: &str| event(day, ComplaintEvent::Resolved);
    assert_eq!(due(&[paused("16T11:00"), resolved("16T12:00")]), at("16T21:00"));
    let reopened = [
        paused("16T11:00"),
        resolved("16T12:00"),
        paused("16T12:30"),
        event("16T13:00", ComplaintEvent::Reopened),
    ];
    assert_eq!(due(&reopened), at("16T23:00"), "what was resolved was not paused");
}

#[test]
fn pauses_stop_the_resolution_alone() {
    let mut events = vec![received("16T10:00", ComplaintKind::DataBreach)];
    let before = clocks_of(&events);
    events.push(paused("16T11:00"));
    let after = clocks_of(&events);
    for (one, other) in before.states.iter().zip(&after.states) {
        match one.clock {
            Clock::Resolution => assert!(one.due < other.due && other.paused.is_some()),
            _ => assert_eq!(one, other),
        }
    }
}

#[test]
fn no_pause_moves_the_resolution_past_the_law() {
    let law = |kind, since: &str| {
        let clocks = clocks_of(&[received("16T10:00", kind), paused(since)]);
        let state = *clocks.state(Clock::Resolution).unwrap();
        (state.due, state.paused.is_some(), clocks.waits_for.is_some())
    };
    // Ten days, whatever they wait for.
    assert_eq!(law(ComplaintKind::DataAccess, "17T10:00"), (at("26T23:59:59"), false, true));
    // Five working days of our own, thirty days of the law's.
    assert_eq!(law(ComplaintKind::Payment, "17T10:00"), (at("2026-12-16T23:59:59"), false, true));
    // No law: thirty days of pause.
    assert_eq!(law(ComplaintKind::Product, "17T10:00"), (at("2026-12-25T23:59:59"), true, true));
    // Too late to hold anything up.
    assert_eq!(law(ComplaintKind::Product, "27T10:00"), (at("26T23:59:59"), false, true));
}

#[test]
fn a_pause_from_the_deadline_on_holds_nothing_up() {
    let policy = with_resolution(ComplaintKind::Product, "10h", &[]);
    let paused_at = |since: &str| {
        let clocks = clocks_by(&policy, &[received("16T10:00", ComplaintKind::Product), paused(since)]);
        clocks.state(Clock::Resolution).unwrap().paused.is_some()
    };
    assert!(paused_at("16T19:59") && !paused_at("16T20:00"));
}

#[test]
fn a_pause_of_days_holds_up_what_the_law_lets_it() {
    let receipt = received("16T10:00", ComplaintKind::Payment);
    let events = [receipt, paused("17T10:00"), resumed("20T10:00")];
    // 20, 23, 25, 26 and 27 November count.
    assert_eq!(due(&events, Clock::Resolution), at("27T23:59:59"));
}

#[test]
fn a_promise_stands_still_in_a_pause() {
    let events =
        [received("16T10:00", ComplaintKind::Product), paused("17T10:00"), promised("17T11:00", "20T10:00")];
    let clocks = clocks_of(&events);
    let state = clocks.state(Clock::Resolution).unwrap();
    assert_eq!((state.due, state.paused), (at("20T10:00"), None));
}

#[test]
fn a_pause_counts_for_the_extension_too() {
    let kind = ComplaintKind::DataAccess;
    let mut policy = with_resolution(kind, "4d", &[]);
    policy.kinds.get_mut(&kind).unwrap().extension = Some(Term::Days(2));
    let due = |extended: &str| {
        let events = [
            received("16T10:00", kind),
            paused("17T10:00"),
            resumed("19T10:00"),
            event(extended, ComplaintEvent::Extended),
        ];
        resolution(&policy, &events)
    };
    // The fourth day that counts is Sunday the 22nd, which rolls over; with two more it is the 24th, and so the 25th.
    assert_eq!(due("23T12:00"), at("25T23:59:59"));
    assert_eq!(due("24T12:00"), at("23T23:59:59"));
}
