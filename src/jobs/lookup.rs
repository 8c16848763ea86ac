//! By what a person is found again: every form of every identifier, as keyed hashes.

use crate::domain::customer::{IdentifierKind, Person, normalise_email, normalise_phone, normalise_words};
use crate::domain::ids::CustomerNo;
use crate::domain::spelling::{address_forms, name_forms, phone_forms, plain};
use crate::store::{self, Store, Writer};
use crate::vault::Vault;

use super::contexts::CUSTOMER;

/// Which forms are kept; a store that has fewer gets the others when it is opened.
const FORMS: &[u8] = b"2";
const KEPT: &str = "identifier-forms";
const AT_ONCE: u32 = 500;

/// Makes the person findable: for who asks for a customer, and for the egress guard.
pub(super) fn index(
    vault: &Vault,
    writer: &Writer<'_>,
    no: Option<CustomerNo>,
    person: &Person,
) -> Result<(), store::Error> {
    for (kind, form) in forms(person) {
        writer.add_index(kind, &vault.blind(kind, &form).0, no)?;
    }
    Ok(())
}

/// Every identifier of the person in each of its forms.
pub(super) fn forms(person: &Person) -> Vec<(IdentifierKind, String)> {
    let phone = person.phone.as_deref().and_then(|phone| normalise_phone(&plain(phone)));
    let name = person.name.as_deref().and_then(normalise_words).filter(|name| tells_a_name(name));
    let address = person.address.as_deref().and_then(normalise_words).filter(|words| tells_an_address(words));
    let of = |kind| move |form| (kind, form);
    let phones = phone.iter().flat_map(|phone| phone_forms(phone)).map(of(IdentifierKind::Phone));
    let email = person.email.as_deref().and_then(normalise_email).map(of(IdentifierKind::Email));
    let names = name.iter().flat_map(|name| name_forms(name)).map(of(IdentifierKind::Name));
    let addresses =
        address.iter().flat_map(|address| address_forms(address)).map(of(IdentifierKind::Address));
    phones.chain(email).chain(names).chain(addresses).collect()
}

/// Adds the forms that an earlier version did not keep. Cut off, it begins again.
pub(super) fn complete(store: &Store, vault: &Vault) -> Result<(), store::Error> {
    if store.read(|reader| reader.get_meta(KEPT))?.as_deref() == Some(FORMS) {
        return Ok(());
    }
    let mut after = CustomerNo(0);
    loop {
        let last = store.write(|writer| {
            let customers = writer.customers_after(after, AT_ONCE)?;
            for row in &customers {
                // Who was erased has nothing to be found by.
                if let Ok(person) = vault.open_person(&row.wrapped_key, CUSTOMER, &row.sealed_person) {
                    index(vault, writer, Some(row.no), &person)?;
                }
            }
            Ok::<_, store::Error>(customers.last().map(|row| row.no))
        })?;
        match last {
            Some(last) => after = last,
            None => return store.write(|writer| writer.set_meta(KEPT, FORMS)),
        }
    }
}

/// A single word is no name that could be recognised in a text.
fn tells_a_name(normalised: &str) -> bool {
    normalised.contains(' ')
}

/// A province or a city alone is no address: it has a house number, or at least five words.
fn tells_an_address(normalised: &str) -> bool {
    let words = normalised.split(' ').count();
    words >= 5 || (words >= 2 && normalised.contains(|letter: char| letter.is_ascii_digit()))
}
