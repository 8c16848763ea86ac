//! The contexts that personal data is sealed in; it opens in the same one only.

use crate::domain::ids::{OrderId, SourceName};

/// What is known of a customer.
pub const CUSTOMER: &str = "customer/person";

/// What an order tells of its person.
pub(super) fn of_order(source: &SourceName, order: &OrderId) -> String {
    format!("order/person/{source}/{order}")
}
