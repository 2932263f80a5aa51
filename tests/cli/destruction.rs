//! Officers at work: requests, holds, emergencies, a clock in doubt, somebody who leaves.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sealkeep_crypto::{Suite, pkcs8};
use sealkeep_keystore::approval::Said;
use sealkeep_keystore::approval::cast::Cast;
use sealkeep_keystore::approval::statement::{Hold, HoldReason};
use sealkeep_keystore::{KeyFile, KeyStore, Location, Unlock};
use serde_json::{Map, Value};

use crate::world::{Done, World, done};

/// A key store with officers and a sealed file of `patient/0042/ct`, another of `patient/0043`.
pub(crate) struct Office {
    pub(crate) world: World,
    cast: Cast,
}

impl Office {
    pub(crate) fn new() -> Office {
        let world = World::with_store();
        for (scope, name) in [("patient/0042/ct", "ct"), ("patient/0043", "mr")] {
            world.write(name, "content");
            world.good(&["seal", name, "-o", &format!("{name}.sealed"), "--scope", scope]);
        }
        let policy = world.good(&["policy", "default"]).stdout.replace("7d", "0s");
        let store = open(&world).status().expect("readable").peek.store;
        let cast = Cast::new(store, Suite::Aes256Gcm).with_policy(&policy);
        let key = open(&world).public_key();
        open(&world).submit(&cast.genesis(now(), &key), None).expect("the ceremony");
        world.write("pass", "of the officer\n");
        for id in ["chen", "zhao", "wang", "li", "zhang", "liu", "sun", "zhou", "wu", "zheng"] {
            let pem = pkcs8::to_pem(cast.key(id), b"of the officer");
            world.write(&format!("{id}.pem"), pem.as_bytes());
        }
        Office { world, cast }
    }

    /// A statement that the command line does not make, handed in.
    fn say(&self, by: &[&str], said: impl Into<Said>) {
        let signed = self.cast.sign(now(), by, said);
        open(&self.world).submit(&signed, None).expect("accepted");
    }

    fn run(&self, id: &str, command: &[&str]) -> Done {
        let key = format!("{id}.pem");
        let who = ["--officer-key", &key, "--officer-passphrase-file", "pass"];
        self.world.run(&[&who[..], command].concat())
    }

    fn good(&self, id: &str, command: &[&str]) -> String {
        let done = self.run(id, command);
        assert_eq!(done.code, 0, "{command:?}: {}{}", done.stdout, done.stderr);
        done.stdout
    }

    /// The document of a command, which is all that it says.
    fn json(&self, id: &str, command: &[&str], schema: &str) -> Value {
        let done = self.run(id, &[&["--json"], command].concat());
        let document: Value = serde_json::from_str(&done.stdout)
            .unwrap_or_else(|error| panic!("{command:?}: {error}: {}{}", done.stdout, done.stderr));
        assert_eq!(document["schema"], format!("sealkeep.{schema}/1"), "{command:?}: {document}");
        document
    }

    /// On a machine where there is no key store.
    fn away(&self, id: &str, command: &[&str]) -> Done {
        let key = format!("{id}.pem");
        let who = ["--officer-key", &key, "--officer-passphrase-file", "pass"];
        let mut command = self.world.command(&[&who[..], command].concat());
        command.env_remove("SEALKEEP_KEYSTORE").env_remove("SEALKEEP_KEY_FILE");
        done(command.env("HOME", self.world.path("elsewhere")))
    }

    fn request(&self, number: &str, scope: &str) {
        let why = ["--trigger", "purpose-met", "--reason", "trial over", "--number", number];
        self.good("wang", &[&["destroy", "request", "--scope", scope, "--yes"], &why[..]].concat());
    }
}

fn open(world: &World) -> KeyStore {
    let text = fs::read(world.path("admin.key")).expect("there");
    let file = KeyFile::parse(&text).expect("a key file");
    let place = Location::new(world.path("keys"), None);
    KeyStore::open(&place, &Unlock::KeyFile(&file), Duration::from_secs(5)).expect("it opens")
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

fn tasks(list: &Value) -> Vec<&str> {
    let work = list["work"].as_array().expect("a list");
    work.iter().map(|work| work["task"].as_str().expect("a name")).collect()
}

/// From the request to the certificate; one approval is signed where there is no key store, after another lapsed.
#[test]
fn a_request_goes_from_hand_to_hand() {
    let office = Office::new();
    let why = ["--trigger", "purpose-met", "--reason", "trial over", "--number", "2026-001"];
    let what = ["destroy", "request", "--scope", "patient/0042"];
    let dry = office.json("wang", &[&what[..], &why, &["-n"]].concat(), "destroy-request");
    assert!(dry["items"].as_u64() >= Some(2) && dry.get("request").is_none(), "{dry}");
    let asked = office.json("wang", &[&what[..], &why, &["--yes"]].concat(), "destroy-request");
    assert!(asked["request"].is_string());
    let turn = |id: &str| {
        let list = office.json(id, &["destroy", "list", "--officer", id], "destroy-list");
        tasks(&list).join(",")
    };
    assert_eq!(
        (turn("li"), turn("zhang"), turn("sun")),
        ("approve".into(), String::new(), String::new())
    );
    let review =
        office.json("li", &["destroy", "review", "2026-001", "--sample", "1"], "destroy-review");
    assert_eq!(review["shown"].as_array().map(Vec::len), Some(1));
    let review = ["destroy", "review", "2026-001", "--search", "no such name"];
    assert_eq!(
        office.json("li", &review, "destroy-review")["shown"].as_array().map(Vec::len),
        Some(0)
    );
    let early = office.run("sun", &["destroy", "execute", "2026-001", "--yes"]);
    assert_eq!(early.code, 4, "{}", early.stderr);

    office.json("li", &["destroy", "approve", "2026-001", "--yes"], "destroy-statement");
    office.good("chen", &["officer", "suspend", "li", "--reason", "on leave"]);
    let shown = office.json("li", &["officer", "show", "li"], "officer-show");
    assert_eq!(shown["leftover"]["approvals"].as_array().map(Vec::len), Some(1), "{shown}");
    office.good("chen", &["officer", "reinstate", "li", "--with", "zhao", "-o", "r1.json"]);
    office.good("zhao", &["statement", "sign", "r1.json", "zhao", "-o", "r2.json"]);
    office.good("zhao", &["statement", "submit", "r2.json"]);
    for (id, packet, out) in [("li", "p1.json", "a1.json"), ("zhang", "p2.json", "a2.json")] {
        office.json("wang", &["destroy", "export", "2026-001", "-o", packet], "destroy-export");
        let review = office.away(id, &["destroy", "review", "--packet", packet]);
        assert_eq!(review.code, 0, "{}", review.stderr);
        let signed =
            office.away(id, &["destroy", "approve", "--packet", packet, "--out", out, "--yes"]);
        assert_eq!(signed.code, 0, "{}", signed.stderr);
        office.json("wang", &["destroy", "import", out], "destroy-import");
    }
    let status = office.json("wang", &["destroy", "status", "2026-001"], "destroy-status");
    assert_eq!(
        (&status["state"], status["lapsed"].as_array().map(Vec::len)),
        (&"waiting".into(), Some(1))
    );

    let rehearsed = ["destroy", "execute", "2026-001", "--dry-run"];
    let told = office.good("sun", &rehearsed);
    assert!(told.contains("Nothing was done. It could be executed now."), "{told}");
    let told = office.json("sun", &rehearsed, "destroy-execute");
    assert_eq!((&told["refused"], &told["dry_run"]), (&Value::Null, &true.into()));
    let listed = office.json("sun", &["destroy", "next"], "destroy-next");
    assert_eq!(tasks(&listed), ["execute"]);
    office.json("sun", &["destroy", "execute", "2026-001", "--yes"], "destroy-execute");
    assert_eq!(office.world.run(&["open", "ct.sealed", "-o", "back"]).code, 31);
    assert_eq!((turn("zhou"), turn("zheng")), ("witness".into(), "inspect".into()));
    for witness in ["zhou", "wu"] {
        office.json(witness, &["destroy", "witness", "2026-001", "--yes"], "destroy-statement");
    }
    office.json("zheng", &["destroy", "inspect", "2026-001", "--yes"], "destroy-inspect");
    let certify = ["destroy", "certify", "2026-001", "-o", "certs"];
    let made = office.json("wang", &certify, "destroy-certify");
    let [file, pdf] =
        [&made["certificate"], &made["forms"][1]].map(|one| one.as_str().expect("a path"));
    let before = fs::read(office.world.path(file)).expect("written");
    fs::remove_file(office.world.path(pdf)).expect("it was written");
    office.good("wang", &certify);
    assert_eq!(fs::read(office.world.path(file)).expect("as it was"), before);
    assert!(office.world.path(pdf).exists(), "what was missing is made");
    let note = office.good("wang", &["certificate", "show", file, "--checkpoint"]);
    office.world.write("note", &note);
    let checked = office.world.good(&["ledger", "check", "--against", "note"]).stdout;
    assert!(checked.contains("still contains 1 "), "{checked}");
    let mut piped = office.world.command(&["ledger", "check", "--against", "-"]);
    piped.stdin(fs::File::open(office.world.path("note")).expect("written"));
    assert_eq!(done(&mut piped).code, 0);
}

#[test]
fn a_request_is_rejected_where_there_is_no_key_store() {
    let office = Office::new();
    office.request("2026-001", "patient/0042");
    office.good("wang", &["destroy", "export", "2026-001", "-o", "packet.json"]);
    let reject = ["destroy", "reject", "--packet", "packet.json", "--opinion", "still needed"];
    assert_eq!(office.away("li", &reject).code, 2, "it has to go somewhere");
    let signed = office.away("li", &[&reject[..], &["--out", "no.json", "--yes"]].concat());
    assert_eq!(signed.code, 0, "{}", signed.stderr);
    office.good("wang", &["destroy", "import", "no.json"]);
    let status = office.json("wang", &["destroy", "status", "2026-001"], "destroy-status");
    assert_eq!(status["state"], "rejected");
    office.request("2026-002", "patient/0042");
    office.json("zhang", &["destroy", "reject", "2026-002", "--yes"], "destroy-statement");
    office.request("2026-003", "patient/0042");
    office.json("wang", &["destroy", "withdraw", "2026-003", "--yes"], "destroy-statement");
    office.request("2026-004", "patient/0042");
    office.good("li", &["destroy", "approve", "2026-004", "--yes"]);
    office.good("zhang", &["destroy", "approve", "2026-004", "--yes"]);
    let used = office.world.run(&["open", "ct.sealed", "-o", "back"]);
    assert_eq!(used.code, 43, "{}", used.stderr);
    let list = office.json("liu", &["destroy", "list", "--officer", "liu"], "destroy-list");
    assert_eq!(tasks(&list), ["resume"]);
    office.json("liu", &["destroy", "resume", "2026-004", "--yes"], "destroy-statement");
    office.json("zhang", &["destroy", "cancel", "2026-004", "--yes"], "destroy-statement");
    office.world.good(&["open", "ct.sealed", "-o", "back"]);
}

#[test]
fn what_is_below_a_scope_on_hold_is_on_hold_too() {
    let office = Office::new();
    let place = ["hold", "place", "--scope", "patient", "--reason", "legal-proceedings"];
    let placed = office.json("zhang", &[&place[..], &["--basis", "case 7"]].concat(), "hold-place");
    assert_eq!((&placed["scopes"], &placed["keys"]), (&2.into(), &0.into()), "{placed}");
    for sealed in ["ct.sealed", "mr.sealed"] {
        let opened = office.world.run(&["open", sealed, "-o", "back"]);
        assert_eq!(opened.code, 32, "{}", opened.stderr);
    }
    let id = &placed["holds"][0].as_str().expect("a digest")[..8];
    assert_eq!(office.json("zhang", &["hold", "list"], "hold-list")["holds"][0]["due"], false);
    office.json("zhang", &["hold", "review", id, "--review-days", "9"], "hold-review");
    let leaver = office.run("chen", &["officer", "leaver", "zhang", "--dry-run"]);
    assert!(
        leaver.stderr.contains("W-LEFTOVER") && leaver.stderr.contains(id),
        "{}",
        leaver.stderr
    );
    assert!(leaver.stderr.contains("recovery shares"), "{}", leaver.stderr);
    let release = ["hold", "release", id, "--with", "liu", "--out", "r1.json"];
    office.json("zhang", &release, "hold-release");
    office.good("liu", &["statement", "sign", "r1.json", "liu", "-o", "r2.json"]);
    office.json("liu", &["statement", "submit", "r2.json"], "statement");
    for sealed in ["ct.sealed", "mr.sealed"] {
        office.world.good(&["open", sealed, "-o", &format!("{sealed}.back")]);
    }
    let log =
        office.world.good(&["ledger", "log", "--scope", "patient/0042", "--operation", "open"]);
    assert!(log.stdout.lines().all(|line| line.contains("patient/0042/ct")), "{}", log.stdout);
    assert!(!log.stdout.is_empty());
}

#[test]
fn a_hold_on_very_many_scopes_is_several() {
    let office = Office::new();
    let names: Vec<String> = (0..900).map(|number| format!("trial/{number}")).collect();
    let wanted: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    let made = open(&office.world).create_keys_in(Suite::Aes256Gcm, &wanted).expect("keys");
    let place = ["hold", "place", "--scope", "trial", "--reason", "other", "--basis", "case 9"];
    let placed = office.json("liu", &place, "hold-place");
    assert_eq!(
        (&placed["scopes"], placed["holds"].as_array().map(Vec::len)),
        (&900.into(), Some(2))
    );
    let facts = open(&office.world).facts(&[made[0].id, made[899].id]).expect("readable");
    assert!(facts.into_iter().all(|facts| facts.expect("there").held));
}

/// A rehearsal names what would be overwritten, and leaves it where it is.
#[test]
fn a_rehearsed_execution_changes_nothing() {
    let office = Office::new();
    let plain = office.world.write("old/report", "plain");
    let plain = plain.to_str().expect("UTF-8");
    let why = ["--trigger", "other", "--reason", "moved", "--number", "2026-001", "--yes"];
    let what = ["destroy", "request", "--scope", "patient/0043", "--wipe", plain];
    office.good("wang", &[&what[..], &why].concat());
    let told = office.json("sun", &["destroy", "execute", "2026-001", "-n"], "destroy-execute");
    assert_eq!(told["overwritten"][0]["path"], plain, "{told}");
    assert_eq!(told["refused"], "request-state", "it is not approved: {told}");
    let told = office.run("sun", &["--lang", "zh-CN", "destroy", "execute", "2026-001", "-n"]);
    assert!(
        told.stdout.contains("现在不能执行") && told.stdout.contains("待审批"),
        "{}",
        told.stdout
    );
    assert_eq!(fs::read(plain).expect("it is there"), b"plain");
    office.world.good(&["open", "mr.sealed", "-o", "back"]);
}

/// What is due and nobody did is on the worklist, in `status`, and in the exit codes of the lists.
#[test]
fn what_officers_should_have_done_is_told() {
    let office = Office::new();
    office.world.good(&["--vault", "vault", "vault", "init"]);
    let scope = open(&office.world).scope_id("patient/0043").expect("it is there");
    let (reason, basis) = (HoldReason::Other, "case 8".try_into().expect("short"));
    office.say(&["liu"], Hold { targets: vec![scope], reason, basis, review: now() + 1 });
    let begin = ["break-glass", "begin", "--scope", "patient", "--reason", "at night"];
    office.json("li", &begin, "break-glass-begin");
    office.good("chen", &["officer", "leaver", "wu", "--left", "2020-01-31"]);
    std::thread::sleep(Duration::from_secs(4));
    let held = office.run("liu", &["hold", "list"]);
    assert_eq!(held.code, 42, "{}", held.stderr);
    let list = office.json("liu", &["destroy", "list", "--officer", "liu"], "destroy-list");
    assert_eq!(tasks(&list), ["review-hold"]);
    let list = office.good("li", &["destroy", "list", "--officer", "li"]);
    assert!(list.contains("sealkeep break-glass justify"), "{list}");
    let add = [
        "--vault",
        "vault",
        "media",
        "add",
        "--place",
        "safe 3",
        "--kind",
        "disk",
        "--custodian",
        "wu",
    ];
    office.good("chen", &add);
    let shown = office.json("chen", &["--vault", "vault", "officer", "show", "wu"], "officer-show");
    assert_eq!(shown["media"].as_array().map(Vec::len), Some(1), "{shown}");
    let listed = office.good("chen", &["--lang", "zh-CN", "officer", "list"]);
    assert!(listed.contains("wu  离任中  监销人  p-wu"), "{listed}");
    let status = office.run("chen", &["--json", "--vault", "vault", "status"]);
    assert_eq!(status.code, 42, "{}", status.stderr);
    let status: Value = serde_json::from_str(&status.stdout).expect("one document");
    let rows = status["rows"].as_array().expect("a list");
    for about in ["hold", "officer"] {
        assert!(rows.iter().any(|row| row["about"] == about && row["overdue"] == true), "{status}");
    }
    let broken = office.json("li", &["break-glass", "list"], "break-glass-list");
    assert_eq!(broken["grants"][0]["scopes"].as_array().map(Vec::len), Some(2), "{broken}");
    let grant = &broken["grants"][0]["grant"].as_str().expect("a digest")[..8];
    office.json(
        "li",
        &["break-glass", "justify", grant, "--text", "see the record"],
        "break-glass-justify",
    );
    let list = office.json("li", &["destroy", "list", "--officer", "li"], "destroy-list");
    assert_eq!(tasks(&list).len(), 0, "{list}");
}

/// Nothing is executed while the clock is in doubt, and there is a way out.
#[test]
fn two_with_authority_end_the_doubt_about_the_clock() {
    let office = Office::new();
    office.request("2026-001", "patient/0042");
    office.good("li", &["destroy", "approve", "2026-001", "--yes"]);
    office.good("zhang", &["destroy", "approve", "2026-001", "--yes"]);
    let mut store = open(&office.world);
    store.set_clock_for_test(now() - 7_200, 5_000);
    store.log_act("test", Map::new()).expect("entered, with the alarm");
    drop(store);
    let status = office.run("sun", &["destroy", "status", "2026-001"]);
    assert!(status.stderr.contains("W-CLOCK"), "{}", status.stderr);
    let list = office.json("sun", &["destroy", "list"], "destroy-list");
    assert!(list["clock_in_doubt"].is_u64(), "{list}");
    let refused = office.run("sun", &["destroy", "execute", "2026-001", "--yes"]);
    assert_eq!(refused.code, 4, "{}", refused.stderr);
    assert!(refused.stderr.contains("clock"), "{}", refused.stderr);
    let clock = ["statement", "clock", "--opinion", "the battery was empty", "--with", "zhao"];
    office.json("chen", &[&clock[..], &["-o", "c1.json"]].concat(), "statement");
    office.good("zhao", &["statement", "sign", "c1.json", "zhao", "-o", "c2.json"]);
    office.good("zhao", &["statement", "submit", "c2.json"]);
    let list = office.json("sun", &["destroy", "list"], "destroy-list");
    assert_eq!(list["clock_in_doubt"], Value::Null);
    office.good("sun", &["destroy", "execute", "2026-001", "--yes"]);
}

#[test]
fn every_result_about_officers_is_one_document() {
    let office = Office::new();
    office.world.good(&["policy", "default"]);
    fs::write(office.world.path("policy.toml"), office.world.good(&["policy", "show"]).stdout)
        .expect("written");
    for (command, schema) in [
        (&["officer", "list"][..], "officer-list"),
        (&["officer", "show", "li"], "officer-show"),
        (&["officer", "suspend", "li", "--reason", "x", "--dry-run"], "statement"),
        (&["policy", "show"], "policy-show"),
        (&["policy", "default"], "policy-default"),
        (&["policy", "check", "policy.toml"], "policy-check"),
        (&["policy", "explain", "L3"], "policy-explain"),
        (&["destroy", "list"], "destroy-list"),
        (&["destroy", "next"], "destroy-next"),
        (&["hold", "list"], "hold-list"),
        (&["break-glass", "list"], "break-glass-list"),
        (&["ledger", "log"], "ledger-log"),
        (&["ledger", "check"], "ledger-check"),
        (&["ledger", "checkpoint"], "ledger-checkpoint"),
        (&["ledger", "prove", "1"], "ledger-proof"),
        (&["ledger", "export", "-o", "all.jsonl"], "ledger-export"),
        (&["destroy", "status", "nothing"], "error"),
        (&["destroy", "request", "--number", "1"], "error"),
    ] {
        office.json("chen", command, schema);
    }
}
