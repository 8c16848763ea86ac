//! A made-up shop of any size. It is skewed as shops are: few products make most of the sales, two cities take most of
//! them, some customers come again and again and a few buy for others, and Tết, weekends and sale days are busy.
//!
//! Each month follows from its number alone, so months can be made in any order, and the same shop is the same bytes.

use fastrand::Rng;
use firstwatch::domain::province::{self, Province};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};

/// The day after the last one.
pub const UNTIL: Date = date(2026, 11, 1);

const LINES_A_YEAR: f64 = 10_000_000.0 / 3.0;
const CUSTOMERS_A_YEAR: f64 = 1_000_000.0 / 3.0;
pub const PRODUCTS: usize = 2_000;
const BRANDS: usize = 40;

const CATEGORIES: [&str; 5] =
    ["Đồng hồ nam", "Đồng hồ nữ", "Đồng hồ thông minh", "Dây & phụ kiện", "Đồng hồ treo tường"];
const CHANNELS: [(&str, f64); 5] =
    [("web", 40.0), ("store", 28.0), ("shopee", 18.0), ("facebook", 10.0), ("phone", 4.0)];
const PAYMENT_METHODS: [(&str, f64); 4] =
    [("cod", 52.0), ("transfer", 22.0), ("card", 18.0), ("wallet", 8.0)];
/// By month, from January on.
const SEASON: [f64; 12] = [1.45, 0.75, 1.05, 0.9, 0.9, 0.95, 0.85, 0.85, 1.0, 1.1, 1.35, 1.5];
/// How many lines an order has, from one on.
const LINES: [f64; 8] = [52.0, 22.0, 11.0, 6.0, 4.0, 2.5, 1.5, 1.0];

pub struct Shop {
    pub products: Vec<Product>,
    popularity: Choice,
    provinces: Vec<&'static Province>,
    of_provinces: Choice,
    channels: Choice,
    payment_methods: Choice,
    lines: Choice,
    /// For each day from the first on, what of all business is done before it; 1 at the end.
    done: Vec<f64>,
    first: Date,
    total_lines: f64,
    total_customers: f64,
}

pub struct Product {
    pub name: String,
    pub sku: String,
    pub brand: String,
    pub category: &'static str,
    pub price: i64,
}

pub struct Order {
    /// Unique.
    pub no: u64,
    pub day: Date,
    /// Of the day.
    pub second: u32,
    /// From zero on.
    pub customer: u32,
    /// Whether it is their first.
    pub is_first: bool,
    pub province: &'static Province,
    pub channel: &'static str,
    pub payment_method: &'static str,
    pub lines: Vec<Line>,
}

pub struct Line {
    /// Among the shop's products.
    pub product: usize,
    pub quantity: i64,
    pub gross: i64,
    pub discount: i64,
    /// When it came back, in the same month.
    pub returned: Option<Date>,
}

/// Drawing from weights.
struct Choice(Vec<f64>);

impl Choice {
    fn new(weights: impl IntoIterator<Item = f64>) -> Self {
        let mut sum = 0.0;
        Self(
            weights
                .into_iter()
                .map(|weight| {
                    sum += weight;
                    sum
                })
                .collect(),
        )
    }

    fn draw(&self, at: f64) -> usize {
        let total = self.0.last().copied().unwrap_or(0.0);
        self.0.partition_point(|&sum| sum <= at * total).min(self.0.len() - 1)
    }
}

impl Shop {
    /// The whole shop sells 10,000,000 lines to 1,000,000 customers in three years; `scale` is a part of it.
    pub fn new(scale: f64, years: i16) -> Self {
        let first = UNTIL.saturating_sub(years.years());
        let mut provinces: Vec<&'static Province> = Vec::new();
        for one in province::all() {
            if !provinces.iter().any(|known| known.name == one.name) {
                provinces.push(one);
            }
        }
        // The big cities first; the others in an order of their own.
        let rank = |name: &str| {
            ["Hồ Chí Minh", "Hà Nội", "Đà Nẵng", "Hải Phòng", "Cần Thơ"]
                .iter()
                .position(|city| name.contains(city))
        };
        provinces
            .sort_by_key(|one| (rank(&one.name).unwrap_or(9), mix(one.name.len() as u64), one.name.clone()));
        let mut done = vec![0.0];
        let mut day = first;
        while day < UNTIL {
            done.push(done[done.len() - 1] + busyness(day));
            day = day.saturating_add(1.day());
        }
        let all = done[done.len() - 1];
        done.iter_mut().for_each(|sum| *sum /= all);
        Self {
            products: (0..PRODUCTS).map(product).collect(),
            popularity: Choice::new((0..PRODUCTS).map(|rank| 1.0 / (rank as f64 + 3.0).powf(0.95))),
            of_provinces: Choice::new((0..provinces.len()).map(|rank| 1.0 / (rank as f64 + 1.0).powf(1.1))),
            provinces,
            channels: Choice::new(CHANNELS.map(|it| it.1)),
            payment_methods: Choice::new(PAYMENT_METHODS.map(|it| it.1)),
            lines: Choice::new(LINES),
            done,
            first,
            total_lines: (LINES_A_YEAR * scale * f64::from(years)).round(),
            total_customers: (CUSTOMERS_A_YEAR * scale * f64::from(years)).round(),
        }
    }

    /// The first days of its months.
    pub fn months(&self) -> Vec<Date> {
        let mut months = vec![self.first];
        while let Some(next) =
            months.last().map(|month| month.saturating_add(1.month())).filter(|it| *it < UNTIL)
        {
            months.push(next);
        }
        months
    }

    /// The orders of the month that begins on this day, in time.
    pub fn orders(&self, month: Date) -> Vec<Order> {
        let mut rng = Rng::with_seed(
            mix(month.year().unsigned_abs().into()) ^ mix(month.month().unsigned_abs().into()),
        );
        let until = month.saturating_add(1.month());
        let mut orders = Vec::new();
        let mut day = month;
        while day < until {
            let before = orders.len();
            self.orders_of_day(&mut rng, day, until, &mut orders);
            orders[before..].sort_by_key(|order: &Order| order.second);
            day = day.saturating_add(1.day());
        }
        orders
    }

    fn orders_of_day(&self, rng: &mut Rng, day: Date, until: Date, orders: &mut Vec<Order>) {
        let at = (day - self.first).get_days() as usize;
        let quota = |whole: f64, at: usize| (whole * self.done[at]).round() as usize;
        let (first, last) = (quota(self.total_lines, at), quota(self.total_lines, at + 1));
        let (mut known, newest) = (quota(self.total_customers, at), quota(self.total_customers, at + 1));
        let new = newest - known;
        let mut made = first;
        while made < last {
            // Newcomers come as the day goes on.
            let due = newest - new + new * (made - first + 1) / (last - first);
            let is_first = known < due || known == 0;
            let customer = if is_first { known } else { (known as f64 * rng.f64().powf(2.2)) as usize };
            known += usize::from(is_first && known < newest);
            let trade = mix(customer as u64 ^ 0x5eed).is_multiple_of(400);
            let wanted = (self.lines.draw(rng.f64()) + 1) * if trade { 3 } else { 1 };
            let count = wanted.min(last - made);
            let home = self.of_provinces.draw(unit(customer as u64));
            orders.push(Order {
                no: 1_000_000_000 + made as u64,
                day,
                second: second(rng),
                customer: customer as u32,
                is_first,
                province: self.provinces[home],
                channel: CHANNELS[self.channels.draw(rng.f64())].0,
                payment_method: PAYMENT_METHODS[self.payment_methods.draw(rng.f64())].0,
                lines: (0..count).map(|_| self.line(rng, day, until, trade)).collect(),
            });
            made += count;
        }
    }

    fn line(&self, rng: &mut Rng, day: Date, until: Date, trade: bool) -> Line {
        let product = self.popularity.draw(rng.f64());
        let quantity = if trade { rng.i64(2..20) } else { 1 + i64::from(rng.u8(..12) == 0) };
        let gross = self.products[product].price * quantity;
        let discount = if rng.u8(..6) == 0 { gross / 100 * rng.i64(5..30) / 1_000 * 1_000 } else { 0 };
        let back = day.saturating_add(i32::from(rng.u8(1..21)).days());
        let returned = (rng.u8(..40) == 0 && back < until).then_some(back);
        Line { product, quantity, gross, discount, returned }
    }
}

/// How much is sold on the day, beside other days.
fn busyness(day: Date) -> f64 {
    let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    // 9.9, 11.11 and their like.
    let sale = day.month() == day.day();
    SEASON[day.month() as usize - 1] * if weekend { 1.35 } else { 1.0 } * if sale { 2.6 } else { 1.0 }
}

/// Evenings are busy, nights are not.
fn second(rng: &mut Rng) -> u32 {
    let hours = (rng.f64() + rng.f64() + rng.f64()) / 3.0;
    (7 * 3_600 + (hours * 16.9 * 3_600.0) as u32) % 86_400
}

fn product(no: usize) -> Product {
    let drawn = unit(no as u64 ^ 0xca7a_1096);
    let brand = ((BRANDS as f64) * drawn * drawn) as usize;
    let category = CATEGORIES[(mix(no as u64 ^ 7) % 11).min(6).saturating_sub(2) as usize];
    let tier = 300_000.0 * (1.0 + unit(brand as u64 ^ 99) * 9.0);
    let price = (tier * (1.0 + 4.0 * unit(no as u64 ^ 3).powi(3)) / 10_000.0).round() as i64 * 10_000;
    Product {
        name: format!("Hãng {:02} mẫu {no:04}", brand + 1),
        sku: format!("H{:02}-{no:04}", brand + 1),
        brand: format!("Hãng {:02}", brand + 1),
        category,
        price,
    }
}

/// A number that looks like chance and is not.
pub fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// From 0 to 1, likewise.
fn unit(number: u64) -> f64 {
    (mix(number) >> 11) as f64 / (1u64 << 53) as f64
}
