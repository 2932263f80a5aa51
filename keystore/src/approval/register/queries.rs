//! What people and the store ask the register.

use serde::Serialize;

use sealkeep_crypto::{Suite, VerifyingKey};

use super::super::digest::Digest;
use super::super::officer::{LEAVER_LIMIT, OfficerId, OfficerState, Person, Role};
use super::super::policy::Policy;
use super::{
    At, Awaiting, GrantRecord, HoldRecord, Inventories, OfficerRecord, Refusal, Register,
    RequestRecord, RequestState,
};
use crate::id::KeyId;

/// Something that an officer can do now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Work {
    /// The request, hold or grant.
    pub about: Digest,
    /// What to do.
    #[serde(flatten)]
    pub task: Task,
}

/// What an officer can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "task", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Task {
    /// Approve or reject a step of a request.
    Approve {
        /// From 1.
        step: u32,
    },
    /// Decide whether a paused request goes on.
    Resume,
    /// Execute.
    Execute,
    /// Say that they were present.
    Witness,
    /// Inspect.
    Inspect,
    /// Look at a hold whose review is due.
    ReviewHold,
    /// Explain why the glass was broken.
    Justify {
        /// Unix seconds.
        due: u64,
    },
}

impl Register {
    /// The key store's id.
    #[must_use]
    pub fn store(&self) -> &[u8; 16] {
        &self.store
    }

    /// The suite whose hash and signatures are used.
    #[must_use]
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// Digest of the genesis.
    #[must_use]
    pub fn genesis(&self) -> Option<Digest> {
        self.founding.as_ref().map(|founding| founding.genesis)
    }

    /// The store's key, as the genesis says.
    #[must_use]
    pub fn store_key(&self) -> Option<&VerifyingKey> {
        self.founding.as_ref().map(|founding| &founding.store_key)
    }

    /// Digest of the last statement that changed officers.
    #[must_use]
    pub fn officers_head(&self) -> Option<Digest> {
        self.founding.as_ref().map(|founding| founding.officers)
    }

    /// The policy in force.
    #[must_use]
    pub fn policy(&self) -> Option<&Policy> {
        self.founding.as_ref().map(|founding| &founding.policy)
    }

    /// Digest of the policy in force.
    #[must_use]
    pub fn policy_digest(&self) -> Option<Digest> {
        self.founding.as_ref().map(|founding| founding.policy_digest)
    }

    /// Text of the policy in force.
    #[must_use]
    pub fn policy_text(&self) -> Option<&str> {
        self.founding.as_ref().map(|founding| founding.policy_text.as_str())
    }

    /// All officers there ever were.
    pub fn officers(&self) -> impl Iterator<Item = &OfficerRecord> {
        self.officers.values()
    }

    /// An officer.
    #[must_use]
    pub fn officer(&self, id: &OfficerId) -> Option<&OfficerRecord> {
        self.officers.get(id)
    }

    /// All requests, in the order of their digests.
    pub fn requests(&self) -> impl Iterator<Item = &RequestRecord> {
        self.requests.values()
    }

    /// A request.
    #[must_use]
    pub fn request(&self, digest: &Digest) -> Option<&RequestRecord> {
        self.requests.get(digest)
    }

    /// Whether this statement was accepted.
    #[must_use]
    pub fn has_accepted(&self, digest: &Digest) -> bool {
        self.seen.contains(digest)
    }

    /// All holds, released ones too.
    pub fn holds(&self) -> impl Iterator<Item = &HoldRecord> {
        self.holds.values()
    }

    /// Holds that nobody has released.
    pub fn standing_holds(&self) -> impl Iterator<Item = &HoldRecord> {
        self.holds().filter(|record| record.released.is_none())
    }

    /// Standing holds whose review is due at this time.
    pub fn overdue_holds(&self, time: u64) -> impl Iterator<Item = &HoldRecord> {
        self.standing_holds().filter(move |record| record.review <= time)
    }

    /// Whether a standing hold names this id.
    #[must_use]
    pub fn is_held(&self, id: &KeyId) -> bool {
        self.held_ids().any(|held| held == *id)
    }

    /// Every time that the glass was broken.
    pub fn grants(&self) -> impl Iterator<Item = &GrantRecord> {
        self.grants.values()
    }

    /// A broken glass that lets this scope be opened at this time.
    #[must_use]
    pub fn glass(&self, scope: &KeyId, time: u64) -> Option<&GrantRecord> {
        let covers = |record: &&GrantRecord| time < record.until && record.covers(scope);
        self.grants.values().find(covers)
    }

    /// Grants whose explanation is overdue at this time.
    pub fn overdue_justifications(&self, time: u64) -> impl Iterator<Item = &GrantRecord> {
        self.grants().filter(move |record| record.justified.is_none() && record.due < time)
    }

    /// Leavers who should have been revoked by this time.
    pub fn overdue_leavers(&self, time: u64) -> impl Iterator<Item = &OfficerRecord> {
        self.officers().filter(move |record| match record.state {
            OfficerState::Leaving { left } => left.saturating_add(LEAVER_LIMIT) < time,
            _ => false,
        })
    }

    /// Officers who are not revoked and whose qualification has expired by this time.
    pub fn expired_qualifications(&self, time: u64) -> impl Iterator<Item = &OfficerRecord> {
        self.officers().filter(move |record| {
            let expired = record.officer.qualification.as_ref();
            !record.is_revoked() && expired.is_some_and(|qualification| qualification.until <= time)
        })
    }

    /// Requests whose time is over at this time, which the store is to enter as [expired](super::StoreEvent::Expired).
    pub fn expired(&self, time: u64) -> impl Iterator<Item = &RequestRecord> {
        self.requests().filter(move |record| {
            record.is_open() && record.state_at(time) == RequestState::Expired
        })
    }

    /// Requests that the store began and has not finished: it goes on with them by itself.
    pub fn unfinished(&self) -> impl Iterator<Item = &RequestRecord> {
        self.requests().filter(|record| record.state == RequestState::Executing)
    }

    /// When the clock was set, if nobody has said since that it is right.
    #[must_use]
    pub fn clock_in_doubt(&self) -> Option<u64> {
        self.clock_alarm
    }

    /// Whether the request may be executed at this time, if a qualified executor orders it.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn ready_to_execute(
        &self,
        request: &Digest,
        time: u64,
        counted: u64,
        inventories: &dyn Inventories,
    ) -> Result<(), Refusal> {
        let at = At { index: u64::MAX, time, counted };
        self.check_ready(self.known_request(*request)?, at, inventories)
    }

    /// What this officer can do at this time.
    #[must_use]
    pub fn worklist(&self, id: &OfficerId, time: u64, counted: u64) -> Vec<Work> {
        let Some(record) = self.officers.get(id).filter(|record| record.is_active()) else {
            return Vec::new();
        };
        let mut work: Vec<Work> = self
            .requests()
            .flat_map(|request| {
                let awaiting = request.awaiting(time, counted).into_iter();
                let tasks = awaiting.filter_map(|awaiting| task(record, &awaiting, time, request));
                tasks.map(|task| Work { about: request.digest, task })
            })
            .collect();
        let mine = self.grants().filter(|grant| grant.by.person == record.officer.person);
        work.extend(
            mine.filter(|grant| grant.justified.is_none())
                .map(|grant| Work { about: grant.digest, task: Task::Justify { due: grant.due } }),
        );
        if self.policy().is_some_and(|policy| record.officer.has(&policy.hold.place)) {
            work.extend(
                self.overdue_holds(time)
                    .map(|hold| Work { about: hold.digest, task: Task::ReviewHold }),
            );
        }
        work
    }
}

/// What this officer can do about what is awaited.
fn task(
    record: &OfficerRecord,
    awaiting: &Awaiting,
    time: u64,
    request: &RequestRecord,
) -> Option<Task> {
    let may = |roles: &[Role], not_by: &[Person]| {
        record.officer.has(roles) && !not_by.contains(&record.officer.person)
    };
    match awaiting {
        Awaiting::Approval { step, roles, not_by, .. } => {
            may(roles, not_by).then_some(Task::Approve { step: *step })
        }
        Awaiting::Resume { roles, not_by } => may(roles, not_by).then_some(Task::Resume),
        Awaiting::Execution { roles, not_by } => {
            let qualified = !request.rules.qualified || record.is_qualified(time);
            (may(roles, not_by) && qualified).then_some(Task::Execute)
        }
        Awaiting::Witness { not_by, .. } => may(&[Role::Witness], not_by).then_some(Task::Witness),
        Awaiting::Inspection { not_by } => may(&[Role::Inspector], not_by).then_some(Task::Inspect),
        Awaiting::Wait { .. } => None,
    }
}
