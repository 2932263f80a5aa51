//! Storage that fails at every step, and media that do not give some bytes.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use sealkeep::envelope::Run;
use sealkeep::vault::copy::{check, repair, sync};
use sealkeep::vault::pack::PackPart;
use sealkeep::vault::{Directory, Error, Lock, Put, Result, Storage, VaultLock};
use sealkeep_crypto::Suite;

use super::scene::{OPTIONS, Scene, clone_dir};

/// Storage that ends like a power failure: after so many changes nothing is changed any more. Or that does not give what lies at
/// one place.
struct Faulty {
    inner: Directory,
    left: Arc<AtomicI64>,
    unreadable: Option<(String, u64)>,
    /// Writes zeros instead of what it is given, to packs.
    lying: bool,
}

impl Faulty {
    fn dying(inner: Directory, changes: i64) -> Self {
        Self { inner, left: Arc::new(AtomicI64::new(changes)), unreadable: None, lying: false }
    }

    fn unreadable(inner: Directory, name: &str, at: u64) -> Self {
        let unreadable = Some((name.to_owned(), at));
        Self { inner, left: Arc::new(AtomicI64::new(i64::MAX)), unreadable, lying: false }
    }

    fn lying(inner: Directory) -> Self {
        Self { lying: true, ..Self::dying(inner, i64::MAX) }
    }
}

fn spend(left: &AtomicI64) -> Result<()> {
    if left.fetch_sub(1, Ordering::Relaxed) > 0 { Ok(()) } else { Err(failure("write")) }
}

fn failure(action: &'static str) -> Error {
    // EIO
    Error::Io { action, name: "it".into(), source: io::Error::from_raw_os_error(5) }
}

struct FaultyPut {
    inner: Box<dyn Put>,
    left: Arc<AtomicI64>,
    lying: bool,
}

impl Write for FaultyPut {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if self.lying { self.inner.write(&vec![0; buf.len()]) } else { self.inner.write(buf) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl Put for FaultyPut {
    fn finish(self: Box<Self>) -> Result<u64> {
        spend(&self.left)?;
        self.inner.finish()
    }
}

impl Storage for Faulty {
    fn put(&self, name: &str) -> Result<Box<dyn Put>> {
        let (inner, left) = (self.inner.put(name)?, Arc::clone(&self.left));
        let lying = self.lying && name.starts_with("packs/");
        Ok(Box::new(FaultyPut { inner, left, lying }))
    }

    fn read(&self, name: &str, most: u64) -> Result<Vec<u8>> {
        self.inner.read(name, most)
    }

    fn read_range(&self, name: &str, offset: u64, buf: &mut [u8]) -> Result<()> {
        let covers = |(bad, at): &(String, u64)| {
            bad == name && (offset..offset + buf.len() as u64).contains(at)
        };
        if self.unreadable.as_ref().is_some_and(covers) {
            return Err(failure("read"));
        }
        self.inner.read_range(name, offset, buf)
    }

    fn length(&self, name: &str) -> Result<u64> {
        self.inner.length(name)
    }

    fn list(&self, prefix: &str) -> Result<Vec<(String, u64)>> {
        self.inner.list(prefix)
    }

    fn delete(&self, name: &str) -> Result<()> {
        spend(&self.left)?;
        self.inner.delete(name)
    }

    fn lock(&self, lock: Lock, wait: Duration) -> Result<VaultLock> {
        self.inner.lock(lock, wait)
    }

    fn uncache(&self, name: &str) -> Result<()> {
        self.inner.uncache(name)
    }

    fn describe(&self) -> String {
        self.inner.describe()
    }
}

#[test]
fn a_sync_that_dies_at_any_step_leaves_the_copy_whole_at_its_old_or_new_head() {
    let scene = Scene::with_backups(Suite::Aes256Gcm);
    scene.copied("before");
    scene.backup();
    scene.prune();
    let mut heads = Vec::new();
    for changes in 0.. {
        let _ = std::fs::remove_dir_all(scene.path("copy"));
        clone_dir(&scene.path("before"), &scene.path("copy"));
        let copy = Faulty::dying(scene.open("copy"), changes);
        let ended = sync(&scene.open("main"), &scene.vault, &copy, &OPTIONS, &Run::quiet());
        let found = scene.check("copy");
        assert!(found.is_whole(), "after {changes}: {found:?}");
        heads.push(found.head.unwrap().0);
        if ended.is_ok() {
            break;
        }
    }
    assert!(heads.contains(&3) && heads.contains(&5), "{heads:?}");
    assert!(scene.is_same("main", "copy"));
}

#[test]
fn a_repair_that_dies_at_any_step_loses_nothing_that_was_right() {
    let scene = Scene::with_backups(Suite::Sm4Gcm);
    scene.copied("copy");
    scene.copied("other");
    let good = scene.files("other");
    let nth = |folder, at: usize| scene.names("copy", folder).swap_remove(at);
    let bad = [nth("packs/", 0), nth("packs/", 2), nth("index/", 1), nth("snapshots/", 0)];
    for changes in 0.. {
        bad.iter().filter(|name| scene.path("copy").join(name).exists()).for_each(|name| {
            scene.flip("copy", name);
        });
        let copy = Faulty::dying(scene.open("copy"), changes);
        let ended = repair(&copy, &scene.open("other"), None, Duration::ZERO, &Run::quiet());
        assert_eq!(scene.files("other"), good);
        let left = scene.files("copy");
        let kept = good.iter().filter(|(name, _)| !bad.contains(name));
        for (name, bytes) in kept {
            assert_eq!(left.get(name), Some(bytes), "{name} after {changes}");
        }
        if ended.is_ok() {
            assert_eq!(left, good);
            break;
        }
    }
}

#[test]
fn a_block_that_the_medium_does_not_give_is_named_and_the_rest_is_read() {
    for suite in Suite::ALL {
        let scene = Scene::with_backups(suite);
        scene.copied("copy");
        let packs = scene.open("copy").list("packs/").unwrap();
        let (name, length) = packs.iter().find(|(_, length)| *length > 300_000).unwrap();
        let look = |at| {
            let copy = Faulty::unreadable(scene.open("copy"), name, at);
            check(&copy, None, Duration::ZERO, &Run::quiet()).unwrap().rotten
        };
        let rotten = look(70_000);
        assert_eq!((rotten.len(), &rotten[0].name), (1, name));
        let fault = rotten[0].fault;
        assert_eq!((fault.part, fault.offset, fault.length), (PackPart::Data, 65_536, 65_536));
        assert!(look(length - 1).iter().any(|rotten| rotten.fault.part == PackPart::Footer));
    }
}

#[test]
fn what_the_vault_does_not_give_is_damage_of_the_vault() {
    let scene = Scene::with_backups(Suite::Aes256Gcm);
    let pack = scene.names("main", "packs/")[1].clone();
    let main = Faulty::unreadable(scene.open("main"), &pack, 60_000);
    let report = sync(&main, &scene.vault, &scene.empty("copy"), &OPTIONS, &Run::quiet()).unwrap();
    assert_eq!((report.damaged, scene.check("copy").missing), (vec![pack.clone()], vec![pack]));
}

#[test]
fn what_cannot_be_read_back_as_it_was_written_is_not_left_there() {
    let scene = Scene::with_backups(Suite::Sm4Gcm);
    let copy = Faulty::lying(scene.empty("copy"));
    let ended = sync(&scene.open("main"), &scene.vault, &copy, &OPTIONS, &Run::quiet());
    assert!(matches!(ended, Err(Error::NotKept(_))), "{ended:?}");
    assert_eq!(scene.names("copy", ""), ["vault"]);
    assert_eq!(scene.sync("copy").damaged, [""; 0]);
}
