//! Payments with their orders and customers, what customers say of them, and what was paid of each order.

use jiff::Timestamp;
use rusqlite::{Row, params};

use super::columns::{At, Word, json, read_count};
use super::{Error, Reader, Writer};
use crate::domain::ids::{ComplaintNo, CustomerNo, OrderId, PaymentId, SourceName};
use crate::domain::money::Money;
use crate::domain::order::OrderStatus;
use crate::domain::payment::{PaidOrder, PaymentAnswer};

/// What a customer says of a payment.
pub struct NewAnswer<'a> {
    pub source: &'a SourceName,
    pub payment: &'a PaymentId,
    pub answer: PaymentAnswer,
    /// When they said so.
    pub at: Timestamp,
    pub channel: &'a str,
    /// What they spoke of.
    pub amount: Money,
    pub complaint: Option<ComplaintNo>,
    pub actor: &'a str,
}

/// The latest answer, while it is about the payment as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerRow {
    pub answer: PaymentAnswer,
    pub at: Timestamp,
    pub channel: String,
    pub complaint: Option<ComplaintNo>,
}

/// A payment with what is known of its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPayment {
    pub source: SourceName,
    pub id: PaymentId,
    pub order: OrderId,
    pub paid_at: Timestamp,
    pub method: String,
    pub amount: Money,
    /// The source's own word.
    pub status: String,
    pub customer: Option<CustomerNo>,
    pub answer: Option<AnswerRow>,
}

/// Which payments are asked for; the newest first.
#[derive(Clone, Debug, Default)]
pub struct PaymentFilter<'a> {
    pub source: Option<&'a SourceName>,
    pub id: Option<&'a PaymentId>,
    /// Made before this instant, in one of these (the sources') words, by a customer who is still known, and neither
    /// confirmed nor disputed.
    pub unanswered: Option<(Timestamp, &'a [String])>,
    /// The first so many; all of them when not given.
    pub limit: Option<u32>,
}

const COLUMNS: &str = "p.source, p.id, p.order_id, p.paid_at, p.method, p.amount, p.status, o.customer,
    a.answer, a.at, a.channel, a.complaint";
const ANSWERED: &str = "LEFT JOIN payment_answers a ON a.amount = p.amount AND a.no = (
    SELECT max(no) FROM payment_answers x WHERE x.source = p.source AND x.payment = p.id)";
const UNANSWERED: &str = "FROM payments p
    JOIN orders o ON o.source = p.source AND o.id = p.order_id
    JOIN customers c ON c.no = o.customer AND c.erased_at IS NULL
    WHERE p.paid_at < ?1 AND p.status IN (SELECT value FROM json_each(?2))
    AND NOT EXISTS (
        SELECT 1 FROM payment_answers a WHERE a.source = p.source AND a.payment = p.id AND a.amount = p.amount
        AND a.no = (SELECT max(no) FROM payment_answers x WHERE x.source = p.source AND x.payment = p.id))";

impl Reader<'_> {
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn payments(&self, filter: &PaymentFilter<'_>) -> Result<Vec<KnownPayment>, Error> {
        let limit = filter.limit.map_or(-1, i64::from);
        if let Some((before, words)) = filter.unanswered {
            let sql = format!(
                "SELECT p.source, p.id, p.order_id, p.paid_at, p.method, p.amount, p.status, o.customer,
                        NULL, NULL, NULL, NULL
                 {UNANSWERED} ORDER BY p.paid_at DESC, p.source, p.id LIMIT ?3"
            );
            return self.all(&sql, (At(before), json(&words)?, limit), read_payment);
        }
        let sql = format!(
            "SELECT {COLUMNS} FROM payments p
             LEFT JOIN orders o ON o.source = p.source AND o.id = p.order_id {ANSWERED}
             WHERE (?1 IS NULL OR p.source = ?1) AND (?2 IS NULL OR p.id = ?2)
             ORDER BY p.paid_at DESC, p.source, p.id LIMIT ?3"
        );
        let parameters = (filter.source.map(SourceName::as_str), filter.id.map(PaymentId::as_str), limit);
        self.all(&sql, parameters, read_payment)
    }

    /// Every payment of the customer's orders, the newest first.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn payments_by(&self, customer: CustomerNo) -> Result<Vec<KnownPayment>, Error> {
        let sql = format!(
            "SELECT {COLUMNS} FROM orders o JOIN payments p INDEXED BY payments_by_order ON p.source = o.source AND p.order_id = o.id {ANSWERED}
             WHERE o.customer = ?1 ORDER BY p.paid_at DESC, p.source, p.id"
        );
        self.all(&sql, (customer.0,), read_payment)
    }

    /// How many payments [`PaymentFilter::unanswered`] means.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn count_unanswered(&self, before: Timestamp, words: &[String]) -> Result<u64, Error> {
        let sql = format!("SELECT count(*) {UNANSWERED}");
        self.single(&sql, (At(before), json(&words)?), |row| row.get(0)).map(read_count)
    }

    /// When each payment was made that has no answer ([`PaymentFilter::unanswered`]), ascending.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn unanswered_instants(&self, words: &[String]) -> Result<Vec<Timestamp>, Error> {
        let sql = format!("SELECT p.paid_at {UNANSWERED} ORDER BY p.paid_at");
        self.all(&sql, (At(Timestamp::MAX), json(&words)?), |row| Ok(row.get::<_, At>(0)?.0))
    }

    /// The words that sources use for how a payment stands.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn payment_words(&self) -> Result<Vec<String>, Error> {
        self.all("SELECT DISTINCT status FROM payments ORDER BY status", (), |row| row.get(0))
    }

    /// Each order that a payment names, with what it comes to and what was paid of it: amounts in the words `received`
    /// are added up, and a payment in none of the words `known` is counted.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn paid_orders(&self, received: &[String], known: &[String]) -> Result<Vec<PaidOrder>, Error> {
        let sql = "SELECT p.source, p.order_id, o.status, o.customer,
                          coalesce(o.total, (SELECT coalesce(sum(l.gross - l.discount + l.tax), 0)
                                             FROM order_lines l WHERE l.order_no = o.no)
                                            - o.discount + o.shipping + o.tax + o.fees),
                          (SELECT coalesce(sum(r.amount), 0) FROM refunds r INDEXED BY refunds_by_order
                           WHERE r.source = p.source AND r.order_id = p.order_id),
                          sum(CASE WHEN p.status IN (SELECT value FROM json_each(?1)) THEN p.amount ELSE 0 END),
                          sum(p.status NOT IN (SELECT value FROM json_each(?2))),
                          max(p.paid_at)
                   FROM payments p LEFT JOIN orders o ON o.source = p.source AND o.id = p.order_id
                   GROUP BY p.source, p.order_id ORDER BY max(p.paid_at) DESC, p.source, p.order_id";
        self.all(sql, (json(&received)?, json(&known)?), |row| {
            let amount =
                |column| row.get::<_, Option<i64>>(column).map(|minor| Money::from_minor(minor.unwrap_or(0)));
            Ok(PaidOrder {
                source: SourceName::new(row.get::<_, String>(0)?),
                order: OrderId::new(row.get::<_, String>(1)?),
                status: row.get::<_, Option<Word<OrderStatus>>>(2)?.map(|word| word.0),
                customer: row.get::<_, Option<i64>>(3)?.map(CustomerNo),
                due: amount(4)?,
                refunded: amount(5)?,
                received: amount(6)?,
                unknown_words: read_count(row.get(7)?),
                last_paid_at: row.get::<_, At>(8)?.0,
            })
        })
    }
}

impl Writer<'_> {
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn add_answer(&self, new: &NewAnswer<'_>, now: Timestamp) -> Result<(), Error> {
        let sql =
            "INSERT INTO payment_answers (source, payment, answer, at, channel, amount, complaint, actor,
                                                recorded_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let parameters = params![
            new.source.as_str(),
            new.payment.as_str(),
            Word(new.answer),
            At(new.at),
            new.channel,
            new.amount.minor(),
            new.complaint.map(|no| no.0),
            new.actor,
            At(now),
        ];
        self.change(sql, parameters).map(|_| ())
    }
}

super::columns::words!(PaymentAnswer);

fn read_payment(row: &Row<'_>) -> rusqlite::Result<KnownPayment> {
    let answer = match row.get::<_, Option<Word<PaymentAnswer>>>(8)? {
        None => None,
        Some(Word(answer)) => Some(AnswerRow {
            answer,
            at: row.get::<_, At>(9)?.0,
            channel: row.get(10)?,
            complaint: row.get::<_, Option<i64>>(11)?.map(ComplaintNo),
        }),
    };
    Ok(KnownPayment {
        source: SourceName::new(row.get::<_, String>(0)?),
        id: PaymentId::new(row.get::<_, String>(1)?),
        order: OrderId::new(row.get::<_, String>(2)?),
        paid_at: row.get::<_, At>(3)?.0,
        method: row.get(4)?,
        amount: Money::from_minor(row.get(5)?),
        status: row.get(6)?,
        customer: row.get::<_, Option<i64>>(7)?.map(CustomerNo),
        answer,
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, a_customer, at, fixture, now, order, shop};
    use super::*;
    use crate::domain::payment::Payment;
    use crate::store::OrderRow;

    fn payment(id: &str, of: &str, amount: i64, status: &str) -> Payment {
        Payment {
            id: PaymentId::new(id),
            order: OrderId::new(of),
            paid_at: at("2026-11-12T00:00:00Z"),
            method: "bank".into(),
            amount: Money::from_minor(amount),
            status: status.into(),
            reference: None,
        }
    }

    fn till() -> Fixture {
        let fixture = fixture();
        fixture.write(|w| {
            let customer = Some(a_customer(w)?);
            let kept = order("1");
            w.upsert_order(&OrderRow {
                source: &shop(),
                order: &kept,
                customer,
                sealed_person: None,
                hash: [0; 32],
            })?;
            w.upsert_payment(&shop(), &payment("p1", "1", 400, "paid"), None)?;
            w.upsert_payment(&shop(), &payment("p2", "1", 600, "odd"), None)?;
            w.upsert_payment(&shop(), &payment("p3", "9", 5, "paid"), None)
        });
        fixture
    }

    fn answer(fixture: &Fixture, answer: PaymentAnswer) {
        let new = NewAnswer {
            source: &shop(),
            payment: &PaymentId::new("p1"),
            answer,
            at: now(),
            channel: "phone",
            amount: Money::from_minor(400),
            complaint: None,
            actor: "uid:7",
        };
        fixture.write(|w| w.add_answer(&new, now()));
    }

    #[test]
    fn an_answer_holds_while_the_payment_is_the_one_it_was_about() {
        let fixture = till();
        let words = ["paid".to_owned()];
        let unanswered = || fixture.store.read(|r| r.count_unanswered(now(), &words)).unwrap();
        let answers = || {
            let payments = fixture.store.read(|r| r.payments_by(CustomerNo(1))).unwrap();
            payments.into_iter().map(|it| it.answer.map(|answer| answer.answer)).collect::<Vec<_>>()
        };
        assert_eq!(
            (unanswered(), answers()),
            (1, vec![None, None]),
            "a payment of an order nobody knows asks nobody"
        );
        answer(&fixture, PaymentAnswer::Confirmed);
        assert_eq!((unanswered(), answers()), (0, vec![Some(PaymentAnswer::Confirmed), None]));
        fixture.write(|w| w.upsert_payment(&shop(), &payment("p1", "1", 450, "paid"), None));
        assert_eq!((unanswered(), answers()), (1, vec![None, None]), "another amount than the one confirmed");
        let filter =
            PaymentFilter { unanswered: Some((now(), &words)), limit: Some(9), ..Default::default() };
        let listed = fixture.store.read(|r| r.payments(&filter)).unwrap();
        assert_eq!(listed.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["p1"]);
        let all = fixture.store.read(|r| r.payments(&PaymentFilter::default())).unwrap();
        assert_eq!(all.len(), 3);
    }

    #[test]
    fn what_was_paid_stands_beside_what_was_due() {
        let fixture = till();
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let paid = fixture.store.read(|r| r.paid_orders(&words(&["paid"]), &words(&["paid"]))).unwrap();
        let told: Vec<_> = paid
            .iter()
            .map(|it| (it.order.as_str(), it.status, it.due.minor(), it.received.minor(), it.unknown_words))
            .collect();
        assert_eq!(told, [("1", Some(OrderStatus::OnHold), 1_000, 400, 1), ("9", None, 0, 5, 0)]);
        assert_eq!(fixture.store.read(|r| r.payment_words()).unwrap(), ["odd", "paid"]);
    }
}
