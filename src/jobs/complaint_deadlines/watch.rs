//! One look at all complaints: its instant, and whether people are to be disturbed at it.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::alarm::Alarm;
use crate::jobs::house::House;
use crate::store::{self, Reader};

/// What the day's one mail is in the outbox.
pub(super) const DIGEST: &str = "complaint-digest";

pub(super) struct Watch<'a> {
    pub house: &'a House,
    pub now: Timestamp,
    /// Whom the job itself names.
    pub extra: &'a [String],
    is_quiet: bool,
    digest: Digest,
}

enum Digest {
    No,
    /// The last one was due then; who has had a mail of that kind since.
    Since(Timestamp, BTreeSet<String>),
}

impl<'a> Watch<'a> {
    /// Reads who has had the day's mail once, so that every pass of the look sees the same.
    pub fn new(
        house: &'a House,
        extra: &'a [String],
        now: Timestamp,
        reader: &Reader<'_>,
    ) -> Result<Self, store::Error> {
        let complaints = &house.settings.complaints;
        let local = house.settings.business.zone.to_datetime(now);
        let is_quiet = complaints.quiet_hours.is_some_and(|hours| hours.hold(local.time()));
        let digest = match complaints.digest {
            None => Digest::No,
            Some(time) => {
                // The last that was due, perhaps yesterday: one that was missed is made up for.
                let today = local.date();
                let day = if local.time() < time { today.yesterday().unwrap_or(today) } else { today };
                let due = house.settings.business.zone.to_timestamp(day.to_datetime(time)).unwrap_or(now);
                Digest::Since(due, reader.recipients_since(DIGEST, due)?)
            }
        };
        Ok(Self { house, now, extra, is_quiet, digest })
    }

    /// Whether somebody may be told now; what must wait is looked at again then.
    pub fn may_tell(&self, alarm: &Alarm) -> bool {
        if alarm.is_urgent() {
            return true;
        }
        let is_time = match &self.digest {
            _ if alarm.has_bounced => true,
            Digest::No => true,
            Digest::Since(due, told) => alarm.due_at <= *due && !told.contains(&alarm.recipient),
        };
        is_time && !self.is_quiet
    }

    /// Whether an alarm goes into the day's one mail.
    pub fn is_for_digest(&self, alarm: &Alarm) -> bool {
        !matches!(self.digest, Digest::No) && !alarm.is_urgent() && !alarm.has_bounced
    }
}
