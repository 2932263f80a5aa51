//! `destroy`: from the request to the certificate, each officer's part.

mod certify;
mod execute;
mod guided;
mod inspect;
mod list;
mod packet;
mod rehearse;
mod request;
mod review;
mod say;

use std::sync::Arc;

pub(crate) use packet::write_new;

use sealkeep::destruction::execution::lines;
use sealkeep::destruction::request_files::RequestFiles;
use sealkeep::destruction::{self, Sources};
use sealkeep::keys::{Keys, StoreKeys};
use sealkeep_keystore::approval::register::RequestRecord;
use sealkeep_keystore::approval::{Digest, Register};
use sealkeep_keystore::{Accepted, KeyStore};

use crate::cli::args::DestroyCommand;
use crate::cli::exit::{Code, Exit};
use crate::cli::failure::Failure;
use crate::cli::vault::Opened;
use crate::cli::{Context, classify, cmd, prompt, store, vault};

pub(crate) fn run(command: DestroyCommand, context: &mut Context) -> Result<Exit, Failure> {
    match command {
        DestroyCommand::Request(args) => request::run(*args, context),
        DestroyCommand::Next => guided::next(context),
        DestroyCommand::List(args) => list::list(&args, context),
        DestroyCommand::Status(args) => list::status(&args, context),
        DestroyCommand::Review(args) => review::run(&args, context),
        DestroyCommand::Export(args) => packet::export(&args, context),
        DestroyCommand::Import(args) => packet::import(&args, context),
        DestroyCommand::Approve(args) => say::approve(&args, context),
        DestroyCommand::Reject(args) => say::reject(&args, context),
        DestroyCommand::Withdraw(args) => say::withdraw(&args, context),
        DestroyCommand::Cancel(args) => say::cancel(&args, context),
        DestroyCommand::Resume(args) => say::resume(&args, context),
        DestroyCommand::Execute(args) => execute::run(&args, context),
        DestroyCommand::Witness(args) => say::witness(&args, context),
        DestroyCommand::Inspect(args) => inspect::run(&args, context),
        DestroyCommand::Certify(args) => certify::run(&args, context),
    }
}

/// The open key store, the vault if one is named, and the files of requests.
pub(crate) struct Desk {
    pub(crate) keys: Arc<StoreKeys>,
    vault: Option<Opened>,
    pub(crate) files: RequestFiles,
}

impl Desk {
    /// Opens the key store, and the vault if one is named.
    ///
    /// # Errors
    /// As opening either.
    pub(crate) fn open(context: &Context) -> Result<Desk, Failure> {
        let files = RequestFiles::of(&store::location(context)?);
        if context.settings.vault.is_none() {
            return Ok(Desk {
                keys: Arc::new(StoreKeys::new(store::open(context)?)),
                vault: None,
                files,
            });
        }
        let opened = vault::open(context)?;
        Ok(Desk { keys: Arc::clone(&opened.keys), vault: Some(opened), files })
    }

    /// The key store without the vault, for what needs no more.
    ///
    /// # Errors
    /// As opening it.
    pub(crate) fn without_vault(context: &Context) -> Result<Desk, Failure> {
        let files = RequestFiles::of(&store::location(context)?);
        Ok(Desk { keys: Arc::new(StoreKeys::new(store::open(context)?)), vault: None, files })
    }

    pub(crate) fn sources(&self) -> Sources<'_> {
        Sources { keys: &self.keys, vault: self.vault.as_ref().map(|opened| &opened.vault) }
    }

    /// Does something with the key store.
    ///
    /// # Errors
    /// What it says, in the words of the program.
    pub(crate) fn ask<R>(
        &self,
        context: &Context,
        work: impl FnOnce(&mut KeyStore) -> sealkeep_keystore::Result<R>,
    ) -> Result<R, Failure> {
        self.keys.with(work).map_err(|error| store::here(context, &error))
    }

    /// The register, with officers in it. Names of requests that ended, by whatever command, are overwritten.
    ///
    /// # Errors
    /// `E-NO-OFFICERS` before the ceremony.
    pub(crate) fn register(&self, context: &Context) -> Result<Register, Failure> {
        let register = self.ask(context, KeyStore::register)?;
        let forgotten = destruction::forget(&self.files, &register);
        forgotten.map_err(|error| failure(&error, context))?;
        if register.genesis().is_none() {
            return Err(Failure::new(Code::NoOfficers, ""));
        }
        Ok(register)
    }

    /// Hands a statement about a request in, with its inventory, and brings live copies up to date.
    ///
    /// # Errors
    /// What the rules say.
    pub(crate) fn submit(
        &self,
        envelope: &[u8],
        request: Option<&Digest>,
        context: &Context,
    ) -> Result<Accepted, Failure> {
        let lines = request.map(|request| lines(&self.files, request)).transpose();
        let lines = lines.map_err(|error| failure(&error, context))?;
        let accepted = self.ask(context, |store| store.submit(envelope, lines.as_deref()))?;
        self.settle(context)?;
        Ok(accepted)
    }

    /// Brings live copies of the key store up to date.
    ///
    /// # Errors
    /// `E-COPY-UNREACHABLE` for a copy whose policy is to refuse.
    pub(crate) fn settle(&self, context: &Context) -> Result<(), Failure> {
        self.keys.settle().map_err(|error| failure(&destruction::Error::Keys(error), context))?;
        cmd::warn_behind(&self.keys.copies(), context);
        self.mirror(context)
    }

    /// Brings what is kept of requests to the live copies that were up to date when they were last asked.
    ///
    /// # Errors
    /// If the register cannot be read. What a copy does not take is a warning.
    pub(crate) fn mirror(&self, context: &Context) -> Result<(), Failure> {
        let register = self.ask(context, KeyStore::register)?;
        cmd::mirror_requests(&self.keys.copies(), &self.files, &register, context);
        Ok(())
    }
}

/// The request that a number, a digest or the beginning of one names.
///
/// # Errors
/// `E-REQUEST-UNKNOWN`, `E-REQUEST-AMBIGUOUS`.
pub(crate) fn find<'r>(register: &'r Register, name: &str) -> Result<&'r RequestRecord, Failure> {
    let exact = register.requests().find(|record| record.request.number.as_str() == name);
    if let Some(record) = exact {
        return Ok(record);
    }
    let starts = |record: &&RequestRecord| {
        record.digest.to_string().starts_with(name)
            || record.request.number.as_str().starts_with(name)
    };
    let mut found = register.requests().filter(starts);
    match (found.next(), found.next()) {
        (Some(record), None) => Ok(record),
        (Some(_), Some(_)) => Err(Failure::new(Code::RequestAmbiguous, name)),
        (None, _) => Err(Failure::new(Code::RequestUnknown, name)),
    }
}

/// An error of a destruction, in the words of the program.
pub(crate) fn failure(error: &destruction::Error, context: &Context) -> Failure {
    match error {
        destruction::Error::KeyStore(error) => store::here(context, error),
        destruction::Error::Keys(keys) => match keys.downcast_ref() {
            Some(error) => store::here(context, error),
            None => Failure::new(Code::Unexpected, "").because(keys),
        },
        destruction::Error::Vault(error) => {
            let dir = context.settings.vault.clone().unwrap_or_default();
            vault::failure(&dir, error, context)
        }
        destruction::Error::Cancelled => context.cancel.failure(),
        error => classify::destruction(error),
    }
}

/// Asks to type the number of the request before something is signed, unless it was said that nobody is to be asked.
///
/// # Errors
/// `E-NOT-CONFIRMED`.
pub(super) fn confirm(
    key: &str,
    number: &str,
    yes: bool,
    context: &Context,
) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    let question = context.output.messages().text(key, &[("number", &number)]);
    if prompt::confirm(&question, number, &context.cancel)? {
        Ok(())
    } else {
        Err(Failure::new(Code::NotConfirmed, ""))
    }
}

/// The first digits of a digest, as people see it.
pub(crate) fn short(digest: &Digest) -> String {
    digest.to_string()[..12].to_owned()
}

/// A text of a statement.
///
/// # Errors
/// `E-USAGE` if it is too long or has control characters.
pub(crate) fn text<T: TryFrom<String>>(option: &str, text: &str) -> Result<T, Failure> {
    T::try_from(text.to_owned()).map_err(|_| Failure::new(Code::Usage, option))
}
