//! Retiring: files are sealed, the sealed files are proved good, and only then the sources are wiped.
//!
//! Each step takes the one before it by value, so that none can be left out: [`Retirement`] → [`Sealed`] → [`Proven`] →
//! [`Report`]. The proof is to be given keys that were read anew from where they are kept, not those that sealed.
//!
//! Order of persistence: sealed files and their names are durable, and so are the keys, with a live copy of them → every sealed
//! file is opened from where it lies and compared with its source, byte by byte → the journal of the wipe lists exactly
//! the sources that were proved, each as it was when it was compared → the wipe looks at each once more right before its
//! first byte is overwritten. If we crash before the journal is there, every source is whole. After it, what is no longer
//! whole has a sealed file that was proved good, and [`wipe::Resume`] finishes the wipe.
//!
//! What changed in between, does not open to the same content, has names elsewhere, is in use, or lies where an overwrite
//! reaches nothing is kept and reported.

mod precious;
mod prove;
mod report;

use std::path::{Path, PathBuf};

use crate::envelope::Run;
use crate::files::{self, Pairs, SealOptions, SealPlan, SealTarget};
use crate::keys::Keys;
use crate::wipe::{self, WipeList, WipeOptions, WipePlan};

pub use prove::Proven;
pub use report::{Conclusion, Error, Kept, Reason, Refusal, Report, Totals};

/// How to retire.
#[derive(Clone, Debug)]
pub struct RetireOptions {
    /// How to seal; it is always made durable.
    pub seal: SealOptions,
    /// How to wipe. `keep`, `whole` and `list` do not count.
    pub wipe: WipeOptions,
    /// Retire even where the keys exist only once: whoever loses that key store loses the data.
    pub allow_uncopied: bool,
    /// What must not be among the sources: the key store, what opens it, its copies.
    pub precious: Vec<PathBuf>,
}

/// Everything that will be sealed and wiped. Nothing has been written and no key made.
pub struct Retirement {
    seal: SealPlan,
    roots: Vec<PathBuf>,
    options: RetireOptions,
}

impl Retirement {
    /// Looks at the inputs.
    ///
    /// # Errors
    /// Those of [`SealPlan::new`]; an input that is a link, lies in another one, or cannot be wiped; `Precious`.
    pub fn new(
        inputs: &[PathBuf],
        target: &SealTarget,
        options: RetireOptions,
    ) -> Result<Self, Error> {
        precious::refuse(inputs, &options.precious)?;
        let seal_options = SealOptions { durable: true, ..options.seal.clone() };
        let seal = SealPlan::new(inputs, target, seal_options)?;
        WipeList::new(inputs, wipe_options(&options)).map_err(|one| match one.error {
            wipe::Error::Unsupported => Error::Link(one.path),
            _ => Error::Wipe(one),
        })?;
        Ok(Self { seal, roots: inputs.to_vec(), options })
    }

    /// What will be sealed.
    #[must_use]
    pub fn seal_plan(&self) -> &SealPlan {
        &self.seal
    }

    /// Gives the plan of sealing, for its preview.
    #[must_use]
    pub fn into_seal_plan(self) -> SealPlan {
        self.seal
    }

    /// What will be wiped if all goes well, and what can be achieved there.
    ///
    /// # Errors
    /// If an input cannot be examined any more.
    pub fn wipe_plan(&self) -> Result<WipePlan, wipe::Problem> {
        let mut list = WipeList::new(&self.roots, wipe_options(&self.options))?;
        for (input, below, _, _) in self.seal.parts() {
            // What cannot be examined now is told when its turn comes.
            let _ = list.add_as_it_is(input, below);
        }
        Ok(list.finish())
    }

    /// Refuses sources among which more precious things are, found out after the plan was made.
    ///
    /// # Errors
    /// `Precious`.
    pub fn refuse_precious(&self, paths: &[PathBuf]) -> Result<(), Error> {
        precious::refuse(&self.roots, paths)
    }

    /// Seals. What fails is reported, and is not retired.
    #[must_use]
    pub fn seal(self, keys: &dyn Keys, run: &Run<'_>) -> Sealed {
        let (report, pairs) = self.seal.execute_paired(keys, run);
        let refusal = if report.stopped.is_some() {
            Some(Refusal::NotSealed)
        } else if !report.copied && !self.options.allow_uncopied {
            Some(Refusal::Uncopied)
        } else {
            None
        };
        Sealed { report, pairs, roots: self.roots, refusal, options: self.options }
    }
}

/// What was sealed; every source is still whole.
pub struct Sealed {
    report: files::Report,
    pairs: Pairs,
    roots: Vec<PathBuf>,
    refusal: Option<Refusal>,
    options: RetireOptions,
}

impl Sealed {
    /// What was sealed.
    #[must_use]
    pub fn report(&self) -> &files::Report {
        &self.report
    }

    /// Why nothing of it will be retired, if that is so.
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        self.refusal
    }

    /// Number of sealed files that are to be compared with their sources.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of content that are to be compared.
    #[must_use]
    pub fn content_bytes(&self) -> u64 {
        (0..self.pairs.len()).map(|at| self.pairs.size(at)).sum()
    }
}

/// What a retirement wipes with.
fn wipe_options(options: &RetireOptions) -> WipeOptions {
    WipeOptions { keep: false, whole: false, ..options.wipe.clone() }
}

impl From<files::Failure> for Error {
    fn from(failure: files::Failure) -> Self {
        Self::Seal(failure)
    }
}

impl From<wipe::Problem> for Error {
    fn from(problem: wipe::Problem) -> Self {
        Self::Wipe(problem)
    }
}

/// The name of a path as it is, links in it resolved; as written where it is not there.
fn resolved(path: &Path) -> PathBuf {
    let absolute = || std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    path.canonicalize().unwrap_or_else(|_| absolute())
}
