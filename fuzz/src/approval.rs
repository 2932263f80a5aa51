//! What officers hand in: statements, policies, inventories; and entries of the ledger.

use std::fs;
use std::path::Path;

use sealkeep_crypto::Suite;
use sealkeep_keystore::approval::policy::{self, Severity};
use sealkeep_keystore::approval::register::{Entered, Touched};
use sealkeep_keystore::approval::{Item, Policy, Register, Statement};
use sealkeep_keystore::dsse::Envelope;
use sealkeep_keystore::ledger::Body;

use crate::targets::Target;

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "statement", seeds: statements, run: statement },
    Target { name: "payload", seeds: payloads, run: payload },
    Target { name: "policy", seeds: policies, run: read_policy },
    Target { name: "item", seeds: lines, run: item },
    Target { name: "registered", seeds: bodies, run: entry },
];

/// An envelope has one form.
fn statement(input: &[u8]) {
    for suite in Suite::ALL {
        if let Ok(statement) = Statement::parse(suite, input) {
            assert_eq!(statement.to_bytes(), input, "the statement has a second form");
            assert!(!statement.by.is_empty());
        }
    }
}

/// What is in an envelope, unsigned: it can be read or not, but is never accepted.
fn payload(input: &[u8]) {
    let bytes = Envelope::new("statement", input.to_vec()).to_bytes();
    let Ok(statement) = Statement::parse(Suite::Aes256Gcm, &bytes) else { return };
    assert_eq!(statement.missing().len(), statement.by.len());
    let mut register = Register::new(statement.store, Suite::Aes256Gcm);
    let what = sealkeep_keystore::approval::register::What::Statement(Box::new(statement));
    let entered = Entered { index: 0, time: 1_790_000_000, counted: 0, what };
    assert!(register.apply(&entered, &Touched::default()).is_err(), "accepted without signatures");
}

/// A policy is put in force only if nothing is wrong with it; then every level can be explained.
fn read_policy(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let problems = policy::check(text);
    let wrong = problems.iter().any(|problem| problem.severity == Severity::Error);
    match Policy::parse(text) {
        Ok(policy) => {
            assert!(!wrong, "in force with errors");
            for level in 0..=6 {
                let explained = policy.explain(level);
                assert!(explained.persons >= 3 && !explained.rules.executor.is_empty());
            }
        }
        Err(_) => assert!(wrong, "refused without a reason"),
    }
}

/// A line has one form.
fn item(input: &[u8]) {
    let Ok(line) = std::str::from_utf8(input) else { return };
    if let Ok(item) = Item::parse(line) {
        assert_eq!(item.line(), line, "the line has a second form");
    }
}

fn entry(input: &[u8]) {
    for suite in Suite::ALL {
        let _ = Entered::read(suite, 0, input);
    }
}

fn statements() -> Vec<Vec<u8>> {
    let read = |body: Vec<u8>| Body::parse(&body).ok()?.event.envelope();
    bodies().into_iter().filter_map(read).collect()
}

fn payloads() -> Vec<Vec<u8>> {
    let read = |bytes: Vec<u8>| {
        let statement = Statement::parse(Suite::Aes256Gcm, &bytes).ok()?;
        Some(statement.payload().to_vec())
    };
    statements().into_iter().filter_map(read).collect()
}

fn policies() -> Vec<Vec<u8>> {
    let page = include_str!("../../docs/spec/approval.md");
    let (_, rest) = page.split_once("```toml\n").expect("a policy is printed");
    let (text, _) = rest.split_once("```").expect("it ends");
    vec![text.as_bytes().to_vec()]
}

fn lines() -> Vec<Vec<u8>> {
    let (id, digest) = ("01".repeat(16), "07".repeat(32));
    let object = format!(
        "item=4 kind=object key={id} scope={id} state=deactivated held=no level=3 suite=sm4-gcm created=1700000000 \
         size=10 digest=sm3:{digest} tag={id} method=crypto-erase+zero copies=0,2 class=- due=- extra=-"
    );
    let medium = "item=0 kind=medium key=- scope=- state=- held=no level=- suite=- created=- size=- digest=- tag=- \
                  method=physical copies=- class=- due=- extra=2%20mm";
    vec![object.into_bytes(), medium.as_bytes().to_vec()]
}

/// The entries of the vectors.
fn bodies() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/spec/vectors/approval");
    let text = fs::read(root.join("v1-aes256-gcm.json")).expect("the vectors are there");
    let vectors: serde_json::Value = serde_json::from_slice(&text).expect("they are JSON");
    let cases = vectors["cases"].as_array().into_iter().flatten();
    let lines = cases.flat_map(|case| case["entries"].as_array().into_iter().flatten());
    lines.filter_map(|line| Some(line["body"].as_str()?.as_bytes().to_vec())).collect()
}
