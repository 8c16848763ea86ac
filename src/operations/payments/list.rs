//! Payments by customer, those that nobody has answered past the term, and those that do not fit their orders.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::access::Operation;
use crate::books::{self, Mismatch};
use crate::domain::actor::Actor;
use crate::domain::ids::{ComplaintNo, CustomerNo, OrderId, PaymentId, SourceName};
use crate::domain::money::Money;
use crate::domain::order::OrderStatus;
use crate::domain::payment::{PaidOrder, PaymentAnswer};
use crate::jobs::{self, House};
use crate::operations::{Error, Result, allow_on, record, tried};
use crate::store::{KnownPayment, PaymentFilter, Reader};

/// Payments that are listed when nobody says how many.
const LISTED_AT_MOST: u32 = 100;

/// Which payments are asked for; the newest when none of them is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListRequest {
    pub customer: Option<CustomerNo>,
    /// Neither confirmed nor disputed within the term.
    pub unconfirmed: bool,
    /// Those of orders whose payments do not come to what they should.
    pub mismatch: bool,
    pub limit: Option<u32>,
}

/// Payments, or orders whose payments do not fit. Amounts in minor units of the shop's currency.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PaymentList {
    pub payments: Vec<PaymentView>,
    pub mismatches: Vec<MismatchView>,
    /// How many there are, of which these are the newest.
    pub total: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PaymentView {
    pub source: SourceName,
    pub payment: PaymentId,
    pub order: OrderId,
    pub customer: Option<CustomerNo>,
    pub paid_at: Timestamp,
    pub method: String,
    pub amount: Money,
    /// The source's own word.
    pub status: String,
    /// What its customer says of it; `null`: nothing yet, or of another amount.
    pub answer: Option<AnswerView>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AnswerView {
    pub answer: PaymentAnswer,
    pub at: Timestamp,
    pub channel: String,
    pub complaint: Option<ComplaintNo>,
}

/// An order whose payments do not fit it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MismatchView {
    pub source: SourceName,
    pub order: OrderId,
    pub customer: Option<CustomerNo>,
    /// `null`: no source has told of the order.
    pub status: Option<OrderStatus>,
    pub mismatch: Mismatch,
    pub due: Money,
    pub refunded: Money,
    pub received: Money,
    pub last_paid_at: Timestamp,
}

pub fn list(house: &House, actor: &Actor, request: &ListRequest) -> Result<PaymentList> {
    let subject = match request.customer {
        Some(number) => format!("customer {number}"),
        None if request.mismatch => "mismatching".to_owned(),
        None if request.unconfirmed => "unconfirmed".to_owned(),
        None => "newest".to_owned(),
    };
    tried(house, actor, (Operation::PaymentList, &subject), || {
        allow_on(house, actor, Operation::PaymentList, &subject)?;
        asked(house, actor, request, &subject)
    })
}

fn asked(house: &House, actor: &Actor, request: &ListRequest, subject: &str) -> Result<PaymentList> {
    if u8::from(request.customer.is_some()) + u8::from(request.unconfirmed) + u8::from(request.mismatch) > 1 {
        return Err(Error::BadRequest(
            "ask for a customer's, the unconfirmed or the mismatching ones".to_owned(),
        ));
    }
    let limit = request.limit.unwrap_or(LISTED_AT_MOST);
    let now = house.now();
    house.store.write(|writer| {
        let list = match request.customer {
            Some(number) => of_customer(writer, number, limit)?,
            None if request.mismatch => mismatching(house, writer, limit)?,
            None if request.unconfirmed => unconfirmed(house, writer, limit)?,
            None => newest(writer, limit)?,
        };
        record(writer, actor, Operation::PaymentList, subject, "done", now)?;
        Ok(list)
    })
}

fn of_customer(reader: &Reader<'_>, number: CustomerNo, limit: u32) -> Result<PaymentList> {
    if reader.customer(number)?.is_none() {
        return Err(Error::NotFound {
            what: "customer",
            name: number.to_string(),
            remedy: "`firstwatch customer find` tells the number".to_owned(),
        });
    }
    let payments = reader.payments_by(number)?;
    let total = payments.len() as u64;
    let payments = payments.into_iter().take(limit as usize).map(view).collect();
    Ok(PaymentList { payments, total, ..PaymentList::default() })
}

fn unconfirmed(house: &House, reader: &Reader<'_>, limit: u32) -> Result<PaymentList> {
    let (received, _) = house.settings.payments.sorted(&reader.payment_words()?);
    let filter = PaymentFilter {
        unanswered: Some((jobs::payments_term(house), &received)),
        limit: Some(limit),
        ..PaymentFilter::default()
    };
    let payments = reader.payments(&filter)?.into_iter().map(view).collect();
    let total = reader.count_unanswered(jobs::payments_term(house), &received)?;
    Ok(PaymentList { payments, total, ..PaymentList::default() })
}

fn newest(reader: &Reader<'_>, limit: u32) -> Result<PaymentList> {
    let filter = PaymentFilter { limit: Some(limit), ..PaymentFilter::default() };
    let payments: Vec<PaymentView> = reader.payments(&filter)?.into_iter().map(view).collect();
    Ok(PaymentList { total: reader.count_payments()?, payments, ..PaymentList::default() })
}

fn mismatching(house: &House, reader: &Reader<'_>, limit: u32) -> Result<PaymentList> {
    let (received, known) = house.settings.payments.sorted(&reader.payment_words()?);
    let paid = reader.paid_orders(&received, &known)?;
    let mut all: Vec<MismatchView> = paid.into_iter().filter_map(mismatch).collect();
    let total = all.len() as u64;
    all.truncate(limit as usize);
    Ok(PaymentList { mismatches: all, total, ..PaymentList::default() })
}

fn mismatch(paid: PaidOrder) -> Option<MismatchView> {
    let mismatch = books::mismatch(&paid)?;
    Some(MismatchView {
        mismatch,
        source: paid.source,
        order: paid.order,
        customer: paid.customer,
        status: paid.status,
        due: paid.due,
        refunded: paid.refunded,
        received: paid.received,
        last_paid_at: paid.last_paid_at,
    })
}

pub(super) fn view(payment: KnownPayment) -> PaymentView {
    PaymentView {
        source: payment.source,
        payment: payment.id,
        order: payment.order,
        customer: payment.customer,
        paid_at: payment.paid_at,
        method: payment.method,
        amount: payment.amount,
        status: payment.status,
        answer: payment.answer.map(|answer| AnswerView {
            answer: answer.answer,
            at: answer.at,
            channel: answer.channel,
            complaint: answer.complaint,
        }),
    }
}
