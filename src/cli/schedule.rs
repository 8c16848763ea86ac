//! `schedule`: what the planner would do, without a store.

use std::process::ExitCode;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::exit::BadData;
use super::output::{self, OutputFormat};
use crate::calendar::WorkingCalendar;
use crate::domain::clock::{Clock, SystemClock};
use crate::schedule::{CronError, OnDays, Schedule};

#[derive(Clone, Debug, clap::Subcommand)]
pub enum Command {
    /// Print the next slots of a schedule, one UTC instant a line
    #[command(
        after_help = "Example: firstwatch schedule next \"0 7 * * MON\" --timezone Asia/Ho_Chi_Minh --count 3"
    )]
    Next(Next),
}

#[derive(Clone, Debug, clap::Args)]
pub struct Next {
    /// Five fields: minute, hour, day of month, month, day of week
    pub cron: String,
    /// IANA name of the time zone; the business's when not given
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    pub timezone: Option<TimeZone>,
    /// Slots after this instant (RFC 3339); after now when not given
    #[arg(long, value_name = "INSTANT")]
    pub after: Option<Timestamp>,
    /// How many
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub count: usize,
    /// Which days slots may stand on; with working-days, one on a day off moves to the next working day
    #[arg(long, value_name = "DAYS", value_enum, default_value_t = On::AllDays)]
    pub on: On,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum On {
    AllDays,
    WorkingDays,
}

/// Answers on standard output. `calendar` and `zone` are the shop's, or the shipped ones.
pub fn run(
    command: Command,
    calendar: &WorkingCalendar,
    zone: &TimeZone,
    output: OutputFormat,
) -> anyhow::Result<ExitCode> {
    let Command::Next(next) = command;
    let text =
        answer(&next, calendar, zone, output, &SystemClock).map_err(|error| BadData(error.to_string()))?;
    output::write(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Reads a time zone's name, for clap.
pub(super) fn zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name)
        .map_err(|_| "not a known time zone; write an IANA name such as Asia/Ho_Chi_Minh".to_owned())
}

fn answer(
    next: &Next,
    calendar: &WorkingCalendar,
    zone: &TimeZone,
    output: OutputFormat,
    clock: &dyn Clock,
) -> Result<String, CronError> {
    let zone = next.timezone.as_ref().unwrap_or(zone);
    let on = match next.on {
        On::AllDays => OnDays::AllDays,
        On::WorkingDays => OnDays::WorkingDays,
    };
    let schedule = Schedule::parse(&next.cron, on, zone.clone())?;
    let after = next.after.unwrap_or_else(|| clock.now());
    let slots = schedule.after(after, next.count, &|day| calendar.is_working_day(day));
    Ok(match output {
        OutputFormat::Human => slots.iter().map(|slot| format!("{slot}\n")).collect(),
        OutputFormat::Json => {
            let slots: Vec<_> = slots
                .iter()
                .map(|slot| {
                    let local = slot.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
                    serde_json::json!({ "at": slot.to_string(), "local": local })
                })
                .collect();
            let answer = serde_json::json!({
                "cron": schedule.text(),
                "timezone": zone.iana_name(),
                "slots": slots,
            });
            format!("{answer}\n")
        }
    })
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

    fn ask(arguments: &[&str], output: OutputFormat) -> Result<String, CronError> {
        let Command::Next(next) = Cli::parse_from([&["schedule", "next"], arguments].concat()).command;
        let calendar = WorkingCalendar::office_week(CalendarDays::vietnam().unwrap());
        let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
        let clock = crate::domain::clock::SetClock::new("2026-11-22T00:00:00Z".parse().unwrap());
        answer(&next, &calendar, &zone, output, &clock)
    }

    #[test]
    fn prints_an_instant_a_line() {
        let slots = ask(
            &[
                "0 7 * * MON",
                "--timezone",
                "Europe/Paris",
                "--after",
                "2026-03-20T00:00:00+07:00",
                "--count",
                "2",
            ],
            OutputFormat::Human,
        );
        assert_eq!(slots.unwrap(), "2026-03-23T06:00:00Z\n2026-03-30T05:00:00Z\n");
    }

    #[test]
    fn asks_the_calendar_and_the_clock() {
        let slots = ask(&["0 7 24 11 *", "--on", "working-days"], OutputFormat::Json);
        assert_eq!(
            slots.unwrap(),
            "{\"cron\":\"0 7 24 11 *\",\"slots\":[{\"at\":\"2026-11-25T00:00:00Z\",\"local\":\"2026-11-25T07:00:00+07:00\"}],\
             \"timezone\":\"Asia/Ho_Chi_Minh\"}\n"
        );
    }

    #[test]
    fn refuses_bad_patterns_and_bad_arguments() {
        assert!(ask(&["0 0 30 2 *"], OutputFormat::Human).is_err());
        for wrong in [["--timezone", "Mars/Olympus"], ["--after", "yesterday"], ["--count", "-1"]] {
            assert!(Cli::try_parse_from([&["schedule", "next", "* * * * *"], &wrong[..]].concat()).is_err());
        }
    }
}
