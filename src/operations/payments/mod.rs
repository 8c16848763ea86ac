//! Payments: list them, and take down what customers say of each. For the data officer alone: what somebody paid is theirs.

mod answer;
mod list;

pub use answer::{AnswerRequest, Answered, answer};
pub use list::{ListRequest, MismatchView, PaymentList, PaymentView, list};
