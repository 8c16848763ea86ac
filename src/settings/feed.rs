//! `[source.FEED]`: how one feed's columns become ours.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::field::Field;
use super::problem::one_of;
use super::section::Section;
use super::source_kind::SourceKind;
use crate::domain::columns::columns;
use crate::domain::feed::Feed;

/// How one feed is read.
#[derive(Clone, Debug, Default)]
pub struct FeedMap {
    /// File kinds: the file's path.
    pub path: Option<PathBuf>,
    /// SQL kinds: the query; it may use `:since`: an hour before the last pull (the epoch at the first). PostgreSQL and
    /// MySQL get it as the type it is compared with; as a text it is in the source's zone and its first date format, or
    /// RFC 3339 in UTC where it has no format.
    pub query: Option<String>,
    /// Orders only: each row is an order line with its order's columns repeated; a negative quantity is a refund.
    pub flat: bool,
    /// Our column = their column. A column of ours that is not named here is looked for by its own name.
    pub columns: BTreeMap<String, String>,
    /// Our column = the same value for every row.
    pub constants: BTreeMap<String, String>,
}

/// A web shop's feeds are known, and so are their columns.
pub(super) fn of_web_shop(section: &mut Section<'_>) -> Option<BTreeMap<Feed, FeedMap>> {
    for feed in Feed::ALL {
        section.optional(feed.as_str(), |_| Some(()));
        let remedy = "take it out; complaints can come from a source of their own";
        section.refuse(feed.as_str(), "WooCommerce says itself what its feeds are", remedy);
    }
    Some(WEB_SHOP_FEEDS.iter().map(|feed| (*feed, FeedMap::default())).collect())
}

/// What WooCommerce tells of.
pub const WEB_SHOP_FEEDS: [Feed; 5] =
    [Feed::Orders, Feed::OrderLines, Feed::Refunds, Feed::Payments, Feed::Customers];

pub(super) fn read_all(
    section: &mut Section<'_>,
    kind: Option<SourceKind>,
) -> Option<BTreeMap<Feed, FeedMap>> {
    let mut feeds = BTreeMap::new();
    let mut is_sound = true;
    for feed in Feed::ALL {
        if !section.has(feed.as_str()) {
            section.optional(feed.as_str(), |_| Some(()));
            continue;
        }
        match section.optional(feed.as_str(), |field| field.section(|section| read(section, feed, kind))) {
            Some(map) => drop(feeds.insert(feed, map)),
            None => is_sound = false,
        }
    }
    if !is_sound {
        return None;
    }
    let flat = feeds.get(&Feed::Orders).is_some_and(|orders| orders.flat);
    if kind.is_none() {
        // What is wrong with the kind has been said; the feeds of another kind may be other ones.
    } else if feeds.is_empty() {
        section.missing("orders", "this source delivers nothing", "add [source.orders] or another feed");
    } else if feeds.contains_key(&Feed::Orders) && !flat && !feeds.contains_key(&Feed::OrderLines) {
        let remedy =
            "add [source.order_lines], or `flat = true` to [source.orders] if each row is an order line";
        section.missing("order_lines", "the orders have no lines", remedy);
    } else if flat && feeds.contains_key(&Feed::OrderLines) {
        section.refuse(
            "order_lines",
            "flat orders bring their lines with them",
            "take it out, or `flat` from orders",
        );
    }
    Some(feeds)
}

fn read(section: &mut Section<'_>, feed: Feed, kind: Option<SourceKind>) -> Option<FeedMap> {
    let path = section.optional("path", |field| field.path());
    let query = section.optional("query", |field| Some(field.text()?.to_owned()));
    let flat = feed == Feed::Orders && section.optional("flat", |field| field.flag()).unwrap_or(false);
    match kind {
        Some(SourceKind::Csv | SourceKind::Parquet) => {
            section.missing("path", "is not set", "name the feed's file");
            section.refuse("query", "has a meaning for sqlite, postgres and mysql only", "take it out");
        }
        Some(SourceKind::Sqlite) => {
            section.missing("query", "is not set", "write a select; it may use :since");
            section.refuse("path", "the source has one file for all feeds", "move it up to the [[source]]");
        }
        Some(SourceKind::Postgres | SourceKind::Mysql | SourceKind::Woocommerce) => {
            section.missing("query", "is not set", "write a select; it may use :since");
            section.refuse("path", "a server is not reached by a path", "take it out");
        }
        None => {}
    }
    let known: BTreeSet<&str> = columns(feed, flat).iter().map(|(ours, _)| *ours).collect();
    let columns = section.optional("columns", |field| mapping(&field, &known)).unwrap_or_default();
    let constants = section.optional("constants", |field| {
        let constants = mapping(&field, &known)?;
        if let Some(both) = constants.keys().find(|ours| columns.contains_key(*ours)) {
            return field.wrong(
                format!("`{both}` is read from a column and is a constant too"),
                "take it out of one of them",
            );
        }
        Some(constants)
    });
    Some(FeedMap { path, query, flat, columns, constants: constants.unwrap_or_default() })
}

fn mapping(field: &Field<'_>, known: &BTreeSet<&str>) -> Option<BTreeMap<String, String>> {
    field.texts(|ours, field| {
        let theirs = field.text();
        if known.contains(ours) {
            return theirs.map(str::to_owned);
        }
        field.wrong(format!("`{ours}` is not a column of ours"), one_of(ours, known.iter().copied()))
    })
}
