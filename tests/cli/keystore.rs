//! Custody, copies and recovery, as an administrator meets them.

use std::fs;

use crate::world::World;

#[test]
fn a_wrong_passphrase_says_nothing_more() {
    let world = World::new();
    world.write("right", "correct horse battery staple\n");
    world.write("wrong", "incorrect horse\n");
    world.good(&["--passphrase-file", "right", "init"]);
    world.good(&["--passphrase-file", "right", "key", "list"]);
    let done = world.run(&["--passphrase-file", "wrong", "key", "list"]);
    assert_eq!(done.code, 21, "{}", done.stderr);
    assert!(
        done.stderr.starts_with("error[E-LOCKED]: the key store does not open\n"),
        "{}",
        done.stderr
    );
}

#[test]
fn losing_the_main_store_right_after_sealing_loses_nothing() {
    let world = World::with_store();
    world.good(&["keystore", "copy", "add", "copy"]);
    world.write("data/file", "content");
    world.good(&["seal", "data", "-o", "sealed"]);
    fs::remove_dir_all(world.path("keys")).expect("it is there");
    assert_eq!(world.run(&["open", "sealed", "-o", "back"]).code, 20);
    world.good(&["keystore", "restore", "--from", "copy"]);
    world.good(&["open", "sealed", "-o", "back"]);
    assert_eq!(fs::read(world.path("back/file")).expect("opened"), b"content");
}

#[test]
fn a_live_copy_that_is_gone_refuses_or_warns_as_told() {
    for (extra, code, said) in
        [(&[][..], 24, "E-COPY-UNREACHABLE"), (&["--warn-only"][..], 0, "W-COPY-BEHIND")]
    {
        let world = World::with_store();
        world.good(&[&["keystore", "copy", "add", "copy"][..], extra].concat());
        fs::rename(world.path("copy"), world.path("away")).expect("it is there");
        world.write("data/file", "content");
        let done = world.run(&["seal", "data", "-o", "sealed"]);
        assert_eq!(done.code, code, "{}", done.stderr);
        assert!(done.stderr.contains(said), "{}", done.stderr);
        fs::rename(world.path("away"), world.path("copy")).expect("it is there");
        world.good(&["keystore", "copy", "sync"]);
        world.good(&["keystore", "copy", "check"]);
        world.good(&["open", "sealed", "-o", "back"]);
    }
}

#[test]
fn the_old_way_in_is_closed_by_passwd() {
    let world = World::with_store();
    world.good(&["keystore", "passwd", "--new-key-file", "second.key"]);
    assert_eq!(world.run(&["key", "list"]).code, 21);
    world.good(&["--key-file", "second.key", "key", "list"]);
    world.write("pass", "four plain words here\n");
    let args = ["--key-file", "second.key", "keystore", "passwd", "--new-passphrase-file", "pass"];
    world.good(&args);
    assert_eq!(world.run(&["--key-file", "second.key", "key", "list"]).code, 21);
    world.good(&["--passphrase-file", "pass", "key", "list"]);
}

#[test]
fn shares_recover_and_new_shares_replace_old_ones() {
    let world = World::new();
    world.good(&["init", "--shares", "2/3", "--kit", "kit"]);
    let (one, three) = ("kit/share-1-of-3.txt", "kit/share-3-of-3.txt");
    world.good(&["keystore", "drill-shares", one, three]);
    assert_eq!(world.run(&["keystore", "drill-shares", one, one]).code, 21);
    fs::remove_file(world.path("admin.key")).expect("it is there");
    world.good(&["keystore", "recover", one, three, "--new-key-file", "admin.key"]);
    world.good(&["keystore", "passwd", "--shares", "2/2", "--kit", "kit-2"]);
    assert_eq!(world.run(&["keystore", "drill-shares", one, three]).code, 21);
    world.good(&["keystore", "drill-shares", "kit-2/share-1-of-2.txt", "kit-2/share-2-of-2.txt"]);
    world.good(&["key", "list"]);
}

#[test]
fn secrets_are_readable_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    world.good(&["init", "--shares", "2/2", "--kit", "kit"]);
    for path in ["admin.key", "kit", "kit/share-1-of-2.txt", "keys", "keys/cell"] {
        let mode = fs::metadata(world.path(path)).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{path}: {mode:o}");
    }
}

#[test]
fn two_stores_do_not_open_each_others_files() {
    let (here, there) = (World::with_store(), World::with_store());
    let file = here.write("file", "content");
    let sealed = here.path("file.sealed");
    here.good(&["seal", file.to_str().expect("UTF-8"), "-o", sealed.to_str().expect("UTF-8")]);
    let done = there.run(&["open", sealed.to_str().expect("UTF-8"), "-o", "back"]);
    assert_eq!(done.code, 30, "{}", done.stderr);
    assert!(!there.path("back").exists());
}

/// Names of a kit's pages, and what the second of them holds: somebody's file.
fn occupied(world: &World, kit: &str) -> Vec<String> {
    world.write(&format!("{kit}/share-2-of-2.txt"), "somebody's");
    world.names(kit)
}

#[test]
fn pages_that_are_in_the_way_change_nothing() {
    let world = World::new();
    let before = occupied(&world, "kit");
    let done = world.run(&["init", "--shares", "2/2", "--kit", "kit"]);
    assert_eq!(done.code, 4, "{}", done.stderr);
    assert!(!world.path("keys").exists() && !world.path("admin.key").exists());
    assert_eq!(world.names("kit"), before, "no empty page is left");

    world.good(&["init", "--shares", "2/2", "--kit", "first"]);
    let (one, two) = ("first/share-1-of-2.txt", "first/share-2-of-2.txt");
    let passwd = ["keystore", "passwd", "--shares", "2/2", "--kit", "kit"];
    assert_eq!(world.run(&passwd).code, 4);
    let recover = ["keystore", "recover", one, two, "--new-key-file", "new.key"];
    let recover = [&recover[..], &["--shares", "2/2", "--kit", "kit"]].concat();
    assert_eq!(world.run(&recover).code, 4);
    assert_eq!(world.names("kit"), before, "no empty page is left");
    let kept = fs::read(world.path("kit/share-2-of-2.txt")).expect("it is there");
    assert_eq!(kept, b"somebody's");
    world.good(&["keystore", "drill-shares", one, two]);
    world.good(&["key", "list"]);
}

#[test]
fn pages_are_removed_when_the_store_does_not_open() {
    let world = World::with_store();
    world.good(&["--keystore", "other", "--key-file", "other.key", "init"]);
    let passwd = ["keystore", "passwd", "--shares", "2/2", "--kit", "deep/kit"];
    let done = world.run(&[&["--key-file", "other.key"][..], &passwd].concat());
    assert_eq!(done.code, 21, "{}", done.stderr);
    assert!(world.names("deep/kit").is_empty());
    world.good(&passwd);
    assert_eq!(world.names("deep/kit").len(), 2);
}

#[test]
fn adding_a_copy_keeps_the_others_up_to_date() {
    let world = World::with_store();
    world.good(&["keystore", "copy", "add", "one"]);
    world.good(&["keystore", "copy", "add", "two"]);
    world.good(&["keystore", "copy", "check"]);
}

#[test]
fn a_good_copy_is_told_beside_a_missing_one() {
    let world = World::with_store();
    world.good(&["keystore", "copy", "add", "one"]);
    world.good(&["keystore", "copy", "add", "two"]);
    fs::remove_dir_all(world.path("two")).expect("it is there");
    for command in ["check", "sync"] {
        let done = world.run(&["--json", "keystore", "copy", command]);
        assert_eq!(done.code, 3, "{}", done.stdout);
        let document: serde_json::Value = serde_json::from_str(&done.stdout).expect("a document");
        let rows = document["copies"].as_array().expect("rows");
        assert!(rows.iter().any(|row| row["dir"].as_str().is_some_and(|dir| dir.ends_with("one"))));
        assert_eq!(document["failures"].as_array().map(Vec::len), Some(1), "{command}");
    }
}

#[test]
fn an_old_store_put_back_is_not_opened() {
    let world = World::with_store();
    fs::copy(world.path("keys/store.db"), world.path("old.db")).expect("it is there");
    world.good(&["key", "rotate"]);
    world.good(&["keystore", "passwd", "--new-key-file", "new.key"]);
    for log in ["keys/store.db-wal", "keys/store.db-shm"] {
        let _ = fs::remove_file(world.path(log));
    }
    fs::copy(world.path("old.db"), world.path("keys/store.db")).expect("it can be put back");
    let done = world.run(&["--key-file", "new.key", "key", "list"]);
    assert_eq!(done.code, 23, "{}", done.stderr);
    assert!(done.stderr.starts_with("error[E-STORE-OLD]"), "{}", done.stderr);
}

#[test]
fn a_store_in_use_is_waited_for_and_then_told() {
    let world = World::with_store();
    let lock = fs::File::open(world.path("keys/lock")).expect("a store has its lock");
    lock.lock().expect("nobody has it");
    world.write("file", "content");
    let done = world.run(&["--wait", "0", "seal", "file", "-o", "file.sealed"]);
    assert_eq!(done.code, 22, "{}", done.stderr);
    assert!(done.stderr.contains("error[E-BUSY]"), "{}", done.stderr);
    let done = world.run(&["--wait", "18446744073709551615", "key", "list"]);
    assert_eq!(done.code, 2, "{}", done.stderr);
    drop(lock);
    world.good(&["--wait", "0", "seal", "file", "-o", "file.sealed"]);
}
