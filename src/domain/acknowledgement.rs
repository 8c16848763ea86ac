//! What becomes of a message whose acknowledgement was interrupted: both sides may own it (RFC 1047).

/// A choice between a possible second copy and a possible gap, which nobody but the shop can make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OnAmbiguous {
    /// The same bytes go out again: it may arrive twice.
    #[default]
    Resend,
    /// It waits for a person: it may not have arrived.
    Hold,
}

impl OnAmbiguous {
    pub const ALL: [Self; 2] = [Self::Resend, Self::Hold];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resend => "resend",
            Self::Hold => "hold",
        }
    }
}
