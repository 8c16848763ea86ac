//! WooCommerce's REST interface, version 3.
//!
//! What changed is read in the order of its changes, up to an instant that is fixed when the fetch begins (`window`), so
//! that a fetch that came to no end goes on where it stopped. Some changes show no date there: orders placed recently
//! are read again at every fetch, with their refunds; and from time to time the shop is asked which orders it still has
//! ([`sweep`]).
//!
//! Every answer is read as it is, field by field: one odd order is a rejected row, never an end of the fetch.

mod client;
mod products;
mod rows;
mod window;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use self::client::{Client, Query};
use self::products::Products;
use self::rows::Rows;
use self::window::Window;
use super::error::Error;
use super::{Context, Sink};
use crate::domain::ids::OrderId;
use crate::settings::{Access, SourceSettings, WebShop};

/// As many as an answer may hold.
const PER_PAGE: usize = 100;

/// A change is dated before it can be seen, so the last moments before the fetch are left to the next one.
const SETTLING: SignedDuration = SignedDuration::from_secs(2);

/// More orders than this, and more than one in [`HARDLY`], are not deleted between two sweeps.
const MANY: usize = 20;
const HARDLY: usize = 10;

/// Reads what changed since the last fetch, and what was placed recently; a trial reads the first `limit` orders and
/// customers. Says until when everything was read.
///
/// # Errors
/// [`Error::Server`] when the shop does not answer as it should, [`Error::Settings`] for a secret that cannot be read.
pub(super) fn read(
    source: &SourceSettings,
    context: &Context<'_>,
    limit: u64,
    sink: &mut dyn Sink,
) -> Result<Timestamp, Error> {
    let shop = shop(source)?;
    let mut client = Client::new(shop)?;
    let mut rows = Rows::new(source, sink)?;
    let mut products = Products::default();
    if limit < u64::MAX {
        return try_out(&mut client, &mut rows, limit).map(|()| context.now);
    }
    let until = client.now()?.min(context.now) - SETTLING;
    let resumed = context.position.and_then(|position| position.parse().ok());
    if context.since.is_none() && resumed.is_none() {
        customers(&mut client, &mut rows)?;
    }
    let after = resumed.unwrap_or_else(|| context.asked_since());
    let mut window = Window::new(after, until);
    while let Some(orders) = window.next(&mut client)? {
        take(&mut client, &mut rows, &mut products, &orders)?;
        rows.pause(Some(window.position().to_string()))?;
    }
    if context.since.is_some() {
        let placed = Query::new("orders").since("after", until - shop.recent).since("before", until);
        by_id(&mut client, placed, |client, orders| {
            take(client, &mut rows, &mut products, orders)?;
            rows.pause(None)
        })?;
    }
    Ok(until)
}

/// Asks for the numbers of all orders, then for each known one that is not among them; gives those that are deleted.
/// Customers are listed again as well, for their list cannot be asked for changes.
///
/// # Errors
/// Those of [`read`], and [`Error::Server`] when too many are gone.
pub(super) fn sweep(
    source: &SourceSettings,
    context: &Context<'_>,
    known: &BTreeSet<OrderId>,
    sink: &mut dyn Sink,
) -> Result<Vec<OrderId>, Error> {
    let mut client = Client::new(shop(source)?)?;
    let mut rows = Rows::new(source, sink)?;
    let mut products = Products::default();
    let mut there = BTreeSet::new();
    let numbers = Query::new("orders").with("_fields", "id").since("before", context.now);
    by_id(&mut client, numbers, |_, orders| {
        there.extend(orders.iter().filter_map(|order| Some(OrderId::new(order["id"].as_u64()?.to_string()))));
        Ok(())
    })?;
    let missing: Vec<&OrderId> = known.difference(&there).collect();
    if missing.len() > MANY && missing.len() > known.len() / HARDLY {
        let what = format!(
            "no longer shows {} of the {} orders that it had, so none of them is taken for deleted; \
             is it the same shop, and may the key read all orders?",
            missing.len(),
            known.len()
        );
        return Err(client.error(what));
    }
    let mut gone = Vec::new();
    for id in missing {
        match client.find(&format!("orders/{id}"))? {
            Some(order) => take(&mut client, &mut rows, &mut products, &[order])?,
            None => gone.push(id.clone()),
        }
    }
    customers(&mut client, &mut rows)?;
    Ok(gone)
}

fn shop(source: &SourceSettings) -> Result<&WebShop, Error> {
    match &source.access {
        Access::WebShop(shop) => Ok(shop),
        _ => Err(Error::Settings("it has no `url`; write the shop's address".to_owned())),
    }
}

/// Reads pages of what the query asks for in the order of its numbers, which never change. Whatever leaves the list in
/// between moves the rest forward, so a page is asked for again when there is less than before.
fn by_id(
    client: &mut Client,
    query: Query,
    mut take: impl FnMut(&mut Client, &[Value]) -> Result<(), Error>,
) -> Result<(), Error> {
    let query = query.with("orderby", "id").with("order", "asc");
    let (mut page, mut total) = (1, None);
    loop {
        let answer = client.page(&query, page, PER_PAGE)?;
        take(client, &answer.items)?;
        let shrunk = total.is_some_and(|total| answer.total < total);
        total = Some(answer.total);
        if shrunk && page > 1 {
            page -= 1;
        } else if page >= answer.pages {
            return Ok(());
        } else {
            page += 1;
        }
    }
}

/// Orders with what their lines are, and with their refunds, which the shop tells of one order at a time.
fn take(
    client: &mut Client,
    rows: &mut Rows<'_>,
    products: &mut Products,
    orders: &[Value],
) -> Result<(), Error> {
    products.learn(client, orders)?;
    for order in orders {
        rows.order(order, products);
        let has_refunds = order["refunds"].as_array().is_some_and(|refunds| !refunds.is_empty());
        if let (true, Some(id)) = (has_refunds, order["id"].as_u64()) {
            let refunds = Query::new(format!("orders/{id}/refunds"));
            by_id(client, refunds, |_, refunds| {
                refunds.iter().for_each(|refund| rows.refund(id, refund));
                Ok(())
            })?;
        }
    }
    Ok(())
}

fn customers(client: &mut Client, rows: &mut Rows<'_>) -> Result<(), Error> {
    by_id(client, Query::new("customers"), |_, customers| {
        customers.iter().for_each(|customer| rows.customer(customer));
        rows.pause(None)
    })
}

fn try_out(client: &mut Client, rows: &mut Rows<'_>, limit: u64) -> Result<(), Error> {
    let limit = usize::try_from(limit).unwrap_or(PER_PAGE);
    let latest = |path: &str| Query::new(path).with("orderby", "id").with("order", "desc");
    let orders = client.page(&latest("orders"), 1, limit)?.items;
    take(client, rows, &mut Products::default(), &orders)?;
    for customer in client.page(&latest("customers"), 1, limit)?.items {
        rows.customer(&customer);
    }
    Ok(())
}
