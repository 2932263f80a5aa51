//! Merkle trees as in RFC 6962 §2.1, with the hash of either suite.
//!
//! A tree of any size is made of complete subtrees. Whoever can tell the hashes of those, by level and number
//! ([`Nodes`]), has the root and every proof: the tree in memory and the one in the key store's pages use the same code.

use std::convert::Infallible;

use sealkeep_crypto::codec::{Malformed, Reader, Writer};
use sealkeep_crypto::{Suite, hash, hash_many};

/// A hash of either suite.
pub type Hash = [u8; 32];

/// The root of a tree with no leaves: the hash of nothing.
pub fn empty_root(suite: Suite) -> Hash {
    hash(suite, &[])
}

/// The hash of a leaf: H(00 ‖ leaf).
pub fn leaf_hash(suite: Suite, leaf: &[u8]) -> Hash {
    hash(suite, &[&[LEAF], leaf])
}

/// [`leaf_hash`] of many, quicker than one by one where the processor allows.
pub fn leaf_hashes<L: AsRef<[u8]>>(suite: Suite, leaves: &[L]) -> Vec<Hash> {
    let mut hashes = Vec::with_capacity(leaves.len());
    for some in leaves.chunks(AT_ONCE) {
        let prefixed: Vec<Vec<u8>> =
            some.iter().map(|leaf| [&[LEAF], leaf.as_ref()].concat()).collect();
        let prefixed: Vec<&[u8]> = prefixed.iter().map(Vec::as_slice).collect();
        hashes.extend(hash_many(suite, &prefixed));
    }
    hashes
}

/// The hash of a node above two others: H(01 ‖ left ‖ right).
pub fn node_hash(suite: Suite, left: &Hash, right: &Hash) -> Hash {
    hash(suite, &[&[NODE], left, right])
}

/// Where the hashes of complete subtrees come from.
pub trait Nodes {
    /// Why one cannot be told.
    type Error;

    /// The hash of the complete subtree over the 2^`level` leaves from leaf `index` × 2^`level` on. Only subtrees that lie
    /// wholly within the tree are asked for.
    ///
    /// # Errors
    /// Whatever the source says.
    fn node(&mut self, level: u32, index: u64) -> Result<Hash, Self::Error>;
}

/// The root of the first `size` leaves.
///
/// # Errors
/// Whatever the source says.
pub fn root_of<N: Nodes>(suite: Suite, nodes: &mut N, size: u64) -> Result<Hash, N::Error> {
    if size == 0 {
        return Ok(empty_root(suite));
    }
    range(suite, nodes, 0, size)
}

/// The proof that leaf `index` is in the tree of the first `size` leaves (RFC 6962 §2.1.1): the hashes from the leaf's
/// sibling up.
///
/// # Errors
/// Whatever the source says.
///
/// # Panics
/// When there is no such leaf.
pub fn inclusion<N: Nodes>(
    suite: Suite,
    nodes: &mut N,
    index: u64,
    size: u64,
) -> Result<Vec<Hash>, N::Error> {
    assert!(index < size, "the tree has the leaf");
    let (mut start, mut count) = (0, size);
    let mut proof = Vec::new();
    while count > 1 {
        let left = split(count);
        if index < start + left {
            proof.push(range(suite, nodes, start + left, count - left)?);
            count = left;
        } else {
            proof.push(range(suite, nodes, start, left)?);
            (start, count) = (start + left, count - left);
        }
    }
    proof.reverse();
    Ok(proof)
}

/// The proof that the tree of the first `to` leaves begins with that of the first `from` (RFC 6962 §2.1.2). Empty when they
/// are the same, and from nothing.
///
/// # Errors
/// Whatever the source says.
///
/// # Panics
/// When `from` is more than `to`.
pub fn consistency<N: Nodes>(
    suite: Suite,
    nodes: &mut N,
    from: u64,
    to: u64,
) -> Result<Vec<Hash>, N::Error> {
    assert!(from <= to, "a tree grows");
    if from == 0 || from == to {
        return Ok(Vec::new());
    }
    let (mut start, mut count) = (0, to);
    let mut proof = Vec::new();
    while from != start + count {
        let left = split(count);
        if from <= start + left {
            proof.push(range(suite, nodes, start + left, count - left)?);
            count = left;
        } else {
            proof.push(range(suite, nodes, start, left)?);
            (start, count) = (start + left, count - left);
        }
    }
    // Where the old tree is a subtree of its own, whoever checks has its hash.
    if start > 0 {
        proof.push(range(suite, nodes, start, count)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Whether a proof of [`inclusion`] shows that a leaf is in a tree (RFC 9162 §2.1.3.2).
#[must_use]
pub fn verify_inclusion(
    suite: Suite,
    index: u64,
    size: u64,
    leaf_hash: &Hash,
    proof: &[Hash],
    root: &Hash,
) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last) = (index, size - 1);
    let mut reached = *leaf_hash;
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            reached = node_hash(suite, sibling, &reached);
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            reached = node_hash(suite, &reached, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    last == 0 && reached == *root
}

/// Whether a proof of [`consistency`] shows that one tree begins with another (RFC 9162 §2.1.4.2).
#[must_use]
pub fn verify_consistency(
    suite: Suite,
    from: u64,
    from_root: &Hash,
    to: u64,
    to_root: &Hash,
    proof: &[Hash],
) -> bool {
    if from == to || from == 0 {
        let expected = if from == 0 { &empty_root(suite) } else { to_root };
        let grown = from < to || from_root == to_root;
        return proof.is_empty() && from_root == expected && grown;
    }
    if from > to {
        return false;
    }
    let mut rest = proof.iter();
    let first = if from.is_power_of_two() { Some(from_root) } else { rest.next() };
    let Some(first) = first else { return false };
    let (mut node, mut last) = (from - 1, to - 1);
    while node & 1 == 1 {
        (node, last) = (node >> 1, last >> 1);
    }
    let (mut old, mut new) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            old = node_hash(suite, sibling, &old);
            new = node_hash(suite, sibling, &new);
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            new = node_hash(suite, &new, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    last == 0 && old == *from_root && new == *to_root
}

/// What is kept of a tree to add leaves to it: the hashes of its complete subtrees, largest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frontier {
    suite: Suite,
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The frontier of a tree with no leaves.
    #[must_use]
    pub fn new(suite: Suite) -> Self {
        Self { suite, size: 0, peaks: Vec::new() }
    }

    /// Leaves in the tree.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The suite of its hashes.
    #[must_use]
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// Adds a leaf by its hash.
    pub fn push(&mut self, leaf: Hash) {
        self.push_and_tell(leaf, |_, _| {});
    }

    /// Adds a leaf by its hash and calls `each` with level and hash of every subtree that it completes, from level 1 up.
    pub fn push_and_tell(&mut self, leaf: Hash, mut each: impl FnMut(u32, &Hash)) {
        let mut complete = leaf;
        for level in 1..=self.size.trailing_ones() {
            let left = self.peaks.pop().expect("as many as there are ones");
            complete = node_hash(self.suite, &left, &complete);
            each(level, &complete);
        }
        self.peaks.push(complete);
        self.size += 1;
    }

    /// The root of the tree as it is now.
    #[must_use]
    pub fn root(&self) -> Hash {
        let above = |right: Hash, left: &Hash| node_hash(self.suite, left, &right);
        let mut peaks = self.peaks.iter().rev();
        match peaks.next() {
            Some(last) => peaks.fold(*last, above),
            None => empty_root(self.suite),
        }
    }

    /// Appends size, number of hashes and hashes.
    pub fn encode(&self, out: &mut impl Writer) {
        out.put_u64(self.size);
        out.put_u8(u8::try_from(self.peaks.len()).expect("at most one for each bit of the size"));
        self.peaks.iter().for_each(|peak| out.put(peak));
    }

    /// Reads what [`encode`](Self::encode) wrote.
    ///
    /// # Errors
    /// `Malformed` when there are not as many hashes as the size has ones.
    pub fn decode(suite: Suite, reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let (size, count) = (reader.u64()?, reader.u8()?);
        if u32::from(count) != size.count_ones() {
            return Err(reader.malformed());
        }
        let peaks = (0..count).map(|_| reader.array()).collect::<Result<_, _>>()?;
        Ok(Self { suite, size, peaks })
    }
}

/// A whole tree in memory: the hashes of all complete subtrees, 64 bytes for each leaf.
#[derive(Clone, Debug)]
pub struct MerkleTree {
    suite: Suite,
    levels: Vec<Vec<Hash>>,
}

impl MerkleTree {
    /// The tree over these leaves.
    #[must_use]
    pub fn of<L: AsRef<[u8]>>(suite: Suite, leaves: &[L]) -> Self {
        Self::of_hashes(suite, leaf_hashes(suite, leaves))
    }

    /// The tree over leaves of which the hashes are given.
    #[must_use]
    pub fn of_hashes(suite: Suite, leaves: Vec<Hash>) -> Self {
        let mut levels = vec![leaves];
        while let Some(below) = levels.last().filter(|below| below.len() > 1) {
            let above = nodes_above(suite, below);
            levels.push(above);
        }
        Self { suite, levels }
    }

    /// Leaves in the tree.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.levels[0].len() as u64
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> Hash {
        infallible(root_of(self.suite, &mut &*self, self.size()))
    }

    /// The hashes that prove that leaf `index` is in the tree.
    ///
    /// # Panics
    /// When there is no such leaf.
    #[must_use]
    pub fn inclusion(&self, index: u64) -> Vec<Hash> {
        infallible(inclusion(self.suite, &mut &*self, index, self.size()))
    }

    /// The hashes that prove that this tree begins with that of its first `from` leaves.
    ///
    /// # Panics
    /// When there are fewer.
    #[must_use]
    pub fn consistency(&self, from: u64) -> Vec<Hash> {
        infallible(consistency(self.suite, &mut &*self, from, self.size()))
    }
}

impl Nodes for &MerkleTree {
    type Error = Infallible;

    fn node(&mut self, level: u32, index: u64) -> Result<Hash, Infallible> {
        let index = usize::try_from(index).expect("it is in memory");
        Ok(self.levels[level as usize][index])
    }
}

/// The hashes above pairs; one that is left over has none yet.
pub(crate) fn nodes_above(suite: Suite, below: &[Hash]) -> Vec<Hash> {
    let mut above = Vec::with_capacity(below.len() / 2);
    for some in below.chunks(2 * AT_ONCE) {
        let pairs: Vec<[u8; 65]> = some.chunks_exact(2).map(pair).collect();
        let pairs: Vec<&[u8]> = pairs.iter().map(<[u8; 65]>::as_slice).collect();
        above.extend(hash_many(suite, &pairs));
    }
    above
}

fn pair(nodes: &[Hash]) -> [u8; 65] {
    let mut message = [NODE; 65];
    message[1..33].copy_from_slice(&nodes[0]);
    message[33..].copy_from_slice(&nodes[1]);
    message
}

/// The root over `count` leaves from `start` on, where RFC 6962 has a node: `start` is a multiple of a power of two that is
/// not less than `count`.
fn range<N: Nodes>(suite: Suite, nodes: &mut N, start: u64, count: u64) -> Result<Hash, N::Error> {
    if count.is_power_of_two() {
        let level = count.trailing_zeros();
        return nodes.node(level, start >> level);
    }
    let left = split(count);
    let (before, after) =
        (range(suite, nodes, start, left)?, range(suite, nodes, start + left, count - left)?);
    Ok(node_hash(suite, &before, &after))
}

/// The largest power of two below `count`, which is at least 2.
fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

fn infallible<T>(result: Result<T, Infallible>) -> T {
    match result {
        Ok(value) => value,
        Err(never) => match never {},
    }
}

const LEAF: u8 = 0;
const NODE: u8 = 1;
/// Hashes computed side by side; bounds what is copied for that.
const AT_ONCE: usize = 256;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The leaves of Certificate Transparency's own tests.
    const LEAVES: [&str; 8] = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];

    fn leaves() -> Vec<Vec<u8>> {
        LEAVES.iter().map(|hex| unhex(hex)).collect()
    }

    fn unhex(hex: &str) -> Vec<u8> {
        data_encoding::HEXLOWER.decode(hex.as_bytes()).expect("hexadecimal")
    }

    /// RFC 6962 trees over those leaves, as Certificate Transparency publishes them.
    #[test]
    fn roots_of_certificate_transparency() {
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        for (size, root) in (1..).zip(roots) {
            let tree = MerkleTree::of(Suite::Aes256Gcm, &leaves()[..size]);
            assert_eq!(tree.root().to_vec(), unhex(root), "{size} leaves");
        }
        let nothing = unhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(MerkleTree::of(Suite::Aes256Gcm, &leaves()[..0]).root().to_vec(), nothing);
    }

    /// The same tree with SM3, computed with another program.
    #[test]
    fn root_with_sm3() {
        let root = unhex("bc48ba7a709184b5f2a631e1adeb8dc2a0d4c018c1d6cc89b5664fe154c93b38");
        assert_eq!(MerkleTree::of(Suite::Sm4Gcm, &leaves()).root().to_vec(), root);
    }

    /// Proofs of Certificate Transparency's own tests: leaf 0 of 8, and 1 to 8, 6 to 8.
    #[test]
    fn proofs_of_certificate_transparency() {
        let hashes = |texts: &[&str]| -> Vec<Vec<u8>> { texts.iter().map(|t| unhex(t)).collect() };
        let listed = |proof: Vec<Hash>| -> Vec<Vec<u8>> {
            proof.into_iter().map(|hash| hash.to_vec()).collect()
        };
        let tree = MerkleTree::of(Suite::Aes256Gcm, &leaves());
        let path = [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ];
        assert_eq!(listed(tree.inclusion(0)), hashes(&path));
        assert_eq!(listed(tree.consistency(1)), hashes(&path));
        let from_six = [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ];
        assert_eq!(listed(tree.consistency(6)), hashes(&from_six));
    }

    #[test]
    fn every_proof_of_small_trees_and_no_other() {
        let suite = Suite::Aes256Gcm;
        let hashes: Vec<Hash> = (0..40_u8).map(|leaf| leaf_hash(suite, &[leaf])).collect();
        let trees: Vec<MerkleTree> = (0..=hashes.len())
            .map(|size| MerkleTree::of_hashes(suite, hashes[..size].to_vec()))
            .collect();
        for tree in &trees {
            let (size, root) = (tree.size(), tree.root());
            for index in 0..size {
                let proof = tree.inclusion(index);
                let verify = |index, size, leaf: &Hash, proof: &[Hash]| {
                    verify_inclusion(suite, index, size, leaf, proof, &root)
                };
                let leaf = &hashes[usize::try_from(index).expect("small")];
                assert!(verify(index, size, leaf, &proof));
                assert!(!verify(size, size, leaf, &proof));
                for other in (0..size).filter(|other| *other != index) {
                    assert!(!verify(other, size, leaf, &proof), "{index} is not {other}");
                }
                assert!(!verify(index, size, &[0; 32], &proof));
                assert!(!verify(index, size, leaf, &[proof.as_slice(), &[root]].concat()));
                assert!(proof.is_empty() || !verify(index, size, leaf, &proof[1..]));
            }
            for from in 0..=size {
                let proof = tree.consistency(from);
                let old = trees[usize::try_from(from).expect("small")].root();
                let verify = |from, old: &Hash, proof: &[Hash]| {
                    verify_consistency(suite, from, old, size, &root, proof)
                };
                assert!(verify(from, &old, &proof), "{from} to {size}");
                assert!(!verify(size + 1, &old, &proof));
                assert!(!verify(from, &[0; 32], &proof));
                assert!(!verify(from, &old, &[proof.as_slice(), &[root]].concat()));
                assert!(proof.is_empty() || !verify(from, &old, &proof[1..]));
            }
        }
    }

    #[test]
    fn a_frontier_grows_as_the_tree_does() {
        for suite in Suite::ALL {
            let hashes: Vec<Hash> = (0..70_u8).map(|leaf| leaf_hash(suite, &[leaf])).collect();
            let mut frontier = Frontier::new(suite);
            let mut told = Vec::new();
            for (at, leaf) in hashes.iter().enumerate() {
                frontier.push_and_tell(*leaf, |level, hash| told.push((level, *hash)));
                let tree = MerkleTree::of_hashes(suite, hashes[..=at].to_vec());
                assert_eq!(frontier.root(), tree.root());
                let mut bytes = Vec::new();
                frontier.encode(&mut bytes);
                let mut reader = Reader::new(&bytes, "test");
                assert_eq!(Frontier::decode(suite, &mut reader), Ok(frontier.clone()));
            }
            let whole = MerkleTree::of_hashes(suite, hashes);
            for (level, expected) in whole.levels.iter().enumerate().skip(1) {
                let found: Vec<Hash> =
                    told.iter().filter(|(at, _)| *at as usize == level).map(|(_, h)| *h).collect();
                assert_eq!(&found, expected);
            }
        }
    }

    proptest! {
        #[test]
        fn proofs_of_any_tree(size in 1_u64..3000, a in any::<u64>(), b in any::<u64>(), bit in 0..256_usize) {
            let suite = if a & 1 == 0 { Suite::Aes256Gcm } else { Suite::Sm4Gcm };
            let leaves: Vec<[u8; 8]> = (0..size).map(u64::to_be_bytes).collect();
            let tree = MerkleTree::of(suite, &leaves);
            let (index, from) = (a % size, b % (size + 1));
            let (proof, root) = (tree.inclusion(index), tree.root());
            let leaf = leaf_hash(suite, &index.to_be_bytes());
            prop_assert!(verify_inclusion(suite, index, size, &leaf, &proof, &root));

            let old_size = usize::try_from(from).expect("small");
            let old = MerkleTree::of(suite, &leaves[..old_size]).root();
            let growth = tree.consistency(from);
            prop_assert!(verify_consistency(suite, from, &old, size, &root, &growth));

            let flip = |hash: &Hash| { let mut other = *hash; other[bit / 8] ^= 1 << (bit % 8); other };
            prop_assert!(!verify_inclusion(suite, index, size, &flip(&leaf), &proof, &root));
            prop_assert!(!verify_inclusion(suite, index, size, &leaf, &proof, &flip(&root)));
            prop_assert!(from == 0 || !verify_consistency(suite, from, &old, size, &flip(&root), &growth));
            for at in 0..proof.len() {
                let mut bad = proof.clone();
                bad[at] = flip(&bad[at]);
                prop_assert!(!verify_inclusion(suite, index, size, &leaf, &bad, &root));
            }
            for at in 0..growth.len() {
                let mut bad = growth.clone();
                bad[at] = flip(&bad[at]);
                prop_assert!(!verify_consistency(suite, from, &old, size, &root, &bad));
            }
        }
    }
}
