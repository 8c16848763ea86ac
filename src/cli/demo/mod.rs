//! The demo's shop: three years of a made-up Vietnamese watch shop, as the files a real one would export.
//!
//! [`write_shop`] writes the six feeds with our own column names and a configuration that reads them.
//! Invariant: the same seed gives the same bytes, on every machine. A handful of rows do not fit, as in
//! every real shop, so that there is something to see among the rejected. What the names, numbers and
//! addresses belong to does not exist.
//!
//! Deliberately absent: the clock (the demo's present is [`NOW`]) and the key (the vault makes it).

mod catalogue;
mod complaints;
mod names;
mod narrative;
mod orders;
mod pick;
mod season;
mod shop;
mod write;

use std::fs;
use std::io;
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, date};

pub use narrative::{DemoOptions, run};

/// The demo's present: Monday, 23 November 2026, 07:05 in Vietnam, five minutes after the weekly report is due.
pub const NOW: Timestamp = Timestamp::constant(1_795_392_300, 0);
/// The seed of the shop that the demo shows.
pub const SEED: u64 = 20_231_122;

/// The first day and the last whole day of the shop.
const OPENED: Date = date(2023, 11, 22);
const LAST_DAY: Date = date(2026, 11, 22);
/// [`NOW`], as the shop's clocks show it.
const NOW_THERE: DateTime = date(2026, 11, 23).at(7, 5, 0, 0);

/// How many rows were written of each feed; `bad_rows` of them do not fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShopSummary {
    pub customers: u64,
    pub orders: u64,
    pub order_lines: u64,
    pub refunds: u64,
    pub payments: u64,
    pub complaints: u64,
    pub bad_rows: u64,
}

/// The shop cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the demo's shop to {place}; choose another folder with --dir")]
pub struct ShopError {
    place: String,
    #[source]
    source: io::Error,
}

/// Writes `dir/shop/{orders,order_lines,refunds,payments,customers,complaints}.csv` and
/// `dir/firstwatch.toml`, over what stands there. `progress` is called with the days done and the days in all.
///
/// # Errors
/// [`ShopError`] when a file cannot be written.
pub fn write_shop(
    dir: &Path,
    seed: u64,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<ShopSummary, ShopError> {
    let shop = dir.join("shop");
    let at = |place: &Path| {
        let place = place.display().to_string();
        move |source| ShopError { place, source }
    };
    fs::create_dir_all(&shop).map_err(at(&shop))?;
    let file = dir.join("firstwatch.toml");
    fs::write(&file, configuration()).map_err(at(&file))?;
    let mut feeds = write::Feeds::create(&shop).map_err(at(&shop))?;
    shop::write(&mut feeds, seed, progress).map_err(at(&shop))?;
    feeds.finish().map_err(at(&shop))
}

/// The shop's configuration. Its paths are relative, so the folder can be moved: the key is expected at
/// `master.key`, the state goes to `state`, mail into the maildir `mail`, all beside the file.
pub fn configuration() -> &'static str {
    include_str!("firstwatch.toml")
}
