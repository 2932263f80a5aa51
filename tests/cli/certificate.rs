//! `certificate`: exit codes, words and forms, of the vectors in `docs/spec/`; no key store is there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

use crate::world::{World, done};

fn vector(suite: &str) -> (PathBuf, String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/spec/vectors/certificate");
    let folder = folder.join(format!("v1-{suite}"));
    let expect = fs::read(folder.join("expect.json")).expect("the vectors are there");
    let expect: Value = serde_json::from_slice(&expect).expect("JSON");
    let genesis = expect["genesis"].as_str().expect("a digest").to_owned();
    (folder.join("certificate.json"), genesis)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn a_certificate_that_holds_is_anchored_or_said_not_to_be() {
    let world = World::new();
    for suite in ["aes256-gcm", "sm4-gcm"] {
        let (file, genesis) = vector(suite);
        let done = world.good(&["certificate", "verify", text(&file), "--trust", &genesis]);
        assert!(done.stdout.contains("good: the rules accept every statement"), "{}", done.stdout);
        assert!(done.stdout.contains("holds, and is anchored") && done.stderr.is_empty());
        let done = world.good(&["certificate", "verify", text(&file)]);
        assert!(done.stdout.contains("holds, unanchored"), "{}", done.stdout);
        assert!(done.stderr.contains("W-UNANCHORED") && done.stderr.contains(&genesis));
        let done = world.good(&["certificate", "verify", text(&file), "--json"]);
        let said: Value = serde_json::from_str(&done.stdout).expect("one document");
        assert_eq!(said["schema"], "sealkeep.certificate-verify/1");
        assert_eq!((&said["valid"], &said["anchored"]), (&true.into(), &false.into()));
        assert_eq!(said["warnings"][0]["code"], "W-UNANCHORED");
        let passed = said["checks"].as_array().expect("a list").iter();
        assert_eq!(passed.filter(|check| check["passed"] == true).count(), 16);
    }
}

#[test]
fn what_does_not_hold_has_an_exit_code_of_its_own() {
    let world = World::new();
    let (file, genesis) = vector("aes256-gcm");
    let other = "0".repeat(64);
    let done = world.run(&["certificate", "verify", text(&file), "--trust", &other]);
    assert_eq!(done.code, 13, "{}", done.stderr);
    assert!(done.stderr.contains("E-OTHER-GENESIS") && done.stderr.contains(&genesis));
    let mut bytes = fs::read(&file).expect("readable");
    bytes[5_000] ^= 1;
    let changed = world.write("changed.json", &bytes);
    for command in ["verify", "show"] {
        let done = world.run(&["certificate", command, text(&changed)]);
        assert_eq!(done.code, 13, "{}", done.stderr);
        assert!(done.stderr.contains("E-CERTIFICATE") && done.stderr.contains("cause: "));
    }
    let done = world.run(&["certificate", "verify", text(&changed), "--json"]);
    let said: Value = serde_json::from_str(&done.stdout).expect("one document");
    assert_eq!((&said["code"], &said["report"]["valid"]), (&"E-CERTIFICATE".into(), &false.into()));
    let done = world.run(&["certificate", "render", text(&changed), "--html", "x.html"]);
    assert_eq!((done.code, world.path("x.html").exists()), (13, false));
    let plain = world.write("plain.json", "{}");
    assert_eq!(world.run(&["certificate", "verify", text(&plain)]).code, 13);
    assert_eq!(world.run(&["certificate", "verify", "absent.json"]).code, 5);
    assert_eq!(world.run(&["certificate", "verify", text(&file), "--trust", "12"]).code, 2);
}

#[test]
fn a_certificate_comes_from_standard_input_too() {
    let world = World::new();
    let (file, genesis) = vector("sm4-gcm");
    let mut command = world.command(&["certificate", "verify", "-", "--trust", &genesis]);
    let said = done(command.stdin(Stdio::from(fs::File::open(file).expect("readable"))));
    assert_eq!(said.code, 0, "{}", said.stderr);
}

#[test]
fn what_it_says_is_shown_in_either_language() {
    let world = World::new();
    let (file, genesis) = vector("aes256-gcm");
    let english = world.good(&["certificate", "show", text(&file), "--trust", &genesis]);
    for words in
        ["XH-2026-001", "keys-destroyed: residual", "May be left: keystore-copy", "p-zheng"]
    {
        assert!(english.stdout.contains(words), "{words}: {}", english.stdout);
    }
    let chinese = world.good(&["--lang", "zh-CN", "certificate", "show", text(&file)]);
    for words in ["数据销毁证明 XH-2026-001", "可能残留：keystore-copy", "已销毁 3 个密钥或范围"]
    {
        assert!(chinese.stdout.contains(words), "{words}: {}", chinese.stdout);
    }
    assert!(chinese.stderr.contains("未锚定"));
}

#[test]
fn forms_are_written_once() {
    let world = World::new();
    let (file, genesis) = vector("sm4-gcm");
    let out = ["--html", "a.html", "--pdf", "a.pdf", "--xlsx", "a.xlsx"];
    let args = [&["certificate", "render", text(&file), "--trust", &genesis][..], &out].concat();
    world.good(&args);
    let start = |name: &str| fs::read(world.path(name)).expect("written")[..4].to_vec();
    assert_eq!(start("a.html"), b"<!DO");
    assert_eq!(start("a.pdf"), b"%PDF");
    assert_eq!(start("a.xlsx"), b"PK\x03\x04");
    let again = world.run(&args);
    assert_eq!(again.code, 4, "{}", again.stderr);
    assert_eq!(world.run(&["certificate", "render", text(&file)]).code, 2);
    if std::process::Command::new("pdftotext").arg("-v").output().is_ok() {
        let mut read = std::process::Command::new("pdftotext");
        let said = done(read.arg(world.path("a.pdf")).arg("-"));
        for words in ["Certificate of destruction", "XH-2026-001", "sealkeep-certificate:"] {
            assert!(said.stdout.contains(words), "{words}: {}", said.stdout);
        }
    }
}
