//! One look at all complaints: its instant, and whether people are to be disturbed at it.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::alarms::Alarm;
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
    /// With a digest: when today's is due, if it is by now, and who has had it.
    digest: Digest,
}

enum Digest {
    No,
    NotYet,
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
            Some(time) if local.time() < time => Digest::NotYet,
            Some(time) => {
                let due =
                    house.settings.business.zone.to_timestamp(local.date().to_datetime(time)).unwrap_or(now);
                let told = reader.recipients_since(DIGEST, due)?;
                Digest::Since(due, told)
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
            Digest::No => true,
            Digest::NotYet => false,
            Digest::Since(due, told) => alarm.due_at <= *due && !told.contains(&alarm.recipient),
        };
        is_time && !self.is_quiet
    }

    /// Whether an alarm goes into the day's one mail.
    pub fn is_for_digest(&self, alarm: &Alarm) -> bool {
        !matches!(self.digest, Digest::No) && !alarm.is_urgent()
    }
}
