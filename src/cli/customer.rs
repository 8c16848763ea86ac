//! The arguments of `customer`.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};

use crate::domain::correction::FIELDS;
use crate::domain::purpose::{Ground, Purpose};

#[derive(Debug, Subcommand)]
pub enum CustomerCommand {
    /// The numbers of customers, by phone, e-mail, account, or by name
    #[command(
        after_help = "Example:  firstwatch customer find --phone - --purpose complaint --request KN-12 < phone.txt\n\n\
                            By name everybody's data is opened, one after another, and the audit log says so. Others on \
                            this machine can read a command line: - reads the value from standard input."
    )]
    Find(FindArguments),
    /// One customer's data
    #[command(
        after_help = "Example:  firstwatch customer show 7 --purpose data-request --request YC-2026-31"
    )]
    Show {
        number: i64,
        #[command(flatten)]
        why: WhyArguments,
    },
    /// Put fields right; before and after are kept, sealed
    #[command(
        after_help = "Example:  firstwatch customer correct 7 --fields-file - --purpose data-request --request YC-2026-31 < fields.txt\n\n\
                            Such a file has lines `name:`, `phone:`, `email:`, `address:` as far as they change, and \
                            `reason:`, which is kept, sealed."
    )]
    Correct(CorrectArguments),
    /// What was corrected, and who looked
    #[command(
        after_help = "Example:  firstwatch customer history 7 --purpose data-request --request YC-2026-31"
    )]
    History {
        number: i64,
        #[command(flatten)]
        why: WhyArguments,
    },
    /// Their payments as PDF and HTML, for the customer to review
    #[command(
        after_help = "Example:  firstwatch customer statement 7 --out /tmp/statement --purpose payment --request YC-2026-31"
    )]
    Statement {
        number: i64,
        /// The folder to write into; it is made when it is not there, and only you may read what is in it
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// vi or en; the shop's own language when not given
        #[arg(long, value_parser = PossibleValuesParser::new(["vi", "en"]))]
        language: Option<String>,
        #[command(flatten)]
        why: WhyArguments,
    },
    /// Destroy a person's data for good (Law 91/2025 Art. 14); the sales figures stay
    #[command(
        after_help = "Example:  firstwatch customer erase 7 --ground request --confirm 7 --purpose data-request --request YC-2026-40"
    )]
    Erase {
        number: i64,
        /// The law's ground
        #[arg(long, value_parser = PossibleValuesParser::new(Ground::ALL.map(Ground::as_str)))]
        ground: String,
        /// The customer's number once more: it cannot be taken back
        #[arg(long, value_name = "NUMBER")]
        confirm: Option<i64>,
        #[command(flatten)]
        why: WhyArguments,
    },
}

/// Why a person's data is asked for. Both stand in the audit log.
#[derive(Debug, Args)]
pub struct WhyArguments {
    #[arg(long, value_parser = PossibleValuesParser::new(Purpose::ALL.map(Purpose::as_str)))]
    pub purpose: String,
    /// The number of the letter, call or complaint that asks for it: YC-2026-31
    #[arg(long, value_name = "ID")]
    pub request: String,
}

#[derive(Debug, Args)]
#[group(id = "by", required = true, multiple = false, args = ["phone", "email", "account", "name"])]
pub struct FindArguments {
    /// In any spelling; - reads it from standard input
    #[arg(long)]
    pub phone: Option<String>,
    /// - reads it from standard input
    #[arg(long)]
    pub email: Option<String>,
    /// The customer's number in a source
    #[arg(long)]
    pub account: Option<String>,
    /// Words of the name, in any order; - reads them from standard input
    #[arg(long)]
    pub name: Option<String>,
    /// Whose account it is, where there are several sources
    #[arg(long)]
    pub source: Option<String>,
    #[command(flatten)]
    pub why: WhyArguments,
}

#[derive(Debug, Args)]
pub struct CorrectArguments {
    pub number: i64,
    /// The fields and the reason, read from a file (- for standard input)
    #[arg(long, value_name = "FILE")]
    pub fields_file: PathBuf,
    /// A field that is no longer to be known; may be repeated
    #[arg(long, value_name = "FIELD", value_parser = PossibleValuesParser::new(FIELDS.map(|field| field.as_str())))]
    pub clear: Vec<String>,
    #[command(flatten)]
    pub why: WhyArguments,
}
