//! Who is told: the line from the assignee up to the director, and who is next in it when a mail bounces.

use crate::domain::complaint::{Addressee, ComplaintKind, EscalationRule, StepAt};
use crate::mail::Recipient;
use crate::settings::{ADMINISTRATORS, Settings};

/// Of one complaint.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    pub settings: &'a Settings,
    pub kind: ComplaintKind,
    pub assignee: Option<&'a str>,
    /// Whom the job itself names: told of everything that is late.
    pub extra: &'a [String],
}

impl Line<'_> {
    /// The addresses that a step is told to, each once. Where a mail bounced, the next in line is told too.
    pub fn recipients(&self, rule: &EscalationRule, bounced: &dyn Fn(&str) -> bool) -> Vec<String> {
        let mut told = Vec::new();
        for addressee in &rule.to {
            self.tell(addressee, bounced, &mut told);
        }
        if matches!(rule.at, StepAt::DUE | StepAt::AfterDue(_)) {
            told.extend(self.settings.recipients_of(self.extra));
        }
        told.sort();
        told.dedup();
        told
    }

    fn tell(&self, addressee: &Addressee, bounced: &dyn Fn(&str) -> bool, told: &mut Vec<String>) {
        let mut addressee = addressee.clone();
        loop {
            let addresses = self.addresses(&addressee);
            let is_heard = !addresses.is_empty() && !addresses.iter().any(|address| bounced(address));
            told.extend(addresses);
            match self.next(&addressee) {
                Some(next) if !is_heard => addressee = next,
                _ => return,
            }
        }
    }

    /// Nobody: the next in line is told instead.
    fn addresses(&self, addressee: &Addressee) -> Vec<String> {
        let group = |name: &str| self.settings.recipients_of(&[name.to_owned()]);
        let mut addresses = match addressee {
            Addressee::Assignee => self.assignee.map(str::to_owned).into_iter().collect(),
            Addressee::Department => {
                self.settings.recipients_of(&self.settings.complaints.policy.kinds[&self.kind].responsible)
            }
            Addressee::DataOfficer => group("data_officer"),
            Addressee::Director => {
                let director = group("director");
                if director.is_empty() { group("managers") } else { director }
            }
            Addressee::Named(name) => group(name),
        };
        // Somebody may have been assigned whose domain is no longer ours.
        let domains = &self.settings.mail.internal_domains;
        addresses.retain(|address| Recipient::internal(address, domains).is_ok());
        addresses
    }

    fn next(&self, addressee: &Addressee) -> Option<Addressee> {
        match addressee {
            Addressee::Assignee => Some(Addressee::Department),
            Addressee::Department if self.kind.is_about_data() => Some(Addressee::DataOfficer),
            Addressee::Department | Addressee::DataOfficer => Some(Addressee::Director),
            Addressee::Named(name) if name == ADMINISTRATORS => None,
            Addressee::Named(_) => Some(Addressee::Director),
            Addressee::Director => Some(Addressee::Named(ADMINISTRATORS.to_owned())),
        }
    }
}
