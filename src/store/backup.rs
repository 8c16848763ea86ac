//! Copies of the database, made by SQLite itself while it is in use, and its own check of itself.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::files::sync_directory_of;
use super::open::failed;
use super::{AuditHead, Earlier, Error, Reader, Store};

/// What a copy of the database holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The version of its schema.
    pub schema: i64,
    pub audit_head: Option<AuditHead>,
}

impl Store {
    /// Copies the database as it is committed now to a new file with mode 0600, checks the copy, and
    /// brings it down to the disk. The copy is one file and needs no others beside it.
    ///
    /// # Errors
    /// [`Error::Exists`], [`Error::File`], [`Error::Damaged`] when the copy is not sound,
    /// [`Error::Sqlite`].
    pub fn backup_to(&self, path: &Path) -> Result<Copied, Error> {
        backup(&self.connect_reader()?, path)
    }

    /// Closes the store and leaves it as [`Store::backup_to`] makes one: a file that needs no others beside it.
    ///
    /// # Errors
    /// [`Error::Sqlite`], when somebody else has it open too.
    pub fn lay_down(self) -> Result<(), Error> {
        drop(self.reader);
        let writer = self.writer.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(writer.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))?)
    }

    /// [`Reader::integrity_check`] on a connection of its own, for it takes long.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn integrity_check(&self) -> Result<Vec<String>, Error> {
        Reader { connection: &self.connect_reader()? }.integrity_check()
    }
}

impl Earlier<'_> {
    /// [`Store::backup_to`], of the store as it is before its schema changes.
    ///
    /// # Errors
    /// Those of [`Store::backup_to`].
    pub fn backup_to(&self, path: &Path) -> Result<Copied, Error> {
        backup(self.connection, path)
    }
}

fn backup(source: &Connection, path: &Path) -> Result<Copied, Error> {
    let file = match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(Error::Exists { path: path.to_owned() });
        }
        other => other.map_err(failed(path))?,
    };
    let copied = copy(source, path).and_then(|copied| {
        file.sync_all().map_err(failed(path))?;
        sync_directory_of(path)?;
        Ok(copied)
    });
    if copied.is_err() {
        // What is half a backup must not be taken for one; the first error is the one to tell.
        let _ = std::fs::remove_file(path);
    }
    copied
}

fn copy(source: &Connection, path: &Path) -> Result<Copied, Error> {
    let mut copy = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // All pages in one step: one snapshot, which no writer can make begin again.
    let step = Backup::new(source, &mut copy)?.step(-1)?;
    if step != StepResult::Done {
        return Err(Error::Unfinished { path: path.to_owned() });
    }
    copy.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))?;
    let reader = Reader { connection: &copy };
    let problems = reader.integrity_check()?;
    if !problems.is_empty() {
        return Err(Error::Damaged { path: path.to_owned(), problems });
    }
    let schema = copy.pragma_query_value(None, "user_version", |row| row.get(0))?;
    Ok(Copied { schema, audit_head: reader.audit_head()? })
}

impl Reader<'_> {
    /// SQLite's check of every page, index and constraint, and of every reference. Empty when all is well.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn integrity_check(&self) -> Result<Vec<String>, Error> {
        let mut problems = self.all("PRAGMA integrity_check", (), |row| row.get::<_, String>(0))?;
        problems.retain(|problem| problem != "ok");
        let orphans = self.all("PRAGMA foreign_key_check", (), |row| {
            Ok(format!(
                "a row of {} refers to none of {}",
                row.get::<_, String>(0)?,
                row.get::<_, String>(2)?
            ))
        })?;
        problems.extend(orphans);
        problems.extend(self.problems_of_runs()?);
        Ok(problems)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::super::fixture::{a_customer, fixture};
    use super::*;

    #[test]
    fn a_backup_is_one_file_that_opens_as_a_store() {
        let fixture = fixture();
        fixture.write(a_customer);
        let away = tempfile::tempdir().unwrap();
        let copy = away.path().join("firstwatch.db");
        // Made while a transaction is open: what is not committed is not in it.
        fixture.write(|w| {
            a_customer(w)?;
            fixture.store.backup_to(&copy)
        });
        let files: Vec<_> = std::fs::read_dir(away.path()).unwrap().collect();
        assert_eq!(files.len(), 1);
        assert_eq!(std::fs::metadata(&copy).unwrap().mode() & 0o7777, 0o600);
        let restored = Store::open(away.path()).unwrap();
        assert_eq!(restored.read(|r| r.count_customers()).unwrap(), 1);
        assert_eq!(restored.integrity_check().unwrap(), Vec::<String>::new());
        restored.lay_down().unwrap();
        let looked_into = crate::store::Archive::open(away.path()).unwrap().unwrap();
        assert_eq!(looked_into.read(|r| r.count_customers()).unwrap(), 1);
        let lies_beside = |ending| away.path().join(format!("firstwatch.db{ending}")).exists();
        assert!(
            !lies_beside("-wal") && !lies_beside("-shm"),
            "one file, before and after somebody has looked"
        );
    }

    #[test]
    fn a_backup_replaces_nothing() {
        let fixture = fixture();
        let there = fixture.directory.path().join("yesterday.db");
        std::fs::write(&there, "yesterday").unwrap();
        assert!(matches!(fixture.store.backup_to(&there), Err(Error::Exists { .. })));
        assert_eq!(std::fs::read(&there).unwrap(), b"yesterday");
        let nowhere = fixture.directory.path().join("none/backup.db");
        assert!(matches!(fixture.store.backup_to(&nowhere), Err(Error::File { .. })));
    }

    #[test]
    fn damage_is_found() {
        let fixture = fixture();
        fixture.write(a_customer);
        let damaged = fixture.tampered(
            "PRAGMA foreign_keys = OFF;
             INSERT INTO identifiers (kind, blind, customer) VALUES ('phone', zeroblob(16), 99)",
        );
        let problems = damaged.store.integrity_check().unwrap();
        assert_eq!(problems, ["a row of identifiers refers to none of customers"]);
        let away = tempfile::tempdir().unwrap();
        let copy = away.path().join("copy.db");
        assert!(matches!(damaged.store.backup_to(&copy), Err(Error::Damaged { .. })));
        assert!(!copy.exists(), "a bad copy is not left lying about");
    }
}
