//! What a counted order says, line by line, with what belongs to the whole order laid on its lines.

use std::collections::BTreeMap;

use super::Desk;
use super::amounts::Amounts;
use crate::domain::entry::{CustomerType, Place, UNKNOWN};
use crate::domain::ids::LineId;
use crate::domain::money::Money;
use crate::domain::order::{Order, OrderLine};

pub(super) struct BillLine {
    pub id: LineId,
    pub place: Place,
    pub amounts: Amounts,
}

/// The lines of the sale; at least one.
pub(super) struct Bill {
    pub lines: Vec<BillLine>,
    main: usize,
}

impl Bill {
    /// The order must have lines.
    pub fn new(desk: &Desk<'_>) -> Self {
        let order = desk.booking.order;
        let worth: Vec<i64> = order.lines.iter().map(own_net).collect();
        let shares = order.discount.split(&worth);
        let mut lines: Vec<BillLine> = Vec::new();
        let mut seen: BTreeMap<&LineId, usize> = BTreeMap::new();
        for (line, share) in order.lines.iter().zip(shares) {
            let amounts = Amounts {
                gross: line.gross.minor(),
                discounts: line.discount.minor() + share.minor(),
                units: line.quantity,
                tax: line.tax.minor(),
                ..Amounts::default()
            };
            let next = lines.len();
            match *seen.entry(&line.id).or_insert(next) {
                known if known < next => lines[known].amounts += amounts,
                _ => lines.push(BillLine { id: line.id.clone(), place: place(desk, line), amounts }),
            }
        }
        let main = main_line(&lines);
        lines[main].amounts += order_amounts(order, desk.customer_type);
        Self { lines, main }
    }

    pub fn main(&self) -> &BillLine {
        &self.lines[self.main]
    }

    pub fn total(&self) -> Amounts {
        self.lines.iter().map(|line| line.amounts).sum()
    }

    /// An amount spread over the lines by what they are worth net.
    pub fn spread(&self, amount: i64) -> Vec<(&LineId, i64)> {
        let worth: Vec<i64> = self.lines.iter().map(|line| line.amounts.net().max(0)).collect();
        let parts = Money::from_minor(amount).split(&worth);
        self.lines.iter().map(|line| &line.id).zip(parts.into_iter().map(Money::minor)).collect()
    }

    /// Where something of `line` is booked.
    pub fn place(&self, desk: &Desk<'_>, line: &LineId) -> Place {
        let own = self.lines.iter().find(|own| own.id == *line);
        own.map(|own| &own.place)
            .or_else(|| desk.ledger.any_place(line))
            .unwrap_or(&self.main().place)
            .clone()
    }
}

fn own_net(line: &OrderLine) -> i64 {
    (line.gross.minor() - line.discount.minor()).max(0)
}

/// The index of the line with the largest net, the first of equals.
fn main_line(lines: &[BillLine]) -> usize {
    (0..lines.len()).max_by_key(|&index| (lines[index].amounts.net(), std::cmp::Reverse(index))).unwrap_or(0)
}

/// What the main line carries for the whole order.
fn order_amounts(order: &Order, customer_type: CustomerType) -> Amounts {
    Amounts {
        orders: 1,
        new_customers: i64::from(customer_type == CustomerType::New),
        tax: order.tax.minor(),
        shipping: order.shipping.minor() + order.fees.minor(),
        ..Amounts::default()
    }
}

fn place(desk: &Desk<'_>, line: &OrderLine) -> Place {
    if let Some(place) = desk.ledger.closed_place(&line.id) {
        return place.clone();
    }
    let order = desk.booking.order;
    let told = |text: &Option<String>| text.clone().unwrap_or_else(|| UNKNOWN.to_owned());
    Place {
        product: line.product.clone(),
        brand: told(&line.brand),
        category: told(&line.category),
        province: told(&order.province),
        region: told(&order.region),
        channel: told(&order.channel),
        payment_method: told(&order.payment_method),
        customer_type: desk.customer_type,
    }
}
