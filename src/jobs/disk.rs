//! A store that cannot be written: the disk is full, or fails.
//!
//! Nothing can be recorded then, so the trouble is kept in memory, where `status` sees it, and told to the
//! administrators when it is over. Slots stay due, mail stays pending; both go on by themselves.

use std::sync::MutexGuard;

use tracing::{error, info};

use super::house::House;
use super::problems;
use crate::domain::trouble::StoreTrouble;
use crate::store;

/// Says so, once.
pub fn store_failed(house: &House, error: store::Error) {
    if !matches!(error, store::Error::Sqlite(_) | store::Error::File { .. }) {
        error!(error = %format!("{:#}", anyhow::Error::from(error)), "the store was asked for what it cannot do");
        return;
    }
    let what = format!("{:#}", anyhow::Error::from(error));
    let mut trouble = locked(house);
    if trouble.is_none() {
        error!(error = what, "the store cannot be written; work goes on by itself when it can");
        *trouble = Some(StoreTrouble { since: house.now(), what });
    }
}

/// Whether there is work to be begun: `false` as long as the store refuses even a small write.
pub fn store_works(house: &House) -> bool {
    if store_trouble(house).is_none() {
        return true;
    }
    let now = house.now().as_microsecond().to_le_bytes();
    house.store.write(|writer| writer.set_meta("last-try", &now)).is_ok()
}

/// A round of work met no trouble: what there was is over.
pub fn store_recovered(house: &House) {
    let Some(trouble) = store_trouble(house) else { return };
    if problems::store_was_down(house, &trouble.what, trouble.since, house.now()) {
        info!(since = %trouble.since, "the store can be written again");
        *locked(house) = None;
    }
}

/// What is wrong with the store now.
pub fn store_trouble(house: &House) -> Option<StoreTrouble> {
    locked(house).clone()
}

fn locked(house: &House) -> MutexGuard<'_, Option<StoreTrouble>> {
    house.store_trouble.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
