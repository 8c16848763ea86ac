//! Whether what was paid of an order is what it comes to, by where the order stands.

use serde::{Deserialize, Serialize};

use crate::domain::order::OrderStatus;
use crate::domain::payment::PaidOrder;

/// How the payments of an order do not fit it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mismatch {
    /// No source has told of the order.
    UnknownOrder,
    /// A payment stands in a word that the configuration does not know.
    UnknownStatus,
    /// The order is completed, and less was paid.
    Short,
    /// More was paid than it comes to.
    Over,
    /// Money was kept for an order that never was, or is no more.
    NotDue,
}

impl Mismatch {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownOrder => "unknown-order",
            Self::UnknownStatus => "unknown-status",
            Self::Short => "short",
            Self::Over => "over",
            Self::NotDue => "not-due",
        }
    }
}

/// `None`: they fit. A source may show a refund as a negative payment or leave the payment as it was, so that both the
/// total and the total less its refunds are right.
pub fn mismatch(paid: &PaidOrder) -> Option<Mismatch> {
    let Some(status) = paid.status else { return Some(Mismatch::UnknownOrder) };
    if paid.unknown_words > 0 {
        return Some(Mismatch::UnknownStatus);
    }
    let (due, received) = (paid.due.minor(), paid.received.minor());
    let kept = due - paid.refunded.minor();
    match status {
        OrderStatus::Completed if received == due || received == kept => None,
        OrderStatus::Completed if received < due => Some(Mismatch::Short),
        OrderStatus::Cancelled | OrderStatus::Failed | OrderStatus::Draft | OrderStatus::Trashed => {
            (received != 0 && received != paid.refunded.minor()).then_some(Mismatch::NotDue)
        }
        _ => (received > due).then_some(Mismatch::Over),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{OrderId, SourceName};
    use crate::domain::money::Money;

    #[test]
    fn payments_fit_their_order_by_where_it_stands() {
        use Mismatch::{NotDue, Over, Short, UnknownOrder, UnknownStatus};
        use OrderStatus::{Cancelled, Completed, Failed, Pending, Processing, Refunded};
        for (status, due, refunded, received, unknown, expected) in [
            (Some(Completed), 100, 0, 100, 0, None),
            (Some(Completed), 100, 0, 99, 0, Some(Short)),
            (Some(Completed), 100, 0, 101, 0, Some(Over)),
            (Some(Completed), 100, 0, 0, 0, Some(Short)),
            (Some(Completed), 100, 30, 100, 0, None),
            (Some(Completed), 100, 30, 70, 0, None),
            (Some(Completed), 100, 30, 80, 0, Some(Short)),
            (Some(Processing), 100, 0, 0, 0, None),
            (Some(Processing), 100, 0, 40, 0, None),
            (Some(Pending), 100, 0, 101, 0, Some(Over)),
            (Some(Refunded), 100, 100, 0, 0, None),
            (Some(Refunded), 100, 100, 100, 0, None),
            (Some(Cancelled), 100, 0, 0, 0, None),
            (Some(Cancelled), 100, 0, 100, 0, Some(NotDue)),
            (Some(Cancelled), 100, 100, 100, 0, None),
            (Some(Failed), 100, 0, -5, 0, Some(NotDue)),
            (Some(Completed), 100, 0, 100, 1, Some(UnknownStatus)),
            (None, 0, 0, 100, 1, Some(UnknownOrder)),
        ] {
            let money = Money::from_minor;
            let paid = PaidOrder {
                source: SourceName::new("shop"),
                order: OrderId::new("1"),
                status,
                customer: None,
                due: money(due),
                refunded: money(refunded),
                received: money(received),
                unknown_words: unknown,
                last_paid_at: jiff::Timestamp::UNIX_EPOCH,
            };
            assert_eq!(mismatch(&paid), expected, "{paid:?}");
        }
    }
}
