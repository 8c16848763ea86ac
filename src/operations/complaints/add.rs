//! Takes a complaint down that came by phone, by letter or over the counter.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::change::{Changed, instant, internal_address, stands};
use super::decide::check;
use super::{source_meant, written};
use crate::access::Operation;
use crate::domain::actor::Actor;
use crate::domain::complaint::{Classification, ComplaintKind, ComplaintText};
use crate::domain::customer::{normalise_email, normalise_phone};
use crate::domain::ids::{CustomerId, OrderId, SourceName};
use crate::jobs::{self, Added, House, NewComplaint};
use crate::operations::{Error, Result, allow, record, tried};

/// In letters.
const LONGEST_CHANNEL: usize = 40;
const LONGEST_SUBJECT: usize = 200;
/// RFC 5321 sends no mail to a longer one.
const LONGEST_EMAIL: usize = 254;
const LONGEST_PHONE: usize = 40;

/// A number of so many figures is some person's, or leads to one: an order's, an account's.
const FIGURES_OF_A_NUMBER: usize = 6;

/// A complaint to take down. Has no `Debug`: its words are a person's.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddRequest {
    pub kind: ComplaintKind,
    /// 1 to 4.
    #[serde(default)]
    pub damage_level: Option<u8>,
    #[serde(default)]
    pub vulnerable: bool,
    #[serde(default)]
    pub third_party: bool,
    #[serde(default)]
    pub attack: Option<bool>,
    #[serde(default)]
    pub harm: Option<bool>,
    /// Now, when not given.
    #[serde(default)]
    pub received_at: Option<Timestamp>,
    /// When the shop knew of a breach or misuse; at the receipt, when not given.
    #[serde(default)]
    pub detected_at: Option<Timestamp>,
    #[serde(default)]
    pub channel: Option<String>,
    /// The source whose customer and order they are; the only one, when not given.
    #[serde(default)]
    pub source: Option<SourceName>,
    #[serde(default)]
    pub customer: Option<CustomerId>,
    #[serde(default)]
    pub order: Option<OrderId>,
    #[serde(default)]
    pub subject: Option<String>,
    #[serde(default)]
    pub body: Option<String>,
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub phone: Option<String>,
    #[serde(default)]
    pub assignee: Option<String>,
}

pub fn add(house: &House, actor: &Actor, request: AddRequest) -> Result<Changed> {
    tried(house, actor, (Operation::ComplaintAdd, ""), || {
        allow(house, actor, Operation::ComplaintAdd)?;
        taken_down(house, actor, request)
    })
}

fn taken_down(house: &House, actor: &Actor, request: AddRequest) -> Result<Changed> {
    let now = house.now();
    let new = read(house, request, now)?;
    house.store.write(|writer| {
        let number = match jobs::add_complaint(house, writer, &new, actor, now)? {
            Added::As(number) => number,
            Added::UnknownCustomer => {
                let what = "the store knows no customer of that number in that source; correct it, or leave --customer out";
                return Err(Error::BadRequest(what.to_owned()));
            }
        };
        let is_known = match (&new.about, &new.order) {
            (Some(source), Some(order)) => writer.order(source, order)?.is_some(),
            (None, Some(_)) => false,
            (_, None) => true,
        };
        record(writer, actor, Operation::ComplaintAdd, &format!("complaint {number}"), "done", now)?;
        let unknown = if is_known { "" } else { "; no source has told of its order yet" };
        let said = format!("taken down as complaint {number}{unknown}");
        Ok(Changed { changed: true, said, complaint: stands(house, writer, number, now)? })
    })
}

fn read(house: &House, request: AddRequest, now: Timestamp) -> Result<NewComplaint> {
    let classification = Classification {
        kind: request.kind,
        damage_level: request.damage_level,
        vulnerable: request.vulnerable,
        third_party: request.third_party,
        attack: request.attack,
        harm: request.harm,
    };
    check(classification, request.attack.is_some(), request.harm.is_some()).map_err(Error::BadRequest)?;
    let detects = matches!(request.kind, ComplaintKind::DataBreach | ComplaintKind::DataMisuse);
    if request.detected_at.is_some() && !detects {
        let what = format!(
            "only a breach or misuse of personal data is detected; leave --detected out for {}",
            request.kind
        );
        return Err(Error::BadRequest(what));
    }
    let about = source_meant(house, request.source.as_ref())?;
    if about.is_none() && (request.customer.is_some() || request.order.is_some()) {
        let what = "there are several sources; say with --source whose customer and order it is about";
        return Err(Error::BadRequest(what.to_owned()));
    }
    Ok(NewComplaint {
        received_at: instant(request.received_at, now)?,
        classification,
        detected_at: request.detected_at.map(|at| instant(Some(at), now)).transpose()?,
        text: ComplaintText {
            subject: short(request.subject, "subject", LONGEST_SUBJECT)?.map(|text| (*text).clone()),
            body: written(request.body, "body")?.map(|text| (*text).clone()),
            email: sound(request.email, normalise_email, "e-mail address", LONGEST_EMAIL)?,
            phone: sound(request.phone, normalise_phone, "phone number", LONGEST_PHONE)?,
        },
        customer: request.customer,
        order: request.order,
        about,
        channel: channel(house, request.channel)?,
        assignee: request.assignee.map(|to| internal_address(house, &to)).transpose()?,
    })
}

/// How it came. It is kept for ever and in the clear, so it names nobody.
pub(in crate::operations) fn channel(house: &House, text: Option<String>) -> Result<Option<String>> {
    let Some(text) = short(text, "channel", LONGEST_CHANNEL)? else { return Ok(None) };
    let channel = label(&text);
    let figures = channel.chars().filter(|letter| letter.is_numeric()).count();
    if figures >= FIGURES_OF_A_NUMBER || channel.contains('@') || jobs::names_somebody(house, &channel)? {
        let what = "the channel names a person, and it is kept for ever; write phone, counter, letter, ...";
        return Err(Error::BadRequest(what.to_owned()));
    }
    Ok(Some(channel))
}

/// At most so many letters.
fn short(text: Option<String>, what: &str, most: usize) -> Result<Option<Zeroizing<String>>> {
    let text = written(text, what)?;
    if text.as_ref().is_some_and(|text| text.chars().count() > most) {
        return Err(Error::BadRequest(format!("the {what} has more than {most} letters; shorten it")));
    }
    Ok(text)
}

/// As it was given, if it is what it should be: a wrong one would find nobody.
fn sound(
    text: Option<String>,
    normalise: impl Fn(&str) -> Option<String>,
    what: &str,
    most: usize,
) -> Result<Option<String>> {
    let Some(text) = short(text, what, most)? else { return Ok(None) };
    match normalise(&text) {
        Some(_) => Ok(Some((*text).clone())),
        None => Err(Error::BadRequest(format!(
            "what is given as its {what} is none; correct it, or leave it out"
        ))),
    }
}

/// One line.
fn label(text: &str) -> String {
    text.split(|letter: char| letter.is_whitespace() || letter.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
