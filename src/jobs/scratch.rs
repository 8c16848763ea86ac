//! A folder inside the state directory that is gone when it is dropped.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::house::House;

pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub fn new(house: &House) -> anyhow::Result<Self> {
        let mut name = [0; 8];
        getrandom::fill(&mut name).context("the system gives no random numbers")?;
        let path = house.store.directory().join(format!("scratch-{}", hex::encode(name)));
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
