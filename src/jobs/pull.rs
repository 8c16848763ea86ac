//! Pull: brings home what changed in every source, seals the persons, books the differences.
//!
//! The steps, for each source: fetch -> store the persons -> store what changed -> book the differences
//! -> keep the rejects -> advance the watermark; all but the first in one transaction. A source that
//! cannot be read fails alone: the others are pulled, and the run, which counts as failed and is tried
//! again, says which one it was.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use jiff::Timestamp;
use serde_json::json;
use zeroize::Zeroizing;

use super::house::House;
use super::persons::Persons;
use super::run::{Again, Failure, Outcome, Run};
use crate::books::{self, Booking};
use crate::domain::customer::Person;
use crate::domain::entry::CustomerType;
use crate::domain::erasure::ErasedKind;
use crate::domain::feed::{Batch, Feed, Rejected};
use crate::domain::ids::{CustomerNo, OrderId, Pseudonym, SourceName};
use crate::domain::order::Order;
use crate::domain::trouble::Trouble;
use crate::settings::SourceSettings;
use crate::source;
use crate::store::{FirstOrder, OrderRow, Writer};

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
    let batch = fetch(house, settings, run.now)?;
    run.write(house, |writer| {
        let mut pull = Pull {
            house,
            writer,
            source: &settings.name,
            run,
            persons: Persons::new(house, writer, &settings.name, run.now),
            erased: writer.erased_rows(ErasedKind::Order, &settings.name)?,
            tally: Tally { read: batch.read.clone(), ..Tally::default() },
        };
        pull.commit(&batch)?;
        Ok(pull.tally)
    })
}

fn fetch(house: &House, settings: &SourceSettings, now: Timestamp) -> anyhow::Result<Batch> {
    let since = house.store.read(|reader| reader.watermark(&settings.name))?;
    let context = source::Context {
        currency: &house.settings.business.currency,
        zone: &house.settings.business.zone,
        since,
        now,
    };
    let mut batch = source::fetch(settings, &context)
        .with_context(|| format!("failed to read source {}", settings.name))?;
    super::rejects::retry(house, settings, &context, &mut batch)?;
    Ok(batch)
}

/// One source's pull inside its transaction.
struct Pull<'a> {
    house: &'a House,
    writer: &'a Writer<'a>,
    source: &'a SourceName,
    run: &'a Run,
    persons: Persons<'a>,
    /// Orders whose person was erased, with the customer that it was.
    erased: BTreeMap<String, Option<CustomerNo>>,
    tally: Tally,
}

impl Pull<'_> {
    fn commit(&mut self, batch: &Batch) -> anyhow::Result<()> {
        self.store_customers(batch)?;
        let changed = self.store_orders(batch)?;
        self.store_payments(batch)?;
        self.book(batch, &changed)?;
        self.store_complaints(batch)?;
        self.tally.complaints += super::disputes::open(
            self.house,
            self.writer,
            &self.persons,
            self.source,
            &batch.payments,
            self.run.now,
        )?;
        self.keep_rejected(&batch.rejected)?;
        if let Some(until) = batch.complete_until {
            self.writer.set_watermark(self.source, until)?;
        }
        self.tally.customers = self.persons.added();
        Ok(())
    }

    fn store_customers(&mut self, batch: &Batch) -> anyhow::Result<()> {
        let erased = self.writer.erased_rows(ErasedKind::Account, &SourceName::new(""))?;
        batch.customers.iter().try_for_each(|seen| self.persons.listed(seen, &erased))
    }

    /// Stores the orders and refunds whose content is new, and names the orders to book again.
    fn store_orders(&mut self, batch: &Batch) -> anyhow::Result<BTreeSet<OrderId>> {
        let mut changed = BTreeSet::new();
        for order in &batch.orders {
            // Of an erased person nothing comes home again but the sale.
            let erased = self.erased.get(order.id.as_str()).copied();
            let nobodys =
                erased.map(|_| Order { customer: None, person: Person::default(), ..order.clone() });
            let order = nobodys.as_ref().unwrap_or(order);
            let hash = self.house.vault.content_hash(&super::content::of_order(order));
            if self.writer.order_seen(self.source, &order.id)? == Some(hash) {
                continue;
            }
            let customer = match erased {
                Some(owner) => owner,
                None => self.persons.of_order(order)?,
            };
            let sealed_person = self.persons.seal(customer, &order.id, &order.person)?;
            let row = OrderRow { source: self.source, order, customer, sealed_person, hash };
            self.writer.upsert_order(&row)?;
            changed.insert(order.id.clone());
        }
        for refund in &batch.refunds {
            let known = self.writer.refunds_of(self.source, &refund.order)?;
            if !known.contains(refund) {
                self.writer.upsert_refund(self.source, refund)?;
                changed.insert(refund.order.clone());
            }
        }
        self.tally.changed_orders = changed.len() as u64;
        Ok(changed)
    }

    fn store_payments(&mut self, batch: &Batch) -> anyhow::Result<()> {
        for payment in &batch.payments {
            let context = format!("payment/reference/{}/{}", self.source, payment.id);
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
            self.writer.upsert_payment(self.source, payment, sealed.as_ref())?;
        }
        Ok(())
    }

    /// Books what the changed orders now say, in the order they were placed.
    fn book(&mut self, batch: &Batch, changed: &BTreeSet<OrderId>) -> anyhow::Result<()> {
        let mut orders = Vec::with_capacity(changed.len());
        let in_batch: BTreeMap<&OrderId, &Order> =
            batch.orders.iter().map(|order| (&order.id, order)).collect();
        for id in changed {
            // A refund may come home without its order, or before it; it is booked when the order is there.
            let Some((stored, customer)) = self.writer.order(self.source, id)? else { continue };
            let order = in_batch.get(id).map_or(stored, |&order| order.clone());
            orders.push((order, customer));
        }
        orders.sort_by(|(a, _), (b, _)| (a.placed_at, &a.id).cmp(&(b.placed_at, &b.id)));
        let closed_until = self.writer.closed_until()?;
        let zone = &self.house.settings.business.zone;
        let today = self.run.now.to_zoned(zone.clone()).date();
        for (order, customer) in &orders {
            let booked = self.writer.booked(self.source, &order.id)?;
            let refunds = self.writer.refunds_of(self.source, &order.id)?;
            let (pseudonym, customer_type) = self.contributor(order, *customer)?;
            let lines = books::book(&Booking {
                order,
                refunds: &refunds,
                customer: pseudonym,
                customer_type,
                basis: self.house.settings.business.count_orders_on,
                zone,
                booked: &booked,
                closed_until,
                today,
            });
            self.tally.entries += lines.len() as u64;
            self.tally.late += lines.iter().filter(|line| line.entry.is_late()).count() as u64;
            self.writer.insert_entries(self.source, &order.id, &lines, Some(self.run.id), self.run.now)?;
        }
        Ok(())
    }

    /// Who holds this order together with others, and whether it is their first. An order that names
    /// nobody is a contributor of its own.
    fn contributor(
        &self,
        order: &Order,
        customer: Option<CustomerNo>,
    ) -> anyhow::Result<(Pseudonym, CustomerType)> {
        let Some(customer) = customer else {
            let pseudonym = self.house.vault.anonymous_pseudonym(self.source, &order.id);
            return Ok((pseudonym, CustomerType::New));
        };
        let pseudonym = self.house.vault.pseudonym(customer);
        if !order.status.counts() {
            return Ok((pseudonym, CustomerType::Returning));
        }
        let this = FirstOrder { at: order.placed_at, source: self.source.clone(), order: order.id.clone() };
        let first = match self.writer.first_order(customer)? {
            Some(first) if first <= this => first,
            _ => {
                self.writer.set_first_order(customer, &this)?;
                this.clone()
            }
        };
        let customer_type = if first == this { CustomerType::New } else { CustomerType::Returning };
        Ok((pseudonym, customer_type))
    }

    fn store_complaints(&mut self, batch: &Batch) -> anyhow::Result<()> {
        for complaint in &batch.complaints {
            let order = complaint.order.as_ref().map(|order| (self.source, order));
            let customer =
                super::intake::who_complains(self.writer, &self.persons, self.source, complaint, order)?;
            super::complaints::store_seen(
                self.house,
                self.writer,
                self.source,
                complaint,
                (customer, None),
                self.run.now,
            )?;
            self.tally.complaints += 1;
        }
        Ok(())
    }

    /// Keeps every reject whole, sealed; those that were kept before and now fit are healed.
    fn keep_rejected(&mut self, rejected: &[Rejected]) -> anyhow::Result<()> {
        let rows = super::rejects::sealed(self.house, self.writer, self.source, rejected)?;
        let replaced = self.writer.replace_rejected(self.source, None, &rows, self.run.now)?;
        self.tally.rejected = rows.len() as u64;
        self.tally.healed = replaced.healed;
        Ok(())
    }
}

impl Tally {
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
