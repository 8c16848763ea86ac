//! `payment`: asks, and shows what comes back.

use std::process::ExitCode;

use super::complaints::{instant, text};
use super::{Session, segment};
use crate::cli::payment::{AnswerArguments, ListArguments, PaymentCommand};
use crate::cli::show;
use crate::domain::ids::{PaymentId, SourceName};
use crate::domain::money::{Currency, Money};
use crate::domain::payment::PaymentAnswer;
use crate::operations::about::About;
use crate::operations::payments::{AnswerRequest, Answered, PaymentList, PaymentView};

pub(super) async fn payment(session: &Session, command: PaymentCommand) -> anyhow::Result<ExitCode> {
    match command {
        PaymentCommand::List(arguments) => list(session, &arguments).await?,
        PaymentCommand::Confirm(arguments) => {
            answer(session, arguments, PaymentAnswer::Confirmed, None).await?;
        }
        PaymentCommand::Dispute { answer: arguments, words_file } => {
            let words = text(None, words_file.as_deref())?;
            answer(session, arguments, PaymentAnswer::Disputed, words).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(session: &Session, arguments: &ListArguments) -> anyhow::Result<()> {
    let ListArguments { customer, unconfirmed, mismatch, limit } = arguments;
    let mut query = format!("unconfirmed={unconfirmed}&mismatch={mismatch}");
    for (key, value) in
        [("customer", customer.map(|it| it.to_string())), ("limit", limit.map(|it| it.to_string()))]
    {
        if let Some(value) = value {
            query += &format!("&{key}={}", segment(&value));
        }
    }
    let list: PaymentList = session.client.get(&format!("/v1/payments?{query}")).await?;
    let currency = currency(session).await?;
    session.print(&list, |list| {
        let mut text = if *mismatch {
            shown_mismatches(session, list, &currency)
        } else {
            shown_payments(session, &list.payments, &currency)
        };
        let listed = (list.payments.len() + list.mismatches.len()) as u64;
        if listed < list.total {
            text += &format!("\nthe newest {listed} of {}; --limit shows more\n", list.total);
        }
        text
    })
}

/// Amounts come in minor units.
async fn currency(session: &Session) -> anyhow::Result<Currency> {
    let about: About = session.client.get("/v1/about").await?;
    Ok(Currency { code: about.currency, decimals: about.decimals })
}

fn shown_payments(session: &Session, payments: &[PaymentView], currency: &Currency) -> String {
    let mut table = show::table(&[
        "payment", "source", "order", "customer", "paid", "method", "amount", "status", "answer",
    ]);
    for payment in payments {
        let answer = payment.answer.as_ref().map_or_else(
            || "-".to_owned(),
            |answer| {
                let at = show::instant(answer.at, &session.zone);
                let complaint = answer.complaint.map(|no| format!(", complaint {no}")).unwrap_or_default();
                format!("{} {at} by {}{complaint}", answer.answer.as_str(), answer.channel)
            },
        );
        table.add_row([
            payment.payment.to_string(),
            payment.source.to_string(),
            payment.order.to_string(),
            payment.customer.map_or_else(|| "-".to_owned(), |no| no.to_string()),
            show::instant(payment.paid_at, &session.zone),
            payment.method.clone(),
            money(currency, payment.amount),
            payment.status.clone(),
            answer,
        ]);
    }
    show::lines(&table, "there is no such payment")
}

fn shown_mismatches(session: &Session, list: &PaymentList, currency: &Currency) -> String {
    let mut table =
        show::table(&["order", "source", "stands", "mismatch", "due", "refunded", "received", "last paid"]);
    for found in &list.mismatches {
        table.add_row([
            found.order.to_string(),
            found.source.to_string(),
            found.status.map_or("-", |status| status.as_str()).to_owned(),
            found.mismatch.as_str().to_owned(),
            money(currency, found.due),
            money(currency, found.refunded),
            money(currency, found.received),
            show::instant(found.last_paid_at, &session.zone),
        ]);
    }
    show::lines(&table, &format!("{}every payment fits its order", show::tick()))
}

fn money(currency: &Currency, amount: Money) -> String {
    format!("{} {}", currency.plain(amount), currency.code)
}

async fn answer(
    session: &Session,
    arguments: AnswerArguments,
    answer: PaymentAnswer,
    words: Option<String>,
) -> anyhow::Result<()> {
    let AnswerArguments { payment, source, at, channel } = arguments;
    let request = AnswerRequest {
        payment: PaymentId::new(payment),
        source: source.map(SourceName::new),
        answer,
        at: instant(session, at)?,
        channel,
        words,
    };
    let answered: Answered = session.client.post("/v1/payments/answers", &request).await?;
    session.print(&answered, |answered| {
        let said = format!("{}payment {} is {}", show::tick(), answered.payment.payment, answer.as_str());
        match (answered.complaint, answered.opened) {
            (Some(no), true) => format!(
                "{said}; complaint {no} is opened, `firstwatch complaint explain {no}` tells its deadlines"
            ),
            (Some(no), false) => format!("{said}; complaint {no} is about it already"),
            (None, _) => said,
        }
    })
}
