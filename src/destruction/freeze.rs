//! From what was found to what officers sign: lines, names under a key of their own, and what the request says of them.

use sealkeep_keystore::approval::inventory::{self, Extra, Method};
use sealkeep_keystore::approval::{Digest, Item, ItemKind, RegisteredCopy, Summary, Text};
use sealkeep_keystore::{KeyFacts, KeyId};

use super::annex::{REVIEW_SCOPE, ReviewKey};
use super::error::{Error, Result};
use super::overwrite::{self, Listed};
use super::request_files::{Part, RequestFiles};
use super::resolve::{Found, Resolution};
use crate::keys::{Keys, StoreKeys};

/// A list that does not change any more.
#[derive(Debug)]
pub struct Frozen {
    /// The items; the last is the review key.
    pub items: Vec<Item>,
    /// Their names, in their order.
    pub names: Vec<String>,
    /// What the request repeats.
    pub summary: Summary,
    /// The highest level.
    pub level: u8,
    /// The ids that the key store will destroy, in order.
    pub targets: Vec<KeyId>,
    /// Registered copies.
    pub copies: Vec<RegisteredCopy>,
    /// What stays behind somewhere for a while.
    pub residual: Vec<Text>,
    /// What is not destroyed by this.
    pub not_covered: Vec<Text>,
    lines: String,
    annex: Vec<u8>,
    overwritten: Vec<Listed>,
}

impl Resolution {
    /// Makes the lines, and a key for the names in the key store, which is listed too.
    ///
    /// # Errors
    /// `Blocked` if anything must be kept, `Nothing`, `TooLong`; what the key store says.
    pub fn freeze(self, keys: &StoreKeys) -> Result<Frozen> {
        if !self.blocked.is_empty() {
            return Err(Error::Blocked(self.blocked));
        }
        if self.found.is_empty() {
            return Err(Error::Nothing);
        }
        let suite = keys.with(|store| store.suite());
        let made = keys.create(REVIEW_SCOPE, suite, &[b"review"]).map_err(Error::Keys)?;
        let (id, secret) = made.into_iter().next().expect("one for one");
        let facts = keys.with(|store| store.facts(&[id]))?.pop().expect("one for one")?;
        let review = ReviewKey::new(suite, secret);
        let tags = review.tag_key();
        let level = self.level();
        let mut names: Vec<String> = self.found.iter().map(|one| one.name.clone()).collect();
        names.push(REVIEW_SCOPE.to_owned());
        let of_keys = self.copies.iter().zip(0..).filter(|(copy, _)| copy.status.is_some());
        let of_keys: Vec<u32> = of_keys.map(|(_, number)| number).collect();
        let mut items: Vec<Item> = self.found.iter().map(item).collect();
        items.push(review_item(&facts, of_keys));
        for ((item, number), name) in items.iter_mut().zip(0..).zip(&names) {
            (item.item, item.tag) = (number, Some(tags.tag(name)));
            item.check().map_err(|_| Error::TooLong("a line of the inventory"))?;
        }
        let lines: Vec<String> = items.iter().map(Item::line).collect();
        let read = inventory::read(suite, lines.iter().map(String::as_str));
        let read = read.map_err(|_| Error::TooLong("the inventory"))?;
        let annex = review.seal(&read.summary.root, &names);
        Ok(Frozen {
            overwritten: self.overwritten(),
            items,
            names,
            level: level.max(read.level),
            summary: read.summary,
            targets: read.targets,
            copies: self.copies.into_iter().map(|copy| copy.registered).collect(),
            residual: self.residual,
            not_covered: self.not_covered,
            lines: lines.join("\n"),
            annex,
        })
    }
}

impl Frozen {
    /// Writes lines, names and what is to be overwritten beside the key store, for the request with this digest. To be called
    /// before the request is handed to the key store: without them it cannot go on.
    ///
    /// # Errors
    /// `Io`.
    pub fn keep(&self, files: &RequestFiles, request: &Digest) -> Result<()> {
        files.write(request, Part::Inventory, self.lines.as_bytes())?;
        files.write(request, Part::Names, &self.annex)?;
        if !self.overwritten.is_empty() {
            files.write(request, Part::Targets, &overwrite::encode(&self.overwritten))?;
        }
        Ok(())
    }
}

fn item(found: &Found) -> Item {
    let facts = found.facts.as_ref();
    let keyed = facts.is_some() || found.kind == ItemKind::Scope;
    Item {
        item: 0,
        kind: found.kind,
        key: facts.map(|facts| facts.id),
        scope: found.scope.or(facts.map(|facts| facts.scope)),
        state: facts.map(|facts| facts.state),
        held: false,
        level: (keyed || found.level > 0).then_some(found.level),
        suite: facts.map(|facts| facts.suite),
        created: facts.map(|facts| facts.created),
        size: found.size,
        digest: found.digest.clone(),
        tag: None,
        method: found.method.clone(),
        copies: found.copies.clone(),
        class: found.retention.as_ref().and_then(|(class, _)| Extra::new(class)),
        due: found.retention.as_ref().and_then(|(_, due)| *due),
        extra: found.extra.clone(),
    }
}

fn review_item(facts: &KeyFacts, copies: Vec<u32>) -> Item {
    Item {
        item: 0,
        kind: ItemKind::Key,
        key: Some(facts.id),
        scope: Some(facts.scope),
        state: Some(facts.state),
        held: false,
        level: Some(facts.level),
        suite: Some(facts.suite),
        created: Some(facts.created),
        size: None,
        digest: None,
        tag: None,
        method: Method::CryptoErase { wipe: None },
        copies,
        class: None,
        due: None,
        extra: None,
    }
}

/// The review key among the items of an inventory: the last, if it is a key.
#[must_use]
pub(super) fn review_key(items: &[Item]) -> Option<KeyId> {
    items.last().filter(|item| item.kind == ItemKind::Key).and_then(|item| item.key)
}
