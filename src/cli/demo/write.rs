//! The six files, with our own column names.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;

use csv::Writer;
use fastrand::Rng;
use jiff::civil::DateTime;

use super::ShopSummary;
use super::complaints::Complaint;
use super::names::Customer;
use super::orders::{Line, Order, Refund};

const ORDERS: [&str; 20] = [
    "order_id",
    "placed_at",
    "status",
    "paid_at",
    "completed_at",
    "cancelled_at",
    "modified_at",
    "channel",
    "customer_id",
    "name",
    "email",
    "phone",
    "address",
    "province",
    "payment_method",
    "currency",
    "discount",
    "shipping",
    "tax",
    "total",
];
const ORDER_LINES: [&str; 9] =
    ["order_id", "line_id", "product", "quantity", "unit_price", "sku", "brand", "category", "discount"];
const REFUNDS: [&str; 7] =
    ["refund_id", "order_id", "refunded_at", "amount", "line_id", "quantity", "reason"];
const PAYMENTS: [&str; 7] = ["payment_id", "order_id", "paid_at", "method", "amount", "status", "reference"];
const CUSTOMERS: [&str; 8] =
    ["customer_id", "name", "email", "phone", "address", "province", "created_at", "modified_at"];
const COMPLAINTS: [&str; 13] = [
    "complaint_id",
    "received_at",
    "kind",
    "subject",
    "body",
    "customer_id",
    "email",
    "phone",
    "order_id",
    "channel",
    "damage_level",
    "acknowledged_at",
    "resolved_at",
];

type Csv = Writer<BufWriter<File>>;

pub(super) struct Feeds {
    orders: Csv,
    order_lines: Csv,
    refunds: Csv,
    payments: Csv,
    customers: Csv,
    complaints: Csv,
    summary: ShopSummary,
}

impl Feeds {
    pub fn create(folder: &Path) -> io::Result<Self> {
        let create = |name: &str, head: &[&str]| -> io::Result<Csv> {
            let mut csv = Writer::from_writer(BufWriter::new(File::create(folder.join(name))?));
            csv.write_record(head)?;
            Ok(csv)
        };
        Ok(Self {
            orders: create("orders.csv", &ORDERS)?,
            order_lines: create("order_lines.csv", &ORDER_LINES)?,
            refunds: create("refunds.csv", &REFUNDS)?,
            payments: create("payments.csv", &PAYMENTS)?,
            customers: create("customers.csv", &CUSTOMERS)?,
            complaints: create("complaints.csv", &COMPLAINTS)?,
            summary: ShopSummary::default(),
        })
    }

    pub fn finish(mut self) -> io::Result<ShopSummary> {
        for csv in [
            &mut self.orders,
            &mut self.order_lines,
            &mut self.refunds,
            &mut self.payments,
            &mut self.customers,
            &mut self.complaints,
        ] {
            csv.flush()?;
        }
        Ok(self.summary)
    }

    /// Counts rows that were written not to fit.
    pub fn note_bad_row(&mut self, rows: u64) {
        self.summary.bad_rows += rows;
    }

    pub fn order(
        &mut self,
        id: &str,
        order: &Order,
        status: &str,
        customer: &Customer,
        email: &str,
    ) -> io::Result<()> {
        self.summary.orders += 1;
        let row = [
            id,
            &instant(order.placed),
            status,
            &maybe(order.paid),
            &maybe(order.completed),
            &maybe(order.cancelled),
            &instant(order.modified()),
            order.channel,
            &customer.id,
            &customer.name,
            email,
            &customer.phone,
            &customer.address,
            customer.province,
            order.method,
            "VND",
            &order.discount().to_string(),
            &order.shipping.to_string(),
            "0",
            &order.total().to_string(),
        ];
        Ok(self.orders.write_record(row)?)
    }

    pub fn order_line(&mut self, order: &str, number: usize, line: &Line, price: &str) -> io::Result<()> {
        self.summary.order_lines += 1;
        let product = line.product;
        let row = [
            order,
            &number.to_string(),
            product.name,
            &line.quantity.to_string(),
            price,
            product.sku,
            product.brand,
            product.category,
            &line.discount.to_string(),
        ];
        Ok(self.order_lines.write_record(row)?)
    }

    pub fn refund(&mut self, order: &str, refund: &Refund) -> io::Result<()> {
        self.summary.refunds += 1;
        // One of them was typed in by hand.
        let amount = if self.summary.refunds == 400 {
            self.note_bad_row(1);
            "một triệu rưỡi".to_owned()
        } else {
            refund.amount.to_string()
        };
        let (line, quantity) = match refund.line {
            Some((line, quantity)) => ((line + 1).to_string(), quantity.to_string()),
            None => Default::default(),
        };
        let id = format!("HT{:05}", self.summary.refunds);
        let row = [&id, order, &instant(refund.at), &amount, &line, &quantity, refund.reason];
        Ok(self.refunds.write_record(row)?)
    }

    pub fn payment(
        &mut self,
        order: &str,
        paid: &Order,
        customer: &Customer,
        at: DateTime,
        status: &str,
        rng: &mut Rng,
    ) -> io::Result<()> {
        self.summary.payments += 1;
        let id = format!("TT{:06}", self.summary.payments);
        // A transfer names its payer, as banks show it.
        let reference = match paid.method {
            "bank-transfer" => format!("FT{:012} {} CK {order}", rng.u64(..1_000_000_000_000), customer.name),
            "cod" => String::new(),
            method => format!("{}-{:010}", method.to_uppercase(), rng.u64(..10_000_000_000)),
        };
        let amount = paid.total().to_string();
        let row = [&id, order, &instant(at), paid.method, &amount, status, &reference];
        Ok(self.payments.write_record(row)?)
    }

    pub fn customer(&mut self, customer: &Customer, since: DateTime) -> io::Result<()> {
        self.summary.customers += 1;
        let since = instant(since);
        let row = [
            &customer.id,
            &customer.name,
            &customer.email,
            &customer.phone,
            &customer.address,
            customer.province,
            &since,
            &since,
        ];
        Ok(self.customers.write_record(row)?)
    }

    pub fn complaint(&mut self, complaint: &Complaint<'_>) -> io::Result<()> {
        self.summary.complaints += 1;
        let id = format!("KN{:04}", self.summary.complaints);
        let row = [
            &id,
            &instant(complaint.received),
            complaint.kind,
            complaint.subject,
            &complaint.body,
            &complaint.customer.id,
            &complaint.customer.email,
            &complaint.customer.phone,
            complaint.order,
            complaint.channel,
            complaint.damage_level,
            &maybe(complaint.acknowledged),
            &maybe(complaint.resolved),
        ];
        Ok(self.complaints.write_record(row)?)
    }
}

/// The shop's clocks are Vietnam's.
fn instant(at: DateTime) -> String {
    format!("{at}+07:00")
}

fn maybe(at: Option<DateTime>) -> String {
    at.map_or_else(String::new, instant)
}
