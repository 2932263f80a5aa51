//! Certificates: what verifies, what does not, and that it says why.

#![allow(clippy::unwrap_used)]

#[path = "support/certificate.rs"]
mod support;

use sealkeep::destruction::certificate::{Bundle, Bytes, Verdict, html, pdf, verify, xlsx};
use sealkeep_crypto::Suite;
use sealkeep_keystore::approval::cast::Cast;
use sealkeep_keystore::approval::statement::Revoke;
use support::{Lie, Scene, Wanted};

/// The first check that failed, and why.
fn failed(verdict: &Verdict) -> (&'static str, String) {
    let check = verdict.checks.iter().find(|check| check.failed().is_some());
    let check = check.unwrap_or_else(|| panic!("it holds: {:?}", verdict.checks));
    (check.name.word(), check.failed().unwrap().to_owned())
}

#[test]
fn what_was_done_verifies() {
    for suite in Suite::ALL {
        for cosigned in [false, true] {
            let scene = Scene::new(Wanted { cosigned, ..Wanted::small(suite) });
            let file = scene.file();
            let verdict = verify(&file, None);
            assert!(verdict.is_valid() && !verdict.anchored, "{:?}", verdict.checks);
            let verdict = verify(&file, Some(scene.genesis));
            assert!(verdict.is_valid() && verdict.anchored);
            assert!(verdict.checks.iter().all(|check| check.passed()));
            let dossier = verdict.dossier.unwrap();
            assert_eq!(dossier.acts.len(), 7);
            assert_eq!(dossier.link(), format!("sealkeep-certificate:{}", dossier.digest));
            assert!(html(&dossier).contains("硬盘 serial 4711"));
            assert!(pdf(&dossier).starts_with(b"%PDF"));
            assert!(xlsx(&dossier).unwrap().starts_with(b"PK"));
        }
        let scene = Scene::new(Wanted { objects: 0, media: 0, ..Wanted::small(suite) });
        assert!(verify(&scene.file(), None).is_valid());
        let claimed: Vec<&str> = scene.bundle.claims.iter().map(|claim| &claim.claim[..]).collect();
        assert_eq!(claimed, ["approved", "overwritten", "witnessed", "recorded"]);
        assert!(scene.bundle.claims[1].text.en.ends_with("1 were inspected afterwards."));
    }
}

#[test]
fn grades_are_those_that_follow() {
    let scene = Scene::new(Wanted::small(Suite::Aes256Gcm));
    let grades: Vec<(&str, &str)> =
        scene.bundle.claims.iter().map(|claim| (&claim.claim[..], &claim.grade[..])).collect();
    assert_eq!(
        grades,
        [
            ("approved", "full"),
            ("keys-destroyed", "residual"),
            ("ciphertext-unreadable", "inspected"),
            ("overwritten", "best-effort"),
            ("physically-destroyed", "attested"),
            ("witnessed", "2"),
            ("recorded", "cosigned"),
        ]
    );
    // The review key is none of them, and what was overwritten is no ciphertext that was tried.
    let says = |at: usize, words: &str| {
        let text = &scene.bundle.claims[at].text.en;
        assert!(text.starts_with(words), "{text}");
    };
    says(1, "3 keys or scopes were destroyed");
    says(2, "In 1 places 3 attempts");
    let left: Vec<(&str, &str)> =
        scene.bundle.residual.iter().map(|one| (&one.what[..], &one.why[..])).collect();
    assert_eq!(
        left,
        [
            ("keystore-copy", "behind"),
            ("overwritten", "best-effort"),
            ("keystore-copy", "unreachable"),
            ("vault-copy", "not-inspected"),
            ("declared", "declared"),
        ]
    );
}

#[test]
fn another_genesis_is_another_store() {
    let scene = Scene::new(Wanted::small(Suite::Sm4Gcm));
    let mut other = scene.genesis;
    other[31] ^= 1;
    let verdict = verify(&scene.file(), Some(other));
    assert!(!verdict.is_valid() && !verdict.anchored && verdict.dossier.is_none());
    assert_eq!(failed(&verdict).0, "trust");
}

/// The check that fails, and what makes it.
type Change = (&'static str, fn(&mut Bundle));

/// What the store's own key could sign without it being so.
#[test]
fn nothing_is_believed_because_the_store_signed_it() {
    let scene = Scene::new(Wanted::small(Suite::Aes256Gcm));
    let lies: &[Change] = &[
        ("claims", |bundle| bundle.claims[1].grade = "erased".to_owned()),
        ("claims", |bundle| bundle.claims[0].text.zh.push('!')),
        ("claims", |bundle| bundle.claims[1].assumes.clear()),
        ("claims", |bundle| drop(bundle.claims.pop())),
        ("residual", |bundle| drop(bundle.residual.remove(0))),
        ("residual", |bundle| bundle.not_covered.clear()),
        ("residual", |bundle| bundle.residual.push(bundle.residual[0].clone())),
        ("payload", |bundle| bundle.schema.push('2')),
        ("payload", |bundle| bundle.store.suite = "none".to_owned()),
        ("inventory", |bundle| drop(bundle.inventory.lines.pop())),
        ("inventory", |bundle| bundle.inventory.lines.swap(0, 1)),
        ("inventory", |bundle| bundle.inventory.root.replace_range(..1, "f")),
        ("checkpoint", |bundle| bundle.checkpoint = bundle.checkpoint.replacen('/', "+", 1)),
        ("checkpoint", |bundle| bundle.store.incarnation = 2),
        ("entries", |bundle| bundle.entries[0].body.0.push(b' ')),
        ("entries", |bundle| bundle.entries[3].salt.0[0] ^= 1),
        ("entries", |bundle| bundle.entries[3].index += 1),
        ("entries", |bundle| bundle.entries.swap(2, 3)),
        ("entries", |bundle| bundle.entries.clear()),
        ("proof", |bundle| bundle.proof = bundle.proof.replacen("index", "Index", 1)),
        ("statements", |bundle| drop(bundle.entries.remove(0))),
        ("statements", |bundle| drop(bundle.entries.remove(2))),
        ("statements", |bundle| drop(bundle.entries.remove(5))),
        ("request", |bundle| bundle.number.push('1')),
        ("statements", |bundle| bundle.request.replace_range(..1, "f")),
        ("store", |bundle| bundle.genesis.replace_range(..1, "g")),
        ("execution", |bundle| bundle.execution.0.push(b'\n')),
        ("wipe-reports", |bundle| bundle.wipe_reports.clear()),
        ("wipe-reports", |bundle| bundle.wipe_reports.push(Bytes(b"{}".to_vec()))),
        ("inspection", |bundle| bundle.inspection = None),
        ("inspection", |bundle| bundle.inspection.as_mut().unwrap().0.push(b' ')),
        ("cosigned", |bundle| bundle.cosigned[0].consistency.clear()),
        ("cosigned", |bundle| bundle.cosigned[0].checkpoint = bundle.checkpoint.clone()),
        ("claims", |bundle| bundle.cosigned.clear()),
    ];
    for (at, (expected, lie)) in lies.iter().enumerate() {
        let mut bundle = scene.bundle.clone();
        lie(&mut bundle);
        let verdict = verify(&scene.signed(&bundle), None);
        assert!(!verdict.is_valid() && verdict.dossier.is_none(), "lie {at}");
        let (check, why) = failed(&verdict);
        // Digests of other letters are no digests at all.
        let expected = if bundle.genesis.starts_with('g') { "payload" } else { expected };
        assert_eq!(check, expected, "lie {at}: {why}");
        assert!(!why.is_empty());
    }
}

/// Whose key was in other hands is no witness on paper either: two others are, and the statement stands among the evidence.
#[test]
fn who_counts_no_longer_is_no_witness_on_paper() {
    let wanted = Wanted::small(Suite::Aes256Gcm);
    let compromised = Lie::More("inspect", |history| {
        let (request, root, record) = (history.request, history.root, history.record);
        history.officer("qian", Cast::witness(request, root, record));
        let (officer, reason) = (Cast::id("qian"), "stolen".try_into().unwrap());
        history.officer("chen", Revoke { officer, reason, compromised: true });
    });
    let verdict = verify(&Scene::new(wanted).lying(wanted, compromised).file(), None);
    assert!(verdict.is_valid(), "{:?}", verdict.checks);
    let dossier = verdict.dossier.unwrap();
    let void: Vec<_> = dossier.acts.iter().filter(|act| !act.counts).collect();
    assert_eq!(void.iter().map(|act| &act.officer[..]).collect::<Vec<_>>(), ["qian"]);
    let page = html(&dossier);
    assert_eq!(page.matches("(p-qian; qian)").count(), 1);
    assert!(page.contains("监销 witness (不计入 does not count)"));
    // Fields, and a block for the signature, in the certificate, the application and the register; a row of the evidence.
    assert_eq!(page.matches("(p-zhou; zhou)").count(), 6);
}

/// A certificate without its last witness or without inspection would be of a request that is not done.
#[test]
fn what_is_not_done_is_not_certified() {
    let scene = Scene::new(Wanted::small(Suite::Sm4Gcm));
    for kept in [scene.bundle.entries.len() - 1, scene.bundle.entries.len() - 2] {
        let mut bundle = scene.bundle.clone();
        bundle.entries.truncate(kept);
        let error = sealkeep::destruction::certificate::complete(bundle).unwrap_err();
        assert!(error.to_string().starts_with("not certified: request"), "{error}");
    }
}

#[test]
fn members_that_nobody_knows_are_refused() {
    let scene = Scene::new(Wanted::small(Suite::Aes256Gcm));
    let text = String::from_utf8(scene.bundle.to_payload()).unwrap();
    for (from, to) in [
        ("{\"schema\"", "{\"more\":1,\"schema\""),
        ("\"inventory\":{", "\"inventory\":{\"more\":1,"),
        ("{\"schema\"", "{\"number\":\"1\",\"schema\""),
    ] {
        let payload = text.replacen(from, to, 1);
        assert_ne!(payload, text);
        assert_eq!(failed(&verify(&scene.signed_payload(payload.into_bytes()), None)).0, "payload");
    }
}

/// Each byte of a file is changed in one bit; which, depends on where it is.
#[test]
fn one_bit_anywhere_is_found() {
    let wanted = Wanted { objects: 0, media: 0, ..Wanted::small(Suite::Aes256Gcm) };
    let scene = Scene::new(wanted);
    let file = scene.file();
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    // Every byte takes half a minute; every eleventh, with another first one at each run, is for every day.
    let all = std::env::var_os("SEALKEEP_REQUIRE_ALL").is_some_and(|value| value == "1");
    let (first, step) = if all { (0, 1) } else { (std::process::id() as usize % 11, 11) };
    std::thread::scope(|scope| {
        for worker in 0..workers {
            let file = &file;
            scope.spawn(move || {
                for at in (first + worker * step..file.len()).step_by(workers * step) {
                    let mut changed = file.clone();
                    changed[at] ^= 1 << (at % 8);
                    let verdict = verify(&changed, Some(scene.genesis));
                    assert!(!verdict.is_valid(), "byte {at}");
                    assert!(!failed(&verdict).1.is_empty());
                }
            });
        }
    });
    for cut in [0, 1, file.len() / 2, file.len() - 1] {
        assert!(!verify(&file[..cut], None).is_valid());
    }
    assert!(!verify(&[&file[..], b"\n"].concat(), None).is_valid());
}

/// The vectors of the specification: a certificate for each suite, with the digests that go with it.
#[test]
fn the_vectors_hold() {
    for suite in Suite::ALL {
        let folder = vectors().join(format!("v1-{suite}"));
        if std::env::var_os("SEALKEEP_BLESS").is_some() {
            write_vectors(&folder, suite);
        }
        let file = std::fs::read(folder.join("certificate.json")).unwrap();
        let expect = std::fs::read(folder.join("expect.json")).unwrap();
        let expect: serde_json::Value = serde_json::from_slice(&expect).unwrap();
        let genesis = expect["genesis"].as_str().unwrap();
        let genesis = data_encoding::HEXLOWER.decode(genesis.as_bytes()).unwrap();
        let verdict = verify(&file, Some(genesis.try_into().unwrap()));
        assert!(verdict.is_valid() && verdict.anchored, "{suite}: {:?}", verdict.checks);
        assert_eq!(expect["digest"], data_encoding::HEXLOWER.encode(&verdict.digest));
        assert_eq!(
            expect["claims"],
            serde_json::to_value(&verdict.bundle.unwrap().claims).unwrap()
        );
    }
}

fn vectors() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/spec/vectors/certificate")
}

fn write_vectors(folder: &std::path::Path, suite: Suite) {
    let scene = Scene::new(Wanted::small(suite));
    let file = scene.file();
    let verdict = verify(&file, None);
    let expect = serde_json::json!({
        "digest": data_encoding::HEXLOWER.encode(&verdict.digest),
        "genesis": scene.bundle.genesis,
        "claims": scene.bundle.claims,
    });
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("certificate.json"), file).unwrap();
    let expect = serde_json::to_string_pretty(&expect).unwrap() + "\n";
    std::fs::write(folder.join("expect.json"), expect).unwrap();
}
