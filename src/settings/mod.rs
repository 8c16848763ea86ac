//! Settings: load the layers, check them strictly, say every error at once.
//!
//! The files of this room describe the settings as types, one file a section; `load` reads and layers
//! them; `problem` is what a person is told.

pub mod job;
pub mod shop;
pub mod source;

pub use job::{CatchUp, Completeness, Format, JobKind, JobSpec, LocalText, OnDays, TableSpec};
pub use shop::{
    Business, Calendar, Complaints, DeadlineRule, DisclosureSettings, Language, Mail, Relay, Settings,
    StoreSettings, VaultSettings,
};
pub use source::{FeedMap, SourceKind, SourceSettings};
