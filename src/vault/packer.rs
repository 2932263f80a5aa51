//! Packs that are being written: one of each kind, and the next when it is full.

use super::error::Result;
use super::pack::{PackInfo, PackKind, PackWriter};
use super::segment::Locator;
use super::session::Vault;

/// Puts blobs into new packs. What it has written belongs to nobody until an index file names it.
pub(crate) struct Packer<'v> {
    vault: &'v Vault,
    content: Option<PackWriter>,
    manifest: Option<PackWriter>,
    finished: Vec<PackInfo>,
}

impl<'v> Packer<'v> {
    pub(crate) fn new(vault: &'v Vault) -> Self {
        Self { vault, content: None, manifest: None, finished: Vec::new() }
    }

    /// Adds a blob, and says where it lies.
    ///
    /// # Errors
    /// `Io`.
    ///
    /// # Panics
    /// If the blob has 4 GiB or more.
    pub(crate) fn append(&mut self, kind: PackKind, blob: &[u8]) -> Result<Locator> {
        let (vault, room) = (self.vault, blob.len());
        if self.slot(kind).as_ref().is_some_and(|pack| !vault.fits(pack, room)) {
            self.finish(kind)?;
        }
        let slot = self.slot(kind);
        let pack = match slot {
            Some(pack) => pack,
            None => slot.insert(vault.new_pack(kind)?),
        };
        let length = u32::try_from(room).expect("blobs are cut long before 4 GiB");
        Ok(Locator { pack: pack.id(), offset: pack.append(blob)?, length })
    }

    /// Ends the pack of a kind, if one was begun.
    ///
    /// # Errors
    /// `Io`.
    pub(crate) fn finish(&mut self, kind: PackKind) -> Result<()> {
        if let Some(pack) = self.slot(kind).take() {
            self.finished.push(pack.finish()?);
        }
        Ok(())
    }

    /// Ends what was begun, and hands over the packs.
    ///
    /// # Errors
    /// `Io`; then they are still here.
    pub(crate) fn take(&mut self) -> Result<Vec<PackInfo>> {
        self.finish(PackKind::Content)?;
        self.finish(PackKind::Manifest)?;
        Ok(std::mem::take(&mut self.finished))
    }

    /// Bytes of packs that are ended, and of what was begun.
    pub(crate) fn bytes(&self) -> u64 {
        let finished: u64 = self.finished.iter().map(|pack| pack.length).sum();
        finished
            + [&self.content, &self.manifest]
                .into_iter()
                .flatten()
                .map(PackWriter::len)
                .sum::<u64>()
    }

    /// Removes everything that was not handed over.
    pub(crate) fn abandon(&mut self) {
        (self.content, self.manifest) = (None, None);
        self.vault.remove_packs(&std::mem::take(&mut self.finished));
    }

    fn slot(&mut self, kind: PackKind) -> &mut Option<PackWriter> {
        match kind {
            PackKind::Content => &mut self.content,
            PackKind::Manifest => &mut self.manifest,
        }
    }
}
