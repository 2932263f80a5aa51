//! What is in a snapshot: looked up, listed, searched, and compared with another.
//!
//! All of it is answered from the listings of segments; no content is read.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::vec;

use sealkeep_keystore::KeyId;

use super::walk::{by_components, walk_order};
use crate::envelope::Run;
use crate::parallel::parallel;
use crate::tree::split_parent;
use crate::vault::{
    Description, IndexKey, Result, Row, SegmentId, SegmentRef, SnapshotFile, Vault, check,
};

/// The objects of a snapshot.
pub struct Objects<'v> {
    vault: &'v Vault,
    index: IndexKey,
    /// In walk order.
    segments: Vec<SegmentRef>,
}

/// An object as a listing has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its key.
    pub key: KeyId,
    /// What it is.
    pub description: Box<Description>,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search<T> {
    /// What was chosen, in walk order.
    pub found: Vec<T>,
    /// Keys of objects that nobody can say anything about: their keys do not open.
    pub closed: Vec<KeyId>,
}

impl<'v> Objects<'v> {
    /// Of a snapshot.
    ///
    /// # Errors
    /// `Keys`, `Refused`.
    pub fn of(vault: &'v Vault, snapshot: &SnapshotFile) -> Result<Self> {
        let segments = vault.segments(snapshot)?;
        Ok(Self { vault, index: vault.index_key()?, segments })
    }

    /// The object at a path: absolute, without the leading `/`.
    ///
    /// # Errors
    /// If a listing is missing and cannot be made anew.
    pub fn get(&self, path: &[u8]) -> Result<Option<Listed>> {
        let at = self.last_segment_before(|first| walk_order(first, path) != Ordering::Greater)?;
        let Some(segment) = self.segments.get(at) else { return Ok(None) };
        let mut rows = self.vault.listing(&self.index, segment)?.into_iter().filter_map(open);
        Ok(rows.find(|listed| listed.description.path == path))
    }

    /// The segments in which an object at a path would be, were it there or destroyed.
    pub(super) fn around(&self, path: &[u8]) -> Result<&[SegmentRef]> {
        let at = self.last_segment_before(|first| walk_order(first, path) != Ordering::Greater)?;
        // What does not open may as well lie before the first object of the next segments that does.
        let mut end = at + 1;
        while end < self.segments.len() {
            end += 1;
            if self.first(end - 1)?.is_some() {
                break;
            }
        }
        Ok(&self.segments[at.min(self.segments.len())..end.min(self.segments.len())])
    }

    /// The key of the listings.
    pub(super) fn index(&self) -> &IndexKey {
        &self.index
    }

    /// What lies in a folder, or everything below it, in walk order. Nothing if there is no such folder.
    ///
    /// # Errors
    /// If a listing is missing and cannot be made anew.
    pub fn folder(&self, path: &[u8], everything: bool) -> Result<Vec<Listed>> {
        let place = |listed: &[u8]| {
            if listed.is_empty() {
                return Ordering::Less;
            }
            let parent = split_parent(listed).0.unwrap_or_default();
            let below = path.is_empty()
                || parent.strip_prefix(path).is_some_and(|rest| rest.starts_with(b"/"));
            if everything && below { Ordering::Equal } else { by_components(parent, path) }
        };
        let start = self.last_segment_before(|first| place(first) == Ordering::Less)?;
        let mut found = Vec::new();
        for segment in &self.segments[start.min(self.segments.len())..] {
            for listed in self.vault.listing(&self.index, segment)?.into_iter().filter_map(open) {
                match place(&listed.description.path) {
                    Ordering::Less => {}
                    Ordering::Equal => found.push(listed),
                    Ordering::Greater => return Ok(found),
                }
            }
        }
        Ok(found)
    }

    /// Everything for which `choose` gives something, asked by several threads.
    ///
    /// # Errors
    /// If a listing is missing and cannot be made anew; `Cancelled`.
    pub fn search<T: Send>(
        &self,
        run: &Run<'_>,
        choose: impl Fn(&KeyId, &Description) -> Option<T> + Sync,
    ) -> Result<Search<T>> {
        let work = |at: usize, _: &mut ()| {
            check(run)?;
            let mut search = Search { found: Vec::new(), closed: Vec::new() };
            for row in self.vault.listing(&self.index, &self.segments[at])? {
                match &row.open {
                    None => search.closed.push(row.key),
                    Some((description, _)) => search.found.extend(choose(&row.key, description)),
                }
            }
            Ok(search)
        };
        let mut all = Search { found: Vec::new(), closed: Vec::new() };
        let stop = |one: &Result<_>| one.is_err();
        for (_, one) in parallel(run.workers, self.segments.len(), work, stop) {
            let one = one?;
            all.found.extend(one.found);
            all.closed.extend(one.closed);
        }
        Ok(all)
    }

    /// The last segment of whose first object `before` is true, or the first of all. It must be true of objects up to one, and of
    /// none after it.
    fn last_segment_before(&self, before: impl Fn(&[u8]) -> bool) -> Result<usize> {
        let (mut low, mut high) = (0, self.segments.len());
        while high - low > 1 {
            let middle = low.midpoint(high);
            // A segment of which nothing opens says nothing: the next that does speaks for it.
            let mut speaks = middle;
            let mut first = None;
            while first.is_none() && speaks < high {
                first = self.first(speaks)?;
                speaks += 1;
            }
            match first {
                Some(first) if before(&first.description.path) => low = speaks - 1,
                _ => high = middle,
            }
        }
        Ok(low)
    }

    fn first(&self, segment: usize) -> Result<Option<Listed>> {
        let rows = self.vault.listing(&self.index, &self.segments[segment])?;
        Ok(rows.into_iter().find_map(open))
    }

    /// The objects of segments that the other snapshot does not have.
    fn apart_from<'o>(&'o self, other: &Objects<'_>) -> Apart<'o> {
        let shared: HashSet<SegmentId> = other.segments.iter().map(|segment| segment.id).collect();
        let segments: Vec<SegmentRef> =
            self.segments.iter().filter(|segment| !shared.contains(&segment.id)).copied().collect();
        let (segments, rows) = (segments.into_iter(), Vec::new().into_iter());
        Apart { objects: self, segments, rows, next: None, closed: Vec::new() }
    }
}

/// Rows in walk order, read when they are needed.
struct Apart<'o> {
    objects: &'o Objects<'o>,
    segments: vec::IntoIter<SegmentRef>,
    rows: vec::IntoIter<Row>,
    next: Option<Row>,
    closed: Vec<KeyId>,
}

impl Apart<'_> {
    /// The path of the next object that opens.
    fn peek(&mut self) -> Result<Option<&[u8]>> {
        while self.next.is_none() {
            match self.rows.next() {
                Some(row) if row.open.is_some() => self.next = Some(row),
                Some(row) => self.closed.push(row.key),
                None => match self.segments.next() {
                    Some(segment) => {
                        let Objects { vault, index, .. } = self.objects;
                        self.rows = vault.listing(index, &segment)?.into_iter();
                    }
                    None => return Ok(None),
                },
            }
        }
        Ok(self.next.as_ref().map(path_of))
    }
}

/// How two snapshots differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// In walk order.
    pub changes: Vec<Change>,
    /// Objects of either that nobody can say anything about, among those that could differ.
    pub closed: Vec<KeyId>,
}

/// A path at which two snapshots differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What was there in the first; none if nothing was.
    pub before: Option<Listed>,
    /// What is there in the second; none if nothing is.
    pub after: Option<Listed>,
    /// Whether kind or content differ, and not only attributes or classification.
    pub content: bool,
}

impl Change {
    /// Absolute path without the leading `/`.
    #[must_use]
    pub fn path(&self) -> &[u8] {
        let either = self.before.as_ref().or(self.after.as_ref());
        either.map_or(&[], |listed| &listed.description.path)
    }
}

/// Compares two snapshots of one vault. Segments that both have are not looked at.
///
/// # Errors
/// If a listing is missing and cannot be made anew.
pub fn diff(before: &Objects<'_>, after: &Objects<'_>) -> Result<Difference> {
    let (mut old, mut new) = (before.apart_from(after), after.apart_from(before));
    let mut changes = Vec::new();
    loop {
        let order = match (old.peek()?, new.peek()?) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => walk_order(old, new),
        };
        let before = if order == Ordering::Greater { None } else { old.next.take() };
        let after = if order == Ordering::Less { None } else { new.next.take() };
        let content = differs_in_content(before.as_ref(), after.as_ref());
        let (before, after) = (before.and_then(open), after.and_then(open));
        if before != after {
            changes.push(Change { before, after, content });
        }
    }
    let mut closed = old.closed;
    closed.extend(new.closed);
    closed.sort_unstable();
    closed.dedup();
    Ok(Difference { changes, closed })
}

fn differs_in_content(before: Option<&Row>, after: Option<&Row>) -> bool {
    let (Some((old, old_tags)), Some((new, new_tags))) =
        (before.and_then(|row| row.open.as_ref()), after.and_then(|row| row.open.as_ref()))
    else {
        return true;
    };
    let (a, b) = (&old.attributes, &new.attributes);
    let same_scope = old.class.scope == new.class.scope;
    // Tags of different scopes cannot be compared; then times tell.
    let other = if same_scope { old_tags != new_tags } else { a.mtime != b.mtime };
    other || (a.kind, a.size, a.special, &a.target) != (b.kind, b.size, b.special, &b.target)
}

fn path_of(row: &Row) -> &[u8] {
    row.open.as_ref().map_or(&[], |(description, _)| &description.path)
}

fn open(row: Row) -> Option<Listed> {
    let key = row.key;
    row.open.map(|(description, _)| Listed { key, description })
}
