//! Sealed pages: the booked entries of closed days as immutable Parquet files, one line for each
//! (day, day it belongs to, kind, customer, place).
//!
//! Invariants: the same entries, in any order, give the same bytes; a page that stands is never written
//! again; bytes are checked against the hash the store keeps before anything in them is believed; no
//! component is negative, for disclosure control relies on it; no identifier of a customer but the keyed
//! pseudonym. A page is at most one calendar month, and pages do not overlap.
//!
//! Polars panics here and there on odd input: every call of it is fenced, and a panic becomes
//! [`Error::Polars`].
//!
//! Absent by design: the ledger of pages (the store has it), and any change or deletion of a page.

mod frame;
mod netting;
mod page_file;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use jiff::civil::Date;
pub use polars::prelude::DataFrame;

use crate::domain::entry::{Component, Entry};

/// A sealed page, as the store records it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub from: Date,
    /// Not on the page.
    pub until: Date,
    /// The name of its file in the directory of facts.
    pub file: String,
    pub sha256: [u8; 32],
    pub rows: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("a page must lie within one calendar month; {from} to {until} does not")]
    NotOneMonth { from: Date, until: Date },
    #[error("an entry of {day} does not belong on the page {from} to {until}")]
    OutsidePage { day: Date, from: Date, until: Date },
    #[error("the books of {day} are out of order: {} is negative; nothing was sealed", component.as_str())]
    Negative { day: Date, component: Component },
    #[error("the sums of {day} do not fit; look for absurd amounts in the source")]
    TooLarge { day: Date },
    #[error("{} stands already with other content; a sealed page never changes; if no release is recorded for it, move it away", path.display())]
    OtherContent { path: PathBuf },
    #[error("{} is not what was sealed: its hash differs; restore it from a backup", path.display())]
    HashDiffers { path: PathBuf },
    #[error("the pages {left} and {right} overlap")]
    Overlap { left: String, right: String },
    #[error("{file:?} is not the name of a page")]
    BadName { file: String },
    #[error("failed to {action} {}", path.display())]
    File { action: &'static str, path: PathBuf, source: std::io::Error },
    #[error("polars failed on a page: {0}")]
    Polars(String),
}

/// Seals the entries booked on the days `from..until` (a part of one calendar month) in `directory`.
/// The entries must be all of those days. Sealing again what is sealed changes nothing.
///
/// # Errors
/// [`Error::OtherContent`] when the page stands with other content; [`Error::Negative`] when the books
/// break their promise; and whatever the disk says.
pub fn seal(directory: &Path, from: Date, until: Date, entries: &[Entry]) -> Result<Page, Error> {
    let last = until.yesterday().unwrap_or(from);
    if until <= from || from.first_of_month() != last.first_of_month() {
        return Err(Error::NotOneMonth { from, until });
    }
    let rows = netting::net(entries, from, until)?;
    let bytes = frame::to_parquet(&rows)?;
    let file = format!("{from}_{until}.parquet");
    let sha256 = page_file::write(&directory.join(&file), &bytes)?;
    Ok(Page { from, until, file, sha256, rows: rows.len() as u64 })
}

/// The rows of the days `from..until`, sorted, off pages whose hashes were checked. Columns: `day` and
/// `belongs_to` (dates), `kind`, `customer` (u64), the place columns by [`Dimension::as_str`], the seven
/// components by [`Component::as_str`], `tax` and `shipping` (all i64).
///
/// [`Dimension::as_str`]: crate::domain::entry::Dimension::as_str
///
/// # Errors
/// When pages overlap, are missing or are not what was sealed.
pub fn load(directory: &Path, pages: &[Page], from: Date, until: Date) -> Result<DataFrame, Error> {
    let mut whole = frame::empty()?;
    for page in in_order(pages)? {
        if page.from < until && from < page.until {
            let bytes = page_file::read(directory, page)?;
            let rows = frame::from_parquet(bytes)?;
            whole = frame::append(whole, &rows, from, until)?;
        }
    }
    Ok(whole)
}

/// The rows of one page, whose hash was checked, with these of the columns that [`load`] gives.
///
/// # Errors
/// When the page is missing or is not what was sealed.
pub fn read(directory: &Path, page: &Page, columns: &[&str]) -> Result<DataFrame, Error> {
    frame::some_of_parquet(page_file::read(directory, page)?, columns)
}

/// Checks that no two pages overlap.
///
/// # Errors
/// [`Error::Overlap`].
pub fn check_apart(pages: &[Page]) -> Result<(), Error> {
    in_order(pages).map(|_| ())
}

/// Checks every page against its hash, and that they do not overlap. Gives how many there are.
///
/// # Errors
/// The first page that is missing or not what was sealed.
pub fn verify(directory: &Path, pages: &[Page]) -> Result<usize, Error> {
    for page in in_order(pages)? {
        page_file::read(directory, page)?;
    }
    Ok(pages.len())
}

fn in_order(pages: &[Page]) -> Result<Vec<&Page>, Error> {
    let mut sorted: Vec<&Page> = pages.iter().collect();
    sorted.sort_by_key(|page| (page.from, page.until));
    match sorted.windows(2).find(|pair| pair[1].from < pair[0].until) {
        Some(pair) => Err(Error::Overlap { left: pair[0].file.clone(), right: pair[1].file.clone() }),
        None => Ok(sorted),
    }
}
