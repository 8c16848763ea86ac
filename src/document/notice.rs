//! Short mails: deadlines of complaints, and problems that administrators must know of.
//!
//! Invariant: nothing here can hold personal data but for the administrators' `what`, which carries error messages, and
//! those hold none by their law.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::alarm::{self, DeadlineAlarm};
use super::letter::Letter;
use super::note::Note;
use super::texts::Texts;
use super::{Error, dates, html, names, plain};
use crate::domain::ids::RunId;
use crate::domain::period::Period;
use crate::domain::rendered::Rendered;
use crate::domain::trouble::Trouble;
use crate::settings::Language;

/// What a notice is about.
#[derive(Clone, Copy, Debug)]
pub enum Matter<'a> {
    /// Deadlines of complaints that have passed, or soon will.
    Deadlines {
        alarms: &'a [DeadlineAlarm],
        /// How many more there are than those listed.
        more: u64,
        /// The instant they were judged at.
        at: Timestamp,
    },
    Problem(Problem<'a>),
    AuditHead(AuditHeadNoted<'a>),
}

/// A head of the audit log, for the auditors to keep.
#[derive(Clone, Copy, Debug)]
pub struct AuditHeadNoted<'a> {
    pub no: i64,
    /// As `audit verify --heads` reads it.
    pub line: &'a str,
    pub at: Timestamp,
}

/// What administrators must know of, when it has begun and when it is over.
#[derive(Clone, Copy, Debug)]
pub struct Problem<'a> {
    pub trouble: Trouble,
    /// What it is about: a job's name, or a recipient.
    pub about: &'a str,
    pub since: Timestamp,
    /// `Some`: the notice tells that it is over.
    pub over_at: Option<Timestamp>,
    /// The run that met it.
    pub run: Option<ProblemRun>,
    /// What happened: the error's chain, or which parts were hit. Never personal data.
    pub what: &'a str,
}

/// A run, as a notice names it.
#[derive(Clone, Copy, Debug)]
pub struct ProblemRun {
    pub id: RunId,
    pub slot: Timestamp,
    pub period: Option<Period>,
}

/// A short mail to staff.
#[derive(Clone, Copy, Debug)]
pub struct Notice<'a> {
    pub business: &'a str,
    pub zone: &'a TimeZone,
    pub matter: Matter<'a>,
}

/// Makes a short mail.
///
/// # Errors
/// Only faults of the templates, which tests exclude.
pub fn notice(notice: &Notice<'_>, language: Language) -> Result<Rendered, Error> {
    let texts = Texts::new(language)?;
    let letter = match notice.matter {
        Matter::Deadlines { alarms, more, at } => {
            alarm::letter(notice.business, (alarms, more), (at, notice.zone), &texts)
        }
        Matter::Problem(problem) => of_problem(notice, &problem, &texts),
        Matter::AuditHead(head) => of_head(notice, &head, &texts),
    };
    Ok(Rendered {
        images: Vec::new(),
        html: Some(html::notice(&letter)?),
        text: text(&letter),
        subject: letter.subject,
        attachments: Vec::new(),
    })
}

fn of_head(notice: &Notice<'_>, head: &AuditHeadNoted<'_>, texts: &Texts) -> Letter {
    let shop = names::clean(notice.business);
    let no = head.no.to_string();
    Letter {
        language: texts.code(),
        subject: texts.fill("head-subject", [("shop", shop.as_str().into()), ("no", no.as_str().into())]),
        shop,
        title: texts.say("head-title"),
        sentence: texts.fill("head-sentence", [("at", dates::instant(head.at, notice.zone).into())]),
        heads: Vec::new(),
        rows: Vec::new(),
        more: String::new(),
        notes: vec![Note { label: texts.say("head-line"), text: head.line.to_owned() }],
        closing: texts.say("head-keep"),
    }
}

fn of_problem(notice: &Notice<'_>, problem: &Problem<'_>, texts: &Texts) -> Letter {
    let word = problem.trouble.as_str();
    let family = if problem.over_at.is_some() { "over" } else { "trouble" };
    let name = texts.fill(&format!("{family}-{word}"), [("about", problem.about.into())]);
    let shop = names::clean(notice.business);
    Letter {
        language: texts.code(),
        subject: texts
            .fill("trouble-subject", [("shop", shop.as_str().into()), ("trouble", name.as_str().into())]),
        shop,
        title: capitalised(&name),
        sentence: String::new(),
        heads: Vec::new(),
        rows: Vec::new(),
        more: String::new(),
        notes: problem_notes(notice, problem, texts),
        closing: String::new(),
    }
}

/// What happened and what to do about it; of a problem that is over, how long it lasted.
fn problem_notes(notice: &Notice<'_>, problem: &Problem<'_>, texts: &Texts) -> Vec<Note> {
    let note = |key: &str, text: String| Note { label: texts.say(key), text };
    let label = if problem.over_at.is_some() { texts.say("over-what") } else { texts.say("trouble-what") };
    let mut notes = vec![Note { label, text: problem.what.to_owned() }];
    let run = problem.run.map_or_else(|| "ID".to_owned(), |run| run.id.to_string());
    match problem.over_at {
        Some(over_at) => {
            notes.push(note("trouble-since", dates::instant(problem.since, notice.zone)));
            notes.push(note("trouble-until", dates::instant(over_at, notice.zone)));
        }
        None => {
            let remedy = format!("remedy-{}", problem.trouble.as_str());
            notes.push(note("trouble-do", texts.fill(&remedy, [("run", run.as_str().into())])));
            notes.push(note("trouble-since", dates::instant(problem.since, notice.zone)));
        }
    }
    if let Some(ProblemRun { id, slot, period }) = problem.run {
        notes.push(note("trouble-job", problem.about.to_owned()));
        notes.push(note("trouble-slot", dates::instant(slot, notice.zone)));
        notes.extend(period.map(|period| note("trouble-period", dates::period(period, texts))));
        notes.push(note("trouble-run", id.to_string()));
    }
    notes
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn text(letter: &Letter) -> String {
    let mut lines = vec![letter.shop.clone()];
    lines.extend(plain::ruled(&letter.title));
    if !letter.sentence.is_empty() {
        lines.extend(plain::wrapped(&letter.sentence, 0));
        lines.push(String::new());
    }
    for row in &letter.rows {
        lines.push(format!("{} {} · {}", row.number, row.kind, row.clock));
        lines.push(format!("    {}: {} · {}", letter.heads[1], row.deadline, row.left));
    }
    if !letter.more.is_empty() {
        lines.extend(plain::wrapped(&letter.more, 0));
    }
    for note in &letter.notes {
        lines.extend(plain::wrapped(&format!("{}: {}", note.label, note.text), 2));
    }
    if !letter.closing.is_empty() {
        lines.push(String::new());
        lines.extend(plain::wrapped(&letter.closing, 0));
    }
    lines.push(String::new());
    lines.join("\n")
}
