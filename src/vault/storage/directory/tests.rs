use super::*;
use std::os::unix::fs::symlink;

fn scratch() -> (tempfile::TempDir, Directory) {
    let dir = tempfile::tempdir().unwrap();
    let directory = Directory::create(&dir.path().join("vault")).unwrap();
    (dir, directory)
}

#[test]
fn a_file_appears_whole_once_and_is_never_replaced() {
    let (_dir, storage) = scratch();
    let mut put = storage.put("packs/0a/0a01").unwrap();
    put.write_all(b"half").unwrap();
    drop(put);
    assert_eq!(storage.list("").unwrap(), []);
    assert!(matches!(storage.read("packs/0a/0a01", 9), Err(Error::Missing(_))));

    let mut put = storage.put("packs/0a/0a01").unwrap();
    let mut second = storage.put("packs/0a/0a01").unwrap();
    put.write_all(b"whole").unwrap();
    assert_eq!(storage.list("packs/").unwrap(), []);
    assert_eq!(put.finish().unwrap(), 5);
    second.write_all(b"other").unwrap();
    assert!(matches!(second.finish(), Err(Error::Exists(_))));
    assert_eq!(storage.read("packs/0a/0a01", 5).unwrap(), b"whole");
    assert_eq!(storage.list("packs/").unwrap(), [("packs/0a/0a01".to_owned(), 5)]);
}

#[test]
fn reading_is_bounded_and_exact() {
    let (_dir, storage) = scratch();
    storage.put_bytes("vault", b"0123456789").unwrap();
    let mut buf = [0; 4];
    storage.read_range("vault", 3, &mut buf).unwrap();
    assert_eq!(&buf, b"3456");
    assert!(matches!(storage.read_range("vault", 7, &mut buf), Err(Error::TooShort(_))));
    assert!(matches!(storage.read("vault", 9), Err(Error::TooLarge(_))));
    assert!(matches!(storage.read_range("index/00", 0, &mut buf), Err(Error::Missing(_))));
    assert!(matches!(storage.put("../vault"), Err(Error::BadName(_))));
}

#[test]
fn what_was_deleted_is_gone_even_if_it_was_open() {
    let (_dir, storage) = scratch();
    storage.put_bytes("index/aa", b"old").unwrap();
    assert_eq!(storage.read("index/aa", 3).unwrap(), b"old");
    storage.delete("index/aa").unwrap();
    storage.delete("index/aa").unwrap();
    storage.delete("snapshots/aa").unwrap();
    assert!(matches!(storage.length("index/aa"), Err(Error::Missing(_))));
    storage.put_bytes("index/aa", b"new").unwrap();
    assert_eq!(storage.read("index/aa", 3).unwrap(), b"new");
}

#[test]
fn links_below_the_top_are_not_followed() {
    let (dir, storage) = scratch();
    fs::write(dir.path().join("outside"), "secret").unwrap();
    fs::create_dir(dir.path().join("elsewhere")).unwrap();
    symlink(dir.path().join("outside"), storage.path().join("vault")).unwrap();
    symlink(dir.path().join("elsewhere"), storage.path().join("index")).unwrap();
    assert!(storage.read("vault", 100).is_err());
    assert!(storage.put_bytes("index/aa", b"x").is_err());
    assert_eq!(fs::read_dir(dir.path().join("elsewhere")).unwrap().count(), 0);
    let listed = [("index".to_owned(), 0), ("vault".to_owned(), 0)];
    assert_eq!(storage.list("").unwrap(), listed);
}

#[test]
fn unfinished_files_are_ignored_and_removed_and_strays_are_listed() {
    let (_dir, storage) = scratch();
    fs::create_dir(storage.path().join("heads")).unwrap();
    let left = storage.path().join("heads/.sealkeep-0123456789abcdef.tmp");
    fs::write(&left, "half").unwrap();
    fs::write(storage.path().join("heads/README"), "stray").unwrap();
    assert_eq!(storage.list("heads/").unwrap(), [("heads/README".to_owned(), 5)]);
    assert!(left.exists());
    storage.put_bytes("heads/0000000000000001", b"head").unwrap();
    assert!(!left.exists());
}

#[test]
fn only_an_empty_directory_becomes_a_vault() {
    let (dir, storage) = scratch();
    storage.put_bytes("vault", b"v").unwrap();
    assert!(matches!(Directory::create(storage.path()), Err(Error::NotEmpty(_))));
    assert!(matches!(Directory::open(&storage.path().join("vault")), Err(Error::NotAVault(_))));
    assert!(matches!(Directory::open(&dir.path().join("absent")), Err(Error::Io { .. })));
}

#[test]
fn many_may_read_and_one_may_remove() {
    let (_dir, storage) = scratch();
    let other = Directory::open(storage.path()).unwrap();
    let (now, soon) = (Duration::ZERO, Duration::from_secs(10));
    let first = storage.lock(Lock::Shared, now).unwrap();
    let second = other.lock(Lock::Shared, now).unwrap();
    assert!(matches!(other.lock(Lock::Exclusive, now), Err(Error::Busy(_))));
    drop(first);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(60));
            drop(second);
        });
        let alone = storage.lock(Lock::Exclusive, soon).unwrap();
        assert!(matches!(other.lock(Lock::Shared, now), Err(Error::Busy(_))));
        drop(alone);
    });
}

#[test]
fn the_lock_is_never_a_link() {
    let (_dir, storage) = scratch();
    symlink("nowhere/at/all", storage.path().join("lock")).unwrap();
    assert!(storage.lock(Lock::Shared, Duration::ZERO).is_err());
    fs::remove_file(storage.path().join("lock")).unwrap();
    assert!(storage.lock(Lock::Shared, Duration::ZERO).is_ok());
}
