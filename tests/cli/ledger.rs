//! The ledger, as an administrator and an auditor meet it.

use std::fs;
use std::time::Duration;

use sealkeep_keystore::{KeyFile, KeyStore, Location, Unlock};
use serde_json::Value;

use crate::world::World;

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("one document")
}

#[test]
fn who_opened_what_from_where_and_for_what_is_told() {
    let world = World::with_store();
    world.write("data/file", "content");
    world.good(&["seal", "data", "-o", "sealed"]);
    let mut open = world.command(&["open", "sealed", "-o", "back", "--purpose", "ward round"]);
    open.env("SSH_CONNECTION", "192.0.2.7 50022 192.0.2.1 22");
    assert_eq!(crate::world::done(&mut open).code, 0);

    let log = json(&world.good(&["--json", "ledger", "log", "--class", "access"]).stdout);
    let entries = log["entries"].as_array().expect("a list");
    let [sealed, opened] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!(
        (&sealed["entry"]["operation"], &sealed["entry"]["count"]),
        (&"seal".into(), &2.into())
    );
    let opened = &opened["entry"];
    for (name, value) in [("operation", "open"), ("source", "192.0.2.7"), ("purpose", "ward round")]
    {
        assert_eq!(opened[name], value);
    }
    assert!(!opened["who"].as_str().expect("a name").is_empty());
    let keys = opened["keys"].as_array().expect("ids");
    assert_eq!(keys.len(), 2);

    // By key, and in words.
    let key = keys[0].as_str().expect("an id");
    let done = world.good(&["ledger", "log", "--key", key]);
    assert!(done.stdout.contains("access  open") && done.stdout.lines().count() == 1);
    let done = world.good(&["ledger", "log", "--last", "1"]);
    assert!(done.stdout.contains("@192.0.2.7  keys=2  default  \"ward round\""), "{}", done.stdout);
    assert_eq!(world.good(&["ledger", "log", "--until", "2020-01-01"]).stdout, "");
    assert_eq!(world.run(&["ledger", "log", "--since", "yesterday"]).code, 2);
}

#[test]
fn a_checkpoint_kept_elsewhere_finds_what_was_put_back() {
    let world = World::with_store();
    world.write("data/file", "content");
    world.good(&["seal", "data", "-o", "sealed"]);
    let keys = world.path("keys");
    let kept = world.path("kept");
    fs::create_dir(&kept).expect("a folder");
    for name in ["store.db", "cell"] {
        fs::copy(keys.join(name), kept.join(name)).expect("copied");
    }
    world.good(&["open", "sealed", "-o", "back"]);
    world.good(&["ledger", "checkpoint", "-o", "monday"]);
    assert_eq!(world.run(&["ledger", "checkpoint", "-o", "monday"]).code, 4, "it is there");
    world.good(&["check", "sealed"]);
    let done = world.good(&["ledger", "check", "--against", "monday"]);
    assert!(done.stdout.contains("still contains 1 "), "{}", done.stdout);

    for name in ["store.db", "cell"] {
        fs::copy(kept.join(name), keys.join(name)).expect("put back");
    }
    for name in ["store.db-wal", "store.db-shm"] {
        let _ = fs::remove_file(keys.join(name));
    }
    world.good(&["ledger", "check"]);
    let done = world.run(&["ledger", "check", "--against", "monday"]);
    assert_eq!(done.code, 23, "{}", done.stdout);
    assert!(done.stderr.contains("E-LEDGER"), "{}", done.stderr);
}

#[test]
fn proofs_and_exports_are_written_once() {
    let world = World::with_store();
    world.write("data/file", "content");
    world.good(&["seal", "data", "-o", "sealed"]);
    let shown = world.good(&["ledger", "prove", "1"]).stdout;
    assert!(shown.starts_with("c2sp.org/tlog-proof@v1\nindex 1\n"), "{shown}");
    world.good(&["ledger", "prove", "1", "-o", "proof"]);
    assert_eq!(fs::read_to_string(world.path("proof")).expect("written"), shown);
    assert_eq!(world.run(&["ledger", "prove", "99"]).code, 5);
    let done = json(&world.good(&["--json", "ledger", "export", "-o", "all.jsonl"]).stdout);
    let lines = fs::read_to_string(world.path("all.jsonl")).expect("written");
    let lines: Vec<Value> = lines.lines().map(json).collect();
    let (last, entries) = lines.split_last().expect("some");
    assert_eq!(done["entries"], entries.len());
    assert_eq!(entries.last().expect("one")["entry"]["operation"], "export");
    assert!(last["checkpoint"].as_str().expect("a note").contains("\n\u{2014} sealkeep.invalid/"));
    assert!(entries.iter().all(|entry| entry["proof"].is_array()));
    assert_eq!(world.run(&["ledger", "export", "-o", "all.jsonl"]).code, 4, "it is there");
}

#[test]
fn very_many_keys_ring_an_alarm_after_the_work_is_done() {
    let world = World::with_store();
    for number in 0..5 {
        world.write(&format!("data/{number}"), "content");
    }
    world.good(&["seal", "data", "-o", "sealed"]);
    let text = fs::read(world.path("admin.key")).expect("there");
    let key_file = KeyFile::parse(&text).expect("a key file");
    let place = Location::new(world.path("keys"), None);
    let unlock = Unlock::KeyFile(&key_file);
    let mut store = KeyStore::open(&place, &unlock, Duration::from_secs(5)).expect("opens");
    store.set_alarm_limit_for_test(4).expect("set");
    drop(store);
    let done = world.run(&["open", "sealed", "-o", "back"]);
    assert_eq!(done.code, 43, "{}", done.stderr);
    assert!(done.stderr.contains("E-ALARM") && done.stderr.contains("volume"), "{}", done.stderr);
    assert_eq!(fs::read(world.path("back/4")).expect("opened"), b"content");
    let done = world.good(&["ledger", "log", "--class", "alarm"]);
    assert!(done.stdout.contains("alarm  volume"), "{}", done.stdout);
    assert_eq!(world.run(&["check", "sealed"]).code, 0, "it is told once in an hour");
}
