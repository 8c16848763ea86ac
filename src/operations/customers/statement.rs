//! One customer's payments as PDF and HTML, for that customer to review.

use base64::Engine;
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use super::why::{Why, audited};
use crate::access::Operation;
use crate::document::{self, Answer, Statement, Transaction};
use crate::domain::actor::Actor;
use crate::domain::ids::CustomerNo;
use crate::domain::payment::PaymentAnswer;
use crate::jobs::{self, House};
use crate::operations::releases::PreviewFile;
use crate::operations::{Error, Result};
use crate::settings::Language;
use crate::store::{AnswerRow, CustomerRow, KnownPayment, Reader};

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementRequest {
    pub why: Why,
    /// `vi` or `en`; the business's own, when not given.
    #[serde(default)]
    pub language: Option<Language>,
}

/// The statement's files. Has no `Debug`: they hold a person's data, and their memory is overwritten when they are dropped.
#[derive(Clone, Serialize, Deserialize)]
pub struct StatementMade {
    pub number: CustomerNo,
    pub transactions: usize,
    /// Of those, how many the customer has not answered yet.
    pub unanswered: usize,
    pub files: Vec<PreviewFile>,
}

impl Drop for StatementMade {
    fn drop(&mut self) {
        self.files.iter_mut().for_each(|file| file.content.zeroize());
    }
}

pub fn statement(
    house: &House,
    actor: &Actor,
    number: CustomerNo,
    request: &StatementRequest,
) -> Result<StatementMade> {
    let subject = super::subject(number);
    audited(house, actor, (Operation::CustomerStatement, &subject), &request.why, |writer| {
        let row = super::present(writer, number)?;
        Ok((made(house, writer, &row, request.language)?, Vec::new()))
    })
}

fn made(
    house: &House,
    reader: &Reader<'_>,
    row: &CustomerRow,
    language: Option<Language>,
) -> Result<StatementMade> {
    let person = house
        .vault
        .open_person(&row.wrapped_key, jobs::CUSTOMER_CONTEXT, &row.sealed_person)
        .map_err(anyhow::Error::from)?;
    let payments = reader.payments_by(row.no)?;
    let (business, now) = (&house.settings.business, house.now());
    let of = Statement {
        business: &business.name,
        currency: &business.currency,
        zone: &business.zone,
        program: env!("CARGO_PKG_VERSION"),
        made_at: now,
        answer_until: now.checked_add(house.settings.payments.confirm_within).unwrap_or(now),
        customer: row.no,
        name: person.name.as_deref(),
        transactions: payments.iter().map(|payment| transaction(house, payment)).collect(),
    };
    let language = language.unwrap_or(business.language);
    let files = document::statement(&of, language).map_err(|error| Error::Failed(error.into()))?;
    let day = now.to_zoned(business.zone.clone()).date();
    // No name in a file's name: it stands in the shell's history and in a mail's head.
    let file = |ending: &str, bytes: &[u8]| PreviewFile {
        name: format!("statement-{}-{day}.{ending}", row.no),
        content: base64::engine::general_purpose::STANDARD.encode(bytes),
    };
    Ok(StatementMade {
        number: row.no,
        transactions: payments.len(),
        unanswered: payments.iter().filter(|payment| payment.answer.is_none()).count(),
        files: vec![file("html", files.html.as_bytes()), file("pdf", &files.pdf)],
    })
}

fn transaction<'a>(house: &House, payment: &'a KnownPayment) -> Transaction<'a> {
    Transaction {
        paid_at: payment.paid_at,
        order: payment.order.as_str(),
        payment: payment.id.as_str(),
        method: &payment.method,
        status: &payment.status,
        amount: payment.amount,
        state: house.settings.payments.state_of(&payment.status),
        answer: payment.answer.as_ref().and_then(answer),
    }
}

fn answer(row: &AnswerRow) -> Option<Answer> {
    match row.answer {
        PaymentAnswer::Confirmed => Some(Answer::Confirmed(row.at)),
        PaymentAnswer::Disputed => row.complaint.map(|complaint| Answer::Disputed(row.at, complaint)),
    }
}
