//! Signing keys as encrypted files that other programs read: PKCS#8 (RFC 5958) in PEM, PBES2 with PBKDF2-HMAC-SHA-256
//! and AES-256-CBC (RFC 8018).
//!
//! OpenSSL reads SM2 keys in this form too, and no published form with SM3 and SM4 that it would read as widely; the key
//! inside is what the suite says.

use pkcs8::der::asn1::OctetStringRef;
use pkcs8::der::pem::{self, PemLabel};
use pkcs8::der::{AnyRef, Decode, Encode};
use pkcs8::pkcs5::pbes2;
use pkcs8::spki::AlgorithmIdentifier;
use pkcs8::{EncryptedPrivateKeyInfoRef, ObjectIdentifier, PrivateKeyInfoRef};
use sec1::EcPrivateKey;
use zeroize::Zeroizing;

use crate::{Secret, SecretVec, SigningKey, Suite, random};

/// Rounds of PBKDF2 in files that we write.
pub const ITERATIONS: u32 = 600_000;

/// Why a file does not give a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAKey {
    /// No PEM block of the kind `ENCRYPTED PRIVATE KEY`, or something else in it.
    #[error("not an encrypted private key in PEM")]
    Format,
    /// A key of another kind than Ed25519 or SM2.
    #[error("neither an Ed25519 nor an SM2 key")]
    Algorithm,
    /// Encrypted in a way that is not supported, or with a cost that is not accepted.
    #[error("encrypted in a way that is not supported")]
    Encryption,
    /// The passphrase does not open it, or it is damaged.
    #[error("the passphrase does not open the key")]
    Passphrase,
}

/// The key as PEM, encrypted under a passphrase.
///
/// # Panics
/// If the operating system has no randomness.
#[must_use]
pub fn to_pem(key: &SigningKey, passphrase: &[u8]) -> String {
    encrypt(key, passphrase, ITERATIONS)
}

/// The key in a PEM file.
///
/// # Errors
/// [`NotAKey`].
pub fn from_pem(text: &[u8], passphrase: &[u8]) -> Result<SigningKey, NotAKey> {
    let (label, der) = pem::decode_vec(text.trim_ascii()).map_err(|_| NotAKey::Format)?;
    if label != EncryptedPrivateKeyInfoRef::PEM_LABEL {
        return Err(NotAKey::Format);
    }
    let info = EncryptedPrivateKeyInfoRef::from_der(&der).map_err(|_| NotAKey::Format)?;
    if !is_affordable(&info) {
        return Err(NotAKey::Encryption);
    }
    let document = info.decrypt(passphrase).map_err(|_| NotAKey::Passphrase)?;
    let info: PrivateKeyInfoRef<'_> = document.decode_msg().map_err(|_| NotAKey::Passphrase)?;
    let algorithm = (info.algorithm.oid, parameters(&info));
    let secret = match algorithm {
        (ED25519, None) => {
            let inner = <&OctetStringRef>::from_der(info.private_key.as_bytes());
            Secret::from_slice(inner.map_err(|_| NotAKey::Format)?.as_bytes())
        }
        (EC, Some(SM2)) => {
            let inner = EcPrivateKey::from_der(info.private_key.as_bytes());
            Secret::from_slice(inner.map_err(|_| NotAKey::Format)?.private_key)
        }
        _ => return Err(NotAKey::Algorithm),
    };
    let suite = if algorithm.0 == ED25519 { Suite::Aes256Gcm } else { Suite::Sm4Gcm };
    let secret = secret.ok_or(NotAKey::Format)?;
    SigningKey::from_private(suite, &secret).ok_or(NotAKey::Format)
}

fn encrypt(key: &SigningKey, passphrase: &[u8], iterations: u32) -> String {
    let private = key.to_private();
    let info = match key.suite() {
        Suite::Aes256Gcm => ed25519(&private),
        Suite::Sm4Gcm => sm2(&private, &key.verifying_key().to_bytes()),
    };
    let salt: [u8; 16] = random::array();
    let how =
        pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(iterations, &salt, random::array());
    let info = PrivateKeyInfoRef::from_der(info.expose()).expect("it was just written");
    let encrypted = info
        .encrypt_with_params(how.expect("a salt of 16 bytes"), passphrase)
        .expect("the key is shorter than anything that could be too long");
    let label = EncryptedPrivateKeyInfoRef::PEM_LABEL;
    let pem = encrypted.to_pem(label, pem::LineEnding::LF).expect("the label is ASCII");
    (*pem).clone()
}

/// RFC 8410 §7: an octet string in an octet string.
fn ed25519(private: &Secret<32>) -> SecretVec {
    let inner = OctetStringRef::new(private.expose()).expect("32 bytes");
    let inner = Zeroizing::new(inner.to_der().expect("34 bytes"));
    encode(AlgorithmIdentifier { oid: ED25519, parameters: None }, &inner)
}

/// RFC 5915: the number and the public point.
fn sm2(private: &Secret<32>, public: &[u8]) -> SecretVec {
    let inner =
        EcPrivateKey { private_key: private.expose(), parameters: None, public_key: Some(public) };
    let inner = Zeroizing::new(inner.to_der().expect("about 110 bytes"));
    encode(AlgorithmIdentifier { oid: EC, parameters: Some(AnyRef::from(&SM2)) }, &inner)
}

fn encode(algorithm: AlgorithmIdentifier<AnyRef<'_>>, private: &[u8]) -> SecretVec {
    let private = OctetStringRef::new(private).expect("shorter than 4 GiB");
    let info = PrivateKeyInfoRef::new(algorithm, private);
    SecretVec::from_vec(info.to_der().expect("shorter than 4 GiB"))
}

fn parameters(info: &PrivateKeyInfoRef<'_>) -> Option<ObjectIdentifier> {
    info.algorithm.parameters.and_then(|any| any.decode_as().ok())
}

/// A file from elsewhere must not keep the processor busy for an hour.
fn is_affordable(info: &EncryptedPrivateKeyInfoRef<'_>) -> bool {
    let Some(parameters) = info.encryption_algorithm.pbes2() else { return false };
    parameters.kdf.pbkdf2().is_some_and(|kdf| kdf.iteration_count <= MAX_ITERATIONS)
}

const MAX_ITERATIONS: u32 = 20_000_000;
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const SM2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.301");

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn key(suite: Suite) -> SigningKey {
        SigningKey::from_seed(suite, &Secret::random())
    }

    #[test]
    fn the_same_key_comes_back_and_only_with_its_passphrase() {
        for suite in Suite::ALL {
            let key = key(suite);
            let pem = encrypt(&key, "口令".as_bytes(), 10);
            assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
            let back = from_pem(pem.as_bytes(), "口令".as_bytes()).unwrap();
            assert_eq!(back.suite(), suite);
            assert_eq!(back.to_private().expose(), key.to_private().expose());
            assert!(matches!(from_pem(pem.as_bytes(), b"other"), Err(NotAKey::Passphrase)));
            assert!(matches!(from_pem(b"", b""), Err(NotAKey::Format)));
            let plain = pem.replace("ENCRYPTED PRIVATE", "PRIVATE");
            assert!(matches!(from_pem(plain.as_bytes(), b""), Err(NotAKey::Format)));
        }
    }

    #[test]
    fn a_file_that_costs_hours_is_refused() {
        for (iterations, expected) in
            [(20, NotAKey::Passphrase), (MAX_ITERATIONS + 1, NotAKey::Encryption)]
        {
            let how =
                pbes2::Parameters::generate_pbkdf2_sha256_aes256cbc(iterations, &[1; 16], [2; 16]);
            let info = EncryptedPrivateKeyInfoRef {
                encryption_algorithm: how.unwrap().into(),
                encrypted_data: OctetStringRef::new(&[3; 48]).unwrap(),
            };
            let label = EncryptedPrivateKeyInfoRef::PEM_LABEL;
            let der = info.to_der().unwrap();
            let text = pem::encode_string(label, pem::LineEnding::LF, &der).unwrap();
            assert_eq!(from_pem(text.as_bytes(), b"x").err(), Some(expected));
        }
    }

    /// What an officer's own tools say of the file.
    #[test]
    fn openssl_reads_it_and_writes_what_we_read() {
        let told = Command::new("openssl").arg("version").output();
        if !told.is_ok_and(|told| told.status.success()) {
            let all = std::env::var_os("SEALKEEP_REQUIRE_ALL").is_some();
            assert!(!all, "openssl is missing");
            use std::io::Write;
            let _ = writeln!(std::io::stderr(), "skipped: openssl is missing");
            return;
        }
        for suite in Suite::ALL {
            let dir =
                std::env::temp_dir().join(format!("sealkeep-pkcs8-{:x?}", random::array::<8>()));
            std::fs::create_dir(&dir).unwrap();
            let (ours, theirs) = (dir.join("ours.pem"), dir.join("theirs.pem"));
            let key = key(suite);
            std::fs::write(&ours, to_pem(&key, b"secret")).unwrap();
            let read = Command::new("openssl")
                .args([
                    "pkey",
                    "-passin",
                    "pass:secret",
                    "-passout",
                    "pass:other",
                    "-aes256",
                    "-in",
                ])
                .arg(&ours)
                .arg("-out")
                .arg(&theirs)
                .output()
                .unwrap();
            assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
            let back = from_pem(&std::fs::read(&theirs).unwrap(), b"other").unwrap();
            assert_eq!(back.to_private().expose(), key.to_private().expose());
            std::fs::remove_dir_all(&dir).unwrap();
        }
    }
}
