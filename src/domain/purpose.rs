//! What personal data may be used for, and on which ground it is destroyed.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name {
            $($(#[$of])* $variant,)+
        }

        impl $name {
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$variant),+];

            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|known| known.as_str() == text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words! {
    /// Why somebody looks at or changes a customer's data: a purpose that the customer was told of, or a duty of the
    /// law. (Statistics need no look at anybody.)
    Purpose {
        Sale "sale",
        Delivery "delivery",
        /// Reviewing and settling payments with the customer.
        Payment "payment",
        Complaint "complaint",
        /// The customer asks to see, correct or delete their data (Law 91/2025 Art. 4).
        DataRequest "data-request",
        /// A competent authority demands it.
        Authority "authority",
    }
}

words! {
    /// The grounds of a deletion (Law 91/2025 Art. 14).
    Ground {
        /// The person asks for it.
        Request "request",
        /// What it was processed for is done.
        PurposeFulfilled "purpose-fulfilled",
        /// The law's time of keeping is over.
        RetentionEnded "retention-ended",
        /// An authority has decided it.
        Authority "authority",
        /// It was agreed with the person.
        Agreement "agreement",
        /// Another provision of the law.
        OtherLaw "other-law",
    }
}
