//! The states of a message in the outbox, and which may follow which.
//!
//! ```text
//! pending -> claimed -> dot-pending -> sent | refused | ambiguous
//! ```

use super::columns::words;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutboxState {
    Pending,
    /// A courier has it, and has not sent its end.
    Claimed,
    /// Its end may have been sent, and no answer is recorded.
    DotPending,
    Sent,
    Refused,
    /// Interrupted between its end and the answer: it may have arrived.
    Ambiguous,
    Cancelled,
    Quarantined,
}

impl OutboxState {
    pub const ALL: [Self; 8] = [
        Self::Pending,
        Self::Claimed,
        Self::DotPending,
        Self::Sent,
        Self::Refused,
        Self::Ambiguous,
        Self::Cancelled,
        Self::Quarantined,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Claimed => "claimed",
            Self::DotPending => "dot-pending",
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::Ambiguous => "ambiguous",
            Self::Cancelled => "cancelled",
            Self::Quarantined => "quarantined",
        }
    }

    /// Whether a row in this state may become `next`.
    pub(super) fn may_become(self, next: Self) -> bool {
        use OutboxState::{Ambiguous, Cancelled, Claimed, DotPending, Pending, Quarantined, Refused, Sent};
        match self {
            Pending => matches!(next, Claimed | Cancelled | Quarantined),
            // Back to pending: the relay said "try again", or a crash came before the final dot.
            Claimed => matches!(next, DotPending | Pending | Refused),
            DotPending => matches!(next, Sent | Refused | Ambiguous | Pending),
            Refused | Ambiguous | Quarantined => matches!(next, Pending | Cancelled),
            Cancelled => matches!(next, Pending),
            Sent => false,
        }
    }
}

words!(OutboxState);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arrows_are_these_and_no_others() {
        let arrows: Vec<String> = OutboxState::ALL
            .into_iter()
            .flat_map(|from| OutboxState::ALL.into_iter().map(move |next| (from, next)))
            .filter(|(from, next)| from.may_become(*next))
            .map(|(from, next)| format!("{} -> {}", from.as_str(), next.as_str()))
            .collect();
        insta::assert_snapshot!(arrows.join("\n"), @r"
        pending -> claimed
        pending -> cancelled
        pending -> quarantined
        claimed -> pending
        claimed -> dot-pending
        claimed -> refused
        dot-pending -> pending
        dot-pending -> sent
        dot-pending -> refused
        dot-pending -> ambiguous
        refused -> pending
        refused -> cancelled
        ambiguous -> pending
        ambiguous -> cancelled
        cancelled -> pending
        quarantined -> pending
        quarantined -> cancelled
        ");
    }

    #[test]
    fn what_is_sent_stays_sent() {
        assert!(OutboxState::ALL.into_iter().all(|next| !OutboxState::Sent.may_become(next)));
    }
}
