//! A folder inside the state directory that is gone when it is dropped, or when the house is opened again.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::house::House;

const PREFIX: &str = "scratch-";

pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub fn new(house: &House) -> anyhow::Result<Self> {
        let mut name = [0; 8];
        getrandom::fill(&mut name).context("the system gives no random numbers")?;
        let path = house.store.directory().join(format!("{PREFIX}{}", hex::encode(name)));
        fs::create_dir(&path).with_context(|| format!("failed to create {}", path.display()))?;
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
