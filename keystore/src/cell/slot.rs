//! One slot of the root cell: the root page key, AF-split and sealed under a random cell key, which is
//! wrapped once for every custody.

use sealkeep_crypto::codec::{Reader, Writer};
use sealkeep_crypto::{Kdf, Secret, Suite, TAG_LEN, WrapPublic, af, hash, random, wrapped_len};

use crate::custody::{Custodian, Custody, CustodyKind, MAX_CUSTODIES};
use crate::error::{Error, Result};

/// Bytes of a slot: a clear page and the sealed stripes, a multiple of 4,096.
pub(crate) const SLOT_LEN: usize = CLEAR_LEN + 32 * 4096;
const CLEAR_LEN: usize = 4096;
/// Stripes of the anti-forensic splitter (LUKS uses 4,000 too): losing any one loses the key.
const STRIPES: usize = 4000;
const SEALED_LEN: usize = STRIPES * 32 + TAG_LEN;
const ENTRIES_AT: usize = 96;
const ENTRY_LEN: usize = 512;
const DIGEST_AT: usize = CLEAR_LEN - 32;
const MAGIC: &[u8; 8] = b"SKCELL1\n";
const SEAL_LABEL: &[u8] = b"sealkeep/v1/cell";
const WRAP_LABEL: &[u8] = b"sealkeep/v1/cell/wrap";

/// What a slot is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SlotIdentity {
    pub(crate) suite: Suite,
    pub(crate) store: [u8; 16],
    /// Random, one for each cell file: a copy's cell is not the main one.
    pub(crate) cell: [u8; 16],
    pub(crate) incarnation: u16,
    pub(crate) epoch: u64,
    /// Counts the times a cell was sealed.
    pub(crate) generation: u64,
}

/// A whole slot, still locked.
pub(crate) struct Slot {
    pub(crate) identity: SlotIdentity,
    pub(crate) custodies: Vec<([u8; 16], CustodyKind)>,
    wrapped: Vec<Vec<u8>>,
    salt: [u8; 32],
    clear: Vec<u8>,
    sealed: Vec<u8>,
}

impl Slot {
    /// The bytes of a new slot.
    pub(crate) fn make(
        identity: &SlotIdentity,
        custodies: &[Custody],
        root_key: &Secret<32>,
    ) -> Result<Vec<u8>> {
        if custodies.is_empty() {
            return Err(Error::NoCustody);
        }
        if custodies.len() > MAX_CUSTODIES {
            return Err(Error::TooManyCustodies(MAX_CUSTODIES));
        }
        let cell_key = Secret::random();
        let salt: [u8; 32] = random::array();
        let mut bytes = Vec::with_capacity(SLOT_LEN);
        bytes.put(MAGIC);
        bytes.put_u8(1);
        bytes.put_u8(identity.suite.id());
        bytes.put_u16(identity.incarnation);
        bytes.put_u8(u8::try_from(custodies.len()).expect("at most seven"));
        bytes.put(&[0; 3]);
        bytes.put(&identity.store);
        bytes.put(&identity.cell);
        bytes.put_u64(identity.epoch);
        bytes.put_u64(identity.generation);
        bytes.put(&salt);
        debug_assert_eq!(bytes.len(), ENTRIES_AT);
        for custody in custodies {
            let end = bytes.len() + ENTRY_LEN;
            let public = WrapPublic::from_bytes(identity.suite, &custody.public)
                .ok_or_else(|| Error::Damaged("a custody's public key".into()))?;
            bytes.put(&custody.id);
            custody.kind.encode(&mut bytes);
            bytes.put_bytes(&public.wrap(&cell_key, &wrap_context(identity, &custody.id)));
            bytes.resize(end, 0);
        }
        bytes.resize(DIGEST_AT, 0);

        let mut stripes = af::split(identity.suite, root_key.expose(), STRIPES);
        let (aead, nonce) = cipher(identity.suite, &cell_key, &salt);
        let tag = aead.seal(&nonce, &bytes, stripes.expose_mut());
        let digest = hash(identity.suite, &[&bytes, stripes.expose(), &tag]);
        bytes.put(&digest);
        bytes.put(stripes.expose());
        bytes.put(&tag);
        bytes.resize(SLOT_LEN, 0);
        Ok(bytes)
    }

    /// Reads a slot; `None` when it is not whole.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let (clear, rest) = bytes.split_at_checked(DIGEST_AT)?;
        let (digest, rest) = rest.split_at_checked(32)?;
        let (sealed, padding) = rest.split_at_checked(SEALED_LEN)?;
        let mut reader = Reader::new(clear, "cell slot");
        if reader.take(8).ok()? != MAGIC || reader.u8().ok()? != 1 {
            return None;
        }
        let suite = Suite::from_id(reader.u8().ok()?)?;
        if hash(suite, &[clear, sealed]) != *digest || padding.iter().any(|byte| *byte != 0) {
            return None;
        }
        let incarnation = reader.u16().ok()?;
        let count = reader.u8().ok()?;
        reader.take(3).ok()?;
        let identity = SlotIdentity {
            suite,
            store: reader.array().ok()?,
            cell: reader.array().ok()?,
            incarnation,
            epoch: reader.u64().ok()?,
            generation: reader.u64().ok()?,
        };
        let salt = reader.array().ok()?;
        let (mut custodies, mut wrapped) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let mut entry = Reader::new(reader.take(ENTRY_LEN).ok()?, "custody entry");
            custodies.push((entry.array().ok()?, CustodyKind::decode(&mut entry).ok()?));
            wrapped.push(entry.bytes().ok()?.to_vec());
        }
        Some(Self {
            identity,
            custodies,
            wrapped,
            salt,
            clear: clear.to_vec(),
            sealed: sealed.to_vec(),
        })
    }

    /// The root page key, opened with a custody; `None` when it is not one of this slot's.
    pub(crate) fn open(&self, custodian: &Custodian) -> Option<Secret<32>> {
        let entry = self.custodies.iter().position(|(id, _)| *id == custodian.id)?;
        let context = wrap_context(&self.identity, &custodian.id);
        let cell_key = custodian.secret.unwrap(&self.wrapped[entry], &context).ok()?;
        let (aead, nonce) = cipher(self.identity.suite, &cell_key, &self.salt);
        let (body, tag) = self.sealed.split_at(STRIPES * 32);
        let mut stripes = sealkeep_crypto::SecretVec::zeroed(body.len());
        stripes.expose_mut().copy_from_slice(body);
        let tag = tag.try_into().expect("a tag is left");
        aead.open(&nonce, &self.clear, stripes.expose_mut(), tag).ok()?;
        af::merge(self.identity.suite, stripes.expose())
    }
}

/// Parses a slot with this clear part, made to fit, under a hash that is right: for `fuzz/`.
#[cfg(feature = "fuzzing")]
pub(crate) fn parse_clear(clear: &[u8]) -> Option<Slot> {
    let mut bytes = vec![0; SLOT_LEN];
    let len = clear.len().min(DIGEST_AT);
    bytes[..len].copy_from_slice(&clear[..len]);
    let suite = Suite::from_id(bytes[9])?;
    let digest = hash(suite, &[&bytes[..DIGEST_AT], &bytes[CLEAR_LEN..][..SEALED_LEN]]);
    bytes[DIGEST_AT..CLEAR_LEN].copy_from_slice(&digest);
    Slot::parse(&bytes)
}

fn cipher(
    suite: Suite,
    key: &Secret<32>,
    salt: &[u8],
) -> (Box<dyn sealkeep_crypto::Aead>, [u8; 12]) {
    let mut okm = Secret::<44>::zeroed();
    let okm = &mut okm.expose_mut()[..suite.key_len() + 12];
    Kdf::extract(suite, salt, key.expose()).expand(&[SEAL_LABEL], okm);
    let (key, nonce) = okm.split_at(suite.key_len());
    (suite.aead(key), nonce.try_into().expect("12 bytes are left"))
}

fn wrap_context(identity: &SlotIdentity, custody: &[u8; 16]) -> Vec<u8> {
    let mut context = WRAP_LABEL.to_vec();
    context.put(&identity.store);
    context.put(&identity.cell);
    context.put(custody);
    context.put_u64(identity.epoch);
    context.put_u64(identity.generation);
    context
}

// Seven custodies, each with sixteen share commitments and the longest wrapped key, fit into the clear page.
const _: () = assert!(ENTRIES_AT + MAX_CUSTODIES * ENTRY_LEN <= DIGEST_AT);
const _: () = assert!(16 + 3 + 16 * 16 + 2 + wrapped_len(Suite::Sm4Gcm) <= ENTRY_LEN);
const _: () = assert!(SEALED_LEN <= SLOT_LEN - CLEAR_LEN);
