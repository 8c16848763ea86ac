//! Who sends and who receives.

use std::fmt;

use lettre::Address;

/// Why a text is not an address that mail may go to or come from. It does not repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("not an e-mail address; write name@domain")]
    Malformed,
    #[error("an address with letters outside ASCII; use its ASCII form, for not every relay takes another")]
    NotAscii,
    #[error("a name with a line break or another control character; write it on one line")]
    ControlCharacter,
    #[error(
        "an address outside the internal domains; add its domain to mail.internal_domains or leave it out"
    )]
    NotInternal,
}

/// An address on the internal allow-list.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Recipient(String);

impl Recipient {
    /// Takes a bare address (`name@domain`) whose domain is one of `internal_domains`, in any case; a
    /// subdomain of one is not internal.
    ///
    /// # Errors
    /// [`AddressError`] for anything else.
    pub fn internal(address: &str, internal_domains: &[String]) -> Result<Self, AddressError> {
        let recipient = Self(bare(address)?);
        if recipient.is_internal(internal_domains) { Ok(recipient) } else { Err(AddressError::NotInternal) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn is_internal(&self, domains: &[String]) -> bool {
        self.0
            .rsplit_once('@')
            .is_some_and(|(_, own)| domains.iter().any(|domain| domain.eq_ignore_ascii_case(own)))
    }

    pub(super) fn address(&self) -> Address {
        self.0.parse().expect("it was checked when it was built")
    }
}

/// Addresses do not belong in logs: only the domain is shown.
impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recipient(..@{})", self.0.rsplit_once('@').map_or("", |(_, domain)| domain))
    }
}

/// Who reports come from: an address, and a name beside it if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    name: Option<String>,
    address: String,
}

impl Sender {
    /// Reads `Name <name@domain>`, `"Name" <name@domain>` or `name@domain`.
    ///
    /// # Errors
    /// [`AddressError`] for anything else.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if text.chars().any(char::is_control) {
            return Err(AddressError::ControlCharacter);
        }
        let text = text.trim();
        let (name, address) = match text.strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) {
            Some((name, address)) => (name.trim().trim_matches('"').trim(), address),
            None => ("", text),
        };
        if name.contains(['<', '>', '"']) {
            return Err(AddressError::Malformed);
        }
        Ok(Self { name: (!name.is_empty()).then(|| name.to_owned()), address: bare(address)? })
    }

    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    pub fn as_str(&self) -> &str {
        &self.address
    }

    /// The part behind the `@`.
    pub fn domain(&self) -> &str {
        self.address.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    pub(super) fn address(&self) -> Address {
        self.address.parse().expect("it was checked when it was built")
    }
}

/// A bare ASCII address of one `@`, without quotes, comments or address literals: no shop needs those,
/// and they are where parsers disagree.
fn bare(text: &str) -> Result<String, AddressError> {
    let text = text.trim();
    if !text.is_ascii() {
        return Err(AddressError::NotAscii);
    }
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.@".contains(letter);
    let parts = text.split_once('@').filter(|(_, domain)| !domain.contains('@') && domain.contains('.'));
    if !text.chars().all(plain) || parts.is_none() {
        return Err(AddressError::Malformed);
    }
    text.parse::<Address>().map(|_| text.to_owned()).map_err(|_| AddressError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn internal(address: &str) -> Result<Recipient, AddressError> {
        Recipient::internal(address, &["1stwatch.vn".to_owned()])
    }

    #[test]
    fn only_the_internal_domains_receive() {
        assert_eq!(internal(" Giam-Doc@1STWATCH.vn ").map(|to| to.0).as_deref(), Ok("Giam-Doc@1STWATCH.vn"));
        for outside in ["a@gmail.com", "a@evil-1stwatch.vn", "a@x.1stwatch.vn", "a@1stwatch.vn.evil.com"] {
            assert_eq!(internal(outside), Err(AddressError::NotInternal), "{outside}");
        }
    }

    #[test]
    fn what_is_no_plain_address_is_refused() {
        for bad in [
            "",
            "a",
            "@1stwatch.vn",
            "a@",
            "a@@1stwatch.vn",
            "a b@1stwatch.vn",
            "a@gmail.com,b@1stwatch.vn",
            "\"a@gmail.com\"@1stwatch.vn",
            "a@gmail.com\r\nBcc: b@1stwatch.vn",
            "a@[127.0.0.1]",
            "<a@1stwatch.vn>",
        ] {
            assert_eq!(internal(bad), Err(AddressError::Malformed), "{bad}");
        }
        assert_eq!(internal("giám-đốc@1stwatch.vn"), Err(AddressError::NotAscii));
        assert_eq!(internal("a@đồng-hồ.vn"), Err(AddressError::NotAscii));
    }

    #[test]
    fn a_sender_may_have_a_name() {
        let sender = Sender::parse("Báo cáo 1stwatch <reports@1stwatch.vn>").unwrap();
        assert_eq!((sender.name(), sender.as_str()), (Some("Báo cáo 1stwatch"), "reports@1stwatch.vn"));
        assert_eq!(sender.domain(), "1stwatch.vn");
        assert_eq!(Sender::parse("\"Báo cáo\" <r@1stwatch.vn>").unwrap().name(), Some("Báo cáo"));
        assert_eq!(Sender::parse("r@1stwatch.vn").unwrap().name(), None);
        assert_eq!(Sender::parse("Báo\r\nBcc: x@y.vn <r@1stwatch.vn>"), Err(AddressError::ControlCharacter));
        assert_eq!(Sender::parse("A <b> <r@1stwatch.vn>"), Err(AddressError::Malformed));
    }

    #[test]
    fn debug_shows_no_address() {
        assert_eq!(format!("{:?}", internal("linh@1stwatch.vn").unwrap()), "Recipient(..@1stwatch.vn)");
    }
}
