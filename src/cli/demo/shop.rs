//! The three years, day by day.

use std::io;

use fastrand::Rng;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime};

use super::complaints::{self, Bought};
use super::names::{self, Customer};
use super::orders::{Order, STORE};
use super::season;
use super::write::Feeds;
use super::{LAST_DAY, OPENED};

/// Orders whose row has a status that nobody knows, and orders with a price that is no number.
const UNKNOWN_STATUS: [u64; 2] = [4_321, 20_001];
const PRICE_WITH_LETTERS: [u64; 2] = [12_345, 21_212];

/// Writes every feed.
pub(super) fn write(feeds: &mut Feeds, seed: u64, progress: &mut dyn FnMut(u64, u64)) -> io::Result<()> {
    let mut rng = Rng::with_seed(seed);
    let mut customers: Vec<(Customer, DateTime)> = Vec::new();
    let mut bought: Vec<Bought> = Vec::new();
    let days = u64::try_from((LAST_DAY - OPENED).get_days() + 1).unwrap_or(0);
    for (done, day) in OPENED.series(1.day()).take_while(|day| *day <= LAST_DAY).enumerate() {
        for placed in instants(day, &mut rng) {
            let customer = buyer(&mut customers, placed, &mut rng);
            let order = Order::new(placed, &mut rng);
            let number = bought.len() as u64 + 1;
            let id = format!("DH{number:06}");
            write_order(feeds, number, &id, &order, &customers[customer].0, &mut rng)?;
            bought.push(Bought { order: id, placed, customer });
        }
        progress(done as u64 + 1, days);
    }
    for (customer, since) in &customers {
        feeds.customer(customer, *since)?;
    }
    complaints::write(feeds, &bought, &customers, &mut rng)
}

/// When orders come in on a day, in order: from early morning to midnight, most in the evening.
fn instants(day: Date, rng: &mut Rng) -> Vec<DateTime> {
    let count = season::orders_on(day, OPENED, rng);
    let mut seconds: Vec<i64> = (0..count)
        .map(|_| 6 * 3600 + rng.i64(0..9 * 3600) + rng.i64(0..5 * 3600) + rng.i64(0..4 * 3600 - 1))
        .collect();
    seconds.sort_unstable();
    seconds.into_iter().map(|seconds| day.at(0, 0, 0, 0).saturating_add(seconds.seconds())).collect()
}

/// The index of who buys: somebody new, somebody of the last months, or anybody who ever bought.
fn buyer(customers: &mut Vec<(Customer, DateTime)>, at: DateTime, rng: &mut Rng) -> usize {
    let age = f64::from((at.date() - OPENED).get_days());
    let new = 0.38 + 0.62 * (1.0 - age / 60.0).max(0.0);
    if customers.is_empty() || rng.f64() < new {
        customers.push((names::customer(customers.len() as u64, rng), at));
        return customers.len() - 1;
    }
    let recent = if rng.bool() { customers.len().saturating_sub(2_000) } else { 0 };
    rng.usize(recent..customers.len())
}

fn write_order(
    feeds: &mut Feeds,
    number: u64,
    id: &str,
    order: &Order,
    customer: &Customer,
    rng: &mut Rng,
) -> io::Result<()> {
    let status = if UNKNOWN_STATUS.contains(&number) { "cho-hang-ve" } else { order.status };
    // A market place does not hand on addresses of mail, and at the counter nobody asks for one.
    let email = if ["shopee", "tiktok-shop", STORE].contains(&order.channel) { "" } else { &customer.email };
    feeds.order(id, order, status, customer, email)?;
    for (index, line) in order.lines.iter().enumerate() {
        let price = if PRICE_WITH_LETTERS.contains(&number) {
            format!("{} nghìn", line.product.price / 1000)
        } else {
            line.product.price.to_string()
        };
        feeds.order_line(id, index + 1, line, &price)?;
    }
    if UNKNOWN_STATUS.contains(&number) {
        feeds.note_bad_row(1);
    }
    if PRICE_WITH_LETTERS.contains(&number) {
        feeds.note_bad_row(order.lines.len() as u64);
    }
    if let Some(at) = order.paid {
        feeds.payment(id, order, customer, at, "completed", rng)?;
    } else if order.status == "failed" {
        feeds.payment(id, order, customer, order.placed, "failed", rng)?;
    }
    match &order.refund {
        Some(refund) => feeds.refund(id, refund),
        None => Ok(()),
    }
}
