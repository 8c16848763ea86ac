//! One customer's payments, for that customer to review: a page to print (PDF) and the same as HTML.
//!
//! Invariant: nothing but this customer's own; the same statement gives the same bytes. Deliberately absent: any way
//! into a mail, for a report's recipients are not the customer.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::numbers::Numbers;
use super::texts::Texts;
use super::{Error, dates, html, names, pdf};
use crate::domain::ids::{ComplaintNo, CustomerNo};
use crate::domain::money::{Currency, Money};
use crate::domain::payment::PaymentState;
use crate::settings::Language;

const TEMPLATE: &str = include_str!("templates/statement.typ");

/// What a customer is shown of their payments.
pub struct Statement<'a> {
    pub business: &'a str,
    pub currency: &'a Currency,
    pub zone: &'a TimeZone,
    /// The version of firstwatch.
    pub program: &'a str,
    pub made_at: Timestamp,
    /// Until when an answer is asked for.
    pub answer_until: Timestamp,
    pub customer: CustomerNo,
    pub name: Option<&'a str>,
    /// In the order they are to stand in.
    pub transactions: Vec<Transaction<'a>>,
}

/// One payment.
pub struct Transaction<'a> {
    pub paid_at: Timestamp,
    pub order: &'a str,
    pub payment: &'a str,
    /// The source's own words.
    pub method: &'a str,
    pub status: &'a str,
    pub amount: Money,
    /// What that status means; the sum is of what was received.
    pub state: Option<PaymentState>,
    pub answer: Option<Answer>,
}

/// What the customer said of it, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Confirmed(Timestamp),
    Disputed(Timestamp, ComplaintNo),
}

/// The statement in both forms; their memory is overwritten when they are dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct StatementFiles {
    pub html: String,
    pub pdf: Vec<u8>,
}

/// The words of a statement: the one source of both forms.
#[derive(Serialize)]
struct Sheet {
    language: &'static str,
    shop: String,
    title: String,
    addressee: String,
    customer: String,
    made: String,
    lead: String,
    heads: [String; 7],
    rows: Vec<Row>,
    sum: String,
    total: String,
    note: String,
    page_of: String,
}

impl Drop for Sheet {
    fn drop(&mut self) {
        self.addressee.zeroize();
    }
}

#[derive(Serialize)]
struct Row {
    time: String,
    order: String,
    payment: String,
    method: String,
    status: String,
    amount: String,
    answer: String,
    /// `open`, `confirmed` or `disputed`.
    state: &'static str,
}

/// Makes the statement.
///
/// # Errors
/// Only faults of the templates, which tests exclude.
pub fn statement(statement: &Statement<'_>, language: Language) -> Result<StatementFiles, Error> {
    let texts = Texts::new(language)?;
    let numbers = Numbers::new(&texts, statement.currency)?;
    let sheet = sheet(statement, &texts, &numbers);
    let ident = format!("statement-{}-{}", statement.customer, statement.made_at);
    Ok(StatementFiles {
        html: html::statement(&sheet)?,
        pdf: pdf::set(TEMPLATE, &sheet, &ident, statement.program, statement.made_at)?,
    })
}

fn sheet(statement: &Statement<'_>, texts: &Texts, numbers: &Numbers<'_>) -> Sheet {
    let Statement { zone, transactions, .. } = statement;
    let day = |at: Timestamp| dates::day(at.to_zoned((*zone).clone()).date());
    let made =
        [("day", day(statement.made_at).into()), ("zone", dates::offset(statement.made_at, zone).into())];
    let count = numbers.count(i64::try_from(transactions.len()).unwrap_or(i64::MAX));
    let received = transactions.iter().filter(|it| it.state == Some(PaymentState::Received));
    let total: Money = received.map(|transaction| transaction.amount).sum();
    let number = i64::try_from(transactions.len()).unwrap_or(i64::MAX);
    Sheet {
        language: texts.code(),
        shop: names::clean(statement.business),
        title: texts.say("statement-title"),
        addressee: statement.name.map_or_else(String::new, |name| {
            texts.fill("statement-for", [("name", names::clean(name).into())])
        }),
        customer: texts.fill("statement-customer", [("number", statement.customer.to_string().into())]),
        made: texts.fill("statement-made", made),
        lead: lead(statement, texts, &day(statement.answer_until)),
        heads: heads(texts),
        rows: transactions.iter().map(|transaction| row(transaction, zone, texts, numbers)).collect(),
        sum: texts.fill("statement-sum", [("count", count.into()), ("number", number.into())]),
        total: numbers.money(total.minor()),
        note: texts.say("statement-note"),
        page_of: texts.say("statement-page"),
    }
}

fn lead(statement: &Statement<'_>, texts: &Texts, until: &str) -> String {
    if statement.transactions.is_empty() {
        return texts.say("statement-nothing");
    }
    match statement.transactions.iter().all(|transaction| transaction.answer.is_some()) {
        true => texts.say("statement-settled"),
        false => texts.fill("statement-ask", [("day", until.into())]),
    }
}

fn heads(texts: &Texts) -> [String; 7] {
    [
        "statement-time",
        "statement-order",
        "statement-payment",
        "statement-method",
        "statement-status",
        "statement-amount",
        "statement-answer",
    ]
    .map(|key| texts.say(key))
}

fn row(transaction: &Transaction<'_>, zone: &TimeZone, texts: &Texts, numbers: &Numbers<'_>) -> Row {
    let day = |at: Timestamp| dates::day(at.to_zoned(zone.clone()).date());
    let (answer, state) = match transaction.answer {
        None => (texts.say("statement-open"), "open"),
        Some(Answer::Confirmed(at)) => {
            (texts.fill("statement-confirmed", [("day", day(at).into())]), "confirmed")
        }
        Some(Answer::Disputed(at, complaint)) => {
            let arguments = [("day", day(at).into()), ("number", complaint.to_string().into())];
            (texts.fill("statement-disputed", arguments), "disputed")
        }
    };
    Row {
        time: dates::instant(transaction.paid_at, zone),
        order: names::clean(transaction.order),
        payment: names::clean(transaction.payment),
        method: method(transaction.method, texts),
        status: status(transaction, texts),
        amount: numbers.money(transaction.amount.minor()),
        answer,
        state,
    }
}

/// The usual ways to pay in the customer's language; another stands as the source has it.
fn method(word: &str, texts: &Texts) -> String {
    let key = match word.trim().to_lowercase().replace(['_', ' '], "-").as_str() {
        "bank-transfer" | "transfer" | "bacs" => "statement-by-transfer",
        "card" | "credit-card" => "statement-by-card",
        "cash" => "statement-by-cash",
        "cod" => "statement-by-cod",
        _ => return names::clean(word),
    };
    texts.say(key)
}

fn status(transaction: &Transaction<'_>, texts: &Texts) -> String {
    match transaction.state {
        Some(PaymentState::Received) => texts.say("statement-received"),
        Some(PaymentState::Returned) => texts.say("statement-returned"),
        Some(PaymentState::NotReceived) => texts.say("statement-not-received"),
        None => names::clean(transaction.status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    fn made(language: Language, transactions: Vec<Transaction<'_>>) -> StatementFiles {
        let currency = Currency { code: "VND".into(), decimals: 0 };
        let zone = TimeZone::get("Asia/Ho_Chi_Minh").expect("a zone");
        let of = Statement {
            business: "1stwatch",
            currency: &currency,
            zone: &zone,
            program: "0.1.0",
            made_at: at("2026-11-22T18:00:00Z"),
            answer_until: at("2026-12-22T18:00:00Z"),
            customer: CustomerNo(7),
            name: Some("Đặng <Thị> Huyền"),
            transactions,
        };
        statement(&of, language).expect("a statement")
    }

    fn transaction(amount: i64, answer: Option<Answer>) -> Transaction<'static> {
        Transaction {
            paid_at: at("2026-11-20T18:30:00Z"),
            order: "DH-1",
            payment: "TT-1",
            method: "bank-transfer",
            status: "paid",
            amount: Money::from_minor(amount),
            state: (amount > 0).then_some(PaymentState::Received),
            answer,
        }
    }

    #[test]
    fn it_tells_each_payment_and_what_was_said_of_it() {
        let answers = [
            None,
            Some(Answer::Confirmed(at("2026-11-21T00:00:00Z"))),
            Some(Answer::Disputed(at("2026-11-22T00:00:00Z"), ComplaintNo(4))),
        ];
        let files = made(Language::Vi, answers.map(|answer| transaction(1_250_000, answer)).into());
        let html = &files.html;
        for part in [
            "Bảng kê giao dịch thanh toán",
            "Đặng &lt;Thị&gt; Huyền",
            "21/11/2026 01:30",
            "1.250.000\u{a0}₫",
            "3.750.000\u{a0}₫",
            "chưa xác nhận",
            "đã xác nhận 21/11/2026",
            "khiếu nại số 4",
            "trước ngày 23/12/2026",
            "chuyển khoản",
            "đã nhận",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("http"), "nothing is fetched");
        assert!(files.pdf.starts_with(b"%PDF"));
        assert_eq!(
            files.pdf,
            made(Language::Vi, answers.map(|answer| transaction(1_250_000, answer)).into()).pdf
        );
    }

    #[test]
    fn it_asks_for_nothing_that_is_answered_or_not_there() {
        let confirmed = Some(Answer::Confirmed(at("2026-11-21T00:00:00Z")));
        let files = made(Language::En, vec![transaction(5, confirmed)]);
        assert!(files.html.contains("You have answered for every transaction"), "{}", files.html);
        assert!(files.html.contains("in 1 transaction"), "{}", files.html);
        let files = made(Language::En, Vec::new());
        assert!(files.html.contains("No payment has been recorded yet"), "{}", files.html);
        assert!(files.pdf.starts_with(b"%PDF"));
    }
}
