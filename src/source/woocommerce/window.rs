//! Orders by the instant of their last change, in a window whose end stands fixed.
//!
//! Pages of such a list may not be counted: an order that is edited between two pages leaves the window, and all after
//! it move forward by one. So no page but the first is ever asked for: after each answer the window begins anew, at the
//! second of the last change that it told of. That second is asked for again, for its orders come in any order; what
//! was read twice is told twice, and harms nobody. When a single second fills a whole answer, that second alone is read
//! by number.
//!
//! Invariant: nothing enters the window once it is fixed, so what has been passed is complete.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::client::{Client, Query};
use super::{PER_PAGE, by_id};
use crate::source::error::Error;

const SECOND: SignedDuration = SignedDuration::from_secs(1);

pub(super) struct Window {
    /// Strictly after this instant.
    after: Timestamp,
    /// Strictly before this one.
    before: Timestamp,
    done: bool,
}

impl Window {
    pub fn new(after: Timestamp, before: Timestamp) -> Self {
        Self { after, before, done: after >= before }
    }

    /// Everything changed until here has been read.
    pub fn position(&self) -> Timestamp {
        self.after
    }

    /// The next orders; `None` at the window's end.
    ///
    /// # Errors
    /// [`Error::Server`].
    pub fn next(&mut self, client: &mut Client) -> Result<Option<Vec<Value>>, Error> {
        if self.done {
            return Ok(None);
        }
        let answer = client.page(&changed(self.after, self.before), 1, PER_PAGE)?;
        if answer.pages <= 1 {
            self.done = true;
            return Ok(Some(answer.items));
        }
        let Some(last) = answer.items.iter().filter_map(modified_at).max() else {
            return Err(
                client.error("tells of no order when it was changed; is it WooCommerce 5.8 or later?")
            );
        };
        // As the shop counts, the window may begin at a whole second only.
        let last = whole_second(last);
        if last - SECOND > self.after {
            self.after = last - SECOND;
            return Ok(Some(answer.items));
        }
        self.one_second(client, last).map(Some)
    }

    /// All orders changed in one second, by number.
    fn one_second(&mut self, client: &mut Client, second: Timestamp) -> Result<Vec<Value>, Error> {
        let mut orders = Vec::new();
        by_id(client, window(second - SECOND, self.before.min(second + SECOND)), |_, page| {
            orders.extend_from_slice(page);
            Ok(())
        })?;
        self.after = second;
        Ok(orders)
    }
}

fn changed(after: Timestamp, before: Timestamp) -> Query {
    window(after, before).with("orderby", "modified").with("order", "asc")
}

fn window(after: Timestamp, before: Timestamp) -> Query {
    Query::new("orders").since("modified_after", after).since("modified_before", before)
}

fn modified_at(order: &Value) -> Option<Timestamp> {
    format!("{}Z", order["date_modified_gmt"].as_str()?).parse().ok()
}

fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}
