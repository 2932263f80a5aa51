//! The ledger's formats: a Merkle tree, entries, signed checkpoints, proofs. Nothing here needs a key store.
//!
//! What happened to keys is an RFC 6962 tree inside the key store, signed as a C2SP checkpoint. These parts of it are also
//! what somebody needs who checks a proof without the store. Byte formats are in `docs/spec/ledger.md`.
//!
//! ```
//! use sealkeep_crypto::{Secret, SigningKey, Suite};
//! use sealkeep_keystore::ledger::{Checkpoint, InclusionProof, MerkleTree, Verifier, leaf_hash};
//!
//! let suite = Suite::Aes256Gcm;
//! let leaves = [b"one", b"two", b"six"];
//! let tree = MerkleTree::of(suite, &leaves);
//!
//! let key = SigningKey::from_seed(suite, &Secret::random());
//! let checkpoint = Checkpoint { origin: "example.com/log".into(), size: 3, root: tree.root() };
//! let proof = InclusionProof {
//!     index: 1,
//!     hashes: tree.inclusion(1),
//!     checkpoint: checkpoint.sign(&key).to_string(),
//! };
//!
//! let verifier = Verifier::log("example.com/log", key.verifying_key());
//! let read: InclusionProof = proof.to_string().parse()?;
//! assert_eq!(read.verify(&leaf_hash(suite, b"two"), &verifier)?, checkpoint);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod entry;
mod merkle;
mod note;
mod proof;

pub(crate) use entry::LABEL as COMMITMENT_LABEL;
pub use entry::{
    Access, Act, Alarm, AlarmKind, Body, Entry, Event, MAX_BODY, NotAnEntry, StoreEvent, commitment,
};
pub(crate) use merkle::nodes_above;
pub use merkle::{
    Frontier, Hash, MerkleTree, Nodes, consistency, empty_root, inclusion, leaf_hash, leaf_hashes,
    node_hash, root_of, verify_consistency, verify_inclusion,
};
pub use note::{Checkpoint, Note, NoteError, NoteSignature, Signed, Verifier, cosign, origin};
pub use proof::{InclusionProof, ProofError, consistency_from_text, consistency_to_text};
