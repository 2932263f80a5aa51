//! Writing a pack.

use std::io::Write;

use sealkeep_crypto::Suite;

use super::layout::{BATCH, MOST, digest_blocks, file_length, footer, header, pack_digest};
use super::{PackId, PackInfo, PackKind};
use crate::vault::error::{Error, Result};
use crate::vault::storage::{Put, Storage};

/// A pack that is being written. Dropped before it is finished, it never was.
pub struct PackWriter {
    put: Box<dyn Put>,
    suite: Suite,
    id: PackId,
    kind: PackKind,
    /// What was not written yet: whole blocks but for the last.
    waiting: Vec<u8>,
    digests: Vec<u8>,
    /// Length of header and body so far.
    body: u64,
}

impl PackWriter {
    /// Begins a pack under a new name.
    ///
    /// # Errors
    /// `Io`.
    pub fn create(
        storage: &dyn Storage,
        suite: Suite,
        kind: PackKind,
        vault: [u8; 16],
    ) -> Result<Self> {
        let id = PackId::random();
        let put = storage.put(&id.name())?;
        let mut waiting = Vec::with_capacity(BATCH);
        waiting.extend_from_slice(&header(suite, kind, vault, id));
        let body = waiting.len() as u64;
        Ok(Self { put, suite, id, kind, waiting, digests: Vec::new(), body })
    }

    /// Adds a blob; returns where it begins.
    ///
    /// # Errors
    /// `TooLarge` if the pack would grow beyond [`MOST`](super::MOST): it can still be finished without this blob. `Io`.
    pub fn append(&mut self, blob: &[u8]) -> Result<u32> {
        let after = self.body + blob.len() as u64;
        if after > MOST {
            return Err(Error::TooLarge(self.id.name()));
        }
        let offset = u32::try_from(self.body).expect("no pack is longer than that");
        let mut rest = blob;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(BATCH - self.waiting.len()));
            self.waiting.extend_from_slice(now);
            rest = later;
            if self.waiting.len() == BATCH {
                self.write_waiting()?;
            }
        }
        self.body = after;
        Ok(offset)
    }

    /// Its name, which appears when it is finished.
    #[must_use]
    pub fn id(&self) -> PackId {
        self.id
    }

    /// How long the file would be if it were finished now.
    #[must_use]
    #[expect(
        clippy::len_without_is_empty,
        reason = "a pack is never empty: it begins with its header"
    )]
    pub fn len(&self) -> u64 {
        file_length(self.body)
    }

    /// Ends the pack and makes it durable under its name.
    ///
    /// # Errors
    /// `Io`; there is no pack then.
    pub fn finish(mut self) -> Result<PackInfo> {
        self.write_waiting()?;
        let digest = pack_digest(self.suite, self.body, &self.digests);
        let tail = [&self.digests[..], &footer(self.body)].concat();
        self.put.write_all(&tail).map_err(Error::io("write", self.id.name()))?;
        let length = self.put.finish()?;
        Ok(PackInfo { id: self.id, kind: self.kind, length, digest })
    }

    fn write_waiting(&mut self) -> Result<()> {
        digest_blocks(self.suite, &self.waiting, &mut self.digests);
        self.put.write_all(&self.waiting).map_err(Error::io("write", self.id.name()))?;
        self.waiting.clear();
        Ok(())
    }
}
