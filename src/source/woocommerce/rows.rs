//! What the shop's answers say, as rows in our own columns.
//!
//! A line costs its `subtotal`, and what coupons took off is its discount. A refund is a row for each line that it
//! names, and one for what is left of its amount: the amount may disagree with its lines, and it is the amount that was
//! given back. Tax, shipping and fees that went back are no part of it. A negative fee is a discount of the order. An
//! order that was paid has one payment, of its own number.
//!
//! Absent on purpose: addresses of the network, browsers and notes, which the shop tells as well.

use std::sync::Arc;

use serde_json::Value;

use super::products::{ProductKind, Products};
use crate::domain::columns::columns;
use crate::domain::feed::Feed;
use crate::settings::SourceSettings;
use crate::settings::feed::WEB_SHOP_FEEDS;
use crate::source::Sink;
use crate::source::error::Error;
use crate::source::row::{Cell, Header, Row};

pub(super) struct Rows<'a> {
    headers: Vec<Arc<Header>>,
    sink: &'a mut dyn Sink,
}

impl<'a> Rows<'a> {
    /// # Errors
    /// None that a fetch could not have, for the columns are ours.
    pub fn new(source: &SourceSettings, sink: &'a mut dyn Sink) -> Result<Self, Error> {
        let mut headers = Vec::new();
        for feed in WEB_SHOP_FEEDS {
            let names = columns(feed, false).iter().map(|(name, _)| (*name).to_owned()).collect();
            let origin = format!("the shop's {}", feed.as_str());
            let header = Arc::new(Header::new(feed, &origin, names, source.decimal)?);
            sink.head(&header)?;
            headers.push(header);
        }
        Ok(Self { headers, sink })
    }

    /// # Errors
    /// When the part could not be taken.
    pub fn pause(&mut self, position: Option<String>) -> Result<(), Error> {
        self.sink.pause(position)
    }

    pub fn order(&mut self, order: &Value, products: &Products) {
        let id = text(&order["id"]);
        let billing = &order["billing"];
        let province = first(&[&order["shipping"]["state"], &billing["state"], &billing["city"]]);
        let fees = sum(&order["fee_lines"], &["total"]);
        let (discount, fees) = if fees < 0 { (-fees, 0) } else { (0, fees) };
        let total = text(&order["total"]);
        let method = first(&[&order["payment_method_title"], &order["payment_method"]]);
        self.tell(
            Feed::Orders,
            order,
            &[
                ("order_id", id.clone()),
                ("placed_at", utc(&order["date_created_gmt"])),
                ("status", text(&order["status"])),
                ("paid_at", utc(&order["date_paid_gmt"])),
                ("completed_at", utc(&order["date_completed_gmt"])),
                ("modified_at", utc(&order["date_modified_gmt"])),
                ("channel", text(&order["created_via"])),
                ("customer_id", text(&order["customer_id"])),
                ("name", joined(&[&billing["first_name"], &billing["last_name"]], " ")),
                ("email", text(&billing["email"])),
                ("phone", text(&billing["phone"])),
                ("address", address(billing)),
                ("province", province),
                ("payment_method", method.clone()),
                ("currency", text(&order["currency"])),
                ("discount", amount(discount)),
                ("shipping", text(&order["shipping_total"])),
                ("tax", text(&order["total_tax"])),
                ("fees", amount(fees)),
                ("total", total.clone()),
            ],
        );
        for line in order["line_items"].as_array().into_iter().flatten() {
            self.line(&id, line, products.of(line));
        }
        let was_paid = order["date_paid_gmt"].is_string() && decimal(&order["total"]) != Some(0);
        if was_paid {
            let payment = [
                ("payment_id", id.clone()),
                ("order_id", id),
                ("paid_at", utc(&order["date_paid_gmt"])),
                ("method", method.or_else(|| Some("other".to_owned()))),
                ("amount", total),
                ("status", Some("paid".to_owned())),
                ("reference", text(&order["transaction_id"])),
            ];
            self.tell(Feed::Payments, order, &payment);
        }
    }

    fn line(&mut self, order: &Option<String>, line: &Value, kind: ProductKind) {
        let (before, after) = (decimal(&line["subtotal"]), decimal(&line["total"]));
        // What does not look like an amount is told as it is, so that it is rejected with its reason.
        let (gross, discount) = match (before, after) {
            (Some(before), Some(after)) => (amount(before.max(after)), amount((before - after).max(0))),
            _ => (text(&line["subtotal"]), None),
        };
        let cells = [
            ("order_id", order.clone()),
            ("line_id", text(&line["id"])),
            ("product", text(&line["name"])),
            ("quantity", text(&line["quantity"])),
            ("amount", gross),
            ("sku", text(&line["sku"])),
            ("brand", kind.brand),
            ("category", kind.category),
            ("discount", discount),
            ("tax", text(&line["total_tax"])),
        ];
        self.tell(Feed::OrderLines, line, &cells);
    }

    pub fn refund(&mut self, order: u64, refund: &Value) {
        let id = text(&refund["id"]).unwrap_or_default();
        let tell = |rows: &mut Self, id: String, amount: Option<String>, item: Option<&Value>| {
            let quantity = item.and_then(|item| item["quantity"].as_i64()).filter(|quantity| *quantity < 0);
            let cells = [
                ("refund_id", Some(id)),
                ("order_id", Some(order.to_string())),
                ("refunded_at", utc(&refund["date_created_gmt"])),
                ("amount", amount),
                ("line_id", item.and_then(refunded_line)),
                ("quantity", quantity.map(|quantity| quantity.unsigned_abs().to_string())),
                ("reason", text(&refund["reason"])),
            ];
            rows.tell(Feed::Refunds, refund, &cells);
        };
        let Some(whole) = decimal(&refund["amount"]) else {
            return tell(self, id, text(&refund["amount"]), None);
        };
        let beside = sum(&refund["line_items"], &["total_tax"])
            + sum(&refund["shipping_lines"], &["total", "total_tax"])
            + sum(&refund["fee_lines"], &["total", "total_tax"]);
        let of_lines = sum(&refund["line_items"], &["total"]);
        // Both sums are negative.
        let left = whole + beside + of_lines;
        if left < 0 {
            return tell(self, id, amount(whole), None);
        }
        for item in refund["line_items"].as_array().into_iter().flatten() {
            let given = decimal(&item["total"]).unwrap_or(0);
            if let (true, Some(item_id)) = (given < 0, text(&item["id"])) {
                tell(self, format!("{id}-{item_id}"), amount(-given), Some(item));
            }
        }
        if left > 0 {
            tell(self, id, amount(left), None);
        }
    }

    pub fn customer(&mut self, customer: &Value) {
        let billing = &customer["billing"];
        let name_of = |of: &Value| joined(&[&of["first_name"], &of["last_name"]], " ");
        let cells = [
            ("customer_id", text(&customer["id"])),
            ("name", name_of(customer).or_else(|| name_of(billing))),
            ("email", first(&[&customer["email"], &billing["email"]])),
            ("phone", text(&billing["phone"])),
            ("address", address(billing)),
            ("province", first(&[&billing["state"], &billing["city"]])),
            ("created_at", utc(&customer["date_created_gmt"])),
            ("modified_at", utc(&customer["date_modified_gmt"])),
        ];
        self.tell(Feed::Customers, customer, &cells);
    }

    /// A row's number is the thing's own.
    fn tell(&mut self, feed: Feed, thing: &Value, values: &[(&str, Option<String>)]) {
        let Some(header) = self.headers.iter().find(|header| header.feed == feed) else { return };
        let cell = |name: &String| {
            let value = values.iter().find(|(column, _)| column == name).and_then(|(_, value)| value.clone());
            value.map_or(Cell::Missing, Cell::Text)
        };
        let cells = header.columns.iter().map(cell).collect();
        let number = thing["id"].as_u64().unwrap_or(0);
        self.sink.row(Row::new(header, number, cells));
    }
}

/// The number of the order's line that a refund's item gives back.
fn refunded_line(item: &Value) -> Option<String> {
    let notes = item["meta_data"].as_array()?;
    notes.iter().find(|note| note["key"] == "_refunded_item_id").and_then(|note| text(&note["value"]))
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn first(values: &[&Value]) -> Option<String> {
    values.iter().find_map(|value| text(value))
}

fn joined(values: &[&Value], between: &str) -> Option<String> {
    let parts: Vec<String> = values.iter().filter_map(|value| text(value)).collect();
    (!parts.is_empty()).then(|| parts.join(between))
}

fn address(of: &Value) -> Option<String> {
    let parts = ["address_1", "address_2", "city", "state", "postcode", "country"].map(|part| &of[part]);
    joined(&parts, ", ")
}

/// Dates in GMT do not say so.
fn utc(value: &Value) -> Option<String> {
    text(value).map(|date| if date.ends_with('Z') { date } else { format!("{date}Z") })
}

/// Decimals that amounts are reckoned with; WooCommerce keeps no more.
const DECIMALS: usize = 8;

/// An amount in units of its eighth decimal; `None` when it is none.
fn decimal(value: &Value) -> Option<i128> {
    let text = text(value)?;
    let (sign, digits) = text.strip_prefix('-').map_or((1, text.as_str()), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_plain = |part: &str| part.len() <= 20 && part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_plain(whole) || !is_plain(fraction) || fraction.len() > DECIMALS {
        return None;
    }
    format!("{whole}{fraction:0<DECIMALS$}").parse::<i128>().ok().map(|size| sign * size)
}

fn amount(units: i128) -> Option<String> {
    let (sign, size) = if units < 0 { ("-", -units) } else { ("", units) };
    let scale = 10_i128.pow(DECIMALS as u32);
    let text = format!("{sign}{}.{:0DECIMALS$}", size / scale, size % scale);
    Some(text.trim_end_matches('0').trim_end_matches('.').to_owned())
}

fn sum(list: &Value, keys: &[&str]) -> i128 {
    let items = list.as_array().into_iter().flatten();
    items.flat_map(|item| keys.iter().filter_map(|key| decimal(&item[*key]))).sum()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn amounts_are_read_and_written_exactly() {
        for (text, back) in [("16.45", "16.45"), ("-0.10", "-0.1"), ("123000.00", "123000"), ("0", "0")] {
            assert_eq!(decimal(&json!(text)).and_then(amount).as_deref(), Some(back), "{text}");
        }
        assert_eq!(decimal(&json!(12.5)).and_then(amount).as_deref(), Some("12.5"));
        for none in ["", "1,5", "1e5", "abc", "1.123456789", "--1"] {
            assert_eq!(decimal(&json!(none)), None, "{none}");
        }
    }
}
