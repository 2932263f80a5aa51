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
