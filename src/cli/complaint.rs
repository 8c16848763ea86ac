//! The arguments of `complaint`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::domain::complaint::{ComplaintKind, Notice, PauseReason};
use crate::domain::period::Period;

#[derive(Debug, Subcommand)]
pub enum ComplaintCommand {
    /// Take a complaint down
    #[command(
        after_help = "Example:  firstwatch complaint add --kind product --order DH-1024 --words-file khach.txt\n\n\
                            Such a file is written like a mail, its first lines as far as they are known:\n\n  \
                            subject: Kính xước\n  phone: ...\n  email: ...\n\n  The words, after an empty line.\n\n\
                            Words are given in a file or on standard input, for a command line can be read by others."
    )]
    Add(Box<AddArguments>),
    /// Open complaints, the earliest deadline first
    #[command(after_help = "Example:  firstwatch complaint list --overdue")]
    List(ListArguments),
    /// One complaint: its clocks, and for those who handle complaints its words, notes and history
    #[command(after_help = "Example:  firstwatch complaint show 4")]
    Show { number: i64 },
    /// Why each deadline is when it is
    #[command(after_help = "Example:  firstwatch complaint explain 4")]
    Explain { number: i64 },
    /// The customer has a first answer
    #[command(after_help = "Example:  firstwatch complaint ack 4 --at \"2026-11-20 09:30\"")]
    Ack {
        number: i64,
        #[command(flatten)]
        noted: Noted,
    },
    /// Say who answers for it
    #[command(after_help = "Example:  firstwatch complaint assign 4 --to lan@1stwatch.vn")]
    Assign {
        number: i64,
        /// An internal address
        #[arg(long, value_name = "ADDRESS")]
        to: String,
        #[command(flatten)]
        noted: Noted,
    },
    /// Stop its resolution's clock while it waits for somebody else
    #[command(after_help = "Example:  firstwatch complaint pause 4 --reason third-party")]
    Pause {
        number: i64,
        /// Whom it waits for
        #[arg(long, value_parser = words(PauseReason::ALL.map(PauseReason::as_str)))]
        reason: String,
        #[command(flatten)]
        noted: Noted,
    },
    /// End a pause
    #[command(after_help = "Example:  firstwatch complaint resume 4")]
    Resume {
        number: i64,
        #[command(flatten)]
        noted: Noted,
    },
    /// Judge it anew; what is not named stays
    #[command(after_help = "Example:  firstwatch complaint reclassify 4 --level 3 --vulnerable yes")]
    Reclassify {
        number: i64,
        #[command(flatten)]
        judgement: JudgementArguments,
        #[command(flatten)]
        noted: Noted,
    },
    /// Take the law's one extension, of which the customer is told
    #[command(after_help = "Example:  firstwatch complaint extend 4 --note \"hồ sơ ở kho lưu trữ\"")]
    Extend {
        number: i64,
        #[command(flatten)]
        noted: Noted,
    },
    /// A breach of personal data is contained
    #[command(after_help = "Example:  firstwatch complaint contain 4")]
    Contain {
        number: i64,
        #[command(flatten)]
        noted: Noted,
    },
    /// The authority has been told
    #[command(after_help = "Example:  firstwatch complaint notify 4 --notice attack")]
    Notify {
        number: i64,
        #[arg(long, value_parser = words(Notice::ALL.map(Notice::as_str)))]
        notice: String,
        #[command(flatten)]
        noted: Noted,
    },
    /// It is settled with the customer
    #[command(after_help = "Example:  firstwatch complaint resolve 4 --at 2026-11-20T16:00:00+07:00")]
    Resolve {
        number: i64,
        #[command(flatten)]
        noted: Noted,
    },
    /// It was not settled after all
    #[command(after_help = "Example:  firstwatch complaint reopen 4")]
    Reopen {
        number: i64,
        #[command(flatten)]
        noted: Noted,
    },
    /// Nothing more is to be done about it
    #[command(after_help = "Example:  firstwatch complaint close 4")]
    Close {
        number: i64,
        #[command(flatten)]
        noted: Noted,
    },
    /// Give what damage of its level is worth, or another amount for a reason
    #[command(
        after_help = "Example:  firstwatch complaint compensate 4 --amount 300000 --reason \"khách quen\"\n\n\
                            Only the role that approves the damage level may give it."
    )]
    Compensate(CompensateArguments),
    /// What was given, by damage level
    #[command(after_help = "Example:  firstwatch complaint compensations --period 2026-11")]
    Compensations {
        /// 2026-11-22, 2026-W46, 2026-11, 2026-Q3 or 2026; ever, when not given
        #[arg(long)]
        period: Option<Period>,
    },
    /// Take in a CSV file of complaints, with the columns of the feed `complaints`
    #[command(
        after_help = "Example:  firstwatch complaint import khieu-nai.csv --delimiter \";\" --columns complaint_id=Mã\n\n\
                            Exit code 0: every row fits; 3: some were rejected; `source rejected import` shows them."
    )]
    Import(ImportArguments),
}

/// When something happened, and what the one who notes it has to say.
#[derive(Debug, Default, Args)]
pub struct Noted {
    /// When it happened, if not now: 2026-11-20T09:30:00+07:00, or 2026-11-20 09:30 in the shop's zone
    #[arg(long, value_name = "INSTANT")]
    pub at: Option<Moment>,
    /// What there is to say about it; it is sealed
    #[arg(long, value_name = "TEXT", conflicts_with = "note_file")]
    pub note: Option<String>,
    /// The same, read from a file (- for standard input)
    #[arg(long, value_name = "FILE")]
    pub note_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct AddArguments {
    /// What it is about
    #[arg(long, value_parser = words(ComplaintKind::ALL.map(ComplaintKind::as_str)))]
    pub kind: String,
    /// The damage level, 1 (least) to 4
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=4))]
    pub level: Option<u8>,
    /// When it came, if not now
    #[arg(long, value_name = "INSTANT")]
    pub received: Option<Moment>,
    /// When the shop knew of the breach or misuse, if not by the complaint
    #[arg(long, value_name = "INSTANT")]
    pub detected: Option<Moment>,
    /// How it came: phone, counter, letter, ...; it is kept for ever, so it names nobody
    #[arg(long)]
    pub channel: Option<String>,
    /// The customer's number in a source
    #[arg(long, value_name = "ID")]
    pub customer: Option<String>,
    /// The order's number in a source
    #[arg(long, value_name = "ID")]
    pub order: Option<String>,
    /// Which source, where there are several
    #[arg(long)]
    pub source: Option<String>,
    /// Its words and where to answer, read from a file (- for standard input): lines `subject:`, `email:`, `phone:`,
    /// `channel:`, an empty line, and the words
    #[arg(long, value_name = "FILE", conflicts_with_all = ["subject", "body_file", "email", "phone", "channel"])]
    pub words_file: Option<PathBuf>,
    /// Its words alone, read from a file (- for standard input)
    #[arg(long, value_name = "FILE")]
    pub body_file: Option<PathBuf>,
    /// One line about it; others can read a command line, so name nobody here: use --words-file
    #[arg(long, value_name = "TEXT")]
    pub subject: Option<String>,
    /// Where to answer; others can read a command line: use --words-file
    #[arg(long)]
    pub email: Option<String>,
    /// Where to call; others can read a command line: use --words-file
    #[arg(long)]
    pub phone: Option<String>,
    /// A vulnerable consumer (Law 19/2023 Art. 8), who gets priority
    #[arg(long)]
    pub vulnerable: bool,
    /// A third party must act too
    #[arg(long)]
    pub third_party: bool,
    /// Whether it is an attack, of which the authority must be told
    #[arg(long, value_enum)]
    pub attack: Option<YesNo>,
    /// Whether it does harm to people, of which the authority must be told
    #[arg(long, value_enum)]
    pub harm: Option<YesNo>,
    /// Who answers for it: an internal address
    #[arg(long, value_name = "ADDRESS")]
    pub assign: Option<String>,
}

#[derive(Debug, Args)]
pub struct ListArguments {
    /// Resolved ones too
    #[arg(long)]
    pub all: bool,
    /// Only those with a deadline that has passed
    #[arg(long)]
    pub overdue: bool,
    /// Only those assigned to this address
    #[arg(long, value_name = "ADDRESS")]
    pub assignee: Option<String>,
    #[arg(long, value_parser = words(ComplaintKind::ALL.map(ComplaintKind::as_str)))]
    pub kind: Option<String>,
    /// Only the first so many; 1000 when not given
    #[arg(long)]
    pub limit: Option<usize>,
}

#[derive(Debug, Args)]
pub struct JudgementArguments {
    #[arg(long, value_parser = words(ComplaintKind::ALL.map(ComplaintKind::as_str)))]
    pub kind: Option<String>,
    /// The damage level, 1 (least) to 4
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=4))]
    pub level: Option<u8>,
    #[arg(long, value_enum)]
    pub vulnerable: Option<YesNo>,
    #[arg(long, value_enum)]
    pub third_party: Option<YesNo>,
    #[arg(long, value_enum)]
    pub attack: Option<YesNo>,
    #[arg(long, value_enum)]
    pub harm: Option<YesNo>,
}

#[derive(Debug, Args)]
pub struct CompensateArguments {
    pub number: i64,
    /// In the shop's currency; what the formula comes to, when not given
    #[arg(long)]
    pub amount: Option<String>,
    /// Why another amount than the formula's, or why again; it is sealed
    #[arg(long, value_name = "TEXT", conflicts_with = "reason_file")]
    pub reason: Option<String>,
    /// The same, read from a file (- for standard input)
    #[arg(long, value_name = "FILE")]
    pub reason_file: Option<PathBuf>,
    /// When it was given, if not now
    #[arg(long, value_name = "INSTANT")]
    pub at: Option<Moment>,
}

#[derive(Debug, Args)]
pub struct ImportArguments {
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The sign between fields
    #[arg(long, default_value = ",")]
    pub delimiter: char,
    /// A WHATWG label such as utf-8 or windows-1258
    #[arg(long, default_value = "utf-8")]
    pub encoding: String,
    /// How dates are written, like %d/%m/%Y %H:%M; may be repeated
    #[arg(long = "date-format", value_name = "FORMAT")]
    pub date_formats: Vec<String>,
    /// Our column = their column; may be repeated
    #[arg(long, value_name = "OURS=THEIRS", value_parser = pair)]
    pub columns: Vec<(String, String)>,
    /// Their word for a kind = ours; may be repeated
    #[arg(long, value_name = "THEIRS=OURS", value_parser = pair)]
    pub kinds: Vec<(String, String)>,
    /// Whose customers and orders they are, where there are several sources
    #[arg(long)]
    pub source: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum YesNo {
    Yes,
    No,
}

impl From<YesNo> for bool {
    fn from(answer: YesNo) -> Self {
        answer == YesNo::Yes
    }
}

/// An instant as a person types it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    Instant(Timestamp),
    /// In the business zone.
    Local(DateTime),
}

#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("not an instant; write 2026-11-20T09:30:00+07:00, or \"2026-11-20 09:30\" in the shop's zone")]
pub struct NoMoment;

impl FromStr for Moment {
    type Err = NoMoment;

    fn from_str(text: &str) -> Result<Self, NoMoment> {
        if let Ok(instant) = text.parse() {
            return Ok(Self::Instant(instant));
        }
        // A day alone would be read as its midnight, which nobody means.
        if !text.contains(':') {
            return Err(NoMoment);
        }
        text.parse().map(Self::Local).map_err(|_| NoMoment)
    }
}

impl Moment {
    /// The instant it is in `zone`; of a time that the clocks skip or show twice, as jiff's `compatible` has it.
    pub fn in_zone(self, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Instant(instant) => Some(instant),
            Self::Local(local) => local.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp()),
        }
    }
}

fn words<const N: usize>(words: [&'static str; N]) -> PossibleValuesParser {
    PossibleValuesParser::new(words)
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (left, right) = text.split_once('=').ok_or("write it as one word, =, and the other")?;
    Ok((left.trim().to_owned(), right.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_instants_or_the_shops_own_time() {
        let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
        let expected: Timestamp = "2026-11-20T02:30:00Z".parse().unwrap();
        for text in
            ["2026-11-20T09:30:00+07:00", "2026-11-20 09:30", "2026-11-20T09:30", "2026-11-20T02:30:00Z"]
        {
            let moment: Moment = text.parse().unwrap_or_else(|_| panic!("{text}"));
            assert_eq!(moment.in_zone(&zone), Some(expected), "{text}");
        }
        for bad in ["", "2026-11-20", "20/11/2026 09:30", "09:30", "now", "2026-13-01 09:30"] {
            assert!(bad.parse::<Moment>().is_err(), "{bad}");
        }
    }
}
