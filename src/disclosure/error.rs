//! What can keep the room from an answer.

use super::disclosed::Disclosed;

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// The caller broke the contract of [`super::Request`].
    #[error("the disclosure request is malformed: {0}")]
    Malformed(&'static str),
    /// Earlier releases alone reveal these, which this one touches on, whatever this one withholds; nothing may go out before a person
    /// has looked at it.
    #[error(
        "earlier releases alone disclose {} sensitive figures: stop this report and have the data officer look at them",
        .0.len()
    )]
    DisclosedEarlier(Vec<Disclosed>),
}
