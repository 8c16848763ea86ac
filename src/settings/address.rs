//! Addresses: plain ASCII mailboxes of our own domains, alone or in a recipient group.
//!
//! Whether an address is internal is checked again where mail is sent.

use std::collections::{BTreeMap, BTreeSet};

use super::field::{Field, is_slug};
use super::problem::{Fault, one_of};
use super::section::Section;

/// Groups of internal addresses, by name.
pub type Groups = BTreeMap<String, Vec<String>>;

/// Who may be named as a recipient. `None` where that is not known yet: then only the spelling is checked.
#[derive(Clone, Copy)]
pub(super) struct Addressees<'a> {
    pub domains: Option<&'a [String]>,
    pub groups: Option<&'a Groups>,
}

impl Addressees<'_> {
    /// A list of group names and addresses.
    pub fn list(&self, field: &Field<'_>) -> Option<Vec<String>> {
        let names = field.list(|entry| self.entry(&entry))?;
        field.reader.seen.borrow_mut().told.push((field.path.clone(), names.clone()));
        Some(names)
    }

    /// A group's name or an address.
    pub fn one(&self, field: &Field<'_>) -> Option<String> {
        self.entry(field)
    }

    fn entry(&self, field: &Field<'_>) -> Option<String> {
        let text = field.text()?;
        if text.contains('@') {
            return field.check(internal(text, self.domains));
        }
        let Some(groups) = self.groups else { return Some(text.to_owned()) };
        if groups.contains_key(text) {
            return Some(text.to_owned());
        }
        let known = groups.keys().map(String::as_str);
        let name = if is_slug(text) { format!("`{text}`") } else { "this".to_owned() };
        field.wrong(format!("{name} is neither an address nor a group of [recipients]"), one_of(text, known))
    }
}

/// `[recipients]`. A group with a wrong address in it is kept without it, so that the jobs that name the
/// group do not seem wrong too; the address has been noted.
pub(super) fn groups(section: &mut Section<'_>, domains: Option<&[String]>) -> Groups {
    for group in ["managers", "administrators", "complaints", "data_officer", "director", "auditors"] {
        // Asked for by name, so that they are keys that `default.toml` must explain.
        section.optional(group, |_| Some(()));
    }
    let mut groups = Groups::new();
    for (name, field) in section.entries() {
        if !is_slug(name) {
            field.wrong::<()>(
                "the name of a group may hold small letters, digits, - and _ only, and begins with a letter",
                "rename it",
            );
        }
        let mut addresses = Vec::new();
        let list = field.list(|entry| {
            let address = internal(entry.text()?, domains);
            addresses.push(entry.check(address)?);
            Some(())
        });
        if list.is_none() && addresses.is_empty() {
            // Not empty, but wrong: nobody shall be told that the group has nobody in it.
            addresses.push(String::new());
        }
        groups.insert(name.to_owned(), addresses);
    }
    groups
}

/// The addresses that `names` stand for, sorted, each once.
pub(super) fn resolve(names: &[String], groups: &Groups) -> Vec<String> {
    let mut addresses = BTreeSet::new();
    for name in names {
        match groups.get(name) {
            Some(group) => addresses.extend(group.iter().cloned()),
            None if name.contains('@') => {
                addresses.insert(name.clone());
            }
            None => {}
        }
    }
    addresses.into_iter().collect()
}

/// The address with its domain in small letters, if it is one of `domains`.
fn internal(text: &str, domains: Option<&[String]>) -> Result<String, Fault> {
    let address = mailbox(text)?;
    let domain = address.rsplit('@').next().unwrap_or_default();
    match domains {
        Some(domains) if !domains.iter().any(|known| known == domain) => Err(Fault::new(
            "the address is outside of the internal domains",
            "reports are for internal use: write an address of a domain of mail.internal_domains",
        )),
        _ => Ok(address),
    }
}

/// A bare address.
pub(super) fn mailbox(text: &str) -> Result<String, Fault> {
    if !text.is_ascii() {
        return Err(Fault::new(
            "the address has a letter beyond ASCII in it",
            "write it in plain letters a-z",
        ));
    }
    let wrong = || Fault::new("this is not an address", "write it like reports@1stwatch.vn");
    let (local, domain) = text.split_once('@').ok_or_else(wrong)?;
    let is_atom = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    let is_local =
        local.len() <= 64 && local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atom));
    match (is_local, domain_name(domain)) {
        (true, Some(domain)) => Ok(format!("{local}@{domain}")),
        _ => Err(wrong()),
    }
}

/// A domain in small letters, such as `1stwatch.vn`.
pub(super) fn domain_name(text: &str) -> Option<String> {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    (text.len() <= 253 && text.split('.').all(is_label)).then(|| text.to_ascii_lowercase())
}

/// `Name <address>`, or an address alone.
pub(super) fn sender(text: &str) -> Result<String, Fault> {
    let Some((name, rest)) = text.split_once('<') else { return mailbox(text) };
    let address = rest.strip_suffix('>').ok_or_else(|| {
        Fault::new(
            "the sender is not of the form `Name <address>`",
            "write it like Báo cáo <reports@1stwatch.vn>",
        )
    })?;
    let address = mailbox(address)?;
    let name = name.trim();
    if name.contains(['"', '\\', '@', '<', '>']) {
        return Err(Fault::new(
            "the sender's name has one of the signs \" \\ @ < > in it",
            "write the name in letters",
        ));
    }
    Ok(if name.is_empty() { address } else { format!("{name} <{address}>") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailboxes() {
        assert_eq!(mailbox("Lan.Nguyen+1@1stWatch.VN").as_deref(), Ok("Lan.Nguyen+1@1stwatch.vn"));
        for bad in
            ["", "a", "@b", "a@", "a b@c.vn", "a@b@c", "a@-b", "a@b..c", ".a@b", "a@b.vn\n", "<a@b>", "a,b@c"]
        {
            assert!(mailbox(bad).is_err(), "{bad}");
        }
        assert!(mailbox("lân@1stwatch.vn").is_err_and(|fault| fault.message.contains("ASCII")));
    }

    #[test]
    fn senders() {
        assert_eq!(sender("Báo cáo <r@Shop.vn>").as_deref(), Ok("Báo cáo <r@shop.vn>"));
        assert_eq!(sender("r@shop.vn").as_deref(), Ok("r@shop.vn"));
        for bad in ["A <r@shop.vn", "A r@shop.vn>", "A <>", "a\"b <r@shop.vn>", "A <r@shop.vn> <x@shop.vn>"] {
            assert!(sender(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_our_own_domains() {
        let domains = ["1stwatch.vn".to_owned()];
        assert!(internal("a@1STWATCH.vn", Some(&domains)).is_ok());
        assert!(internal("a@mail.1stwatch.vn", Some(&domains)).is_err());
        assert!(internal("a@1stwatch.vn.example.com", Some(&domains)).is_err());
    }

    #[test]
    fn groups_and_addresses_become_addresses() {
        let groups = Groups::from([
            ("managers".to_owned(), vec!["b@x.vn".to_owned(), "a@x.vn".to_owned()]),
            ("none".to_owned(), vec![]),
        ]);
        let names = ["none", "a@x.vn", "managers", "c@x.vn"].map(str::to_owned);
        assert_eq!(resolve(&names, &groups), ["a@x.vn", "b@x.vn", "c@x.vn"]);
    }
}
