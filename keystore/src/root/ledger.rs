//! What the root page holds of the ledger: the tree's frontier, the time, what was opened lately, the trees' tops.

use sealkeep_crypto::Suite;
use sealkeep_crypto::codec::{Malformed, Reader, Writer};

use super::Top;
use crate::clock::{Moment, Time};
use crate::ledger::{Frontier, Hash};
use crate::page::{ChildRef, LEDGER_TREES, Tree};

/// The ledger's part of the root page.
pub(crate) struct LedgerHead {
    /// The RFC 6962 tree: size and complete subtrees.
    pub(crate) frontier: Frontier,
    pub(crate) time: Time,
    pub(crate) volume: Volume,
    pub(crate) rules: AccessRules,
    /// Trees 3 to 7.
    pub(crate) trees: [Records; 5],
}

/// A radix tree of the ledger: how many records, and where they begin.
pub(crate) struct Records {
    pub(crate) count: u32,
    pub(crate) top: Top,
}

/// What the policy says of opening, at hand where every opening needs it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct AccessRules {
    /// Whoever opens must say what for.
    pub(crate) purpose: bool,
    /// Keys in scopes of this level or more open only while the glass is broken; 0: none.
    pub(crate) restricted_from: u8,
    /// Until when the glass is broken at the latest, Unix seconds.
    pub(crate) glass_until: u64,
}

/// How many keys were handed out lately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Volume {
    /// When the window began, by the ledger's time.
    start: u64,
    /// Keys handed out since.
    opened: u64,
    /// More than so many are an alarm; 0: never.
    pub(crate) limit: u64,
}

/// Seconds for which keys that are handed out are counted together.
const WINDOW: u64 = 3600;

impl Volume {
    /// Counts keys that are handed out. Returns how many there were within the window when that is more than is usual, once
    /// for each window.
    pub(crate) fn count(&mut self, time: u64, keys: u64) -> Option<u64> {
        if time - self.start >= WINDOW {
            (self.start, self.opened) = (time, 0);
        }
        let before = self.opened;
        self.opened = before.saturating_add(keys);
        let crossed = before <= self.limit && self.opened > self.limit;
        (self.limit > 0 && crossed).then_some(self.opened)
    }
}

impl LedgerHead {
    pub(crate) fn new(suite: Suite, moment: Moment) -> Self {
        let none = || Records { count: 0, top: Top { height: 0, page: None } };
        Self {
            frontier: Frontier::new(suite),
            time: Time::begin(moment),
            volume: Volume { start: moment.wall, ..Volume::default() },
            rules: AccessRules::default(),
            trees: [none(), none(), none(), none(), none()],
        }
    }

    pub(crate) fn size(&self) -> u64 {
        self.frontier.size()
    }

    pub(crate) fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// The radix tree with this number, 3 to 7.
    pub(crate) fn tree(&self, tree: Tree) -> &Records {
        &self.trees[place(tree)]
    }

    pub(crate) fn tree_mut(&mut self, tree: Tree) -> &mut Records {
        &mut self.trees[place(tree)]
    }

    pub(crate) fn duplicate(&self) -> Self {
        let records = |records: &Records| Records {
            count: records.count,
            top: Top {
                height: records.top.height,
                page: records.top.page.as_ref().map(ChildRef::duplicate),
            },
        };
        Self {
            frontier: self.frontier.clone(),
            time: self.time.clone(),
            volume: self.volume,
            rules: self.rules,
            trees: self.trees.each_ref().map(records),
        }
    }

    pub(crate) fn encode(&self, out: &mut impl Writer) {
        self.time.encode(out);
        self.frontier.encode(out);
        out.put_u64(self.volume.start);
        out.put_u64(self.volume.opened);
        out.put_u64(self.volume.limit);
        out.put_u8(self.rules.purpose.into());
        out.put_u8(self.rules.restricted_from);
        out.put_u64(self.rules.glass_until);
        for Records { count, top } in &self.trees {
            out.put_u32(*count);
            out.put_u8(top.height);
            match &top.page {
                Some(page) => page.encode(out),
                None => out.put(&[0; ChildRef::LEN]),
            }
        }
    }

    pub(crate) fn decode(suite: Suite, reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let time = Time::decode(reader)?;
        let frontier = Frontier::decode(suite, reader)?;
        let volume = Volume { start: reader.u64()?, opened: reader.u64()?, limit: reader.u64()? };
        let rules = AccessRules {
            purpose: match reader.u8()? {
                0 => false,
                1 => true,
                _ => return Err(reader.malformed()),
            },
            restricted_from: reader.u8()?,
            glass_until: reader.u64()?,
        };
        let mut records = || -> Result<Records, Malformed> {
            let (count, height) = (reader.u32()?, reader.u8()?);
            let page = ChildRef::decode(reader)?;
            let page = (page.version != 0).then_some(page);
            if (count == 0) != page.is_none() {
                return Err(reader.malformed());
            }
            Ok(Records { count, top: Top { height, page } })
        };
        let trees = [records()?, records()?, records()?, records()?, records()?];
        let mut expected = frontier.size();
        for tree in &trees[..4] {
            if u64::from(tree.count) != expected {
                return Err(reader.malformed());
            }
            expected /= 256;
        }
        let late = volume.start > time.time;
        if frontier.size() == 0 || u64::from(trees[4].count) > frontier.size() || late {
            return Err(reader.malformed());
        }
        Ok(Self { frontier, time, volume, rules, trees })
    }
}

fn place(tree: Tree) -> usize {
    LEDGER_TREES.iter().position(|one| *one == tree).expect("a tree of the ledger")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_usual_is_told_once_in_an_hour() {
        let mut volume = Volume { limit: 10, ..Volume::default() };
        assert_eq!(volume.count(100_000, 10), None);
        assert_eq!(volume.count(100_001, 1), Some(11));
        assert_eq!(volume.count(100_002, 1000), None, "it was told");
        assert_eq!(volume.count(103_600, 11), Some(11), "another hour");
        let mut none = Volume::default();
        assert_eq!(none.count(0, u64::MAX), None);
        assert_eq!(none.count(1, u64::MAX), None);
    }
}
