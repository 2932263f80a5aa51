//! Certificates checked by others: a second implementation in Python, and the guide for auditors, with `openssl` and the standard
//! library of Python alone, command by command as it stands there.
//!
//! Needs `python3` with `cryptography`, and an `openssl` with SM2. Without them a test says so and passes, unless
//! `SEALKEEP_REQUIRE_ALL` is set.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

#[path = "support/certificate.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sealkeep_crypto::Suite;
use support::{Scene, Wanted};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn available(program: &str, arguments: &[&str]) -> bool {
    let found = Command::new(program).args(arguments).output();
    if found.is_ok_and(|output| output.status.success()) {
        return true;
    }
    assert!(
        std::env::var_os("SEALKEEP_REQUIRE_ALL").is_none(),
        "{program} {arguments:?} is required"
    );
    eprintln!("skipped: {program} {arguments:?} does not work here");
    false
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

fn python(file: &Path, trust: Option<&str>) -> Output {
    let mut command = Command::new("python3");
    command.arg("-B").arg(root().join("tests/interop/verify_certificate.py")).arg(file);
    command.args(trust.map(|trust| ["--trust", trust]).iter().flatten());
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err))
}

#[test]
fn python_agrees_about_what_holds() {
    if !available("python3", &["-c", "import cryptography"]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("certificate.json");
    for suite in Suite::ALL {
        for (cosigned, files, media) in [(true, 1, 1), (false, 0, 0)] {
            let scene = Scene::new(Wanted { cosigned, files, media, ..Wanted::small(suite) });
            fs::write(&file, scene.file()).unwrap();
            let output = python(&file, Some(&hex(&scene.genesis)));
            assert!(output.status.success(), "{}", said(&output));
            assert!(said(&output).contains("valid, anchored"));
            assert!(said(&python(&file, None)).contains("UNANCHORED"));
            assert!(!python(&file, Some(&hex(&[7; 32]))).status.success());
        }
    }
}

/// Whatever Python finds wrong, we do, and the other way round.
#[test]
fn python_agrees_about_what_does_not() {
    if !available("python3", &["-c", "import cryptography"]) {
        return;
    }
    use sealkeep::destruction::certificate::{Bundle, verify};
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("certificate.json");
    let scene = Scene::new(Wanted::small(Suite::Aes256Gcm));
    let lies: &[fn(&mut Bundle)] = &[
        |bundle| bundle.claims[1].grade = "erased".to_owned(),
        |bundle| bundle.claims[6].text.en.push(' '),
        |bundle| drop(bundle.residual.remove(1)),
        |bundle| bundle.inventory.lines.swap(0, 1),
        |bundle| drop(bundle.inventory.lines.pop()),
        |bundle| bundle.entries[2].body.0[30] ^= 1,
        |bundle| drop(bundle.entries.remove(2)),
        |bundle| drop(bundle.entries.remove(9)),
        |bundle| bundle.execution.0[40] ^= 1,
        |bundle| bundle.wipe_reports.clear(),
        |bundle| bundle.inspection = None,
        |bundle| bundle.cosigned[0].checkpoint = bundle.checkpoint.clone(),
        |bundle| bundle.cosigned.clear(),
        |bundle| bundle.store.incarnation = 2,
        |bundle| bundle.number.push('0'),
    ];
    for (at, lie) in lies.iter().enumerate() {
        let mut bundle = scene.bundle.clone();
        lie(&mut bundle);
        let bytes = scene.signed(&bundle);
        assert!(!verify(&bytes, None).is_valid(), "lie {at}");
        fs::write(&file, bytes).unwrap();
        let output = python(&file, None);
        assert_eq!(output.status.code(), Some(1), "lie {at}: {}", said(&output));
        assert!(said(&output).contains("BAD:"), "lie {at}: {}", said(&output));
    }
}

/// Every command of the guide, in its order, for a store of either suite; and that the first of them finds a changed signature.
#[test]
fn the_guide_for_auditors_works_as_it_stands() {
    let openssl = "test \"$(printf abc | openssl dgst -sm3 -r | cut -c1-8)\" = 66c7f0f4";
    if !available("sh", &["-c", openssl])
        || !available("python3", &["-c", "import cryptography, tomllib"])
    {
        return;
    }
    let guide = fs::read_to_string(root().join("docs/guide/auditing.md")).unwrap();
    let commands: Vec<&str> =
        guide.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(commands.len() >= 6, "{}", commands.len());
    let script = commands.concat();
    for suite in Suite::ALL {
        let scene = Scene::new(Wanted::small(suite));
        let output = follow(&script, &scene.file(), &scene.genesis);
        assert!(output.status.success(), "{suite}: {}", said(&output));
        let heard = said(&output);
        assert!(
            heard.contains("anchored") && heard.contains("items are in their trees"),
            "{heard}"
        );
        assert!(!follow(&script, &scene.file(), &[1; 32]).status.success());
        let forged = Scene::new(Wanted { objects: 4, ..Wanted::small(suite) });
        let mut bundle = scene.bundle.clone();
        bundle.execution = forged.bundle.execution;
        assert!(!follow(&script, &scene.signed(&bundle), &scene.genesis).status.success());
    }
}

fn follow(script: &str, file: &[u8], genesis: &[u8]) -> Output {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("certificate.json"), file).unwrap();
    let script_file: PathBuf = dir.path().join("guide.sh");
    fs::write(&script_file, script).unwrap();
    let mut command = Command::new("sh");
    command.arg("-eu").arg(&script_file).current_dir(dir.path());
    command.env("GENESIS", hex(genesis)).env("SEALKEEP_SOURCE", root());
    command.env("PYTHONDONTWRITEBYTECODE", "1").output().unwrap()
}
