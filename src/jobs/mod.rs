//! What the clock asks for, one file a job kind; each reads as its steps, in order.
//!
//! Jobs are idempotent and carry no data but which slot and which period; the next run is the retry.
//! `ledger` runs one slot from claim to outcome, `planner` says which slots are due; nothing here knows
//! who asks (that is `operations`) nor how one is woken (that is the daemon).

mod backup;
mod complaint_deadlines;
mod complaints;
mod content;
mod deliver_mail;
mod dispatch;
mod draft;
mod egress;
mod house;
mod integrity;
mod ledger;
mod persons;
mod planner;
mod post;
mod problems;
mod pull;
mod recipients;
mod rejects;
mod run;
mod sales_report;
mod scratch;

pub use backup::create as create_backup;
pub use complaint_deadlines::{Account, account as complaint_account};
pub use deliver_mail::{Delivered, deliver, deliver_soon};
pub use draft::{Draft, DraftError};
pub use house::{House, OpenError, working_calendar};
pub use ledger::{Trigger, run_slot};
pub use planner::{Plan, next_slots, next_slots_of, plan, plan_and_record};
pub use rejects::{Reject, shown as shown_rejects};
pub use run::{Outcome, Run};
pub use sales_report::draft_unreleased;
