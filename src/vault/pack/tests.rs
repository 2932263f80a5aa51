use super::*;
use crate::envelope::Run;
use crate::vault::error::{Error, Refused};
use crate::vault::storage::{Directory, Storage};
use sealkeep_crypto::Suite;
use std::fs;
use std::path::PathBuf;

const VAULT: [u8; 16] = [4; 16];

struct Scene {
    _dir: tempfile::TempDir,
    storage: Directory,
    suite: Suite,
    pack: PackInfo,
    places: Vec<(u32, Vec<u8>)>,
}

/// A pack with blobs of these lengths.
fn scene(suite: Suite, kind: PackKind, lengths: &[usize]) -> Scene {
    let dir = tempfile::tempdir().unwrap();
    let storage = Directory::create(&dir.path().join("vault")).unwrap();
    let mut writer = PackWriter::create(&storage, suite, kind, VAULT).unwrap();
    let mut places = Vec::new();
    for (number, length) in lengths.iter().enumerate() {
        let blob: Vec<u8> =
            (0..*length).map(|at| ((at * 7 + number) % 251).to_le_bytes()[0]).collect();
        places.push((writer.append(&blob).unwrap(), blob));
    }
    let expected = writer.len();
    let pack = writer.finish().unwrap();
    assert_eq!(pack.length, expected);
    Scene { _dir: dir, storage, suite, pack, places }
}

impl Scene {
    fn path(&self) -> PathBuf {
        self.storage.path().join(self.pack.id.name())
    }

    fn verify(&self) -> Vec<PackFault> {
        verify_pack(&self.storage, self.suite, VAULT, &self.pack, &Run::quiet()).unwrap()
    }

    /// What is found when one bit is flipped; it is put right again.
    fn flipped(&self, at: u64) -> Vec<PackFault> {
        let good = fs::read(self.path()).unwrap();
        let mut bad = good.clone();
        bad[usize::try_from(at).unwrap()] ^= 0x10;
        fs::write(self.path(), bad).unwrap();
        let faults = self.verify();
        fs::write(self.path(), good).unwrap();
        faults
    }
}

fn fault(part: PackPart, offset: u64, length: u64) -> Vec<PackFault> {
    vec![PackFault { part, offset, length }]
}

#[test]
fn blobs_are_where_they_were_put_and_the_pack_is_what_the_writer_said() {
    for suite in Suite::ALL {
        let scene = scene(suite, PackKind::Content, &[10, 65_536, 3 << 20, 0, 1, 1_048_576 - 59]);
        for (offset, blob) in &scene.places {
            let mut buf = vec![0; blob.len()];
            read_blob(&scene.storage, scene.pack.id, *offset, &mut buf).unwrap();
            assert_eq!(&buf, blob);
        }
        assert_eq!(scene.verify(), []);
        let info = read_info(&scene.storage, suite, VAULT, scene.pack.id).unwrap();
        assert_eq!(info, scene.pack);
        let listed = scene.storage.list("packs/").unwrap();
        assert_eq!(listed, [(scene.pack.id.name(), scene.pack.length)]);
        assert_eq!(PackId::from_name(&listed[0].0), Some(scene.pack.id));
    }
}

#[test]
fn every_flipped_bit_is_found_where_it_is() {
    for suite in Suite::ALL {
        let scene = scene(suite, PackKind::Content, &[150_000]);
        let body = 48 + 150_000;
        for at in [0, 8, 9, 10, 16, 40, 47] {
            assert_eq!(scene.flipped(at), fault(PackPart::Header, 0, 48), "{at}");
        }
        assert_eq!(scene.flipped(48), fault(PackPart::Data, 0, 65_536));
        assert_eq!(scene.flipped(70_000), fault(PackPart::Data, 65_536, 65_536));
        assert_eq!(scene.flipped(body - 1), fault(PackPart::Data, 131_072, body - 131_072));
        assert_eq!(scene.flipped(body), fault(PackPart::Digests, body, 32));
        assert_eq!(scene.flipped(body + 95), fault(PackPart::Digests, body + 64, 32));
        for at in body + 96..scene.pack.length {
            assert_eq!(scene.flipped(at), fault(PackPart::Footer, body + 96, 16), "{at}");
        }
        assert_eq!(scene.verify(), []);
    }
}

#[test]
fn two_faults_are_both_found() {
    let scene = scene(Suite::Sm4Gcm, PackKind::Content, &[150_000]);
    let mut bytes = fs::read(scene.path()).unwrap();
    bytes[100] ^= 1;
    bytes[48 + 150_000 + 32] ^= 1;
    fs::write(scene.path(), bytes).unwrap();
    let faults = scene.verify();
    let has =
        |part, offset| faults.iter().any(|fault| fault.part == part && fault.offset == offset);
    assert!(has(PackPart::Data, 0) && has(PackPart::Digests, 48 + 150_000 + 32), "{faults:?}");
}

#[test]
fn missing_cut_and_exchanged_packs_are_told_apart() {
    let scene = scene(Suite::Aes256Gcm, PackKind::Content, &[150_000]);
    let good = fs::read(scene.path()).unwrap();
    fs::write(scene.path(), &good[..good.len() - 1]).unwrap();
    assert_eq!(scene.verify(), fault(PackPart::Length, 0, scene.pack.length - 1));
    fs::write(scene.path(), [&good[..], b"x"].concat()).unwrap();
    assert_eq!(scene.verify(), fault(PackPart::Length, 0, scene.pack.length + 1));
    fs::remove_file(scene.path()).unwrap();
    let missing = fault(PackPart::Missing, 0, scene.pack.length);
    let fresh = Directory::open(scene.storage.path()).unwrap();
    let found = verify_pack(&fresh, scene.suite, VAULT, &scene.pack, &Run::quiet()).unwrap();
    assert_eq!(found, missing);
    // Whole in itself, but not what the index says.
    let mut writer = PackWriter::create(&fresh, scene.suite, PackKind::Content, VAULT).unwrap();
    writer.append(&[1; 150_000]).unwrap();
    let other = writer.finish().unwrap();
    let claimed = PackInfo { digest: scene.pack.digest, ..other };
    let found = verify_pack(&fresh, scene.suite, VAULT, &claimed, &Run::quiet()).unwrap();
    assert_eq!(found, fault(PackPart::Data, 0, 150_048));
}

#[test]
fn packs_of_others_are_refused() {
    let scene = scene(Suite::Aes256Gcm, PackKind::Content, &[10]);
    let info = |suite, vault| read_info(&scene.storage, suite, vault, scene.pack.id);
    let reason = |result| match result {
        Err(Error::Refused { reason, .. }) => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(reason(info(Suite::Aes256Gcm, [5; 16])), Refused::ForeignVault);
    assert_eq!(reason(info(Suite::Sm4Gcm, VAULT)), Refused::Suite);
}

#[test]
fn a_manifest_pack_is_read_without_an_index_even_if_it_is_damaged() {
    let blob = |magic: &[u8; 8], fill: u8, len: usize| {
        let mut out = magic.to_vec();
        out.extend_from_slice(&u32::try_from(12 + len).unwrap().to_be_bytes());
        out.resize(12 + len, fill);
        out
    };
    let blobs = [blob(b"SKSEGMT1", 1, 100), blob(b"SKSEGMT1", 2, 70_000), blob(b"SKSNAPS1", 3, 0)];
    let dir = tempfile::tempdir().unwrap();
    let storage = Directory::create(&dir.path().join("vault")).unwrap();
    let mut writer =
        PackWriter::create(&storage, Suite::Sm4Gcm, PackKind::Manifest, VAULT).unwrap();
    let offsets: Vec<u32> = blobs.iter().map(|blob| writer.append(blob).unwrap()).collect();
    let pack = writer.finish().unwrap().id;
    let read = |storage: &Directory| {
        let blobs = read_manifest_blobs(storage, pack).unwrap();
        blobs.iter().map(|blob| (blob.offset, blob.bytes.to_vec())).collect::<Vec<_>>()
    };
    let all: Vec<_> = offsets.iter().copied().zip(blobs.clone()).collect();
    assert_eq!(read(&storage), all);
    // The length of the first is nonsense now: the others are found all the same.
    let path = storage.path().join(pack.name());
    let mut bytes = fs::read(&path).unwrap();
    bytes[48 + 8] = 0x7f;
    fs::write(&path, bytes).unwrap();
    assert_eq!(read(&storage), all[1..]);
}
