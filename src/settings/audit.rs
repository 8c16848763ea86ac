//! `[audit]`: where heads of the audit log are noted, out of reach of whoever can write the state directory.

use std::path::PathBuf;

use super::section::Section;

/// The group that is mailed each head.
pub const AUDITORS: &str = "auditors";

#[derive(Clone, Debug, Default)]
pub struct AuditSettings {
    /// A line is added to it with each head. `None`: heads are only mailed.
    pub heads_file: Option<PathBuf>,
}

pub(super) fn read(section: &mut Section<'_>) -> Option<AuditSettings> {
    Some(AuditSettings { heads_file: section.optional("heads_file", |field| field.path()) })
}
