//! Opening the house: settings, store, vault, calendar and clock composed, and what the last process left sorted out
//! before any work.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::copies::name_of;
use super::house::{BACKUPS, House, working_calendar};
use super::keys::know_the_vault;
use super::ledger::rescue_interrupted;
use super::lookup;
use super::open_error::OpenError;
use super::planner::schedule_of;
use super::post::Post;
use super::tally::Tally;
use super::{backup, copies_kept, erase, scratch};
use crate::access::Grants;
use crate::domain::actor::Actor;
use crate::domain::clock::Clock;
use crate::ping::Pinger;
use crate::settings::{self, JobSpec, Settings};
use crate::store::{AuditEntry, Store};
use crate::vault::{KeyOrigin, MasterKey};

impl House {
    /// Opens store and vault. `credentials` is systemd's `$CREDENTIALS_DIRECTORY`, if there is one.
    ///
    /// # Errors
    /// [`OpenError`]: a missing or unfit master key is `Configuration`; a store that another process
    /// holds is `Busy`.
    pub fn open(
        settings: Settings,
        credentials: Option<PathBuf>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let calendar = working_calendar(&settings).map_err(OpenError::Configuration)?;
        let master = master_key(&settings, credentials)?;
        let store = open_store(&settings.store.directory, clock.as_ref())?;
        // The store is ours alone now, so nobody is at work on them.
        scratch::clear_leftovers(store.directory());
        copies_kept::put_back(&store.directory().join(BACKUPS));
        backup::clear_unfinished(&store.directory().join(BACKUPS));
        let (vault, system_key) = know_the_vault(&store, master, clock.now())?;
        erase::make_good(&store, clock.now()).map_err(OpenError::Erasures)?;
        lookup::complete(&store, &vault)?;
        let grants = grants(&settings);
        let schedule = |job: &JobSpec| Some((job.name.clone(), schedule_of(&settings, job)?));
        let schedules = settings.jobs.iter().filter_map(schedule).collect();
        let tally = Tally::new(clock.now());
        let house = Self {
            settings,
            store,
            vault,
            calendar,
            grants,
            schedules,
            clock,
            system_key,
            at_work: Arc::default(),
            post: Post::default(),
            pinger: Pinger::default(),
            rotating: Mutex::default(),
            counted: Mutex::default(),
            copies: Mutex::default(),
            store_trouble: Mutex::default(),
            tally,
        };
        // The store's lock is ours, so nobody is at what the ledger says is running.
        rescue_interrupted(&house)?;
        Ok(house)
    }
}

/// Opens the store. One that an earlier version made is backed up before it changes, as the nightly copies are, and the
/// audit log tells of the change.
fn open_store(directory: &Path, clock: &dyn Clock) -> Result<Store, OpenError> {
    let mut upgraded = None;
    let store = Store::open_after(directory, |earlier| {
        let schema = earlier.schema;
        let copy = backup::create_before_upgrade(earlier, clock.now())
            .map_err(|source| OpenError::Upgrade { schema, source })?;
        upgraded = Some((schema, name_of(&copy)));
        Ok::<_, OpenError>(())
    })?;
    if let Some((from, copy)) = upgraded {
        let to = store.read(|reader| reader.schema_version())?;
        tracing::info!(from, to, backup = %copy, "the store is of this version's schema now");
        let (subject, outcome) = (format!("schema {from} to {to}"), format!("done; before: backup {copy}"));
        let entry = AuditEntry {
            actor: &Actor::Daemon.to_string(),
            operation: "store.upgrade",
            subject: &subject,
            reason: "",
            outcome: &outcome,
        };
        store.write(|writer| writer.append_audit(&entry, clock.now()).map(|_| ()))?;
    }
    Ok(store)
}

/// Root and our own user administer the house; the others hold what the configuration gives them. A name that nobody
/// has keeps nobody from watching: `check` tells it, and so does the log.
fn grants(settings: &Settings) -> Grants {
    let mut grants = Grants::of_the_house(rustix::process::geteuid().as_raw());
    let held = settings::held_roles(settings);
    for problem in &held.problems {
        tracing::warn!(%problem, "a role is held by fewer than the configuration names");
    }
    for (role, uids) in held.uids {
        grants.grant_all(uids, role);
    }
    for (role, gids) in held.gids {
        gids.into_iter().for_each(|gid| grants.grant_group(gid, role));
    }
    grants
}

fn master_key(settings: &Settings, credentials: Option<PathBuf>) -> Result<MasterKey, OpenError> {
    let (path, origin) = match (&settings.vault.master_key_file, credentials) {
        (Some(file), _) => (file.clone(), KeyOrigin::File),
        (None, Some(directory)) => (directory.join("master-key"), KeyOrigin::Credential),
        (None, None) => {
            return Err(OpenError::Configuration(
                "vault.master_key_file is not set and there is no systemd credential `master-key`; \
                 start the service, which is given it, or run `firstwatch key new FILE` and name the file in [vault]"
                    .to_owned(),
            ));
        }
    };
    MasterKey::read(&path, origin)
        .map_err(|error| OpenError::Configuration(format!("{:#}", anyhow::Error::from(error))))
}
