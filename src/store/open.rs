//! Opening: the directory, the lock, the files' modes, and the settings that keep committed work.

use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::{Error, Store, schema};

const DATABASE: &str = "firstwatch.db";
const LOCK: &str = "firstwatch.lock";

/// Other processes hold the database only while they look at it with SQLite's shell.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Set on every connection and read back. Without FULL, WAL loses committed work at power loss;
/// secure_delete overwrites what an update or a deletion leaves behind in the file.
const SETTINGS: [(&str, &str, &str); 5] = [
    ("journal_mode", "wal", "wal"),
    ("synchronous", "FULL", "2"),
    ("foreign_keys", "ON", "1"),
    ("secure_delete", "ON", "1"),
    ("temp_store", "MEMORY", "2"),
];

impl Store {
    /// Opens the store in `directory`; makes both when they are not there. Only one process can.
    ///
    /// # Errors
    /// [`Error::Busy`] when another holds it, [`Error::OpenToOthers`], [`Error::NotOurs`],
    /// [`Error::Newer`], [`Error::Setting`], [`Error::File`], [`Error::Sqlite`].
    pub fn open(directory: &Path) -> Result<Self, Error> {
        make_private_directory(directory)?;
        let lock = take_lock(directory)?;
        let database = directory.join(DATABASE);
        private_file(&database)?;
        let mut writer = connect(&database)?;
        schema::migrate(&mut writer, &database)?;
        let reader = connect(&database)?;
        reader.pragma_update(None, "query_only", true)?;
        Ok(Self {
            directory: directory.to_owned(),
            writer: Mutex::new(writer),
            reader: Mutex::new(reader),
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
