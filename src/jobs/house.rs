//! The house while it is open: settings, store, vault, calendar and clock, composed once and handed to
//! every job and operation.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::at_work::AtWork;
use super::counted::Counted;
use super::post::Post;
use super::tally::Tally;
use crate::access::Grants;
use crate::calendar::{CalendarDays, WorkingCalendar};
use crate::domain::clock::Clock;
use crate::domain::ids::JobName;
use crate::domain::sealed::{Sealed, WrappedKey};
use crate::domain::trouble::StoreTrouble;
use crate::ping::Pinger;
use crate::schedule::Schedule;
use crate::settings::Settings;
use crate::store::{RunState, Store};
use crate::vault::{self, Sealable, Vault};

pub(super) const BACKUPS: &str = "backups";
pub(super) const FACTS: &str = "facts";

pub struct House {
    pub settings: Settings,
    pub store: Store,
    pub vault: Vault,
    pub calendar: WorkingCalendar,
    pub grants: Grants,
    /// Each job's, read once.
    pub(super) schedules: BTreeMap<JobName, Schedule>,
    pub(super) clock: Arc<dyn Clock>,
    /// The key of personal data that belongs to no customer we know.
    pub(super) system_key: WrappedKey,
    pub(super) at_work: Arc<AtWork>,
    pub(super) post: Post,
    pub(super) pinger: Pinger,
    /// Held while the master key is rotated.
    pub(super) rotating: Mutex<()>,
    pub(super) counted: Mutex<Option<Counted>>,
    /// Held while copies that are kept are changed or dropped.
    pub(super) copies: Mutex<()>,
    pub(super) store_trouble: Mutex<Option<StoreTrouble>>,
    pub(super) tally: Tally,
}

impl House {
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Time passed since some instant; see [`Clock::elapsed`].
    pub(super) fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    /// When this process opened the house.
    pub fn opened_at(&self) -> Timestamp {
        self.tally.since
    }

    /// Attempts of the job that ended in this state since then; of `skipped`, slots that were passed over.
    pub fn ended_runs(&self, job: &JobName, state: RunState) -> u64 {
        self.tally.ended_in(job, state)
    }

    pub fn system_key(&self) -> &WrappedKey {
        &self.system_key
    }

    pub fn seal_with_system_key<T: Sealable>(
        &self,
        context: &str,
        value: &T,
    ) -> Result<Sealed<T>, vault::Error> {
        self.vault.seal_value(&self.system_key, context, value)
    }

    /// Where the sealed pages lie.
    pub fn facts_directory(&self) -> PathBuf {
        self.store.directory().join(FACTS)
    }

    pub fn backups_directory(&self) -> PathBuf {
        self.store.directory().join(BACKUPS)
    }

    /// A turn at the copies that are kept.
    pub(super) fn at_copies(&self) -> MutexGuard<'_, ()> {
        self.copies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on somebody delivers mail whenever this bell rings, so that nobody else has to.
    pub fn hire_postman(&self, bell: impl Fn() + Send + Sync + 'static) {
        self.post.hire(bell);
    }

    /// There may be mail. `false` when nobody is hired to deliver it.
    pub fn ring_for_mail(&self) -> bool {
        self.post.ring()
    }
}

/// The calendar of the settings: the embedded one, and the files that override it.
///
/// # Errors
/// What is wrong with which file, as a sentence.
pub fn working_calendar(settings: &Settings) -> Result<WorkingCalendar, String> {
    let mut days = CalendarDays::vietnam().map_err(|error| format!("the embedded calendar: {error}"))?;
    for file in &settings.calendar.files {
        let text = std::fs::read_to_string(file)
            .map_err(|error| format!("failed to read the calendar {}: {error}", file.display()))?;
        let more =
            CalendarDays::parse(&text).map_err(|error| format!("calendar {}: {error}", file.display()))?;
        days = days.overridden_by(more);
    }
    WorkingCalendar::new(days, &settings.calendar.working_days, &settings.calendar.working_hours)
        .map_err(|error| format!("calendar: {error}"))
}
