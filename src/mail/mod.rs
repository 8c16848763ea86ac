//! Mail: addresses, the message as bytes, the way out of the house, and the guard at the door.
//!
//! [`guard`] looks up every text of every part of a [`Rendered`](crate::domain::rendered::Rendered);
//! [`compose`] makes its bytes, the same for the same input; a [`Courier`] hands them to the relay or to a
//! maildir and says honestly what became of them.
//!
//! Invariants: a message has one recipient, who is internal when the [`Recipient`] is built and again when
//! it is sent; nothing that a relay or a configuration says can break into a header; the bytes that are sent
//! are those that were composed.
//!
//! Deliberately absent: STARTTLS (a relay's plaintext replies survive lettre's handshake), connection pools
//! (a broken transaction shifts every later reply by one), retries (the outbox decides those), and any text
//! of a message in an error or a log.

mod address;
mod compose;
mod courier;
mod guard;
mod maildir;
mod smtp;

pub use address::{AddressError, Recipient, Sender};
pub use compose::{ComposeError, Envelope, compose, message_id};
pub use courier::{Courier, Delivery, OpenError};
pub use guard::{GuardError, Hit, guard};
