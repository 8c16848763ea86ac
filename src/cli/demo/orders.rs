//! One order: what is bought, how it is paid, and what becomes of it.

use fastrand::Rng;
use jiff::ToSpan;
use jiff::civil::DateTime;

use super::catalogue::{PARTS, PRODUCTS, Product};
use super::pick::weighted;
use super::{NOW_THERE, OPENED, season};

pub(super) const STORE: &str = "cửa hàng";

const REASONS: [&str; 5] =
    ["Không vừa tay", "Lỗi mặt kính", "Giao nhầm mẫu", "Khách đổi ý", "Máy chạy không đúng giờ"];

pub(super) struct Line {
    pub product: &'static Product,
    pub quantity: i64,
    /// Off the line as a whole.
    pub discount: i64,
}

impl Line {
    pub fn gross(&self) -> i64 {
        self.product.price * self.quantity
    }
}

pub(super) struct Refund {
    pub at: DateTime,
    pub amount: i64,
    /// The line's index and the units that came back; `None` for the whole order.
    pub line: Option<(usize, i64)>,
    pub reason: &'static str,
}

pub(super) struct Order {
    pub placed: DateTime,
    pub channel: &'static str,
    pub method: &'static str,
    pub lines: Vec<Line>,
    /// Off the order, beside what is off its lines.
    pub coupon: i64,
    pub shipping: i64,
    pub status: &'static str,
    pub paid: Option<DateTime>,
    pub completed: Option<DateTime>,
    pub cancelled: Option<DateTime>,
    pub refund: Option<Refund>,
}

impl Order {
    pub fn new(placed: DateTime, rng: &mut Rng) -> Self {
        let channel = channel(placed, rng);
        let lines = lines(placed, rng);
        let mut order = Self {
            placed,
            channel,
            method: method(channel, rng),
            coupon: 0,
            shipping: 0,
            lines,
            status: "processing",
            paid: None,
            completed: None,
            cancelled: None,
            refund: None,
        };
        let gross = order.gross();
        if channel == "website" && gross >= 2_000_000 && rng.u32(..100) < 12 {
            order.coupon = if gross >= 5_000_000 { 200_000 } else { 100_000 };
        }
        order.shipping = if channel == STORE || gross >= 1_000_000 { 0 } else { 30_000 };
        order.live(rng);
        order
    }

    pub fn gross(&self) -> i64 {
        self.lines.iter().map(Line::gross).sum()
    }

    /// All that is off: the coupon and the lines' own.
    pub fn discount(&self) -> i64 {
        self.coupon + self.lines.iter().map(|line| line.discount).sum::<i64>()
    }

    pub fn total(&self) -> i64 {
        self.gross() - self.discount() + self.shipping
    }

    /// The last instant at which anything happened to it.
    pub fn modified(&self) -> DateTime {
        let refunded = self.refund.as_ref().map(|refund| refund.at);
        [self.paid, self.completed, self.cancelled, refunded]
            .into_iter()
            .flatten()
            .fold(self.placed, |last, at| last.max(at))
    }

    /// What becomes of it until the demo's present.
    fn live(&mut self, rng: &mut Rng) {
        let online = self.channel != STORE;
        let fate = rng.u32(..1000);
        if online && fate < 40 {
            return self.cancel(rng);
        }
        if online && matches!(self.method, "momo" | "vnpay" | "card") && fate < 65 {
            self.status = "failed";
            return;
        }
        if self.method == "bank-transfer" && online && after(self.placed, 40, 0) > NOW_THERE && fate < 600 {
            self.status = "pending";
            return;
        }
        self.complete(online, rng);
        if self.completed.is_some() && rng.u32(..1000) < 31 {
            self.give_back(rng);
        }
    }

    fn cancel(&mut self, rng: &mut Rng) {
        let at = after(self.placed, rng.i64(1..40), rng.i64(0..60));
        if at < NOW_THERE {
            (self.status, self.cancelled) = ("cancelled", Some(at));
        }
    }

    fn complete(&mut self, online: bool, rng: &mut Rng) {
        let handed_over = if online {
            after(self.placed, rng.i64(26..140), rng.i64(0..60))
        } else {
            after(self.placed, 0, 10)
        };
        let paid = if self.method == "cod" { handed_over } else { after(self.placed, 0, rng.i64(1..9)) };
        self.paid = Some(paid).filter(|at| *at < NOW_THERE);
        self.completed = Some(handed_over).filter(|at| *at < NOW_THERE);
        if self.completed.is_some() {
            self.status = "completed";
        }
    }

    /// Of one line, or of the whole order.
    fn give_back(&mut self, rng: &mut Rng) {
        let Some(completed) = self.completed else { return };
        let at = after(completed, rng.i64(20..300), rng.i64(0..60));
        if at >= NOW_THERE {
            return;
        }
        let reason = REASONS[rng.usize(..REASONS.len())];
        let whole = self.lines.len() == 1 || rng.bool();
        self.refund = Some(if whole {
            self.status = "refunded";
            Refund { at, amount: self.gross() - self.discount(), line: None, reason }
        } else {
            let index = rng.usize(..self.lines.len());
            let line = &self.lines[index];
            // The coupon is kept from what goes back, as far as the line reaches.
            let net = line.gross() - line.discount;
            Refund { at, amount: net - self.coupon.min(net / 2), line: Some((index, line.quantity)), reason }
        });
    }
}

fn after(at: DateTime, hours: i64, minutes: i64) -> DateTime {
    at.saturating_add(hours.hours().minutes(minutes))
}

/// The newest channel grew from little to a fifth.
fn channel(placed: DateTime, rng: &mut Rng) -> &'static str {
    let months = ((placed.date() - OPENED).get_days() / 30) as u32;
    weighted(
        &[("website", 32), ("shopee", 26), ("facebook", 18), ("tiktok-shop", 4 + months / 2), (STORE, 17)],
        rng,
    )
}

fn method(channel: &str, rng: &mut Rng) -> &'static str {
    let [cod, transfer, momo, vnpay, card] = match channel {
        "website" => [38, 20, 16, 16, 10],
        "facebook" => [62, 38, 0, 0, 0],
        "shopee" => [45, 15, 10, 10, 20],
        "tiktok-shop" => [60, 0, 20, 0, 20],
        _ => [0, 30, 15, 15, 40],
    };
    let methods =
        [("cod", cod), ("bank-transfer", transfer), ("momo", momo), ("vnpay", vnpay), ("card", card)];
    weighted(&methods, rng)
}

/// One watch as a rule, sometimes two things, often with a strap; once in a while a firm buys presents.
fn lines(placed: DateTime, rng: &mut Rng) -> Vec<Line> {
    let sale = season::sale_percent(placed.date());
    let mut products: Vec<&'static Product> = vec![product(rng)];
    if rng.u32(..100) < 9 {
        products.push(product(rng));
    }
    if rng.u32(..100) < 14 {
        products.push(part(rng));
    }
    products.sort_by_key(|product| product.sku);
    products.dedup_by_key(|product| product.sku);
    let presents = rng.u32(..1000) < 2;
    let line = |product: &'static Product| {
        let quantity = match rng.u32(..100) {
            _ if presents && product.price < 4_000_000 => rng.i64(8..22),
            0..4 => 2,
            _ => 1,
        };
        let gross = product.price * quantity;
        // Straps are not in the sales; prices stay round.
        let percent = if product.category == PARTS { 0 } else { sale.unwrap_or(0) };
        Line { product, quantity, discount: gross * percent / 100 / 1000 * 1000 }
    };
    products.into_iter().map(line).collect()
}

fn product(rng: &mut Rng) -> &'static Product {
    pick(rng, |_| true)
}

fn part(rng: &mut Rng) -> &'static Product {
    pick(rng, |product| product.category == PARTS)
}

fn pick(rng: &mut Rng, of: impl Fn(&Product) -> bool) -> &'static Product {
    let table: Vec<(&'static Product, u32)> =
        PRODUCTS.iter().filter(|product| of(product)).map(|product| (product, product.weight)).collect();
    weighted(&table, rng)
}
