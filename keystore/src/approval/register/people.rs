//! Officers and policy.

use std::collections::HashSet;

use super::super::digest::Digest;
use super::super::officer::{Officer, OfficerId, OfficerState, Role};
use super::super::policy::Policy;
use super::super::statement::{
    Enroll, Genesis, Leaver, Qualify, Reinstate, Revoke, SetPolicy, Statement, Suspend,
};
use super::{AHEAD, Accepted, At, Effect, Founding, Refusal, Register, check_signature};

/// An officer and what became of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficerRecord {
    /// As enrolled, with the qualification of now.
    pub officer: Officer,
    /// Whether they sign.
    pub state: OfficerState,
    /// Digest of the statement that enrolled them.
    pub enrolled: Digest,
    /// Number of its entry.
    pub index: u64,
}

impl OfficerRecord {
    /// Whether the officer signs.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.state == OfficerState::Active
    }

    /// Whether the officer will never sign again.
    #[must_use]
    pub fn is_revoked(&self) -> bool {
        matches!(self.state, OfficerState::Revoked { .. })
    }

    /// Whether there is a qualification that has not expired.
    #[must_use]
    pub fn is_qualified(&self, time: u64) -> bool {
        self.officer.qualification.as_ref().is_some_and(|qualification| time < qualification.until)
    }
}

impl Register {
    pub(super) fn found(
        &mut self,
        statement: &Statement,
        genesis: &Genesis,
        at: At,
    ) -> Result<Vec<Effect>, Refusal> {
        if self.founding.is_some() {
            return Err(Refusal::Founded);
        }
        let policy = self.policy_for(&genesis.policy_text, at)?;
        if statement.time > at.time.saturating_add(AHEAD) {
            return Err(Refusal::Future);
        }
        if statement.time.saturating_add(policy.statement_age.0) < at.time {
            return Err(Refusal::Old);
        }
        check_founders(statement, genesis, &policy)?;
        let mut officers = Self::new(self.store, self.suite);
        for officer in &genesis.officers {
            officers.check_new(officer, None)?;
            officers.insert(officer, statement.digest, at);
        }
        let policy_digest = Policy::digest(self.suite, &genesis.policy_text);
        self.officers = officers.officers;
        self.founding = Some(Founding {
            genesis: statement.digest,
            store_key: genesis.key.0.clone(),
            officers: statement.digest,
            policy,
            policy_digest,
            policy_text: genesis.policy_text.clone(),
        });
        Ok(vec![
            Effect::Officers { head: statement.digest },
            Effect::Policy { digest: policy_digest },
        ])
    }

    pub(super) fn enroll(
        &mut self,
        enroll: &Enroll,
        by: &Accepted<'_>,
    ) -> Result<Vec<Effect>, Refusal> {
        self.check_change(by)?;
        self.check_new(&enroll.officer, enroll.replaces.as_ref())?;
        if let Some(old) = &enroll.replaces {
            self.check_spared(old, Some(&enroll.officer))?;
        }
        let mut effects = self.officers_changed(by);
        if let Some(old) = &enroll.replaces {
            let state = OfficerState::Revoked { at: by.at.time, compromised: false };
            effects.extend(self.set_state(old, state, by.at));
        }
        self.insert(&enroll.officer, by.statement.digest, by.at);
        Ok(effects)
    }

    pub(super) fn qualify(
        &mut self,
        qualify: &Qualify,
        by: &Accepted<'_>,
    ) -> Result<Vec<Effect>, Refusal> {
        self.check_change(by)?;
        self.not_revoked(&qualify.officer)?;
        let record = self.officers.get_mut(&qualify.officer).expect("found a moment ago");
        record.officer.qualification = Some(qualify.qualification.clone());
        Ok(self.officers_changed(by))
    }

    pub(super) fn reinstate(
        &mut self,
        reinstate: &Reinstate,
        by: &Accepted<'_>,
    ) -> Result<Vec<Effect>, Refusal> {
        self.check_change(by)?;
        let record = self.not_revoked(&reinstate.officer)?;
        if record.state != OfficerState::Suspended {
            return Err(state_refused(record));
        }
        let mut effects = self.officers_changed(by);
        effects.extend(self.set_state(&reinstate.officer, OfficerState::Active, by.at));
        Ok(effects)
    }

    pub(super) fn suspend(
        &mut self,
        suspend: &Suspend,
        by: &Accepted<'_>,
    ) -> Result<Vec<Effect>, Refusal> {
        self.one(by, &[Role::Authority])?;
        let record = self.not_revoked(&suspend.officer)?;
        if record.state != OfficerState::Active {
            return Err(state_refused(record));
        }
        self.check_spared(&suspend.officer, None)?;
        let mut effects = self.officers_changed(by);
        effects.extend(self.set_state(&suspend.officer, OfficerState::Suspended, by.at));
        Ok(effects)
    }

    pub(super) fn revoke(
        &mut self,
        revoke: &Revoke,
        by: &Accepted<'_>,
    ) -> Result<Vec<Effect>, Refusal> {
        self.one(by, &[Role::Authority])?;
        let record = self.known(&revoke.officer)?;
        let worse = revoke.compromised
            && !matches!(record.state, OfficerState::Revoked { compromised: true, .. });
        if record.is_revoked() && !worse {
            return Err(state_refused(record));
        }
        self.check_spared(&revoke.officer, None)?;
        let state = OfficerState::Revoked { at: by.at.time, compromised: revoke.compromised };
        let mut effects = self.officers_changed(by);
        effects.extend(self.set_state(&revoke.officer, state, by.at));
        Ok(effects)
    }

    pub(super) fn leaver(
        &mut self,
        leaver: &Leaver,
        by: &Accepted<'_>,
    ) -> Result<Vec<Effect>, Refusal> {
        self.one(by, &[Role::Authority])?;
        let record = self.not_revoked(&leaver.officer)?;
        if matches!(record.state, OfficerState::Leaving { .. }) {
            return Err(state_refused(record));
        }
        let latest = by.at.time.saturating_add(AHEAD);
        if leaver.left > latest {
            return Err(Refusal::Until { given: leaver.left, latest });
        }
        self.check_spared(&leaver.officer, None)?;
        let mut effects = self.officers_changed(by);
        let state = OfficerState::Leaving { left: leaver.left };
        effects.extend(self.set_state(&leaver.officer, state, by.at));
        Ok(effects)
    }

    pub(super) fn set_policy(
        &mut self,
        set: &SetPolicy,
        by: &Accepted<'_>,
    ) -> Result<Vec<Effect>, Refusal> {
        self.check_change(by)?;
        let policy = self.policy_for(&set.policy_text, by.at)?;
        let (in_force, given) = (self.founded()?.policy.version, policy.version);
        if given <= in_force {
            return Err(Refusal::Version { in_force, given });
        }
        enough(self.active_officers(), &policy)?;
        let digest = Policy::digest(self.suite, &set.policy_text);
        let founding = self.founding.as_mut().expect("there is a policy in force");
        founding.policy = policy;
        founding.policy_digest = digest;
        founding.policy_text.clone_from(&set.policy_text);
        Ok(vec![Effect::Policy { digest }])
    }

    /// So many persons with authority as the policy asks for.
    fn check_change(&self, by: &Accepted<'_>) -> Result<(), Refusal> {
        self.several(by, self.founded()?.policy.changes, &[Role::Authority])
    }

    /// Without this officer, and with the one who comes instead, there are still enough who can change officers and policy: no
    /// single person with authority ends that for ever.
    fn check_spared(&self, id: &OfficerId, instead: Option<&Officer>) -> Result<(), Refusal> {
        let others = self.active_officers().filter(|officer| officer.id != *id);
        enough(others.chain(instead), &self.founded()?.policy)
    }

    fn active_officers(&self) -> impl Iterator<Item = &Officer> {
        self.officers.values().filter(|record| record.is_active()).map(|record| &record.officer)
    }

    fn check_new(&self, officer: &Officer, replaces: Option<&OfficerId>) -> Result<(), Refusal> {
        let id = || officer.id.clone();
        officer.check(self.suite).map_err(|why| Refusal::Officer { officer: id(), why })?;
        if self.officers.contains_key(&officer.id) {
            return Err(Refusal::IdUsed(id()));
        }
        if let Some(old) = replaces {
            let record = self.known(old)?;
            if record.is_revoked() || record.officer.person != officer.person {
                return Err(Refusal::Replaces(old.clone()));
            }
        }
        for record in self.officers.values() {
            if record.officer.key == officer.key {
                return Err(Refusal::KeyUsed(id()));
            }
            let other = Some(&record.officer.id) != replaces && !record.is_revoked();
            if other && record.officer.person == officer.person {
                let person = officer.person.clone();
                let officer = record.officer.id.clone();
                return Err(Refusal::PersonEnrolled { person, officer });
            }
        }
        Ok(())
    }

    fn insert(&mut self, officer: &Officer, enrolled: Digest, at: At) {
        let record = OfficerRecord {
            officer: officer.clone(),
            state: OfficerState::Active,
            enrolled,
            index: at.index,
        };
        self.officers.insert(officer.id.clone(), record);
    }

    /// Changes the state, and takes back what does not count any more.
    fn set_state(&mut self, id: &OfficerId, state: OfficerState, at: At) -> Vec<Effect> {
        let compromised = matches!(state, OfficerState::Revoked { compromised: true, .. });
        let active = state == OfficerState::Active;
        self.officers.get_mut(id).expect("found a moment ago").state = state;
        if active {
            return Vec::new();
        }
        self.end_grants(Some(id), at);
        self.take_back(id, compromised)
    }

    fn officers_changed(&mut self, by: &Accepted<'_>) -> Vec<Effect> {
        let head = by.statement.digest;
        self.founding.as_mut().expect("there are officers").officers = head;
        vec![Effect::Officers { head }]
    }

    fn known(&self, id: &OfficerId) -> Result<&OfficerRecord, Refusal> {
        self.officers.get(id).ok_or_else(|| Refusal::UnknownOfficer(id.clone()))
    }

    fn not_revoked(&self, id: &OfficerId) -> Result<&OfficerRecord, Refusal> {
        let record = self.known(id)?;
        if record.is_revoked() { Err(state_refused(record)) } else { Ok(record) }
    }

    /// The policy of this text, if it may be put in force now.
    fn policy_for(&self, text: &str, at: At) -> Result<Policy, Refusal> {
        let policy =
            Policy::parse(text).map_err(|problem| Refusal::BadPolicy(Box::new(problem)))?;
        if policy.is_effective(at.time) && !policy.is_overdue(at.time) {
            Ok(policy)
        } else {
            Err(Refusal::NotEffective)
        }
    }
}

/// All with authority sign, and they can make changes under the policy.
fn check_founders(
    statement: &Statement,
    genesis: &Genesis,
    policy: &Policy,
) -> Result<(), Refusal> {
    enough(genesis.officers.iter(), policy)?;
    let authorities = genesis.officers.iter().filter(|officer| officer.has(&[Role::Authority]));
    for officer in authorities.clone() {
        if !statement.by.contains(&officer.id) {
            return Err(Refusal::Unsigned(officer.id.clone()));
        }
    }
    for id in &statement.by {
        let officer = genesis.officers.iter().find(|officer| officer.id == *id);
        let officer = officer.ok_or_else(|| Refusal::UnknownOfficer(id.clone()))?;
        if !officer.has(&[Role::Authority]) {
            return Err(Refusal::Role { officer: id.clone(), roles: vec![Role::Authority] });
        }
        check_signature(statement, id, &officer.key.0)?;
    }
    Ok(())
}

/// There are enough persons with authority for changes under this policy.
fn enough<'o>(officers: impl Iterator<Item = &'o Officer>, policy: &Policy) -> Result<(), Refusal> {
    let persons: HashSet<_> = officers
        .filter(|officer| officer.has(&[Role::Authority]))
        .map(|officer| &officer.person)
        .collect();
    let given = u32::try_from(persons.len()).unwrap_or(u32::MAX);
    if given < policy.changes {
        return Err(Refusal::Authority { needed: policy.changes, given });
    }
    Ok(())
}

fn state_refused(record: &OfficerRecord) -> Refusal {
    Refusal::OfficerState { officer: record.officer.id.clone(), state: record.state.name() }
}
