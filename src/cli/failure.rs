//! One error of the program: a stable code and what it is about. Its words come from the catalogue.

use std::io;
use std::path::Path;

use serde_json::Value;

use crate::cli::exit::Code;

/// An error on its way to the user.
///
/// Libraries below say what happened in their own types; `classify.rs` turns those into this. The
/// remedy is not in here: it hangs at the code in the catalogue.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// What kind of failure it is.
    pub(crate) code: Code,
    /// What it is about: a path, a key id, an argument. Empty when there is only one candidate.
    pub(crate) subject: String,
    /// The untranslated text of the error below, for support; empty when it adds nothing.
    pub(crate) detail: String,
    /// What was done before, for the error document of a command that was stopped on its way.
    pub(crate) report: Option<Value>,
}

impl Failure {
    /// A failure about `subject`.
    pub(crate) fn new(code: Code, subject: impl Into<String>) -> Self {
        Failure { code, subject: subject.into(), detail: String::new(), report: None }
    }

    /// A failure about a path; bytes that are not UTF-8 are shown as replacement characters.
    pub(crate) fn at(code: Code, path: &Path) -> Self {
        Failure::new(code, path.display().to_string())
    }

    /// The same with the text of the error below.
    #[must_use]
    pub(crate) fn because(mut self, detail: impl ToString) -> Self {
        self.detail = detail.to_string();
        self
    }

    /// What an operating system error at `path` means.
    pub(crate) fn io(path: &Path, error: &io::Error) -> Self {
        let code = code_of_io(error);
        let failure = Failure::at(code, path);
        if code == Code::Io { failure.because(error) } else { failure }
    }

    /// A failed write to standard output.
    pub(crate) fn stdout(error: &io::Error) -> Self {
        Failure::io(Path::new("-"), error)
    }
}

/// The code for an operating system error.
pub(crate) fn code_of_io(error: &io::Error) -> Code {
    match error.kind() {
        io::ErrorKind::NotFound => Code::NotFound,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Code::Permission,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Code::NoSpace,
        io::ErrorKind::BrokenPipe => Code::PipeClosed,
        io::ErrorKind::AlreadyExists => Code::Exists,
        io::ErrorKind::IsADirectory => Code::IsDirectory,
        io::ErrorKind::NotADirectory => Code::NotDirectory,
        _ => Code::Io,
    }
}
