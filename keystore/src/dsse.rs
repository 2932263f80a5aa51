//! DSSE envelopes: signed JSON that other programs can verify (DSSE v1.0.2).
//!
//! [`Envelope`] reads strictly: one byte string for each envelope, so that no bit can change unnoticed. [`verify`]
//! reads whatever the protocol allows, for reports that any program may have laid out anew.

use data_encoding::BASE64;
use sealkeep_crypto::{SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use crate::base64;

/// An envelope with its signatures, none of which has been verified.
///
/// Its bytes are exactly `{"payload":"…","payloadType":"…","signatures":[{"keyid":"…","sig":"…"}]}` and a line feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    kind: String,
    payload: Vec<u8>,
    signatures: Vec<Signature>,
}

/// A signature of an envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Who is said to have signed: a hint.
    pub key_id: String,
    /// R ‖ S or r ‖ s.
    pub signature: [u8; 64],
}

/// Why an envelope was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// Not an envelope, or of another kind.
    #[error("not a signed envelope of this kind")]
    Malformed,
    /// No signature by the key.
    #[error("the signature does not hold")]
    Unauthentic,
}

impl Envelope {
    /// An envelope without signatures around `payload`, which is of the type `application/vnd.sealkeep.KIND+json`.
    #[must_use]
    pub fn new(kind: &str, payload: Vec<u8>) -> Self {
        Self { kind: kind.to_owned(), payload, signatures: Vec::new() }
    }

    /// Reads an envelope of this kind.
    ///
    /// # Errors
    /// `Malformed`, also if it is written in any other way than [`to_bytes`](Self::to_bytes) does.
    pub fn parse(kind: &str, bytes: &[u8]) -> Result<Self, Refused> {
        let wire: Wire = serde_json::from_slice(bytes).map_err(|_| Refused::Malformed)?;
        if wire.payload_type != payload_type(kind) {
            return Err(Refused::Malformed);
        }
        let signatures = wire.signatures.into_iter().map(WireSignature::read);
        let envelope = Self {
            kind: kind.to_owned(),
            payload: decode(&wire.payload)?,
            signatures: signatures.collect::<Result<_, _>>()?,
        };
        if envelope.to_bytes() != bytes {
            return Err(Refused::Malformed);
        }
        Ok(envelope)
    }

    /// The one way to write it.
    ///
    /// # Panics
    /// Never: the envelope is made of strings.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let signatures = self.signatures.iter().map(WireSignature::of).collect();
        let wire = Wire {
            payload: BASE64.encode(&self.payload),
            payload_type: payload_type(&self.kind),
            signatures,
        };
        let mut bytes = serde_json::to_vec(&wire).expect("strings can be written as JSON");
        bytes.push(b'\n');
        bytes
    }

    /// What is signed.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The signatures, in the order in which they stand.
    #[must_use]
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Adds a signature at the place `at`, or at the end if there are fewer.
    pub fn sign(&mut self, at: usize, key_id: &str, key: &SigningKey) {
        let signature = key.sign(&pre_authentication(&payload_type(&self.kind), &self.payload));
        let signature = Signature { key_id: key_id.to_owned(), signature };
        self.signatures.insert(at.min(self.signatures.len()), signature);
    }

    /// Whether this is a signature over the envelope by this key.
    ///
    /// # Errors
    /// `Unauthentic`.
    pub fn check(&self, signature: &Signature, key: &VerifyingKey) -> Result<(), Refused> {
        let signed = pre_authentication(&payload_type(&self.kind), &self.payload);
        key.verify(&signed, &signature.signature).map_err(|_| Refused::Unauthentic)
    }
}

/// The bytes of an envelope with one signature, laid out for people to read.
///
/// # Panics
/// Never: the envelope is made of strings.
#[must_use]
pub fn sign(kind: &str, payload: &[u8], key: &SigningKey, key_id: &str) -> Vec<u8> {
    let payload_type = payload_type(kind);
    let signature = key.sign(&pre_authentication(&payload_type, payload));
    let signature = WireSignature { keyid: key_id.to_owned(), sig: BASE64.encode(&signature) };
    let wire =
        LooseWire { payload: BASE64.encode(payload), payload_type, signatures: vec![signature] };
    let mut bytes = serde_json::to_vec_pretty(&wire).expect("strings can be written as JSON");
    bytes.push(b'\n');
    bytes
}

/// The payload of an envelope of this kind that has a signature by this key, however it is laid out.
///
/// # Errors
/// `Malformed`, also if it is of another kind; `Unauthentic`.
pub fn verify(kind: &str, bytes: &[u8], key: &VerifyingKey) -> Result<Vec<u8>, Refused> {
    let wire: LooseWire = serde_json::from_slice(bytes).map_err(|_| Refused::Malformed)?;
    if wire.payload_type != payload_type(kind) {
        return Err(Refused::Malformed);
    }
    let payload = decode(&wire.payload)?;
    let signed = pre_authentication(&wire.payload_type, &payload);
    let ours = |signature: WireSignature| {
        let signature = signature.read().ok()?.signature;
        key.verify(&signed, &signature).ok()
    };
    wire.signatures.into_iter().find_map(ours).ok_or(Refused::Unauthentic)?;
    Ok(payload)
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    payload: String,
    #[serde(rename = "payloadType")]
    payload_type: String,
    signatures: Vec<WireSignature>,
}

#[derive(Serialize, Deserialize)]
struct LooseWire {
    payload: String,
    #[serde(rename = "payloadType")]
    payload_type: String,
    signatures: Vec<WireSignature>,
}

#[derive(Serialize, Deserialize)]
struct WireSignature {
    #[serde(default)]
    keyid: String,
    sig: String,
}

impl WireSignature {
    fn of(signature: &Signature) -> Self {
        Self { keyid: signature.key_id.clone(), sig: BASE64.encode(&signature.signature) }
    }

    fn read(self) -> Result<Signature, Refused> {
        let signature = decode(&self.sig)?.try_into().map_err(|_| Refused::Malformed)?;
        Ok(Signature { key_id: self.keyid, signature })
    }
}

/// PAE (DSSE protocol, "Signature Definition").
fn pre_authentication(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut out =
        format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    out.extend_from_slice(payload);
    out
}

fn payload_type(kind: &str) -> String {
    format!("application/vnd.sealkeep.{kind}+json")
}

fn decode(text: &str) -> Result<Vec<u8>, Refused> {
    base64::decode(text).ok_or(Refused::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealkeep_crypto::{Secret, Suite};

    fn key(suite: Suite) -> SigningKey {
        SigningKey::from_seed(suite, &Secret::random())
    }

    #[test]
    fn the_encoding_is_that_of_the_protocol() {
        let encoded = pre_authentication("http://example.com/HelloWorld", b"hello world");
        assert_eq!(encoded, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }

    #[test]
    fn kind_payload_and_signer_are_fixed() {
        for suite in Suite::ALL {
            let key = key(suite);
            let public = key.verifying_key();
            let bytes = sign("drill", b"{\"failed\":0}", &key, "fingerprint");
            assert_eq!(verify("drill", &bytes, &public).unwrap(), b"{\"failed\":0}");
            assert_eq!(verify("register", &bytes, &public), Err(Refused::Malformed));
            let other = SigningKey::from_seed(suite, &Secret::random()).verifying_key();
            assert_eq!(verify("drill", &bytes, &other), Err(Refused::Unauthentic));
            let text = String::from_utf8(bytes).unwrap();
            let changed = text.replace(&BASE64.encode(b"{\"failed\":0}"), &BASE64.encode(b"{}"));
            assert_ne!(changed, text);
            assert_eq!(verify("drill", changed.as_bytes(), &public), Err(Refused::Unauthentic));
            let retyped = text.replace("drill", "register");
            assert_eq!(verify("register", retyped.as_bytes(), &public), Err(Refused::Unauthentic));
            assert_eq!(verify("drill", b"{}", &public), Err(Refused::Malformed));
        }
    }

    #[test]
    fn an_envelope_has_one_form_and_every_bit_of_it_counts() {
        for suite in Suite::ALL {
            let (first, second) = (key(suite), key(suite));
            let mut envelope = Envelope::new("statement", b"{\"a\":1}".to_vec());
            envelope.sign(0, "b", &second);
            envelope.sign(0, "a", &first);
            let bytes = envelope.to_bytes();
            assert_eq!(Envelope::parse("statement", &bytes), Ok(envelope.clone()));
            assert_eq!(Envelope::parse("other", &bytes), Err(Refused::Malformed));
            let holds = |envelope: &Envelope| {
                let [a, b] = envelope.signatures() else { return false };
                a.key_id == "a"
                    && b.key_id == "b"
                    && envelope.check(a, &first.verifying_key()).is_ok()
                    && envelope.check(b, &second.verifying_key()).is_ok()
            };
            assert!(holds(&envelope));
            for bit in 0..bytes.len() * 8 {
                let mut bad = bytes.clone();
                bad[bit / 8] ^= 1 << (bit % 8);
                let read = Envelope::parse("statement", &bad);
                assert!(!read.is_ok_and(|read| holds(&read)), "bit {bit}");
            }
        }
    }

    #[test]
    fn other_layouts_are_refused() {
        let mut envelope = Envelope::new("statement", b"{}".to_vec());
        envelope.sign(0, "a", &key(Suite::Aes256Gcm));
        let text = String::from_utf8(envelope.to_bytes()).unwrap();
        for other in [
            text.trim_end().to_owned(),
            format!("{text}\n"),
            text.replace(":[", ": ["),
            text.replace("\"keyid\":\"a\"", "\"keyid\":\"\\u0061\""),
            text.replacen('{', "{\"more\":1,", 1),
            text.replacen('{', "{\"payload\":\"e30=\",", 1),
        ] {
            assert_ne!(other, text);
            assert_eq!(Envelope::parse("statement", other.as_bytes()), Err(Refused::Malformed));
        }
    }
}
