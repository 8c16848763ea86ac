//! What the clock asks for, one file a job kind; each reads as its steps, in order.
//!
//! Jobs are idempotent and carry no data but which slot and which period; the next run is the retry.
//! `ledger` runs one slot from claim to outcome, `planner` says which slots are due; nothing here knows
//! who asks (that is `operations`) nor how one is woken (that is the daemon).

mod at_work;
mod back_off;
mod backup;
mod books;
mod complaint_books;
mod complaint_deadlines;
mod complaint_section;
mod complaints;
mod completeness;
mod content;
mod control;
mod copies;
mod deliver_mail;
mod disk;
mod dispatch;
mod disputes;
mod draft;
mod egress;
mod foresight;
mod heads;
mod house;
mod intake;
mod integrity;
mod keys;
mod ledger;
mod lookup;
mod manifest;
mod opening;
mod particulars;
mod persons;
mod planner;
mod post;
mod problems;
mod proof;
mod pull;
mod recipients;
mod rehearsal;
mod rejects;
mod resend;
mod reservation;
mod restore;
mod run;
mod sales_report;
mod scratch;
mod tables;
mod verify;

pub use backup::create as create_backup;
pub use complaint_books::{book as book_complaint, book_events as book_complaint_events};
pub use complaint_deadlines::{account as complaint_account, foresee as foresee_complaints};
pub use complaints::{Speaker, note as complaint_note, record as record_events, words as complaint_words};
pub use control::Question;
pub use copies::{Label, ListedCopy, find as find_copy, list as list_copies};
pub use deliver_mail::{Delivered, deliver, deliver_soon};
pub use disk::{store_failed, store_recovered, store_trouble, store_works};
pub use draft::{Draft, DraftError};
pub use egress::names_somebody;
pub use foresight::{Coarser, Foreseen, Foresight, foresee};
pub use house::{House, working_calendar};
pub use intake::{Added, FileTally, NewComplaint, add as add_complaint, import as import_complaints};
pub use keys::{RotationError, finish_rotation, is_rotating, rotate, wrong_key};
pub use ledger::{Claim, Claimed, SlotRun, Trigger, claim, rescue, run_slot, wait_for, work};
pub use manifest::{Unreadable, told as manifest_told};
pub use opening::OpenError;
pub use planner::{Plan, next_slots, next_slots_of, plan, plan_and_record};
pub use problems::{about as problem_about, mail_settled, tell_due};
pub use rehearsal::Rehearsal;
pub use rejects::{Reject, Values, shown as shown_rejects};
pub use resend::{ResendError, resend};
pub use restore::{ProvedCopy, RestoreError, prove_copy, restore};
pub use run::{Again, Failure, Outcome, Run};
pub use sales_report::draft_unreleased;
pub use verify::{Difference, KeptParts, Kind, Verification, VerifyError, kept_parts, verify};
