//! Who an order, a payment or a complaint belongs to: finds the customer by blind index, or makes one,
//! and seals what is known of the person.
//!
//! The identity of a person is the source's own customer number, else the phone, else the e-mail (each
//! normalised, each as a keyed hash). Invariant: nothing of a person leaves this file unsealed.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use anyhow::Context;
use jiff::Timestamp;

use super::contexts::{self, CUSTOMER};
use super::corrections;
use super::erase::account_mark;
use super::house::House;
use super::worked_out::{self, FoundBy};
use crate::domain::customer::{IdentifierKind, Person, normalise_email, normalise_phone};
use crate::domain::feed::CustomerSeen;
use crate::domain::ids::{CustomerId, CustomerNo, OrderId, SourceName};
use crate::domain::order::Order;
use crate::domain::sealed::Sealed;
use crate::store::{CustomerRow, RunRecord, Writer};
use crate::vault::OpenKey;

pub struct Persons<'a> {
    house: &'a House,
    writer: &'a Writer<'a>,
    source: &'a SourceName,
    now: Timestamp,
    added: Cell<u64>,
    /// Of whom this was asked last: whoever is looked up has something sealed next.
    last_key: RefCell<Option<(CustomerNo, Rc<OpenKey>)>>,
    system_key: OnceCell<Rc<OpenKey>>,
    /// Identifiers that are kept together in the end.
    together: Option<RefCell<Vec<RunRecord>>>,
}

impl<'a> Persons<'a> {
    pub fn new(house: &'a House, writer: &'a Writer<'a>, source: &'a SourceName, now: Timestamp) -> Self {
        Self {
            house,
            writer,
            source,
            now,
            added: Cell::new(0),
            last_key: RefCell::default(),
            system_key: OnceCell::new(),
            together: None,
        }
    }

    /// Does `work` on many persons: their names and addresses are looked up only once it is done.
    pub fn many<T>(
        house: &'a House,
        writer: &'a Writer<'a>,
        source: &'a SourceName,
        now: Timestamp,
        work: impl FnOnce(&Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let persons = Self { together: Some(RefCell::default()), ..Self::new(house, writer, source, now) };
        let done = work(&persons)?;
        writer.add_run(persons.together.map(RefCell::into_inner).unwrap_or_default())?;
        Ok(done)
    }

    /// How many customers this pull met for the first time.
    pub fn added(&self) -> u64 {
        self.added.get()
    }

    /// The customer that `account` or `person` identifies, made when there is none yet; `None` when
    /// nothing identifies anybody.
    pub fn known(
        &self,
        account: Option<&CustomerId>,
        person: &Person,
        province: Option<&str>,
    ) -> anyhow::Result<Option<CustomerNo>> {
        self.known_by(account, person, province, None)
    }

    fn known_by(
        &self,
        account: Option<&CustomerId>,
        person: &Person,
        province: Option<&str>,
        found_by: Option<&FoundBy>,
    ) -> anyhow::Result<Option<CustomerNo>> {
        let worked_out = || Cow::Owned(worked_out::found_by(&self.house.vault, person));
        let found_by = || found_by.map_or_else(worked_out, Cow::Borrowed);
        let Some((kind, identity)) = self.identity(account, person) else {
            // Nobody we can tell apart, and still a name and an address that must not leave the house.
            self.index(None, &found_by())?;
            return Ok(None);
        };
        let blind = self.house.vault.blind(kind, &identity).0;
        if let Some(no) = self.writer.customer_by_index(kind, &blind)? {
            self.learn(no, person, province)?;
            return Ok(Some(no));
        }
        if kind == IdentifierKind::Account
            && let Some(no) = self.guest(person)?
        {
            self.writer.add_index(kind, &blind, no)?;
            self.learn(no, person, province)?;
            return Ok(Some(no));
        }
        let (wrapped, key) = self.house.vault.new_open_key()?;
        let sealed = key.seal_value(CUSTOMER, person)?;
        let no = self.writer.insert_customer(&wrapped, &sealed, province, self.now)?;
        self.added.set(self.added.get() + 1);
        let found_by = found_by();
        if !found_by.contains(&(kind, blind)) {
            self.writer.add_index(kind, &blind, no)?;
        }
        self.index(Some(no), &found_by)?;
        self.last_key.replace(Some((no, Rc::new(key))));
        Ok(Some(no))
    }

    /// The customer of an order. One that was told before keeps its customer while it gives the same phone and e-mail,
    /// though these were corrected since.
    pub fn of_order(&self, order: &Order) -> anyhow::Result<Option<CustomerNo>> {
        if order.customer.is_none()
            && let Some(no) = self.corrected_customer(order)?
        {
            self.learn(no, &order.person, order.province.as_deref())?;
            return Ok(Some(no));
        }
        self.of_new_order(order, None)
    }

    /// The customer of an order that was never seen before.
    pub fn of_new_order(
        &self,
        order: &Order,
        found_by: Option<&FoundBy>,
    ) -> anyhow::Result<Option<CustomerNo>> {
        self.known_by(order.customer.as_ref(), &order.person, order.province.as_deref(), found_by)
    }

    fn corrected_customer(&self, order: &Order) -> anyhow::Result<Option<CustomerNo>> {
        let Some(no) = self.writer.customer_of(self.source, &order.id)? else { return Ok(None) };
        if self.writer.corrections_in_force(no)?.is_empty() {
            return Ok(None);
        }
        let Some((_, sealed)) = self.writer.order_person(self.source, &order.id)? else { return Ok(None) };
        let context = contexts::of_order(self.source, &order.id);
        let before = self.house.vault.open_person(&self.row(no)?.wrapped_key, &context, &sealed)?;
        let is_same = before.phone == order.person.phone && before.email == order.person.email;
        Ok(is_same.then_some(no))
    }

    /// A customer as the source lists them. One who was erased comes back with a new order, not because a list still
    /// has them.
    pub fn listed(
        &self,
        seen: &CustomerSeen,
        erased: &BTreeMap<String, Option<CustomerNo>>,
    ) -> anyhow::Result<()> {
        let is_erased = !erased.is_empty()
            && erased.contains_key(&account_mark(&self.house.vault, self.source, seen.id.as_str()))
            && self.by_account(&seen.id)?.is_none();
        if !is_erased {
            self.known(Some(&seen.id), &seen.person, seen.province.as_deref())?;
        }
        Ok(())
    }

    /// The customer of this account, if there is one.
    pub fn by_account(&self, account: &CustomerId) -> anyhow::Result<Option<CustomerNo>> {
        let Some((kind, identity)) = self.identity(Some(account), &Person::default()) else {
            return Ok(None);
        };
        Ok(self.writer.customer_by_index(kind, &self.house.vault.blind(kind, &identity).0)?)
    }

    /// The guest that a new account was before: somebody of this phone or e-mail who has no account yet.
    /// (Two accounts that share a phone stay two: one must not see the other's payments.)
    fn guest(&self, person: &Person) -> anyhow::Result<Option<CustomerNo>> {
        let Some((kind, identity)) = self.identity(None, person) else { return Ok(None) };
        let Some(no) = self.writer.customer_by_index(kind, &self.house.vault.blind(kind, &identity).0)?
        else {
            return Ok(None);
        };
        Ok((!self.writer.has_identifier(no, IdentifierKind::Account)?).then_some(no))
    }

    /// Seals the person as an order gives it: under the customer's key, or the system's when nobody is identified.
    pub fn seal(
        &self,
        customer: Option<CustomerNo>,
        order: &OrderId,
        person: &Person,
    ) -> anyhow::Result<Option<Sealed<Person>>> {
        if person.is_empty() {
            return Ok(None);
        }
        let key = match customer {
            Some(no) => self.key(no)?,
            None => self.system_key()?,
        };
        let context = contexts::of_order(self.source, order);
        Ok(Some(key.seal_value(&context, person)?))
    }

    fn key(&self, no: CustomerNo) -> anyhow::Result<Rc<OpenKey>> {
        if let Some((_, key)) = self.last_key.borrow().as_ref().filter(|(of, _)| *of == no) {
            return Ok(Rc::clone(key));
        }
        Ok(Rc::new(self.house.vault.open_key(&self.row(no)?.wrapped_key)?))
    }

    fn system_key(&self) -> anyhow::Result<Rc<OpenKey>> {
        if let Some(key) = self.system_key.get() {
            return Ok(Rc::clone(key));
        }
        let key = Rc::new(self.house.vault.open_key(self.house.system_key())?);
        Ok(Rc::clone(self.system_key.get_or_init(|| key)))
    }

    /// Makes the customer findable, or a person who is none, as [`lookup::index`](super::lookup::index) does.
    fn index(&self, no: Option<CustomerNo>, found_by: &FoundBy) -> anyhow::Result<()> {
        for (kind, blind) in found_by {
            match (&self.together, RunRecord::new(*kind, blind, no)) {
                (Some(together), Some(record)) => together.borrow_mut().push(record),
                _ => self.writer.add_index(*kind, blind, no)?,
            }
        }
        Ok(())
    }

    fn row(&self, no: CustomerNo) -> anyhow::Result<CustomerRow> {
        self.writer.customer(no)?.with_context(|| format!("customer {no} is not in the store"))
    }

    fn identity(&self, account: Option<&CustomerId>, person: &Person) -> Option<(IdentifierKind, String)> {
        if let Some(account) = account {
            return Some((IdentifierKind::Account, format!("{}/{account}", self.source)));
        }
        let phone =
            person.phone.as_deref().and_then(normalise_phone).map(|phone| (IdentifierKind::Phone, phone));
        phone.or_else(|| {
            person.email.as_deref().and_then(normalise_email).map(|email| (IdentifierKind::Email, email))
        })
    }

    /// Takes over fields that were not known before or have changed; a field that the source now leaves
    /// out is kept, and so is one that a person has corrected and the source only repeats.
    fn learn(&self, no: CustomerNo, told: &Person, province: Option<&str>) -> anyhow::Result<()> {
        if told.is_empty() {
            return Ok(());
        }
        let row = self.row(no)?;
        let person = corrections::heard(self.house, self.writer, &row, self.source, told, self.now)?;
        let key = self.house.vault.open_key(&row.wrapped_key)?;
        let known = key.open_value(CUSTOMER, &row.sealed_person)?;
        let newer = |new: &Option<String>, old: &Option<String>| new.clone().or_else(|| old.clone());
        let merged = Person {
            name: newer(&person.name, &known.name),
            email: newer(&person.email, &known.email),
            phone: newer(&person.phone, &known.phone),
            address: newer(&person.address, &known.address),
        };
        // Whatever is known is indexed already.
        if merged != known {
            let sealed = key.seal_value(CUSTOMER, &merged)?;
            let province = province.or(row.province.as_deref());
            self.writer.update_customer(no, &sealed, province, self.now)?;
            self.index(Some(no), &worked_out::found_by(&self.house.vault, &person))?;
        }
        self.last_key.replace(Some((no, Rc::new(key))));
        Ok(())
    }
}
