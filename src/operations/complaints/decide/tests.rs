use jiff::SignedDuration;

use super::super::standing::tests::{at, standing};
use super::*;
use crate::domain::complaint::DeadlineRule;

const DAY: i64 = 24;

/// A policy whose every kind may take a day, and that extends what the law extends.
fn policy() -> ComplaintPolicy {
    let rule = |kind| DeadlineRule {
        terms: crate::domain::complaint::DeadlineTerms {
            first_response: "1wd".parse().unwrap(),
            resolution: "10d".parse().unwrap(),
            containment: None,
        },
        resolution_third_party: None,
        extension: extension_ceiling(kind).map(|law| law.most),
        levels: Default::default(),
        responsible: vec![],
        escalation: vec![],
    };
    ComplaintPolicy {
        kinds: ComplaintKind::ALL.into_iter().map(|kind| (kind, rule(kind))).collect(),
        attack_notice: "24h".parse().unwrap(),
        harm_notice: "72h".parse().unwrap(),
        notices: crate::domain::complaint::NoticeRule { escalation: vec![] },
        longest_pause: SignedDuration::from_hours(100),
    }
}

fn asked(kind: ComplaintKind, log: &[(i64, ComplaintEvent)], change: &Change, hour: i64) -> Decision {
    let (standing, policy, zone) = (standing(kind, log), policy(), TimeZone::UTC);
    let due = Some(at(10 * DAY));
    let now = at(20 * DAY);
    let matter = Matter { number: 4, standing: &standing, policy: &policy, due, now, zone: &zone };
    decide(&matter, change, at(hour))
}

fn events(decision: Decision) -> Vec<(Timestamp, ComplaintEvent)> {
    match decision {
        Ok(Decided::Events(events, _)) => events.into_iter().map(|dated| (dated.at, dated.event)).collect(),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn nothing_but(decision: Decision, part: &str) {
    match decision {
        Ok(Decided::Nothing(said)) if said.contains(part) => {}
        other => panic!("{other:?} is not {part}"),
    }
}

#[track_caller]
fn refused(decision: Decision, part: &str) {
    match decision {
        Err(why) if why.contains(part) => {}
        other => panic!("{other:?} is not {part}"),
    }
}

const PRODUCT: ComplaintKind = ComplaintKind::Product;
const ACCESS: ComplaintKind = ComplaintKind::DataAccess;
const BREACH: ComplaintKind = ComplaintKind::DataBreach;
const RESOLVED: (i64, ComplaintEvent) = (8, ComplaintEvent::Resolved);
const CLOSED: (i64, ComplaintEvent) = (9, ComplaintEvent::Closed);
const PAUSED: (i64, ComplaintEvent) = (3, ComplaintEvent::Paused { reason: PauseReason::Customer });

#[test]
fn what_is_so_already_is_not_noted_again() {
    use ComplaintEvent as E;
    nothing_but(asked(PRODUCT, &[(1, E::Acknowledged)], &Change::Ack, 5), "acknowledged on");
    nothing_but(asked(PRODUCT, &[RESOLVED], &Change::Ack, 9), "answered by its resolution");
    nothing_but(asked(PRODUCT, &[RESOLVED], &Change::Resolve, 9), "resolved on");
    nothing_but(asked(PRODUCT, &[RESOLVED, CLOSED], &Change::Close, 9), "closed on");
    nothing_but(asked(BREACH, &[(2, E::Contained)], &Change::Contain, 5), "contained on");
    let told = (2, E::Notified { notice: Notice::Harm });
    nothing_but(asked(BREACH, &[told], &Change::Notify { notice: Notice::Harm }, 5), "told of the harm");
    let lan = || "lan@1stwatch.vn".to_owned();
    nothing_but(
        asked(PRODUCT, &[(2, E::Assigned { to: lan() })], &Change::Assign { to: lan() }, 5),
        "already",
    );
    let same = Judgement { damage_level: Some(2), ..Judgement::default() };
    nothing_but(asked(PRODUCT, &[], &Change::Reclassify(same), 5), "judged so already");
    // An earlier answer is news.
    let earlier = events(asked(PRODUCT, &[(5, E::Acknowledged)], &Change::Ack, 2));
    assert_eq!(earlier, [(at(2), E::Acknowledged)]);
    assert_eq!(events(asked(PRODUCT, &[RESOLVED], &Change::Ack, 2)).len(), 1);
}

#[test]
fn what_cannot_be_says_what_to_do_instead() {
    let pause = Change::Pause { reason: PauseReason::Authority };
    refused(asked(PRODUCT, &[RESOLVED], &pause, 9), "`firstwatch complaint reopen 4` first");
    refused(asked(PRODUCT, &[PAUSED], &pause, 9), "`firstwatch complaint resume 4` first");
    refused(asked(PRODUCT, &[], &Change::Resume, 9), "is not paused");
    refused(asked(PRODUCT, &[PAUSED], &Change::Resume, 103), "ended by itself");
    refused(asked(PRODUCT, &[], &Change::Reopen, 9), "is open");
    refused(asked(PRODUCT, &[], &Change::Close, 9), "`firstwatch complaint resolve 4`");
    refused(asked(BREACH, &[RESOLVED], &Change::Close, 9), "notify 4 --notice attack");
    refused(asked(PRODUCT, &[], &Change::Contain, 9), "--kind data-breach");
    refused(asked(PRODUCT, &[], &Change::Notify { notice: Notice::Harm }, 9), "knows no harm-notice");
    refused(
        asked(ComplaintKind::DataMisuse, &[], &Change::Notify { notice: Notice::Attack }, 9),
        "knows no attack-notice",
    );
    let closed = [RESOLVED, CLOSED];
    refused(asked(PRODUCT, &closed, &Change::Assign { to: "x@1stwatch.vn".into() }, 9), "reopen 4");
    refused(asked(PRODUCT, &[], &Change::Reclassify(Judgement::default()), 9), "--kind, --level");
    let attack = Judgement { attack: Some(true), ..Judgement::default() };
    refused(asked(PRODUCT, &[], &Change::Reclassify(attack), 9), "attack is judged of breaches");
    let level = Judgement { damage_level: Some(5), ..Judgement::default() };
    refused(asked(PRODUCT, &[], &Change::Reclassify(level), 9), "1, 2, 3 or 4");
}

#[test]
fn nothing_happens_before_the_receipt_or_what_it_follows() {
    refused(asked(PRODUCT, &[], &Change::Ack, -1), "was received on");
    for change in [Change::Resume, Change::Resolve, Change::Extend] {
        refused(asked(PRODUCT, &[PAUSED], &change, 2), "was last changed on");
    }
    refused(asked(PRODUCT, &[RESOLVED], &Change::Reopen, 7), "was last changed on");
    assert_eq!(events(asked(PRODUCT, &[RESOLVED], &Change::Reopen, 8)).len(), 1, "at the same instant");
}

#[test]
fn a_resolution_ahead_of_the_clock_keeps_nobody_from_going_on() {
    let ahead = [(21 * DAY, ComplaintEvent::Resolved), (22 * DAY, ComplaintEvent::Closed)];
    let reopened = asked(PRODUCT, &ahead, &Change::Reopen, 20 * DAY);
    assert_eq!(events(reopened), [(at(22 * DAY), ComplaintEvent::Reopened)], "or it would stay closed");
    let paused = [(21 * DAY, ComplaintEvent::Resumed)];
    assert_eq!(events(asked(PRODUCT, &paused, &Change::Resolve, 9)).len(), 1);
}

#[test]
fn the_one_extension_is_the_laws() {
    refused(asked(PRODUCT, &[], &Change::Extend, 5), "Decree 356 Art. 5 gives one to data-access");
    refused(asked(ACCESS, &[(2, ComplaintEvent::Extended)], &Change::Extend, 5), "one extension only");
    refused(asked(ACCESS, &[], &Change::Extend, 10 * DAY + 1), "an extension is told before");
    refused(asked(ACCESS, &[RESOLVED], &Change::Extend, 9), "cannot be extended");
    assert_eq!(events(asked(ACCESS, &[], &Change::Extend, 10 * DAY)), [(at(240), ComplaintEvent::Extended)]);
    let mut without = policy();
    without.kinds.get_mut(&ACCESS).unwrap().extension = None;
    let standing = standing(ACCESS, &[]);
    let matter = Matter {
        number: 4,
        standing: &standing,
        policy: &without,
        due: None,
        now: at(5),
        zone: &TimeZone::UTC,
    };
    refused(decide(&matter, &Change::Extend, at(5)), "set complaints.kinds.data-access.extension");
}

#[test]
fn a_pause_that_ended_by_itself_ends_in_the_log_before_the_next() {
    let reason = PauseReason::Authority;
    let again = events(asked(PRODUCT, &[PAUSED], &Change::Pause { reason }, 200));
    let expected = [(at(103), ComplaintEvent::Resumed), (at(200), ComplaintEvent::Paused { reason })];
    assert_eq!(again, expected);
}

#[test]
fn a_breach_closes_when_the_authority_knows_or_need_not() {
    use ComplaintEvent as E;
    let told = |notice| (2, E::Notified { notice });
    let both = [told(Notice::Attack), told(Notice::Harm), RESOLVED];
    assert_eq!(events(asked(BREACH, &both, &Change::Close, 9)), [(at(9), E::Closed)]);
    let judged =
        Classification { attack: Some(false), harm: Some(false), ..Classification::new(BREACH, None) };
    let log = [(1, E::Reclassified(judged)), RESOLVED];
    assert_eq!(events(asked(BREACH, &log, &Change::Close, 9)), [(at(9), E::Closed)]);
}

#[test]
fn what_is_not_named_stays() {
    let judgement = Judgement { vulnerable: Some(true), ..Judgement::default() };
    let judged = events(asked(PRODUCT, &[], &Change::Reclassify(judgement), 5));
    let expected = Classification { vulnerable: true, ..Classification::new(PRODUCT, Some(2)) };
    assert_eq!(judged, [(at(5), ComplaintEvent::Reclassified(expected))]);
}
