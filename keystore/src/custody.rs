//! Who can open the root cell: passphrases, key files, recovery shares.
//!
//! Every custody ends in a key pair whose public part stands in the root page. So any unlocked session can seal
//! a new cell for all custodies, absent ones too, and whoever once saw a root page still cannot open later cells.

use sealkeep_crypto::codec::{Malformed, Reader, Writer};
use sealkeep_crypto::{
    Argon2Params, Kdf, Secret, SecretVec, Suite, WrapPublic, WrapSecret, hash, random,
};

use crate::error::{Error, Result};
use crate::shares::{self, Share};
use crate::text;

/// Custodies that a root cell has room for.
pub const MAX_CUSTODIES: usize = 7;

/// A way to open the store that is about to be set up.
pub enum NewCustody<'a> {
    /// A passphrase, stretched with Argon2id (RFC 9106).
    Passphrase {
        /// The passphrase's bytes.
        secret: &'a [u8],
        /// At least [`Argon2Params::FLOOR`].
        params: Argon2Params,
    },
    /// A key file.
    KeyFile(&'a KeyFile),
}

/// What a session opens the store with.
pub enum Unlock<'a> {
    /// A passphrase's bytes.
    Passphrase(&'a [u8]),
    /// A key file.
    KeyFile(&'a KeyFile),
    /// At least as many recovery shares of one set as its threshold says.
    Shares(&'a [Share]),
}

/// A custody as the root page knows it. Holds nothing secret, but is sealed with the page all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custody {
    /// Hash of the public key, shortened.
    pub id: [u8; 16],
    /// What kind it is, with what is needed to open it.
    pub kind: CustodyKind,
    /// When it was set up, Unix seconds.
    pub created: u64,
    pub(crate) public: Vec<u8>,
}

/// The kinds of custody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CustodyKind {
    /// A passphrase stretched with these parameters.
    Passphrase {
        /// Argon2id parameters.
        params: Argon2Params,
        /// Argon2id salt.
        salt: [u8; 16],
    },
    /// A key file.
    KeyFile,
    /// Recovery shares.
    Shares {
        /// Shares needed.
        threshold: u8,
        /// A commitment to every share of the set, in order: tells which share was forged.
        commitments: Vec<[u8; 16]>,
    },
}

impl CustodyKind {
    /// The name used in `--json`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Passphrase { .. } => "passphrase",
            Self::KeyFile => "key-file",
            Self::Shares { .. } => "shares",
        }
    }

    /// Kind byte and parameters, as they stand in the root page and in the cell.
    pub(crate) fn encode(&self, out: &mut impl Writer) {
        match self {
            Self::Passphrase { params, salt } => {
                out.put_u8(1);
                out.put_u32(params.memory_kib);
                out.put_u32(params.passes);
                out.put_u32(params.lanes);
                out.put(salt);
            }
            Self::KeyFile => out.put_u8(2),
            Self::Shares { threshold, commitments } => {
                out.put_u8(3);
                out.put_u8(*threshold);
                out.put_u8(u8::try_from(commitments.len()).expect("at most 16"));
                commitments.iter().for_each(|commitment| out.put(commitment));
            }
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> std::result::Result<Self, Malformed> {
        Ok(match reader.u8()? {
            1 => Self::Passphrase {
                params: Argon2Params {
                    memory_kib: reader.u32()?,
                    passes: reader.u32()?,
                    lanes: reader.u32()?,
                },
                salt: reader.array()?,
            },
            2 => Self::KeyFile,
            3 => {
                let (threshold, total) = (reader.u8()?, reader.u8()?);
                if total > shares::MAX_SHARES || threshold > total || threshold < 2 {
                    return Err(reader.malformed());
                }
                let commitments =
                    (0..total).map(|_| reader.array()).collect::<std::result::Result<_, _>>()?;
                Self::Shares { threshold, commitments }
            }
            _ => return Err(reader.malformed()),
        })
    }
}

impl Custody {
    pub(crate) fn encode(&self, out: &mut impl Writer) {
        out.put(&self.id);
        out.put_u64(self.created);
        out.put_bytes(&self.public);
        self.kind.encode(out);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> std::result::Result<Self, Malformed> {
        let (id, created) = (reader.array()?, reader.u64()?);
        let public = reader.bytes()?.to_vec();
        Ok(Self { id, created, public, kind: CustodyKind::decode(reader)? })
    }
}

/// An unlocked custody: what a session keeps so that it can follow another process's new epoch.
pub(crate) struct Custodian {
    pub(crate) id: [u8; 16],
    pub(crate) secret: WrapSecret,
}

impl Custodian {
    fn new(suite: Suite, seed: &Secret<32>) -> Self {
        let secret = WrapSecret::from_seed(suite, seed);
        Self { id: custody_id(suite, &secret.public()), secret }
    }
}

/// Sets up a passphrase or key-file custody.
pub(crate) fn set_up(suite: Suite, new: &NewCustody<'_>, now: u64) -> Result<(Custody, Custodian)> {
    let (kind, seed) = match new {
        NewCustody::Passphrase { secret, params } => {
            let floor = Argon2Params::FLOOR;
            if params.memory_kib < floor.memory_kib || params.passes < floor.passes {
                return Err(Error::Argon2Params);
            }
            let salt = random::array();
            (
                CustodyKind::Passphrase { params: *params, salt },
                passphrase_seed(suite, secret, params, &salt)?,
            )
        }
        NewCustody::KeyFile(file) => (CustodyKind::KeyFile, file.seed(suite)),
    };
    let custodian = Custodian::new(suite, &seed);
    Ok((custody(kind, &custodian, now), custodian))
}

/// Sets up a set of recovery shares over a fresh static secret.
pub(crate) fn set_up_shares(
    suite: Suite,
    threshold: u8,
    total: u8,
    now: u64,
) -> Result<(Custody, Vec<Share>)> {
    let seed = Secret::random();
    let custodian = Custodian::new(suite, &seed);
    let shares = shares::split(suite, &seed, custodian.id, threshold, total)?;
    let commitments = shares.iter().map(Share::commitment).collect();
    Ok((custody(CustodyKind::Shares { threshold, commitments }, &custodian, now), shares))
}

/// Ids and kinds, as they stand in a cell.
pub(crate) fn kinds(custodies: &[Custody]) -> Vec<([u8; 16], CustodyKind)> {
    custodies.iter().map(|custody| (custody.id, custody.kind.clone())).collect()
}

/// Finds the custody that `unlock` belongs to. Says only that none fits, after the time a fitting one takes.
pub(crate) fn identify(
    suite: Suite,
    custodies: &[([u8; 16], CustodyKind)],
    unlock: &Unlock<'_>,
) -> Result<Custodian> {
    let found = |custodian: Custodian| {
        custodies.iter().any(|(id, _)| *id == custodian.id).then_some(custodian)
    };
    match unlock {
        Unlock::Passphrase(secret) => {
            let mut tried = false;
            for (id, kind) in custodies {
                if let CustodyKind::Passphrase { params, salt } = kind {
                    tried = true;
                    let custodian =
                        Custodian::new(suite, &passphrase_seed(suite, secret, params, salt)?);
                    if custodian.id == *id {
                        return Ok(custodian);
                    }
                }
            }
            if !tried {
                passphrase_seed(suite, secret, &Argon2Params::FLOOR, &[0; 16])?;
            }
            Err(Error::WrongCustody)
        }
        Unlock::KeyFile(file) => {
            found(Custodian::new(suite, &file.seed(suite))).ok_or(Error::WrongCustody)
        }
        Unlock::Shares(given) => {
            let seed = combine(suite, custodies, given)?;
            found(Custodian::new(suite, &seed)).ok_or(Error::WrongCustody)
        }
    }
}

/// Checks every share against the store's commitments and puts the secret together.
pub(crate) fn combine(
    suite: Suite,
    custodies: &[([u8; 16], CustodyKind)],
    given: &[Share],
) -> Result<Secret<32>> {
    let set = shares::one_set(given)?;
    let commitments = custodies.iter().find_map(|(id, kind)| match kind {
        CustodyKind::Shares { commitments, .. } if *id == set => Some(commitments),
        _ => None,
    });
    let commitments = commitments.ok_or(shares::ShareError::OtherSet)?;
    shares::authenticate(given, suite, commitments)?;
    Ok(shares::combine(given)?)
}

/// A file with 256 random bits that opens the store, kept by a person or a machine.
pub struct KeyFile(Secret<32>);

impl KeyFile {
    /// A new random key file.
    pub fn generate() -> Self {
        Self(Secret::random())
    }

    /// Reads the text of a key file.
    ///
    /// # Errors
    /// [`Error::NotAKeyFile`] when it is anything else, or mistyped.
    pub fn parse(text: &[u8]) -> Result<Self> {
        let text = std::str::from_utf8(text).map_err(|_| Error::NotAKeyFile)?;
        let code = text.trim().strip_prefix(KEY_FILE_MARK).ok_or(Error::NotAKeyFile)?;
        let bytes = text::decode(code).ok_or(Error::NotAKeyFile)?;
        Secret::from_slice(bytes.expose()).map(Self).ok_or(Error::NotAKeyFile)
    }

    /// The text to write to the file: one line, newline included.
    pub fn to_text(&self) -> SecretVec {
        text::encode(KEY_FILE_MARK, self.0.expose(), "\n")
    }

    fn seed(&self, suite: Suite) -> Secret<32> {
        seed(suite, &self.0, b"sealkeep/v1/custody/key-file")
    }
}

const KEY_FILE_MARK: &str = "SEALKEEP-KEY-FILE-1 ";

fn passphrase_seed(
    suite: Suite,
    passphrase: &[u8],
    params: &Argon2Params,
    salt: &[u8; 16],
) -> Result<Secret<32>> {
    let stretched = params.derive(passphrase, salt).map_err(|_| Error::Argon2Params)?;
    Ok(seed(suite, &stretched, b"sealkeep/v1/custody/passphrase"))
}

fn seed(suite: Suite, input: &Secret<32>, label: &[u8]) -> Secret<32> {
    Secret::init_with(|seed| Kdf::extract(suite, b"", input.expose()).expand(&[label], seed))
}

fn custody(kind: CustodyKind, custodian: &Custodian, created: u64) -> Custody {
    Custody { id: custodian.id, kind, created, public: custodian.secret.public().to_bytes() }
}

fn custody_id(suite: Suite, public: &WrapPublic) -> [u8; 16] {
    let digest = hash(suite, &[b"sealkeep/v1/custody", &public.to_bytes()]);
    digest[..16].try_into().expect("a hash is longer")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_files_are_text_and_typing_errors_are_noticed() {
        let file = KeyFile::generate();
        let text = String::from_utf8(file.to_text().expose().to_vec()).expect("text");
        assert!(text.starts_with("SEALKEEP-KEY-FILE-1 ") && text.ends_with('\n'));
        let back = KeyFile::parse(text.as_bytes()).expect("parses");
        assert_eq!(back.0.expose(), file.0.expose());
        let typo = text.replacen('A', "B", 1).replacen('C', "D", 1).replacen('7', "6", 1);
        assert!(typo == text || KeyFile::parse(typo.as_bytes()).is_err());
        for bad in ["", "SEALKEEP-KEY-FILE-1 ", "SEALKEEP-KEY-FILE-2 AAAA", "\u{0}"] {
            assert!(KeyFile::parse(bad.as_bytes()).is_err());
        }
    }
}
