//! The recovery kit: a page for each share.
//!
//! Making shares takes the old ones away, so everything that can go wrong with the pages goes wrong
//! before: they are created and given their room while nothing is changed yet.

use std::fs::{DirBuilder, File};
use std::io::Write;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate};
use sealkeep_crypto::SecretVec;
use sealkeep_keystore::Share;

use crate::cli::exit::Code;
use crate::cli::failure::Failure;
use crate::cli::{Context, args};

/// Room that is set aside for a page; none is longer.
const ROOM: u64 = 4096;

/// The pages of a kit, empty until [`Kit::fill`]. Dropped before that, they are removed.
pub(crate) struct Kit {
    pages: Vec<(PathBuf, File)>,
}

impl Kit {
    /// Creates the pages that the arguments ask for, on disk when this returns.
    ///
    /// # Errors
    /// `E-USAGE` for shares without a folder, `E-EXISTS` when a page is there already, and what
    /// else the file system says. Pages that were created are removed.
    pub(crate) fn prepare(args: &args::NewCustody) -> Result<Option<Kit>, Failure> {
        let (total, dir) = match (&args.shares, &args.kit) {
            (None, _) => return Ok(None),
            (Some(_), None) => return Err(Failure::new(Code::Usage, "--shares K/N --kit DIR")),
            (Some((_, total)), Some(dir)) => (*total, dir),
        };
        make_folder(dir)?;
        let mut kit = Kit { pages: Vec::new() };
        for index in 1..=total {
            let path = dir.join(format!("share-{index}-of-{total}.txt"));
            let page = super::create(&path)?;
            kit.pages.push((path.clone(), page));
            match fallocate(&kit.pages[kit.pages.len() - 1].1, FallocateFlags::KEEP_SIZE, 0, ROOM) {
                // Where room cannot be set aside, a full disk shows when the page is written.
                Ok(()) | Err(rustix::io::Errno::OPNOTSUPP) => {}
                Err(error) => return Err(Failure::io(&path, &error.into())),
            }
        }
        super::sync_folder(dir)?;
        Ok(Some(kit))
    }

    /// Writes the shares, each on its page, and gives the files. Every page is tried: shares that
    /// are out are better than none.
    ///
    /// # Errors
    /// Of the first page that could not be written; pages that stayed empty are removed.
    pub(crate) fn fill(
        mut self,
        shares: &[Share],
        store: &str,
        context: &Context,
    ) -> Result<Vec<PathBuf>, Failure> {
        let mut written = Vec::new();
        let mut failed = None;
        for (share, (path, page)) in shares.iter().zip(&mut self.pages) {
            let content = text(share, store, context);
            match page.write_all(content.expose()).and_then(|()| page.sync_all()) {
                Ok(()) => written.push(path.clone()),
                Err(error) => failed = failed.or(Some(Failure::io(path, &error))),
            }
        }
        failed.map_or(Ok(written), Err)
    }
}

impl Drop for Kit {
    fn drop(&mut self) {
        for (path, page) in &self.pages {
            if page.metadata().is_ok_and(|found| found.len() == 0) {
                // One that stays is empty and named in the error of the next attempt.
                let _ = std::fs::remove_file(path);
            }
        }
    }
}

/// Makes the folder of a kit and makes its name last, with those of the folders above that are new.
fn make_folder(dir: &Path) -> Result<(), Failure> {
    let absolute = std::path::absolute(dir).map_err(|error| Failure::io(dir, &error))?;
    let new = absolute.ancestors().take_while(|folder| !folder.exists()).count();
    let mut builder = DirBuilder::new();
    let made = builder.recursive(true).mode(0o700).create(dir);
    made.map_err(|error| Failure::io(dir, &error))?;
    absolute.ancestors().skip(1).take(new).try_for_each(super::sync_folder)
}

/// What a page says, in the user's language; the share itself is the last line.
fn text(share: &Share, store: &str, context: &Context) -> SecretVec {
    let index = usize::from(share.index());
    let (threshold, total) = (usize::from(share.threshold()), usize::from(share.total()));
    let page = context.output.messages().text(
        "kit-page",
        &[("index", &index), ("total", &total), ("threshold", &threshold), ("store", &store)],
    );
    let text = share.to_text();
    let mut content = SecretVec::zeroed(page.len() + 2 + text.expose().len() + 1);
    let mut rest = content.expose_mut();
    for part in [page.as_bytes(), b"\n\n", text.expose(), b"\n"] {
        let (here, after) = rest.split_at_mut(part.len());
        here.copy_from_slice(part);
        rest = after;
    }
    content
}
