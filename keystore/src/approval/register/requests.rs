//! What happens to requests.

use super::super::digest::Digest;
use super::super::officer::{OfficerId, Role};
use super::super::request::Request;
use super::super::statement::{
    Approve, Cancel, Execute, Inspect, Reject, Resume, Withdraw, Witness,
};
use super::{
    Accepted, At, Effect, Inspected, Inventories, Refusal, Register, RequestRecord, RequestState,
    Signed, StoreEvent,
};

impl Register {
    pub(super) fn request_made(
        &mut self,
        request: &Request,
        by: &Accepted<'_>,
        inventories: &dyn Inventories,
    ) -> Result<Vec<Effect>, Refusal> {
        check_request(request)?;
        let founding = self.founded()?;
        let rules = founding.policy.level(request.level).clone();
        let applicant = self.one(by, &rules.applicant)?;
        if self.numbers.contains(&request.number) {
            return Err(Refusal::Number);
        }
        let digest = by.statement.digest;
        self.check_not_held(&digest, inventories)?;
        let record = RequestRecord {
            digest,
            request: request.clone(),
            policy: founding.policy_digest,
            approve_within: founding.policy.approve_within,
            rules,
            applicant,
            approvals: Vec::new(),
            lapsed: Vec::new(),
            state: RequestState::Requested,
            paused: None,
            order: None,
            begun: None,
            destroyed: None,
            execution: None,
            witnesses: Vec::new(),
            inspections: Vec::new(),
        };
        self.numbers.insert(request.number.clone());
        self.requests.insert(digest, record);
        Ok(vec![Effect::Freeze { request: digest }])
    }

    pub(super) fn approve(
        &mut self,
        approve: &Approve,
        by: &Accepted<'_>,
        inventories: &dyn Inventories,
    ) -> Result<Vec<Effect>, Refusal> {
        let record = self.live(approve.request, by.at)?;
        in_state(record, &[RequestState::Requested])?;
        same_inventory(record, approve.inventory)?;
        self.check_still_valid(record, inventories)?;
        let next = record.next_step().ok_or(Refusal::State(record.state))?;
        if approve.step != next {
            return Err(Refusal::Step { next, given: approve.step });
        }
        let signed = self.one(by, &record.rules.approvals[record.approvals.len()])?;
        new_person(record, &signed)?;
        let record = self.record_mut(approve.request);
        record.approvals.push(signed);
        if record.next_step().is_some() {
            return Ok(Vec::new());
        }
        record.state = RequestState::Waiting;
        Ok(vec![Effect::MakePending { request: approve.request }])
    }

    pub(super) fn reject(
        &mut self,
        reject: &Reject,
        by: &Accepted<'_>,
    ) -> Result<Vec<Effect>, Refusal> {
        let record = self.live(reject.request, by.at)?;
        in_state(record, &[RequestState::Requested])?;
        same_inventory(record, reject.inventory)?;
        self.one(by, &record.rules.approvals.concat())?;
        Ok(self.end(reject.request, RequestState::Rejected))
    }

    pub(super) fn withdraw(
        &mut self,
        withdraw: &Withdraw,
        by: &Accepted<'_>,
    ) -> Result<Vec<Effect>, Refusal> {
        let record = self.live(withdraw.request, by.at)?;
        in_state(record, &[RequestState::Requested, RequestState::Waiting])?;
        let signed = self.one(by, &Role::ALL)?;
        if signed.person != record.applicant.person {
            return Err(Refusal::NotYours(record.applicant.officer.clone()));
        }
        Ok(self.end(withdraw.request, RequestState::Withdrawn))
    }

    pub(super) fn cancel(
        &mut self,
        cancel: &Cancel,
        by: &Accepted<'_>,
    ) -> Result<Vec<Effect>, Refusal> {
        let record = self.live(cancel.request, by.at)?;
        in_state(record, &[RequestState::Waiting])?;
        let approved = |signed: &Signed| by.statement.by.contains(&signed.officer);
        if record.approvals.iter().any(approved) {
            self.one(by, &Role::ALL)?;
        } else {
            self.one(by, &record.rules.approvals.concat())?;
        }
        Ok(self.end(cancel.request, RequestState::Cancelled))
    }

    pub(super) fn resume(
        &mut self,
        resume: &Resume,
        by: &Accepted<'_>,
    ) -> Result<Vec<Effect>, Refusal> {
        let record = self.live(resume.request, by.at)?;
        in_state(record, &[RequestState::Waiting])?;
        let last = record.rules.approvals.last().map_or(&[][..], Vec::as_slice);
        let signed = self.one(by, last)?;
        if signed.person == record.applicant.person {
            return Err(Refusal::SamePerson(signed.person));
        }
        let alarm = record.paused.filter(|alarm| by.statement.time >= *alarm);
        alarm.ok_or(Refusal::NotPaused)?;
        self.record_mut(resume.request).paused = None;
        Ok(Vec::new())
    }

    pub(super) fn execute(
        &mut self,
        execute: &Execute,
        by: &Accepted<'_>,
        inventories: &dyn Inventories,
    ) -> Result<Vec<Effect>, Refusal> {
        let record = self.known_request(execute.request)?;
        same_inventory(record, execute.inventory)?;
        self.check_ready(record, by.at, inventories)?;
        let signed = self.one(by, &record.rules.executor)?;
        self.check_executor(record, &signed, by.at)?;
        let order = signed.statement;
        self.record_mut(execute.request).order = Some(signed);
        Ok(vec![Effect::Begin { request: execute.request, order }])
    }

    pub(super) fn witness(
        &mut self,
        witness: &Witness,
        by: &Accepted<'_>,
    ) -> Result<Vec<Effect>, Refusal> {
        let record = self.known_request(witness.request)?;
        in_state(record, &[RequestState::Executed, RequestState::Partial])?;
        same_inventory(record, witness.inventory)?;
        same_execution(record, witness.execution)?;
        let signed = self.one(by, &[Role::Witness])?;
        new_person(record, &signed)?;
        self.record_mut(witness.request).witnesses.push(signed);
        Ok(self.done_if_evidenced(witness.request))
    }

    pub(super) fn inspect(
        &mut self,
        inspect: &Inspect,
        by: &Accepted<'_>,
    ) -> Result<Vec<Effect>, Refusal> {
        let record = self.known_request(inspect.request)?;
        in_state(record, &[RequestState::Executed, RequestState::Partial])?;
        same_inventory(record, inspect.inventory)?;
        same_execution(record, inspect.execution)?;
        let signed = self.one(by, &[Role::Inspector])?;
        let again = |inspected: &Inspected| inspected.by.person == signed.person;
        if !record.inspections.iter().any(again) {
            new_person(record, &signed)?;
        }
        let inspected = Inspected { by: signed, report: inspect.report, passed: inspect.passed };
        self.record_mut(inspect.request).inspections.push(inspected);
        Ok(self.done_if_evidenced(inspect.request))
    }

    pub(super) fn take_event(
        &mut self,
        event: &StoreEvent,
        at: At,
        inventories: &dyn Inventories,
    ) -> Result<Vec<Effect>, Refusal> {
        match *event {
            StoreEvent::HoldInherited { hold, ref keys } => self.inherit(hold, keys),
            StoreEvent::DestroyBegun { request, order } => {
                let record = self.known_request(request)?;
                self.check_order_stands(record, order, at, inventories)?;
                let record = self.record_mut(request);
                record.state = RequestState::Executing;
                record.begun = Some(at.index);
                Ok(Vec::new())
            }
            StoreEvent::Destroyed { request } => {
                let record = self.known_request(request)?;
                in_state(record, &[RequestState::Executing])?;
                if record.destroyed.is_some() {
                    return Err(Refusal::State(record.state));
                }
                self.record_mut(request).destroyed = Some(at.index);
                Ok(Vec::new())
            }
            StoreEvent::Finished { request, execution, partial } => {
                let record = self.known_request(request)?;
                in_state(record, &[RequestState::Executing])?;
                if record.destroyed.is_none() && self.has_targets(record) {
                    return Err(Refusal::State(record.state));
                }
                let state = if partial { RequestState::Partial } else { RequestState::Executed };
                let record = self.record_mut(request);
                (record.state, record.execution) = (state, Some(execution));
                Ok(self.done_if_evidenced(request))
            }
            StoreEvent::Expired { request } => {
                let record = self.known_request(request)?;
                if !record.is_open() {
                    return Err(Refusal::State(record.state));
                }
                if record.state_at(at.time) != RequestState::Expired {
                    return Err(Refusal::NotExpired);
                }
                Ok(self.end(request, RequestState::Expired))
            }
        }
    }

    /// Pauses those of these requests that wait.
    pub(super) fn pause(&mut self, requests: &[Digest], at: At) -> Vec<Effect> {
        let named = self.requests.values_mut().filter(|record| requests.contains(&record.digest));
        let waiting = named.filter(|record| record.state == RequestState::Waiting);
        let mut effects = Vec::new();
        for record in waiting {
            record.paused = Some(at.time);
            record.order = None;
            effects.push(Effect::Paused { request: record.digest });
        }
        effects
    }

    /// What this officer signed counts no longer for what has not been executed; if the key was compromised, not as
    /// evidence either.
    pub(super) fn take_back(&mut self, id: &OfficerId, compromised: bool) -> Vec<Effect> {
        let mut effects = Vec::new();
        for record in self.requests.values_mut() {
            if record.is_open() {
                effects.extend(take_back_from(record, id));
            } else if compromised
                && matches!(record.state, RequestState::Executed | RequestState::Partial)
            {
                record.witnesses.retain(|signed| signed.officer != *id);
                record.inspections.retain(|inspected| inspected.by.officer != *id);
            }
        }
        effects
    }

    /// Whether the request may be executed at this time, if somebody orders it.
    pub(super) fn check_ready(
        &self,
        record: &RequestRecord,
        at: At,
        inventories: &dyn Inventories,
    ) -> Result<(), Refusal> {
        in_state(record, &[RequestState::Waiting])?;
        self.check_still_valid(record, inventories)?;
        if self.founded()?.policy.is_overdue(at.time) {
            return Err(Refusal::Unreviewed);
        }
        if at.time > record.deadline() {
            return Err(Refusal::Expired);
        }
        if self.clock_alarm.is_some() {
            return Err(Refusal::Clock);
        }
        if record.paused.is_some() {
            return Err(Refusal::Paused);
        }
        if let Some(next) = record.next_step() {
            return Err(Refusal::Step { next, given: 0 });
        }
        match record.wait_left(at.counted) {
            0 => Ok(()),
            left => Err(Refusal::Waiting { left }),
        }
    }

    /// The policy is still the one it names, those who signed are still active, and nothing in it is on hold.
    fn check_still_valid(
        &self,
        record: &RequestRecord,
        inventories: &dyn Inventories,
    ) -> Result<(), Refusal> {
        let in_force = self.founded()?.policy_digest;
        if record.policy != in_force {
            return Err(Refusal::Policy(in_force));
        }
        for signed in std::iter::once(&record.applicant).chain(&record.approvals) {
            self.active(&signed.officer)?;
        }
        self.check_not_held(&record.digest, inventories)
    }

    fn check_executor(
        &self,
        record: &RequestRecord,
        signed: &Signed,
        at: At,
    ) -> Result<(), Refusal> {
        new_person(record, signed)?;
        let officer = self.active(&signed.officer)?;
        if record.rules.qualified && !officer.is_qualified(at.time) {
            return Err(Refusal::Unqualified(signed.officer.clone()));
        }
        Ok(())
    }

    fn check_order_stands(
        &self,
        record: &RequestRecord,
        order: Digest,
        at: At,
        inventories: &dyn Inventories,
    ) -> Result<(), Refusal> {
        self.check_ready(record, at, inventories)?;
        let signed = record.order.as_ref().filter(|signed| signed.statement == order);
        let signed = signed.ok_or(Refusal::NoOrder)?;
        self.with_role(&signed.officer, &record.rules.executor)?;
        self.check_executor(record, signed, at)
    }

    fn has_targets(&self, record: &RequestRecord) -> bool {
        record.request.inventory.targets != Digest::of(self.suite, b"")
    }

    pub(super) fn known_request(&self, digest: Digest) -> Result<&RequestRecord, Refusal> {
        self.requests.get(&digest).ok_or(Refusal::UnknownRequest(digest))
    }

    /// A request that has not expired.
    fn live(&self, digest: Digest, at: At) -> Result<&RequestRecord, Refusal> {
        let record = self.known_request(digest)?;
        if record.state_at(at.time) == RequestState::Expired {
            return Err(Refusal::Expired);
        }
        Ok(record)
    }

    fn record_mut(&mut self, digest: Digest) -> &mut RequestRecord {
        self.requests.get_mut(&digest).expect("found a moment ago")
    }

    fn end(&mut self, request: Digest, state: RequestState) -> Vec<Effect> {
        end(self.record_mut(request), state)
    }

    fn done_if_evidenced(&mut self, request: Digest) -> Vec<Effect> {
        let record = self.record_mut(request);
        if record.state == RequestState::Executed && record.is_evidenced() {
            record.state = RequestState::Done;
            return vec![Effect::Done { request }];
        }
        Vec::new()
    }
}

fn take_back_from(record: &mut RequestRecord, id: &OfficerId) -> Vec<Effect> {
    let request = record.digest;
    if record.applicant.officer == *id {
        return end(record, RequestState::Cancelled);
    }
    if record.order.as_ref().is_some_and(|order| order.officer == *id) {
        record.order = None;
    }
    let place = record.approvals.iter().position(|signed| signed.officer == *id);
    let Some(place) = place else { return Vec::new() };
    let was_waiting = record.state == RequestState::Waiting;
    record.lapsed.extend(record.approvals.drain(place..));
    record.state = RequestState::Requested;
    record.order = None;
    let step = u32::try_from(place).unwrap_or(u32::MAX).saturating_add(1);
    let mut effects = vec![Effect::Reopened { request, step }];
    effects.extend(was_waiting.then_some(Effect::RestorePending { request }));
    effects
}

/// Ends a request that was never executed; what was pending becomes what it was.
fn end(record: &mut RequestRecord, state: RequestState) -> Vec<Effect> {
    let was_waiting = record.state == RequestState::Waiting;
    record.state = state;
    record.order = None;
    let restore = Effect::RestorePending { request: record.digest };
    was_waiting.then_some(restore).into_iter().collect()
}

fn check_request(request: &Request) -> Result<(), Refusal> {
    let summary = &request.inventory;
    let counted = summary.kinds.values().try_fold(0_u64, |sum, count| sum.checked_add(*count));
    let contradictions = [
        (request.level > 5, "there is no such level"),
        (summary.items == 0, "it is about nothing"),
        (counted != Some(summary.items), "the kinds do not add up to the items"),
        (summary.kinds.values().any(|count| *count == 0), "a kind has no items"),
    ];
    match contradictions.into_iter().find(|(found, _)| *found) {
        Some((_, what)) => Err(Refusal::Request(what)),
        None => Ok(()),
    }
}

fn in_state(record: &RequestRecord, states: &[RequestState]) -> Result<(), Refusal> {
    if states.contains(&record.state) { Ok(()) } else { Err(Refusal::State(record.state)) }
}

fn same_inventory(record: &RequestRecord, inventory: Digest) -> Result<(), Refusal> {
    if record.request.inventory.root == inventory { Ok(()) } else { Err(Refusal::Inventory) }
}

fn same_execution(record: &RequestRecord, execution: Digest) -> Result<(), Refusal> {
    if record.execution == Some(execution) { Ok(()) } else { Err(Refusal::Execution) }
}

/// Nobody has two parts in one request.
fn new_person(record: &RequestRecord, signed: &Signed) -> Result<(), Refusal> {
    if record.persons().contains(&signed.person) {
        return Err(Refusal::SamePerson(signed.person.clone()));
    }
    Ok(())
}
