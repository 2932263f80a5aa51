//! The key that an officer signs with, and statements signed with it.

use sealkeep_crypto::SigningKey;
use sealkeep_crypto::pkcs8::{self, NotAKey};
use sealkeep_keystore::approval::register::Refusal;
use sealkeep_keystore::approval::{Draft, OfficerId, Register, Role, Said};

use crate::cli::exit::Code;
use crate::cli::failure::Failure;
use crate::cli::{Context, cmd, prompt, store};

/// An officer at work: enrolled under this id, with this key.
pub(crate) struct Signer {
    pub(crate) id: OfficerId,
    pub(crate) key: SigningKey,
}

impl Signer {
    /// The officer whose key the settings name.
    ///
    /// # Errors
    /// As [`officer_key`]; `E-NOT-AN-OFFICER` if the key is nobody's.
    pub(crate) fn of(register: &Register, context: &Context) -> Result<Signer, Failure> {
        let key = officer_key(context)?;
        let public = key.verifying_key();
        let mut officers = register.officers();
        let found = officers.find(|record| record.officer.key.0 == public);
        let record = found.ok_or_else(|| Failure::new(Code::NotAnOfficer, path(context)))?;
        Ok(Signer { id: record.officer.id.clone(), key })
    }

    /// Refuses before long work who could not sign what comes of it.
    ///
    /// # Errors
    /// `E-STATEMENT`.
    pub(crate) fn must_be(
        &self,
        role: Role,
        register: &Register,
        context: &Context,
    ) -> Result<(), Failure> {
        let record = register.officer(&self.id);
        if record.is_some_and(|record| record.officer.has(&[role])) {
            return Ok(());
        }
        let refusal = Refusal::Role { officer: self.id.clone(), roles: vec![role] };
        Err(store::here(context, &refusal.into()))
    }

    /// A statement signed by this officer alone.
    ///
    /// # Errors
    /// `E-STATEMENT` if it would not be one.
    pub(crate) fn say(
        &self,
        register: &Register,
        said: impl Into<Said>,
    ) -> Result<Vec<u8>, Failure> {
        self.say_with(register, &[], said)
    }

    /// A statement that these officers are to sign too, later.
    ///
    /// # Errors
    /// `E-STATEMENT` if it would not be one.
    pub(crate) fn say_with(
        &self,
        register: &Register,
        others: &[OfficerId],
        said: impl Into<Said>,
    ) -> Result<Vec<u8>, Failure> {
        let by = std::iter::once(&self.id).chain(others).cloned().collect();
        let policy = register.policy_digest();
        let draft = Draft::new(*register.store(), cmd::now(), policy, by, said);
        let signed = draft.sign(&[(&self.id, &self.key)]);
        signed.map_err(|error| Failure::new(Code::Statement, error.to_string()))
    }
}

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

fn path(context: &Context) -> String {
    let path = context.settings.officer_key.as_deref();
    path.map(|path| path.display().to_string()).unwrap_or_default()
}
