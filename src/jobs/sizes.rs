//! How much of the disk the state directory takes, and how much is left.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::house::{BACKUPS, FACTS, House};
use crate::store::{DATABASE, RELEASES};

/// Bytes. A file that copies share with what they were made of counts once, where it was first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// With its write-ahead log.
    pub database: u64,
    /// Sealed days.
    pub pages: u64,
    /// What was released, as it was sent.
    pub releases: u64,
    pub backups: u64,
    /// What the disk has left for the house's user.
    pub free: u64,
}

/// What the state directory takes now. What goes away while it is looked at does not count.
///
/// # Errors
/// When the state directory cannot be looked into.
pub fn sizes(house: &House) -> io::Result<Sizes> {
    let state = house.store.directory();
    let disk = rustix::fs::statvfs(state)?;
    let mut seen = BTreeSet::new();
    let mut size = |name: &str| size_of(&state.join(name), &mut seen);
    Ok(Sizes {
        database: size(DATABASE)? + size(&format!("{DATABASE}-wal"))?,
        pages: size(FACTS)?,
        releases: size(RELEASES)?,
        backups: size(BACKUPS)?,
        free: disk.f_bavail.saturating_mul(disk.f_frsize),
    })
}

/// A file's bytes, or those of every file below a folder, unless they were seen before. Nothing there is nothing.
fn size_of(path: &Path, seen: &mut BTreeSet<(u64, u64)>) -> io::Result<u64> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        found => found?,
    };
    if !found.is_dir() {
        return Ok(if seen.insert((found.dev(), found.ino())) { found.len() } else { 0 });
    }
    let below = match fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        below => below?,
    };
    below.map(|entry| size_of(&entry?.path(), seen)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_below_counts_once_and_what_is_not_there_does_not() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("a/b")).unwrap();
        fs::write(folder.path().join("a/one"), "12345").unwrap();
        fs::write(folder.path().join("a/b/two"), "123").unwrap();
        fs::create_dir(folder.path().join("copy")).unwrap();
        fs::hard_link(folder.path().join("a/one"), folder.path().join("copy/one")).unwrap();
        fs::write(folder.path().join("copy/three"), "1234567").unwrap();
        let mut seen = BTreeSet::new();
        let sizes = ["a", "copy", "none"].map(|name| size_of(&folder.path().join(name), &mut seen).unwrap());
        assert_eq!(sizes, [8, 7, 0]);
    }
}
