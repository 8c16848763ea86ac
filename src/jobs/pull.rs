//! Pull: brings home what changed in every source, seals the persons, books the differences.
//!
//! The steps, for each source: fetch, and store each part as it comes -> book the differences, in the order that the
//! orders were placed -> keep the rejects and advance the watermark -> now and then, take back what the source has
//! deleted. What comes as one part is stored and booked in one transaction. A pull that comes to no end has stored its
//! parts, marked what is not booked yet, and kept the source's position: the next one goes on there. A source that
//! cannot be read fails alone: the others are pulled, and the run, which counts as failed and is tried again, says
//! which one it was.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::resume_unwind;
use std::sync::mpsc::sync_channel;

use anyhow::Context;
use serde_json::json;
use zeroize::Zeroizing;

use super::booking::{self, Booked};
use super::house::House;
use super::persons::Persons;
use super::rejects::Earlier;
use super::run::{Again, Failure, Outcome, Run};
use super::worked_out::{self, WorkedOut};
use crate::domain::customer::Person;
use crate::domain::erasure::ErasedKind;
use crate::domain::feed::{Batch, Feed, Rejected};
use crate::domain::ids::{CustomerNo, OrderId, RefundId, SourceName};
use crate::domain::order::Order;
use crate::domain::trouble::Trouble;
use crate::settings::SourceSettings;
use crate::source;
use crate::store::{self, OrderRow, Writer};

/// A part that tells of so many persons has what they are found by kept together.
const MANY_PERSONS: usize = 1_000;

/// What one source's pull did.
#[derive(Debug, Default)]
struct Tally {
    read: BTreeMap<Feed, u64>,
    changed_orders: u64,
    entries: u64,
    late: u64,
    rejected: u64,
    healed: u64,
    customers: u64,
    complaints: u64,
}

pub fn run(house: &House, run: &Run) -> anyhow::Result<Outcome> {
    let mut done = serde_json::Map::new();
    let mut failed = serde_json::Map::new();
    let mut again = Again::Never;
    for settings in &house.settings.sources {
        run.sign_of_life(house);
        match pull_source(house, settings, run) {
            Ok(tally) => {
                done.insert(settings.name.to_string(), tally.to_json());
            }
            Err(error) => {
                again = again.max(Again::after(&error));
                failed.insert(settings.name.to_string(), format!("{error:#}").into());
            }
        }
    }
    if failed.is_empty() {
        return Ok(Outcome::done(summary(&done), json!({ "sources": done })));
    }
    let mut sentences: Vec<&str> = failed.values().filter_map(serde_json::Value::as_str).collect();
    let pulled = summary(&done);
    if !done.is_empty() {
        sentences.push(&pulled);
    }
    let message = sentences.join("; ");
    let details = match done.is_empty() {
        true => json!({ "failed": failed }),
        false => json!({ "sources": done, "failed": failed }),
    };
    Ok(Outcome::Failed(Failure { trouble: Trouble::Failed, message, details, again }))
}

/// Reads one source and commits what it brought.
fn pull_source(house: &House, settings: &SourceSettings, run: &Run) -> anyhow::Result<Tally> {
    let mut pull = Pull {
        house,
        settings,
        run,
        earlier: Earlier::of(house, settings)?,
        erased: house.store.read(|reader| reader.erased_rows(ErasedKind::Order, &settings.name))?,
        tally: Tally::default(),
    };
    let (since, position) = house.store.read(|reader| {
        Ok::<_, store::Error>((reader.watermark(&settings.name)?, reader.source_position(&settings.name)?))
    })?;
    let context = source::Context {
        currency: &house.settings.business.currency,
        zone: &house.settings.business.zone,
        since,
        position: position.as_deref(),
        now: run.now,
    };
    let mut last = fetch(house, settings, &context, |part| pull.take(&part))
        .with_context(|| format!("failed to read source {}", settings.name))?;
    super::rejects::retry(house, settings, &context, &mut last, &pull.earlier)?;
    pull.tally.add(&booking::book_most(house, &settings.name, run)?);
    pull.finish(&last)?;
    pull.sweep(&context)?;
    Ok(pull.tally)
}

/// A part of a source, and what could be worked out of its orders without the store.
struct Part {
    batch: Batch,
    worked_out: Vec<WorkedOut>,
}

/// Takes every part of the source but the last, which is returned. The next part is read while one is stored.
fn fetch(
    house: &House,
    settings: &SourceSettings,
    context: &source::Context<'_>,
    mut take: impl FnMut(Part) -> anyhow::Result<()>,
) -> anyhow::Result<Batch> {
    // One part in hand, one on the way, and one being read.
    let (hand_over, parts) = sync_channel::<Part>(1);
    std::thread::scope(|scope| {
        let reading = scope.spawn(move || {
            source::fetch_in_parts(settings, context, |batch| {
                let worked_out = |order| WorkedOut::of(&house.vault, order);
                let worked_out = batch.orders.iter().map(worked_out).collect();
                hand_over.send(Part { batch, worked_out }).map_err(|_| source::Error::NotTaken)
            })
        });
        let taken = parts.into_iter().try_for_each(&mut take);
        let last = reading.join().unwrap_or_else(|panic| resume_unwind(panic));
        // Where a part was not taken, its reader says no more than that.
        taken.and(last.map_err(anyhow::Error::from))
    })
}

/// One source's pull.
struct Pull<'a> {
    house: &'a House,
    settings: &'a SourceSettings,
    run: &'a Run,
    earlier: Earlier,
    /// Orders whose person was erased, with the customer that it was.
    erased: BTreeMap<String, Option<CustomerNo>>,
    tally: Tally,
}

impl Pull<'_> {
    /// Stores a part; booked is it later, with the others.
    fn take(&mut self, Part { batch: part, worked_out }: &Part) -> anyhow::Result<()> {
        let rows =
            self.house.store.read(|reader| self.earlier.note(self.house, reader, self.settings, part))?;
        self.run.write(self.house, |writer| {
            self.store(writer, part, worked_out)?;
            writer.keep_rejected(&self.settings.name, &rows, self.run.now)?;
            if let Some(position) = &part.position {
                writer.set_source_position(&self.settings.name, Some(position))?;
            }
            anyhow::Ok(())
        })?;
        self.earlier.keep(rows);
        Ok(())
    }

    /// Stores the last part, books, and says how far the source was read.
    fn finish(&mut self, last: &Batch) -> anyhow::Result<()> {
        self.run.write(self.house, |writer| {
            let name = &self.settings.name;
            self.store(writer, last, &[])?;
            self.tally.add(&booking::book(self.house, writer, name, self.run)?);
            writer.clear_unbooked(name)?;
            writer.settle_runs()?;
            self.keep_rejected(writer, &last.rejected)?;
            writer.set_source_position(name, None)?;
            if let Some(until) = last.complete_until {
                writer.set_watermark(name, until)?;
            }
            Ok(())
        })
    }

    /// Takes back what the source has deleted.
    fn sweep(&mut self, context: &source::Context<'_>) -> anyhow::Result<()> {
        let Some(known) = super::sweep::due(self.house, self.settings, context)? else { return Ok(()) };
        let name = &self.settings.name;
        self.run.sign_of_life(self.house);
        let swept = source::sweep(self.settings, context, &known)
            .with_context(|| format!("failed to ask source {name} what it has deleted"))?;
        let Some(swept) = swept else { return Ok(()) };
        self.run.write(self.house, |writer| {
            self.store(writer, &swept.changed, &[])?;
            let rows = super::rejects::sealed(self.house, writer, name, &swept.changed.rejected)?;
            writer.keep_rejected(name, &rows, self.run.now)?;
            super::sweep::trash(self.house, writer, name, &swept.gone, self.run.now)?;
            self.tally.changed_orders += swept.gone.len() as u64;
            self.tally.add(&booking::book(self.house, writer, name, self.run)?);
            writer.clear_unbooked(name)?;
            Ok(writer.set_swept_at(name, self.run.now)?)
        })
    }

    /// `worked_out` is of its orders, each at its place, or of none.
    fn store(&mut self, writer: &Writer<'_>, batch: &Batch, worked_out: &[WorkedOut]) -> anyhow::Result<()> {
        let (house, name, now) = (self.house, &self.settings.name, self.run.now);
        if batch.orders.len() + batch.customers.len() < MANY_PERSONS {
            return self.store_of(writer, &Persons::new(house, writer, name, now), batch, worked_out);
        }
        Persons::many(house, writer, name, now, |persons| self.store_of(writer, persons, batch, worked_out))
    }

    fn store_of(
        &mut self,
        writer: &Writer<'_>,
        persons: &Persons<'_>,
        batch: &Batch,
        worked_out: &[WorkedOut],
    ) -> anyhow::Result<()> {
        let erased = writer.erased_rows(ErasedKind::Account, &SourceName::new(""))?;
        batch.customers.iter().try_for_each(|seen| persons.listed(seen, &erased))?;
        self.store_orders(writer, persons, batch, worked_out)?;
        self.store_payments(writer, batch)?;
        self.store_complaints(writer, persons, batch)?;
        self.tally.complaints += super::disputes::open(
            self.house,
            writer,
            persons,
            &self.settings.name,
            &batch.payments,
            self.run.now,
        )?;
        for (feed, rows) in &batch.read {
            *self.tally.read.entry(*feed).or_default() += rows;
        }
        self.tally.customers += persons.added();
        Ok(())
    }

    /// Stores the orders and refunds whose content is new, and marks the orders to book.
    fn store_orders(
        &mut self,
        writer: &Writer<'_>,
        persons: &Persons<'_>,
        batch: &Batch,
        worked_out: &[WorkedOut],
    ) -> anyhow::Result<()> {
        let source = &self.settings.name;
        let mut changed = BTreeSet::new();
        for (place, order) in batch.orders.iter().enumerate() {
            // Of an erased person nothing comes home again but the sale.
            let erased = self.erased.get(order.id.as_str()).copied();
            let nobodys =
                erased.map(|_| Order { customer: None, person: Person::default(), ..order.clone() });
            let order = nobodys.as_ref().unwrap_or(order);
            let worked_out = worked_out.get(place).filter(|_| erased.is_none());
            let hash = worked_out
                .map_or_else(|| worked_out::hash(&self.house.vault, order), |worked_out| worked_out.hash);
            let seen = writer.order_seen(source, &order.id)?;
            if seen == Some(hash) {
                continue;
            }
            let customer = match (erased, seen) {
                (Some(owner), _) => owner,
                (None, None) => {
                    persons.of_new_order(order, worked_out.map(|worked_out| &worked_out.found_by))?
                }
                (None, Some(_)) => persons.of_order(order)?,
            };
            let sealed_person = persons.seal(customer, &order.id, &order.person)?;
            let row = OrderRow { source, order, customer, sealed_person, hash };
            match seen {
                None => writer.insert_order(&row)?,
                Some(_) => writer.upsert_order(&row)?,
            }
            changed.insert(order.id.clone());
        }
        changed.extend(self.store_refunds(writer, batch)?);
        self.tally.changed_orders += changed.len() as u64;
        changed.iter().try_for_each(|order| Ok(writer.add_unbooked(source, order)?))
    }

    /// Stores the refunds that are new or changed, and forgets those that the source took back; gives their orders.
    fn store_refunds(&self, writer: &Writer<'_>, batch: &Batch) -> anyhow::Result<BTreeSet<OrderId>> {
        let source = &self.settings.name;
        let mut changed = BTreeSet::new();
        for refund in &batch.refunds {
            let known = writer.refunds_of(source, &refund.order)?;
            if !known.contains(refund) {
                writer.upsert_refund(source, refund)?;
                changed.insert(refund.order.clone());
            }
        }
        let told: BTreeSet<&RefundId> = batch.refunds.iter().map(|refund| &refund.id).collect();
        for order in &batch.refunds_whole {
            for gone in writer.refunds_of(source, order)?.iter().filter(|known| !told.contains(&known.id)) {
                writer.remove_refund(source, &gone.id)?;
                changed.insert(order.clone());
            }
        }
        Ok(changed)
    }

    fn store_payments(&self, writer: &Writer<'_>, batch: &Batch) -> anyhow::Result<()> {
        let source = &self.settings.name;
        for payment in &batch.payments {
            let context = format!("payment/reference/{source}/{}", payment.id);
            let is_erased = self.erased.contains_key(payment.order.as_str());
            let sealed = payment
                .reference
                .as_deref()
                // It may name the payer.
                .filter(|_| !is_erased)
                .map(|reference| {
                    self.house.seal_with_system_key(&context, &Zeroizing::new(reference.to_owned()))
                })
                .transpose()?;
            writer.upsert_payment(source, payment, sealed.as_ref())?;
        }
        Ok(())
    }

    fn store_complaints(
        &mut self,
        writer: &Writer<'_>,
        persons: &Persons<'_>,
        batch: &Batch,
    ) -> anyhow::Result<()> {
        let source = &self.settings.name;
        for complaint in &batch.complaints {
            let order = complaint.order.as_ref().map(|order| (source, order));
            let customer = super::intake::who_complains(writer, persons, source, complaint, order)?;
            super::complaints::store_seen(
                self.house,
                writer,
                source,
                complaint,
                (customer, None),
                self.run.now,
            )?;
            self.tally.complaints += 1;
        }
        Ok(())
    }

    /// Keeps every reject whole, sealed; those that were kept before and now fit are healed.
    fn keep_rejected(&mut self, writer: &Writer<'_>, last: &[Rejected]) -> anyhow::Result<()> {
        let source = &self.settings.name;
        let mut rows = super::rejects::sealed(self.house, writer, source, last)?;
        rows.extend(self.earlier.take_rows());
        let replaced = writer.replace_rejected(source, None, &rows, self.run.now)?;
        self.tally.rejected = rows.len() as u64;
        self.tally.healed = replaced.healed;
        Ok(())
    }
}

impl Tally {
    fn add(&mut self, booked: &Booked) {
        self.entries += booked.entries;
        self.late += booked.late;
    }

    fn to_json(&self) -> serde_json::Value {
        let read: serde_json::Map<String, serde_json::Value> =
            self.read.iter().map(|(feed, rows)| (feed.as_str().to_owned(), json!(rows))).collect();
        json!({
            "read": read,
            "changed_orders": self.changed_orders,
            "entries": self.entries,
            "late_entries": self.late,
            "rejected": self.rejected,
            "healed": self.healed,
            "new_customers": self.customers,
            "complaints": self.complaints,
        })
    }
}

fn summary(sources: &serde_json::Map<String, serde_json::Value>) -> String {
    if sources.is_empty() {
        return "no source is configured".to_owned();
    }
    let line = |(name, tally): (&String, &serde_json::Value)| {
        format!(
            "{name}: {} orders changed, {} entries booked, {} rows rejected",
            tally["changed_orders"], tally["entries"], tally["rejected"]
        )
    };
    sources.iter().map(line).collect::<Vec<_>>().join("; ")
}
