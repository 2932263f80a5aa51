//! Library errors → stable codes. The words for them stand in the catalogue.

use std::path::Path;

use sealkeep::{envelope, files};
use sealkeep_keystore as keystore;

use crate::cli::exit::Code;
use crate::cli::failure::{Failure, code_of_io};

/// An error about one file.
pub(crate) fn file(path: &Path, error: &files::Error) -> Failure {
    use files::Error as E;
    match error {
        E::Envelope(error) => envelope(path, error),
        E::Keys(error) => match error.downcast_ref::<keystore::Error>() {
            Some(error) => key_of_file(path, error),
            None => Failure::at(Code::Unexpected, path).because(error),
        },
        E::Exists => Failure::at(Code::OutputExists, path),
        E::NotReplaceable => Failure::at(Code::OutputExists, path).because(error),
        E::AlreadySealed => Failure::at(Code::AlreadySealed, path),
        E::Changed => Failure::at(Code::Changed, path),
        E::Unsupported => Failure::at(Code::NotRegular, path),
        E::OutputInsideInput => Failure::at(Code::OutputInside, path),
        E::NotADirectory(inside) => Failure::at(Code::Escapes, inside),
        E::Pattern(error) => {
            // A pattern without a slash is tried on every level; the user typed the end of it.
            let glob = error.glob().unwrap_or_default();
            Failure::new(Code::Pattern, glob.strip_prefix("**/").unwrap_or(glob))
        }
        E::NoName | E::OneFileOnly | E::SameName => {
            Failure::at(Code::OneOutput, path).because(error)
        }
        E::Io { source, .. } => {
            let code = code_of_io(source);
            let failure = Failure::at(code, path);
            if code == Code::Io { failure.because(error) } else { failure }
        }
        _ => Failure::at(Code::Unexpected, path).because(error),
    }
}

/// An error of the sealed format about `path`.
pub(crate) fn envelope(path: &Path, error: &envelope::Error) -> Failure {
    use envelope::Error as E;
    let at = |code| Failure::at(code, path);
    match error {
        E::NotSealed => at(Code::NotSealed),
        E::Version(_) | E::Suite(_) | E::Flags(_) => at(Code::Version).because(error),
        E::Header(_) | E::Metadata(_) => at(Code::Header).because(error),
        E::WrongKeyOrHeader => at(Code::WrongKey),
        E::Damaged { .. } => at(Code::Damaged).because(error),
        E::Truncated => at(Code::Truncated),
        E::Range { .. } => at(Code::Range).because(error),
        E::TooLong => at(Code::TooLong),
        E::Changed => at(Code::Changed),
        E::Cancelled => at(Code::Interrupted),
        E::Read(source) | E::Write(source) => Failure::io(path, source),
        _ => at(Code::Unexpected).because(error),
    }
}

/// An error of the key store while it served a file: the file is what it is about.
fn key_of_file(path: &Path, error: &keystore::Error) -> Failure {
    use keystore::Error as E;
    let at = |code| Failure::at(code, path);
    match error {
        E::Destroyed { .. } => at(Code::KeyDestroyed).because(error),
        E::Held(_) => at(Code::KeyHeld).because(error),
        E::Lost(_) => at(Code::KeyLost).because(error),
        E::NotOfThisStore(_) => at(Code::KeyUnknown).because(error),
        E::NotUsable { .. } => at(Code::KeyUnusable).because(error),
        other => store(other),
    }
}

/// An error of the key store.
pub(crate) fn store(error: &keystore::Error) -> Failure {
    use keystore::Error as E;
    match error {
        E::NotAStore(path) => Failure::at(Code::StoreMissing, path),
        E::AlreadyExists(path) => Failure::at(Code::StoreExists, path),
        E::NoCustody => Failure::new(Code::NoCustody, ""),
        E::WrongCustody => Failure::new(Code::Locked, ""),
        E::Busy(_) => Failure::new(Code::Busy, "").because(error),
        E::NotOfThisStore(id) => Failure::new(Code::KeyUnknown, id.to_string()),
        E::Destroyed { id, .. } => Failure::new(Code::KeyDestroyed, id.to_string()),
        E::Held(id) => Failure::new(Code::KeyHeld, id.to_string()),
        E::Lost(id) => Failure::new(Code::KeyLost, id.to_string()),
        E::NotUsable { id, state } => {
            Failure::new(Code::KeyUnusable, id.to_string()).because(state)
        }
        E::Transition { id, .. } => Failure::new(Code::Transition, id.to_string()).because(error),
        E::NoSuchScope(name) => Failure::new(Code::ScopeUnknown, name),
        E::ScopeDestroyed(name) => Failure::new(Code::ScopeDestroyed, name),
        E::ScopeName(name) => Failure::new(Code::Scope, name),
        E::DatabaseRolledBack { .. } | E::CellRolledBack(_) => {
            Failure::new(Code::StoreOld, "").because(error)
        }
        E::ForeignCell(path) => Failure::at(Code::ForeignCell, path),
        E::NotErased(path) => Failure::at(Code::NotErased, path),
        E::Damaged(what) => Failure::new(Code::StoreDamaged, "").because(what),
        E::Share(error) => Failure::new(Code::SharesRefused, "").because(error),
        E::NotAKeyFile => Failure::new(Code::NotKeyFile, ""),
        E::CopyUnreachable { path, reason } => {
            Failure::at(Code::CopyUnreachable, path).because(reason)
        }
        E::NoSuchCopy(path) => Failure::at(Code::CopyUnknown, path),
        E::NotACopy(path) => Failure::at(Code::NotACopy, path),
        E::CopyOutdated { .. } => Failure::new(Code::CopyOutdated, "").because(error),
        E::Io { path, source } => Failure::io(path, source),
        E::Database(_) => database(error),
        _ => Failure::new(Code::Unexpected, "").because(error),
    }
}

/// What SQLite says, as far as the user can do something about it.
fn database(error: &keystore::Error) -> Failure {
    let text = error.to_string();
    let code = match text.as_str() {
        text if text.contains("disk is full") => Code::NoSpace,
        text if text.contains("disk I/O error") => Code::Io,
        text if text.contains("readonly") || text.contains("unable to open") => Code::Permission,
        text if text.contains("locked") => Code::Busy,
        _ => Code::StoreDamaged,
    };
    Failure::new(code, "").because(text)
}
