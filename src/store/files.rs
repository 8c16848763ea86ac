//! The exact bytes of what was released, each in a file under `releases/`, down on the disk before the
//! transaction that speaks of it.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};

use rusqlite::OptionalExtension;
use sha2::{Digest, Sha256};

use super::open::{failed, make_private_directory};
use super::{Error, Store};

/// The folder in the state directory.
pub const RELEASES: &str = "releases";

impl Store {
    /// Writes `releases/NAME` (mode 0600) as a whole or not at all, and returns its SHA-256. What an
    /// earlier attempt left under the name is replaced, unless the outbox holds it.
    ///
    /// # Errors
    /// [`Error::FileName`], [`Error::AlreadyReleased`], [`Error::File`], [`Error::Sqlite`].
    pub fn write_released(&self, name: &str, bytes: &[u8]) -> Result<[u8; 32], Error> {
        let path = self.released_path(name)?;
        let sha256: [u8; 32] = Sha256::digest(bytes).into();
        if self.released_hash(name)?.is_some_and(|released| released != sha256) {
            return Err(Error::AlreadyReleased { name: name.to_owned() });
        }
        let directory = path.parent().expect("a path under releases/ has a parent");
        make_private_directory(&self.directory().join(RELEASES))?;
        make_private_directory(directory)?;
        let mut partial = path.clone().into_os_string();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let write = || -> std::io::Result<()> {
            let mut file =
                OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&partial)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            std::fs::rename(&partial, &path)
        };
        write().map_err(failed(&path))?;
        self.sync_names_down_to(&path)?;
        Ok(sha256)
    }

    /// Reads `releases/NAME` back, when it is still what was written.
    ///
    /// # Errors
    /// [`Error::FileName`], [`Error::File`], [`Error::Altered`].
    pub fn read_released(&self, name: &str, sha256: &[u8; 32]) -> Result<Vec<u8>, Error> {
        let path = self.released_path(name)?;
        let bytes = std::fs::read(&path).map_err(failed(&path))?;
        if Sha256::digest(&bytes).as_slice() == sha256 {
            Ok(bytes)
        } else {
            Err(Error::Altered { name: name.to_owned() })
        }
    }

    /// Makes the names on the way from the state directory to the file last: the folders may be as new as it is.
    fn sync_names_down_to(&self, path: &Path) -> Result<(), Error> {
        let mut inside = path.ancestors().take_while(|above| *above != self.directory());
        inside.try_for_each(sync_directory_of)
    }

    fn released_path(&self, name: &str) -> Result<PathBuf, Error> {
        let plain =
            !name.is_empty() && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
        if plain {
            Ok(self.directory().join(RELEASES).join(name))
        } else {
            Err(Error::FileName { name: name.to_owned() })
        }
    }

    /// What the outbox says the file holds. On a connection of its own, so that it may be asked while a
    /// transaction is open.
    fn released_hash(&self, name: &str) -> Result<Option<[u8; 32]>, Error> {
        let sql = "SELECT sha256 FROM outbox WHERE file = ?1 LIMIT 1";
        Ok(self.connect_reader()?.query_row(sql, (name,), |row| row.get(0)).optional()?)
    }
}

/// Makes the file's name last: a new or renamed file is lost with its directory's unwritten page.
pub(super) fn sync_directory_of(path: &Path) -> Result<(), Error> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed(directory))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::super::OutboxRow;
    use super::super::fixture::{fixture, now};
    use super::*;
    use crate::domain::acknowledgement::OnAmbiguous;

    #[test]
    fn bytes_read_back_as_long_as_they_are_the_same() {
        let fixture = fixture();
        let sha256 = fixture.store.write_released("weekly/2026-W46/a.eml", b"bytes").unwrap();
        assert_eq!(fixture.store.read_released("weekly/2026-W46/a.eml", &sha256).unwrap(), b"bytes");
        let path = fixture.directory.path().join("releases/weekly/2026-W46/a.eml");
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
        for directory in ["releases", "releases/weekly", "releases/weekly/2026-W46"] {
            let mode = std::fs::metadata(fixture.directory.path().join(directory)).unwrap().mode();
            assert_eq!(mode & 0o7777, 0o700);
        }
        std::fs::write(&path, b"other").unwrap();
        let altered = fixture.store.read_released("weekly/2026-W46/a.eml", &sha256);
        assert!(matches!(altered, Err(Error::Altered { .. })));
        assert!(matches!(fixture.store.read_released("none", &sha256), Err(Error::File { .. })));
    }

    #[test]
    fn what_an_attempt_left_is_replaced_and_what_was_queued_is_not() {
        let fixture = fixture();
        fixture.store.write_released("a.eml", b"first attempt").unwrap();
        let sha256 = fixture.store.write_released("a.eml", b"second attempt").unwrap();
        let message = OutboxRow {
            release: None,
            complaint: None,
            kind: "report",
            recipient: "a@1stwatch.vn",
            message_id: "one",
            file: "a.eml",
            sha256,
            on_ambiguous: OnAmbiguous::Resend,
        };
        fixture.write(|w| w.enqueue(&message, now()));
        assert_eq!(fixture.store.write_released("a.eml", b"second attempt").unwrap(), sha256);
        let refused = fixture.store.write_released("a.eml", b"third attempt");
        assert!(matches!(refused, Err(Error::AlreadyReleased { .. })));
        assert_eq!(fixture.store.read_released("a.eml", &sha256).unwrap(), b"second attempt");
    }

    #[test]
    fn names_stay_inside() {
        let fixture = fixture();
        for name in ["", "/etc/passwd", "../firstwatch.db", "a/../../b", "./a"] {
            let refused = fixture.store.write_released(name, b"");
            assert!(matches!(refused, Err(Error::FileName { .. })), "{name:?}");
        }
    }
}
