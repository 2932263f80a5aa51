//! The keys of a vault itself; those of its objects are elsewhere.

use sealkeep_crypto::{Kdf, Secret, SigningKey, Suite, VerifyingKey};

/// Maintenance and signing key of an open vault.
#[derive(Debug)]
pub struct Keyring {
    suite: Suite,
    vault: [u8; 16],
    maintenance: Secret<32>,
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
        Self { suite, vault, maintenance, signer: SigningKey::from_seed(suite, &seed) }
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
}
