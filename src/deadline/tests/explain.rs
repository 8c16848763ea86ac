use super::super::explain::explain;
use super::*;
use crate::domain::complaint::Notice;

fn explained(policy: &ComplaintPolicy, events: &[DatedEvent], clock: Clock) -> Explanation {
    let all = explain(events, policy, vietnam(), &zone()).unwrap();
    assert_eq!(
        all.iter().map(|one| one.state).collect::<Vec<_>>(),
        clocks_by(policy, events).states,
        "both tell the same"
    );
    all.into_iter().find(|one| one.state.clock == clock).unwrap()
}

/// A resolution's time, each interval by its beginning; the last one ends with the deadline.
fn intervals(term: &str, events: &[DatedEvent]) -> (Vec<(Timestamp, TimeOf)>, Timestamp) {
    let policy = with_resolution(ComplaintKind::Product, term, &[]);
    let explanation = explained(&policy, events, Clock::Resolution);
    for pair in explanation.intervals.windows(2) {
        assert_eq!(pair[0].until, pair[1].from, "no gaps");
    }
    let end = explanation.intervals.last().unwrap().until;
    assert_eq!(end, explanation.state.due);
    (explanation.intervals.into_iter().map(|one| (one.from, one.time)).collect(), end)
}

fn day_off(name: &str) -> TimeOf {
    TimeOf::DayOff { name: name.to_owned() }
}

const PAUSED: TimeOf = TimeOf::Paused { reason: PauseReason::Customer };
const WEEKEND: TimeOf = TimeOf::RolledOver { name: None };

#[test]
fn working_days_are_told_by_the_day() {
    let receipt = received("20T10:00", ComplaintKind::Product);
    let expected = [
        (at("20T10:00"), TimeOf::FirstDay),
        (at("21T00:00"), TimeOf::Weekend),
        (at("23T00:00"), TimeOf::Counted),
        (at("24T00:00"), day_off("Ngày Văn hóa Việt Nam")),
        (at("25T00:00"), TimeOf::Counted),
    ];
    assert_eq!(intervals("3wd", &[receipt]), (expected.to_vec(), at("26T23:59:59")));
}

#[test]
fn working_hours_are_told_by_the_hour() {
    let events = [received("20T10:00", ComplaintKind::Product), paused("20T15:00"), resumed("20T16:00")];
    let expected = [
        (at("20T10:00"), TimeOf::Counted),
        (at("20T12:00"), TimeOf::OutsideHours),
        (at("20T13:00"), TimeOf::Counted),
        (at("20T15:00"), PAUSED),
        (at("20T16:00"), TimeOf::Counted),
        (at("20T17:00"), TimeOf::OutsideHours),
        (at("21T00:00"), TimeOf::Weekend),
        (at("23T00:00"), TimeOf::OutsideHours),
        (at("23T08:00"), TimeOf::Counted),
    ];
    assert_eq!(intervals("6wh", &events), (expected.to_vec(), at("23T09:00")));
}

#[test]
fn clock_hours_know_no_night() {
    let events = [received("20T10:00", ComplaintKind::Product), paused("20T15:00"), resumed("21T16:00")];
    let expected =
        [(at("20T10:00"), TimeOf::Counted), (at("20T15:00"), PAUSED), (at("21T16:00"), TimeOf::Counted)];
    assert_eq!(intervals("10h", &events), (expected.to_vec(), at("21T21:00")));
}

#[test]
fn days_roll_over_weekends_and_days_off() {
    let receipt = received("16T10:00", ComplaintKind::Product);
    let expected = [
        (at("16T10:00"), TimeOf::FirstDay),
        (at("17T00:00"), TimeOf::Counted),
        (at("21T00:00"), WEEKEND),
        (at("23T00:00"), TimeOf::Counted),
    ];
    assert_eq!(intervals("5d", &[receipt]), (expected.to_vec(), at("23T23:59:59")));
    let receipt = received("14T10:00", ComplaintKind::Product);
    let (told, end) = intervals("10d", &[receipt]);
    let rolled = TimeOf::RolledOver { name: Some("Ngày Văn hóa Việt Nam".to_owned()) };
    assert_eq!(told[2..], [(at("24T00:00"), rolled), (at("25T00:00"), TimeOf::Counted)]);
    assert_eq!(end, at("25T23:59:59"));
}

#[test]
fn a_paused_day_is_paused_from_its_beginning() {
    let events = [received("16T10:00", ComplaintKind::Product), paused("17T15:00"), resumed("18T09:00")];
    let expected =
        [(at("16T10:00"), TimeOf::FirstDay), (at("17T00:00"), PAUSED), (at("18T00:00"), TimeOf::Counted)];
    assert_eq!(intervals("2wd", &events), (expected.to_vec(), at("19T23:59:59")));
    let promise = promised("17T10:00", "17T12:00");
    let cut = [(at("16T10:00"), TimeOf::FirstDay), (at("17T00:00"), TimeOf::Counted)];
    let [receipt, pause, resume] = events;
    assert_eq!(intervals("2wd", &[receipt, promise, pause, resume]), (cut.to_vec(), at("17T12:00")));
}

#[test]
fn half_a_day_ends_at_its_middle() {
    let events = [received_as("16T10:00", vulnerable(ComplaintKind::Product))];
    let expected = [(at("16T10:00"), TimeOf::FirstDay), (at("17T00:00"), TimeOf::Counted)];
    assert_eq!(intervals("1wd", &events), (expected.to_vec(), at("17T12:00")));
}

#[test]
fn the_basis_names_the_line_the_origin_and_the_article() {
    let grave = Classification::new(ComplaintKind::Product, Some(4));
    let third = Classification { third_party: true, ..Classification::new(ComplaintKind::DataAccess, None) };
    let breach = Classification::new(ComplaintKind::DataBreach, None);
    for (is, clock, key, origin, article) in [
        (
            Classification { damage_level: Some(3), ..grave },
            Clock::Resolution,
            "complaints.kinds.product.resolution",
            Origin::Policy,
            None,
        ),
        (grave, Clock::Resolution, "complaints.kinds.product.levels.4.resolution", Origin::Policy, None),
        (
            grave,
            Clock::FirstResponse,
            "complaints.kinds.product.levels.4.first_response",
            Origin::Policy,
            Some("Law 19/2023 Art. 31(2)"),
        ),
        (
            third,
            Clock::Resolution,
            "complaints.kinds.data-access.resolution_third_party",
            Origin::Law,
            Some("Decree 356 Art. 5"),
        ),
        (breach, Clock::Containment, "complaints.kinds.data-breach.containment", Origin::Policy, None),
        (
            breach,
            Clock::HarmNotice,
            "complaints.authority.harm_notice",
            Origin::Law,
            Some("Law 91/2025 Art. 23"),
        ),
    ] {
        let basis = explained(&policy(), &[received_as("16T10:00", is)], clock).basis;
        let found = (basis.key.as_str(), basis.origin, basis.ceiling.map(|law| law.article));
        assert_eq!(found, (key, origin, article));
    }
}

#[test]
fn the_rules_are_told_in_their_order() {
    let kind = ComplaintKind::DataAccess;
    let is = Classification { third_party: true, ..vulnerable(kind) };
    let mut policy = policy();
    policy.kinds.get_mut(&kind).unwrap().resolution_third_party = Some(Term::Days(14));
    let events = [
        received("02T10:00", ComplaintKind::Inquiry),
        event("03T10:00", ComplaintEvent::Resolved),
        event("16T10:00", ComplaintEvent::Reopened),
        event("16T11:00", ComplaintEvent::Reclassified(is)),
        event("17T10:00", ComplaintEvent::Extended),
        paused("18T10:00"),
        promised("18T10:00", "27T10:00"),
    ];
    let explanation = explained(&policy, &events, Clock::Resolution);
    let (most, article, until) = (Term::Days(25), "Decree 356 Art. 5", at("2026-12-11T23:59:59"));
    let expected = [
        Rule::ReclassifiedFrom { kind: ComplaintKind::Inquiry, damage_level: None, at: at("16T11:00") },
        Rule::ReopenedAt { at: at("16T10:00") },
        Rule::ThirdParty { instead_of: Term::Days(10) },
        Rule::Halved { to: Length::Days(7) },
        Rule::ExtendedBy { by: Term::Days(10), at: at("17T10:00") },
        Rule::HeldAtCeiling { most, article, until },
        Rule::PromisedUntil { until: at("27T10:00") },
    ];
    assert_eq!(explanation.rules, expected);
    assert_eq!((explanation.basis.term, explanation.length), (Term::Days(14), Length::Days(17)));
    assert_eq!(explanation.basis.ceiling, Some(BasisCeiling { most, article, until }));
    assert_eq!(explained(&policy, &events[..1], Clock::Resolution).rules, []);
    let first = explained(&policy, &events, Clock::FirstResponse);
    assert_eq!(first.rules, expected[..1], "what is said of the resolution is not said of others");
}

#[test]
fn an_explanation_goes_out_as_json() {
    let events = [
        received("20T10:00", ComplaintKind::DataBreach),
        event("20T11:00", ComplaintEvent::Notified { notice: Notice::Attack }),
    ];
    let notice = explained(&policy(), &events, Clock::AttackNotice);
    let expected = serde_json::json!({
        "clock": "attack-notice",
        "started": "2026-11-20T03:00:00Z",
        "due": "2026-11-21T03:00:00Z",
        "stopped": "2026-11-20T04:00:00Z",
        "paused": null,
        "basis": {
            "term": "24h",
            "key": "complaints.authority.attack_notice",
            "origin": "law",
            "ceiling": {
                "most": "24h",
                "article": "Law 19/2023 Art. 19(3)",
                "until": "2026-11-21T03:00:00Z",
            },
        },
        "length": { "clock-time": "PT24H" },
        "rules": [],
        "intervals": [
            { "from": "2026-11-20T03:00:00Z", "until": "2026-11-21T03:00:00Z", "time": "counted" },
        ],
        "steps": [
            { "at": "start+1h", "due_at": "2026-11-20T04:00:00Z", "to": ["assignee"] },
            { "at": "80%", "due_at": "2026-11-20T22:12:00Z", "to": ["assignee"] },
            { "at": "100%", "due_at": "2026-11-21T03:00:00Z", "to": ["assignee"] },
        ],
    });
    assert_eq!(serde_json::to_value(&notice).unwrap(), expected);
    let rule = Rule::Halved { to: Length::WorkingDays { whole: 3, half: true } };
    let expected =
        serde_json::json!({ "rule": "halved", "to": { "working-days": { "whole": 3, "half": true } } });
    assert_eq!(serde_json::to_value(rule).unwrap(), expected);
    let paused = serde_json::json!({ "time": "paused", "reason": "customer" });
    assert_eq!(serde_json::to_value(PAUSED).unwrap(), paused);
}
