//! What to run and what to skip, given the last slot that has a row and the present instant.

use std::fmt;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::cron::Schedule;

/// A slot seen this soon after its instant is on time: the planner wakes every few seconds, and a wake may be late.
pub const ON_TIME: SignedDuration = SignedDuration::from_mins(5);

/// What is done about slots that were missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CatchUp {
    /// Each is run, the oldest first.
    All,
    /// The latest is run in the place of all.
    Latest,
    /// None is run; only a slot that is on time is.
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CatchUpPolicy {
    pub catch_up: CatchUp,
    /// A slot that is older than this is no longer run. Below [`ON_TIME`] it counts as that.
    pub window: SignedDuration,
}

/// Why a slot is not run; the text of its row in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkipReason {
    /// Catch-up is `latest`, and a later slot runs in its place.
    Superseded,
    /// Missed for longer than the catch-up window.
    OlderThanWindow,
    /// Catch-up is `none`.
    NotCaughtUp,
}

impl SkipReason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Superseded => "superseded by a later slot (catch_up = latest)",
            Self::OlderThanWindow => "missed for longer than the catch-up window",
            Self::NotCaughtUp => "missed, and the job does not catch up (catch_up = none)",
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Every slot after the last one, each in exactly one of the two lists; both ascend.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    pub run: Vec<Timestamp>,
    pub skipped: Vec<(Timestamp, SkipReason)>,
}

/// Decides about the slots in `last < slot <= now`. `last` is the latest slot that has a row in the ledger, run or skipped
/// (the instant of its first sight for a new job).
///
/// A clock that was put forward makes slots due early, and they get their rows; put back again it finds `last` ahead of
/// `now`, and nothing is due until it has caught up: every slot between has its row already.
pub fn due(
    schedule: &Schedule,
    last: Timestamp,
    now: Timestamp,
    policy: CatchUpPolicy,
    is_working_day: &dyn Fn(Date) -> bool,
) -> Due {
    let slots: Vec<Timestamp> =
        schedule.slots_after(last, is_working_day).take_while(|&slot| slot <= now).collect();
    let latest = slots.last().copied();
    let mut due = Due::default();
    for slot in slots {
        match judge(slot, Some(slot) == latest, now, policy) {
            None => due.run.push(slot),
            Some(reason) => due.skipped.push((slot, reason)),
        }
    }
    due
}

/// `None`: run it.
fn judge(slot: Timestamp, is_latest: bool, now: Timestamp, policy: CatchUpPolicy) -> Option<SkipReason> {
    let age = now.duration_since(slot);
    match policy.catch_up {
        CatchUp::None if !is_latest || age > ON_TIME => Some(SkipReason::NotCaughtUp),
        CatchUp::None => None,
        _ if age > policy.window.max(ON_TIME) => Some(SkipReason::OlderThanWindow),
        CatchUp::Latest if !is_latest => Some(SkipReason::Superseded),
        CatchUp::Latest | CatchUp::All => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::*;
    use crate::schedule::OnDays;

    fn at(text: &str) -> Timestamp {
        format!("2026-11-{text}:00Z").parse().unwrap()
    }

    fn daily() -> Schedule {
        Schedule::parse("0 7 * * *", OnDays::AllDays, TimeZone::UTC).unwrap()
    }

    fn policy(catch_up: CatchUp, days: i64) -> CatchUpPolicy {
        CatchUpPolicy { catch_up, window: SignedDuration::from_hours(days * 24) }
    }

    fn decide(last: &str, now: &str, policy: CatchUpPolicy) -> Due {
        due(&daily(), at(last), at(now), policy, &|_| true)
    }

    #[test]
    fn on_time_each_policy_runs_the_slot() {
        for catch_up in [CatchUp::All, CatchUp::Latest, CatchUp::None] {
            for days in [0, 35] {
                let due = decide("21T07:00", "22T07:00", policy(catch_up, days));
                assert_eq!(due, Due { run: vec![at("22T07:00")], skipped: vec![] }, "{catch_up:?}");
                let due = decide("21T07:00", "22T07:05", policy(catch_up, days));
                assert_eq!(due.run, [at("22T07:00")], "{catch_up:?}");
                assert_eq!(decide("22T07:00", "22T07:05", policy(catch_up, days)), Due::default());
                assert_eq!(decide("21T07:00", "22T06:59", policy(catch_up, days)), Due::default());
            }
        }
    }

    #[test]
    fn after_an_outage_each_policy_says_why() {
        use SkipReason::{NotCaughtUp, OlderThanWindow, Superseded};
        let skipped = |due: &Due| due.skipped.iter().map(|&(_, reason)| reason).collect::<Vec<_>>();

        let all = decide("18T07:00", "22T12:00", policy(CatchUp::All, 2));
        assert_eq!(all.run, [at("21T07:00"), at("22T07:00")]);
        assert_eq!(all.skipped, [(at("19T07:00"), OlderThanWindow), (at("20T07:00"), OlderThanWindow)]);

        let latest = decide("18T07:00", "22T12:00", policy(CatchUp::Latest, 2));
        assert_eq!(latest.run, [at("22T07:00")]);
        assert_eq!(skipped(&latest), [OlderThanWindow, OlderThanWindow, Superseded]);

        let none = decide("18T07:00", "22T12:00", policy(CatchUp::None, 2));
        assert_eq!(none.run, []);
        assert_eq!(skipped(&none), [NotCaughtUp; 4]);

        let too_late = decide("21T07:00", "22T12:00", policy(CatchUp::Latest, 0));
        assert_eq!(too_late.run, []);
        assert_eq!(skipped(&too_late), [OlderThanWindow]);
    }

    #[test]
    fn a_clock_that_was_put_back_repeats_nothing() {
        let policy = policy(CatchUp::All, 35);
        assert_eq!(decide("22T07:00", "20T06:00", policy), Due::default());
        assert_eq!(decide("22T07:00", "22T07:00", policy), Due::default());
        assert_eq!(decide("22T07:00", "23T07:00", policy).run, [at("23T07:00")]);
    }

    fn catch_up() -> impl Strategy<Value = CatchUp> {
        prop_oneof![Just(CatchUp::All), Just(CatchUp::Latest), Just(CatchUp::None)]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        /// However the clock jumps between wakes, every slot up to the furthest instant seen is decided exactly once.
        #[test]
        fn jumping_clocks_neither_repeat_nor_lose_a_slot(
            steps in prop::collection::vec(-4000i64..8000, 1..40),
            catch_up in catch_up(),
            window in 0i64..200,
        ) {
            let schedule = Schedule::parse("20 */3 * * *", OnDays::AllDays, TimeZone::get("Europe/Paris").unwrap()).unwrap();
            let policy = CatchUpPolicy { catch_up, window: SignedDuration::from_hours(window) };
            let start: Timestamp = "2026-03-20T00:00:00Z".parse().unwrap();
            let (mut now, mut last, mut furthest) = (start, start, start);
            let mut decided = Vec::new();
            for minutes in steps {
                now += SignedDuration::from_mins(minutes);
                furthest = furthest.max(now);
                let due = due(&schedule, last, now, policy, &|_| true);
                let mut slots: Vec<Timestamp> =
                    due.run.iter().copied().chain(due.skipped.iter().map(|&(slot, _)| slot)).collect();
                slots.sort();
                last = slots.last().copied().unwrap_or(last);
                decided.extend(slots);
            }
            let expected: Vec<Timestamp> = schedule.slots_after(start, &|_| true).take_while(|&slot| slot <= furthest).collect();
            prop_assert_eq!(decided, expected);
        }
    }
}
