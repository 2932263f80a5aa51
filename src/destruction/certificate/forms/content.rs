//! What stands in the forms, independent of how they are drawn.

mod application;
mod evidence;
mod names;
mod proof;
mod register;
mod sample;

use super::super::dossier::{Act, Dossier};
use super::{Block, Form, Signature, Words, words};
use crate::calendar::china_time;

pub(super) use register::{COLUMNS, row};

/// All forms of a certificate, in the order in which they are printed.
pub(super) fn forms(dossier: &Dossier) -> Vec<Form> {
    vec![
        proof::form(dossier),
        application::form(dossier),
        register::form(dossier),
        sample::form(dossier),
        evidence::form(dossier),
    ]
}

/// The register alone: its cover.
pub(super) fn cover(dossier: &Dossier) -> Vec<(Words, String)> {
    register::cover(dossier)
}

/// Unix seconds as people here read them.
pub(super) fn when(seconds: u64) -> String {
    format!("{} (UTC+8)", china_time(seconds))
}

/// A block for somebody's signature; empty lines where nobody signed.
fn signature(role: Words, act: Option<&Act>) -> Block {
    let Some(act) = act else {
        let empty = String::new;
        return Block::Signature(Signature {
            role,
            who: "-".to_owned(),
            opinion: empty(),
            when: empty(),
            digest: empty(),
        });
    };
    Block::Signature(Signature {
        role,
        who: person(act),
        opinion: act.opinion.clone(),
        when: when(act.time),
        digest: act.digest.clone(),
    })
}

/// Who somebody is.
fn person(act: &Act) -> String {
    format!("{} ({}; {})", act.name, act.person, act.officer)
}

/// Persons, one after the other.
fn persons<'a>(acts: impl Iterator<Item = &'a Act>) -> String {
    list(acts.map(person))
}

/// Parts of a list; `-` for none.
fn list(parts: impl Iterator<Item = String>) -> String {
    let joined = parts.collect::<Vec<_>>().join("; ");
    if joined.is_empty() { "-".to_owned() } else { joined }
}

/// Kinds and counts of what was destroyed.
fn kinds(dossier: &Dossier) -> String {
    list(
        dossier
            .request
            .kinds
            .iter()
            .map(|(kind, count)| format!("{} × {count}", names::kind(kind))),
    )
}

/// Methods that stand in the inventory, each once.
fn methods(dossier: &Dossier) -> String {
    let mut seen: Vec<&str> = Vec::new();
    for line in &dossier.lines {
        let method = super::super::dossier::field(line, "method");
        if !seen.contains(&method) {
            seen.push(method);
        }
    }
    list(seen.into_iter().map(names::method))
}

/// A field that is empty on purpose.
fn withheld() -> String {
    "按设计不记录:名称已随密钥销毁 / not recorded by design: names died with the keys".to_owned()
}

/// A field that is filled by hand.
fn by_hand() -> String {
    "________________".to_owned()
}

/// A sentence under a form.
const fn note(zh: &'static str, en: &'static str) -> Block {
    Block::Note(words(zh, en))
}
