//! A store that is looked into beside whoever has it open, and never written.

use std::path::Path;
use std::sync::Mutex;

use rusqlite::{Connection, OpenFlags};

use super::open::{BUSY_TIMEOUT, DATABASE};
use super::{Error, Reader, locked, schema};

pub struct Archive {
    connection: Mutex<Connection>,
}

impl Archive {
    /// The store in `directory`; `None` when there is none, or none that this version has opened yet.
    ///
    /// # Errors
    /// [`Error::NotOurs`], [`Error::Newer`], [`Error::Sqlite`].
    pub fn open(directory: &Path) -> Result<Option<Self>, Error> {
        let found = Self::connect(directory)?.filter(|&(_, is_current)| is_current);
        Ok(found.map(|(connection, _)| Self { connection: Mutex::new(connection) }))
    }

    /// With whether it is of this version.
    fn connect(directory: &Path) -> Result<Option<(Connection, bool)>, Error> {
        let database = directory.join(DATABASE);
        if !database.exists() {
            return Ok(None);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&database, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        let is_current = schema::is_current(&connection, &database)?;
        Ok(Some((connection, is_current)))
    }

    /// Whose master key's store it is in `directory`, whatever version made it; `None` when there is none.
    ///
    /// # Errors
    /// [`Error::NotOurs`], [`Error::Newer`], [`Error::Sqlite`].
    pub fn fingerprint(directory: &Path) -> Result<Option<[u8; 32]>, Error> {
        match Self::connect(directory)? {
            // The table and the key are those of the first version.
            Some((connection, _)) => Reader { connection: &connection }.vault_fingerprint(),
            None => Ok(None),
        }
    }

    /// Everything that `work` reads is of one moment.
    ///
    /// # Errors
    /// Those of `work`; [`Error::Sqlite`].
    pub fn read<T, E: From<Error>>(&self, work: impl FnOnce(&Reader<'_>) -> Result<T, E>) -> Result<T, E> {
        let mut connection = locked(&self.connection);
        let transaction = connection.transaction().map_err(Error::from)?;
        work(&Reader { connection: &transaction })
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{a_customer, fixture};
    use super::*;

    #[test]
    fn what_another_has_open_is_read_and_not_written() {
        let fixture = fixture();
        fixture.write(|w| a_customer(w).map(|_| ()));
        let archive = Archive::open(fixture.directory.path()).unwrap().expect("a store");
        assert_eq!(archive.read(|r| r.count_customers()).unwrap(), 1);
        let refused: Result<i64, Error> = archive.read(|r| {
            let sql = "INSERT INTO watermarks (source, complete_until) VALUES ('x', 1) RETURNING 1";
            r.single(sql, (), |row| row.get(0))
        });
        assert!(matches!(refused, Err(Error::Sqlite(_))));
    }

    #[test]
    fn nothing_is_made_where_there_is_none() {
        let directory = tempfile::tempdir().unwrap();
        assert!(Archive::open(directory.path()).unwrap().is_none());
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
