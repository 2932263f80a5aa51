//! Officers, policy and statements, as officers meet them.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::world::{Done, World, skip};

/// A store, and keys of `chen`, `zhao` and `li`, each with a passphrase of their own.
fn world(suite: &str) -> World {
    let world = World::new();
    world.good(&["init", "--suite", suite]);
    for id in ["chen", "zhao", "li"] {
        world.write(&format!("{id}.pass"), format!("passphrase of {id}\n"));
        let pass = format!("{id}.pass");
        world.good(&["--officer-passphrase-file", &pass, "officer", "new", &format!("{id}.pem")]);
    }
    world
}

fn as_officer(world: &World, id: &str, command: &[&str]) -> Done {
    let (key, pass) = (format!("{id}.pem"), format!("{id}.pass"));
    let who = ["--officer-key", &key, "--officer-passphrase-file", &pass];
    world.run(&[&who[..], command].concat())
}

fn good(world: &World, id: &str, command: &[&str]) -> String {
    let done = as_officer(world, id, command);
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    done.stdout
}

/// Makes a key anew, in the place of the one before; its public part.
fn public(world: &World, id: &str) -> String {
    let pass = format!("{id}.pass");
    let copy = format!("{id}.again.pem");
    let told = world.good(&["--json", "--officer-passphrase-file", &pass, "officer", "new", &copy]);
    let told: Value = serde_json::from_str(&told.stdout).expect("JSON");
    fs::rename(world.path(&copy), world.path(format!("{id}.pem"))).expect("it is there");
    told["key"].as_str().expect("a key").to_owned()
}

fn table(id: &str, role: &str, key: &str) -> String {
    format!(
        "[[officer]]\nid = \"{id}\"\nname = \"{id}\"\nperson = \"p-{id}\"\nroles = [\"{role}\"]\nkey = \"{key}\"\n"
    )
}

/// The ceremony by `chen` and `zhao`.
fn founded(suite: &str) -> World {
    let world = world(suite);
    let list = ["chen", "zhao"].map(|id| table(id, "authority", &public(&world, id))).concat();
    world.write("officers.toml", list);
    assert_eq!(as_officer(&world, "chen", &["officer", "init", "officers.toml"]).code, 2);
    let said = good(&world, "chen", &["officer", "init", "officers.toml", "-o", "one.json"]);
    assert!(said.contains("Still to sign: zhao"), "{said}");
    let early = world.run(&["statement", "submit", "one.json"]);
    assert_eq!(early.code, 4, "{}", early.stderr);
    assert!(early.stderr.contains("a signature is missing"), "{}", early.stderr);
    good(&world, "zhao", &["statement", "sign", "one.json", "zhao", "-o", "two.json"]);
    world.good(&["statement", "submit", "two.json"]);
    world
}

#[test]
fn openssl_reads_the_keys_of_officers() {
    if !Command::new("openssl").arg("version").output().is_ok_and(|done| done.status.success()) {
        return skip("there is no openssl");
    }
    for suite in ["aes256-gcm", "sm4-gcm"] {
        let world = world(suite);
        let told = public(&world, "chen");
        let mut openssl = Command::new("openssl");
        openssl.args(["pkey", "-passin", "file:chen.pass", "-noout", "-text", "-in", "chen.pem"]);
        world.prepare(&mut openssl);
        let read = openssl.output().expect("it was there");
        assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
        let text = String::from_utf8_lossy(&read.stdout);
        let (_, digits) = text.split_once("pub:").expect("the public part");
        let digits = digits.split("ASN1").next().expect("what stands before");
        let digits: String = digits.chars().filter(char::is_ascii_hexdigit).collect();
        assert_eq!(told.split_once(':').expect("kind and digits").1, digits);
    }
}

#[test]
fn two_officers_hold_the_ceremony_and_change_each_other() {
    for suite in ["aes256-gcm", "sm4-gcm"] {
        let world = founded(suite);
        let listed = world.good(&["officer", "list"]).stdout;
        assert!(listed.contains("chen  active  authority  p-chen"), "{listed}");
        world.write("li.toml", table("li", "department-head", &public(&world, "li")));
        let enroll = ["officer", "enroll", "li.toml", "--with", "zhao"];
        let dry = good(&world, "chen", &[&enroll[..], &["--dry-run"]].concat());
        assert!(dry.contains("nothing was done") && dry.contains("department-head"), "{dry}");
        good(&world, "chen", &[&enroll[..], &["-o", "e1.json"]].concat());
        let shown = world.good(&["statement", "show", "e1.json"]).stdout;
        assert!(shown.contains("enroll") && shown.contains("Still to sign: zhao"), "{shown}");
        let not_named =
            as_officer(&world, "li", &["statement", "sign", "e1.json", "li", "-o", "x"]);
        assert_eq!(not_named.code, 2, "{}", not_named.stderr);
        good(&world, "zhao", &["statement", "sign", "e1.json", "zhao", "-o", "e2.json"]);
        world.good(&["statement", "submit", "e2.json"]);
        let again = world.run(&["--lang", "zh-CN", "statement", "submit", "e2.json"]);
        assert_eq!(again.code, 4);
        assert!(again.stderr.contains("该声明此前已被接受"), "{}", again.stderr);

        good(&world, "chen", &["officer", "suspend", "li", "--reason", "on leave"]);
        let refused = as_officer(&world, "li", &["officer", "suspend", "zhao", "--reason", "x"]);
        assert_eq!(refused.code, 4, "{}", refused.stderr);
        good(&world, "chen", &["officer", "leaver", "li", "--left", "2020-01-31"]);
        let late = world.run(&["officer", "list"]);
        assert!(late.stderr.contains("W-LEAVER-OVERDUE"), "{}", late.stderr);
        good(&world, "chen", &["officer", "revoke", "li", "--reason", "left", "--compromised"]);
        let shown = world.good(&["--json", "officer", "show", "li"]).stdout;
        let shown: Value = serde_json::from_str(&shown).expect("JSON");
        assert_eq!((&shown["state"], &shown["compromised"]), (&"revoked".into(), &true.into()));
    }
}

#[test]
fn policies_are_checked_explained_and_put_in_force() {
    let world = founded("aes256-gcm");
    let text = world.good(&["policy", "default"]).stdout;
    world.write("good.toml", &text);
    world.good(&["policy", "check", "good.toml"]);
    let explained = world.good(&["policy", "explain", "L4"]).stdout;
    assert!(explained.contains("7 different persons"), "{explained}");
    world.write("bad.toml", text.replace("7d", "400d"));
    let bad = world.run(&["policy", "check", "bad.toml"]);
    assert_eq!(bad.code, 2, "{}", bad.stderr);
    assert!(bad.stderr.contains("level.default.wait"), "{}", bad.stderr);
    let next = text.replace("version = 1", "version = 2").replace("7d", "0s");
    world.write("next.toml", &next);
    let weak = world.good(&["policy", "check", "next.toml"]).stdout;
    assert!(weak.contains("weak: level.default.wait"), "{weak}");
    good(&world, "chen", &["policy", "set", "next.toml", "--with", "zhao", "-o", "p1.json"]);
    good(&world, "zhao", &["statement", "sign", "p1.json", "zhao", "-o", "p2.json"]);
    world.good(&["statement", "submit", "p2.json"]);
    assert_eq!(world.good(&["policy", "show"]).stdout, next);
}

#[test]
fn without_officers_nothing_is_decided() {
    let world = world("aes256-gcm");
    for command in [&["officer", "list"][..], &["policy", "show"], &["policy", "explain", "L1"]] {
        let done = world.run(command);
        assert!(done.stderr.contains("E-NO-OFFICERS"), "{}", done.stderr);
    }
    let done = as_officer(&world, "chen", &["officer", "suspend", "li", "--reason", "x"]);
    assert!(done.stderr.contains("E-NO-OFFICERS"), "{}", done.stderr);
    let taken = world.run(&["--officer-passphrase-file", "li.pass", "officer", "new", "li.pem"]);
    assert_eq!(taken.code, 4, "{}", taken.stderr);
}
