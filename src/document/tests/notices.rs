//! Short mails: deadlines of complaints, and problems.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::super::*;
use super::{html, in_words, readable, snapshots};
use crate::domain::complaint::{Clock, ComplaintKind};
use crate::domain::ids::{ComplaintNo, RunId};
use crate::domain::rendered::Rendered;
use crate::domain::trouble::Trouble;
use crate::settings::Language;

fn hanoi() -> TimeZone {
    TimeZone::get("Asia/Ho_Chi_Minh").expect("a zone")
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn alarm(number: i64, kind: ComplaintKind, level: Option<u8>, clock: Clock, deadline: &str) -> DeadlineAlarm {
    DeadlineAlarm { number: ComplaintNo(number), kind, damage_level: level, clock, deadline: at(deadline) }
}

fn deadline_notice(alarms: &[DeadlineAlarm], more: u64, language: Language) -> Rendered {
    let matter = Matter::Deadlines { alarms, more, at: at("2026-11-23T00:00:00Z") };
    notice(&Notice { business: "1stwatch", zone: &hanoi(), matter }, language).expect("a notice")
}

fn some_alarms() -> Vec<DeadlineAlarm> {
    vec![
        alarm(118, ComplaintKind::Product, Some(2), Clock::Resolution, "2026-11-20T10:00:00Z"),
        alarm(97, ComplaintKind::Payment, None, Clock::Resolution, "2026-11-12T10:00:00Z"),
        alarm(121, ComplaintKind::DataBreach, Some(4), Clock::FirstResponse, "2026-11-22T22:00:00Z"),
        alarm(97, ComplaintKind::Payment, None, Clock::FirstResponse, "2026-11-06T10:00:00Z"),
        alarm(121, ComplaintKind::DataBreach, Some(4), Clock::HarmNotice, "2026-11-24T18:00:00Z"),
        alarm(120, ComplaintKind::Inquiry, Some(1), Clock::Resolution, "2026-11-26T16:59:59Z"),
    ]
}

#[test]
fn the_subject_of_a_mail_about_deadlines_says_most() {
    let all = some_alarms();
    let subject = |alarms: &[DeadlineAlarm], more| deadline_notice(alarms, more, Language::En).subject;
    assert_eq!(
        subject(&all[..1], 0),
        "1stwatch: overdue – complaint #118 (product, damage level 2), resolution"
    );
    assert_eq!(
        subject(&all[5..], 0),
        "1stwatch: due soon – complaint #120 (inquiry, damage level 1), resolution"
    );
    assert_eq!(subject(&all[..2], 0), "1stwatch: 2 complaint deadlines overdue");
    assert_eq!(subject(&all[4..], 7), "1stwatch: 2+ complaint deadlines due soon");
    assert_eq!(subject(&all, 0), "1stwatch: 4 complaint deadlines overdue, 2 due soon");
}

fn trouble_notice(trouble: Trouble, over_at: Option<Timestamp>, language: Language) -> Rendered {
    let run = ProblemRun {
        id: RunId(42),
        slot: at("2026-11-23T00:00:00Z"),
        period: Some("2026-W47".parse().expect("a period")),
    };
    let matter = Matter::Problem(Problem {
        trouble,
        about: "weekly-sales",
        since: at("2026-11-23T00:00:05Z"),
        over_at,
        run: Some(run),
        what: "cannot read orders.csv: no such file; put it where [source.orders] path says <or> mend the path",
    });
    notice(&Notice { business: "1stwatch", zone: &hanoi(), matter }, language).expect("a notice")
}

#[test]
fn notices_read_well() {
    let overdue = deadline_notice(&some_alarms(), 12, Language::Vi);
    let failed = trouble_notice(Trouble::Failed, None, Language::Vi);
    let over = trouble_notice(Trouble::Failed, Some(at("2026-11-23T02:30:00Z")), Language::Vi);
    snapshots(|| {
        insta::assert_snapshot!("document_overdue_vi_text", in_words(&overdue));
        insta::assert_snapshot!(
            "document_overdue_en_text",
            in_words(&deadline_notice(&some_alarms(), 12, Language::En))
        );
        insta::assert_snapshot!("document_overdue_vi_html", readable(&overdue));
        insta::assert_snapshot!("document_failed_vi_text", in_words(&failed));
        insta::assert_snapshot!("document_over_vi_text", in_words(&over));
    });
    for trouble in Trouble::ALL {
        let rendered = trouble_notice(trouble, None, Language::En);
        assert!(html(&rendered).contains("&lt;or&gt;"), "what happened is escaped");
        assert!(rendered.subject.starts_with("1stwatch: "), "{}", rendered.subject);
    }
    if let Some(directory) = std::env::var_os("FIRSTWATCH_PICTURES").map(std::path::PathBuf::from) {
        std::fs::create_dir_all(&directory).expect("a directory to write into");
        std::fs::write(directory.join("overdue-vi.html"), html(&overdue)).expect("written");
        std::fs::write(directory.join("failed-vi.html"), html(&failed)).expect("written");
        std::fs::write(directory.join("over-vi.html"), html(&over)).expect("written");
    }
}
