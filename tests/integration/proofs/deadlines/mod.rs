//! The clocks of complaints against brute force: complaints, policies and pauses out of chance, over ten years with their Tết,
//! their swapped Saturdays and their lunches; every deadline, step and interval compared.

mod minutes;
mod oracle;
mod story;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use fastrand::Rng;
use firstwatch::calendar::{CalendarDays, WorkingCalendar};
use firstwatch::deadline::{self, Explanation, TimeOf};
use firstwatch::domain::complaint::{
    Addressee, ComplaintKind, ComplaintPolicy, DatedEvent, DeadlineRule, DeadlineTerms, EscalationRule,
    LevelTerms, NoticeRule, PauseReason, StepAt,
};
use firstwatch::domain::term::Term;
use jiff::SignedDuration;
use jiff::tz::TimeZone;

use self::minutes::{Land, Paused, timestamp};
use self::oracle::{Expected, Oracle};
use self::story::{Story, story};
use super::full;

const WORKERS: u64 = 2;
const SEED: u64 = 0x6465_6164_6c69_6e65;

#[derive(Default)]
struct Tally {
    cases: u64,
    deadlines: usize,
    steps: usize,
    intervals: usize,
    deviations: Vec<String>,
}

#[test]
fn deadlines_fall_where_the_minutes_say() {
    let cases = if full() { 100_000 } else { 1_000 };
    let (next, tally) = (AtomicU64::new(0), Mutex::new(Tally::default()));
    let land = Land::read();
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                let trial = Trial::new(&land);
                let mut own = Tally::default();
                while let number @ 0.. = next.fetch_add(1, Ordering::Relaxed)
                    && number < cases
                {
                    let seed = SEED + number;
                    let found = trial.case(&mut Rng::with_seed(seed), &mut own);
                    own.deviations.extend(found.err().map(|what| format!("case {number}: {what}")));
                    own.cases += 1;
                }
                tally.lock().unwrap().add(own);
            });
        }
    });
    let Tally { cases, deadlines, steps, intervals, deviations } = tally.into_inner().unwrap();
    println!(
        "deadlines: {cases} complaints, {deadlines} deadlines, {steps} steps and {intervals} intervals compared; {} deviations",
        deviations.len()
    );
    let some: Vec<_> = deviations.iter().take(5).map(String::as_str).collect();
    assert!(deviations.is_empty(), "{}", some.join("\n"));
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.deadlines += other.deadlines;
        self.steps += other.steps;
        self.intervals += other.intervals;
        self.deviations.extend(other.deviations);
    }
}

struct Trial<'l> {
    land: &'l Land,
    calendar: WorkingCalendar,
    zone: TimeZone,
}

/// Two that should be equal.
fn same<T: PartialEq + std::fmt::Debug>(what: &str, found: &T, expected: &T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what}: found {found:?}, expected {expected:?}")) }
}

impl<'l> Trial<'l> {
    fn new(land: &'l Land) -> Self {
        let calendar = WorkingCalendar::office_week(CalendarDays::vietnam().unwrap());
        Self { land, calendar, zone: TimeZone::get("Asia/Ho_Chi_Minh").unwrap() }
    }

    fn case(&self, chance: &mut Rng, tally: &mut Tally) -> Result<(), String> {
        let policy = policy(chance);
        let story = story(chance, self.land, policy.longest_pause.as_mins());
        let expected = self.compare(&policy, &story, chance, tally)?;
        let Some(pause) = another_pause(chance, &story) else { return Ok(()) };
        let longer = story.with_pause(pause);
        let later = self.compare(&policy, &longer, chance, tally)?;
        let is_earlier = later.iter().zip(&expected).any(|(later, one)| later.due < one.due);
        if is_earlier { Err(format!("{pause:?} brings a deadline of {story:?} forward")) } else { Ok(()) }
    }

    fn compare(
        &self,
        policy: &ComplaintPolicy,
        story: &Story,
        chance: &mut Rng,
        tally: &mut Tally,
    ) -> Result<Vec<Expected>, String> {
        let oracle = Oracle { land: self.land, policy, story };
        let expected = oracle.clocks();
        let mut check = || {
            let mut events = story.dated();
            let clocks = self.clocks(policy, &events);
            let told = deadline::explain(&events, policy, &self.calendar, &self.zone).unwrap();
            chance.shuffle(&mut events);
            same("in another order", &self.clocks(policy, &events), &clocks)?;
            same("settled", &deadline::is_settled(&events), &oracle.is_settled())?;
            same("closed", &clocks.closed, &story.closed)?;
            same("resolved", &clocks.resolved, &story.resolved.map(|at| timestamp(at * 60)))?;
            same("waits", &clocks.waits_for.is_some(), &story.is_paused)?;
            let states: Vec<_> = expected.iter().map(Expected::state).collect();
            same("clocks", &clocks.states, &states)?;
            same("clocks explained", &told.iter().map(|one| one.state).collect(), &states)?;
            tally.deadlines += states.len();
            tally.steps += self.steps(&oracle, &expected, &clocks, chance)?;
            for (one, told) in expected.iter().zip(&told) {
                tally.intervals += intervals(&oracle, one, told, chance)?;
            }
            Ok(())
        };
        check().map_err(|what: String| format!("{what}\nof {story:?}\nby {policy:?}"))?;
        Ok(expected)
    }

    fn clocks(&self, policy: &ComplaintPolicy, events: &[DatedEvent]) -> deadline::Clocks {
        deadline::clocks(events, policy, &self.calendar, &self.zone).unwrap()
    }

    /// All steps, and those that are due at some instant.
    fn steps(
        &self,
        oracle: &Oracle<'_>,
        expected: &[Expected],
        clocks: &deadline::Clocks,
        chance: &mut Rng,
    ) -> Result<usize, String> {
        let key = |step: &deadline::DueStep<'_>| (step.due_at, step.clock, step.deadline, step.rule.at);
        let mut all = Vec::new();
        for one in expected {
            let found = deadline::steps(clocks, one.clock, oracle.policy, &self.calendar, &self.zone);
            let mut own = oracle.steps(one);
            own.sort_by_key(|step| step.0);
            let own: Vec<_> = own
                .into_iter()
                .map(|(at, rule)| (timestamp(at), one.clock, timestamp(one.due), rule))
                .collect();
            same("steps", &found.iter().map(key).collect(), &own)?;
            all.extend(own);
        }
        let now = match chance.bool() {
            // The very instant of a step, or a second beside it.
            true if !all.is_empty() => {
                chance.choice(&all).unwrap().0 + SignedDuration::from_secs(chance.i64(-1..2))
            }
            _ => clocks.received + SignedDuration::from_mins(chance.i64(0..60 * 1440)),
        };
        let is_free = |clock| {
            expected.iter().any(|one| one.clock == clock && one.stopped.is_none() && !one.is_held_up(now))
        };
        let count = all.len();
        let mut due: Vec<_> = all
            .into_iter()
            .filter(|(at, clock, _, rule)| {
                is_free(*clock) && if *rule == StepAt::DUE { *at < now } else { *at <= now }
            })
            .collect();
        due.sort_by_key(|(at, clock, ..)| (*at, *clock));
        let found = deadline::due_steps(clocks, oracle.policy, &self.calendar, &self.zone, now);
        same(&format!("steps due at {now}"), &found.iter().map(key).collect(), &due)?;
        Ok(count)
    }
}

/// The intervals cover the clock's way without gaps; what they count is the term; and minutes out of chance are what they say.
fn intervals(
    oracle: &Oracle<'_>,
    expected: &Expected,
    told: &Explanation,
    chance: &mut Rng,
) -> Result<usize, String> {
    let intervals = &told.intervals;
    let bounds = intervals.iter().flat_map(|one| [one.from, one.until]);
    let mut line: Vec<_> = std::iter::once(timestamp(expected.started * 60)).chain(bounds).collect();
    line.push(timestamp(expected.due));
    same("gaps", &line.chunks(2).filter(|pair| pair[0] != pair[1]).count(), &0)?;
    same("empty intervals", &intervals.iter().filter(|one| one.from >= one.until).count(), &0)?;
    same("equal neighbours", &intervals.windows(2).filter(|two| two[0].time == two[1].time).count(), &0)?;
    let counted = intervals.iter().filter(|one| one.time == TimeOf::Counted);
    let counted: i64 = counted.map(|one| one.until.duration_since(one.from).as_secs()).sum();
    if expected.is_by_length {
        same("counted", &oracle.whole_units(expected, counted), &expected.amount.count())?;
    }
    for _ in 0..6 {
        let until = expected.due / 60;
        if until <= expected.started {
            break;
        }
        let minute = chance.i64(expected.started..until);
        let found = intervals
            .iter()
            .find(|one| (one.from..one.until).contains(&timestamp(minute * 60)))
            .map(|one| one.time.clone());
        same(
            &format!("{} at {}", expected.clock, timestamp(minute * 60)),
            &found,
            &Some(oracle.time_of(expected, minute)),
        )?;
    }
    Ok(intervals.len())
}

/// A pause where nothing else happens in the last run.
fn another_pause(chance: &mut Rng, story: &Story) -> Option<Paused> {
    let (from, until) = chance.choice(&story.quiet).copied()?;
    let since = chance.i64(from..until);
    let longest = until.min(since + story.longest_pause);
    let until = chance.i64(since + 1..=longest.max(since + 1));
    Some(Paused { since, until, reason: PauseReason::Authority })
}

/// Terms of every unit, and pauses that end by themselves soon or late.
fn policy(chance: &mut Rng) -> ComplaintPolicy {
    let kinds: BTreeMap<_, _> = ComplaintKind::ALL.map(|kind| (kind, rule(chance, kind))).into();
    ComplaintPolicy {
        kinds,
        attack_notice: Term::Hours(chance.choice([12, 24, 7]).unwrap()),
        harm_notice: Term::Hours(chance.choice([72, 48, 31]).unwrap()),
        notices: NoticeRule { escalation: escalation(chance) },
        longest_pause: SignedDuration::from_hours(chance.choice([5, 30, 240, 720]).unwrap()),
    }
}

fn rule(chance: &mut Rng, kind: ComplaintKind) -> DeadlineRule {
    let is_breach = kind == ComplaintKind::DataBreach;
    let maybe = |chance: &mut Rng| chance.bool().then(|| term(chance));
    let level = LevelTerms {
        first_response: maybe(chance),
        resolution: maybe(chance),
        containment: maybe(chance).filter(|_| is_breach),
    };
    let third_party = maybe(chance);
    DeadlineRule {
        terms: DeadlineTerms {
            first_response: term(chance),
            resolution: term(chance),
            containment: is_breach.then(|| term(chance)),
        },
        resolution_third_party: third_party,
        extension: chance.bool().then(|| Term::Days(chance.u32(1..20))),
        levels: [(4, level)].into(),
        responsible: Vec::new(),
        escalation: escalation(chance),
    }
}

fn term(chance: &mut Rng) -> Term {
    match chance.u8(0..8) {
        0 => Term::Hours(chance.u32(1..400)),
        1..=2 => Term::WorkingDays(chance.u32(1..25)),
        3..=4 => Term::WorkingHours(chance.u32(1..120)),
        // The law's own.
        5 => chance.choice([Term::Days(10), Term::Days(15), Term::Days(20), Term::Days(30)]).unwrap(),
        6 => chance.choice([Term::WorkingDays(2), Term::WorkingDays(3), Term::WorkingDays(7)]).unwrap(),
        _ => Term::Days(chance.u32(1..45)),
    }
}

fn escalation(chance: &mut Rng) -> Vec<EscalationRule> {
    let hours = |chance: &mut Rng| SignedDuration::from_hours(chance.i64(1..100));
    let at = |chance: &mut Rng| match chance.u8(0..7) {
        0..=2 => StepAt::Percent(chance.u8(1..100)),
        3 => StepAt::DUE,
        4 => StepAt::AfterStart(hours(chance)),
        5 => StepAt::BeforeDue(hours(chance)),
        _ => StepAt::AfterDue(hours(chance)),
    };
    let rule = |chance: &mut Rng| EscalationRule { at: at(chance), to: vec![Addressee::Department] };
    (0..chance.u8(0..3)).map(|_| rule(chance)).collect()
}
