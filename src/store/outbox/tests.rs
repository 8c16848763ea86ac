//! A message's way through the outbox.

use super::super::fixture::{Fixture, at, fixture, now};
use super::super::{Recovered, Writer};
use super::*;

fn message(message_id: &str) -> OutboxRow<'_> {
    OutboxRow {
        release: None,
        complaint: None,
        kind: "report",
        recipient: "a@1stwatch.vn",
        message_id,
        file: "2026/one.eml",
        sha256: [1; 32],
        on_ambiguous: OnAmbiguous::Resend,
    }
}

fn state(fixture: &Fixture, id: OutboxId) -> OutboxState {
    fixture.store.read(|r| r.outbox_item(id)).unwrap().unwrap().state
}

#[test]
fn a_message_is_sent_and_its_way_is_written_down() {
    let fixture = fixture();
    let id = fixture.write(|w| w.enqueue(&message("one"), now()));
    let claimed = fixture.write(|w| w.claim_due(now(), 5));
    assert_eq!((claimed.len(), claimed[0].attempts), (1, 1));
    assert_eq!(claimed[0], fixture.store.read(|r| r.outbox_item(id)).unwrap().unwrap());
    assert!(fixture.write(|w| w.claim_due(now(), 5)).is_empty(), "claimed once");
    fixture.write(|w| w.dot_pending(id, now()));
    fixture.write(|w| w.sent(id, "250 ok", now()));
    let way = fixture.store.read(|r| r.outbox_history(id)).unwrap();
    let way: Vec<_> = way.iter().map(|event| (event.state, event.note.as_str())).collect();
    assert_eq!(
        way,
        [
            (OutboxState::Pending, ""),
            (OutboxState::Claimed, ""),
            (OutboxState::DotPending, ""),
            (OutboxState::Sent, "250 ok")
        ]
    );
    let counts = fixture.store.read(|r| r.outbox_counts()).unwrap();
    assert_eq!(counts, [(OutboxState::Sent, 1)]);
}

#[test]
fn steps_out_of_turn_are_refused() {
    let fixture = fixture();
    let id = fixture.write(|w| w.enqueue(&message("one"), now()));
    type Step = fn(&Writer<'_>, OutboxId) -> Result<(), Error>;
    let out_of_turn: [Step; 7] = [
        |w, id| w.dot_pending(id, now()),
        |w, id| w.sent(id, "", now()),
        |w, id| w.refused(id, Some(550), "", now()),
        |w, id| w.ambiguous(id, "", now()),
        |w, id| w.try_again(id, now(), "", now()),
        |w, id| w.retry_message(id, "", now()),
        |w, id| w.release_message(id, "", now()),
    ];
    for step in out_of_turn {
        let refused = fixture.store.write(|w| step(w, id));
        assert!(matches!(refused, Err(Error::Transition { state: "pending", .. })));
    }
    assert!(matches!(fixture.store.write(|w| w.sent(OutboxId(9), "", now())), Err(Error::NotFound { .. })));
    fixture.write(|w| w.claim_due(now(), 1));
    assert!(fixture.store.write(|w| w.sent(id, "", now())).is_err(), "no dot was sent");
    assert!(fixture.store.write(|w| w.cancel_message(id, "", now())).is_err(), "it is on its way");
}

#[test]
fn a_message_put_off_waits_and_a_refused_one_is_tried_by_hand() {
    let fixture = fixture();
    let later = at("2026-11-16T00:10:00Z");
    let id = fixture.write(|w| w.enqueue(&message("one"), now()));
    fixture.write(|w| {
        w.claim_due(now(), 1)?;
        w.try_again(id, later, "451 later", now())
    });
    assert!(fixture.write(|w| w.claim_due(now(), 1)).is_empty());
    let again = fixture.write(|w| w.claim_due(later, 1));
    assert_eq!((again.len(), again[0].attempts), (1, 2));
    fixture.write(|w| w.refused(id, Some(550), "no such user", later));
    let item = fixture.store.read(|r| r.outbox_item(id)).unwrap().unwrap();
    assert_eq!((item.state, item.note.as_str()), (OutboxState::Refused, "550 no such user"));
    fixture.write(|w| w.retry_message(id, "address corrected at the relay", later));
    assert_eq!(fixture.write(|w| w.claim_due(later, 1)).len(), 1);
}

#[test]
fn a_crash_before_the_dot_sends_again_and_one_after_it_asks() {
    let fixture = fixture();
    let (before, after) = fixture.write(|w| {
        let ids = (w.enqueue(&message("one"), now())?, w.enqueue(&message("two"), now())?);
        w.claim_due(now(), 2)?;
        w.dot_pending(ids.1, now())?;
        Ok(ids)
    });
    let fixture = fixture.reopened();
    let recovered = fixture.write(|w| w.recover_outbox(now()));
    assert_eq!(recovered, Recovered { pending: vec![before], ambiguous: vec![after] });
    assert_eq!(state(&fixture, before), OutboxState::Pending);
    assert_eq!(state(&fixture, after), OutboxState::Ambiguous);
    assert_eq!(fixture.write(|w| w.recover_outbox(now())), Recovered::default());
}

#[test]
fn a_message_is_queued_once_and_never_another_under_its_name() {
    let fixture = fixture();
    let id = fixture.write(|w| w.enqueue(&message("one"), now()));
    assert_eq!(fixture.write(|w| w.enqueue(&message("one"), now())), id);
    for other in [
        OutboxRow { sha256: [2; 32], ..message("one") },
        OutboxRow { recipient: "b@1stwatch.vn", ..message("one") },
    ] {
        let refused = fixture.store.write(|w| w.enqueue(&other, now()));
        assert!(matches!(refused, Err(Error::MessageDiffers)));
    }
    assert_eq!(fixture.store.read(|r| r.outbox(None, 9)).unwrap().len(), 1);
}

#[test]
fn a_cancelled_message_stays_and_can_be_taken_up() {
    let fixture = fixture();
    let id = fixture.write(|w| w.enqueue(&message("one"), now()));
    fixture.write(|w| w.cancel_message(id, "wrong list", now()));
    assert!(fixture.write(|w| w.claim_due(now(), 9)).is_empty());
    let cancelled = fixture.store.read(|r| r.outbox(Some(OutboxState::Cancelled), 9)).unwrap();
    assert_eq!(cancelled.len(), 1);
    fixture.write(|w| w.retry_message(id, "", now()));
    assert_eq!(state(&fixture, id), OutboxState::Pending);
}

#[test]
fn what_is_due_waits_together_and_that_is_no_attempt() {
    let fixture = fixture();
    let later = at("2026-11-16T00:01:00Z");
    let ids = fixture.write(|w| {
        let ids = ["one", "two", "three"].map(|name| w.enqueue(&message(name), now()));
        w.claim_due(now(), 1)?;
        w.try_again(OutboxId(1), now(), "451 later", now())?;
        Ok(ids.map(Result::unwrap))
    });
    assert_eq!(fixture.write(|w| w.postpone_due(later, "nobody answers", now())), 3);
    assert!(fixture.write(|w| w.claim_due(now(), 9)).is_empty());
    for id in ids {
        let item = fixture.store.read(|r| r.outbox_item(id)).unwrap().unwrap();
        assert_eq!((item.note.as_str(), item.not_before), ("nobody answers", later));
        assert_eq!(item.attempts, u32::from(id == OutboxId(1)));
    }
    assert_eq!(fixture.store.read(|r| r.outbox_history(ids[1])).unwrap().len(), 1);
    assert_eq!(fixture.write(|w| w.claim_due(later, 9)).len(), 3);
}

#[test]
fn an_ambiguous_message_keeps_its_policy_and_counts_its_ends() {
    let fixture = fixture();
    let held = OutboxRow { on_ambiguous: OnAmbiguous::Hold, ..message("two") };
    let ids = fixture.write(|w| Ok([w.enqueue(&message("one"), now())?, w.enqueue(&held, now())?]));
    let be_interrupted = || {
        fixture.write(|w| {
            for item in w.claim_due(now(), 9)? {
                w.dot_pending(item.id, now())?;
                w.ambiguous(item.id, "cut", now())?;
            }
            Ok(())
        });
    };
    let stand = || {
        let ambiguous = fixture.store.read(|r| r.ambiguous_messages()).unwrap();
        ambiguous.into_iter().map(|(item, ends)| (item.id, item.on_ambiguous, ends)).collect::<Vec<_>>()
    };
    be_interrupted();
    assert_eq!(stand(), [(ids[0], OnAmbiguous::Resend, 1), (ids[1], OnAmbiguous::Hold, 1)]);
    fixture.write(|w| w.resend_message(ids[0], "it may arrive twice", now()));
    assert!(fixture.store.read(|r| r.has_mail(now())).unwrap());
    be_interrupted();
    assert_eq!(stand()[0], (ids[0], OnAmbiguous::Resend, 2));
    assert!(!fixture.store.read(|r| r.has_mail(now())).unwrap());
    assert!(fixture.store.write(|w| w.resend_message(OutboxId(9), "", now())).is_err());
}
