//! The master key: 32 random bytes, kept as 64 hexadecimal digits in a file that only we can read.

use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::Error;

/// Where a key file comes from, which says who may own it and with which mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyOrigin {
    /// A file of ours: mode 0600 or 0400.
    File,
    /// A systemd credential under `$CREDENTIALS_DIRECTORY`: 0400, or root's with 0440 (the directory
    /// itself lets only us in).
    Credential,
}

/// Its memory is overwritten when it is dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct MasterKey([u8; 32]);

impl MasterKey {
    /// # Errors
    /// [`Error::NoRandomness`].
    pub fn generate() -> Result<Self, Error> {
        let mut key = Self([0; 32]);
        getrandom::fill(&mut key.0).map_err(|_| Error::NoRandomness)?;
        Ok(key)
    }

    /// # Errors
    /// [`Error::Missing`], [`Error::Unreadable`], [`Error::OpenToOthers`], [`Error::Owner`],
    /// [`Error::NotAFile`], [`Error::Malformed`].
    pub fn read(path: &Path, origin: KeyOrigin) -> Result<Self, Error> {
        let unreadable = |source: std::io::Error| match source.kind() {
            std::io::ErrorKind::NotFound => Error::Missing { path: path.to_owned() },
            _ => Error::Unreadable { path: path.to_owned(), source },
        };
        let mut file = std::fs::File::open(path).map_err(unreadable)?;
        // The checks are made on the opened file, so that none can be put in its place afterwards.
        check_access(path, &file.metadata().map_err(unreadable)?, origin)?;
        let malformed = || Error::Malformed { path: path.to_owned() };
        // With room to spare, so that a longer file is noticed and the vector never moves.
        let mut digits = Zeroizing::new(Vec::with_capacity(1025));
        (&mut file).take(1024).read_to_end(&mut digits).map_err(unreadable)?;
        Self::parse(&digits).ok_or_else(malformed)
    }

    /// From 64 hexadecimal digits, and perhaps the end of their line.
    pub fn parse(digits: &[u8]) -> Option<Self> {
        let mut key = Self([0; 32]);
        hex::decode_to_slice(digits.trim_ascii_end(), &mut key.0).ok()?;
        Some(key)
    }

    /// As 64 hexadecimal digits.
    pub fn digits(&self) -> Zeroizing<String> {
        Zeroizing::new(hex::encode(self.0))
    }

    /// Writes a new key file with mode 0600, down to the disk.
    ///
    /// # Errors
    /// [`Error::NotWritten`], also when the file exists.
    pub fn write_new(&self, path: &Path) -> Result<(), Error> {
        let mut digits = Zeroizing::new([0; 65]);
        hex::encode_to_slice(self.0, &mut digits[..64]).expect("64 digits hold 32 bytes");
        digits[64] = b'\n';
        let write = || -> std::io::Result<()> {
            let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
            file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
            file.write_all(&*digits)?;
            file.sync_all()?;
            let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            std::fs::File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
        };
        write().map_err(|source| Error::NotWritten { path: path.to_owned(), source })
    }

    /// From bytes known already: a derived key of the demo or of a test.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

fn check_access(path: &Path, metadata: &std::fs::Metadata, origin: KeyOrigin) -> Result<(), Error> {
    let path = path.to_owned();
    if !metadata.is_file() {
        return Err(Error::NotAFile { path });
    }
    let (mode, owner) = (metadata.mode() & 0o7777, metadata.uid());
    let us = rustix::process::geteuid().as_raw();
    let roots_credential = origin == KeyOrigin::Credential && owner == 0;
    if owner != us && !roots_credential {
        return Err(Error::Owner { path, owner, us });
    }
    if matches!(mode, 0o600 | 0o400) || (roots_credential && mode == 0o440) {
        Ok(())
    } else {
        Err(Error::OpenToOthers { path, mode })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_key_reads_back_and_is_never_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master-key");
        let key = MasterKey::generate().unwrap();
        key.write_new(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
        assert_eq!(MasterKey::read(&path, KeyOrigin::File).unwrap().bytes(), key.bytes());
        assert!(matches!(MasterKey::generate().unwrap().write_new(&path), Err(Error::NotWritten { .. })));
        assert_eq!(MasterKey::read(&path, KeyOrigin::File).unwrap().bytes(), key.bytes());
    }

    #[test]
    fn two_keys_differ() {
        assert_ne!(MasterKey::generate().unwrap().bytes(), MasterKey::generate().unwrap().bytes());
    }

    #[test]
    fn refuses_a_key_that_others_may_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master-key");
        MasterKey::from_bytes([1; 32]).write_new(&path).unwrap();
        for (mode, origin, fits) in [
            (0o600, KeyOrigin::File, true),
            (0o400, KeyOrigin::File, true),
            (0o440, KeyOrigin::File, false),
            (0o644, KeyOrigin::File, false),
            (0o660, KeyOrigin::File, false),
            (0o700, KeyOrigin::File, false),
            (0o400, KeyOrigin::Credential, true),
            (0o444, KeyOrigin::Credential, false),
        ] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let read = MasterKey::read(&path, origin);
            assert_eq!(read.is_ok(), fits, "{mode:o} {origin:?}");
            if let Err(error) = read {
                assert!(matches!(error, Error::OpenToOthers { .. }));
                assert!(error.to_string().contains("chmod 600"), "{error}");
            }
        }
    }

    #[test]
    fn refuses_what_is_no_key_and_says_what_to_do() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("master-key");
        let read = || MasterKey::read(&path, KeyOrigin::File).err().unwrap().to_string();
        assert!(read().contains("firstwatch key new"));
        let digits = "ab".repeat(32);
        for bad in [
            "",
            "abcd",
            &digits[..63],
            &format!("{digits}ab"),
            &digits.replace('b', "x"),
            &format!("{digits}\n\n\nab"),
        ] {
            std::fs::write(&path, bad).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            let message = read();
            assert!(message.contains("64 hexadecimal digits"), "{message}");
            assert!(bad.is_empty() || !message.contains(bad), "the key is not repeated");
        }
        std::fs::write(&path, format!("{digits}\r\n")).unwrap();
        assert!(MasterKey::read(&path, KeyOrigin::File).is_ok());
        assert!(matches!(MasterKey::read(directory.path(), KeyOrigin::File), Err(Error::NotAFile { .. })));
    }
}
