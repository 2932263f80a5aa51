//! The annex: the names of the items for officers, under a key that dies with them (`docs/spec/certificate.md` §3).

use std::collections::{BTreeMap, BTreeSet};

use sealkeep_crypto::{Kdf, NONCE_LEN, Secret, Suite, TAG_LEN, eq_ct, hmac, random};
use sealkeep_keystore::KeyId;
use sealkeep_keystore::approval::{Digest, Item, ItemKind};
use zeroize::Zeroizing;

use super::error::{Error, Result};
use super::freeze::review_key;
use super::request_files::{Part, RequestFiles};
use crate::keys::Keys;

/// The key of one annex. It is a key of the key store, in the scope [`REVIEW_SCOPE`], and the last item of its inventory.
pub struct ReviewKey {
    suite: Suite,
    secret: Secret<32>,
}

/// Tells names that belong to lines from others. It is given to whoever reviews names away from the key store; it opens nothing.
pub struct TagKey {
    suite: Suite,
    key: Zeroizing<[u8; 32]>,
}

/// The scope of review keys.
pub const REVIEW_SCOPE: &str = "sealkeep/review";

impl ReviewKey {
    /// From the key store's suite and key.
    #[must_use]
    pub fn new(suite: Suite, secret: Secret<32>) -> Self {
        Self { suite, secret }
    }

    /// What makes tags.
    #[must_use]
    pub fn tag_key(&self) -> TagKey {
        let mut key = Zeroizing::new([0; 32]);
        Kdf::extract(self.suite, b"", self.secret.expose()).expand(&[TAG_LABEL], &mut key[..]);
        TagKey { suite: self.suite, key }
    }

    /// Seals the names of the inventory with this root.
    #[must_use]
    pub fn seal(&self, root: &Digest, names: &[String]) -> Vec<u8> {
        let plain = Zeroizing::new(serde_json::to_vec(names).expect("a list of strings"));
        let salt: [u8; SALT] = random::array();
        let derived = self.derive(&salt);
        let (key, nonce) = derived.split_at(self.suite.key_len());
        let mut out = Vec::with_capacity(SALT + plain.len() + TAG_LEN);
        out.extend_from_slice(&salt);
        out.extend_from_slice(&plain);
        let nonce = nonce.first_chunk().expect("a nonce follows the key");
        let tag = self.suite.aead(key).seal(nonce, &root.0, &mut out[SALT..]);
        out.extend_from_slice(&tag);
        out
    }

    /// Opens what [`ReviewKey::seal`] made, and compares each name with its line.
    ///
    /// # Errors
    /// `Altered`.
    pub fn open(&self, root: &Digest, items: &[Item], annex: &[u8]) -> Result<Vec<String>> {
        let (salt, rest) = annex.split_first_chunk::<SALT>().ok_or_else(altered)?;
        let (body, tag) = rest.split_last_chunk::<TAG_LEN>().ok_or_else(altered)?;
        let derived = self.derive(salt);
        let (key, nonce) = derived.split_at(self.suite.key_len());
        let nonce = nonce.first_chunk().expect("a nonce follows the key");
        let mut plain = Zeroizing::new(body.to_vec());
        let opened = self.suite.aead(key).open(nonce, &root.0, &mut plain, tag);
        opened.map_err(|_| altered())?;
        let names: Vec<String> = serde_json::from_slice(&plain).map_err(|_| altered())?;
        self.tag_key().check(items, &names)?;
        Ok(names)
    }

    /// Key ‖ nonce.
    fn derive(&self, salt: &[u8; SALT]) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(vec![0; self.suite.key_len() + NONCE_LEN]);
        Kdf::extract(self.suite, salt, self.secret.expose()).expand(&[NAMES_LABEL], &mut out);
        out
    }
}

impl TagKey {
    /// From the bytes that [`TagKey::expose`] gave.
    #[must_use]
    pub fn new(suite: Suite, key: [u8; 32]) -> Self {
        Self { suite, key: Zeroizing::new(key) }
    }

    /// The key.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.key
    }

    /// The tag of a name.
    #[must_use]
    pub fn tag(&self, name: &str) -> [u8; 16] {
        let mac = hmac(self.suite, &self.key[..], &[name.as_bytes()]);
        *mac.first_chunk().expect("a hash has 32 bytes")
    }

    /// Whether these are the names of these items, in their order.
    ///
    /// # Errors
    /// `Altered`.
    pub fn check(&self, items: &[Item], names: &[String]) -> Result<()> {
        let fits =
            |item: &Item, name: &String| item.tag.is_some_and(|tag| eq_ct(&tag, &self.tag(name)));
        let all = items.len() == names.len();
        let good = all && items.iter().zip(names).all(|(item, name)| fits(item, name));
        if good { Ok(()) } else { Err(altered()) }
    }
}

/// Opens the names of a request with the key store: the key that shows them is asked for like any other.
///
/// # Errors
/// `Keys` if the review key does not open, as while it is pending destruction; `Missing`, `Altered`, `Io`.
pub fn read(
    keys: &dyn Keys,
    suite: Suite,
    files: &RequestFiles,
    request: &Digest,
    root: &Digest,
    items: &[Item],
) -> Result<(Vec<String>, TagKey)> {
    let id = review_key(items).ok_or_else(altered)?;
    let (_, secret) = keys.open(&id).map_err(Error::Keys)?;
    let key = ReviewKey::new(suite, secret);
    let names = key.open(root, items, &files.read(request, Part::Names)?)?;
    Ok((names, key.tag_key()))
}

/// The numbers of the items whose names have this text in them, whatever the case.
#[must_use]
pub fn search(names: &[String], text: &str) -> Vec<usize> {
    let wanted = text.to_lowercase();
    let has = |name: &String| name.to_lowercase().contains(&wanted);
    names.iter().enumerate().filter(|(_, name)| has(name)).map(|(at, _)| at).collect()
}

/// So many different numbers below `items`, chosen at random, ascending; all if there are not more.
#[must_use]
pub fn sample(items: usize, wanted: usize) -> Vec<usize> {
    if wanted >= items {
        return (0..items).collect();
    }
    // Each has the same chance (Floyd's algorithm).
    let mut chosen = BTreeSet::new();
    for last in items - wanted..items {
        let number = u64::from_be_bytes(random::array()) % (last as u64 + 1);
        let number = usize::try_from(number).expect("it is not above a usize");
        if !chosen.insert(number) {
            chosen.insert(last);
        }
    }
    chosen.into_iter().collect()
}

/// What an inventory has of one scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OfScope {
    /// Keys.
    pub items: u64,
    /// Bytes of ciphertext.
    pub bytes: u64,
    /// The highest level.
    pub level: u8,
    /// Whether the scope goes as a whole.
    pub whole: bool,
}

/// What an inventory has of each scope.
#[must_use]
pub fn by_scope(items: &[Item]) -> BTreeMap<KeyId, OfScope> {
    let mut scopes: BTreeMap<KeyId, OfScope> = BTreeMap::new();
    for item in items {
        let Some(scope) = item.scope else { continue };
        let of = scopes.entry(scope).or_default();
        of.level = of.level.max(item.level.unwrap_or(0));
        of.bytes += item.size.unwrap_or(0);
        if item.kind == ItemKind::Scope {
            of.whole = true;
        } else {
            of.items += 1;
        }
    }
    scopes
}

fn altered() -> Error {
    Error::Altered { what: "the annex of names" }
}

const SALT: usize = 32;
const NAMES_LABEL: &[u8] = b"sealkeep/v1/names";
const TAG_LABEL: &[u8] = b"sealkeep/v1/names/tag";

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        ["/data/病历/张三.pdf", "/data/Scan.dcm", "sealkeep/review"].map(String::from).to_vec()
    }

    fn items(key: &ReviewKey) -> Vec<Item> {
        let tags = key.tag_key();
        let line = |(at, name): (usize, &String)| {
            let tag = data_encoding::HEXLOWER.encode(&tags.tag(name));
            let line = format!(
                "item={at} kind=medium key=- scope=- state=- held=no level=- suite=- created=- \
                 size=- digest=- tag={tag} method=physical copies=- class=- due=- extra=-"
            );
            Item::parse(&line).expect("a line")
        };
        names().iter().enumerate().map(line).collect()
    }

    #[test]
    fn names_open_with_their_key_and_root_only() {
        for suite in Suite::ALL {
            let key = ReviewKey::new(suite, Secret::random());
            let (root, items) = (Digest([7; 32]), items(&key));
            let annex = key.seal(&root, &names());
            assert_eq!(key.open(&root, &items, &annex).unwrap(), names());
            assert!(key.open(&Digest([8; 32]), &items, &annex).is_err());
            assert!(ReviewKey::new(suite, Secret::random()).open(&root, &items, &annex).is_err());
            for bit in 0..annex.len() * 8 {
                let mut bad = annex.clone();
                bad[bit / 8] ^= 1 << (bit % 8);
                assert!(key.open(&root, &items, &bad).is_err(), "bit {bit}");
            }
            let mut other = names();
            other.swap(0, 1);
            let annex = key.seal(&root, &other);
            assert!(key.open(&root, &items, &annex).is_err(), "names belong to their lines");
        }
    }

    #[test]
    fn names_are_searched_and_sampled() {
        assert_eq!(search(&names(), "scan"), [1]);
        assert_eq!(search(&names(), "张三"), [0]);
        assert_eq!(search(&names(), "nobody"), [0_usize; 0]);
        assert_eq!(sample(3, 9), [0, 1, 2]);
        let mut seen = BTreeSet::new();
        for _ in 0..200 {
            let some = sample(5, 2);
            assert!(some.len() == 2 && some[0] < some[1] && some[1] < 5);
            seen.extend(some);
        }
        assert_eq!(seen.len(), 5);
    }
}
