//! A line of the complaints' books: one thing that happened to a complaint, as figures count it.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Clock, ComplaintKind};
use crate::domain::entry::{LATE, ON_TIME, UNKNOWN};
use crate::domain::ids::{ComplaintNo, Pseudonym};
use crate::domain::money::Money;

/// What a line counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineKind {
    /// The receipt.
    Opened,
    /// A resolution taken back.
    Reopened,
    /// A resolution by its deadline, which stopped the resolution's clock.
    ClosedOnTime,
    /// A resolution past its deadline.
    Closed,
    /// Another clock that stopped by its deadline.
    OnTime,
    /// A clock that ran past its deadline, on the day of the deadline, whenever it stopped.
    Breached,
    /// How long a clock ran, on the day it stopped. Adds nothing up.
    Time,
    /// Something given for damage.
    Compensated,
}

impl LineKind {
    pub const ALL: [Self; 8] = [
        Self::Opened,
        Self::Reopened,
        Self::ClosedOnTime,
        Self::Closed,
        Self::OnTime,
        Self::Breached,
        Self::Time,
        Self::Compensated,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Reopened => "reopened",
            Self::ClosedOnTime => "closed-on-time",
            Self::Closed => "closed",
            Self::OnTime => "on-time",
            Self::Breached => "breached",
            Self::Time => "time",
            Self::Compensated => "compensated",
        }
    }
}

/// One booked line. It never changes and is never deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComplaintLine {
    pub complaint: ComplaintNo,
    pub line: LineKind,
    /// The instant it happened at.
    pub at: Timestamp,
    /// The day it is booked on, in the business time zone.
    pub day: Date,
    /// The day it belongs to; earlier than `day` for what was learned after that day's books were closed.
    pub belongs_to: Date,
    /// Who holds complaints together.
    pub complainant: Pseudonym,
    /// What the complaint was when it happened.
    pub kind: ComplaintKind,
    /// 1 to 4; of a compensation the level it was given for.
    pub damage_level: Option<u8>,
    /// [`UNKNOWN`] where the source did not tell.
    pub channel: String,
    /// Of the lines about a clock.
    pub clock: Option<Clock>,
    /// When that clock had started.
    pub started: Option<Timestamp>,
    /// Of [`LineKind::Compensated`]; zero else.
    pub compensation: Money,
    /// Of [`LineKind::Time`]: seconds by the clock on the wall from start to stop, nights and pauses included.
    pub seconds: Option<i64>,
}

impl ComplaintLine {
    /// What adds up, by [`Component::COMPLAINTS`](crate::domain::entry::Component::COMPLAINTS).
    pub fn components(&self) -> [i64; 7] {
        let count = |kind| i64::from(self.line == kind);
        [
            count(LineKind::Opened),
            count(LineKind::Reopened),
            count(LineKind::ClosedOnTime) + count(LineKind::Closed),
            count(LineKind::OnTime),
            count(LineKind::Breached),
            count(LineKind::Compensated),
            self.compensation.minor(),
        ]
    }

    /// The damage level as tables are cut by it.
    pub fn level_code(&self) -> &'static str {
        match self.damage_level {
            Some(1) => "1",
            Some(2) => "2",
            Some(3) => "3",
            Some(4) => "4",
            _ => UNKNOWN,
        }
    }

    /// Whether a resolution was by its deadline, as tables are cut by it.
    pub fn timeliness(&self) -> &'static str {
        match self.line {
            LineKind::ClosedOnTime => ON_TIME,
            LineKind::Closed => LATE,
            _ => UNKNOWN,
        }
    }

    /// The line in one unambiguous string, for hashes: this form must stay as it is.
    pub fn canonical(&self) -> String {
        let instant = |at: Option<Timestamp>| at.map_or(-1, Timestamp::as_microsecond);
        format!(
            "{} {} {} {} {} {} {} {} {} {} {} {} {}:{}\n",
            self.complaint,
            self.line.as_str(),
            self.at.as_microsecond(),
            self.day,
            self.belongs_to,
            self.complainant.0,
            self.kind,
            self.level_code(),
            self.clock.map_or(UNKNOWN, Clock::as_str),
            instant(self.started),
            self.compensation.minor(),
            self.seconds.unwrap_or(-1),
            self.channel.len(),
            self.channel,
        )
    }
}
