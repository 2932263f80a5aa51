//! The register: what follows from statements, events and alarms in the order of the ledger (`docs/spec/approval.md` §7).
//!
//! The key store accepts through it, and whoever verifies replays through it: there is one code path.

mod event;
mod excerpt;
mod holds;
mod leftover;
mod people;
mod queries;
mod refusal;
mod request;
mod requests;
#[cfg(test)]
mod tests;

pub use event::{Alarm, Entered, Inventories, NotAnEntry, StoreEvent, Touched, Untouched, What};
pub use excerpt::Excerpt;
pub use holds::{GrantRecord, HoldRecord};
pub use leftover::Leftover;
pub use people::OfficerRecord;
pub use queries::{Task, Work};
pub use refusal::Refusal;
pub use request::{Awaiting, Inspected, RequestRecord, RequestState, Signed};

use std::collections::{BTreeMap, HashSet};

use sealkeep_crypto::{Suite, VerifyingKey};

use super::digest::Digest;
use super::officer::{OfficerId, Role};
use super::policy::Policy;
use super::statement::{Said, Statement};
use super::text::Name;
use crate::dsse::Refused;
use crate::id::KeyId;

/// Officers, policy, requests, holds and grants as they follow from what was entered.
#[derive(Clone, Debug, PartialEq)]
pub struct Register {
    store: [u8; 16],
    suite: Suite,
    at: Option<At>,
    seen: HashSet<Digest>,
    founding: Option<Founding>,
    officers: BTreeMap<OfficerId, OfficerRecord>,
    requests: BTreeMap<Digest, RequestRecord>,
    numbers: HashSet<Name>,
    holds: BTreeMap<Digest, HoldRecord>,
    grants: BTreeMap<Digest, GrantRecord>,
    clock_alarm: Option<u64>,
}

/// What the store has to do because something was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// The officers changed: the head of the root page is this statement.
    Officers {
        /// The statement.
        head: Digest,
    },
    /// Another policy is in force.
    Policy {
        /// Its digest.
        digest: Digest,
    },
    /// Active keys of the request become deactivated.
    Freeze {
        /// Which.
        request: Digest,
    },
    /// The request's keys become pending destruction; its scopes take no new keys.
    MakePending {
        /// Which.
        request: Digest,
    },
    /// The request's keys become what they were before they were pending.
    RestorePending {
        /// Which.
        request: Digest,
    },
    /// An approval does not count any more: the step is open again.
    Reopened {
        /// Which request.
        request: Digest,
        /// From 1.
        step: u32,
    },
    /// Begin to destroy.
    Begin {
        /// What.
        request: Digest,
        /// The `execute` statement.
        order: Digest,
    },
    /// An alarm paused the request.
    Paused {
        /// Which.
        request: Digest,
    },
    /// Everything that the policy asks for has been done.
    Done {
        /// Which request.
        request: Digest,
    },
    /// These ids go on hold.
    Hold {
        /// Digest of the hold.
        hold: Digest,
        /// Keys and scopes.
        targets: Vec<KeyId>,
    },
    /// These ids are released: no other hold names them.
    Release {
        /// Digest of the hold.
        hold: Digest,
        /// Keys and scopes.
        targets: Vec<KeyId>,
    },
    /// The glass is broken: an alarm is due.
    BreakGlass {
        /// Digest of the statement.
        grant: Digest,
    },
}

/// Where in the ledger the register stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct At {
    index: u64,
    time: u64,
    counted: u64,
}

/// What the genesis said, and the policy that is in force since.
#[derive(Clone, Debug, PartialEq)]
struct Founding {
    genesis: Digest,
    store_key: VerifyingKey,
    /// The last statement that changed officers.
    officers: Digest,
    policy: Policy,
    policy_digest: Digest,
    policy_text: String,
}

/// A statement whose signatures hold, by officers who may sign now.
struct Accepted<'s> {
    statement: &'s Statement,
    at: At,
}

/// A signer's clock may be ahead of the ledger's by so many seconds.
const AHEAD: u64 = 600;

impl Register {
    /// The register of a key store in which nothing was entered.
    #[must_use]
    pub fn new(store: [u8; 16], suite: Suite) -> Self {
        Self {
            store,
            suite,
            at: None,
            seen: HashSet::new(),
            founding: None,
            officers: BTreeMap::new(),
            requests: BTreeMap::new(),
            numbers: HashSet::new(),
            holds: BTreeMap::new(),
            grants: BTreeMap::new(),
            clock_alarm: None,
        }
    }

    /// Takes the next entry. The store then does what the effects say, in the commit in which the entry is made.
    ///
    /// # Errors
    /// [`Refusal`]; the register is then as it was.
    pub fn apply(
        &mut self,
        entered: &Entered,
        inventories: &dyn Inventories,
    ) -> Result<Vec<Effect>, Refusal> {
        let at = At { index: entered.index, time: entered.time, counted: entered.counted };
        self.check_order(at)?;
        let effects = match &entered.what {
            What::Statement(statement) => self.accept(statement, at, inventories)?,
            What::Event(event) => self.take_event(event, at, inventories)?,
            What::Alarm(alarm) => self.take_alarm(alarm, at),
        };
        self.at = Some(at);
        Ok(effects)
    }

    fn check_order(&self, at: At) -> Result<(), Refusal> {
        let after =
            |last: At| at.index > last.index && at.time >= last.time && at.counted >= last.counted;
        if self.at.is_none_or(after) { Ok(()) } else { Err(Refusal::Order) }
    }

    fn accept(
        &mut self,
        statement: &Statement,
        at: At,
        inventories: &dyn Inventories,
    ) -> Result<Vec<Effect>, Refusal> {
        if statement.store != self.store {
            return Err(Refusal::ForeignStore);
        }
        if self.seen.contains(&statement.digest) {
            return Err(Refusal::Duplicate(statement.digest));
        }
        let effects = match &statement.said {
            Said::Genesis(genesis) => self.found(statement, genesis, at)?,
            said => {
                self.check_policy(statement, at)?;
                self.check_signatures(statement)?;
                self.take(said, &Accepted { statement, at }, inventories)?
            }
        };
        self.seen.insert(statement.digest);
        Ok(effects)
    }

    fn take(
        &mut self,
        said: &Said,
        by: &Accepted<'_>,
        inventories: &dyn Inventories,
    ) -> Result<Vec<Effect>, Refusal> {
        match said {
            Said::Genesis(_) => Err(Refusal::Founded),
            Said::Enroll(enroll) => self.enroll(enroll, by),
            Said::Qualify(qualify) => self.qualify(qualify, by),
            Said::Reinstate(reinstate) => self.reinstate(reinstate, by),
            Said::Suspend(suspend) => self.suspend(suspend, by),
            Said::Revoke(revoke) => self.revoke(revoke, by),
            Said::Leaver(leaver) => self.leaver(leaver, by),
            Said::Policy(policy) => self.set_policy(policy, by),
            Said::Clock(_) => self.correct_clock(by),
            Said::Hold(hold) => self.hold(hold, by, inventories),
            Said::HoldReview(review) => self.review_hold(review, by),
            Said::Release(release) => self.release(release, by),
            Said::BreakGlass(grant) => self.break_glass(grant, by),
            Said::Justify(justify) => self.justify(justify, by),
            Said::Request(request) => self.request_made(request, by, inventories),
            Said::Approve(approve) => self.approve(approve, by, inventories),
            Said::Reject(reject) => self.reject(reject, by),
            Said::Withdraw(withdraw) => self.withdraw(withdraw, by),
            Said::Cancel(cancel) => self.cancel(cancel, by),
            Said::Resume(resume) => self.resume(resume, by),
            Said::Execute(execute) => self.execute(execute, by, inventories),
            Said::Witness(witness) => self.witness(witness, by),
            Said::Inspect(inspect) => self.inspect(inspect, by),
        }
    }

    /// The statement's time is near the ledger's, the policy in force is the one it names, and has been reviewed.
    fn check_policy(&self, statement: &Statement, at: At) -> Result<(), Refusal> {
        let founding = self.founded()?;
        if statement.time > at.time.saturating_add(AHEAD) {
            return Err(Refusal::Future);
        }
        if statement.time.saturating_add(founding.policy.statement_age.0) < at.time {
            return Err(Refusal::Old);
        }
        if statement.policy != Some(founding.policy_digest) {
            return Err(Refusal::Policy(founding.policy_digest));
        }
        if founding.policy.is_overdue(at.time) && !makes_safer(&statement.said) {
            return Err(Refusal::Unreviewed);
        }
        Ok(())
    }

    /// Everybody in `by` is active and has signed.
    fn check_signatures(&self, statement: &Statement) -> Result<(), Refusal> {
        for id in &statement.by {
            let record = self.active(id)?;
            check_signature(statement, id, &record.officer.key.0)?;
        }
        Ok(())
    }

    fn founded(&self) -> Result<&Founding, Refusal> {
        self.founding.as_ref().ok_or(Refusal::NotFounded)
    }

    fn active(&self, id: &OfficerId) -> Result<&OfficerRecord, Refusal> {
        let record = self.officers.get(id).ok_or_else(|| Refusal::UnknownOfficer(id.clone()))?;
        if record.is_active() {
            Ok(record)
        } else {
            Err(Refusal::NotActive { officer: id.clone(), state: record.state.name() })
        }
    }

    /// The one signer, who has one of these roles.
    fn one(&self, by: &Accepted<'_>, roles: &[Role]) -> Result<Signed, Refusal> {
        let [id] = &by.statement.by[..] else {
            let given = u32::try_from(by.statement.by.len()).unwrap_or(u32::MAX);
            return Err(Refusal::Persons { needed: 1, given });
        };
        self.with_role(id, roles)?;
        Ok(self.signed(id, by))
    }

    /// So many signers, or more, each of whom has one of these roles. Active officers are different persons.
    fn several(&self, by: &Accepted<'_>, needed: u32, roles: &[Role]) -> Result<(), Refusal> {
        for id in &by.statement.by {
            self.with_role(id, roles)?;
        }
        let given = u32::try_from(by.statement.by.len()).unwrap_or(u32::MAX);
        if given < needed { Err(Refusal::Persons { needed, given }) } else { Ok(()) }
    }

    fn with_role(&self, id: &OfficerId, roles: &[Role]) -> Result<(), Refusal> {
        if self.active(id)?.officer.has(roles) {
            Ok(())
        } else {
            Err(Refusal::Role { officer: id.clone(), roles: roles.to_vec() })
        }
    }

    fn signed(&self, id: &OfficerId, by: &Accepted<'_>) -> Signed {
        let person = self.officers.get(id).expect("a signer is an officer").officer.person.clone();
        Signed {
            officer: id.clone(),
            person,
            statement: by.statement.digest,
            index: by.at.index,
            time: by.at.time,
            counted: by.at.counted,
        }
    }

    fn take_alarm(&mut self, alarm: &Alarm, at: At) -> Vec<Effect> {
        match alarm {
            Alarm::Clock => {
                self.clock_alarm = Some(at.time);
                self.end_grants(None, at);
                Vec::new()
            }
            Alarm::PendingUse { requests, .. } => self.pause(requests, at),
        }
    }

    fn correct_clock(&mut self, by: &Accepted<'_>) -> Result<Vec<Effect>, Refusal> {
        self.several(by, 2, &[Role::Authority])?;
        let doubt = self.clock_alarm.filter(|alarm| by.statement.time >= *alarm);
        doubt.ok_or(Refusal::NoClockAlarm)?;
        self.clock_alarm = None;
        Ok(Vec::new())
    }
}

fn check_signature(
    statement: &Statement,
    id: &OfficerId,
    key: &VerifyingKey,
) -> Result<(), Refusal> {
    statement.verify(id, key).map_err(|refused| match refused {
        Refused::Malformed => Refusal::Unsigned(id.clone()),
        Refused::Unauthentic => Refusal::Signature(id.clone()),
    })
}

/// What is accepted even under a policy that is past its review. Breaking the glass is: an emergency does not wait for paper.
fn makes_safer(said: &Said) -> bool {
    matches!(
        said,
        Said::Policy(_)
            | Said::Hold(_)
            | Said::HoldReview(_)
            | Said::Suspend(_)
            | Said::Revoke(_)
            | Said::Leaver(_)
            | Said::Clock(_)
            | Said::Reject(_)
            | Said::Withdraw(_)
            | Said::Cancel(_)
            | Said::BreakGlass(_)
            | Said::Justify(_)
    )
}
