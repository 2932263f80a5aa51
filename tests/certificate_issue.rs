//! Certificates issued by a real key store, with other requests, holds and changes of officers all around; and what it does not sign.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use sealkeep::destruction::certificate::{Error, Papers, Program, issue, verify};
use sealkeep_crypto::Suite;
use sealkeep_keystore::approval::cast::Cast;
use sealkeep_keystore::approval::inventory::{self, ItemKind, Method};
use sealkeep_keystore::approval::policy::default_text;
use sealkeep_keystore::approval::statement::{Hold, HoldReason, Leaver, Revoke, Suspend};
use sealkeep_keystore::approval::{Digest, Item, Said};
use sealkeep_keystore::ledger::cosign;
use sealkeep_keystore::record::{Inspection, Others, Place};
use sealkeep_keystore::{InitOptions, KeyFile, KeyId, KeyStore, Location, NewCustody, NewKey, Ran};

/// A store with officers, and a clock that the test sets.
struct Office {
    _dir: tempfile::TempDir,
    store: KeyStore,
    cast: Cast,
    began: u64,
    now: u64,
}

/// A request and what lies beside the key store about it.
struct Asked {
    digest: Digest,
    root: Digest,
    lines: String,
    papers: Papers,
}

impl Office {
    fn new(suite: Suite) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = KeyFile::generate();
        let options = InitOptions { suite, custody: &[NewCustody::KeyFile(&file)], shares: None };
        let place = Location::new(dir.path().join("keys"), None);
        let (mut store, _) = KeyStore::init(&place, &options, Duration::from_secs(10)).unwrap();
        let (began, _) = store.ledger_clock().unwrap();
        store.set_clock_for_test(began, 0);
        let id = store.status().unwrap().peek.store;
        let cast = Cast::new(id, suite).with_policy(&quick_policy());
        let genesis = cast.genesis(began, &store.public_key());
        store.submit(&genesis, None).unwrap();
        Self { _dir: dir, store, cast, began, now: began }
    }

    fn pass(&mut self, seconds: u64) {
        self.now += seconds;
        self.store.set_clock_for_test(self.now, (self.now - self.began) * 1000);
    }

    fn keys(&mut self, scope: &str, count: usize) -> Vec<NewKey> {
        self.store.create_keys(scope, self.cast.suite, &vec![&b""[..]; count]).unwrap()
    }

    fn say(&mut self, by: &[&str], said: impl Into<Said>, lines: Option<&str>) -> Digest {
        let statement = self.cast.sign(self.now, by, said);
        self.store.submit(&statement, lines).unwrap().digest
    }

    fn ask(&mut self, number: &str, keys: &[NewKey]) -> Asked {
        let ids: Vec<KeyId> = keys.iter().map(|key| key.id).collect();
        let facts = self.store.facts(&ids).unwrap();
        let lines: Vec<String> = (0..)
            .zip(facts)
            .map(|(at, facts)| {
                let facts = facts.unwrap();
                let item = Item {
                    item: at,
                    kind: ItemKind::Key,
                    key: Some(facts.id),
                    scope: Some(facts.scope),
                    state: Some(facts.state),
                    held: facts.held,
                    level: Some(facts.level),
                    suite: Some(facts.suite),
                    created: Some(facts.created),
                    size: None,
                    digest: None,
                    tag: None,
                    method: Method::CryptoErase { wipe: None },
                    copies: Vec::new(),
                    class: None,
                    due: None,
                    extra: None,
                };
                item.line()
            })
            .collect();
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let read = inventory::read(self.cast.suite, text.lines()).unwrap();
        let root = read.summary.root;
        let request = Cast::request(number, read.level, read.summary);
        let digest = self.say(&["wang"], request, Some(&text));
        Asked { digest, root, lines: text, papers: Papers { lines, ..Papers::default() } }
    }

    fn execute(&mut self, asked: &mut Asked) -> Digest {
        let lines = Some(asked.lines.as_str());
        self.say(&["li"], Cast::approve(asked.digest, asked.root, 1), lines);
        self.say(&["zhang"], Cast::approve(asked.digest, asked.root, 2), lines);
        self.pass(5);
        self.say(&["sun"], Cast::execute(asked.digest, asked.root), lines);
        self.store.execute(asked.digest, &asked.lines).unwrap();
        let record =
            self.store.record_execution(asked.digest, &asked.lines, Ran::default()).unwrap();
        asked.papers.execution = record.clone();
        self.store.finish_execution(&record).unwrap()
    }

    fn inspect(&mut self, asked: &mut Asked, execution: Digest) {
        let count = asked.papers.lines.len() as u64;
        let place = Place {
            what: "keystore".to_owned(),
            id: "k".to_owned(),
            place: "/srv/keys".to_owned(),
            reachable: true,
            items: count,
            refused: [("destroyed".to_owned(), count)].into(),
            opened: 0,
            others: Others { tried: 2, opened: 2 },
            residual_until: None,
        };
        let report = Inspection {
            schema: "sealkeep/inspection/v1".to_owned(),
            request: asked.digest.to_string(),
            execution: execution.to_string(),
            started: self.now,
            ended: self.now,
            program: "sealkeep".to_owned(),
            places: vec![place],
            passed: true,
        };
        let report = serde_json::to_vec(&report).unwrap();
        let digest = Digest::of(self.cast.suite, &report);
        asked.papers.inspection = Some(report);
        let (request, root) = (asked.digest, asked.root);
        self.say(&["zheng"], Cast::inspect(request, root, execution, digest, true), None);
    }

    fn issue(&mut self, asked: &Asked) -> Result<Vec<u8>, Error> {
        let program = Program { name: "sealkeep".to_owned(), version: "0.1.0".to_owned() };
        issue(&mut self.store, &asked.digest, asked.papers.clone(), program)
    }
}

/// The default policy, in force since yesterday, under which nobody waits long.
fn quick_policy() -> String {
    let today = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let today = jiff::Timestamp::from_second(i64::try_from(today.as_secs()).unwrap()).unwrap();
    let yesterday = jiff::tz::Offset::UTC.to_datetime(today).date().yesterday().unwrap();
    default_text(yesterday).replace("7d", "2s")
}

#[test]
fn a_real_store_certifies_what_is_done_and_nothing_else() {
    for suite in Suite::ALL {
        let mut office = Office::new(suite);
        let keys = office.keys("ward/1", 4);
        let held = office.keys("ward/2", 2);
        let mut asked = office.ask("2026-001", &keys[..3]);
        // Other things happen in between, which are none of the certificate's business.
        let mut other = office.ask("2026-002", &keys[3..]);
        let hold = Hold {
            targets: vec![held[0].id],
            reason: HoldReason::LegalProceedings,
            basis: "a lawsuit".try_into().unwrap(),
            review: office.now + 86_400,
        };
        office.say(&["zhang"], hold, None);
        let refused = |office: &mut Office, asked: &Asked| {
            let error = office.issue(asked).unwrap_err();
            assert!(matches!(error, Error::NotIssued { .. }), "{error}");
        };
        refused(&mut office, &asked);
        let execution = office.execute(&mut asked);
        refused(&mut office, &asked);
        // Two witnesses, who also sign the ledger.
        let mut note = office.store.checkpoint().unwrap();
        for witness in ["zhou", "wu"] {
            let (request, root) = (asked.digest, asked.root);
            office.say(&[witness], Cast::witness(request, root, execution), None);
            note = cosign(&note, witness, office.cast.key(witness), office.now).unwrap();
        }
        refused(&mut office, &asked);
        office.inspect(&mut asked, execution);
        asked.papers.cosigned = vec![note];
        // What happens afterwards takes nothing back.
        office.say(
            &["chen"],
            Suspend { officer: Cast::id("li"), reason: "on leave".try_into().unwrap() },
            None,
        );
        let left = office.now;
        office.say(&["zhao"], Leaver { officer: Cast::id("wu"), left }, None);

        let file = office.issue(&asked).unwrap();
        let genesis = office.store.register().unwrap().genesis().unwrap();
        let verdict = verify(&file, Some(genesis.0));
        assert!(verdict.is_valid() && verdict.anchored, "{:?}", verdict.checks);
        let bundle = verdict.bundle.unwrap();
        let grade =
            |claim: &str| &bundle.claims.iter().find(|one| one.claim == claim).unwrap().grade[..];
        assert_eq!(grade("ciphertext-unreadable"), "inspected");
        assert_eq!((grade("witnessed"), grade("recorded")), ("2", "cosigned"));
        assert!(bundle.residual.iter().all(|one| one.what == "cell"), "{:?}", bundle.residual);
        let last = office.store.ledger_status().unwrap().size - 1;
        assert!(
            bundle.entries.iter().all(|entry| entry.index < last),
            "`certified` is entered after"
        );

        // The papers of another request, a list without its last line, a record with a changed bit.
        for change in 0..3 {
            let mut wrong = Asked { papers: asked.papers.clone(), lines: String::new(), ..asked };
            match change {
                0 => drop(wrong.papers.lines.pop()),
                1 => wrong.papers.execution[200] ^= 1,
                _ => wrong.papers.inspection = None,
            }
            assert!(office.issue(&wrong).is_err(), "change {change}");
        }
        other.papers.execution = asked.papers.execution.clone();
        refused(&mut office, &other);
    }
}

/// What was done is certified whatever becomes of a witness's key: notes that do not hold are left out.
#[test]
fn a_stolen_key_keeps_nothing_from_being_certified() {
    let mut office = Office::new(Suite::Sm4Gcm);
    let keys = office.keys("ward/1", 1);
    let mut asked = office.ask("2026-001", &keys);
    let execution = office.execute(&mut asked);
    for witness in ["zhou", "wu"] {
        office.say(&[witness], Cast::witness(asked.digest, asked.root, execution), None);
        let note = office.store.checkpoint().unwrap();
        let note = cosign(&note, witness, office.cast.key(witness), office.now).unwrap();
        asked.papers.cosigned.push(note);
    }
    office.inspect(&mut asked, execution);
    let (officer, reason) = (Cast::id("wu"), "stolen".try_into().unwrap());
    office.say(&["chen"], Revoke { officer, reason, compromised: true }, None);
    let other = asked.papers.cosigned[0].replace('A', "B");
    asked.papers.cosigned.extend([other, "no note".to_owned()]);
    let verdict = verify(&office.issue(&asked).unwrap(), None);
    assert!(verdict.is_valid(), "{:?}", verdict.checks);
    let bundle = verdict.bundle.unwrap();
    assert_eq!(bundle.cosigned.len(), 1);
    assert!(bundle.claims.iter().any(|claim| claim.text.en.contains("and 1 persons signed")));
}

/// Whatever somebody puts together, the store itself signs only what its own ledger says is done.
#[test]
fn the_store_does_not_sign_what_it_does_not_know() {
    let mut office = Office::new(Suite::Aes256Gcm);
    let keys = office.keys("ward/1", 2);
    let mut asked = office.ask("2026-001", &keys);
    let execution = office.execute(&mut asked);
    for witness in ["zhou", "wu"] {
        office.say(&[witness], Cast::witness(asked.digest, asked.root, execution), None);
    }
    let not_done = asked.papers.clone();
    office.inspect(&mut asked, execution);
    let file = office.issue(&asked).unwrap();
    let payload = |change: &dyn Fn(&mut serde_json::Value)| {
        let outer: serde_json::Value = serde_json::from_slice(&file).unwrap();
        let payload = outer["payload"].as_str().unwrap();
        let payload = data_encoding::BASE64.decode(payload.as_bytes()).unwrap();
        let mut said: serde_json::Value = serde_json::from_slice(&payload).unwrap();
        change(&mut said);
        serde_json::to_vec(&said).unwrap()
    };
    assert!(office.store.sign_certificate(payload(&|_| ())).is_ok());
    let changes: [&dyn Fn(&mut serde_json::Value); 8] = [
        &|said| said["schema"] = "x".into(),
        &|said| said["number"] = "2026-002".into(),
        &|said| said["request"] = "00".repeat(32).into(),
        &|said| said["store"]["id"] = "00".repeat(16).into(),
        &|said| said["genesis"] = "00".repeat(32).into(),
        &|said| said["inventory"]["root"] = "00".repeat(32).into(),
        &|said| drop(said["inventory"]["lines"].as_array_mut().unwrap().pop()),
        &|said| said["execution"] = "e30K".into(),
    ];
    for (at, change) in changes.iter().enumerate() {
        let signed = office.store.sign_certificate(payload(change));
        let refused = matches!(signed, Err(sealkeep_keystore::Error::NotCertified(_)));
        assert!(refused, "change {at}");
    }
    let program = Program { name: "sealkeep".to_owned(), version: "0.1.0".to_owned() };
    assert!(issue(&mut office.store, &asked.digest, not_done, program).is_err());
}
