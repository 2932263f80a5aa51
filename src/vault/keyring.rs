//! The keys of a vault itself; those of its objects are elsewhere.

use sealkeep_crypto::{Kdf, Secret, SigningKey, Suite, Unauthentic, VerifyingKey, hmac};
use zeroize::Zeroizing;

use super::sealed_box::{open_box, seal_box};
use super::segment::Mark;

/// Maintenance and signing key of an open vault.
#[derive(Debug)]
pub struct Keyring {
    suite: Suite,
    vault: [u8; 16],
    maintenance: Secret<32>,
    mark: Secret<32>,
    signer: SigningKey,
}

impl Keyring {
    /// From the two keys of the key store.
    #[must_use]
    pub fn new(
        suite: Suite,
        vault: [u8; 16],
        maintenance: Secret<32>,
        signing: &Secret<32>,
    ) -> Self {
        let kdf = Kdf::extract(suite, b"", signing.expose());
        let seed = Secret::init_with(|out| kdf.expand(&[b"sealkeep/v1/vault/sign"], out));
        let kdf = Kdf::extract(suite, b"", maintenance.expose());
        let mark = Secret::init_with(|out| kdf.expand(&[b"sealkeep/v1/vault/mark"], out));
        Self { suite, vault, maintenance, mark, signer: SigningKey::from_seed(suite, &seed) }
    }

    /// The suite of the vault.
    #[must_use]
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// The vault's id.
    #[must_use]
    pub fn vault(&self) -> [u8; 16] {
        self.vault
    }

    /// What locators and relocations are sealed under.
    #[must_use]
    pub fn maintenance(&self) -> &Secret<32> {
        &self.maintenance
    }

    /// What signs for the vault.
    #[must_use]
    pub fn signer(&self) -> &SigningKey {
        &self.signer
    }

    /// What verifies its signatures.
    #[must_use]
    pub fn public(&self) -> VerifyingKey {
        self.signer.verifying_key()
    }

    /// The mark of a path.
    #[must_use]
    pub fn mark(&self, path: &[u8]) -> Mark {
        let mac = hmac(self.suite, self.mark.expose(), &[path]);
        *mac.first_chunk().expect("a hash has 32 bytes")
    }

    /// Seals something that only those who look after the vault need to know; `context` is the id of what it is part of.
    pub(crate) fn seal(&self, label: &str, context: &[u8; 16], plain: &[u8]) -> Vec<u8> {
        seal_box(self.suite, self.maintenance.expose(), label, &[&self.vault, context], plain)
    }

    /// Opens what [`Keyring::seal`] sealed.
    ///
    /// # Errors
    /// `Unauthentic`.
    pub(crate) fn open(
        &self,
        label: &str,
        context: &[u8; 16],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Unauthentic> {
        open_box(self.suite, self.maintenance.expose(), label, &[&self.vault, context], sealed)
    }
}
