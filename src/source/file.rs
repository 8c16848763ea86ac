//! What every file kind needs to know of its file: its name, and when it was last changed.

use std::fs::File;

use jiff::Timestamp;

use super::error::Error;
use crate::domain::feed::Feed;
use crate::settings::FeedMap;

/// A file as it stands at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State {
    pub modified: Timestamp,
    length: u64,
}

/// The feed's file, and its name without its folders.
///
/// # Errors
/// [`Error::Settings`] without a path, [`Error::Unreadable`] when it cannot be opened.
pub(super) fn open(feed: Feed, map: &FeedMap) -> Result<(File, String), Error> {
    let path = map
        .path
        .as_ref()
        .ok_or_else(|| Error::Settings(format!("{} has no `path`; name its file", feed.as_str())))?;
    let origin = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let shown = path.to_string_lossy();
    let because = |error| Error::because(feed, &shown, "it cannot be opened", error);
    // Asked before it is opened: opening a pipe would wait for its writer.
    if !std::fs::metadata(path).map_err(because)?.is_file() {
        return Err(Error::unreadable(feed, &shown, "it is no file"));
    }
    Ok((File::open(path).map_err(because)?, origin))
}

pub(super) fn state(file: &File, feed: Feed, origin: &str) -> Result<State, Error> {
    let read = || {
        let metadata = file.metadata()?;
        let modified = Timestamp::try_from(metadata.modified()?).map_err(std::io::Error::other)?;
        Ok::<_, std::io::Error>(State { modified, length: metadata.len() })
    };
    read().map_err(|error| Error::because(feed, origin, "it cannot be read", error))
}

/// A file that is written while it is read may show half of itself.
pub(super) fn changed(feed: Feed, origin: &str) -> Error {
    let what = "it changed while it was read; let the export write to another name and rename it when done";
    Error::unreadable(feed, origin, what)
}
