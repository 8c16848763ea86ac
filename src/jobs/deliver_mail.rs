//! Deliver: settle what earlier rounds left, claim what is due, send it, record its fate.
//!
//! Invariants: one courier at a time; a fate that is known is not forgotten while the process lives, though the disk
//! be full; what goes out a second time was ambiguous before, and has the same bytes. One bad recipient holds up
//! nobody else, and a relay that cannot be reached is tried with one message, not with each. Deliberately absent:
//! sleeping (the next round is the retry) and chance (back-offs spread by a hash).

use std::cell::Cell;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
use tracing::{Span, error, info, info_span, warn};

use super::back_off::back_off;
use super::complaint_deadlines;
use super::house::House;
use super::post::Book;
use super::problems;
use crate::domain::acknowledgement::OnAmbiguous;
use crate::mail::{Courier, Delivery, Recipient};
use crate::settings::Relay;
use crate::store::{self, OutboxItem, Writer};

/// How many messages went which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    pub sent: u64,
    pub refused: u64,
    pub postponed: u64,
    pub ambiguous: u64,
}

/// How long a person, or a second courier, waits for the courier at work.
const PATIENCE: Duration = Duration::from_secs(30);

/// An ambiguous message goes out again after this, and waits for a person after so many such ends.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(10);
const AMBIGUOUS_ENDS: u64 = 3;

/// The back-off after the first failure, and the longest of one message and of a relay that cannot be reached.
const FIRST: SignedDuration = SignedDuration::from_mins(1);
const LONGEST: SignedDuration = SignedDuration::from_hours(4);
const LONGEST_OUTAGE: SignedDuration = SignedDuration::from_mins(15);

/// One round: delivers everything that is due, one message at a time, until `stopped` says so, the relay cannot be
/// reached, or the minute's messages are out. What goes wrong with one message stays with that message.
///
/// # Errors
/// When the store cannot be written, or the relay cannot be set up (then nothing was claimed).
pub fn deliver(house: &House, stopped: &dyn Fn() -> bool) -> anyhow::Result<Delivered> {
    let mut delivered = Delivered::default();
    let Some(mut turn) = house.post.take_turn(PATIENCE) else { return Ok(delivered) };
    let book = &mut turn.book;
    write_down(house, book, &mut delivered)?;
    take_up(house)?;
    let carried = carry(house, book, stopped, &mut delivered);
    let stuck = match &carried {
        Ok(unreachable) => unreachable.clone(),
        Err(error) if error.downcast_ref::<store::Error>().is_some() => None,
        Err(error) => Some(format!("{error:#}")),
    };
    if let Some(what) = stuck {
        problems::no_mail_leaves(house, &what, house.now());
    }
    tell_of_held(house, book)?;
    problems::tell_of_undelivered(house, house.now());
    carried?;
    Ok(delivered)
}

/// For a person who waits for the mail: the daemon's postman delivers it, but a silent relay is not waited for; where
/// there is no postman, it is delivered here.
///
/// # Errors
/// Those of [`deliver`].
pub fn deliver_soon(house: &House) -> anyhow::Result<()> {
    if !house.post.ring_and_wait(PATIENCE) {
        deliver(house, &|| false)?;
    }
    Ok(())
}

/// Writes the fates that are known. One that cannot be written stays in the book, and nothing is sent before it is.
fn write_down(house: &House, book: &mut Book, delivered: &mut Delivered) -> Result<(), store::Error> {
    while let Some((item, fate)) = book.unwritten.first() {
        let now = house.now();
        let _entered = span_of(house, item).entered();
        match house.store.write(|writer| record(writer, item, fate, book.outage, now)) {
            Ok(postponed) => delivered.postponed += postponed,
            Err(error @ (store::Error::Transition { .. } | store::Error::NotFound { .. })) => {
                error!(%error, "the fate of a message does not fit its state");
            }
            Err(error) => return Err(error),
        }
        let (item, fate) = book.unwritten.remove(0);
        tell(house, &item, &fate, delivered, now);
    }
    Ok(())
}

/// Tells how many messages had to wait that were not tried.
fn record(
    writer: &Writer<'_>,
    item: &OutboxItem,
    fate: &Delivery,
    outage: u32,
    now: Timestamp,
) -> Result<u64, store::Error> {
    match fate {
        Delivery::Sent { reply } => writer.sent(item.id, reply, now)?,
        Delivery::Refused { code, text } => writer.refused(item.id, *code, text, now)?,
        Delivery::TryAgain { text } => {
            let again_at = now + back_off(&item.message_id, item.attempts, FIRST, LONGEST);
            writer.try_again(item.id, again_at, text, now)?;
        }
        Delivery::Unreachable { text } => {
            let again_at = now + back_off(&item.message_id, outage, FIRST, LONGEST_OUTAGE);
            writer.try_again(item.id, again_at, text, now)?;
            return writer.postpone_due(again_at, text, now).map(|postponed| postponed as u64);
        }
        Delivery::Ambiguous { text } => writer.ambiguous(item.id, text, now)?,
    }
    Ok(0)
}

/// Counts and logs, and ends what was wrong.
fn tell(house: &House, item: &OutboxItem, fate: &Delivery, delivered: &mut Delivered, now: Timestamp) {
    match fate {
        Delivery::Sent { .. } => {
            info!("mail sent");
            delivered.sent += 1;
            problems::mail_settled(house, &item.recipient, now);
        }
        Delivery::Refused { code, .. } => {
            warn!(code, "mail refused");
            delivered.refused += 1;
        }
        Delivery::TryAgain { .. } => {
            warn!("mail postponed");
            delivered.postponed += 1;
        }
        Delivery::Unreachable { .. } => {
            warn!("the relay cannot be reached; all mail waits");
            delivered.postponed += 1;
        }
        Delivery::Ambiguous { .. } => {
            warn!("mail cut off while it was being accepted");
            delivered.ambiguous += 1;
        }
    }
}

/// Around what is logged of a message: which one, and the run whose release it carries, if it does.
fn span_of(house: &House, item: &OutboxItem) -> Span {
    let run = item
        .release
        .and_then(|release| house.store.read(|reader| reader.run_of_release(release)).unwrap_or_default());
    match run {
        Some((run, slot)) => {
            info_span!("mail", outbox = item.id.0, job = %slot.job, run = run.0, slot = %slot.at)
        }
        None => info_span!("mail", outbox = item.id.0),
    }
}

/// Takes up what a courier left half-way when it died, and the ambiguous messages whose time and policy have come.
fn take_up(house: &House) -> Result<(), store::Error> {
    let now = house.now();
    let (has_mail, ambiguous) = house
        .store
        .read(|reader| Ok::<_, store::Error>((reader.has_mail(now)?, reader.ambiguous_messages()?)))?;
    let again: Vec<&OutboxItem> = ambiguous
        .iter()
        .filter(|(item, ends)| {
            !is_held(item, *ends) && (item.changed_at + AGAIN_AFTER <= now || item.changed_at > now)
        })
        .map(|(item, _)| item)
        .collect();
    if !has_mail && again.is_empty() {
        return Ok(());
    }
    house.store.write(|writer| {
        writer.recover_outbox(now)?;
        let note = "sent again by its policy: it may arrive twice";
        again.iter().try_for_each(|item| writer.resend_message(item.id, note, now))
    })
}

/// Whether a person must decide what becomes of an ambiguous message.
fn is_held(item: &OutboxItem, ends: u64) -> bool {
    item.on_ambiguous == OnAmbiguous::Hold || ends >= AMBIGUOUS_ENDS
}

/// Once for each interruption, and once more after a restart.
fn tell_of_held(house: &House, book: &mut Book) -> Result<(), store::Error> {
    let ambiguous = house.store.read(|reader| reader.ambiguous_messages())?;
    for (item, ends) in ambiguous.iter().filter(|(item, ends)| is_held(item, *ends)) {
        if book.told.insert((item.id, *ends)) {
            problems::tell_of_held(house, item, house.now());
        }
    }
    Ok(())
}

/// Carries what is due. Tells the relay's words, or lack of them, when it could not be reached.
fn carry(
    house: &House,
    book: &mut Book,
    stopped: &dyn Fn() -> bool,
    delivered: &mut Delivered,
) -> anyhow::Result<Option<String>> {
    if !house.store.read(|reader| reader.has_mail(house.now()))? {
        return Ok(None);
    }
    let mut courier = open_courier(house)?;
    while !stopped() && has_room(house, book) {
        let claimed = house.store.write(|writer| writer.claim_due(house.now(), 1))?;
        let Some(item) = claimed.into_iter().next() else { break };
        if is_withdrawn(house, &item)? {
            continue;
        }
        let fate = send(house, &mut courier, &item)?;
        let unreachable = match &fate {
            Delivery::Unreachable { text } => Some(text.clone()),
            _ => None,
        };
        if unreachable.is_some() {
            book.outage += 1;
        } else {
            book.outage = 0;
            book.hand_over(house.now());
        }
        // In the book first: whatever happens from here on, it is known.
        book.unwritten.push((item, fate));
        write_down(house, book, delivered)?;
        if unreachable.is_some() {
            return Ok(unreachable);
        }
    }
    Ok(None)
}

/// Takes back a message that is no longer true, before anything of it has left. One of which nobody can tell waits: what
/// is wrong with it stays with it.
fn is_withdrawn(house: &House, item: &OutboxItem) -> Result<bool, store::Error> {
    let now = house.now();
    let _entered = span_of(house, item).entered();
    let why = match complaint_deadlines::out_of_date(house, item) {
        Ok(None) => return Ok(false),
        Ok(Some(why)) => why,
        Err(error) => {
            warn!(error = %format!("{error:#}"), "failed to look whether a mail is still true");
            let again_at = now + back_off(&item.message_id, item.attempts, FIRST, LONGEST);
            house
                .store
                .write(|writer| writer.try_again(item.id, again_at, "its complaints cannot be read", now))?;
            return Ok(true);
        }
    };
    house.store.write(|writer| {
        writer.try_again(item.id, now, &why, now)?;
        writer.cancel_message(item.id, &why, now)?;
        writer.forget_steps_of(item.id)
    })?;
    info!("mail withdrawn: what it says is no longer so");
    Ok(true)
}

fn open_courier(house: &House) -> anyhow::Result<Courier> {
    let password = match house.settings.mail_password_path() {
        Some(file) => Some(
            std::fs::read_to_string(&file)
                .with_context(|| format!("failed to read the relay's password from {}", file.display()))?
                .trim_end()
                .to_owned(),
        ),
        None => None,
    };
    Ok(Courier::open(&house.settings.mail, password.as_deref())?)
}

/// Relays bear only so many messages; a maildir bears any number.
fn has_room(house: &House, book: &mut Book) -> bool {
    let mail = &house.settings.mail;
    matches!(mail.relay, Relay::Maildir(_)) || book.may_hand_over(mail.messages_per_minute, house.now())
}

/// The recipient is checked against the internal domains again, at the moment of sending. A panic is a failure of this
/// message, and does not come back with the next.
fn send(house: &House, courier: &mut Courier, item: &OutboxItem) -> anyhow::Result<Delivery> {
    let recipient = match Recipient::internal(&item.recipient, &house.settings.mail.internal_domains) {
        Ok(recipient) => recipient,
        Err(error) => return Ok(Delivery::Refused { code: None, text: error.to_string() }),
    };
    let bytes = match house.store.read_released(&item.file, &item.sha256) {
        Ok(bytes) => bytes,
        Err(error) => return Ok(unreadable(&error)),
    };
    let is_out = Cell::new(false);
    let mut before_dot = || {
        house.store.write(|writer| writer.dot_pending(item.id, house.now()))?;
        is_out.set(true);
        Ok::<_, store::Error>(())
    };
    let text = || "the courier panicked, which is a bug of firstwatch".to_owned();
    match catch_unwind(AssertUnwindSafe(|| courier.deliver(&recipient, &bytes, &mut before_dot))) {
        Ok(fate) => Ok(fate?),
        Err(_) if is_out.get() => Ok(Delivery::Ambiguous { text: text() }),
        Err(_) => Ok(Delivery::TryAgain { text: text() }),
    }
}

/// Bytes that are gone, or not what was released, must not leave, and the other messages must; a disk that fails may
/// do better next time.
fn unreadable(error: &store::Error) -> Delivery {
    let text = error.to_string();
    match error {
        store::Error::File { source, .. } if source.kind() != ErrorKind::NotFound => {
            Delivery::TryAgain { text }
        }
        _ => Delivery::Refused { code: None, text },
    }
}
