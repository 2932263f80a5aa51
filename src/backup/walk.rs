//! Goes through the sources of a backup directory by directory, in the order in which a vault keeps objects.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::ops::ControlFlow;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{FileType, Mode, OFlags, openat};

use crate::tree::{self, Error, Found, Lister, look, open_below, open_dir, split_parent};

/// A file or directory to be backed up, with everything below it.
pub(crate) struct Source {
    /// Absolute, without links, without the leading `/`.
    path: Box<[u8]>,
    parent: Arc<OwnedFd>,
    /// The directory, if it is one.
    dir: Option<OwnedFd>,
}

impl Source {
    /// Looks at what the user named. Links on the way and at the end are followed: the source is what they lead to.
    ///
    /// # Errors
    /// If there is no such thing, or it may not be entered.
    pub(crate) fn open(given: &Path) -> Result<Self, Error> {
        let real = given.canonicalize().map_err(tree::io("find it"))?;
        let parent = Arc::new(open_dir(real.parent().unwrap_or(&real))?);
        let dir = if real.is_dir() { Some(open_dir(&real)?) } else { None };
        let path = real.as_os_str().as_bytes();
        Ok(Self { path: path.strip_prefix(b"/").unwrap_or(path).into(), parent, dir })
    }

    /// Absolute path without the leading `/`; it is what the paths of all its objects begin with.
    pub(crate) fn path(&self) -> &[u8] {
        &self.path
    }

    fn look(&self) -> Result<Found, Error> {
        Ok(Found { path: self.path.clone(), ..look(&self.parent, name_of(&self.path))? })
    }
}

/// What is left out of a walk.
pub(crate) struct Limits<'l> {
    /// Whether to leave out an object, with everything below it, by its path and kind.
    pub(crate) skips: &'l dyn Fn(&[u8], FileType) -> bool,
    /// Stay out of other file systems than that of the source; where one is mounted, the directory alone is told.
    pub(crate) one_file_system: bool,
    /// Of directories with a `CACHEDIR.TAG`, tell this file alone. A source itself is never taken for a cache.
    pub(crate) caches: bool,
}

/// A directory that was listed, or the parent of sources that are told alone.
pub(crate) struct Listing {
    /// Absolute, without the leading `/`.
    pub(crate) path: Box<[u8]>,
    /// The directory, for opening its entries.
    pub(crate) dir: Arc<OwnedFd>,
    /// Sorted by name, their paths whole.
    pub(crate) entries: Vec<Found>,
}

/// Goes through the sources: `listed` gets each directory in walk order (`docs/spec/vault.md` §6) and says whether to go on.
/// What cannot be listed or looked at goes to `failed`, with its path, and the rest goes on.
pub(crate) fn walk(
    sources: &[Source],
    limits: &Limits<'_>,
    mut listed: impl FnMut(Listing) -> ControlFlow<()>,
    mut failed: impl FnMut(Vec<u8>, Error),
) {
    let mut walk = Walk::new(sources, limits);
    while let Some(listing) = walk.next(&mut failed) {
        if listing.is_some_and(|listing| listed(listing).is_break()) {
            break;
        }
    }
}

/// The order of objects: by the path of the folder that holds them, component by component, then by name.
pub(crate) fn walk_order(a: &[u8], b: &[u8]) -> Ordering {
    let ((a_dir, a_name), (b_dir, b_name)) = (split_parent(a), split_parent(b));
    let (a_dir, b_dir) = (a_dir.unwrap_or_default(), b_dir.unwrap_or_default());
    by_components(a_dir, b_dir).then_with(|| a_name.cmp(b_name))
}

/// The name by which the directory of a listing has an object.
pub(crate) fn name_of(path: &[u8]) -> &OsStr {
    let (_, name) = split_parent(path);
    OsStr::from_bytes(if name.is_empty() { b"." } else { name })
}

/// The order of folders: component by component, a folder before those in it.
pub(crate) fn by_components(a: &[u8], b: &[u8]) -> Ordering {
    if a == b {
        return Ordering::Equal;
    }
    // The end of a component sorts before whatever else could follow. Names have no zero bytes.
    let key = |&byte: &u8| if byte == b'/' { 0 } else { byte };
    a.iter().map(key).cmp(b.iter().map(key))
}

struct Walk<'w> {
    sources: &'w [Source],
    limits: &'w Limits<'w>,
    /// Indices of sources that have not been told yet, the next last.
    tops: Vec<usize>,
    /// Directories to be listed.
    waiting: BinaryHeap<Reverse<Waiting>>,
    lister: Lister,
}

impl<'w> Walk<'w> {
    fn new(sources: &'w [Source], limits: &'w Limits<'w>) -> Self {
        let mut tops: Vec<usize> = (0..sources.len()).collect();
        tops.sort_by(|&a, &b| walk_order(&sources[b].path, &sources[a].path));
        tops.dedup_by(|a, b| sources[*a].path == sources[*b].path);
        Self { sources, limits, tops, waiting: BinaryHeap::new(), lister: Lister::default() }
    }

    /// The next directory; nothing in it if it failed or vanished.
    fn next(&mut self, failed: &mut impl FnMut(Vec<u8>, Error)) -> Option<Option<Listing>> {
        let top = self.tops.last().map(|&top| parent_of(&self.sources[top].path));
        let waits = self.waiting.peek().map(|Reverse(waiting)| &waiting.path[..]);
        let top_first = match (top, waits) {
            (None, None) => return None,
            (top, waits) => waits.is_none_or(|waits| {
                top.is_some_and(|top| by_components(top, waits) == Ordering::Less)
            }),
        };
        if top_first {
            return Some(self.tell_tops(failed));
        }
        let Reverse(waiting) = self.waiting.pop()?;
        match self.list(&waiting, failed) {
            Ok(None) => Some(None),
            Ok(Some(mut listing)) => {
                self.add_tops(&listing.path, &mut listing.entries, failed);
                self.enter(&listing, &waiting);
                Some(Some(listing))
            }
            Err(error) => {
                failed(waiting.path.into(), error);
                Some(None)
            }
        }
    }

    fn tell_tops(&mut self, failed: &mut impl FnMut(Vec<u8>, Error)) -> Option<Listing> {
        let first = &self.sources[*self.tops.last()?];
        let path: Box<[u8]> = parent_of(&first.path).into();
        let mut entries = Vec::new();
        self.add_tops(&path, &mut entries, failed);
        Some(Listing { path, dir: Arc::clone(&first.parent), entries })
    }

    /// Adds the sources that lie in the directory `path`, as far as the walk has not come upon them, and has them listed later.
    fn add_tops(
        &mut self,
        path: &[u8],
        entries: &mut Vec<Found>,
        failed: &mut impl FnMut(Vec<u8>, Error),
    ) {
        while let Some(number) =
            self.tops.pop_if(|&mut top| parent_of(&self.sources[top].path) == path)
        {
            let source = &self.sources[number];
            let place = entries.binary_search_by(|entry| entry.path.cmp(&source.path));
            let at = match place.map_err(|at| (at, source.look())) {
                Ok(at) => at,
                Err((at, Ok(found))) => {
                    entries.insert(at, found);
                    at
                }
                Err((_, Err(error))) => {
                    failed(source.path.to_vec(), error);
                    continue;
                }
            };
            if source.dir.is_some() {
                let (path, mount) = (source.path.clone(), entries[at].mount);
                self.waiting.push(Reverse(Waiting { path, source: number, mount }));
            }
            if source.path.is_empty() {
                // The top of everything, its own parent: other sources lie in it, and are told with what it holds.
                break;
            }
        }
    }

    fn list(
        &mut self,
        waiting: &Waiting,
        failed: &mut impl FnMut(Vec<u8>, Error),
    ) -> Result<Option<Listing>, Error> {
        let source = &self.sources[waiting.source];
        let below = waiting.path.strip_prefix(&source.path[..]).unwrap_or_default();
        let below = below.strip_prefix(b"/").unwrap_or(below);
        let top = source.dir.as_ref().expect("only directories are entered");
        let Some(dir) = open_below(top, below)? else { return Ok(None) };
        let mut entries = self.lister.list(&dir, &waiting.path, self.limits.skips, failed)?;
        if self.limits.caches && !below.is_empty() && is_cache(&dir, &entries) {
            entries.retain(|entry| name_of(&entry.path) == CACHE_TAG);
        }
        let (path, dir) = (waiting.path.clone(), Arc::new(dir));
        Ok(Some(Listing { path, dir, entries }))
    }

    /// Has the directories of a listing listed later, as far as the limits allow.
    fn enter(&mut self, listing: &Listing, waiting: &Waiting) {
        let Waiting { source, mount, .. } = *waiting;
        let wanted = |entry: &&Found| {
            entry.kind == FileType::Directory
                && (!self.limits.one_file_system || entry.mount == mount)
                && !self.sources.iter().any(|source| source.path == entry.path)
        };
        for entry in listing.entries.iter().filter(wanted) {
            let (path, mount) = (entry.path.clone(), entry.mount);
            self.waiting.push(Reverse(Waiting { path, source, mount }));
        }
    }
}

/// A directory that is to be listed.
struct Waiting {
    path: Box<[u8]>,
    /// The source it was found below.
    source: usize,
    mount: u64,
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> Ordering {
        by_components(&self.path, &other.path)
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Eq for Waiting {}

fn parent_of(path: &[u8]) -> &[u8] {
    split_parent(path).0.unwrap_or_default()
}

/// Whether a directory says that it is a cache (<https://bford.info/cachedir/>).
fn is_cache(dir: &OwnedFd, entries: &[Found]) -> bool {
    let is_tag =
        |entry: &Found| entry.kind == FileType::RegularFile && name_of(&entry.path) == CACHE_TAG;
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut start = [0; CACHE_SIGNATURE.len()];
    entries.iter().any(is_tag)
        && openat(dir, CACHE_TAG, flags, Mode::empty())
            .is_ok_and(|file| File::from(file).read_exact(&mut start).is_ok())
        && start == *CACHE_SIGNATURE
}

const CACHE_TAG: &str = "CACHEDIR.TAG";
const CACHE_SIGNATURE: &[u8; 43] = b"Signature: 8a477f597d28d172789f06886806bc55";

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::PathBuf;

    use proptest::prelude::*;

    const EVERYTHING: Limits<'_> =
        Limits { skips: &|_, _| false, one_file_system: false, caches: false };

    /// All paths below the directory in the order of the walk, without the path of the directory.
    fn paths(below: &Path, sources: &[&str], limits: &Limits<'_>) -> Vec<String> {
        let sources: Vec<Source> =
            sources.iter().map(|name| Source::open(&below.join(name)).unwrap()).collect();
        let mut found = Vec::new();
        let keep = |listing: Listing| {
            for entry in &listing.entries {
                assert!(look(&listing.dir, name_of(&entry.path)).unwrap().stamp() == entry.stamp());
            }
            found.extend(listing.entries.into_iter().map(|entry| entry.path));
            ControlFlow::Continue(())
        };
        walk(&sources, limits, keep, |path, error| panic!("{path:?}: {error}"));
        assert!(found.is_sorted_by(|a, b| walk_order(a, b) == Ordering::Less), "{found:?}");
        let prefix = below.canonicalize().unwrap();
        let prefix = prefix.strip_prefix("/").unwrap();
        let shorten = |path: Box<[u8]>| {
            let path = PathBuf::from(OsStr::from_bytes(&path));
            path.strip_prefix(prefix).unwrap().to_str().unwrap().to_owned()
        };
        found.into_iter().map(shorten).collect()
    }

    fn tree(paths: &[&str]) -> tempfile::TempDir {
        let top = tempfile::tempdir().unwrap();
        for path in paths {
            match path.strip_suffix('/') {
                Some(dir) => fs::create_dir_all(top.path().join(dir)).unwrap(),
                None => {
                    fs::create_dir_all(top.path().join(path).parent().unwrap()).unwrap();
                    fs::write(top.path().join(path), path).unwrap();
                }
            }
        }
        top
    }

    #[test]
    fn entries_of_a_directory_come_before_what_is_below_them() {
        let top = tree(&["s/b/z", "s/a/y/x", "s/a.b", "s/a/k", "s/a-b/l"]);
        let expected =
            ["s", "s/a", "s/a-b", "s/a.b", "s/b", "s/a/k", "s/a/y", "s/a/y/x", "s/a-b/l", "s/b/z"];
        assert_eq!(paths(top.path(), &["s"], &EVERYTHING), expected);
    }

    #[test]
    fn several_sources_are_one_walk_and_nothing_is_told_twice() {
        let top = tree(&["a/f", "a/in/g", "b/in/h", "b/out", "c"]);
        let sources = ["c", "b/in", "a/in", "a", "a", "c"];
        let expected = ["a", "c", "a/f", "a/in", "a/in/g", "b/in", "b/in/h"];
        assert_eq!(paths(top.path(), &sources, &EVERYTHING), expected);
    }

    #[test]
    fn links_to_a_source_are_followed_and_links_in_it_are_not() {
        let top = tree(&["real/f", "real/d/g"]);
        std::os::unix::fs::symlink("real", top.path().join("link")).unwrap();
        std::os::unix::fs::symlink("d", top.path().join("real/e")).unwrap();
        let expected = ["real", "real/d", "real/e", "real/f", "real/d/g"];
        assert_eq!(paths(top.path(), &["link"], &EVERYTHING), expected);
    }

    #[test]
    fn what_is_skipped_is_not_entered_unless_it_is_a_source() {
        let top = tree(&["s/cache/f", "s/keep/f", "s/keep/cache"]);
        let skips = |path: &[u8], kind| kind == FileType::Directory && path.ends_with(b"/cache");
        let limits = Limits { skips: &skips, ..EVERYTHING };
        let expected = ["s", "s/keep", "s/keep/cache", "s/keep/f"];
        assert_eq!(paths(top.path(), &["s"], &limits), expected);
        let named = paths(top.path(), &["s", "s/cache"], &limits);
        assert_eq!(named[..4], ["s", "s/cache", "s/keep", "s/cache/f"]);
    }

    #[test]
    fn caches_are_told_by_their_tag_alone() {
        let top = tree(&["s/c/f", "s/c/d/g", "s/n/f", "s/n/CACHEDIR.TAG"]);
        let tag = [&CACHE_SIGNATURE[..], b"\n"].concat();
        fs::write(top.path().join("s/c/CACHEDIR.TAG"), &tag).unwrap();
        let limits = Limits { caches: true, ..EVERYTHING };
        let expected = ["s", "s/c", "s/n", "s/c/CACHEDIR.TAG", "s/n/CACHEDIR.TAG", "s/n/f"];
        assert_eq!(paths(top.path(), &["s"], &limits), expected);
        assert_eq!(paths(top.path(), &["s/c"], &limits).len(), 5);
    }

    #[test]
    fn other_file_systems_are_told_and_not_entered() {
        let source = [Source::open(Path::new("/")).unwrap()];
        let limits = Limits {
            skips: &|path, _| !matches!(path, b"proc" | b"proc/self"),
            one_file_system: true,
            ..EVERYTHING
        };
        let mut found = Vec::new();
        let keep = |listing: Listing| {
            found.extend(listing.entries.into_iter().map(|entry| entry.path));
            ControlFlow::Continue(())
        };
        walk(&source, &limits, keep, |_, _| ());
        assert_eq!(found, [Box::from(&b""[..]), Box::from(&b"proc"[..])]);
    }

    #[test]
    fn what_cannot_be_listed_is_reported_and_what_vanished_is_not() {
        let top = tree(&["s/a/f", "s/b/f", "s/c/f"]);
        let sources = [Source::open(&top.path().join("s")).unwrap()];
        let (mut found, mut failures) = (Vec::new(), Vec::new());
        let keep = |listing: Listing| {
            if listing.path.ends_with(b"/s") {
                fs::remove_dir_all(top.path().join("s/a")).unwrap();
                fs::remove_dir_all(top.path().join("s/b")).unwrap();
                fs::write(top.path().join("s/b"), "a file now").unwrap();
            }
            found.extend(listing.entries.into_iter().map(|entry| entry.path));
            ControlFlow::Continue(())
        };
        walk(&sources, &EVERYTHING, keep, |path, _| failures.push(path));
        assert!(found.iter().any(|path| path.ends_with(b"s/c/f")));
        assert!(!found.iter().any(|path| path.ends_with(b"s/a/f")));
        assert_eq!(failures.len(), 1);
        assert!(failures[0].ends_with(b"s/b"));
    }

    proptest! {
        #[test]
        fn random_trees_come_in_walk_order(
            names in proptest::collection::vec("[ab.!]{1,2}(/[ab.!\u{e9}]{1,3}){0,4}", 1..40)
        ) {
            let top = tempfile::tempdir().unwrap();
            for name in names.iter().filter(|name| !name.split('/').any(|part| part.starts_with('.'))) {
                let _ = fs::create_dir_all(top.path().join("s").join(name));
            }
            fs::create_dir_all(top.path().join("s")).unwrap();
            let found = paths(top.path(), &["s"], &EVERYTHING);
            let distinct: std::collections::HashSet<_> = found.iter().collect();
            prop_assert_eq!(found.len(), distinct.len());
            let mut sorted = found.clone();
            sorted.sort_by(|a, b| walk_order(b.as_bytes(), a.as_bytes()));
            sorted.sort_by(|a, b| walk_order(a.as_bytes(), b.as_bytes()));
            prop_assert_eq!(found, sorted);
        }
    }
}
