//! What all snapshots together say of the objects of a vault: one [`Lineage`] for each key.

use std::collections::HashMap;

use sealkeep_keystore::KeyId;

use super::scan::Digested;
use crate::retention::Policy;
use crate::vault::{SegmentRef, SnapshotId, Tag};

/// Every version that is sealed under one key.
#[derive(Debug)]
pub(super) struct Lineage {
    /// Hash of its path; a key is for one path only.
    pub(super) path: u128,
    /// Number of the retention class of its newest version.
    pub(super) class: u32,
    /// Numbers of other classes that earlier versions had: taking a class away shortens no period.
    pub(super) earlier_classes: Vec<u32>,
    /// The highest level of its versions.
    pub(super) level: u8,
    /// The latest beginning of a retention period of all versions: they go together.
    pub(super) start: i64,
    /// When it was first backed up.
    pub(super) first: u64,
    /// Newest first, each once.
    pub(super) versions: Vec<Version>,
    /// Numbers of all segments that have a version of it.
    pub(super) segments: Vec<u32>,
    /// Tags of all chunks of all versions, with repetitions.
    pub(super) tags: Vec<Tag>,
    /// Whether a version is what somebody chose.
    pub(super) chosen: bool,
}

/// One version, and one place where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Version {
    /// Hash of its description and tags.
    pub(super) signature: u64,
    /// Number of the segment in [`Table::segments`].
    pub(super) segment: u32,
    /// Number of the entry in it.
    pub(super) entry: u32,
    /// Hash of device, inode, scope and tags; 0 for what has no content. Equal in two lineages: one file that was renamed.
    pub(super) content: u64,
}

/// A version with more than one name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Linked {
    pub(super) segment: u32,
    pub(super) key: KeyId,
    pub(super) device: u64,
    pub(super) inode: u64,
}

/// An entry whose key did not open when the listing was made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Closed {
    pub(super) segment: u32,
    pub(super) entry: u32,
    pub(super) key: KeyId,
}

/// A snapshot and the numbers of its segments.
#[derive(Debug)]
pub(super) struct Snap {
    pub(super) id: SnapshotId,
    pub(super) segments: Vec<u32>,
}

/// Everything that the snapshots of a vault say.
#[derive(Default)]
pub(super) struct Table {
    /// Each once, those of the newest snapshot first.
    pub(super) segments: Vec<SegmentRef>,
    /// Newest first.
    pub(super) snapshots: Vec<Snap>,
    pub(super) objects: HashMap<KeyId, Lineage>,
    pub(super) linked: Vec<Linked>,
    pub(super) closed: Vec<Closed>,
    /// The keys of each segment; only kept if somebody needs to know.
    pub(super) keys_of: Option<Vec<Vec<KeyId>>>,
    /// Segments that cannot be read.
    pub(super) unread: Vec<(u32, crate::vault::Error)>,
    classes: Vec<String>,
}

impl Table {
    /// Takes a row. Those of newer segments come first.
    pub(super) fn take(&mut self, segment: u32, row: Digested) {
        if let Some(keys) = &mut self.keys_of {
            keys[segment as usize].push(row.key);
        }
        let (key, entry) = (row.key, row.entry);
        let Some(open) = row.open else {
            self.closed.push(Closed { segment, entry, key });
            return;
        };
        if let Some((device, inode)) = open.linked {
            self.linked.push(Linked { segment, key, device, inode });
        }
        let version = Version { signature: open.signature, segment, entry, content: open.content };
        let class = self.class_number(&open.class);
        if let Some(lineage) = self.objects.get_mut(&key) {
            if class != lineage.class && !lineage.earlier_classes.contains(&class) {
                lineage.earlier_classes.push(class);
            }
            lineage.level = lineage.level.max(open.level);
            lineage.start = lineage.start.max(open.start);
            lineage.first = lineage.first.min(open.first);
            lineage.segments.push(segment);
            if lineage.versions.iter().all(|known| known.signature != version.signature) {
                lineage.chosen |= open.chosen;
                lineage.versions.push(version);
                lineage.tags.extend(open.tags);
            }
            return;
        }
        let lineage = Lineage {
            path: open.path,
            class,
            earlier_classes: Vec::new(),
            level: open.level,
            start: open.start,
            first: open.first,
            versions: vec![version],
            segments: vec![segment],
            tags: open.tags,
            chosen: open.chosen,
        };
        self.objects.insert(key, lineage);
    }

    /// The retention class that holds an object longest, of those that its versions had; the newest, if none says how long.
    pub(super) fn class(&self, lineage: &Lineage, policy: &Policy) -> &str {
        let name = |number: u32| self.classes[number as usize].as_str();
        let all = lineage.earlier_classes.iter().copied().chain([lineage.class]).map(name);
        let last_day = |class: &str| {
            policy.period(class, lineage.level, lineage.start).map(|period| period.last_day)
        };
        // Of several that end on one day the newest, which comes last.
        let longest = all.filter_map(|class| Some((last_day(class)?, class)));
        let longest = longest.max_by_key(|(day, _)| *day);
        longest.map_or_else(|| name(lineage.class), |(_, class)| class)
    }

    fn class_number(&mut self, name: &str) -> u32 {
        let known = self.classes.iter().position(|one| one == name);
        let number = known.unwrap_or_else(|| {
            self.classes.push(name.to_owned());
            self.classes.len() - 1
        });
        u32::try_from(number).expect("fewer classes than objects")
    }
}
