//! Wrapped data keys, and the notes of a rotation of the master key.

use super::{Error, Reader, Store, Writer};
use crate::domain::ids::CustomerNo;
use crate::domain::sealed::WrappedKey;

const INDEX_KEY: &str = "index-key";
const FORWARD: &str = "rotation-forward";
const BACK: &str = "rotation-back";
const BEFORE: &str = "key-before";

impl Reader<'_> {
    /// What the keys of look-ups are derived from, wrapped. `None` in a store from before it was kept.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn index_key(&self) -> Result<Option<WrappedKey>, Error> {
        Ok(self.get_meta(INDEX_KEY)?.map(WrappedKey::from_bytes))
    }

    /// The notes of the rotation that is under way: forward, back.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn rotation_notes(&self) -> Result<Option<[Vec<u8>; 2]>, Error> {
        Ok(self.get_meta(FORWARD)?.zip(self.get_meta(BACK)?).map(|(forward, back)| [forward, back]))
    }

    /// The master key before this one, sealed under it: backups that are kept may still need it.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn key_before(&self) -> Result<Option<Vec<u8>>, Error> {
        self.get_meta(BEFORE)
    }

    /// Customers after `after`, in order, whose data key begins otherwise than with `head`. A destroyed key has no bytes
    /// and is none of them.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn keys_wrapped_otherwise(
        &self,
        head: &[u8; 5],
        after: CustomerNo,
        limit: u32,
    ) -> Result<Vec<(CustomerNo, WrappedKey)>, Error> {
        let sql = "SELECT no, wrapped_key FROM customers
                   WHERE no > ?1 AND length(wrapped_key) > 5 AND substr(wrapped_key, 1, 5) <> ?2
                   ORDER BY no LIMIT ?3";
        self.all(sql, (after.0, head, limit), |row| {
            Ok((CustomerNo(row.get(0)?), WrappedKey::from_bytes(row.get(1)?)))
        })
    }
}

impl Writer<'_> {
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn set_index_key(&self, key: &WrappedKey) -> Result<(), Error> {
        self.set_meta(INDEX_KEY, key.as_bytes())
    }

    /// The same data key, wrapped anew.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn set_wrapped_key(&self, no: CustomerNo, key: &WrappedKey) -> Result<(), Error> {
        self.change("UPDATE customers SET wrapped_key = ?2 WHERE no = ?1", (no.0, key.as_bytes())).map(|_| ())
    }

    /// # Errors
    /// [`Error::Sqlite`].
    pub fn set_rotation_notes(&self, forward: &[u8], back: &[u8]) -> Result<(), Error> {
        self.set_meta(FORWARD, forward)?;
        self.set_meta(BACK, back)
    }

    /// From now on the store is that master key's alone. Whoever has that one can still read backups from before.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn end_rotation(&self, fingerprint: &[u8; 32]) -> Result<(), Error> {
        self.change("DELETE FROM meta WHERE key IN (?1, ?2)", (FORWARD, BEFORE))?;
        self.change("UPDATE meta SET key = ?2 WHERE key = ?1", (BACK, BEFORE))?;
        self.set_vault_fingerprint(fingerprint)
    }

    /// No backup needs the master key before this one any more.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn forget_key_before(&self) -> Result<(), Error> {
        self.change("DELETE FROM meta WHERE key = ?1", (BEFORE,)).map(|_| ())
    }
}

impl Store {
    /// Moves everything from the log into the database and empties the log, where old values may stand. A reader at
    /// work may keep it from that; the next one comes with the next write.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn clear_log(&self) -> Result<(), Error> {
        super::locked(&self.writer).query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{a_customer, fixture, key};
    use super::*;

    #[test]
    fn keys_that_are_wrapped_otherwise_are_listed_once_each() {
        let fixture = fixture();
        fixture.write(|w| {
            let customers = [(); 5].map(|()| a_customer(w));
            let customers: Vec<CustomerNo> = customers.into_iter().collect::<Result<_, _>>()?;
            let (new, destroyed) = (b"\x01abcdrest".to_vec(), Vec::new());
            w.set_wrapped_key(customers[1], &WrappedKey::from_bytes(new))?;
            w.set_wrapped_key(customers[3], &WrappedKey::from_bytes(destroyed))?;
            let listed = w.keys_wrapped_otherwise(b"\x01abcd", CustomerNo(0), 2)?;
            assert!(listed.iter().all(|(_, wrapped)| *wrapped == key()));
            assert_eq!(listed.iter().map(|(no, _)| *no).collect::<Vec<_>>(), [customers[0], customers[2]]);
            let rest = w.keys_wrapped_otherwise(b"\x01abcd", customers[2], 2)?;
            assert_eq!(rest.len(), 1);
            w.set_rotation_notes(b"forward", b"back")?;
            assert_eq!(w.rotation_notes()?, Some([b"forward".to_vec(), b"back".to_vec()]));
            w.end_rotation(&[3; 32])?;
            assert_eq!((w.rotation_notes()?, w.key_before()?), (None, Some(b"back".to_vec())));
            w.forget_key_before()?;
            assert_eq!(w.key_before()?, None);
            assert_eq!(w.match_vault(&[3; 32])?, super::super::VaultMatch::Same);
            Ok(())
        });
        fixture.store.clear_log().unwrap();
    }
}
