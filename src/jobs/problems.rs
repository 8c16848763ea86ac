//! Problems: administrators get one mail when something is wrong for longer than it should be, and one when
//! it is over; never one an attempt.
//!
//! A problem is noted in the transaction of what showed it, and its notices are enqueued with it. A notice that cannot
//! be made is logged and tried again at the next occasion; it never fails what it is about.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::{SignedDuration, Timestamp};
use tracing::error;

use super::dispatch::{Composed, Dispatch};
use super::egress;
use super::house::House;
use crate::document::{self, Matter, Notice, Problem, ProblemRun};
use crate::domain::ids::RunId;
use crate::domain::rendered::Rendered;
use crate::domain::trouble::Trouble;
use crate::store::{self, NewProblem, OutboxItem, ProblemRow, RunRow, RunState, Writer};

/// What fails and is tried again is told only when it lasts.
const FAILING_IS_TOLD_AFTER: SignedDuration = SignedDuration::from_mins(15);

/// A report that waits for data says so by itself once its patience ends.
const HELD_IS_TOLD_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// What a notice says when its own words must not leave the house.
const WITHHELD: &str = "the error itself names personal data; `firstwatch run show` tells it";

/// A message that the relay puts off for so long is told of like one that it refuses.
const PUT_OFF_IS_TOLD_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// A disk that comes and goes is told of so often at most.
const DISK_IS_TOLD_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// What a notice is in the outbox.
const NOTICE: &str = "notice";

/// The names of problems: the store's own, of held mail, and before a recipient.
const DISK: &str = "store";
const HELD_MAIL: &str = "held-mail";
const RELAY: &str = "relay";
const MAILBOX: &str = "mail/";

/// Notes or ends the problem of a run that has just ended.
pub(super) fn after_run(
    house: &House,
    writer: &Writer<'_>,
    id: RunId,
    trouble: Trouble,
    now: Timestamp,
) -> Result<(), store::Error> {
    let Some(run) = writer.run(id)? else { return Ok(()) };
    let key = key_of(&run);
    match run.state {
        RunState::Done => over(house, writer, &key, now),
        RunState::Failed | RunState::Held => {
            let problem = NewProblem { key: &key, trouble, what: &run.message, run: Some(id) };
            let problem = writer.note_problem(&problem, now)?;
            let is_lasting = run.next_attempt_at.is_none();
            let has_lasted = now.duration_since(problem.since) >= patience(trouble);
            if problem.told_at.is_none() && (is_lasting || has_lasted) {
                tell(house, writer, &problem, None, now)?;
            }
            Ok(())
        }
        RunState::Running | RunState::Skipped => Ok(()),
    }
}

/// A report's problem is its own; any other job's is over when the job has succeeded again, in whichever slot.
fn key_of(run: &RunRow) -> String {
    match run.period {
        Some(period) => format!("report/{}/{period}", run.slot.job),
        None => format!("job/{}", run.slot.job),
    }
}

/// Tells of mail that was refused for good, or put off for a day. Each recipient is a problem of its own, and the one who
/// cannot be told of it.
pub(super) fn tell_of_undelivered(house: &House, now: Timestamp) {
    let since = now - PUT_OFF_IS_TOLD_AFTER;
    let untold = house.store.read(|reader| reader.untold_undelivered(since));
    log_failure(untold.and_then(|untold| {
        if untold.is_empty() {
            return Ok(());
        }
        house.store.write(|writer| {
            for (recipient, what) in &untold {
                let key = format!("{MAILBOX}{recipient}");
                let problem = NewProblem { key: &key, trouble: Trouble::Undelivered, what, run: None };
                let problem = writer.note_problem(&problem, now)?;
                tell(house, writer, &problem, Some(recipient), now)?;
            }
            Ok(())
        })
    }));
}

/// Messages may have arrived or not, and a person is to decide. Told once, however many there are; a notice that may have
/// arrived is no reason for another one.
pub(super) fn tell_of_held(house: &House, held: &OutboxItem, now: Timestamp) {
    if held.kind == NOTICE {
        return;
    }
    log_failure(house.store.write(|writer| {
        let problem = NewProblem { key: HELD_MAIL, trouble: Trouble::Ambiguous, what: &held.note, run: None };
        let problem = writer.note_problem(&problem, now)?;
        if problem.told_at.is_none() { tell(house, writer, &problem, None, now) } else { Ok(()) }
    }));
}

/// A message was sent or given up: what was wrong with mail to its recipient is over when nothing else to them is refused
/// or put off, the held mail when there is none left, and the relay's silence at once.
pub fn mail_settled(house: &House, recipient: &str, now: Timestamp) {
    let key = format!("{MAILBOX}{recipient}");
    let ended = house.store.read(|reader| {
        let mut ended = Vec::new();
        let since = now - PUT_OFF_IS_TOLD_AFTER;
        if reader.open_problem(&key)?.is_some() && !reader.has_undelivered(recipient, since)? {
            ended.push(key.as_str());
        }
        if reader.open_problem(RELAY)?.is_some() {
            ended.push(RELAY);
        }
        if reader.open_problem(HELD_MAIL)?.is_some() && reader.ambiguous_messages()?.is_empty() {
            ended.push(HELD_MAIL);
        }
        Ok::<_, store::Error>(ended)
    });
    log_failure(ended.and_then(|keys| {
        if keys.is_empty() {
            return Ok(());
        }
        house.store.write(|writer| keys.iter().try_for_each(|key| over(house, writer, key, now)))
    }));
}

/// The store could not be written from `since` until now; nobody could be told before.
///
/// Told once an hour at most: a disk that comes and goes is one problem.
pub(super) fn store_was_down(house: &House, what: &str, since: Timestamp, now: Timestamp) -> bool {
    let noted = house.store.write(|writer| {
        let last = writer.last_told(DISK)?;
        let problem = NewProblem { key: DISK, trouble: Trouble::Disk, what, run: None };
        let problem = writer.note_problem(&problem, since)?;
        if last.is_none_or(|last| now.duration_since(last).abs() >= DISK_IS_TOLD_AFTER) {
            // To whom it is over it must have been told.
            writer.problem_told(problem.id, now)?;
        }
        over(house, writer, DISK, now)
    });
    let is_noted = noted.is_ok();
    log_failure(noted);
    is_noted
}

/// No mail can leave the house: the relay cannot be reached, or there is no way to set out.
pub(super) fn no_mail_leaves(house: &House, what: &str, now: Timestamp) {
    let problem = NewProblem { key: RELAY, trouble: Trouble::Relay, what, run: None };
    log_failure(house.store.write(|writer| writer.note_problem(&problem, now).map(|_| ())));
}

/// Tells of what has lasted long enough and was not told yet, be it that its notice could not be made before.
pub fn tell_due(house: &House) {
    let now = house.now();
    let told = house.store.read(|reader| reader.open_problems()).and_then(|open| {
        let is_due = |problem: &&ProblemRow| {
            problem.told_at.is_none() && now.duration_since(problem.since) >= patience(problem.trouble)
        };
        for problem in open.iter().filter(is_due) {
            let except = problem.key.strip_prefix(MAILBOX);
            house.store.write(|writer| tell(house, writer, problem, except, now))?;
        }
        Ok(())
    });
    log_failure(told);
}

/// Ends the problems of jobs that are no longer configured, without a word.
pub(super) fn forget_removed(house: &House, writer: &Writer<'_>, now: Timestamp) -> Result<(), store::Error> {
    for problem in writer.open_problems()? {
        let is_jobs = problem.key.starts_with("job/") || problem.key.starts_with("report/");
        let mut jobs = house.settings.jobs.iter();
        if is_jobs && !jobs.any(|job| job.name.as_str() == about(&problem.key)) {
            writer.problem_over(&problem.key, now)?;
        }
    }
    Ok(())
}

fn patience(trouble: Trouble) -> SignedDuration {
    if trouble == Trouble::Held { HELD_IS_TOLD_AFTER } else { FAILING_IS_TOLD_AFTER }
}

fn log_failure(noted: Result<(), store::Error>) {
    if let Err(error) = noted {
        error!(error = %format!("{:#}", anyhow::Error::from(error)), "failed to note a problem");
    }
}

fn over(house: &House, writer: &Writer<'_>, key: &str, now: Timestamp) -> Result<(), store::Error> {
    match writer.problem_over(key, now)? {
        Some(problem) if problem.told_at.is_some() => enqueue(house, writer, &problem, None, now).map(|_| ()),
        _ => Ok(()),
    }
}

fn tell(
    house: &House,
    writer: &Writer<'_>,
    problem: &ProblemRow,
    except: Option<&str>,
    now: Timestamp,
) -> Result<(), store::Error> {
    if enqueue(house, writer, problem, except, now)? { writer.problem_told(problem.id, now) } else { Ok(()) }
}

/// `false`: the notice could not be made.
fn enqueue(
    house: &House,
    writer: &Writer<'_>,
    problem: &ProblemRow,
    except: Option<&str>,
    now: Timestamp,
) -> Result<bool, store::Error> {
    let run = problem.run.map(|id| writer.run(id)).transpose()?.flatten();
    let composed = catch_unwind(AssertUnwindSafe(|| compose(house, problem, run.as_ref(), except, now)));
    let composed = composed.unwrap_or_else(|_| Err(anyhow::anyhow!("making it panicked")));
    let messages = match composed {
        Ok(messages) => messages,
        Err(error) => {
            error!(error = %format!("{error:#}"), problem = problem.id.0, "failed to make a notice");
            return Ok(false);
        }
    };
    for message in &messages {
        writer.enqueue(&message.row(NOTICE, None), now)?;
    }
    Ok(true)
}

fn compose(
    house: &House,
    problem: &ProblemRow,
    run: Option<&RunRow>,
    except: Option<&str>,
    now: Timestamp,
) -> anyhow::Result<Vec<Composed>> {
    let run = run.map(|run| ProblemRun { id: run.id, slot: run.slot.at, period: run.period });
    let letter = Problem {
        trouble: problem.trouble,
        about: about(&problem.key),
        since: problem.since,
        over_at: problem.over_at,
        run,
        what: &problem.what,
    };
    let mut rendered = render(house, letter)?;
    if has_hits(house, &rendered)? {
        // The error names somebody. That it happened can be told, and the ledger knows what.
        rendered = render(house, Problem { what: WITHHELD, about: unnamed(&problem.key), ..letter })?;
        anyhow::ensure!(!has_hits(house, &rendered)?, "a notice names a customer, so it is not sent");
    }
    let word = if problem.over_at.is_some() { "over" } else { problem.trouble.as_str() };
    let purpose = format!("notice.{word}.{}", problem.id);
    let dispatch = Dispatch { house, purpose: &purpose, date: now };
    let mut administrators = house.settings.administrators();
    administrators.retain(|address| except != Some(address.as_str()));
    dispatch.compose(&rendered, &dispatch.not_told(administrators)?)
}

fn has_hits(house: &House, rendered: &Rendered) -> anyhow::Result<bool> {
    Ok(!egress::guard(house, rendered, &BTreeSet::new())?.is_empty())
}

fn render(house: &House, problem: Problem<'_>) -> anyhow::Result<Rendered> {
    let business = &house.settings.business;
    let notice = Notice { business: &business.name, zone: &business.zone, matter: Matter::Problem(problem) };
    Ok(document::notice(&notice, business.language)?)
}

/// The job or the recipient that a key names.
pub fn about(key: &str) -> &str {
    let rest = key.split_once('/').map_or("", |(_, rest)| rest);
    if key.starts_with("report/") { rest.split('/').next().unwrap_or(rest) } else { rest }
}

/// The same without an address.
fn unnamed(key: &str) -> &str {
    if key.starts_with(MAILBOX) { "-" } else { about(key) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_name_what_they_are_about() {
        for (key, expected) in [
            ("job/pull", "pull"),
            ("report/weekly-sales/2026-W46", "weekly-sales"),
            ("mail/giam-doc@1stwatch.vn", "giam-doc@1stwatch.vn"),
            (DISK, ""),
        ] {
            assert_eq!(about(key), expected, "{key}");
        }
        assert_eq!(unnamed("mail/giam-doc@1stwatch.vn"), "-");
    }
}
