//! What will be sealed, found before anything is written.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use globset::GlobSet;
use rustix::fs::FileType;

use super::pairs::Pair;
use super::{SealOptions, SealTarget};
use crate::envelope::{Kind, SealedPath};
use crate::files::error::{Error, io};
use crate::files::place::{Place, lies_within, names_directory, split_file};
use crate::files::report::{Failure, SkipReason, Skipped};
use crate::globs;
use crate::tree::{Found, join, open_dir, path_of, walk};

/// Everything that sealing these inputs will do. Nothing has been written and no key made.
pub struct SealPlan {
    pub(super) options: SealOptions,
    pub(super) inputs: Vec<Input>,
    pub(super) places: Vec<Place>,
    pub(super) objects: Vec<Object>,
    pub(super) failures: Vec<Failure>,
    pub(super) skipped: Vec<Skipped>,
    pub(super) hard_links: Vec<PathBuf>,
    /// What was sealed, or had been: collected only for those who ask.
    pub(super) pairs: Option<Mutex<Vec<Pair>>>,
}

/// One object to be sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedObject {
    /// The input.
    pub input: PathBuf,
    /// What it is.
    pub kind: Kind,
    /// Its length in bytes now.
    pub size: u64,
    /// The sealed file; unknown if it will be named after its key.
    pub output: Option<PathBuf>,
}

/// A path the user named.
pub(super) struct Input {
    pub(super) given: PathBuf,
    /// The directory itself, or the one that holds the file.
    pub(super) dir: Arc<OwnedFd>,
    /// Whether `given` is a file.
    pub(super) single: bool,
    /// Goes before every sealed path; empty for none.
    prefix: Vec<u8>,
    /// Index of the place of its outputs.
    pub(super) place: usize,
    /// The output's name, if the user chose it.
    exact: Option<OsString>,
}

#[derive(Clone)]
pub(super) struct Object {
    pub(super) input: usize,
    /// Relative to the input's directory; empty for that directory itself.
    pub(super) path: Box<[u8]>,
    pub(super) kind: Kind,
    pub(super) size: u64,
}

impl SealPlan {
    /// Looks at the inputs and lists everything below them. Links below an input directory are sealed as links, never
    /// followed; an input that is itself a link is followed.
    ///
    /// # Errors
    /// With the path at fault: an input that cannot be looked at, `OutputInsideInput`, `SameName`, `OneFileOnly`, `Pattern`,
    /// `EmptyPattern`.
    /// What goes wrong below an input directory is reported, and does not hinder the rest.
    pub fn new(
        inputs: &[PathBuf],
        target: &SealTarget,
        options: SealOptions,
    ) -> Result<Self, Failure> {
        let exclude = globs::patterns(&options.exclude)
            .map_err(|error| Failure { path: PathBuf::new(), error: error.into() })?;
        let mut plan = Self {
            options,
            inputs: Vec::new(),
            places: Vec::new(),
            objects: Vec::new(),
            failures: Vec::new(),
            skipped: Vec::new(),
            hard_links: Vec::new(),
            pairs: None,
        };
        for path in inputs {
            plan.add(path, target, inputs.len() > 1, &exclude)
                .map_err(|error| Failure { path: path.clone(), error })?;
        }
        plan.leave_out_taken_mirrors();
        Ok(plan)
    }

    /// Number of objects to be sealed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there is nothing to seal.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// Bytes of content to be sealed, as the files are now.
    #[must_use]
    pub fn content_bytes(&self) -> u64 {
        self.objects.iter().map(|object| object.size).sum()
    }

    /// Every object found, in order.
    pub fn objects(&self) -> impl Iterator<Item = PlannedObject> {
        self.objects.iter().map(|object| self.planned(object))
    }

    /// Every object: the number of the input that was named, the path below it, what it is and how long.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (usize, &[u8], Kind, u64)> {
        self.objects
            .iter()
            .map(|object| (object.input, self.below(object), object.kind, object.size))
    }

    /// The path below what was named; empty for that itself.
    pub(super) fn below<'o>(&self, object: &'o Object) -> &'o [u8] {
        if self.inputs[object.input].single { b"" } else { &object.path }
    }

    pub(super) fn planned(&self, object: &Object) -> PlannedObject {
        PlannedObject {
            input: self.input_path(object),
            kind: object.kind,
            size: object.size,
            output: self.output_name(object, None).map(|name| self.output_path(object, &name)),
        }
    }

    /// The directories that will receive outputs.
    pub fn output_directories(&self) -> impl Iterator<Item = &Path> {
        self.places.iter().map(|place| place.path.as_path())
    }

    fn add(
        &mut self,
        path: &Path,
        target: &SealTarget,
        several: bool,
        exclude: &GlobSet,
    ) -> Result<(), Error> {
        let meta = fs::metadata(path).map_err(io("look at the input"))?;
        if meta.is_dir() {
            self.add_tree(path, target, several, exclude)
        } else if meta.is_file() {
            self.add_file(path, meta.len(), target, several)
        } else {
            Err(Error::Unsupported)
        }
    }

    fn add_file(
        &mut self,
        path: &Path,
        size: u64,
        target: &SealTarget,
        several: bool,
    ) -> Result<(), Error> {
        let (dir, name) = split_file(path)?;
        let (place, exact) = match target {
            SealTarget::Beside => (dir.clone(), None),
            SealTarget::Path(out) if several || names_directory(out) => (out.clone(), None),
            SealTarget::Path(out) => split_file(out).map(|(dir, name)| (dir, Some(name)))?,
        };
        self.refuse_same_name(&place, &name)?;
        let input = Input {
            given: path.to_owned(),
            dir: Arc::new(open_dir(&dir)?),
            single: true,
            prefix: Vec::new(),
            place: self.place(place),
            exact,
        };
        self.inputs.push(input);
        self.push(Found::named(name.as_bytes(), size));
        Ok(())
    }

    fn add_tree(
        &mut self,
        path: &Path,
        target: &SealTarget,
        several: bool,
        exclude: &GlobSet,
    ) -> Result<(), Error> {
        let named = if path.file_name().is_some() {
            path.to_owned()
        } else {
            path.canonicalize().map_err(io("look at the input"))?
        };
        let name = named.file_name().map(|name| name.as_bytes().to_vec());
        let (place, prefix) = match target {
            SealTarget::Beside => {
                let (dir, mut name) = split_file(&named)?;
                name.push(SUFFIX);
                (dir.join(name), Vec::new())
            }
            SealTarget::Path(out) if several => (out.clone(), name.ok_or(Error::NoName)?),
            SealTarget::Path(out) if out.is_file() => return Err(Error::OneFileOnly),
            SealTarget::Path(out) => (out.clone(), Vec::new()),
        };
        if lies_within(&place, path) {
            return Err(Error::OutputInsideInput);
        }
        self.refuse_same_name(&place, std::ffi::OsStr::from_bytes(&prefix))?;
        let dir = Arc::new(open_dir(path)?);
        let place = self.place(place);
        self.inputs.push(Input {
            given: path.to_owned(),
            dir: Arc::clone(&dir),
            single: false,
            prefix,
            place,
            exact: None,
        });
        let mut failures = Vec::new();
        walk(&dir, exclude, |found| self.take(found), |below, error| failures.push((below, error)));
        let failures = failures.into_iter().map(|(below, error)| Failure {
            path: path.join(path_of(&below)),
            error: error.into(),
        });
        self.failures.extend(failures);
        Ok(())
    }

    /// Two inputs of one name would be sealed to one place.
    fn refuse_same_name(&self, place: &Path, name: &std::ffi::OsStr) -> Result<(), Error> {
        let taken = self.inputs.iter().any(|input| {
            let other = if input.single {
                input.given.file_name().unwrap_or_default().as_bytes()
            } else {
                &input.prefix
            };
            self.places[input.place].path == place && other == name.as_bytes()
        });
        if taken { Err(Error::SameName) } else { Ok(()) }
    }

    /// A directory `.sealed` would be mirrored where the object of the directory around it goes, and `a.sealed` where that of
    /// a file `a` beside it goes. Such a directory fails, with everything below it.
    fn leave_out_taken_mirrors(&mut self) {
        let place = |object: &Object| self.inputs[object.input].place;
        let could_be_taken = |object: &&Object| {
            object.kind == Kind::Directory
                && object.path.ends_with(SUFFIX.as_bytes())
                && !self.options.hide_names
        };
        if !self.objects.iter().any(|object| could_be_taken(&object)) {
            return;
        }
        let outputs: HashSet<(usize, Vec<u8>)> = self
            .objects
            .iter()
            .filter_map(|object| Some((place(object), self.output_name(object, None)?)))
            .collect();
        let taken: HashSet<(usize, Box<[u8]>)> = self
            .objects
            .iter()
            .filter(could_be_taken)
            .filter(|object| outputs.contains(&(place(object), self.sealed_bytes(object))))
            .map(|object| (object.input, object.path.clone()))
            .collect();
        let is_taken = |input: usize, path: &[u8]| taken.contains(&(input, path.into()));
        let (kept, left_out) = std::mem::take(&mut self.objects).into_iter().partition(|object| {
            !parents(&object.path).any(|path| is_taken(object.input, path))
                && !is_taken(object.input, &object.path)
        });
        self.objects = kept;
        for object in left_out {
            let object: Object = object;
            if !parents(&object.path).any(|path| is_taken(object.input, path)) {
                let path = self.input_path(&object);
                self.failures.push(Failure { path, error: Error::MirrorTaken });
            }
        }
    }

    fn place(&mut self, path: PathBuf) -> usize {
        if let Some(known) = self.places.iter().position(|place| place.path == path) {
            return known;
        }
        self.places.push(Place::new(path));
        self.places.len() - 1
    }

    /// Takes what a walk found; everything below a directory is wanted.
    fn take(&mut self, found: Found) -> bool {
        self.push(found);
        true
    }

    /// Takes an object found below the last input.
    fn push(&mut self, found: Found) {
        let input = self.inputs.len() - 1;
        let (kind, size) = match found.kind {
            FileType::RegularFile => (Kind::File, found.size),
            FileType::Directory => (Kind::Directory, 0),
            FileType::Symlink => (Kind::Symlink, found.size),
            _ => {
                let path = self.inputs[input].given.join(path_of(&found.path));
                self.skipped.push(Skipped { path, reason: SkipReason::Special });
                return;
            }
        };
        let object = Object { input, path: found.path, kind, size };
        if kind == Kind::File && found.links > 1 {
            self.hard_links.push(self.input_path(&object));
        }
        self.objects.push(object);
    }

    pub(super) fn input_path(&self, object: &Object) -> PathBuf {
        let input = &self.inputs[object.input];
        if input.single || object.path.is_empty() {
            input.given.clone()
        } else {
            input.given.join(path_of(&object.path))
        }
    }

    /// The path that is sealed with the object; none for the top of a tree.
    pub(super) fn sealed_path(&self, object: &Object) -> Result<Option<SealedPath>, Error> {
        let path = self.sealed_bytes(object);
        if path.is_empty() { Ok(None) } else { Ok(Some(SealedPath::new(path)?)) }
    }

    pub(super) fn sealed_bytes(&self, object: &Object) -> Vec<u8> {
        let prefix = &self.inputs[object.input].prefix;
        if object.path.is_empty() { prefix.clone() } else { join(prefix, &object.path) }
    }

    /// The output's path below its place. `key_name` is the key id as text; without it, and with hidden names, unknown.
    pub(super) fn output_name(&self, object: &Object, key_name: Option<&str>) -> Option<Vec<u8>> {
        if let Some(name) = &self.inputs[object.input].exact {
            return Some(name.as_bytes().to_vec());
        }
        if self.options.hide_names {
            return key_name.map(|name| [name.as_bytes(), SUFFIX.as_bytes()].concat());
        }
        let path = self.sealed_bytes(object);
        let path = if object.kind == Kind::Directory { join(&path, b"") } else { path };
        Some([&path, SUFFIX.as_bytes()].concat())
    }

    pub(super) fn output_path(&self, object: &Object, name: &[u8]) -> PathBuf {
        self.places[self.inputs[object.input].place].path.join(path_of(name))
    }
}

/// The directories above a path, without the top.
fn parents(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| &path[..at])
}

/// What the names of sealed files end in. A directory's own object is called just this.
pub(crate) const SUFFIX: &str = ".sealed";
