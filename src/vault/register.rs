//! The register of copies and media: what exists, where, in whose hands, and what is overdue (`docs/spec/vault.md` §10).
//!
//! A register is never changed: [`update`] writes the next, and storage refuses the second of two that are written at once, which
//! then looks again and takes the number after it.

mod due;
mod medium;

use sealkeep_crypto::random;
use sealkeep_keystore::dsse;
use serde::{Deserialize, Serialize};

pub use due::{Due, What};
pub use medium::{Audit, Check, Medium, MediumKind, MediumState, Sync};

use super::description::{VaultFile, hex};
use super::error::{Error, Refused, Result};
use super::head;
use super::keyring::Keyring;
use super::storage::Storage;

/// All copies and media of a vault.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Register {
    media: Vec<Medium>,
}

impl Register {
    /// The newest register that this vault signed; empty if there is none.
    ///
    /// # Errors
    /// `Io`.
    pub fn load(storage: &dyn Storage, vault: &VaultFile) -> Result<Self> {
        newest(storage, vault).map(|(_, register)| register)
    }

    /// All of them, in the order in which they were added.
    #[must_use]
    pub fn media(&self) -> &[Medium] {
        &self.media
    }

    /// The one with this id.
    ///
    /// # Errors
    /// `NotRegistered`.
    pub fn get(&self, id: &str) -> Result<&Medium> {
        let found = self.media.iter().find(|medium| medium.id == id);
        found.ok_or_else(|| Error::NotRegistered(id.to_owned()))
    }

    /// The one with this id or at this place that is in use.
    ///
    /// # Errors
    /// `NotRegistered`.
    pub fn find(&self, id_or_place: &str) -> Result<&Medium> {
        let at_place =
            |medium: &&Medium| medium.place == id_or_place && medium.state == MediumState::InUse;
        self.get(id_or_place).or_else(|error| self.media.iter().find(at_place).ok_or(error))
    }

    /// Adds one; its id is made here.
    ///
    /// # Errors
    /// `Registered` if a copy at the same place is in use.
    pub fn add(&mut self, mut medium: Medium) -> Result<&Medium> {
        let same = |other: &&Medium| {
            other.copy
                && medium.copy
                && !medium.place.is_empty()
                && other.place == medium.place
                && other.state == MediumState::InUse
        };
        if let Some(other) = self.media.iter().find(same) {
            return Err(Error::Registered(other.id.clone()));
        }
        medium.id = loop {
            let id = format!("{:08x}", u32::from_be_bytes(random::array()));
            if self.get(&id).is_err() {
                break id;
            }
        };
        self.media.push(medium);
        Ok(self.media.last().expect("one was just added"))
    }

    /// Changes one. Its id stays.
    ///
    /// # Errors
    /// `NotRegistered`, and what `change` says.
    pub fn change(
        &mut self,
        id: &str,
        change: impl FnOnce(&mut Medium) -> Result<()>,
    ) -> Result<&Medium> {
        let at = self.media.iter().position(|medium| medium.id == id);
        let at = at.ok_or_else(|| Error::NotRegistered(id.to_owned()))?;
        let mut changed = self.media[at].clone();
        change(&mut changed)?;
        id.clone_into(&mut changed.id);
        self.media[at] = changed;
        Ok(&self.media[at])
    }

    /// Removes one, as if it had never been there. What existed is to be retired, destroyed or lost instead.
    ///
    /// # Errors
    /// `NotRegistered`.
    pub fn remove(&mut self, id: &str) -> Result<Medium> {
        let at = self.media.iter().position(|medium| medium.id == id);
        at.map(|at| self.media.remove(at)).ok_or_else(|| Error::NotRegistered(id.to_owned()))
    }

    /// What should have been done by `now`, longest overdue first.
    #[must_use]
    pub fn due(&self, now: u64) -> Vec<Due> {
        due::due(&self.media, now)
    }

    fn encode(&self, vault: &VaultFile, number: u64, now: u64) -> Vec<u8> {
        let stored = Stored {
            version: VERSION,
            vault: hex(&vault.vault),
            number,
            time: now,
            media: self.media.clone(),
        };
        serde_json::to_vec(&stored).expect("numbers and strings can be written as JSON")
    }

    fn decode(bytes: &[u8], vault: &VaultFile, number: u64) -> std::result::Result<Self, Refused> {
        let payload = dsse::verify(KIND, bytes, &vault.public)?;
        let stored: Stored = serde_json::from_slice(&payload).map_err(|_| Refused::Malformed)?;
        if stored.vault != hex(&vault.vault) {
            return Err(Refused::ForeignVault);
        }
        if stored.version != VERSION || stored.number != number {
            return Err(Refused::Malformed);
        }
        Ok(Self { media: stored.media })
    }
}

/// Changes the register: reads the newest, lets `change` work on it, writes it under the next number and then the head that
/// names it. If somebody else was faster, `change` is called again on theirs.
///
/// # Errors
/// What `change` says, `Io`.
pub fn update<T>(
    storage: &dyn Storage,
    vault: &VaultFile,
    keys: &Keyring,
    now: u64,
    mut change: impl FnMut(&mut Register) -> Result<T>,
) -> Result<T> {
    loop {
        let (taken, mut register) = newest(storage, vault)?;
        let changed = change(&mut register)?;
        let number =
            taken.checked_add(1).ok_or_else(|| Error::refused(name(taken))(Refused::Malformed))?;
        let payload = register.encode(vault, number, now);
        let signed = dsse::sign(KIND, &payload, keys.signer(), &vault.fingerprint());
        match storage.put_bytes(&name(number), &signed) {
            Err(Error::Exists(_)) => continue,
            other => other?,
        }
        head::write_next(storage, vault, keys, now, &[])?;
        return Ok(changed);
    }
}

/// Registers that a newer one has replaced. Whoever holds the vault alone may write a head without them and remove them.
///
/// # Errors
/// `Io`.
pub fn superseded(storage: &dyn Storage, vault: &VaultFile) -> Result<Vec<String>> {
    let (_, good) = newest_name(storage, vault)?;
    let Some((good, _)) = good else { return Ok(Vec::new()) };
    let older = numbered(storage)?.into_iter().filter(|(number, _)| *number < good);
    Ok(older.map(|(_, name)| name).collect())
}

/// The greatest number there is, and the newest register that can be believed.
fn newest(storage: &dyn Storage, vault: &VaultFile) -> Result<(u64, Register)> {
    let (taken, good) = newest_name(storage, vault)?;
    Ok((taken, good.map(|(_, register)| register).unwrap_or_default()))
}

fn newest_name(storage: &dyn Storage, vault: &VaultFile) -> Result<(u64, Option<(u64, Register)>)> {
    let numbered = numbered(storage)?;
    let taken = numbered.last().map_or(0, |(number, _)| *number);
    for (number, name) in numbered.into_iter().rev() {
        let bytes = match storage.read(&name, MOST) {
            // Removed since it was listed: a newer one has come.
            Err(Error::Missing(_)) => return newest_name(storage, vault),
            Err(Error::TooLarge(_)) => continue,
            other => other?,
        };
        if let Ok(register) = Register::decode(&bytes, vault, number) {
            return Ok((taken, Some((number, register))));
        }
    }
    Ok((taken, None))
}

/// The registers that are there by name, the newest last.
fn numbered(storage: &dyn Storage) -> Result<Vec<(u64, String)>> {
    let listed = storage.list(PREFIX)?;
    let number = |name: String| Some((head::sequence(name.strip_prefix(PREFIX)?)?, name));
    Ok(listed.into_iter().filter_map(|(name, _)| number(name)).collect())
}

#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    vault: String,
    number: u64,
    time: u64,
    media: Vec<Medium>,
}

fn name(number: u64) -> String {
    format!("{PREFIX}{number:016x}")
}

const KIND: &str = "register";
const PREFIX: &str = "register/";
const VERSION: u32 = 1;
const MOST: u64 = 64 << 20;

#[cfg(test)]
mod tests;
