//! What belongs to a choice, and what does not.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::thread::sleep;
use std::time::{Duration, UNIX_EPOCH};

use sealkeep::destruction::{Choice, Error, Options, Origin, Query, Sources, Why, resolve};
use sealkeep::envelope::Run;
use sealkeep_crypto::Suite;
use sealkeep_keystore::KeyState;
use sealkeep_keystore::approval::ItemKind;

use super::scene::{
    RULES, TODAY, backup, backup_by, copy_keys, freeze, look, names, options, set, sync, try_look,
};
use crate::support::{World, random};

fn subject(id: &str) -> Choice {
    Choice::Subject(id.to_owned())
}

#[test]
fn a_subject_is_found_in_all_snapshots_under_all_names() {
    let world = World::new(Suite::Aes256Gcm);
    world.write("patients/0042/scan", random(5_000));
    world.write("patients/0042/gone", "was there one night only");
    world.write("patients/0043/scan", random(5_000));
    fs::create_dir(world.data().join("research")).unwrap();
    let data = world.data();
    fs::hard_link(data.join("patients/0042/scan"), data.join("research/cohort-7")).unwrap();
    backup(&world);
    fs::remove_file(data.join("patients/0042/gone")).unwrap();
    world.write("patients/0042/report", "new");
    backup(&world);
    let found = look(&world, subject("0042"));
    let gone = "patients/0042/gone";
    let expected = set(&["patients/0042/report", "patients/0042/scan", gone, "research/cohort-7"]);
    assert_eq!(names(&world, &found), expected);
    let link = found.found.iter().find(|one| one.name.ends_with("cohort-7")).unwrap();
    assert_eq!(link.origin, Origin::HardLink);
    assert!(found.found.iter().all(|one| one.digest.is_some() && one.size.unwrap() > 0));
    assert!(found.blocked.is_empty() && found.sharing.is_empty());
    let other = look(&world, subject("0043"));
    assert_eq!(names(&world, &other), set(&["patients/0043/scan"]));
    assert!(matches!(
        try_look(&world, &options([subject("nobody")])).unwrap().freeze(&world.opened().0),
        Err(Error::Nothing)
    ));
}

#[test]
fn an_inode_number_that_was_used_again_is_no_hard_link() {
    let world = World::new(Suite::Sm4Gcm);
    let data = world.data();
    world.write("patients/0001/a", "one");
    fs::hard_link(data.join("patients/0001/a"), data.join("patients/0001/b")).unwrap();
    backup(&world);
    // The names of the first night go; the number of their inode is likely to be given to the next file.
    fs::remove_dir_all(data.join("patients")).unwrap();
    for at in 0..40 {
        world.write(&format!("patients/0002/{at}"), format!("{at}"));
        let (from, to) = (format!("patients/0002/{at}"), format!("patients/0002/{at} again"));
        fs::hard_link(data.join(from), data.join(to)).unwrap();
    }
    backup(&world);
    let found = look(&world, subject("0001"));
    let expected = set(&["patients/0001", "patients/0001/a", "patients/0001/b"]);
    assert_eq!(names(&world, &found), expected);
}

#[test]
fn earlier_generations_and_names_go_too() {
    let world = World::new(Suite::Aes256Gcm);
    world.write("patients/0042/scan", random(3_000));
    world.write("inbox/letter", random(3_000));
    // Before there were rules, everything was in one scope.
    backup_by(&world, "version = \"0\"\n");
    backup(&world);
    let [key] = world.keys_of(&["patients/0042/scan"])[..] else { panic!() };
    world.store().set_state(&[key], KeyState::Deactivated).unwrap();
    world.write("patients/0042/scan", random(3_000));
    fs::rename(world.data().join("inbox/letter"), world.data().join("inbox/filed")).unwrap();
    backup(&world);
    let found = look(&world, subject("0042"));
    let scans: BTreeSet<_> = found
        .found
        .iter()
        .filter(|one| one.name.ends_with("scan"))
        .map(|one| (one.facts.unwrap().id, one.origin))
        .collect();
    assert_eq!(scans.len(), 3, "{scans:?}");
    let earlier = scans.iter().filter(|(_, origin)| *origin == Origin::Generation).count();
    assert_eq!(earlier, 1, "that of before the rules is known by its path");
    let filed = look(&world, Choice::Path(world.data().join("inbox/filed")));
    assert_eq!(names(&world, &filed), set(&["inbox/filed", "inbox/letter"]));
    assert_eq!(filed.origins()[&Origin::Renamed], 1);
}

#[test]
fn names_are_followed_as_often_as_a_file_was_renamed() {
    let world = World::new(Suite::Sm4Gcm);
    let data = world.data();
    world.write("a.pdf", random(3_000));
    backup(&world);
    fs::rename(data.join("a.pdf"), data.join("b.pdf")).unwrap();
    backup(&world);
    fs::write(data.join("b.pdf"), random(3_000)).unwrap();
    backup(&world);
    fs::rename(data.join("b.pdf"), data.join("c.pdf")).unwrap();
    backup(&world);
    let found = look(&world, Choice::Path(data.join("c.pdf")));
    assert_eq!(names(&world, &found), set(&["a.pdf", "b.pdf", "c.pdf"]));
}

#[test]
fn a_path_is_a_file_or_all_below_a_folder() {
    let world = World::new(Suite::Sm4Gcm);
    for name in ["a/one", "a/two", "ab/three"] {
        world.write(name, name);
    }
    backup(&world);
    let at = |name: &str| look(&world, Choice::Path(world.data().join(name)));
    assert_eq!(names(&world, &at("a")), set(&["a/one", "a/two"]));
    assert_eq!(names(&world, &at("a/one")), set(&["a/one"]));
    assert_eq!(names(&world, &at("a/none")), set(&[]));
}

#[test]
fn a_query_is_what_find_finds() {
    let world = World::new(Suite::Aes256Gcm);
    for name in ["wards/x.dcm", "wards/y.txt", "patients/0001/z.dcm"] {
        world.write(name, name);
    }
    backup(&world);
    let query = |query: Query| Choice::Query(query);
    let dcm = Query { names: vec!["*.dcm".into()], ..Query::default() };
    let found = look(&world, query(dcm.clone()));
    assert_eq!(names(&world, &found), set(&["wards/x.dcm", "patients/0001/z.dcm"]));
    let level = Query { level: Some(4..=5), ..dcm };
    let found = look(&world, query(level));
    assert_eq!(names(&world, &found), set(&["wards/x.dcm"]));
    assert_eq!(found.level(), 4, "the level of the rules counts");
    // Their scope is of that level since the first backup, and stays so without another word.
    backup(&world);
    let mut store = world.store();
    let levels: BTreeSet<u8> =
        store.scopes().unwrap().into_iter().map(|scope| scope.level).collect();
    assert_eq!(levels, [0, 4].into());
    let (size, mut told) = (store.ledger_status().unwrap().size, 0);
    let count = |entry: &sealkeep_keystore::ledger::Entry| {
        told += usize::from(String::from_utf8_lossy(&entry.body).contains("set-level"));
        std::ops::ControlFlow::Continue(())
    };
    store.ledger_entries(0..size, count).unwrap();
    assert_eq!(told, 1);
    let wrong = Query { names: vec!["a[".into()], ..Query::default() };
    assert!(matches!(try_look(&world, &options([query(wrong)])), Err(Error::Pattern(_))));
}

#[test]
fn of_a_snapshot_goes_what_no_other_has() {
    let world = World::new(Suite::Aes256Gcm);
    world.write("stays", "in both");
    world.write("goes", "in the first");
    let first = backup(&world);
    fs::remove_file(world.data().join("goes")).unwrap();
    world.write("later", "in the second");
    backup(&world);
    let found = look(&world, Choice::Snapshot(first));
    assert_eq!(names(&world, &found), set(&["goes"]));
    assert!(found.not_covered.iter().any(|text| text.as_str().contains("other snapshots")));
    let unknown = sealkeep::vault::SnapshotId::random();
    assert!(matches!(
        try_look(&world, &options([Choice::Snapshot(unknown)])),
        Err(Error::NoSnapshot(_))
    ));
}

/// 9 September 2001, at UTC+8: kept for 15 years.
const OLD: u64 = 1_000_000_000;

fn touched(world: &World, name: &str, seconds: u64) {
    world.write(name, name);
    let file = File::options().write(true).open(world.data().join(name)).unwrap();
    file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
}

#[test]
fn what_is_due_goes_and_a_minimum_is_never_cut_short() {
    let world = World::new(Suite::Sm4Gcm);
    touched(&world, "wards/old", OLD);
    touched(&world, "wards/new", 1_790_000_000);
    let data = world.data();
    fs::hard_link(data.join("wards/old"), data.join("unclassified")).unwrap();
    backup(&world);
    let due = look(&world, Choice::Due(None));
    assert_eq!(names(&world, &due), set(&["wards/old"]));
    assert!(due.blocked.is_empty());
    let says = |text: &str| due.not_covered.iter().any(|one| one.as_str().contains(text));
    assert!(says("1 objects are other names"), "{:?}", due.not_covered);
    assert_eq!(names(&world, &look(&world, Choice::Due(Some("emergency".into())))), set(&[]));

    let (keys, vault) = world.opened();
    let sources = Sources { keys: &keys, vault: Some(&vault) };
    let choice = options([Choice::Path(data.join("wards"))]);
    let found = resolve(&sources, &choice, &Run::quiet()).unwrap();
    let new = found.blocked.iter().find(|one| one.name.ends_with("wards/new")).unwrap();
    assert!(matches!(&new.why, Why::Retention { last_day, .. } if *last_day > TODAY));
    assert!(!found.blocked.iter().any(|one| one.name.ends_with("wards/old")));
    let Err(Error::Blocked(blocked)) = found.freeze(&keys) else { panic!("it was frozen") };
    assert!(blocked.contains(new_of(&blocked)));
}

/// Rules that do not name the class any more shorten no period that began under it.
#[test]
fn a_class_that_was_taken_away_still_holds() {
    let world = World::new(Suite::Aes256Gcm);
    touched(&world, "wards/new", 1_790_000_000);
    backup(&world);
    let chosen = Choice::Path(world.data().join("wards/new"));
    assert_eq!(look(&world, chosen.clone()).blocked.len(), 1);
    backup_by(&world, "version = \"2\"\n[[rule]]\nmatch = \"wards/**\"\nlevel = 4\n");
    assert_eq!(look(&world, chosen).blocked.len(), 1);
}

fn new_of(blocked: &[sealkeep::destruction::Blocked]) -> &sealkeep::destruction::Blocked {
    blocked.iter().find(|one| one.name.ends_with("wards/new")).unwrap()
}

#[test]
fn held_objects_are_refused_however_they_are_found() {
    for listing_lost in [false, true] {
        let world = World::new(Suite::Aes256Gcm);
        world.write("patients/0042/scan", "held");
        world.write("patients/0042/free", "free");
        backup(&world);
        let keys = world.keys_of(&["patients/0042/scan"]);
        world.store().hold(&keys).unwrap();
        if listing_lost {
            fs::remove_dir_all(world.path("catalogue")).unwrap();
            fs::create_dir(world.path("catalogue")).unwrap();
        }
        let scan = world.data().join("patients/0042/scan");
        for choice in [Choice::Scope("patient/0042".into()), Choice::Path(scan)] {
            let found = look(&world, choice);
            let held: Vec<_> = found.blocked.iter().map(|one| (one.id, one.why.clone())).collect();
            assert_eq!(held, [(keys[0], Why::Held)], "{listing_lost}");
            assert!(matches!(found.freeze(&world.opened().0), Err(Error::Blocked(_))));
        }
        let found = look(&world, subject("0042"));
        let unknown = found.not_covered.iter().any(|text| text.as_str().contains("on hold"));
        assert_eq!(
            (found.blocked.len(), unknown),
            if listing_lost { (0, true) } else { (1, false) }
        );
    }
}

#[test]
fn a_scope_goes_as_a_whole_with_keys_that_sealed_nothing_here() {
    let world = World::new(Suite::Sm4Gcm);
    world.write("patients/0042/scan", random(900));
    world.write("patients/0043/scan", random(900));
    backup(&world);
    let mut store = world.store();
    store.create_keys("patient/0042/letters", world.suite, &["letter.pdf".as_bytes()]).unwrap();
    store.create_keys("patient/00420", world.suite, &[b"a neighbour"]).unwrap();
    drop(store);
    let (frozen, _) = freeze(&world, [Choice::Scope("patient/0042".into())]);
    let of = |kind| frozen.items.iter().filter(|item| item.kind == kind).count();
    assert_eq!((of(ItemKind::Scope), of(ItemKind::Object)), (2, 2), "{:?}", frozen.names);
    assert_eq!(of(ItemKind::Key), 2, "the letter's, and that of the names");
    assert_eq!(frozen.items[0].kind, ItemKind::Scope);
    assert!(frozen.names.iter().any(|name| name == "patient/0042/letters: letter.pdf"));
    assert!(!frozen.names.iter().any(|name| name.contains("00420") || name.contains("0043")));
    let scopes: Vec<_> = frozen
        .items
        .iter()
        .filter(|one| one.kind == ItemKind::Scope)
        .filter_map(|one| one.scope)
        .collect();
    let review = frozen.items.last().unwrap().key.unwrap();
    assert_eq!(frozen.targets.len(), 3);
    assert!(scopes.iter().chain([&review]).all(|id| frozen.targets.contains(id)));
    let reserved = options([Choice::Scope("sealkeep/review".into())]);
    assert!(matches!(try_look(&world, &reserved), Err(Error::Reserved(_))));
    assert!(frozen.not_covered.iter().any(|text| text.as_str().contains("retention of 1 keys")));
    // Of an object that no snapshot has any more, nobody knows how long it must be kept.
    let mut store = world.store();
    store.create_keys("patient/0042", world.suite, &[b"vault"]).unwrap();
    drop(store);
    let whole = [Choice::Scope("patient/0042".into())];
    let blocked = try_look(&world, &options(whole.clone())).unwrap().blocked;
    assert!(matches!(&blocked[..], [one] if one.why == Why::Unclassified), "{blocked:?}");
    let all_the_same = Options { unclassified: true, ..options(whole) };
    assert_eq!(try_look(&world, &all_the_same).unwrap().blocked, []);
    // Without the vault, nobody knows whether what is in it must be kept.
    let keys = sealkeep::keys::StoreKeys::new(world.store());
    let alone = Sources { keys: &keys, vault: None };
    let chosen = options([Choice::Scope("patient/0042".into())]);
    assert!(matches!(resolve(&alone, &chosen, &Run::quiet()), Err(Error::OtherVault(3))));
}

#[test]
fn copies_are_listed_with_what_they_hold() {
    let world = World::new(Suite::Aes256Gcm);
    world.write("patients/0042/old", "old");
    backup_by(&world, RULES);
    sync(&world, "copy 1");
    sync(&world, "copy 2");
    fs::rename(world.path("copy 2"), world.path("in a safe")).unwrap();
    sleep(Duration::from_millis(1_100));
    world.write("patients/0042/new", "new");
    backup(&world);
    sync(&world, "copy 3");
    copy_keys(&world, "keys copy", true);
    copy_keys(&world, "keys on a stick", false);
    let found = look(&world, subject("0042"));
    let reachable: Vec<bool> = found.copies.iter().map(|one| one.registered.reachable).collect();
    assert_eq!(reachable, [true, false, true, true, true]);
    let of = |name: &str| &found.found.iter().find(|one| one.name.ends_with(name)).unwrap().copies;
    assert_eq!(*of("/old"), [0, 1, 2, 3, 4]);
    // What lies on a copy that can be reached is looked up; of the one in the safe, the register says when it went.
    assert_eq!(*of("/new"), [2, 3, 4]);
    let residual = |text: &str| found.residual.iter().any(|one| one.as_str().contains(text));
    assert!(residual("copy 2") && residual("keys on a stick") && !residual("copy 3"));
}

#[test]
fn what_shares_content_and_stays_is_told() {
    let world = World::new(Suite::Aes256Gcm);
    let content = random(3_000);
    world.write("patients/0001/a", &content);
    world.write("patients/0001/b", &content);
    world.write("patients/0002/a", &content);
    backup(&world);
    let found = look(&world, Choice::Path(world.data().join("patients/0001/a")));
    assert_eq!(names(&world, &found), set(&["patients/0001/a"]));
    assert_eq!(found.sharing, world.keys_of(&["patients/0001/b"]), "other scopes cannot be told");
}

#[test]
fn lines_are_the_same_for_the_same_choice_and_show_no_names() {
    let world = World::new(Suite::Sm4Gcm);
    for at in 0..300 {
        world.write(&format!("patients/0042/{at:03}"), format!("{at}"));
    }
    backup(&world);
    let (first, files) = freeze(&world, [subject("0042")]);
    let (second, _) = freeze(&world, [subject("0042")]);
    let bare = |frozen: &sealkeep::destruction::Frozen| {
        let lines = frozen.items[..frozen.items.len() - 1].iter();
        lines.map(|item| item.line().replace(&tag(item), "")).collect::<Vec<_>>()
    };
    assert_eq!(bare(&first), bare(&second));
    assert_eq!(first.names, second.names);
    assert_ne!(first.items[0].tag, second.items[0].tag, "tags have a key of their own each time");
    assert_ne!(first.summary.root, second.summary.root);
    let request = super::scene::REQUEST;
    let kept = files.read(&request, sealkeep::destruction::request_files::Part::Inventory).unwrap();
    let text = String::from_utf8(kept).unwrap();
    assert!(!text.contains("patients") && !text.contains("0042/"));
    assert_eq!(first.summary.items, 302, "files, their folder, and the key of the names");
}

fn tag(item: &sealkeep_keystore::approval::Item) -> String {
    item.tag.unwrap().iter().map(|byte| format!("{byte:02x}")).collect()
}
