//! The schema and its versions: each migration is a file, run once, in a transaction of its own.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::Error;

/// Version n is the schema after the first n of these.
const MIGRATIONS: &[&str] = &[
    include_str!("schema/0001.sql"),
    include_str!("schema/0002.sql"),
    include_str!("schema/0003.sql"),
    include_str!("schema/0004.sql"),
    include_str!("schema/0005.sql"),
    include_str!("schema/0006.sql"),
    include_str!("schema/0007.sql"),
    include_str!("schema/0008.sql"),
];

/// Stands in the file's head, so that another program's database is not taken for ours ("FWt1").
const APPLICATION: i64 = 0x4657_7431;

/// Brings the database to this version's schema.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), Error> {
    run(connection, path, MIGRATIONS)
}

/// Whether the database has this version's schema; an earlier one has not been opened by it yet.
pub(super) fn is_current(connection: &Connection, path: &Path) -> Result<bool, Error> {
    let path = path.to_owned();
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, found) = (number("application_id")?, number("user_version")?);
    if application != APPLICATION {
        return Err(Error::NotOurs { path });
    }
    if found > known {
        return Err(Error::Newer { path, found, known });
    }
    Ok(found == known)
}

fn run(connection: &mut Connection, path: &Path, migrations: &[&str]) -> Result<(), Error> {
    let path = path.to_owned();
    let known = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    loop {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let number = |name| transaction.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let (application, found) = (number("application_id")?, number("user_version")?);
        let tables: i64 =
            transaction.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
        if application != APPLICATION && (application != 0 || found != 0 || tables != 0) {
            return Err(Error::NotOurs { path });
        }
        if found > known {
            return Err(Error::Newer { path, found, known });
        }
        let Some(migration) = usize::try_from(found).ok().and_then(|done| migrations.get(done)) else {
            return Ok(());
        };
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", found + 1)?;
        transaction.commit()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(connection: &Connection) -> i64 {
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
    }

    #[test]
    fn migrations_run_once_each_and_in_order() {
        let mut connection = Connection::open_in_memory().unwrap();
        let (one, two) = ("CREATE TABLE a (x INTEGER) STRICT", "INSERT INTO a (x) VALUES (1)");
        run(&mut connection, Path::new("db"), &[one]).unwrap();
        assert_eq!(version(&connection), 1);
        run(&mut connection, Path::new("db"), &[one, two]).unwrap();
        run(&mut connection, Path::new("db"), &[one, two]).unwrap();
        assert_eq!(version(&connection), 2);
        let rows: i64 = connection.query_row("SELECT count(*) FROM a", (), |row| row.get(0)).unwrap();
        assert_eq!(rows, 1);
    }

    #[test]
    fn a_migration_that_fails_leaves_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        let broken = "CREATE TABLE a (x INTEGER) STRICT; CREATE TABLE a (x INTEGER) STRICT";
        assert!(run(&mut connection, Path::new("db"), &[broken]).is_err());
        assert_eq!(version(&connection), 0);
        run(&mut connection, Path::new("db"), &["CREATE TABLE a (x INTEGER) STRICT"]).unwrap();
    }

    #[test]
    fn a_newer_schema_and_a_foreign_database_are_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, Path::new("db")).unwrap();
        connection.pragma_update(None, "user_version", 999).unwrap();
        let refused = migrate(&mut connection, Path::new("db"));
        assert!(matches!(refused, Err(Error::Newer { found: 999, .. })));
        let mut foreign = Connection::open_in_memory().unwrap();
        foreign.execute_batch("CREATE TABLE theirs (x)").unwrap();
        assert!(matches!(migrate(&mut foreign, Path::new("db")), Err(Error::NotOurs { .. })));
    }

    #[test]
    fn every_table_is_strict() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection, Path::new("db")).unwrap();
        let loose: i64 = connection
            .query_row(
                "SELECT count(*) FROM pragma_table_list
                 WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%' AND strict = 0",
                (),
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(loose, 0);
    }
}
