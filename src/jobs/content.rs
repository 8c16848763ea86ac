//! What tells whether an order changed: every field that the books or the vault would take from it,
//! in one unambiguous string of bytes.

use crate::domain::order::Order;

/// The order's content for hashing. It holds open personal data: hash it under a key, then drop it.
pub fn of_order(order: &Order) -> zeroize::Zeroizing<Vec<u8>> {
    let mut content = Content::default();
    content.text(order.id.as_str());
    content.number(order.placed_at.as_microsecond());
    content.text(order.status.as_str());
    for instant in [order.paid_at, order.completed_at, order.cancelled_at, order.modified_at] {
        content.number(instant.map_or(i64::MIN, jiff::Timestamp::as_microsecond));
    }
    for text in [&order.channel, &order.payment_method, &order.province, &order.region] {
        content.maybe(text.as_deref());
    }
    content.maybe(order.customer.as_ref().map(|id| id.as_str()));
    let person = &order.person;
    for text in [&person.name, &person.email, &person.phone, &person.address] {
        content.maybe(text.as_deref());
    }
    for amount in [order.discount, order.shipping, order.tax, order.fees] {
        content.number(amount.minor());
    }
    content.number(order.total.map_or(i64::MIN, |total| total.minor()));
    for line in &order.lines {
        content.text(line.id.as_str());
        content.text(&line.product);
        for text in [&line.sku, &line.brand, &line.category] {
            content.maybe(text.as_deref());
        }
        for number in [line.quantity, line.gross.minor(), line.discount.minor(), line.tax.minor()] {
            content.number(number);
        }
    }
    content.0
}

#[derive(Default)]
struct Content(zeroize::Zeroizing<Vec<u8>>);

impl Content {
    /// Length first, so that no two contents run together.
    fn text(&mut self, text: &str) {
        self.number(text.len() as i64);
        self.0.extend_from_slice(text.as_bytes());
    }

    fn maybe(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.number(-1),
        }
    }

    fn number(&mut self, number: i64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::customer::Person;
    use crate::domain::ids::OrderId;
    use crate::domain::money::Money;
    use crate::domain::order::OrderStatus;

    fn order() -> Order {
        Order {
            id: OrderId::new("1"),
            placed_at: Timestamp::UNIX_EPOCH,
            status: OrderStatus::Completed,
            paid_at: None,
            completed_at: None,
            cancelled_at: None,
            modified_at: None,
            channel: None,
            payment_method: None,
            province: None,
            region: None,
            customer: None,
            person: Person::default(),
            discount: Money::ZERO,
            shipping: Money::ZERO,
            tax: Money::ZERO,
            fees: Money::ZERO,
            total: None,
            lines: Vec::new(),
        }
    }

    #[test]
    fn every_change_shows() {
        let mut address = order();
        address.person.address = Some("1 Tràng Tiền".into());
        let mut status = order();
        status.status = OrderStatus::Cancelled;
        let mut channel = order();
        channel.channel = Some(String::new());
        for changed in [&address, &status, &channel] {
            assert_ne!(of_order(changed), of_order(&order()));
        }
        assert_eq!(of_order(&order()), of_order(&order()));
    }
}
