use super::*;
use crate::vault::scene::{Scene, scene};
use crate::vault::signed::SignedFile;
use crate::vault::snapshot::{self, About, SnapshotFile, SnapshotId};
use crate::vault::storage::Directory;
use sealkeep_crypto::{Secret, Suite};
use sealkeep_keystore::KeyId;
use std::fs;

impl Scene {
    fn next(&self, now: u64, without: &[String]) -> Head {
        write_next(&self.storage, &self.vault, &self.keys, now, without).unwrap()
    }

    fn newest(&self) -> Newest {
        newest(&self.storage, &self.vault).unwrap()
    }

    fn index(&self) -> String {
        let index = IndexFile::new(Vec::new(), Vec::new(), Vec::new());
        index.write(&self.storage, &self.keys).unwrap();
        index.id.name()
    }

    fn snapshot(&self) -> String {
        let key = (KeyId([3; 16]), &Secret::random());
        let id = SnapshotId::random();
        let sealed = SnapshotFile::seal(&self.keys, id, key, true, &[], &About::default());
        let bytes =
            SignedFile::seal(snapshot::MAGIC, [6; 16], &sealed.encode(), self.keys.signer());
        self.storage.put_bytes(&snapshot_name(id), &bytes).unwrap();
        snapshot_name(id)
    }

    fn signed(&self, name: &str, kind: &str) -> String {
        let bytes = dsse::sign(kind, b"{}", self.keys.signer(), "fingerprint");
        self.storage.put_bytes(name, &bytes).unwrap();
        name.to_owned()
    }

    fn put(&self, name: &str) -> String {
        self.storage.put_bytes(name, name.as_bytes()).unwrap();
        name.to_owned()
    }
}

#[test]
fn a_head_names_everything_but_packs_heads_and_strays() {
    for suite in Suite::ALL {
        let scene = scene(suite);
        let id = "0a".repeat(16);
        let named = [
            scene.index(),
            scene.signed("records/20261122t091200-drill-1", "drill"),
            scene.signed("register/0000000000000001", "register"),
            scene.snapshot(),
            "vault".to_owned(),
        ];
        // What is no file of a vault, and what the vault did not sign.
        for other in [
            format!("packs/0a/{id}"),
            format!("catalogue/{id}"),
            "index/x".to_owned(),
            format!("index/{id}"),
            format!("snapshots/{id}"),
            "records/20261122t091201-drill-2".to_owned(),
            "register/0000000000000002".to_owned(),
        ] {
            scene.put(&other);
        }
        // Signed, but as something else.
        scene.signed("records/20261122t091202-copy-check-3", "drill");
        scene.storage.lock(crate::vault::Lock::Shared, std::time::Duration::ZERO).unwrap();
        let head = scene.next(100, &[]);
        let names: Vec<&str> = head.files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, named);
        let index = scene.storage.read(&named[0], 1 << 20).unwrap();
        assert_eq!(head.files[0].digest, hash(suite, &[&index]));
        assert_eq!((head.sequence, head.time, head.before), (1, 100, [0; 32]));
        assert_eq!(scene.newest().head, Some(head));
        let second = scene.next(101, &[named[3].clone()]);
        assert_eq!(second.files.len(), 4);
        assert_ne!(second.before, [0; 32]);
    }
}

#[test]
fn the_last_sixteen_are_kept_and_a_damaged_one_is_passed_over() {
    let scene = scene(Suite::Sm4Gcm);
    for now in 1..=18 {
        scene.next(now, &[]);
    }
    let names: Vec<_> =
        scene.storage.list("heads/").unwrap().into_iter().map(|one| one.0).collect();
    assert_eq!(names, (3..=18).map(Head::name).collect::<Vec<_>>());
    let path = scene.storage.path().join(Head::name(18));
    let good = fs::read(&path).unwrap();
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, bad).unwrap();
        let found = newest(&Directory::open(scene.storage.path()).unwrap(), &scene.vault).unwrap();
        assert_eq!(found.head.unwrap().sequence, 17, "bit {bit}");
        assert_eq!(found.refused[0].0, Head::name(18));
    }
    // The number of the damaged one is not used again, and it goes.
    assert_eq!(scene.next(5, &[]).sequence, 19);
    let names: Vec<_> =
        scene.storage.list("heads/").unwrap().into_iter().map(|one| one.0).collect();
    assert_eq!(names, (4..=17).chain([19]).map(Head::name).collect::<Vec<_>>());
}

#[test]
fn heads_of_other_vaults_do_not_count() {
    let (one, other) = (scene(Suite::Sm4Gcm), scene(Suite::Sm4Gcm));
    other.next(1, &[]);
    let bytes = other.storage.read(&Head::name(1), 1 << 20).unwrap();
    one.storage.put_bytes(&Head::name(9), &bytes).unwrap();
    let found = one.newest();
    assert_eq!(found.head, None);
    assert_eq!(found.refused, [(Head::name(9), Refused::Unauthentic)]);
}

#[test]
fn heads_written_at_once_get_numbers_of_their_own_and_the_last_names_all() {
    let scene = scene(Suite::Aes256Gcm);
    std::thread::scope(|scope| {
        for number in 0..4 {
            let scene = &scene;
            scope.spawn(move || {
                scene.signed(&format!("records/1-drill-{number}"), "drill");
                scene.next(number, &[]);
            });
        }
    });
    let head = scene.newest().head.unwrap();
    assert_eq!(head.sequence, 4);
    assert_eq!(head.files.iter().filter(|file| file.name.starts_with("records/")).count(), 4);
}
