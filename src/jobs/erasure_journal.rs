//! The journal of erasures: a file of its own beside the database, one line an erased person, on the disk before the
//! person is destroyed. A restore of any older copy does them again, and so does opening the house after a power cut.
//!
//! Invariant: it only grows. A line that was cut off half-way was never an erasure: nothing is destroyed before its line
//! is whole.

use std::collections::BTreeSet;
use std::fs;
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;

pub(super) use super::copies::JOURNAL;
use super::{copies, scratch};
use crate::domain::erasure::Erasure;

/// What every line begins with, so that a later form can be told from this one.
const FORM: &str = "1 ";

/// The erasures that the journal at `path` holds; none when there is no such file.
///
/// # Errors
/// When it cannot be read, or a whole line of it is not as it was written.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<Erasure>> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.with_context(|| format!("failed to read {}", path.display()))?,
    };
    let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    let lines = bytes[..whole].split(|&byte| byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty());
    lines
        .map(|(index, line)| {
            let json = line.strip_prefix(FORM.as_bytes());
            json.and_then(|json| serde_json::from_slice(json).ok()).with_context(|| {
                let (number, path) = (index + 1, path.display());
                format!("line {number} of the journal of erasures {path} is not as it was written; put the journal of a newer copy in its place")
            })
        })
        .collect()
}

/// Adds a line, down on the disk.
///
/// # Errors
/// When it cannot be written; what is half a line is no erasure.
pub(super) fn append(path: &Path, erasure: &Erasure) -> anyhow::Result<()> {
    let line = format!("{FORM}{}\n", serde_json::to_string(erasure)?);
    let write = || -> std::io::Result<()> {
        let mut file = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        file.set_len(whole as u64)?;
        file.seek(SeekFrom::Start(whole as u64))?;
        file.write_all(line.as_bytes())?;
        file.sync_all()
    };
    write().with_context(|| format!("failed to write the journal of erasures {}", path.display()))?;
    scratch::sync_directory(path.parent().unwrap_or(Path::new(".")))
}

/// Writes a journal that is not there yet; nothing when there are no erasures.
pub(super) fn write(path: &Path, erasures: &[Erasure]) -> anyhow::Result<()> {
    erasures.iter().try_for_each(|erasure| append(path, erasure))
}

/// Every journal within reach of a copy that is to be restored: its own, those of the copies beside it, that of the
/// state directory that they stand in, and the one at the target. A newer one knows of erasures that the copy does not.
pub(super) fn within_reach(copy: &Path, target: &Path, named: Option<&Path>) -> anyhow::Result<Vec<Erasure>> {
    let copy = copy.canonicalize().unwrap_or_else(|_| copy.to_owned());
    let mut paths: Vec<PathBuf> = vec![copy.join(JOURNAL), target.join(JOURNAL)];
    if let Some(beside) = copy.parent() {
        paths.extend(copies::all(beside)?.into_iter().map(|copy| copy.join(JOURNAL)));
        paths.push(beside.join(JOURNAL));
        paths.extend(beside.parent().map(|above| above.join(JOURNAL)));
    }
    if let Some(named) = named {
        anyhow::ensure!(named.is_file(), "there is no journal of erasures at {}", named.display());
        paths.push(named.to_owned());
    }
    paths.sort();
    paths.dedup();
    let mut all: Vec<Erasure> = Vec::new();
    let mut known = BTreeSet::new();
    for path in paths {
        for erasure in read(&path)? {
            if known.insert((erasure.erased_at, erasure.customer, erasure.created_at)) {
                all.push(erasure);
            }
        }
    }
    all.sort_by_key(|erasure| (erasure.erased_at, erasure.customer));
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::erasure::{ErasedKind, ErasedRow};
    use crate::domain::ids::{CustomerNo, SourceName};
    use crate::domain::purpose::Ground;

    fn erasure(no: i64) -> Erasure {
        let at = |text: &str| text.parse().unwrap();
        let row = |kind, key: &str| ErasedRow {
            kind,
            source: SourceName::new("shop"),
            key: key.into(),
            owned: kind == ErasedKind::Order,
        };
        Erasure {
            customer: CustomerNo(no),
            created_at: at("2026-11-01T00:00:00Z"),
            erased_at: at(&format!("2026-11-{no:02}T00:00:00Z")),
            ground: Ground::Request,
            rows: vec![row(ErasedKind::Order, "D\n1"), row(ErasedKind::Rejected, "ff")],
        }
    }

    #[test]
    fn half_a_line_is_no_erasure_and_does_not_spoil_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(JOURNAL);
        assert_eq!(read(&path).unwrap(), []);
        append(&path, &erasure(7)).unwrap();
        let whole = fs::read(&path).unwrap();
        for cut in 1..whole.len() {
            fs::write(&path, [&whole[..], &whole[..cut - 1]].concat()).unwrap();
            assert_eq!(read(&path).unwrap(), [erasure(7)], "cut after {cut}");
        }
        append(&path, &erasure(8)).unwrap();
        assert_eq!(read(&path).unwrap(), [erasure(7), erasure(8)]);
    }

    #[test]
    fn a_line_that_was_altered_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(JOURNAL);
        write(&path, &[erasure(7), erasure(8)]).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replacen("\"customer\":8", "\"customer\":", 1)).unwrap();
        let told = read(&path).unwrap_err().to_string();
        assert!(told.starts_with("line 2 of the journal of erasures"), "{told}");
    }

    #[test]
    fn journals_around_a_copy_are_put_together() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        for copy in ["state.old/backups/20261101T000000Z", "state.old/backups/20261108T000000Z", "state"] {
            fs::create_dir_all(at(copy)).unwrap();
        }
        write(&at("state.old/backups/20261108T000000Z").join(JOURNAL), &[erasure(7)]).unwrap();
        write(&at("state.old").join(JOURNAL), &[erasure(7), erasure(9)]).unwrap();
        write(&at("state").join(JOURNAL), &[erasure(8)]).unwrap();
        let copy = at("state.old/backups/20261101T000000Z");
        let found = within_reach(&copy, &at("state"), None).unwrap();
        assert_eq!(found, [erasure(7), erasure(8), erasure(9)]);
        assert!(within_reach(&copy, &at("state"), Some(&at("nowhere"))).is_err());
    }
}
