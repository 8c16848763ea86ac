//! The one table of role x operation.

use std::fmt;

use super::Role;
use super::Role::{Admin, Auditor, ComplaintHandler, DataOfficer, Manager};

macro_rules! operations {
    ($($(#[$doc:meta])* $variant:ident $name:literal [$($role:ident),+];)+) => {
        /// What can be asked of the house: one variant a command.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Operation {
            $($(#[$doc])* $variant,)+
        }

        impl Operation {
            pub const ALL: [Self; [$(Self::$variant),+].len()] = [$(Self::$variant),+];

            /// As the audit log writes it: `complaint.ack`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// The roles that may do it; one of them is enough.
            pub fn roles(self) -> &'static [Role] {
                match self {
                    $(Self::$variant => &[$($role),+],)+
                }
            }
        }
    };
}

operations! {
    Status "status" [Admin, DataOfficer, ComplaintHandler, Manager, Auditor];
    /// Figures alone: less than the status tells.
    Metrics "metrics" [Admin, DataOfficer, ComplaintHandler, Manager, Auditor];

    JobList "job.list" [Admin, Manager, Auditor];
    JobShow "job.show" [Admin, Manager, Auditor];
    JobRun "job.run" [Admin];
    JobPause "job.pause" [Admin];
    JobResume "job.resume" [Admin];

    RunList "run.list" [Admin, Manager, Auditor];
    RunShow "run.show" [Admin, Manager, Auditor];
    RunRetry "run.retry" [Admin];

    ReportList "report.list" [Admin, Manager, Auditor];
    ReportPreview "report.preview" [Admin, Manager];
    ReportShow "report.show" [Admin, Manager, Auditor];
    ReportVerify "report.verify" [Admin, Auditor];
    ReportResend "report.resend" [Admin];

    OutboxList "outbox.list" [Admin, DataOfficer, Auditor];
    OutboxRetry "outbox.retry" [Admin];
    /// Lets a quarantined message go after all: a question of personal data as well.
    OutboxRelease "outbox.release" [Admin, DataOfficer];
    OutboxCancel "outbox.cancel" [Admin];

    ComplaintAdd "complaint.add" [DataOfficer, ComplaintHandler];
    /// Numbers, kinds and deadlines, no texts.
    ComplaintList "complaint.list" [Admin, DataOfficer, ComplaintHandler, Manager, Auditor];
    ComplaintShow "complaint.show" [DataOfficer, ComplaintHandler];
    ComplaintExplain "complaint.explain" [DataOfficer, ComplaintHandler, Manager, Auditor];
    ComplaintAck "complaint.ack" [DataOfficer, ComplaintHandler];
    ComplaintAssign "complaint.assign" [DataOfficer, ComplaintHandler];
    ComplaintPause "complaint.pause" [DataOfficer, ComplaintHandler];
    ComplaintResume "complaint.resume" [DataOfficer, ComplaintHandler];
    ComplaintReclassify "complaint.reclassify" [DataOfficer, ComplaintHandler];
    ComplaintExtend "complaint.extend" [DataOfficer, ComplaintHandler];
    ComplaintContain "complaint.contain" [DataOfficer, ComplaintHandler];
    ComplaintNotify "complaint.notify" [DataOfficer, ComplaintHandler];
    ComplaintResolve "complaint.resolve" [DataOfficer, ComplaintHandler];
    ComplaintReopen "complaint.reopen" [DataOfficer, ComplaintHandler];
    ComplaintClose "complaint.close" [DataOfficer, ComplaintHandler];
    /// Of which levels, the configuration says: each has a role that approves it.
    ComplaintCompensate "complaint.compensate" [DataOfficer, ComplaintHandler, Manager];
    /// Totals by damage level.
    ComplaintCompensations "complaint.compensations" [Admin, DataOfficer, ComplaintHandler, Manager, Auditor];
    ComplaintImport "complaint.import" [DataOfficer, ComplaintHandler];

    CustomerFind "customer.find" [DataOfficer];
    CustomerShow "customer.show" [DataOfficer];
    CustomerCorrect "customer.correct" [DataOfficer];
    CustomerHistory "customer.history" [DataOfficer];
    CustomerStatement "customer.statement" [DataOfficer];
    CustomerErase "customer.erase" [DataOfficer];

    PaymentList "payment.list" [DataOfficer];
    PaymentConfirm "payment.confirm" [DataOfficer];
    PaymentDispute "payment.dispute" [DataOfficer];

    SourceList "source.list" [Admin, DataOfficer, Auditor];
    SourceTest "source.test" [Admin];
    /// Rejected rows by file, row, column and reason, without their values.
    SourceRejected "source.rejected" [Admin, DataOfficer];
    /// The values of rejected rows as well: they may be anything, a phone number too.
    SourceRejectedValues "source.rejected-values" [DataOfficer];

    AuditList "audit.list" [Admin, DataOfficer, Auditor];
    AuditVerify "audit.verify" [Admin, Auditor];
    AuditHead "audit.head" [Admin, Auditor];

    BackupCreate "backup.create" [Admin];
    BackupList "backup.list" [Admin, Auditor];
    BackupVerify "backup.verify" [Admin, Auditor];
    BackupRestore "backup.restore" [Admin];

    KeyNew "key.new" [Admin];
    KeyRotate "key.rotate" [Admin];
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
