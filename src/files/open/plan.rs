//! What will be opened, found before anything is written.

use std::ffi::OsString;
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use globset::GlobSet;
use rustix::fs::FileType;

use super::{OpenOptions, OpenTarget};
use crate::envelope;
use crate::files::error::{Error, io};
use crate::files::place::{Place, lies_within, split_file};
use crate::files::report::{Failure, SkipReason, Skipped};
use crate::files::seal::SUFFIX;
use crate::tree::{Found, open_dir, path_of, walk};

/// Everything that will be opened or checked. Nothing has been written and no key asked for.
pub struct OpenPlan {
    pub(super) options: OpenOptions,
    pub(super) inputs: Vec<Input>,
    pub(super) places: Vec<Place>,
    pub(super) objects: Vec<Object>,
    pub(super) failures: Vec<Failure>,
    pub(super) skipped: Vec<Skipped>,
}

/// A path the user named.
pub(super) struct Input {
    pub(super) given: PathBuf,
    pub(super) dir: Arc<OwnedFd>,
    pub(super) single: bool,
    pub(super) output: Output,
    /// Whether a sealed file was found in it, by its content.
    pub(super) fruitful: AtomicBool,
}

/// How the place of an opened object follows from its authenticated path.
pub(super) enum Output {
    /// Place, and the whole path below it.
    Path(usize),
    /// Place, and the last component in it.
    Name(usize),
    /// Place, and the name that the user chose.
    Exact(usize, OsString),
    /// Verify only.
    None,
}

pub(super) struct Object {
    pub(super) input: usize,
    /// Relative to the input's directory.
    pub(super) path: Box<[u8]>,
    pub(super) size: u64,
}

impl OpenPlan {
    /// Looks at the inputs: sealed files, and directories with sealed files below.
    ///
    /// # Errors
    /// With the path at fault: an input that cannot be looked at; `OneFileOnly` for a target that takes one file;
    /// `OutputInsideInput`.
    pub fn new(
        inputs: &[PathBuf],
        target: &OpenTarget,
        options: OpenOptions,
    ) -> Result<Self, Failure> {
        let mut plan = Self {
            options,
            inputs: Vec::new(),
            places: Vec::new(),
            objects: Vec::new(),
            failures: Vec::new(),
            skipped: Vec::new(),
        };
        for path in inputs {
            plan.add(path, target, inputs.len() > 1)
                .map_err(|error| Failure { path: path.clone(), error })?;
        }
        Ok(plan)
    }

    /// Number of files to be opened.
    #[must_use]
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there is nothing to open.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// Bytes of sealed files to be read: slightly more than the content.
    #[must_use]
    pub fn sealed_bytes(&self) -> u64 {
        self.objects.iter().map(|object| object.size).sum()
    }

    /// The files to be opened, in order.
    pub fn inputs(&self) -> impl Iterator<Item = PathBuf> {
        self.objects.iter().map(|object| self.input_path(object))
    }

    fn add(&mut self, path: &Path, target: &OpenTarget, several: bool) -> Result<(), Error> {
        let meta = fs::metadata(path).map_err(io("look at the input"))?;
        if meta.is_dir() {
            return self.add_tree(path, target);
        }
        if !meta.is_file() {
            return Err(Error::Unsupported);
        }
        let (dir, name) = split_file(path)?;
        let output = match target {
            OpenTarget::Beside => Output::Name(self.place(dir.clone())),
            OpenTarget::Directory(out) => Output::Path(self.place(out.clone())),
            OpenTarget::File(_) if several => return Err(Error::OneFileOnly),
            OpenTarget::File(out) => {
                split_file(out).map(|(dir, name)| Output::Exact(self.place(dir), name))?
            }
            OpenTarget::Check => Output::None,
        };
        self.inputs.push(Input {
            given: path.to_owned(),
            dir: Arc::new(open_dir(&dir)?),
            single: true,
            output,
            fruitful: AtomicBool::new(false),
        });
        let object =
            Object { input: self.inputs.len() - 1, path: name.as_bytes().into(), size: meta.len() };
        self.objects.push(object);
        Ok(())
    }

    fn add_tree(&mut self, path: &Path, target: &OpenTarget) -> Result<(), Error> {
        let output = match target {
            OpenTarget::Beside | OpenTarget::File(_) => return Err(Error::OneFileOnly),
            OpenTarget::Directory(out) if lies_within(out, path) => {
                return Err(Error::OutputInsideInput);
            }
            OpenTarget::Directory(out) => Output::Path(self.place(out.clone())),
            OpenTarget::Check => Output::None,
        };
        let dir = Arc::new(open_dir(path)?);
        self.inputs.push(Input {
            given: path.to_owned(),
            dir: Arc::clone(&dir),
            single: false,
            output,
            fruitful: AtomicBool::new(false),
        });
        let mut failures = Vec::new();
        walk(
            &dir,
            &GlobSet::empty(),
            |found| self.take(found),
            |below, error| failures.push((below, error)),
        );
        let failures = failures.into_iter().map(|(below, error)| Failure {
            path: path.join(path_of(&below)),
            error: error.into(),
        });
        self.failures.extend(failures);
        Ok(())
    }

    /// Takes what a walk found; everything below a directory is wanted.
    fn take(&mut self, found: Found) -> bool {
        self.push(found);
        true
    }

    fn push(&mut self, found: Found) {
        let object = Object { input: self.inputs.len() - 1, path: found.path, size: found.size };
        match found.kind {
            FileType::RegularFile => self.objects.push(object),
            // The directories of a mirrored tree mean nothing by themselves: each has its own object.
            FileType::Directory => {}
            // What is called like a sealed file and is something else may have taken the place of one.
            _ if object.path.ends_with(SUFFIX.as_bytes()) => {
                let path = self.input_path(&object);
                self.failures.push(Failure { path, error: envelope::Error::NotSealed.into() });
            }
            FileType::Symlink => {
                self.skipped.push(Skipped {
                    path: self.input_path(&object),
                    reason: SkipReason::NotSealed,
                });
            }
            _ => self
                .skipped
                .push(Skipped { path: self.input_path(&object), reason: SkipReason::Special }),
        }
    }

    fn place(&mut self, path: PathBuf) -> usize {
        if let Some(known) = self.places.iter().position(|place| place.path == path) {
            return known;
        }
        self.places.push(Place::new(path));
        self.places.len() - 1
    }

    pub(super) fn input_path(&self, object: &Object) -> PathBuf {
        let input = &self.inputs[object.input];
        if input.single { input.given.clone() } else { input.given.join(path_of(&object.path)) }
    }
}
