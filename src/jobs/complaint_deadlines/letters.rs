//! The mails of one look: what each person is told, gathered, composed, guarded and enqueued.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tracing::warn;

use super::alarm::Alarm;
use super::watch::Watch;
use super::{DIGEST, MAIL};
use crate::document::{self, DeadlineAlarm, Matter, Notice};
use crate::domain::ids::OutboxId;
use crate::jobs::dispatch::Dispatch;
use crate::jobs::egress;
use crate::jobs::house::House;
use crate::store::Writer;

/// A mail lists so many deadlines, the most urgent first, and counts the others.
const LISTED: usize = 100;

pub(super) struct Letters {
    now: Timestamp,
    /// By recipient, and whether it is the day's one mail.
    letters: BTreeMap<(String, bool), Letter>,
}

#[derive(Default)]
struct Letter {
    listed: Vec<DeadlineAlarm>,
    told: u64,
    /// Of all it tells: a run of the same slot that finds other steps makes another mail.
    name: Sha256,
}

impl Letters {
    pub fn new(now: Timestamp) -> Self {
        Self { now, letters: BTreeMap::new() }
    }

    pub fn add(&mut self, watch: &Watch<'_>, alarm: &Alarm) {
        let letter = self.letters.entry((alarm.recipient.clone(), watch.is_for_digest(alarm))).or_default();
        letter.told += 1;
        letter.name.update(format!("{}/{}/{}/{};", alarm.no, alarm.clock, alarm.deadline, alarm.steps[0]));
        letter.listed.push(DeadlineAlarm {
            number: alarm.no,
            kind: alarm.kind,
            damage_level: alarm.damage_level,
            clock: alarm.clock,
            deadline: alarm.deadline,
        });
        if letter.listed.len() >= 2 * LISTED {
            letter.keep_the_first();
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.letters.len()
    }

    /// Deadlines told, each as often as it has recipients.
    pub fn told(&self) -> u64 {
        self.letters.values().map(|letter| letter.told).sum()
    }

    /// What would be sent, in words.
    pub fn summary(&self) -> String {
        let people: BTreeSet<&String> = self.letters.keys().map(|(recipient, _)| recipient).collect();
        match self.told() {
            0 => "tell nobody: nothing new is due".to_owned(),
            told => {
                format!("tell {} people of {told} deadlines, in {} mails", people.len(), self.letters.len())
            }
        }
    }

    /// The messages, by recipient and whether it is the day's one mail.
    ///
    /// One in which a customer's number or address is found, which should not be possible, is left out: its steps stay untold.
    ///
    /// # Errors
    /// When a mail cannot be made.
    pub fn enqueue(
        self,
        house: &House,
        slot: Timestamp,
        writer: &Writer<'_>,
    ) -> anyhow::Result<BTreeMap<(String, bool), OutboxId>> {
        let now = self.now;
        let mut messages = BTreeMap::new();
        for ((recipient, is_digest), mut letter) in self.letters {
            letter.keep_the_first();
            let business = &house.settings.business;
            let more = letter.told - letter.listed.len() as u64;
            let matter = Matter::Deadlines { alarms: &letter.listed, more, at: now };
            let notice = Notice { business: &business.name, zone: &business.zone, matter };
            let rendered = document::notice(&notice, business.language)?;
            if !egress::guard_own_words(house, &rendered)?.is_empty() {
                warn!("a mail about complaints holds a customer's number or address, so it is not sent");
                continue;
            }
            let name = hex::encode(&letter.name.finalize()[..8]);
            let purpose = format!("complaints.{}.{name}", slot.as_second());
            let dispatch = Dispatch { house, purpose: &purpose, date: now };
            let kind = if is_digest { DIGEST } else { MAIL };
            for message in dispatch.compose(&rendered, std::slice::from_ref(&recipient))? {
                let id = writer.enqueue(&message.row(kind, None), now)?;
                messages.insert((recipient.clone(), is_digest), id);
            }
        }
        Ok(messages)
    }
}

impl Letter {
    fn keep_the_first(&mut self) {
        self.listed.sort_by_key(|alarm| (alarm.deadline, alarm.number, alarm.clock));
        self.listed.truncate(LISTED);
    }
}
