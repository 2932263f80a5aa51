//! Reading objects and sealing their content, by several threads: everything of a backup that needs no order.

use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use sealkeep_crypto::{Suite, TAG_LEN, Tag as AeadTag, hash, random};
use sealkeep_keystore::KeyId;
use zeroize::{Zeroize, Zeroizing};

use super::attributes::{self, Names};
use super::chunker::{Chunker, Gear, Lengths, ONE_CHUNK};
use super::compress::Compressor;
use super::known::Known;
use super::previous::Seat;
use super::read::{self, Part};
use super::report::ObjectError;
use super::writer::{Chunk, Data, Piece};
use crate::envelope::Run;
use crate::parallel::parallel;
use crate::tree::Found;
use crate::vault::{
    Attributes, ChunkKey, Class, Description, Error, IndexKey, Kind, Result, Tagger, Vault,
};

/// An object that is to be read.
pub(super) struct Job {
    /// What the walk saw, and the folder it lies in; none if only its description changes.
    pub(super) found: Option<Found>,
    pub(super) dir: Option<Arc<OwnedFd>>,
    /// The description, if it need not be read.
    pub(super) description: Option<Description>,
    /// Its content is that of this entry.
    pub(super) content: Option<Seat>,
    pub(super) class: Class,
    pub(super) compress: bool,
    pub(super) first: u64,
    /// The key of the version before.
    pub(super) reuse: Option<KeyId>,
    pub(super) born_held: bool,
}
