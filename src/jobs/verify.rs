//! Verifies a release: makes it again from its sealed pages and its manifest, and compares every byte. What
//! the configuration, the job files and the books say today plays no part in it.

use serde::{Deserialize, Serialize};

use super::books::Books;
use super::draft::{self, Rebuilt, WrongFigure};
use super::house::House;
use super::manifest::{Lines, Manifest, Unreadable, sha256};
use super::proof::{Kept, kept, manifest_flaw};
use super::resend::readdress;
use crate::domain::cell::RecordedCell;
use crate::domain::complaint::ComplaintLine;
use crate::domain::ids::{JobName, ReleaseId};
use crate::domain::period::Period;
use crate::domain::rendered::Rendered;
use crate::facts;
use crate::mail::{self, Recipient, Sender};
use crate::store::{OutboxItem, ReleaseRow};

/// What came of making a release again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    pub release: ReleaseId,
    pub job: JobName,
    pub period: Period,
    /// The version of firstwatch that released it, and the one that made it again.
    pub released_by: String,
    pub verified_by: String,
    /// How many of each were compared.
    pub pages: usize,
    pub cells: usize,
    pub parts: usize,
    pub messages: usize,
    /// Whether every shown figure is the one that the pages give; `None` when a page cannot be believed.
    pub figures_agree: Option<bool>,
    /// Kept files that are no longer there; what is made again is compared by its hash all the same.
    pub gone: Vec<String>,
    /// Empty when the release is what was made of its pages.
    pub differences: Vec<Difference>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    pub kind: Kind,
    /// Of the page, part or message, or the table and place of the cell.
    pub name: String,
    pub problem: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Manifest,
    Page,
    /// The booked lines of complaints.
    Lines,
    Cell,
    /// A part or message that comes out otherwise.
    Part,
    Message,
    /// What the outbox says of a message.
    Outbox,
    /// A file under `releases/` that is not what was released.
    Kept,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manifest => "manifest",
            Self::Page => "page",
            Self::Lines => "booked lines",
            Self::Cell => "cell",
            Self::Part => "part",
            Self::Message => "message",
            Self::Outbox => "outbox",
            Self::Kept => "kept file",
        }
    }
}

impl Verification {
    pub fn is_identical(&self) -> bool {
        self.differences.is_empty()
    }

    /// Another version of the program lays the same figures out otherwise, and nothing else is wrong.
    pub fn differs_by_program(&self) -> bool {
        let laid_out = |it: &Difference| matches!(it.kind, Kind::Part | Kind::Message);
        self.released_by != self.verified_by
            && self.figures_agree == Some(true)
            && !self.is_identical()
            && self.differences.iter().all(laid_out)
    }

    fn differs(&mut self, kind: Kind, name: impl Into<String>, problem: impl Into<String>) {
        self.differences.push(Difference { kind, name: name.into(), problem: problem.into() });
    }
}

/// Why a release cannot be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("release {0}: {1}")]
    Unreadable(ReleaseId, Unreadable),
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

/// # Errors
/// [`VerifyError`]; a difference is none, it stands in the answer.
pub fn verify(house: &House, release: &ReleaseRow) -> Result<Verification, VerifyError> {
    let manifest = Manifest::of(release);
    let flaw = manifest_flaw(&house.store, release)?;
    let manifest = match (manifest, &flaw) {
        (Ok(manifest), _) => manifest,
        // One that was altered until it could not be read is a difference, not a question of versions.
        (Err(error), Some(flaw)) => {
            return Err(anyhow::anyhow!("{flaw}, and cannot be read: {error}").into());
        }
        (Err(error), None) => return Err(VerifyError::Unreadable(release.id, error)),
    };
    let (cells, messages) = house
        .store
        .read(|reader| {
            Ok::<_, crate::store::Error>((reader.cells_of(release.id)?, reader.messages_of(release.id)?))
        })
        .map_err(anyhow::Error::from)?;
    let mut verification = Verification {
        release: release.id,
        job: release.job.clone(),
        period: release.period,
        released_by: manifest.report.program.clone(),
        verified_by: env!("CARGO_PKG_VERSION").to_owned(),
        pages: manifest.pages.len(),
        cells: cells.len(),
        parts: manifest.parts.len(),
        messages: messages.len(),
        figures_agree: None,
        gone: Vec::new(),
        differences: Vec::new(),
    };
    if let Some(flaw) = flaw {
        verification.differs(Kind::Manifest, format!("release {}", release.id), flaw);
    }
    let lines = lines(house, &manifest, &mut verification)?;
    let are_sealed = pages_are_sealed(house, &manifest, &mut verification);
    let again = lines
        .filter(|_| are_sealed)
        .and_then(|lines| figures(house, &manifest, (cells, &lines), &mut verification));
    parts(house, &manifest, again.as_ref().map(|again| &again.full), &mut verification);
    let composed = again.map(|again| compose(&manifest, &again.mailed)).transpose()?;
    outbox(house, &manifest, &messages, composed.as_deref(), &mut verification);
    Ok(verification)
}

/// The kept parts of a release.
pub struct KeptParts {
    /// With the names of their files.
    pub parts: Vec<(String, Vec<u8>)>,
    /// Those that are not what was released, as sentences.
    pub damage: Vec<String>,
}

/// # Errors
/// [`VerifyError`]; damage stands in the answer.
pub fn kept_parts(house: &House, release: &ReleaseRow) -> Result<KeptParts, VerifyError> {
    if let Some(flaw) = manifest_flaw(&house.store, release)? {
        return Err(anyhow::anyhow!(flaw).into());
    }
    let manifest = Manifest::of(release).map_err(|error| VerifyError::Unreadable(release.id, error))?;
    let mut found = KeptParts { parts: Vec::new(), damage: Vec::new() };
    for part in &manifest.parts {
        let file = manifest.kept(&part.file);
        match kept(&house.store, &file, &part.sha256) {
            Kept::Whole(bytes) => found.parts.push((part.file.clone(), bytes)),
            flawed => found.damage.extend(flawed.flaw(&file)),
        }
    }
    Ok(found)
}

fn pages_are_sealed(house: &House, manifest: &Manifest, verification: &mut Verification) -> bool {
    let directory = house.facts_directory();
    let before = verification.differences.len();
    for page in manifest.pages() {
        if let Err(error) = facts::verify(&directory, std::slice::from_ref(&page)) {
            let problem = format!("{:#}", anyhow::Error::from(error));
            verification.differs(Kind::Page, page.file, problem);
        }
    }
    verification.differences.len() == before
}

/// The lines of complaints that the figures were summed from, if they are still those.
fn lines(
    house: &House,
    manifest: &Manifest,
    verification: &mut Verification,
) -> anyhow::Result<Option<Vec<ComplaintLine>>> {
    let Some(noted) = &manifest.complaint_lines else { return Ok(Some(Vec::new())) };
    let lines = house.store.read(|reader| reader.complaint_lines_before(noted.until))?;
    if Lines::of(&lines, noted.until) == *noted {
        return Ok(Some(lines));
    }
    let name = format!("complaints before {}", noted.until);
    verification.differs(
        Kind::Lines,
        name,
        "the booked lines are not those that its figures were summed from",
    );
    Ok(None)
}

/// The report made again, unless its figures are not those of the pages.
fn figures(
    house: &House,
    manifest: &Manifest,
    (cells, lines): (Vec<(String, RecordedCell)>, &[ComplaintLine]),
    verification: &mut Verification,
) -> Option<Rebuilt> {
    let directory = house.facts_directory();
    // Summed here, whatever engine has summed it for the release: a proof takes nobody's word.
    let books = Books { directory: &directory, pages: &manifest.pages(), lines, elsewhere: None };
    match draft::rebuild(&manifest.report, books, cells, manifest.left_out) {
        Ok(Ok(again)) => {
            verification.figures_agree = Some(true);
            return Some(again);
        }
        Ok(Err(wrong)) => {
            for WrongFigure { table, place, released, found } in wrong {
                let problem = format!("released {released:?}, the sealed pages give {found:?}");
                verification.differs(Kind::Cell, format!("{table} {place}"), problem);
            }
        }
        Err(error) => verification.differs(Kind::Cell, "all tables", format!("{error:#}")),
    }
    verification.figures_agree = Some(false);
    None
}

/// Each part made again, and each as it is kept, against its hash.
fn parts(house: &House, manifest: &Manifest, again: Option<&Rendered>, verification: &mut Verification) {
    let again = again.map(draft::parts);
    for part in &manifest.parts {
        if let Some(again) = &again {
            match again.iter().find(|(name, _)| *name == part.file) {
                None => verification.differs(Kind::Part, &part.file, "was released and is not made again"),
                Some((_, bytes)) if sha256(bytes) != part.sha256 => {
                    verification.differs(
                        Kind::Part,
                        &part.file,
                        "made again, its bytes are not those released",
                    );
                }
                Some(_) => {}
            }
        }
        kept_file(house, &manifest.kept(&part.file), &part.sha256, verification);
    }
    let released = |name: &str| manifest.parts.iter().any(|part| part.file == name);
    for (name, _) in again.iter().flatten().filter(|(name, _)| !released(name)) {
        verification.differs(Kind::Part, *name, "is made again and was not released");
    }
}

fn kept_file(house: &House, file: &str, sha256: &[u8; 32], verification: &mut Verification) {
    let name = format!("releases/{file}");
    match kept(&house.store, file, sha256) {
        Kept::Whole(_) => {}
        Kept::Gone => verification.gone.push(name),
        Kept::Altered => verification.differs(Kind::Kept, name, "is not what was released"),
        Kept::Unreadable(problem) => verification.differs(Kind::Kept, name, problem),
    }
}

/// The bytes of each message of the manifest, composed again.
fn compose(manifest: &Manifest, again: &Rendered) -> anyhow::Result<Vec<Vec<u8>>> {
    let sender = Sender::parse(&manifest.sender)?;
    let mut messages = Vec::with_capacity(manifest.messages.len());
    for message in &manifest.messages {
        let envelope = mail::Envelope {
            from: sender.clone(),
            to: Recipient::internal(&message.recipient, &manifest.internal_domains)?,
            message_id: message.message_id.clone(),
            date: manifest.released_at,
        };
        messages.push(mail::compose(&envelope, again)?);
    }
    Ok(messages)
}

/// Each message of the release, then those that were sent again later: the first one's bytes under
/// another address.
fn outbox(
    house: &House,
    manifest: &Manifest,
    rows: &[OutboxItem],
    composed: Option<&[Vec<u8>]>,
    verification: &mut Verification,
) {
    for (at, message) in manifest.messages.iter().enumerate() {
        let name = &message.message_id;
        if composed.is_some_and(|composed| sha256(&composed[at]) != message.sha256) {
            verification.differs(Kind::Message, name, "made again, its bytes are not those released");
        }
        let row = rows.iter().find(|row| row.message_id == message.message_id);
        let same = |row: &OutboxItem| {
            row.sha256 == message.sha256 && row.file == message.file && row.recipient == message.recipient
        };
        if !row.is_some_and(same) {
            verification.differs(Kind::Outbox, name, "the outbox does not hold it as it was released");
        }
        kept_file(house, &message.file, &message.sha256, verification);
    }
    let later = |row: &&OutboxItem| !manifest.messages.iter().any(|it| it.message_id == row.message_id);
    for row in rows.iter().filter(later) {
        let first = composed.and_then(<[Vec<u8>]>::first);
        let again = first.map(|first| readdress(first, &row.recipient, &row.message_id));
        if again.is_some_and(|again| again.is_none_or(|again| sha256(&again) != row.sha256)) {
            verification.differs(Kind::Message, &row.message_id, "is not the release's first message again");
        }
        kept_file(house, &row.file, &row.sha256, verification);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verification(released_by: &str, kinds: &[Kind]) -> Verification {
        let mut verification = Verification {
            release: ReleaseId(3),
            job: JobName::new("weekly-sales"),
            period: "2026-W46".parse().unwrap(),
            released_by: released_by.to_owned(),
            verified_by: "2.0.0".to_owned(),
            pages: 1,
            cells: 1,
            parts: 1,
            messages: 1,
            figures_agree: Some(true),
            gone: Vec::new(),
            differences: Vec::new(),
        };
        kinds.iter().for_each(|&kind| verification.differs(kind, "x", "differs"));
        verification
    }

    #[test]
    fn another_version_may_lay_out_otherwise_and_do_nothing_else() {
        let by_program = |version, kinds: &[Kind]| verification(version, kinds).differs_by_program();
        assert!(by_program("1.0.0", &[Kind::Part, Kind::Message]));
        assert!(!by_program("2.0.0", &[Kind::Part]), "the same version");
        assert!(!by_program("1.0.0", &[]), "nothing differs");
        for kind in [Kind::Manifest, Kind::Page, Kind::Lines, Kind::Cell, Kind::Outbox, Kind::Kept] {
            assert!(!by_program("1.0.0", &[Kind::Part, kind]), "{kind:?}");
        }
    }
}
