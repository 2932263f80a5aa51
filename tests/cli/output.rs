//! What scripts rely on: JSON documents, languages, settings.

use serde_json::Value;

use crate::world::World;

fn document(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn every_result_is_one_document_with_a_schema() {
    let world = World::with_store();
    world.write("data/file", "content");
    for (args, schema) in [
        (&["seal", "data", "-o", "sealed", "--dry-run"][..], "sealkeep.seal-plan/1"),
        (&["seal", "data", "-o", "sealed"], "sealkeep.seal/1"),
        (&["inspect", "sealed/file.sealed"], "sealkeep.inspect/1"),
        (&["check", "sealed"], "sealkeep.check/1"),
        (&["open", "sealed", "-o", "back"], "sealkeep.open/1"),
        (&["key", "list"], "sealkeep.key-list/1"),
        (&["key", "show", "sealed/file.sealed"], "sealkeep.key-show/1"),
        (&["key", "rotate"], "sealkeep.key-rotate/1"),
        (&["key", "level", "default", "3"], "sealkeep.key-level/1"),
        (&["keystore", "status"], "sealkeep.keystore-status/1"),
        (&["keystore", "check"], "sealkeep.keystore-check/1"),
        (&["keystore", "copy", "list"], "sealkeep.keystore-copy-list/1"),
    ] {
        let done = world.good(&[&["--json"][..], args].concat());
        let document = document(&done.stdout);
        assert_eq!(document["schema"], schema, "{args:?}");
        assert!(document["warnings"].is_array(), "{args:?}");
        assert_eq!(done.stderr, "", "{args:?}");
    }
}

#[test]
fn verbose_names_the_implementations_of_the_ciphers() {
    let world = World::with_store();
    world.write("file", "content");
    let done = world.good(&["--verbose", "seal", "file", "-o", "file.sealed"]);
    for suite in sealkeep_crypto::Suite::ALL {
        let named = format!("{suite} {}", suite.level());
        assert!(done.stderr.contains(&named), "{named} in {}", done.stderr);
    }
}

#[test]
fn sharing_a_device_is_warned_of_and_recorded() {
    let world = World::with_store();
    world.write("file", "content");
    let done = world.good(&["--json", "seal", "file", "-o", "file.sealed"]);
    let document = document(&done.stdout);
    assert_eq!(document["shared_device"], true);
    assert_eq!(document["warnings"][0]["code"], "W-SHARED-DEVICE");
}

#[test]
fn errors_are_documents_too_and_their_codes_are_not_translated() {
    let world = World::new();
    for lang in ["en", "zh-CN"] {
        let done = world.run(&["--json", "--lang", lang, "key", "list"]);
        let document = document(&done.stdout);
        assert_eq!(done.code, 20);
        assert_eq!(document["schema"], "sealkeep.error/1");
        assert_eq!(document["code"], "E-STORE-MISSING");
        assert_eq!(document["exit"], 20);
    }
}

#[test]
fn the_locale_chooses_the_language_and_an_option_wins() {
    let world = World::new();
    let said = |lang: Option<&str>, locale: &str| {
        let mut command = world.command(&["inspect", "absent"]);
        command.env_remove("SEALKEEP_LANG").env("LC_ALL", locale);
        if let Some(lang) = lang {
            command.args(["--lang", lang]);
        }
        crate::world::done(&mut command).stderr
    };
    assert!(said(None, "zh_CN.UTF-8").starts_with("错误[E-NOT-FOUND]：absent 不存在\n"));
    assert!(said(None, "C").starts_with("error[E-NOT-FOUND]: absent does not exist\n"));
    assert!(said(Some("zh-CN"), "C").starts_with("错误"));
    assert!(said(Some("en"), "zh_CN.UTF-8").starts_with("error"));
}

#[test]
fn the_configuration_file_carries_what_a_script_needs() {
    let world = World::with_store();
    world.write("file", "content");
    world.write(
        "config/sealkeep/config.toml",
        "key-file = \"../../admin.key\"\nkeystore = \"../../keys\"\n[seal]\nscope = \"ward/7\"\nsuite = \"sm4-gcm\"\n",
    );
    let mut command = world.command(&["--json", "seal", "file", "-o", "file.sealed"]);
    command.env_remove("SEALKEEP_KEYSTORE").env_remove("SEALKEEP_KEY_FILE");
    let done = crate::world::done(&mut command);
    assert_eq!(done.code, 0, "{}", done.stdout);
    let shown = document(&world.good(&["--json", "key", "show", "file.sealed"]).stdout);
    assert_eq!(shown["keys"][0]["scope"], "ward/7");
    assert_eq!(shown["keys"][0]["suite"], "sm4-gcm");
}

#[test]
fn control_characters_in_names_are_not_obeyed() {
    let world = World::with_store();
    let done = world.run(&["inspect", "a\u{1b}[2Jb"]);
    assert!(done.stderr.contains("a\\u{1b}[2Jb"), "{}", done.stderr);
    assert!(!done.stderr.contains('\u{1b}'));
}

#[test]
fn completions_and_manual_pages_cover_every_command() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = world.good(&["completions", shell]).stdout;
        assert!(script.contains("drill-shares"), "{shell}");
    }
    world.good(&["man", "--dir", "man"]);
    let pages = world.names("man");
    for page in ["sealkeep.1", "sealkeep-seal.1", "sealkeep-keystore-copy-add.1"] {
        assert!(pages.iter().any(|name| name == page), "{page}");
    }
}

#[test]
fn line_breaks_in_names_do_not_begin_a_second_message() {
    let world = World::with_store();
    let done = world.run(&["inspect", "a\nerror[E-DAMAGED]: b"]);
    assert!(done.stderr.starts_with("error[E-NOT-FOUND]: a\\nerror"), "{}", done.stderr);
    world.write("x\ny", "content");
    let plan = world.good(&["seal", "x\ny", "-o", "sealed", "--dry-run"]);
    assert!(plan.stdout.starts_with("x\\ny → "), "{}", plan.stdout);
}

#[test]
fn the_passphrase_line_is_not_part_of_the_data() {
    use std::io::{Seek, Write};
    let world = World::new();
    world.write("pass", "four plain words here\n");
    world.good(&["--passphrase-file", "pass", "init"]);
    let mut both = std::fs::File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(world.path("both"))
        .expect("a scratch file");
    both.write_all(b"four plain words here\nthe data").expect("a scratch file");
    let mut cat = std::process::Command::new("cat");
    world.prepare(&mut cat);
    let mut cat = cat.arg("both").stdout(std::process::Stdio::piped()).spawn().expect("cat");
    let piped = std::process::Stdio::from(cat.stdout.take().expect("it is piped"));
    both.rewind().expect("it is a file");
    for (stdin, sealed) in [(piped, "piped.sealed"), (both.into(), "file.sealed")] {
        let mut seal = world.command(&["--passphrase-fd", "0", "seal", "-", "-o", sealed]);
        seal.env_remove("SEALKEEP_KEY_FILE").stdin(stdin);
        let done = crate::world::done(&mut seal);
        assert_eq!(done.code, 0, "{}", done.stderr);
        let opened = world.good(&["--passphrase-file", "pass", "open", sealed, "-o", "-"]);
        assert_eq!(opened.stdout, "the data");
    }
    cat.wait().expect("it has ended");
}

#[test]
fn commands_without_a_store_need_no_home() {
    let world = World::with_store();
    world.write("file", "content");
    world.good(&["seal", "file", "-o", "file.sealed"]);
    for (args, code) in [
        (&["inspect", "file.sealed"][..], 0),
        (&["completions", "bash"], 0),
        (&["key", "list"], 20),
    ] {
        let mut command = world.command(args);
        let done = crate::world::done(command.env_clear());
        assert_eq!(done.code, code, "{args:?}: {}", done.stderr);
    }
}

#[test]
fn a_piped_file_is_inspected_like_a_named_one() {
    let world = World::with_store();
    world.write("file", "content");
    world.good(&["seal", "file", "-o", "file.sealed"]);
    let named = document(&world.good(&["--json", "inspect", "file.sealed"]).stdout);
    let mut command = world.command(&["--json", "inspect", "-"]);
    command.stdin(std::fs::File::open(world.path("file.sealed")).expect("it was sealed"));
    let piped = document(&crate::world::done(&mut command).stdout);
    for field in ["key", "sealed_bytes", "content_bytes"] {
        assert_eq!(piped["files"][0][field], named["files"][0][field], "{field}");
    }
}

#[test]
fn a_refused_run_still_has_its_report() {
    let world = World::with_store();
    world.write("file", "content");
    world.write("file.sealed", "somebody's");
    let done = world.run(&["--json", "seal", "file"]);
    let document = document(&done.stdout);
    assert_eq!(document["schema"], "sealkeep.error/1");
    assert_eq!(document["report"]["files"], 0, "{document}");
    assert!(document["report"]["unused_keys"].is_array(), "{document}");
}

#[test]
fn the_tour_does_not_wait_for_a_pipe() {
    let world = World::new();
    let pipe = world.path("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).expect("a pipe");
    let done = world.run(&["tour", "pipe"]);
    assert_eq!(done.code, 4, "{}", done.stderr);
    assert!(done.stderr.contains("E-NOT-REGULAR"), "{}", done.stderr);
}
