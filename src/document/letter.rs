//! A short mail as texts, between who words it and who lays it out.

use serde::Serialize;

use super::note::Note;

/// A notice as texts: the one source of its HTML and its text part.
#[derive(Clone, Debug, Serialize)]
pub struct Letter {
    pub language: &'static str,
    pub subject: String,
    pub shop: String,
    pub title: String,
    pub sentence: String,
    pub heads: Vec<String>,
    pub rows: Vec<AlarmRow>,
    /// How many rows there are besides.
    pub more: String,
    pub notes: Vec<Note>,
    pub closing: String,
}

/// A deadline of a complaint.
#[derive(Clone, Debug, Serialize)]
pub struct AlarmRow {
    pub number: String,
    pub kind: String,
    pub clock: String,
    pub deadline: String,
    /// How much time is left, or since when it is over.
    pub left: String,
    pub is_over: bool,
}
