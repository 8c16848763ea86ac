//! What a change asked for comes to: the events that say it, a word that nothing is to be done, or why it cannot be and
//! what to do instead.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::standing::Standing;
use crate::access::Operation;
use crate::domain::complaint::{
    Classification, Clock, ComplaintEvent, ComplaintKind, ComplaintPolicy, DatedEvent, Notice, PauseReason,
    extension_ceiling, notice_ceiling,
};

/// What somebody wants to be noted about a complaint.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Change {
    Ack,
    /// To an internal address.
    Assign {
        to: String,
    },
    Pause {
        reason: PauseReason,
    },
    Resume,
    Reclassify(Judgement),
    Extend,
    Contain,
    Notify {
        notice: Notice,
    },
    Resolve,
    Reopen,
    Close,
}

/// What is judged anew; what is not named stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judgement {
    pub kind: Option<ComplaintKind>,
    /// 1 to 4.
    pub damage_level: Option<u8>,
    pub vulnerable: Option<bool>,
    pub third_party: Option<bool>,
    pub attack: Option<bool>,
    pub harm: Option<bool>,
}

impl Change {
    pub fn operation(&self) -> Operation {
        match self {
            Self::Ack => Operation::ComplaintAck,
            Self::Assign { .. } => Operation::ComplaintAssign,
            Self::Pause { .. } => Operation::ComplaintPause,
            Self::Resume => Operation::ComplaintResume,
            Self::Reclassify(_) => Operation::ComplaintReclassify,
            Self::Extend => Operation::ComplaintExtend,
            Self::Contain => Operation::ComplaintContain,
            Self::Notify { .. } => Operation::ComplaintNotify,
            Self::Resolve => Operation::ComplaintResolve,
            Self::Reopen => Operation::ComplaintReopen,
            Self::Close => Operation::ComplaintClose,
        }
    }

    /// Whether the complaint goes on differently from then on, so that it must not come before what changed it last.
    fn turns(&self) -> bool {
        !matches!(self, Self::Ack | Self::Assign { .. } | Self::Contain | Self::Notify { .. })
    }
}

/// What is known when a change is decided on.
pub(super) struct Matter<'a> {
    pub number: i64,
    pub standing: &'a Standing,
    pub policy: &'a ComplaintPolicy,
    /// When its resolution is due.
    pub due: Option<Timestamp>,
    pub now: Timestamp,
    /// In which instants are told.
    pub zone: &'a TimeZone,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Decided {
    /// What is to be noted, and how that is told.
    Events(Vec<DatedEvent>, String),
    /// It is so already.
    Nothing(String),
}

/// A refusal is a sentence that says what to do instead.
type Decision = Result<Decided, String>;

/// Decides on a change that is said to have happened at `at`.
pub(super) fn decide(matter: &Matter<'_>, change: &Change, at: Timestamp) -> Decision {
    let Matter { number, standing, .. } = matter;
    if at < standing.received {
        let received = matter.told(standing.received);
        return Err(format!(
            "complaint {number} was received {received}; nothing can be done about it before"
        ));
    }
    // A source may have dated a change ahead of the clock: nothing could be done about the complaint until then.
    if change.turns() && at < standing.changed && standing.changed <= matter.now {
        let changed = matter.told(standing.changed);
        return Err(format!(
            "complaint {number} was last changed {changed}; give an instant after that with --at"
        ));
    }
    match change {
        Change::Ack => matter.ack(at),
        Change::Assign { to } => matter.assign(to, at),
        Change::Pause { reason } => matter.pause(*reason, at),
        Change::Resume => matter.resume(at),
        Change::Reclassify(judgement) => matter.reclassify(*judgement, at),
        Change::Extend => matter.extend(at),
        Change::Contain => matter.contain(at),
        Change::Notify { notice } => matter.notify(*notice, at),
        Change::Resolve => matter.resolve(at),
        Change::Reopen => matter.reopen(at),
        Change::Close => matter.close(at),
    }
}

fn one(at: Timestamp, event: ComplaintEvent, said: impl Into<String>) -> Decision {
    Ok(Decided::Events(vec![DatedEvent { at, event }], said.into()))
}

fn nothing(said: String) -> Decision {
    Ok(Decided::Nothing(said))
}

impl Matter<'_> {
    /// `on 2026-11-23 at 07:00`.
    fn told(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("on %Y-%m-%d at %H:%M").to_string()
    }

    fn ack(&self, at: Timestamp) -> Decision {
        let Self { number, standing, .. } = self;
        match (standing.acknowledged, standing.resolved) {
            // An earlier answer than the one on record is news: the clock stopped with it.
            (Some(before), _) if at >= before => {
                nothing(format!("complaint {number} was acknowledged {} already", self.told(before)))
            }
            (None, Some(resolved)) if at >= resolved => nothing(format!(
                "complaint {number} was answered by its resolution {}; an earlier answer is noted with --at",
                self.told(resolved)
            )),
            _ => one(at, ComplaintEvent::Acknowledged, "acknowledged"),
        }
    }

    fn assign(&self, to: &str, at: Timestamp) -> Decision {
        self.unless_closed("assigned to anybody")?;
        if self.standing.assignee.as_deref() == Some(to) {
            return nothing(format!("complaint {} is assigned to {to} already", self.number));
        }
        one(at, ComplaintEvent::Assigned { to: to.to_owned() }, format!("assigned to {to}"))
    }

    fn pause(&self, reason: PauseReason, at: Timestamp) -> Decision {
        let Self { number, standing, .. } = self;
        self.unless_resolved("paused")?;
        if let Some(pause) = standing.pause_at(at) {
            let (since, why) = (self.told(pause.since), pause.reason.as_str());
            return Err(format!(
                "complaint {number} is paused since {since} ({why}); `firstwatch complaint resume {number}` first"
            ));
        }
        // A pause that ended by itself ends in the log too, before another begins.
        let ended =
            standing.pause.map(|pause| DatedEvent { at: pause.until, event: ComplaintEvent::Resumed });
        let paused = DatedEvent { at, event: ComplaintEvent::Paused { reason } };
        let until = at.checked_add(self.policy.longest_pause).unwrap_or(Timestamp::MAX);
        let said = format!("paused ({}), until {} at the latest", reason.as_str(), &self.told(until)[3..]);
        Ok(Decided::Events(ended.into_iter().chain([paused]).collect(), said))
    }

    fn resume(&self, at: Timestamp) -> Decision {
        let Self { number, standing, .. } = self;
        match standing.pause {
            Some(pause) if at < pause.until => one(at, ComplaintEvent::Resumed, "resumed"),
            Some(pause) => {
                Err(format!("the pause of complaint {number} ended by itself {}", self.told(pause.until)))
            }
            None => Err(format!(
                "complaint {number} is not paused; `firstwatch complaint show {number}` tells its history"
            )),
        }
    }

    fn reclassify(&self, judgement: Judgement, at: Timestamp) -> Decision {
        let Self { number, standing, .. } = self;
        self.unless_closed("judged anew")?;
        if judgement == Judgement::default() {
            return Err(
                "say what it is: --kind, --level, --vulnerable, --third-party, --attack or --harm".into()
            );
        }
        let known = standing.classification;
        let judged = Classification {
            kind: judgement.kind.unwrap_or(known.kind),
            damage_level: judgement.damage_level.or(known.damage_level),
            vulnerable: judgement.vulnerable.unwrap_or(known.vulnerable),
            third_party: judgement.third_party.unwrap_or(known.third_party),
            attack: judgement.attack.or(known.attack),
            harm: judgement.harm.or(known.harm),
        };
        check(judged, judgement.attack.is_some(), judgement.harm.is_some())?;
        if judged == known {
            return nothing(format!("complaint {number} is judged so already"));
        }
        one(at, ComplaintEvent::Reclassified(judged), "judged anew")
    }

    fn extend(&self, at: Timestamp) -> Decision {
        let Self { number, standing, .. } = self;
        self.unless_resolved("extended")?;
        let kind = standing.classification.kind;
        let Some(law) = extension_ceiling(kind) else {
            return Err(format!(
                "the law gives {kind} no extension; Decree 356 Art. 5 gives one to data-access, data-objection and \
                 data-deletion"
            ));
        };
        let Some(term) = self.policy.kinds[&kind].extension else {
            return Err(format!(
                "the configuration gives {kind} no extension; {} would allow {}: set complaints.kinds.{kind}.extension",
                law.article, law.most
            ));
        };
        if let Some(before) = standing.extended {
            let before = self.told(before);
            return Err(format!(
                "complaint {number} was extended {before}; {} gives one extension only",
                law.article
            ));
        }
        if let Some(due) = self.due.filter(|&due| at > due) {
            let due = self.told(due);
            return Err(format!(
                "the resolution of complaint {number} was due {due}; an extension is told before ({})",
                law.article
            ));
        }
        one(at, ComplaintEvent::Extended, format!("extended by {term}; the customer is to be told, and why"))
    }

    fn contain(&self, at: Timestamp) -> Decision {
        let Self { number, standing, .. } = self;
        let kind = standing.classification.kind;
        if kind != ComplaintKind::DataBreach {
            return Err(format!(
                "complaint {number} is of kind {kind}, and only a data-breach is contained; \
                 `firstwatch complaint reclassify {number} --kind data-breach` if it is one"
            ));
        }
        match standing.contained {
            Some(before) if at >= before => {
                nothing(format!("complaint {number} was contained {} already", self.told(before)))
            }
            _ => one(at, ComplaintEvent::Contained, "contained"),
        }
    }

    fn notify(&self, notice: Notice, at: Timestamp) -> Decision {
        let Self { number, standing, .. } = self;
        let kind = standing.classification.kind;
        if !may_need(kind, notice) {
            let clock = Clock::of_notice(notice);
            return Err(format!(
                "complaint {number} is of kind {kind}, which knows no {clock}; reclassify it first if it is another"
            ));
        }
        match standing.notified.get(&notice) {
            Some(&before) if at >= before => nothing(format!(
                "the authority was told of the {} of complaint {number} {} already",
                notice.as_str(),
                self.told(before)
            )),
            _ => one(
                at,
                ComplaintEvent::Notified { notice },
                format!("the authority has been told of the {}", notice.as_str()),
            ),
        }
    }

    fn resolve(&self, at: Timestamp) -> Decision {
        match self.standing.resolved {
            Some(before) => {
                nothing(format!("complaint {} was resolved {} already", self.number, self.told(before)))
            }
            None => one(at, ComplaintEvent::Resolved, "resolved"),
        }
    }

    fn reopen(&self, at: Timestamp) -> Decision {
        let Self { number, standing, .. } = self;
        match standing.resolved {
            // Of one that is dated ahead of the clock, not before it: the later word counts.
            Some(resolved) => {
                let at = at.max(resolved).max(standing.closed.unwrap_or(resolved));
                one(at, ComplaintEvent::Reopened, "reopened; its resolution is due anew")
            }
            None => Err(format!("complaint {number} is open; only what was resolved is reopened")),
        }
    }

    fn close(&self, at: Timestamp) -> Decision {
        let Self { number, standing, .. } = self;
        if let Some(before) = standing.closed {
            return nothing(format!("complaint {number} was closed {} already", self.told(before)));
        }
        if standing.resolved.is_none() {
            return Err(format!(
                "complaint {number} is open; `firstwatch complaint resolve {number}` before it is closed"
            ));
        }
        if let Some(notice) = standing.outstanding().next() {
            let (word, article) = (notice.as_str(), notice_ceiling(notice).article);
            return Err(format!(
                "the authority has not been told of the {word} of complaint {number} ({article}); \
                 `firstwatch complaint notify {number} --notice {word}`, or \
                 `firstwatch complaint reclassify {number} --{word} no` if there was none"
            ));
        }
        one(at, ComplaintEvent::Closed, "closed")
    }

    fn unless_closed(&self, what: &str) -> Result<(), String> {
        let Some(closed) = self.standing.closed else { return Ok(()) };
        let (number, closed) = (self.number, self.told(closed));
        Err(format!(
            "complaint {number} was closed {closed} and cannot be {what}; `firstwatch complaint reopen {number}` first"
        ))
    }

    fn unless_resolved(&self, what: &str) -> Result<(), String> {
        let Some(resolved) = self.standing.resolved else { return Ok(()) };
        let (number, resolved) = (self.number, self.told(resolved));
        Err(format!(
            "complaint {number} was resolved {resolved} and cannot be {what}; \
             `firstwatch complaint reopen {number}` first"
        ))
    }
}

fn may_need(kind: ComplaintKind, notice: Notice) -> bool {
    match notice {
        Notice::Attack => kind == ComplaintKind::DataBreach,
        Notice::Harm => matches!(kind, ComplaintKind::DataBreach | ComplaintKind::DataMisuse),
    }
}

/// Whether a judgement makes sense for its kind; `attack` and `harm` say what somebody has just judged.
pub(super) fn check(judged: Classification, attack: bool, harm: bool) -> Result<(), String> {
    if judged.damage_level.is_some_and(|level| !(1..=4).contains(&level)) {
        return Err("the damage level is 1, 2, 3 or 4".to_owned());
    }
    for (is_judged, notice) in [(attack, Notice::Attack), (harm, Notice::Harm)] {
        if is_judged && !may_need(judged.kind, notice) {
            let word = notice.as_str();
            return Err(format!(
                "{word} is judged of breaches (and misuse) of personal data, not of {}",
                judged.kind
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
