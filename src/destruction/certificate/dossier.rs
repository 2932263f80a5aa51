//! What the forms show: a verified certificate, put in the words and the order in which people read it.

use super::bundle::{Claim, Residual, StoreIdentity};
use sealkeep_keystore::approval::{CopyOf, RegisteredCopy, Request};
use sealkeep_keystore::record::{Execution, Inspection};

/// A certificate for people.
#[derive(Clone, Debug)]
pub struct Dossier {
    /// H of the file, in hexadecimal digits.
    pub digest: String,
    /// When it was issued, in Unix seconds.
    pub issued: u64,
    /// The program that issued it.
    pub program: String,
    /// The key store.
    pub store: StoreIdentity,
    /// Digest of the genesis statement.
    pub genesis: String,
    /// What was asked for.
    pub request: RequestFacts,
    /// The statements of the request, in the order of the ledger.
    pub acts: Vec<Act>,
    /// What was done.
    pub execution: Execution,
    /// What was tried afterwards.
    pub inspection: Option<Inspection>,
    /// What follows.
    pub claims: Vec<Claim>,
    /// What may be left.
    pub residual: Vec<Residual>,
    /// What was never part of it.
    pub not_covered: Vec<String>,
    /// Root of the inventory.
    pub root: String,
    /// The lines of the inventory.
    pub lines: Vec<String>,
}

/// The request, as the applicant signed it.
#[derive(Clone, Debug)]
pub struct RequestFacts {
    /// Its number.
    pub number: String,
    /// Its digest.
    pub digest: String,
    /// Why, as a code.
    pub trigger: String,
    /// Why, in words.
    pub reason: String,
    /// On what legal basis.
    pub basis: String,
    /// Whose data.
    pub owner: String,
    /// Of which department.
    pub department: String,
    /// Level of the data, 0 to 5.
    pub level: u8,
    /// Anything else.
    pub remark: String,
    /// Items in the inventory.
    pub items: u64,
    /// Bytes in all.
    pub bytes: u64,
    /// Items of each kind.
    pub kinds: Vec<(String, u64)>,
    /// Copies that were known.
    pub copies: Vec<CopyFacts>,
}

/// A copy that was known when the request was made.
#[derive(Clone, Debug)]
pub struct CopyFacts {
    /// What kind of copy.
    pub what: String,
    /// Where.
    pub place: String,
    /// Whether it was reachable.
    pub reachable: bool,
}

/// A statement by an officer about the request.
#[derive(Clone, Debug)]
pub struct Act {
    /// The kind of the statement.
    pub kind: String,
    /// Of an approval: which step, counted from 1.
    pub step: Option<u32>,
    /// The officer's id.
    pub officer: String,
    /// The officer's name.
    pub name: String,
    /// The person.
    pub person: String,
    /// The officer's roles.
    pub roles: Vec<String>,
    /// What the officer had to say.
    pub opinion: String,
    /// When the ledger took it, in Unix seconds.
    pub time: u64,
    /// Digest of the statement.
    pub digest: String,
    /// Whether the request rests on it: not on what was said on the way, or counts no longer because of its signer.
    pub counts: bool,
}

impl RequestFacts {
    /// What stands in a request with this digest.
    pub(super) fn of(request: &Request, digest: &str) -> Self {
        let inventory = &request.inventory;
        let kinds = inventory.kinds.iter().map(|(kind, count)| (kind.name().to_owned(), *count));
        Self {
            number: request.number.to_string(),
            digest: digest.to_owned(),
            trigger: request.trigger.name().to_owned(),
            reason: request.reason.to_string(),
            basis: request.basis.to_string(),
            owner: request.owner.to_string(),
            department: request.department.to_string(),
            level: request.level,
            remark: request.remark.to_string(),
            items: inventory.items,
            bytes: inventory.bytes,
            kinds: kinds.collect(),
            copies: request.copies.iter().map(CopyFacts::of).collect(),
        }
    }
}

impl CopyFacts {
    fn of(copy: &RegisteredCopy) -> Self {
        let what = match copy.what {
            CopyOf::VaultCopy => "vault-copy",
            CopyOf::KeystoreCopy => "keystore-copy",
        };
        Self { what: what.to_owned(), place: copy.place.to_string(), reachable: copy.reachable }
    }
}

impl Dossier {
    /// What the QR code says.
    #[must_use]
    pub fn link(&self) -> String {
        format!("sealkeep-certificate:{}", self.digest)
    }

    /// The last statement of a kind that counts.
    pub(super) fn last<'a>(&'a self, kind: &'a str) -> Option<&'a Act> {
        self.all(kind).last()
    }

    /// The approvals that count, in the order of their steps.
    pub(super) fn approvals(&self) -> Vec<&Act> {
        self.all("approve").collect()
    }

    /// The statements of a kind that count.
    pub(super) fn all<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Act> {
        self.acts.iter().filter(move |act| act.counts && act.kind == kind)
    }
}

/// A field of a line of an inventory; `-` where there is none.
pub(super) fn field<'a>(line: &'a str, name: &str) -> &'a str {
    let mut fields = line.split(' ').filter_map(|field| field.split_once('='));
    fields.find(|(found, _)| *found == name).map_or("-", |(_, value)| value)
}
