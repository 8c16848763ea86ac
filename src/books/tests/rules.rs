//! Each rule by an example.

use super::*;

#[test]
fn a_sale_is_booked_once_on_its_day_in_the_business_zone() {
    let mut shop = Shop::new();
    shop.order.discount = Money::from_minor(41);
    shop.order.shipping = Money::from_minor(30);
    shop.order.fees = Money::from_minor(5);
    let added = shop.book_on(2);
    assert_eq!(kinds(&added), [(EntryKind::Sale, "a"), (EntryKind::Sale, "b")]);
    let (a, b) = (Amounts::of(&added[0].entry), Amounts::of(&added[1].entry));
    assert_eq!(
        (a.gross, a.discounts, a.units, a.orders, a.new_customers, a.shipping),
        (300, 31, 3, 1, 1, 35)
    );
    assert_eq!((b.gross, b.discounts, b.units, b.orders, b.new_customers, b.shipping), (100, 10, 1, 0, 0, 0));
    assert!(added.iter().all(|line| line.entry.day == day(2) && !line.entry.is_late()));
    assert!(shop.book_on(9).is_empty());
}

#[test]
fn nothing_is_booked_before_the_instant_of_the_basis() {
    let mut shop = Shop::new();
    shop.basis = CountOrdersOn::Completed;
    shop.refunds = vec![refund("r", 3, 50, None)];
    assert!(shop.book_on(4).is_empty());
    shop.order.completed_at = Some(at(5));
    shop.book_on(5);
    let five = shop.on(5);
    assert_eq!((five.gross, five.refunds), (400, 50), "the refund does not come before the sale");
}

#[test]
fn a_correction_on_an_open_day_nets_there() {
    let mut shop = Shop::new();
    shop.book_on(2);
    shop.order.province = Some("Đà Nẵng".into());
    shop.order.lines[0].gross = Money::from_minor(240);
    shop.order.lines[1].gross = Money::from_minor(500);
    shop.book_on(4);
    let sums = (shop.on(2).gross, shop.on(2).orders, shop.total() == shop.on(2));
    assert_eq!(sums, (740, 1, true));
    let left = |province: &str| shop.sum(|line| line.entry.place.province == province);
    assert_eq!((left("Huế"), left("Đà Nẵng").gross), (Amounts::default(), 740));
    let main = shop.sum(|line| line.line.as_str() == "b");
    assert_eq!((main.orders, main.new_customers), (1, 1), "the main line has moved");
}

#[test]
fn a_sale_found_after_closing_is_booked_late_and_stays() {
    let mut shop = Shop::new();
    shop.close_until(4);
    let added = shop.book_on(6);
    assert!(added.iter().all(|line| line.entry.day == day(6) && line.entry.belongs_to == day(2)));
    shop.order.lines[0].gross = Money::from_minor(290);
    shop.book_on(8);
    assert_eq!((shop.on(6).gross, shop.on(8)), (390, Amounts::default()));
}

#[test]
fn a_late_booking_never_falls_on_a_closed_day() {
    let mut shop = Shop::new();
    shop.close_until(9);
    assert!(shop.book_on(6).iter().all(|line| line.entry.day == day(9)));
}

#[test]
fn after_closing_less_is_a_reversal_and_more_a_late_sale() {
    let mut shop = Shop::new();
    shop.book_on(2);
    shop.close_until(3);
    shop.order.lines[0].gross = Money::from_minor(250);
    shop.order.lines[1].gross = Money::from_minor(120);
    shop.order.lines[1].discount = Money::from_minor(5);
    let added = shop.book_on(5);
    assert_eq!(kinds(&added), [(EntryKind::Sale, "b"), (EntryKind::Reversal, "a")]);
    let five = shop.on(5);
    assert_eq!((five.gross, five.discounts, five.refunds, five.orders), (20, 5, 50, 0));
    assert_eq!(shop.total().net(), 365);
}

#[test]
fn a_place_changed_after_closing_is_not_booked_again() {
    let mut shop = Shop::new();
    shop.book_on(2);
    shop.close_until(3);
    shop.order.province = Some("Đà Nẵng".into());
    assert!(shop.book_on(5).is_empty());
    shop.refunds = vec![refund("r", 5, 30, Some("a"))];
    assert_eq!(shop.book_on(5)[0].entry.place.province, "Huế");
}

#[test]
fn lines_come_and_go_after_closing() {
    let mut shop = Shop::new();
    shop.book_on(2);
    shop.close_until(3);
    shop.order.lines = vec![line("a", 3, 300), line("c", 4, 200)];
    shop.book_on(5);
    let five = shop.on(5);
    assert_eq!((five.gross, five.refunds, five.units, five.orders), (200, 100, 3, 0));
    assert_eq!(shop.total().units, 7, "the closed unit of line b counts towards those of line c");
}

#[test]
fn refunds_fall_on_their_day_and_line() {
    let mut shop = Shop::new();
    shop.refunds = vec![refund("r1", 4, 40, Some("b")), refund("r2", 6, 41, None)];
    shop.book_on(6);
    let on = |n, id: &str| shop.sum(|line| line.entry.day == day(n) && line.line.as_str() == id).refunds;
    assert_eq!((on(4, "a"), on(4, "b"), on(6, "a"), on(6, "b")), (0, 40, 31, 10));
    shop.close_until(7);
    shop.refunds[0].amount = Money::from_minor(55);
    shop.refunds.pop();
    let added = shop.book_on(8);
    assert_eq!(kinds(&added), [(EntryKind::Refund, "b"), (EntryKind::Sale, "a"), (EntryKind::Sale, "b")]);
    assert_eq!(shop.total().net(), 345);
}

#[test]
fn a_refund_larger_than_the_order_is_booked_as_it_is() {
    let mut shop = Shop::new();
    shop.refunds = vec![refund("r", 3, 450, None)];
    shop.book_on(3);
    assert_eq!(shop.total().net(), -50);
    shop.order.status = OrderStatus::Cancelled;
    shop.book_on(4);
    assert_eq!((shop.total().net(), shop.total().cancellations), (-50, 1));
}

#[test]
fn a_refund_implied_by_the_status_gives_way_to_the_real_one() {
    let mut shop = Shop::new();
    shop.order.status = OrderStatus::Refunded;
    shop.order.modified_at = Some(at(5));
    shop.book_on(5);
    assert_eq!((shop.on(5).refunds, shop.total().net(), shop.total().cancellations), (400, 0, 0));
    let mut open = shop.clone();
    open.refunds = vec![refund("r", 4, 400, None)];
    open.book_on(6);
    assert_eq!((open.on(4).refunds, open.on(5).refunds), (400, 0));
    shop.close_until(6);
    shop.refunds = vec![refund("r", 4, 400, None)];
    assert!(shop.book_on(7).is_empty(), "what closed books hold is not booked twice");
    shop.refunds = vec![refund("r", 4, 390, None)];
    shop.book_on(7);
    assert_eq!((shop.on(7).gross, shop.total().net()), (10, 10));
}

#[test]
fn an_order_cancelled_before_it_was_booked_is_not_booked() {
    let mut shop = Shop::new();
    shop.order.status = OrderStatus::Cancelled;
    shop.refunds = vec![refund("r", 2, 100, None)];
    assert!(shop.book_on(3).is_empty());
}

#[test]
fn a_cancellation_takes_out_what_is_left_on_its_own_day() {
    let mut shop = Shop::new();
    shop.order.tax = Money::from_minor(40);
    shop.refunds = vec![refund("r1", 3, 50, None)];
    shop.book_on(3);
    shop.order.status = OrderStatus::Cancelled;
    shop.order.cancelled_at = Some(at(5));
    shop.refunds.push(refund("r2", 6, 350, None));
    shop.book_on(6);
    assert_eq!((shop.on(2).gross, shop.on(3).refunds), (400, 50), "the sale stands");
    assert_eq!((shop.on(5).refunds, shop.on(5).cancellations, shop.on(5).tax), (350, 1, -40));
    assert_eq!(shop.on(6), Amounts::default(), "the money came out with the reversal");
    assert!(shop.book_on(9).is_empty());
}

#[test]
fn a_cancellation_without_a_day_stays_where_it_was_booked() {
    let mut shop = Shop::new();
    shop.book_on(2);
    shop.order.status = OrderStatus::Failed;
    shop.book_on(4);
    shop.order.modified_at = Some(at(6));
    assert!(shop.book_on(7).is_empty());
    assert_eq!(shop.on(4).refunds, 400);
}

#[test]
fn an_order_reactivated_on_an_open_day_was_never_cancelled() {
    let mut shop = Shop::new();
    shop.book_on(2);
    shop.order.status = OrderStatus::Cancelled;
    shop.order.cancelled_at = Some(at(4));
    shop.close_until(3);
    shop.book_on(4);
    shop.order.status = OrderStatus::Completed;
    shop.book_on(5);
    assert_eq!(shop.on(4), Amounts::default());
    assert_eq!(shop.total(), shop.on(2));
}

#[test]
fn an_order_reactivated_after_closing_is_sold_again_late() {
    let mut shop = Shop::new();
    shop.book_on(2);
    shop.order.status = OrderStatus::Cancelled;
    shop.order.cancelled_at = Some(at(4));
    shop.book_on(4);
    shop.close_until(6);
    shop.order.status = OrderStatus::Completed;
    let added = shop.book_on(7);
    assert!(added.iter().all(|line| line.entry.belongs_to == day(4)), "it takes back the cancellation");
    let seven = shop.on(7);
    assert_eq!((seven.gross, seven.orders, seven.units, seven.new_customers), (400, 1, 0, 0));
    assert_eq!((shop.total().net(), shop.total().orders, shop.total().cancellations), (400, 2, 1));
}

#[test]
fn an_order_keeps_the_customer_it_was_booked_with() {
    let mut shop = Shop::new();
    shop.book_on(2);
    shop.customer_type = CustomerType::Returning;
    shop.booked.iter_mut().for_each(|line| line.entry.customer = Pseudonym(99));
    shop.order.lines[0].gross = Money::from_minor(310);
    let added = shop.book_on(3);
    assert_eq!(added.len(), 1);
    let entry = &added[0].entry;
    assert_eq!((entry.customer, entry.place.customer_type), (Pseudonym(99), CustomerType::New));
}

#[test]
fn an_instant_moved_to_another_open_day_moves_the_sale() {
    let mut shop = Shop::new();
    shop.basis = CountOrdersOn::Paid;
    shop.order.paid_at = Some(at(3));
    shop.book_on(3);
    shop.order.paid_at = Some(at(5));
    shop.book_on(5);
    assert_eq!((shop.on(3), shop.on(5).gross), (Amounts::default(), 400));
    shop.close_until(6);
    shop.order.paid_at = Some(at(7));
    assert!(shop.book_on(7).is_empty(), "closed books do not move");
}
