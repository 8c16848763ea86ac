//! Who may do what: role x operation, one table.
//!
//! Invariant: what the table does not grant is denied; every operation of the house asks [`check`] itself, so the socket and the
//! in-process path cannot differ. Pure: who holds which role is handed over in [`Grants`], and writing the audit line, for a
//! refusal too, is the caller's.

mod table;

use std::collections::{BTreeMap, BTreeSet};

pub use crate::domain::role::Role;
pub use table::Operation;

use crate::domain::actor::Actor;

/// Which Unix users and groups hold which roles. A user who is in it neither by himself nor by a group holds none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    users: BTreeMap<u32, BTreeSet<Role>>,
    groups: BTreeMap<u32, BTreeSet<Role>>,
}

impl Grants {
    /// Root and the daemon's own user administer the house.
    pub fn of_the_house(daemon_uid: u32) -> Self {
        let mut grants = Self::default();
        grants.grant(0, Role::Admin);
        grants.grant(daemon_uid, Role::Admin);
        grants
    }

    pub fn grant(&mut self, uid: u32, role: Role) {
        self.users.entry(uid).or_default().insert(role);
    }

    pub fn grant_all(&mut self, uids: impl IntoIterator<Item = u32>, role: Role) {
        uids.into_iter().for_each(|uid| self.grant(uid, role));
    }

    pub fn grant_group(&mut self, gid: u32, role: Role) {
        self.groups.entry(gid).or_default().insert(role);
    }

    /// The daemon acts on its own schedule as an administrator.
    fn holds(&self, actor: &Actor, role: Role) -> bool {
        match actor {
            Actor::Daemon => role == Role::Admin,
            Actor::User { uid, groups } => {
                let groups = groups.iter().filter_map(|group| self.groups.get(group));
                self.users.get(uid).into_iter().chain(groups).any(|roles| roles.contains(&role))
            }
        }
    }
}

/// A refusal; its text is for the person refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation} is not allowed for {actor}; it needs the role {}", any_of(.operation.roles()))]
pub struct Denied {
    pub operation: Operation,
    pub actor: Actor,
}

/// Lets an actor pass who holds one of the operation's roles.
pub fn check(grants: &Grants, actor: &Actor, operation: Operation) -> Result<(), Denied> {
    if operation.roles().iter().any(|&role| grants.holds(actor, role)) {
        Ok(())
    } else {
        Err(Denied { operation, actor: actor.clone() })
    }
}

/// Lets an actor pass who holds this very role, for what an operation leaves to it.
pub fn check_role(grants: &Grants, actor: &Actor, role: Role, what: &str) -> Result<(), RoleDenied> {
    if grants.holds(actor, role) {
        Ok(())
    } else {
        Err(RoleDenied { actor: actor.clone(), role, what: what.to_owned() })
    }
}

/// A refusal of something that one role only may do; its text is for the person refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} is for the role {role}, which {actor} does not hold")]
pub struct RoleDenied {
    actor: Actor,
    role: Role,
    what: String,
}

fn any_of(roles: &[Role]) -> String {
    roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY_ROLE: [Role; 5] = Role::ALL;

    fn holder(role: Role) -> (Grants, Actor) {
        let mut grants = Grants::default();
        grants.grant(1000, role);
        (grants, Actor::user(1000))
    }

    /// The whole table once more, read row by row: operations each role may do, in the table's order.
    fn allowed(role: Role) -> Vec<&'static str> {
        let (grants, actor) = holder(role);
        Operation::ALL
            .iter()
            .filter(|&&operation| check(&grants, &actor, operation).is_ok())
            .map(|operation| operation.as_str())
            .collect()
    }

    #[test]
    fn an_admin_runs_the_house_and_sees_no_customer() {
        let expected = "status metrics job.list job.show job.run job.pause job.resume run.list run.show run.retry \
                        report.list report.preview report.show report.verify report.resend outbox.list outbox.retry \
                        outbox.release outbox.cancel complaint.list complaint.compensations source.list source.test source.rejected audit.list \
                        audit.verify audit.head backup.create backup.list backup.verify backup.restore key.new key.rotate";
        assert_eq!(allowed(Role::Admin), expected.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn a_data_officer_answers_for_personal_data() {
        let expected = "status metrics outbox.list outbox.release complaint.add complaint.list complaint.show complaint.explain \
                        complaint.ack complaint.assign complaint.pause complaint.resume complaint.reclassify \
                        complaint.extend complaint.contain complaint.notify complaint.resolve complaint.reopen \
                        complaint.close complaint.compensate complaint.compensations complaint.import customer.find customer.show \
                        customer.correct customer.history customer.statement customer.erase payment.list payment.confirm \
                        payment.dispute source.list source.rejected source.rejected-values audit.list";
        assert_eq!(allowed(Role::DataOfficer), expected.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn a_complaint_handler_handles_complaints() {
        let expected = "status metrics complaint.add complaint.list complaint.show complaint.explain complaint.ack \
                        complaint.assign complaint.pause complaint.resume complaint.reclassify complaint.extend \
                        complaint.contain complaint.notify complaint.resolve complaint.reopen complaint.close \
                        complaint.compensate complaint.compensations complaint.import";
        assert_eq!(allowed(Role::ComplaintHandler), expected.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn a_manager_reads_reports_and_approves() {
        let expected = "status metrics job.list job.show run.list run.show report.list report.preview report.show \
                        complaint.list complaint.explain complaint.compensate complaint.compensations";
        assert_eq!(allowed(Role::Manager), expected.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn an_auditor_reads_and_verifies() {
        let expected = "status metrics job.list job.show run.list run.show report.list report.show report.verify outbox.list \
                        complaint.list complaint.explain complaint.compensations source.list audit.list audit.verify audit.head backup.list backup.verify";
        assert_eq!(allowed(Role::Auditor), expected.split_whitespace().collect::<Vec<_>>());
    }

    /// The five tests above name every pair that is allowed; here every pair says so or why not.
    #[test]
    fn every_pair_passes_or_says_what_it_needs() {
        for role in EVERY_ROLE {
            let (grants, actor) = holder(role);
            for operation in Operation::ALL {
                let answer = check(&grants, &actor, operation);
                assert_eq!(answer.is_ok(), operation.roles().contains(&role), "{role} {operation}");
                if let Err(denied) = answer {
                    let text = denied.to_string();
                    assert!(text.starts_with(operation.as_str()), "{text}");
                    assert!(operation.roles().iter().any(|role| text.contains(role.as_str())), "{text}");
                }
            }
        }
    }

    #[test]
    fn whoever_holds_nothing_may_do_nothing() {
        let stranger = Actor::user(4711);
        for operation in Operation::ALL {
            assert!(!operation.roles().is_empty(), "{operation}");
            assert!(check(&Grants::of_the_house(990), &stranger, operation).is_err(), "{operation}");
            assert!(check(&Grants::default(), &Actor::user(0), operation).is_err(), "{operation}");
        }
    }

    #[test]
    fn root_the_daemons_user_and_the_daemon_are_admins() {
        let grants = Grants::of_the_house(990);
        for actor in [Actor::user(0), Actor::user(990), Actor::Daemon] {
            for operation in Operation::ALL {
                assert_eq!(
                    check(&grants, &actor, operation).is_ok(),
                    operation.roles().contains(&Role::Admin),
                    "{actor} {operation}"
                );
            }
        }
    }

    #[test]
    fn roles_add_up_and_names_are_unique() {
        let (mut grants, actor) = holder(Role::Manager);
        grants.grant(1000, Role::Auditor);
        assert!(check(&grants, &actor, Operation::ReportPreview).is_ok());
        assert!(check(&grants, &actor, Operation::AuditVerify).is_ok());
        assert!(check(&grants, &actor, Operation::CustomerShow).is_err());
        let names: BTreeSet<&str> = Operation::ALL.iter().map(|operation| operation.as_str()).collect();
        assert_eq!(names.len(), Operation::ALL.len());
    }

    #[test]
    fn a_group_gives_its_role_to_whoever_is_in_it() {
        let mut grants = Grants::default();
        grants.grant_group(50, Role::Auditor);
        let actor = |groups: &[u32]| Actor::User { uid: 1000, groups: groups.iter().copied().collect() };
        assert!(check(&grants, &actor(&[7, 50]), Operation::AuditVerify).is_ok());
        assert!(check(&grants, &actor(&[7]), Operation::AuditVerify).is_err());
        assert!(check(&grants, &Actor::user(50), Operation::AuditVerify).is_err(), "a uid is no gid");
    }

    #[test]
    fn a_role_alone_is_not_another() {
        let (grants, actor) = holder(Role::Manager);
        assert_eq!(check_role(&grants, &actor, Role::Manager, "level 2"), Ok(()));
        let denied = check_role(&grants, &actor, Role::ComplaintHandler, "level 1").unwrap_err();
        assert_eq!(
            denied.to_string(),
            "level 1 is for the role complaint-handler, which uid:1000 does not hold"
        );
    }

    #[test]
    fn a_refusal_is_a_sentence() {
        let denied = check(&Grants::default(), &Actor::user(1000), Operation::SourceRejected).unwrap_err();
        assert_eq!(
            denied.to_string(),
            "source.rejected is not allowed for uid:1000; it needs the role admin or data-officer"
        );
    }
}
