use super::*;

const PRODUCT: ComplaintKind = ComplaintKind::Product;

fn due_at(policy: &ComplaintPolicy, events: &[DatedEvent], now: &str) -> Vec<(Clock, String, Timestamp)> {
    let clocks = clocks_by(policy, events);
    let steps = due_steps(&clocks, policy, vietnam(), &zone(), at(now));
    steps.iter().map(|step| (step.clock, step.rule.at.to_string(), step.due_at)).collect()
}

/// The instants of one step of a resolution's.
fn instant(term: &str, step: &str, events: &[DatedEvent]) -> Timestamp {
    let policy = with_resolution(PRODUCT, term, &[step]);
    let clocks = clocks_by(&policy, events);
    let all = steps(&clocks, Clock::Resolution, &policy, vietnam(), &zone());
    let [one] = &all[..] else { panic!("one step") };
    one.due_at
}

#[test]
fn steps_are_due_once_past_and_a_new_deadline_is_a_new_key() {
    let mut policy = with_resolution(ComplaintKind::Delivery, "5wd", &["100%"]);
    policy.notices.escalation.clear();
    let keys = |events: &[DatedEvent], now: &str| -> Vec<_> {
        let clocks = clocks_by(&policy, events);
        let steps = due_steps(&clocks, &policy, vietnam(), &zone(), at(now));
        steps.iter().map(|step| (step.clock, step.deadline, step.rule.at.to_string())).collect()
    };
    let key = |clock, deadline: &str| (clock, at(deadline), "100%".to_owned());
    let mut events = vec![received("16T10:00", ComplaintKind::Delivery)];
    assert_eq!(keys(&events, "17T23:59:59"), []);
    let response = key(Clock::FirstResponse, "17T23:59:59");
    assert_eq!(keys(&events, "18T00:00"), std::slice::from_ref(&response));
    let both = [response, key(Clock::Resolution, "23T23:59:59")];
    assert_eq!(keys(&events, "26T08:00"), both);
    assert_eq!(keys(&events, "27T08:00"), both, "the same keys every day");

    events.push(event("26T09:00", ComplaintEvent::Acknowledged));
    events.push(promised("26T09:30", "20T12:00"));
    assert_eq!(keys(&events, "27T08:00"), [key(Clock::Resolution, "20T12:00")]);
    events.push(event("27T09:00", ComplaintEvent::Resolved));
    assert_eq!(keys(&events, "30T08:00"), []);
}

#[test]
fn percentages_are_of_the_clocks_own_time() {
    let receipt = [received("16T10:00", PRODUCT)];
    for (term, step, expected) in [
        ("10h", "50%", "16T15:00"),
        ("10h", "99%", "16T19:54"),
        // 12 working hours, with the rest of the first day: half of 14.
        ("1wd", "50%", "17T09:00"),
        ("40wh", "80%", "20T10:00"),
        // 7 days, 13 hours, 59 minutes and 59 seconds.
        ("7d", "50%", "20T05:00"),
        ("7d", "100%", "23T23:59:59"),
    ] {
        let policy = with_resolution(PRODUCT, term, &[]);
        let rolled = resolution(&policy, &receipt);
        assert_eq!(instant(term, step, &receipt), at(expected), "{term} {step}, due {rolled}");
    }
}

#[test]
fn pauses_do_not_count_in_a_percentage() {
    let events = [received("16T10:00", PRODUCT), paused("16T12:00"), resumed("16T20:00")];
    assert_eq!(instant("10h", "50%", &events), at("16T23:00"));
    assert_eq!(instant("10h", "20%", &events), at("16T12:00"));
    // 14 working hours, without the four of the afternoon: 5 hours of 10.
    assert_eq!(instant("1wd", "50%", &events), at("17T11:00"));
}

#[test]
fn offsets_are_exact_hours() {
    let receipt = [received("16T10:00", PRODUCT)];
    for (step, expected) in [
        ("start+4h", "16T14:00"),
        ("start+2d", "18T10:00"),
        ("due-1d", "17T23:59:59"),
        ("due-9d", "16T10:00"),
        ("due+36h", "20T11:59:59"),
    ] {
        assert_eq!(instant("2wd", step, &receipt), at(expected), "{step}");
        let policy = with_resolution(PRODUCT, "2wd", &[step]);
        let mut acknowledged = receipt.to_vec();
        acknowledged.push(event("16T10:30", ComplaintEvent::Acknowledged));
        let due = |now| {
            let clocks = clocks_by(&policy, &acknowledged);
            due_steps(&clocks, &policy, vietnam(), &zone(), now).len()
        };
        assert_eq!(due(at(expected)), 1, "{step}");
        assert_eq!(due(at(expected) - SignedDuration::from_secs(1)), 0, "{step}");
    }
}

#[test]
fn what_is_due_comes_in_order_of_its_instants() {
    let policy = with_resolution(PRODUCT, "2wd", &["100%", "start+4h", "50%"]);
    let named = |clock, step: &str, day: &str| (clock, step.to_owned(), at(day));
    let events = [received("16T10:00", PRODUCT)];
    let expected = [
        named(Clock::FirstResponse, "start+4h", "16T14:00"),
        named(Clock::Resolution, "start+4h", "16T14:00"),
        named(Clock::FirstResponse, "50%", "17T09:00"),
        named(Clock::Resolution, "50%", "17T14:00"),
        named(Clock::FirstResponse, "100%", "17T23:59:59"),
        named(Clock::Resolution, "100%", "18T23:59:59"),
    ];
    assert_eq!(due_at(&policy, &events, "16T13:59"), []);
    assert_eq!(due_at(&policy, &events, "16T14:00"), expected[..2]);
    assert_eq!(due_at(&policy, &events, "17T10:00"), expected[..3]);
    assert_eq!(due_at(&policy, &events, "18T23:59:59"), expected[..5]);
    assert_eq!(due_at(&policy, &events, "19T00:00"), expected);
    assert_eq!(due_at(&policy, &events, "15T00:00"), [], "before it began");
}

#[test]
fn a_pause_holds_its_steps_until_it_ends_by_itself() {
    let mut policy = with_resolution(PRODUCT, "10h", &["start+1h", "100%"]);
    policy.longest_pause = SignedDuration::from_hours(24);
    let mut events = vec![
        received("16T10:00", PRODUCT),
        event("16T10:10", ComplaintEvent::Acknowledged),
        paused("16T10:30"),
    ];
    assert_eq!(due_at(&policy, &events, "16T12:00"), []);
    assert_eq!(due_at(&policy, &events, "17T10:29"), []);
    let early = (Clock::Resolution, "start+1h".to_owned(), at("16T11:00"));
    assert_eq!(due_at(&policy, &events, "17T10:30"), std::slice::from_ref(&early));
    assert_eq!(due_at(&policy, &events, "17T20:00"), std::slice::from_ref(&early));
    assert_eq!(due_at(&policy, &events, "17T20:01").len(), 2);
    events.push(resumed("16T13:00"));
    assert_eq!(due_at(&policy, &events, "16T13:00"), [early]);
}

/// Waiting for others for thirty days, the refund is still due in thirty: the law's own days pass.
#[test]
fn the_laws_deadline_is_escalated_through_a_pause() {
    let policy = with_resolution(ComplaintKind::Payment, "5wd", &["50%", "100%"]);
    let events = [
        received("16T10:00", ComplaintKind::Payment),
        event("16T10:10", ComplaintEvent::Acknowledged),
        paused("17T10:00"),
    ];
    let half = at("2026-12-01T17:00");
    assert_eq!(due_at(&policy, &events, "2026-12-01T16:59"), []);
    assert_eq!(due_at(&policy, &events, "2026-12-01T17:00"), [(Clock::Resolution, "50%".to_owned(), half)]);
    assert_eq!(due_at(&policy, &events, "2026-12-17T00:00").len(), 2, "the pause would last another day");
}

#[test]
fn notices_have_steps_of_their_own() {
    let policy = policy();
    let events = [
        received("20T10:00", ComplaintKind::DataBreach),
        event("20T10:10", ComplaintEvent::Acknowledged),
        event("20T10:20", ComplaintEvent::Resolved),
    ];
    let steps = due_at(&policy, &events, "20T11:00");
    let after_an_hour = |clock| (clock, "start+1h".to_owned(), at("20T11:00"));
    assert_eq!(steps, [after_an_hour(Clock::AttackNotice), after_an_hour(Clock::HarmNotice)]);
    // 80 % of 24 and of 72 hours.
    assert_eq!(due_at(&policy, &events, "21T05:12").len(), 3);
    assert_eq!(due_at(&policy, &events, "23T10:01").len(), 6);
}
