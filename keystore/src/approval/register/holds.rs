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
    /// Keys of new versions of what it holds, which the store made since: they are held with it.
    pub heirs: Vec<KeyId>,
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
    /// When it ends, Unix seconds: as it says, or when the officer ceased to be active, or when the clock was set.
    pub until: u64,
    /// When the explanation is due, Unix seconds.
    pub due: u64,
    /// The statement that explained it.
    pub justified: Option<Digest>,
}

impl HoldRecord {
    /// Keys and scopes that it holds: what it names, and their heirs.
    pub fn ids(&self) -> impl Iterator<Item = KeyId> {
        self.hold.targets.iter().chain(&self.heirs).copied()
    }
}

impl GrantRecord {
    /// Whether it is about this scope.
    #[must_use]
    pub fn covers(&self, scope: &KeyId) -> bool {
        self.grant.scopes.is_empty() || self.grant.scopes.contains(scope)
    }
}

impl Register {
    pub(super) fn hold(
        &mut self,
        hold: &Hold,
        by: &Accepted<'_>,
        inventories: &dyn Inventories,
    ) -> Result<Vec<Effect>, Refusal> {
        let rules = &self.founded()?.policy.hold;
        let signed = self.one(by, &rules.place)?;
        each_once(&hold.targets)?;
        if hold.targets.is_empty() {
            return Err(Refusal::Targets(None));
        }
        check_until(hold.review, rules.longest_review, by.at)?;
        self.check_not_begun(&hold.targets, inventories)?;
        let (digest, targets) = (by.statement.digest, hold.targets.clone());
        let record = HoldRecord {
            digest,
            hold: hold.clone(),
            heirs: Vec::new(),
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
        let targets: Vec<KeyId> = record.ids().collect();
        let held: HashSet<KeyId> = self.held_ids().collect();
        let targets = targets.into_iter().filter(|target| !held.contains(target)).collect();
        Ok(vec![Effect::Release { hold: release.hold, targets }])
    }

    pub(super) fn inherit(&mut self, hold: Digest, keys: &[KeyId]) -> Result<Vec<Effect>, Refusal> {
        each_once(keys)?;
        let record = self.standing(hold)?;
        let held: HashSet<KeyId> = record.ids().collect();
        match keys.iter().find(|key| held.contains(*key)) {
            Some(twice) => Err(Refusal::Targets(Some(*twice))),
            None => {
                record.heirs.extend(keys);
                Ok(Vec::new())
            }
        }
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
        self.standing_holds().flat_map(HoldRecord::ids)
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

    /// What the store has begun to destroy dies: nobody promises to keep it.
    fn check_not_begun(
        &self,
        targets: &[KeyId],
        inventories: &dyn Inventories,
    ) -> Result<(), Refusal> {
        let mut begun = self.unfinished().filter(|record| record.destroyed.is_none());
        match begun.find(|record| inventories.touches(&record.digest, targets)) {
            Some(record) => Err(Refusal::Begun(record.digest)),
            None => Ok(()),
        }
    }

    /// The glass that this officer broke is whole again; all glass, if no officer is named.
    pub(super) fn end_grants(&mut self, id: Option<&OfficerId>, at: At) {
        let ends = |record: &&mut GrantRecord| id.is_none_or(|id| record.by.officer == *id);
        for record in self.grants.values_mut().filter(ends) {
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
