//! Pages: where they stand, how a parent names a child, and how they are sealed.

use sealkeep_crypto::codec::{Malformed, Reader, Writer};
use sealkeep_crypto::{Kdf, Secret, SecretVec, Suite, TAG_LEN, hash, random};

/// Children of an interior page, and entries of a leaf page.
pub(crate) const FAN_OUT: u32 = 256;
/// Bytes that sealing adds to a page: a salt in front, a tag behind.
pub(crate) const OVERHEAD: usize = SALT_LEN + TAG_LEN;
const SALT_LEN: usize = 32;
const LABEL: &[u8] = b"sealkeep/v1/page";

/// Which tree a page belongs to. Scopes' trees are numbered from [`FIRST_SCOPE`].
pub(crate) type Tree = u32;
/// The root page, alone in its tree.
pub(crate) const ROOT: Tree = 0;
/// Scope records by scope number.
pub(crate) const DIRECTORY: Tree = 1;
/// Scope numbers by keyed hash of the scope's name.
pub(crate) const NAMES: Tree = 2;
/// The ledger's entries by number.
pub(crate) const ENTRIES: Tree = 3;
/// Hashes over 256 entries, over 256 of those, and over 256 of those.
pub(crate) const HASHES: [Tree; 3] = [4, 5, 6];
/// Numbers of the entries that the register of officers and requests is made from.
pub(crate) const REGISTERED: Tree = 7;
/// Long bodies of entries, a page each, with the entry's number for an index: the entry's record names it.
pub(crate) const BODIES: Tree = 8;
/// The radix trees of the ledger.
pub(crate) const LEDGER_TREES: [Tree; 5] = [ENTRIES, HASHES[0], HASHES[1], HASHES[2], REGISTERED];
/// Scope numbers below this are reserved.
pub(crate) const FIRST_SCOPE: u32 = 16;

/// Where a page stands: tree, height above the leaves (depth below the top in [`NAMES`]), index at that height.
/// As an integer: `tree << 32 | level << 28 | index`, which is its row id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Address {
    pub(crate) tree: Tree,
    pub(crate) level: u8,
    pub(crate) index: u32,
}

impl Address {
    pub(crate) const ROOT: Self = Self { tree: ROOT, level: 0, index: 0 };

    pub(crate) fn new(tree: Tree, level: u8, index: u32) -> Self {
        debug_assert!(level < 16 && index < 1 << 28);
        Self { tree, level, index }
    }

    pub(crate) fn to_u64(self) -> u64 {
        u64::from(self.tree) << 32 | u64::from(self.level) << 28 | u64::from(self.index)
    }

    pub(crate) fn from_u64(word: u64) -> Self {
        let [a, b, c, d, e, f, g, h] = word.to_be_bytes();
        let [tree, low] = [u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h])];
        Self { tree, level: e >> 4, index: low & 0x0fff_ffff }
    }

    /// The slot of the parent page in which this page stands (radix trees).
    pub(crate) fn child_slot(self) -> u8 {
        low(self.index)
    }

    /// The page above (radix trees).
    pub(crate) fn parent(self) -> Self {
        Self { tree: self.tree, level: self.level + 1, index: self.index / FAN_OUT }
    }
}

/// The place of number `index` in its page of 256.
pub(crate) fn low(index: u32) -> u8 {
    index.to_be_bytes()[3]
}

/// How a parent names a child: its key, the commit that wrote it, the hash of its sealed bytes.
pub(crate) struct ChildRef {
    pub(crate) key: Secret<32>,
    pub(crate) version: u64,
    pub(crate) hash: [u8; 32],
}

impl ChildRef {
    /// Bytes of an encoded reference.
    pub(crate) const LEN: usize = 32 + 8 + 32;

    pub(crate) fn duplicate(&self) -> Self {
        Self { key: self.key.duplicate(), version: self.version, hash: self.hash }
    }

    /// Stands for a page that is changed and not sealed yet.
    pub(crate) fn placeholder() -> Self {
        Self { key: Secret::zeroed(), version: u64::MAX, hash: [0; 32] }
    }

    pub(crate) fn encode(&self, out: &mut impl Writer) {
        out.put(self.key.expose());
        out.put_u64(self.version);
        out.put(&self.hash);
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let key = reader.take(32)?;
        let key = Secret::from_slice(key).ok_or_else(|| reader.malformed())?;
        let (version, hash) = (reader.u64()?, reader.array()?);
        if version == 0 && (key.expose() != &[0; 32] || hash != [0; 32]) {
            return Err(reader.malformed());
        }
        Ok(Self { key, version, hash })
    }
}

/// What the pages of one store share when they are sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Binding {
    pub(crate) suite: Suite,
    pub(crate) store: [u8; 16],
}

impl Binding {
    /// Seals a page with a fresh salt: `salt ‖ ciphertext ‖ tag`. The plaintext buffer is left as it was.
    pub(crate) fn seal(
        &self,
        key: &Secret<32>,
        address: Address,
        version: u64,
        plain: &[u8],
    ) -> Vec<u8> {
        let mut sealed = vec![0; plain.len() + OVERHEAD];
        let (salt, rest) = sealed.split_at_mut(SALT_LEN);
        random::fill(salt);
        let (body, tag) = rest.split_at_mut(plain.len());
        // The buffer holds plaintext for a moment; it leaves this function as ciphertext.
        body.copy_from_slice(plain);
        let (aead, nonce) = self.page_cipher(key, salt);
        tag.copy_from_slice(&aead.seal(&nonce, &self.aad(address, version), body));
        sealed
    }

    /// Opens a page; `None` when it is not what was sealed under this key, for this place and version.
    pub(crate) fn open(
        &self,
        key: &Secret<32>,
        address: Address,
        version: u64,
        sealed: &[u8],
    ) -> Option<SecretVec> {
        let mut plain = SecretVec::zeroed(sealed.len().checked_sub(OVERHEAD)?);
        self.open_into(key, address, version, sealed, plain.expose_mut()).then_some(plain)
    }

    /// [`Binding::open`] into memory that is there, [`OVERHEAD`] shorter than `sealed`; zeros when it fails.
    pub(crate) fn open_into(
        &self,
        key: &Secret<32>,
        address: Address,
        version: u64,
        sealed: &[u8],
        plain: &mut [u8],
    ) -> bool {
        if sealed.len() != plain.len() + OVERHEAD {
            plain.fill(0);
            return false;
        }
        let (salt, rest) = sealed.split_at(SALT_LEN);
        let (body, tag) = rest.split_at(plain.len());
        let (aead, nonce) = self.page_cipher(key, salt);
        plain.copy_from_slice(body);
        let tag = tag.try_into().expect("split at the tag");
        aead.open(&nonce, &self.aad(address, version), plain, tag).is_ok()
    }

    pub(crate) fn hash(&self, sealed: &[u8]) -> [u8; 32] {
        hash(self.suite, &[sealed])
    }

    fn page_cipher(
        &self,
        key: &Secret<32>,
        salt: &[u8],
    ) -> (Box<dyn sealkeep_crypto::Aead>, [u8; 12]) {
        let mut okm = Secret::<44>::zeroed();
        let okm = &mut okm.expose_mut()[..self.suite.key_len() + 12];
        Kdf::extract(self.suite, salt, key.expose()).expand(&[LABEL], okm);
        let (key, nonce) = okm.split_at(self.suite.key_len());
        (self.suite.aead(key), nonce.try_into().expect("12 bytes are left"))
    }

    fn aad(&self, address: Address, version: u64) -> [u8; 32] {
        let mut aad = [0; 32];
        aad[..16].copy_from_slice(&self.store);
        aad[16..24].copy_from_slice(&address.to_u64().to_be_bytes());
        aad[24..].copy_from_slice(&version.to_be_bytes());
        aad
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_opens_only_where_it_belongs() {
        for suite in Suite::ALL {
            let binding = Binding { suite, store: [1; 16] };
            let key = Secret::random();
            let here = Address::new(20, 1, 5);
            let sealed = binding.seal(&key, here, 9, b"page");
            let open = |key: &_, at, version, bytes: &[u8]| {
                binding.open(key, at, version, bytes).map(|page| page.expose().to_vec())
            };
            assert_eq!(open(&key, here, 9, &sealed).as_deref(), Some(&b"page"[..]));
            assert_eq!(open(&Secret::random(), here, 9, &sealed), None);
            assert_eq!(open(&key, Address::new(20, 1, 6), 9, &sealed), None);
            assert_eq!(open(&key, here, 8, &sealed), None);
            assert_eq!(open(&key, here, 9, &sealed[1..]), None);
            assert_eq!(open(&key, here, 9, b""), None);
            assert_ne!(binding.seal(&key, here, 9, b"page"), sealed, "a fresh salt every time");
            assert_eq!(Address::from_u64(here.to_u64()), here);
        }
    }
}
