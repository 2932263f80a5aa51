//! The report of a wipe as a certificate has it: items by number, nothing by name (`docs/spec/wipe-report.md`).

use sealkeep_crypto::Suite;
use sealkeep_keystore::approval::Digest;
use sealkeep_keystore::record::{Failed, Wiped};
use sealkeep_medium::finding::Finding;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::overwrite::{Done, Outcomes};
use crate::wipe::{Report, Row};

/// The document, of a run or of the parts that a crash made of it. Without any, only what became of the items is known.
pub(super) fn write(reports: &[Report], outcomes: &Outcomes<'_>) -> Vec<u8> {
    let items: Vec<ItemOutcome> = outcomes
        .iter()
        .map(|(item, outcome, row)| ItemOutcome {
            item: *item,
            verdict: outcome.as_ref().ok().map(|verdict| (*verdict).to_owned()),
            why: outcome.as_ref().err().cloned(),
            target: row.map(target),
        })
        .collect();
    let document =
        Document { schema: SCHEMA.to_owned(), runs: reports.iter().map(run).collect(), items };
    serde_json::to_vec(&document).expect("it has string keys only")
}

/// What a document that [`write`] made says of the items.
pub(super) fn read(bytes: Vec<u8>, suite: Suite) -> Done {
    let digest = Digest::of(suite, &bytes).to_string();
    let mut done = Done { report: Vec::new(), wipes: Vec::new(), failed: Vec::new() };
    let items = serde_json::from_slice(&bytes).map_or_else(|_| Vec::new(), |it: Document| it.items);
    for one in items {
        match (one.verdict, one.why) {
            (Some(verdict), None) => {
                done.wipes.push(Wiped { item: one.item, verdict, report: digest.clone() });
            }
            (_, why) => {
                done.failed.push(Failed {
                    item: one.item,
                    why: why.unwrap_or_else(|| "failed".to_owned()),
                });
            }
        }
    }
    done.report = bytes;
    done
}

#[derive(Serialize, Deserialize)]
struct Document {
    schema: String,
    /// None for a run that had come to its end when its report was lost.
    runs: Vec<Value>,
    items: Vec<ItemOutcome>,
}

#[derive(Serialize, Deserialize)]
struct ItemOutcome {
    item: u64,
    verdict: Option<String>,
    why: Option<String>,
    target: Option<Value>,
}

fn run(report: &Report) -> Value {
    let places = report.places.iter().map(|place| {
        json!({
            "place": *place.place,
            "journal_emptied": place.journal_emptied,
            "trimmed_bytes": place.trimmed,
        })
    });
    let classes = report.classes.iter().filter(|class| class.targets > 0).map(|class| {
        json!({
            "place": class.place,
            "kind": class.kind,
            "reach": class.reach,
            "refused": class.refused,
            "targets": class.targets,
            "bytes": class.bytes,
            "findings": findings(&class.findings),
        })
    });
    json!({
        "result": report.conclusion(),
        "resumed": report.resumed,
        "tool": { "name": "sealkeep", "version": env!("CARGO_PKG_VERSION") },
        "started": report.started,
        "finished": report.finished,
        "method": report.method,
        "passes": report.passes,
        "seed_commitment": data_encoding::HEXLOWER.encode(&report.seed_commitment),
        "verify": report.verify,
        "totals": report.tally,
        "places": places.collect::<Vec<_>>(),
        "classes": classes.collect::<Vec<_>>(),
    })
}

fn target(row: &Row) -> Value {
    json!({
        "kind": row.kind,
        "result": row.verdict,
        "bytes": row.size,
        "overwritten_bytes": row.overwritten,
        "read_back": row.read_back,
        "extents_before": row.before,
        "extents_after": row.after,
        "bad": row.bad,
    })
}

/// Details may have names in them.
fn findings(found: &[Finding]) -> Vec<Value> {
    found.iter().map(|one| json!({ "code": one.code, "effect": one.effect })).collect()
}

const SCHEMA: &str = "sealkeep.wipe-evidence/1";
