//! The root page: what the whole store hangs from. Its key stands in the root cell.

mod ledger;

use std::path::PathBuf;
use std::time::Duration;

use sealkeep_crypto::codec::{Malformed, Reader, Writer};
use sealkeep_crypto::{Secret, SecretVec, Suite, random};

use crate::copy::{CopyRecord, OnFailure};
use crate::custody::Custody;
use crate::page::ChildRef;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

pub(crate) use ledger::{AccessRules, LedgerHead};

/// A radix tree as its owner names it: height and top page.
pub(crate) struct Top {
    pub(crate) height: u8,
    pub(crate) page: Option<ChildRef>,
}

/// One restore of this store from a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restore {
    /// The incarnation that began with it.
    pub incarnation: u16,
    /// The copy it came from.
    pub copy: [u8; 16],
    /// Sequence number that the copy was at.
    pub copy_sequence: u64,
    /// Newest sequence number known then; larger than `copy_sequence` when something was lost.
    pub known_sequence: u64,
    /// Unix seconds.
    pub when: u64,
}

/// The decoded root page.
pub(crate) struct RootPage {
    pub(crate) store: [u8; 16],
    pub(crate) suite: Suite,
    pub(crate) incarnation: u16,
    pub(crate) epoch: u64,
    /// Unix seconds.
    pub(crate) created: u64,
    /// Key of the id cipher; never changes, so that old ids and tombstones stay readable.
    pub(crate) id_key: Secret<32>,
    /// Key of the hash under which scope names are found.
    pub(crate) name_key: Secret<32>,
    /// Seed of the store's own signing key.
    pub(crate) sign_seed: Secret<32>,
    /// Heads of officers and policy; zero until those exist.
    pub(crate) heads: [[u8; 32]; 2],
    /// None in a store made before there was a ledger, until its first change.
    pub(crate) ledger: Option<LedgerHead>,
    /// Scopes ever made.
    pub(crate) scopes: u32,
    pub(crate) directory: Top,
    pub(crate) names: Option<ChildRef>,
    pub(crate) custodies: Vec<Custody>,
    pub(crate) copies: Vec<CopyRecord>,
    pub(crate) restores: Vec<Restore>,
}

const FORMAT: u8 = 1;
/// Stands where the root of the ledger's tree would.
const NO_LEDGER: [u8; 32] = [0; 32];

impl RootPage {
    /// The root page of a new, empty store.
    pub(crate) fn new(suite: Suite, custodies: Vec<Custody>, now: u64) -> Self {
        Self {
            store: random::array(),
            suite,
            incarnation: 1,
            epoch: 1,
            created: now,
            id_key: Secret::random(),
            name_key: Secret::random(),
            sign_seed: Secret::random(),
            heads: [[0; 32]; 2],
            ledger: None,
            scopes: 0,
            directory: Top { height: 0, page: None },
            names: None,
            custodies,
            copies: Vec::new(),
            restores: Vec::new(),
        }
    }

    /// A second root page to work on, so that a transaction given up leaves the first as it was.
    pub(crate) fn duplicate(&self) -> Self {
        Self {
            id_key: self.id_key.duplicate(),
            name_key: self.name_key.duplicate(),
            sign_seed: self.sign_seed.duplicate(),
            directory: Top {
                height: self.directory.height,
                page: self.directory.page.as_ref().map(ChildRef::duplicate),
            },
            names: self.names.as_ref().map(ChildRef::duplicate),
            ledger: self.ledger.as_ref().map(LedgerHead::duplicate),
            custodies: self.custodies.clone(),
            copies: self.copies.clone(),
            restores: self.restores.clone(),
            ..*self
        }
    }

    pub(crate) fn encode(&self) -> SecretVec {
        let mut out = Vec::with_capacity(4096);
        out.put_u8(FORMAT);
        out.put(&self.store);
        out.put_u8(self.suite.id());
        out.put_u16(self.incarnation);
        out.put_u64(self.epoch);
        out.put_u64(self.created);
        for key in [&self.id_key, &self.name_key, &self.sign_seed] {
            out.put(key.expose());
        }
        self.heads.iter().for_each(|head| out.put(head));
        out.put(&self.ledger.as_ref().map_or([0; 32], LedgerHead::root));
        out.put_u32(self.scopes);
        out.put_u8(self.directory.height);
        for page in [&self.directory.page, &self.names] {
            match page {
                Some(page) => page.encode(&mut out),
                None => out.put(&[0; ChildRef::LEN]),
            }
        }
        out.put_u8(u8::try_from(self.custodies.len()).expect("at most seven"));
        self.custodies.iter().for_each(|custody| custody.encode(&mut out));
        out.put_u16(u16::try_from(self.copies.len()).expect("bounded when a copy is added"));
        self.copies.iter().for_each(|copy| encode_copy(copy, &mut out));
        out.put_u16(u16::try_from(self.restores.len()).expect("bounded by the incarnation"));
        for restore in &self.restores {
            out.put_u16(restore.incarnation);
            out.put(&restore.copy);
            out.put_u64(restore.copy_sequence);
            out.put_u64(restore.known_sequence);
            out.put_u64(restore.when);
        }
        if let Some(ledger) = &self.ledger {
            ledger.encode(&mut out);
        }
        SecretVec::from_vec(out)
    }

    pub(crate) fn decode(page: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(page, "root page");
        if reader.u8()? != FORMAT {
            return Err(reader.malformed());
        }
        let store = reader.array()?;
        let suite = Suite::from_id(reader.u8()?).ok_or(reader.malformed())?;
        let (incarnation, epoch, created) = (reader.u16()?, reader.u64()?, reader.u64()?);
        let mut secret = || -> Result<Secret<32>, Malformed> {
            Secret::from_slice(reader.take(32)?).ok_or(reader.malformed())
        };
        let [id_key, name_key, sign_seed] = [secret()?, secret()?, secret()?];
        let heads = [reader.array()?, reader.array()?];
        let ledger_root: [u8; 32] = reader.array()?;
        let scopes = reader.u32()?;
        let height = reader.u8()?;
        let [directory, names] = [ChildRef::decode(&mut reader)?, ChildRef::decode(&mut reader)?];
        let present = |page: ChildRef| (page.version != 0).then_some(page);
        let custodies =
            (0..reader.u8()?).map(|_| Custody::decode(&mut reader)).collect::<Result<_, _>>()?;
        let copies =
            (0..reader.u16()?).map(|_| decode_copy(&mut reader)).collect::<Result<_, _>>()?;
        let restores = (0..reader.u16()?)
            .map(|_| {
                Ok(Restore {
                    incarnation: reader.u16()?,
                    copy: reader.array()?,
                    copy_sequence: reader.u64()?,
                    known_sequence: reader.u64()?,
                    when: reader.u64()?,
                })
            })
            .collect::<Result<_, _>>()?;
        let ledger = match ledger_root {
            NO_LEDGER => None,
            root => {
                let ledger = LedgerHead::decode(suite, &mut reader)?;
                Some(ledger).filter(|ledger| ledger.root() == root)
            }
        };
        if ledger.is_none() && ledger_root != NO_LEDGER {
            return Err(reader.malformed());
        }
        reader.end()?;
        Ok(Self {
            store,
            suite,
            incarnation,
            epoch,
            created,
            id_key,
            name_key,
            sign_seed,
            heads,
            ledger,
            scopes,
            directory: Top { height, page: present(directory) },
            names: present(names),
            custodies,
            copies,
            restores,
        })
    }
}

fn encode_copy(copy: &CopyRecord, out: &mut Vec<u8>) {
    out.put(&copy.id);
    out.put_bytes(copy.location.dir.as_os_str().as_bytes());
    out.put_bytes(copy.location.cell.as_os_str().as_bytes());
    out.put_u8(copy.live.into());
    out.put_u8(match copy.on_failure {
        OnFailure::Refuse => 0,
        OnFailure::Warn => 1,
    });
    out.put_u32(u32::try_from(copy.timeout.as_millis()).unwrap_or(u32::MAX));
    out.put_u64(copy.added);
    out.put_u8(copy.given_up.into());
}

fn decode_copy(reader: &mut Reader<'_>) -> Result<CopyRecord, Malformed> {
    let id = reader.array()?;
    let mut path = || -> Result<PathBuf, Malformed> {
        Ok(std::ffi::OsString::from_vec(reader.bytes()?.to_vec()).into())
    };
    let location = crate::Location { dir: path()?, cell: path()? };
    let (live, warn) = (flag(reader)?, flag(reader)?);
    Ok(CopyRecord {
        id,
        location,
        live,
        on_failure: if warn { OnFailure::Warn } else { OnFailure::Refuse },
        timeout: Duration::from_millis(reader.u32()?.into()),
        added: reader.u64()?,
        given_up: flag(reader)?,
    })
}

fn flag(reader: &mut Reader<'_>) -> Result<bool, Malformed> {
    match reader.u8()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(reader.malformed()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_page_reads_back_and_bad_ones_are_refused() {
        let mut root = RootPage::new(Suite::Sm4Gcm, Vec::new(), 5);
        root.copies.push(CopyRecord {
            id: [3; 16],
            location: crate::Location::new("/mnt/usb/keys", None),
            live: true,
            on_failure: OnFailure::Warn,
            timeout: Duration::from_secs(10),
            added: 6,
            given_up: true,
        });
        root.restores.push(Restore {
            incarnation: 2,
            copy: [3; 16],
            copy_sequence: 7,
            known_sequence: 8,
            when: 9,
        });
        let bytes = root.encode();
        let back = RootPage::decode(bytes.expose()).expect("well formed");
        assert_eq!(back.encode().expose(), bytes.expose());
        for cut in 0..bytes.len() {
            assert!(RootPage::decode(&bytes.expose()[..cut]).is_err());
        }
    }
}
