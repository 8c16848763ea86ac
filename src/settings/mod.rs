//! Settings: load the layers, check them strictly, say every error at once.
//!
//! Invariant: a [`Settings`] has passed every check that needs no other file; no value in it was converted
//! from another type, and no key of a file went unread. One file a section describes its settings as types
//! and reads them; `texts` finds the layers, `layer` puts them over each other, `section` and `field` note what
//! is wrong and go on, `load` puts it all together. Absent on purpose: secrets (only paths to them), the
//! clock, and any look at the files that settings name, but for [`check_files`].

mod address;
mod audit;
mod brand;
mod business;
mod calendar;
mod compensation;
mod complaints;
mod cron;
mod disclosure;
mod engine;
pub mod feed;
mod field;
mod files;
pub mod job;
mod layer;
mod load;
mod mail;
mod metrics;
mod node;
mod payments;
mod ping;
mod problem;
mod read;
mod roles;
mod section;
pub mod server;
pub mod shop;
mod source;
mod source_kind;
mod store;
mod table;
mod texts;
mod threshold;
mod value;

pub use address::Groups;
pub use audit::{AUDITORS, AuditSettings};
pub use brand::{Brand, Colour};
pub use business::{Business, Language};
pub use calendar::Calendar;
pub use compensation::CompensationRule;
pub use complaints::{Complaints, QuietHours};
pub use disclosure::DisclosureSettings;
pub use engine::{Engine, SparkConnect};
pub use feed::FeedMap;
pub use files::check_files;
pub use job::{CatchUp, Completeness, Format, JobKind, JobSpec, LocalText, OnDays, TableSpec, Tells};
pub use load::{LoadOptions, USUAL_FILE, load};
pub use mail::{Mail, MailTimeouts, Relay};
pub use metrics::MetricsSettings;
pub use payments::Payments;
pub use problem::{Problem, meant, one_of};
pub use roles::{Held, Holder, Roles, groups_of, held as held_roles};
pub use server::{Access, DatabaseAddress, DatabaseServer, WebShop};
pub use shop::{ADMINISTRATORS, Places, Settings};
pub use source::SourceSettings;
pub use source_kind::SourceKind;
pub use store::{StoreSettings, VaultSettings};
pub use threshold::{Against, Threshold, Way};
