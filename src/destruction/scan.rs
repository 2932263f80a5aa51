//! All listings of a vault, read once.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};

use sealkeep_keystore::KeyId;

use super::choice::Matcher;
use super::error::Result;
use super::lineage::{Snap, Table};
use crate::envelope::Run;
use crate::parallel::parallel;
use crate::vault::{Description, Error, Kind, Row, SegmentId, Tag, Vault, check};

/// What is kept of a row.
pub(super) struct Digested {
    pub(super) key: KeyId,
    pub(super) entry: u32,
    /// None if the key did not open.
    pub(super) open: Option<Open>,
}

/// What is kept of a row that opened.
pub(super) struct Open {
    pub(super) path: u128,
    pub(super) class: String,
    pub(super) level: u8,
    pub(super) start: i64,
    pub(super) first: u64,
    pub(super) signature: u64,
    pub(super) content: u64,
    /// Device and inode, if it has several names.
    pub(super) linked: Option<(u64, u64)>,
    pub(super) tags: Vec<Tag>,
    pub(super) chosen: bool,
}

/// Reads the listings of all snapshots. With `keys_of`, it is also kept which keys each segment has.
///
/// # Errors
/// `Vault`, `Cancelled`. Segments that cannot be read stand in the table.
pub(super) fn scan(
    vault: &Vault,
    matcher: &Matcher<'_>,
    keys_of: bool,
    run: &Run<'_>,
) -> Result<Table> {
    let mut table = Table::default();
    let mut numbers: HashMap<SegmentId, u32> = HashMap::new();
    let (snapshots, _) = vault.snapshots()?;
    for snapshot in snapshots.iter().rev() {
        check(run)?;
        let mut segments = Vec::new();
        for place in vault.segments(snapshot)? {
            let number = *numbers.entry(place.id).or_insert_with(|| {
                table.segments.push(place);
                u32::try_from(table.segments.len() - 1).expect("each has an entry at least")
            });
            segments.push(number);
        }
        table.snapshots.push(Snap { id: snapshot.id, segments });
    }
    table.keys_of = keys_of.then(|| vec![Vec::new(); table.segments.len()]);
    let index = vault.index_key()?;
    let hashes = Hashes::default();
    for start in (0..table.segments.len()).step_by(AT_ONCE) {
        check(run)?;
        let places = &table.segments[start..table.segments.len().min(start + AT_ONCE)];
        let list = |at: usize, (): &mut ()| {
            let rows = vault.listing(&index, &places[at])?;
            Ok(rows.into_iter().zip(0..).map(|row| hashes.digest(row, matcher)).collect())
        };
        let read: Vec<(usize, std::result::Result<Vec<Digested>, Error>)> =
            parallel(run.workers, places.len(), list, |_| false);
        for (at, rows) in read {
            let number = u32::try_from(start + at).expect("it has this number");
            match rows {
                Ok(rows) => rows.into_iter().for_each(|row| table.take(number, row)),
                Err(error @ (Error::Keys(_) | Error::Cancelled)) => return Err(error.into()),
                Err(error) => table.unread.push((number, error)),
            }
        }
    }
    Ok(table)
}

/// Hashes of this run only: nobody can make two things look the same beforehand.
#[derive(Default)]
struct Hashes(RandomState, RandomState);

impl Hashes {
    fn digest(&self, (row, entry): (Row, u32), matcher: &Matcher<'_>) -> Digested {
        let key = row.key;
        let open = row.open.map(|(description, tags)| {
            let attributes = &description.attributes;
            let several = attributes.links > 1 && attributes.kind != Kind::Directory;
            Open {
                path: self.path(&description.path),
                level: description.class.level,
                start: description.class.start,
                first: description.first,
                signature: self.signature(&description, &tags),
                content: self.content(&description, &tags),
                linked: several.then_some((attributes.device, attributes.inode)),
                chosen: matcher.takes(&description),
                class: description.class.class,
                tags,
            }
        });
        Digested { key, entry, open }
    }

    fn path(&self, path: &[u8]) -> u128 {
        let (high, low) = (self.0.hash_one(path), self.1.hash_one(path));
        u128::from(high) << 64 | u128::from(low)
    }

    fn signature(&self, description: &Description, tags: &[Tag]) -> u64 {
        let (a, class) = (&description.attributes, &description.class);
        let times = (a.mtime, a.ctime, class.start, description.first);
        let what = (a.mode, a.uid, a.gid, a.device, a.inode, a.links, a.size, a.special);
        let whose = (&a.user, &a.group, &a.target, &a.xattrs);
        self.0.hash_one((times, what, whose, class, tags))
    }

    /// Tells a file from others wherever it lies; 0 without content.
    fn content(&self, description: &Description, tags: &[Tag]) -> u64 {
        if tags.is_empty() {
            return 0;
        }
        let a = &description.attributes;
        let mut hasher = self.1.build_hasher();
        hasher.write_u64(a.device);
        hasher.write_u64(a.inode);
        hasher.write(description.class.scope.as_bytes());
        tags.iter().for_each(|tag| hasher.write(tag));
        hasher.finish().max(1)
    }
}

/// Segments that are read before the first of them is looked at.
const AT_ONCE: usize = 64;
