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
