//! Which objects of a vault are meant.

use std::collections::{BTreeMap, HashMap, HashSet};

use sealkeep_keystore::KeyId;

use super::Origin;
use super::keys::Scoped;
use crate::destruction::choice::{Choice, Matcher, Options};
use crate::destruction::error::{Error, Result};
use crate::destruction::lineage::{Closed, Table};
use crate::destruction::related::{follow, only_in, sharing};
use crate::destruction::scan::scan;
use crate::envelope::Run;
use crate::keys::StoreKeys;
use crate::vault::{Mark, Vault};

/// Objects of a vault.
pub(in crate::destruction) struct Objects {
    pub(super) table: Table,
    pub(super) hits: HashMap<KeyId, Origin>,
    /// Paths of objects whose keys do not open, known from what was chosen.
    pub(super) closed_paths: HashMap<KeyId, Vec<u8>>,
    /// Objects that nobody can say anything about.
    pub(super) unexamined: usize,
    /// Other names and generations that are not taken along.
    pub(super) left: usize,
    /// Objects of a chosen snapshot that others have too.
    pub(super) in_others: usize,
    /// Objects that hold some of the same content.
    pub(super) sharing: Vec<KeyId>,
}

/// Looks at all snapshots.
///
/// # Errors
/// `NoSnapshot`, `Pattern`, `Vault`, `Cancelled`.
pub(super) fn find(
    vault: &Vault,
    options: &Options,
    scoped: &Scoped,
    keys: &StoreKeys,
    run: &Run<'_>,
) -> Result<Objects> {
    let matcher = Matcher::new(options)?;
    let by_snapshot = options.choices.iter().any(|one| matches!(one, Choice::Snapshot(_)));
    let table = scan(vault, &matcher, by_snapshot, run)?;
    let chosen = table.objects.iter().filter(|(_, one)| one.chosen);
    let mut hits: HashMap<KeyId, Origin> = chosen.map(|(key, _)| (*key, Origin::Chosen)).collect();
    for key in scoped.keys.keys().filter(|key| table.objects.contains_key(*key)) {
        hits.entry(*key).or_insert(Origin::Scope);
    }
    let closed = closed(vault, &table, &matcher, scoped, keys)?;
    hits.extend(closed.paths.keys().map(|key| (*key, Origin::Chosen)));
    let followed: HashSet<KeyId> = hits.keys().copied().collect();
    follow(&table, &mut hits, &followed);

    let mut alone: HashSet<KeyId> = HashSet::new();
    let mut in_others = 0;
    for choice in &options.choices {
        match choice {
            Choice::Snapshot(id) => {
                let (only, shared) = only_in(&table, *id).ok_or(Error::NoSnapshot(*id))?;
                in_others += shared;
                alone.extend(only.into_iter().filter(|key| table.objects.contains_key(key)));
            }
            Choice::Due(class) => alone.extend(due(&table, options, class.as_deref())),
            _ => {}
        }
    }
    for key in &alone {
        hits.entry(*key).or_insert(Origin::Chosen);
    }
    let mut with_others = hits.clone();
    follow(&table, &mut with_others, &alone);
    let left = with_others.len() - hits.len();
    let sharing = sharing(&table, &hits);
    let (closed_paths, unexamined) = (closed.paths, closed.unexamined);
    Ok(Objects { table, hits, closed_paths, unexamined, left, in_others, sharing })
}

/// Objects whose period has passed.
fn due<'t>(
    table: &'t Table,
    options: &'t Options,
    class: Option<&'t str>,
) -> impl Iterator<Item = KeyId> + 't {
    let passed = move |(key, one): (&KeyId, &'t crate::destruction::lineage::Lineage)| {
        let name = table.class(one, &options.retention);
        let period = options.retention.period(name, one.level, one.start)?;
        let wanted = class.is_none_or(|wanted| wanted == name) && period.is_due(options.today);
        wanted.then_some(*key)
    };
    table.objects.iter().filter_map(passed)
}

struct ClosedObjects {
    paths: HashMap<KeyId, Vec<u8>>,
    unexamined: usize,
}

/// What can be said of objects whose keys did not open when they were listed: whether they lay at a path that was chosen, by its
/// mark. Destroyed ones are left out, and those whose scope was chosen are found by the key store.
fn closed(
    vault: &Vault,
    table: &Table,
    matcher: &Matcher<'_>,
    scoped: &Scoped,
    keys: &StoreKeys,
) -> Result<ClosedObjects> {
    let unknown = |one: &&Closed| {
        !table.objects.contains_key(&one.key) && !scoped.keys.contains_key(&one.key)
    };
    let mut rows: HashMap<KeyId, Closed> = HashMap::new();
    for one in table.closed.iter().filter(unknown) {
        rows.entry(one.key).or_insert(*one);
    }
    let ids: Vec<KeyId> = rows.keys().copied().collect();
    let facts = keys.with(|store| store.facts(&ids))?;
    for (id, _) in ids.iter().zip(facts).filter(|(_, facts)| facts.is_err()) {
        rows.remove(id);
    }
    let marks: HashMap<Mark, &Vec<u8>> =
        matcher.paths().iter().map(|path| (vault.keyring().mark(path), path)).collect();
    let mut by_segment: BTreeMap<u32, Vec<Closed>> = BTreeMap::new();
    rows.values().for_each(|row| by_segment.entry(row.segment).or_default().push(*row));
    let mut found = ClosedObjects { paths: HashMap::new(), unexamined: rows.len() };
    for (segment, rows) in by_segment.into_iter().filter(|_| !marks.is_empty()) {
        let segment = vault.segment(&table.segments[segment as usize])?;
        let locators = segment.locators(vault.keyring())?;
        for row in rows {
            if let Some(path) = marks.get(locators.mark(row.entry as usize)) {
                found.paths.insert(row.key, (*path).clone());
            }
        }
    }
    found.unexamined -= found.paths.len();
    Ok(found)
}
