//! What a customer says of a payment: that it is theirs and right, or that it is not.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use super::list::{PaymentView, view};
use crate::access::Operation;
use crate::domain::actor::Actor;
use crate::domain::ids::{ComplaintNo, PaymentId, SourceName};
use crate::domain::payment::PaymentAnswer;
use crate::jobs::{self, House, PersonsDispute};
use crate::operations::complaints::{channel, instant, written};
use crate::operations::{Error, Result, allow_on, record, tried};
use crate::store::{KnownPayment, NewAnswer, PaymentFilter, Reader, Writer};

/// A customer's answer. Has no `Debug`: its words are a person's.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerRequest {
    pub payment: PaymentId,
    /// Whose payment it is; needed where two sources have one of this name.
    #[serde(default)]
    pub source: Option<SourceName>,
    pub answer: PaymentAnswer,
    /// When the customer said so; now, when not given.
    #[serde(default)]
    pub at: Option<Timestamp>,
    /// How: phone, counter, letter, ...; it is kept for ever and names nobody.
    pub channel: String,
    /// Of a dispute: the customer's words. They are sealed.
    #[serde(default)]
    pub words: Option<String>,
}

impl Drop for AnswerRequest {
    fn drop(&mut self) {
        self.words.zeroize();
    }
}

/// What came of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answered {
    pub payment: PaymentView,
    /// A dispute's complaint, and whether it was opened now.
    pub complaint: Option<ComplaintNo>,
    pub opened: bool,
}

pub fn answer(house: &House, actor: &Actor, request: &AnswerRequest) -> Result<Answered> {
    let operation = match request.answer {
        PaymentAnswer::Confirmed => Operation::PaymentConfirm,
        PaymentAnswer::Disputed => Operation::PaymentDispute,
    };
    let subject = subject(house, request)?;
    tried(house, actor, (operation, &subject), || {
        allow_on(house, actor, operation, &subject)?;
        keep(house, (actor, operation), request)
    })
}

/// As the audit log says it: a number that no source has told of is not repeated.
fn subject(house: &House, request: &AnswerRequest) -> Result<String> {
    let found = house.store.read(|reader| find(reader, request));
    Ok(match found {
        Ok(payment) => told(&payment),
        Err(Error::NotFound { .. } | Error::BadRequest(_)) => "no payment".to_owned(),
        Err(error) => return Err(error),
    })
}

fn told(payment: &KnownPayment) -> String {
    format!("payment {}/{}", payment.source, payment.id)
}

fn keep(house: &House, (actor, operation): (&Actor, Operation), request: &AnswerRequest) -> Result<Answered> {
    let now = house.now();
    let at = instant(request.at, now)?;
    let channel = channel(house, Some(request.channel.clone()))?.ok_or_else(|| {
        Error::BadRequest("say how the customer answered: phone, counter, letter, ...".to_owned())
    })?;
    let words = written(request.words.clone(), "words")?;
    if words.is_some() && request.answer == PaymentAnswer::Confirmed {
        return Err(Error::BadRequest(
            "words go with a dispute; nothing is kept beside a confirmation".to_owned(),
        ));
    }
    house.store.write(|writer| {
        let payment = find(writer, request)?;
        if at < payment.paid_at {
            return Err(Error::BadRequest(format!(
                "{at} is before the payment was made ({}); correct --at",
                payment.paid_at
            )));
        }
        let (complaint, opened) = match request.answer {
            PaymentAnswer::Confirmed => (None, false),
            PaymentAnswer::Disputed => {
                let dispute = PersonsDispute {
                    order: &payment.order,
                    at,
                    channel: &channel,
                    words: words.as_ref(),
                    actor,
                };
                let of = (&payment.source, &payment.id);
                let (complaint, opened) = jobs::open_dispute(house, writer, of, &dispute, now)?;
                if !opened && words.is_some() {
                    return Err(Error::BadRequest(format!(
                        "complaint {complaint} is about this payment already; put the words there: \
                         `firstwatch complaint reopen {complaint}` or another step, with --note-file"
                    )));
                }
                (Some(complaint), opened)
            }
        };
        write(writer, &payment, request.answer, (at, &channel), complaint, (actor, now))?;
        record(writer, actor, operation, &told(&payment), "done", now)?;
        if let Some(customer) = payment.customer {
            record(writer, actor, operation, &format!("customer {customer}"), "done", now)?;
        }
        Ok(Answered { payment: view(find(writer, request)?), complaint, opened })
    })
}

fn write(
    writer: &Writer<'_>,
    payment: &KnownPayment,
    answer: PaymentAnswer,
    (at, channel): (Timestamp, &str),
    complaint: Option<ComplaintNo>,
    (actor, now): (&Actor, Timestamp),
) -> Result<()> {
    let new = NewAnswer {
        source: &payment.source,
        payment: &payment.id,
        answer,
        at,
        channel,
        amount: payment.amount,
        complaint,
        actor: &actor.to_string(),
    };
    Ok(writer.add_answer(&new, now)?)
}

/// The one payment that is meant.
fn find(reader: &Reader<'_>, request: &AnswerRequest) -> Result<KnownPayment> {
    let filter = PaymentFilter {
        source: request.source.as_ref(),
        id: Some(&request.payment),
        ..PaymentFilter::default()
    };
    let mut found = reader.payments(&filter)?;
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(_), false) => Err(Error::BadRequest(
            "several sources have a payment of this number; say with --source which".to_owned(),
        )),
        (None, _) => Err(Error::NotFound {
            what: "payment",
            name: request.payment.to_string(),
            remedy: "`firstwatch payment list --customer NO` names a customer's".to_owned(),
        }),
    }
}
