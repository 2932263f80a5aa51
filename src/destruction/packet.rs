//! Packets: all that an officer needs to decide on another machine, without the key store (`docs/spec/certificate.md` §3).
//!
//! A packet is not signed. What is in it is held against the request, whose digest officers sign: so whoever made the packet
//! can leave something out, and show nothing that was not requested.

use data_encoding::{BASE64, HEXLOWER};
use sealkeep_crypto::Suite;
use sealkeep_keystore::approval::register::{Entered, Touched};
use sealkeep_keystore::approval::statement::Statement;
use sealkeep_keystore::approval::{Digest, Item, Register, Request, Said};
use sealkeep_keystore::base64;
use sealkeep_keystore::ledger::Entry;
use serde::{Deserialize, Serialize};

use super::annex::TagKey;
use super::error::{Error, Result};
use super::request_files::check_lines;

/// A packet that was read: everything fits together.
#[derive(Debug)]
pub struct Packet {
    /// The suite of the key store.
    pub suite: Suite,
    /// The request; that the applicant signed it, and may, follows from the entries.
    pub request: Statement,
    /// The policy that it names.
    pub policy_text: String,
    /// Entries of the ledger about officers and policy and about the request. They are what the maker of the packet says they are.
    pub entries: Vec<Entry>,
    /// The lines.
    pub items: Vec<Item>,
    /// Their names, if they were given along.
    pub names: Option<Vec<String>>,
}

/// What a packet is made from.
pub struct PacketParts<'p> {
    /// The suite of the key store.
    pub suite: Suite,
    /// The envelope of the request.
    pub request: &'p [u8],
    /// The policy that it names.
    pub policy_text: &'p str,
    /// Entries of the ledger about officers and policy and about the request.
    pub entries: &'p [Entry],
    /// The lines.
    pub items: &'p [Item],
    /// Their names, and what shows that they are the names of these lines.
    pub names: Option<(&'p [String], &'p TagKey)>,
}

impl PacketParts<'_> {
    /// The bytes of the packet, which can be read again.
    ///
    /// # Errors
    /// `Altered` if the parts do not fit together.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let lines: Vec<String> = self.items.iter().map(Item::line).collect();
        let request = Statement::parse(self.suite, self.request).map_err(|_| altered(REQUEST))?;
        let root = request_of(&request)?.inventory.root.to_string();
        let stored = Stored {
            schema: SCHEMA.to_owned(),
            suite: self.suite.to_string(),
            request: BASE64.encode(self.request),
            policy_text: self.policy_text.to_owned(),
            entries: self.entries.iter().map(StoredEntry::of).collect(),
            inventory: StoredInventory { root, lines },
            names: self.names.map(|(names, _)| names.to_vec()),
            tag_key: self.names.map(|(_, key)| HEXLOWER.encode(key.expose())),
        };
        let bytes = serde_json::to_vec(&stored).expect("it has string keys only");
        Packet::read(&bytes).map(|_| bytes)
    }
}

impl Packet {
    /// Reads a packet.
    ///
    /// # Errors
    /// `Altered`, naming the part that does not fit.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let stored: Stored = serde_json::from_slice(bytes).map_err(|_| altered(PACKET))?;
        let suite: Suite = stored.suite.parse().map_err(|_| altered(PACKET))?;
        if stored.schema != SCHEMA {
            return Err(altered(PACKET));
        }
        let request = base64::decode(&stored.request).ok_or_else(|| altered(REQUEST))?;
        let request = Statement::parse(suite, &request).map_err(|_| altered(REQUEST))?;
        let policy = Digest::of(suite, stored.policy_text.as_bytes());
        if request.policy != Some(policy) {
            return Err(altered("the policy"));
        }
        let summary = &request_of(&request)?.inventory;
        if stored.inventory.root != summary.root.to_string() {
            return Err(altered("the inventory"));
        }
        let lines = stored.inventory.lines.iter().map(String::as_str);
        let (items, _) = check_lines(suite, lines, summary)?;
        check_names(suite, &items, stored.names.as_deref(), stored.tag_key.as_deref())?;
        let entries = stored.entries.iter().map(StoredEntry::entry).collect::<Option<Vec<_>>>();
        Ok(Self {
            suite,
            policy_text: stored.policy_text,
            entries: entries.ok_or_else(|| altered(ENTRY))?,
            items,
            names: stored.names,
            request,
        })
    }

    /// How far the request had come when the packet was made. The key store checks what is signed over it against its own.
    ///
    /// # Errors
    /// `Altered` if the entries do not fit together, or the request is not in them.
    pub fn register(&self) -> Result<Register> {
        let mut touched = Touched::default();
        touched.insert(self.request.digest, &self.items);
        let mut register = Register::new(self.request.store, self.suite);
        for entry in &self.entries {
            let entered = Entered::read(self.suite, entry.index, &entry.body);
            let Some(entered) = entered.map_err(|_| altered(ENTRY))? else { continue };
            register.apply(&entered, &touched).map_err(|_| altered(ENTRY))?;
        }
        match register.request(&self.request.digest) {
            Some(_) => Ok(register),
            None => Err(altered(REQUEST)),
        }
    }

    /// What is requested.
    ///
    /// # Panics
    /// Never: a packet is only read if it holds a request.
    #[must_use]
    pub fn request(&self) -> &Request {
        request_of(&self.request).expect("it was read")
    }
}

fn request_of(statement: &Statement) -> Result<&Request> {
    match &statement.said {
        Said::Request(request) => Ok(request),
        _ => Err(altered(REQUEST)),
    }
}

fn check_names(
    suite: Suite,
    items: &[Item],
    names: Option<&[String]>,
    key: Option<&str>,
) -> Result<()> {
    match (names, key) {
        (None, None) => Ok(()),
        (Some(names), Some(key)) => {
            let key = HEXLOWER.decode(key.as_bytes()).ok().and_then(|key| key.try_into().ok());
            let key = TagKey::new(suite, key.ok_or_else(|| altered(NAMES))?);
            key.check(items, names).map_err(|_| altered(NAMES))
        }
        _ => Err(altered(NAMES)),
    }
}

fn altered(what: &'static str) -> Error {
    Error::Altered { what }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    schema: String,
    suite: String,
    request: String,
    policy_text: String,
    entries: Vec<StoredEntry>,
    inventory: StoredInventory,
    names: Option<Vec<String>>,
    tag_key: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredInventory {
    root: String,
    lines: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredEntry {
    index: u64,
    salt: String,
    body: String,
}

impl StoredEntry {
    fn of(entry: &Entry) -> Self {
        let (salt, body) = (BASE64.encode(&entry.salt), BASE64.encode(&entry.body));
        Self { index: entry.index, salt, body }
    }

    fn entry(&self) -> Option<Entry> {
        let salt = base64::decode(&self.salt)?.try_into().ok()?;
        let body = base64::decode(&self.body)?;
        Some(Entry { index: self.index, salt, body })
    }
}

const SCHEMA: &str = "sealkeep/packet/v1";
const PACKET: &str = "the packet";
const REQUEST: &str = "the request";
const ENTRY: &str = "an entry of the ledger";
const NAMES: &str = "the list of names";
