//! Page files on the disk: whole or not at all, readable by their owner alone.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::{Error, Page};

/// Writes the bytes of a page, unless they stand there already, and gives their hash. A power cut leaves
/// the page whole or absent; once this returns, whole.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<[u8; 32], Error> {
    match fs::read(path) {
        Ok(standing) if standing == bytes => {}
        Ok(_) => return Err(Error::OtherContent { path: path.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => write_new(path, bytes)?,
        Err(error) => return Err(failed("read", path)(error)),
    }
    // The page's name, and the folder's own: both may be as new, or be left by a run that died before this.
    for directory in path.ancestors().skip(1).take(2) {
        let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
        File::open(directory).and_then(|opened| opened.sync_all()).map_err(failed("sync", directory))?;
    }
    Ok(hash(bytes))
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let partial = path.with_extension("partial");
    match fs::remove_file(&partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(failed("remove", &partial)(error));
        }
        _ => {}
    }
    write_synced(&partial, bytes).map_err(failed("write", &partial))?;
    fs::rename(&partial, path).map_err(failed("name", path))
}

/// The bytes of a page, checked.
pub(super) fn read(directory: &Path, page: &Page) -> Result<Vec<u8>, Error> {
    if page.file.contains('/') || page.file.starts_with('.') || page.file.is_empty() {
        return Err(Error::BadName { file: page.file.clone() });
    }
    let path = directory.join(&page.file);
    let bytes = fs::read(&path).map_err(failed("read", &path))?;
    if hash(&bytes) == page.sha256 { Ok(bytes) } else { Err(Error::HashDiffers { path }) }
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error + use<> {
    let path = path.to_owned();
    move |source| Error::File { action, path, source }
}
