//! What follows from the evidence: claims, what may be left, what was never part of it (`docs/spec/certificate.md` §§2, 3).
//!
//! Whoever issues a certificate and whoever verifies it come to this by the same code, so nothing can be claimed that does not
//! follow.

use std::collections::HashSet;

use sealkeep_keystore::approval::{CopyOf, ItemKind, Request, Summary};
use sealkeep_keystore::record::{Execution, Inspection, Keys, Place};

use super::bundle::{Claim, Residual, Text};

/// The evidence, read and checked.
pub(super) struct Evidence<'a> {
    pub(super) request: &'a Request,
    pub(super) execution: &'a Execution,
    pub(super) inspection: Option<&'a Inspection>,
    /// Items of kind `medium`.
    pub(super) media: u64,
    /// Persons who witnessed.
    pub(super) witnesses: usize,
    /// Persons who signed a checkpoint over the destruction.
    pub(super) cosigners: usize,
}

/// Everything that can be claimed.
pub(super) fn claims(evidence: &Evidence<'_>) -> Vec<Claim> {
    let sealing = without_review(&evidence.request.inventory, evidence.execution.keys.as_ref());
    let mut claims = vec![approved()];
    claims.extend(sealing.map(|(keys, count)| keys_destroyed(keys, count)));
    claims.extend(sealing.map(|_| unreadable(evidence.inspection)));
    claims.extend(overwritten(evidence.execution, evidence.inspection));
    claims.extend((evidence.media > 0).then(|| physically_destroyed(evidence.media)));
    claims.push(witnessed(evidence.witnesses));
    claims.push(recorded(evidence.cosigners));
    claims
}

/// Everything that may be left.
pub(super) fn residual(evidence: &Evidence<'_>) -> Vec<Residual> {
    let mut found = Vec::new();
    if let Some(keys) = &evidence.execution.keys {
        found.extend(roots(keys));
    }
    found.extend(not_certain(evidence.execution));
    found.extend(places(evidence.inspection));
    found.extend(not_inspected(evidence));
    let declared = evidence.request.residual.iter();
    found.extend(declared.map(|text| left("declared", text.as_str(), "declared", None)));
    found
}

/// What the request says is not part of it.
pub(super) fn not_covered(request: &Request) -> Vec<String> {
    request.not_covered.iter().map(|text| text.as_str().to_owned()).collect()
}

/// Whether what was overwritten may be claimed at all.
pub(super) fn is_wiped(verdict: &str) -> bool {
    matches!(verdict, "verified" | "removed" | "verified-device" | "best-effort")
}

fn approved() -> Claim {
    claim("approved", "full", &["A-OFFICERS"], Text {
        en: "Everybody whom the policy asks for signed exactly this list before it was destroyed.".into(),
        zh: "政策要求的每一方均在销毁前对这份清单原样签名。".into(),
    })
}

/// Keys and scopes that something was sealed under, if there are any. The review key, of names only, is always among the items of
/// kind `key`, and nothing is claimed of it.
fn without_review<'k>(listed: &Summary, keys: Option<&'k Keys>) -> Option<(&'k Keys, u64)> {
    let keys = keys?;
    let review = listed.kinds.get(&ItemKind::Key).map_or(0, |_| 1);
    Some((keys, keys.targets.saturating_sub(review))).filter(|(_, count)| *count > 0)
}

fn keys_destroyed(keys: &Keys, count: u64) -> Claim {
    let places = roots(keys).len();
    let assumes = &["A-CIPHER", "A-RANDOM", "A-OVERWRITE", "A-REGISTERED"];
    if places == 0 {
        claim(
            "keys-destroyed",
            "erased",
            assumes,
            Text {
                en: format!(
                    "{count} keys or scopes were destroyed; the old root was overwritten in place and read back wherever the key store is registered."
                ),
                zh: format!(
                    "已销毁 {count} 个密钥或范围;在密钥库登记的每一处,旧根密钥均已原位覆写并回读。"
                ),
            },
        )
    } else {
        claim(
            "keys-destroyed",
            "residual",
            assumes,
            Text {
                en: format!(
                    "{count} keys or scopes were destroyed; in {places} places the old root may still be found, with which old copies of the key store open."
                ),
                zh: format!(
                    "已销毁 {count} 个密钥或范围;有 {places} 处可能仍留有旧根密钥,用它可以打开密钥库的旧副本。"
                ),
            },
        )
    }
}

fn unreadable(inspection: Option<&Inspection>) -> Claim {
    let assumes = &["A-CIPHER", "A-RANDOM", "A-NEVER-PLAIN", "A-REGISTERED"];
    let places = inspection.into_iter().flat_map(|inspection| &inspection.places);
    let tried = places.filter(|place| place.reachable && place.items > 0 && !is_overwritten(place));
    match tried.fold((0, 0), |(count, tried): (u64, u64), place| {
        (count + 1, tried.saturating_add(place.items))
    }) {
        (count @ 1.., tried) => {
            claim("ciphertext-unreadable", "inspected", assumes, Text {
                en: format!("In {count} places {tried} attempts to open what was destroyed were made, and none succeeded. Nothing is said of the places that are listed as residual."),
                zh: format!("在 {count} 处共尝试打开被销毁内容 {tried} 次,均未成功。列为残留的位置不在此列。"),
            })
        }
        (0, _) => claim("ciphertext-unreadable", "derived", assumes, Text {
            en: "It follows from the destruction of its keys that what they sealed cannot be read; nobody tried. Nothing is said of the places that are listed as residual.".into(),
            zh: "由密钥已销毁推知其所加密的内容不可读;未作检测。列为残留的位置不在此列。".into(),
        }),
    }
}

/// Whether this is where an inspection looked for what was overwritten.
fn is_overwritten(place: &Place) -> bool {
    matches!(&place.what[..], "file" | "device") && place.id == "overwritten"
}

fn overwritten(execution: &Execution, inspection: Option<&Inspection>) -> Option<Claim> {
    let count = execution.wipes.len();
    let all =
        |grades: &[&str]| execution.wipes.iter().all(|wipe| grades.contains(&&wipe.verdict[..]));
    let (grade, en, zh) = if count == 0 {
        return None;
    } else if all(&["verified", "removed"]) {
        (
            "verified",
            format!(
                "{count} files or devices were overwritten in place and read back. In the words of SP 800-88 that is Clear at most."
            ),
            format!("{count} 个文件或设备已原位覆写并回读。按 SP 800-88 的用语至多为 Clear。"),
        )
    } else if all(&["verified", "removed", "verified-device"]) {
        (
            "verified-device",
            format!(
                "{count} files or devices were overwritten and read back; of devices, everything that can be addressed. In the words of SP 800-88 that is Clear at most."
            ),
            format!(
                "{count} 个文件或设备已覆写并回读;对设备而言,为其全部可寻址范围。按 SP 800-88 的用语至多为 Clear。"
            ),
        )
    } else {
        (
            "best-effort",
            format!(
                "{count} files or devices were overwritten; of some, nobody can tell whether nothing is left elsewhere on the medium."
            ),
            format!("{count} 个文件或设备已覆写;其中一部分无法断定介质其他位置没有残留。"),
        )
    };
    let places = inspection.into_iter().flat_map(|inspection| &inspection.places);
    let looked_at = places.filter(|place| place.reachable && is_overwritten(place));
    let inspected = looked_at.fold(0_u64, |sum, place| sum.saturating_add(place.items));
    let text = Text {
        en: format!("{en} Of these, {inspected} were inspected afterwards."),
        zh: format!("{zh}事后经检测的有 {inspected} 个。"),
    };
    Some(claim("overwritten", grade, &["A-OVERWRITE"], text))
}

fn physically_destroyed(media: u64) -> Claim {
    claim(
        "physically-destroyed",
        "attested",
        &["A-OFFICERS", "A-MEDIUM"],
        Text {
            en: format!(
                "Those who signed say that {media} media were physically destroyed. The program saw nothing of that."
            ),
            zh: format!("签名人声明 {media} 件介质已被物理销毁。程序无从验证。"),
        },
    )
}

fn witnessed(persons: usize) -> Claim {
    claim(
        "witnessed",
        &persons.to_string(),
        &["A-OFFICERS"],
        Text {
            en: format!("{persons} persons signed the record of execution as witnesses."),
            zh: format!("{persons} 人作为监销人对执行记录签名。"),
        },
    )
}

fn recorded(cosigners: usize) -> Claim {
    if cosigners > 0 {
        claim(
            "recorded",
            "cosigned",
            &["A-CLOCK", "A-OFFICERS"],
            Text {
                en: format!(
                    "The destruction is in the ledger of the key store, and {cosigners} persons signed a checkpoint of the ledger that covers it."
                ),
                zh: format!(
                    "销毁已记入密钥库账本,且有 {cosigners} 人对覆盖该记录的账本检查点签名。"
                ),
            },
        )
    } else {
        claim("recorded", "logged", &["A-CLOCK"], Text {
            en: "The destruction is in the ledger of the key store, by the signature of the store alone.".into(),
            zh: "销毁已记入密钥库账本,仅有密钥库自身的签名。".into(),
        })
    }
}

/// Places where an old root may be found.
fn roots(keys: &Keys) -> Vec<Residual> {
    let cells = keys.cells.iter().filter_map(|cell| {
        let why = match cell {
            cell if !cell.erased => "not-erased",
            cell if cell.residual => "medium",
            _ => return None,
        };
        Some(left("cell", &cell.place, why, None))
    });
    // The cell of a copy that is current is one of the cells.
    let copies = keys.copies.iter().filter(|copy| copy.state != "current");
    let copies = copies.map(|copy| left("keystore-copy", &copy.place, &copy.state, None));
    cells.chain(copies).collect()
}

/// What was overwritten with less than certainty: one for all, with the first of their numbers.
fn not_certain(execution: &Execution) -> Option<Residual> {
    let uncertain = execution.wipes.iter().filter(|wipe| wipe.verdict == "best-effort");
    let items: Vec<String> = uncertain.map(|wipe| wipe.item.to_string()).collect();
    let (shown, more) = items.split_at(items.len().min(NAMED));
    let more = if more.is_empty() { String::new() } else { format!(" (+{})", more.len()) };
    let place = format!("item={}{more}", shown.join(","));
    (!items.is_empty()).then(|| left("overwritten", &place, "best-effort", None))
}

/// What the inspection could not reach, and what it knows to stay for a while.
fn places(inspection: Option<&Inspection>) -> Vec<Residual> {
    let places = inspection.into_iter().flat_map(|inspection| &inspection.places);
    let residual = places.filter_map(|place| {
        let why = match place {
            place if !place.reachable => "unreachable",
            place if place.residual_until.is_some() => "kept",
            _ => return None,
        };
        Some(left(&place.what, &place.place, why, place.residual_until))
    });
    residual.collect()
}

/// Copies that were known and that nobody looked into; of those of the key store, where the execution did not reach them.
fn not_inspected(evidence: &Evidence<'_>) -> Vec<Residual> {
    let tried = evidence.inspection.into_iter().flat_map(|inspection| &inspection.places);
    let mut seen: HashSet<(&str, &str)> =
        tried.map(|place| (&place.what[..], &place.id[..])).collect();
    let reached = evidence.execution.keys.iter().flat_map(|keys| &keys.copies);
    seen.extend(reached.map(|copy| ("keystore-copy", &copy.id[..])));
    let unseen = evidence.request.copies.iter().filter_map(|copy| {
        let what = match copy.what {
            CopyOf::VaultCopy => "vault-copy",
            CopyOf::KeystoreCopy => "keystore-copy",
        };
        let known = seen.contains(&(what, copy.id.as_str()));
        (!known).then(|| left(what, copy.place.as_str(), "not-inspected", None))
    });
    unseen.collect()
}

fn claim(name: &str, grade: &str, assumes: &[&str], text: Text) -> Claim {
    let assumes = assumes.iter().map(|&code| code.to_owned()).collect();
    Claim { claim: name.to_owned(), grade: grade.to_owned(), assumes, text }
}

fn left(what: &str, place: &str, why: &str, until: Option<u64>) -> Residual {
    Residual { what: what.to_owned(), place: place.to_owned(), why: why.to_owned(), until }
}

/// So many items are named.
const NAMED: usize = 20;
