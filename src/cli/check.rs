//! `check`: every problem of configuration, jobs, calendars and keys at once, then the plan. As JSON:
//! `{"problems": [sentence], "roles": {ROLE: [uid]}, "operations": {OPERATION: [ROLE]}, "plan": [{"job", "schedule", "next":
//! [instant], "recipients": [address]}], "withholding": {"tables": [{"job", "table", "period", "cells", "withheld", "better":
//! {"rows", "columns", "period", "cells", "withheld"} or null}], "note": sentence or null}}`. What tables withhold is told where
//! a store has sales.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use super::exit;
use super::output::{self, OutputFormat};
use super::{reach, show, withholding};
use crate::access::Operation;
use crate::calendar::{CalendarDays, WorkingCalendar};
use crate::domain::clock::{Clock, SystemClock};
use crate::domain::role::Role;
use crate::jobs;
use crate::settings::{self, LoadOptions, Settings};

pub fn run(config: Option<PathBuf>, format: OutputFormat) -> anyhow::Result<ExitCode> {
    let loaded = settings::load(&LoadOptions { file: config, environment: std::env::vars().collect() });
    let (settings, mut problems) = match loaded {
        Ok(settings) => {
            let mut problems =
                settings::check_files(&settings).into_iter().map(|p| p.to_string()).collect::<Vec<_>>();
            problems.extend(jobs::working_calendar(&settings).err());
            problems.extend(wrong_key(&settings));
            (Some(settings), problems)
        }
        Err(problems) => (None, problems.iter().map(ToString::to_string).collect()),
    };
    problems.sort();
    problems.dedup();
    let plan = settings.as_ref().map(|settings| plan(settings, SystemClock.now()));
    let roles = settings.as_ref().map(|settings| settings::held_roles(settings).members).unwrap_or_default();
    let withholding = settings.as_ref().map(withholding::foreseen).unwrap_or_default();
    let answer = json!({
        "problems": problems,
        "roles": roles,
        "operations": Operation::ALL.map(|operation| (operation.as_str(), operation.roles())).into_iter().collect::<BTreeMap<_, _>>(),
        "plan": plan.iter().flatten().map(Planned::to_json).collect::<Vec<_>>(),
        "withholding": &withholding,
    });
    let tables = withholding::shown(&withholding);
    output::print(&answer, format, |_| {
        shown(&problems, plan.as_deref(), settings.as_ref(), (&roles, &tables))
    })?;
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(exit::CONFIGURATION) })
}

/// A store of another user's is not looked into.
fn wrong_key(settings: &Settings) -> Option<String> {
    reach::check_owner_of(&settings.store.directory).ok()?;
    jobs::wrong_key(settings)
}

/// The calendar and zone of the configuration when one is named, else Vietnam's office week.
pub fn calendar_of(config: Option<PathBuf>) -> anyhow::Result<(WorkingCalendar, TimeZone)> {
    let Some(file) = config else {
        let zone = TimeZone::get("Asia/Ho_Chi_Minh").context("the embedded zone data lack Vietnam")?;
        return Ok((WorkingCalendar::office_week(CalendarDays::vietnam()?), zone));
    };
    let settings = reach::load(Some(file))?;
    let calendar = jobs::working_calendar(&settings).map_err(exit::BadConfiguration)?;
    Ok((calendar, settings.business.zone))
}

/// What one job is about to do.
struct Planned {
    job: String,
    schedule: String,
    next: Vec<Timestamp>,
    recipients: Vec<String>,
}

impl Planned {
    fn to_json(&self) -> serde_json::Value {
        json!({ "job": self.job, "schedule": self.schedule, "next": self.next, "recipients": self.recipients })
    }
}

/// The users that each role has.
type Uids = BTreeMap<Role, BTreeSet<u32>>;

fn plan(settings: &Settings, now: Timestamp) -> Vec<Planned> {
    let Ok(calendar) = jobs::working_calendar(settings) else { return Vec::new() };
    settings
        .jobs
        .iter()
        .map(|job| Planned {
            job: job.name.to_string(),
            schedule: job.schedule.clone(),
            next: jobs::next_slots_of(settings, &calendar, job, now, 2),
            recipients: settings.recipients_of(&job.recipients),
        })
        .collect()
}

fn shown(
    problems: &[String],
    plan: Option<&[Planned]>,
    settings: Option<&Settings>,
    (roles, tables): (&Uids, &str),
) -> String {
    let mut text: String = problems.iter().map(|problem| format!("{}{problem}\n", show::cross())).collect();
    let count = show::count(problems.len() as u64, "problem");
    let Some((plan, settings)) = plan.zip(settings) else {
        return text + &format!("{count}; there is no plan before that is mended");
    };
    let mut table = show::table(&["job", "schedule", "next slots", "who gets it"]);
    for planned in plan {
        let next: Vec<String> =
            planned.next.iter().map(|&at| show::instant(at, &settings.business.zone)).collect();
        table.add_row([
            planned.job.clone(),
            planned.schedule.clone(),
            next.join("\n"),
            planned.recipients.join("\n"),
        ]);
    }
    text += &show::lines(&table, "there is no job\n");
    text += &shown_roles(settings, roles);
    text += &shown_operations();
    text += tables;
    if problems.is_empty() {
        let zone = &settings.business.zone_name;
        return text + &format!("{}the configuration is sound; times are in {zone}", show::tick());
    }
    text + &count
}

/// Who holds which role, besides root and our own user, who administer.
fn shown_roles(settings: &Settings, roles: &Uids) -> String {
    let mut table = show::table(&["role", "who holds it", "uid"]);
    for (role, holders) in settings.roles.iter().filter(|(_, holders)| !holders.is_empty()) {
        let names: Vec<String> = holders.iter().map(ToString::to_string).collect();
        let uids: Vec<String> = roles.get(role).into_iter().flatten().map(ToString::to_string).collect();
        table.add_row([role.to_string(), names.join(", "), uids.join(", ")]);
    }
    show::lines(&table, "nobody but root and the user of firstwatch holds a role; see [roles]\n")
}

/// Who may do what: a row an operation, a column a role.
fn shown_operations() -> String {
    let roles = Role::ALL.map(Role::as_str);
    let mut table = show::table(&[&["operation"][..], &roles].concat());
    for operation in Operation::ALL {
        let marks = Role::ALL.map(|role| if operation.roles().contains(&role) { "yes" } else { "-" });
        table.add_row([&[operation.as_str()][..], &marks].concat());
    }
    show::lines(&table, "")
}
