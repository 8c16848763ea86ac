//! The rows that did not fit: tried again at each pull, and shown without what may be personal.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::egress::is_known;
use super::house::House;
use crate::domain::customer::{IdentifierKind, normalise_words};
use crate::domain::erasure::ErasedKind;
use crate::domain::feed::{self, Batch, Feed, Rejected};
use crate::domain::ids::SourceName;
use crate::domain::spelling::name_forms;
use crate::settings::SourceSettings;
use crate::source;
use crate::store::{Reader, RejectedRow, Writer};

pub(super) const CONTEXT: &str = "rejected";

/// A rejected row as it may be seen.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reject {
    pub source: SourceName,
    pub feed: Feed,
    pub origin: String,
    /// From 1; the head of a CSV file is not counted.
    pub row: u64,
    /// Our column that did not fit; empty when it is the row as a whole.
    pub column: String,
    /// `None` when the column may hold personal data, or the value looks as if it came from one that does.
    pub value: Option<String>,
    pub reason: String,
    pub first_seen_at: Timestamp,
    pub last_seen_at: Timestamp,
}

/// Which values of rejected rows are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// Those that cannot be personal.
    Harmless,
    /// For whoever answers for personal data.
    All,
}

/// The open rejects.
///
/// # Errors
/// When the store or the vault fails.
pub fn shown(house: &House, source: Option<&SourceName>, values: Values) -> anyhow::Result<Vec<Reject>> {
    let open = house.store.read(|reader| reader.open_rejected(source))?;
    open.into_iter()
        .map(|row| {
            let whole = house.vault.open_value(house.system_key(), CONTEXT, &row.sealed)?;
            Ok(Reject {
                value: (values == Values::All || may_be_shown(house, &row.column, &whole.value)?)
                    .then(|| whole.value.clone()),
                source: row.source,
                feed: row.feed,
                origin: row.origin,
                row: row.row,
                column: row.column,
                reason: row.reason,
                first_seen_at: row.first_seen_at,
                last_seen_at: row.last_seen_at,
            })
        })
        .collect()
}

/// By its column, by its looks, and because nobody we know is called so.
fn may_be_shown(house: &House, column: &str, value: &str) -> anyhow::Result<bool> {
    if !is_plain(column) || !feed::may_be_shown(value) {
        return Ok(false);
    }
    let Some(words) = normalise_words(value) else { return Ok(true) };
    let is_somebodys = |reader: &Reader<'_>| {
        name_forms(&words).iter().any(|form| is_known(house, reader, IdentifierKind::Name, form))
    };
    house.store.read(|reader| Ok(!is_somebodys(reader)))
}

/// Rejected rows as the store keeps them; one that was destroyed with its person stays so.
pub(super) fn sealed(
    house: &House,
    reader: &Reader<'_>,
    source: &SourceName,
    rejected: &[Rejected],
) -> anyhow::Result<Vec<RejectedRow>> {
    let erased = reader.erased_rows(ErasedKind::Rejected, source)?;
    let row = |reject: &Rejected| {
        Ok(RejectedRow {
            feed: reject.feed,
            origin: reject.origin.clone(),
            row: reject.row,
            column: reject.column.clone(),
            reason: reject.reason.clone(),
            fingerprint: house.vault.reject_fingerprint(reject),
            sealed: house.seal_with_system_key(CONTEXT, reject)?,
        })
    };
    let rows = rejected.iter().map(row).collect::<anyhow::Result<Vec<_>>>()?;
    let is_kept = |row: &RejectedRow| !erased.contains_key(&hex::encode(row.fingerprint));
    Ok(rows.into_iter().filter(is_kept).collect())
}

/// Keeps what did not fit of a file that somebody handed over, and heals what was rejected before of the same file, or
/// of another about something that has come through now.
pub(super) fn keep_of_file(
    house: &House,
    writer: &Writer<'_>,
    settings: &SourceSettings,
    (feed, origin): (Feed, &str),
    batch: &Batch,
    now: Timestamp,
) -> anyhow::Result<()> {
    let rows = sealed(house, writer, &settings.name, &batch.rejected)?;
    writer.replace_rejected_of_file(&settings.name, feed, origin, &rows, now)?;
    let through = accepted(batch);
    for row in writer.open_rejected(Some(&settings.name))? {
        let reject = house.vault.open_value(house.system_key(), CONTEXT, &row.sealed)?;
        // A row of this file that contradicts one that came through stays.
        let is_of_another = row.origin != origin;
        if is_of_another && identity(settings, &reject).is_some_and(|id| through.contains(&(feed, id))) {
            writer.heal_rejected(row.no, now)?;
        }
    }
    Ok(())
}

/// What earlier parts of a pull have said of rejected rows.
pub(super) struct Earlier {
    /// What the rows that were kept before this pull are about.
    open: BTreeSet<(Feed, String)>,
    /// What of it has come through since.
    through: BTreeSet<(Feed, String)>,
    fresh: BTreeSet<[u8; 32]>,
    rows: Vec<RejectedRow>,
}

impl Earlier {
    /// Before the first part.
    ///
    /// # Errors
    /// When the store or the vault fails.
    pub fn of(house: &House, settings: &SourceSettings) -> anyhow::Result<Self> {
        let mut open = BTreeSet::new();
        for row in house.store.read(|reader| reader.open_rejected(Some(&settings.name)))? {
            let reject = house.vault.open_value(house.system_key(), CONTEXT, &row.sealed)?;
            open.extend(identity(settings, &reject).map(|id| (reject.feed, id)));
        }
        Ok(Self { open, through: BTreeSet::new(), fresh: BTreeSet::new(), rows: Vec::new() })
    }

    /// Takes note of a part; its rejected rows, as the store keeps them.
    ///
    /// # Errors
    /// When the store or the vault fails.
    pub fn note(
        &mut self,
        house: &House,
        reader: &Reader<'_>,
        settings: &SourceSettings,
        part: &Batch,
    ) -> anyhow::Result<Vec<RejectedRow>> {
        if !self.open.is_empty() {
            self.through.extend(accepted(part).into_iter().filter(|one| self.open.contains(one)));
        }
        sealed(house, reader, &settings.name, &part.rejected)
    }

    /// Keeps the rows of a part that is stored.
    pub fn keep(&mut self, rows: Vec<RejectedRow>) {
        self.fresh.extend(rows.iter().map(|row| row.fingerprint));
        self.rows.extend(rows);
    }

    pub fn take_rows(&mut self) -> Vec<RejectedRow> {
        std::mem::take(&mut self.rows)
    }
}

/// Tries the kept rows again that this pull did not bring along, and adds what now fits, and what still
/// does not, to its last batch. A row whose file is gone is not lost.
pub(super) fn retry(
    house: &House,
    settings: &SourceSettings,
    context: &source::Context<'_>,
    batch: &mut Batch,
    earlier: &Earlier,
) -> anyhow::Result<()> {
    let kept = house.store.read(|reader| reader.open_rejected(Some(&settings.name)))?;
    let fresh: BTreeSet<[u8; 32]> =
        batch.rejected.iter().map(|reject| house.vault.reject_fingerprint(reject)).collect();
    let mut again: Vec<Rejected> = Vec::new();
    for row in kept {
        let reject = house.vault.open_value(house.system_key(), CONTEXT, &row.sealed)?;
        let fingerprint = house.vault.reject_fingerprint(&reject);
        if !fresh.contains(&fingerprint) && !earlier.fresh.contains(&fingerprint) {
            again.push(reject);
        }
    }
    if again.is_empty() {
        return Ok(());
    }
    let healed = source::retry(settings, context, again)?;
    merge(settings, batch, healed, &earlier.through);
    Ok(())
}

/// Adds what a retry brought. What the pull itself says of an order, a refund, ... is newer and wins; an
/// old row of something that has come through since is no longer open.
fn merge(settings: &SourceSettings, batch: &mut Batch, retried: Batch, earlier: &BTreeSet<(Feed, String)>) {
    let add = Add { earlier };
    add.to(Feed::Orders, &mut batch.orders, retried.orders, |order| order.id.as_str());
    add.to(Feed::Refunds, &mut batch.refunds, retried.refunds, |refund| refund.id.as_str());
    add.to(Feed::Payments, &mut batch.payments, retried.payments, |payment| payment.id.as_str());
    add.to(Feed::Customers, &mut batch.customers, retried.customers, |customer| customer.id.as_str());
    add.to(Feed::Complaints, &mut batch.complaints, retried.complaints, |complaint| complaint.id.as_str());
    batch.orders.sort_by(|a, b| (a.placed_at, &a.id).cmp(&(b.placed_at, &b.id)));
    let mut through: BTreeSet<(Feed, String)> = accepted(batch);
    through.extend(earlier.iter().cloned());
    let still = retried
        .rejected
        .into_iter()
        .filter(|reject| identity(settings, reject).is_none_or(|id| !through.contains(&(reject.feed, id))));
    batch.rejected.extend(still);
}

struct Add<'a> {
    earlier: &'a BTreeSet<(Feed, String)>,
}

impl Add<'_> {
    fn to<T>(&self, feed: Feed, all: &mut Vec<T>, more: Vec<T>, id: impl Fn(&T) -> &str) {
        let known: BTreeSet<String> = all.iter().map(|one| id(one).to_owned()).collect();
        let is_newer =
            |one: &T| known.contains(id(one)) || self.earlier.contains(&(feed, id(one).to_owned()));
        all.extend(more.into_iter().filter(|one| !is_newer(one)));
    }
}

fn accepted(batch: &Batch) -> BTreeSet<(Feed, String)> {
    let mut through = BTreeSet::new();
    for order in &batch.orders {
        through.insert((Feed::Orders, order.id.to_string()));
        through.insert((Feed::OrderLines, order.id.to_string()));
    }
    through.extend(batch.refunds.iter().map(|refund| (Feed::Refunds, refund.id.to_string())));
    through.extend(batch.payments.iter().map(|payment| (Feed::Payments, payment.id.to_string())));
    through.extend(batch.customers.iter().map(|customer| (Feed::Customers, customer.id.to_string())));
    through.extend(batch.complaints.iter().map(|complaint| (Feed::Complaints, complaint.id.to_string())));
    through
}

/// What the row is about, as far as its columns tell: its own id, or its order's for a line.
fn identity(settings: &SourceSettings, reject: &Rejected) -> Option<String> {
    let ours = match reject.feed {
        Feed::Orders | Feed::OrderLines => "order_id",
        Feed::Refunds => "refund_id",
        Feed::Payments => "payment_id",
        Feed::Customers => "customer_id",
        Feed::Complaints => "complaint_id",
    };
    let theirs = settings.feeds.get(&reject.feed)?.columns.get(ours).map_or(ours, String::as_str);
    reject.raw.get(theirs).cloned()
}

/// Columns that hold no personal data, as long as they have not shifted.
fn is_plain(column: &str) -> bool {
    const PLAIN: [&str; 26] = [
        "status",
        "kind",
        "currency",
        "quantity",
        "unit_price",
        "amount",
        "discount",
        "tax",
        "shipping",
        "fees",
        "total",
        "placed_at",
        "paid_at",
        "completed_at",
        "cancelled_at",
        "modified_at",
        "refunded_at",
        "received_at",
        "due_at",
        "acknowledged_at",
        "resolved_at",
        "created_at",
        "damage_level",
        "channel",
        "payment_method",
        "method",
    ];
    PLAIN.contains(&column)
}
