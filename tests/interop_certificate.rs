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

use sealkeep::destruction::certificate::{pdf, verify, xlsx};
use sealkeep_crypto::Suite;
use sealkeep_keystore::approval::cast::Cast;
use sealkeep_keystore::approval::statement::{
    BreakGlass, Clock, Hold, HoldReason, Qualify, Reinstate, Revoke, Suspend,
};
use sealkeep_keystore::approval::{Digest, Qualification};
use sealkeep_keystore::ledger::AlarmKind;
use serde_json::json;
use support::{History, Lie, Scene, Wanted};

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

/// Whatever Python finds wrong, we do, and the other way round, and for the same reason.
#[test]
fn python_agrees_about_what_does_not() {
    if !available("python3", &["-c", "import cryptography"]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("certificate.json");
    let wanted = Wanted::small(Suite::Aes256Gcm);
    let scene = Scene::new(wanted);
    for (at, (check, lie)) in LIES.iter().enumerate() {
        let bytes = scene.lying(wanted, *lie).file();
        let verdict = verify(&bytes, None);
        let failed: Vec<_> =
            verdict.checks.iter().filter(|check| check.failed().is_some()).collect();
        assert!(failed.iter().any(|found| found.name.word() == *check), "lie {at}: {failed:?}");
        fs::write(&file, bytes).unwrap();
        let output = python(&file, None);
        assert_eq!(output.status.code(), Some(1), "lie {at}: {}", said(&output));
        let heard = said(&output);
        let bad = heard.lines().find_map(|line| line.strip_prefix("BAD:  ")).unwrap();
        let bad = bad.split(':').next().unwrap().replace('_', "-");
        assert!(bad == *check || (bad == "file" && *check == "payload"), "lie {at}: {heard}");
    }
}

/// What is not so, and the check that finds it.
const LIES: &[(&str, Lie)] = &[
    ("claims", Lie::Bundle(|bundle| bundle.claims[1].grade = "erased".to_owned())),
    ("claims", Lie::Bundle(|bundle| bundle.claims[6].text.en.push(' '))),
    ("residual", Lie::Bundle(|bundle| drop(bundle.residual.remove(1)))),
    ("inventory", Lie::Bundle(|bundle| bundle.inventory.lines.swap(0, 1))),
    ("inventory", Lie::Bundle(|bundle| drop(bundle.inventory.lines.pop()))),
    ("entries", Lie::Bundle(|bundle| bundle.entries[2].body.0[30] ^= 1)),
    ("statements", Lie::Bundle(|bundle| drop(bundle.entries.remove(2)))),
    ("statements", Lie::Bundle(|bundle| drop(bundle.entries.remove(5)))),
    ("request", Lie::Bundle(|bundle| drop(bundle.entries.remove(8)))),
    ("execution", Lie::Bundle(|bundle| bundle.execution.0[40] ^= 1)),
    ("wipe-reports", Lie::Bundle(|bundle| bundle.wipe_reports.clear())),
    ("inspection", Lie::Bundle(|bundle| bundle.inspection = None)),
    ("inspection", Lie::Bundle(|bundle| bundle.inspection.as_mut().unwrap().0.push(b' '))),
    (
        "cosigned",
        Lie::Bundle(|bundle| {
            bundle.cosigned[0].checkpoint.clone_from(&bundle.checkpoint);
        }),
    ),
    ("claims", Lie::Bundle(|bundle| bundle.cosigned.clear())),
    ("checkpoint", Lie::Bundle(|bundle| bundle.store.incarnation = 2)),
    ("payload", Lie::Bundle(|bundle| bundle.store.incarnation = 0)),
    ("request", Lie::Bundle(|bundle| bundle.number.push('0'))),
    ("store", Lie::Bundle(|bundle| bundle.issued -= 2)),
    ("store", Lie::Bundle(|bundle| bundle.store.created += 100)),
    // Nobody said it.
    ("statements", Lie::Unsigned("request")),
    ("statements", Lie::Unsigned("approve")),
    ("statements", Lie::Unsigned("execute")),
    ("statements", Lie::Unsigned("witness")),
    ("statements", Lie::Unsigned("inspect")),
    // It was so at another time, by somebody else, elsewhere.
    ("execution", Lie::Execution(|record| record.started -= 1)),
    ("execution", Lie::Execution(|record| record.started += 1)),
    ("execution", Lie::Execution(|record| record.ended = record.started - 1)),
    ("execution", Lie::Execution(|record| record.ended += 2)),
    ("execution", Lie::Execution(|record| record.executor.qualification = None)),
    (
        "execution",
        Lie::Execution(|record| {
            record.executor.qualification.as_mut().unwrap().until += 1;
        }),
    ),
    (
        "execution",
        Lie::Execution(|record| {
            let keys = record.keys.as_mut().unwrap();
            keys.cells.push(keys.cells[0].clone());
        }),
    ),
    ("inspection", Lie::Inspection(|report| report.ended = report.started - 1)),
    ("inspection", Lie::Inspection(|report| report.ended += 700)),
    // What the rules do not accept.
    (
        "statements",
        Lie::More("execute", |history| {
            history.alarm(AlarmKind::Clock, json!({}));
        }),
    ),
    (
        "statements",
        Lie::More("execute", |history| {
            history.officers(&["chen", "zhao"], Clock { opinion: text("right") });
        }),
    ),
    (
        "statements",
        Lie::More("execute", |history| {
            history.alarm(AlarmKind::Clock, json!({}));
            history.time -= 5;
            let clock = history.cast.sign(
                history.time - 1,
                &["chen", "zhao"],
                Clock { opinion: text("right") },
            );
            history.time += 5;
            history.say(clock);
        }),
    ),
    (
        "statements",
        Lie::More("execute", |history| {
            let resume = Cast::resume(history.request);
            history.officer("zhang", resume);
        }),
    ),
    (
        "statements",
        Lie::More("execute", |history| {
            pending_use(history, history.request);
            let resume =
                history.cast.sign(history.time - 1, &["zhang"], Cast::resume(history.request));
            history.say(resume);
        }),
    ),
    (
        "statements",
        Lie::More("destroy-begun", |history| {
            pending_use(history, history.request);
        }),
    ),
    (
        "statements",
        Lie::More("destroy-begun", |history| {
            let qualification = Qualification { number: name("Q-old"), until: history.time };
            let officer = Cast::id("sun");
            history.officers(&["chen", "zhao"], Qualify { officer, qualification });
        }),
    ),
    (
        "statements",
        Lie::More("destroy-begun", |history| {
            history.officer("chen", Suspend { officer: Cast::id("sun"), reason: text("left") });
        }),
    ),
    (
        "statements",
        Lie::More("witness", |history| {
            revoke(history, true);
            history.officer("chen", Suspend { officer: Cast::id("qian"), reason: text("back") });
            history.officers(&["chen", "zhao"], Reinstate { officer: Cast::id("qian") });
        }),
    ),
    (
        "statements",
        Lie::More("witness", |history| {
            revoke(history, true);
            revoke(history, false);
        }),
    ),
    // What is about something else.
    (
        "statements",
        Lie::More("approve", |history| {
            history.alarm(AlarmKind::Volume, json!({}));
        }),
    ),
    (
        "statements",
        Lie::More("execute", |history| {
            pending_use(history, Digest([7; 32]));
        }),
    ),
    (
        "statements",
        Lie::More("execute", |history| {
            history.event("expired", Digest([7; 32]), json!({}));
        }),
    ),
    (
        "statements",
        Lie::More("execute", |history| {
            history.event("restored", history.request, json!({}));
        }),
    ),
    (
        "statements",
        Lie::More("approve", |history| {
            let (number, level) = ("XH-2026-002", 3);
            let request = Cast::request(number, level, history.summary());
            history.officer("wang", request);
        }),
    ),
    (
        "statements",
        Lie::More("execute", |history| {
            let until = history.time + 60;
            history.officer("li", BreakGlass { scopes: Vec::new(), reason: text("fire"), until });
        }),
    ),
    (
        "statements",
        Lie::More("execute", |history| {
            hold(history, [9; 16]);
        }),
    ),
    // What is about this.
    (
        "statements",
        Lie::More("execute", |history| {
            hold(history, [3; 16]);
        }),
    ),
];

fn text<T: TryFrom<String>>(text: &str) -> T {
    T::try_from(text.to_owned()).ok().unwrap()
}

fn name(text: &str) -> sealkeep_keystore::approval::Name {
    self::text(text)
}

fn pending_use(history: &mut History, request: Digest) {
    history.alarm(AlarmKind::PendingUse, json!({ "keys": [], "requests": [request] }));
}

fn revoke(history: &mut History, compromised: bool) {
    let officer = Cast::id("qian");
    history.officer("chen", Revoke { officer, reason: text("left"), compromised });
}

fn hold(history: &mut History, target: [u8; 16]) {
    let hold = Hold {
        targets: vec![sealkeep_keystore::KeyId(target)],
        reason: HoldReason::LegalProceedings,
        basis: text("a lawsuit"),
        review: history.time + 86_400,
    };
    history.officer("zhang", hold);
}

/// Every command of the guide, in its order, for a store of either suite; and that those with `openssl` and the standard library of
/// Python alone find what nobody signed.
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
    let second = commands.iter().position(|one| one.contains("verify_certificate.py")).unwrap();
    let by_hand = commands[..second].concat();
    let wanted = Wanted::small(Suite::Aes256Gcm);
    let scene = Scene::new(wanted);
    assert!(follow(&by_hand, &scene.file(), &scene.genesis).status.success());
    for (at, lie) in FOUND_BY_HAND.iter().enumerate() {
        let file = scene.lying(wanted, *lie).file();
        let output = follow(&by_hand, &file, &scene.genesis);
        assert!(!output.status.success(), "lie {at}: {}", said(&output));
    }
}

/// What must be found without any program of ours.
const FOUND_BY_HAND: &[Lie] = &[
    Lie::Unsigned("request"),
    Lie::Unsigned("approve"),
    Lie::Unsigned("execute"),
    Lie::Unsigned("witness"),
    Lie::Unsigned("inspect"),
    Lie::Bundle(|bundle| bundle.inspection.as_mut().unwrap().0.push(b' ')),
    Lie::Bundle(|bundle| bundle.inspection = None),
    Lie::Bundle(|bundle| bundle.cosigned[0].consistency.clear()),
    Lie::Bundle(|bundle| {
        let (note, place) = (&mut bundle.cosigned[0].checkpoint, bundle.checkpoint.len() + 40);
        let other = if &note[place..=place] == "A" { "B" } else { "A" };
        note.replace_range(place..=place, other);
    }),
];

/// A certificate that the program itself issued, of a request that was paused on the way, by all three ways; and a witness whose
/// note was lost cosigns again.
#[test]
fn what_the_tour_certifies_is_checked_by_others() {
    if !available("python3", &["-c", "import cryptography, tomllib"]) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let tour = dir.path().join("tour");
    let sealkeep = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sealkeep"));
        command.args(args).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", dir.path()).env("LANG", "C");
        command
    };
    let kept = sealkeep(&["tour", "--keep", tour.to_str().unwrap()]).output().unwrap();
    assert!(kept.status.success(), "{}", said(&kept));
    let mut names =
        fs::read_dir(tour.join("certificates")).unwrap().map(|entry| entry.unwrap().path());
    let is_one = |path: &PathBuf| path.to_string_lossy().ends_with(".certificate.json");
    let file = names.find(is_one).unwrap();
    let bytes = fs::read(&file).unwrap();
    let genesis = verify(&bytes, None).bundle.unwrap().genesis;
    let ours = ["certificate", "verify", file.to_str().unwrap(), "--trust", &genesis];
    let output = sealkeep(&ours).output().unwrap();
    assert!(output.status.success() && said(&output).contains("is anchored"), "{}", said(&output));
    let output = python(&file, Some(&genesis));
    assert!(said(&output).contains("valid, anchored"), "{}", said(&output));
    let guide = fs::read_to_string(root().join("docs/guide/auditing.md")).unwrap();
    let commands = guide.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let genesis = data_encoding::HEXLOWER.decode(genesis.as_bytes()).unwrap();
    let output = follow(&commands.collect::<String>(), &bytes, &genesis);
    assert!(output.status.success(), "{}", said(&output));

    // Where the tour ends, the key store was restored from a copy, which had the notes of both witnesses. One cosigns once more.
    let mut again = sealkeep(&["destroy", "witness", "2026-001", "--yes"]);
    again.current_dir(&tour).env("SEALKEEP_KEYSTORE", "keys/store");
    again.env("SEALKEEP_KEY_FILE", "keys/new.key").env("SEALKEEP_OFFICER_KEY", "officers/wu.pem");
    again.env("SEALKEEP_OFFICER_PASSPHRASE_FILE", "officers/passphrase");
    let output = again.output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("Witnessed before"), "{}", said(&output));
    let mut kept = fs::read_dir(tour.join("keys/store/requests")).unwrap();
    let is_notes = |path: &PathBuf| path.extension().is_some_and(|end| end == "cosigned");
    let notes = kept.find_map(|entry| Some(entry.unwrap().path()).filter(is_notes)).unwrap();
    let notes: Vec<String> = serde_json::from_slice(&fs::read(notes).unwrap()).unwrap();
    assert_eq!(notes.len(), 3);
    assert!(notes[2].contains("\u{2014} wu "));
}

/// The workbook and the PDF, as other programs read them: Chinese titles, and the rows of the list.
#[test]
fn paper_says_what_the_certificate_says() {
    let scene = Scene::new(Wanted::small(Suite::Sm4Gcm));
    let dossier = verify(&scene.file(), None).dossier.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| dir.path().join(name);
    fs::write(file("a.xlsx"), xlsx(&dossier).unwrap()).unwrap();
    fs::write(file("a.pdf"), pdf(&dossier)).unwrap();
    if available("python3", &["-c", "import zipfile"]) {
        let read = "import sys, zipfile; book = zipfile.ZipFile(sys.argv[1])\n\
            for name in book.namelist():\n    sys.stdout.buffer.write(book.read(name))";
        let mut command = Command::new("python3");
        let output = command.args(["-c", read]).arg(file("a.xlsx")).output().unwrap();
        let book = said(&output);
        for words in
            ["销毁清册", "序号", "种类", "题名", "年度", "档号", "字节", "监销人", "全宗号"]
        {
            assert!(book.contains(words), "{words}: {book}");
        }
        let keys = scene.bundle.inventory.lines.iter().filter_map(|line| {
            line.split(' ').find_map(|field| field.strip_prefix("key=")).filter(|key| *key != "-")
        });
        assert!(keys.clone().count() >= 4 && keys.into_iter().all(|key| book.contains(key)));
    }
    if available("pdftotext", &["-v"]) {
        let output = Command::new("pdftotext").arg(file("a.pdf")).arg("-").output().unwrap();
        let text = said(&output);
        let titles = ["数据销毁证明", "数据销毁申请表", "销毁清册", "介质清除记录", "证据摘要"];
        let fields = [
            "申请人",
            "销毁原因",
            "销毁方式",
            "监督人",
            "备注",
            "监销人",
            "执行人",
            "检测人",
            "单位",
        ];
        let others = ["XH-2026-001", "later versions of the same records", "________", "Clear"];
        for words in titles.iter().chain(&fields).chain(&others) {
            assert!(text.contains(words), "{words}: {text}");
        }
        assert!(text.contains(&dossier.link()[..30]), "{text}");
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
