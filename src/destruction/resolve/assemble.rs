//! Objects, keys, files and media put together into one list, in an order that does not change.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::os::unix::ffi::OsStrExt;

use sealkeep_crypto::Suite;
use sealkeep_keystore::approval::inventory::{Extra, ItemDigest, Method};
use sealkeep_keystore::approval::{CopyOf, ItemKind, Text};
use sealkeep_keystore::{self as keystore, KeyFacts, KeyId, KeyState};

use super::keys::Scoped;
use super::objects::Objects;
use super::{Found, Origin, Resolution, Sources};
use crate::backup::LABEL as OF_A_VAULT;
use crate::calendar::begins;
use crate::destruction::blocked::{Blocked, Why, by_retention, by_state};
use crate::destruction::choice::{Choice, Options, Physical};
use crate::destruction::error::{Error, Result};
use crate::destruction::measure::{Measured, measure};
use crate::destruction::overwrite::Target;
use crate::destruction::places::{self, CopyPlace};
use crate::destruction::plain::{self, PlainFile, SealedFile};
use crate::destruction::texts;
use crate::envelope::Run;
use crate::keys::StoreKeys;
use crate::vault::register::Register;

/// Makes the list.
pub(super) fn assemble(
    sources: &Sources<'_>,
    options: &Options,
    copies: Vec<CopyPlace>,
    scoped: Scoped,
    objects: Option<Objects>,
    run: &Run<'_>,
) -> Result<Resolution> {
    let suite = sources.keys.with(|store| store.suite());
    let mut made = Maker {
        options,
        suite,
        scoped,
        found: Vec::new(),
        blocked: Vec::new(),
        not_covered: texts::always(sources.vault.is_some()),
        residual: Vec::new(),
        unclassified: 0,
        of_vaults: 0,
        unknown: 0,
        gone: 0,
        copies,
    };
    let mut sealed = made.sealed_files(run)?;
    let keys = made.facts(sources.keys, objects.as_ref(), &sealed)?;
    let measured = match (&objects, sources.vault) {
        (Some(objects), Some(vault)) => {
            let alive = objects.hits.keys().filter(|key| keys.contains_key(*key)).copied();
            measure(vault, &objects.table, suite, alive, run)?
        }
        _ => HashMap::new(),
    };
    made.scopes();
    for (key, facts) in &keys {
        let is_hit = objects.as_ref().and_then(|all| Some((all, *all.hits.get(key)?)));
        match (is_hit, sealed.remove(key)) {
            (Some((all, origin)), _) => made.object(facts, all, origin, measured.get(key)),
            (None, Some(file)) => made.sealed(facts, file),
            (None, None) => made.key(facts),
        }
    }
    if made.of_vaults > 0 && sources.vault.is_none() {
        return Err(Error::OtherVault(made.of_vaults));
    }
    made.plain_files()?;
    made.media(sources)?;
    made.texts(sources, objects.as_ref())?;
    Ok(made.finish(objects))
}

struct Maker<'o> {
    options: &'o Options,
    suite: Suite,
    scoped: Scoped,
    copies: Vec<CopyPlace>,
    found: Vec<Found>,
    blocked: Vec<Blocked>,
    residual: Vec<Text>,
    not_covered: Vec<Text>,
    unclassified: usize,
    /// Keys of objects of vaults that are in no snapshot that was looked at.
    of_vaults: usize,
    /// Other keys of which nobody says how long what they sealed must be kept.
    unknown: usize,
    gone: usize,
}

impl Maker<'_> {
    /// Sealed files by key; of several under one key the first.
    fn sealed_files(&mut self, run: &Run<'_>) -> Result<HashMap<KeyId, SealedFile>> {
        let mut by_key = HashMap::new();
        let (mut paths, mut further) = (HashSet::new(), 0);
        for choice in &self.options.choices {
            let Choice::Sealed(path) = choice else { continue };
            for file in plain::sealed(path, self.suite, run)? {
                if !paths.insert(file.path.clone()) {
                    continue;
                }
                match by_key.entry(file.key) {
                    Entry::Occupied(_) => further += 1,
                    Entry::Vacant(first) => {
                        first.insert(file);
                    }
                }
            }
        }
        if further > 0 {
            self.not_covered.push(texts::other_copies_of_sealed(further));
        }
        Ok(by_key)
    }

    /// What the key store says of every key that is meant, by id.
    fn facts(
        &mut self,
        keys: &StoreKeys,
        objects: Option<&Objects>,
        sealed: &HashMap<KeyId, SealedFile>,
    ) -> Result<BTreeMap<KeyId, KeyFacts>> {
        let of_objects = objects.into_iter().flat_map(|all| all.hits.keys());
        let all: BTreeSet<KeyId> =
            of_objects.chain(self.scoped.keys.keys()).chain(sealed.keys()).copied().collect();
        let ids: Vec<KeyId> = all.into_iter().collect();
        let mut facts = BTreeMap::new();
        for (id, one) in ids.iter().zip(keys.with(|store| store.facts(&ids))?) {
            match one {
                Ok(known) => drop(facts.insert(*id, known)),
                Err(keystore::Error::Destroyed { .. }) => self.gone += 1,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(facts)
    }

    fn scopes(&mut self) {
        for (id, scope) in &self.scoped.chosen {
            let name = scope.name.clone().unwrap_or_default();
            if let Some(why) = by_state(KeyState::Active, scope.held) {
                self.blocked.push(Blocked { id: *id, name: name.clone(), why });
            }
            self.found.push(Found {
                scope: Some(*id),
                level: scope.level,
                copies: self.key_copies(),
                ..found(ItemKind::Scope, name, crypto_erase())
            });
        }
    }

    fn object(
        &mut self,
        facts: &KeyFacts,
        objects: &Objects,
        origin: Origin,
        measured: Option<&Measured>,
    ) {
        let path = match measured {
            Some(measured) => &measured.path,
            None => objects.closed_paths.get(&facts.id).unwrap_or(const { &Vec::new() }),
        };
        let name = name_of(&[b"/", &path[..]].concat());
        let mut level = facts.level;
        let mut why = by_state(facts.state, facts.held);
        let (mut first, mut retention) = (facts.created, None);
        if let Some(lineage) = objects.table.objects.get(&facts.id) {
            let class = objects.table.class(lineage, &self.options.retention);
            let known = self.options.retention.class(class, lineage.level).is_some();
            self.unclassified += usize::from(!known);
            why = why.or_else(|| by_retention(self.options, class, lineage));
            let period = self.options.retention.period(class, lineage.level, lineage.start);
            let due = period.and_then(|period| Some(begins(period.last_day.tomorrow().ok()?)));
            let due = due.and_then(|due| u64::try_from(due).ok());
            retention = known.then(|| (class.to_owned(), due));
            level = level.max(lineage.level);
            first = lineage.first;
        } else {
            // Its key did not open when the vault was listed.
            self.of_vaults += 1;
            why = why.or_else(|| self.by_ignorance());
        }
        self.block(facts, &name, why);
        let holds = |copy: &CopyPlace| match copy.registered.what {
            CopyOf::KeystoreCopy => true,
            CopyOf::VaultCopy => {
                measured.is_none_or(|one| one.packs.iter().any(|pack| copy.may_hold(*pack, first)))
            }
        };
        let copies = self.copies.iter().zip(0..).filter(|(copy, _)| holds(copy));
        let copies = copies.map(|(_, number)| number).collect();
        let suite = self.suite;
        self.found.push(Found {
            origin,
            facts: Some(*facts),
            level,
            size: measured.map(|one| one.size),
            digest: measured.map(|one| ItemDigest { suite, bytes: one.digest }),
            copies,
            retention,
            ..found(ItemKind::Object, name, crypto_erase())
        });
    }

    fn sealed(&mut self, facts: &KeyFacts, file: SealedFile) {
        let name = name_of(file.path.as_os_str().as_bytes());
        self.block(facts, &name, by_state(facts.state, facts.held));
        let (size, digest) =
            (Some(file.size), ItemDigest { suite: self.suite, bytes: file.digest });
        let wipe = self.options.overwrite_sealed.clone();
        let target = wipe.as_ref().map(|method| Target::sealed(&file, method));
        let origin = self.origin(&facts.id);
        self.found.push(Found {
            origin,
            facts: Some(*facts),
            level: facts.level,
            size,
            digest: Some(digest),
            copies: self.key_copies(),
            target,
            ..found(ItemKind::Sealed, name, Method::CryptoErase { wipe })
        });
    }

    fn key(&mut self, facts: &KeyFacts) {
        let label = self.scoped.keys.get(&facts.id).map_or(&[][..], |label| label);
        let of_vault = label == OF_A_VAULT;
        let unknown = if of_vault { &mut self.of_vaults } else { &mut self.unknown };
        *unknown += 1;
        let scope = self.scoped.names.get(&facts.scope).map_or("", String::as_str);
        let name = format!("{scope}: {}", name_of(label));
        let why = by_state(facts.state, facts.held);
        let why = why.or_else(|| self.by_ignorance().filter(|_| of_vault));
        self.block(facts, &name, why);
        self.found.push(Found {
            origin: self.origin(&facts.id),
            facts: Some(*facts),
            level: facts.level,
            copies: self.key_copies(),
            ..found(ItemKind::Key, name, crypto_erase())
        });
    }

    fn block(&mut self, facts: &KeyFacts, name: &str, why: Option<Why>) {
        let blocked = why.map(|why| Blocked { id: facts.id, name: name.to_owned(), why });
        self.blocked.extend(blocked);
    }

    /// What keeps an object of which nobody can tell how long it must be kept.
    fn by_ignorance(&self) -> Option<Why> {
        (!self.options.unclassified).then_some(Why::Unclassified)
    }

    fn origin(&self, key: &KeyId) -> Origin {
        if self.scoped.keys.contains_key(key) { Origin::Scope } else { Origin::Chosen }
    }

    fn key_copies(&self) -> Vec<u32> {
        let of_keys = |copy: &CopyPlace| copy.registered.what == CopyOf::KeystoreCopy;
        let numbered = self.copies.iter().zip(0..).filter(|(copy, _)| of_keys(copy));
        numbered.map(|(_, number)| number).collect()
    }

    fn plain_files(&mut self) -> Result<()> {
        let (mut seen, mut inodes, mut others) = (HashSet::new(), HashMap::new(), 0);
        let mut files = Vec::new();
        for choice in &self.options.choices {
            let Choice::Plain(path) = choice else { continue };
            let (found, left) = plain::plain(path)?;
            others += left;
            files.extend(found.into_iter().filter(|file| seen.insert(file.path.clone())));
        }
        for file in &files {
            *inodes.entry(file.identity.id).or_insert(0) += 1;
        }
        let linked = files.iter().filter(|file| inodes[&file.identity.id] < file.links).count();
        if linked > 0 {
            self.not_covered.push(texts::other_links(linked));
        }
        files.iter().for_each(|file| self.plain_file(file));
        if others > 0 {
            self.not_covered.push(texts::folders_stay(others));
        }
        Ok(())
    }

    fn plain_file(&mut self, file: &PlainFile) {
        let kind = if file.device { ItemKind::Device } else { ItemKind::File };
        let method = self.options.method.clone();
        let target = Target::plain(file, &method);
        self.found.push(Found {
            size: Some(file.size),
            digest: Some(ItemDigest { suite: self.suite, bytes: target.commitment(self.suite) }),
            target: Some(target),
            ..found(kind, name_of(file.path.as_os_str().as_bytes()), Method::Wipe(method))
        });
    }

    fn media(&mut self, sources: &Sources<'_>) -> Result<()> {
        for choice in &self.options.choices {
            let (physical, level, known) = match (choice, sources.vault) {
                (Choice::Unregistered(physical), _) => (physical, 0, String::new()),
                (Choice::Medium(id, physical), Some(vault)) => {
                    let register = Register::load(&**vault.storage(), vault.file())?;
                    let medium = register.find(id)?;
                    let serial = medium.serial.clone().unwrap_or_default();
                    (physical, medium.level, format!("{} {serial}", medium.id))
                }
                _ => continue,
            };
            let medium = format!("{known} {}", physical.medium);
            let medium = medium.trim();
            let extra = self.extra(medium, physical)?;
            self.found.push(Found {
                level,
                extra: Some(extra),
                ..found(ItemKind::Medium, medium.to_owned(), Method::Physical)
            });
        }
        Ok(())
    }

    fn extra(&self, medium: &str, physical: &Physical) -> Result<Extra> {
        let mut text = format!("medium: {medium}");
        for (what, is) in [("vendor", &physical.vendor), ("how", &physical.how)] {
            if !is.is_empty() {
                text.push_str(&format!("; {what}: {is}"));
            }
        }
        for path in &physical.evidence {
            let mut file = std::fs::File::open(path).map_err(Error::io(path))?;
            let (bytes, _) = plain::digest_of(&mut file, self.suite).map_err(Error::io(path))?;
            text.push_str(&format!("; evidence: {}", ItemDigest { suite: self.suite, bytes }));
        }
        Extra::new(&text).ok_or(Error::TooLong("what is known of a medium"))
    }

    /// What is not destroyed, and what stays for a while.
    fn texts(&mut self, sources: &Sources<'_>, objects: Option<&Objects>) -> Result<()> {
        for copy in &self.copies {
            let place = copy.registered.place.as_str();
            match &copy.status {
                None if !copy.registered.reachable => {
                    self.residual.push(texts::unreachable(place, copy.due));
                }
                Some(status) if !status.copy.live || !copy.registered.reachable => {
                    self.residual.push(texts::key_copy_behind(place));
                }
                _ => {}
            }
        }
        let unknown = self.of_vaults + self.unknown;
        self.not_covered.extend((unknown > 0).then(|| texts::unknown_retention(unknown)));
        let Some(objects) = objects else { return Ok(()) };
        let counted: [(usize, Sentence); 6] = [
            (objects.sharing.len(), texts::sharing),
            (objects.left, texts::other_names),
            (objects.in_others, texts::in_other_snapshots),
            (objects.unexamined, texts::unexamined),
            (objects.table.unread.len(), texts::unread),
            (self.unclassified, texts::unclassified),
        ];
        let there = counted.into_iter().filter(|(count, _)| *count > 0);
        self.not_covered.extend(there.map(|(count, text)| text(count)));
        if sources.vault.is_some_and(|vault| places::has_other_media(vault).unwrap_or(true)) {
            self.not_covered.push(texts::other_media());
        }
        Ok(())
    }

    fn finish(mut self, objects: Option<Objects>) -> Resolution {
        let chosen = &self.scoped.chosen;
        let scope = |one: &Found| one.scope.or(one.facts.map(|facts| facts.scope));
        // A chosen scope and then what is in it; everything else by kind and name.
        let place = |one: &Found| {
            let within = scope(one).and_then(|id| Some((chosen.get(&id)?.name.clone(), id)));
            let id = one.facts.map(|facts| (facts.created, facts.id));
            (within.is_none(), within, one.kind != ItemKind::Scope, one.kind, one.name.clone(), id)
        };
        self.found.sort_by_cached_key(place);
        self.blocked.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        let ids = self.found.iter().filter_map(scope);
        let names = &self.scoped.names;
        let scopes = ids.filter_map(|id| Some((id, names.get(&id)?.clone()))).collect();
        Resolution {
            found: self.found,
            copies: self.copies,
            blocked: self.blocked,
            residual: self.residual,
            not_covered: self.not_covered,
            sharing: objects.map_or_else(Vec::new, |all| all.sharing),
            gone: self.gone,
            scopes,
        }
    }
}

/// Says how many there are of something.
type Sentence = fn(usize) -> Text;

/// Something of which nothing else is known.
fn found(kind: ItemKind, name: String, method: Method) -> Found {
    Found {
        kind,
        name,
        origin: Origin::Chosen,
        facts: None,
        scope: None,
        level: 0,
        size: None,
        digest: None,
        method,
        copies: Vec::new(),
        retention: None,
        extra: None,
        target: None,
    }
}

fn crypto_erase() -> Method {
    Method::CryptoErase { wipe: None }
}

/// A name as text from which the bytes can be had again: what is not UTF-8 or not to be shown is written `\xHH`, and a backslash
/// twice.
pub(in crate::destruction) fn name_of(bytes: &[u8]) -> String {
    let mut name = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                '\\' => name.push_str("\\\\"),
                letter if letter.is_control() => {
                    letter.to_string().bytes().for_each(|byte| escape(&mut name, byte));
                }
                letter => name.push(letter),
            }
        }
        chunk.invalid().iter().for_each(|byte| escape(&mut name, *byte));
    }
    name
}

fn escape(name: &mut String, byte: u8) {
    name.push_str(&format!("\\x{byte:02x}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart_and_show_nothing_odd() {
        let names: [(&[u8], &str); 5] = [
            (b"/a/b", "/a/b"),
            ("/病历".as_bytes(), "/病历"),
            (b"/\xff", "/\\xff"),
            (b"/\\xff", "/\\\\xff"),
            (b"/a\n", "/a\\x0a"),
        ];
        for (bytes, name) in names {
            assert_eq!(name_of(bytes), name);
        }
    }
}
