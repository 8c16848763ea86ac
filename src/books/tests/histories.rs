//! Random histories of one order with random closings.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Status(OrderStatus),
    Instant(u8, Option<i64>),
    Price(usize, i64, i64),
    Quantity(usize, i64),
    Product(usize, u8),
    Province(u8),
    AddLine(u8, i64, i64),
    RemoveLine(usize),
    Discount(i64),
    Charges(i64, i64),
    Refund(u8, i64, i64, Option<u8>),
    DropRefund(u8),
    Type(bool),
    Days(i64),
    Close(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let status = (0usize..14).prop_map(|n| match n {
        0..9 => OrderStatus::ALL[n],
        9..12 => OrderStatus::Completed,
        _ => OrderStatus::Cancelled,
    });
    let amount = || prop_oneof![Just(0i64), 1i64..1_000];
    prop_oneof![
        4 => status.prop_map(Step::Status),
        3 => (0u8..5, proptest::option::weighted(0.8, 1i64..40)).prop_map(|(which, on)| Step::Instant(which, on)),
        2 => (0usize..4, amount(), 0i64..100).prop_map(|(at, gross, discount)| Step::Price(at, gross, discount)),
        1 => (0usize..4, 1i64..9).prop_map(|(at, quantity)| Step::Quantity(at, quantity)),
        1 => (0usize..4, 0u8..3).prop_map(|(at, product)| Step::Product(at, product)),
        1 => (0u8..3).prop_map(Step::Province),
        2 => (0u8..5, 1i64..9, amount()).prop_map(|(id, quantity, gross)| Step::AddLine(id, quantity, gross)),
        1 => (0usize..4).prop_map(Step::RemoveLine),
        1 => (0i64..300).prop_map(Step::Discount),
        1 => (amount(), amount()).prop_map(|(tax, shipping)| Step::Charges(tax, shipping)),
        4 => (0u8..3, 1i64..40, 1i64..700, proptest::option::of(0u8..5))
            .prop_map(|(id, on, amount, line)| Step::Refund(id, on, amount, line)),
        1 => (0u8..3).prop_map(Step::DropRefund),
        1 => any::<bool>().prop_map(Step::Type),
        4 => (0i64..6).prop_map(Step::Days),
        3 => (-3i64..4).prop_map(Step::Close),
    ]
}

impl Shop {
    fn take(&mut self, step: &Step) {
        let count = self.order.lines.len().max(1);
        let instant = |on: Option<i64>| on.map(at);
        let line_mut = |order: &mut Order, at: usize, change: &dyn Fn(&mut OrderLine)| {
            order.lines.get_mut(at % count).map(change).unwrap_or_default();
        };
        match step {
            Step::Status(status) => self.order.status = *status,
            Step::Instant(0, on) => self.order.placed_at = at(on.unwrap_or(2)),
            Step::Instant(1, on) => self.order.paid_at = instant(*on),
            Step::Instant(2, on) => self.order.completed_at = instant(*on),
            Step::Instant(3, on) => self.order.cancelled_at = instant(*on),
            Step::Instant(_, on) => self.order.modified_at = instant(*on),
            Step::Price(at, gross, discount) => line_mut(&mut self.order, *at, &|line| {
                line.gross = Money::from_minor(*gross);
                line.discount = Money::from_minor(*discount);
            }),
            Step::Quantity(at, n) => line_mut(&mut self.order, *at, &|line| line.quantity = *n),
            Step::Product(at, n) => line_mut(&mut self.order, *at, &|line| line.product = format!("p{n}")),
            Step::Province(n) => self.order.province = Some(format!("province {n}")),
            Step::AddLine(id, quantity, gross) => {
                let new = line(&format!("l{id}"), *quantity, *gross);
                if !self.order.lines.iter().any(|line| line.id == new.id) {
                    self.order.lines.push(new);
                }
            }
            Step::RemoveLine(at) => {
                if !self.order.lines.is_empty() {
                    self.order.lines.remove(at % count);
                }
            }
            Step::Discount(amount) => self.order.discount = Money::from_minor(*amount),
            Step::Charges(tax, shipping) => {
                self.order.tax = Money::from_minor(*tax);
                self.order.shipping = Money::from_minor(*shipping);
            }
            Step::Refund(id, on, amount, line) => {
                let line = line.map(|id| format!("l{id}"));
                let new = refund(&format!("r{id}"), *on, *amount, line.as_deref());
                self.refunds.retain(|old| old.id != new.id);
                self.refunds.push(new);
            }
            Step::DropRefund(id) => self.refunds.retain(|old| old.id.as_str() != format!("r{id}")),
            Step::Type(true) => self.customer_type = CustomerType::New,
            Step::Type(false) => self.customer_type = CustomerType::Returning,
            Step::Days(n) => self.today += n,
            Step::Close(n) => self.close_until(self.today + n),
        }
    }

    fn counts(&self) -> bool {
        self.order.status.counts()
            && self.order.counted_at(self.basis).is_some()
            && !self.order.lines.is_empty()
    }

    fn is_closed(&self, line: &BookedLine) -> bool {
        self.closed_until.is_some_and(|until| line.entry.day < until)
    }
}

/// What the order says, summed up without any of the room's own code.
fn check_counted(shop: &Shop) -> Result<(), TestCaseError> {
    let gross: i64 = shop.order.lines.iter().map(|line| line.gross.minor()).sum();
    let discounts: i64 =
        shop.order.lines.iter().map(|line| line.discount.minor()).sum::<i64>() + shop.order.discount.minor();
    let units: i64 = shop.order.lines.iter().map(|line| line.quantity).sum();
    let refunds: i64 = if shop.refunds.is_empty() && shop.order.status == OrderStatus::Refunded {
        (gross - discounts).max(0)
    } else {
        shop.refunds.iter().map(|refund| refund.amount.minor()).sum()
    };
    let total = shop.total();
    prop_assert_eq!(total.net(), gross - discounts - refunds);
    prop_assert_eq!(total.orders - total.cancellations, 1);
    prop_assert_eq!(total.tax, shop.order.tax.minor());
    prop_assert_eq!(total.shipping, shop.order.shipping.minor());
    let closed = shop.sum(|line| shop.is_closed(line));
    prop_assert_eq!(total.units, units.max(closed.units));
    if !shop.booked.iter().any(|line| shop.is_closed(line)) {
        let sums = (total.gross, total.discounts, total.refunds, total.units, total.cancellations);
        prop_assert_eq!(sums, (gross, discounts, refunds, units, 0));
    }
    Ok(())
}

/// All that was booked is taken out, but for what had been below zero by then.
fn check_not_counted(shop: &Shop, before: Amounts) -> Result<(), TestCaseError> {
    let total = shop.total();
    prop_assert_eq!((total.orders - total.cancellations, total.tax, total.shipping), (0, 0, 0));
    prop_assert!(total.net() <= 0 && total.net() >= before.net().min(0), "{:?}", total);
    Ok(())
}

fn check_days(shop: &Shop) -> Result<(), TestCaseError> {
    let mut days: BTreeMap<_, Amounts> = BTreeMap::new();
    for BookedLine { line, entry, .. } in &shop.booked {
        *days.entry((entry.day, entry.kind, line.clone(), entry.place.clone())).or_default() +=
            Amounts::of(entry);
    }
    for (key, sum) in days {
        let components = [
            sum.gross,
            sum.discounts,
            sum.refunds,
            sum.orders,
            sum.units,
            sum.cancellations,
            sum.new_customers,
        ];
        prop_assert!(components.iter().all(|&component| component >= 0), "{:?}: {:?}", key, sum);
    }
    Ok(())
}

fn check(shop: &mut Shop, before: Amounts, added: &[BookedLine]) -> Result<(), TestCaseError> {
    for line in added {
        prop_assert!(!shop.is_closed(line), "booked on a closed day: {:?}", line);
        prop_assert!(line.entry.belongs_to <= line.entry.day);
    }
    if shop.counts() {
        check_counted(shop)?
    } else {
        check_not_counted(shop, before)?
    }
    check_days(shop)?;
    prop_assert_eq!(&shop.missing(), &[], "booked twice");
    shop.booked.reverse();
    prop_assert_eq!(&shop.missing(), &[], "booked by another order of entries");
    shop.today += 3;
    prop_assert_eq!(&shop.missing(), &[], "booked anew on a later day");
    shop.today -= 3;
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_books_always_say_what_the_order_says(
        basis in 0usize..3,
        steps in proptest::collection::vec(proptest::collection::vec(step(), 1..4), 1..14),
    ) {
        let mut shop = Shop::new();
        shop.basis = [CountOrdersOn::Created, CountOrdersOn::Paid, CountOrdersOn::Completed][basis];
        for changes in &steps {
            changes.iter().for_each(|change| shop.take(change));
            let before = shop.total();
            let added = shop.book_on(shop.today);
            check(&mut shop, before, &added)?;
        }
    }
}
