//! Holds and broken glass.

use std::collections::HashSet;

use super::super::digest::Digest;
use super::super::duration::Seconds;
use super::super::officer::OfficerId;
use super::super::statement::{BreakGlass, Hold, HoldReview, Justify, Release};
use super::{Accepted, At, Effect, Inventories, Refusal, Register, Signed};
use crate::id::KeyId;

/// A hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldRecord {
    /// Digest of its statement.
    pub digest: Digest,
    /// What it holds, and why.
    pub hold: Hold,
    /// Who placed it.
    pub by: Signed,
    /// When it is to be looked at again, Unix seconds.
    pub review: u64,
    /// The statement that ended it.
    pub released: Option<Digest>,
}

/// A broken glass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantRecord {
    /// Digest of its statement.
    pub digest: Digest,
    /// What it opens, and why.
    pub grant: BreakGlass,
    /// Who broke the glass.
    pub by: Signed,
    /// When it ends, Unix seconds: as it says, or when the officer ceased to be active.
    pub until: u64,
    /// When the explanation is due, Unix seconds.
    pub due: u64,
    /// The statement that explained it.
    pub justified: Option<Digest>,
}

impl GrantRecord {
    /// Whether it is about this scope.
    #[must_use]
    pub fn covers(&self, scope: &KeyId) -> bool {
        self.grant.scopes.is_empty() || self.grant.scopes.contains(scope)
    }
}

impl Register {
    pub(super) fn hold(&mut self, hold: &Hold, by: &Accepted<'_>) -> Result<Vec<Effect>, Refusal> {
        let rules = &self.founded()?.policy.hold;
        let signed = self.one(by, &rules.place)?;
        each_once(&hold.targets)?;
        if hold.targets.is_empty() {
            return Err(Refusal::Targets(None));
        }
        check_until(hold.review, rules.longest_review, by.at)?;
        let (digest, targets) = (by.statement.digest, hold.targets.clone());
        let record = HoldRecord {
            digest,
            hold: hold.clone(),
            by: signed,
            review: hold.review,
            released: None,
        };
        self.holds.insert(digest, record);
        Ok(vec![Effect::Hold { hold: digest, targets }])
    }

    pub(super) fn review_hold(
        &mut self,
        review: &HoldReview,
        by: &Accepted<'_>,
    ) -> Result<Vec<Effect>, Refusal> {
        let rules = &self.founded()?.policy.hold;
        self.one(by, &rules.place)?;
        check_until(review.review, rules.longest_review, by.at)?;
        self.standing(review.hold)?.review = review.review;
        Ok(Vec::new())
    }

    pub(super) fn release(
        &mut self,
        release: &Release,
        by: &Accepted<'_>,
    ) -> Result<Vec<Effect>, Refusal> {
        let rules = &self.founded()?.policy.hold;
        self.several(by, rules.release, &rules.place)?;
        let record = self.standing(release.hold)?;
        record.released = Some(by.statement.digest);
        let targets = record.hold.targets.clone();
        let held: HashSet<KeyId> = self.held_ids().collect();
        let targets = targets.into_iter().filter(|target| !held.contains(target)).collect();
        Ok(vec![Effect::Release { hold: release.hold, targets }])
    }

    pub(super) fn break_glass(
        &mut self,
        grant: &BreakGlass,
        by: &Accepted<'_>,
    ) -> Result<Vec<Effect>, Refusal> {
        let rules = &self.founded()?.policy.break_glass;
        let signed = self.one(by, &rules.roles)?;
        each_once(&grant.scopes)?;
        check_until(grant.until, rules.longest, by.at)?;
        let digest = by.statement.digest;
        let record = GrantRecord {
            digest,
            grant: grant.clone(),
            by: signed,
            until: grant.until,
            due: grant.until.saturating_add(rules.justify_within.0),
            justified: None,
        };
        self.grants.insert(digest, record);
        Ok(vec![Effect::BreakGlass { grant: digest }])
    }

    pub(super) fn justify(
        &mut self,
        justify: &Justify,
        by: &Accepted<'_>,
    ) -> Result<Vec<Effect>, Refusal> {
        let signed = self.one(by, &super::Role::ALL)?;
        let record = self.grants.get_mut(&justify.grant);
        let record = record.ok_or(Refusal::UnknownGrant(justify.grant))?;
        if record.by.person != signed.person {
            return Err(Refusal::NotYours(record.by.officer.clone()));
        }
        if record.justified.is_some() {
            return Err(Refusal::Justified(justify.grant));
        }
        record.justified = Some(by.statement.digest);
        Ok(Vec::new())
    }

    /// Ids under standing holds.
    pub(super) fn held_ids(&self) -> impl Iterator<Item = KeyId> {
        let standing = self.holds.values().filter(|record| record.released.is_none());
        standing.flat_map(|record| record.hold.targets.iter().copied())
    }

    pub(super) fn check_not_held(
        &self,
        request: &Digest,
        inventories: &dyn Inventories,
    ) -> Result<(), Refusal> {
        let held: Vec<KeyId> = self.held_ids().collect();
        if held.is_empty() || !inventories.touches(request, &held) {
            return Ok(());
        }
        Err(Refusal::Held)
    }

    pub(super) fn end_grants(&mut self, id: &OfficerId, at: At) {
        for record in self.grants.values_mut().filter(|record| record.by.officer == *id) {
            record.until = record.until.min(at.time);
        }
    }

    fn standing(&mut self, digest: Digest) -> Result<&mut HoldRecord, Refusal> {
        let record = self.holds.get_mut(&digest).ok_or(Refusal::UnknownHold(digest))?;
        if record.released.is_some() { Err(Refusal::Released(digest)) } else { Ok(record) }
    }
}

/// In the future, and no farther than the policy allows.
fn check_until(given: u64, longest: Seconds, at: At) -> Result<(), Refusal> {
    let latest = at.time.saturating_add(longest.0);
    if given > at.time && given <= latest { Ok(()) } else { Err(Refusal::Until { given, latest }) }
}

fn each_once(ids: &[KeyId]) -> Result<(), Refusal> {
    let mut seen = HashSet::new();
    match ids.iter().find(|id| !seen.insert(**id)) {
        Some(twice) => Err(Refusal::Targets(Some(*twice))),
        None => Ok(()),
    }
}
