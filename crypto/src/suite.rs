//! The two suites, and what each name in them stands for.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A set of algorithms that are used together and never mixed.
///
/// | | [`Aes256Gcm`](Suite::Aes256Gcm) | [`Sm4Gcm`](Suite::Sm4Gcm) |
/// |---|---|---|
/// | AEAD | AES-256-GCM (SP 800-38D) | SM4-GCM (GB/T 32907, RFC 8998) |
/// | hash, HMAC, HKDF | SHA-256 | SM3 (GB/T 32905) |
/// | signature | Ed25519 (RFC 8032) | SM2 with SM3 (GB/T 32918.2) |
/// | wrapping to a public key | HPKE, X25519 (RFC 9180) | SM2 encryption (GB/T 32918.4) |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Suite {
    /// International algorithms.
    Aes256Gcm,
    /// Chinese national algorithms (GM/T), without any SHA-2 in their path.
    Sm4Gcm,
}

impl Suite {
    /// Both suites, in the order of their ids.
    pub const ALL: [Suite; 2] = [Suite::Aes256Gcm, Suite::Sm4Gcm];

    /// The number that stands for the suite in formats: 1 or 2.
    pub const fn id(self) -> u8 {
        match self {
            Suite::Aes256Gcm => 1,
            Suite::Sm4Gcm => 2,
        }
    }

    /// The suite with this number, if there is one.
    pub const fn from_id(id: u8) -> Option<Suite> {
        match id {
            1 => Some(Suite::Aes256Gcm),
            2 => Some(Suite::Sm4Gcm),
            _ => None,
        }
    }

    /// Bytes in a key of the AEAD and of the block cipher: 32 or 16.
    pub const fn key_len(self) -> usize {
        match self {
            Suite::Aes256Gcm => 32,
            Suite::Sm4Gcm => 16,
        }
    }

    /// The name in commands, configuration and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Suite::Aes256Gcm => "aes256-gcm",
            Suite::Sm4Gcm => "sm4-gcm",
        }
    }

    /// # Panics
    /// If `key` has not the length of the suite's keys.
    pub(crate) fn check_key(self, key: &[u8]) {
        let (want, got) = (self.key_len(), key.len());
        assert!(want == got, "a key of {self} has {want} bytes, not {got}");
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Suite {
    type Err = UnknownSuite;

    /// Reads exactly what [`Suite::name`] gives.
    fn from_str(name: &str) -> Result<Self, UnknownSuite> {
        Suite::ALL.into_iter().find(|suite| suite.name() == name).ok_or(UnknownSuite)
    }
}

/// The name is not that of a suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("unknown suite (known are aes256-gcm and sm4-gcm)")]
pub struct UnknownSuite;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_names_lead_back() {
        for suite in Suite::ALL {
            assert_eq!(Suite::from_id(suite.id()), Some(suite));
            assert_eq!(suite.to_string().parse(), Ok(suite));
        }
        assert_eq!((0..=255).filter_map(Suite::from_id).count(), Suite::ALL.len());
        assert_eq!("AES256-GCM".parse::<Suite>(), Err(UnknownSuite));
    }
}
