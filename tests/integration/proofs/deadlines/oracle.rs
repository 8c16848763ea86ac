//! What the clocks of a story must be.

use firstwatch::deadline::{Clock, ClockState, Pause, TimeOf};
use firstwatch::domain::complaint::{
    ComplaintPolicy, Notice, StepAt, ceiling, extension_ceiling, third_party_ceiling,
};
use firstwatch::domain::term::Term;
use jiff::Timestamp;

use super::minutes::{Amount, DAY, Land, Minute, Minutes, Paused, Second, day_of, timestamp, used_up};
use super::story::{Run, Story};

pub struct Oracle<'a> {
    pub land: &'a Land,
    pub policy: &'a ComplaintPolicy,
    pub story: &'a Story,
}

/// A clock as it must be.
pub struct Expected {
    pub clock: Clock,
    pub started: Minute,
    pub due: Second,
    pub stopped: Option<Minute>,
    held_up: Option<Paused>,
    pub amount: Amount,
    pub is_by_length: bool,
    pauses: Vec<Paused>,
    /// Whether a percentage is of working time, and without pauses.
    of_working_time: bool,
}

impl Expected {
    pub fn state(&self) -> ClockState {
        ClockState {
            clock: self.clock,
            started: timestamp(self.started * 60),
            due: timestamp(self.due),
            stopped: self.stopped.map(|at| timestamp(at * 60)),
            paused: self.held_up.map(|pause| Pause {
                since: timestamp(pause.since * 60),
                until: timestamp(pause.until * 60),
            }),
        }
    }

    pub fn is_held_up(&self, now: Timestamp) -> bool {
        self.held_up
            .is_some_and(|pause| timestamp(pause.since * 60) <= now && now < timestamp(pause.until * 60))
    }
}

fn is_worked(term: Term) -> bool {
    matches!(term, Term::WorkingDays(_) | Term::WorkingHours(_))
}

impl Oracle<'_> {
    pub fn is_settled(&self) -> bool {
        let told = Notice::ALL.iter().zip(self.story.notified);
        let missing = told.filter(|(notice, told)| self.story.is.needs(**notice) && told.is_none());
        self.story.resolved.is_some() && missing.count() == 0
    }

    pub fn clocks(&self) -> Vec<Expected> {
        let story = self.story;
        let known = story.detected.unwrap_or(story.received);
        let terms = &self.policy.kinds[&story.is.kind];
        let level = terms.levels.get(&story.is.damage_level.unwrap_or(0)).copied().unwrap_or_default();
        let first = level.first_response.unwrap_or(terms.terms.first_response);
        let mut clocks = vec![
            self.simple(Clock::FirstResponse, story.received, first, story.answered),
            self.resolution(level.resolution.unwrap_or(terms.terms.resolution)),
        ];
        if let Some(term) = level.containment.or(terms.terms.containment) {
            clocks.push(self.simple(Clock::Containment, known, term, story.contained));
        }
        for (notice, told) in Notice::ALL.into_iter().zip(story.notified) {
            if story.is.needs(notice) {
                let term = self.policy.notice(notice);
                clocks.push(self.simple(Clock::of_notice(notice), known, term, told));
            }
        }
        clocks
    }

    fn simple(&self, clock: Clock, started: Minute, term: Term, stopped: Option<Minute>) -> Expected {
        let law = ceiling(self.story.is.kind, clock).map(|law| law.most);
        let amount = Amount { term, halved: self.story.is.vulnerable && law != Some(term) };
        Expected {
            clock,
            started,
            due: used_up(self.land, started, amount, &[]),
            stopped,
            held_up: None,
            amount,
            is_by_length: true,
            pauses: Vec::new(),
            of_working_time: is_worked(term),
        }
    }

    fn resolution(&self, term: Term) -> Expected {
        let (story, kind) = (self.story, self.story.is.kind);
        let rule = &self.policy.kinds[&kind];
        let by_kind = ceiling(kind, Clock::Resolution);
        let (term, law) = match rule.resolution_third_party {
            Some(term) if story.is.third_party => (term, third_party_ceiling(kind).or(by_kind)),
            _ => (term, by_kind),
        };
        let mut law = law.map(|law| law.most);
        let mut amount = Amount { term, halved: story.is.vulnerable && law != Some(term) };
        let whole = |law: Option<Term>| law.map(|term| Amount { term, halved: false });
        let in_time = |run: &Run| {
            run.extended.is_some_and(|at| {
                let most = whole(law).map(|law| used_up(self.land, run.opened, law, &[]));
                let due = used_up(self.land, run.opened, amount, &run.pauses);
                at * 60 < most.unwrap_or(due).min(due)
            })
        };
        let (run, earlier) = story.runs.split_last().unwrap();
        if let (Term::Days(_), Some(Term::Days(more))) = (term, rule.extension)
            && in_time(run)
            && !earlier.iter().any(in_time)
        {
            let days = u32::try_from(amount.count()).unwrap() + more;
            amount = Amount { term: Term::Days(days), halved: false };
            law = match (law, extension_ceiling(kind).map(|law| law.most)) {
                (Some(Term::Days(most)), Some(Term::Days(more))) => Some(Term::Days(most + more)),
                (law, _) => law,
            };
        }
        let by_length = used_up(self.land, run.opened, amount, &run.pauses);
        let by_law = whole(law).map(|law| used_up(self.land, run.opened, law, &[]));
        let promised = story.promised.filter(|&due| due >= run.opened).map(|due| due * 60);
        let limit = by_law.unwrap_or(by_length).min(by_length);
        let due = promised.unwrap_or(limit).min(limit);
        let is_by_length = due == by_length;
        let last = run.pauses.last().copied().filter(|_| story.is_paused);
        Expected {
            clock: Clock::Resolution,
            started: run.opened,
            due,
            stopped: story.resolved,
            held_up: last.filter(|pause| is_by_length && pause.since * 60 < due),
            amount,
            is_by_length,
            pauses: run.pauses.clone(),
            of_working_time: is_worked(match law {
                Some(law) if !is_by_length && due == limit => law,
                _ => amount.term,
            }),
        }
    }

    /// In the order of their rules.
    pub fn steps(&self, one: &Expected) -> Vec<(Second, StepAt)> {
        let rules = match one.clock {
            Clock::AttackNotice | Clock::HarmNotice => &self.policy.notices.escalation,
            _ => &self.policy.kinds[&self.story.is.kind].escalation,
        };
        rules.iter().map(|rule| (self.instant(one, rule.at), rule.at)).collect()
    }

    fn instant(&self, one: &Expected, at: StepAt) -> Second {
        match at {
            StepAt::Percent(100) => one.due,
            StepAt::Percent(percent) => {
                let pauses = if one.is_by_length { &one.pauses[..] } else { &[] };
                let minutes = Minutes::new(self.land, one.of_working_time, pauses);
                let hundredfold = minutes.seconds(one.started, one.due) * i64::from(percent);
                minutes.after(one.started, (hundredfold + 99) / 100)
            }
            StepAt::AfterStart(length) => one.started * 60 + length.as_secs(),
            StepAt::BeforeDue(length) => (one.due - length.as_secs()).max(one.started * 60),
            StepAt::AfterDue(length) => one.due + length.as_secs(),
        }
    }

    /// So many counted seconds in the unit of the clock's amount: minutes, days, half days.
    pub fn whole_units(&self, one: &Expected, counted: i64) -> i64 {
        match one.amount.term {
            Term::Hours(_) | Term::WorkingHours(_) => counted / 60,
            Term::Days(_) => (counted + 1) / (DAY * 60),
            // A half day that ended with the day was paused in its middle.
            Term::WorkingDays(_) => {
                let halves = counted / (DAY * 30) + i64::from(counted % (DAY * 30) == DAY * 30 - 1);
                halves - i64::from(halves % 2 == 0 && one.amount.count() % 2 == 1)
            }
        }
    }

    /// What a minute before the deadline is.
    pub fn time_of(&self, one: &Expected, minute: Minute) -> TimeOf {
        let paused_at = |minute: Minute| {
            let pause = one.pauses.iter().find(|pause| (pause.since..pause.until).contains(&minute));
            pause.map(|pause| TimeOf::Paused { reason: pause.reason })
        };
        let in_hours = Minutes::new(self.land, true, &[]).has(minute);
        match one.amount.term {
            Term::Hours(_) => paused_at(minute).unwrap_or(TimeOf::Counted),
            Term::WorkingHours(_) => paused_at(minute).unwrap_or_else(|| match self.off(day_of(minute)) {
                _ if in_hours => TimeOf::Counted,
                Some(name) => passed(name),
                None => TimeOf::OutsideHours,
            }),
            _ if day_of(minute) == day_of(one.started) => TimeOf::FirstDay,
            Term::WorkingDays(_) => {
                let paused = paused_at(self.judged(one, day_of(minute)));
                paused.or_else(|| self.off(day_of(minute)).map(passed)).unwrap_or(TimeOf::Counted)
            }
            Term::Days(_) => self.time_of_day(one, day_of(minute), paused_at),
        }
    }

    /// A day of a term in days: from the one on that would be the last, days off roll over.
    fn time_of_day(&self, one: &Expected, day: i64, paused_at: impl Fn(Minute) -> Option<TimeOf>) -> TimeOf {
        if let Some(paused) = paused_at(self.judged(one, day)) {
            return paused;
        }
        let before = (day_of(one.started) + 1..day).filter(|day| paused_at(day * DAY + DAY - 1).is_none());
        let is_last = i64::try_from(before.count()).unwrap() + 1 >= one.amount.count();
        match self.off(day) {
            Some(name) if is_last => TimeOf::RolledOver { name },
            _ => TimeOf::Counted,
        }
    }

    /// The minute that a day is judged by: its last, or the last before the deadline.
    fn judged(&self, one: &Expected, day: i64) -> Minute {
        (day * DAY + DAY - 1).min((one.due - 1) / 60)
    }

    /// Why a day is off; none for a working day.
    fn off(&self, day: i64) -> Option<Option<String>> {
        (!self.land.works_on(day)).then(|| self.land.names[usize::try_from(day).unwrap()].clone())
    }
}

fn passed(name: Option<String>) -> TimeOf {
    name.map_or(TimeOf::Weekend, |name| TimeOf::DayOff { name })
}
