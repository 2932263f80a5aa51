//! The key that an officer signs with.

use sealkeep_crypto::SigningKey;
use sealkeep_crypto::pkcs8::{self, NotAKey};

use crate::cli::exit::Code;
use crate::cli::failure::Failure;
use crate::cli::{Context, prompt, store};

/// The officer's key that the settings name; its passphrase is asked for if nothing tells where it is.
///
/// # Errors
/// `E-NO-OFFICER-KEY`, `E-NOT-OFFICER-KEY`, `E-OFFICER-LOCKED`, and those of reading files and asking.
pub(crate) fn officer_key(context: &Context) -> Result<SigningKey, Failure> {
    let settings = &context.settings;
    let Some(path) = &settings.officer_key else {
        return Err(Failure::new(Code::NoOfficerKey, ""));
    };
    let text = store::read_small(path)?;
    let passphrase = match &settings.officer_passphrase_file {
        Some(file) => prompt::from_file(file)?,
        None => prompt::ask_for(path, context.output.messages(), &context.cancel)?,
    };
    pkcs8::from_pem(&text, passphrase.expose()).map_err(|error| {
        let code = match error {
            NotAKey::Passphrase => Code::OfficerLocked,
            _ => Code::NotOfficerKey,
        };
        Failure::at(code, path).because(error)
    })
}
