use super::*;
use crate::domain::complaint::Notice;

#[test]
fn both_clocks_start_with_the_receipt() {
    let clocks = clocks_of(&[received("20T10:00", ComplaintKind::Delivery)]);
    assert_eq!(clocks.state(Clock::FirstResponse).unwrap().due, at("23T23:59:59"));
    assert_eq!(clocks.state(Clock::Resolution).unwrap().due, at("30T23:59:59"));
    assert_eq!(clocks.states.len(), 2);
    assert!(clocks.states.iter().all(|state| state.stopped.is_none() && state.paused.is_none()));
    assert!(clocks.is_open() && !clocks.closed);
    assert_eq!((clocks.assignee, clocks.waits_for), (None, None));
}

#[test]
fn nothing_is_known_of_a_complaint_that_was_never_received() {
    let events = [event("20T10:00", ComplaintEvent::Acknowledged)];
    for events in [&events[..], &[]] {
        assert_eq!(clocks(events, &policy(), vietnam(), &zone()), None);
        assert_eq!(super::super::explain(events, &policy(), vietnam(), &zone()), None);
        assert!(!is_settled(events));
    }
}

#[test]
fn events_count_by_their_instants_not_by_their_order() {
    let mut events = vec![
        event("23T09:00", ComplaintEvent::Resolved),
        event("21T09:00", ComplaintEvent::Acknowledged),
        event("22T09:00", ComplaintEvent::Acknowledged),
        event("22T10:00", ComplaintEvent::Assigned { to: "lan@1stwatch.vn".to_owned() }),
        event("22T09:30", ComplaintEvent::Assigned { to: "an@1stwatch.vn".to_owned() }),
        received("21T09:00", ComplaintKind::Product),
        received("20T10:00", ComplaintKind::Delivery),
    ];
    let one = clocks_of(&events);
    events.reverse();
    assert_eq!(clocks_of(&events), one);
    assert_eq!(one.classification.kind, ComplaintKind::Delivery);
    assert_eq!(one.assignee.as_deref(), Some("lan@1stwatch.vn"));
    let [first, resolution] = one.states[..] else { panic!("two clocks") };
    assert_eq!((first.started, first.stopped), (at("20T10:00"), Some(at("21T09:00"))));
    assert_eq!(resolution.stopped, Some(at("23T09:00")));
    assert!(!one.is_open());
}

/// At the receipt's own instant the receipt comes first, however it was recorded.
#[test]
fn what_happens_with_the_receipt_happens_after_it() {
    let reclassified = ComplaintEvent::Reclassified(Classification::new(ComplaintKind::Product, None));
    let clocks = clocks_of(&[event("20T10:00", reclassified), received("20T10:00", ComplaintKind::Delivery)]);
    assert_eq!(clocks.classification.kind, ComplaintKind::Product);
}

#[test]
fn a_resolution_answers_too() {
    let clocks = clocks_of(&[
        received("16T10:00", ComplaintKind::Delivery),
        event("18T10:00", ComplaintEvent::Resolved),
    ]);
    let [first, resolution] = clocks.states[..] else { panic!("two clocks") };
    assert_eq!(first.stopped, Some(at("18T10:00")));
    assert!(first.is_late(at("18T10:00")) && !first.is_overdue(at("30T10:00")));
    assert!(!resolution.is_late(at("30T10:00")));
}

#[test]
fn reopening_starts_the_resolution_anew() {
    let mut events = vec![
        received("02T10:00", ComplaintKind::Delivery),
        event("03T10:00", ComplaintEvent::Resolved),
        event("04T10:00", ComplaintEvent::Closed),
    ];
    assert!(clocks_of(&events).closed);
    events.push(event("16T10:00", ComplaintEvent::Reopened));
    let clocks = clocks_of(&events);
    let expected = ClockState {
        clock: Clock::Resolution,
        started: at("16T10:00"),
        due: at("23T23:59:59"),
        stopped: None,
        paused: None,
    };
    assert_eq!(clocks.state(Clock::Resolution), Some(&expected));
    assert_eq!(clocks.state(Clock::FirstResponse).unwrap().stopped, Some(at("03T10:00")));
    assert!(!clocks.closed && clocks.is_open());
    events.push(event("17T10:00", ComplaintEvent::Reopened));
    let resolution = |events: &[DatedEvent]| *clocks_of(events).state(Clock::Resolution).unwrap();
    assert_eq!(resolution(&events).started, at("16T10:00"), "only what is resolved is reopened");
    events.push(event("17T11:00", ComplaintEvent::Closed));
    events.push(event("18T10:00", ComplaintEvent::Resolved));
    assert_eq!(resolution(&events).stopped, Some(at("18T10:00")));
    assert!(!clocks_of(&events).closed, "it was closed before it was resolved");
}

#[test]
fn reclassifying_counts_from_the_receipt() {
    let breach = Classification::new(ComplaintKind::DataBreach, Some(3));
    let mut events = vec![
        received("20T10:00", ComplaintKind::Delivery),
        event("23T10:00", ComplaintEvent::Reclassified(breach)),
    ];
    let clocks = clocks_of(&events);
    assert_eq!(clocks.classification, breach);
    let due: Vec<_> = clocks.states.iter().map(|state| (state.clock, state.due)).collect();
    let expected = [
        (Clock::FirstResponse, at("20T14:00")),
        // The fifteenth day is Saturday, 5 December.
        (Clock::Resolution, at("2026-12-07T23:59:59")),
        (Clock::Containment, at("21T10:00")),
        (Clock::AttackNotice, at("21T10:00")),
        (Clock::HarmNotice, at("23T10:00")),
    ];
    assert_eq!(due, expected);
    let product = Classification::new(ComplaintKind::Product, None);
    events.push(event("23T11:00", ComplaintEvent::Reclassified(product)));
    assert_eq!(clocks_of(&events).states.len(), 2, "no notice is asked for any more");
}

#[test]
fn promises_only_tighten() {
    let promise = |due_at: &str| promised("17T10:00", due_at);
    let receipt = || received("16T10:00", ComplaintKind::Delivery);
    let due = |events: &[DatedEvent]| due(events, Clock::Resolution);
    assert_eq!(due(&[receipt(), promise("18T17:00")]), at("18T17:00"));
    assert_eq!(due(&[receipt(), promise("30T17:00")]), at("23T23:59:59"));
    let second = promised("18T10:00", "20T17:00");
    assert_eq!(due(&[receipt(), promise("18T17:00"), second]), at("20T17:00"));
    let reopened = [
        receipt(),
        promise("18T17:00"),
        event("18T10:00", ComplaintEvent::Resolved),
        event("19T10:00", ComplaintEvent::Reopened),
    ];
    assert_eq!(due(&reopened), at("27T23:59:59"), "a promise kept is spent");
}

#[test]
fn containment_and_notices_run_from_detection() {
    let mut events = vec![
        received("20T10:00", ComplaintKind::DataBreach),
        event("19T08:00", ComplaintEvent::Detected),
        event("21T08:00", ComplaintEvent::Detected),
    ];
    let clocks = clocks_of(&events);
    let started = |clock| clocks.state(clock).unwrap().started;
    assert_eq!((started(Clock::FirstResponse), started(Clock::Resolution)), (at("20T10:00"), at("20T10:00")));
    for (clock, due) in [
        (Clock::Containment, at("20T08:00")),
        (Clock::AttackNotice, at("20T08:00")),
        (Clock::HarmNotice, at("22T08:00")),
    ] {
        let state = clocks.state(clock).unwrap();
        assert_eq!((state.started, state.due), (at("19T08:00"), due), "{clock}");
    }
    events.push(event("20T11:00", ComplaintEvent::Contained));
    let notice = Notice::Attack;
    events.push(event("20T12:00", ComplaintEvent::Notified { notice }));
    events.push(event("20T13:00", ComplaintEvent::Resolved));
    let clocks = clocks_of(&events);
    let stopped = |clock| clocks.state(clock).unwrap().stopped;
    assert_eq!(stopped(Clock::Containment), Some(at("20T11:00")));
    assert_eq!(stopped(Clock::AttackNotice), Some(at("20T12:00")));
    assert_eq!(stopped(Clock::HarmNotice), None, "a resolution does not tell the authority");
}

#[test]
fn what_is_resolved_is_contained() {
    let events =
        [received("20T10:00", ComplaintKind::DataBreach), event("20T13:00", ComplaintEvent::Resolved)];
    assert_eq!(clocks_of(&events).state(Clock::Containment).unwrap().stopped, Some(at("20T13:00")));
}

#[test]
fn settled_is_what_is_resolved_with_the_authority_told() {
    let product = [received("20T10:00", ComplaintKind::Product)];
    assert!(!is_settled(&product));
    let resolved = || event("20T13:00", ComplaintEvent::Resolved);
    let [receipt] = product;
    let mut events = vec![receipt, resolved()];
    assert!(is_settled(&events));
    events.push(event("20T14:00", ComplaintEvent::Reopened));
    assert!(!is_settled(&events));

    let mut breach = vec![received("20T10:00", ComplaintKind::DataBreach), resolved()];
    for notice in Notice::ALL {
        assert!(!is_settled(&breach), "{notice:?}");
        breach.push(event("20T15:00", ComplaintEvent::Notified { notice }));
    }
    assert!(is_settled(&breach));
    breach.truncate(2);
    let harmless = Classification {
        attack: Some(false),
        harm: Some(false),
        ..Classification::new(ComplaintKind::DataBreach, None)
    };
    breach.push(event("20T16:00", ComplaintEvent::Reclassified(harmless)));
    assert!(is_settled(&breach));
}

#[test]
fn the_damage_level_picks_terms() {
    for (level, first, resolution) in [
        (None, at("17T23:59:59"), at("26T23:59:59")),
        (Some(3), at("17T23:59:59"), at("26T23:59:59")),
        (Some(4), at("16T14:00"), at("19T23:59:59")),
    ] {
        let events = [received_as("16T10:00", Classification::new(ComplaintKind::Product, level))];
        assert_eq!(due(&events, Clock::FirstResponse), first, "{level:?}");
        assert_eq!(due(&events, Clock::Resolution), resolution, "{level:?}");
    }
}

#[test]
fn a_vulnerable_consumers_terms_halve() {
    for (kind, clock, expected) in [
        // 1wd: the middle of the next working day.
        (ComplaintKind::Product, Clock::FirstResponse, "17T12:00"),
        // 7wd: three, and the middle of the fourth.
        (ComplaintKind::Product, Clock::Resolution, "20T12:00"),
        // 5wd.
        (ComplaintKind::Delivery, Clock::Resolution, "19T12:00"),
        // 4h, 15d, 24h; the notices are the law's.
        (ComplaintKind::DataBreach, Clock::FirstResponse, "16T12:00"),
        (ComplaintKind::DataBreach, Clock::Resolution, "23T23:59:59"),
        (ComplaintKind::DataBreach, Clock::Containment, "16T22:00"),
        (ComplaintKind::DataBreach, Clock::AttackNotice, "17T10:00"),
        (ComplaintKind::DataBreach, Clock::HarmNotice, "19T10:00"),
        // 2wd and 10d are the law's, as is 7wd here.
        (ComplaintKind::DataAccess, Clock::FirstResponse, "18T23:59:59"),
        (ComplaintKind::DataAccess, Clock::Resolution, "26T23:59:59"),
        (ComplaintKind::Negotiation, Clock::Resolution, "26T23:59:59"),
        // 16wh and 40wh.
        (ComplaintKind::Inquiry, Clock::FirstResponse, "17T10:00"),
        (ComplaintKind::Inquiry, Clock::Resolution, "18T15:00"),
    ] {
        assert_eq!(due(&[received_as("16T10:00", vulnerable(kind))], clock), at(expected), "{kind} {clock}");
    }
}

#[test]
fn halves_are_exact_and_a_day_is_left() {
    let kind = ComplaintKind::Product;
    for (term, expected) in [
        ("5h", "16T12:30"),
        ("1h", "16T10:30"),
        ("1d", "17T23:59:59"),
        ("2d", "17T23:59:59"),
        ("3d", "17T23:59:59"),
        ("9d", "20T23:59:59"),
        ("2wd", "17T23:59:59"),
        // Four, and the middle of the fifth, over the weekend.
        ("9wd", "23T12:00"),
        ("3wh", "16T11:30"),
        // Over lunch.
        ("5wh", "16T13:30"),
    ] {
        let policy = with_resolution(kind, term, &[]);
        let events = [received_as("16T10:00", vulnerable(kind))];
        assert_eq!(resolution(&policy, &events), at(expected), "{term}");
    }
}

/// 22 August 2026 is a Saturday that is worked, and 31 August a Monday off; Tết is from 16 to 20 February.
#[test]
fn half_days_fall_on_days_that_are_worked() {
    for (from, expected) in [
        ("2026-08-21T10:00", "2026-08-22T12:00"),
        ("2026-08-28T10:00", "2026-09-03T12:00"),
        ("2026-02-13T10:00", "2026-02-23T12:00"),
    ] {
        let events = [received_as(from, vulnerable(ComplaintKind::Product))];
        assert_eq!(due(&events, Clock::FirstResponse), at(expected), "{from}");
    }
}

fn third_party() -> Classification {
    Classification { third_party: true, ..Classification::new(ComplaintKind::DataAccess, None) }
}

#[test]
fn a_third_party_has_its_own_term() {
    // The fifteenth day is 1 December.
    let events = [received_as("16T10:00", third_party())];
    assert_eq!(due(&events, Clock::Resolution), at("2026-12-01T23:59:59"));
    let product = Classification { kind: ComplaintKind::Product, ..third_party() };
    assert_eq!(due(&[received_as("16T10:00", product)], Clock::Resolution), at("26T23:59:59"));
}

#[test]
fn a_third_party_does_not_lift_a_ceiling_that_knows_none() {
    let mut policy = policy();
    policy.kinds.get_mut(&ComplaintKind::Payment).unwrap().resolution_third_party = Some(Term::Days(90));
    let payment = Classification { kind: ComplaintKind::Payment, ..third_party() };
    let due = resolution(&policy, &[received_as("16T10:00", payment)]);
    assert_eq!(due, at("2026-12-16T23:59:59"), "thirty days");
}

#[test]
fn the_extension_adds_once_and_before_the_deadline() {
    let extended = |day: &str| event(day, ComplaintEvent::Extended);
    let receipt = || received("16T10:00", ComplaintKind::DataAccess);
    let due = |events: &[DatedEvent]| due(events, Clock::Resolution);
    let (plain, longer) = (at("26T23:59:59"), at("2026-12-07T23:59:59"));
    assert_eq!(due(&[receipt()]), plain);
    // The twentieth day is Sunday, 6 December.
    assert_eq!(due(&[receipt(), extended("26T23:59:58")]), longer);
    assert_eq!(due(&[receipt(), extended("26T23:59:59")]), plain, "too late");
    assert_eq!(due(&[receipt(), extended("17T10:00"), extended("18T10:00")]), longer, "once");
    assert_eq!(due(&[receipt(), extended("18T10:00"), promised("19T10:00", "28T10:00")]), at("28T10:00"));
    let product = received("16T10:00", ComplaintKind::Product);
    assert_eq!(due(&[product, extended("17T10:00")]), at("26T23:59:59"));
    // 25 days: 11 December.
    let both = [received_as("16T10:00", third_party()), extended("30T10:00")];
    assert_eq!(due(&both), at("2026-12-11T23:59:59"));
}

#[test]
fn an_extension_in_an_earlier_run_is_used_up() {
    let reopened = |extended: &str, resolved: &str, reopened: &str| {
        let events = [
            received("02T10:00", ComplaintKind::DataAccess),
            event(extended, ComplaintEvent::Extended),
            event(resolved, ComplaintEvent::Resolved),
            event(reopened, ComplaintEvent::Reopened),
            event("19T10:00", ComplaintEvent::Extended),
        ];
        due(&events, Clock::Resolution)
    };
    let (plain, longer) = (at("26T23:59:59"), at("2026-12-07T23:59:59"));
    assert_eq!(reopened("03T10:00", "04T10:00", "16T10:00"), plain);
    assert_eq!(reopened("13T10:00", "14T10:00", "16T10:00"), longer, "the first one came too late");
    assert_eq!(reopened("05T10:00", "04T10:00", "16T10:00"), longer, "nothing ran that could be extended");
}

#[test]
fn days_over_are_days_of_the_calendar() {
    let over = |now: &str| days_over(at("20T14:00"), at(now), &zone());
    assert_eq!((over("20T14:01"), over("20T23:59:59"), over("21T00:00"), over("22T10:00")), (0, 0, 1, 2));
}
