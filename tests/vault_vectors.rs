//! The vaults in `docs/spec/vectors/vault/`: files written by every released version stay readable.
//!
//! `write_the_vectors` says how they were made. It is run once for each version of the format; what it wrote is never replaced,
//! since these files are the format.

#![allow(clippy::unwrap_used, reason = "these are tests")]

#[path = "support/listing.rs"]
mod listing;
#[path = "support/vault.rs"]
mod support;

use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use listing::described;
use rustix::fs::{CWD, FileType, Mode, XattrFlags, lsetxattr, mknodat};
use sealkeep::backup::browse::Objects;
use sealkeep::backup::restore::{RestoreOptions, RestorePlan};
use sealkeep::envelope::Run;
use sealkeep::vault::check::{ReadData, check_vault};
use sealkeep::vault::prune::{PruneOptions, PrunePlan};
use sealkeep::vault::{Kind, SnapshotFile, Vault};
use sealkeep_crypto::{Suite, hash};
use serde_json::{Value, json};
use support::{World, random};

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/spec/vectors/vault")
}

/// Each vector, where it may be written to.
fn all() -> Vec<(Duplicate, Value)> {
    let open = |suite: Suite| {
        let from = vectors().join(format!("v1-{}", suite.name()));
        let dir = tempfile::tempdir().unwrap();
        copy_tree(&from, dir.path());
        let expect = fs::read(from.join("expect.json")).unwrap();
        let world = World::again(dir.path());
        (Duplicate { world, _dir: dir }, serde_json::from_slice(&expect).unwrap())
    };
    Suite::ALL.into_iter().map(open).collect()
}

struct Duplicate {
    world: World,
    _dir: tempfile::TempDir,
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
fn vaults_are_read_as_they_were_written() {
    for (Duplicate { world, _dir }, expect) in all() {
        assert_eq!(found(&world), expect);
    }
}

#[test]
fn vaults_are_read_without_their_catalogue_too() {
    for (Duplicate { world, _dir }, expect) in all() {
        fs::remove_dir_all(world.path("catalogue")).unwrap();
        fs::create_dir(world.path("catalogue")).unwrap();
        assert_eq!(found(&world), expect);
    }
}

#[test]
fn vaults_are_found_sound_and_can_be_rebuilt() {
    for (Duplicate { world, _dir }, expect) in all() {
        let check = check_vault(&world.vault(), ReadData::All, &Run::quiet()).unwrap();
        assert!(check.problems.is_empty(), "{:#?}", check.problems);
        for name in ["index", "snapshots", "heads"] {
            fs::remove_dir_all(world.path("vault").join(name)).unwrap();
        }
        world.rebuild();
        assert_eq!(found(&world), expect);
    }
}

/// What `expect.json` says of a vault.
fn found(world: &World) -> Value {
    let vault = world.vault();
    let (snapshots, bad) = vault.snapshots().unwrap();
    assert!(bad.is_empty(), "{bad:?}");
    json!({
        "vault": sealkeep_keystore::KeyId(vault.id()).to_string(),
        "suite": vault.suite().name(),
        "fingerprint": vault.file().fingerprint(),
        "snapshots": snapshots.iter().map(|one| snapshot(world, &vault, one)).collect::<Vec<_>>(),
    })
}

fn snapshot(world: &World, vault: &Vault, snapshot: &SnapshotFile) -> Value {
    let out = world.path(&snapshot.id.to_string());
    let _ = fs::remove_dir_all(&out);
    let plan = RestorePlan::new(vault, snapshot, RestoreOptions::default()).unwrap();
    let report = plan.execute(&out, &Run::quiet()).unwrap();
    assert!(report.failures.is_empty(), "{:#?}", report.failures);
    let about = vault.about(std::slice::from_ref(snapshot)).unwrap().pop().unwrap().unwrap();
    let search = Objects::of(vault, snapshot).unwrap().search(&Run::quiet(), |key, one| {
        let mut listed = described(key, one);
        if one.attributes.kind == Kind::File {
            let restored = out.join(std::ffi::OsStr::from_bytes(&one.path));
            let digest = hash(world.suite, &[&fs::read(restored).unwrap()]);
            listed["digest"] = data_encoding::HEXLOWER.encode(&digest).into();
        }
        Some(listed)
    });
    let search = search.unwrap();
    json!({
        "snapshot": snapshot.id.to_string(),
        "time": snapshot.time,
        "complete": snapshot.complete,
        "about": about,
        "objects": search.found,
        "closed": search.closed.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

/// How the vectors were made: `cargo test --test vault_vectors -- --ignored write_the_vectors` with `SEALKEEP_WRITE_VECTORS` set to
/// the folder they go to. Without it, nothing is written.
#[test]
#[ignore = "writes new vectors"]
#[allow(clippy::print_stdout, reason = "says why nothing was done")]
fn write_the_vectors() {
    let Some(out) = std::env::var_os("SEALKEEP_WRITE_VECTORS").map(PathBuf::from) else {
        println!("skipped: SEALKEEP_WRITE_VECTORS names no folder");
        return;
    };
    for suite in Suite::ALL {
        write_case(&out.join(format!("v1-{}", suite.name())), suite);
    }
}

const RULES: &str = r#"
    version = "2026-01"
    [[rule]]
    match = "patients/{id}/**"
    scope = "patient/{id}"
    level = 4
    class = "inpatient"
    residency = "cn-310000"
    subjects = ["{id}", "病历"]
"#;

/// Three snapshots of four that there were, after a prune, with one object destroyed.
fn write_case(out: &Path, suite: Suite) {
    let world = World::new(suite);
    make_tree(&world);
    let backup = || {
        let mut options = world.options(Some(RULES));
        options.tags = vec!["vector".to_owned()];
        world.backup_with(options).snapshot.unwrap()
    };
    let first = backup();
    for at in 0..5 {
        world.write(&format!("patients/{at}/scan"), format!("scan {at}, made anew\n").repeat(60));
    }
    backup();
    fs::remove_file(world.data().join("patients/6/scan")).unwrap();
    world.write("patients/7/note", "stable");
    backup();
    world.vault().forget(&[first]).unwrap();
    let vault = world.vault_alone();
    let plan = PrunePlan::new(&vault, PruneOptions { max_unused: 0 }, &Run::quiet()).unwrap();
    assert!(plan.execute(&Run::quiet()).unwrap().rewritten > 1);
    drop(vault);
    world.vault().record("drill", &json!({ "objects": 3, "restored": 3 })).unwrap();
    world.destroy(world.keys_of(&["patients/5/scan"]));
    backup();
    let expect = found(&world);
    for name in ["vault", "catalogue", "keys"] {
        copy_tree(&world.path(name), &out.join(name));
    }
    for name in ["vault/lock", "keys/lock", "keys/store.db-shm", "keys/store.db-wal"] {
        let _ = fs::remove_file(out.join(name));
    }
    fs::copy(world.path("key-file"), out.join("key-file")).unwrap();
    let lines = expect.to_string().replace("},{", "},\n{") + "\n";
    fs::write(out.join("expect.json"), lines).unwrap();
}

/// Everything that a record can say, small.
fn make_tree(world: &World) {
    let data = world.data();
    for at in 0..8 {
        world.write(&format!("patients/{at}/scan"), random(4_000 + at));
    }
    world.write("text", "some text, some text\n".repeat(200));
    world.write("none", "");
    // Several chunks, of which little is left when they are compressed.
    let large: Vec<u8> = (0..5_000_000_u32).map(|at| at.to_be_bytes()[1]).collect();
    world.write("large", large);
    fs::hard_link(data.join("text"), data.join("another name")).unwrap();
    symlink("../text", data.join("link")).unwrap();
    fs::write(data.join(std::ffi::OsStr::from_bytes(b"not \xff\xfe UTF-8\n")), "odd").unwrap();
    let sparse = File::create(data.join("sparse")).unwrap();
    sparse.set_len(3 << 20).unwrap();
    sparse.write_all_at(&random(3_000), 1 << 20).unwrap();
    mknodat(CWD, data.join("fifo"), FileType::Fifo, Mode::from_raw_mode(0o640), 0).unwrap();
    fs::set_permissions(data.join("none"), fs::Permissions::from_mode(0o4711)).unwrap();
    lsetxattr(data.join("text"), "user.note", b"\x00\xffvalue", XattrFlags::empty()).unwrap();
}
