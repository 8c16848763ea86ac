//! `calendar`: the working calendar, without a store.

use std::fmt::Write as _;
use std::process::ExitCode;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::output::{self, OutputFormat};
use super::schedule::zone;
use crate::calendar::WorkingCalendar;
use crate::calendar::holidays::YEARS;
use crate::domain::clock::{Clock, SystemClock};
use crate::domain::term::Term;

#[derive(Clone, Debug, clap::Subcommand)]
pub enum Command {
    /// Add working time to an instant and print the instant at which it is used up
    #[command(
        after_help = "Example: firstwatch calendar add --from 2026-11-23T16:30:00+07:00 --working-hours 4"
    )]
    Add(Add),
    /// List a year's days off, and the days worked in their place
    #[command(after_help = "Example: firstwatch calendar list --year 2026")]
    List(List),
}

#[derive(Clone, Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("amount").required(true).args(["working_hours", "working_days"]))]
pub struct Add {
    /// The instant counted from (RFC 3339)
    #[arg(long, value_name = "INSTANT")]
    pub from: Timestamp,
    /// Hours of working time; lunch, nights and days off do not count
    #[arg(long, value_name = "H", value_parser = hours)]
    pub working_hours: Option<SignedDuration>,
    /// Working days without the first, to the last second of the last (Civil Code Art. 147-148)
    #[arg(long, value_name = "D")]
    pub working_days: Option<u32>,
    /// IANA name of the time zone; the business's when not given
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    pub timezone: Option<TimeZone>,
}

#[derive(Clone, Debug, clap::Args)]
pub struct List {
    /// This year when not given
    #[arg(long, value_name = "Y", value_parser = clap::value_parser!(i16).range(1000..=9999))]
    pub year: Option<i16>,
}

/// Answers on standard output. `calendar` and `zone` are the shop's, or the shipped ones.
pub fn run(
    command: Command,
    calendar: &WorkingCalendar,
    zone: &TimeZone,
    output: OutputFormat,
) -> anyhow::Result<ExitCode> {
    let text = match command {
        Command::Add(add) => added(&add, calendar, zone, output),
        Command::List(list) => {
            let year = list.year.unwrap_or_else(|| zone.to_datetime(SystemClock.now()).year());
            listed(year, calendar, output)
        }
    };
    output::write(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn added(add: &Add, calendar: &WorkingCalendar, zone: &TimeZone, output: OutputFormat) -> String {
    let zone = add.timezone.as_ref().unwrap_or(zone);
    let end = match (add.working_hours, add.working_days) {
        (Some(hours), _) => calendar.add_working_hours(add.from, hours, zone),
        (None, days) => calendar.deadline(add.from, Term::WorkingDays(days.unwrap_or(0)), zone),
    };
    let text = end.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    match output {
        OutputFormat::Human => format!("{text}\n"),
        OutputFormat::Json => format!("{}\n", serde_json::json!({ "at": text })),
    }
}

fn listed(year: i16, calendar: &WorkingCalendar, output: OutputFormat) -> String {
    match output {
        OutputFormat::Human => {
            let mut lines = String::new();
            let mut line = |text: std::fmt::Arguments<'_>| {
                // Writing to a string cannot fail.
                let _ = lines.write_fmt(text);
            };
            for (day, name) in calendar.days_off(year) {
                line(format_args!("{day} {}  {name}\n", day.strftime("%a")));
            }
            for (day, why) in calendar.days_worked(year) {
                line(format_args!("{day} {}  worked: {why}\n", day.strftime("%a")));
            }
            if let Some(note) = doubt(year, calendar) {
                line(format_args!("note: {note}\n"));
            }
            lines
        }
        OutputFormat::Json => {
            let off =
                calendar.days_off(year).map(|(day, name)| serde_json::json!({ "date": day, "name": name }));
            let worked =
                calendar.days_worked(year).map(|(day, why)| serde_json::json!({ "date": day, "name": why }));
            let answer = serde_json::json!({
                "year": year,
                "confirmed": calendar.is_confirmed(year),
                "known": calendar.days().is_known(year),
                "off": off.collect::<Vec<_>>(),
                "worked": worked.collect::<Vec<_>>(),
            });
            format!("{answer}\n")
        }
    }
}

/// What a reader of the year should know about it.
fn doubt(year: i16, calendar: &WorkingCalendar) -> Option<String> {
    if calendar.is_confirmed(year) {
        return None;
    }
    if !YEARS.contains(&year) {
        let (first, last) = (YEARS.start(), YEARS.end());
        return Some(format!(
            "the rules reach from {first} to {last}, so of {year} only weekends are known, and what a file of [calendar] \
             files names"
        ));
    }
    Some(format!(
        "{year} is unconfirmed: its days are by rule, and the government decides each year's Tết days, the day beside 2 \
         September and swaps; confirm them in a file of [calendar] files"
    ))
}

/// Reads a number of hours, whole or with a fraction, for clap.
fn hours(text: &str) -> Result<SignedDuration, String> {
    /// A century of hours; beyond it, a mistake.
    const MOST: f64 = 876_600.0;
    let hours = text.parse::<f64>().ok().filter(|hours| (0.0..=MOST).contains(hours));
    let duration = hours.and_then(|hours| SignedDuration::try_from_secs_f64((hours * 3600.0).round()).ok());
    duration.ok_or_else(|| "not a number of hours; write 4 or 2.5".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::CalendarDays;
    use clap::Parser;

    #[derive(clap::Parser)]
    struct Cli {
        #[command(subcommand)]
        command: Command,
    }

    fn ask(arguments: &[&str], output: OutputFormat) -> String {
        let calendar = WorkingCalendar::office_week(CalendarDays::vietnam().unwrap());
        let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
        match Cli::parse_from([&["calendar"], arguments].concat()).command {
            Command::Add(add) => added(&add, &calendar, &zone, output),
            Command::List(list) => listed(list.year.unwrap(), &calendar, output),
        }
    }

    #[test]
    fn adds_hours_and_days_in_the_business_zone() {
        // Monday afternoon; Tuesday 24 November is a holiday.
        let from = "2026-11-23T09:30:00Z";
        for (amount, expected) in [
            (["--working-hours", "4"], "2026-11-25T11:30:00+07:00\n"),
            (["--working-hours", "0.5"], "2026-11-23T17:00:00+07:00\n"),
            (["--working-days", "1"], "2026-11-25T23:59:59+07:00\n"),
        ] {
            assert_eq!(ask(&[&["add", "--from", from], &amount[..]].concat(), OutputFormat::Human), expected);
        }
        assert_eq!(
            ask(
                &["add", "--from", from, "--working-days", "1", "--timezone", "Europe/Paris"],
                OutputFormat::Json
            ),
            "{\"at\":\"2026-11-25T23:59:59+01:00\"}\n"
        );
    }

    #[test]
    fn lists_days_off_and_worked_and_doubts() {
        let year = ask(&["list", "--year", "2026"], OutputFormat::Human);
        assert!(year.starts_with("2026-01-01 Thu  Tết Dương lịch\n"), "{year}");
        assert!(
            year.ends_with(
                "2026-11-24 Tue  Ngày Văn hóa Việt Nam\n2026-08-22 Sat  worked: Làm bù cho 31/8\n"
            ),
            "{year}"
        );
        let year = ask(&["list", "--year", "2027"], OutputFormat::Human);
        assert!(year.contains("note: 2027 is unconfirmed"), "{year}");
        let year = ask(&["list", "--year", "2040"], OutputFormat::Human);
        assert!(year.contains("2040-02-12 Sun  Mùng 1 Tết\n"), "{year}");
        assert!(year.contains("\nnote: 2040 is unconfirmed: its days are by rule"), "{year}");
        let year = ask(&["list", "--year", "2200"], OutputFormat::Human);
        assert!(year.starts_with("note: the rules reach from 1995 to 2199, so of 2200"), "{year}");
        let year = ask(&["list", "--year", "2026"], OutputFormat::Json);
        let year: serde_json::Value = serde_json::from_str(&year).unwrap();
        assert_eq!(year["confirmed"], true);
        assert_eq!(year["worked"][0]["date"], "2026-08-22");
        let year = ask(&["list", "--year", "2040"], OutputFormat::Json);
        let year: serde_json::Value = serde_json::from_str(&year).unwrap();
        assert_eq!((&year["confirmed"], &year["known"]), (&false.into(), &true.into()));
        assert_eq!(year["off"][0], serde_json::json!({ "date": "2040-01-01", "name": "Tết Dương lịch" }));
    }

    #[test]
    fn wants_one_amount() {
        for wrong in [
            &["--from", "2026-11-23T09:30:00Z"][..],
            &["--from", "2026-11-23T09:30:00Z", "--working-hours", "4", "--working-days", "1"],
            &["--from", "2026-11-23T09:30:00Z", "--working-hours", "NaN"],
            &["--from", "2026-11-23T09:30:00Z", "--working-hours", "-1"],
            &["--working-hours", "4"],
        ] {
            assert!(Cli::try_parse_from([&["calendar", "add"], wrong].concat()).is_err(), "{wrong:?}");
        }
    }
}
