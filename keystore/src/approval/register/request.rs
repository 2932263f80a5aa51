//! A request and how far it has come.

use serde::Serialize;

use super::super::digest::Digest;
use super::super::duration::Seconds;
use super::super::officer::{OfficerId, Person, Role};
use super::super::policy::Level;
use super::super::request::Request;

/// A request that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestRecord {
    /// Digest of its statement.
    pub digest: Digest,
    /// What it asks for.
    pub request: Request,
    /// The policy that it names.
    pub policy: Digest,
    /// What that policy asks for at its level.
    pub rules: Level,
    /// Who applied, and when.
    pub applicant: Signed,
    /// The approvals that count, one for each step so far.
    pub approvals: Vec<Signed>,
    /// Approvals that count no longer, because somebody who signed one is not active any more.
    pub lapsed: Vec<Signed>,
    /// How far it has come.
    pub state: RequestState,
    /// When its keys were to be used while they waited, and nobody has resumed it since.
    pub paused: Option<u64>,
    /// The order to destroy, before and after the store began.
    pub order: Option<Signed>,
    /// The entry in which the store began.
    pub begun: Option<u64>,
    /// The entry in which the keys were destroyed.
    pub destroyed: Option<u64>,
    /// Digest of the record of execution.
    pub execution: Option<Digest>,
    /// Who was present.
    pub witnesses: Vec<Signed>,
    /// Who inspected.
    pub inspections: Vec<Inspected>,
    pub(super) approve_within: Seconds,
}

/// A statement of one officer that counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Signed {
    /// Who.
    pub officer: OfficerId,
    /// The human being.
    pub person: Person,
    /// Digest of the statement.
    pub statement: Digest,
    /// Number of its entry.
    pub index: u64,
    /// The ledger's time.
    pub time: u64,
    /// Seconds that passed beyond doubt.
    pub counted: u64,
}

/// An inspection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Inspected {
    /// By whom.
    pub by: Signed,
    /// Digest of the report.
    pub report: Digest,
    /// Whether nothing could be opened.
    pub passed: bool,
}

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestState {
    /// Approvals are missing.
    Requested,
    /// Approved; its keys are pending destruction.
    Waiting,
    /// The store goes on by itself.
    Executing,
    /// Destroyed; witnesses or the inspection are missing.
    Executed,
    /// The keys are gone, but something that was to be overwritten was not.
    Partial,
    /// Everything that the policy asks for has been done.
    Done,
    /// An officer of a step refused.
    Rejected,
    /// The applicant took it back.
    Withdrawn,
    /// Stopped while it waited, or the applicant is no longer active.
    Cancelled,
    /// Not executed in time.
    Expired,
}

/// What a request waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "awaiting", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Awaiting {
    /// Somebody's approval.
    Approval {
        /// Of this step, from 1.
        step: u32,
        /// How many steps there are.
        of: u32,
        /// By one of these roles.
        roles: Vec<Role>,
        /// By none of these persons.
        not_by: Vec<Person>,
    },
    /// That time passes.
    Wait {
        /// Seconds that count.
        left: u64,
    },
    /// That somebody resumes it.
    Resume {
        /// One of these roles.
        roles: Vec<Role>,
        /// By none of these persons.
        not_by: Vec<Person>,
    },
    /// That somebody executes it.
    Execution {
        /// One of these roles.
        roles: Vec<Role>,
        /// By none of these persons.
        not_by: Vec<Person>,
    },
    /// Somebody who was present.
    Witness {
        /// How many more.
        missing: u32,
        /// By none of these persons.
        not_by: Vec<Person>,
    },
    /// An inspection that is passed.
    Inspection {
        /// By none of these persons.
        not_by: Vec<Person>,
    },
}

impl RequestRecord {
    /// The state at this time: `Expired` as soon as the time for execution is over, before the store has said so.
    #[must_use]
    pub fn state_at(&self, time: u64) -> RequestState {
        if self.is_open() && time > self.deadline() { RequestState::Expired } else { self.state }
    }

    /// Unix seconds after which it cannot be executed.
    #[must_use]
    pub fn deadline(&self) -> u64 {
        self.applicant.time.saturating_add(self.approve_within.0)
    }

    /// Seconds that must still pass beyond doubt, once it has all approvals.
    #[must_use]
    pub fn wait_left(&self, counted: u64) -> u64 {
        let since = self.approvals.last().map_or(counted, |last| last.counted);
        self.rules.wait.0.saturating_sub(counted.saturating_sub(since))
    }

    /// The step that is to be approved next, from 1; `None` if all are.
    #[must_use]
    pub fn next_step(&self) -> Option<u32> {
        let done = u32::try_from(self.approvals.len()).unwrap_or(u32::MAX);
        (done < self.rules.last_step()).then(|| done + 1)
    }

    /// What it waits for at this time, in seconds that count.
    #[must_use]
    pub fn awaiting(&self, time: u64, counted: u64) -> Vec<Awaiting> {
        match self.state_at(time) {
            RequestState::Requested => self.awaiting_approval(),
            RequestState::Waiting => self.awaiting_execution(counted),
            RequestState::Executed | RequestState::Partial => self.awaiting_evidence(),
            _ => Vec::new(),
        }
    }

    /// Everybody who has a part in it.
    #[must_use]
    pub fn persons(&self) -> Vec<Person> {
        let inspectors = self.inspections.iter().map(|inspected| &inspected.by);
        let parts = std::iter::once(&self.applicant).chain(&self.approvals);
        let parts = parts.chain(self.order.iter().filter(|_| self.begun.is_some()));
        let parts = parts.chain(&self.witnesses).chain(inspectors);
        let mut persons: Vec<Person> = Vec::new();
        for part in parts {
            if !persons.contains(&part.person) {
                persons.push(part.person.clone());
            }
        }
        persons
    }

    /// Whether all that the policy asks for after execution is there.
    pub(super) fn is_evidenced(&self) -> bool {
        self.missing_witnesses() == 0 && (!self.rules.inspection || self.has_passed())
    }

    /// Whether it can still come to an execution.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, RequestState::Requested | RequestState::Waiting)
    }

    /// Whether the inspection made last found nothing that opens.
    fn has_passed(&self) -> bool {
        self.inspections.last().is_some_and(|last| last.passed)
    }

    fn missing_witnesses(&self) -> u32 {
        let there = u32::try_from(self.witnesses.len()).unwrap_or(u32::MAX);
        self.rules.witnesses.saturating_sub(there)
    }

    fn awaiting_approval(&self) -> Vec<Awaiting> {
        let roles = self.rules.approvals.get(self.approvals.len()).cloned();
        let (Some(step), Some(roles)) = (self.next_step(), roles) else { return Vec::new() };
        let not_by = self.persons();
        vec![Awaiting::Approval { step, of: self.rules.last_step(), roles, not_by }]
    }

    fn awaiting_execution(&self, counted: u64) -> Vec<Awaiting> {
        let not_by = self.persons();
        let mut awaiting = Vec::new();
        if self.paused.is_some() {
            let roles = self.rules.approvals.last().cloned().unwrap_or_default();
            let not_by = vec![self.applicant.person.clone()];
            awaiting.push(Awaiting::Resume { roles, not_by });
        }
        match self.wait_left(counted) {
            0 if self.paused.is_some() => {}
            0 => {
                let roles = self.rules.executor.clone();
                awaiting.push(Awaiting::Execution { roles, not_by });
            }
            left => awaiting.push(Awaiting::Wait { left }),
        }
        awaiting
    }

    fn awaiting_evidence(&self) -> Vec<Awaiting> {
        let not_by = self.persons();
        let mut awaiting = Vec::new();
        match self.missing_witnesses() {
            0 => {}
            missing => awaiting.push(Awaiting::Witness { missing, not_by: not_by.clone() }),
        }
        if self.rules.inspection && !self.has_passed() {
            let inspector = |person: &Person| {
                self.inspections.iter().any(|inspected| inspected.by.person == *person)
            };
            let not_by = not_by.into_iter().filter(|person| !inspector(person)).collect();
            awaiting.push(Awaiting::Inspection { not_by });
        }
        awaiting
    }
}

impl RequestState {
    /// The name in `--json` and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Waiting => "waiting",
            Self::Executing => "executing",
            Self::Executed => "executed",
            Self::Partial => "partial",
            Self::Done => "done",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}
