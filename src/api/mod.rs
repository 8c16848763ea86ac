//! One router, reached over a Unix socket or in process, and its client. It translates between HTTP and
//! operations and decides nothing: who may do what stands in `access`, what is done in `operations`.
//!
//! Every answer is JSON, but for the text of `/metrics`; an error is `{"error": {"kind", "message"}}` with the kinds of [`ErrorKind`].

mod answer;
mod client;
mod complaints;
mod customers;
mod error;
mod payments;
mod router;
mod scrape;
mod server;

pub use client::{Client, ClientError};
pub use complaints::LARGEST_FILE;
pub use error::ErrorKind;
pub use router::router;
pub use scrape::{bind_port, prometheus_text, serve_port};
pub use server::{SocketError, handed_over, listen, serve};
