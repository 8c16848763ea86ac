//! A remark of the small print, or of a notice.

use serde::Serialize;

/// A label with its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    pub label: String,
    pub text: String,
}
