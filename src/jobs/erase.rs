//! The lawful deletion of a person (Law 91/2025 Art. 14): what names them is found, the journal says so, everything is
//! destroyed. The sales stay as they are, for the facts know a keyed pseudonym only.
//!
//! Destroyed are the data key and with it all it sealed (the person, the orders' persons, complaints, notes,
//! corrections), the blind indexes, and what another key had sealed: payments' references, notes of a time when the
//! complaint was nobody's, rejected rows, and orders that named the person without telling who they are.

use std::collections::BTreeSet;

use anyhow::Context;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::erasure_journal::{self, JOURNAL};
use super::house::House;
use crate::domain::customer::{IdentifierKind, normalise};
use crate::domain::erasure::{ErasedKind, ErasedRow, Erasure};
use crate::domain::feed::Rejected;
use crate::domain::ids::{CustomerNo, OrderId, SourceName};
use crate::domain::purpose::Ground;
use crate::settings::SourceSettings;
use crate::store::{AuditEntry, CustomerRow, Reader, Store, Writer};
use crate::vault::Vault;

type Identifiers = BTreeSet<(IdentifierKind, [u8; 16])>;

/// What an erasure reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erased {
    pub orders: usize,
    pub complaints: usize,
    pub rejected: usize,
}

/// Destroys the person: first the journal's line, then, in the caller's transaction, everything.
///
/// # Errors
/// When the journal cannot be written, nothing is destroyed. When only the store fails after it, the next opening of
/// the house makes it good.
pub fn erase(
    house: &House,
    writer: &Writer<'_>,
    row: &CustomerRow,
    ground: Ground,
    now: Timestamp,
) -> anyhow::Result<Erased> {
    let rows = rows_of(house, writer, row.no)?;
    let count = |kind| rows.iter().filter(|row| row.kind == kind).count();
    let erased = Erased {
        orders: count(ErasedKind::Order),
        complaints: count(ErasedKind::Complaint),
        rejected: count(ErasedKind::Rejected),
    };
    let erasure = Erasure { customer: row.no, created_at: row.created_at, erased_at: now, ground, rows };
    erasure_journal::append(&house.store.directory().join(JOURNAL), &erasure)?;
    writer.erase(&erasure)?;
    Ok(erased)
}

/// Does again what the journal holds and the store does not know: after a power cut between the two.
pub(super) fn make_good(store: &Store, now: Timestamp) -> anyhow::Result<()> {
    let erasures = erasure_journal::read(&store.directory().join(JOURNAL))?;
    if replay(store, &erasures, "daemon", now)? > 0 {
        store.forget_destroyed()?;
    }
    Ok(())
}

/// Does the erasures that the store does not know, each noted in the audit log; how many there were.
pub(super) fn replay(
    store: &Store,
    erasures: &[Erasure],
    actor: &str,
    now: Timestamp,
) -> anyhow::Result<usize> {
    let mut done = 0;
    for erasure in erasures {
        if store.read(|reader| reader.is_erased(erasure))? {
            continue;
        }
        store.write(|writer| {
            writer.erase(erasure)?;
            let subject = format!("customer {}", erasure.customer);
            let reason = format!("journal; ground {}", erasure.ground);
            let entry = AuditEntry {
                actor,
                operation: "customer.erase",
                subject: &subject,
                reason: &reason,
                outcome: "done",
            };
            writer.append_audit(&entry, now)
        })?;
        done += 1;
    }
    Ok(done)
}

/// How an account is known again whose person was erased: a hash of its blind index, under no key of its own.
pub(super) fn account_mark(vault: &Vault, source: &SourceName, account: &str) -> String {
    mark_of(&vault.blind(IdentifierKind::Account, &format!("{source}/{account}")).0)
}

fn mark_of(blind: &[u8; 16]) -> String {
    hex::encode(Sha256::new().chain_update("firstwatch/v1/erased-account/").chain_update(blind).finalize())
}

/// Every row of the sources that tells of the customer.
fn rows_of(house: &House, reader: &Reader<'_>, no: CustomerNo) -> anyhow::Result<Vec<ErasedRow>> {
    let identifiers = reader.identifiers_of(no)?;
    let orders: BTreeSet<(SourceName, OrderId)> = reader.orders_of(no)?.into_iter().collect();
    let owned = |kind, source: &SourceName, key: &str| ErasedRow {
        kind,
        source: source.clone(),
        key: key.to_owned(),
        owned: true,
    };
    let mut rows: Vec<ErasedRow> =
        orders.iter().map(|(source, id)| owned(ErasedKind::Order, source, id.as_str())).collect();
    rows.extend(nobodys_orders(house, reader, &identifiers)?);
    for (source, id) in reader.complaints_of(no)? {
        rows.push(owned(ErasedKind::Complaint, &source, &id));
    }
    let accounts = identifiers.iter().filter(|(kind, _)| *kind == IdentifierKind::Account);
    // The mark is of the source and the account both.
    rows.extend(accounts.map(|(_, blind)| owned(ErasedKind::Account, &SourceName::new(""), &mark_of(blind))));
    rows.extend(rejected_rows(house, reader, &identifiers, &orders)?);
    Ok(rows)
}

/// Orders that give the person's name and address, and neither a phone nor an e-mail nor an account.
fn nobodys_orders(
    house: &House,
    reader: &Reader<'_>,
    identifiers: &Identifiers,
) -> anyhow::Result<Vec<ErasedRow>> {
    let mut rows = Vec::new();
    for (source, id) in reader.orders_of_nobody()? {
        let Some((_, sealed)) = reader.order_person(&source, &id)? else { continue };
        let context = super::contexts::of_order(&source, &id);
        let person = house.vault.open_person(house.system_key(), &context, &sealed)?;
        let names = [IdentifierKind::Name, IdentifierKind::Address].into_iter().all(|kind| {
            person.field(kind).is_some_and(|value| is_theirs(&house.vault, identifiers, kind, value))
        });
        if names {
            rows.push(ErasedRow { kind: ErasedKind::Order, source, key: id.to_string(), owned: false });
        }
    }
    Ok(rows)
}

fn rejected_rows(
    house: &House,
    reader: &Reader<'_>,
    identifiers: &Identifiers,
    orders: &BTreeSet<(SourceName, OrderId)>,
) -> anyhow::Result<Vec<ErasedRow>> {
    let mut rows = Vec::new();
    for kept in reader.sealed_rejected()? {
        let reject = house
            .vault
            .open_value(house.system_key(), super::rejects::CONTEXT, &kept.sealed)
            .context("a rejected row")?;
        let settings = house.settings.sources.iter().find(|source| source.name == kept.source);
        if names(&house.vault, identifiers, settings, (&kept.source, &reject))
            || is_of(settings, orders, &kept.source, &reject)
        {
            let key = hex::encode(kept.fingerprint);
            rows.push(ErasedRow { kind: ErasedKind::Rejected, source: kept.source, key, owned: true });
        }
    }
    // Equal rows are kept each, and have one fingerprint.
    rows.sort_by(|a, b| (&a.source, &a.key).cmp(&(&b.source, &b.key)));
    rows.dedup();
    Ok(rows)
}

/// Whether any value of the row is the person's. A name alone is many people's: it counts where the row gives no phone,
/// e-mail or account, which would be somebody else's.
fn names(
    vault: &Vault,
    identifiers: &Identifiers,
    settings: Option<&SourceSettings>,
    (source, reject): (&SourceName, &Rejected),
) -> bool {
    let is = |kind, value: &str| is_theirs(vault, identifiers, kind, value);
    let values = || reject.raw.values().filter(|value| !value.trim().is_empty());
    let is_certain = values().any(|value| {
        [IdentifierKind::Phone, IdentifierKind::Email, IdentifierKind::Address]
            .into_iter()
            .any(|kind| is(kind, value))
            || is(IdentifierKind::Account, &format!("{source}/{value}"))
    });
    let tells_somebody = || {
        ["phone", "email", "customer_id"]
            .into_iter()
            .any(|ours| value_of(settings, reject, ours).is_some_and(|value| !value.trim().is_empty()))
    };
    is_certain || (values().any(|value| is(IdentifierKind::Name, value)) && !tells_somebody())
}

/// Whether the row is about one of the person's orders.
fn is_of(
    settings: Option<&SourceSettings>,
    orders: &BTreeSet<(SourceName, OrderId)>,
    source: &SourceName,
    reject: &Rejected,
) -> bool {
    value_of(settings, reject, "order_id")
        .is_some_and(|id| orders.contains(&(source.clone(), OrderId::new(id.trim()))))
}

/// What stands in the column that is ours.
fn value_of<'r>(settings: Option<&SourceSettings>, reject: &'r Rejected, ours: &str) -> Option<&'r String> {
    let columns = settings.and_then(|settings| settings.feeds.get(&reject.feed)).map(|feed| &feed.columns);
    let theirs = columns.and_then(|columns| columns.get(ours)).map_or(ours, String::as_str);
    reject.raw.get(theirs)
}

fn is_theirs(vault: &Vault, identifiers: &Identifiers, kind: IdentifierKind, value: &str) -> bool {
    normalise(kind, value).is_some_and(|value| identifiers.contains(&(kind, vault.blind(kind, &value).0)))
}
