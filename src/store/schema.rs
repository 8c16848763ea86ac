//! The schema and its versions: each migration is a file, run once. All that are missing run in one transaction, so that a
//! store is of the version before or of this one, whatever happens meanwhile.

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
    include_str!("schema/0009.sql"),
];

/// Stands in the file's head, so that another program's database is not taken for ours ("FWt1").
const APPLICATION: i64 = 0x4657_7431;

/// Brings the database to this version's schema. `before` is told the version that it finds, of a database that holds
/// something and is an earlier version's, before anything changes.
pub(super) fn migrate<E: From<Error>>(
    connection: &mut Connection,
    path: &Path,
    before: impl FnOnce(&Connection, i64) -> Result<(), E>,
) -> Result<(), E> {
    let found = version(connection, path, MIGRATIONS.len())?;
    if (1..i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)).contains(&found) {
        before(connection, found)?;
    }
    Ok(run(connection, path, MIGRATIONS)?)
}

/// Whether the database has this version's schema; an earlier one has not been opened by it yet.
pub(super) fn is_current(connection: &Connection, path: &Path) -> Result<bool, Error> {
    let found = version(connection, path, MIGRATIONS.len())?;
    if found == 0 {
        return Err(Error::NotOurs { path: path.to_owned() });
    }
    Ok(usize::try_from(found) == Ok(MIGRATIONS.len()))
}

/// The version of the database's schema; 0 of one that holds nothing yet.
fn version(connection: &Connection, path: &Path, known: usize) -> Result<i64, Error> {
    let path = path.to_owned();
    let known = i64::try_from(known).unwrap_or(i64::MAX);
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, found) = (number("application_id")?, number("user_version")?);
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
    if application != APPLICATION && (application != 0 || found != 0 || tables != 0) {
        return Err(Error::NotOurs { path });
    }
    if found > known {
        return Err(Error::Newer { path, found, known });
    }
    Ok(found)
}

fn run(connection: &mut Connection, path: &Path, migrations: &[&str]) -> Result<(), Error> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = version(&transaction, path, migrations.len())?;
    let missing = migrations.get(usize::try_from(found).unwrap_or(usize::MAX)..).unwrap_or_default();
    if missing.is_empty() {
        return Ok(());
    }
    for migration in missing {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    let now = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    transaction.pragma_update(None, "user_version", now)?;
    Ok(transaction.commit()?)
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    fn version(connection: &Connection) -> i64 {
        super::version(connection, Path::new("db"), MIGRATIONS.len()).unwrap()
    }

    fn upgrade(connection: &mut Connection) -> Result<(), Error> {
        migrate(connection, Path::new("db"), |_, _| Ok(()))
    }

    /// A store that was made by a migration is not changed by changing the migration: write another one instead, and add
    /// its hash here.
    #[test]
    fn a_migration_never_changes_once_it_is_shipped() {
        let shipped = [
            "499e1ad558bfe943a7fe14172f7be43cdda0429c9f64062e5f6dbb7552c77cef",
            "814ef4abf3825d8499aa791569cf2aa1f5c059e1137cc733d4c6d614f3aea685",
            "f450c962528af7e50d26c593df4cab8c48506ee0b2c7a0f3e77cac8c0069712b",
            "213f8e5fdc488f2a4d5e83f9033e003f2ee1c0ec22bce5230b12f5e029d08aef",
            "c100e4f9a942d41ead36afb75abee36f991a0f8c5e6f943c0c9e199a6b853a00",
            "ede81dad28ddc7741f668c96c4a540ba854652da022a7322143b07ca49cbd2db",
            "06046193765d89e03790f3add4fdb68b97e57a822e10dffe7b0531cdbfb7adb8",
            "8bb45305da11532961cee67ef573cb31455aee1da7ef70882d1e90b78db8b6a9",
            "31ada3d525b458f91b7a60d80ecc856405a172501b715e624c03d39f395ec66f",
        ];
        let hashes: Vec<String> =
            MIGRATIONS.iter().map(|migration| hex::encode(Sha256::digest(migration))).collect();
        assert_eq!(hashes, shipped);
    }

    #[test]
    fn what_an_earlier_version_made_is_shown_before_it_changes() {
        let mut connection = Connection::open_in_memory().unwrap();
        run(&mut connection, Path::new("db"), &MIGRATIONS[..3]).unwrap();
        let refused = migrate(&mut connection, Path::new("db"), |before, found| {
            assert_eq!((found, version(before)), (3, 3));
            Err(Error::MessageDiffers)
        });
        assert!(matches!(refused, Err(Error::MessageDiffers)));
        assert_eq!(version(&connection), 3, "without it nothing changes");
        let shown = std::cell::Cell::new(0);
        let show = |_: &Connection, found| -> Result<(), Error> {
            shown.set(shown.get() + found);
            Ok(())
        };
        migrate(&mut connection, Path::new("db"), show).unwrap();
        migrate(&mut connection, Path::new("db"), show).unwrap();
        migrate(&mut Connection::open_in_memory().unwrap(), Path::new("db"), show).unwrap();
        assert_eq!((shown.get(), version(&connection)), (3, MIGRATIONS.len() as i64), "once");
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
    fn a_migration_that_fails_leaves_nothing_of_any() {
        let mut connection = Connection::open_in_memory().unwrap();
        let good = "CREATE TABLE b (x INTEGER) STRICT";
        let broken = "CREATE TABLE a (x INTEGER) STRICT; CREATE TABLE a (x INTEGER) STRICT";
        assert!(run(&mut connection, Path::new("db"), &[good, broken]).is_err());
        assert_eq!(version(&connection), 0);
        run(&mut connection, Path::new("db"), &[good, "CREATE TABLE a (x INTEGER) STRICT"]).unwrap();
        assert_eq!(version(&connection), 2);
    }

    #[test]
    fn a_newer_schema_and_a_foreign_database_are_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        upgrade(&mut connection).unwrap();
        connection.pragma_update(None, "user_version", 999).unwrap();
        let refused = upgrade(&mut connection);
        assert!(matches!(refused, Err(Error::Newer { found: 999, .. })));
        let mut foreign = Connection::open_in_memory().unwrap();
        foreign.execute_batch("CREATE TABLE theirs (x)").unwrap();
        assert!(matches!(upgrade(&mut foreign), Err(Error::NotOurs { .. })));
    }

    /// See 0009.sql.
    #[test]
    fn no_check_of_a_table_that_pulls_fill_has_a_list() {
        let mut connection = Connection::open_in_memory().unwrap();
        upgrade(&mut connection).unwrap();
        for (table, columns, values) in [
            ("identifiers", "kind, blind", ["'email', zeroblob(16)", "'citizen-id', zeroblob(16)"]),
            (
                "orders",
                "source, id, hash, placed_at, discount, shipping, tax, fees, status",
                [
                    "'a', '1', zeroblob(32), 1, 0, 0, 0, 0, 'trashed'",
                    "'a', '2', zeroblob(32), 1, 0, 0, 0, 0, 'x'",
                ],
            ),
            (
                "entries",
                "order_no, line, day, belongs_to, pseudonym, place, gross, discounts, refunds, orders, units,
                 cancellations, new_customers, tax, shipping, booked_at, kind",
                [
                    "1, '', '2026-01-01', '2026-01-01', 1, 1, 1, 0, 0, 1, 1, 0, 1, 0, 0, 1, 'reversal'",
                    "1, '', '2026-01-01', '2026-01-01', 1, 1, 1, 0, 0, 1, 1, 0, 1, 0, 0, 1, 'x'",
                ],
            ),
        ] {
            let sql = "SELECT sql FROM sqlite_schema WHERE name = ?1";
            let schema: String = connection.query_row(sql, (table,), |row| row.get(0)).unwrap();
            let longest =
                schema.split(" IN (").skip(1).map(|rest| rest.split(')').next().unwrap_or_default());
            assert!(longest.into_iter().all(|list| list.matches(',').count() < 2), "{schema}");
            connection.pragma_update(None, "foreign_keys", false).unwrap();
            let [fits, does_not] = values.map(|values| {
                connection.execute(&format!("INSERT INTO {table} ({columns}) VALUES ({values})"), ())
            });
            fits.unwrap();
            assert!(does_not.unwrap_err().to_string().contains("CHECK"), "{table}");
        }
        let sound: String = connection.query_row("PRAGMA integrity_check", (), |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok");
    }

    #[test]
    fn every_table_is_strict() {
        let mut connection = Connection::open_in_memory().unwrap();
        upgrade(&mut connection).unwrap();
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
