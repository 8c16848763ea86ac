//! The canonical columns of the six feeds: what a mapping may name, and what a row must have.
//!
//! One list for whoever checks a mapping and whoever reads by it, so that the two cannot differ.

use super::feed::Feed;

/// The canonical columns of a feed; the second of each pair says whether a row must have it.
pub fn columns(feed: Feed, flat: bool) -> &'static [(&'static str, bool)] {
    match (feed, flat) {
        (Feed::Orders, false) => ORDERS,
        (Feed::Orders, true) => FLAT,
        (Feed::OrderLines, _) => ORDER_LINES,
        (Feed::Refunds, _) => REFUNDS,
        (Feed::Payments, _) => PAYMENTS,
        (Feed::Customers, _) => CUSTOMERS,
        (Feed::Complaints, _) => COMPLAINTS,
    }
}

const ORDERS: &[(&str, bool)] = &[
    ("order_id", true),
    ("placed_at", true),
    ("status", true),
    ("paid_at", false),
    ("completed_at", false),
    ("cancelled_at", false),
    ("modified_at", false),
    ("channel", false),
    ("customer_id", false),
    ("name", false),
    ("email", false),
    ("phone", false),
    ("address", false),
    ("province", false),
    ("region", false),
    ("payment_method", false),
    ("currency", false),
    ("discount", false),
    ("shipping", false),
    ("tax", false),
    ("fees", false),
    ("total", false),
];

/// An order and one of its lines; `discount` and `tax` are the line's.
const FLAT: &[(&str, bool)] = &[
    ("order_id", true),
    ("placed_at", true),
    ("status", true),
    ("product", true),
    ("quantity", true),
    ("line_id", false),
    ("unit_price", false),
    ("amount", false),
    ("sku", false),
    ("brand", false),
    ("category", false),
    ("discount", false),
    ("tax", false),
    ("paid_at", false),
    ("completed_at", false),
    ("cancelled_at", false),
    ("modified_at", false),
    ("channel", false),
    ("customer_id", false),
    ("name", false),
    ("email", false),
    ("phone", false),
    ("address", false),
    ("province", false),
    ("region", false),
    ("payment_method", false),
    ("currency", false),
    ("shipping", false),
    ("fees", false),
    ("total", false),
];

const ORDER_LINES: &[(&str, bool)] = &[
    ("order_id", true),
    ("line_id", true),
    ("product", true),
    ("quantity", true),
    ("unit_price", false),
    ("amount", false),
    ("sku", false),
    ("brand", false),
    ("category", false),
    ("discount", false),
    ("tax", false),
];

const REFUNDS: &[(&str, bool)] = &[
    ("refund_id", true),
    ("order_id", true),
    ("refunded_at", true),
    ("amount", true),
    ("line_id", false),
    ("quantity", false),
    ("reason", false),
];

const PAYMENTS: &[(&str, bool)] = &[
    ("payment_id", true),
    ("order_id", true),
    ("paid_at", true),
    ("method", true),
    ("amount", true),
    ("status", true),
    ("reference", false),
];

const CUSTOMERS: &[(&str, bool)] = &[
    ("customer_id", true),
    ("name", false),
    ("email", false),
    ("phone", false),
    ("address", false),
    ("province", false),
    ("created_at", false),
    ("modified_at", false),
];

const COMPLAINTS: &[(&str, bool)] = &[
    ("complaint_id", true),
    ("received_at", true),
    ("kind", true),
    ("subject", false),
    ("body", false),
    ("customer_id", false),
    ("email", false),
    ("phone", false),
    ("order_id", false),
    ("channel", false),
    ("damage_level", false),
    ("due_at", false),
    ("acknowledged_at", false),
    ("resolved_at", false),
    ("status", false),
];
