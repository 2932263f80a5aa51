//! Library errors → stable codes. The words for them stand in the catalogue.

use std::path::Path;

use sealkeep::backup::{self, ObjectError, PlaceError};
use sealkeep::keys::Unavailable;
use sealkeep::{destruction, envelope, files, vault, wipe};
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
        E::Differs(_) => Failure::at(Code::Differs, path).because(error),
        E::Unsupported => Failure::at(Code::NotRegular, path),
        E::OutputInsideInput => Failure::at(Code::OutputInside, path),
        E::NotADirectory(inside) => Failure::at(Code::Escapes, inside),
        E::Pattern(error) => {
            // A pattern without a slash is tried on every level; the user typed the end of it.
            let glob = error.glob().unwrap_or_default();
            Failure::new(Code::Pattern, glob.strip_prefix("**/").unwrap_or(glob))
        }
        E::EmptyPattern(glob) => Failure::new(Code::Pattern, glob),
        E::MirrorTaken => Failure::at(Code::MirrorTaken, path),
        E::NothingSealed => Failure::at(Code::NothingSealed, path),
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

/// An error about something that was to be wiped.
pub(crate) fn wipe(path: &Path, error: &wipe::Error) -> Failure {
    use wipe::Error as E;
    let at = |code| Failure::at(code, path);
    match error {
        E::Cancelled => at(Code::Interrupted),
        E::Changed => at(Code::OtherTarget),
        E::NoSanitize(_) => at(Code::NoSanitize).because(error),
        E::Mismatch { .. } | E::BadBlocks { .. } | E::StillThere | E::Sanitize(_) => {
            at(Code::WipeFailed).because(error)
        }
        E::NotInPlace => at(Code::NotInPlace),
        E::Twice => at(Code::NamedTwice),
        E::Link(_) => at(Code::IsLink).because(error),
        E::Missing => at(Code::Missing),
        E::NotEmpty => at(Code::NotEmpty),
        E::OtherMount => at(Code::OtherMount),
        E::Unsupported => at(Code::NotWipeable),
        E::Journal(_) => at(Code::Journal).because(error),
        E::Busy => at(Code::WipeBusy),
        E::JournalInside => at(Code::JournalInside),
        E::NotADirectory(inside) => Failure::at(Code::Escapes, inside),
        E::Io { source, .. } => {
            let code = code_of_io(source);
            let failure = at(code);
            if code == Code::Io { failure.because(error) } else { failure }
        }
        _ => at(Code::Unexpected).because(error),
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
        E::Differs { .. } => at(Code::Differs).because(error),
        E::Changed => at(Code::Changed),
        E::Cancelled => at(Code::Interrupted),
        E::Read(source) | E::Write(source) => Failure::io(path, source),
        _ => at(Code::Unexpected).because(error),
    }
}

/// An error of the vault in the folder `dir`; one that is about a file of it names that file.
pub(crate) fn vault(dir: &Path, error: &vault::Error) -> Failure {
    use vault::Error as E;
    let at = |code| Failure::at(code, dir);
    match error {
        E::NotAVault(_) => at(Code::NotAVault),
        E::NotEmpty(_) => at(Code::VaultExists),
        E::Busy(_) => at(Code::VaultBusy),
        E::Cancelled => at(Code::Interrupted),
        E::Missing(name) if name == "vault" => at(Code::NotAVault),
        E::CopyAhead { .. } | E::CopyDiverged(_) => at(Code::VaultOld).because(error),
        E::NotRegistered(name) => Failure::new(Code::MediumUnknown, name),
        E::Registered(_) => at(Code::MediumKnown).because(error),
        E::NotKept(_) => at(Code::NotKept).because(error),
        E::NoHead(_) => at(Code::VaultDamaged).because(error),
        E::Refused { name, reason: vault::Refused::ForeignVault } if name == "vault" => {
            at(Code::OtherVault)
        }
        E::Missing(_) | E::TooShort(_) | E::TooLarge(_) | E::Refused { .. } => {
            at(Code::VaultDamaged).because(error)
        }
        E::Keys(error) => match error.downcast_ref::<keystore::Error>() {
            Some(error) => store(error),
            None => at(Code::Unexpected).because(error),
        },
        E::OwnKey(why) => unavailable(dir, why),
        E::Io { name, source, .. } => {
            let path = dir.join(name);
            let failure = Failure::io(&path, source);
            if failure.code == Code::Io { failure.because(error) } else { failure }
        }
        _ => at(Code::Unexpected).because(error),
    }
}

/// Why something could not be made at `path`.
pub(crate) fn place(path: &Path, error: &PlaceError) -> Failure {
    match error {
        PlaceError::Exists => Failure::at(Code::RestoreExists, path),
        PlaceError::NotReplaceable => Failure::at(Code::RestoreExists, path).because(error),
        PlaceError::NotADirectory(inside) => Failure::at(Code::Escapes, inside),
        PlaceError::Io { source, .. } => {
            let failure = Failure::io(path, source);
            if failure.code == Code::Io { failure.because(error) } else { failure }
        }
        _ => Failure::at(Code::Unexpected, path).because(error),
    }
}

/// Why the key of what `path` names does not open.
pub(crate) fn unavailable(path: &Path, why: &Unavailable) -> Failure {
    let code = match why {
        Unavailable::Destroyed(_) => Code::KeyDestroyed,
        Unavailable::Held => Code::KeyHeld,
        Unavailable::Lost => Code::KeyLost,
        Unavailable::Foreign => Code::KeyUnknown,
        Unavailable::Restricted => Code::Restricted,
        Unavailable::NotUsable(_) => Code::KeyUnusable,
    };
    Failure::at(code, path).because(why)
}

/// An error about something that was to be backed up.
pub(crate) fn object(path: &Path, error: &ObjectError) -> Failure {
    match error {
        ObjectError::Io { source, .. } => {
            let failure = Failure::io(path, source);
            if failure.code == Code::Io { failure.because(error) } else { failure }
        }
        ObjectError::Own => Failure::at(Code::BackupOwn, path),
        ObjectError::Destroyed => Failure::at(Code::ObjectDestroyed, path),
        ObjectError::Key(why) => unavailable(path, why),
        ObjectError::Replaced => Failure::at(Code::Changed, path).because(error),
        _ => Failure::at(Code::Unexpected, path).because(error),
    }
}

/// An error about what a backup is to leave out, or the list `path` of what it is to take.
pub(crate) fn filter(path: &Path, error: &backup::filter::Error) -> Failure {
    use backup::filter::Error as E;
    match error {
        E::Pattern { pattern, reason } => Failure::new(Code::Pattern, pattern).because(reason),
        E::EmptyPattern(glob) => Failure::new(Code::Pattern, glob),
        E::List(error) => Failure::io(path, error),
        _ => Failure::at(Code::Unexpected, path).because(error),
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

/// An error of a destruction that is not of the key store, the vault or a signal.
pub(crate) fn destruction(error: &destruction::Error) -> Failure {
    use destruction::Error as E;
    match error {
        E::Blocked(blocked) => Failure::new(Code::MustBeKept, blocked.len().to_string()),
        E::Nothing => Failure::new(Code::NothingFound, ""),
        E::Pattern(what) => Failure::new(Code::Pattern, what),
        E::NeedsVault => Failure::new(Code::NoVault, ""),
        E::NoSnapshot(id) => Failure::new(Code::SnapshotUnknown, id.to_string()),
        E::Method(method) => Failure::new(Code::Method, method),
        E::NoRequest(digest) => Failure::new(Code::RequestUnknown, digest.to_string()),
        E::Busy => Failure::new(Code::Busy, "").because(error),
        E::Altered { .. } => Failure::new(Code::Inventory, "").because(error),
        E::Missing(path) => Failure::at(Code::RequestFile, path),
        E::Changed { item, why } => Failure::new(Code::Stale, item.to_string()).because(why),
        E::NotOverwritable { path, why } => Failure::at(Code::WipeRefused, path).because(why),
        E::OtherVault(_) => Failure::new(Code::NoVault, "").because(error),
        E::Wipe(problem) => wipe(&problem.path, &problem.error),
        E::Sealed { path, source } => file(path, source),
        E::Io { path, source } => Failure::io(path, source),
        E::Reserved(_) | E::TooLong(_) => Failure::new(Code::Usage, error.to_string()),
        _ => Failure::new(Code::Unexpected, "").because(error),
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
        E::ForeignFeed(path) | E::ForeignIntent(path) | E::Implausible(path) => {
            Failure::at(Code::CopyDamaged, path).because(error)
        }
        E::CopyOutdated { .. } => Failure::new(Code::CopyOutdated, "").because(error),
        E::ScopePending(name) => Failure::new(Code::ScopePending, name),
        E::Statement(error) => Failure::new(Code::NotAStatement, "").because(error),
        E::Refused(refusal) => {
            Failure::new(Code::Statement, refusal.to_string()).because(refusal.code())
        }
        E::Inventory(_) | E::OtherInventory | E::InventoryNeeded(_) => {
            Failure::new(Code::Inventory, "").because(error)
        }
        E::Stale { item, why } => Failure::new(Code::Stale, item.to_string()).because(why),
        E::Restricted(id) => Failure::new(Code::Restricted, id.to_string()),
        E::LevelLowered { .. } => Failure::new(Code::Statement, error.to_string()),
        E::PurposeNeeded => Failure::new(Code::Purpose, ""),
        E::OtherStoreKey => Failure::new(Code::Statement, error.to_string()),
        E::NotCertified(why) => Failure::new(Code::NotCertified, "").because(why),
        E::Unrecorded(why) => Failure::new(Code::Unrecorded, "").because(why),
        E::NoSuchEntry(index) => Failure::new(Code::EntryUnknown, index.to_string()),
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

#[cfg(test)]
mod tests {
    use std::fs;

    use sealkeep::envelope::{Preamble, Run};
    use sealkeep_crypto::Secret;
    use serde_json::Value;

    use super::*;

    /// What the specification calls a refusal, and what the user is told.
    const TOLD: [(&str, Code); 9] = [
        ("not-sealed", Code::NotSealed),
        ("version", Code::Version),
        ("suite", Code::Version),
        ("flags", Code::Version),
        ("header", Code::Header),
        ("metadata", Code::Header),
        ("wrong-key-or-header", Code::WrongKey),
        ("damaged", Code::Damaged),
        ("truncated", Code::Truncated),
    ];

    fn open(sealed: &[u8], key: &Secret<32>) -> Result<(), envelope::Error> {
        let mut input = sealed;
        let opener = Preamble::read(&mut input)?.unlock(key)?;
        opener.open_stream(input, std::io::sink(), &Run::quiet()).map(drop)
    }

    fn key_of(vector: &Value) -> Secret<32> {
        let text = vector["data_key"].as_str().expect("every vector has its key");
        let bytes: Vec<u8> = (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal"))
            .collect();
        Secret::from_slice(&bytes).expect("keys have 32 bytes")
    }

    #[test]
    fn every_refusal_of_the_specification_has_its_code() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/spec/vectors/envelope");
        let mut seen = Vec::new();
        for entry in fs::read_dir(&dir).expect("the vectors are there") {
            let path = entry.expect("readable").path();
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let text = fs::read_to_string(&path).expect("readable");
            let vector: Value = serde_json::from_str(&text).expect("vectors are JSON");
            let name = vector["sealed"].as_str().expect("every vector names its file");
            let sealed = fs::read(dir.join(name)).expect("it is there");
            let code = open(&sealed, &key_of(&vector)).err().map(|error| envelope(&path, &error));
            let expect = vector["expect"].as_str().expect("every vector has a result").to_owned();
            let told = TOLD.iter().find(|(refusal, _)| *refusal == expect).map(|(_, code)| *code);
            assert_eq!(code.map(|failure| failure.code), told, "{name}: {expect}");
            seen.push(expect);
        }
        for (refusal, _) in TOLD {
            assert!(seen.iter().any(|one| one == refusal), "no vector for {refusal}");
        }
    }
}
