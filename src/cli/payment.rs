//! The arguments of `payment`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::complaint::Moment;

#[derive(Debug, Subcommand)]
pub enum PaymentCommand {
    /// The newest payments, a customer's, the unconfirmed ones, or those that do not fit their orders
    #[command(after_help = "Example:  firstwatch payment list --mismatch")]
    List(ListArguments),
    /// The customer says that a payment is right
    #[command(
        after_help = "Example:  firstwatch payment confirm TT-1 --channel phone --at \"2026-11-20 09:30\""
    )]
    Confirm(AnswerArguments),
    /// The customer says that a payment is not right: it becomes a complaint, with its deadlines
    #[command(after_help = "Example:  firstwatch payment dispute TT-1 --channel letter --words-file thu.txt")]
    Dispute {
        #[command(flatten)]
        answer: AnswerArguments,
        /// What the customer says, read from a file (- for standard input); it is sealed
        #[arg(long, value_name = "FILE")]
        words_file: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub struct ListArguments {
    /// Only this customer's
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["unconfirmed", "mismatch"])]
    pub customer: Option<i64>,
    /// Only those that their customer has not answered within `confirm_within` of [payments]
    #[arg(long, conflicts_with = "mismatch")]
    pub unconfirmed: bool,
    /// Orders whose payments do not come to what they should
    #[arg(long)]
    pub mismatch: bool,
    /// Only the newest so many; 100 when not given
    #[arg(long)]
    pub limit: Option<u32>,
}

#[derive(Debug, Args)]
pub struct AnswerArguments {
    /// The payment's number in its source
    pub payment: String,
    /// Which source, where two have a payment of this number
    #[arg(long)]
    pub source: Option<String>,
    /// When the customer said so, if not now
    #[arg(long, value_name = "INSTANT")]
    pub at: Option<Moment>,
    /// How: phone, counter, letter, ...; it is kept for ever, so it names nobody
    #[arg(long)]
    pub channel: String,
}
