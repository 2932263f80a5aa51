//! Inspections: before a destruction, after it, and where something was forgotten.

use std::fs;

use sealkeep::destruction::inspection::{InspectOptions, inspect, passed};
use sealkeep::destruction::overwrite::Overwriting;
use sealkeep::destruction::{Choice, Frozen, Sources};
use sealkeep::envelope::Run;
use sealkeep::keys::{Unavailable, VaultKeys};
use sealkeep_crypto::Suite;
use sealkeep_keystore::approval::Digest;
use sealkeep_keystore::approval::cast::{Cast, QUICK_POLICY};
use sealkeep_keystore::ledger::Event;
use sealkeep_keystore::record::{Inspection, Place};
use sealkeep_keystore::{Actor, Location, Unlock};

use super::scene::{REQUEST, WAIT, backup, backup_by, copy_keys, duplicate, freeze, sync};
use crate::support::{World, random};

const EXECUTION: Digest = Digest([0xcd; 32]);

fn inspection(world: &World, frozen: &Frozen, more: Vec<Location>) -> Inspection {
    let unlock = world.unlock();
    inspection_with(world, frozen, more, Some(&unlock))
}

fn inspection_with(
    world: &World,
    frozen: &Frozen,
    more_stores: Vec<Location>,
    unlock: Option<&Unlock<'_>>,
) -> Inspection {
    let (keys, vault) = world.opened();
    let options = options(frozen, more_stores, unlock);
    inspect(&Sources { keys: &keys, vault: Some(&vault) }, &options, &Run::quiet()).unwrap()
}

fn options<'o>(
    frozen: &'o Frozen,
    more_stores: Vec<Location>,
    unlock: Option<&'o Unlock<'o>>,
) -> InspectOptions<'o> {
    InspectOptions {
        request: REQUEST,
        execution: EXECUTION,
        items: &frozen.items,
        overwriting: None,
        unlock,
        more_stores,
        more_vaults: Vec::new(),
        sealed: Vec::new(),
        sample: 20,
        wait: WAIT,
    }
}

fn of<'i>(inspection: &'i Inspection, what: &str) -> Vec<&'i Place> {
    inspection.places.iter().filter(|place| place.what == what).collect()
}

fn refused(place: &Place) -> Vec<(&str, u64)> {
    place.refused.iter().map(|(reason, count)| (reason.as_str(), *count)).collect()
}

/// Two patients, a copy of the vault and one of the keys.
fn scene(suite: Suite) -> (World, Frozen) {
    let world = World::new(suite);
    for name in ["a", "b", "c"] {
        world.write(&format!("patients/0042/{name}"), random(2_000));
        world.write(&format!("patients/0043/{name}"), random(2_000));
    }
    backup(&world);
    sync(&world, "copy");
    copy_keys(&world, "keys copy", true);
    let (frozen, _) = freeze(&world, [Choice::Subject("0042".into())]);
    world.store().sync_live_copies().unwrap();
    (world, frozen)
}

#[test]
fn before_a_destruction_everything_opens_and_after_it_nothing() {
    for suite in Suite::ALL {
        let (world, frozen) = scene(suite);
        let items = frozen.items.len() as u64;
        let before = inspection(&world, &frozen, Vec::new());
        assert!(!before.passed);
        assert_eq!(before.places.len(), 4);
        // The review key lies in no vault.
        let here = |place: &Place| items - u64::from(place.what.starts_with("vault"));
        for place in &before.places {
            assert_eq!((place.items, place.opened), (here(place), here(place)), "{place:?}");
            assert!(place.reachable && !passed(place));
        }
        world.destroy(frozen.targets.clone());
        let after = inspection(&world, &frozen, Vec::new());
        assert!(after.passed, "{:#?}", after.places);
        for place in &after.places {
            assert_eq!(refused(place), [("destroyed", here(place))], "{place:?}");
            assert_eq!(place.others.tried, place.others.opened);
        }
        let tried = |what: &str| of(&after, what)[0].others.tried;
        assert!(tried("vault") > 0 && tried("vault-copy") > 0 && tried("keystore") > 0);
        assert_eq!((after.request, after.execution), (REQUEST.to_string(), EXECUTION.to_string()));
        let json = serde_json::to_string(&after.places).unwrap();
        assert!(!json.contains("patients"));
    }
}

#[test]
fn that_keys_were_tried_is_in_the_ledger_as_inspection() {
    let (world, frozen) = scene(Suite::Aes256Gcm);
    world.destroy(frozen.targets.clone());
    inspection(&world, &frozen, Vec::new());
    let mut store = world.store();
    let size = store.ledger_status().unwrap().size;
    let mut refused = 0;
    store
        .ledger_entries(0..size, |entry| {
            if let Event::Access(access) = entry.parse().unwrap().event
                && access.operation == "inspect"
            {
                refused += access.refused.len();
            }
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    // The review key lies in the key store only.
    assert_eq!(refused, 3 * frozen.items.len() - 2, "at the vault, its copy and the key store");
}

#[test]
fn a_copy_that_cannot_be_reached_is_residual_until_it_is_due() {
    let (world, frozen) = scene(Suite::Sm4Gcm);
    fs::rename(world.path("copy"), world.path("in a safe")).unwrap();
    world.destroy(frozen.targets.clone());
    let found = inspection(&world, &frozen, Vec::new());
    assert!(found.passed);
    let [copy] = of(&found, "vault-copy")[..] else { panic!() };
    assert!(!copy.reachable && copy.items == 0);
    let (_, vault) = world.opened();
    let register =
        sealkeep::vault::register::Register::load(&**vault.storage(), vault.file()).unwrap();
    let synced = register.media()[0].last_sync.unwrap().time;
    assert_eq!(copy.residual_until, Some(synced + 2 * 86_400));
    let none = inspection_with(&world, &frozen, Vec::new(), None);
    assert!(!of(&none, "keystore-copy")[0].reachable, "nobody could open it");
}

#[test]
fn a_key_store_copy_that_was_left_behind_is_found() {
    let (world, frozen) = scene(Suite::Aes256Gcm);
    copy_keys(&world, "stick", false);
    duplicate(&world.path("keys"), &world.path("old backup"));
    world.destroy(frozen.targets.clone());
    let items = frozen.items.len() as u64;
    let found = inspection(&world, &frozen, Vec::new());
    assert!(!found.passed);
    let [live, stick] = of(&found, "keystore-copy")[..] else { panic!() };
    assert!(passed(live) && !passed(stick));
    assert_eq!((stick.opened, stick.items), (items, items));

    world.store().sync_copies(|_| true).unwrap();
    let found = inspection(&world, &frozen, Vec::new());
    assert!(found.passed, "brought up to date, it is as it must be: {:#?}", found.places);

    // Somebody's backup of the folder of the key store, cell and all, from before.
    let old = Location::new(world.path("old backup"), None);
    let found = inspection(&world, &frozen, vec![old]);
    assert!(!found.passed);
    let backup = of(&found, "keystore-copy")[2];
    assert_eq!((backup.opened, backup.id.as_str()), (items, "-"));
    // With the cell as it is now, the root that it needs is gone.
    let cell = world.path("keys/cell");
    let old = Location::new(world.path("old backup"), Some(cell));
    let found = inspection(&world, &frozen, vec![old]);
    assert!(found.passed, "{:#?}", found.places);
    assert_eq!(refused(of(&found, "keystore-copy")[2]), [("destroyed", items)]);
}

#[test]
fn held_keys_and_rotten_copies_do_not_pass() {
    let (world, frozen) = scene(Suite::Sm4Gcm);
    let kept = frozen.targets[0];
    world.destroy(frozen.targets[1..].to_vec());
    world.store().hold(&[kept]).unwrap();
    let found = inspection(&world, &frozen, Vec::new());
    assert!(!found.passed, "a hold is no destruction");
    let items = frozen.items.len() as u64;
    assert_eq!(refused(of(&found, "vault")[0]), [("destroyed", items - 2), ("held", 1)]);
    assert_eq!(of(&found, "keystore-copy")[0].opened, 1, "a hold is only a rule");

    let (world, frozen) = scene(Suite::Aes256Gcm);
    world.destroy(frozen.targets.clone());
    for pack in walk(&world.path("copy/packs")) {
        let mut bytes = fs::read(&pack).unwrap();
        bytes[48..].fill(0);
        fs::write(&pack, bytes).unwrap();
    }
    let found = inspection(&world, &frozen, Vec::new());
    let copy = of(&found, "vault-copy")[0];
    assert!(
        !found.passed && copy.others.opened < copy.others.tried,
        "nothing shows that it was tried"
    );
}

#[test]
fn what_was_to_be_overwritten_is_there_gone_or_not_to_be_found() {
    let world = World::new(Suite::Sm4Gcm);
    world.write("plain", "what is to be overwritten");
    let (frozen, files) = freeze(&world, [Choice::Plain(world.data().join("plain"))]);
    let looked_for = |overwriting: Option<&Overwriting>| {
        let (keys, vault) = world.opened();
        let unlock = world.unlock();
        let options = options(&frozen, Vec::new(), Some(&unlock));
        let options = InspectOptions { overwriting, ..options };
        let sources = Sources { keys: &keys, vault: Some(&vault) };
        let found = inspect(&sources, &options, &Run::quiet()).unwrap();
        let [file] = of(&found, "file")[..] else { panic!("{:?}", found.places) };
        file.clone()
    };
    let loaded = Overwriting::load(&files, &REQUEST, &frozen.items, world.suite).unwrap().unwrap();
    let before = looked_for(Some(&loaded));
    assert!(before.opened == 1 && !passed(&before));
    loaded.execute(&files, &REQUEST, &frozen.items, &Run::quiet()).unwrap();
    let after = looked_for(Some(&loaded));
    assert!(after.opened == 0 && after.items == 1 && passed(&after), "{after:?}");
    let lost = looked_for(None);
    assert!(!lost.reachable && lost.items == 0 && lost.place == "item=0", "{lost:?}");
}

/// The policy gives data of a level to nobody. Backups and inspections, which give it to nobody either, go on.
#[test]
fn what_is_restricted_is_given_to_nobody_and_still_backed_up_and_inspected() {
    let world = World::new(Suite::Aes256Gcm);
    world.write("wards/a", "a");
    world.write("wards/b", "b");
    backup_by(&world, "version = \"1\"\n[[rule]]\nmatch = \"wards/**\"\nlevel = 4\n");
    let (frozen, _) = freeze(&world, [Choice::Path(world.data().join("wards/a"))]);
    let mut store = world.store();
    let (id, began) = (store.status().unwrap().peek.store, store.ledger_clock().unwrap().0);
    let policy = format!("{QUICK_POLICY}\n[access]\nrestricted_from = 4\n");
    let cast = Cast::new(id, world.suite).with_policy(&policy);
    store.submit(&cast.genesis(began, &store.public_key()), None).unwrap();
    drop(store);
    let (keys, vault) = world.opened();
    let wanted = [frozen.items[0].key.unwrap()];
    for (operation, given) in [("restore", false), ("", false), ("backup", true), ("inspect", true)]
    {
        keys.with(|store| store.act_as(Actor { operation: operation.into(), ..Actor::default() }));
        let opened = keys.open_many(&wanted).unwrap().remove(0);
        assert_eq!(opened.is_ok(), given, "{operation}");
        assert!(given || matches!(opened, Err(Unavailable::Restricted)), "{operation}");
    }
    drop((keys, vault));
    let before = inspection(&world, &frozen, Vec::new());
    assert!(!before.passed && of(&before, "keystore")[0].opened > 0, "{before:#?}");
    world.destroy(frozen.targets.clone());
    let after = inspection(&world, &frozen, Vec::new());
    assert!(after.passed, "{:#?}", after.places);
}

fn walk(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}
