//! Single values: the vault's fingerprint and the system data key.

use super::{Error, Reader, Writer};
use crate::domain::sealed::WrappedKey;

const FINGERPRINT: &str = "vault-fingerprint";
const SYSTEM_KEY: &str = "system-data-key";

/// Whether the vault is the one this store was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VaultMatch {
    /// No vault has been used with this store yet.
    Unset,
    Same,
    /// Another master key: stop before anything is sealed under it.
    Other,
}

impl Reader<'_> {
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn get_meta(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        self.first("SELECT value FROM meta WHERE key = ?1", (key,), |row| row.get(0))
    }

    /// Whose master key's store it is; `None` before any was used.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn vault_fingerprint(&self) -> Result<Option<[u8; 32]>, Error> {
        Ok(self.get_meta(FINGERPRINT)?.and_then(|kept| kept.try_into().ok()))
    }

    /// The version of the database's schema.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn schema_version(&self) -> Result<i64, Error> {
        self.single("PRAGMA user_version", (), |row| row.get(0))
    }

    /// Compares the vault's fingerprint with the one kept by [`Writer::set_vault_fingerprint`].
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn match_vault(&self, fingerprint: &[u8; 32]) -> Result<VaultMatch, Error> {
        Ok(match self.get_meta(FINGERPRINT)? {
            None => VaultMatch::Unset,
            Some(kept) if kept == fingerprint => VaultMatch::Same,
            Some(_) => VaultMatch::Other,
        })
    }

    /// The data key of what belongs to no customer.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn system_key(&self) -> Result<Option<WrappedKey>, Error> {
        Ok(self.get_meta(SYSTEM_KEY)?.map(WrappedKey::from_bytes))
    }
}

impl Writer<'_> {
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn set_meta(&self, key: &str, value: &[u8]) -> Result<(), Error> {
        let sql = "INSERT INTO meta (key, value) VALUES (?1, ?2)
                   ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        self.change(sql, (key, value)).map(|_| ())
    }

    /// # Errors
    /// [`Error::Sqlite`].
    pub fn set_vault_fingerprint(&self, fingerprint: &[u8; 32]) -> Result<(), Error> {
        self.set_meta(FINGERPRINT, fingerprint)
    }

    /// # Errors
    /// [`Error::Sqlite`].
    pub fn set_system_key(&self, key: &WrappedKey) -> Result<(), Error> {
        self.set_meta(SYSTEM_KEY, key.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{fixture, key};
    use super::*;

    #[test]
    fn another_vault_is_noticed() {
        let fixture = fixture();
        fixture.write(|w| {
            assert_eq!(w.match_vault(&[1; 32])?, VaultMatch::Unset);
            w.set_vault_fingerprint(&[1; 32])?;
            assert_eq!(w.match_vault(&[1; 32])?, VaultMatch::Same);
            assert_eq!(w.match_vault(&[2; 32])?, VaultMatch::Other);
            Ok(())
        });
    }

    #[test]
    fn values_are_kept_and_replaced() {
        let fixture = fixture();
        fixture.write(|w| {
            assert!(w.system_key()?.is_none());
            w.set_system_key(&key())?;
            w.set_meta("other", b"one")?;
            w.set_meta("other", b"two")
        });
        let fixture = fixture.reopened();
        let kept = fixture.store.read(|r| Ok::<_, Error>((r.system_key()?, r.get_meta("other")?))).unwrap();
        assert!(kept.0 == Some(key()) && kept.1.as_deref() == Some(b"two"));
    }
}
