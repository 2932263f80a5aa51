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
    let contents: HashSet<u64> = chosen()
        .flat_map(|one| one.versions.iter().map(|version| version.content))
        .filter(|content| *content != 0)
        .collect();
    let (mut same_path, mut same_file) = (Vec::new(), Vec::new());
    for (key, lineage) in table.objects.iter().filter(|(key, _)| !of.contains(*key)) {
        if paths.contains(&lineage.path) {
            same_path.push(*key);
        } else if lineage.versions.iter().any(|version| contents.contains(&version.content)) {
            same_file.push(*key);
        }
    }
    (same_path, same_file)
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
