//! Complaints, as a person reads them.

use super::Session;
use super::inspect::shown_rejects;
use crate::cli::show;
use crate::domain::complaint::{ComplaintEvent, DatedEvent};
use crate::operations::complaints::{
    Changed, ClockView, CompensationTotals, ComplaintShown, ComplaintView, HistoryLine, Imported,
    Particulars, State,
};

/// Rejected rows that are shown at once.
const MOST_REJECTS: usize = 20;

pub(super) fn shown_list(session: &Session, complaints: &[ComplaintView], nothing: &str) -> String {
    let mut table = show::table(&["no", "kind", "level", "received", "clock", "due", "", "assignee"]);
    for complaint in complaints {
        let row = |clock: String, due: String, note: &str| {
            [
                complaint.number.to_string(),
                complaint.kind.to_string(),
                level(complaint),
                complaint.received_at.to_zoned(session.zone.clone()).date().to_string(),
                clock,
                due,
                note.to_owned(),
                complaint.assignee.clone().unwrap_or_else(|| "-".to_owned()),
            ]
        };
        let mut running = complaint.clocks.iter().filter(|clock| clock.stopped.is_none()).peekable();
        if running.peek().is_none() {
            table.add_row(row("-".to_owned(), "-".to_owned(), complaint.state.as_str()));
        }
        for clock in running {
            let due = show::instant(clock.due, &session.zone);
            let note = match (clock.overdue, complaint.state) {
                (true, _) => "overdue",
                (false, State::Paused) => "paused",
                (false, _) => "",
            };
            table.add_row(row(clock.clock.clone(), due, note));
        }
    }
    show::lines(&table, &format!("{}{nothing}", show::tick()))
}

/// What was done, how the complaint stands now, and what is due next.
pub(super) fn shown_changed(session: &Session, changed: &Changed) -> String {
    let complaint = &changed.complaint;
    let head = match changed.changed {
        true => format!("{}complaint {}: {}", show::tick(), complaint.number, changed.said),
        false => changed.said.clone(),
    };
    let mut lines = vec![head, format!("  {}", state_of(complaint))];
    lines.extend(complaint.clocks.iter().map(|clock| format!("  {}", clock_line(session, clock))));
    lines.push(match complaint.next() {
        Some(next) => {
            format!("  next deadline: {}, {}", show::instant(next.due, &session.zone), next.clock)
        }
        None => "  no deadline is running".to_owned(),
    });
    lines.join("\n")
}

pub(super) fn shown_complaint(session: &Session, shown: &ComplaintShown) -> String {
    let complaint = &shown.complaint;
    let mut lines = vec![format!("complaint {}: {}", complaint.number, state_of(complaint))];
    lines.extend(shown.particulars.iter().flat_map(|particulars| shown_particulars(session, particulars)));
    lines.extend(complaint.clocks.iter().map(|clock| format!("  {}", clock_line(session, clock))));
    lines.join("\n")
}

fn shown_particulars(session: &Session, particulars: &Particulars) -> Vec<String> {
    let mut lines = vec![format!("  from      {} {}", particulars.source, plain(particulars.id.as_str()))];
    let order = particulars.order.as_ref().map(|order| format!("{order} of {}", particulars.order_source));
    let fields = [
        ("channel", particulars.channel.clone()),
        ("customer", particulars.customer.map(|no| no.to_string())),
        ("order", order),
        ("e-mail", particulars.email.clone()),
        ("phone", particulars.phone.clone()),
        ("subject", particulars.subject.clone()),
    ];
    lines.extend(
        fields.into_iter().filter_map(|(name, value)| Some(format!("  {name:<8}  {}", plain(&value?)))),
    );
    if particulars.erased {
        lines.push("  its words were erased with its customer's data".to_owned());
    }
    if let Some(body) = &particulars.body {
        lines.push(String::new());
        lines.extend(plain(body).lines().map(|line| format!("    {line}")));
        lines.push(String::new());
    }
    lines.extend(particulars.history.iter().flat_map(|line| history(session, line)));
    lines
}

fn history(session: &Session, line: &HistoryLine) -> Vec<String> {
    let who = line.actor.as_deref().unwrap_or("the source");
    let mut lines = vec![format!("{}  ({who})", event_line(session, &line.event))];
    if let Some(note) = &line.note {
        lines.extend(plain(note).lines().map(|line| format!("      {line}")));
    }
    lines
}

fn event_line(session: &Session, dated: &DatedEvent) -> String {
    let more = match &dated.event {
        ComplaintEvent::Received(classification) | ComplaintEvent::Reclassified(classification) => {
            let level = classification.damage_level.map(|level| format!(", level {level}"));
            format!(" as {}{}", classification.kind, level.unwrap_or_default())
        }
        ComplaintEvent::Promised { due_at } => format!(" by {}", show::instant(*due_at, &session.zone)),
        ComplaintEvent::Assigned { to } => format!(" to {to}"),
        ComplaintEvent::Paused { reason } => format!(" ({})", reason.as_str()),
        ComplaintEvent::Notified { notice } => format!(" of {}", notice.as_str()),
        ComplaintEvent::Compensated(compensation) => format!(" at level {}", compensation.level),
        _ => String::new(),
    };
    format!("  {}  {}{more}", show::instant(dated.at, &session.zone), dated.event.as_str())
}

fn clock_line(session: &Session, clock: &ClockView) -> String {
    let due = show::instant(clock.due, &session.zone);
    let state = match (clock.stopped, clock.overdue) {
        (Some(at), _) if at > clock.due => format!("stopped {}, late", show::instant(at, &session.zone)),
        (Some(at), _) => format!("stopped {}", show::instant(at, &session.zone)),
        (None, true) => "overdue".to_owned(),
        (None, false) => "running".to_owned(),
    };
    format!("{} due {due}, {state}", clock.clock)
}

/// `product, level 2, assigned to lan@1stwatch.vn, open`.
fn state_of(complaint: &ComplaintView) -> String {
    let mut words = vec![complaint.kind.to_string()];
    words.extend(complaint.damage_level.map(|level| format!("level {level}")));
    let judged =
        |answer: Option<bool>, yes: &str, no: &str| answer.map(|is| if is { yes } else { no }.to_owned());
    words.extend(complaint.vulnerable.then(|| "vulnerable".to_owned()));
    words.extend(complaint.third_party.then(|| "third party".to_owned()));
    words.extend(judged(complaint.attack, "attack", "no attack"));
    words.extend(judged(complaint.harm, "harm", "no harm"));
    words.extend(complaint.assignee.as_ref().map(|to| format!("assigned to {to}")));
    words.push(complaint.state.as_str().to_owned());
    words.join(", ")
}

fn level(complaint: &ComplaintView) -> String {
    complaint.damage_level.map_or_else(|| "-".to_owned(), |level| level.to_string())
}

pub(super) fn shown_totals(totals: &CompensationTotals) -> String {
    let mut table = show::table(&["level", "given", "amount", "another amount than the formula's"]);
    for total in &totals.levels {
        table.add_row([
            total.level.to_string(),
            total.count.to_string(),
            format!("{} {}", total.amount, totals.currency),
            total.overridden.to_string(),
        ]);
    }
    show::lines(&table, "there is no damage level")
}

pub(super) fn shown_imported(imported: &Imported) -> String {
    let Imported { file, read, kept, added, changed, as_before, rejected } = imported;
    let mark = if rejected.is_empty() { show::tick() } else { show::cross() };
    let mut text = format!(
        "{mark}{file}: {} read, {kept} kept, {} rejected; {} added, {changed} changed, {as_before} as before\n",
        show::count(*read, "row"),
        rejected.len(),
        show::count(*added, "complaint"),
    );
    if !rejected.is_empty() {
        text += &shown_rejects(&rejected[..rejected.len().min(MOST_REJECTS)]);
        if let Some(more) = rejected.len().checked_sub(MOST_REJECTS).filter(|&more| more > 0) {
            text += &format!("and {more} more; ");
        }
        text += "`firstwatch source rejected import` shows them; correct them and import the file again";
    }
    text
}

/// A customer's text without what would steer a terminal.
fn plain(text: &str) -> String {
    let is_plain = |letter: &char| !letter.is_control() || matches!(letter, '\n' | '\t');
    text.replace("\r\n", "\n").chars().filter(is_plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customers_words_do_not_steer_the_terminal() {
        assert_eq!(plain("Hỏng\u{1b}[2J\r\nrồi\u{7}\u{9b}31m\tạ"), "Hỏng[2J\nrồi31m\tạ");
    }
}
