//! What goes together with what was chosen: earlier and later generations of a path, other names of a file, and names that it had
//! before.

use std::collections::{HashMap, HashSet};

use sealkeep_keystore::KeyId;

use super::lineage::Table;
use super::resolve::Origin;

/// Adds to `hits` what goes with those of them that `follow`.
pub(super) fn follow(table: &Table, hits: &mut HashMap<KeyId, Origin>, follow: &HashSet<KeyId>) {
    let (generations, renamed) = by_path_and_content(table, follow);
    let mut roots: HashSet<KeyId> = follow.clone();
    for (keys, origin) in [(generations, Origin::Generation), (renamed, Origin::Renamed)] {
        for key in keys {
            roots.insert(key);
            hits.entry(key).or_insert(origin);
        }
    }
    for key in linked_with(table, &roots) {
        hits.entry(key).or_insert(Origin::HardLink);
    }
}

/// Other keys at the same paths, and keys under which the very same files lay elsewhere.
fn by_path_and_content(table: &Table, of: &HashSet<KeyId>) -> (Vec<KeyId>, Vec<KeyId>) {
    let chosen = || of.iter().filter_map(|key| table.objects.get(key));
    let paths: HashSet<u128> = chosen().map(|one| one.path).collect();
    let renamed = renamed(table, of);
    let others = table.objects.iter().filter(|(key, _)| !of.contains(*key));
    let same_path = others.filter(|(_, one)| paths.contains(&one.path)).map(|(key, _)| *key);
    let same_path: HashSet<KeyId> = same_path.collect();
    let same_file = renamed.into_iter().filter(|key| !same_path.contains(key)).collect();
    (same_path.into_iter().collect(), same_file)
}

/// Other keys under which a file of these lay, and under which that one lay, and so on: a file may have had many names.
fn renamed(table: &Table, of: &HashSet<KeyId>) -> HashSet<KeyId> {
    let mut by_content: HashMap<u64, Vec<KeyId>> = HashMap::new();
    for (key, one) in &table.objects {
        for version in one.versions.iter().filter(|version| version.content != 0) {
            by_content.entry(version.content).or_default().push(*key);
        }
    }
    let mut found = HashSet::new();
    let mut waiting: Vec<KeyId> = of.iter().copied().collect();
    while let Some(key) = waiting.pop() {
        let versions = table.objects.get(&key).into_iter().flat_map(|one| &one.versions);
        for content in versions.map(|version| version.content) {
            // Each content is followed once.
            let with_it = by_content.remove(&content).unwrap_or_default();
            let new = with_it.into_iter().filter(|key| !of.contains(key));
            waiting.extend(new.filter(|key| found.insert(*key)));
        }
    }
    found
}

/// Keys of other names that a file of these has in the same snapshot. An inode number says nothing from one snapshot to the next.
pub(super) fn linked_with(table: &Table, of: &HashSet<KeyId>) -> HashSet<KeyId> {
    let mut found = HashSet::new();
    if !table.linked.iter().any(|one| of.contains(&one.key)) {
        return found;
    }
    let mut by_segment: HashMap<u32, Vec<usize>> = HashMap::new();
    for (at, one) in table.linked.iter().enumerate() {
        by_segment.entry(one.segment).or_default().push(at);
    }
    for snapshot in &table.snapshots {
        let here = || {
            let rows = snapshot.segments.iter().filter_map(|segment| by_segment.get(segment));
            rows.flatten().map(|&at| &table.linked[at])
        };
        let inodes: HashSet<(u64, u64)> =
            here().filter(|one| of.contains(&one.key)).map(|one| (one.device, one.inode)).collect();
        let same = here().filter(|one| inodes.contains(&(one.device, one.inode)));
        found.extend(same.map(|one| one.key).filter(|key| !of.contains(key)));
    }
    found
}

/// Keys that only this snapshot has, and how many of its keys others have too. None if there is no such snapshot.
pub(super) fn only_in(
    table: &Table,
    snapshot: crate::vault::SnapshotId,
) -> Option<(HashSet<KeyId>, usize)> {
    let keys_of = table.keys_of.as_ref()?;
    let keys = |segments: &[u32]| -> HashSet<KeyId> {
        segments.iter().flat_map(|&at| keys_of[at as usize].iter().copied()).collect()
    };
    let this = table.snapshots.iter().find(|one| one.id == snapshot)?;
    let mut only = keys(&this.segments);
    let all = only.len();
    let others: HashSet<u32> = table
        .snapshots
        .iter()
        .filter(|one| one.id != snapshot)
        .flat_map(|one| one.segments.iter().copied())
        .collect();
    for segment in others {
        for key in &keys_of[segment as usize] {
            only.remove(key);
        }
    }
    let shared = all - only.len();
    Some((only, shared))
}

/// Keys of objects that are not in `hits` and hold some of their content.
pub(super) fn sharing(table: &Table, hits: &HashMap<KeyId, Origin>) -> Vec<KeyId> {
    let tags: HashSet<_> = hits
        .keys()
        .filter_map(|key| table.objects.get(key))
        .flat_map(|one| one.tags.iter().copied())
        .collect();
    if tags.is_empty() {
        return Vec::new();
    }
    let others = table.objects.iter().filter(|(key, _)| !hits.contains_key(*key));
    let shares = others.filter(|(_, one)| one.tags.iter().any(|tag| tags.contains(tag)));
    let mut keys: Vec<KeyId> = shares.map(|(key, _)| *key).collect();
    keys.sort_unstable();
    keys
}
