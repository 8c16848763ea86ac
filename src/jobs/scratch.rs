//! A folder inside the state directory that is gone when it is dropped, or when the house is opened again; and how
//! files and folders are made that only their owner may read.

use std::fs;
use std::io::{self, BufRead, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::Context;
use sha2::{Digest, Sha256};

const PREFIX: &str = "scratch-";

pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub fn new(state: &Path) -> anyhow::Result<Self> {
        let mut name = [0; 8];
        getrandom::fill(&mut name).context("the system gives no random numbers")?;
        let path = state.join(format!("{PREFIX}{}", hex::encode(name)));
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .with_context(|| format!("failed to create {}", path.display()))?;
        Ok(Self(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Makes an immutable file of `directory` appear here too.
    pub fn link(&self, directory: &Path, file: &str) -> anyhow::Result<()> {
        fs::hard_link(directory.join(file), self.0.join(file))
            .with_context(|| format!("failed to link {file}"))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "failed to remove a scratch folder");
        }
    }
}

/// Removes what a process left that was cut off. What cannot be removed is in nobody's way.
pub(super) fn clear_leftovers(state: &Path) {
    remove_folders(state, |name| name.starts_with(PREFIX));
}

/// Removes the folders in `directory` whose names `is_leftover`.
pub(super) fn remove_folders(directory: &Path, is_leftover: impl Fn(&str) -> bool) {
    let folders = fs::read_dir(directory).into_iter().flatten().flatten();
    for folder in folders.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
        if folder.file_name().to_str().is_some_and(&is_leftover)
            && let Err(error) = fs::remove_dir_all(folder.path())
        {
            tracing::warn!(%error, "failed to remove a leftover folder");
        }
    }
}

/// Makes the folder and those above it with mode 0700; one that is there already keeps its own.
pub(super) fn make_private(path: &Path) -> anyhow::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("failed to create {}", path.display()))
}

/// Writes a new file with mode 0600, down on the disk.
pub(super) fn write_private(path: &Path, mut bytes: &[u8]) -> io::Result<()> {
    pour(&mut bytes, path)
}

/// Copies a file to a new one with mode 0600, down on the disk.
pub(super) fn copy_private(from: &Path, to: &Path) -> anyhow::Result<()> {
    let copy = || pour(&mut fs::File::open(from)?, to);
    copy().with_context(|| format!("failed to copy {} to {}", from.display(), to.display()))
}

fn pour(from: &mut impl io::Read, to: &Path) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    io::copy(from, &mut file)?;
    file.flush()?;
    file.sync_all()
}

/// Lets `place` put every plain file under `from` to its like under `to`, and gives how many it did put there.
///
/// # Errors
/// Those of `place`; for whatever is neither a folder nor a plain file.
pub(super) fn place_all(
    from: &Path,
    to: &Path,
    place: &dyn Fn(&Path, &Path) -> anyhow::Result<bool>,
) -> anyhow::Result<u64> {
    make_private(to)?;
    if !from.exists() {
        return Ok(0);
    }
    let mut files = 0;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            files += place_all(&source, &target, place)?;
        } else if kind.is_file() {
            files += u64::from(place(&source, &target)?);
        } else {
            anyhow::bail!("{} is no plain file, and does not belong there", source.display());
        }
    }
    sync_directory(to)?;
    Ok(files)
}

/// Makes the names in the folder last.
pub(super) fn sync_directory(path: &Path) -> anyhow::Result<()> {
    fs::File::open(path)
        .and_then(|folder| folder.sync_all())
        .with_context(|| format!("failed to sync {}", path.display()))
}

/// The SHA-256 of a file, as hexadecimal digits.
pub(super) fn sha256_of(path: &Path) -> anyhow::Result<String> {
    let digest = || -> io::Result<String> {
        let mut file = io::BufReader::with_capacity(1 << 16, fs::File::open(path)?);
        let mut hash = Sha256::new();
        loop {
            let bytes = file.fill_buf()?;
            if bytes.is_empty() {
                return Ok(hex::encode(hash.finalize()));
            }
            hash.update(bytes);
            let read = bytes.len();
            file.consume(read);
        }
    };
    digest().with_context(|| format!("failed to read {}", path.display()))
}
