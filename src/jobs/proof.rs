//! Proves that a store holds what was written into it: the database in itself, the audit chain, every sealed
//! page, every message, every kept part of every release, every manifest. All damage is told, not only the first.

use anyhow::Context;

use super::manifest::{Manifest, Unreadable, noted, sha256};
use super::sales_report::pages;
use crate::facts;
use crate::store::{self, AuditHead, AuditVerdict, ReleaseRow, Store};

/// What was looked at, and what of it is not as it was written.
#[derive(Debug, Default)]
pub(super) struct Proof {
    pub audit: u64,
    pub pages: usize,
    pub messages: usize,
    pub releases: usize,
    pub parts: usize,
    /// Each a sentence that names what it is about; empty when all is well.
    pub damage: Vec<String>,
}

impl Proof {
    /// With a head of the audit log that was noted elsewhere, the log must also still hold that line.
    pub fn of(store: &Store, noted: &[AuditHead]) -> Self {
        let mut proof = Self::default();
        let steps: [Step<'_>; 5] = [
            &|proof: &mut Self| proof.database(store),
            &|proof: &mut Self| proof.audit(store, noted),
            &|proof: &mut Self| proof.pages(store),
            &|proof: &mut Self| proof.messages(store),
            &|proof: &mut Self| proof.releases(store),
        ];
        for step in steps {
            if let Err(error) = step(&mut proof) {
                // A database that cannot be read is damage like any other.
                proof.damage.push(format!("{error:#}"));
            }
        }
        proof
    }

    /// `12 audit lines, 3 sealed pages, ...`.
    pub fn told(&self) -> String {
        format!(
            "{} audit lines, {} sealed pages, {} messages and {} kept parts of {} releases are as written",
            self.audit, self.pages, self.messages, self.parts, self.releases
        )
    }

    fn database(&mut self, store: &Store) -> anyhow::Result<()> {
        let problems = store.integrity_check().context("the database cannot be read")?;
        self.damage.extend(problems.into_iter().map(|problem| format!("the database is damaged: {problem}")));
        Ok(())
    }

    fn audit(&mut self, store: &Store, noted: &[AuditHead]) -> anyhow::Result<()> {
        match store.read(|reader| reader.verify_audit(noted)).context("the audit log cannot be read")? {
            AuditVerdict::Whole { rows } => self.audit = rows,
            AuditVerdict::BrokenAt { no } => {
                self.damage.push(format!("audit line {no} is not as it was written, or is missing"));
            }
        }
        Ok(())
    }

    fn pages(&mut self, store: &Store) -> anyhow::Result<()> {
        let pages = pages(store).context("the list of sealed pages cannot be read")?;
        let directory = store.directory().join("facts");
        self.pages = pages.len();
        for page in &pages {
            if let Err(error) = facts::verify(&directory, std::slice::from_ref(page)) {
                self.damage.push(format!("sealed page {}: {:#}", page.file, anyhow::Error::from(error)));
            }
        }
        Ok(())
    }

    fn messages(&mut self, store: &Store) -> anyhow::Result<()> {
        let files =
            store.read(|reader| reader.released_files()).context("the list of messages cannot be read")?;
        self.messages = files.len();
        self.damage.extend(
            files.iter().filter_map(|(file, hash)| Some(format!("message {}", flaw(store, file, hash)?))),
        );
        Ok(())
    }

    fn releases(&mut self, store: &Store) -> anyhow::Result<()> {
        let releases =
            store.read(|reader| reader.releases(u32::MAX)).context("the list of releases cannot be read")?;
        self.releases = releases.len();
        for release in &releases {
            self.damage.extend(manifest_flaw(store, release)?);
            match Manifest::of(release) {
                Ok(manifest) => {
                    self.parts += manifest.parts.len();
                    for part in &manifest.parts {
                        let flaw = flaw(store, &manifest.kept(&part.file), &part.sha256);
                        self.damage.extend(flaw.map(|flaw| format!("part {flaw}")));
                    }
                }
                // Its hash above is all that can be held against it.
                Err(Unreadable::Older(_)) => {}
                Err(error) => self.damage.push(format!("release {}: {error}", release.id)),
            }
        }
        Ok(())
    }
}

type Step<'a> = &'a dyn Fn(&mut Proof) -> anyhow::Result<()>;

/// What is wrong with the manifest of a release, held against the hash beside it and the one in the audit log.
pub(super) fn manifest_flaw(store: &Store, release: &ReleaseRow) -> anyhow::Result<Option<String>> {
    let id = release.id;
    let found = sha256(release.manifest.as_bytes());
    if found != release.sha256 {
        return Ok(Some(format!("the manifest of release {id} is not as it was written: its hash differs")));
    }
    let subject = format!("release {id}");
    let lines = store.read(|reader| reader.audit_of("report.release", &subject))?;
    let matches = |line: &store::AuditRow| line.reason.is_empty() || line.reason == noted(&found);
    if lines.iter().any(matches) {
        return Ok(None);
    }
    Ok(Some(format!("the manifest of release {id} is not the one that the audit log notes")))
}

/// What is wrong with a file under `releases/`.
fn flaw(store: &Store, file: &str, sha256: &[u8; 32]) -> Option<String> {
    kept(store, file, sha256).flaw(file)
}

/// How a file under `releases/` stands.
pub(super) enum Kept {
    Whole(Vec<u8>),
    Gone,
    Altered,
    Unreadable(String),
}

impl Kept {
    pub fn flaw(self, file: &str) -> Option<String> {
        match self {
            Self::Whole(_) => None,
            Self::Gone => Some(format!("releases/{file} is missing; restore it from a backup")),
            Self::Altered => {
                Some(format!("releases/{file} is not what was released; restore it from a backup"))
            }
            Self::Unreadable(error) => Some(error),
        }
    }
}

pub(super) fn kept(store: &Store, file: &str, sha256: &[u8; 32]) -> Kept {
    match store.read_released(file, sha256) {
        Ok(bytes) => Kept::Whole(bytes),
        Err(store::Error::Altered { .. }) => Kept::Altered,
        Err(store::Error::File { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Kept::Gone,
        Err(error) => Kept::Unreadable(format!("{:#}", anyhow::Error::from(error))),
    }
}
