//! Opening: the directory, the lock, the files' modes, and the settings that keep committed work.

use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::{Error, Store, schema};

/// The database's file in the state directory.
pub const DATABASE: &str = "firstwatch.db";
const LOCK: &str = "firstwatch.lock";

/// Other processes hold the database only while they look at it with SQLite's shell.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Set on every connection and read back. Without FULL, WAL loses committed work at power loss;
/// secure_delete overwrites what an update or a deletion leaves behind in the file.
const SETTINGS: [(&str, &str, &str); 5] = [
    ("journal_mode", "wal", "wal"),
    ("synchronous", "FULL", "2"),
    ("foreign_keys", "ON", "1"),
    ("secure_delete", "ON", "1"),
    ("temp_store", "MEMORY", "2"),
];

/// Of the connection that writes, in KiB and in pages of 4 KiB. A first pull adds to indexes in no order: with SQLite's
/// own few MiB it writes most of their pages for every few thousand rows, and once more when the log is taken over.
const WRITING: [(&str, i64); 2] = [("cache_size", -32_768), ("wal_autocheckpoint", 16_384)];

/// A store that an earlier version made, before it becomes one of this version.
pub struct Earlier<'a> {
    pub(super) connection: &'a Connection,
    pub directory: &'a Path,
    /// Its schema's version.
    pub schema: i64,
}

impl Store {
    /// Opens the store in `directory`; makes both when they are not there. Only one process can.
    ///
    /// # Errors
    /// [`Error::Busy`] when another holds it, [`Error::OpenToOthers`], [`Error::NotOurs`],
    /// [`Error::Newer`], [`Error::Setting`], [`Error::File`], [`Error::Sqlite`].
    pub fn open(directory: &Path) -> Result<Self, Error> {
        Self::open_after(directory, |_| Ok(()))
    }

    /// [`Store::open`] of a store that somebody may need as it was: when an earlier version made it, `before` sees it
    /// first, and its error leaves it as it is.
    ///
    /// # Errors
    /// Those of [`Store::open`] and of `before`.
    pub fn open_after<E: From<Error>>(
        directory: &Path,
        before: impl FnOnce(&Earlier<'_>) -> Result<(), E>,
    ) -> Result<Self, E> {
        make_private_directory(directory)?;
        let lock = take_lock(directory)?;
        let database = directory.join(DATABASE);
        private_file(&database)?;
        let mut writer = connect(&database)?;
        schema::migrate(&mut writer, &database, |connection, schema| {
            before(&Earlier { connection, directory, schema })
        })?;
        for (name, value) in WRITING {
            writer
                .pragma_update_and_check(None, name, value, |_| Ok(()))
                .or_else(silent)
                .map_err(Error::from)?;
        }
        let reader = connect(&database)?;
        reader.pragma_update(None, "query_only", true).map_err(Error::from)?;
        Ok(Self {
            directory: directory.to_owned(),
            writer: Mutex::new(writer),
            reader: Mutex::new(reader),
            till: AtomicU64::new(0),
            _lock: lock,
        })
    }

    /// A further reading connection, for what must not wait for the others.
    pub(super) fn connect_reader(&self) -> Result<Connection, Error> {
        let reader = connect(&self.directory.join(DATABASE))?;
        reader.pragma_update(None, "query_only", true)?;
        Ok(reader)
    }
}

/// Makes the directory and its parents with mode 0700. One that is there already is tightened only when
/// it is empty or ours: another's directory keeps its mode.
pub(super) fn make_private_directory(path: &Path) -> Result<(), Error> {
    let failed = failed(path);
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(&failed)?;
    let mode = std::fs::metadata(path).map_err(&failed)?.mode() & 0o7777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let empty = std::fs::read_dir(path).map_err(&failed)?.next().is_none();
    if !empty && !path.join(DATABASE).exists() {
        return Err(Error::OpenToOthers { path: path.to_owned(), mode });
    }
    std::fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(&failed)
}

/// A closure that names the file an error of the system is about.
pub(super) fn failed(path: &Path) -> impl Fn(std::io::Error) -> Error {
    let path: PathBuf = path.to_owned();
    move |source| Error::File { path: path.clone(), source }
}

fn take_lock(directory: &Path) -> Result<File, Error> {
    let path = directory.join(LOCK);
    let file = private_file(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Busy(directory.to_owned())),
        Err(TryLockError::Error(source)) => Err(Error::File { path, source }),
    }
}

/// Makes the file with mode 0600 before anybody writes into it; SQLite gives its own files beside a
/// database the database's mode.
fn private_file(path: &Path) -> Result<File, Error> {
    let failed = failed(path);
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(&failed)?;
    file.set_permissions(Permissions::from_mode(0o600)).map_err(&failed)?;
    Ok(file)
}

fn connect(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(128);
    // A statement's plan does not depend on its parameters. Else SQLite makes plans anew whenever one of some statements is
    // given others, which took a sixth of a pull.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    for (name, wanted, reads) in SETTINGS {
        connection.pragma_update_and_check(None, name, wanted, |_| Ok(())).or_else(silent)?;
        let found = connection.pragma_query_value(None, name, |row| {
            Ok(match row.get_ref(0)? {
                rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                other => other.as_str().unwrap_or_default().to_owned(),
            })
        })?;
        if found != reads {
            return Err(Error::Setting { name, wanted, found });
        }
    }
    Ok(connection)
}

/// Some settings answer with a row and some do not.
fn silent(error: rusqlite::Error) -> rusqlite::Result<()> {
    match error {
        rusqlite::Error::QueryReturnedNoRows => Ok(()),
        other => Err(other),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{a_customer, fixture, now, shop};
    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().mode() & 0o7777
    }

    #[test]
    fn a_second_open_is_busy_until_the_first_is_closed() {
        let fixture = fixture();
        let second = Store::open(fixture.directory.path());
        let Err(Error::Busy(directory)) = second else { panic!("opened twice") };
        assert_eq!(directory, fixture.directory.path());
        drop(fixture.store);
        Store::open(&directory).unwrap();
    }

    #[test]
    fn everything_is_there_when_it_is_opened_again() {
        let fixture = fixture();
        let no = fixture.write(|w| {
            w.set_watermark(&shop(), now())?;
            a_customer(w)
        });
        let fixture = fixture.reopened();
        fixture
            .store
            .read::<_, Error>(|r| {
                assert_eq!(r.watermark(&shop())?, Some(now()));
                assert!(r.customer(no)?.is_some());
                Ok(())
            })
            .unwrap();
    }

    #[test]
    fn only_we_may_enter_and_read() {
        let above = tempfile::tempdir().unwrap();
        let directory = above.path().join("new/state");
        let store = Store::open(&directory).unwrap();
        store.write(|w| w.set_watermark(&shop(), now())).unwrap();
        assert_eq!(mode(&directory), 0o700);
        let mut files: Vec<String> = Vec::new();
        for file in std::fs::read_dir(&directory).unwrap() {
            let file = file.unwrap();
            assert_eq!(mode(&file.path()), 0o600, "{:?}", file.file_name());
            files.push(file.file_name().into_string().unwrap());
        }
        files.sort();
        assert_eq!(files, ["firstwatch.db", "firstwatch.db-shm", "firstwatch.db-wal", "firstwatch.lock"]);
    }

    #[test]
    fn an_open_directory_is_tightened_when_it_is_ours_and_left_alone_when_it_is_not() {
        let theirs = tempfile::tempdir().unwrap();
        std::fs::set_permissions(theirs.path(), Permissions::from_mode(0o755)).unwrap();
        std::fs::write(theirs.path().join("letter.txt"), "dear").unwrap();
        assert!(matches!(Store::open(theirs.path()), Err(Error::OpenToOthers { mode: 0o755, .. })));
        assert_eq!(mode(theirs.path()), 0o755);
        std::fs::remove_file(theirs.path().join("letter.txt")).unwrap();
        drop(Store::open(theirs.path()).unwrap());
        assert_eq!(mode(theirs.path()), 0o700);
        std::fs::set_permissions(theirs.path(), Permissions::from_mode(0o755)).unwrap();
        std::fs::set_permissions(theirs.path().join(DATABASE), Permissions::from_mode(0o644)).unwrap();
        drop(Store::open(theirs.path()).unwrap());
        assert_eq!((mode(theirs.path()), mode(&theirs.path().join(DATABASE))), (0o700, 0o600));
    }

    #[test]
    fn committed_work_is_on_the_disk() {
        let fixture = fixture();
        for connection in [&fixture.store.writer, &fixture.store.reader] {
            let connection = connection.lock().unwrap();
            let read = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
            assert_eq!((read("synchronous"), read("foreign_keys"), read("secure_delete")), (2, 1, 1));
            let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
            assert_eq!(mode, "wal");
        }
    }

    #[test]
    fn a_store_of_a_newer_version_is_left_alone() {
        let fixture = fixture();
        let directory = fixture.directory;
        drop(fixture.store);
        let other = Connection::open(directory.path().join(DATABASE)).unwrap();
        other.pragma_update(None, "user_version", 1000).unwrap();
        drop(other);
        let refused = Store::open(directory.path()).err().unwrap();
        assert!(refused.to_string().contains("run the newer version"), "{refused}");
    }

    #[test]
    fn what_is_no_database_of_ours_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(DATABASE), "this is no database at all, and long enough")
            .unwrap();
        assert!(Store::open(directory.path()).is_err());
    }
}
